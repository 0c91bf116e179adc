//! A closed month of a city, as its council reads of it.
//!
//! Owns which of the numbers stand in it. Does not own the answers, nor words (`http::report`).
//! Invariant: all of it comes from buckets that are closed, so that a month reads the same whenever it is asked for.

use crate::domain::desk::{Bucket, Calendar, Cell, Counts, Dimension, Plain, Width};
use crate::domain::{CityId, StoreError, Timestamp};

/// Weeks before the month that the usual level is of, and how few are enough.
const WEEKS: i64 = 8;
const WEEKS_MIN: usize = 2;
const WEEK_S: i64 = 7 * 86_400;
/// The dimensions of a report, in its order.
const SHOWN: [Dimension; 5] =
    [Dimension::Zone, Dimension::Tag, Dimension::Link, Dimension::Network, Dimension::Language];

#[derive(Clone, Debug, PartialEq)]
pub struct MonthView {
    pub bucket: Bucket,
    /// Since when the city is counted: of a month that had begun by then, only the rest is.
    pub since: Timestamp,
    pub plain: Plain,
    /// Rounded; `None`: fewer than five.
    pub authors: Option<u64>,
    pub weeks: Vec<WeekView>,
    /// The median of people's posts in the weeks before; `None`: too few were counted.
    pub usual_week: Option<u64>,
    /// What may be told of each dimension, the most posts first.
    pub by: Vec<(Dimension, Vec<Cell>)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WeekView {
    pub start: Timestamp,
    pub plain: Plain,
    pub authors: Option<u64>,
}

/// Why there is nothing to tell of a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoMonth {
    /// It ends then.
    Open(Timestamp),
    /// It is over, and its numbers are not closed: no server has run since it ended.
    NotClosed,
    /// The city is counted since then, if at all.
    NotCounted(Option<Timestamp>),
}

pub async fn month_view(
    counts: &dyn Counts,
    city: &CityId,
    calendar: &Calendar,
    bucket: Bucket,
    now: Timestamp,
) -> Result<Result<MonthView, NoMonth>, StoreError> {
    let Some(since) = counts.since(city).await?.filter(|since| *since < bucket.end) else {
        let since = counts.since(city).await?;
        return Ok(Err(if bucket.end > now { NoMonth::Open(bucket.end) } else { NoMonth::NotCounted(since) }));
    };
    let months = counts.plain(city, Width::Month, bucket.start, bucket.end).await?;
    let Some((_, plain)) = months.into_iter().find(|(start, _)| *start == bucket.start) else {
        return Ok(Err(if bucket.end > now { NoMonth::Open(bucket.end) } else { NoMonth::NotClosed }));
    };
    let all = counts.values(city, Width::Month, Dimension::All, bucket.start).await?;
    let weeks = counts.plain(city, Width::Week, bucket.start, bucket.end).await?;
    let of_weeks = counts.series(city, Width::Week, Dimension::All, "", bucket.start, bucket.end).await?;
    let week = |(start, plain): (Timestamp, Plain)| WeekView {
        start,
        plain,
        authors: of_weeks.iter().find(|cell| cell.start == start).and_then(|cell| cell.authors),
    };
    // An hour more for clocks that are put on, less than a week.
    let oldest = calendar.bucket(Width::Week, bucket.start.plus_seconds(-WEEKS * WEEK_S + 7_200));
    let oldest = oldest.map_or(bucket.start, |week| week.start).max(since);
    let before = counts.plain(city, Width::Week, oldest, bucket.start).await?;
    let mut by = Vec::new();
    for dimension in SHOWN {
        by.push((dimension, counts.values(city, Width::Month, dimension, bucket.start).await?));
    }
    Ok(Ok(MonthView {
        bucket,
        since,
        plain,
        authors: all.first().and_then(|cell| cell.authors),
        weeks: weeks.into_iter().map(week).collect(),
        usual_week: middle(before.into_iter().map(|(_, plain)| plain.people).collect()),
        by,
    }))
}

fn middle(mut posts: Vec<u64>) -> Option<u64> {
    posts.sort_unstable();
    posts.get(posts.len() / 2).copied().filter(|_| posts.len() >= WEEKS_MIN)
}
