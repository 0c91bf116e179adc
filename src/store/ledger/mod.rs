//! What changes mean: the part of the store that decides, in memory and without a database.
//!
//! Owns the state that one batch touches, the rules by which changes act on it, and the entries that follow.
//! Does not own loading that state or writing it back (`sqlite`).
//! Invariant: entries are the difference between what readers saw before the batch and what they see after it, so
//! a change applied twice adds nothing.

mod apply;
mod authors;
mod mentions;
mod moderation;
mod remove;
mod settle;
mod utterances;

pub use mentions::{Mentions, StoredMention};
pub use moderation::{Blocks, Mark, Marks};

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use crate::domain::utterance::UtteranceKey;
use crate::domain::{
    AuthorId, AuthorProfile, Batch, Card, CardAuthor, CardCopy, CityId, FeedEntry, Gap, Label, Motive, Network,
    Outcome, Placement, Post, PostId, PushOutcome, ReceiptItem, RefuseReason, Rule, SourceId, SubjectHash, Tier,
    Timestamp,
};

/// At most this many posts of an author get an `update` when only the name, handle or bot mark has changed.
pub const RENAMED_POSTS_MAX: i64 = 100;

/// An author as stored: a profile without bio.
#[derive(Clone, Debug)]
pub struct StoredAuthor {
    pub row: i64,
    pub profile: AuthorProfile,
    /// The account is not active; only [`crate::domain::Change::Author`] lifts it.
    pub hidden: bool,
    pub dirty: bool,
}

impl StoredAuthor {
    pub fn may_be_shown(&self) -> bool {
        !self.hidden && self.profile.checked_at.is_some()
    }

    /// Whether a card made from `profile` would say something else of its author.
    pub fn looks_other_than(&self, profile: &AuthorProfile) -> bool {
        let stored = &self.profile;
        stored.handle != profile.handle || stored.name != profile.name || stored.automated != profile.automated
    }
}

#[derive(Clone, Debug)]
pub struct StoredPlacement {
    pub placement: Placement,
    /// Given when the post is first admitted, also while it is hidden.
    pub position: Option<u64>,
    /// Its `post` entry has been written: the next time it is shown is an `update`.
    pub published: bool,
    pub shown: bool,
    /// It would be shown, were it not the same utterance as this post, whose card stands for it.
    pub folded: Option<PostId>,
    /// Of a post whose card stands for others: where they are.
    pub copies: Vec<CardCopy>,
    pub covered: Option<Motive>,
    pub pinned: bool,
    pub dirty: bool,
}

impl StoredPlacement {
    fn admitted(&self) -> bool {
        self.placement.tier.is_some()
    }

    /// Admitted for its thread and nothing else: it goes where its thread goes.
    fn by_thread_only(&self) -> bool {
        let reasons = &self.placement.reasons;
        !reasons.is_empty() && reasons.iter().all(|reason| reason.rule == Rule::Thread)
    }
}

#[derive(Clone, Debug)]
pub struct StoredPost {
    pub row: i64,
    /// Without its point.
    pub post: Post,
    pub author_row: i64,
    pub received_at: Timestamp,
    pub checked_at: Timestamp,
    /// Hidden by the operator.
    pub moderated: bool,
    pub placements: BTreeMap<CityId, StoredPlacement>,
    /// In the inboxes of which desks it is.
    pub mentions: Mentions,
    /// In order. Those of posts that are only pointed at are not loaded.
    pub keys: Vec<UtteranceKey>,
    pub keys_dirty: bool,
    pub dirty: bool,
    /// In the database: erasing it has to reach there.
    pub stored: bool,
}

impl StoredPost {
    /// Came from a backup whose later deletions are unknown: hidden until it was seen at its origin.
    pub fn is_unchecked(&self) -> bool {
        self.checked_at == Timestamp::from_micros(0)
    }
}

/// Whether a card is shown behind a fold: the post carries a label, and none that consent refuses.
pub fn is_sensitive(post: &Post, now: Timestamp) -> bool {
    Label::in_force(&post.labels, now).any(|value| value != "bot")
}

