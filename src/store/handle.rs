//! The store as the rest of the process holds it.
//!
//! Owns the public functions. Does not own the transactions (`writer`) or the reads (`sqlite::read`).
//! Invariant: every write is a job of the one writer, so a caller that goes away cancels nothing half-done.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use tokio::sync::oneshot;

use super::chain::Chain;
use super::command::{Command, Report};
use super::held::{Counts, LeaveRequest, Room, StalePost, StoredPost};
use super::restored::{CaughtUp, Lost, catch_up};
use super::retention::Retention;
use super::sqlite::lock::Held;
use super::sqlite::read::Reader;
use super::sqlite::{open as file, startup};
use super::writer::{self, Job, Queues};
use crate::clock::Clock;
use crate::domain::desk::{Calendar, Spoken};
use crate::domain::{
    Announced, AuthorId, AuthorProfile, Batch, Card, Checkpoint, CityId, CommitListener, Committed, DeliveryId,
    FeedEntry, FeedLog, Filter, Gap, Head, IdKey, Journal, KnownPost, NativeId, Network, Offset, Page, PostId,
    PushOutcome, SourceId, StoreError, SubjectHash, Timestamp, Volume,
};

pub struct StoreOptions {
    pub clock: Arc<dyn Clock>,
    /// Makes the keys of a new database; `None` (always, but in tests) takes it from the system.
    pub entropy: Option<[u8; 32]>,
    /// What a restored database is swept by before anything is shown of it.
    pub retention: Retention,
    pub lost_journal: Lost,
}

impl StoreOptions {
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let retention = Retention::from_days(Retention::DAYS_MAX);
        Self { clock, entropy: None, retention, lost_journal: Lost::Refused }
    }
}

/// The open store. Cheap to clone; the file is closed and its lock given back when the last clone goes, or by
/// [`Store::close`].
#[derive(Clone)]
pub struct Store {
    pub(super) reader: Reader,
    id_key: IdKey,
    pub(super) queues: Queues,
    folder: Arc<Path>,
}

/// Opens the database for this process alone, creating it and bringing it up to date.
///
/// Every error is [`StoreError::Fatal`] in words for the operator when the file is served by another process,
/// damaged, or newer than this program.
pub async fn open(
    url: &str,
    options: StoreOptions,
    listener: Option<Arc<dyn CommitListener>>,
) -> Result<Store, StoreError> {
    let lock = Held::take(&file::path_of(url)?).await?;
    Ok(open_restored(url, lock, options, listener).await?.0)
}

/// Opens the database to be read alone, whether or not a process serves it. Whatever is to be written is refused, as by a store
/// that is closed.
pub async fn open_beside(url: &str, clock: Arc<dyn Clock>) -> Result<Store, StoreError> {
    let path = file::path_of(url)?;
    if !path.exists() {
        return Err(StoreError::Fatal(format!("there is no database {}", path.display())));
    }
    let (pool, epoch, id_key) = file::readers_beside(&path).await?;
    let reader = Reader { pool, epoch, clock };
    Ok(Store { reader, id_key, queues: Queues::closed(), folder: folder_of(&path) })
}

fn folder_of(path: &Path) -> Arc<Path> {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new(".")).into()
}

/// As [`open`], under a lock that is held already; says too what was done to a database that had been put back.
pub(super) async fn open_restored(
    url: &str,
    lock: Held,
    options: StoreOptions,
    listener: Option<Arc<dyn CommitListener>>,
) -> Result<(Store, Option<CaughtUp>), StoreError> {
    let mut opened = file::open(url, lock, options.entropy).await?;
    let caught_up = match opened.behind {
        Some(behind) => Some(catch_up(&mut opened, behind, &options).await?),
        None => None,
    };
    let path = file::path_of(url)?;
    let chain = Chain::open(&path, &mut opened.writer, options.entropy, options.clock.now()).await?;
    let reader = Reader { pool: opened.readers.clone(), epoch: opened.epoch, clock: Arc::clone(&options.clock) };
    let id_key = opened.id_key;
    let queues = writer::spawn(opened, chain, options.clock, listener);
    Ok((Store { reader, id_key, queues, folder: folder_of(&path) }, caught_up))
}

impl Store {
    pub fn id_key(&self) -> IdKey {
        self.id_key
    }

    pub(super) const fn reader(&self) -> &Reader {
        &self.reader
    }

    /// The queue of the desk's jobs.
    pub(super) const fn desk(&self) -> &tokio::sync::mpsc::Sender<Job> {
        &self.queues.desk
    }

    pub(super) async fn ask<T>(
        &self,
        queue: &tokio::sync::mpsc::Sender<Job>,
        job: impl FnOnce(writer::Answer<T>) -> Job,
    ) -> Result<T, StoreError> {
        // It comes back by no waiting: whoever asks after the end, or after the writer's own, must hear so.
        let closed = || StoreError::Fatal("the store is closed".into());
        let (sender, answer) = oneshot::channel();
        queue.send(job(sender)).await.or(Err(closed()))?;
        answer.await.or(Err(closed()))?
    }

