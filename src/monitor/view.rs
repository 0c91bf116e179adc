//! What stands together: a day of a city, and the look for an alert.
//!
//! Owns which questions are asked of the port for it. Does not own the answers.
//! Invariant: the number of questions, and of the rows of each, is the same after a year.

use super::alert::{Pace, decide};
use super::usual::{Baseline, Usual, usual_day};
use crate::domain::alert::{Alert, Event};
use crate::domain::desk::{Calendar, Cell, Counts, Dimension, Plain, Width};
use crate::domain::{CityId, StoreError, Timestamp};

/// How far back the usual level of a day looks.
const PAST_S: i64 = 57 * 86_400;

/// A closed day.
#[derive(Clone, Debug, PartialEq)]
pub struct DayView {
    pub start: Timestamp,
    pub plain: Plain,
    /// Rounded; `None`: fewer than five.
    pub authors: Option<u64>,
    pub usual: Usual,
    /// What may be told of each dimension but [`Dimension::All`], the most posts first. What is not here is told with the week, if
    /// it is enough by then.
    pub by: Vec<(Dimension, Vec<Cell>)>,
}

/// The day that an instant lies in; `None` while it is open, or where it was not counted.
pub async fn day_view(
    counts: &dyn Counts,
    city: &CityId,
    calendar: &Calendar,
    at: Timestamp,
) -> Result<Option<DayView>, StoreError> {
    let Some(day) = calendar.bucket(Width::Day, at) else { return Ok(None) };
    let days = counts.plain(city, Width::Day, day.start.plus_seconds(-PAST_S), day.end).await?;
    let Some((_, plain)) = days.last().filter(|(start, _)| *start == day.start) else { return Ok(None) };
    let past: Vec<_> = days.iter().map(|(start, plain)| (*start, plain.people)).collect();
    let usual = usual_day(&past, calendar, day.start);
    let mut by = Vec::new();
    for dimension in Dimension::ALL.into_iter().skip(1) {
        by.push((dimension, counts.values(city, Width::Day, dimension, day.start).await?));
    }
    let all = counts.values(city, Width::Day, Dimension::All, day.start).await?;
    let authors = all.first().and_then(|cell| cell.authors);
    Ok(Some(DayView { start: day.start, plain: *plain, authors, usual, by }))
}

/// Looks at a city's last hour: to be done every minute or so.
pub async fn look(
    counts: &dyn Counts,
    city: &CityId,
    calendar: &Calendar,
    event: Option<Event>,
    now: Timestamp,
    pace: Pace,
) -> Result<(Option<Event>, Option<Alert>), StoreError> {
    let recent = counts.recent(city, now.plus_seconds(-pace.window_s())).await?;
    // Of a thousand cities most are quiet, and of those no past is read.
    if event.is_none() && recent.posts == 0 {
        return Ok((None, None));
    }
    let baseline = baseline(counts, city, calendar, now).await?;
    Ok(decide(event, &baseline, recent, now, pace))
}

/// What is usual now.
pub async fn baseline(
    counts: &dyn Counts,
    city: &CityId,
    calendar: &Calendar,
    now: Timestamp,
) -> Result<Baseline, StoreError> {
    let hours = counts.hours(city, now.plus_seconds(-PAST_S)).await?;
    Ok(Baseline::of(&hours, calendar, now))
}
