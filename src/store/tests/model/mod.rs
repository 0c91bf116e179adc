//! D4: under any interleaving of changes the store agrees with a naive model, and its log with its pages.

mod oracle;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use proptest::prelude::*;
use proptest::sample::select;

use self::oracle::{Model, Seen};
use super::*;

/// Posts 0 to 3 start threads; the others may stand in them. Post `n` is by author `n % 3`.
const POSTS: usize = 8;
const STARTS: usize = 4;
const AUTHORS: usize = 3;

#[derive(Clone, Debug)]
struct Spot {
    city: usize,
    tier: Option<Tier>,
    thread: Option<usize>,
    reply_to: Option<usize>,
    thread_only: bool,
}

#[derive(Clone, Debug)]
enum Act {
    Upsert { post: usize, revision: u8, text: u8, look: Look, spots: Vec<Spot> },
    Delete(usize),
    Author { author: usize, look: Look, verdict: AuthorVerdict },
    Hide(usize, bool),
    Erase(usize),
    Unplace(usize, usize),
    Leave(usize),
}

/// What a profile says: a name, and whether the network was asked.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Look {
    name: u8,
    checked: bool,
}

fn looks() -> impl Strategy<Value = Look> {
    (0..3_u8, proptest::bool::weighted(0.85)).prop_map(|(name, checked)| Look { name, checked })
}

fn spots(post: usize) -> impl Strategy<Value = Vec<Spot>> {
    let tiers = select(vec![None, Some(Tier::Public), Some(Tier::Invited), Some(Tier::Quiet)]);
    let thread = proptest::option::weighted(0.7, 0..STARTS);
    let spot = (tiers, thread, proptest::option::of(0..POSTS), any::<bool>());
    proptest::collection::vec(proptest::option::weighted(0.8, spot), 2).prop_map(move |spots| {
        let spot = |(city, spot): (usize, Option<_>)| {
            let (tier, thread, reply_to, thread_only): (_, Option<usize>, Option<usize>, bool) = spot?;
            let thread = thread.filter(|_| post >= STARTS);
            let reply_to = reply_to.filter(|parent| *parent != post);
            Some(Spot { city, tier, thread, reply_to, thread_only: thread_only && thread.is_some() })
        };
        spots.into_iter().enumerate().filter_map(spot).collect()
    })
}

fn acts() -> impl Strategy<Value = Act> {
    let verdicts = select(vec![
        AuthorVerdict::Show,
        AuthorVerdict::Show,
        AuthorVerdict::Hide,
        AuthorVerdict::Hide,
        AuthorVerdict::Purge,
    ]);
    let upsert = (0..POSTS, 0..4_u8, 0..3_u8, looks()).prop_flat_map(|(post, revision, text, look)| {
        spots(post).prop_map(move |spots| Act::Upsert { post, revision, text, look, spots })
    });
    prop_oneof![
        12 => upsert,
        2 => (0..POSTS).prop_map(Act::Delete),
        4 => (0..AUTHORS, looks(), verdicts).prop_map(|(author, look, verdict)| Act::Author { author, look, verdict }),
        4 => (0..POSTS, any::<bool>()).prop_map(|(post, hidden)| Act::Hide(post, hidden)),
        1 => (0..POSTS).prop_map(Act::Erase),
        2 => (0..POSTS, 0..2_usize).prop_map(|(post, city)| Act::Unplace(post, city)),
        1 => (0..AUTHORS).prop_map(Act::Leave),
    ]
}

/// One run: its own cities, authors and posts in a database that all runs share.
struct Run {
    number: u64,
    key: IdKey,
    asked: i64,
}

impl Run {
    fn city(&self, city: usize) -> CityId {
        CityId::new(&format!("city-{}-{city}", self.number))
    }

    fn native(&self, post: usize) -> NativeId {
        NativeId::new(format!("at://{}/{post}", self.number))
    }

