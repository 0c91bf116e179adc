use super::*;
use crate::app::upkeep::recheck::FIRST_LOOKS_S;
use crate::app::upkeep::unanswered::AGAIN_AFTER_S;

/// What is stored is due to be asked for again, and what is told of it is read here.
struct Scene {
    upkeep: Upkeep,
    unanswered: Unanswered,
    clock: Arc<ManualClock>,
    told: mpsc::Receiver<Control>,
    _folder: tempfile::TempDir,
}

impl Scene {
    async fn new(posts: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("parvis.db").display());
        let clock = Arc::new(ManualClock::new(START));
        let store = store::open(&url, StoreOptions::new(clock.clone()), None).await.unwrap();
        let (control, told) = mpsc::channel(64);
        let retention = Retention::from_days(30);
        let shutdown = Shutdown::new();
        // What is told is not waited for, so that a round is one batch.
        shutdown.trigger();
        let upkeep =
            Upkeep { store, directory: nowhere(), lookups: vec![], control, clock: clock.clone(), retention, shutdown };
        let scene = Self { upkeep, unanswered: Unanswered::default(), clock, told, _folder: folder };
        scene.commit(posts.iter().map(|id| stored(&scene.upkeep.store, id)).collect()).await;
        scene.clock.set(START.plus_seconds(RECHECK_AFTER_S + 60));
        scene
    }

    async fn commit(&self, changes: Vec<Change>) {
        self.upkeep.store.commit(Arc::new(Batch { changes, ..Batch::default() })).await.unwrap();
    }

    async fn seen(&self, native_id: &str) {
        let post = PostId::derive(&self.upkeep.store.id_key(), Network::Bluesky, &NativeId::new(native_id));
        self.commit(vec![Change::Checked { post, at: self.clock.now() }]).await;
    }

    fn later(&self) {
        self.clock.set(self.clock.now().plus_seconds(AGAIN_AFTER_S));
    }

    /// What one round tells, and commits: `+` for what was found, `-` for what goes, `?` for authors asked for, and `!`
    /// for those of them who were not found.
    async fn round(&mut self, network: &Shows) -> Vec<String> {
        self.upkeep.recheck_posts(network, &mut self.unanswered).await.unwrap();
        self.all_told().await
    }

    async fn all_told(&mut self) -> Vec<String> {
        let mut said = Vec::new();
        while let Ok(control) = self.told.try_recv() {
            match control {
                Control::Changes(changes) => {
                    said.extend(changes.iter().map(|change| match change {
                        Change::Delete { native_id, .. } => format!("-{}", native_id.as_str()),
                        Change::Checked { .. } => "+".to_owned(),
                        other => format!("{other:?}"),
                    }));
                    self.commit(changes).await;
                }
                Control::Rechecked { asked, found, .. } => said.extend(asked.iter().map(|author| {
                    let is_found = found.iter().any(|profile| profile.id == *author);
                    format!("{}{}", if is_found { "?" } else { "!" }, author.as_str())
                })),
                Control::Cities { .. } => panic!("no city changes here"),
            }
        }
        said
    }
}

