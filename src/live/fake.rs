//! For tests: a feed log in memory that keeps the promises of the store, and a renderer that counts its calls.
//!
//! Owns nothing but test data. Does not check its input.
//! Invariant: what it returns is what the store would, by the words of the `FeedLog` port.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use crate::domain::*;

use super::lock;

/// One city's log.
pub(crate) struct FakeLog {
    pub city: CityId,
    pub epoch: Epoch,
    state: Mutex<State>,
    /// Calls of `entries`.
    pub reads: AtomicUsize,
    /// When set, every read fails as a busy store does.
    pub broken: std::sync::atomic::AtomicBool,
}

#[derive(Default)]
struct State {
    floor: u64,
    log: Vec<(Op, PostId)>,
    posts: BTreeMap<PostId, (Arc<Card>, bool)>,
}

#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// Admit a post, or change it when it is there.
    Put {
        id: u64,
        text: String,
        tag: &'static str,
    },
    /// Erase a post.
    Remove {
        id: u64,
    },
    Hide {
        id: u64,
    },
    Show {
        id: u64,
    },
}

impl FakeLog {
    pub fn new(city: &str) -> Arc<Self> {
        Arc::new(Self {
            city: CityId::new(city),
            epoch: Epoch(7),
            state: Mutex::default(),
            reads: AtomicUsize::new(0),
            broken: false.into(),
        })
    }

    /// Does what the store does with a change, and says what a listener would be told.
    pub fn apply(&self, step: Step) -> Committed {
        let mut state = lock(&self.state);
        let id = match &step {
            Step::Put { id, .. } | Step::Remove { id } | Step::Hide { id } | Step::Show { id } => PostId::from_u64(*id),
        };
        let known = state.posts.get(&id).cloned();
        let op = match (step, known) {
            (Step::Put { text, tag, .. }, None) => {
                let position = state.log.len() as u64 + 1;
                state.posts.insert(id, (Arc::new(card(&self.city, id, position, &text, tag)), true));
                Some(Op::Post)
            }
            (Step::Put { text, tag, .. }, Some((old, shown))) => {
                state.posts.insert(id, (Arc::new(card(&self.city, id, old.position, &text, tag)), shown));
                shown.then_some(Op::Update)
            }
            (Step::Remove { .. }, Some((_, shown))) => {
                state.posts.remove(&id);
                shown.then_some(Op::Remove)
            }
            (Step::Hide { .. }, Some((card, true))) => {
                state.posts.insert(id, (card, false));
                Some(Op::Remove)
            }
            (Step::Show { .. }, Some((card, false))) => {
                state.posts.insert(id, (card, true));
                Some(Op::Post)
            }
            _ => None,
        };
        let entries = op.map(|op| {
            state.log.push((op, id));
            state.entry(state.log.len() as u64)
        });
        Committed {
            entries: vec![(self.city.clone(), entries.into_iter().flatten().collect())],
            ..Committed::default()
        }
    }

    pub fn set_floor(&self, floor: u64) {
        lock(&self.state).floor = floor;
    }

    pub fn ends(&self) -> Head {
        let state = lock(&self.state);
        Head { epoch: self.epoch, head: Offset(state.log.len() as u64), floor: Offset(state.floor) }
    }

    /// What somebody sees who opens the page now: text by id.
    pub fn visible(&self, filter: &Filter) -> BTreeMap<String, String> {
        let state = lock(&self.state);
        let shown = state.posts.values().filter(|(card, shown)| *shown && filter.admits(card));
        shown.map(|(card, _)| (card.id.token(), card.text.clone())).collect()
    }

    fn check(&self) -> Result<(), StoreError> {
        match self.broken.load(Ordering::SeqCst) {
            true => Err(StoreError::Unavailable("busy".into())),
            false => Ok(()),
        }
    }
}

impl State {
    fn entry(&self, offset: u64) -> Option<FeedEntry> {
        let (op, post) = *self.log.get(usize::try_from(offset).unwrap() - 1)?;
        let card = self.posts.get(&post).filter(|(_, shown)| *shown && op != Op::Remove).map(|(card, _)| card.clone());
        let op = if card.is_some() { op } else { Op::Remove };
        Some(FeedEntry { offset: Offset(offset), op, post, card })
    }
}

impl FeedLog for FakeLog {
    fn head<'a>(&'a self, _: &'a CityId) -> BoxFuture<'a, Result<Head, StoreError>> {
        async move { self.check().map(|()| self.ends()) }.boxed()
    }

    fn entries<'a>(
        &'a self,
        _: &'a CityId,
        after: Offset,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<FeedEntry>, StoreError>> {
        async move {
            self.check()?;
            self.reads.fetch_add(1, Ordering::SeqCst);
            let page = {
                let state = lock(&self.state);
                let first = after.0.max(state.floor) + 1;
                (first..=state.log.len() as u64).take(limit).filter_map(|offset| state.entry(offset)).collect()
            };
            // What a store answers may be old when it arrives: others run in between.
            tokio::task::yield_now().await;
            Ok(page)
        }
        .boxed()
    }

