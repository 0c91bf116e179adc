//! Who is counted in a week or a month that is open.
//!
//! Owns the keyed hashes of persons and values, and that they go. Does not own what is counted (`domain::desk`).
//! Invariant: a hash is of one person, one value, one city and one month; with the month's key, which is erased when the month is
//! closed, nothing is left but numbers. Who leaves, or takes a post back, is out of every number that is not told yet.

use std::collections::HashMap;

use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::statements;
use crate::domain::desk::{BARE, Bucket, Dimension, Noted, Side, Trace, Width, values_of};
use crate::domain::{CityId, IdKey, StoreError, SubjectHash, Timestamp};
use crate::store::error::unreadable;
use crate::store::ledger::StoredPost;
use crate::store::sqlite::insert::{Inserts, Values};
use crate::store::sqlite::rows;

/// The longest that a week is, for finding the one that an instant lies in.
const WEEK_S: i64 = 7 * 86_400;

/// The key of an open month, and what is hashed with it.
struct Hashes(IdKey);

impl Hashes {
    fn read(row: &SqliteRow) -> Result<Self, StoreError> {
        let key: Vec<u8> = rows::get(row, "key")?;
        key.try_into().map(|key| Self(IdKey::new(key))).or(Err(unreadable("key")))
    }

    fn cell(&self, dimension: Dimension, value: &str) -> u64 {
        if value.is_empty() { BARE } else { self.0.hash64(&["cell", dimension.as_str(), value]) }
    }

    fn who(&self, dimension: &str, cell: u64, who: SubjectHash) -> u64 {
        self.0.hash64(&["who", dimension, &cell.to_string(), &who.0.to_string()])
    }
}

/// An open month of a city.
pub struct Open {
    city: i64,
    month: i64,
    hashes: Hashes,
}

impl Open {
    pub async fn month(connection: &mut SqliteConnection, city: i64, month: Bucket) -> Result<Self, StoreError> {
        let (start, end) = (month.start.as_micros(), month.end.as_micros());
        statements::BEGIN_MONTH.run(connection, [city, start, end].map(Into::into)).await?;
        let row = statements::MONTH_KEY.first(connection, [city, start].map(Into::into)).await?;
        let hashes = Hashes::read(&row.ok_or_else(|| unreadable("key"))?)?;
        Ok(Self { city, month: start, hashes })
    }

    /// Notes what a day left. Of a value that fewer than five people have used in the month no word is kept.
    pub async fn note(
        &self,
        connection: &mut SqliteConnection,
        week: Bucket,
        traces: &[Trace],
    ) -> Result<(), StoreError> {
        let row = |values: Values, trace: &Trace| {
            let Trace { dimension, value, side, who, posts } = trace;
            let cell = self.hashes.cell(*dimension, value);
            let who = match side {
                Side::Plenty | Side::Nobody => 0,
                Side::Told | Side::Rest | Side::Without => self.hashes.who(dimension.as_str(), cell, *who),
            };
            values
                .int(self.city)
                .int(self.month)
                .text(dimension.as_str())
                .int(cell.cast_signed())
                .int(week.start.as_micros())
                .text(side.as_str())
                .int(who.cast_signed())
                .int(i64::try_from(*posts).unwrap_or(i64::MAX))
        };
        let mut inserts = Inserts::on(connection);
        inserts.add(&statements::WRITE_PEOPLE, traces, row).await?;
        inserts.finish().await?;
        let mut names: Vec<(&str, i64, &str)> = traces
            .iter()
            .filter(|trace| !trace.value.is_empty() && matches!(trace.side, Side::Told | Side::Rest))
            .map(|Trace { dimension, value, .. }| {
                (dimension.as_str(), self.hashes.cell(*dimension, value).cast_signed(), value.as_str())
            })
            .collect();
        names.dedup();
        let values = [self.city.into(), self.month.into(), list(&names)?.into()];
        statements::WRITE_NAMES.run(connection, values).await?;
        Ok(())
    }

    /// What the days of a week, or of the whole month, left.
    pub async fn noted(&self, connection: &mut SqliteConnection, of: Bucket) -> Result<Vec<Noted>, StoreError> {
        let week = (of.width == Width::Week).then_some(of.start.as_micros());
        let found = statements::PEOPLE.all(connection, [self.city.into(), self.month.into(), week.into()]).await?;
        let noted = |row: &SqliteRow| {
            Ok(Noted {
                dimension: dimension(row)?,
                cell: rows::get::<i64>(row, "cell")?.cast_unsigned(),
                side: Side::parse(rows::get(row, "side")?).ok_or_else(|| unreadable("side"))?,
                who: rows::get::<i64>(row, "who")?.cast_unsigned(),
                posts: rows::count(row, "posts")?,
            })
        };
        found.iter().map(noted).collect()
    }