    /// Finishes what is queued, empties the write-ahead log into the database, and gives the lock back.
    pub async fn close(&self) -> Result<(), StoreError> {
        let done = self.ask(&self.queues.retention, Job::Close).await;
        self.reader.pool.close().await;
        done
    }

    /// Erases what is over its time, in transactions short enough for others to come between. What was noted as received
    /// more than [`super::AHEAD_S`] after `now` counts as received now: so by a clock that is behind by as much nothing may
    /// be retained.
    pub async fn retain(&self, now: Timestamp, retention: Retention) -> Result<Committed, StoreError> {
        self.ask(&self.queues.retention, |answer| Job::Retain { now, retention, answer }).await
    }

    /// Closes the buckets of the desk's numbers that are over, in transactions short enough for others to come between. By a
    /// clock that may be wrong nothing may be closed, for it is closed for good.
    pub async fn tally(&self, now: Timestamp, cities: Arc<[(CityId, Calendar)]>) -> Result<(), StoreError> {
        while self.ask(&self.queues.retention, |answer| Job::Tally { cities: Arc::clone(&cities), now, answer }).await?
        {
        }
        Ok(())
    }

    /// Counts the days of a city from a list: of a demonstration, whose posts of weeks ago nobody keeps. A city that is counted
    /// already stays as it is.
    pub async fn count_past(
        &self,
        city: CityId,
        calendar: Calendar,
        days: (Timestamp, Timestamp),
        said: Vec<Spoken>,
    ) -> Result<(), StoreError> {
        self.ask(&self.queues.retention, |answer| Job::CountPast { city, calendar, days, said, answer }).await
    }

    /// Clears, in the unused parts of the file's pages, what is left of erased texts, in steps short enough for others to
    /// come between. Returns the number of pages that had some; at once when nothing was erased since the last time.
    pub async fn scrub(&self) -> Result<u64, StoreError> {
        self.ask(&self.queues.retention, Job::Scrub).await
    }

    /// Carries out an act of the operator.
    pub async fn operate(&self, command: Command) -> Result<Report, StoreError> {
        self.ask(&self.queues.desk, |answer| Job::Operate { command, answer }).await
    }

    /// Where a source may resume; `None` when it never finished anything.
    pub async fn checkpoint(&self, source: &SourceId) -> Result<Option<Checkpoint>, StoreError> {
        startup::checkpoint(&self.reader.pool, source).await
    }

    /// What a delivery was answered, and the hash of the body that was; `None` of one that is not known.
    pub async fn receipt(&self, delivery: DeliveryId) -> Result<Option<(u64, Vec<PushOutcome>)>, StoreError> {
        startup::receipt(&self.reader.pool, delivery).await
    }

    /// When the newest post held arrived.
    pub async fn newest_arrival(&self) -> Result<Option<Timestamp>, StoreError> {
        startup::newest_arrival(&self.reader.pool).await
    }

    /// When the next card goes by itself.
    pub async fn next_end(&self) -> Result<Option<Timestamp>, StoreError> {
        startup::next_end(&self.reader.pool).await
    }

    /// Whether posts of a network came from a backup and wait for their origin to be asked.
    pub async fn has_unchecked(&self, network: Network) -> Result<bool, StoreError> {
        startup::has_unchecked(&self.reader.pool, network).await
    }

    /// Every post held, in order of arrival.
    pub async fn known_posts(&self) -> Result<Vec<KnownPost>, StoreError> {
        startup::known_posts(&self.reader.pool).await
    }

    /// Every post held that declares to be a copy, with the names of its origin.
    pub async fn origins(&self) -> Result<Vec<(PostId, u64)>, StoreError> {
        startup::origins(&self.reader.pool).await
    }

    /// Every post held for a desk, with its city.
    pub async fn addressed(&self) -> Result<Vec<(PostId, CityId)>, StoreError> {
        startup::addressed(&self.reader.pool).await
    }

    /// Every author of a post held, without bios.
    pub async fn authors(&self) -> Result<Vec<AuthorProfile>, StoreError> {
        startup::authors(&self.reader.pool).await
    }

    pub async fn suppressed(&self) -> Result<HashSet<SubjectHash>, StoreError> {
        startup::suppressed(&self.reader.pool).await
    }