    fn page<'a>(
        &'a self,
        _: &'a CityId,
        filter: &'a Filter,
        search: Option<&'a str>,
        before: Option<u64>,
        limit: usize,
        _: bool,
    ) -> BoxFuture<'a, Result<Page, StoreError>> {
        async move {
            self.check()?;
            let head = self.ends();
            let state = lock(&self.state);
            let wanted = |card: &Card| {
                filter.admits(card)
                    && before.is_none_or(|before| card.position < before)
                    && search.is_none_or(|words| card.text.contains(words))
            };
            let shown = state.posts.values().filter(|(card, shown)| *shown && wanted(card));
            let mut cards: Vec<Arc<Card>> = shown.map(|(card, _)| card.clone()).collect();
            cards.sort_by_key(|card| std::cmp::Reverse(card.position));
            let more = cards.len() > limit;
            cards.truncate(limit);
            let next = cards.last().filter(|_| more).map(|card| card.position);
            Ok(Page { cards, replies: Vec::new(), head, next })
        }
        .boxed()
    }

    fn card<'a>(&'a self, _: &'a CityId, post: PostId) -> BoxFuture<'a, Result<Option<Arc<Card>>, StoreError>> {
        let card = lock(&self.state).posts.get(&post).filter(|(_, shown)| *shown).map(|(card, _)| card.clone());
        async move { Ok(card) }.boxed()
    }

    fn recent_times<'a>(
        &'a self,
        _: &'a CityId,
        _: Timestamp,
        _: usize,
    ) -> BoxFuture<'a, Result<Vec<Timestamp>, StoreError>> {
        async { Ok(Vec::new()) }.boxed()
    }

    fn volumes<'a>(&'a self, _: &'a CityId) -> BoxFuture<'a, Result<Vec<Volume>, StoreError>> {
        async { Ok(Vec::new()) }.boxed()
    }

    fn announced<'a>(&'a self, _: &'a CityId, _: Timestamp, _: usize) -> BoxFuture<'a, Result<Announced, StoreError>> {
        async { Ok(Announced::default()) }.boxed()
    }

    fn pinned<'a>(&'a self, _: &'a CityId) -> BoxFuture<'a, Result<Vec<Arc<Card>>, StoreError>> {
        let state = lock(&self.state);
        let pinned = state.posts.values().filter(|(card, shown)| *shown && card.pinned);
        let pinned: Vec<Arc<Card>> = pinned.map(|(card, _)| card.clone()).collect();
        drop(state);
        async move { Ok(pinned) }.boxed()
    }

    fn ask_to_leave<'a>(
        &'a self,
        _: &'a CityId,
        _: Network,
        _: &'a str,
        _: Timestamp,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        async { Ok(()) }.boxed()
    }
}

pub(crate) fn card(city: &CityId, id: PostId, position: u64, text: &str, tag: &str) -> Card {
    Card {
        id,
        city: city.clone(),
        position,
        network: Network::Bluesky,
        native_id: NativeId::new(format!("at://did:plc:invented/app.bsky.feed.post/{}", id.as_u64())),
        url: Some("https://bsky.app/profile/camille.example/post/1".into()),
        author: CardAuthor {
            id: AuthorId::new("did:plc:invented"),
            handle: Some("camille.example".into()),
            name: Some("Camille \"Fictive\" <b>".into()),
            official: None,
        },
        text: text.to_owned(),
        facets: Vec::new(),
        lang: Some("fr".into()),
        created_at: Timestamp::from_micros(1_783_175_882_000_000),
        received_at: Timestamp::from_micros(1_783_175_883_000_000),
        edited_at: None,
        date_corrected: false,
        tags: vec![tag.to_owned()],
        media: Vec::new(),
        reply_to: None,
        thread: None,
        location: None,
        zone: None,
        zone_from_text: false,
        lane: Lane::People,
        schedule: Schedule::default(),
        expires_at: None,
        sensitive: false,
        automated: false,
        copies: Vec::new(),
        covered: None,
        pinned: false,
        tier: Tier::Public,
        reasons: vec![Reason { rule: Rule::Hashtag, value: tag.to_owned() }],
        recipe: "0123456789abcdef".into(),
    }
}

/// Renders id and text only, and counts.
#[derive(Default)]
pub(crate) struct CountingRenderer {
    pub calls: AtomicUsize,
}

impl CardRenderer for CountingRenderer {
    fn json(&self, card: &Card) -> String {
        self.calls.fetch_add(1, Ordering::SeqCst);
        serde_json::json!({ "id": card.id.token(), "position": card.position, "text": card.text }).to_string()
    }

    fn html(&self, card: &Card, language: &'static str) -> String {
        self.calls.fetch_add(1, Ordering::SeqCst);
        format!("<article lang=\"{language}\">{}</article>", card.text)
    }
}
