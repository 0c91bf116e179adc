use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use super::drive::Control;
use crate::clock::Clock;
use crate::consent;
use crate::domain::{AuthorId, AuthorLookup, Change, StoreError};
use crate::shutdown::Shutdown;
use crate::store::{Retention, Store};

/// What is done by the clock: retention, the weekly re-check of authors and posts (L-13), and the store's gauges.
pub struct Upkeep {
    pub store: Store,
    pub lookups: Vec<Arc<dyn AuthorLookup>>,
    pub control: mpsc::Sender<Control>,
    pub clock: Arc<dyn Clock>,
    pub retention: Retention,
    pub shutdown: Shutdown,
}

const EVERY: Duration = Duration::from_secs(60);
/// A day before the week is over, so that a night without the network breaks no promise.
const RECHECK_AFTER_S: i64 = 6 * 86_400;
/// Batches asked of one network each time: 40 of 25 a minute re-check 1.4 million posts a day.
const BATCHES_MAX: usize = 40;

impl Upkeep {
    pub async fn run(self) {
        loop {
            if let Err(error) = self.once().await {
                tracing::warn!(%error, "Upkeep could not be done; it is tried again in a minute.");
            }
            tokio::select! {
                () = tokio::time::sleep(EVERY) => {}
                () = self.shutdown.triggered() => return,
            }
        }
    }

    async fn once(&self) -> Result<(), StoreError> {
        self.store.retain(self.clock.now(), self.retention).await?;
        for lookup in &self.lookups {
            self.recheck_authors(&**lookup).await?;
            self.recheck_posts(&**lookup).await?;
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
        Ok(())
    }

    async fn recheck_authors(&self, lookup: &dyn AuthorLookup) -> Result<(), StoreError> {
        let network = lookup.network();
        for _ in 0..BATCHES_MAX {
            let older_than = self.clock.now().plus_seconds(-RECHECK_AFTER_S);
            let asked: Vec<AuthorId> = self.store.stale_authors(network, older_than, lookup.batch_max()).await?;
            if asked.is_empty() {
                break;
            }
            let actors = asked.iter().map(|author| author.as_str().to_owned()).collect();
            // What can't be asked now is asked again in a minute.
            let Ok(found) = lookup.profiles(actors).await else { break };
            if !self.tell(Control::Rechecked { network, asked, found }).await {
                break;
            }
        }
        Ok(())
    }

    async fn recheck_posts(&self, lookup: &dyn AuthorLookup) -> Result<(), StoreError> {
        let network = lookup.network();
        for _ in 0..BATCHES_MAX {
            let now = self.clock.now();
            let older_than = now.plus_seconds(-RECHECK_AFTER_S);
            let asked = self.store.stale_posts(network, older_than, lookup.batch_max()).await?;
            if asked.is_empty() {
                break;
            }
            let ids = asked.iter().map(|(_, native_id)| native_id.clone()).collect();
            let Ok(found) = lookup.posts(ids).await else { break };
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
                break;
            }
        }
        Ok(())
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
