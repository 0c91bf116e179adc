//! What the process starts from and asks for beside the feed.
//!
//! Owns the reads of the pipeline, the re-checks, the operator and the metrics. Does not own readers' reads (`read`).
//! Invariant: nothing here is given to a citizen, for it includes what is queued and hidden.

use std::collections::HashSet;

use sqlx::sqlite::{SqlitePool, SqliteRow};

use super::load::{array, ids};
use super::read::bounded;
use super::statement::Value;
use super::{rows, statements};
use crate::domain::{
    AuthorId, AuthorProfile, Checkpoint, CityId, DeliveryId, Gap, KnownPost, NativeId, Network, PostId, PushOutcome,
    SourceId, StoreError, SubjectHash, Timestamp,
};
use crate::store::error::unreadable;
use crate::store::held::{Counts, LeaveRequest, StalePost, StoredPost};
use crate::store::retention::AHEAD_S;

/// Rows read at once of tables that are read whole.
const WINDOW: i64 = 10_000;
const LIMIT_MAX: usize = 10_000;

pub async fn checkpoint(pool: &SqlitePool, source: &SourceId) -> Result<Option<Checkpoint>, StoreError> {
    let mut connection = pool.acquire().await?;
    let row = statements::CHECKPOINT.first(&mut connection, [source.as_str().into()]).await?;
    row.map(|row| rows::get::<String>(&row, "position").map(Checkpoint::new)).transpose()
}

pub async fn receipt(pool: &SqlitePool, delivery: DeliveryId) -> Result<Option<(u64, Vec<PushOutcome>)>, StoreError> {
    let mut connection = pool.acquire().await?;
    let values = [delivery.sender.cast_signed().into(), delivery.message.cast_signed().into()];
    let Some(row) = statements::RECEIPT.first(&mut connection, values).await? else { return Ok(None) };
    let body = rows::get::<i64>(&row, "body")?.cast_unsigned();
    let words = rows::get::<String>(&row, "outcomes")?;
    let outcome = |word| PushOutcome::parse(word).ok_or_else(|| unreadable("outcomes"));
    Ok(Some((body, words.split_whitespace().map(outcome).collect::<Result<_, _>>()?)))
}

pub async fn known_posts(pool: &SqlitePool) -> Result<Vec<KnownPost>, StoreError> {
    let mut connection = pool.acquire().await?;
    let mut known: Vec<KnownPost> = Vec::new();
    let mut last = 0;
    loop {
        let found = statements::KNOWN.all(&mut connection, [last.into(), WINDOW.into()]).await?;
        if found.is_empty() {
            return Ok(known);
        }
        for row in &found {
            last = rows::get(row, "row")?;
            let id = rows::post_id(row, "id")?;
            if known.last().is_none_or(|post| post.id != id) {
                known.push(KnownPost { id, thread: id, cities: Vec::new(), queued: Vec::new() });
            }
            let Some(post) = known.last_mut() else { continue };
            // What is hidden for now still has its cities, so that its replies wait with it.
            match rows::get::<Option<bool>>(row, "placed")? {
                Some(true) => post.cities.push(rows::city(row)?),
                Some(false) => post.queued.push(rows::city(row)?),
                None => {}
            }
            if let Some(thread) = rows::get::<Option<i64>>(row, "thread")? {
                post.thread = PostId::from_u64(thread.cast_unsigned());
            }
        }
    }
}

/// Each post that declares an origin, with the names of that.
pub async fn origins(pool: &SqlitePool) -> Result<Vec<(PostId, u64)>, StoreError> {
    let mut connection = pool.acquire().await?;
    let (mut origins, mut last) = (Vec::new(), 0);
    loop {
        let found = statements::ORIGINS.all(&mut connection, [last.into(), WINDOW.into()]).await?;
        if found.is_empty() {
            return Ok(origins);
        }
        for row in &found {
            last = rows::get(row, "row")?;
            if let Some(hash) = rows::get::<Option<i64>>(row, "hash")? {
                origins.push((rows::post_id(row, "id")?, hash.cast_unsigned()));
            }
        }
    }
}

/// Each post held for a desk, with its city.
pub async fn addressed(pool: &SqlitePool) -> Result<Vec<(PostId, CityId)>, StoreError> {
    let mut connection = pool.acquire().await?;
    let (mut addressed, mut last) = (Vec::new(), 0);
    loop {
        let found = statements::ADDRESSED.all(&mut connection, [last.into(), WINDOW.into()]).await?;
        if found.is_empty() {
            return Ok(addressed);
        }
        for row in &found {
            last = rows::get(row, "row")?;
            addressed.push((rows::post_id(row, "id")?, rows::city(row)?));
        }
    }
}

