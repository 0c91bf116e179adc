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
//! A position is a time, on both wires. The second one numbers its events besides (`seq`), but each server has its own
//! numbers: one server's number is a wrong place on another, without an error. A time means the same on every server of
//! either wire, so that a stream goes on after the endpoint or the wire was changed.

use std::time::Duration;

use crate::domain::{Gap, Timestamp};

/// Without progress beyond this, two positions are the same: servers stamp one event at slightly different instants.
const SAME_PLACE_S: i64 = 10;
/// A message that can't be received is tried this often before it is passed over: the first time it may have been
/// the connection's fault.
const TRIES: u32 = 2;

/// How one life begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resume {
    /// The cursor to ask for, in Unix microseconds; `None`: from now on.
    pub cursor: Option<i64>,
    /// The position last read, until the first event after it has been checked.
    unchecked: Option<Timestamp>,
    tolerance_us: i64,
}

impl Resume {
    pub fn new(position: Option<Timestamp>, rewind: Duration, tolerance: Duration) -> Self {
        let cursor = position.map(|at| at.as_micros().saturating_sub(micros(rewind)));
        Self { cursor, unchecked: position, tolerance_us: micros(tolerance) }
    }

    /// Begins now and reports whatever lay between as a gap.
    pub const fn passing_over(position: Timestamp) -> Self {
        Self { cursor: None, unchecked: Some(position), tolerance_us: 0 }
    }

    /// The server says that it no longer keeps what was asked for: whatever it begins with, if that is later than our
    /// position, the time before it is lost.
    pub const fn outdated(&mut self) {
        self.tolerance_us = 0;
    }

    /// Told of every event's time. The gap before it, if it is the first of this life and comes too late.
    pub fn check(&mut self, sent_at: Timestamp) -> Option<Gap> {
        let from = self.unchecked.take()?;
        let late = sent_at.as_micros().saturating_sub(from.as_micros());
        (late > self.tolerance_us).then_some(Gap { from, until: sent_at })
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
        assert_eq!(resume.check(AT.plus_seconds(11)), Some(Gap { from: AT, until: AT.plus_seconds(11) }));
        assert_eq!(resume.check(AT.plus_seconds(500)), None);
    }

    #[test]
    fn d2_a_quiet_stream_that_resumes_where_it_was_has_no_gap() {
        // The event at the position comes again, then nothing for an hour.
        let mut resume = Resume::new(Some(AT), REWIND, TOLERANCE);
        assert_eq!(resume.check(AT), None);
        assert_eq!(resume.check(AT.plus_seconds(3_600)), None);
        // Another server stamped it a little later.
        assert_eq!(Resume::new(Some(AT), REWIND, TOLERANCE).check(AT.plus_seconds(10)), None);
        // Nothing was read before: nothing can be missing.
        assert_eq!(Resume::new(None, REWIND, TOLERANCE).check(AT.plus_seconds(500)), None);
    }

    #[test]
    fn d2_a_server_that_says_so_has_a_gap_without_tolerance_and_none_when_it_has_all() {
        let mut resume = Resume::new(Some(AT), REWIND, TOLERANCE);
        resume.outdated();
        assert_eq!(resume.check(AT.plus_seconds(1)), Some(Gap { from: AT, until: AT.plus_seconds(1) }));
        // What it has lost may all lie within the rewind.
        let mut resume = Resume::new(Some(AT), REWIND, TOLERANCE);
        resume.outdated();
        assert_eq!(resume.check(AT), None);
        let mut fresh = Resume::new(None, REWIND, TOLERANCE);
        fresh.outdated();
        assert_eq!(fresh.check(AT), None);
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
        assert!(passing.check(AT.plus_seconds(2)).is_some());
    }
}
