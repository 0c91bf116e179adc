//! How posts go, and what goes with them.
//!
//! Owns the erasing of rows, tombstones, and that a bridge's copy follows its origin. Does not own when a post goes (`apply`,
//! `authors`, `settle`). Invariant: what is forgotten is in no index of the ledger, and what is buried has a tombstone.

use super::{Erasure, Ledger, Tombstone};
use crate::domain::utterance::{KeyKind, dies_with};
use crate::domain::{CityId, PostId, RefuseReason, Timestamp};
use crate::store::retention::SHORT_TOMBSTONE_S;

impl Ledger {
    pub(super) fn unplace(&mut self, id: PostId, city: &CityId) {
        self.drop_placement(id, city);
        if self.posts.get(&id).is_some_and(|stored| !stored.is_kept()) {
            self.forget_for_now(id);
        }
    }

    /// Takes a post out of a city, and what goes with it: a copy follows its origin.
    pub(super) fn drop_placement(&mut self, id: PostId, city: &CityId) {
        let mut going = vec![id];
        while let Some(next) = going.pop() {
            let copies = self.dying_with(next);
            let Some(stored) = self.posts.get_mut(&next) else { continue };
            if stored.placements.remove(city).is_none() {
                continue;
            }
            if stored.stored {
                self.out.dropped_placements.push((stored.row, city.clone()));
            }
            if !stored.is_kept() && next != id {
                self.forget_for_now(next);
            }
            going.extend(copies);
        }
    }

    /// Takes a post out of every city.
    pub(super) fn let_go(&mut self, id: PostId) {
        let cities = self.posts.get(&id).map_or_else(Vec::new, |stored| stored.placements.keys().cloned().collect());
        cities.iter().for_each(|city| self.drop_placement(id, city));
        self.forget_for_now(id);
    }

    /// No city asks for a post any more: it may come back when one does again, unless the operator had hidden it. To
    /// edit a hidden post out of the recipe and in again does not bring it back.
    pub(super) fn forget_for_now(&mut self, id: PostId) {
        if self.posts.get(&id).is_some_and(|stored| stored.moderated) {
            self.bury(id, RefuseReason::Erased, None);
        }
        self.forget(id);
    }

    /// Erases a post's rows. Without a tombstone it may come back.
    pub(super) fn forget(&mut self, id: PostId) {
        self.unlearn(id);
        if let Some(stored) = self.posts.remove(&id) {
            self.out.bereft_authors.insert(stored.author_row);
            self.vacated.insert(id, stored.row);
            if stored.stored {
                self.out.erased_posts.push(stored.row);
                self.out.erasures.push(Erasure::Outdated(id));
                self.out.erases_text = true;
            }
        }
    }

    pub(super) fn bury(&mut self, id: PostId, reason: RefuseReason, expires_at: Option<Timestamp>) {
        let new = Tombstone { reason, expires_at };
        let tombstone = match self.tombstones.get(&id) {
            Some(old) => Tombstone {
                reason: if old.reason == RefuseReason::Erased { old.reason } else { new.reason },
                expires_at: old.expires_at.and_then(|old| new.expires_at.map(|new| old.max(new))),
            },
            None => new,
        };
        self.tombstones.insert(id, tombstone);
        self.out.tombstones.push((id, tombstone));
    }

    pub(super) fn dies_with(&self, copy: PostId, origin: PostId) -> bool {
        let of = |id: PostId| self.posts.get(&id).map(|stored| (&stored.post, stored.keys.as_slice()));
        of(copy).zip(of(origin)).is_some_and(|(copy, origin)| dies_with(copy, origin))
    }

    /// The copies that go with this post, which need not be held.
    pub(super) fn dying_with(&self, origin: PostId) -> Vec<PostId> {
        let held = self.posts.get(&origin);
        let pages = held.into_iter().flat_map(|stored| &stored.keys).filter(|key| key.kind == KeyKind::Page);
        let names = pages.map(|page| page.hash).chain([origin.as_u64()]);
        let mut naming: Vec<PostId> = names.flat_map(|name| self.naming(name)).collect();
        naming.sort_unstable();
        naming.dedup();
        naming.retain(|copy| held.is_none() || self.dies_with(*copy, origin));
        naming
    }

    /// The touched posts that declare an origin of this name.
    fn naming(&self, name: u64) -> impl Iterator<Item = PostId> {
        let posts = self.by_key.get(&name).into_iter().flatten().copied();
        posts.filter(move |id| {
            let keys = self.posts.get(id).map_or(&[][..], |stored| &stored.keys);
            keys.iter().any(|key| key.kind.is_origin() && key.hash == name)
        })
    }

    /// Erases a post for good, or for as long as `expires_at` says, and what dies with it; neither comes again.
    pub(super) fn erase(&mut self, id: PostId, reason: RefuseReason, expires_at: Option<Timestamp>) {
        let mut going = vec![(id, reason)];
        while let Some((id, reason)) = going.pop() {
            going.extend(self.dying_with(id).into_iter().map(|copy| (copy, reason)));
            // By its page a copy may name it that comes later.
            let held = self.posts.get(&id).filter(|stored| !stored.post.network.is_listing());
            let pages = held.into_iter().flat_map(|stored| &stored.keys).filter(|key| key.kind == KeyKind::Page);
            let names: Vec<PostId> = pages.map(|page| PostId::from_u64(page.hash)).chain([id]).collect();
            self.out.taken_back.extend(self.posts.get(&id).filter(|stored| stored.stored).cloned());
            self.forget(id);
            names.into_iter().for_each(|name| self.bury(name, reason, expires_at));
        }
    }

    /// An origin was refused, which we may never have held: its copies are for a while, longer than anybody remembers why.
    pub(super) fn origin_refused(&mut self, name: u64, at: Timestamp) {
        let copies: Vec<PostId> = self.naming(name).collect();
        for copy in copies {
            self.erase(copy, RefuseReason::Deleted, Some(at.plus_seconds(SHORT_TOMBSTONE_S)));
        }
    }
}
