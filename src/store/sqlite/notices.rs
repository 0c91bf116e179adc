//! Notices of a town hall, as rows.

use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::rows;
use super::statement::{Statement, statements};
use crate::domain::{Actor, CityId, NOTICE_KEPT_S, Notice, NoticeState, NoticeText, PostId, StoreError, Timestamp};
use crate::store::error::unreadable;

/// Notices of a city that are kept: of more the oldest that are not on the page go. Those that are go when they are over.
pub const NOTICES_MAX: i64 = 500;

macro_rules! notice {
    () => {
        "SELECT number, what, place, starts_at, ends_at, state, by, at, decided_by, decided_at, post FROM notices WHERE city = $1"
    };
}

statements! {
    NEWEST: 2 = concat!(notice!(), " ORDER BY number DESC LIMIT $2");
    NOTICE: 2 = concat!(notice!(), " AND number = $2");
    ADD: 7 = "INSERT INTO notices (city, what, place, starts_at, ends_at, state, by, at)
        VALUES ($1, $2, $3, $4, $5, 'draft', $6, $7) RETURNING number";
    /// City, number, the states that it may be in (JSON), state, by, at.
    TURN: 6 = "UPDATE notices SET state = $4, decided_by = CASE $4 WHEN 'draft' THEN NULL ELSE $5 END, decided_at = $6
        WHERE city = $1 AND number = $2 AND state IN (SELECT value FROM json_each($3))";
    NOTE_POST: 3 = "UPDATE notices SET post = $3 WHERE city = $1 AND number = $2 AND state = 'published'";
    DISCARD: 2 = "DELETE FROM notices WHERE city = $1 AND number = $2 AND state = 'draft'";
    DROP_OLD: 2 = "DELETE FROM notices WHERE city = $1 AND state != 'published' AND number IN
        (SELECT number FROM notices WHERE city = $1 ORDER BY number DESC LIMIT -1 OFFSET $2)";
    /// Those that were over, or were left as drafts, before $1. What has no end goes within weeks of what was decided last or
    /// of its beginning, which is a month ahead at most.
    SWEEP: 1 = "DELETE FROM notices
        WHERE coalesce(ends_at, max(coalesce(decided_at, at), coalesce(starts_at, 0)) + 604800000000) <= $1";
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
        decided_at: rows::optional_time(row, "decided_at")?,
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

/// Whether there is such a notice, in one of the states from which it may come to this one.
pub async fn turn(
    connection: &mut SqliteConnection,
    city: &CityId,
    number: i64,
    (from, to): (&[NoticeState], NoticeState),
    by: &Actor,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let from: Vec<&str> = from.iter().map(|state| state.as_str()).collect();
    let values = [
        city.as_str().into(),
        number.into(),
        serde_json::json!(from).to_string().into(),
        to.as_str().into(),
        by.0.as_str().into(),
        at.as_micros().into(),
    ];
    Ok(TURN.run(connection, values).await? > 0)
}

/// Whether it is, or is to be, on the page.
pub async fn note_post(
    connection: &mut SqliteConnection,
    city: &CityId,
    number: i64,
    post: PostId,
) -> Result<bool, StoreError> {
    let values = [city.as_str().into(), number.into(), super::moderation::id(post).into()];
    Ok(NOTE_POST.run(connection, values).await? > 0)
}

/// Drops those that have been over for long.
pub async fn sweep(connection: &mut SqliteConnection, now: Timestamp) -> Result<(), StoreError> {
    SWEEP.run(connection, [now.plus_seconds(-NOTICE_KEPT_S).as_micros().into()]).await?;
    Ok(())
}

pub async fn discard(connection: &mut SqliteConnection, city: &CityId, number: i64) -> Result<bool, StoreError> {
    Ok(DISCARD.run(connection, [city.as_str().into(), number.into()]).await? > 0)
}
