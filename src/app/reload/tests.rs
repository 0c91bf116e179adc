use futures_util::future::{BoxFuture, FutureExt};

use super::*;
use crate::app::cities;
use crate::clock::ManualClock;
use crate::domain::{
    AuthorId, AuthorLookup, AuthorProfile, Batch, Change, CoarseLocation, Hashtag, IdKey, Journal, Lane,
    LocationOrigin, LookupError, NativeId, Network, Placement, Post, PostCheck, PostId, Reason, Reply, Rule, Schedule,
    Tier, Timestamp,
};
use crate::live::LiveLimits;
use crate::live::fake::CountingRenderer;
use crate::store::{self, StoreOptions};

const NOW: Timestamp = Timestamp::from_micros(1_790_000_000_000_000);

/// A network that does not answer, or knows everybody by the handle `<id>.example`.
struct FakeNetwork {
    answers: bool,
}

impl AuthorLookup for FakeNetwork {
    fn network(&self) -> Network {
        Network::Bluesky
    }

    fn batch_max(&self) -> usize {
        25
    }

    fn profiles(&self, actors: Vec<String>) -> BoxFuture<'_, Result<Vec<AuthorProfile>, LookupError>> {
        let profile = |handle: String| AuthorProfile {
            handle: Some(handle.clone()),
            ..AuthorProfile::assumed(AuthorId::new(handle.trim_end_matches(".example")), Network::Bluesky)
        };
        let silent = LookupError::Unavailable { reason: "down".into(), retry_after_s: None };
        let answer = if self.answers { Ok(actors.into_iter().map(profile).collect()) } else { Err(silent) };
        futures_util::future::ready(answer).boxed()
    }

    fn posts(&self, _: Vec<NativeId>) -> BoxFuture<'_, Result<Vec<PostCheck>, LookupError>> {
        futures_util::future::ready(Ok(Vec::new())).boxed()
    }
}

fn id(key: &IdKey, name: &str) -> PostId {
    PostId::derive(key, Network::Bluesky, &NativeId::new(name))
}

fn post(key: &IdKey, author: &str, name: &str, tags: &[&str], to: Option<&str>) -> Post {
    Post {
        id: id(key, name),
        network: Network::Bluesky,
        native_id: NativeId::new(name),
        author: AuthorId::new(author),
        url: None,
        text: name.into(),
        facets: vec![],
        languages: vec!["fr".into()],
        created_at: NOW,
        edited_at: None,
        date_corrected: false,
        revision: "1".into(),
        tags: tags.iter().filter_map(|tag| Hashtag::new(tag)).collect(),
        media: vec![],
        reply: to.map(|to| Reply { parent: NativeId::new(to), root: NativeId::new(to) }),
        point: None,
        place_name: None,
        schedule: Schedule::default(),
        labels: vec![],
        automated: false,
        copy_of: None,
        addressed: Vec::new(),
        unlisted: false,
    }
}

struct Scene {
    reload: Reload,
    under_way: UnderWay,
    told: mpsc::Receiver<Control>,
    key: IdKey,
    folder: tempfile::TempDir,
}

