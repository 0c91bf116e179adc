//! Whether the clock can be believed when posts are to be erased by it (D7, L-28).
//!
//! Owns the rule. Does not own the clock or the erasing. Invariant: a clock that jumped, ahead or back, erases nothing for
//! [`HELD_FOR`], and what is over its time is never kept for longer than that because of it.
//!
//! To erase everything for a wrong clock can't be undone; to erase some hours late breaks the promise by these hours. So
//! retention waits when the clock is further ahead than can be explained, until it was put right, or has kept its new
//! pace for so long that it must be meant: a machine that was off for a month sweeps six hours after its start. It waits
//! for a clock that is behind too, though that erases nothing by itself: what it finds noted as received in its future it
//! sets back to its own time, and all that would be over its time once the clock was right. Where the newest post was noted
//! by a clock that was ahead, the right one looks so for these hours. What this does not see: a clock that is wrong by less
//! than the bounds, and one that is wrong, stores posts, and is wrong again after a restart.

use std::time::Duration;

use crate::domain::Timestamp;
use crate::store::AHEAD_S;

/// Further ahead than the time that has passed by a clock that can't be set: no correction of a sound clock is so large.
const JUMP_S: i64 = 3 * 86_400;
/// At a start: nothing in the database is older while retention runs, so a newest post that is says that nobody has swept
/// for long, or that the clock has jumped.
const JUMP_AT_START_S: i64 = 32 * 86_400;
/// A clock that has jumped is believed after this.
const HELD_FOR: Duration = Duration::from_secs(6 * 3_600);
/// By how much it may differ meanwhile from the time that has passed.
const PACE_S: i64 = 600;

#[derive(Debug)]
pub struct ClockGuard {
    /// A time that was right, and the process's age then.
    right: Option<(Timestamp, Duration)>,
    /// When a jump was seen: the clock's new time, and the process's age.
    jumped: Option<(Timestamp, Duration)>,
    jump_s: i64,
}

impl ClockGuard {
    /// `newest`: the arrival of the newest post that the database had at the start.
    pub const fn new(newest: Option<Timestamp>) -> Self {
        let right = match newest {
            Some(newest) => Some((newest, Duration::ZERO)),
            None => None,
        };
        Self { right, jumped: None, jump_s: JUMP_AT_START_S }
    }

    /// Whether what is over its time at `now` may be erased. `age`: since the process began, by a clock that can't be set.
    pub fn believes(&mut self, now: Timestamp, age: Duration) -> bool {
        let right = self.right.map_or(now, |right| moved_on(right, age));
        let held = self.jumped.filter(|jumped| now.seconds_since(moved_on(*jumped, age)).abs() <= PACE_S);
        let has_held = held.is_some_and(|(_, since)| age.saturating_sub(since) >= HELD_FOR);
        if has_held || (-AHEAD_S..=self.jump_s).contains(&now.seconds_since(right)) {
            // A clock that goes back a little erases late, which needs no guard; the time that was right stays.
            self.right = Some((if has_held { now } else { now.max(right) }, age));
            (self.jumped, self.jump_s) = (None, JUMP_S);
            return true;
        }
        self.jumped = held.or(Some((now, age)));
        false
    }
}

fn moved_on((at, then): (Timestamp, Duration), age: Duration) -> Timestamp {
    at.plus_seconds(i64::try_from(age.saturating_sub(then).as_secs()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::from_micros(1_790_000_000_000_000);
    const TEN_YEARS_S: i64 = 3_652 * 86_400;

    /// Each look: the process's age in minutes, by how many seconds the clock is off, and whether it is believed.
    fn looks(newest: Option<i64>, looks: &[(u64, i64, bool)]) {
        let mut guard = ClockGuard::new(newest.map(|seconds| START.plus_seconds(seconds)));
        for (minutes, off, expected) in looks {
            let age = Duration::from_secs(minutes * 60);
            let now = START.plus_seconds(i64::try_from(age.as_secs()).unwrap() + off);
            assert_eq!(guard.believes(now, age), *expected, "after {minutes} minutes, off by {off} s");
        }
    }

    #[test]
    fn d7_a_clock_ten_years_ahead_erases_nothing_and_all_is_well_once_it_is_right() {
        looks(
            Some(-60),
            &[(0, 0, true), (1, 0, true), (2, TEN_YEARS_S, false), (300, TEN_YEARS_S, false), (301, 0, true)],
        );
        // It was wrong before the start already.
        looks(Some(-60), &[(0, TEN_YEARS_S, false), (1, TEN_YEARS_S, false), (2, 0, true)]);
        // To and fro: it must have kept its pace.
        looks(Some(0), &[(0, TEN_YEARS_S, false), (300, 2 * TEN_YEARS_S, false), (400, 2 * TEN_YEARS_S, false)]);
    }

    #[test]
    fn d7_what_is_over_its_time_waits_six_hours_at_most() {
        looks(Some(-60), &[(1, 0, true), (2, TEN_YEARS_S, false), (361, TEN_YEARS_S, false), (362, TEN_YEARS_S, true)]);
        // A machine that was off for two months.
        looks(Some(-60 * 86_400), &[(0, 0, false), (359, 0, false), (360, 0, true), (361, 0, true)]);
    }

    #[test]
    fn d7_a_clock_that_is_behind_sets_nothing_back_by_its_own_time() {
        looks(Some(0), &[(0, 0, true), (1, -TEN_YEARS_S, false), (2, 0, true)]);
        looks(Some(0), &[(0, -AHEAD_S - 60, false), (1, -AHEAD_S - 60, false), (2, 0, true)]);
        looks(Some(0), &[(0, -AHEAD_S, true), (1, 0, true)]);
    }

    #[test]
    fn l28_a_newest_post_of_the_future_does_not_vouch_for_a_clock_on_its_way_there() {
        let (noted, ahead) = (40 * 86_400, 39 * 86_400);
        looks(Some(noted), &[(0, 0, false), (359, 0, false), (360, 0, true), (361, ahead, false), (362, 0, true)]);
    }

    #[test]
    fn l28_an_ordinary_clock_is_believed_at_once() {
        looks(None, &[(0, 0, true), (1, 0, true), (1, 3_600, true), (2, -3_600, true), (3, 0, true)]);
        looks(Some(-31 * 86_400), &[(0, 0, true)]);
        looks(Some(0), &[(0, 0, true), (10 * 1_440, 0, true)]);
    }
}
