//! What is over its time.
//!
//! Owns finding it, setting right the times that it is found by, and dropping what no reader can miss. Does not own the
//! periods (`retention`), nor erasing posts: that goes through the ledger like any other change, so that readers are told.
//! Invariant: each call is a short transaction or two, or none.

use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::load::array;
use super::{alerts, moderation, notices, register, rows, statements, tally};
use crate::domain::{Batch, Change, StoreError, Tier, Timestamp};
use crate::store::retention::{AHEAD_S, LOG_KEPT_ENTRIES, LOG_KEPT_S, MENTIONS_MAX, RECEIPT_S, Retention};

/// Placements erased, or set back, in one transaction.
const EXPIRED_MAX: usize = 500;
/// Log entries dropped in one transaction.
const LOG_STEP: i64 = 5_000;

/// What a clock that was wrong noted as received so far ahead of `now` counts as received now: it would be kept for longer
/// by as much (L-28). Its place on the page stays, for positions are no times. Returns whether there was any.
pub async fn set_back(connection: &mut SqliteConnection, now: Timestamp) -> Result<bool, StoreError> {
    let (ahead, now) = (now.plus_seconds(AHEAD_S).as_micros(), now.as_micros());
    for tier in tiers() {
        let room = i64::try_from(EXPIRED_MAX).unwrap_or(0);
        let values = [tier.map(|tier| tier.as_str()).into(), ahead.into(), room.into()];
        let found = statements::AHEAD.all(connection, values).await?;
        if found.is_empty() {
            continue;
        }
        let posts: Result<Vec<i64>, StoreError> = found.iter().map(|row| rows::get(row, "post")).collect();
        let posts = array(posts?);
        // Posts first: after a crash between the two they are found again by their placements.
        statements::SET_BACK_POSTS.run(connection, [posts.as_str().into(), now.into()]).await?;
        statements::SET_BACK_PLACEMENTS.run(connection, [posts.into(), now.into()]).await?;
        return Ok(true);
    }
    let values = [ahead.into(), i64::try_from(EXPIRED_MAX).unwrap_or(0).into()];
    let found = statements::MENTIONS_AHEAD.all(connection, values).await?;
    if found.is_empty() {
        return Ok(false);
    }
    let posts: Result<Vec<i64>, StoreError> = found.iter().map(|row| rows::get(row, "post")).collect();
    let posts = array(posts?);
    statements::SET_BACK_POSTS.run(connection, [posts.as_str().into(), now.into()]).await?;
    statements::SET_BACK_MENTIONS.run(connection, [posts.into(), now.into()]).await?;
    Ok(true)
}

/// Takes expired placements away, the oldest first, and what desks have had for long enough. Empty when there are none.
pub async fn expired(
    connection: &mut SqliteConnection,
    now: Timestamp,
    retention: Retention,
) -> Result<Batch, StoreError> {
    let mut batch = Batch::default();
    let values = [now.as_micros().into(), i64::try_from(EXPIRED_MAX).unwrap_or(0).into()];
    for row in statements::ENDED.all(connection, values).await? {
        batch.changes.push(Change::Unplace { post: rows::post_id(&row, "id")?, city: rows::city(&row)? });
    }
    let room = i64::try_from(EXPIRED_MAX.saturating_sub(batch.changes.len())).unwrap_or(0);
    batch.changes.extend(moderation::over(connection, now, room).await?);
    for tier in tiers() {
        let room = EXPIRED_MAX.saturating_sub(batch.changes.len());
        let values = [
            tier.map(|tier| tier.as_str()).into(),
            retention.cutoff(tier, now).as_micros().into(),
            i64::try_from(room).unwrap_or(0).into(),
        ];
        for row in statements::EXPIRED.all(connection, values).await? {
            batch.changes.push(Change::Unplace { post: rows::post_id(&row, "id")?, city: rows::city(&row)? });
        }
    }
    let room = |batch: &Batch| i64::try_from(EXPIRED_MAX.saturating_sub(batch.changes.len())).unwrap_or(0);
    let cutoff = retention.mention_cutoff(now).as_micros();
    let values = [cutoff.into(), now.as_micros().into(), room(&batch).into()];
    unmention(&mut batch, &statements::MENTIONS_OVER.all(connection, values).await?)?;
    // Only when nothing else goes, so that each is counted once.
    if batch.is_empty() {
        let values = [MENTIONS_MAX.into(), room(&batch).into()];
        unmention(&mut batch, &statements::MENTIONS_TOO_MANY.all(connection, values).await?)?;
    }
    Ok(batch)
}

fn unmention(batch: &mut Batch, found: &[SqliteRow]) -> Result<(), StoreError> {
    for row in found {
        batch.changes.push(Change::Unmention { post: rows::post_id(row, "id")?, city: rows::city(row)? });
    }
    Ok(())
}

/// All that a placement can have; `None` is the queue.
fn tiers() -> impl Iterator<Item = Option<Tier>> {
    Tier::ALL.map(Some).into_iter().chain([None])
}

/// Drops old counts and looks, searches and notices that ended long ago, short tombstones, old receipts and the far end of the logs. Returns whether there is more to drop.
pub async fn leftovers(connection: &mut SqliteConnection, now: Timestamp) -> Result<bool, StoreError> {
    alerts::sweep(connection, now).await?;
    tally::sweep(connection, now).await?;
    moderation::sweep(connection, now).await?;
    register::sweep(connection, now).await?;
    notices::sweep(connection, now).await?;
    statements::DROP_TOMBSTONES.run(connection, [now.as_micros().into()]).await?;
    statements::DROP_RECEIPTS.run(connection, [now.plus_seconds(-RECEIPT_S).as_micros().into()]).await?;
    let cutoff = now.plus_seconds(-LOG_KEPT_S).as_micros();
    let mut more = false;
    for row in statements::LONG_LOGS.all(connection, [LOG_KEPT_ENTRIES.into()]).await? {
        let (city, floor): (i64, i64) = (rows::get(&row, "row")?, rows::get(&row, "floor")?);
        let head: i64 = rows::get(&row, "head")?;
        let up_to = head.saturating_sub(LOG_KEPT_ENTRIES).min(floor.saturating_add(LOG_STEP));
        let values = [city.into(), floor.into(), up_to.into(), cutoff.into()];
        let last = statements::LOG_PREFIX.first(connection, values).await?;
        let last: Option<i64> = last.map_or(Ok(None), |row| rows::get(&row, "last"))?;
        let Some(last) = last.filter(|last| *last > floor) else { continue };
        // The floor first: a reader between the two is told too early, never too late.
        statements::RAISE_FLOOR.run(connection, [city.into(), last.into()]).await?;
        statements::DROP_LOG.run(connection, [city.into(), last.into()]).await?;
        more = true;
    }
    Ok(more)
}
