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
    Change::Upsert { post: Box::new(post), author: Box::new(author), placements: vec![placement], received_at: START }
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
    let (control, mut told) = mpsc::channel(64);
    let upkeep = Upkeep {
        store: store.clone(),
        lookups: vec![Arc::new(Network1)],
        control,
        clock: clock.clone(),
        retention: Retention::from_days(30),
        shutdown: Shutdown::new(),
    };
    // What is told is not waited for.
    upkeep.shutdown.trigger();
    let began = Instant::now();
    let memory = |newest| Memory { began, clock: ClockGuard::new(newest), waits: false, scrub_at: began };
    let mut guarded = memory(Some(START));
    upkeep.once(&mut guarded).await.unwrap();
    clock.set(START.plus_seconds(3_650 * 86_400));
    upkeep.once(&mut guarded).await.unwrap();
    assert_eq!(store.counts().await.unwrap().posts, 1);
    assert!(told.try_recv().is_err(), "nor is anything asked for by it, and noted as asked for then");
    // A clock of which nothing better is known is believed.
    upkeep.once(&mut memory(None)).await.unwrap();
    assert_eq!(store.counts().await.unwrap().posts, 0);
}

/// A network that finds nothing of anything, but perhaps one post and its author.
struct Blanket(Option<&'static str>);

impl AuthorLookup for Blanket {
    fn network(&self) -> Network {
        Network::Bluesky
    }

    fn batch_max(&self) -> usize {
        25
    }

    fn profiles(&self, _: Vec<String>) -> BoxFuture<'_, Result<Vec<AuthorProfile>, LookupError>> {
        futures_util::future::ready(Ok(Vec::new())).boxed()
    }

    fn posts(&self, asked: Vec<NativeId>) -> BoxFuture<'_, Result<Vec<PostCheck>, LookupError>> {
        let found = asked.into_iter().filter(|id| Some(id.as_str()) == self.0);
        let found = found.map(|native_id| PostCheck { native_id, labels: vec![] }).collect();
        futures_util::future::ready(Ok(found)).boxed()
    }
}

#[tokio::test]
async fn l13_what_a_wrong_clock_noted_as_asked_for_is_asked_for_again_and_then_is_fresh() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("parvis.db").display());
    let store = store::open(&url, StoreOptions::new(Arc::new(ManualClock::new(START))), None).await.unwrap();
    let post = PostId::derive(&store.id_key(), Network::Bluesky, &NativeId::new("sound"));
    let noted = |at| {
        let assumed = AuthorProfile::assumed(AuthorId::new("did:plc:ana"), Network::Bluesky);
        let profile = Box::new(AuthorProfile { checked_at: Some(at), ..assumed });
        let verdict = crate::domain::AuthorVerdict::Show;
        vec![Change::Checked { post, at }, Change::Author { profile, verdict, at }]
    };
    let stale = async || {
        let (due, network) = (START.plus_seconds(-RECHECK_AFTER_S), Network::Bluesky);
        let posts = store.stale_posts(network, due, START, 10).await.unwrap().len();
        (posts, store.stale_authors(network, due, START, 10).await.unwrap().len())
    };
    let commit = async |changes| store.commit(Arc::new(Batch { changes, checkpoints: vec![] })).await.unwrap();
    commit(vec![stored(&store, "sound")]).await;
    assert_eq!(stale().await, (0, 0));
    commit(noted(START.plus_seconds(3_650 * 86_400))).await;
    assert_eq!(stale().await, (1, 1));
    commit(noted(START)).await;
    assert_eq!(stale().await, (0, 0));
}

#[tokio::test]
async fn l13_a_network_that_finds_nothing_at_all_erases_and_hides_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("parvis.db").display());
    let clock = Arc::new(ManualClock::new(START));
    let store = store::open(&url, StoreOptions::new(clock.clone()), None).await.unwrap();
    let changes = ["one", "two", "witness"].map(|id| stored(&store, id)).to_vec();
    store.commit(Arc::new(Batch { changes, checkpoints: vec![] })).await.unwrap();
    let (control, mut told) = mpsc::channel(64);
    let upkeep = Upkeep {
        store: store.clone(),
        lookups: vec![],
        control,
        clock: clock.clone(),
        retention: Retention::from_days(30),
        shutdown: Shutdown::new(),
    };
    clock.set(START.plus_seconds(RECHECK_AFTER_S + 60));
    upkeep.recheck_posts(&Blanket(None)).await.unwrap();
    assert!(told.try_recv().is_err(), "of several, nothing was found");

    let post = PostId::derive(&store.id_key(), Network::Bluesky, &NativeId::new("witness"));
    let seen = vec![Change::Checked { post, at: clock.now() }];
    store.commit(Arc::new(Batch { changes: seen, checkpoints: vec![] })).await.unwrap();
    upkeep.recheck_posts(&Blanket(None)).await.unwrap();
    assert!(told.try_recv().is_err(), "nor what was there just now");
    upkeep.shutdown.trigger();
    upkeep.recheck_posts(&Blanket(Some("witness"))).await.unwrap();
    let Ok(Control::Changes(changes)) = told.try_recv() else { panic!("the two are gone") };
    assert!(matches!(&changes[..], [Change::Delete { .. }, Change::Delete { .. }]), "{changes:?}");

    // The only author: one may well be gone, and then is hidden, not erased.
    upkeep.recheck_authors(&Blanket(None)).await.unwrap();
    assert!(matches!(told.try_recv(), Ok(Control::Rechecked { .. })));
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
                        let author = |profile| Change::Author { profile: Box::new(fresh(profile)), verdict, at: now };
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
    assert!(store.stale_posts(Network::Bluesky, due, clock.now(), 10).await.unwrap().is_empty());
    assert!(store.stale_authors(Network::Bluesky, due, clock.now(), 10).await.unwrap().is_empty());
    drop(upkeep);
    let (rechecked, mut deleted) = committing.await.unwrap();
    deleted.sort();
    assert_eq!(rechecked, [AuthorId::new("did:plc:ana")]);
    assert_eq!(deleted, ["gone", "labelled"], "gone or labelled at its origin goes here too");
}
