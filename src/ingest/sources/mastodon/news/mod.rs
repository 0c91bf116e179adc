//! What a page or a message says that was not said before.
//!
//! Owns which statuses are told, as what, and what the memory is afterwards. Does not own the asking (`source`).
//! Invariant: pure but for the memory; what is told and the memory belong together, so that the one is stored with the
//! other. What a configured server's own people write is taken from that server alone: it decides who may read it (L-06),
//! and it alone knows who asked not to be indexed, and first what was deleted.

use std::collections::{HashSet, VecDeque};

use super::decode::{Page, Seen, hash, host};
use super::ids::Ids;
use super::memory::{Memory, Told, day};
use crate::domain::{Event, IdKey, Network, PostId, RawPost, RefuseReason, Timestamp, fold_tag};

/// Deletions remembered whose status may still come: servers don't keep the order. The oldest go first.
const GONE_MAX: usize = 1_000;
/// Unreadable statuses remembered, so that one is counted once though every page brings it.
const UNREADABLE_MAX: usize = 200;

/// Tags that are asked for together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeline {
    /// Folded; at least one.
    pub tags: Vec<String>,
    pub key: u32,
}

impl Timeline {
    pub fn new(tags: &[String]) -> Self {
        Self { tags: tags.to_vec(), key: hash(&tags.join(" ")) as u32 }
    }

    fn has(&self, post: &RawPost) -> bool {
        post.tags.iter().any(|tag| self.tags.contains(&fold_tag(tag)))
    }
}

/// Decides what is news on one server.
pub struct News {
    key: IdKey,
    /// Hosts of the other servers that are read.
    elsewhere: Vec<String>,
    pub timelines: Vec<Timeline>,
    pub memory: Memory,
    ids: Ids,
    /// The server's own ids of what was deleted, newest last.
    gone: VecDeque<String>,
    unreadable: VecDeque<u64>,
    /// The server's own ids of what pages left out and was therefore asked for by itself, until a page shows it again.
    doubted: HashSet<String>,
    /// A page came that was not in the order of its ids: on this server they have none.
    is_disordered: bool,
}

impl News {
    pub fn new(key: IdKey, elsewhere: Vec<String>) -> Self {
        Self {
            key,
            elsewhere,
            timelines: Vec::new(),
            memory: Memory::default(),
            ids: Ids::default(),
            gone: VecDeque::new(),
            unreadable: VecDeque::new(),
            doubted: HashSet::new(),
            is_disordered: false,
        }
    }

    /// Begins to read these timelines, from `memory` on. What was deleted lately is remembered across. A status that stood
    /// in none of them is missed by no page: it is asked for by itself, unless a page shows it.
    pub fn begin(&mut self, timelines: Vec<Timeline>, mut memory: Memory) {
        for told in &mut memory.told {
            if !told.timelines.iter().any(|key| timelines.iter().any(|timeline| timeline.key == *key)) {
                told.seen_on = 0;
            }
        }
        let is_read = |tag: &String| timelines.iter().any(|timeline| timeline.tags.contains(tag));
        let newest = memory.newest.into_iter().filter(|(tag, _)| is_read(tag)).collect();
        (self.timelines, self.memory) = (timelines, Memory { newest, ..memory });
    }

    /// The id from which what lies above a page is to be asked for; `None`: the page reaches what is known, or nothing is.
    pub fn missing_from(&self, timeline: &Timeline, page: &Page, is_last: bool) -> Option<String> {
        let newest: Vec<&String> = timeline.tags.iter().filter_map(|tag| self.memory.newest.get(tag)).collect();
        let from = newest.into_iter().min_by_key(|id| rank(id))?;
        let oldest = page.statuses.last()?;
        // What a stream told may lie above a hole, so where ids have an order, theirs alone decides.
        let was_there = |told: &Told| told.timelines.contains(&timeline.key);
        let reaches = match self.is_ordered(page) {
            true => rank(&oldest.id) <= rank(from),
            false => page.statuses.iter().any(|seen| self.memory.get(&seen.id).is_some_and(was_there)),
        };
        let reaches = reaches || is_last || page.statuses.iter().any(|seen| seen.id == *from);
        (!reaches).then(|| from.clone())
    }

    /// Has what a page leaves out without a word asked for by itself: what was above its newest, and below its oldest where
    /// nothing lies there (`is_last`). It may be deleted, or the page an old one of a cache. Once, until a page shows it.
    pub fn doubt(&mut self, timeline: &Timeline, page: &Page, is_last: bool) {
        let is_shown = |id: &String| page.statuses.iter().any(|seen| seen.id == *id);
        self.doubted.retain(|id| !is_shown(id) && self.memory.get(id).is_some());
        let is_above = |id: &str| page.statuses.first().is_some_and(|newest| rank(id) > rank(&newest.id));
        for told in self.memory.told.iter_mut().filter(|told| told.timelines.contains(&timeline.key)) {
            if (is_last || is_above(&told.id)) && !is_shown(&told.id) && self.doubted.insert(told.id.clone()) {
                told.seen_on = 0;
            }
        }
    }

