//! The writer: the only task that changes the database.
//!
//! Owns the order of jobs, the transactions, and when the write-ahead log is emptied. Does not own what a job means.
//! Invariant: a job's entries reach the listener after its commit, in commit order, and before its caller is answered.

mod jobs;

pub use jobs::outcome;

use std::collections::BTreeMap;
use std::fs::File;
use std::sync::Arc;
use std::time::Duration;

use sqlx::Connection;
use sqlx::sqlite::SqliteConnection;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use super::command::{Command, Report};
use super::retention::Retention;
use super::sqlite::{flush, load, rows, statements, sweep};
use crate::clock::Clock;
use crate::crash::{self, Point};
use crate::domain::{
    Batch, Change, CityId, CommitListener, Committed, FeedEntry, IdKey, Network, StoreError, Timestamp,
};

/// Jobs that may wait; at the bound their callers wait.
const INGEST_QUEUE: usize = 16;
const DESK_QUEUE: usize = 64;
const RETENTION_QUEUE: usize = 4;

/// How often another process's commands are looked for.
const COMMANDS_EVERY: Duration = Duration::from_millis(250);
/// The write-ahead log is emptied this often, and at once after a text was erased.
const TRUNCATE_EVERY: Duration = Duration::from_secs(60);
/// A reader's snapshot kept the log from being emptied: the next try.
const TRUNCATE_RETRY: Duration = Duration::from_millis(500);
/// How long erased bytes may wait for an idle moment of the writer.
const TRUNCATE_LATEST: Duration = Duration::from_secs(5);

pub type Answer<T> = oneshot::Sender<Result<T, StoreError>>;

pub enum Job {
    Commit {
        batch: Arc<Batch>,
        answer: Answer<Committed>,
    },
    Operate {
        command: Command,
        answer: Answer<Report>,
    },
    AskToLeave {
        city: CityId,
        network: Network,
        handle: String,
        at: Timestamp,
        answer: Answer<()>,
    },
    Retain {
        now: Timestamp,
        retention: Retention,
        answer: Answer<Committed>,
    },
    Close(Answer<()>),
    #[cfg(test)]
    Raw {
        sql: &'static str,
        answer: Answer<()>,
    },
}

#[derive(Clone)]
pub struct Queues {
    pub ingest: mpsc::Sender<Job>,
    pub desk: mpsc::Sender<Job>,
    pub retention: mpsc::Sender<Job>,
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
    key: IdKey,
    clock: Arc<dyn Clock>,
    listener: Option<Arc<dyn CommitListener>>,
    ingest: mpsc::Receiver<Job>,
    desk: mpsc::Receiver<Job>,
    retention: mpsc::Receiver<Job>,
    retaining: Option<Retaining>,
    /// When the log is to be emptied at an idle moment, and when even at a busy one.
    truncate_at: Instant,
    truncate_latest: Instant,
    commands_at: Instant,
    /// SQLite's mark of other processes' commits, as of the last look.
    data_version: i64,
    /// The last job went before the desk's: the desk is next.
    desk_waits: bool,
}

/// Starts the writer. It ends when all senders are gone, and keeps the lock until then.
pub fn spawn(
    connection: SqliteConnection,
    lock: File,
    key: IdKey,
    clock: Arc<dyn Clock>,
    listener: Option<Arc<dyn CommitListener>>,
) -> Queues {
    let (ingest_sender, ingest) = mpsc::channel(INGEST_QUEUE);
    let (desk_sender, desk) = mpsc::channel(DESK_QUEUE);
    let (retention_sender, retention) = mpsc::channel(RETENTION_QUEUE);
    let now = Instant::now();
    let writer = Writer {
        connection,
        key,
        clock,
        listener,
        ingest,
        desk,
        retention,
        retaining: None,
        // A process that died may have left in the log what it had just erased.
        truncate_at: now,
        truncate_latest: now + TRUNCATE_LATEST,
        commands_at: now,
        data_version: -1,
        desk_waits: false,
    };
    tokio::spawn(writer.run(lock));
    Queues { ingest: ingest_sender, desk: desk_sender, retention: retention_sender }
}

