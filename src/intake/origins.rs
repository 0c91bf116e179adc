use std::collections::{HashMap, VecDeque};

use super::Intake;
use crate::domain::utterance::{names, origin_author, origin_keys};
use crate::domain::{Change, Outcome, Post, PostId, RefuseReason, Timestamp};

/// How long a refused origin is remembered: bridges copy within minutes, and what is older than this when it is first seen
/// is refused for its age.
const KEPT_S: i64 = 72 * 3_600;
/// Origins remembered; at the bound the longest known is forgotten.
const REFUSED_MAX: usize = 20_000;

/// Names of posts that consent has just refused, so that a bridge's copy of one is refused too (L-14). Nothing else is kept
/// of them.
#[derive(Debug, Default)]
pub struct RefusedOrigins {
    since: HashMap<u64, Timestamp>,
    oldest_first: VecDeque<(u64, Timestamp)>,
}

impl RefusedOrigins {
    fn note(&mut self, name: u64, now: Timestamp) {
        if self.contains(name, now) {
            return;
        }
        if self.oldest_first.len() >= REFUSED_MAX
            && let Some((oldest, at)) = self.oldest_first.pop_front()
            && self.since.get(&oldest) == Some(&at)
        {
            self.since.remove(&oldest);
        }
        self.since.insert(name, now);
        self.oldest_first.push_back((name, now));
    }

    fn contains(&self, name: u64, now: Timestamp) -> bool {
        self.since.get(&name).is_some_and(|since| now.seconds_since(*since) < KEPT_S)
    }

    fn forget(&mut self, name: u64) {
        self.since.remove(&name);
    }
}

impl Intake {
    /// Why what a post declares to be a copy of may not be shown, as far as is known.
    pub fn origin_refused(&self, post: &Post, now: Timestamp) -> Option<RefuseReason> {
        let declared = post.copy_of.as_deref();
        if origin_author(&self.key, declared).is_some_and(|person| self.authors.is_left(person)) {
            return Some(RefuseReason::AuthorLeft);
        }
        let mut origins = origin_keys(&self.key, declared).into_iter();
        let is_refused = origins.any(|origin| self.refused_origins.contains(origin.hash, now));
        is_refused.then_some(RefuseReason::OriginRefused)
    }

    /// Notes what became of a post for those that copy it.
    pub fn note_origin(&mut self, post: &Post, outcome: Outcome, now: Timestamp) {
        match outcome {
            Outcome::Refused(reason) if reason.is_consent() => {
                names(&self.key, post).into_iter().for_each(|name| self.refuse_copies(name, now));
            }
            Outcome::Refused(_) => {}
            Outcome::Admitted | Outcome::Queued | Outcome::Addressed => {
                names(&self.key, post).into_iter().for_each(|name| self.refused_origins.forget(name));
            }
        }
    }

    /// The same of a post that is known by its id alone.
    pub fn note_refused(&mut self, id: PostId, reason: RefuseReason, now: Timestamp) {
        if reason.is_consent() {
            self.refuse_copies(id.as_u64(), now);
        }
    }

    fn refuse_copies(&mut self, name: u64, now: Timestamp) {
        self.refused_origins.note(name, now);
        if self.known.is_copied(name) {
            self.pending.push(Change::OriginRefused { name, at: now });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h2_refused_origins_are_bounded_in_number_and_in_time() {
        let at = |seconds: i64| Timestamp::from_micros(0).plus_seconds(seconds);
        let mut refused = RefusedOrigins::default();
        refused.note(1, at(0));
        assert!(refused.contains(1, at(KEPT_S - 1)) && !refused.contains(1, at(KEPT_S)));
        refused.forget(1);
        assert!(!refused.contains(1, at(1)));
        refused.note(1, at(2));
        for name in 2..=REFUSED_MAX as u64 {
            (0..3).for_each(|_| refused.note(name, at(3)));
        }
        assert!(refused.contains(2, at(4)) && refused.contains(REFUSED_MAX as u64, at(4)));
        // What was forgotten and noted again counts from then on.
        assert!(refused.contains(1, at(4)));
        refused.note(0, at(5));
        refused.note(u64::MAX, at(5));
        assert!(!refused.contains(2, at(5)) && refused.contains(u64::MAX, at(5)));
        assert!(refused.since.len() <= REFUSED_MAX && refused.oldest_first.len() <= REFUSED_MAX);
    }
}