impl Scene {
    /// A city of which a first recipe has admitted posts, and whose file says `recipe` now.
    async fn new(recipe: &str, answers: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("parvis.db").display());
        let store = store::open(&url, StoreOptions::new(Arc::new(ManualClock::new(NOW))), None).await.unwrap();
        let cities = folder.path().join("cities");
        std::fs::create_dir(&cities).unwrap();
        for (name, west) in [("here", 0.9), ("beside", 1.0005), ("far", 1.5)] {
            let (east, south, north) = (west + 0.2, 46.9, 47.1);
            let outline = format!(
                r#"{{"type":"Polygon","coordinates":[[[{west},{south}],[{east},{south}],[{east},{north}],[{west},{north}],[{west},{south}]]]}}"#
            );
            std::fs::write(cities.join(format!("{name}.geojson")), outline).unwrap();
        }
        std::fs::write(cities.join("ville.toml"), format!("name = \"Ville\"\n{recipe}")).unwrap();
        let read = cities::read(&cities, &|_| {}, NOW).unwrap();
        let (control, told) = mpsc::channel(64);
        let mut listed = Listed::new(cities::resolvers(&[Arc::new(FakeNetwork { answers })], []));
        let mut answers = listed.ask(read.set.cities(), false);
        listed.take_within(&mut answers, Duration::from_secs(10)).await;
        let log: Arc<dyn FeedLog> = Arc::new(store.clone());
        let live = Live::new(log, Arc::new(CountingRenderer::default()), |_, _| String::new(), LiveLimits::default());
        let set = Arc::new(read.set);
        let reload = Reload {
            files: read.files,
            amend: Arc::new(|_| {}),
            policy: Policy::Standard,
            following: Following::idle(&store),
            listed,
            answers,
            broken: BTreeMap::new(),
            live,
            directory: Arc::default(),
            control,
            to_rematch: set.cities().iter().map(|city| city.id.clone()).collect(),
            served: set,
            clock: Arc::new(ManualClock::new(NOW)),
            shutdown: Shutdown::new(),
            store: store.clone(),
        };
        Self { reload, under_way: UnderWay::default(), told, key: store.id_key(), folder }
    }

    async fn holds(&self, post: Post, reasons: &[(Rule, &str)], has_place: bool) {
        self.stands(post, reasons, has_place, (Tier::Public, Lane::People, None)).await;
    }

    async fn stands(
        &self,
        post: Post,
        reasons: &[(Rule, &str)],
        has_place: bool,
        (tier, lane, official): (Tier, Lane, Option<&str>),
    ) {
        let author =
            AuthorProfile { checked_at: Some(NOW), ..AuthorProfile::assumed(post.author.clone(), Network::Bluesky) };
        let location = CoarseLocation { lon: 1.0, lat: 47.0, precision_m: 1_000, origin: LocationOrigin::Geotag };
        let placement = Placement {
            city: CityId::new("ville"),
            tier: Some(tier),
            reasons: reasons.iter().map(|(rule, value)| Reason { rule: *rule, value: (*value).into() }).collect(),
            recipe: "an earlier one".into(),
            zone: None,
            zone_from_text: false,
            location: has_place.then_some(location),
            lane,
            expires_at: None,
            thread: None,
            reply_to: None,
            official: official.map(Into::into),
            assembly: false,
        };
        let (post, author) = (Box::new(post), Box::new(author));
        let change =
            Change::Upsert { post, author, placements: vec![placement], mentions: Vec::new(), received_at: NOW };
        self.reload.store.commit(Arc::new(Batch { changes: vec![change], ..Batch::default() })).await.unwrap();
    }

    /// Names of the posts that are taken out.
    async fn gone(&mut self, names: &[&str]) -> Vec<String> {
        while let Some(rematching) = self.reload.next_rematch(&mut self.under_way) {
            rematching.await.1.unwrap();
        }
        let mut gone = Vec::new();
        while let Ok(control) = self.told.try_recv() {
            let Control::Changes(changes) = control else { continue };
            for change in changes {
                let Change::Unplace { post, .. } = change else { continue };
                gone.extend(names.iter().filter(|name| id(&self.key, name) == post).map(|name| (*name).to_owned()));
            }
        }
        gone.sort();
        gone
    }
}

#[tokio::test]
async fn s06_what_an_account_admitted_waits_for_its_network_to_answer() {
    for (answers, handle, expected) in
        [(false, "ana", vec![]), (true, "ana", vec![]), (true, "bob", vec!["a".to_owned()]), (false, "bob", vec![])]
    {
        let recipe = format!("[recipe]\nhashtags = [\"ville\"]\naccounts = [\"bsky:{handle}.example\"]\n");
        let mut scene = Scene::new(&recipe, answers).await;
        scene.holds(post(&scene.key, "ana", "a", &[], None), &[(Rule::Account, "ana.example")], false).await;
        assert_eq!(scene.gone(&["a"]).await, expected, "{handle}, answers: {answers}");
        assert_eq!(scene.under_way.half_matched.is_empty(), answers, "it is done again when the network has answered");
    }
}

