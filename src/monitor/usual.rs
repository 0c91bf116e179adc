//! What is usual for an hour of the week, and for a day of it.
//!
//! Owns the level, its spread, and from when on there is one. Does not own what follows from it (`alert`).
//! Invariant: with less than two weeks of past nothing is usual yet, and that is said.
//!
//! What is told as usual is the **median**, so that a flood three weeks ago is not usual today. What an alert is measured from is
//! the **upper quarter**: of small numbers the median of a few lies below the truth as often as not, and a flood in one week
//! of eight does not reach it. The spread is the larger of what chance alone gives (the square root) and of what the weeks showed (the
//! median distance from the median). An hour is compared with the same hour of the week and those beside it, over eight weeks:
//! 24 hours where eight weeks are known, five or six after two.

use crate::domain::Timestamp;
use crate::domain::desk::{Calendar, HourCount, Width};

/// Weeks that are looked at.
const WEEKS: i64 = 8;
/// Days of past without which nothing is usual.
pub const DAYS_MIN: i64 = 14;
/// How far back what is usual looks, in seconds: those weeks, and a day for clocks that are put on.
pub const PAST_S: i64 = (WEEKS * 7 + 1) * DAY_S;
const HOUR_S: i64 = 3_600;
const DAY_S: i64 = 86_400;
const WEEK_S: i64 = 7 * DAY_S;
/// What makes the median distance from the median the standard deviation, where numbers are spread as chance spreads them.
const DEVIATIONS: f64 = 1.482_6;

/// What is usual.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Level {
    pub median: f64,
    /// Three quarters lie at or below it.
    pub high: f64,
    pub spread: f64,
    /// From how many hours, or days.
    pub samples: usize,
}

impl Level {
    /// `None` of nothing.
    fn of(samples: Vec<u64>) -> Option<Self> {
        let count = samples.len();
        let mut values: Vec<f64> = samples.into_iter().map(|posts| posts as f64).collect();
        values.sort_by(f64::total_cmp);
        let high = *values.get(count * 3 / 4)?;
        let median = median(values.clone())?;
        let apart = self::median(values.into_iter().map(|value| (value - median).abs()).collect())?;
        let spread = (DEVIATIONS * apart).max(high.sqrt()).max(1.0);
        Some(Self { median, high, spread, samples: count })
    }
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let upper = *values.get(values.len() / 2)?;
    let lower = *values.get(values.len().checked_sub(1)? / 2)?;
    Some(f64::midpoint(lower, upper))
}

/// What is usual, or why that can't be said.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Usual {
    Level(Level),
    /// So many days of past are known, of [`DAYS_MIN`].
    NotEnoughPast {
        days: i64,
    },
}

/// The usual level of posts on a day, by the same days of earlier weeks: `days` are closed ones, in order.
pub fn usual_day(days: &[(Timestamp, u64)], calendar: &Calendar, day: Timestamp) -> Usual {
    let weekday = |at| calendar.hour_of_week(at).map(|hour| hour / 24);
    let oldest = day.plus_seconds(-WEEKS * WEEK_S - HOUR_S);
    let past: Vec<_> = days.iter().filter(|(start, _)| *start < day && *start >= oldest).collect();
    let known = past.first().map_or(0, |(first, _)| (day.seconds_since(*first) + HOUR_S) / DAY_S);
    let same = past.iter().filter(|(start, _)| weekday(*start) == weekday(day)).map(|(_, posts)| *posts).collect();
    match Level::of(same).filter(|_| known >= DAYS_MIN) {
        Some(level) => Usual::Level(level),
        None => Usual::NotEnoughPast { days: known },
    }
}

/// The usual level of posts in the hour that an instant lies in: `hours` are closed ones, in order.
pub fn usual_hour(hours: &[HourCount], calendar: &Calendar, at: Timestamp) -> Usual {
    let (past, days) = before(hours, at);
    match Baseline::hour(past, calendar, at).filter(|_| days >= DAYS_MIN) {
        Some(level) => Usual::Level(level),
        None => Usual::NotEnoughPast { days },
    }
}

/// The hours that are looked at, and how many days they reach back. Those after the instant are compared with nothing.
fn before(hours: &[HourCount], at: Timestamp) -> (&[HourCount], i64) {
    let oldest = at.plus_seconds(-WEEKS * WEEK_S - 2 * HOUR_S);
    let from = hours.partition_point(|hour| hour.start < oldest);
    let past = hours.get(from..).unwrap_or_default();
    (past, past.first().map_or(0, |first| at.seconds_since(first.start) / DAY_S))
}

/// What an alert is measured against, for as long as the hour lasts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Baseline {
    pub usual: Usual,
    /// Posts of an average day.
    pub per_day: f64,
}

impl Baseline {
    /// From closed hours, in order. The last hour's posts are partly of the clock's hour before: of both the higher level counts.
    pub fn of(hours: &[HourCount], calendar: &Calendar, now: Timestamp) -> Self {
        let (hours, days) = before(hours, now);
        let known_s = hours.first().map_or(0, |first| now.seconds_since(first.start));
        let posts: u64 = hours.iter().map(|hour| hour.posts).sum();
        let per_day = posts as f64 * DAY_S as f64 / known_s.max(DAY_S) as f64;
        let this = Self::hour(hours, calendar, now);
        let last = Self::hour(hours, calendar, now.plus_seconds(-HOUR_S));
        let higher = last.into_iter().chain(this).max_by(|a, b| a.high.total_cmp(&b.high));
        let usual = match higher.filter(|_| days >= DAYS_MIN) {
            Some(level) => Usual::Level(level),
            None => Usual::NotEnoughPast { days },
        };
        Self { usual, per_day }
    }

