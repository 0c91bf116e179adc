//! What readers are given.
//!
//! Owns the reading half of [`crate::domain::FeedLog`]. Does not own the rows' form (`rows`).
//! Invariant: each answer comes from one snapshot, through the view `cards`, within [`READ_MAX`]; none outlives its read.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use sqlx::Connection;
use sqlx::pool::PoolConnection;
use sqlx::sqlite::{Sqlite, SqliteConnection, SqlitePool};

use super::load::array;
use super::statement::{Statement, Value};
use super::{rows, search, statements};
use crate::clock::Clock;
use crate::domain::{
    Announced, AuthorId, Card, CityId, Epoch, FeedEntry, Filter, Head, Lane, Network, Offset, Op, PINS_MAX, Page,
    PostId, StoreError, Timestamp, Volume,
};
use crate::store::error::unreadable;
use crate::store::retention::SEARCH_PUBLIC_S;

/// A longer snapshot would hold back the write-ahead log (D8).
const READ_MAX: Duration = Duration::from_secs(4);
/// Instructions of SQLite's machine between two looks whether a read is still wanted: a fraction of a millisecond.
const LOOK_EVERY: i32 = 10_000;
/// Answers are bounded whatever is asked for.
const ENTRIES_MAX: usize = 10_000;
const PAGE_MAX: usize = 1_000;
const TIMES_MAX: usize = 100_000;
/// Over which volumes are told.
const VOLUMES_S: i64 = 28 * 86_400;
/// Newest replies shown under one post.
const REPLIES_MAX: i64 = 50;

#[derive(Clone)]
pub struct Reader {
    pub pool: SqlitePool,
    pub epoch: Epoch,
    pub clock: Arc<dyn Clock>,
}

/// A city's row, and the ends of its log.
struct Place {
    row: i64,
    head: Head,
}

pub fn bounded(limit: usize, max: usize) -> i64 {
    i64::try_from(limit.min(max)).unwrap_or(i64::MAX)
}

/// A connection whose statements are interrupted when this is dropped: a worker of `sqlx` else notices that nobody waits
/// for a statement only when it has a row to give, and one that finds none would hold its snapshot to its end.
pub struct Limited {
    pub connection: PoolConnection<Sqlite>,
    _wanted: Arc<()>,
}

/// Ends a read that takes too long, or that nobody waits for any more; its statement and its transaction end with it.
pub async fn in_time<T>(read: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    let late = || StoreError::Unavailable("the database takes too long to answer".into());
    tokio::time::timeout(READ_MAX, read).await.or(Err(late()))?
}

impl Reader {
    /// For reads that may be given up. Whoever has the connection next finds it without a limit (`open`).
    pub async fn limited(&self) -> Result<Limited, StoreError> {
        let mut connection = self.pool.acquire().await?;
        let wanted = Arc::new(());
        let is_wanted = Arc::downgrade(&wanted);
        let mut handle = connection.lock_handle().await?;
        handle.set_progress_handler(LOOK_EVERY, move || is_wanted.strong_count() > 0);
        drop(handle);
        Ok(Limited { connection, _wanted: wanted })
    }

    async fn place(&self, connection: &mut SqliteConnection, city: &CityId) -> Result<Option<Place>, StoreError> {
        let Some(row) = statements::CITY.first(connection, [city.as_str().into()]).await? else { return Ok(None) };
        let head = Head {
            epoch: self.epoch,
            head: Offset(rows::count(&row, "head")?),
            floor: Offset(rows::count(&row, "floor")?),
        };
        Ok(Some(Place { row: rows::get(&row, "row")?, head }))
    }

    fn empty_head(&self) -> Head {
        Head { epoch: self.epoch, head: Offset(0), floor: Offset(0) }
    }

    pub async fn head(&self, city: &CityId) -> Result<Head, StoreError> {
        in_time(async {
            let mut limited = self.limited().await?;
            Ok(self.place(&mut limited.connection, city).await?.map_or_else(|| self.empty_head(), |place| place.head))
        })
        .await
    }