#[derive(Clone, Debug)]
pub struct StoredCity {
    pub row: i64,
    pub head: u64,
    pub last_position: u64,
    pub dirty: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tombstone {
    /// `Deleted` or `Erased`.
    pub reason: RefuseReason,
    pub expires_at: Option<Timestamp>,
}

/// What a backup must not bring back, beside tombstones and those who left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Erasure {
    /// Its rows were erased, or replaced by another text: those of an earlier copy are void.
    Outdated(PostId),
    Hidden(PostId),
    Unhidden(PostId),
    /// By a city's moderators, until when.
    HiddenIn(PostId, CityId, Option<Timestamp>),
    ShownIn(PostId, CityId),
    Blocked(SubjectHash, CityId, Option<Timestamp>),
    Unblocked(SubjectHash, CityId),
}

/// What a batch touches. Loaded whole, changed in memory, written back whole.
#[derive(Debug, Default)]
pub struct Ledger {
    pub posts: HashMap<PostId, StoredPost>,
    pub authors: HashMap<i64, StoredAuthor>,
    pub author_rows: HashMap<(Network, AuthorId), i64>,
    pub cities: HashMap<CityId, StoredCity>,
    pub tombstones: HashMap<PostId, Tombstone>,
    pub suppressed: HashSet<SubjectHash>,
    pub last_post_row: i64,
    pub last_author_row: i64,
    pub last_city_row: i64,
    /// The decisions in force on the touched posts, and on those of the batch that are not held.
    marks: HashMap<(PostId, CityId), Marks>,
    blocks: HashMap<CityId, Blocks>,
    /// The number of the last erasure that was journalled.
    pub last_erasure: i64,

    /// By the hash of a key, the touched posts that have it.
    by_key: HashMap<u64, Vec<PostId>>,
    /// By the hash of a person, the touched posts that copy one of theirs.
    by_origin_author: HashMap<u64, Vec<PostId>>,

    /// Posts whose entries and rows may change, in the order in which the batch came to them. Other posts are here
    /// to be pointed at.
    touched: Vec<PostId>,
    touched_set: HashSet<PostId>,
    before: HashMap<PostId, BTreeMap<CityId, Arc<Card>>>,
    /// Rows of posts that this batch has forgotten. One that comes back in the same batch gets its row again, for
    /// what points at it may not be written anew.
    pub vacated: HashMap<PostId, i64>,

    /// As what each was counted, and why it was refused.
    pub refused: Vec<(Outcome, RefuseReason)>,
    /// What became of changes that came with a receipt, where it is not what the pipeline decided.
    verdicts: HashMap<usize, PushOutcome>,
    /// Posts that were refused, and are not held in an earlier version either.
    pub kept_out: Vec<PostId>,
    pub out: Writes,
}

/// What is written beside the dirty rows.
#[derive(Debug, Default)]
pub struct Writes {
    pub erased_posts: Vec<i64>,
    /// Authors who may have lost their last post.
    pub bereft_authors: HashSet<i64>,
    pub dropped_placements: Vec<(i64, CityId)>,
    pub dropped_mentions: Vec<(i64, CityId)>,
    pub tombstones: Vec<(PostId, Tombstone)>,
    pub erasures: Vec<Erasure>,
    pub suppressed: Vec<SubjectHash>,
    /// Who left, or may be shown no more: they are in no number that is not told yet.
    pub departed: Vec<SubjectHash>,
    /// Posts that were taken back, as they stood: so are these.
    pub taken_back: Vec<StoredPost>,
    pub checked: Vec<(PostId, Timestamp)>,
    /// Posts that decisions are about from now on, by the decisions' numbers.
    pub decided_posts: BTreeSet<(PostId, CityId, i64)>,
    /// Each with its network, and when it was told.
    pub gaps: Vec<(SourceId, Network, Gap, Timestamp)>,
    /// Network, handle and id of those who left: their requests are done.
    pub left: Vec<(Network, String, String)>,
    /// A text was erased or replaced: its bytes have to leave the write-ahead log too.
    pub erases_text: bool,
    pub entries: BTreeMap<CityId, Vec<FeedEntry>>,
}

