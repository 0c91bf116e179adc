//! One utterance, one card: 60 true groups and 200 near misses through the pipeline and the store, and what the networks'
//! frames declare of copies.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use parvis::clock::ManualClock;
use parvis::consent::Policy;
use parvis::domain::{
    AuthorId, AuthorProfile, Card, CityId, Event, FeedLog, Filter, Journal, Lane, ListedAs, Media, MediaKind, NativeId,
    Network, Observation, RawPost, Reply, SourceId,
};
use parvis::intake::{Authors, Dropped, Intake, KnownPosts};
use parvis::matcher::{CitySet, ListedAccounts};
use parvis::pipeline::observe;
use parvis::store::{self, Store, StoreOptions};
use serde::Deserialize;
use tempfile::TempDir;

use crate::support::city::city;
use crate::support::scene::NOW;

const GROUPS: &str = include_str!("../fixtures/utterance/groups.jsonl");
const NEAR_MISSES: &str = include_str!("../fixtures/utterance/near_misses.jsonl");

#[derive(Clone, Debug, Deserialize)]
struct Line {
    why: String,
    posts: Vec<Said>,
}

#[derive(Clone, Debug, Deserialize)]
struct Said {
    net: String,
    by: String,
    id: String,
    url: String,
    text: String,
    of: Option<String>,
    #[serde(default)]
    at: i64,
    #[serde(default)]
    links: Vec<String>,
    #[serde(default)]
    media: usize,
    #[serde(default)]
    tags: Vec<String>,
    reply: Option<String>,
    lane: Option<String>,
}

impl Said {
    fn network(&self) -> Network {
        Network::parse(&self.net).unwrap()
    }

    fn observation(&self) -> Observation {
        let media = |kind, url: Option<&String>| Media { kind, url: url.cloned(), alt: String::new() };
        let links = self.links.iter().map(|link| media(MediaKind::Link, Some(link)));
        let pictures = (0..self.media).map(|_| media(MediaKind::Image, None));
        let reply = self.reply.as_ref().map(NativeId::new);
        let author = AuthorId::new(&*self.by);
        let post = RawPost {
            profile: Some(Box::new(AuthorProfile::assumed(author.clone(), self.network()))),
            url: Some(self.url.clone()),
            languages: vec!["fr".into()],
            revision: "1".into(),
            tags: self.tags.clone(),
            media: links.chain(pictures).collect(),
            reply: reply.map(|parent| Reply { root: parent.clone(), parent }),
            copy_of: self.of.clone(),
            ..RawPost::bare(author, NativeId::new(&*self.id), &*self.text, NOW.plus_seconds(self.at - 90_000))
        };
        Observation {
            source: SourceId::new(&self.net),
            network: self.network(),
            checkpoint: None,
            sent_at: None,
            event: Event::Post(Box::new(post)),
        }
    }
}

fn lines(text: &str) -> Vec<Line> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A city, its pipeline and its store.
struct Square {
    intake: Intake,
    store: Store,
    _folder: TempDir,
}

fn valbourg() -> CityId {
    CityId::new("valbourg")
}

impl Square {
    async fn open(feeds: impl Iterator<Item = &Said>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("parvis.db").display());
        let options = StoreOptions { entropy: Some([7; 32]), ..StoreOptions::new(Arc::new(ManualClock::new(NOW))) };
        let store = store::open(&url, options, None).await.unwrap();
        let key = store.id_key();
        let file = "name = \"Valbourg\"\n[recipe]\nhashtags = [\"valbourg\"]\n";
        let cities = CitySet::compile(vec![city("valbourg", file)]);
        let authors = Authors::new(key, [], Default::default());
        let mut intake = Intake::new(key, Policy::Standard, Arc::new(cities), KnownPosts::default(), authors);
        intake.listed = listed(feeds);
        Self { intake, store, _folder: folder }
    }

    fn observe(&mut self, said: &Said) {
        observe(&mut self.intake, said.observation(), NOW);
    }

    async fn commit(&mut self) {
        let batch = Arc::new(self.intake.take_batch());
        let committed = self.store.commit(batch).await.unwrap();
        self.intake.forget(Dropped::of(&committed));
    }

    async fn cards(&self) -> BTreeMap<String, Arc<Card>> {
        let mut cards = BTreeMap::new();
        let mut before = None;
        loop {
            let page = self.store.page(&valbourg(), &Filter::default(), None, before, 1_000, false).await.unwrap();
            cards.extend(page.cards.iter().map(|card| (card.native_id.as_str().to_owned(), card.clone())));
            before = page.next;
            if before.is_none() {
                return cards;
            }
        }
    }
}

