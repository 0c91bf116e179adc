mod recheck;

use futures_util::future::{BoxFuture, FutureExt};

use super::recheck::RECHECK_AFTER_S;
use super::*;
use crate::app::fake::Silent;
use crate::clock::ManualClock;
use crate::domain::{
    AuthorId, AuthorProfile, Batch, Change, Journal, Label, Lane, LookupError, NativeId, Network, Placement, Post,
    PostCheck, PostId, Schedule, Tier,
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
        let check = |id: &str, labels| PostCheck { native_id: NativeId::new(id), labels: Some(labels) };
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
        schedule: Schedule::default(),
        labels: vec![],
        automated: false,
        copy_of: None,
        addressed: Vec::new(),
        unlisted: false,
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
        expires_at: None,
        thread: None,
        reply_to: None,
        official: None,
        assembly: false,
    };
    Change::Upsert {
        post: Box::new(post),
        author: Box::new(author),
        placements: vec![placement],
        mentions: Vec::new(),
        received_at: START,
    }
}

/// No city is counted.
fn nowhere() -> Arc<ArcSwap<CityDirectory>> {
    Arc::new(ArcSwap::from_pointee(CityDirectory { cities: Vec::new(), broken: Vec::new() }))
}

#[tokio::test]
async fn w06_a_silent_network_does_not_keep_upkeep_from_stopping() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("parvis.db").display());
    let clock = Arc::new(ManualClock::new(START));
    let store = store::open(&url, StoreOptions::new(clock.clone()), None).await.unwrap();
    store.commit(Arc::new(Batch { changes: vec![stored(&store, "sound")], ..Batch::default() })).await.unwrap();
    clock.set(START.plus_seconds(RECHECK_AFTER_S + 60));
    let (control, _told) = mpsc::channel(64);
    let shutdown = Shutdown::new();
    let retention = Retention::from_days(30);
    let lookups: Vec<Arc<dyn AuthorLookup>> = vec![Arc::new(Silent)];
    let upkeep = Upkeep { store, directory: nowhere(), lookups, control, clock, retention, shutdown: shutdown.clone() };
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
    store.commit(Arc::new(Batch { changes: vec![stored(&store, "sound")], ..Batch::default() })).await.unwrap();
    assert_eq!(store.newest_arrival().await.unwrap(), Some(START));
    let (control, mut told) = mpsc::channel(64);
    let upkeep = Upkeep {
        store: store.clone(),
        directory: nowhere(),
        lookups: vec![Arc::new(Network1)],
        control,
        clock: clock.clone(),
        retention: Retention::from_days(30),
        shutdown: Shutdown::new(),
    };
    // What is told is not waited for.
    upkeep.shutdown.trigger();
    let began = Instant::now();
    let mut guarded = Memory::new(began, Some(START));
    upkeep.once(&mut guarded).await.unwrap();
    clock.set(START.plus_seconds(3_650 * 86_400));
    upkeep.once(&mut guarded).await.unwrap();
    assert_eq!(store.counts().await.unwrap().posts, 1);
    assert!(told.try_recv().is_err(), "nor is anything asked for by it, and noted as asked for then");
    // A clock of which nothing better is known is believed.
    upkeep.once(&mut Memory::new(began, None)).await.unwrap();
    assert_eq!(store.counts().await.unwrap().posts, 0);
}
