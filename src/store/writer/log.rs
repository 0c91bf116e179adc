//! When the write-ahead log is emptied.
//!
//! Owns the moments and the bounds. Does not own what is in the log.
//! Invariant: what was erased is in no log for longer than [`TRUNCATE_LATEST`], unless a reader's snapshot holds it there.

use std::time::Duration;

use tokio::time::Instant;

use super::Writer;
use crate::crash::{self, Point};
use crate::store::sqlite::{rows, statements};

/// The write-ahead log is emptied this often, and at once after a text was erased.
const TRUNCATE_EVERY: Duration = Duration::from_secs(60);
/// A reader's snapshot kept the log from being emptied: the next try.
const TRUNCATE_RETRY: Duration = Duration::from_millis(500);
/// A write-ahead log of this size is emptied after the commit that made it so, were the writer never idle. SQLite's own
/// checkpoints don't cut a log that readers follow one another in. Half of what D8 allows: the next commit comes on top.
const LOG_BYTES_MAX: u64 = 32 << 20;
/// How long erased bytes may wait for an idle moment of the writer.
pub const TRUNCATE_LATEST: Duration = Duration::from_secs(5);

impl Writer {
    /// Something was erased: its bytes are to leave the log, and what they left in the pages is to be cleared.
    pub(super) fn truncate_soon(&mut self) {
        self.scrub_due = true;
        let now = Instant::now();
        self.truncate_at = now;
        self.truncate_latest = self.truncate_latest.min(now + TRUNCATE_LATEST);
    }

    /// Empties a log that commits have made large, were the writer never idle.
    pub(super) async fn cut_a_large_log(&mut self) {
        if std::fs::metadata(&self.log).is_ok_and(|log| log.len() > LOG_BYTES_MAX) && Instant::now() >= self.cut_at {
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
        let done = match statements::TRUNCATE_LOG.first(&mut self.connection, []).await {
            Ok(Some(row)) => rows::get::<i64>(&row, "busy").is_ok_and(|busy| busy == 0),
            Ok(None) | Err(_) => false,
        };
        if !done {
            tracing::debug!("The write-ahead log could not be emptied yet.");
        }
        self.cut_at = if done { Instant::now() } else { Instant::now() + TRUNCATE_RETRY };
        self.truncate_at = Instant::now() + if done { TRUNCATE_EVERY } else { TRUNCATE_RETRY };
        self.truncate_latest = self.truncate_at + TRUNCATE_LATEST;
    }
}