    pub async fn entries(&self, city: &CityId, after: Offset, limit: usize) -> Result<Vec<FeedEntry>, StoreError> {
        in_time(async {
            let mut limited = self.limited().await?;
            let mut snapshot = limited.connection.begin().await?;
            let Some(place) = self.place(&mut snapshot, city).await? else { return Ok(Vec::new()) };
            if after < place.head.floor || after >= place.head.head {
                return Ok(Vec::new());
            }
            let after = i64::try_from(after.0).unwrap_or(i64::MAX);
            let values = [place.row.into(), after.into(), bounded(limit, ENTRIES_MAX).into()];
            let mut logged = Vec::new();
            for row in statements::ENTRIES.all(&mut snapshot, values).await? {
                let op = Op::parse(&rows::get::<String>(&row, "op")?).ok_or_else(|| unreadable("op"))?;
                logged.push((Offset(rows::count(&row, "log_offset")?), op, rows::post_id(&row, "post")?));
            }
            let asked = logged.iter().filter(|(_, op, _)| *op != Op::Remove).map(|(_, _, post)| *post);
            let cards = cards_by_id(&mut snapshot, city, place.row, asked).await?;
            Ok(logged.into_iter().map(|(offset, op, post)| resolve(&cards, offset, op, post)).collect())
        })
        .await
    }

    pub async fn card(&self, city: &CityId, post: PostId) -> Result<Option<Arc<Card>>, StoreError> {
        in_time(async {
            let mut limited = self.limited().await?;
            let mut snapshot = limited.connection.begin().await?;
            let Some(place) = self.place(&mut snapshot, city).await? else { return Ok(None) };
            Ok(cards_by_id(&mut snapshot, city, place.row, [post]).await?.remove(&post))
        })
        .await
    }

    pub async fn page(
        &self,
        city: &CityId,
        filter: &Filter,
        search: Option<&str>,
        before: Option<u64>,
        limit: usize,
        threads: bool,
    ) -> Result<Page, StoreError> {
        in_time(async {
            let mut limited = self.limited().await?;
            let mut snapshot = limited.connection.begin().await?;
            let empty = |head| Page { cards: Vec::new(), replies: Vec::new(), head, next: None };
            let Some(place) = self.place(&mut snapshot, city).await? else { return Ok(empty(self.empty_head())) };
            let limit = limit.clamp(1, PAGE_MAX);
            let before = before.and_then(|before| i64::try_from(before).ok()).unwrap_or(i64::MAX);
            let [network, lang, lane, zone, tag] = filter_values(filter);
            // One more than asked for tells whether there is a next page.
            let (city_row, more) = (place.row.into(), bounded(limit, PAGE_MAX).saturating_add(1).into());
            let found = match search {
                Some(text) => {
                    let Some(words) = search::match_expression(text) else { return Ok(empty(place.head)) };
                    let since = self.clock.now().plus_seconds(-SEARCH_PUBLIC_S).as_micros();
                    let values =
                        [city_row, before.into(), network, lang, lane, zone, tag, more, words.into(), since.into()];
                    statements::SEARCH.all(&mut snapshot, values).await?
                }
                None => {
                    let statement = if threads { statements::PAGE_OF_THREADS } else { statements::PAGE };
                    statement
                        .all(&mut snapshot, [city_row, before.into(), network, lang, lane, zone, tag, more])
                        .await?
                }
            };
            let mut cards = rows::cards(&found, city)?;
            let next = (cards.len() > limit).then(|| cards.get(limit.saturating_sub(1))).flatten();
            let next = next.map(|last| last.position);
            cards.truncate(limit);
            let mut replies = Vec::new();
            // Every hit of a search stands by itself: its thread may hold none of the words.
            if threads && search.is_none() {
                let page: Result<Vec<i64>, _> = found.iter().take(limit).map(|row| rows::get(row, "row")).collect();
                let [network, lang, lane, zone, tag] = filter_values(filter);
                let values =
                    [place.row.into(), array(page?).into(), network, lang, lane, zone, tag, REPLIES_MAX.into()];
                replies = rows::cards(&statements::REPLIES.all(&mut snapshot, values).await?, city)?;
            }
            Ok(Page { cards, replies, head: place.head, next })
        })
        .await
    }