pub async fn authors(pool: &SqlitePool) -> Result<Vec<AuthorProfile>, StoreError> {
    let mut connection = pool.acquire().await?;
    let mut authors = Vec::new();
    let mut last = 0;
    loop {
        let found = statements::ALL_AUTHORS.all(&mut connection, [last.into(), WINDOW.into()]).await?;
        if found.is_empty() {
            return Ok(authors);
        }
        for row in &found {
            let author = rows::author(row)?;
            last = author.row;
            authors.push(author.profile);
        }
    }
}

pub async fn suppressed(pool: &SqlitePool) -> Result<HashSet<SubjectHash>, StoreError> {
    let mut connection = pool.acquire().await?;
    let found = statements::ALL_SUPPRESSED.all(&mut connection, []).await?;
    found.iter().map(|row| Ok(SubjectHash(rows::get::<i64>(row, "subject")?.cast_unsigned()))).collect()
}

/// Times noted after this were noted by a clock that was wrong.
fn wrong_from(now: Timestamp) -> Value {
    now.plus_seconds(AHEAD_S).as_micros().into()
}

pub async fn stale_authors(
    pool: &SqlitePool,
    network: Network,
    older_than: Timestamp,
    now: Timestamp,
    limit: usize,
) -> Result<Vec<AuthorId>, StoreError> {
    let mut connection = pool.acquire().await?;
    let values =
        [network.as_str().into(), older_than.as_micros().into(), bounded(limit, LIMIT_MAX).into(), wrong_from(now)];
    let found = statements::STALE_AUTHORS.all(&mut connection, values).await?;
    found.iter().map(|row| rows::get::<String>(row, "native_id").map(AuthorId::new)).collect()
}

pub async fn stale_posts(
    pool: &SqlitePool,
    network: Network,
    older_than: Timestamp,
    now: Timestamp,
    waiting: &[PostId],
    limit: usize,
) -> Result<Vec<StalePost>, StoreError> {
    let mut connection = pool.acquire().await?;
    let values = [
        network.as_str().into(),
        older_than.as_micros().into(),
        bounded(limit, LIMIT_MAX).into(),
        wrong_from(now),
        ids(waiting.iter().copied()).into(),
    ];
    statements::STALE_POSTS.all(&mut connection, values).await?.iter().map(stale_post).collect()
}

fn stale_post(row: &SqliteRow) -> Result<StalePost, StoreError> {
    Ok(StalePost {
        id: rows::post_id(row, "id")?,
        native_id: NativeId::new(rows::get::<String>(row, "native_id")?),
        author: AuthorId::new(rows::get::<String>(row, "author_id")?),
    })
}

pub async fn young_posts(
    pool: &SqlitePool,
    network: Network,
    after: i64,
    age_s: i64,
    now: Timestamp,
    limit: usize,
) -> Result<(Vec<StalePost>, i64), StoreError> {
    let mut connection = pool.acquire().await?;
    let arrived_before = now.plus_seconds(-age_s).as_micros();
    let limit = bounded(limit, LIMIT_MAX);
    let values = [
        network.as_str().into(),
        after.into(),
        age_s.saturating_mul(1_000_000).into(),
        arrived_before.into(),
        limit.into(),
    ];
    let found = statements::YOUNG_POSTS.all(&mut connection, values).await?;
    let up_to = match found.last().filter(|_| i64::try_from(found.len()).is_ok_and(|found| found >= limit)) {
        Some(last) => rows::get(last, "row")?,
        None => {
            let values = [after.into(), arrived_before.into(), now.as_micros().into()];
            let row = statements::YOUNG_UP_TO.first(&mut connection, values).await?;
            row.map_or(Ok(after), |row| rows::get(&row, "row"))?
        }
    };
    Ok((found.iter().map(stale_post).collect::<Result<_, _>>()?, up_to))
}

pub async fn fresh_author(
    pool: &SqlitePool,
    network: Network,
    since: Timestamp,
    now: Timestamp,
) -> Result<Option<AuthorId>, StoreError> {
    let mut connection = pool.acquire().await?;
    let found = statements::FRESH_AUTHOR
        .first(&mut connection, [network.as_str().into(), since.as_micros().into(), wrong_from(now)]);
    found.await?.map(|row| rows::get::<String>(&row, "native_id").map(AuthorId::new)).transpose()
}

pub async fn fresh_post(
    pool: &SqlitePool,
    network: Network,
    since: Timestamp,
    now: Timestamp,
) -> Result<Option<NativeId>, StoreError> {
    let mut connection = pool.acquire().await?;
    let found = statements::FRESH_POST
        .first(&mut connection, [network.as_str().into(), since.as_micros().into(), wrong_from(now)]);
    found.await?.map(|row| rows::get::<String>(&row, "native_id").map(NativeId::new)).transpose()
}

