//! Reports, notices and appeals, as rows.
//!
//! Owns their statements and reading. Does not own what is decided on them (`writer::moderation`). Invariant: of where one came
//! from nothing is in a row but a keyed hash for its one post.

use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::moderation::{id, motive};
use super::rows;
use super::statement::{Statement, statements};
use crate::domain::{
    Actor, CityId, Closed, Complaint, ComplaintKind, ComplaintState, NewComplaint, StoreError, Timestamp,
};
use crate::store::error::unreadable;

/// A complaint is kept so long after it was closed, and so long while nobody closes it.
const CLOSED_KEPT_S: i64 = 90 * 86_400;
const OPEN_KEPT_S: i64 = 180 * 86_400;

macro_rules! complaint {
    () => {
        "SELECT row, kind, post, decision, motive, words, contact, at, closed_at, closed_by, upheld, closed_with, answer
        FROM complaints WHERE city = $1"
    };
}

statements! {
    COUNT_OPEN: 1 = "SELECT count(*) AS complaints FROM complaints WHERE city = $1 AND closed_at IS NULL";
    /// City, post, sender, kind, decision.
    SENT_ALREADY: 5 = "SELECT row FROM complaints WHERE city = $1 AND post = $2 AND sender = $3 AND kind = $4
        AND decision IS $5 AND closed_at IS NULL";
    WRITE_COMPLAINT: 10 = "INSERT INTO complaints (city, kind, post, decision, motive, words, contact, sender, follow, at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    /// City, skipped, limit.
    OPEN_COMPLAINTS: 3 = concat!(complaint!(), " AND closed_at IS NULL ORDER BY kind = 'report', at, row
        LIMIT $3 OFFSET $2");
    COMPLAINT: 2 = concat!(complaint!(), " AND row = $2");
    FOLLOWED: 2 = concat!(complaint!(), " AND follow = $2");
    /// City, post: whether so many senders' reports wait on it, and none was rejected.
    REPORTED: 3 = "SELECT count(DISTINCT sender) >= $3 AND NOT EXISTS
            (SELECT 1 FROM complaints WHERE city = $1 AND post = $2 AND kind != 'appeal' AND closed_at IS NOT NULL
                AND NOT upheld) AS is_due
        FROM complaints WHERE city = $1 AND post = $2 AND kind = 'report' AND closed_at IS NULL";
    /// City: posts on which reports wait.
    REPORTED_POSTS: 1 = "SELECT DISTINCT post AS id FROM complaints WHERE city = $1 AND kind = 'report' AND closed_at IS NULL";
    /// City, post, when, by, decision, answer. Reports and notices.
    UPHOLD: 6 = "UPDATE complaints SET closed_at = $3, closed_by = $4, upheld = 1, closed_with = $5, answer = $6
        WHERE city = $1 AND post = $2 AND kind != 'appeal' AND closed_at IS NULL";
    /// City, post, when, by, answer.
    REJECT_REPORTS: 5 = "UPDATE complaints SET closed_at = $3, closed_by = $4, upheld = 0, answer = $5
        WHERE city = $1 AND post = $2 AND kind = 'report' AND closed_at IS NULL";
    /// City, number, when, by, answer.
    REJECT_ONE: 5 = "UPDATE complaints SET closed_at = $3, closed_by = $4, upheld = 0, answer = $5
        WHERE city = $1 AND row = $2 AND closed_at IS NULL";
    APPEALED: 2 = "SELECT row FROM complaints WHERE city = $1 AND decision = $2 AND kind = 'appeal' AND closed_at IS NULL";
    /// City, decision, when, by, upheld, answer. Appeals.
    CLOSE_APPEALS: 6 = "UPDATE complaints SET closed_at = $3, closed_by = $4, upheld = $5, answer = $6
        WHERE city = $1 AND decision = $2 AND kind = 'appeal' AND closed_at IS NULL";
    /// Closed before, sent before.
    DROP_COMPLAINTS: 2 = "DELETE FROM complaints WHERE closed_at < $1 OR at < $2";
}

pub fn complaint(row: &SqliteRow) -> Result<Complaint, StoreError> {
    let state = match rows::optional_time(row, "closed_at")? {
        None => ComplaintState::Open,
        Some(at) => ComplaintState::Closed(Closed {
            at,
            by: Actor(rows::get(row, "closed_by")?),
            upheld: rows::get(row, "upheld")?,
            decision: rows::get(row, "closed_with")?,
            answer: rows::get(row, "answer")?,
        }),
    };
    Ok(Complaint {
        number: rows::get(row, "row")?,
        kind: ComplaintKind::parse(&rows::get::<String>(row, "kind")?).ok_or_else(|| unreadable("kind"))?,
        post: rows::post_id(row, "post")?,
        decision: rows::get(row, "decision")?,
        motive: motive(row)?,
        words: rows::get(row, "words")?,
        contact: rows::get(row, "contact")?,
        at: rows::time(row, "at")?,
        state,
    })
}

/// Reports and notices on a post, by the decision that they asked for.
pub async fn uphold(
    connection: &mut SqliteConnection,
    city: &CityId,
    post: i64,
    at: Timestamp,
    by: &Actor,
    decision: i64,
    answer: &str,
) -> Result<(), StoreError> {
    let (at, by) = (at.as_micros().into(), by.0.as_str().into());
    UPHOLD.run(connection, [city.as_str().into(), post.into(), at, by, decision.into(), answer.into()]).await?;
    Ok(())
}

/// By `REJECT_REPORTS` those on a post; by `REJECT_ONE` one, by its number.
pub async fn reject(
    connection: &mut SqliteConnection,
    statement: &Statement<5>,
    city: &CityId,
    which: i64,
    at: Timestamp,
    by: &Actor,
    answer: &str,
) -> Result<(), StoreError> {
    let (at, by) = (at.as_micros().into(), by.0.as_str().into());
    statement.run(connection, [city.as_str().into(), which.into(), at, by, answer.into()]).await?;
    Ok(())
}

pub async fn close_appeals(
    connection: &mut SqliteConnection,
    city: &CityId,
    decision: i64,
    at: Timestamp,
    by: &Actor,
    upheld: bool,
    answer: &str,
) -> Result<(), StoreError> {
    let values = [
        city.as_str().into(),
        decision.into(),
        at.as_micros().into(),
        by.0.as_str().into(),
        i64::from(upheld).into(),
        answer.into(),
    ];
    CLOSE_APPEALS.run(connection, values).await?;
    Ok(())
}

pub async fn write_complaint(
    connection: &mut SqliteConnection,
    city: &CityId,
    new: &NewComplaint,
    sender: u64,
    follow: &[u8; 32],
    at: Timestamp,
) -> Result<(), StoreError> {
    let values = [
        city.as_str().into(),
        new.kind.as_str().into(),
        id(new.post).into(),
        new.decision.into(),
        new.motive.as_str().into(),
        new.words.as_str().into(),
        new.contact.as_deref().into(),
        sender.cast_signed().into(),
        super::staff::blob(follow),
        at.as_micros().into(),
    ];
    WRITE_COMPLAINT.run(connection, values).await?;
    Ok(())
}

/// Drops what is in nobody's hands any more.
pub async fn sweep(connection: &mut SqliteConnection, now: Timestamp) -> Result<(), StoreError> {
    let before = |seconds: i64| now.plus_seconds(-seconds).as_micros().into();
    DROP_COMPLAINTS.run(connection, [before(CLOSED_KEPT_S), before(OPEN_KEPT_S)]).await?;
    Ok(())
}
