//! What it takes to resume a stream that does not say what it has lost (D2).
//!
//! Owns the cursor, the telling of gaps, and the way past a message that can't be received. Does not own the socket.
//! Invariant: time that could not be read is reported, and a stream of few events is not mistaken for lost time.
//!
//! A cursor is inclusive, so a server that keeps what we last read sends it again: its first event is then at our
//! position or before it, however quiet the stream is. A server that no longer keeps it (older than its window of 36
//! hours, or a server that lost its store) says nothing and begins at the oldest event that it has. So a first event
//! that is later than our position, by more than clocks of two servers may differ, is a gap. A server of the second
//! wire says so (`OutdatedCursor`): then any later event is one.
//!
//! A server answers a cursor with events at it or after it. If the first one is older, the server has not gone by the
//! cursor: its clock is behind, the cursor was its future, and it began with whatever came next. How much it left out is
//! unknown, so everything up to now is told as a gap. The position then goes back to that server's time, so that the next
//! life reads again what a server with the right time still has; but not beyond what any server keeps.
//!
//! A position is never ahead of our own clock: it would be every other server's future, and each new life would lose what
//! came while there was none. Where an event's time is ahead, one of two clocks is wrong, and the earlier of the two
//! times only has more read again. Further ahead than servers keep, ours may be off by years: the position stays.
//!
//! A position is a time, on both wires. The second one numbers its events besides (`seq`), but each server has its own
//! numbers: one server's number is a wrong place on another, without an error. A time means nearly the same on every server
//! of either wire, so that a stream goes on after the endpoint or the wire was changed: nearly, because a server stamps an
//! event when it comes to it, and one that lags behind its own source comes to it late. So on another server than the one
//! that was read more is read again.

use std::time::Duration;

use crate::domain::{Gap, Timestamp};

/// Without progress beyond this, two positions are the same: servers stamp one event at slightly different instants.
const SAME_PLACE_S: i64 = 10;
/// A message that can't be received is tried this often before it is passed over: the first time it may have been
/// the connection's fault.
const TRIES: u32 = 2;
/// Servers keep 36 hours. An event from further back than this before what was asked for is no place to go on from: it
/// would have everything read again, or on the first wire (a number below 10¹⁵) be taken for another kind of cursor.
const KEPT_US: i64 = 36 * 3_600 * 1_000_000;

/// How one life begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resume {
    /// The cursor to ask for, in Unix microseconds; `None`: from now on.
    pub cursor: Option<i64>,
    /// The position last read, until the first event after it has been checked.
    unchecked: Option<Timestamp>,
    tolerance_us: i64,
    /// By how much a first event may be older than what was asked for, servers' clocks being what they are.
    skew_us: i64,
}

impl Resume {
    pub fn new(position: Option<Timestamp>, rewind: Duration, tolerance: Duration) -> Self {
        let cursor = position.map(|at| at.as_micros().saturating_sub(micros(rewind)));
        Self { cursor, unchecked: position, tolerance_us: micros(tolerance), skew_us: micros(tolerance) }
    }

    /// Begins now and reports whatever lay between as a gap.
    pub const fn passing_over(position: Timestamp) -> Self {
        Self { cursor: None, unchecked: Some(position), tolerance_us: 0, skew_us: 0 }
    }

    /// The server says that it no longer keeps what was asked for: whatever it begins with, if that is later than our
    /// position, the time before it is lost.
    pub const fn outdated(&mut self) {
        self.tolerance_us = 0;
    }

    /// Told of every event's time. The gap before it, if it is the first of this life and comes too late, or shows that
    /// the server began elsewhere than where it was asked to.
    pub fn check(&mut self, sent_at: Timestamp, now: Timestamp) -> Option<Gap> {
        let from = self.unchecked.take()?;
        let late = sent_at.as_micros().saturating_sub(from.as_micros());
        if late > self.tolerance_us {
            return Some(Gap { from, until: sent_at });
        }
        let asked = self.cursor.unwrap_or(from.as_micros());
        let early = asked.saturating_sub(sent_at.as_micros());
        // A position ahead of our clock says nothing about when reading ended: then the event's own time does.
        let began = if from > now { sent_at.min(now) } else { from };
        (early > self.skew_us).then_some(Gap { from: began, until: now })
    }

