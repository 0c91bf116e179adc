//! Cards as real ones are, and a log of them in memory.

use std::sync::{Arc, Mutex, PoisonError};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, ready};
use parvis::domain::{
    Announced, AuthorId, Card, CardAuthor, CityId, Epoch, Facet, FacetKind, FeedEntry, FeedLog, Filter, Head, Lane,
    NativeId, Network, Offset, Op, Page, PostId, Reason, Rule, Schedule, StoreError, Tier, Timestamp, Volume,
};

/// The slug of the city that is measured.
pub const CITY: &str = "nancy";

/// The end of a city's log: as many entries as a tail holds. A post is a card whose text the publisher gives.
pub struct MemoryLog {
    city: CityId,
    entries: Mutex<Vec<FeedEntry>>,
}

impl MemoryLog {
    pub fn new() -> Arc<Self> {
        Arc::new(Self { city: CityId::new(CITY), entries: Mutex::default() })
    }

    /// Appends one post per text, and returns their entries, as the store does for a commit.
    pub fn append(&self, texts: &[Vec<u8>]) -> Vec<FeedEntry> {
        const HELD: usize = 20_000;
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let first = entries.last().map_or(1, |last| last.offset.0 + 1);
        let new: Vec<FeedEntry> = (first..).zip(texts).map(|(offset, text)| entry(&self.city, offset, text)).collect();
        if entries.len() > HELD {
            entries.drain(..HELD / 2);
        }
        entries.extend(new.iter().cloned());
        new
    }

    fn ends(&self) -> Head {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let head = entries.last().map_or(Offset(0), |last| last.offset);
        let floor = entries.first().map_or(Offset(0), |first| Offset(first.offset.0 - 1));
        Head { epoch: Epoch(1), head, floor }
    }
}

fn entry(city: &CityId, offset: u64, text: &[u8]) -> FeedEntry {
    // Spreads ids as hashes do.
    let post = PostId::from_u64(offset.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let card = card(city, post, 10_000_000 + offset, String::from_utf8_lossy(text).into_owned());
    FeedEntry { offset: Offset(offset), op: Op::Post, post, card: Some(Arc::new(card)) }
}

/// A plain post with one hashtag, as most are.
fn card(city: &CityId, id: PostId, position: u64, text: String) -> Card {
    let facets = text.find("#nancy").map(|start| Facet {
        start,
        end: start + "#nancy".len(),
        kind: FacetKind::Tag,
        value: "nancy".into(),
    });
    Card {
        id,
        city: city.clone(),
        position,
        network: Network::Bluesky,
        native_id: NativeId::new("at://did:plc:inventedbenchmarkaut/app.bsky.feed.post/3kbenchmark2s"),
        url: Some("https://bsky.app/profile/did:plc:inventedbenchmarkaut/post/3kbenchmark2s".into()),
        author: CardAuthor {
            id: AuthorId::new("did:plc:inventedbenchmarkaut"),
            handle: Some("camille.example".into()),
            name: Some("Camille D.".into()),
            official: None,
        },
        text,
        facets: facets.into_iter().collect(),
        lang: Some("fr".into()),
        created_at: Timestamp::from_micros(1_783_175_882_123_000),
        received_at: Timestamp::from_micros(1_783_175_883_456_000),
        edited_at: None,
        date_corrected: false,
        tags: vec!["nancy".into()],
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
        reasons: vec![Reason { rule: Rule::Hashtag, value: "nancy".into() }],
        recipe: "0123456789abcdef".into(),
    }
}

impl FeedLog for MemoryLog {
    fn head<'a>(&'a self, _: &'a CityId) -> BoxFuture<'a, Result<Head, StoreError>> {
        ready(Ok(self.ends())).boxed()
    }

    fn entries<'a>(
        &'a self,
        _: &'a CityId,
        after: Offset,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<FeedEntry>, StoreError>> {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let from = entries.partition_point(|entry| entry.offset <= after);
        ready(Ok(entries.iter().skip(from).take(limit).cloned().collect())).boxed()
    }

    fn page<'a>(
        &'a self,
        _: &'a CityId,
        _: &'a Filter,
        _: Option<&'a str>,
        _: Option<u64>,
        _: usize,
        _: bool,
    ) -> BoxFuture<'a, Result<Page, StoreError>> {
        ready(Ok(Page { cards: Vec::new(), replies: Vec::new(), head: self.ends(), next: None })).boxed()
    }

    fn pinned<'a>(&'a self, _: &'a CityId) -> BoxFuture<'a, Result<Vec<Arc<Card>>, StoreError>> {
        ready(Ok(Vec::new())).boxed()
    }

    fn card<'a>(&'a self, _: &'a CityId, _: PostId) -> BoxFuture<'a, Result<Option<Arc<Card>>, StoreError>> {
        ready(Ok(None)).boxed()
    }

    fn recent_times<'a>(
        &'a self,
        _: &'a CityId,
        _: Timestamp,
        _: usize,
    ) -> BoxFuture<'a, Result<Vec<Timestamp>, StoreError>> {
        ready(Ok(Vec::new())).boxed()
    }

    fn volumes<'a>(&'a self, _: &'a CityId) -> BoxFuture<'a, Result<Vec<Volume>, StoreError>> {
        ready(Ok(Vec::new())).boxed()
    }

    fn announced<'a>(&'a self, _: &'a CityId, _: Timestamp, _: usize) -> BoxFuture<'a, Result<Announced, StoreError>> {
        ready(Ok(Announced::default())).boxed()
    }

    fn ask_to_leave<'a>(
        &'a self,
        _: &'a CityId,
        _: Network,
        _: &'a str,
        _: Timestamp,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        ready(Ok(())).boxed()
    }
}
