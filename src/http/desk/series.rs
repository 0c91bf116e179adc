//! One value over time, as a search shows it.
//!
//! Owns how far back it goes, and that what may not be told stands there as not told. Does not own the numbers.
//! Invariant: a bucket is told, or is there without a number; one that was not counted is not there.

use crate::domain::desk::{Bucket, Calendar, Counts, Dimension, Width};
use crate::domain::{City, StoreError, Timestamp};
use crate::monitor::{UsualValue, usual_value};

/// What a search shows.
#[derive(Default)]
pub struct Series {
    /// Oldest first.
    pub points: Vec<Point>,
    /// Among all of them, where they are days: what a wider bucket tells may be a part.
    pub usual: Option<UsualValue>,
}

pub struct Point {
    pub bucket: Bucket,
    /// `None`: not told, for too few people or none.
    pub posts: Option<u64>,
    pub authors: Option<u64>,
}

/// Closed buckets that are shown, the last among them: five weeks, half a year, a year.
const fn shown(width: Width) -> usize {
    match width {
        Width::Hour | Width::Day => 35,
        Width::Week => 26,
        Width::Month => 12,
    }
}

pub async fn read(
    counts: &dyn Counts,
    city: &City,
    width: Width,
    (dimension, value): (Dimension, &str),
    now: Timestamp,
) -> Result<Series, StoreError> {
    let calendar = Calendar::new(&city.timezone);
    let Some(since) = counts.since(&city.id).await? else { return Ok(Series::default()) };
    let mut buckets: Vec<Bucket> = Vec::new();
    let mut next = calendar.bucket(width, now).map(|open| open.start);
    while let Some(bucket) = next.and_then(|start| calendar.bucket(width, start.plus_seconds(-1))) {
        if bucket.start < since || buckets.len() == shown(width) {
            break;
        }
        next = Some(bucket.start);
        buckets.push(bucket);
    }
    buckets.reverse();
    let (Some(first), Some(last)) = (buckets.first(), buckets.last()) else { return Ok(Series::default()) };
    let plain = counts.plain(&city.id, width, first.start, last.end).await?;
    // One that is over and not closed yet is not there yet.
    buckets.retain(|bucket| plain.iter().any(|(start, _)| *start == bucket.start));
    let Some(first) = buckets.first() else { return Ok(Series::default()) };
    let told = counts.series(&city.id, width, dimension, value, first.start, now).await?;
    let point = |bucket: Bucket| {
        let cell = told.iter().find(|cell| cell.start == bucket.start);
        Point { bucket, posts: cell.map(|cell| cell.posts), authors: cell.and_then(|cell| cell.authors) }
    };
    let points: Vec<Point> = buckets.into_iter().map(point).collect();
    let told = points.iter().filter(|_| width == Width::Day).map(|point| point.posts);
    let usual = usual_value(told.collect());
    Ok(Series { points, usual })
}
