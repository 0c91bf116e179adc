//! How long what is kept is kept.
//!
//! Owns the periods (consent.md, L-28) and their ceilings. Does not own the erasing (`writer`, `sqlite::sweep`).
//! Invariant: no period can be set above its ceiling, whatever the configuration says.

use crate::domain::{Tier, Timestamp};

const HOUR_S: i64 = 3_600;
const DAY_S: i64 = 24 * HOUR_S;

/// Search reaches tier B this far back, and never tier B−.
pub(super) const SEARCH_PUBLIC_S: i64 = 72 * HOUR_S;

/// A log entry is kept this long at least; the last ten thousand are kept in any case.
pub(super) const LOG_KEPT_S: i64 = HOUR_S;
pub(super) const LOG_KEPT_ENTRIES: i64 = 10_000;

/// A tombstone for a post that we never held, on a network whose deletions may overtake its posts.
pub(super) const SHORT_TOMBSTONE_S: i64 = 7 * DAY_S;

/// A receipt of a signed delivery. Senders repeat what was not answered for a day or two (Standard Webhooks); of one that
/// comes later each item is found unchanged.
pub(super) const RECEIPT_S: i64 = 3 * DAY_S;
/// Receipts of one sender: of more the oldest go, and their deliveries count as new ones, as those above do.
pub(super) const RECEIPTS_MAX: i64 = 20_000;

/// An item of a desk's inbox, with the words of a post that may be on no page: as long as the longest that is kept at all, for a
/// town hall may answer after a holiday, and how it answers is told over as long (`domain::ANSWERS_DAYS`). The operator's
/// `store.retention_days` shortens it too.
const MENTION_S: i64 = 30 * DAY_S;
/// Items of one city: of more the oldest go, so that nobody fills a disk by naming a town hall. Far more than a desk reads.
pub(super) const MENTIONS_MAX: i64 = 20_000;

/// A time noted so many seconds further ahead than now was noted by a clock that was wrong: it vouches for nothing, and the
/// next one takes its place.
pub const AHEAD_S: i64 = DAY_S;

/// Seconds for which a placement of each kind is kept, counted from the post's arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    invited_s: i64,
}

impl Retention {
    pub const DAYS_MAX: u32 = 30;

    /// From `store.retention_days`, which may shorten every period and lengthen none.
    pub fn from_days(days: u32) -> Self {
        Self { invited_s: i64::from(days.min(Self::DAYS_MAX)) * DAY_S }
    }

    /// `None` is the queue: text waiting for a moderator.
    pub fn seconds(self, tier: Option<Tier>) -> i64 {
        let ceiling = match tier {
            Some(Tier::Invited) => i64::from(Self::DAYS_MAX) * DAY_S,
            Some(Tier::Public) => 7 * DAY_S,
            Some(Tier::Quiet) | None => 72 * HOUR_S,
        };
        ceiling.min(self.invited_s)
    }

    /// The same for the inbox of a desk.
    pub(super) fn mention_cutoff(self, now: Timestamp) -> Timestamp {
        now.plus_seconds(-MENTION_S.min(self.invited_s))
    }

    /// What arrived before this instant is over its time.
    pub(super) fn cutoff(self, tier: Option<Tier>, now: Timestamp) -> Timestamp {
        now.plus_seconds(-self.seconds(tier))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn l28_periods_can_only_be_shortened() {
        let (day, hour) = (DAY_S, HOUR_S);
        let full = Retention::from_days(30);
        assert_eq!(Retention::from_days(3_000), full);
        let of = |retention: Retention| {
            [Some(Tier::Invited), Some(Tier::Public), Some(Tier::Quiet), None].map(|tier| retention.seconds(tier))
        };
        assert_eq!(of(full), [30 * day, 7 * day, 72 * hour, 72 * hour]);
        assert_eq!(of(Retention::from_days(5)), [5 * day, 5 * day, 72 * hour, 72 * hour]);
        assert_eq!(of(Retention::from_days(1)), [day; 4]);
    }
}
