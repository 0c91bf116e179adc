use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;

use super::clock_guard::ClockGuard;
use super::drive::Control;
use crate::clock::Clock;
use crate::consent;
use crate::domain::{AuthorId, AuthorLookup, Change, LookupError, StoreError, Timestamp};
use crate::shutdown::Shutdown;
use crate::store::{Retention, Store};

/// What is done by the clock: retention, clearing what erased texts leave in the file, the weekly re-check of authors and
/// posts (L-13), and the store's gauges.
pub struct Upkeep {
    pub store: Store,
    pub lookups: Vec<Arc<dyn AuthorLookup>>,
    pub control: mpsc::Sender<Control>,
    pub clock: Arc<dyn Clock>,
    pub retention: Retention,
    pub shutdown: Shutdown,
}

const EVERY: Duration = Duration::from_secs(60);
/// What erased texts leave in the file's pages is to be gone within a day (D5), though a pass or two can't be made.
const SCRUB_EVERY: Duration = Duration::from_secs(6 * 3_600);
/// A day before the week is over, so that a night without the network breaks no promise.
const RECHECK_AFTER_S: i64 = 6 * 86_400;
/// Batches asked of one network each time: 40 of 25 a minute re-check 1.4 million posts a day.
const BATCHES_MAX: usize = 40;

/// What is remembered from round to round.
struct Memory {
    began: Instant,
    clock: ClockGuard,
    /// Retention waits, and that has been said.
    waits: bool,
    scrub_at: Instant,
}

impl Memory {
    fn may_erase_by(&mut self, now: Timestamp) -> bool {
        let waited = self.waits;
        self.waits = !self.clock.believes(now, self.began.elapsed());
        metrics::gauge!("parvis_retention_waits").set(f64::from(u8::from(self.waits)));
        match (waited, self.waits) {
            (false, true) => tracing::error!(
                now = now.to_rfc3339(),
                "The clock is far ahead of what is stored: nothing is erased for its age until it is put right, or has \
                 held for six hours."
            ),
            (true, false) => tracing::info!("The clock is believed again: what is over its time is erased."),
            _ => {}
        }
        !self.waits
    }
}

impl Upkeep {
    pub async fn run(self) {
        let began = Instant::now();
        let newest = self.store.newest_arrival().await.unwrap_or_else(|error| {
            tracing::warn!(%error, "The newest post can't be asked for: the clock is believed as it is.");
            None
        });
        let mut memory = Memory {
            began,
            clock: ClockGuard::new(newest),
            waits: false,
            // The process before this one may have died with some of it left.
            scrub_at: began,
        };
        loop {
            // A network that takes its time to answer does not keep the process from stopping.
            let done = tokio::select! {
                done = self.once(&mut memory) => done,
                () = self.shutdown.triggered() => return,
            };
            let more = done.unwrap_or_else(|error| {
                tracing::warn!(%error, "Upkeep could not be done; it is tried again in a minute.");
                false
            });
            // After a restore everybody is to be asked for again, and waits to be shown.
            if more {
                continue;
            }
            tokio::select! {
                () = tokio::time::sleep(EVERY) => {}
                () = self.shutdown.triggered() => return,
            }
        }
    }

    /// Returns whether more is due than could be done.
    async fn once(&self, memory: &mut Memory) -> Result<bool, StoreError> {
        let now = self.clock.now();
        // What is re-checked may be erased too, and notes when it was.
        let may_erase = memory.may_erase_by(now);
        if may_erase {
            self.store.retain(now, self.retention).await?;
        }
        if Instant::now() >= memory.scrub_at {
            self.scrub(&mut memory.scrub_at).await;
        }
        let mut more = false;
        for lookup in self.lookups.iter().filter(|_| may_erase) {
            more |= self.recheck_authors(&**lookup).await?;
            more |= self.recheck_posts(&**lookup).await?;
        }
        let counts = self.store.counts().await?;
        for (kind, count) in [
            ("posts", counts.posts),
            ("authors", counts.authors),
            ("queued", counts.queued),
            ("shown", counts.shown),
            ("log_entries", counts.log_entries),
            ("tombstones", counts.tombstones),
            ("leave_requests", counts.leave_requests),
            ("bytes", counts.bytes),
        ] {
            metrics::gauge!("parvis_store", "kind" => kind).set(count as f64);
        }
        Ok(more)
    }