    fn id(&self, post: usize) -> PostId {
        PostId::derive(&self.key, Network::Bluesky, &self.native(post))
    }

    fn profile(&mut self, author: usize, look: Look) -> AuthorProfile {
        self.asked += 1;
        AuthorProfile {
            name: Some(look.name.to_string()),
            checked_at: look.checked.then(|| after_s(self.asked)),
            ..AuthorProfile::assumed(AuthorId::new(format!("did:{}:{author}", self.number)), Network::Bluesky)
        }
    }

    fn change(&mut self, act: &Act) -> Change {
        match act.clone() {
            Act::Upsert { post, revision, text, look, spots } => {
                let author = Box::new(self.profile(post % AUTHORS, look));
                let content = Post {
                    id: self.id(post),
                    network: Network::Bluesky,
                    native_id: self.native(post),
                    author: author.id.clone(),
                    url: None,
                    text: text.to_string(),
                    facets: Vec::new(),
                    languages: Vec::new(),
                    created_at: NOON,
                    edited_at: None,
                    date_corrected: false,
                    revision: format!("r{revision}"),
                    tags: Vec::new(),
                    media: Vec::new(),
                    reply: None,
                    point: None,
                    place_name: None,
                    schedule: Schedule::default(),
                    labels: Vec::new(),
                    automated: false,
                    copy_of: None,
                    addressed: Vec::new(),
                    unlisted: false,
                };
                let placements = spots.iter().map(|spot| {
                    let rule = if spot.thread_only { Rule::Thread } else { Rule::Word };
                    Placement {
                        thread: spot.thread.map(|thread| self.id(thread)),
                        reply_to: spot.reply_to.map(|parent| self.id(parent)),
                        reasons: vec![reason(rule, "x")],
                        ..placement(self.city(spot.city), spot.tier)
                    }
                });
                Change::Upsert {
                    post: Box::new(content),
                    author,
                    placements: placements.collect(),
                    mentions: Vec::new(),
                    received_at: NOON,
                }
            }
            Act::Delete(post) => {
                Change::Delete { network: Network::Bluesky, native_id: self.native(post), by: None, at: NOON }
            }
            Act::Author { author, look, verdict } => {
                let profile = Box::new(self.profile(author, look));
                Change::Author { profile, verdict, at: NOON }
            }
            Act::Hide(post, hidden) => Change::Hide { post: self.id(post), hidden },
            Act::Erase(post) => Change::Erase { post: self.id(post), whole: true, at: NOON },
            Act::Unplace(post, city) => Change::Unplace { post: self.id(post), city: self.city(city) },
            Act::Leave(author) => {
                let author = AuthorId::new(format!("did:{}:{author}", self.number));
                Change::Leave { network: Network::Bluesky, author, at: NOON }
            }
        }
    }

    fn seen(&self, card: &Card) -> Seen {
        let number = |id: PostId| (0..POSTS).find(|post| self.id(*post) == id).unwrap();
        (
            card.position,
            number(card.id),
            card.text.parse().unwrap(),
            card.author.name.as_deref().unwrap().parse().unwrap(),
            card.thread.map(number),
            card.reply_to.map(number),
        )
    }
}

/// A reader: cards by id, kept by applying entries.
type Replica = BTreeMap<PostId, Arc<Card>>;

fn follow(replica: &mut Replica, entries: &[FeedEntry]) {
    for entry in entries {
        match (entry.op, &entry.card) {
            (Op::Remove, None) => replica.remove(&entry.post),
            (Op::Post | Op::Update, Some(card)) => replica.insert(entry.post, card.clone()),
            other => panic!("{other:?}"),
        };
    }
}

