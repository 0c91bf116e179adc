use crate::domain::Timestamp;

/// How busy a square is; what its page says of itself follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rhythm {
    /// 30 posts a day and more.
    Live,
    /// 3 to 30 a day: the page speaks of today.
    Today,
    /// Fewer: the page speaks of this week.
    Week,
}

impl Rhythm {
    /// The window that is looked at, in days.
    pub const DAYS: i64 = 28;
    /// How many instants are enough to tell a live square from the others.
    pub const TIMES_MAX: usize = 28 * 30;

    /// From the instants of [`crate::domain::FeedLog::recent_times`] over the last 28 days. A square younger than
    /// that is measured over the days since its first post, and over one day at least.
    pub fn of(times: &[Timestamp], now: Timestamp) -> Self {
        if times.len() >= Self::TIMES_MAX {
            return Self::Live;
        }
        match per_day(times, now) {
            rate if rate >= 30.0 => Self::Live,
            rate if rate >= 3.0 => Self::Today,
            _ => Self::Week,
        }
    }
}

/// Below so many posts a day a page says that its square is a quiet one, and what can be done about it.
const QUIET_BELOW: f64 = 10.0;

/// Posts a day of a quiet square; `None` for a busier one, and for one where nothing was said.
pub fn quiet_rate(times: &[Timestamp], now: Timestamp) -> Option<f64> {
    let rate = per_day(times, now);
    (!times.is_empty() && rate < QUIET_BELOW).then_some(rate)
}

fn per_day(times: &[Timestamp], now: Timestamp) -> f64 {
    let oldest = times.last().copied().unwrap_or(now);
    times.len() as f64 / (now.seconds_since(oldest) as f64 / 86_400.0).clamp(1.0, Rhythm::DAYS as f64)
}

/// Posts a day over the window, as the sources page states the usual level; `None` when there is too little to say.
pub fn usual_per_day(times: &[Timestamp], now: Timestamp) -> Option<f64> {
    let oldest = times.last()?;
    let days = now.seconds_since(*oldest) as f64 / 86_400.0;
    (days >= 2.0 && times.len() >= 10).then(|| times.len() as f64 / days)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every(hours: i64, count: i64) -> (Vec<Timestamp>, Timestamp) {
        let now = Timestamp::from_micros(1_790_000_000_000_000);
        ((0..count).map(|n| now.plus_seconds(-n * hours * 3_600)).collect(), now)
    }

    #[test]
    fn q3_the_layout_follows_the_last_28_days() {
        for (hours, count, expected) in
            [(0, 900, Rhythm::Live), (1, 600, Rhythm::Today), (12, 50, Rhythm::Week), (0, 0, Rhythm::Week)]
        {
            let (times, now) = every(hours, count);
            assert_eq!(Rhythm::of(&times, now), expected, "{count} posts, one every {hours} h");
        }
        // A square opened this morning with forty posts is a live one already.
        let (times, now) = every(0, 40);
        assert_eq!(Rhythm::of(&times, now), Rhythm::Live);
    }

    #[test]
    fn q3_a_quiet_square_knows_its_rate() {
        for (hours, count, expected) in [(4, 60, true), (2, 120, false), (0, 900, false), (0, 0, false)] {
            let (times, now) = every(hours, count);
            assert_eq!(quiet_rate(&times, now).is_some(), expected, "{count} posts, one every {hours} h");
        }
    }
}
