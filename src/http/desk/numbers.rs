use actix_web::HttpResponse;
use actix_web::http::{StatusCode, header};
use askama::Template;
use jiff::civil::Date;

use super::gate::{Asked, refused_page, to};
use super::pages::{Bar, Refused, frame};
use crate::domain::desk::{AUTHORS_MIN, Bucket, Calendar as Buckets, Cell, Dimension, Plain, Width};
use crate::domain::{City, Network, StoreError, Timestamp};
use crate::http::page::{Calendar, Frame, Words, language_name, network_name};

/// Values of one table; the rest is in the export.
const ROWS_MAX: usize = 15;
/// The dimensions of the page, in its order.
const SHOWN: [Dimension; 6] =
    [Dimension::Hour, Dimension::Zone, Dimension::Tag, Dimension::Network, Dimension::Language, Dimension::Link];

#[derive(Template)]
#[template(path = "desk_numbers.html")]
struct NumbersView<'a> {
    frame: Frame<'a>,
    w: Words,
    bar: Option<Bar>,
    /// Each width: its words, its address, whether it is the one that is shown.
    widths: Vec<(String, String, bool)>,
    period: String,
    said: Vec<String>,
    tables: Vec<TableView>,
    before: Option<String>,
    after: Option<String>,
    export: String,
    note: String,
}

struct TableView {
    id: &'static str,
    title: String,
    of: String,
    rows: Vec<RowView>,
    most: u64,
    more: Option<String>,
}

struct RowView {
    value: String,
    posts: u64,
    authors: String,
}

/// What is told of one closed bucket.
struct Told {
    bucket: Bucket,
    plain: Plain,
    authors: Option<u64>,
    by: Vec<(Dimension, Vec<Cell>)>,
}

/// `GET /desk/{city}/numbers`.
pub async fn page(asked: Asked) -> HttpResponse {
    let Some(city) = asked.city.clone() else { return to("/desk") };
    let w = asked.context.words();
    let buckets = Buckets::new(&city.timezone);
    let (width, bucket) = wanted(&asked, &city, &buckets);
    let (Ok(told), Ok(since)) = (told(&asked, &city, bucket).await, asked.state.counts.since(&city.id).await) else {
        return refused_page(&asked.context, Refused::TryLater);
    };
    let calendar = Calendar::new(&city.timezone, w);
    let here = format!("/{}/numbers", city.id.as_str());
    let address = |width: Width, at: Option<Timestamp>| {
        let day = at.map(|at| format!("&at={}", calendar.date(at))).unwrap_or_default();
        format!("/desk{here}?width={}{day}", width.as_str())
    };
    let neighbour = |at: Timestamp| buckets.bucket(width, at).map(|bucket| address(width, Some(bucket.start)));
    let period = bucket.map(|bucket| period(&bucket, &calendar, w)).unwrap_or_default();
    let (said, tables) = match &told {
        Some(told) => (sentences(told, w), tables(told, &calendar, w)),
        None => (vec![absent(since, &calendar, asked.context.now, w)], Vec::new()),
    };
    let view = NumbersView {
        frame: frame(&asked, &here, w.t("numbers-title")),
        w,
        bar: Bar::new(&asked, &format!("/desk{here}")),
        widths: [Width::Day, Width::Week, Width::Month]
            .map(|of| (w.t(&format!("numbers-by-{}", of.as_str())), address(of, None), of == width))
            .into(),
        period,
        said,
        tables,
        before: bucket.and_then(|bucket| neighbour(bucket.start.plus_seconds(-1))),
        after: bucket.filter(|bucket| bucket.end < asked.context.now).and_then(|bucket| {
            let next = buckets.bucket(width, bucket.end)?;
            (next.end <= asked.context.now).then(|| address(width, Some(next.start)))
        }),
        export: bucket
            .map(|bucket| address(width, Some(bucket.start)).replacen("/numbers?", "/numbers.csv?", 1))
            .unwrap_or_default(),
        note: w.count("numbers-note", AUTHORS_MIN),
    };
    asked.page(StatusCode::OK, view.render().unwrap_or_default())
}

