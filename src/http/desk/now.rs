use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;

use super::gate::{Asked, refused_page, to};
use super::pages::{Bar, Refused, frame};
use super::{inbox, moderation};
use crate::domain::{Right, SourceHealth, StoreError, Timestamp};
use crate::http::page::{Calendar, Frame, Words, is_trouble, state_sentence};

/// Days that are counted, today among them: what public posts are kept for.
const DAYS: i64 = 7;
/// Posts that are counted at most; beyond, the days are said to be at least so many.
const COUNTED_MAX: usize = 10_000;
/// Notices in force that are counted.
const ANNOUNCED_MAX: usize = 200;

#[derive(Template)]
#[template(path = "desk_now.html")]
struct NowView<'a> {
    frame: Frame<'a>,
    w: Words,
    bar: Option<Bar>,
    said: String,
    /// What waits for an answer and how the city answers, for whoever may look into the inbox.
    inbox: Option<(String, String)>,
    /// What waits for a moderator, for whoever is one.
    moderation: Option<String>,
    days: Vec<DayView>,
    most: usize,
    in_force: String,
    to_come: String,
    trouble: Vec<String>,
    well: Vec<String>,
    square: String,
    sources: String,
}

struct DayView {
    day: String,
    posts: usize,
}

/// `GET /desk/{city}`: one minute's look, of what any citizen could count.
pub async fn page(asked: Asked) -> HttpResponse {
    let Some(city) = asked.city.clone() else { return to("/desk") };
    let (w, now) = (asked.context.words(), asked.context.now);
    let calendar = Calendar::new(&city.timezone, w);
    let read = async {
        let times = asked.pages.log.recent_times(&city.id, now.plus_seconds(-DAYS * 86_400), COUNTED_MAX).await?;
        let announced = asked.pages.log.announced(&city.id, now, ANNOUNCED_MAX).await?;
        Ok::<_, StoreError>((times, announced))
    };
    let Ok((times, announced)) = read.await else { return refused_page(&asked.context, Refused::TryLater) };
    let may = |right| asked.signed.as_ref().is_some_and(|signed| signed.session.user.has(&city.id, right));
    let inbox = if may(Right::Inbox) { inbox::in_brief(&asked, &city).await } else { None };
    let moderation = if may(Right::Moderate) { moderation::in_brief(&asked, &city).await } else { None };
    let days = by_day(&times, &calendar, now);
    let today = days.first().map_or(0, |day| day.posts);
    let sources = asked.pages.sources_of(&city.id);
    let (trouble, well): (Vec<&SourceHealth>, _) = sources.iter().partition(|source| is_trouble(source.state));
    let sentences =
        |of: Vec<&SourceHealth>| of.into_iter().map(|source| state_sentence(source, &calendar, now, w)).collect();
    let view = NowView {
        frame: frame(&asked, &format!("/{}", city.id.as_str()), w.with("desk-now-title", "city", &city.name)),
        w,
        bar: Bar::new(&asked, &format!("/desk/{}", city.id.as_str())),
        said: w.count_with("desk-today", today, "time", &calendar.clock(now)),
        inbox,
        moderation,
        most: days.iter().map(|day| day.posts).max().unwrap_or(0).max(1),
        days,
        in_force: w.count("desk-in-force", announced.notices.len()),
        to_come: w.count("desk-to-come", announced.events.len()),
        trouble: sentences(trouble),
        well: sentences(well),
        square: format!("/{}", city.id.as_str()),
        sources: format!("/{}/sources", city.id.as_str()),
    };
    asked.page(StatusCode::OK, view.render().unwrap_or_default())
}

/// Today first, back to the day of the first post. A day without a post between is a day too.
fn by_day(times: &[Timestamp], calendar: &Calendar, now: Timestamp) -> Vec<DayView> {
    let today = calendar.date(now);
    let first = times.last().map_or(today, |at| calendar.date(*at));
    let days = (0..DAYS).filter_map(|ago| today.checked_sub(jiff::Span::new().days(ago)).ok());
    let days = days.take_while(|day| *day >= first);
    days.map(|day| DayView {
        day: calendar.day(day),
        posts: times.iter().filter(|at| calendar.date(**at) == day).count(),
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::page::Language;

    #[test]
    fn days_are_the_citys_and_none_is_left_out() {
        let now = Timestamp::parse_rfc3339("2026-11-29T23:30:00Z").unwrap();
        let calendar = Calendar::new("Europe/Paris", Words::new(Language::French));
        let times = [-60, -1_900, -3 * 86_400].map(|seconds| now.plus_seconds(seconds));
        let days = by_day(&times, &calendar, now);
        // At 00:30 in Paris the day has just begun.
        let said: Vec<(&str, usize)> = days.iter().map(|day| (day.day.as_str(), day.posts)).collect();
        assert_eq!(
            said,
            [
                ("lundi 30 novembre", 1),
                ("dimanche 29 novembre", 1),
                ("samedi 28 novembre", 0),
                ("vendredi 27 novembre", 1)
            ]
        );
        let long_ago = [now.plus_seconds(-30 * 86_400)];
        assert_eq!(by_day(&long_ago, &calendar, now).len(), 7, "a week at most");
        assert_eq!(by_day(&[], &calendar, now).len(), 1, "today, whatever comes");
    }
}
