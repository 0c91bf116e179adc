use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;

use super::alerts::{NowSaid, now_said, pace, usual_when, whole};
use super::figures::{number, usual_short};
use super::gate::{Asked, refused_page, to};
use super::pages::{Bar, Refused, frame};
use super::told::{CellTold, beside_past, level};
use super::{inbox, moderation};
use crate::domain::desk::{AUTHORS_MIN, Bucket, Calendar as Buckets, Cell, Dimension, Plain, Width};
use crate::domain::{City, Right, SourceHealth, StoreError, Timestamp, fold_tag};
use crate::http::page::{Calendar, Frame, Words, is_trouble, state_sentence};
use crate::http::sheet::{Files, Form, Sheet, file, files};
use crate::monitor::Usual;
use crate::monitor::usual::{PAST_S, usual_day};

/// Days that are shown, today among them.
const DAYS: i64 = 7;
const DAY_S: i64 = 86_400;
/// Notices in force that are counted.
const ANNOUNCED_MAX: usize = 200;
/// What is told of as being said: values of one dimension.
const TOPICS_MAX: usize = 5;

#[derive(Template)]
#[template(path = "desk_now.html")]
struct NowView<'a> {
    frame: Frame<'a>,
    w: Words,
    bar: Option<Bar>,
    unusual: NowSaid,
    /// For whoever may look into the inbox.
    inbox: Option<inbox::InBrief>,
    /// What waits for a moderator, for whoever is one.
    moderation: Option<String>,
    said: Vec<String>,
    /// What is spoken of, and by which posts.
    topics: Vec<(String, String)>,
    days: Vec<DayView>,
    most: u64,
    has_usual: bool,
    in_force: String,
    to_come: String,
    /// That the feed is well; unless there is trouble.
    feed: String,
    trouble: Vec<String>,
    well: Vec<String>,
    square: String,
    sources: String,
    /// Of the days.
    files: Files,
}

struct DayView {
    day: String,
    /// As the drawing names it.
    weekday: &'static str,
    posts: u64,
    /// How many at least; empty while the day is open.
    authors: String,
    usual: String,
}

/// A day that is told: of how many people at least, once it is closed, and what is usual on such a day.
struct Day {
    start: Timestamp,
    posts: u64,
    authors: Option<u64>,
    usual: Option<u64>,
}

/// What is read of the store for one look, beside what is unusual.
struct Read {
    today: Bucket,
    open: Plain,
    hour: Plain,
    /// Closed days, oldest first.
    closed: Vec<(Timestamp, u64)>,
    /// Of the days that are shown, what may be told of all people.
    people: Vec<Cell>,
}

/// What is spoken of in a bucket: values of one dimension.
type Topic = (Bucket, Dimension, Vec<CellTold>);

/// `GET /desk/{city}`: one minute's look. What waits for an answer, what is being said, whether anything is unusual, and
/// whether the feed is well.
pub async fn page(asked: Asked) -> HttpResponse {
    let Some(city) = asked.city.clone() else { return to("/desk") };
    let (w, now) = (asked.context.words(), asked.context.now);
    let calendar = Calendar::new(&city.timezone, w);
    let answers = async {
        let unusual = now_said(&asked, &city, &calendar).await?;
        let announced = asked.pages.log.announced(&city.id, now, ANNOUNCED_MAX).await?;
        Ok::<_, StoreError>((unusual, announced, read(&asked, &city).await?, topics(&asked, &city).await?))
    };
    let Ok((unusual, announced, Some(read), topics)) = answers.await else {
        return refused_page(&asked.context, Refused::TryLater);
    };
    let may = |right| asked.signed.as_ref().is_some_and(|signed| signed.session.user.has(&city.id, right));
    let moderation = if may(Right::Moderate) { moderation::in_brief(&asked, &city).await } else { None };
    let inbox = if may(Right::Inbox) { inbox::in_brief(&asked, &city).await } else { None };
    let buckets = Buckets::new(&city.timezone);
    let today = read.today.start;
    let days: Vec<DayView> = days(&read, &buckets).iter().map(|day| day_view(day, today, &calendar, w)).collect();
    let sources = asked.pages.sources_of(&city.id);
    let (trouble, well): (Vec<&SourceHealth>, _) = sources.iter().partition(|source| is_trouble(source.state));
    let sentences =
        |of: Vec<&SourceHealth>| of.into_iter().map(|source| state_sentence(source, &calendar, now, w)).collect();
    let view = NowView {
        frame: frame(&asked, &format!("/{}", city.id.as_str()), w.with("desk-now-title", "city", &city.name)),
        w,
        bar: Bar::new(&asked, &format!("/desk/{}", city.id.as_str())),
        said: said(&read, &unusual, (&calendar, &buckets), now, w),
        unusual,
        inbox,
        moderation,
        topics: topics.iter().map(|topic| topic_words(topic, &calendar, w)).collect(),
        most: days.iter().map(|day| day.posts).max().unwrap_or(0).max(1),
        has_usual: days.iter().any(|day| !day.usual.is_empty()),
        days,
        in_force: w.count("desk-in-force", announced.notices.len()),
        to_come: w.count("desk-to-come", announced.events.len()),
        feed: w.count("desk-well", well.len()),
        trouble: sentences(trouble),
        well: sentences(well),
        square: format!("/{}", city.id.as_str()),
        sources: format!("/{}/sources", city.id.as_str()),
        files: files(&format!("/desk/{}/days", city.id.as_str()), ""),
    };
    asked.page(StatusCode::OK, view.render().unwrap_or_default())
}

