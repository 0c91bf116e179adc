use std::time::Duration;

use tokio::time::Instant;

use super::limits::LiveLimits;

/// How fast a session takes what there is for it. Being caught up wipes the slate.
#[derive(Debug, Default)]
pub(super) struct Pace {
    behind_since: Option<Instant>,
    cold_since: Option<Instant>,
    taken_bytes: u64,
}

impl Pace {
    pub fn caught_up(&mut self) {
        *self = Self::default();
    }

    /// Counts what a session took. An entry that a filter passes over costs the session something too, so that a
    /// reader of a rare tag is not called slow for what was not for them.
    pub fn took(&mut self, entries: u64, bytes: usize) {
        const ENTRY_BYTES: u64 = 64;
        self.taken_bytes = self.taken_bytes.saturating_add(entries.saturating_mul(ENTRY_BYTES).max(bytes as u64));
    }

    /// Takes out a time in which the session waited for us, and not we for it.
    pub fn excuse(&mut self, waited: Duration) {
        for since in [&mut self.behind_since, &mut self.cold_since].into_iter().flatten() {
            *since += waited;
        }
    }

    /// To be asked each time a session that is behind the head comes for more; `cold`: it is behind the tail too.
    pub fn is_too_slow(&mut self, now: Instant, cold: bool, limits: &LiveLimits) -> bool {
        let since = *self.behind_since.get_or_insert(now);
        self.cold_since = cold.then(|| self.cold_since.unwrap_or(now));
        let longer = |since: Instant, than: Duration| now.duration_since(since) > than;
        if self.cold_since.is_some_and(|since| longer(since, limits.slow_after)) {
            return true;
        }
        if !longer(since, limits.slow_after) {
            return false;
        }
        let floor = limits.slow_bytes_per_second.saturating_mul(now.duration_since(since).as_secs());
        if self.taken_bytes < floor {
            return true;
        }
        // Behind but drinking: measured again from here.
        self.behind_since = Some(now);
        self.taken_bytes = 0;
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(seconds: u64, since: Instant) -> Instant {
        since + Duration::from_secs(seconds)
    }

    #[test]
    fn w3_too_slow_is_behind_for_long_without_drinking() {
        let limits = LiveLimits::default();
        let start = Instant::now();
        let mut pace = Pace::default();
        assert!(!pace.is_too_slow(start, false, &limits));
        pace.took(1, 500);
        assert!(!pace.is_too_slow(after(59, start), false, &limits));
        assert!(pace.is_too_slow(after(61, start), false, &limits));
    }

    #[test]
    fn w3_a_reader_that_drinks_is_kept_and_one_that_catches_up_is_forgiven() {
        let limits = LiveLimits::default();
        let start = Instant::now();
        let mut pace = Pace::default();
        assert!(!pace.is_too_slow(start, false, &limits));
        pace.took(1, 1_000_000);
        assert!(!pace.is_too_slow(after(61, start), false, &limits));
        assert!(!pace.is_too_slow(after(100, start), false, &limits));
        pace.caught_up();
        assert!(!pace.is_too_slow(after(500, start), false, &limits));
    }

    #[test]
    fn w3_a_reader_is_not_called_slow_for_what_we_let_it_wait() {
        let limits = LiveLimits::default();
        let start = Instant::now();
        let mut pace = Pace::default();
        assert!(!pace.is_too_slow(start, true, &limits));
        pace.excuse(Duration::from_secs(50));
        assert!(!pace.is_too_slow(after(109, start), true, &limits));
        assert!(pace.is_too_slow(after(111, start), true, &limits));
    }

    #[test]
    fn w3_a_reader_that_stays_behind_the_tail_is_too_slow_however_much_it_takes() {
        let limits = LiveLimits::default();
        let start = Instant::now();
        let mut pace = Pace::default();
        assert!(!pace.is_too_slow(start, true, &limits));
        pace.took(1_000_000, 1_000_000);
        assert!(pace.is_too_slow(after(61, start), true, &limits));
    }
}
