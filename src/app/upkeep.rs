use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;

use super::clock_guard::ClockGuard;
use super::drive::Control;
use crate::clock::Clock;
use crate::consent;
use crate::domain::{AuthorId, AuthorLookup, Change, StoreError, Timestamp};
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
        if memory.may_erase_by(now) {
            self.store.retain(now, self.retention).await?;
        }
        if Instant::now() >= memory.scrub_at {
            self.scrub(&mut memory.scrub_at).await;
        }
        let mut more = false;
        for lookup in &self.lookups {
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
            let older_than = self.clock.now().plus_seconds(-RECHECK_AFTER_S);
            let asked: Vec<AuthorId> = self.store.stale_authors(network, older_than, lookup.batch_max()).await?;
            if asked.is_empty() {
                return Ok(false);
            }
            let actors = asked.iter().map(|author| author.as_str().to_owned()).collect();
            // What can't be asked now is asked again in a minute.
            let Ok(found) = lookup.profiles(actors).await else { return Ok(false) };
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
            let asked = self.store.stale_posts(network, older_than, lookup.batch_max()).await?;
            if asked.is_empty() {
                return Ok(false);
            }
            let ids = asked.iter().map(|(_, native_id)| native_id.clone()).collect();
            let Ok(found) = lookup.posts(ids).await else { return Ok(false) };
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

#[cfg(test)]
mod tests {
    use futures_util::future::{BoxFuture, FutureExt};

    use super::*;
    use crate::clock::ManualClock;
    use crate::domain::{
        AuthorProfile, Batch, CityId, Journal, Label, Lane, LookupError, NativeId, Network, Placement, Post, PostCheck,
        PostId, Tier,
    };
    use crate::store::{self, StoreOptions};

    const START: Timestamp = Timestamp::from_micros(1_790_000_000_000_000);

    /// A network that knows every author, one sound post and one that was labelled since.
    struct Network1;

    impl AuthorLookup for Network1 {
        fn network(&self) -> Network {
            Network::Bluesky
        }

        fn batch_max(&self) -> usize {
            25
        }

        fn profiles(&self, actors: Vec<String>) -> BoxFuture<'_, Result<Vec<AuthorProfile>, LookupError>> {
            let profiles = actors.into_iter().map(|id| AuthorProfile::assumed(AuthorId::new(id), Network::Bluesky));
            futures_util::future::ready(Ok(profiles.collect())).boxed()
        }

        fn posts(&self, _: Vec<NativeId>) -> BoxFuture<'_, Result<Vec<PostCheck>, LookupError>> {
            let check = |id: &str, labels| PostCheck { native_id: NativeId::new(id), labels };
            let known = vec![check("sound", vec![]), check("labelled", vec![Label::plain("!hide")])];
            futures_util::future::ready(Ok(known)).boxed()
        }
    }

    fn stored(store: &Store, native_id: &str) -> Change {
        let native_id = NativeId::new(native_id);
        let author = AuthorProfile {
            checked_at: Some(START),
            ..AuthorProfile::assumed(AuthorId::new("did:plc:ana"), Network::Bluesky)
        };
        let post = Post {
            id: PostId::derive(&store.id_key(), Network::Bluesky, &native_id),
            network: Network::Bluesky,
            native_id,
            author: author.id.clone(),
            url: None,
            text: "bonjour".into(),
            facets: vec![],
            languages: vec![],
            created_at: START,
            edited_at: None,
            date_corrected: false,
            revision: "1".into(),
            tags: vec![],
            media: vec![],
            reply: None,
            point: None,
            place_name: None,
            labels: vec![],
            automated: false,
        };
        let placement = Placement {
            city: CityId::new("ville"),
            tier: Some(Tier::Invited),
            reasons: vec![],
            recipe: String::new(),
            zone: None,
            zone_from_text: false,
            location: None,
            lane: Lane::People,
            thread: None,
            reply_to: None,
            official: None,
        };
        Change::Upsert {
            post: Box::new(post),
            author: Box::new(author),
            placements: vec![placement],
            received_at: START,
        }
    }

    /// A network that never answers.
    struct Silent;

    impl AuthorLookup for Silent {
        fn network(&self) -> Network {
            Network::Bluesky
        }

        fn batch_max(&self) -> usize {
            25
        }

        fn profiles(&self, _: Vec<String>) -> BoxFuture<'_, Result<Vec<AuthorProfile>, LookupError>> {
            futures_util::future::pending().boxed()
        }

        fn posts(&self, _: Vec<NativeId>) -> BoxFuture<'_, Result<Vec<PostCheck>, LookupError>> {
            futures_util::future::pending().boxed()
        }
    }

    #[tokio::test]
    async fn w06_a_silent_network_does_not_keep_upkeep_from_stopping() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("parvis.db").display());
        let clock = Arc::new(ManualClock::new(START));
        let store = store::open(&url, StoreOptions::new(clock.clone()), None).await.unwrap();
        store.commit(Arc::new(Batch { changes: vec![stored(&store, "sound")], checkpoints: vec![] })).await.unwrap();
        clock.set(START.plus_seconds(RECHECK_AFTER_S + 60));
        let (control, _told) = mpsc::channel(64);
        let shutdown = Shutdown::new();
        let retention = Retention::from_days(30);
        let lookups: Vec<Arc<dyn AuthorLookup>> = vec![Arc::new(Silent)];
        let upkeep = Upkeep { store, lookups, control, clock, retention, shutdown: shutdown.clone() };
        let running = tokio::spawn(upkeep.run());
        tokio::time::sleep(Duration::from_millis(200)).await;
        shutdown.trigger();
        tokio::time::timeout(Duration::from_secs(5), running).await.expect("it stops").unwrap();
    }

    #[tokio::test]
    async fn d7_a_clock_that_jumped_erases_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("parvis.db").display());
        let clock = Arc::new(ManualClock::new(START));
        let store = store::open(&url, StoreOptions::new(clock.clone()), None).await.unwrap();
        store.commit(Arc::new(Batch { changes: vec![stored(&store, "sound")], checkpoints: vec![] })).await.unwrap();
        assert_eq!(store.newest_arrival().await.unwrap(), Some(START));
        let upkeep = Upkeep {
            store: store.clone(),
            lookups: vec![],
            control: mpsc::channel(1).0,
            clock: clock.clone(),
            retention: Retention::from_days(30),
            shutdown: Shutdown::new(),
        };
        let began = Instant::now();
        let memory = |newest| Memory { began, clock: ClockGuard::new(newest), waits: false, scrub_at: began };
        let mut guarded = memory(Some(START));
        upkeep.once(&mut guarded).await.unwrap();
        clock.set(START.plus_seconds(3_650 * 86_400));
        upkeep.once(&mut guarded).await.unwrap();
        assert_eq!(store.counts().await.unwrap().posts, 1);
        // A clock of which nothing better is known is believed.
        upkeep.once(&mut memory(None)).await.unwrap();
        assert_eq!(store.counts().await.unwrap().posts, 0);
    }

    #[tokio::test]
    async fn l13_authors_and_posts_are_asked_for_again_within_a_week() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("parvis.db").display());
        let clock = Arc::new(ManualClock::new(START));
        let store = store::open(&url, StoreOptions::new(clock.clone()), None).await.unwrap();
        let changes = ["sound", "labelled", "gone"].map(|id| stored(&store, id)).to_vec();
        store.commit(Arc::new(Batch { changes, checkpoints: vec![] })).await.unwrap();
        let (control, mut told) = mpsc::channel(64);
        let upkeep = Upkeep {
            store: store.clone(),
            lookups: vec![Arc::new(Network1)],
            control,
            clock: clock.clone(),
            retention: Retention::from_days(30),
            shutdown: Shutdown::new(),
        };

        clock.set(START.plus_seconds(5 * 86_400));
        upkeep.recheck_posts(&Network1).await.unwrap();
        upkeep.recheck_authors(&Network1).await.unwrap();
        assert!(told.try_recv().is_err(), "nothing is due yet");

        clock.set(START.plus_seconds(RECHECK_AFTER_S + 60));
        // What is told is committed, so that the next round finds it done.
        let committing = tokio::spawn({
            let (store, now) = (store.clone(), clock.now());
            async move {
                let (mut rechecked, mut deleted) = (Vec::new(), Vec::new());
                while let Some(control) = told.recv().await {
                    let changes = match control {
                        Control::Changes(changes) => changes,
                        Control::Rechecked { asked, found, .. } => {
                            rechecked.extend(asked);
                            let fresh = |profile| AuthorProfile { checked_at: Some(now), ..profile };
                            let verdict = crate::domain::AuthorVerdict::Show;
                            let author =
                                |profile| Change::Author { profile: Box::new(fresh(profile)), verdict, at: now };
                            found.into_iter().map(author).collect()
                        }
                        Control::Cities { .. } => continue,
                    };
                    deleted.extend(changes.iter().filter_map(|change| match change {
                        Change::Delete { native_id, .. } => Some(native_id.as_str().to_owned()),
                        _ => None,
                    }));
                    store.commit(Arc::new(Batch { changes, checkpoints: vec![] })).await.unwrap();
                }
                (rechecked, deleted)
            }
        });
        upkeep.recheck_posts(&Network1).await.unwrap();
        upkeep.recheck_authors(&Network1).await.unwrap();
        let due = clock.now().plus_seconds(-RECHECK_AFTER_S);
        assert!(store.stale_posts(Network::Bluesky, due, 10).await.unwrap().is_empty());
        assert!(store.stale_authors(Network::Bluesky, due, 10).await.unwrap().is_empty());
        drop(upkeep);
        let (rechecked, mut deleted) = committing.await.unwrap();
        deleted.sort();
        assert_eq!(rechecked, [AuthorId::new("did:plc:ana")]);
        assert_eq!(deleted, ["gone", "labelled"], "gone or labelled at its origin goes here too");
    }
}