/// `GET /desk/{city}/days.csv` and `.json`: the days of the first screen.
pub async fn export(asked: Asked) -> HttpResponse {
    let Some(city) = asked.city.clone() else { return to("/desk") };
    let Ok(Some(read)) = read(&asked, &city).await else { return refused_page(&asked.context, Refused::TryLater) };
    let buckets = Buckets::new(&city.timezone);
    let row = |day: Day| {
        let name = buckets.day_name(day.start);
        let state = if day.start == read.today.start { "open" } else { "closed" };
        [name.into(), state.into(), day.posts.into(), day.authors.into(), day.usual.into()]
    };
    let sheet = Sheet {
        columns: ["day", "state", "posts", "authors_at_least", "usual_posts"],
        rows: days(&read, &buckets).into_iter().map(row).collect(),
    };
    file(&city, "days", Form::of(&asked.request), &sheet)
}

/// `None` at the ends of time alone.
async fn read(asked: &Asked, city: &City) -> Result<Option<Read>, StoreError> {
    let (counts, now, buckets) = (&asked.state.counts, asked.context.now, Buckets::new(&city.timezone));
    let Some(today) = buckets.bucket(Width::Day, now) else { return Ok(None) };
    let open = counts.open(&city.id, today.start, now.plus_seconds(1)).await?;
    let hour = counts.open(&city.id, now.plus_seconds(-pace(&asked.context).window_s()), now.plus_seconds(1)).await?;
    let closed = counts.plain(&city.id, Width::Day, today.start.plus_seconds(-PAST_S), today.start).await?;
    let closed = closed.into_iter().map(|(start, plain)| (start, plain.people)).collect();
    let from = today.start.plus_seconds(-DAYS * DAY_S);
    let people = counts.series(&city.id, Width::Day, Dimension::All, "", from, today.start).await?;
    Ok(Some(Read { today, open, hour, closed, people }))
}

async fn topics(asked: &Asked, city: &City) -> Result<Vec<Topic>, StoreError> {
    let (counts, now, buckets) = (&asked.state.counts, asked.context.now, Buckets::new(&city.timezone));
    let mut topics = Vec::new();
    // What is too little for a day is told with its week.
    for width in [Width::Day, Width::Week] {
        let last = buckets.bucket(width, now).and_then(|open| buckets.bucket(width, open.start.plus_seconds(-1)));
        let Some(last) = last.filter(|_| topics.is_empty()) else { continue };
        for dimension in [Dimension::Tag, Dimension::Zone] {
            let mut cells = counts.values(&city.id, width, dimension, last.start).await?;
            cells.retain(|cell| says_something(dimension, &cell.value, city));
            cells.truncate(TOPICS_MAX);
            if !cells.is_empty() {
                let cells = beside_past(&**counts, city, &buckets, (last, dimension), cells).await?;
                topics.push((last, dimension, cells));
            }
        }
    }
    Ok(topics)
}

/// Today and the last hour, beside what is usual.
fn said(
    read: &Read,
    unusual: &NowSaid,
    (calendar, buckets): (&Calendar, &Buckets),
    now: Timestamp,
    w: Words,
) -> Vec<String> {
    let mut today = w.count_with("desk-today", number(read.open.people), "time", &calendar.clock(now));
    let mut hour = w.count("desk-hour", number(read.hour.people));
    let usual = usual_day(&read.closed, buckets, read.today.start);
    if let Usual::Level(level) = usual {
        today = format!(
            "{today} {}",
            w.count_with("usual-day", whole(level.median), "day", calendar.weekday(calendar.date(now)))
        );
    }
    if let Usual::Level(level) = unusual.baseline.usual {
        let when = usual_when(calendar, now, w);
        hour = format!("{hour} {}", w.count_with("alert-usual", whole(level.median), "when", &when));
    }
    vec![today, hour]
}

/// Not so a tag that the city's own recipe asks for, which most posts carry.
fn says_something(dimension: Dimension, value: &str, city: &City) -> bool {
    let key = fold_tag(value);
    let mut own = city.recipe.hashtags.iter().chain(&city.recipe.invite);
    dimension != Dimension::Tag || !own.any(|tag| fold_tag(tag) == key)
}