impl Writer {
    async fn run(mut self, lock: File) {
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
        self.truncate().await;
        let closed = self.connection.close().await.map_err(StoreError::from);
        drop(lock);
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

    async fn handle(&mut self, job: Job) {
        match job {
            Job::Commit { batch, answer } => {
                let done = self.commit(&batch).await;
                let _ = answer.send(done);
            }
            Job::Operate { command, answer } => {
                let done = self.operate(&command).await;
                let _ = answer.send(done);
            }
            Job::AskToLeave { city, network, handle, at, answer } => {
                let done = self.ask_to_leave(&city, network, &handle, at).await;
                let _ = answer.send(done);
            }
            Job::Retain { now, retention, answer } => {
                self.retaining = Some(Retaining { now, retention, answer, so_far: Committed::default() });
            }
            // Only `run` sees this one; the queue it comes through is read nowhere else.
            Job::Close(answer) => drop(answer),
            #[cfg(test)]
            Job::Raw { sql, answer } => {
                let done = sqlx::query(sql).execute(&mut self.connection).await;
                let _ = answer.send(done.map(|_| ()).map_err(StoreError::from));
            }
        }
    }

    /// One transaction: the changes, their entries, the checkpoints.
    async fn commit(&mut self, batch: &Batch) -> Result<Committed, StoreError> {
        if batch.is_empty() {
            return Ok(Committed::default());
        }
        let now = self.clock.now();
        let (connection, key) = (&mut self.connection, &self.key);
        let begun = statements::BEGIN.run(connection, []).await;
        let done = match begun {
            Ok(_) => Self::write(connection, key, batch, now).await,
            Err(error) => Err(error.into()),
        };
        let (committed, erases_text) = match done {
            Ok(done) => done,
            Err(error) => {
                // A full disk has SQLite roll back by itself, and then there is nothing left to roll back.
                let _ = statements::ROLLBACK.run(connection, []).await;
                return Err(error);
            }
        };
        if erases_text {
            self.truncate_soon();
        }
        crash::point(Point::AfterCommit);
        if let Some(listener) = &self.listener
            && !(committed.entries.is_empty() && committed.stored.is_empty() && committed.forgotten.is_empty())
        {
            listener.committed(&committed);
        }
        crash::point(Point::AfterListener);
        Ok(committed)
    }

    async fn write(
        connection: &mut SqliteConnection,
        key: &IdKey,
        batch: &Batch,
        now: Timestamp,
    ) -> Result<(Committed, bool), StoreError> {
        let mut ledger = load::ledger(connection, key, batch).await?;
        ledger.apply(key, batch);
        flush::flush(connection, &ledger, batch, now).await?;
        crash::point(Point::BeforeCommit);
        statements::COMMIT.run(connection, []).await?;
        let erases_text = ledger.out.erases_text || !ledger.out.left.is_empty();
        let entries = ledger.out.entries.into_iter().collect();
        let (posts, vacated) = (&ledger.posts, ledger.vacated.into_keys());
        let forgotten = vacated.chain(ledger.kept_out).filter(|id| !posts.contains_key(id)).collect();
        let upserted = batch.changes.iter().filter_map(|change| match change {
            Change::Upsert { post, .. } => Some(post.id),
            _ => None,
        });
        let stored = upserted.filter(|id| posts.contains_key(id)).collect();
        Ok((Committed { entries, refused: ledger.refused, stored, forgotten }, erases_text))
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
        let batch = sweep::expired(&mut self.connection, now, retention).await?;
        if batch.is_empty() {
            return sweep::leftovers(&mut self.connection, now).await;
        }
        let committed = self.commit(&batch).await?;
        crash::point(Point::RetentionStep);
        join(&mut retaining.so_far, committed);
        Ok(true)
    }

    fn truncate_soon(&mut self) {
        let now = Instant::now();
        self.truncate_at = now;
        self.truncate_latest = self.truncate_latest.min(now + TRUNCATE_LATEST);
    }

    /// Moves the write-ahead log into the database and cuts it to nothing.
    async fn truncate(&mut self) {
        crash::point(Point::LogTruncate);
        let done = match statements::TRUNCATE_LOG.first(&mut self.connection, []).await {
            Ok(Some(row)) => rows::get::<i64>(&row, "busy").is_ok_and(|busy| busy == 0),
            Ok(None) | Err(_) => false,
        };
        if !done {
            tracing::debug!("The write-ahead log could not be emptied yet.");
        }
        self.truncate_at = Instant::now() + if done { TRUNCATE_EVERY } else { TRUNCATE_RETRY };
        self.truncate_latest = self.truncate_at + TRUNCATE_LATEST;
    }
}

/// Adds what a later transaction did.
fn join(all: &mut Committed, later: Committed) {
    let mut by_city: BTreeMap<CityId, Vec<FeedEntry>> = std::mem::take(&mut all.entries).into_iter().collect();
    for (city, entries) in later.entries {
        by_city.entry(city).or_default().extend(entries);
    }
    all.entries = by_city.into_iter().collect();
    all.refused.extend(later.refused);
}
