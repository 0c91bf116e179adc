//! Clearing what erased texts leave in the database's pages (D5).
//!
//! Owns one pass over all pages: in steps, between the writer's jobs. Does not own what of a page is unused
//! (`sqlite::page`) or when a pass is due (`app::upkeep`). Invariant: each step is one transaction of SQLite's own, so
//! that readers, backups and a crash at any point find a sound database.
//!
//! Why not `VACUUM`: it holds the writer for as long as the whole database takes to be written three times, and needs
//! room for two more of it. A pass reads every page once and writes only those that have something to clear.

use tokio::time::Instant;

use super::{Answer, Writer};
use crate::crash::{self, Point};
use crate::domain::StoreError;
use crate::store::error::unreadable;
use crate::store::sqlite::statement::Value;
use crate::store::sqlite::{page, rows, statements};

/// Pages of one step: 2 MiB, for which other jobs wait some milliseconds.
const STEP: i64 = 256;

/// A pass between two of its steps.
pub struct Scrubbing {
    next: i64,
    /// The last page when the pass began: what is written later holds nothing that was erased before.
    last: i64,
    cleared: u64,
    answer: Answer<u64>,
}

impl Writer {
    /// Begins a pass; its answer is the number of pages that had something to clear. Without an erasure since the last
    /// one there is nothing to do.
    pub(super) async fn scrub(&mut self, answer: Answer<u64>) {
        if !std::mem::take(&mut self.scrub_due) {
            let _ = answer.send(Ok(0));
            return;
        }
        match self.last_page().await {
            Ok(last) => self.scrubbing = Some(Scrubbing { next: 1, last, cleared: 0, answer }),
            Err(error) => {
                self.scrub_due = true;
                let _ = answer.send(Err(error));
            }
        }
    }

    async fn last_page(&mut self) -> Result<i64, StoreError> {
        let row =
            statements::LAST_PAGE.first(&mut self.connection, []).await?.ok_or_else(|| unreadable("page_count"))?;
        let last = rows::get(&row, "last")?;
        if last < page::PAGES_MAX {
            return Ok(last);
        }
        Err(StoreError::Unavailable("the database is too large to be cleared of what erased texts left in it".into()))
    }

    pub(super) async fn scrub_step(&mut self, mut scrubbing: Scrubbing) {
        // Whoever asked has gone, as when the process stops: the next pass begins anew.
        if scrubbing.answer.is_closed() {
            self.scrub_due = true;
            return;
        }
        let after = scrubbing.next.saturating_add(STEP);
        let done = match statements::BEGIN.run(&mut self.connection, []).await {
            Ok(_) => self.scrub_pages(scrubbing.next, after).await,
            Err(error) => Err(error.into()),
        };
        match done {
            Ok(cleared) => scrubbing.cleared = scrubbing.cleared.saturating_add(cleared),
            Err(error) => {
                // A full disk has SQLite roll back by itself, and then there is nothing left to roll back.
                let _ = statements::ROLLBACK.run(&mut self.connection, []).await;
                self.scrub_due = true;
                let _ = scrubbing.answer.send(Err(error));
                return;
            }
        }
        crash::point(Point::ScrubStep);
        self.cut_a_large_log().await;
        if after <= scrubbing.last {
            scrubbing.next = after;
            self.scrubbing = Some(scrubbing);
            return;
        }
        // The log still has the pages as they were.
        if scrubbing.cleared > 0 {
            self.truncate_at = Instant::now();
            self.truncate().await;
        }
        let _ = scrubbing.answer.send(Ok(scrubbing.cleared));
    }

    /// The number of pages, from `from` and below `after`, that had something to clear.
    async fn scrub_pages(&mut self, from: i64, after: i64) -> Result<u64, StoreError> {
        let mut cleared = 0;
        for row in statements::READ_PAGES.all(&mut self.connection, [from.into(), after.into()]).await? {
            let number: i64 = rows::get(&row, "number")?;
            let mut bytes: Vec<u8> = rows::get(&row, "bytes")?;
            if page::clear(number, &mut bytes) {
                statements::WRITE_PAGE.run(&mut self.connection, [number.into(), Value::Blob(bytes)]).await?;
                cleared += 1;
            }
        }
        statements::COMMIT.run(&mut self.connection, []).await?;
        Ok(cleared)
    }
}
