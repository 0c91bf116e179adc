use std::collections::HashMap;

use crate::domain::{PostId, Timestamp};

/// After this a post that an answer left out is asked for again: longer than an index is out of step with itself.
pub(super) const AGAIN_AFTER_S: i64 = 600;
/// Posts remembered. At a batch of 25 a second, which is all that upkeep asks, fewer are left out before the first are
/// asked for again. At the bound the oldest is forgotten: it is asked for at once, as if for the first time.
const UNANSWERED_MAX: usize = 16_384;

/// Posts of which the last answer said nothing, and when that was.
#[derive(Debug, Default)]
pub(super) struct Unanswered {
    posts: HashMap<PostId, Silence>,
}

#[derive(Clone, Copy, Debug)]
struct Silence {
    since: Timestamp,
    /// The answer left it out; not only something that can't be read was said of it.
    missed: bool,
}

impl Silence {
    /// A clock that was put back makes nothing wait for it.
    const fn lasts(self, now: Timestamp) -> bool {
        now.seconds_since(self.since).abs() < AGAIN_AFTER_S
    }
}

impl Unanswered {
    /// Posts that are not to be asked for yet.
    pub fn waiting(&self, now: Timestamp) -> Vec<PostId> {
        self.posts.iter().filter(|(_, silence)| silence.lasts(now)).map(|(post, _)| *post).collect()
    }

    pub fn waits(&self, post: PostId, now: Timestamp) -> bool {
        self.posts.get(&post).is_some_and(|silence| silence.lasts(now))
    }

    pub fn answered(&mut self, post: PostId) {
        self.posts.remove(&post);
    }

    pub fn unreadable(&mut self, post: PostId, now: Timestamp) {
        self.note(post, Silence { since: now, missed: false });
    }

    /// Notes that an answer left a post out. Returns whether the one before did too.
    pub fn missed_before(&mut self, post: PostId, now: Timestamp) -> bool {
        let before = self.posts.get(&post).is_some_and(|silence| silence.missed);
        self.note(post, Silence { since: now, missed: true });
        before
    }

    fn note(&mut self, post: PostId, silence: Silence) {
        if self.posts.len() >= UNANSWERED_MAX && !self.posts.contains_key(&post) {
            let oldest = self.posts.iter().min_by_key(|(_, silence)| silence.since).map(|(post, _)| *post);
            oldest.and_then(|oldest| self.posts.remove(&oldest));
        }
        self.posts.insert(post, silence);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_micros(1_790_000_000_000_000);

    #[test]
    fn l13_only_two_misses_in_a_row_are_two() {
        let mut unanswered = Unanswered::default();
        let post = PostId::from_u64(1);
        assert!(!unanswered.missed_before(post, NOW));
        assert_eq!(unanswered.waiting(NOW.plus_seconds(AGAIN_AFTER_S - 1)), [post]);
        assert!(unanswered.waiting(NOW.plus_seconds(AGAIN_AFTER_S)).is_empty());
        unanswered.unreadable(post, NOW);
        assert!(!unanswered.missed_before(post, NOW), "something was said of it meanwhile");
        unanswered.answered(post);
        assert!(!unanswered.missed_before(post, NOW));
        assert!(unanswered.missed_before(post, NOW));
    }

    #[test]
    fn h2_at_the_bound_the_oldest_is_forgotten() {
        let mut unanswered = Unanswered::default();
        for number in 0..=UNANSWERED_MAX as u64 {
            unanswered.missed_before(PostId::from_u64(number), NOW.plus_seconds(number as i64));
        }
        assert_eq!(unanswered.posts.len(), UNANSWERED_MAX);
        assert!(!unanswered.missed_before(PostId::from_u64(0), NOW));
        assert!(unanswered.missed_before(PostId::from_u64(UNANSWERED_MAX as u64), NOW));
    }
}