impl Ledger {
    pub fn touch(&mut self, id: PostId) {
        if self.touched_set.insert(id) {
            self.touched.push(id);
        }
    }

    pub fn is_touched(&self, id: PostId) -> bool {
        self.touched_set.contains(&id)
    }

    /// Notes what readers see of the touched posts. Called once, when everything is loaded.
    pub fn remember_before(&mut self) {
        let seen = |id: &PostId| {
            let cities = self.posts.get(id)?.placements.keys();
            let cards = cities.filter_map(|city| Some((city.clone(), Arc::new(self.card(*id, city)?))));
            Some((*id, cards.collect()))
        };
        self.before = self.touched.iter().filter_map(seen).collect();
    }

    /// What each item of the batch's receipts is answered. Asked when the batch was applied.
    pub fn answers(&self, batch: &Batch) -> Vec<Vec<PushOutcome>> {
        let answer = |item: &ReceiptItem| {
            let known_better = item.change.and_then(|change| self.verdicts.get(&change));
            // What was refused for itself stays so, whatever became of the version before.
            let is_decided = matches!(item.outcome, PushOutcome::Refused(_));
            known_better.filter(|_| !is_decided).copied().unwrap_or(item.outcome)
        };
        batch.receipts.iter().map(|receipt| receipt.items.iter().map(answer).collect()).collect()
    }

    fn placement(&self, id: PostId, city: &CityId) -> Option<&StoredPlacement> {
        self.posts.get(&id)?.placements.get(city)
    }

    /// Whether a post may be pointed at from others in this city.
    fn is_admitted(&self, id: PostId, city: &CityId) -> bool {
        self.placement(id, city).is_some_and(StoredPlacement::admitted)
    }

    fn is_shown(&self, id: PostId, city: &CityId) -> bool {
        self.placement(id, city).is_some_and(|placement| placement.shown)
    }

    /// The post whose card readers see for this one: itself, or the one that stands for it.
    fn shown_for(&self, id: PostId, city: &CityId) -> Option<PostId> {
        let placed = self.placement(id, city)?;
        Some(placed.folded.unwrap_or(id)).filter(|head| self.is_shown(*head, city))
    }

    /// The card that readers of the city see now; `None` when they see none. The view `cards` gives the same.
    fn card(&self, id: PostId, city: &CityId) -> Option<Card> {
        let stored = self.posts.get(&id)?;
        let StoredPlacement { placement, position, shown, copies, covered, pinned, .. } =
            stored.placements.get(city)?;
        let author = self.authors.get(&stored.author_row)?;
        let (tier, position): (Tier, u64) = (placement.tier?, (*position)?);
        if !shown {
            return None;
        }
        let post = &stored.post;
        let visible = |target: Option<PostId>| self.shown_for(target?, city).filter(|target| *target != id);
        Some(Card {
            id,
            city: city.clone(),
            position,
            network: post.network,
            native_id: post.native_id.clone(),
            url: post.url.clone(),
            author: CardAuthor {
                id: author.profile.id.clone(),
                handle: author.profile.handle.clone(),
                name: author.profile.name.clone(),
                official: placement.official.clone(),
            },
            text: post.text.clone(),
            facets: post.facets.clone(),
            lang: post.languages.first().cloned(),
            created_at: post.created_at,
            received_at: stored.received_at,
            edited_at: post.edited_at,
            date_corrected: post.date_corrected,
            tags: post.tags.iter().map(|tag| tag.display.clone()).collect(),
            media: post.media.clone(),
            reply_to: visible(placement.reply_to),
            thread: visible(placement.thread),
            location: placement.location,
            zone: placement.zone.clone(),
            zone_from_text: placement.zone_from_text,
            lane: placement.lane.clone(),
            schedule: post.schedule,
            expires_at: placement.expires_at,
            sensitive: is_sensitive(post, stored.received_at),
            automated: post.automated || author.profile.automated,
            tier,
            copies: copies.clone(),
            reasons: placement.reasons.clone(),
            covered: *covered,
            pinned: *pinned,
            recipe: placement.recipe.clone(),
        })
    }
}
