//! How each change acts on the ledger.
//!
//! Owns the rules stated at [`Change`]. Does not own how a post goes (`remove`), nor what follows for readers (`settle`).
//! Invariant: nothing is refused half: a refused change leaves the ledger as it was.

use std::collections::BTreeMap;

use super::{Erasure, Ledger, StoredCity, StoredPlacement, StoredPost};
use crate::domain::utterance::{KeyKind, UtteranceKey, origin_author, origin_keys};
use crate::domain::{
    Addressed, AuthorId, AuthorProfile, Batch, Change, CityId, CoarseLocation, IdKey, MentionForm, NativeId, Network,
    Outcome, Placement, Post, PostId, PushOutcome, RefuseReason, SubjectHash, Timestamp,
};
use crate::store::retention::{AHEAD_S, SHORT_TOMBSTONE_S};

/// Whether a deletion seen here is always later than its post: then one of a post that we don't hold says nothing.
/// Bluesky's relay keeps the order of each author's events.
const fn keeps_order(network: Network) -> bool {
    matches!(network, Network::Bluesky)
}

/// The later of two times at which something was asked for, unless the one noted is ahead of any that can be right.
pub(super) fn later_check(noted: Timestamp, at: Timestamp) -> Timestamp {
    if noted > at.plus_seconds(AHEAD_S) { at } else { noted.max(at) }
}

/// What a post that may be stored has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Upserted {
    Written,
    /// What is stored is this version, or says the same.
    Same,
    /// What is stored is a later one.
    Outdated,
}

impl Ledger {
    /// Applies all changes in order, then settles what follows from them.
    pub fn apply(&mut self, key: &IdKey, batch: &Batch) {
        for (number, change) in batch.changes.iter().enumerate() {
            match change {
                Change::Upsert { post, author, placements, mentions, received_at } => {
                    let done = self.upsert(key, post, author, placements, mentions, *received_at);
                    if !batch.receipts.is_empty() {
                        self.note_verdict(number, done);
                    }
                    if let Err(reason) = done {
                        let counted = match placements.iter().any(|placement| placement.tier.is_some()) {
                            true => Outcome::Admitted,
                            false if placements.is_empty() && mentions.is_empty() => Outcome::Refused(reason),
                            false if placements.is_empty() => Outcome::Addressed,
                            false => Outcome::Queued,
                        };
                        self.refused.push((counted, reason));
                        if !self.posts.contains_key(&post.id) {
                            self.kept_out.push(post.id);
                        }
                    }
                }
                Change::Delete { network, native_id, by, at } => {
                    self.delete(key, *network, native_id, by.as_ref(), *at)
                }
                Change::Author { profile, verdict, at: _ } => self.author_changed(key, profile, *verdict),
                Change::Checked { post, at } => self.checked(*post, *at),
                Change::Hide { post, hidden } => self.hide(*post, *hidden),
                Change::Erase { post, whole, at: _ } => {
                    let with = if *whole { self.mates(*post) } else { Vec::new() };
                    self.erase(*post, RefuseReason::Erased, None);
                    with.into_iter().for_each(|mate| self.erase(mate, RefuseReason::Erased, None));
                }
                Change::OriginRefused { name, at } => self.origin_refused(*name, *at),
                Change::Leave { network, author, at: _ } => self.leave(key, *network, author),
                Change::Unplace { post, city } => self.unplace(*post, city),
                Change::Unmention { post, city } => self.unmention(*post, city),
                Change::Point { post } => self.point(*post),
                Change::Answered { post, city, answer } => self.answered(*post, city, answer),
                Change::Desk { post, city, act, by, at } => self.desk(*post, city, act, by, *at),
                Change::Decide { city, number, new, author, .. } => {
                    self.decree(key, city, *number, new, *author);
                }
                Change::Lift { city, number, .. } => self.lift(key, city, *number),
                Change::Replace { post, placement } => self.replace(key, *post, placement),
                Change::Gap { source, network, gap, at } => {
                    self.out.gaps.push((source.clone(), *network, gap.clone(), *at));
                }
            }
        }
        self.settle(key);
    }

    fn note_verdict(&mut self, change: usize, done: Result<Upserted, RefuseReason>) {
        let verdict = match done {
            Ok(Upserted::Written) => return,
            Ok(Upserted::Same) => PushOutcome::Unchanged,
            Ok(Upserted::Outdated) => PushOutcome::Outdated,
            Err(reason) => PushOutcome::Refused(reason),
        };
        self.verdicts.insert(change, verdict);
    }

