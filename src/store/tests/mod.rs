//! The store's contract, run against SQLite (and later PostgreSQL): plain functions over [`Store`] and its ports.

mod alerts;
mod backup;
mod changes;
mod erasure;
mod files;
mod mentions;
mod model;
mod moderation;
mod notices;
mod operator;
mod reads;
mod receipts;
mod recheck;
mod register;
mod restore;
mod retention;
mod scrub;
mod soak;
mod staff;
mod tally;
mod threads;
mod utterances;

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use tempfile::TempDir;

use super::command::{Command, Person};
use super::{StalePost, Store, StoreOptions, open};
use crate::clock::ManualClock;
use crate::domain::*;

pub const NOON: Timestamp = Timestamp::from_micros(1_783_166_400_000_000);

pub fn after_s(seconds: i64) -> Timestamp {
    NOON.plus_seconds(seconds)
}

/// What the live tail was told.
#[derive(Default)]
pub struct Heard(Mutex<Vec<(CityId, FeedEntry)>>);

impl CommitListener for Heard {
    fn committed(&self, committed: &Committed) {
        let mut heard = self.0.lock().unwrap();
        for (city, entries) in &committed.entries {
            heard.extend(entries.iter().map(|entry| (city.clone(), entry.clone())));
        }
    }
}

/// A store in a folder of its own.
pub struct Place {
    pub store: Store,
    pub clock: Arc<ManualClock>,
    pub heard: Arc<Heard>,
    pub folder: TempDir,
}

impl Place {
    pub async fn new() -> Self {
        Self::within(tempfile::tempdir().unwrap()).await
    }

    pub async fn within(folder: TempDir) -> Self {
        let clock = Arc::new(ManualClock::new(NOON));
        let heard = Arc::new(Heard::default());
        let options = StoreOptions { entropy: Some([7; 32]), ..StoreOptions::new(clock.clone()) };
        let store = open(&url_of(&folder), options, Some(heard.clone())).await.unwrap();
        Self { store, clock, heard, folder }
    }

    pub async fn reopened(self) -> Self {
        self.store.close().await.unwrap();
        Self::within(self.folder).await
    }

    pub fn id(&self, name: &str) -> PostId {
        PostId::derive(&self.store.id_key(), Network::Bluesky, &native(name))
    }

    pub async fn commit(&self, changes: Vec<Change>) -> Committed {
        self.store.commit(Arc::new(Batch { changes, ..Batch::default() })).await.unwrap()
    }

    /// Commits one change and gives back the entries of Nantes as `op name`.
    pub async fn ops(&self, change: Change) -> Vec<String> {
        let committed = self.commit(vec![change]).await;
        let mut said: Vec<String> = committed.refused.iter().map(|(_, reason)| reason.as_str().to_owned()).collect();
        let entries = committed.entries.into_iter().filter(|(city, _)| *city == nantes());
        said.extend(entries.flat_map(|(_, entries)| entries).map(|entry| {
            let text = entry.card.map_or_else(|| self.name_of(entry.post), |card| card.text.clone());
            format!("{} {text}", entry.op.as_str())
        }));
        said
    }

    fn name_of(&self, id: PostId) -> String {
        ('a'..='z').map(String::from).find(|name| self.id(name) == id).unwrap_or_default()
    }

    pub async fn page(&self, city: &CityId) -> Vec<Arc<Card>> {
        self.store.page(city, &Filter::default(), None, None, 1_000, false).await.unwrap().cards
    }

    /// The texts of Nantes, newest first.
    pub async fn texts(&self) -> Vec<String> {
        self.page(&nantes()).await.iter().map(|card| card.text.clone()).collect()
    }

    pub async fn head(&self) -> Head {
        self.store.head(&nantes()).await.unwrap()
    }

    /// Every byte of the database and its side files.
    pub fn bytes(&self) -> Vec<u8> {
        let files = std::fs::read_dir(self.folder.path().join("data")).unwrap();
        files.flat_map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect()
    }

    pub fn holds_bytes(&self, text: &str) -> bool {
        let bytes = self.bytes();
        bytes.windows(text.len()).any(|window| window == text.as_bytes())
    }
}

pub fn url_of(folder: &TempDir) -> String {
    format!("sqlite://{}", database_of(folder).display())
}