    /// Authors last asked for before `older_than`, those never asked for first, and those asked for by a clock so far ahead
    /// of `now` that it was wrong.
    pub async fn stale_authors(
        &self,
        network: Network,
        older_than: Timestamp,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<AuthorId>, StoreError> {
        startup::stale_authors(&self.reader.pool, network, older_than, now, limit).await
    }

    /// Posts last seen at their origin before `older_than`, the longest ago first. Not those of an account that is
    /// away: their origin shows none of them, and they are kept for its return. Nor those of `waiting`.
    pub async fn stale_posts(
        &self,
        network: Network,
        older_than: Timestamp,
        now: Timestamp,
        waiting: &[PostId],
        limit: usize,
    ) -> Result<Vec<StalePost>, StoreError> {
        startup::stale_posts(&self.reader.pool, network, older_than, now, waiting, limit).await
    }

    /// Posts that were received at least `age_s` ago and not seen at their origin since they were that old, in the order of
    /// their arrival after `after`, and how far that has been looked through: the same number when to the end. Rows that
    /// were freed and are used again are passed over, to be seen with all others in their week.
    pub async fn young_posts(
        &self,
        network: Network,
        after: i64,
        age_s: i64,
        now: Timestamp,
        limit: usize,
    ) -> Result<(Vec<StalePost>, i64), StoreError> {
        startup::young_posts(&self.reader.pool, network, after, age_s, now, limit).await
    }

    /// The author of whom it is least long ago that the network showed them, if not before `since`.
    pub async fn fresh_author(
        &self,
        network: Network,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<Option<AuthorId>, StoreError> {
        startup::fresh_author(&self.reader.pool, network, since, now).await
    }

    /// The post last seen at its origin, if not before `since`.
    pub async fn fresh_post(
        &self,
        network: Network,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<Option<NativeId>, StoreError> {
        startup::fresh_post(&self.reader.pool, network, since, now).await
    }

    /// Posts of a city, queued and hidden ones too, in order of their ids from the one after `after`.
    pub async fn posts_of_city(
        &self,
        city: &CityId,
        after: Option<PostId>,
        limit: usize,
    ) -> Result<Vec<StoredPost>, StoreError> {
        startup::posts_of_city(&self.reader.pool, city, after, limit).await
    }

    /// The newest gaps, oldest first.
    pub async fn gaps(&self, limit: usize) -> Result<Vec<(SourceId, Gap)>, StoreError> {
        startup::gaps(&self.reader.pool, limit).await
    }

    /// The room on the disk of the database. May take as long as the disk does to answer.
    pub fn room(&self) -> std::io::Result<Room> {
        let disk = rustix::fs::statvfs(&*self.folder)?;
        Ok(Room {
            free: disk.f_bavail.saturating_mul(disk.f_frsize),
            total: disk.f_blocks.saturating_mul(disk.f_frsize),
        })
    }

    pub async fn counts(&self) -> Result<Counts, StoreError> {
        startup::counts(&self.reader.pool).await
    }

    pub async fn leave_requests(&self) -> Result<Vec<LeaveRequest>, StoreError> {
        startup::leave_requests(&self.reader.pool).await
    }

    #[cfg(test)]
    pub(crate) async fn execute_for_test(&self, sql: &'static str) -> Result<(), StoreError> {
        self.ask(&self.queues.desk, |answer| Job::Raw { sql, answer }).await
    }
}

impl Journal for Store {
    fn commit(&self, batch: Arc<Batch>) -> BoxFuture<'_, Result<Committed, StoreError>> {
        Box::pin(self.ask(&self.queues.ingest, |answer| Job::Commit { batch, answer }))
    }
}

impl FeedLog for Store {
    fn head<'a>(&'a self, city: &'a CityId) -> BoxFuture<'a, Result<Head, StoreError>> {
        Box::pin(self.reader.head(city))
    }

    /// Empty when `after` is below the floor: what lay between is gone, and the caller learns that from the head.
    fn entries<'a>(
        &'a self,
        city: &'a CityId,
        after: Offset,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<FeedEntry>, StoreError>> {
        Box::pin(self.reader.entries(city, after, limit))
    }

    fn page<'a>(
        &'a self,
        city: &'a CityId,
        filter: &'a Filter,
        search: Option<&'a str>,
        before: Option<u64>,
        limit: usize,
        threads: bool,
    ) -> BoxFuture<'a, Result<Page, StoreError>> {
        Box::pin(self.reader.page(city, filter, search, before, limit, threads))
    }

    fn card<'a>(&'a self, city: &'a CityId, post: PostId) -> BoxFuture<'a, Result<Option<Arc<Card>>, StoreError>> {
        Box::pin(self.reader.card(city, post))
    }

    fn recent_times<'a>(
        &'a self,
        city: &'a CityId,
        since: Timestamp,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<Timestamp>, StoreError>> {
        Box::pin(self.reader.recent_times(city, since, limit))
    }

    fn volumes<'a>(&'a self, city: &'a CityId) -> BoxFuture<'a, Result<Vec<Volume>, StoreError>> {
        Box::pin(self.reader.volumes(city))
    }

    fn announced<'a>(
        &'a self,
        city: &'a CityId,
        now: Timestamp,
        limit: usize,
    ) -> BoxFuture<'a, Result<Announced, StoreError>> {
        Box::pin(self.reader.announced(city, now, limit))
    }

    fn pinned<'a>(&'a self, city: &'a CityId) -> BoxFuture<'a, Result<Vec<Arc<Card>>, StoreError>> {
        Box::pin(self.reader.pinned(city))
    }

    fn ask_to_leave<'a>(
        &'a self,
        city: &'a CityId,
        network: Network,
        handle: &'a str,
        at: Timestamp,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        let (city, handle) = (city.clone(), handle.to_owned());
        Box::pin(self.ask(&self.queues.desk, move |answer| Job::AskToLeave { city, network, handle, at, answer }))
    }
}
