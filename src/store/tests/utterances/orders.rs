//! D4, W1: in whatever order posts of one utterance come and go, what is shown follows from what stands.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};

use proptest::prelude::*;

use super::*;

/// Network, author, and what it declares to copy. O and R are one account's, of the body that C's account belongs to too.
const POSTS: [(Network, &str, Option<usize>); 8] = [
    (Network::Bluesky, "town", None),
    (Network::Mastodon, "bridge", Some(O)),
    (Network::Nostr, "relayed", Some(B)),
    (Network::Mastodon, "town", None),
    (Network::Bluesky, "bridged", Some(C)),
    (Network::Nostr, "liar", Some(O)),
    (Network::Bluesky, "town", None),
    (Network::Mastodon, "somebody", None),
];
const O: usize = 0;
const B: usize = 1;
const N: usize = 2;
const C: usize = 3;
const K: usize = 4;
const LIAR: usize = 5;
const R: usize = 6;

#[derive(Clone, Debug)]
enum Act {
    Upsert(usize),
    Delete(usize),
    Account(usize, bool),
    Hide(usize, bool),
}

fn acts() -> impl Strategy<Value = Act> {
    let post = 0..POSTS.len();
    prop_oneof![
        8 => post.clone().prop_map(Act::Upsert),
        3 => post.clone().prop_map(Act::Delete),
        4 => (post.clone(), any::<bool>()).prop_map(|(post, hidden)| Act::Account(post, hidden)),
        2 => (post, any::<bool>()).prop_map(|(post, hidden)| Act::Hide(post, hidden)),
    ]
}