#[tokio::test]
async fn s06_a_changed_recipe_takes_out_what_it_excludes_and_what_is_only_ambiguous_now() {
    let recipe = "boundary = \"here.geojson\"\n[recipe]\nhashtags = [\"ville\"]\nambiguous = [\"fcv\"]\nexclude = { hashtags = [\"pub\"] }\n";
    let mut scene = Scene::new(recipe, true).await;
    let tagged = |name, tags: &[&str]| post(&scene.key, "ana", name, tags, None);
    scene.holds(tagged("point", &[]), &[(Rule::Geotag, "Ville")], true).await;
    scene.holds(tagged("around", &[]), &[(Rule::Around, "Pays")], true).await;
    scene.holds(tagged("around_tag", &["pays"]), &[(Rule::Around, "pays")], false).await;
    scene.holds(tagged("advert", &["pub"]), &[(Rule::Geotag, "Ville")], true).await;
    scene.holds(tagged("club", &["fcv"]), &[(Rule::Hashtag, "fcv")], false).await;
    scene.holds(tagged("kept", &["ville"]), &[(Rule::Hashtag, "ville")], false).await;
    let names = ["point", "around", "around_tag", "advert", "club", "kept"];
    assert_eq!(scene.gone(&names).await, ["advert", "around_tag", "club"]);
}

#[tokio::test]
async fn s06_a_moved_outline_takes_out_what_surely_lay_outside() {
    // The cell of (1, 47) ends at 1.0011 degrees east: the exact point may lie in what begins at 1.0005.
    let (city, around) = (|name: &str| format!("boundary = \"{name}.geojson\"\n"), "[around]\nname = \"Pays\"\n");
    for (drawn, expected) in [
        (city("here"), vec![]),
        (city("beside"), vec![]),
        (city("far"), vec!["around", "point"]),
        (format!("{}{around}{}", city("far"), city("here")), vec![]),
        (String::new(), vec!["around", "point", "withheld"]),
    ] {
        let mut scene = Scene::new(&format!("{drawn}[recipe]\nhashtags = [\"ville\"]\n"), true).await;
        let plain = |name| post(&scene.key, "ana", name, &[], None);
        scene.holds(plain("point"), &[(Rule::Geotag, "Ville")], true).await;
        scene.holds(plain("around"), &[(Rule::Around, "Pays")], true).await;
        scene.holds(plain("withheld"), &[(Rule::Geotag, "Ville")], false).await;
        assert_eq!(scene.gone(&["point", "around", "withheld"]).await, expected, "{drawn}");
    }
}

#[tokio::test]
async fn q7_a_reply_that_had_a_tag_of_its_own_goes_with_its_thread() {
    let mut scene = Scene::new("[recipe]\nhashtags = [\"ville\"]\n", true).await;
    let key = scene.key;
    let in_thread = |root: &str| id(&key, root).token();
    for (root, tag) in [("old", "bourg"), ("new", "ville")] {
        scene.holds(post(&key, "ana", root, &[tag], None), &[(Rule::Hashtag, tag)], false).await;
        let reply = post(&key, "bob", &format!("{root} reply"), &["bourg"], Some(root));
        scene.holds(reply, &[(Rule::Hashtag, "bourg"), (Rule::Thread, &in_thread(root))], false).await;
    }
    assert_eq!(scene.gone(&["old", "new", "old reply", "new reply"]).await, ["old", "old reply"]);
}

#[tokio::test]
async fn s06_a_city_that_comes_back_is_matched_again() {
    let mut scene = Scene::new("[recipe]\nhashtags = [\"ville\"]\n", true).await;
    let city = scene.reload.served.cities().first().cloned().unwrap();
    scene.reload.to_rematch.clear();
    for state in [CityState::Gone, CityState::Sound(city)] {
        scene.reload.put_in_service(&BTreeMap::from([("ville".to_owned(), state)])).await.unwrap();
    }
    assert!(scene.reload.to_rematch.contains(&CityId::new("ville")));
    drop(scene.folder);
}

