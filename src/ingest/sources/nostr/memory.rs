//! What is remembered of the events that were read: which, whose, and what was taken back.
//!
//! Owns the bounds of it. Does not own what is made of it (`life`). Invariant: nothing here grows beyond its bound, where
//! the oldest is forgotten; it holds keys and ids, never a text.

use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use crate::domain::{AuthorId, NativeId};

/// Events that were handed on: those of some hours, so that what an overlap brings again costs the pipeline nothing.
const RECENT_MAX: usize = 20_000;
/// Authors and notes about which a relay is asked for more.
const TOLD_MAX: usize = 500;
/// Posts that were taken back, on all relays: another may bring the post long after.
const WITHDRAWN_MAX: usize = 50_000;

/// The last of many, each once.
#[derive(Debug)]
pub struct Last<T> {
    order: VecDeque<T>,
    set: HashSet<T>,
    most: usize,
}

impl<T: Clone + Eq + Hash> Last<T> {
    pub fn new(most: usize) -> Self {
        Self { order: VecDeque::new(), set: HashSet::new(), most }
    }

    /// Whether it was not there.
    pub fn put(&mut self, one: T) -> bool {
        if !self.set.insert(one.clone()) {
            return false;
        }
        self.order.push_back(one);
        if self.order.len() > self.most
            && let Some(oldest) = self.order.pop_front()
        {
            self.set.remove(&oldest);
        }
        true
    }

    /// The latest first.
    pub fn latest(&self) -> impl Iterator<Item = &T> {
        self.order.iter().rev()
    }
}

/// What one relay's source remembers from one connection to the next.
#[derive(Debug)]
pub struct Memory {
    /// The first halves of ids, which are hashes.
    pub recent: Last<u64>,
    pub authors: Last<String>,
    pub notes: Last<String>,
    /// Subscriptions to ask for at most, where the relay takes fewer than it says.
    pub subscriptions: Option<usize>,
}

impl Default for Memory {
    fn default() -> Self {
        Self {
            recent: Last::new(RECENT_MAX),
            authors: Last::new(TOLD_MAX),
            notes: Last::new(TOLD_MAX),
            subscriptions: None,
        }
    }
}

/// The first half of an id, by which it is remembered.
pub fn half(id: &str) -> u64 {
    id.get(..16).and_then(|digits| u64::from_str_radix(digits, 16).ok()).unwrap_or_default()
}

/// What was taken back by its author, whichever relay said so. Cheap to clone; all clones are one.
#[derive(Clone, Debug, Default)]
pub struct Withdrawn(Arc<Mutex<Deletions>>);

#[derive(Debug, Default)]
struct Deletions {
    order: VecDeque<(AuthorId, NativeId)>,
    /// Versions up to this time are gone (NIP-09).
    until: HashMap<(AuthorId, NativeId), u64>,
}

impl Withdrawn {
    pub fn put(&self, author: &AuthorId, post: &NativeId, at: u64) {
        let mut deletions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (author.clone(), post.clone());
        if let Some(until) = deletions.until.get_mut(&key) {
            *until = at.max(*until);
            return;
        }
        deletions.order.push_back(key.clone());
        deletions.until.insert(key, at);
        if deletions.order.len() > WITHDRAWN_MAX
            && let Some(oldest) = deletions.order.pop_front()
        {
            deletions.until.remove(&oldest);
        }
    }

    pub fn has(&self, author: &AuthorId, post: &NativeId, at: u64) -> bool {
        let deletions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        deletions.until.get(&(author.clone(), post.clone())).is_some_and(|until| at <= *until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h2_at_the_bound_the_oldest_is_forgotten() {
        let mut last = Last::new(3);
        assert!([1, 2, 3, 2, 4].map(|number| last.put(number)) == [true, true, true, false, true]);
        assert_eq!(last.latest().copied().collect::<Vec<_>>(), [4, 3, 2]);
        assert!(last.put(1), "it was forgotten");
        let withdrawn = Withdrawn::default();
        let post = |number: usize| NativeId::new(number.to_string());
        let ana = AuthorId::new("ana");
        (0..=WITHDRAWN_MAX).for_each(|number| withdrawn.put(&ana, &post(number), 5));
        assert!(!withdrawn.has(&ana, &post(0), 5) && withdrawn.has(&ana, &post(1), 5));
    }

    #[test]
    fn l15_only_its_author_takes_a_post_back_and_only_versions_up_to_then() {
        let withdrawn = Withdrawn::default();
        let (ana, bob, post) = (AuthorId::new("ana"), AuthorId::new("bob"), NativeId::new("x"));
        withdrawn.put(&ana, &post, 5);
        withdrawn.put(&ana, &post, 3);
        assert!(withdrawn.clone().has(&ana, &post, 5));
        assert!(!withdrawn.has(&ana, &post, 6) && !withdrawn.has(&bob, &post, 5));
    }
}