/// A network that shows these posts, with what it says of their labels, and their author or not.
struct Shows(Vec<(&'static str, Option<Vec<Label>>)>, bool);

impl Shows {
    fn only(posts: &[&'static str]) -> Self {
        Self(posts.iter().map(|id| (*id, Some(Vec::new()))).collect(), true)
    }
}

impl AuthorLookup for Shows {
    fn network(&self) -> Network {
        Network::Bluesky
    }

    fn batch_max(&self) -> usize {
        25
    }

    fn profiles(&self, actors: Vec<String>) -> BoxFuture<'_, Result<Vec<AuthorProfile>, LookupError>> {
        let known = actors.into_iter().filter(|_| self.1);
        let profiles = known.map(|id| AuthorProfile::assumed(AuthorId::new(id), Network::Bluesky)).collect();
        futures_util::future::ready(Ok(profiles)).boxed()
    }

    fn posts(&self, asked: Vec<NativeId>) -> BoxFuture<'_, Result<Vec<PostCheck>, LookupError>> {
        let shown = self.0.iter().map(|(id, labels)| (NativeId::new(*id), labels.clone()));
        let found =
            shown.filter(|(id, _)| asked.contains(id)).map(|(native_id, labels)| PostCheck { native_id, labels });
        futures_util::future::ready(Ok(found.collect())).boxed()
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
        let posts = store.stale_posts(network, due, START, &[], 10).await.unwrap().len();
        (posts, store.stale_authors(network, due, START, 10).await.unwrap().len())
    };
    let commit = async |changes| store.commit(Arc::new(Batch { changes, ..Batch::default() })).await.unwrap();
    commit(vec![stored(&store, "sound")]).await;
    assert_eq!(stale().await, (0, 0));
    commit(noted(START.plus_seconds(3_650 * 86_400))).await;
    assert_eq!(stale().await, (1, 1));
    commit(noted(START)).await;
    assert_eq!(stale().await, (0, 0));
}

#[tokio::test]
async fn l10_a_young_post_is_looked_at_soon_for_what_is_said_of_it_after_it_came() {
    let mut scene = Scene::new(&["one", "two", "three"]).await;
    let mut looked = FirstLooks::default();
    let labelled = || Shows(vec![("one", Some(vec![])), ("two", Some(vec![Label::plain("porn")]))], true);
    let mut look = async |scene: &mut Scene, age_s: i64| {
        scene.clock.set(START.plus_seconds(age_s));
        let mut told = Vec::new();
        // One batch each.
        for _ in 0..3 {
            scene.upkeep.look_early(&labelled(), &mut scene.unanswered, &mut looked).await.unwrap();
            told.extend(scene.all_told().await);
        }
        told
    };
    assert!(look(&mut scene, FIRST_LOOKS_S[0] - 1).await.is_empty());
    assert_eq!(look(&mut scene, FIRST_LOOKS_S[0]).await, ["+", "-two"], "and of the third nothing is said");
    assert!(look(&mut scene, FIRST_LOOKS_S[0] + 60).await.is_empty());
    let late = stored(&scene.upkeep.store, "late");
    scene.commit(vec![late]).await;
    assert_eq!(look(&mut scene, FIRST_LOOKS_S[1]).await, ["?did:plc:ana", "+", "-three"]);
    assert!(look(&mut scene, FIRST_LOOKS_S[1] + 60).await.is_empty());
}

#[tokio::test]
async fn l13_a_network_that_finds_nothing_at_all_erases_and_hides_nothing() {
    let mut scene = Scene::new(&["one", "two", "witness"]).await;
    let nothing = Shows(vec![], false);
    for _ in 0..3 {
        assert!(scene.round(&nothing).await.is_empty(), "of several, nothing was found");
        scene.later();
    }
    scene.seen("witness").await;
    for _ in 0..3 {
        assert!(scene.round(&nothing).await.is_empty(), "nor what was there just now");
        scene.later();
    }
    // The only author: one may well be gone, and then is hidden, not erased.
    scene.upkeep.recheck_authors(&nothing).await.unwrap();
    assert_eq!(scene.all_told().await, ["!did:plc:ana"]);
}

#[tokio::test]
async fn l13_one_answer_without_a_post_erases_nothing() {
    let mut scene = Scene::new(&["one", "two"]).await;
    let (both, one) = (Shows::only(&["one", "two"]), Shows::only(&["one"]));
    assert_eq!(scene.round(&one).await, ["+"]);
    assert!(scene.round(&one).await.is_empty(), "it is not asked for again at once");
    scene.later();
    assert_eq!(scene.round(&both).await, ["+"], "the answer had been incomplete");
    // A week later: only what two answers in a row have left out is gone.
    scene.clock.set(scene.clock.now().plus_seconds(RECHECK_AFTER_S + 60));
    assert_eq!(scene.round(&one).await, ["+"]);
    scene.later();
    scene.seen("one").await;
    assert_eq!(scene.round(&one).await, ["?did:plc:ana", "-two"]);
    assert_eq!(scene.upkeep.store.counts().await.unwrap().posts, 1);
}

#[tokio::test]
async fn l11_posts_that_are_gone_with_their_author_wait_for_them() {
    let mut scene = Scene::new(&["one"]).await;
    let away = Shows(vec![], false);
    assert!(scene.round(&away).await.is_empty());
    scene.later();
    assert_eq!(scene.round(&away).await, ["!did:plc:ana"]);
    assert_eq!(scene.upkeep.store.counts().await.unwrap().posts, 1);
}

#[tokio::test]
async fn l13_a_word_that_can_not_be_read_is_no_answer() {
    let mut scene = Scene::new(&["one", "two"]).await;
    let odd = Shows(vec![("one", Some(vec![])), ("two", None)], true);
    assert_eq!(scene.round(&odd).await, ["+"]);
    for _ in 0..3 {
        scene.later();
        assert!(scene.round(&odd).await.is_empty());
    }
    scene.later();
    assert_eq!(scene.round(&Shows(vec![("two", Some(vec![Label::plain("porn")]))], true)).await, ["-two"]);
}

#[tokio::test]
async fn l13_authors_and_posts_are_asked_for_again_within_a_week() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("parvis.db").display());
    let clock = Arc::new(ManualClock::new(START));
    let store = store::open(&url, StoreOptions::new(clock.clone()), None).await.unwrap();
    let changes = ["sound", "labelled", "gone"].map(|id| stored(&store, id)).to_vec();
    store.commit(Arc::new(Batch { changes, ..Batch::default() })).await.unwrap();
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

    clock.set(START.plus_seconds(5 * 86_400));
    upkeep.recheck_posts(&Network1, &mut Unanswered::default()).await.unwrap();
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
                store.commit(Arc::new(Batch { changes, ..Batch::default() })).await.unwrap();
            }
            (rechecked, deleted)
        }
    });
    let mut unanswered = Unanswered::default();
    upkeep.recheck_posts(&Network1, &mut unanswered).await.unwrap();
    upkeep.recheck_authors(&Network1).await.unwrap();
    clock.set(clock.now().plus_seconds(AGAIN_AFTER_S));
    upkeep.recheck_posts(&Network1, &mut unanswered).await.unwrap();
    let due = clock.now().plus_seconds(-RECHECK_AFTER_S);
    assert!(store.stale_posts(Network::Bluesky, due, clock.now(), &[], 10).await.unwrap().is_empty());
    assert!(store.stale_authors(Network::Bluesky, due, clock.now(), 10).await.unwrap().is_empty());
    drop(upkeep);
    let (rechecked, mut deleted) = committing.await.unwrap();
    deleted.sort();
    assert_eq!(rechecked.len(), 2, "for the week, and before a post of theirs is erased: {rechecked:?}");
    assert_eq!(deleted, ["gone", "labelled"], "gone or labelled at its origin goes here too");
}