pub async fn posts_of_city(
    pool: &SqlitePool,
    city: &CityId,
    after: Option<PostId>,
    limit: usize,
) -> Result<Vec<StoredPost>, StoreError> {
    let mut snapshot = pool.begin().await?;
    // Ids are compared as the signed numbers that they are stored as.
    let after = after.map_or(i64::MIN, |post| post.as_u64().cast_signed());
    let values = [city.as_str().into(), after.into(), bounded(limit, LIMIT_MAX).into()];
    let found = statements::IDS_OF_CITY.all(&mut snapshot, values).await?;
    let ids: Result<Vec<i64>, _> = found.iter().map(|row| rows::get(row, "id")).collect();
    let mut posts = Vec::new();
    let mut row_numbers = Vec::new();
    for row in statements::POSTS.all(&mut snapshot, [array(ids?).into()]).await? {
        let stored = rows::post(&row)?;
        row_numbers.push(stored.row);
        posts.push((stored, rows::author(&row)?.profile));
    }
    let mut placements = std::collections::HashMap::new();
    for row in statements::PLACEMENTS.all(&mut snapshot, [array(row_numbers).into()]).await? {
        if rows::city(&row)? == *city {
            placements.insert(rows::get::<i64>(&row, "post")?, rows::placement(&row)?.placement);
        }
    }
    posts.sort_unstable_by_key(|(stored, _)| stored.post.id.as_u64().cast_signed());
    let with_placement = |(stored, author): (crate::store::ledger::StoredPost, AuthorProfile)| {
        let placement = placements.remove(&stored.row)?;
        Some(StoredPost { post: stored.post, author, placement, received_at: stored.received_at })
    };
    Ok(posts.into_iter().filter_map(with_placement).collect())
}

pub async fn gaps(pool: &SqlitePool, limit: usize) -> Result<Vec<(SourceId, Gap)>, StoreError> {
    let mut connection = pool.acquire().await?;
    let found = statements::GAPS.all(&mut connection, [bounded(limit, LIMIT_MAX).into()]).await?;
    let gap = |row| {
        let gap = Gap { from: rows::time(row, "from_at")?, until: rows::time(row, "until_at")? };
        Ok((SourceId::new(&rows::get::<String>(row, "source")?), gap))
    };
    found.iter().rev().map(gap).collect()
}

pub async fn newest_arrival(pool: &SqlitePool) -> Result<Option<Timestamp>, StoreError> {
    let mut connection = pool.acquire().await?;
    let row = statements::NEWEST_ARRIVAL.first(&mut connection, []).await?;
    row.map(|row| rows::time(&row, "received_at")).transpose()
}

pub async fn next_end(pool: &SqlitePool) -> Result<Option<Timestamp>, StoreError> {
    let mut connection = pool.acquire().await?;
    let row = statements::NEXT_END.first(&mut connection, []).await?;
    row.map(|row| rows::time(&row, "expires_at")).transpose()
}

pub async fn has_unchecked(pool: &SqlitePool, network: Network) -> Result<bool, StoreError> {
    let mut connection = pool.acquire().await?;
    Ok(statements::UNCHECKED.first(&mut connection, [network.as_str().into()]).await?.is_some())
}

pub async fn counts(pool: &SqlitePool) -> Result<Counts, StoreError> {
    let mut connection = pool.acquire().await?;
    let Some(row) = statements::COUNTS.first(&mut connection, []).await? else { return Ok(Counts::default()) };
    Ok(Counts {
        posts: rows::count(&row, "posts")?,
        authors: rows::count(&row, "authors")?,
        queued: rows::count(&row, "queued")?,
        shown: rows::count(&row, "shown")?,
        log_entries: rows::count(&row, "log_entries")?,
        tombstones: rows::count(&row, "tombstones")?,
        suppressed: rows::count(&row, "suppressed")?,
        leave_requests: rows::count(&row, "leave_requests")?,
        bytes: rows::count(&row, "bytes")?,
    })
}

pub async fn leave_requests(pool: &SqlitePool) -> Result<Vec<LeaveRequest>, StoreError> {
    let mut connection = pool.acquire().await?;
    let found = statements::LEAVE_REQUESTS.all(&mut connection, []).await?;
    found.iter().map(leave_request).collect()
}

pub fn leave_request(row: &sqlx::sqlite::SqliteRow) -> Result<LeaveRequest, StoreError> {
    Ok(LeaveRequest {
        id: rows::get(row, "row")?,
        city: CityId::new(&rows::get::<String>(row, "city")?),
        network: rows::network(row, "network")?,
        handle: rows::get(row, "handle")?,
        at: rows::time(row, "at")?,
    })
}