    fn upsert(
        &mut self,
        key: &IdKey,
        post: &Post,
        profile: &AuthorProfile,
        placements: &[Placement],
        mentions: &[Addressed],
        received_at: Timestamp,
    ) -> Result<Upserted, RefuseReason> {
        if self.suppressed.contains(&SubjectHash::derive(key, post.network, &post.author)) {
            return Err(RefuseReason::AuthorLeft);
        }
        let whose = origin_author(key, post.copy_of.as_deref());
        if whose.is_some_and(|whose| self.suppressed.contains(&whose)) {
            return Err(RefuseReason::AuthorLeft);
        }
        if let Some(tombstone) = self.tombstones.get(&post.id)
            && tombstone.expires_at.is_none_or(|end| received_at < end)
        {
            return Err(tombstone.reason);
        }
        // A copy dies with its origin, and doesn't come after it either.
        let origins = origin_keys(key, post.copy_of.as_deref());
        let mut gone = origins.iter().filter_map(|origin| self.tombstones.get(&PostId::from_u64(origin.hash)));
        if let Some(tombstone) = gone.find(|gone| gone.expires_at.is_none_or(|end| received_at < end)) {
            return Err(tombstone.reason);
        }
        if let Some(stored) = self.posts.get(&post.id) {
            let (network, native_id, author) = (&stored.post.network, &stored.post.native_id, &stored.post.author);
            if (network, native_id, author) != (&post.network, &post.native_id, &post.author) {
                return Err(RefuseReason::Collision);
            }
            if post.revision < stored.post.revision {
                return Ok(Upserted::Outdated);
            }
        }
        let placements = self.as_decided(post.id, profile, placements);
        if placements.is_empty() && mentions.is_empty() {
            self.let_go(post.id);
            return Ok(Upserted::Written);
        }
        let upserted = if mentions.iter().any(|mention| mention.form == MentionForm::Pointer) {
            let author_row = self.point_at_author(profile);
            let upserted = self.take_content(&post.pointer(), author_row, received_at);
            self.place(post.id, &[]);
            upserted
        } else {
            let author_row = self.meet_author(profile);
            let upserted = self.take_content(post, author_row, received_at);
            self.place(post.id, &placements);
            upserted
        };
        self.address(post.id, mentions, received_at);
        let whose = whose.map(|whose| UtteranceKey { kind: KeyKind::Whose, hash: whose.0 });
        self.rekey(key, post.id, Some(origins.into_iter().chain(whose).collect()));
        Ok(upserted)
    }

    fn take_content(&mut self, post: &Post, author_row: i64, received_at: Timestamp) -> Upserted {
        self.touch(post.id);
        let content = Post { point: None, copy_of: None, addressed: Vec::new(), unlisted: false, ..post.clone() };
        if let Some(stored) = self.posts.get_mut(&post.id) {
            // Versions of one revision are one; where a network has no revisions, the content tells.
            let later = post.revision > stored.post.revision || post.revision.is_empty();
            // A pointer has no version of the words: it becomes one, or is one no longer, by its author's wish alone.
            let later = later || stored.is_pointer() || content == post.pointer();
            let is_news = later && stored.post != content;
            if is_news {
                if stored.stored {
                    self.out.erases_text |= stored.post.text != content.text;
                    self.out.erasures.push(Erasure::Outdated(post.id));
                }
                stored.post = content;
                stored.dirty = true;
            }
            // To see a post again is to know that it still stands.
            self.checked(post.id, received_at);
            return if is_news { Upserted::Written } else { Upserted::Same };
        }
        let row = self.vacated.remove(&post.id).unwrap_or_else(|| {
            self.last_post_row += 1;
            self.last_post_row
        });
        let stored = StoredPost {
            row,
            post: content,
            author_row,
            received_at,
            checked_at: received_at,
            moderated: false,
            placements: BTreeMap::new(),
            mentions: BTreeMap::new(),
            keys: Vec::new(),
            keys_dirty: false,
            dirty: true,
            stored: false,
        };
        self.posts.insert(post.id, stored);
        Upserted::Written
    }

    fn checked(&mut self, id: PostId, at: Timestamp) {
        if let Some(stored) = self.posts.get_mut(&id) {
            stored.checked_at = later_check(stored.checked_at, at);
        }
        self.out.checked.push((id, at));
    }