    /// Where the next life can begin after an event of this time; `None`: where this one did.
    pub fn place(&self, sent_at: Timestamp, now: Timestamp) -> Option<Timestamp> {
        let ahead = |later: i64, earlier: Timestamp| later.saturating_sub(earlier.as_micros());
        // A cursor ahead of our clock is no measure: were it one, no sound time would ever take its place.
        let is_kept = self.cursor.is_none_or(|cursor| cursor > now.as_micros() || ahead(cursor, sent_at) <= KEPT_US);
        (is_kept && ahead(sent_at.as_micros(), now) <= KEPT_US).then(|| sent_at.min(now))
    }
}

/// Remembers, from life to life, where a message could not be received.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Obstacle {
    at: Option<Timestamp>,
    times: u32,
}

impl Obstacle {
    /// A life ended at `position` because a message could not be received.
    pub fn hit(&mut self, position: Option<Timestamp>) {
        let same =
            matches!((self.at, position), (Some(before), Some(now)) if now.seconds_since(before) <= SAME_PLACE_S);
        self.times = if same { self.times.saturating_add(1) } else { 1 };
        // The first place is kept: else a stream that creeps on would never be seen to stand still.
        self.at = if same { self.at } else { position };
    }

    /// Whether the next life must not go through the same place again. Asked once a life: the answer is then forgotten.
    pub fn must_pass_over(&mut self) -> bool {
        let must = self.times >= TRIES;
        if must {
            *self = Self::default();
        }
        must
    }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Timestamp = Timestamp::from_micros(1_790_000_000_000_000);
    const NOW: Timestamp = AT.plus_seconds(7_200);
    const REWIND: Duration = Duration::from_secs(5);
    const TOLERANCE: Duration = Duration::from_secs(10);

    #[test]
    fn d1_the_cursor_is_the_position_less_the_rewind() {
        assert_eq!(Resume::new(Some(AT), REWIND, TOLERANCE).cursor, Some(1_789_999_995_000_000));
        assert_eq!(Resume::new(None, REWIND, TOLERANCE).cursor, None);
    }

    #[test]
    fn d2_a_first_event_much_later_than_the_position_is_a_gap_told_once() {
        let mut resume = Resume::new(Some(AT), REWIND, TOLERANCE);
        assert_eq!(resume.check(AT.plus_seconds(11), NOW), Some(Gap { from: AT, until: AT.plus_seconds(11) }));
        assert_eq!(resume.check(AT.plus_seconds(500), NOW), None);
    }

    #[test]
    fn d2_a_quiet_stream_that_resumes_where_it_was_has_no_gap() {
        // The event at the position comes again, then nothing for an hour.
        let mut resume = Resume::new(Some(AT), REWIND, TOLERANCE);
        assert_eq!(resume.check(AT, NOW), None);
        assert_eq!(resume.check(AT.plus_seconds(3_600), NOW), None);
        // Another server stamped it a little later.
        assert_eq!(Resume::new(Some(AT), REWIND, TOLERANCE).check(AT.plus_seconds(10), NOW), None);
        // Nothing was read before: nothing can be missing.
        assert_eq!(Resume::new(None, REWIND, TOLERANCE).check(AT.plus_seconds(500), NOW), None);
    }

