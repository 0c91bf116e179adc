//! What the pipeline remembers between two observations, and what events do to it.
//!
//! Owns the posts and authors that the store holds (as ids and flags, never texts), what was refused a moment ago (as
//! hashes), the posts that wait for their
//! author's profile, the low-water marks of the sources, and the tally of outcomes. Does not own any decision: those
//! are `normalize`, `matcher` and `consent`. Invariant: an observation is open in its watermark from the moment it is
//! taken until its change is pending, so that no checkpoint passes it.

mod authors;
mod desk;
mod dropped;
mod events;
mod hold;
mod known;
mod lookup;
mod origins;
mod pending;
mod tally;
mod watermark;

pub use authors::Authors;
pub use dropped::Dropped;
pub use hold::{Held, Hold, Parked};
pub use known::KnownPosts;
pub use lookup::{Answer, Lookups, NotAsked};
pub use origins::RefusedOrigins;
pub use pending::{PENDING_MAX, Pending};
pub use tally::{OUTCOMES_TOTAL, Tally};
pub use watermark::{Ticket, Watermarks};

use std::collections::VecDeque;
use std::sync::Arc;

use crate::consent::Policy;
use crate::domain::utterance::origin_keys;
use crate::domain::{
    AccountStatus, Addressed, AuthorId, AuthorProfile, Batch, Change, IdKey, Network, Observation, Outcome, Placement,
    Post, PostId, RawPost, Receipt, RefuseReason, Timestamp,
};
use crate::matcher::{CitySet, Glimpse, ListedAccounts, MatchContext, Matches};
use crate::normalize::Draft;

/// The pipeline's memory, and what it has decided and not yet handed on.
pub struct Intake {
    pub key: IdKey,
    pub policy: Policy,
    pub cities: Arc<CitySet>,
    pub listed: ListedAccounts,
    pub known: KnownPosts,
    pub authors: Authors,
    pub hold: Hold,
    pub watermarks: Watermarks,
    pub tally: Tally,
    /// Changes not yet committed, in order.
    pub pending: Pending,
    /// What signed deliveries are answered whose changes are among those.
    pub receipts: Vec<Receipt>,
    /// Authors to ask the networks for.
    pub questions: Vec<(Network, AuthorId)>,
    pub refused_origins: RefusedOrigins,
    /// Replies whose thread has been decided: to be taken again.
    pub released: VecDeque<Parked>,
}

impl Intake {
    pub fn new(key: IdKey, policy: Policy, cities: Arc<CitySet>, known: KnownPosts, authors: Authors) -> Self {
        Self {
            key,
            policy,
            cities,
            listed: ListedAccounts::default(),
            known,
            authors,
            hold: Hold::default(),
            watermarks: Watermarks::default(),
            tally: Tally::default(),
            pending: Pending::default(),
            receipts: Vec::new(),
            questions: Vec::new(),
            refused_origins: RefusedOrigins::default(),
            released: VecDeque::new(),
        }
    }

    /// Whether another observation may be taken; when not, the networks wait.
    pub fn has_room(&self) -> bool {
        self.hold.has_room() && self.watermarks.has_room() && self.pending.has_room()
    }

    pub fn open(&mut self, observation: &Observation) -> Ticket {
        self.watermarks.start(&observation.source, observation.checkpoint.clone())
    }

    pub fn finish(&mut self, ticket: Ticket, outcome: Outcome) {
        self.tally.outcome(outcome);
        self.watermarks.finish(ticket);
    }

    /// Whether a draft may concern any city. Nearly every post of a network is dismissed here, before the work that
    /// only a post to be shown is worth.
    pub fn may_concern(&self, draft: &Draft) -> bool {
        let thread = draft.reply().and_then(|reply| self.known.thread_of(&self.key, draft.network(), reply));
        let glimpse = Glimpse {
            network: draft.network(),
            author: draft.author(),
            text: draft.text(),
            tags: draft.tags(),
            languages: draft.languages(),
            is_reply: draft.reply().is_some(),
            point: draft.point(),
            addressed: draft.addressed(),
        };
        self.cities.may_concern(&glimpse, &MatchContext { listed: &self.listed, thread })
    }

    pub fn matches(&self, post: &Post) -> Matches {
        let thread = post.reply.as_ref().and_then(|reply| self.known.thread_of(&self.key, post.network, reply));
        self.cities.matches(post, &MatchContext { listed: &self.listed, thread })
    }

    /// The card that a reply answers, where we hold it.
    pub fn parent_of(&self, post: &Post) -> Option<PostId> {
        let parent = &post.reply.as_ref()?.parent;
        Some(PostId::derive(&self.key, post.network, parent)).filter(|id| self.known.contains(*id))
    }

    /// The held post that a reply hangs on.
    pub fn held_parent(&self, network: Network, raw: &RawPost) -> Option<PostId> {
        let reply = raw.reply.as_ref().filter(|_| !self.hold.is_empty())?;
        let id = |native| PostId::derive(&self.key, network, native);
        [&reply.parent, &reply.root].into_iter().map(id).find(|parent| self.hold.contains(*parent))
    }

    /// Holds a matched post until its author's profile is known.
    pub fn hold(&mut self, post: Post, ticket: Ticket) {
        let (network, author) = (post.network, post.author.clone());
        match self.hold.put(post, ticket) {
            Ok(true) => self.questions.push((network, author)),
            Ok(false) => {}
            Err(ticket) => self.finish(ticket, Outcome::Refused(RefuseReason::Collision)),
        }
    }

    pub fn release_replies(&mut self, id: PostId) {
        self.released.extend(self.hold.take_replies(id));
    }

    /// The author to decide by, and whether they are hidden: what their account hides stays in the store for the day
    /// it comes back (L-11), and is decided on as if it had.
    pub fn as_if_back(&self, post: &Post, author: &AuthorProfile) -> (AuthorProfile, bool) {
        let is_hidden = author.status == AccountStatus::Hidden && self.known.contains(post.id);
        let status = if is_hidden { AccountStatus::Active } else { author.status };
        (AuthorProfile { status, ..author.clone() }, is_hidden)
    }

    /// Notes what was decided of a post. Nothing is written for one that is neither placed, nor kept for a desk, nor stored.
    pub fn store(
        &mut self,
        post: Post,
        author: &AuthorProfile,
        placements: Vec<Placement>,
        mentions: Vec<Addressed>,
        now: Timestamp,
    ) {
        let is_kept = !placements.is_empty() || !mentions.is_empty();
        if !is_kept && !self.known.contains(post.id) {
            return;
        }
        let origins = origin_keys(&self.key, post.copy_of.as_deref());
        let desks = mentions.iter().map(|mention| mention.city.clone()).collect();
        self.known.remember(post.id, &placements, desks, origins.iter().map(|origin| origin.hash).collect());
        if is_kept {
            self.authors.put(author.clone());
        }
        let (post, author) = (Box::new(post), Box::new(author.clone()));
        self.pending.push(Change::Upsert { post, author, placements, mentions, received_at: now });
    }

    /// Whether anything was decided that is not handed on.
    pub fn has_news(&self) -> bool {
        !self.pending.is_empty() || !self.receipts.is_empty()
    }

    /// Everything decided so far, as one transaction.
    pub fn take_batch(&mut self) -> Batch {
        Batch {
            changes: self.pending.take(),
            checkpoints: self.watermarks.take_moved(),
            receipts: std::mem::take(&mut self.receipts),
        }
    }
}