#[tokio::test]
async fn s06_what_did_not_change_stays_the_very_same() {
    let mut scene = Scene::new("[recipe]\nhashtags = [\"ville\"]\n", true).await;
    let ville = scene.reload.served.cities().first().cloned().unwrap();
    scene.reload.to_rematch.clear();
    let mut other = City::clone(&ville);
    other.id = CityId::new("bourg");
    let changes =
        [("bourg".to_owned(), CityState::Sound(Arc::new(other))), ("bad".to_owned(), CityState::Broken(vec![]))];
    scene.reload.put_in_service(&BTreeMap::from(changes)).await.unwrap();
    assert!(Arc::ptr_eq(scene.reload.served.city(&ville.id).unwrap(), &ville));
    assert_eq!(scene.reload.to_rematch, BTreeSet::from([CityId::new("bourg")]));
    assert_eq!(scene.reload.directory.load().broken.len(), 1);
    // A file that broke leaves its running city; one that is mended or gone is no longer told of.
    let broke = ("ville".to_owned(), CityState::Broken(vec![]));
    scene.reload.put_in_service(&BTreeMap::from([broke, ("bad".to_owned(), CityState::Gone)])).await.unwrap();
    assert!(Arc::ptr_eq(scene.reload.served.city(&ville.id).unwrap(), &ville));
    let broken: Vec<String> = scene.reload.directory.load().broken.iter().map(|(slug, _)| slug.clone()).collect();
    assert_eq!(broken, ["ville"]);
    scene.reload.put_in_service(&BTreeMap::from([("ville".to_owned(), CityState::Gone)])).await.unwrap();
    assert_eq!(scene.reload.served.cities().len(), 1, "a broken file that is deleted takes its city with it");
    assert!(scene.reload.directory.load().broken.is_empty());
}

/// A wrong handle was listed as the town hall's, and is corrected.
#[tokio::test]
async fn s06_who_is_no_longer_listed_speaks_as_anybody_does() {
    let body = "[[official]]\nname = \"Mairie\"\nkind = \"institution\"\naccounts = [\"bsky:bob.example\"]\n";
    for answers in [true, false] {
        let mut scene = Scene::new(&format!("[recipe]\nhashtags = [\"ville\"]\n{body}"), answers).await;
        let (key, tag) = (scene.key, (Rule::Hashtag, "ville"));
        let account = (Rule::Account, "Mairie");
        let as_body = || (Tier::Invited, Lane::Info, Some("Mairie"));
        scene.stands(post(&key, "ana", "wrong", &["ville"], None), &[tag, account], false, as_body()).await;
        scene.holds(post(&key, "bob", "right", &["ville"], None), &[tag], false).await;
        scene.holds(post(&key, "zoe", "other", &["ville"], None), &[tag], false).await;
        let thread = id(&key, "other").token();
        let reply = post(&key, "ana", "reply", &[], Some("other"));
        scene.stands(reply, &[account, (Rule::Thread, &thread)], false, as_body()).await;
        while let Some(rematching) = scene.reload.next_rematch(&mut scene.under_way) {
            rematching.await.1.unwrap();
        }
        let mut said = Vec::new();
        while let Ok(Control::Changes(changes)) = scene.told.try_recv() {
            said.extend(changes.iter().map(|change| {
                let Change::Replace { post, placement } = change else { panic!("{change:?}") };
                let name = ["wrong", "right", "other", "reply"].into_iter().find(|name| id(&key, name) == *post);
                (name.unwrap(), placement.tier, placement.lane.clone(), placement.official.clone())
            }));
        }
        said.sort_by_key(|(name, ..)| *name);
        let as_anybody = |name| (name, Some(Tier::Public), Lane::People, None);
        let right = ("right", Some(Tier::Invited), Lane::Info, Some("Mairie".to_owned()));
        let expected = vec![as_anybody("reply"), right, as_anybody("wrong")];
        assert_eq!(said, if answers { expected } else { vec![] }, "answers: {answers}");
    }
}
