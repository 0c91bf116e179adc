//! Where reading goes on.
//!
//! Owns the form of a checkpoint: the time up to which all was read, and the number of the wishes that were asked for.
//! Invariant: nothing older than what a post may be when it is first seen is asked for, and what that leaves out is a gap.

use crate::domain::{Checkpoint, Gap, Timestamp};

/// A post that is older when it is first seen is refused.
const OLDEST_S: i64 = 48 * 3_600;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    at: Timestamp,
    wanted: u64,
}

impl Position {
    pub const fn new(at: Timestamp, wanted: u64) -> Self {
        Self { at, wanted }
    }

    /// `None`: not a position of ours.
    pub fn read(checkpoint: &Checkpoint) -> Option<Self> {
        let (seconds, wanted) = checkpoint.as_str().split_once(' ')?;
        let at = Timestamp::from_micros(0).plus_seconds(seconds.parse().ok()?);
        Some(Self { at, wanted: u64::from_str_radix(wanted, 16).ok()? })
    }

    pub fn checkpoint(self) -> Checkpoint {
        let seconds = self.at.seconds_since(Timestamp::from_micros(0));
        Checkpoint::new(format!("{seconds} {:016x}", self.wanted))
    }
}

/// From when on to ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Since {
    pub posts: Timestamp,
    pub deletions: Timestamp,
    /// What can't be asked for any more.
    pub gap: Option<Gap>,
}

impl Since {
    /// Whoever asks for the first time, or for something else than before, asks for all posts that may still be shown.
    /// Deletions are asked for since reading ended: what was taken back before it was read is not there to be read, and on
    /// a relay where it is, each post that was had is asked about.
    pub fn of(position: Option<Position>, wanted: u64, overlap_s: u32, now: Timestamp) -> Self {
        let oldest = now.plus_seconds(-OLDEST_S);
        // Noted by a clock that was ahead, it is as late as it can be.
        let at = position.map_or(now, |position| position.at.min(now));
        let resumed = at.plus_seconds(-i64::from(overlap_s)).max(oldest);
        let is_same = position.is_some_and(|position| position.wanted == wanted);
        Self {
            posts: if is_same { resumed } else { oldest },
            deletions: resumed,
            gap: (at < oldest).then_some(Gap { from: at, until: oldest }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_micros(1_795_600_000_000_000);

    #[test]
    fn d1_a_position_is_what_it_was_after_a_restart() {
        let position = Position::new(NOW, u64::MAX - 1);
        assert_eq!(Position::read(&position.checkpoint()), Some(position));
        for other in ["", "1795600000", "x 1", "1 x", "1 2 3"] {
            assert_eq!(Position::read(&Checkpoint::new(other)), None, "{other}");
        }
    }

    #[test]
    fn d1_reading_goes_on_with_an_overlap_and_d2_what_is_too_old_is_a_gap() {
        let asked = |position| {
            let Since { posts, deletions, gap } = Since::of(position, 7, 3_600, NOW);
            (NOW.seconds_since(posts), NOW.seconds_since(deletions), gap)
        };
        let ask = |ago: i64, wanted: u64| asked(Some(Position::new(NOW.plus_seconds(-ago), wanted)));
        assert_eq!(asked(None), (OLDEST_S, 3_600, None));
        assert_eq!(ask(60, 7), (3_660, 3_660, None));
        assert_eq!(ask(60, 8), (OLDEST_S, 3_660, None), "new wishes are asked for from the beginning");
        assert_eq!(ask(OLDEST_S, 7), (OLDEST_S, OLDEST_S, None));
        let lost = Gap { from: NOW.plus_seconds(-3 * 86_400), until: NOW.plus_seconds(-OLDEST_S) };
        assert_eq!(ask(3 * 86_400, 7), (OLDEST_S, OLDEST_S, Some(lost)));
        assert_eq!(ask(-3 * 86_400, 7), (3_600, 3_600, None), "a position ahead is now");
    }
}
