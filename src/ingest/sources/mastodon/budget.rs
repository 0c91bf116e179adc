//! How often a server is asked.
//!
//! Owns the arithmetic of the published limits and the waiting that keeps to it. Does not own what is asked.
//! Invariant: whatever is asked for, in no five minutes are there more than [`REQUESTS`] requests of ours, and in no
//! quarter of an hour more than [`PAGED`] of those that name a place in a timeline: half of what Mastodon allows one
//! address.
//!
//! Source: Mastodon `config/initializers/rack_attack.rb` and api/rate-limits: 300 in 5 minutes for an address, and 300 in
//! 15 minutes for requests with `max_id`, `min_id`, `since_id` or `page`.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// Half of what is allowed in [`WINDOW`].
pub const REQUESTS: usize = 150;
pub const WINDOW: Duration = Duration::from_secs(5 * 60);
/// The same for requests that name a place in a timeline.
pub const PAGED: usize = 150;
pub const PAGED_WINDOW: Duration = Duration::from_secs(15 * 60);
/// Requests of a window that looks at the newest pages may take; the others are for what they lead to.
const LOOKS: usize = 120;

/// Tags asked for in one request where the server takes several: one and four more (L-08).
pub const TAGS_AT_ONCE: usize = 5;

/// How long a round takes in which each timeline is looked at once: `every`, or more where that would be too often.
pub fn round(timelines: usize, every: Duration) -> Duration {
    let each = WINDOW / LOOKS as u32;
    every.max(each.saturating_mul(u32::try_from(timelines).unwrap_or(u32::MAX)))
}

/// What was asked of one server lately. Lives as long as the source, through all its connections.
#[derive(Debug, Default)]
pub struct Budget {
    all: VecDeque<Instant>,
    paged: VecDeque<Instant>,
    /// The server asks to be left alone until then.
    rests_until: Option<Instant>,
}

impl Budget {
    /// Waits until one more request may be made, and counts it. Safe to drop at its await: then it counts as made.
    pub async fn turn(&mut self, is_paged: bool) {
        let now = Instant::now();
        let at = self.free_at(is_paged, now);
        note(&mut self.all, REQUESTS, at);
        if is_paged {
            note(&mut self.paged, PAGED, at);
        }
        tokio::time::sleep_until(at).await;
    }

    /// The server says how many requests it still takes until when.
    pub fn told(&mut self, left: u64, limit: u64, until: Duration) {
        // Whoever shares our address needs some too.
        if left <= limit / 10 {
            self.rest(until);
        }
    }

    pub fn rest(&mut self, pause: Duration) {
        let until = Instant::now() + pause.min(PAGED_WINDOW);
        self.rests_until = self.rests_until.max(Some(until));
    }

    fn free_at(&self, is_paged: bool, now: Instant) -> Instant {
        let free = |made: &VecDeque<Instant>, most: usize, window: Duration| {
            let oldest = made.len().checked_sub(most).and_then(|first| made.get(first));
            oldest.map_or(now, |oldest| *oldest + window)
        };
        let paged = if is_paged { free(&self.paged, PAGED, PAGED_WINDOW) } else { now };
        free(&self.all, REQUESTS, WINDOW).max(paged).max(self.rests_until.unwrap_or(now)).max(now)
    }
}

/// Only as many are remembered as may fall into a window.
fn note(made: &mut VecDeque<Instant>, most: usize, at: Instant) {
    made.push_back(at);
    if made.len() > most {
        made.pop_front();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the issue asks to be shown: 20 cities × 2 tags × 3 servers.
    #[test]
    fn l08_twenty_cities_of_two_tags_on_three_servers_stay_below_half_of_the_limits() {
        const PUBLISHED: f64 = 300.0;
        let tags = 20 * 2;
        let every = Duration::from_secs(60);
        for (timelines, seconds, in_five_minutes) in [
            // Mastodon takes five tags at once: eight requests a minute.
            (tags / TAGS_AT_ONCE, 60.0, 40.0),
            // Other programs take one: forty requests, every hundred seconds.
            (tags, 100.0, 120.0),
        ] {
            let round = round(timelines, every).as_secs_f64();
            assert_eq!(round, seconds);
            let asked = timelines as f64 * WINDOW.as_secs_f64() / round;
            assert_eq!(asked, in_five_minutes);
            assert!(asked < PUBLISHED / 2.0);
        }
        // Limits count by address and server: three servers are three times one, each with a limit of its own. What
        // lookers at the newest pages leave is for all else, and both together are the half.
        assert!(LOOKS < REQUESTS && REQUESTS as f64 <= PUBLISHED / 2.0 && PAGED as f64 <= PUBLISHED / 2.0);
    }

    /// The most in any window of the times at which requests were made.
    fn most(made: &[Instant], window: Duration) -> usize {
        let count = |from: &Instant| made.iter().filter(|at| **at >= *from && **at < *from + window).count();
        made.iter().map(count).max().unwrap_or_default()
    }

    #[tokio::test(start_paused = true)]
    async fn l08_no_window_holds_more_than_half_whatever_is_asked() {
        let mut rng = fastrand::Rng::with_seed(8);
        let (mut budget, mut all, mut paged) = (Budget::default(), Vec::new(), Vec::new());
        for _ in 0..3_000 {
            let is_paged = rng.u8(0..3) > 0;
            budget.turn(is_paged).await;
            all.push(Instant::now());
            if is_paged {
                paged.push(Instant::now());
            }
            if rng.u8(0..200) == 0 {
                tokio::time::sleep(Duration::from_secs(rng.u64(0..400))).await;
            }
        }
        assert_eq!((most(&all, WINDOW), most(&paged, PAGED_WINDOW)), (REQUESTS, PAGED));
        assert!(budget.all.len() <= REQUESTS && budget.paged.len() <= PAGED);
    }

    #[tokio::test(start_paused = true)]
    async fn l08_a_server_that_asks_for_rest_gets_it() {
        let (mut budget, began) = (Budget::default(), Instant::now());
        budget.told(31, 300, Duration::from_secs(100));
        budget.turn(false).await;
        assert_eq!(began.elapsed().as_secs(), 0);
        budget.told(30, 300, Duration::from_secs(100));
        budget.turn(false).await;
        assert_eq!(began.elapsed().as_secs(), 100);
        // No header silences us for days.
        budget.rest(Duration::from_secs(1_000_000));
        budget.turn(true).await;
        assert_eq!(began.elapsed().as_secs(), 100 + 900);
    }
}