/// `GET /desk/{city}/numbers.csv`: the same cells, and no others.
pub async fn export(asked: Asked) -> HttpResponse {
    let Some(city) = asked.city.clone() else { return to("/desk") };
    let buckets = Buckets::new(&city.timezone);
    let (_, bucket) = wanted(&asked, &city, &buckets);
    let Ok(told) = told(&asked, &city, bucket).await else { return refused_page(&asked.context, Refused::TryLater) };
    let Some(told) = told else { return refused_page(&asked.context, Refused::NotFound) };
    let name = buckets.name(&told.bucket).unwrap_or_default();
    let file = format!("parvis-{}-{name}.csv", city.id.as_str());
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/csv; charset=utf-8"))
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{file}\"")))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(csv(&told, &name))
}

/// The width and bucket that are asked for: else the last day that is closed.
fn wanted(asked: &Asked, city: &City, buckets: &Buckets) -> (Width, Option<Bucket>) {
    let width = asked.query("width").and_then(|width| Width::parse(&width)).filter(|width| *width != Width::Hour);
    let width = width.unwrap_or(Width::Day);
    let zone = city.zone();
    let noon = |day: Date| day.at(12, 0, 0, 0).to_zoned(zone.clone()).ok();
    let at = asked.query("at").and_then(|at| at.parse::<Date>().ok()).and_then(noon);
    let at = at.map(|at| Timestamp::from_micros(at.timestamp().as_microsecond()));
    let last = || buckets.bucket(width, buckets.bucket(width, asked.context.now)?.start.plus_seconds(-1));
    (width, at.map_or_else(last, |at| buckets.bucket(width, at)))
}

/// `None` of a bucket that is open, or was not counted.
async fn told(asked: &Asked, city: &City, bucket: Option<Bucket>) -> Result<Option<Told>, StoreError> {
    let Some(bucket) = bucket else { return Ok(None) };
    let counts = &asked.state.counts;
    let plain = counts.plain(&city.id, bucket.width, bucket.start, bucket.end).await?;
    let Some((_, plain)) = plain.into_iter().find(|(start, _)| *start == bucket.start) else { return Ok(None) };
    let all = counts.values(&city.id, bucket.width, Dimension::All, bucket.start).await?;
    let mut by = Vec::new();
    for dimension in SHOWN.into_iter().filter(|dimension| *dimension != Dimension::Hour || bucket.width == Width::Day) {
        by.push((dimension, counts.values(&city.id, bucket.width, dimension, bucket.start).await?));
    }
    Ok(Some(Told { bucket, plain, authors: all.first().and_then(|cell| cell.authors), by }))
}

fn period(bucket: &Bucket, calendar: &Calendar, w: Words) -> String {
    let (first, last) = (calendar.date(bucket.start), calendar.date(bucket.end.plus_seconds(-1)));
    match bucket.width {
        Width::Hour | Width::Day => format!("{} {}", calendar.day(first), first.year()),
        Width::Week | Width::Month => w.with2(
            "numbers-period",
            "from",
            &calendar.day(first),
            "until",
            &format!("{} {}", calendar.day(last), last.year()),
        ),
    }
}

pub(super) fn number(value: u64) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}

pub(super) fn people(authors: Option<u64>, w: Words) -> String {
    match authors {
        Some(authors) => w.count("numbers-people", number(authors)),
        None => w.count("numbers-few", AUTHORS_MIN),
    }
}

fn sentences(told: &Told, w: Words) -> Vec<String> {
    let Plain { people: posts, bodies, automatic, around } = told.plain;
    let mut said = vec![format!("{} {}", w.count("numbers-posts", number(posts)), people(told.authors, w))];
    for (key, posts) in [("numbers-bodies", bodies), ("numbers-automatic", automatic), ("numbers-around", around)] {
        if posts > 0 {
            said.push(w.count(key, number(posts)));
        }
    }
    said
}

