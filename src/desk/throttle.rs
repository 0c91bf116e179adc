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

/// A try that was noted. Whoever goes away before it is decided has failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Tried {
    before: Timestamp,
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
    fn wait_s(&mut self, key: &K, now: Timestamp) -> i64 {
        let Some(tries) = self.tries.get(key) else { return if self.has_room(now) { 0 } else { FULL_WAIT_S } };
        if tries.is_at_rest(now) {
            return 0;
        }
        // Part of a second is one: whoever came back for the part would be let in before their time.
        tries.until().as_micros().saturating_sub(now.as_micros()).max(0).saturating_add(999_999) / 1_000_000
    }

    /// Notes a try as if it had failed, before it is made: those that are made at once are counted as they come. Or the seconds
    /// to wait before it.
    pub fn begin(&mut self, key: K, now: Timestamp) -> Result<Tried, i64> {
        match self.wait_s(&key, now) {
            0 => {}
            wait_s => return Err(wait_s),
        }
        let tries = self.tries.entry(key).or_insert(Tries { failures: 0, at: now });
        if tries.is_at_rest(now) {
            tries.failures = 0;
        }
        let tried = Tried { before: tries.at, at: now };
        tries.failures = tries.failures.saturating_add(1);
        tries.at = now;
        Ok(tried)
    }

    /// The try was right, or could not be made.
    pub fn take_back(&mut self, key: &K, tried: Tried) {
        let Some(tries) = self.tries.get_mut(key) else { return };
        tries.failures = tries.failures.saturating_sub(1);
        // Unless another came meanwhile, whose time it is.
        if tries.at == tried.at {
            tries.at = tried.before;
        }
        if tries.failures == 0 {
            self.tries.remove(key);
        }
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

    fn fail<K: Hash + Eq>(throttle: &mut Throttle<K>, key: K, now: Timestamp) {
        let _failed = throttle.begin(key, now);
    }

    #[test]
    fn a1_ten_failures_are_free_then_each_doubles_the_wait_and_nobody_is_locked_out() {
        let mut throttle = Throttle::default();
        for _ in 0..9 {
            fail(&mut throttle, "lea", NOW);
            assert_eq!(throttle.wait_s(&"lea", NOW), 0);
        }
        let mut waits = Vec::new();
        let mut now = NOW;
        for _ in 0..12 {
            fail(&mut throttle, "lea", now);
            waits.push(throttle.wait_s(&"lea", now));
            now = now.plus_seconds(throttle.wait_s(&"lea", now));
        }
        let early = Timestamp::from_micros(now.as_micros() - 1);
        assert_eq!(throttle.wait_s(&"lea", early), 1, "not a moment before");
        assert_eq!(waits, [2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]);
        assert_eq!(throttle.wait_s(&"lea", now), 0);
        assert_eq!(throttle.wait_s(&"eva", now), 0, "another's name");
        throttle.succeeded(&"lea");
        fail(&mut throttle, "lea", now);
        assert_eq!(throttle.wait_s(&"lea", now), 0, "it begins anew");
    }

    #[test]
    fn a1_a_quarter_of_an_hour_without_a_try_is_rest() {
        let mut throttle = Throttle::default();
        (0..12).for_each(|_| fail(&mut throttle, "lea", NOW));
        assert_eq!(throttle.wait_s(&"lea", NOW), 2);
        let nearly = NOW.plus_seconds(WINDOW_S + 1);
        fail(&mut throttle, "lea", nearly);
        assert_eq!(throttle.wait_s(&"lea", nearly), 4, "not yet");
        let rested = nearly.plus_seconds(4 + WINDOW_S);
        fail(&mut throttle, "lea", rested);
        assert_eq!(throttle.wait_s(&"lea", rested), 0);
    }

    #[test]
    fn a1_tries_are_counted_when_they_begin_and_those_that_are_right_taken_back() {
        let mut throttle = Throttle::default();
        let begun: Vec<Tried> = (0..30).filter_map(|_| throttle.begin("lea", NOW).ok()).collect();
        assert_eq!((begun.len(), throttle.wait_s(&"lea", NOW)), (10, 2), "however many come before one is decided");
        throttle.take_back(&"lea", begun[9]);
        assert_eq!(throttle.wait_s(&"lea", NOW), 0);
        fail(&mut throttle, "lea", NOW);
        // Right ones never make anybody wait longer.
        for second in [2, 60, 600] {
            let later = NOW.plus_seconds(second);
            let right = throttle.begin("lea", later).unwrap();
            throttle.take_back(&"lea", right);
            assert_eq!(throttle.wait_s(&"lea", later), 0);
        }
        let eva = throttle.begin("eva", NOW).unwrap();
        throttle.take_back(&"eva", eva);
        assert_eq!(throttle.tries.len(), 1, "and are not remembered");
    }

    #[test]
    fn a1_whoever_tries_under_many_names_fills_no_memory() {
        let mut throttle = Throttle::default();
        (0..REMEMBERED_MAX + 5).for_each(|name| fail(&mut throttle, name, NOW));
        assert_eq!(throttle.tries.len(), REMEMBERED_MAX);
        assert_eq!(throttle.wait_s(&(REMEMBERED_MAX + 1), NOW), FULL_WAIT_S);
        assert_eq!(throttle.wait_s(&(REMEMBERED_MAX + 1), NOW.plus_seconds(WINDOW_S)), 0);
    }
}