/// The slow, obvious model.
#[derive(Default)]
struct Model {
    /// With the number of its place.
    live: BTreeMap<usize, u64>,
    dead: BTreeSet<usize>,
    /// Accounts of which something is stored, or was before the batch.
    known: BTreeSet<(Network, &'static str)>,
    hidden_accounts: BTreeSet<(Network, &'static str)>,
    moderated: BTreeSet<usize>,
    places: u64,
}

fn account(post: usize) -> (Network, &'static str) {
    (POSTS[post].0, POSTS[post].1)
}

impl Model {
    fn copies_of(&self, origin: usize) -> Vec<usize> {
        self.live.keys().copied().filter(|post| POSTS[*post].2 == Some(origin)).collect()
    }

    fn apply(&mut self, act: &Act) {
        match act {
            Act::Upsert(post) => {
                let is_refused = self.dead.contains(post) || POSTS[*post].2.is_some_and(|of| self.dead.contains(&of));
                if !is_refused && !self.live.contains_key(post) {
                    self.places += 1;
                    self.live.insert(*post, self.places);
                    self.known.insert(account(*post));
                }
            }
            Act::Delete(post) => {
                let says_nothing = POSTS[*post].0 == Network::Bluesky
                    && !self.live.contains_key(post)
                    && self.copies_of(*post).is_empty();
                if !says_nothing {
                    self.die(*post);
                }
            }
            Act::Account(post, hidden) => {
                if self.known.contains(&account(*post)) {
                    let accounts = &mut self.hidden_accounts;
                    _ = if *hidden { accounts.insert(account(*post)) } else { accounts.remove(&account(*post)) };
                }
            }
            Act::Hide(post, true) => {
                if self.live.contains_key(post) {
                    self.moderated.insert(*post);
                }
            }
            Act::Hide(post, false) => {
                self.moderated.remove(post);
                for group in self.groups().iter().filter(|group| group.contains(post)) {
                    group.iter().for_each(|mate| _ = self.moderated.remove(mate));
                }
            }
        }
    }

    fn die(&mut self, post: usize) {
        let copies = self.copies_of(post);
        self.live.remove(&post);
        self.moderated.remove(&post);
        self.dead.insert(post);
        copies.into_iter().for_each(|copy| self.die(copy));
    }

    fn settle(&mut self) {
        for group in self.groups() {
            if group.iter().any(|post| self.moderated.contains(post)) {
                self.moderated.extend(group);
            }
        }
        let (live, known) = (&self.live, &mut self.known);
        known.retain(|account_of| live.keys().any(|post| account(*post) == *account_of));
        self.hidden_accounts.retain(|hidden| known.contains(hidden));
    }

    /// Everything that stands, each with what it is one utterance with.
    fn groups(&self) -> Vec<BTreeSet<usize>> {
        let is_live = |post: usize| self.live.contains_key(&post);
        let mut links = vec![(O, B), (B, N), (C, K)];
        // The body's post on the other network is the one of the same hour, where that stands.
        links.push(if is_live(O) { (O, C) } else { (R, C) });
        let mut groups: Vec<BTreeSet<usize>> = self.live.keys().map(|post| BTreeSet::from([*post])).collect();
        for (a, b) in links.into_iter().filter(|(a, b)| is_live(*a) && is_live(*b)) {
            let (joined, mut others): (Vec<_>, Vec<_>) =
                groups.into_iter().partition(|group| group.contains(&a) || group.contains(&b));
            others.push(joined.into_iter().flatten().collect());
            groups = others;
        }
        groups
    }

    /// The cards by their places, each with where else it is.
    fn page(&self) -> Vec<(usize, BTreeSet<usize>)> {
        let mut page = BTreeMap::new();
        for group in self.groups() {
            let is_fit =
                |post: &usize| !self.moderated.contains(post) && !self.hidden_accounts.contains(&account(*post));
            let mut fit: BTreeSet<usize> = group.iter().copied().filter(is_fit).collect();
            loop {
                let orphan = |post: &usize| POSTS[*post].2.is_some_and(|of| group.contains(&of) && !fit.contains(&of));
                let Some(gone) = fit.iter().copied().find(|post| orphan(post)) else { break };
                fit.remove(&gone);
            }
            let names = |post: usize| POSTS[post].2.filter(|of| fit.contains(of));
            let is_origin = |post: &usize| names(*post).is_none() && fit.iter().any(|copy| names(*copy) == Some(*post));
            let first = |posts: Vec<usize>| posts.into_iter().min_by_key(|post| self.live[post]);
            let origins = fit.iter().copied().filter(is_origin).collect::<Vec<_>>();
            let Some(head) = first(origins).or(first(fit.iter().copied().collect())) else { continue };
            page.insert(self.live[&head], (head, fit.into_iter().filter(|post| *post != head).collect()));
        }
        page.into_values().rev().collect()
    }
}

/// One run: its own city, authors and posts in a database that all runs share.
struct Run<'a> {
    place: &'a Place,
    number: u64,
}

impl Run<'_> {
    fn city(&self) -> CityId {
        CityId::new(&format!("city-{}", self.number))
    }

    fn native(&self, post: usize) -> String {
        let number = self.number;
        match POSTS[post].0 {
            Network::Bluesky => format!("at://did:plc:a{number}/app.bsky.feed.post/{post}"),
            Network::Mastodon => format!("https://m{number}.example/users/a/statuses/{post}"),
            _ => format!("{:064x}", number * 100 + post as u64),
        }
    }

    fn url(&self, post: usize) -> String {
        match POSTS[post].0 {
            Network::Mastodon => format!("https://m{}.example/@a/{post}", self.number),
            _ => format!("https://page{}.example/{post}", self.number),
        }
    }

    fn profile(&self, post: usize) -> AuthorProfile {
        let (network, author) = account(post);
        let id = AuthorId::new(format!("{author}{}", self.number));
        AuthorProfile { checked_at: Some(NOON), ..AuthorProfile::assumed(id, network) }
    }

