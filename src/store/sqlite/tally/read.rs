//! The desk's numbers as they are asked for.
//!
//! Owns the reading half of [`crate::domain::desk::Counts`]. Does not own how a number came to be.
//! Invariant: an answer reads as many rows as it may have buckets or values, however long the city has been counted.

use std::collections::{BTreeSet, HashMap};

use sqlx::sqlite::SqliteRow;

use super::{by_voice, statements, voice};
use crate::domain::desk::{Cell, Dimension, HOURS_MAX, HourCount, Plain, Recent, SERIES_MAX, VALUES_MAX, Voice, Width};
use crate::domain::{CityId, StoreError, Timestamp};
use crate::store::sqlite::read::{Reader, bounded, in_time};
use crate::store::sqlite::rows;

/// Posts of the last hour or so that are looked at, the newest: beyond them nobody asks whether it is unusual.
const RECENT_MAX: usize = 20_000;

fn cell(row: &SqliteRow) -> Result<Cell, StoreError> {
    let authors: Option<i64> = rows::get(row, "authors")?;
    Ok(Cell {
        start: rows::time(row, "start")?,
        value: rows::get(row, "value")?,
        posts: rows::count(row, "posts")?,
        authors: authors.and_then(|authors| u64::try_from(authors).ok()),
    })
}

impl Reader {
    pub async fn since(&self, city: &CityId) -> Result<Option<Timestamp>, StoreError> {
        in_time(async {
            let mut limited = self.limited().await?;
            let row = statements::SINCE.first(&mut limited.connection, [city.as_str().into()]).await?;
            row.map(|row| rows::time(&row, "since")).transpose()
        })
        .await
    }

    pub async fn series(
        &self,
        city: &CityId,
        width: Width,
        (dimension, value): (Dimension, &str),
        from: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<Cell>, StoreError> {
        in_time(async {
            let mut limited = self.limited().await?;
            let values = [
                city.as_str().into(),
                width.as_str().into(),
                dimension.as_str().into(),
                value.into(),
                from.as_micros().into(),
                until.as_micros().into(),
                bounded(SERIES_MAX, SERIES_MAX).into(),
            ];
            let found = statements::SERIES.all(&mut limited.connection, values).await?;
            found.iter().rev().map(cell).collect()
        })
        .await
    }

    pub async fn values(
        &self,
        city: &CityId,
        width: Width,
        dimension: Dimension,
        start: Timestamp,
    ) -> Result<Vec<Cell>, StoreError> {
        in_time(async {
            let mut limited = self.limited().await?;
            let values = [
                city.as_str().into(),
                width.as_str().into(),
                dimension.as_str().into(),
                start.as_micros().into(),
                bounded(VALUES_MAX, VALUES_MAX).into(),
            ];
            let found = statements::VALUES.all(&mut limited.connection, values).await?;
            found.iter().map(cell).collect()
        })
        .await
    }

    pub async fn past_values(
        &self,
        city: &CityId,
        width: Width,
        dimension: Dimension,
        starts: &[Timestamp],
    ) -> Result<HashMap<String, Vec<u64>>, StoreError> {
        let at: Vec<String> = starts.iter().map(|start| start.as_micros().to_string()).collect();
        let most = VALUES_MAX.saturating_mul(starts.len());
        in_time(async {
            let mut limited = self.limited().await?;
            let values = [
                city.as_str().into(),
                width.as_str().into(),
                dimension.as_str().into(),
                format!("[{}]", at.join(",")).into(),
                bounded(most, most).into(),
            ];
            let found = statements::PAST_VALUES.all(&mut limited.connection, values).await?;
            let posts = |row: &SqliteRow| -> Result<(String, Vec<u64>), StoreError> {
                let posts: String = rows::get(row, "posts")?;
                Ok((rows::get(row, "value")?, posts.split(',').filter_map(|posts| posts.parse().ok()).collect()))
            };
            found.iter().map(posts).collect()
        })
        .await
    }

    pub async fn plain(
        &self,
        city: &CityId,
        width: Width,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<(Timestamp, Plain)>, StoreError> {
        in_time(async {
            let mut limited = self.limited().await?;
            let (from, until) = (from.as_micros().into(), until.as_micros().into());
            let values =
                [city.as_str().into(), width.as_str().into(), from, until, bounded(SERIES_MAX, SERIES_MAX).into()];
            let found = statements::PLAIN.all(&mut limited.connection, values).await?;
            let plain = |row: &SqliteRow| {
                let plain = Plain {
                    people: rows::count(row, "people")?,
                    bodies: rows::count(row, "bodies")?,
                    automatic: rows::count(row, "automatic")?,
                    around: rows::count(row, "around")?,
                };
                Ok((rows::time(row, "start")?, plain))
            };
            found.iter().rev().map(plain).collect()
        })
        .await
    }

    pub async fn open(&self, city: &CityId, from: Timestamp, until: Timestamp) -> Result<Plain, StoreError> {
        in_time(async {
            let mut limited = self.limited().await?;
            let values = [city.as_str().into(), from.as_micros().into(), until.as_micros().into()];
            let found = statements::OPEN.all(&mut limited.connection, values).await?;
            Ok(by_voice(&found)?.0)
        })
        .await
    }

    pub async fn hours(&self, city: &CityId, since: Timestamp) -> Result<Vec<HourCount>, StoreError> {
        in_time(async {
            let mut limited = self.limited().await?;
            let values = [city.as_str().into(), since.as_micros().into(), bounded(HOURS_MAX, HOURS_MAX).into()];
            let found = statements::HOURS.all(&mut limited.connection, values).await?;
            let hour = |row: &SqliteRow| {
                Ok(HourCount { start: rows::time(row, "start")?, posts: rows::count(row, "people")? })
            };
            found.iter().rev().map(hour).collect()
        })
        .await
    }

    pub async fn recent(&self, city: &CityId, since: Timestamp) -> Result<Recent, StoreError> {
        in_time(async {
            let mut limited = self.limited().await?;
            let values = [city.as_str().into(), since.as_micros().into(), bounded(RECENT_MAX, RECENT_MAX).into()];
            let (mut posts, mut authors) = (0, BTreeSet::new());
            for row in statements::RECENT.all(&mut limited.connection, values).await? {
                if voice(&row)? == Voice::People {
                    posts += 1;
                    authors.insert(rows::get::<i64>(&row, "author")?);
                }
            }
            Ok(Recent { posts, authors: authors.len() as u64 })
        })
        .await
    }
}