    #[test]
    fn d2_a_server_that_says_so_has_a_gap_without_tolerance_and_none_when_it_has_all() {
        let mut resume = Resume::new(Some(AT), REWIND, TOLERANCE);
        resume.outdated();
        assert_eq!(resume.check(AT.plus_seconds(1), NOW), Some(Gap { from: AT, until: AT.plus_seconds(1) }));
        // What it has lost may all lie within the rewind.
        let mut resume = Resume::new(Some(AT), REWIND, TOLERANCE);
        resume.outdated();
        assert_eq!(resume.check(AT, NOW), None);
        let mut fresh = Resume::new(None, REWIND, TOLERANCE);
        fresh.outdated();
        assert_eq!(fresh.check(AT, NOW), None);
    }

    #[test]
    fn d2_a_first_event_older_than_what_was_asked_for_is_a_gap_up_to_now() {
        let first = |seconds: i64| Resume::new(Some(AT), REWIND, TOLERANCE).check(AT.plus_seconds(seconds), NOW);
        assert_eq!(first(-3_600), Some(Gap { from: AT, until: NOW }));
        assert_eq!(first(-16), Some(Gap { from: AT, until: NOW }));
        // The cursor is five seconds back, and another server's clock may be ten behind.
        assert_eq!(first(-15), None);
        // Our own clock may be behind too, or the position ahead: a gap does not end before it begins.
        let mut resume = Resume::new(Some(AT), REWIND, TOLERANCE);
        let gap = resume.check(AT.plus_seconds(-3_600), AT.plus_seconds(-60));
        assert_eq!(gap, Some(Gap { from: AT.plus_seconds(-3_600), until: AT.plus_seconds(-60) }));
        // To begin anew on purpose is a gap whatever the server's clock says.
        assert!(Resume::passing_over(AT).check(AT.plus_seconds(-1), NOW).is_some());
    }

    #[test]
    fn d2_the_position_goes_back_no_further_than_servers_keep() {
        let place = |seconds: i64| Resume::new(Some(AT), REWIND, TOLERANCE).place(AT.plus_seconds(seconds), NOW);
        for seconds in [-3_600, -36 * 3_600] {
            assert_eq!(place(seconds), Some(AT.plus_seconds(seconds)));
        }
        assert_eq!(place(-37 * 3_600), None);
        let zero = Timestamp::from_micros(0);
        assert_eq!(Resume::new(Some(AT), REWIND, TOLERANCE).place(zero, NOW), None);
        assert_eq!(Resume::new(None, REWIND, TOLERANCE).place(zero, NOW), Some(zero), "nothing is known better");
    }

    #[test]
    fn d2_no_position_is_ahead_of_our_clock_and_one_that_was_gives_way() {
        let resume = Resume::new(Some(AT), REWIND, TOLERANCE);
        assert_eq!(resume.place(NOW.plus_seconds(60), NOW), Some(NOW), "a server's clock is a minute ahead");
        assert_eq!(resume.place(NOW.plus_seconds(3 * 86_400), NOW), None, "or days");
        // Stored all the same, three days ahead: the first event shows it, and the position comes back.
        let mut stuck = Resume::new(Some(NOW.plus_seconds(3 * 86_400)), REWIND, TOLERANCE);
        assert_eq!(stuck.check(NOW.plus_seconds(-2), NOW), Some(Gap { from: NOW.plus_seconds(-2), until: NOW }));
        assert_eq!(stuck.place(NOW.plus_seconds(-2), NOW), Some(NOW.plus_seconds(-2)));
    }

    #[test]
    fn what_cannot_be_received_twice_in_one_place_is_passed_over() {
        let mut obstacle = Obstacle::default();
        obstacle.hit(Some(AT));
        assert!(!obstacle.must_pass_over());
        obstacle.hit(Some(AT.plus_seconds(60)));
        assert!(!obstacle.must_pass_over(), "it had moved on");
        obstacle.hit(Some(AT.plus_seconds(61)));
        assert!(obstacle.must_pass_over());
        assert!(!obstacle.must_pass_over());
        let mut passing = Resume::passing_over(AT);
        assert_eq!(passing.cursor, None);
        assert!(passing.check(AT.plus_seconds(2), NOW).is_some());
    }
}