pub fn database_of(folder: &TempDir) -> PathBuf {
    folder.path().join("data/parvis.db")
}

pub fn nantes() -> CityId {
    CityId::new("nantes")
}

pub fn tours() -> CityId {
    CityId::new("tours")
}

pub fn native(name: &str) -> NativeId {
    NativeId::new(format!("at://did:plc:ana/app.bsky.feed.post/{name}"))
}

pub fn profile(author: &str) -> AuthorProfile {
    AuthorProfile {
        handle: Some(format!("{author}.example")),
        name: Some(author.to_owned()),
        checked_at: Some(NOON),
        ..AuthorProfile::assumed(AuthorId::new(format!("did:plc:{author}")), Network::Bluesky)
    }
}

pub fn reason(rule: Rule, value: &str) -> Reason {
    Reason { rule, value: value.into() }
}

pub fn placement(city: CityId, tier: Option<Tier>) -> Placement {
    Placement {
        city,
        tier,
        reasons: vec![reason(Rule::Hashtag, "nantes")],
        recipe: "0123456789abcdef".into(),
        zone: None,
        zone_from_text: false,
        location: None,
        lane: Lane::People,
        expires_at: None,
        thread: None,
        reply_to: None,
        official: None,
        assembly: false,
    }
}

/// An upsert in the making: post `name` by ana, whose text is its name, shown in Nantes.
pub struct Draft {
    pub post: Post,
    pub author: AuthorProfile,
    pub placements: Vec<Placement>,
    pub mentions: Vec<Addressed>,
    pub received_at: Timestamp,
}

pub fn draft(place: &Place, name: &str) -> Draft {
    let post = Post {
        id: place.id(name),
        network: Network::Bluesky,
        native_id: native(name),
        author: AuthorId::new("did:plc:ana"),
        url: Some(format!("https://example.org/{name}")),
        text: name.into(),
        facets: Vec::new(),
        languages: vec!["fr".into()],
        created_at: NOON,
        edited_at: None,
        date_corrected: false,
        revision: "1".into(),
        tags: vec![Hashtag::new("Nantes").unwrap()],
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
    let placements = vec![placement(nantes(), Some(Tier::Public))];
    Draft { post, author: profile("ana"), placements, mentions: Vec::new(), received_at: NOON }
}

impl Draft {
    pub fn text(mut self, text: &str) -> Self {
        self.post.text = text.into();
        self
    }

    pub fn revision(mut self, revision: &str) -> Self {
        self.post.revision = revision.into();
        self
    }

    pub fn by(mut self, author: &AuthorProfile) -> Self {
        self.author = author.clone();
        self.post.author = author.id.clone();
        self
    }

    pub fn at(mut self, received_at: Timestamp) -> Self {
        self.received_at = received_at;
        self
    }

    pub fn placed(mut self, placements: Vec<Placement>) -> Self {
        self.placements = placements;
        self
    }

    pub fn tier(mut self, tier: Option<Tier>) -> Self {
        self.placements.iter_mut().for_each(|placement| placement.tier = tier);
        self
    }

    /// A reply that is here for its thread only, answering the thread's start.
    pub fn in_thread(mut self, root: PostId) -> Self {
        for placement in &mut self.placements {
            placement.thread = Some(root);
            placement.reply_to = Some(root);
            placement.reasons = vec![reason(Rule::Thread, &root.token())];
        }
        self
    }

    pub fn upsert(self) -> Change {
        Change::Upsert {
            post: Box::new(self.post),
            author: Box::new(self.author),
            placements: self.placements,
            mentions: self.mentions,
            received_at: self.received_at,
        }
    }
}

pub fn delete(name: &str) -> Change {
    Change::Delete { network: Network::Bluesky, native_id: native(name), by: None, at: NOON }
}

pub fn author(profile: AuthorProfile, verdict: AuthorVerdict) -> Change {
    Change::Author { profile: Box::new(profile), verdict, at: NOON }
}

pub fn hide(place: &Place, name: &str, hidden: bool) -> Change {
    Change::Hide { post: place.id(name), hidden }
}

pub fn leave(name: &str) -> Change {
    Change::Leave { network: Network::Bluesky, author: AuthorId::new(format!("did:plc:{name}")), at: NOON }
}
