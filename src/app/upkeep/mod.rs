mod recheck;
mod unanswered;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::clock_guard::ClockGuard;
use super::drive::Control;
use crate::clock::Clock;
use crate::domain::desk::Calendar;
use crate::domain::{AuthorLookup, City, CityId, Network, StoreError, Timestamp};
use crate::http::CityDirectory;
use crate::shutdown::Shutdown;
use crate::store::{Retention, Store};
use recheck::FirstLooks;
use unanswered::Unanswered;

/// What is done by the clock: closing the buckets of the desk's numbers, retention, folding what was reported where nobody is on
/// duty, clearing what erased texts leave in the file, the weekly re-check of authors and posts (L-13), the first looks at young posts (L-10), and the store's gauges.
pub struct Upkeep {
    pub store: Store,
    pub directory: Arc<ArcSwap<CityDirectory>>,
    pub lookups: Vec<Arc<dyn AuthorLookup>>,
    pub control: mpsc::Sender<Control>,
    pub clock: Arc<dyn Clock>,
    pub retention: Retention,
    pub shutdown: Shutdown,
}

const EVERY: Duration = Duration::from_secs(60);
/// What erased texts leave in the file's pages is to be gone within a day (D5), though a pass or two can't be made.
const SCRUB_EVERY: Duration = Duration::from_secs(6 * 3_600);

/// What is remembered from round to round.
struct Memory {
    began: Instant,
    clock: ClockGuard,
    /// Retention waits, and that has been said.
    waits: bool,
    scrub_at: Instant,
    unanswered: Unanswered,
    /// Begun anew by each process, which so finds what was due while there was none.
    looked: BTreeMap<Network, FirstLooks>,
}

impl Memory {
    /// `newest`: the arrival of the newest post that was stored at the start.
    fn new(began: Instant, newest: Option<Timestamp>) -> Self {
        Self {
            began,
            clock: ClockGuard::new(newest),
            waits: false,
            // The process before this one may have died with some of it left.
            scrub_at: began,
            unanswered: Unanswered::default(),
            looked: BTreeMap::new(),
        }
    }

    fn may_erase_by(&mut self, now: Timestamp) -> bool {
        let waited = self.waits;
        self.waits = !self.clock.believes(now, self.began.elapsed());
        metrics::gauge!("parvis_retention_waits").set(f64::from(u8::from(self.waits)));
        match (waited, self.waits) {
            (false, true) => tracing::error!(
                now = now.to_rfc3339(),
                "The clock is far from what is stored: nothing is erased for its age until it is put right, or has \
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
        let mut memory = Memory::new(began, newest);
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
                () = self.pause() => {}
                () = self.shutdown.triggered() => return,
            }
        }
    }

    /// Until the next round; shorter when a notice ends before (S-18).
    async fn pause(&self) {
        let ends = self.store.next_end().await.ok().flatten();
        let left = ends.map(|ends| ends.as_micros().saturating_sub(self.clock.now().as_micros()));
        // One that is over and still there waits for a clock that is believed.
        let left = left.filter(|left| *left > 0).map(|left| Duration::from_micros(left.unsigned_abs()));
        tokio::time::sleep(left.unwrap_or(EVERY).min(EVERY)).await;
    }

    fn calendars(&self) -> Arc<[(CityId, Calendar)]> {
        let cities = &self.directory.load().cities;
        cities.iter().map(|city| (city.id.clone(), Calendar::new(&city.timezone))).collect()
    }

    /// Returns whether more is due than could be done.
    async fn once(&self, memory: &mut Memory) -> Result<bool, StoreError> {
        let now = self.clock.now();
        // What is re-checked may be erased too, and notes when it was.
        let may_erase = memory.may_erase_by(now);
        if may_erase {
            // Before anything goes for its age: what is closed is counted from what is there.
            if let Err(error) = self.store.tally(now, self.calendars()).await {
                // What is over its time goes all the same.
                tracing::warn!(%error, "The desk's numbers could not be closed; it is tried again in a minute.");
            }
            self.store.retain(now, self.retention).await?;
        }
        self.fold_reported(now).await?;
        if Instant::now() >= memory.scrub_at {
            self.scrub(&mut memory.scrub_at).await;
        }
        let mut more = false;
        for lookup in self.lookups.iter().filter(|_| may_erase) {
            more |= self.recheck_authors(&**lookup).await?;
            more |= self.recheck_posts(&**lookup, &mut memory.unanswered).await?;
            let looked = memory.looked.entry(lookup.network()).or_default();
            more |= self.look_early(&**lookup, &mut memory.unanswered, looked).await?;
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

    /// What was reported while somebody was on duty, and not looked at before they went.
    async fn fold_reported(&self, now: Timestamp) -> Result<(), StoreError> {
        let directory = self.directory.load_full();
        let is_alone = |city: &&Arc<City>| !city.on_duty.hours.is_open(&city.zone(), now);
        for city in directory.cities.iter().filter(is_alone) {
            self.store.fold_reported(&city.id).await?;
        }
        Ok(())
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
}

#[cfg(test)]
mod tests;
