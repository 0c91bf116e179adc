use std::collections::HashMap;
use std::hash::Hash;

use crate::domain::Timestamp;

/// Failures that cost nothing. They are forgotten when nothing failed for a quarter of an hour beyond the wait.
const FREE: u32 = 10;
const WINDOW_S: i64 = 15 * 60;
/// The longest that somebody is asked to wait: nobody is locked out for good.
const WAIT_MAX_S: i64 = 15 * 60;
/// Whoever is remembered; at the bound those that are at rest are forgotten, and when none is, everybody new waits a minute.
const REMEMBERED_MAX: usize = 50_000;
const FULL_WAIT_S: i64 = 60;

/// How often somebody failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Tries {
    failures: u32,
    /// The last failure.
    at: Timestamp,
}

/// Counts failures by whatever is tried: the name of an account that there is or is not, an address. Every name counts alike,
/// so that waiting says nothing of whose it is (A1).
pub struct Throttle<K> {
    tries: HashMap<K, Tries>,
}

impl<K> Default for Throttle<K> {
    fn default() -> Self {
        Self { tries: HashMap::new() }
    }
}

impl<K: Hash + Eq> Throttle<K> {
    /// Seconds to wait before the next try; 0: now.
    pub fn wait_s(&mut self, key: &K, now: Timestamp) -> i64 {
        let Some(tries) = self.tries.get(key) else { return if self.has_room(now) { 0 } else { FULL_WAIT_S } };
        if tries.is_at_rest(now) {
            return 0;
        }
        tries.until().seconds_since(now).max(0)
    }

    pub fn failed(&mut self, key: K, now: Timestamp) {
        if !self.tries.contains_key(&key) && !self.has_room(now) {
            return;
        }
        let tries = self.tries.entry(key).or_insert(Tries { failures: 0, at: now });
        if tries.is_at_rest(now) {
            tries.failures = 0;
        }
        tries.failures = tries.failures.saturating_add(1);
        tries.at = now;
    }

    pub fn succeeded(&mut self, key: &K) {
        self.tries.remove(key);
    }

    fn has_room(&mut self, now: Timestamp) -> bool {
        if self.tries.len() >= REMEMBERED_MAX {
            self.tries.retain(|_, tries| !tries.is_at_rest(now));
        }
        self.tries.len() < REMEMBERED_MAX
    }
}

impl Tries {
    fn is_at_rest(&self, now: Timestamp) -> bool {
        self.until().plus_seconds(WINDOW_S) <= now
    }

    /// After the free failures each doubles the wait.
    fn until(&self) -> Timestamp {
        match self.failures.checked_sub(FREE) {
            None => self.at,
            Some(more) => self.at.plus_seconds(2_i64.saturating_pow(more.saturating_add(1)).min(WAIT_MAX_S)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_micros(1_800_000_000_000_000);

    #[test]
    fn a1_ten_failures_are_free_then_each_doubles_the_wait_and_nobody_is_locked_out() {
        let mut throttle = Throttle::default();
        for _ in 0..9 {
            throttle.failed("lea", NOW);
            assert_eq!(throttle.wait_s(&"lea", NOW), 0);
        }
        let mut waits = Vec::new();
        let mut now = NOW;
        for _ in 0..12 {
            throttle.failed("lea", now);
            waits.push(throttle.wait_s(&"lea", now));
            now = now.plus_seconds(throttle.wait_s(&"lea", now));
        }
        assert_eq!(waits, [2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]);
        assert_eq!(throttle.wait_s(&"lea", now), 0);
        assert_eq!(throttle.wait_s(&"eva", now), 0, "another's name");
        throttle.succeeded(&"lea");
        throttle.failed("lea", now);
        assert_eq!(throttle.wait_s(&"lea", now), 0, "it begins anew");
    }

    #[test]
    fn a1_a_quarter_of_an_hour_without_a_try_is_rest() {
        let mut throttle = Throttle::default();
        (0..12).for_each(|_| throttle.failed("lea", NOW));
        assert_eq!(throttle.wait_s(&"lea", NOW), 8);
        let nearly = NOW.plus_seconds(WINDOW_S + 7);
        throttle.failed("lea", nearly);
        assert_eq!(throttle.wait_s(&"lea", nearly), 16, "not yet");
        let rested = nearly.plus_seconds(16 + WINDOW_S);
        throttle.failed("lea", rested);
        assert_eq!(throttle.wait_s(&"lea", rested), 0);
    }

    #[test]
    fn a1_whoever_tries_under_many_names_fills_no_memory() {
        let mut throttle = Throttle::default();
        (0..REMEMBERED_MAX + 5).for_each(|name| throttle.failed(name, NOW));
        assert_eq!(throttle.tries.len(), REMEMBERED_MAX);
        assert_eq!(throttle.wait_s(&(REMEMBERED_MAX + 1), NOW), FULL_WAIT_S);
        assert_eq!(throttle.wait_s(&(REMEMBERED_MAX + 1), NOW.plus_seconds(WINDOW_S)), 0);
    }
}
