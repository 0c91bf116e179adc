//! What each change does for readers of a city.

use sqlx::ConnectOptions;

use super::*;

#[tokio::test]
async fn a_post_is_shown_once_and_its_repeat_is_nothing() {
    let place = Place::new().await;
    assert_eq!(place.ops(draft(&place, "a").upsert()).await, ["post a"]);
    assert!(place.ops(draft(&place, "a").upsert()).await.is_empty());
    assert_eq!(place.texts().await, ["a"]);
    assert_eq!(place.head().await.head, Offset(1));
    assert_eq!(place.heard.0.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_card_comes_back_from_the_database_as_it_was_handed_to_the_tail() {
    let place = Place::new().await;
    let mut rich = draft(&place, "a").text("Où ? « Île » \u{0}#Nantes \"x\"\n🦀");
    rich.post.facets = vec![Facet { start: 0, end: 3, kind: FacetKind::Link, value: "https://example.org/é".into() }];
    rich.post.media = vec![Media { kind: MediaKind::Image, url: None, alt: "un \"pont\"".into() }];
    rich.post.tags = vec![Hashtag::new("Île_de_Nantes").unwrap(), Hashtag::new("42").unwrap()];
    rich.post.labels = vec![Label::plain("spoiler")];
    rich.post.languages = vec!["br".into(), "fr".into()];
    rich.post.edited_at = Some(after_s(3));
    rich.post.date_corrected = true;
    rich.post.place_name = Some("Bouffay".into());
    rich.post.reply = Some(Reply { parent: native("x"), root: native("y") });
    rich.post.point = ExactPoint::new(-1.553_621, 47.218_371).map(|point| (point, LocationOrigin::Geotag));
    rich.author.automated = true;
    let placement = &mut rich.placements[0];
    placement.location = Some(CoarseLocation {
        lon: -1.556_1,
        lat: 47.217_700_000_000_1,
        precision_m: 1_000,
        origin: LocationOrigin::Place,
    });
    placement.zone = Some("Centre-ville".into());
    placement.zone_from_text = true;
    placement.lane = Lane::Event("conseil".into());
    placement.official = Some("Ville de Nantes".into());
    let change = rich.upsert();
    let told = place.commit(vec![change.clone()]).await.entries.remove(0).1.remove(0).card.unwrap();
    let read = place.store.card(&nantes(), place.id("a")).await.unwrap().unwrap();
    assert_eq!(read, told);
    assert!(read.sensitive && read.automated);
    // What was read back is equal to what comes again, so that a repeat is seen as one.
    assert!(place.commit(vec![change.clone()]).await.entries.is_empty());
    let place = place.reopened().await;
    assert!(place.commit(vec![change]).await.entries.is_empty());

    let stored = place.store.posts_of_city(&nantes(), None, 10).await.unwrap().remove(0);
    assert_eq!(stored.placement.zone.as_deref(), Some("Centre-ville"));
    assert_eq!(stored.author.handle.as_deref(), Some("ana.example"));
    assert_eq!((stored.post.point, stored.post.place_name.as_deref()), (None, Some("Bouffay")));
    assert_eq!(stored.post.tags[0].key, "ile_de_nantes");
    assert_eq!(stored.post.reply, Some(Reply { parent: native("x"), root: native("y") }));
    assert!(place.store.posts_of_city(&nantes(), Some(place.id("a")), 10).await.unwrap().is_empty());
}

/// Looks, when it is told of a commit, what another process would find in the file.
struct Durable {
    file: PathBuf,
    /// The head told, and the head found.
    heads: Mutex<Vec<(u64, i64)>>,
}

impl CommitListener for Durable {
    fn committed(&self, committed: &Committed) {
        let told = committed.entries[0].1.last().unwrap().offset.0;
        let look = async {
            let mut other = sqlx::sqlite::SqliteConnectOptions::new().filename(&self.file).connect().await.unwrap();
            let found: (i64,) = sqlx::query_as("SELECT max(head) FROM cities").fetch_one(&mut other).await.unwrap();
            found.0
        };
        let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let found = std::thread::scope(|threads| threads.spawn(|| runtime().block_on(look)).join().unwrap());
        self.heads.lock().unwrap().push((told, found));
    }
}

#[tokio::test]
async fn d1_nobody_is_told_of_what_a_crash_could_take_back() {
    let folder = tempfile::tempdir().unwrap();
    let options = StoreOptions { entropy: Some([7; 32]), ..StoreOptions::new(Arc::new(ManualClock::new(NOON))) };
    let durable = Arc::new(Durable { file: database_of(&folder), heads: Mutex::default() });
    let store = open(&url_of(&folder), options, Some(durable.clone())).await.unwrap();
    let place = Place { store, clock: Arc::default(), heard: Arc::default(), folder };
    for name in ["a", "b"] {
        place.commit(vec![draft(&place, name).upsert()]).await;
    }
    assert_eq!(*durable.heads.lock().unwrap(), [(1, 1), (2, 2)]);
}

#[tokio::test]
async fn an_edit_replaces_and_an_older_version_is_nothing() {
    let place = Place::new().await;
    place.ops(draft(&place, "a").revision("2").upsert()).await;
    assert_eq!(place.ops(draft(&place, "a").revision("3").text("better").upsert()).await, ["update better"]);
    assert!(place.ops(draft(&place, "a").revision("1").text("stale").upsert()).await.is_empty());
    assert!(place.ops(draft(&place, "a").revision("3").text("same revision").upsert()).await.is_empty());
    assert_eq!(place.texts().await, ["better"]);
    // Without revisions the content tells.
    assert_eq!(place.ops(draft(&place, "b").revision("").upsert()).await, ["post b"]);
    assert!(place.ops(draft(&place, "b").revision("").upsert()).await.is_empty());
    assert_eq!(place.ops(draft(&place, "b").revision("").text("b2").upsert()).await, ["update b2"]);
}

#[tokio::test]
async fn placements_are_the_whole_truth() {
    let place = Place::new().await;
    let both = vec![placement(nantes(), Some(Tier::Public)), placement(tours(), Some(Tier::Invited))];
    place.ops(draft(&place, "a").placed(both.clone()).upsert()).await;
    assert_eq!(place.page(&tours()).await.len(), 1);
    let only_tours = vec![placement(tours(), Some(Tier::Invited))];
    assert_eq!(place.ops(draft(&place, "a").revision("2").placed(only_tours).upsert()).await, ["remove a"]);
    assert!(place.texts().await.is_empty());
    assert_eq!(place.page(&tours()).await.len(), 1);
    assert_eq!(place.ops(draft(&place, "a").revision("3").placed(both).upsert()).await, ["post a"]);
    // Queued now: shown nowhere, but kept.
    assert_eq!(place.ops(draft(&place, "a").revision("4").tier(None).upsert()).await, ["remove a"]);
    assert_eq!(place.store.counts().await.unwrap().queued, 1);
    assert!(place.page(&tours()).await.is_empty());
    // Asked for by no city: forgotten without a tombstone.
    assert!(place.ops(draft(&place, "a").revision("5").placed(Vec::new()).upsert()).await.is_empty());
    assert_eq!(place.store.counts().await.unwrap().posts, 0);
    assert_eq!(place.ops(draft(&place, "a").upsert()).await, ["post a"]);
    assert_eq!(place.ops(Change::Unplace { post: place.id("a"), city: nantes() }).await, ["remove a"]);
    assert_eq!(place.store.counts().await.unwrap().authors, 0);
}

#[tokio::test]
async fn d5_deleted_posts_stay_deleted_through_a_replay() {
    let place = Place::new().await;
    place.ops(draft(&place, "a").upsert()).await;
    assert_eq!(place.ops(delete("a")).await, ["remove a"]);
    assert_eq!(place.ops(draft(&place, "a").revision("9").upsert()).await, ["deleted"]);
    let place = place.reopened().await;
    assert_eq!(place.ops(draft(&place, "a").upsert()).await, ["deleted"]);
    // Bluesky keeps the order: a deletion of what we never held says nothing about what comes later.
    assert!(place.ops(delete("b")).await.is_empty());
    assert_eq!(place.ops(draft(&place, "b").upsert()).await, ["post b"]);
}

#[tokio::test]
async fn deletions_may_overtake_on_networks_without_order() {
    let place = Place::new().await;
    let id = PostId::derive(&place.store.id_key(), Network::Mastodon, &native("a"));
    let mut overtaken = draft(&place, "a");
    overtaken.post.network = Network::Mastodon;
    overtaken.post.id = id;
    let overtaken = overtaken.by(&AuthorProfile { network: Network::Mastodon, ..profile("ana") });
    place.commit(vec![Change::Delete { network: Network::Mastodon, native_id: native("a"), by: None, at: NOON }]).await;
    let late = Draft { received_at: after_s(8 * 86_400), ..draft(&place, "a") };
    let late = Draft { post: overtaken.post.clone(), author: overtaken.author.clone(), ..late }.upsert();
    assert_eq!(place.ops(overtaken.upsert()).await, ["deleted"]);
    assert_eq!(place.ops(late).await, ["post a"]);
}

#[tokio::test]
async fn l15_somebody_elses_deletion_erases_nothing_and_bars_nothing() {
    let place = Place::new().await;
    let by = |author: &str, post: &str| Change::Delete {
        network: Network::Bluesky,
        native_id: native(post),
        by: Some(AuthorId::new(author)),
        at: NOON,
    };
    place.ops(draft(&place, "a").upsert()).await;
    let author = profile("ana").id;
    assert!(place.ops(by("mallory", "a")).await.is_empty());
    assert!(place.ops(by("mallory", "b")).await.is_empty());
    assert_eq!(place.texts().await, ["a"]);
    assert_eq!(place.ops(draft(&place, "b").upsert()).await, ["post b"], "nobody knew whose it would be");
    assert_eq!(place.ops(by(author.as_str(), "a")).await, ["remove a"]);
    assert_eq!(place.ops(draft(&place, "a").upsert()).await, ["deleted"]);
}

#[tokio::test]
async fn moderation_hides_through_edits_and_keeps_the_position() {
    let place = Place::new().await;
    place.ops(draft(&place, "a").upsert()).await;
    place.ops(draft(&place, "b").upsert()).await;
    assert_eq!(place.ops(hide(&place, "a", true)).await, ["remove a"]);
    assert!(place.ops(hide(&place, "a", true)).await.is_empty());
    assert!(place.ops(draft(&place, "a").revision("2").text("A").upsert()).await.is_empty());
    assert_eq!(place.texts().await, ["b"]);
    assert_eq!(place.ops(hide(&place, "a", false)).await, ["update A"]);
    assert_eq!(place.texts().await, ["b", "A"]);
    assert!(place.ops(hide(&place, "z", true)).await.is_empty());
}

#[tokio::test]
async fn a_hidden_post_that_is_edited_out_of_the_recipe_and_in_again_stays_away() {
    let place = Place::new().await;
    place.ops(draft(&place, "a").upsert()).await;
    place.ops(hide(&place, "a", true)).await;
    assert!(place.ops(draft(&place, "a").revision("2").placed(Vec::new()).upsert()).await.is_empty());
    assert_eq!(place.ops(draft(&place, "a").revision("3").upsert()).await, ["erased"]);
}

#[tokio::test]
async fn l11_inactive_authors_are_hidden_and_come_back_to_their_positions() {
    let place = Place::new().await;
    let bob = profile("bob");
    place.ops(draft(&place, "a").upsert()).await;
    place.ops(draft(&place, "b").by(&bob).upsert()).await;
    place.ops(draft(&place, "c").upsert()).await;
    assert_eq!(place.ops(author(profile("ana"), AuthorVerdict::Hide)).await, ["remove a", "remove c"]);
    // Still gathered, but not shown; a post does not lift the hiding.
    assert!(place.ops(draft(&place, "d").upsert()).await.is_empty());
    assert_eq!(place.texts().await, ["b"]);
    assert_eq!(place.ops(author(profile("ana"), AuthorVerdict::Show)).await, ["update a", "update c", "post d"]);
    assert_eq!(place.texts().await, ["d", "c", "b", "a"]);
    assert_eq!(place.ops(author(profile("ana"), AuthorVerdict::Purge)).await, ["remove a", "remove c", "remove d"]);
    assert_eq!(place.ops(draft(&place, "a").revision("2").upsert()).await, ["deleted"]);
    // A deletion reaches posts of hidden authors too.
    place.ops(author(bob.clone(), AuthorVerdict::Hide)).await;
    assert!(place.ops(delete("b")).await.is_empty());
    assert_eq!(place.store.counts().await.unwrap().posts, 0);
    assert!(place.ops(author(bob, AuthorVerdict::Show)).await.is_empty());
}

#[tokio::test]
async fn unchecked_authors_are_stored_hidden_at_their_positions() {
    let place = Place::new().await;
    let unchecked = AuthorProfile { checked_at: None, ..profile("ana") };
    assert!(place.ops(draft(&place, "a").by(&unchecked).upsert()).await.is_empty());
    place.ops(draft(&place, "b").by(&profile("bob")).upsert()).await;
    assert!(place.store.card(&nantes(), place.id("a")).await.unwrap().is_none());
    let stale = place.store.stale_authors(Network::Bluesky, NOON, NOON, 10).await.unwrap();
    assert_eq!(stale, [AuthorId::new("did:plc:ana")]);
    assert_eq!(place.ops(author(profile("ana"), AuthorVerdict::Show)).await, ["post a"]);
    assert_eq!(place.texts().await, ["b", "a"]);
    // A profile that comes with its post may say that the account is not active.
    let frozen = AuthorProfile { status: AccountStatus::Hidden, ..profile("eve") };
    assert!(place.ops(draft(&place, "e").by(&frozen).upsert()).await.is_empty());
    // An assumed profile never replaces one that was asked for.
    assert_eq!(place.ops(draft(&place, "c").by(&unchecked).upsert()).await, ["post c"]);
}

#[tokio::test]
async fn a_renamed_author_is_renamed_on_the_newest_hundred_cards() {
    let place = Place::new().await;
    let names: Vec<String> = (0..103).map(|number| format!("n{number}")).collect();
    place.commit(names.iter().map(|name| draft(&place, name).upsert()).collect()).await;
    let renamed = AuthorProfile { name: Some("Ana B.".into()), ..profile("ana") };
    let entries = place.commit(vec![author(renamed.clone(), AuthorVerdict::Show)]).await.entries.remove(0).1;
    assert_eq!(entries.len(), 100);
    assert!(entries.iter().all(|entry| entry.op == Op::Update));
    assert_eq!(entries[0].post, place.id("n3"));
    assert!(place.commit(vec![author(renamed, AuthorVerdict::Show)]).await.entries.is_empty());
    assert!(place.page(&nantes()).await.iter().all(|card| card.author.name.as_deref() == Some("Ana B.")));
}

#[tokio::test]
async fn l24_who_left_is_erased_and_never_stored_again() {
    let place = Place::new().await;
    place.ops(draft(&place, "a").upsert()).await;
    place.store.ask_to_leave(&nantes(), Network::Bluesky, "@Ana.Example", NOON).await.unwrap();
    assert_eq!(place.ops(leave("ana")).await, ["remove a"]);
    assert!(place.store.leave_requests().await.unwrap().is_empty());
    let place = place.reopened().await;
    assert_eq!(place.ops(draft(&place, "b").upsert()).await, ["author_left"]);
    let counts = place.store.counts().await.unwrap();
    assert_eq!((counts.posts, counts.authors, counts.suppressed), (0, 0, 1));
    let subject = SubjectHash::derive(&place.store.id_key(), Network::Bluesky, &AuthorId::new("did:plc:ana"));
    assert!(place.store.suppressed().await.unwrap().contains(&subject));
    // Somebody of whom nothing was stored can leave too.
    place.commit(vec![leave("bob")]).await;
    assert_eq!(place.ops(draft(&place, "c").by(&profile("bob")).upsert()).await, ["author_left"]);
}

#[tokio::test]
async fn erased_posts_and_collisions_are_refused() {
    let place = Place::new().await;
    place.ops(draft(&place, "a").upsert()).await;
    assert_eq!(place.ops(Change::Erase { post: place.id("a"), whole: false, at: NOON }).await, ["remove a"]);
    place.ops(delete("a")).await;
    assert_eq!(place.ops(draft(&place, "a").upsert()).await, ["erased"]);
    place.ops(draft(&place, "b").upsert()).await;
    let mut other = draft(&place, "c");
    other.post.id = place.id("b");
    assert_eq!(place.ops(other.upsert()).await, ["collision"]);
    assert_eq!(place.texts().await, ["b"]);
}

#[tokio::test]
async fn one_batch_tells_its_net_effect_and_saves_its_checkpoint() {
    let place = Place::new().await;
    let source = SourceId::new("bluesky");
    let gap = Gap { from: NOON, until: after_s(60) };
    let changes = vec![
        draft(&place, "a").upsert(),
        delete("a"),
        draft(&place, "b").upsert(),
        draft(&place, "b").revision("2").text("B").upsert(),
        draft(&place, "a").upsert(),
        Change::Gap { source: source.clone(), network: Network::Bluesky, gap: gap.clone(), at: NOON },
    ];
    let batch = Batch { changes, checkpoints: vec![(source.clone(), Checkpoint::new("42"))], ..Batch::default() };
    let committed = place.store.commit(Arc::new(batch)).await.unwrap();
    assert_eq!(committed.refused, [(Outcome::Admitted, RefuseReason::Deleted)]);
    let ops: Vec<_> = committed.entries[0].1.iter().map(|entry| (entry.op, entry.post)).collect();
    assert_eq!(ops, [(Op::Post, place.id("b"))]);
    assert_eq!(place.texts().await, ["B"]);
    assert_eq!(place.store.checkpoint(&source).await.unwrap(), Some(Checkpoint::new("42")));
    assert_eq!(place.store.checkpoint(&SourceId::new("other")).await.unwrap(), None);
    assert_eq!(place.store.gaps(5).await.unwrap(), [(source, gap)]);
}

#[tokio::test]
async fn a_refused_post_is_told_as_not_held_and_as_what_it_was_counted() {
    let place = Place::new().await;
    let left = Change::Leave { network: Network::Bluesky, author: AuthorId::new("did:plc:ana"), at: NOON };
    place.commit(vec![left]).await;
    let mut queued = draft(&place, "a");
    queued.placements = vec![placement(nantes(), None)];
    let committed = place.commit(vec![queued.upsert()]).await;
    assert_eq!(committed.refused, [(Outcome::Queued, RefuseReason::AuthorLeft)]);
    assert_eq!((committed.forgotten, committed.stored), (vec![place.id("a")], vec![]));
    let committed = place.commit(vec![draft(&place, "b").by(&profile("zoe")).upsert()]).await;
    assert_eq!((committed.forgotten, committed.stored), (vec![], vec![place.id("b")]));
}

#[tokio::test]
async fn authors_of_whom_nothing_is_stored_are_told() {
    let place = Place::new().await;
    let account = |name: &str| (Network::Bluesky, profile(name).id);
    let mut queued = draft(&place, "b").by(&profile("zoe"));
    queued.placements = vec![placement(nantes(), None)];
    let committed = place
        .commit(vec![draft(&place, "a").upsert(), queued.upsert(), draft(&place, "c").by(&profile("zoe")).upsert()])
        .await;
    assert_eq!(committed.stored_authors, [account("ana"), account("zoe"), account("zoe")]);
    assert_eq!(committed.forgotten_authors, []);
    let unplace = |post| Change::Unplace { post, city: nantes() };
    let committed = place.commit(vec![unplace(place.id("a")), unplace(place.id("b"))]).await;
    assert_eq!(committed.forgotten_authors, [account("ana")], "zoe has another");
    let left = Change::Leave { network: Network::Bluesky, author: profile("lea").id, at: NOON };
    let committed = place.commit(vec![left, draft(&place, "d").by(&profile("lea")).upsert()]).await;
    assert_eq!(committed.forgotten_authors, [account("lea")], "what is refused leaves nobody behind");
}

#[tokio::test]
async fn a_post_hidden_by_the_operator_does_not_come_back_through_a_changed_recipe() {
    let place = Place::new().await;
    place.commit(vec![draft(&place, "a").upsert()]).await;
    place.commit(vec![Change::Hide { post: place.id("a"), hidden: true }]).await;
    place.commit(vec![Change::Unplace { post: place.id("a"), city: nantes() }]).await;
    place.commit(vec![draft(&place, "a").upsert()]).await;
    assert!(place.texts().await.is_empty());
}

#[tokio::test]
async fn s06_what_a_changed_recipe_makes_of_a_post_is_told_once_and_keeps_its_place() {
    let place = Place::new().await;
    place.ops(draft(&place, "a").tier(Some(Tier::Invited)).upsert()).await;
    place.ops(draft(&place, "b").tier(None).upsert()).await;
    let new = |city, recipe: &str| {
        let placement = Placement { recipe: recipe.into(), ..placement(city, Some(Tier::Public)) };
        Change::Replace { post: place.id("a"), placement: Box::new(placement) }
    };
    assert_eq!(place.ops(new(nantes(), "new")).await, ["update a"]);
    assert_eq!(
        place.page(&nantes()).await.iter().map(|card| (card.tier, card.position)).collect::<Vec<_>>(),
        [(Tier::Public, 1)]
    );
    assert!(place.ops(new(nantes(), "new")).await.is_empty());
    assert!(place.ops(new(tours(), "other")).await.is_empty(), "where it does not stand it is not placed");
    let queued = Placement { recipe: "new".into(), ..placement(nantes(), Some(Tier::Public)) };
    let queued = Change::Replace { post: place.id("b"), placement: Box::new(queued) };
    assert!(place.ops(queued).await.is_empty(), "a moderator decides");
}