fn listed<'a>(feeds: impl Iterator<Item = &'a Said>) -> ListedAccounts {
    let mut listed = ListedAccounts::default();
    let mut list = |network, author: &str, body: Option<&str>, lane| {
        let listing = ListedAs { name: author.to_owned(), body: body.map(str::to_owned), lane: Some(lane) };
        listed.insert(network, AuthorId::new(author), valbourg(), listing);
    };
    let town = Some("Ville de Valbourg");
    list(Network::Bluesky, "did:plc:mairie", town, Lane::Info);
    list(Network::Mastodon, "https://ville.example/users/mairie", town, Lane::Info);
    list(Network::Nostr, &"aa".repeat(32), town, Lane::Info);
    list(Network::Mastodon, "https://ville.example/users/agglo", Some("Agglo de Valbourg"), Lane::Info);
    for feed in feeds.filter(|said| said.network() == Network::Feed) {
        list(Network::Feed, &feed.by, None, Lane::parse(feed.lane.as_deref().unwrap()).unwrap());
    }
    listed
}

/// All posts in an order of arrival, and how many of them go into one transaction.
async fn arrived(groups: &[Line], order: impl Fn(&mut Vec<Said>), at_once: usize) -> BTreeMap<String, Arc<Card>> {
    let mut all: Vec<Said> = groups.iter().flat_map(|group| group.posts.clone()).collect();
    order(&mut all);
    let mut square = Square::open(all.iter()).await;
    for some in all.chunks(at_once) {
        some.iter().for_each(|said| square.observe(said));
        square.commit().await;
    }
    assert_eq!(square.intake.tally.counts().collect::<Vec<_>>(), [("admitted", all.len() as u64)]);
    square.cards().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d4_sixty_utterances_are_sixty_cards_and_two_hundred_near_misses_are_none() {
    let (groups, near) = (lines(GROUPS), lines(NEAR_MISSES));
    assert_eq!((groups.len(), near.len()), (60, 200));
    let all = [groups.clone(), near.clone()].concat();
    let shuffle = |seed| move |all: &mut Vec<Said>| fastrand::Rng::with_seed(seed).shuffle(all);
    type Order = Box<dyn Fn(&mut Vec<Said>)>;
    let orders: [(Order, usize); 4] = [
        (Box::new(|_| {}), 50),
        (Box::new(|all| all.reverse()), 7),
        (Box::new(shuffle(1)), 1_000),
        (Box::new(shuffle(2)), 3),
    ];
    for (order, at_once) in orders {
        let cards = arrived(&all, order, at_once).await;
        for group in &groups {
            let shown: Vec<&Arc<Card>> = group.posts.iter().filter_map(|said| cards.get(&said.id)).collect();
            assert_eq!(shown.len(), 1, "{}: {:?}", group.why, group.posts);
            // The card says where else it is, but for what is the same page.
            let elsewhere: BTreeSet<&str> = shown[0].copies.iter().map(|copy| copy.url.as_str()).collect();
            let is_page = |said: &&Said| said.network() == Network::Feed || said.id == shown[0].native_id.as_str();
            for said in group.posts.iter().filter(|said| !is_page(said)) {
                assert!(elsewhere.contains(said.url.as_str()), "{}: {said:?} {elsewhere:?}", group.why);
            }
        }
        let near_posts: Vec<&Said> = near.iter().flat_map(|group| &group.posts).collect();
        for group in &near {
            for said in &group.posts {
                assert!(cards.contains_key(&said.id), "{}: {said:?} is swallowed", group.why);
            }
        }
        assert_eq!(cards.len(), 60 + near_posts.len());
    }
}

#[tokio::test]
async fn d4_the_card_of_what_was_declared_is_the_origins() {
    for group in lines(GROUPS) {
        let declared: Vec<&Said> = group
            .posts
            .iter()
            .filter(|said| group.posts.iter().any(|copy| copy.of.as_ref() == Some(&said.id)))
            .collect();
        let Some(origin) = declared.iter().find(|said| said.of.is_none()) else { continue };
        let cards = arrived(std::slice::from_ref(&group), |all| all.reverse(), 1).await;
        assert_eq!(cards.keys().collect::<Vec<_>>(), [&origin.id], "{}", group.why);
    }
}