    /// What the newest page of a timeline says, and before it `walked`, what lies between it and what was known.
    pub fn of_page(&mut self, timeline: &Timeline, page: Page, walked: Vec<Seen>, now: Timestamp) -> Vec<Event> {
        let mut events: Vec<Event> = self.unreadable(&page).into_iter().map(Event::Unreadable).collect();
        let withdrawn = self.withdrawn(timeline, &page);
        if let Some(first) = page.statuses.first() {
            self.memory.newest.extend(timeline.tags.iter().map(|tag| (tag.clone(), first.id.clone())));
        }
        let mut seen: Vec<Seen> = page.statuses.into_iter().chain(walked).collect();
        seen.sort_by_key(|seen| seen.post.created_at);
        events.extend(seen.into_iter().filter_map(|seen| self.tell(seen, Some(timeline), now)));
        events.extend(withdrawn);
        self.memory.forget_old(now);
        events
    }

    /// A status as it is now; `None` when nothing of it is new, or it is none of ours to tell.
    pub fn tell(&mut self, seen: Seen, timeline: Option<&Timeline>, now: Timestamp) -> Option<Event> {
        let Seen { id, answers, mut post, .. } = seen;
        if self.gone.contains(&id) || self.is_read_elsewhere(&post) {
            return None;
        }
        let stands_in = |other: &&Timeline| other.has(&post) || timeline.is_some_and(|own| own.key == other.key);
        let timelines: Vec<u32> = self.timelines.iter().filter(stands_in).map(|timeline| timeline.key).collect();
        let content = hash(&format!("{post:?}")).max(1);
        let created_at = post.created_at.unwrap_or_default().as_micros();
        self.ids.note(&id, &post.native_id);
        let told = Told { post: self.post_id(&post), id, content, created_at, timelines, seen_on: day(now) };
        match self.memory.get_mut(&told.id) {
            Some(before) if before.content == content => {
                before.seen_on = told.seen_on;
                return None;
            }
            Some(before) => *before = told,
            None => self.memory.told.push(told),
        }
        post.reply = answers.and_then(|parent| self.ids.reply_to(&parent));
        Some(Event::Post(Box::new(post)))
    }

    /// A deletion, which may come before its status.
    pub fn delete(&mut self, id: String) -> Option<Event> {
        let told = self.memory.take(&id);
        if !self.gone.contains(&id) {
            self.gone.push_back(id);
        }
        if self.gone.len() > GONE_MAX {
            self.gone.pop_front();
        }
        told.map(|told| Event::Withdrawn { post: told.post, for_good: true })
    }

    /// The server no longer shows it, when it is asked for by itself. Why, it does not say, so it may come back.
    pub fn missing(&mut self, id: &str) -> Option<Event> {
        self.memory.take(id).map(|told| Event::Withdrawn { post: told.post, for_good: false })
    }

    fn post_id(&self, post: &RawPost) -> PostId {
        PostId::derive(&self.key, Network::Mastodon, &post.native_id)
    }

    fn is_read_elsewhere(&self, post: &RawPost) -> bool {
        host(post.native_id.as_str()).is_some_and(|host| self.elsewhere.contains(&host))
    }

    /// Statuses that stood in this timeline and no longer do, though older ones and newer ones are there: deleted, no
    /// longer tagged, or hidden by the server. Which of these nobody says, so they may come back.
    fn withdrawn(&mut self, timeline: &Timeline, page: &Page) -> Vec<Event> {
        let (Some(newest), Some(oldest)) = (page.statuses.first(), page.statuses.last()) else { return Vec::new() };
        if !self.is_ordered(page) {
            self.is_disordered = true;
            return Vec::new();
        }
        let is_gone = |told: &Told| {
            told.timelines.contains(&timeline.key)
                && (rank(&oldest.id)..=rank(&newest.id)).contains(&rank(&told.id))
                && !page.statuses.iter().any(|seen| seen.id == told.id)
        };
        let (gone, kept) = std::mem::take(&mut self.memory.told).into_iter().partition(is_gone);
        self.memory.told = kept;
        let gone: Vec<Told> = gone;
        gone.into_iter().map(|told| Event::Withdrawn { post: told.post, for_good: false }).collect()
    }

    /// Ids mean nothing by themselves. Pages that come in the order of theirs say that they have one.
    fn is_ordered(&self, page: &Page) -> bool {
        let is_descending = |pair: &[Seen]| match pair {
            [newer, older] => rank(&newer.id) > rank(&older.id),
            _ => true,
        };
        !self.is_disordered && page.statuses.windows(2).all(is_descending)
    }

    fn unreadable(&mut self, page: &Page) -> Vec<RefuseReason> {
        let mut reasons = Vec::new();
        for (reason, hash) in &page.unreadable {
            if !self.unreadable.contains(hash) {
                self.unreadable.push_back(*hash);
                reasons.push(*reason);
            }
            if self.unreadable.len() > UNREADABLE_MAX {
                self.unreadable.pop_front();
            }
        }
        reasons
    }
}

/// By length, then by bytes: how Mastodon's numbers, ULIDs and flake ids are ordered.
fn rank(id: &str) -> (usize, &str) {
    (id.len(), id)
}

#[cfg(test)]
mod tests;
