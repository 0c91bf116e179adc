//! When the write-ahead log is emptied.
//!
//! Owns the moments and the bounds. Does not own what is in the log.
//! Invariant: what was erased is in no log for longer than [`TRUNCATE_LATEST`], unless a reader's snapshot holds it there.

use std::time::Duration;

use tokio::time::Instant;

use super::Writer;
use crate::crash::{self, Point};
use crate::domain::StoreError;
use crate::store::error::unreadable;
use crate::store::sqlite::{rows, statements};

/// The write-ahead log is emptied this often, and at once after a text was erased.
const TRUNCATE_EVERY: Duration = Duration::from_secs(60);
/// A reader's snapshot kept the log from being emptied: the next try, and the longest pause that a snapshot which stays
/// (a backup's, for minutes) lets it grow to, by doubling.
pub(super) const RETRY_FIRST: Duration = Duration::from_millis(500);
const RETRY_LAST: Duration = Duration::from_secs(4);
/// A write-ahead log of this size is emptied after the commit that made it so, were the writer never idle. SQLite's own
/// checkpoints don't cut a log that readers follow one another in. Half of what D8 allows: the next commit comes on top.
const LOG_BYTES_MAX: u64 = 32 << 20;
/// How long erased bytes may wait for an idle moment of the writer.
pub(super) const TRUNCATE_LATEST: Duration = Duration::from_secs(5);

impl Writer {
    /// Something was erased: its bytes are to leave the log, and what they left in the pages is to be cleared.
    pub(super) fn truncate_soon(&mut self) {
        self.scrub_due = true;
        // While a snapshot is in the way, not before the next try.
        self.truncate_at = self.cut_at.max(Instant::now());
        self.truncate_latest = self.truncate_latest.min(self.truncate_at + TRUNCATE_LATEST);
    }

    /// Empties a log that commits have made large, were the writer never idle.
    pub(super) async fn cut_a_large_log(&mut self) {
        if Instant::now() >= self.cut_at && self.log_is_large() {
            self.truncate().await;
        }
    }

    /// Moves the write-ahead log into the database and cuts it to nothing.
    pub(super) async fn truncate(&mut self) {
        crash::point(Point::LogTruncate);
        self.journal().await;
        // What the journal has the database need not keep.
        if let Err(error) = statements::DROP_ERASURES.run(&mut self.connection, [self.erasures.last().into()]).await {
            tracing::warn!(%error, "What was journalled could not be dropped yet.");
        }
        let done = self.try_to_truncate().await.unwrap_or(false);
        let now = Instant::now();
        if done {
            (self.cut_at, self.truncate_at) = (now, now + TRUNCATE_EVERY);
            (self.retry, self.moved) = (RETRY_FIRST, None);
        } else {
            tracing::debug!("The write-ahead log could not be emptied yet.");
            (self.cut_at, self.truncate_at) = (now + self.retry, now + self.retry);
            self.retry = (self.retry * 2).min(RETRY_LAST);
        }
        self.truncate_latest = self.truncate_at + TRUNCATE_LATEST;
    }

    /// As [`Writer::truncate`], when no commit waits any more: readers that are about to end may be waited for.
    pub(super) async fn truncate_at_the_end(&mut self) {
        self.truncate().await;
        if self.moved.is_some() {
            self.truncate_once().await.ok();
        }
    }

    /// Whether nothing is left in the log. Commits wait meanwhile: hardly at all for a snapshot that stays, for which it is
    /// of no use; but for readers that follow one another, which else would never leave a moment without one, up to a
    /// second once the log is large.
    async fn try_to_truncate(&mut self) -> Result<bool, StoreError> {
        statements::WAIT_BRIEFLY.first(&mut self.connection, []).await?;
        let tried = self.truncate_once().await;
        statements::WAIT.first(&mut self.connection, []).await?;
        let (done, moved) = tried?;
        // One snapshot keeps what can be moved at the same place.
        let follow = self.moved.replace(moved).is_some_and(|before| before != moved);
        if done || !(follow && self.log_is_large()) {
            return Ok(done);
        }
        Ok(self.truncate_once().await?.0)
    }

    /// Whether it was cut, and how many of its pages are in the database.
    async fn truncate_once(&mut self) -> Result<(bool, i64), StoreError> {
        let row = statements::TRUNCATE_LOG.first(&mut self.connection, []).await?;
        let row = row.ok_or_else(|| unreadable("wal_checkpoint"))?;
        Ok((rows::get::<i64>(&row, "busy")? == 0, rows::get(&row, "checkpointed")?))
    }

    fn log_is_large(&self) -> bool {
        std::fs::metadata(&self.log).is_ok_and(|log| log.len() > LOG_BYTES_MAX)
    }
}