    pub async fn announced(&self, city: &CityId, now: Timestamp, limit: usize) -> Result<Announced, StoreError> {
        in_time(async {
            let mut limited = self.limited().await?;
            let mut snapshot = limited.connection.begin().await?;
            let Some(place) = self.place(&mut snapshot, city).await? else { return Ok(Announced::default()) };
            let mut of = async |statement: Statement<3>| {
                let values = [place.row.into(), now.as_micros().into(), bounded(limit, PAGE_MAX).into()];
                rows::cards(&statement.all(&mut snapshot, values).await?, city)
            };
            Ok(Announced { notices: of(statements::NOTICES).await?, events: of(statements::EVENTS).await? })
        })
        .await
    }

    pub async fn pinned(&self, city: &CityId) -> Result<Vec<Arc<Card>>, StoreError> {
        in_time(async {
            let mut limited = self.limited().await?;
            let mut snapshot = limited.connection.begin().await?;
            let Some(place) = self.place(&mut snapshot, city).await? else { return Ok(Vec::new()) };
            let values = [place.row.into(), bounded(PINS_MAX, PAGE_MAX).into()];
            rows::cards(&statements::PINNED.all(&mut snapshot, values).await?, city)
        })
        .await
    }

    pub async fn volumes(&self, city: &CityId) -> Result<Vec<Volume>, StoreError> {
        in_time(async {
            let mut limited = self.limited().await?;
            let since = self.clock.now().plus_seconds(-VOLUMES_S).as_micros();
            let mut volumes = Vec::new();
            for row in statements::VOLUMES.all(&mut limited.connection, [city.as_str().into(), since.into()]).await? {
                let network: String = rows::get(&row, "network")?;
                volumes.push(Volume {
                    network: Network::parse(&network).ok_or_else(|| unreadable("network"))?,
                    site: rows::get::<Option<String>>(&row, "site")?.map(AuthorId::new),
                    posts: usize::try_from(rows::count(&row, "posts")?).unwrap_or(usize::MAX),
                    last_at: rows::time(&row, "last_at")?,
                });
            }
            Ok(volumes)
        })
        .await
    }

    pub async fn recent_times(
        &self,
        city: &CityId,
        since: Timestamp,
        limit: usize,
    ) -> Result<Vec<Timestamp>, StoreError> {
        in_time(async {
            let mut limited = self.limited().await?;
            let values = [city.as_str().into(), since.as_micros().into(), bounded(limit, TIMES_MAX).into()];
            let found = statements::TIMES.all(&mut limited.connection, values).await?;
            found.iter().map(|row| rows::time(row, "received_at")).collect()
        })
        .await
    }
}

fn filter_values(filter: &Filter) -> [Value; 5] {
    [
        filter.network.map(|network| network.as_str()).into(),
        filter.lang.as_deref().into(),
        filter.lane.as_ref().map(Lane::to_token).into(),
        filter.zone.as_deref().into(),
        filter.tag.as_deref().into(),
    ]
}

async fn cards_by_id(
    snapshot: &mut SqliteConnection,
    city: &CityId,
    city_row: i64,
    posts: impl IntoIterator<Item = PostId>,
) -> Result<HashMap<PostId, Arc<Card>>, StoreError> {
    let mut ids: Vec<i64> = posts.into_iter().map(|post| post.as_u64().cast_signed()).collect();
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let found = statements::CARDS.all(snapshot, [city_row.into(), array(ids).into()]).await?;
    Ok(rows::cards(&found, city)?.into_iter().map(|card| (card.id, card)).collect())
}

/// A logged entry as it stands now: what has gone since is a removal, what was changed carries its current card.
fn resolve(cards: &HashMap<PostId, Arc<Card>>, offset: Offset, op: Op, post: PostId) -> FeedEntry {
    match cards.get(&post).filter(|_| op != Op::Remove) {
        Some(card) => FeedEntry { offset, op, post, card: Some(Arc::clone(card)) },
        None => FeedEntry { offset, op: Op::Remove, post, card: None },
    }
}