    /// What can't be cleared now is tried again with the next round: nothing else waits for it.
    async fn scrub(&self, scrub_at: &mut Instant) {
        let began = Instant::now();
        match self.store.scrub().await {
            Ok(pages) => {
                *scrub_at = began + SCRUB_EVERY;
                metrics::gauge!("parvis_scrubbed_at_seconds").set(self.clock.now().as_micros() as f64 / 1e6);
                tracing::debug!(
                    pages,
                    seconds = began.elapsed().as_secs(),
                    "The database's pages hold no erased text."
                );
            }
            Err(error) => tracing::warn!(%error, "What erased texts left in the database's pages is not cleared yet."),
        }
    }

    /// Returns whether some are left.
    async fn recheck_authors(&self, lookup: &dyn AuthorLookup) -> Result<bool, StoreError> {
        let network = lookup.network();
        for _ in 0..BATCHES_MAX {
            let now = self.clock.now();
            let older_than = now.plus_seconds(-RECHECK_AFTER_S);
            let asked: Vec<AuthorId> = self.store.stale_authors(network, older_than, now, lookup.batch_max()).await?;
            if asked.is_empty() {
                return Ok(false);
            }
            let actors = asked.iter().map(|author| author.as_str().to_owned()).collect();
            // What can't be asked now is asked again in a minute.
            let Ok(found) = lookup.profiles(actors).await else { return Ok(false) };
            if found.is_empty() {
                let witness = self.store.fresh_author(network, older_than, now).await?;
                let again = witness.as_ref().map(|author| lookup.profiles(vec![author.as_str().to_owned()]));
                if !is_believed(asked.len(), again).await {
                    return Ok(false);
                }
            }
            if !self.tell(Control::Rechecked { network, asked, found }).await {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Returns whether some are left.
    async fn recheck_posts(&self, lookup: &dyn AuthorLookup) -> Result<bool, StoreError> {
        let network = lookup.network();
        for _ in 0..BATCHES_MAX {
            let now = self.clock.now();
            let older_than = now.plus_seconds(-RECHECK_AFTER_S);
            let asked = self.store.stale_posts(network, older_than, now, lookup.batch_max()).await?;
            if asked.is_empty() {
                return Ok(false);
            }
            let ids = asked.iter().map(|(_, native_id)| native_id.clone()).collect();
            let Ok(found) = lookup.posts(ids).await else { return Ok(false) };
            if found.is_empty() {
                let witness = self.store.fresh_post(network, older_than, now).await?;
                if !is_believed(asked.len(), witness.map(|post| lookup.posts(vec![post]))).await {
                    return Ok(false);
                }
            }
            let changes = asked
                .into_iter()
                .map(|(post, native_id)| {
                    // Gone at its origin, or labelled since: it goes here too.
                    let stays = found
                        .iter()
                        .find(|check| check.native_id == native_id)
                        .is_some_and(|check| consent::judge_labels(&check.labels, now).is_ok());
                    if stays {
                        Change::Checked { post, at: now }
                    } else {
                        Change::Delete { network, native_id, at: now }
                    }
                })
                .collect();
            if !self.tell(Control::Changes(changes)).await {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Hands something to the pipeline and lets it be committed, so that the next question finds it done.
    async fn tell(&self, control: Control) -> bool {
        let told = self.control.send(control).await.is_ok();
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(1)) => told,
            () = self.shutdown.triggered() => false,
        }
    }
}

/// Whether a network that finds nothing of what it was asked for may be believed, since what is gone there is erased here.
/// It may be broken and find nothing of anything: so it is asked for a witness, which it has shown us lately. Without one,
/// a single thing may well be gone; of several we ask again another time.
async fn is_believed<T>(asked: usize, witness: Option<impl Future<Output = Result<Vec<T>, LookupError>>>) -> bool {
    let is_believed = match witness {
        Some(again) => again.await.is_ok_and(|found| !found.is_empty()),
        None => asked == 1,
    };
    if !is_believed {
        tracing::warn!(asked, "The network finds nothing that it was asked for again; nothing is erased for that.");
    }
    is_believed
}

#[cfg(test)]
mod tests;
