//! What follows from a batch for readers.
//!
//! Owns the bonds between a thread and its replies, visibility, and the entries. Does not own the changes (`apply`), nor
//! which posts are one utterance (`utterances`).
//! Invariant: afterwards `thread` and `reply_to` of touched posts name posts admitted in the same city, `shown`
//! is true exactly of what the log says is there, and `folded` names a post of the same city that is not folded itself.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Ledger, StoredAuthor, StoredPlacement};
use crate::domain::{CityId, FeedEntry, IdKey, Offset, Op, Outcome, PostId, RefuseReason};

/// Longest chain of threads that is followed. Networks give a thread's start, so that chains are one long; posts that
/// name each other in a circle are left as they are.
const BOND_ROUNDS_MAX: usize = 16;

impl Ledger {
    pub(super) fn settle(&mut self, key: &IdKey) {
        let mut rounds = 0;
        while self.mend_bonds() && rounds < BOND_ROUNDS_MAX {
            rounds += 1;
        }
        self.decide_visibility(key);
        self.append_entries();
    }

    /// Clears references to what is gone, and drops replies that were admitted for it alone. Returns whether anything
    /// changed, which may leave further references dangling.
    fn mend_bonds(&mut self) -> bool {
        let mut dropped = Vec::new();
        let mut mended = Vec::new();
        for id in &self.touched {
            let Some(stored) = self.posts.get(id) else { continue };
            for (city, placed) in &stored.placements {
                let (thread, reply_to) = (placed.placement.thread, placed.placement.reply_to);
                if thread.is_none() && reply_to.is_none() && !placed.by_thread_only() {
                    continue;
                }
                let new_thread = thread.and_then(|thread| self.root_of(thread, *id, city));
                let new_reply_to = reply_to.filter(|parent| self.is_admitted(*parent, city));
                if placed.by_thread_only() && new_thread.is_none() {
                    dropped.push((*id, city.clone()));
                } else if (thread, reply_to) != (new_thread, new_reply_to) {
                    mended.push((*id, city.clone(), new_thread, new_reply_to));
                }
            }
        }
        let changed = !dropped.is_empty() || !mended.is_empty();
        for (id, city, thread, reply_to) in mended {
            if let Some(placed) = self.posts.get_mut(&id).and_then(|stored| stored.placements.get_mut(&city)) {
                placed.placement.thread = thread;
                placed.placement.reply_to = reply_to;
                placed.dirty = true;
            }
        }
        for (id, city) in dropped {
            let new = self.posts.get(&id).is_some_and(|stored| !stored.stored);
            self.unplace(id, &city);
            if new && !self.posts.contains_key(&id) {
                // A reply that came after its thread had gone: no recipe asks for it any more.
                self.refused.push((Outcome::Admitted, RefuseReason::Unmatched));
            }
        }
        changed
    }

    /// The post under which a thread is shown: its start, also when `thread` is itself a reply.
    fn root_of(&self, thread: PostId, from: PostId, city: &CityId) -> Option<PostId> {
        let placed = self.placement(thread, city).filter(|placed| placed.admitted())?;
        let above = placed.placement.thread.filter(|above| *above != from && self.is_admitted(*above, city));
        Some(above.unwrap_or(thread))
    }

    fn decide_visibility(&mut self, key: &IdKey) {
        let utterances = self.utterances();
        self.hide_whole(&utterances);
        self.spread(&utterances);
        let mut fit: BTreeSet<(PostId, CityId)> = BTreeSet::new();
        let mut hung: Vec<(PostId, CityId, PostId)> = Vec::new();
        for id in &self.touched {
            let Some(stored) = self.posts.get(id) else { continue };
            let author_shown = self.authors.get(&stored.author_row).is_some_and(StoredAuthor::may_be_shown);
            if stored.moderated || stored.is_unchecked() || !author_shown {
                continue;
            }
            let held_back = self.held_back(key, stored);
            let may_be_seen =
                |(city, placed): &(&CityId, &StoredPlacement)| placed.admitted() && !held_back.contains(*city);
            for (city, placed) in stored.placements.iter().filter(may_be_seen) {
                fit.insert((*id, city.clone()));
                if let Some(root) = placed.placement.thread.filter(|_| placed.by_thread_only()) {
                    hung.push((*id, city.clone(), root));
                }
            }
        }
        self.leave_out_orphans(&utterances, &mut fit);
        // A reply that hangs on a hidden thread is hidden with it.
        for (id, city, root) in hung {
            let is_fit = |id: PostId| fit.contains(&(id, city.clone()));
            let root_shown = match self.is_touched(root) {
                true => {
                    is_fit(root)
                        || utterances.of(root, &city).is_some_and(|one| one.members.iter().copied().any(is_fit))
                }
                false => self.shown_for(root, &city).is_some(),
            };
            if !root_shown {
                fit.remove(&(id, city));
            }
        }
        let mut folds = self.fold(&utterances, &fit);
        for id in self.touched.clone() {
            let cities =
                self.posts.get(&id).map_or_else(Vec::new, |stored| stored.placements.keys().cloned().collect());
            for city in cities {
                let (covered, pinned) = self.look_of(id, &city);
                let at = (id, city);
                let folded = folds.heads.get(&at).copied();
                let copies = folds.copies.remove(&at).unwrap_or_default();
                let shown = folded.is_none() && fit.contains(&at);
                let placed = self.posts.get_mut(&id).and_then(|stored| stored.placements.get_mut(&at.1));
                let Some(placed) = placed else { continue };
                placed.dirty |= placed.shown != shown || placed.folded != folded || placed.copies != copies;
                placed.dirty |= (placed.covered, placed.pinned) != (covered, pinned);
                (placed.shown, placed.folded, placed.copies) = (shown, folded, copies);
                (placed.covered, placed.pinned) = (covered, pinned);
            }
        }
    }

    fn append_entries(&mut self) {
        for id in self.touched.clone() {
            let now = self.posts.get(&id).into_iter().flat_map(|stored| stored.placements.keys());
            let before = self.before.get(&id).into_iter().flat_map(|cards| cards.keys());
            let cities: BTreeSet<CityId> = now.chain(before).cloned().collect();
            for city in cities {
                self.append_entry(id, &city);
            }
        }
    }

    fn append_entry(&mut self, id: PostId, city: &CityId) {
        let before = self.before.get(&id).and_then(|cards| cards.get(city)).cloned();
        let after = self.card(id, city);
        let first = after.is_some() && self.publish(id, city);
        let op = match (before, &after) {
            (None, None) => return,
            (Some(before), Some(after)) if *before == *after => return,
            (Some(_), None) => Op::Remove,
            (None, Some(_)) if first => Op::Post,
            // Also what comes back after it was hidden: it keeps its position.
            (_, Some(_)) => Op::Update,
        };
        let city_state = self.city(city);
        city_state.head += 1;
        city_state.dirty = true;
        let entry = FeedEntry { offset: Offset(city_state.head), op, post: id, card: after.map(Arc::new) };
        self.out.entries.entry(city.clone()).or_default().push(entry);
    }

    /// Notes that readers have seen the post in this city; returns whether it is the first time.
    fn publish(&mut self, id: PostId, city: &CityId) -> bool {
        let placed = self.posts.get_mut(&id).and_then(|stored| stored.placements.get_mut(city));
        placed.is_some_and(|placed| {
            let first = !placed.published;
            placed.published = true;
            placed.dirty |= first;
            first
        })
    }
}
