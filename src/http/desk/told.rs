//! What is told of one closed bucket.
//!
//! Owns which numbers those are, and that each stands beside what is usual. Does not own how they read (`figures`), nor what may
//! be told (`domain::desk`).
//! Invariant: the page and its files are made of one reading.

use crate::domain::desk::{Bucket, Calendar, Cell, Counts, Dimension, Plain, Width};
use crate::domain::{City, StoreError, Timestamp};
use crate::monitor::usual::{PAST_S, usual_day, usual_hour};
use crate::monitor::{Past, Usual, UsualValue};

/// The dimensions of the page, in its order.
pub const SHOWN: [Dimension; 6] =
    [Dimension::Hour, Dimension::Zone, Dimension::Tag, Dimension::Network, Dimension::Language, Dimension::Link];

/// What is told of one closed bucket.
#[derive(Clone, Debug)]
pub struct Told {
    pub bucket: Bucket,
    pub plain: Plain,
    pub authors: Option<u64>,
    /// Of a day.
    pub usual: Option<Usual>,
    /// Of a week or a month.
    pub days: Vec<DayTold>,
    pub by: Vec<(Dimension, Vec<CellTold>)>,
}

/// A day of a wider bucket: what people said, and what is usual on such a day.
#[derive(Clone, Debug)]
pub struct DayTold {
    pub start: Timestamp,
    pub posts: u64,
    pub authors: Option<u64>,
    pub usual: Option<u64>,
}

/// A cell of the cube, and what is usual of its value on such an hour, day, week or month.
#[derive(Clone, Debug)]
pub struct CellTold {
    pub cell: Cell,
    pub usual: Option<UsualValue>,
}

/// `None` of a bucket that is open, or was not counted.
pub async fn told(counts: &dyn Counts, city: &City, bucket: Bucket) -> Result<Option<Told>, StoreError> {
    let plain = counts.plain(&city.id, bucket.width, bucket.start, bucket.end).await?;
    let Some((_, plain)) = plain.into_iter().find(|(start, _)| *start == bucket.start) else { return Ok(None) };
    let all = counts.values(&city.id, bucket.width, Dimension::All, bucket.start).await?;
    let past = counts.plain(&city.id, Width::Day, bucket.start.plus_seconds(-PAST_S), bucket.end).await?;
    let past: Vec<(Timestamp, u64)> = past.into_iter().map(|(start, plain)| (start, plain.people)).collect();
    let calendar = Calendar::new(&city.timezone);
    let days = match bucket.width {
        Width::Hour | Width::Day => Vec::new(),
        Width::Week | Width::Month => {
            let all = counts.series(&city.id, Width::Day, Dimension::All, "", bucket.start, bucket.end).await?;
            let day = |(start, posts): &(Timestamp, u64)| DayTold {
                start: *start,
                posts: *posts,
                authors: all.iter().find(|cell| cell.start == *start).and_then(|cell| cell.authors),
                usual: level(usual_day(&past, &calendar, *start)),
            };
            past.iter().filter(|(start, _)| *start >= bucket.start).map(day).collect()
        }
    };
    let mut by = Vec::new();
    for dimension in SHOWN.into_iter().filter(|dimension| *dimension != Dimension::Hour || bucket.width == Width::Day) {
        let cells = counts.values(&city.id, bucket.width, dimension, bucket.start).await?;
        let cells = match dimension {
            _ if cells.is_empty() => Vec::new(),
            Dimension::Hour => beside_hours(counts, city, &calendar, bucket, cells).await?,
            _ => beside_past(counts, city, &calendar, (bucket, dimension), cells).await?,
        };
        by.push((dimension, cells));
    }
    let usual = (bucket.width == Width::Day).then(|| usual_day(&past, &calendar, bucket.start));
    let authors = all.first().and_then(|cell| cell.authors);
    Ok(Some(Told { bucket, plain, authors, usual, days, by }))
}

/// Hours of a day, in their order.
async fn beside_hours(
    counts: &dyn Counts,
    city: &City,
    calendar: &Calendar,
    day: Bucket,
    mut cells: Vec<Cell>,
) -> Result<Vec<CellTold>, StoreError> {
    let past = counts.hours(&city.id, day.start.plus_seconds(-PAST_S)).await?;
    cells.sort_by(|a, b| a.value.cmp(&b.value));
    let usual = |cell: &Cell| level(usual_hour(&past, calendar, Timestamp::parse_rfc3339(&cell.value)?));
    Ok(cells.into_iter().map(|cell| CellTold { usual: usual(&cell).map(UsualValue::Posts), cell }).collect())
}

/// Values of a bucket, each beside what is usual of it.
pub async fn beside_past(
    counts: &dyn Counts,
    city: &City,
    calendar: &Calendar,
    (bucket, dimension): (Bucket, Dimension),
    cells: Vec<Cell>,
) -> Result<Vec<CellTold>, StoreError> {
    let past = Past::read(counts, &city.id, calendar, bucket, dimension).await?;
    Ok(cells.into_iter().map(|cell| CellTold { usual: past.usual(&cell.value), cell }).collect())
}

/// A usual number of posts as it is told: whole ones.
pub fn level(usual: Usual) -> Option<u64> {
    match usual {
        // Not negative, and small; the cast saturates otherwise.
        Usual::Level(level) => Some(level.median.round() as u64),
        Usual::NotEnoughPast { .. } => None,
    }
}
