//! The public register of the desk, as rows.
//!
//! Owns its statements and how rows are read. Does not own transactions, nor the log (`writer::register`).
//! Invariant: no row of it says who.

use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::rows;
use super::statement::{Statement, statements};
use crate::domain::desk::Dimension;
use crate::domain::{
    AuditHead, CityId, Looked, REGISTER_DAYS, RUNS_MAX, Role, StoreError, Timestamp, WATCHES_KEPT, Wanted, Watch,
};
use crate::store::error::unreadable;

/// Rows of looks of one answer: two weeks of every page with every role have room.
const LOOKS_READ_MAX: i64 = 20_000;

statements! {
    WATCHES: 2 = "SELECT number, dimension, value, purpose, role, since, until FROM watches
        WHERE city = $1 ORDER BY number DESC LIMIT $2";
    OPEN_WATCHES: 2 = "SELECT count(*) AS watches FROM watches WHERE city = $1 AND until > $2";
    SAME_WATCH: 4 = "SELECT number FROM watches WHERE city = $1 AND dimension = $2 AND value = $3 AND until > $4";
    NEXT_WATCH: 1 = "SELECT coalesce(max(number), 0) + 1 AS number FROM watches WHERE city = $1";
    SAVE_WATCH: 8 = "INSERT INTO watches (city, number, dimension, value, purpose, role, since, until)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    /// Of one that is open at `$4` alone.
    END_WATCH_AT: 4 = "UPDATE watches SET until = $3 WHERE city = $1 AND number = $2 AND until > $4";
    /// Beyond `$2` those that ended longest ago.
    DROP_WATCHES: 3 = "DELETE FROM watches WHERE city = $1 AND number IN
        (SELECT number FROM watches WHERE city = $1 AND until <= $3 ORDER BY until LIMIT
            max(0, (SELECT count(*) FROM watches WHERE city = $1) - $2))";
    SWEEP_WATCHES: 1 = "DELETE FROM watches WHERE until < $1";
    LOOKED: 5 = "INSERT INTO desk_looks (city, day, page, role, looks) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (city, day, page, role) DO UPDATE SET looks = looks + excluded.looks";
    LOOKS: 4 = "SELECT day, page, role, looks FROM desk_looks WHERE city = $1 AND day >= $2 AND day < $3
        AND page NOT GLOB 'watch:*' ORDER BY day DESC, page, role LIMIT $4";
    RUNS: 2 = "SELECT day, page, role, looks FROM desk_looks WHERE city = $1 AND page GLOB 'watch:*'
        ORDER BY day DESC LIMIT $2";
    SWEEP_LOOKS: 1 = "DELETE FROM desk_looks WHERE day < $1";
    OFFICES: 1 = "SELECT r.role AS role, count(*) AS accounts FROM staff_roles AS r JOIN staff AS s ON s.row = r.staff
        WHERE r.city = $1 AND NOT s.disabled GROUP BY r.role";
    LOG_HEAD: 1 = "SELECT number, mac FROM audit WHERE city = $1 ORDER BY number DESC LIMIT 1";
}

pub async fn watches(connection: &mut SqliteConnection, city: &CityId) -> Result<Vec<Watch>, StoreError> {
    let most = i64::try_from(WATCHES_KEPT).unwrap_or(i64::MAX);
    WATCHES.all(connection, [city.as_str().into(), most.into()]).await?.iter().map(watch).collect()
}

fn watch(row: &SqliteRow) -> Result<Watch, StoreError> {
    Ok(Watch {
        number: rows::get(row, "number")?,
        dimension: Dimension::parse(&rows::get::<String>(row, "dimension")?).ok_or_else(|| unreadable("dimension"))?,
        value: rows::get(row, "value")?,
        purpose: rows::get(row, "purpose")?,
        role: role(row)?,
        since: rows::time(row, "since")?,
        until: rows::time(row, "until")?,
    })
}

fn role(row: &SqliteRow) -> Result<Role, StoreError> {
    Role::parse(&rows::get::<String>(row, "role")?).ok_or_else(|| unreadable("role"))
}

pub async fn open_watches(connection: &mut SqliteConnection, city: &CityId, now: Timestamp) -> Result<u64, StoreError> {
    let row = OPEN_WATCHES.first(connection, [city.as_str().into(), now.as_micros().into()]).await?;
    row.map_or(Ok(0), |row| rows::count(&row, "watches"))
}