fn topic_words((bucket, dimension, cells): &Topic, calendar: &Calendar, w: Words) -> (String, String) {
    let (what, mark) = if *dimension == Dimension::Tag { ("desk-said-tags", "#") } else { ("desk-said-zones", "") };
    let values: Vec<String> = cells
        .iter()
        .map(|CellTold { cell, usual }| match usual {
            Some(usual) => {
                let usual = w.with("desk-said-usual", "usual", &usual_short(*usual, w));
                format!("{mark}{} ({}, {usual})", cell.value, cell.posts)
            }
            None => format!("{mark}{} ({})", cell.value, cell.posts),
        })
        .collect();
    let first = calendar.day(calendar.date(bucket.start));
    let period = if bucket.width == Width::Week { w.with("desk-said-week", "day", &first) } else { first };
    (w.with(what, "period", &period), values.join(", "))
}

/// Today first, which is open, back to the first day that was counted.
fn days(read: &Read, buckets: &Buckets) -> Vec<Day> {
    let oldest = read.today.start.plus_seconds(-(DAYS - 1) * DAY_S - DAY_S / 2);
    let shown = read.closed.iter().rev().take_while(|(start, _)| *start >= oldest).copied();
    let day = |(start, posts): (Timestamp, u64)| Day {
        start,
        posts,
        authors: read.people.iter().find(|cell| cell.start == start).and_then(|cell| cell.authors),
        usual: level(usual_day(&read.closed, buckets, start)),
    };
    std::iter::once((read.today.start, read.open.people)).chain(shown).map(day).collect()
}

fn day_view(day: &Day, today: Timestamp, calendar: &Calendar, w: Words) -> DayView {
    let date = calendar.date(day.start);
    DayView {
        day: calendar.day(date),
        weekday: calendar.weekday(date),
        posts: day.posts,
        authors: match day.authors {
            Some(authors) => authors.to_string(),
            None if day.start == today => String::new(),
            None => w.count("numbers-few-short", AUTHORS_MIN),
        },
        usual: day.usual.map(|usual| usual.to_string()).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::page::Language;
    use crate::monitor::UsualValue;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse_rfc3339(text).unwrap()
    }

    #[test]
    fn days_are_the_citys_and_each_stands_beside_what_is_usual() {
        let now = at("2026-11-29T23:30:00Z");
        let buckets = Buckets::new("Europe/Paris");
        let w = Words::new(Language::French);
        let calendar = Calendar::new("Europe/Paris", w);
        let today = buckets.bucket(Width::Day, now).unwrap();
        let closed = |days: i64| -> Vec<(Timestamp, u64)> {
            (1..=days).rev().map(|ago| (today.start.plus_seconds(-ago * DAY_S), 10 + ago as u64)).collect()
        };
        let read = |days| Read {
            today,
            open: Plain { people: 1, bodies: 4, ..Plain::default() },
            hour: Plain::default(),
            closed: closed(days),
            people: vec![Cell {
                start: today.start.plus_seconds(-DAY_S),
                value: String::new(),
                posts: 11,
                authors: Some(10),
            }],
        };
        let days = |past| -> Vec<DayView> {
            days(&read(past), &buckets).iter().map(|day| day_view(day, today.start, &calendar, w)).collect()
        };
        let shown: Vec<(String, u64, String)> =
            days(3).into_iter().map(|day| (day.day, day.posts, day.usual)).collect();
        // At 00:30 in Paris the day has just begun.
        assert_eq!(shown[0], ("lundi 30 novembre".into(), 1, String::new()));
        assert_eq!(shown[1], ("dimanche 29 novembre".into(), 11, String::new()));
        assert_eq!(shown.len(), 4, "no further back than was counted");
        let authors: Vec<String> = days(3).into_iter().map(|day| day.authors.replace('\u{a0}', " ")).collect();
        assert_eq!(authors, ["", "10", "moins de 5", "moins de 5"]);
        let shown = days(30);
        assert_eq!(shown.len(), 7, "a week at most");
        // Mondays were seven, fourteen, twenty-one and twenty-eight days ago.
        assert_eq!(shown[0].usual, "28");
        assert_eq!(days(0).len(), 1, "today, whatever comes");
    }

    #[test]
    fn what_is_spoken_of_stands_beside_what_is_usual_where_that_is_known() {
        let (now, w) = (at("2026-11-29T12:00:00Z"), Words::new(Language::French));
        let bucket = Buckets::new("UTC").bucket(Width::Day, now).unwrap();
        let cell = |value: &str, usual| CellTold {
            cell: Cell { start: bucket.start, value: value.into(), posts: 12, authors: Some(5) },
            usual,
        };
        let cells =
            vec![cell("tram", Some(UsualValue::Posts(4))), cell("bus", Some(UsualValue::TooFew)), cell("train", None)];
        let (_, said) = topic_words(&(bucket, Dimension::Tag, cells), &Calendar::new("UTC", w), w);
        assert_eq!(said, "#tram (12, d’habitude 4), #bus (12, d’habitude peu), #train (12)");
    }
}