    fn change(&self, act: &Act) -> Change {
        match act {
            Act::Upsert(post) => {
                let mut said = on(self.place, POSTS[*post].0, &self.native(*post), "").by(&self.profile(*post));
                said.placements[0].city = self.city();
                said.post.created_at = after_s(if *post == R { 3_600 } else { 0 });
                if *post == LIAR {
                    said.post.text = "Tout est faux, le marché est fermé pour toujours".into();
                }
                // Whose page is named, and who is named by identity.
                let of = POSTS[*post].2.map(|of| if *post == K { self.url(of) } else { self.native(of) });
                said.post.copy_of = of;
                let said = said.url(&self.url(*post));
                (if POSTS[*post].1 == "town" { said.official("Ville") } else { said }).upsert()
            }
            Act::Delete(post) => {
                let native_id = NativeId::new(self.native(*post));
                Change::Delete { network: POSTS[*post].0, native_id, by: None, at: NOON }
            }
            Act::Account(post, hidden) => {
                let verdict = if *hidden { AuthorVerdict::Hide } else { AuthorVerdict::Show };
                author(self.profile(*post), verdict)
            }
            Act::Hide(post, hidden) => {
                let native_id = NativeId::new(self.native(*post));
                let post = PostId::derive(&self.place.store.id_key(), POSTS[*post].0, &native_id);
                Change::Hide { post, hidden: *hidden }
            }
        }
    }

    fn seen(&self, card: &Card) -> (usize, BTreeSet<usize>) {
        let all = || 0..POSTS.len();
        let head = all().find(|post| self.native(*post) == card.native_id.as_str()).unwrap();
        (head, card.copies.iter().map(|copy| all().find(|post| self.url(*post) == copy.url).unwrap()).collect())
    }
}

async fn check(place: &Place, number: u64, batches: Vec<Vec<Act>>) -> Result<(), TestCaseError> {
    let run = Run { place, number };
    let mut model = Model::default();
    let mut live: BTreeMap<PostId, Arc<Card>> = BTreeMap::new();
    let mut earlier = vec![(Offset(0), live.clone())];
    let apply = |cards: &mut BTreeMap<PostId, Arc<Card>>, entries: &[FeedEntry]| {
        for entry in entries {
            _ = match &entry.card {
                Some(card) => cards.insert(entry.post, card.clone()),
                None => cards.remove(&entry.post),
            };
        }
    };
    for batch in batches {
        batch.iter().for_each(|act| model.apply(act));
        model.settle();
        let committed = place.commit(batch.iter().map(|act| run.change(act)).collect()).await;
        committed.entries.iter().for_each(|(_, entries)| apply(&mut live, entries));
        let page = place.page(&run.city()).await;
        prop_assert_eq!(page.iter().map(|card| run.seen(card)).collect::<Vec<_>>(), model.page());
        // The tail shows what the page shows.
        prop_assert_eq!(&live, &page.into_iter().map(|card| (card.id, card)).collect());
        earlier.push((place.store.head(&run.city()).await.unwrap().head, live.clone()));
    }
    // A replay from anywhere leads there, and never carries what has gone.
    for (after, mut replica) in earlier {
        let entries = place.store.entries(&run.city(), after, 10_000).await.unwrap();
        for entry in &entries {
            prop_assert!(entry.card.as_ref().is_none_or(|card| live.get(&card.id) == Some(card)));
        }
        apply(&mut replica, &entries);
        prop_assert_eq!(&replica, &live);
    }
    Ok(())
}

#[test]
fn d4_w1_what_is_shown_follows_from_what_stands_in_whatever_order_it_came() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let place = runtime.block_on(Place::new());
    let runs = AtomicU64::new(0);
    let batches = proptest::collection::vec(proptest::collection::vec(acts(), 1..4), 1..20);
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(60);
    proptest!(ProptestConfig::with_cases(cases), |(batches in batches)| {
        let number = runs.fetch_add(1, Ordering::Relaxed) + 1;
        runtime.block_on(check(&place, number, batches))?;
    });
    // Nobody is folded under what is gone, or under what is folded itself; no key is left of what is gone.
    let (dangling, keys): (i64, i64) = runtime.block_on(async {
        let pool = &place.store.reader().pool;
        let dangling = "SELECT count(*) FROM placements AS p WHERE p.folded IS NOT NULL AND NOT EXISTS (SELECT 1
            FROM placements AS h WHERE h.post = p.folded AND h.city = p.city AND h.shown AND h.folded IS NULL)";
        let keys = "SELECT count(*) FROM utterance_keys WHERE post NOT IN (SELECT row FROM posts)";
        let count = async |sql: &'static str| sqlx::query_scalar(sql).fetch_one(pool).await.unwrap();
        (count(dangling).await, count(keys).await)
    });
    assert_eq!((dangling, keys), (0, 0));
}