    pub async fn names(
        &self,
        connection: &mut SqliteConnection,
    ) -> Result<HashMap<(Dimension, u64), String>, StoreError> {
        let found = statements::NAMES.all(connection, [self.city, self.month].map(Into::into)).await?;
        let name = |row: &SqliteRow| {
            Ok(((dimension(row)?, rows::get::<i64>(row, "cell")?.cast_unsigned()), rows::get(row, "value")?))
        };
        found.iter().map(name).collect()
    }

    /// What was the rest of these values' days is told with the week.
    pub async fn tell_rest(
        &self,
        connection: &mut SqliteConnection,
        week: Bucket,
        spent: &[(Dimension, u64)],
    ) -> Result<(), StoreError> {
        let cells: Vec<_> = spent.iter().map(|(dimension, cell)| (dimension.as_str(), cell.cast_signed())).collect();
        let cells = list(&cells)?;
        for statement in [statements::TELL_REST, statements::DROP_REST] {
            let values = [self.city.into(), self.month.into(), week.start.as_micros().into(), cells.as_str().into()];
            statement.run(connection, values).await?;
        }
        Ok(())
    }

    /// The month is closed, and nobody is behind its numbers any more.
    pub async fn forget(&self, connection: &mut SqliteConnection) -> Result<(), StoreError> {
        for statement in [statements::DROP_PEOPLE, statements::DROP_NAMES, statements::DROP_KEYS] {
            statement.run(connection, [self.city, self.month].map(Into::into)).await?;
        }
        Ok(())
    }
}

fn dimension(row: &SqliteRow) -> Result<Dimension, StoreError> {
    Dimension::parse(rows::get(row, "dimension")?).ok_or_else(|| unreadable("dimension"))
}

fn list<T: serde::Serialize>(items: &[T]) -> Result<String, StoreError> {
    serde_json::to_string(items).map_err(|error| StoreError::Fatal(format!("a list can't be encoded: {error}")))
}

/// Takes persons who left out of every open number. What was told of them with others stays, and is nobody's.
pub async fn take_out(connection: &mut SqliteConnection, persons: &[SubjectHash]) -> Result<(), StoreError> {
    if persons.is_empty() {
        return Ok(());
    }
    let mut rows_of = Vec::new();
    for row in statements::OPEN_CELLS.all(connection, []).await? {
        let hashes = Hashes::read(&row)?;
        let (city, month, cell): (i64, i64, i64) =
            (rows::get(&row, "city")?, rows::get(&row, "month")?, rows::get(&row, "cell")?);
        let dimension = dimension(&row)?.as_str();
        for person in persons {
            let who = hashes.who(dimension, cell.cast_unsigned(), *person).cast_signed();
            rows_of.push((city, month, dimension, cell, who));
        }
    }
    let rows_of = list(&rows_of)?;
    statements::UNNAME.run(connection, [rows_of.as_str().into()]).await?;
    statements::TAKE_OUT.run(connection, [rows_of.into()]).await?;
    Ok(())
}

/// Takes posts that were erased out of the rest of their days.
pub async fn take_back(connection: &mut SqliteConnection, key: &IdKey, posts: &[StoredPost]) -> Result<(), StoreError> {
    for stored in posts {
        let who = SubjectHash::derive(key, stored.post.network, &stored.post.author);
        for city in stored.placements.keys() {
            take_back_from(connection, who, city, stored).await?;
        }
    }
    Ok(())
}

async fn take_back_from(
    connection: &mut SqliteConnection,
    who: SubjectHash,
    city: &CityId,
    stored: &StoredPost,
) -> Result<(), StoreError> {
    let (post, at) = (&stored.post, stored.received_at);
    let Some(placed) = stored.placements.get(city).filter(|placed| placed.shown && !placed.placement.assembly) else {
        return Ok(());
    };
    let found = statements::MONTH_OF.first(connection, [city.as_str().into(), at.as_micros().into()]).await?;
    let Some(row) = found else { return Ok(()) };
    let (hashes, place, month) =
        (Hashes::read(&row)?, rows::get::<i64>(&row, "city")?, rows::get::<i64>(&row, "month")?);
    let tags = post.tags.iter().map(|tag| crate::domain::fold_tag(&tag.display));
    let language = post.languages.first().map(String::as_str);
    let mut values = values_of(placed.placement.zone.as_deref(), tags, language, post.network, &post.facets);
    values.push((Dimension::All, String::new()));
    let row = |(dimension, value): &(Dimension, String)| {
        let cell = hashes.cell(*dimension, value);
        let dimension = dimension.as_str();
        (dimension, cell.cast_signed(), hashes.who(dimension, cell, who).cast_signed())
    };
    let rows_of = list(&values.iter().map(row).collect::<Vec<_>>())?;
    let week_after = Timestamp::plus_seconds(at, -WEEK_S).as_micros();
    let values = [place.into(), month.into(), week_after.into(), at.as_micros().into(), rows_of.as_str().into()];
    statements::TAKE_BACK.run(connection, values).await?;
    statements::DROP_EMPTY.run(connection, [place.into(), month.into(), rows_of.into()]).await?;
    Ok(())
}