async fn check(store: &Store, number: u64, batches: Vec<Vec<Act>>) -> Result<(), TestCaseError> {
    let mut run = Run { number, key: store.id_key(), asked: 0 };
    let mut model = Model::default();
    let mut live: [Replica; 2] = Default::default();
    let mut earlier: Vec<(usize, Offset, Replica)> =
        vec![(0, Offset(0), Replica::new()), (1, Offset(0), Replica::new())];
    for batch in batches {
        let changes: Vec<Change> = batch.iter().map(|act| run.change(act)).collect();
        let refused: Vec<RefuseReason> = batch.iter().filter_map(|act| model.apply(act)).collect();
        model.settle();
        let batch = Arc::new(Batch { changes, ..Batch::default() });
        let committed = store.commit(batch.clone()).await.unwrap();
        let said =
            committed.refused.iter().map(|(_, reason)| *reason).filter(|reason| *reason != RefuseReason::Unmatched);
        prop_assert_eq!(said.collect::<Vec<_>>(), refused);
        for (city, live) in live.iter_mut().enumerate() {
            let id = run.city(city);
            let page = store.page(&id, &Filter::default(), None, None, 100, false).await.unwrap();
            let expected = model.page(city);
            prop_assert_eq!(page.cards.iter().map(|card| run.seen(card)).collect::<Vec<_>>(), expected);
            // The tail that was told of each commit shows the same, and offsets have no hole.
            let entries =
                committed.entries.iter().find(|(told, _)| *told == id).map_or(&[][..], |(_, entries)| entries);
            let first = page.head.head.0 + 1 - entries.len() as u64;
            prop_assert!(entries.iter().enumerate().all(|(at, entry)| entry.offset.0 == first + at as u64));
            follow(live, entries);
            let now: Replica = page.cards.iter().map(|card| (card.id, card.clone())).collect();
            prop_assert_eq!(&*live, &now);
            earlier.push((city, page.head.head, now));
        }
        // Applied again, a batch that placed nothing anew changes nothing.
        if batch.changes.iter().all(|change| matches!(change, Change::Hide { .. } | Change::Delete { .. })) {
            let again = store.commit(batch).await.unwrap();
            prop_assert!(again.entries.is_empty());
        }
    }
    for (city, after, mut replica) in earlier {
        let entries = store.entries(&run.city(city), after, 10_000).await.unwrap();
        prop_assert!(entries.iter().enumerate().all(|(at, entry)| entry.offset.0 == after.0 + 1 + at as u64));
        follow(&mut replica, &entries);
        prop_assert_eq!(&replica, &live[city]);
    }
    Ok(())
}

#[test]
fn d4_the_store_agrees_with_a_naive_model_and_its_log_with_its_pages() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let place = runtime.block_on(Place::new());
    let runs = AtomicU64::new(0);
    let batches = proptest::collection::vec(proptest::collection::vec(acts(), 1..4), 1..25);
    proptest!(ProptestConfig::with_cases(cases()), |(batches in batches)| {
        let number = runs.fetch_add(1, Ordering::Relaxed);
        runtime.block_on(check(&place.store, number, batches))?;
    });
    // After all that the database is sound, and every reference and index leads somewhere.
    runtime.block_on(async {
        let pool = &place.store.reader().pool;
        let sound: String = sqlx::query_scalar("PRAGMA integrity_check").fetch_one(pool).await.unwrap();
        assert_eq!(sound, "ok");
        place.store.execute_for_test("INSERT INTO posts_text (posts_text) VALUES ('integrity-check')").await.unwrap();
        let dangling: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM placements AS p, (SELECT post, city, thread AS target FROM placements
                UNION ALL SELECT post, city, reply_to FROM placements) AS r
             WHERE p.post = r.post AND p.city = r.city AND r.target IS NOT NULL AND NOT EXISTS
                (SELECT 1 FROM placements AS t WHERE t.post = r.target AND t.city = r.city AND t.tier IS NOT NULL)",
        )
        .fetch_one(pool)
        .await
        .unwrap();
        assert_eq!(dangling, 0);
    });
}

/// `PROPTEST_CASES` asks for more, as the nightly run does.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(60)
}
