//! The writer: the only task that changes the database.
//!
//! Owns the order of jobs and the transactions. Does not own what a job means.
//! Invariant: a job's entries reach the listener after its commit, in commit order, and before its caller is answered.

mod desk;
mod jobs;
mod log;
mod moderation;
mod notices;
mod operator;
mod register;
mod scrub;
mod staff;
mod transaction;

pub use jobs::{Answer, Job};
pub use operator::outcome;
pub use transaction::transact;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use sqlx::Connection;
use sqlx::sqlite::SqliteConnection;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::chain::Chain;
use super::retention::Retention;
use super::sqlite::flush::Journalled;
use super::sqlite::journal::Erasures;
use super::sqlite::lock::Held;
use super::sqlite::open::Opened;
use super::sqlite::{statements, sweep};
use crate::clock::Clock;
use crate::crash::{self, Point};
use crate::domain::{Batch, CommitListener, Committed, IdKey, StoreError, Timestamp};
use log::{RETRY_FIRST, TRUNCATE_LATEST};
use scrub::Scrubbing;
use transaction::{Written, join};

/// Jobs that may wait; at the bound their callers wait.
const INGEST_QUEUE: usize = 16;
const DESK_QUEUE: usize = 64;
const RETENTION_QUEUE: usize = 4;

/// How often another process's commands are looked for.
const COMMANDS_EVERY: Duration = Duration::from_millis(250);

#[derive(Clone)]
pub struct Queues {
    pub ingest: mpsc::Sender<Job>,
    pub desk: mpsc::Sender<Job>,
    pub retention: mpsc::Sender<Job>,
}

impl Queues {
    /// Of a store without a writer.
    pub fn closed() -> Self {
        let closed = || mpsc::channel(1).0;
        Self { ingest: closed(), desk: closed(), retention: closed() }
    }
}

/// A retention run between two of its transactions.
struct Retaining {
    now: Timestamp,
    retention: Retention,
    answer: Answer<Committed>,
    so_far: Committed,
}

struct Writer {
    connection: SqliteConnection,
    /// The write-ahead log.
    log: PathBuf,
    erasures: Erasures,
    chain: Chain,
    /// A leave request came or went, and the journal does not have it yet.
    requests_changed: bool,
    key: IdKey,
    clock: Arc<dyn Clock>,
    listener: Option<Arc<dyn CommitListener>>,
    ingest: mpsc::Receiver<Job>,
    desk: mpsc::Receiver<Job>,
    retention: mpsc::Receiver<Job>,
    retaining: Option<Retaining>,
    scrubbing: Option<Scrubbing>,
    /// Something was erased since the last pass over the pages began.
    scrub_due: bool,
    /// When the log is to be emptied at an idle moment, and when even at a busy one.
    truncate_at: Instant,
    truncate_latest: Instant,
    /// Before this a log that could not be cut is not tried again, however large: each try waits for readers.
    cut_at: Instant,
    /// The pause after the next try that fails; and how much of the log the last that failed had moved.
    retry: Duration,
    moved: Option<i64>,
    commands_at: Instant,
    /// SQLite's mark of other processes' commits, as of the last look.
    data_version: i64,
    /// The last job went before the desk's: the desk is next.
    desk_waits: bool,
}

/// Starts the writer. It ends when all senders are gone, and keeps the lock until then.
pub fn spawn(opened: Opened, chain: Chain, clock: Arc<dyn Clock>, listener: Option<Arc<dyn CommitListener>>) -> Queues {
    let Opened { lock, writer: connection, erasures, id_key: key, .. } = opened;
    let (ingest_sender, ingest) = mpsc::channel(INGEST_QUEUE);
    let (desk_sender, desk) = mpsc::channel(DESK_QUEUE);
    let (retention_sender, retention) = mpsc::channel(RETENTION_QUEUE);
    let now = Instant::now();
    let writer = Writer {
        connection,
        log: lock.log(),
        erasures,
        chain,
        requests_changed: false,
        key,
        clock,
        listener,
        ingest,
        desk,
        retention,
        retaining: None,
        scrubbing: None,
        // What was erased before the process began may not have been cleared.
        scrub_due: true,
        // A process that died may have left in the log what it had just erased.
        truncate_at: now,
        truncate_latest: now + TRUNCATE_LATEST,
        cut_at: now,
        retry: RETRY_FIRST,
        moved: None,
        commands_at: now,
        data_version: -1,
        desk_waits: false,
    };
    tokio::spawn(writer.run(lock));
    Queues { ingest: ingest_sender, desk: desk_sender, retention: retention_sender }
}

impl Writer {
    async fn run(mut self, lock: Held) {
        let closing = loop {
            if Instant::now() >= self.truncate_latest {
                self.truncate().await;
            }
            if Instant::now() >= self.commands_at {
                self.look_for_commands().await;
            }
            if let Some(job) = self.next_waiting() {
                self.handle(job).await;
                continue;
            }
            if let Some(retaining) = self.retaining.take() {
                self.retain_step(retaining).await;
                continue;
            }
            if let Some(scrubbing) = self.scrubbing.take() {
                self.scrub_step(scrubbing).await;
                continue;
            }
            if Instant::now() >= self.truncate_at {
                self.truncate().await;
            }
            let job = tokio::select! {
                biased;
                job = self.ingest.recv() => job,
                job = self.desk.recv() => job,
                job = self.retention.recv() => job,
                () = tokio::time::sleep_until(self.commands_at.min(self.truncate_at)) => continue,
            };
            match job {
                Some(Job::Close(answer)) => break Some(answer),
                Some(job) => self.handle(job).await,
                None => break None,
            }
        };
        self.truncate_at_the_end().await;
        let closed = self.connection.close().await.map_err(StoreError::from);
        self.erasures.close().await.ok();
        lock.note_closed();
        if let Some(answer) = closing {
            let _ = answer.send(closed);
        }
    }