fn absent(since: Option<Timestamp>, calendar: &Calendar, now: Timestamp, w: Words) -> String {
    match since {
        Some(since) => w.with("numbers-absent", "since", &calendar.since(since, now)),
        None => w.t("numbers-not-yet"),
    }
}

fn tables(told: &Told, calendar: &Calendar, w: Words) -> Vec<TableView> {
    let table = |(dimension, cells): &(Dimension, Vec<Cell>)| {
        let mut cells: Vec<&Cell> = cells.iter().collect();
        if *dimension == Dimension::Hour {
            cells.sort_by(|a, b| a.value.cmp(&b.value));
        }
        let name = dimension.as_str();
        let shown = if *dimension == Dimension::Hour { cells.len() } else { ROWS_MAX };
        let more = cells.len().saturating_sub(shown);
        let row = |cell: &&Cell| RowView {
            value: value(*dimension, &cell.value, calendar, w),
            posts: cell.posts,
            authors: cell.authors.map_or_else(String::new, |authors| authors.to_string()),
        };
        TableView {
            id: name,
            title: w.t(&format!("numbers-{name}")),
            of: w.t(&format!("numbers-of-{name}")),
            most: cells.iter().map(|cell| cell.posts).max().unwrap_or(0).max(1),
            rows: cells.iter().take(shown).map(row).collect(),
            more: (more > 0).then(|| w.count("numbers-more", more)),
        }
    };
    told.by.iter().map(table).collect()
}

fn value(dimension: Dimension, value: &str, calendar: &Calendar, w: Words) -> String {
    match dimension {
        Dimension::Hour => Timestamp::parse_rfc3339(value).map_or_else(|| value.to_owned(), |at| calendar.clock(at)),
        Dimension::Tag => format!("#{value}"),
        Dimension::Network => {
            Network::parse(value).map_or_else(|| value.to_owned(), |network| network_name(network, w))
        }
        Dimension::Language => language_name(value, w),
        Dimension::All | Dimension::Zone | Dimension::Link => value.to_owned(),
    }
}

/// One line a cell. A value that a program for tables would take for a formula is a word here (H3).
fn csv(told: &Told, period: &str) -> String {
    let mut text = String::from("period,dimension,value,posts,authors_at_least\r\n");
    let mut line = |dimension: &str, value: &str, posts: u64, authors: Option<u64>| {
        let authors = authors.map(|authors| authors.to_string()).unwrap_or_default();
        text.push_str(&format!("{},{dimension},{},{posts},{authors}\r\n", field(period), field(value)));
    };
    line("all", "people", told.plain.people, told.authors);
    line("all", "bodies", told.plain.bodies, None);
    line("all", "automatic", told.plain.automatic, None);
    line("all", "around", told.plain.around, None);
    for (dimension, cells) in &told.by {
        for cell in cells {
            line(dimension.as_str(), &cell.value, cell.posts, cell.authors);
        }
    }
    text
}

fn field(value: &str) -> String {
    let is_formula = value.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let guarded = if is_formula { format!("'{value}") } else { value.to_owned() };
    if is_formula || guarded.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", guarded.replace('"', "\"\""))
    } else {
        guarded
    }
}

#[cfg(test)]
mod tests {
    use super::field;

    #[test]
    fn h3_a_cell_is_a_word_to_every_program_for_tables() {
        for (value, written) in [
            ("nantes", "nantes"),
            ("Île, de \"Nantes\"", "\"Île, de \"\"Nantes\"\"\""),
            ("=HYPERLINK(\"x\")", "\"'=HYPERLINK(\"\"x\"\")\""),
            ("-1+1", "\"'-1+1\""),
            ("@sum", "\"'@sum\""),
            ("a\r\nb", "\"a\r\nb\""),
        ] {
            assert_eq!(field(value), written);
        }
    }
}
