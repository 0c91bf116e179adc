//! Notices of a town hall, as rows.

use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::rows;
use super::statement::{Statement, statements};
use crate::domain::{Actor, CityId, Notice, NoticeState, NoticeText, PostId, StoreError, Timestamp};
use crate::store::error::unreadable;

/// Notices of a city that are kept: of more the oldest that are not on the page go.
pub const NOTICES_MAX: i64 = 500;

macro_rules! notice {
    () => {
        "SELECT number, what, place, starts_at, ends_at, state, by, at, decided_by, post FROM notices WHERE city = $1"
    };
}

statements! {
    NEWEST: 2 = concat!(notice!(), " ORDER BY number DESC LIMIT $2");
    NOTICE: 2 = concat!(notice!(), " AND number = $2");
    ADD: 7 = "INSERT INTO notices (city, what, place, starts_at, ends_at, state, by, at)
        VALUES ($1, $2, $3, $4, $5, 'draft', $6, $7) RETURNING number";
    /// City, number, state, by, post; of the last NULL leaves it.
    TURN: 5 = "UPDATE notices SET state = $3, decided_by = $4, post = coalesce($5, post) WHERE city = $1 AND number = $2";
    DISCARD: 2 = "DELETE FROM notices WHERE city = $1 AND number = $2 AND state = 'draft'";
    DROP_OLD: 2 = "DELETE FROM notices WHERE city = $1 AND state != 'published' AND number IN
        (SELECT number FROM notices WHERE city = $1 ORDER BY number DESC LIMIT -1 OFFSET $2)";
}

fn notice(row: &SqliteRow) -> Result<Notice, StoreError> {
    let post: Option<i64> = rows::get(row, "post")?;
    let decided_by: Option<String> = rows::get(row, "decided_by")?;
    Ok(Notice {
        number: rows::get(row, "number")?,
        text: NoticeText {
            what: rows::get(row, "what")?,
            place: rows::get(row, "place")?,
            starts_at: rows::optional_time(row, "starts_at")?,
            ends_at: rows::optional_time(row, "ends_at")?,
        },
        state: NoticeState::parse(&rows::get::<String>(row, "state")?).ok_or_else(|| unreadable("state"))?,
        by: Actor(rows::get(row, "by")?),
        at: rows::time(row, "at")?,
        decided_by: decided_by.map(Actor),
        post: post.map(|post| PostId::from_u64(post.cast_unsigned())),
    })
}

pub async fn newest(connection: &mut SqliteConnection, city: &CityId, limit: usize) -> Result<Vec<Notice>, StoreError> {
    let limit = i64::try_from(limit).unwrap_or(NOTICES_MAX).min(NOTICES_MAX);
    NEWEST.all(connection, [city.as_str().into(), limit.into()]).await?.iter().map(notice).collect()
}

pub async fn one(connection: &mut SqliteConnection, city: &CityId, number: i64) -> Result<Option<Notice>, StoreError> {
    let row = NOTICE.first(connection, [city.as_str().into(), number.into()]).await?;
    row.map(|row| notice(&row)).transpose()
}

/// The number of the new draft.
pub async fn add(
    connection: &mut SqliteConnection,
    city: &CityId,
    text: &NoticeText,
    by: &Actor,
    at: Timestamp,
) -> Result<i64, StoreError> {
    let values = [
        city.as_str().into(),
        text.what.as_str().into(),
        text.place.as_str().into(),
        text.starts_at.map(Timestamp::as_micros).into(),
        text.ends_at.map(Timestamp::as_micros).into(),
        by.0.as_str().into(),
        at.as_micros().into(),
    ];
    let row = ADD.first(connection, values).await?.ok_or_else(|| unreadable("number"))?;
    DROP_OLD.run(connection, [city.as_str().into(), NOTICES_MAX.into()]).await?;
    rows::get(&row, "number")
}

/// Whether there is such a notice.
pub async fn turn(
    connection: &mut SqliteConnection,
    city: &CityId,
    number: i64,
    state: NoticeState,
    by: &Actor,
    post: Option<PostId>,
) -> Result<bool, StoreError> {
    let values = [
        city.as_str().into(),
        number.into(),
        state.as_str().into(),
        by.0.as_str().into(),
        post.map(super::moderation::id).into(),
    ];
    Ok(TURN.run(connection, values).await? > 0)
}

pub async fn discard(connection: &mut SqliteConnection, city: &CityId, number: i64) -> Result<bool, StoreError> {
    Ok(DISCARD.run(connection, [city.as_str().into(), number.into()]).await? > 0)
}