    /// A job that already waits: ingest first, but after each of its jobs one of the desk's.
    fn next_waiting(&mut self) -> Option<Job> {
        if self.desk_waits {
            self.desk_waits = false;
            if let Ok(job) = self.desk.try_recv() {
                return Some(job);
            }
        }
        if let Ok(job) = self.ingest.try_recv() {
            self.desk_waits = true;
            return Some(job);
        }
        self.desk.try_recv().ok()
    }

    /// Begins a transaction that is not a batch's, but writes to the desk's log.
    async fn begin(&mut self) -> Result<(), StoreError> {
        statements::BEGIN.run(&mut self.connection, []).await?;
        Ok(())
    }

    /// Commits what was done since [`Writer::begin`], or undoes it, and the lines of the log with it.
    async fn end<T>(&mut self, done: Result<T, StoreError>) -> Result<T, StoreError> {
        let done = match done {
            Ok(done) => statements::COMMIT.run(&mut self.connection, []).await.map(|_| done).map_err(StoreError::from),
            Err(error) => Err(error),
        };
        match &done {
            Ok(_) => self.note_chain(),
            Err(_) => {
                // A full disk has SQLite roll back by itself, and then there is nothing left to roll back.
                let _ = statements::ROLLBACK.run(&mut self.connection, []).await;
                self.chain.forget();
            }
        }
        done
    }

    /// One transaction: the changes, their entries, the checkpoints.
    async fn commit(&mut self, batch: &Batch) -> Result<Committed, StoreError> {
        self.commit_as(batch, Journalled::Yes).await
    }

    async fn commit_as(&mut self, batch: &Batch, journalled: Journalled) -> Result<Committed, StoreError> {
        if batch.is_empty() {
            return Ok(Committed::default());
        }
        let now = self.clock.now();
        let Written { committed, erases_text, erases, leaves } = self.transact(batch, now, journalled).await?;
        if erases_text {
            self.truncate_soon();
        }
        self.requests_changed |= leaves;
        crash::point(Point::AfterCommit);
        if let Some(listener) = &self.listener
            && !(committed.entries.is_empty() && committed.stored.is_empty() && committed.forgotten.is_empty())
        {
            listener.committed(&committed);
        }
        crash::point(Point::AfterListener);
        // Readers come first. The caller is answered when a backup can't undo the erasure any more either.
        if erases && journalled == Journalled::Yes {
            self.journal().await;
        }
        self.cut_a_large_log().await;
        Ok(committed)
    }

    async fn transact(&mut self, batch: &Batch, now: Timestamp, journalled: Journalled) -> Result<Written, StoreError> {
        let chain = Some(&mut self.chain);
        let done = transact(&mut self.connection, &self.key, batch, now, journalled, chain).await;
        match &done {
            Ok(_) => self.note_chain(),
            Err(_) => self.chain.forget(),
        }
        done
    }

    /// What can't be noted now is noted with the next line.
    fn note_chain(&mut self) {
        if let Err(error) = self.chain.note() {
            tracing::error!(%error, "The end of the desk's log can't be noted; it is with the next line.");
        }
    }

    /// Carries into the erasure journal what has been erased. What can't be written now is written with the next.
    async fn journal(&mut self) {
        let mut done = self.erasures.take(&mut self.connection).await;
        if self.requests_changed && done.is_ok() {
            done = self.erasures.take_requests(&mut self.connection).await;
            self.requests_changed = done.is_err();
        }
        if let Err(error) = done {
            tracing::error!(%error, "The erasure journal can't be written; it is tried again.");
        }
    }

    async fn retain_step(&mut self, mut retaining: Retaining) {
        match self.retain_once(&mut retaining).await {
            Ok(true) => self.retaining = Some(retaining),
            Ok(false) => {
                let _ = retaining.answer.send(Ok(retaining.so_far));
            }
            Err(error) => {
                let _ = retaining.answer.send(Err(error));
            }
        }
    }

    /// Returns whether there is more to do.
    async fn retain_once(&mut self, retaining: &mut Retaining) -> Result<bool, StoreError> {
        let Retaining { now, retention, .. } = *retaining;
        if sweep::set_back(&mut self.connection, now).await? {
            return Ok(true);
        }
        let batch = sweep::expired(&mut self.connection, now, retention).await?;
        if batch.is_empty() {
            self.erasures.sweep(now).await?;
            return sweep::leftovers(&mut self.connection, now).await;
        }
        let committed = self.commit_as(&batch, Journalled::No).await?;
        crash::point(Point::RetentionStep);
        join(&mut retaining.so_far, committed);
        Ok(true)
    }
}