    /// The level of the hour that an instant lies in, by those of earlier weeks and those beside them.
    fn hour(hours: &[HourCount], calendar: &Calendar, at: Timestamp) -> Option<Level> {
        let this = calendar.bucket(Width::Hour, at)?;
        let wanted = calendar.hour_of_week(this.start)?;
        let same = hours.iter().filter(|hour| {
            // Days that are near are not of an earlier week, and most others need no look at the city's clocks.
            let apart_s = this.start.seconds_since(hour.start);
            let off_s = apart_s.rem_euclid(WEEK_S);
            let is_near = off_s.min(WEEK_S - off_s) <= 3 * HOUR_S && apart_s > 3 * DAY_S;
            is_near && calendar.hour_of_week(hour.start).is_some_and(|found| is_beside(found, wanted))
        });
        Level::of(same.map(|hour| hour.posts).collect())
    }
}

/// Whether two hours of the week are the same, or follow each other.
const fn is_beside(a: i64, b: i64) -> bool {
    let apart = (a - b).rem_euclid(7 * 24);
    matches!(apart, 0 | 1 | 167)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MONDAY: Timestamp = Timestamp::from_micros(1_783_296_000_000_000);

    fn hours(days: i64, posts: impl Fn(i64) -> u64) -> Vec<HourCount> {
        (-days * 24..0)
            .map(|hour| HourCount { start: MONDAY.plus_seconds(hour * HOUR_S), posts: posts(hour) })
            .collect()
    }

    #[test]
    fn feature_14_under_fourteen_days_nothing_is_usual() {
        let utc = Calendar::new("UTC");
        let at = |days| Baseline::of(&hours(days, |_| 3), &utc, MONDAY).usual;
        assert_eq!(at(13), Usual::NotEnoughPast { days: 13 });
        assert_eq!(at(0), Usual::NotEnoughPast { days: 0 });
        assert_eq!(at(14), Usual::Level(Level { median: 3.0, high: 3.0, spread: 3_f64.sqrt(), samples: 5 }));
        let days = |count: i64| -> Vec<_> { (-count..0).map(|day| (MONDAY.plus_seconds(day * DAY_S), 9)).collect() };
        assert_eq!(usual_day(&days(13), &utc, MONDAY), Usual::NotEnoughPast { days: 13 });
        assert_eq!(
            usual_day(&days(70), &utc, MONDAY),
            Usual::Level(Level { median: 9.0, high: 9.0, spread: 3.0, samples: 8 })
        );
    }

    #[test]
    fn feature_14_an_hour_is_compared_with_its_own_and_one_flood_is_not_usual() {
        let utc = Calendar::new("UTC");
        // Mondays at midnight there is much, and three weeks ago there was a flood.
        let busy = |hour: i64| if hour.rem_euclid(168) < 2 || hour.rem_euclid(168) == 167 { 20 } else { 1 };
        let flood = |hour: i64| if (-504..-500).contains(&hour) { 900 } else { busy(hour) };
        let Usual::Level(level) = Baseline::of(&hours(56, flood), &utc, MONDAY).usual else { panic!() };
        assert_eq!((level.median, level.high, level.spread), (20.0, 20.0, 20_f64.sqrt()));
        let noon = MONDAY.plus_seconds(12 * HOUR_S);
        let Usual::Level(level) = Baseline::of(&hours(56, flood), &utc, noon).usual else { panic!() };
        assert_eq!((level.median, level.high, level.spread), (1.0, 1.0, 1.0));
    }

    #[test]
    fn an_hour_of_a_closed_day_stands_beside_those_before_it() {
        let utc = Calendar::new("UTC");
        // Four weeks on each of which there is much at noon, and more by one in each; then a week that is louder still.
        let noon = |hour: i64| hour.rem_euclid(24) == 12;
        let all = hours(35, |hour| if noon(hour) { (100 + hour.div_euclid(168)) as u64 } else { 0 });
        let at = MONDAY.plus_seconds(-7 * DAY_S + 12 * HOUR_S);
        let Usual::Level(level) = usual_hour(&all, &utc, at) else { panic!() };
        // 95 to 98 at noon and nothing in the hours beside it.
        assert_eq!((level.median, level.high, level.samples), (0.0, 96.0, 12));
        let Usual::Level(level) = usual_hour(&all, &utc, at.plus_seconds(6 * HOUR_S)) else { panic!() };
        assert_eq!((level.median, level.samples), (0.0, 12));
        assert_eq!(usual_hour(&all, &utc, MONDAY.plus_seconds(-22 * DAY_S)), Usual::NotEnoughPast { days: 13 });
    }

    #[test]
    fn feature_14_the_hour_is_that_of_the_citys_clocks() {
        // Summer time ended between the weeks and today: the busy hour is the same on the clock, and another in UTC.
        let paris = Calendar::new("Europe/Paris");
        let now = Timestamp::parse_rfc3339("2026-10-26T08:00:00Z").unwrap();
        let busy = |start| paris.hour_of_week(start) == Some(9);
        let hour = |hour: i64| {
            let start = now.plus_seconds(hour * HOUR_S);
            HourCount { start, posts: if busy(start) { 30 } else { 0 } }
        };
        let hours: Vec<HourCount> = (-29 * 24..0).map(hour).collect();
        let samples = |at| Baseline::hour(&hours, &paris, at);
        assert_eq!(samples(now).map(|level| level.samples), Some(12));
        let seen = hours.iter().filter(|hour| hour.posts > 0).count();
        assert_eq!(seen, 4);
    }
}