    /// Makes `placements` the whole truth of where a post stands.
    fn place(&mut self, id: PostId, placements: &[Placement]) {
        let gone: Vec<CityId> = self.posts.get(&id).map_or_else(Vec::new, |stored| {
            let wanted = |city: &CityId| placements.iter().any(|placement| placement.city == *city);
            stored.placements.keys().filter(|city| !wanted(city)).cloned().collect()
        });
        for city in gone {
            self.drop_placement(id, &city);
        }
        for placement in placements {
            self.city(&placement.city);
            self.put(
                id,
                Placement {
                    thread: placement.thread.filter(|thread| *thread != id),
                    reply_to: placement.reply_to.filter(|parent| *parent != id),
                    location: placement.location.map(storable),
                    ..placement.clone()
                },
            );
        }
    }

    /// Makes this what a post is in a city. It has a position from its first admission on.
    pub(super) fn put(&mut self, id: PostId, placement: Placement) {
        let kept = self.placement(id, &placement.city).and_then(|stored| stored.position);
        let position = match kept {
            None if placement.tier.is_some() => Some(self.next_position(&placement.city)),
            kept => kept,
        };
        let Some(stored) = self.posts.get_mut(&id) else { return };
        match stored.placements.get_mut(&placement.city) {
            Some(old) => {
                if old.placement != placement || old.position != position {
                    old.placement = placement;
                    old.position = position;
                    old.dirty = true;
                }
            }
            None => {
                let city = placement.city.clone();
                let new = StoredPlacement {
                    placement,
                    position,
                    published: false,
                    shown: false,
                    folded: None,
                    copies: Vec::new(),
                    covered: None,
                    pinned: false,
                    dirty: true,
                };
                stored.placements.insert(city, new);
            }
        }
    }

    fn next_position(&mut self, city: &CityId) -> u64 {
        let city = self.city(city);
        city.last_position += 1;
        city.dirty = true;
        city.last_position
    }

    /// A city exists in the store from its first post on, shown or queued.
    pub(super) fn city(&mut self, city: &CityId) -> &mut StoredCity {
        let last = &mut self.last_city_row;
        self.cities.entry(city.clone()).or_insert_with(|| {
            *last += 1;
            StoredCity { row: *last, head: 0, last_position: 0, dirty: true }
        })
    }

    fn delete(&mut self, key: &IdKey, network: Network, native_id: &NativeId, by: Option<&AuthorId>, at: Timestamp) {
        let id = PostId::derive(key, network, native_id);
        let is_meant = |stored: &StoredPost| {
            let post = &stored.post;
            post.native_id == *native_id && post.network == network && by.is_none_or(|author| *author == post.author)
        };
        match self.posts.get(&id).map(is_meant) {
            Some(true) => self.erase(id, RefuseReason::Deleted, None),
            Some(false) => {}
            // Nor does somebody's word on a post of which it is not known whose it is.
            None if by.is_some() => {}
            // Copies come behind their origin's deletion on every network.
            None if keeps_order(network) && self.dying_with(id).is_empty() => {}
            None => self.erase(id, RefuseReason::Deleted, Some(at.plus_seconds(SHORT_TOMBSTONE_S))),
        }
    }

    /// That a copy of what is hidden is hidden too is settled; of what is shown again it has to be undone here.
    fn hide(&mut self, id: PostId, hidden: bool) {
        let with = if hidden { Vec::new() } else { self.mates(id) };
        [id].into_iter().chain(with).for_each(|id| self.moderate(id, hidden));
    }

    pub(super) fn moderate(&mut self, id: PostId, hidden: bool) {
        if let Some(stored) = self.posts.get_mut(&id)
            && stored.moderated != hidden
        {
            stored.moderated = hidden;
            stored.dirty = true;
            self.out.erasures.push(if hidden { Erasure::Hidden(id) } else { Erasure::Unhidden(id) });
        }
    }

    fn replace(&mut self, key: &IdKey, id: PostId, new: &Placement) {
        let placed = self.posts.get_mut(&id).and_then(|stored| stored.placements.get_mut(&new.city));
        let Some(placed) = placed.filter(|placed| placed.placement.tier.is_some()) else { return };
        let old = &mut placed.placement;
        if new.tier.is_none() || old.recipe == new.recipe {
            return;
        }
        let Placement { tier, reasons, recipe, lane, expires_at, official, assembly, .. } = new.clone();
        *old = Placement { tier, reasons, recipe, lane, expires_at, official, assembly, ..old.clone() };
        placed.dirty = true;
        self.rekey(key, id, None);
    }
}

/// Six decimals (about 10 cm) come back from the database as the same number, so that a repeat is seen as one.
fn storable(location: CoarseLocation) -> CoarseLocation {
    let round = |degrees: f64| (degrees * 1_000_000.0).round() / 1_000_000.0;
    CoarseLocation { lon: round(location.lon), lat: round(location.lat), ..location }
}
