//! When to say that something is unusual.
//!
//! Owns the decision, and that one event is one alert. Does not own what is usual (`usual`), nor who is told and when.
//! Invariant: no alert before two weeks of past, none of fewer than eight people however much they say, and none from an
//! assembly, whose posts are in none of the numbers (L-42).
//!
//! What is counted is **people in the last hour**, not posts: one person who writes forty times is no event. They are held
//! against the usual *posts* of the hour, of which there are never fewer than people, so that no past of people need be kept;
//! and the comparison errs on the quiet side. Unusual is what lies **seven spreads** above the upper quarter of the hours that are
//! like this one. Five would do if people posted by chance alone; but they answer each other, so that calm hours clump, and of
//! seven there was one false alert in 36 months of forty posts a day that were played, where of five there were a dozen. Where the level
//! is near none, it is the eight people that decide.
//!
//! A town in which less than a post a day is said has no level: there **any post at all** is told, as a kind of its own.

use crate::domain::Timestamp;
use crate::domain::alert::{Alert, Event, Kind};
use crate::domain::desk::{Recent, rounded};

use super::usual::{Baseline, Usual};

/// What counts as recent.
const WINDOW_S: i64 = 3_600;
/// Fewer people are no event.
pub const PEOPLE_MIN: u64 = 8;
/// How far above the usual, in spreads, an event begins; and down to where it goes on.
const SPREADS: f64 = 7.0;
const SPREADS_ON: f64 = 2.0;
/// Fewer posts a day than this are no level.
const PER_DAY_MIN: f64 = 1.0;
/// An event is over when it has been calm for so long; until then what comes belongs to it.
const CALM_S: i64 = 6 * 3_600;
/// In a town where any post counts: half a day, so that a conversation is one.
const CALM_ANY_S: i64 = 12 * 3_600;

/// How many times faster than life the posts come: once, but in a demonstration, of which an hour passes in less.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace(u32);

impl Pace {
    pub const LIFE: Self = Self(1);

    pub fn times(times: u32) -> Self {
        Self(times.max(1))
    }

    /// What counts as the last hour.
    pub fn window_s(self) -> i64 {
        self.seconds(WINDOW_S)
    }

    fn seconds(self, of_life: i64) -> i64 {
        (of_life / i64::from(self.0)).max(1)
    }

    fn calm_s(self, kind: Kind) -> i64 {
        self.seconds(match kind {
            Kind::AnyPost => CALM_ANY_S,
            Kind::Unusual => CALM_S,
        })
    }
}

/// What follows from the last hour. `event` is what the last call gave back; pure, so that a past can be played again.
pub fn decide(
    event: Option<Event>,
    baseline: &Baseline,
    recent: Recent,
    now: Timestamp,
    pace: Pace,
) -> (Option<Event>, Option<Alert>) {
    let Usual::Level(level) = baseline.usual else { return (None, None) };
    let people = recent.authors as f64;
    let is_quiet_town = baseline.per_day < PER_DAY_MIN;
    let above = |spreads: f64| people > level.high + spreads * level.spread;
    let kind = if recent.authors >= PEOPLE_MIN && above(SPREADS) {
        Some(Kind::Unusual)
    } else {
        (is_quiet_town && recent.posts > 0).then_some(Kind::AnyPost)
    };
    let going = event.filter(|event| now.seconds_since(event.last) < pace.calm_s(event.kind));
    if let Some(kind) = kind.filter(|kind| going.is_none_or(|going| *kind > going.kind)) {
        let authors =
            Some(rounded(usize::try_from(recent.authors).unwrap_or(usize::MAX))).filter(|authors| *authors > 0);
        let alert = Alert { kind, at: now, posts: recent.posts, authors, usual: level.median };
        return (Some(Event { kind, since: now, last: now }), Some(alert));
    }
    let goes_on = kind.is_some() || (recent.authors * 2 >= PEOPLE_MIN && above(SPREADS_ON));
    (going.map(|going| if goes_on { Event { last: now, ..going } } else { going }), None)
}