/// The open search of the same value.
pub async fn same_watch(
    connection: &mut SqliteConnection,
    city: &CityId,
    wanted: &Wanted,
    now: Timestamp,
) -> Result<Option<i64>, StoreError> {
    let Wanted { dimension, value, .. } = wanted;
    let values = [city.as_str().into(), dimension.as_str().into(), value.as_str().into(), now.as_micros().into()];
    SAME_WATCH.first(connection, values).await?.map(|row| rows::get(&row, "number")).transpose()
}

/// Saves a search under the next number, in the transaction that is open.
pub async fn save(
    connection: &mut SqliteConnection,
    city: &CityId,
    wanted: &Wanted,
    role: Role,
    (now, until): (Timestamp, Timestamp),
) -> Result<i64, StoreError> {
    let row = NEXT_WATCH.first(connection, [city.as_str().into()]).await?.ok_or_else(|| unreadable("number"))?;
    let number: i64 = rows::get(&row, "number")?;
    let values = [
        city.as_str().into(),
        number.into(),
        wanted.dimension.as_str().into(),
        wanted.value.as_str().into(),
        wanted.purpose.as_str().into(),
        role.as_str().into(),
        now.as_micros().into(),
        until.as_micros().into(),
    ];
    SAVE_WATCH.run(connection, values).await?;
    let most = i64::try_from(WATCHES_KEPT).unwrap_or(i64::MAX);
    DROP_WATCHES.run(connection, [city.as_str().into(), most.into(), now.as_micros().into()]).await?;
    Ok(number)
}

/// Sets the end of an open search; whether there is such a one.
pub async fn end_at(
    connection: &mut SqliteConnection,
    city: &CityId,
    number: i64,
    until: Timestamp,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let values = [city.as_str().into(), number.into(), until.as_micros().into(), now.as_micros().into()];
    Ok(END_WATCH_AT.run(connection, values).await? > 0)
}

/// Adds looks to those that are counted, in the transaction that is open.
pub async fn looked(connection: &mut SqliteConnection, looks: &[Looked]) -> Result<(), StoreError> {
    for Looked { city, day, page, role, times } in looks {
        let times = i64::try_from(*times).unwrap_or(i64::MAX);
        let (city, page) = (city.as_str().into(), page.as_str().into());
        LOOKED.run(connection, [city, day.as_micros().into(), page, role.as_str().into(), times.into()]).await?;
    }
    Ok(())
}

pub async fn looks(
    connection: &mut SqliteConnection,
    city: &CityId,
    from: Timestamp,
    until: Timestamp,
) -> Result<Vec<Looked>, StoreError> {
    let values = [city.as_str().into(), from.as_micros().into(), until.as_micros().into(), LOOKS_READ_MAX.into()];
    LOOKS.all(connection, values).await?.iter().map(|row| look(city, row)).collect()
}

pub async fn runs(connection: &mut SqliteConnection, city: &CityId) -> Result<Vec<Looked>, StoreError> {
    let most = i64::try_from(RUNS_MAX).unwrap_or(i64::MAX);
    RUNS.all(connection, [city.as_str().into(), most.into()]).await?.iter().map(|row| look(city, row)).collect()
}

fn look(city: &CityId, row: &SqliteRow) -> Result<Looked, StoreError> {
    Ok(Looked {
        city: city.clone(),
        day: rows::time(row, "day")?,
        page: rows::get(row, "page")?,
        role: role(row)?,
        times: rows::count(row, "looks")?,
    })
}

/// Drops looks, and searches that have ended, when they are over their time.
pub async fn sweep(connection: &mut SqliteConnection, now: Timestamp) -> Result<(), StoreError> {
    let oldest = now.plus_seconds(-REGISTER_DAYS * 86_400).as_micros();
    SWEEP_WATCHES.run(connection, [oldest.into()]).await?;
    SWEEP_LOOKS.run(connection, [oldest.into()]).await?;
    Ok(())
}

pub async fn offices(connection: &mut SqliteConnection, city: &CityId) -> Result<Vec<(Role, u64)>, StoreError> {
    let office = |row: &SqliteRow| Ok((role(row)?, rows::count(row, "accounts")?));
    let mut offices: Vec<(Role, u64)> =
        OFFICES.all(connection, [city.as_str().into()]).await?.iter().map(office).collect::<Result<_, StoreError>>()?;
    offices.sort_unstable();
    Ok(offices)
}

pub async fn log_head(connection: &mut SqliteConnection, city: &CityId) -> Result<AuditHead, StoreError> {
    let Some(row) = LOG_HEAD.first(connection, [city.as_str().into()]).await? else { return Ok(AuditHead::BEGINNING) };
    let mac = rows::get::<Vec<u8>>(&row, "mac")?.try_into().or(Err(unreadable("mac")))?;
    Ok(AuditHead { number: rows::get(&row, "number")?, mac })
}
