use crate::domain::Timestamp;

use super::calendar::Calendar;

/// How busy a square is; its page's layout follows.
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
        let oldest = times.last().copied().unwrap_or(now);
        let days = (now.seconds_since(oldest) as f64 / 86_400.0).clamp(1.0, Self::DAYS as f64);
        match times.len() as f64 / days {
            rate if rate >= 30.0 => Self::Live,
            rate if rate >= 3.0 => Self::Today,
            _ => Self::Week,
        }
    }

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Today => "today",
            Self::Week => "week",
        }
    }

    /// Which section of the page a post received at an instant stands in: a day, or the Monday of a week.
    pub fn section(self, calendar: &Calendar, received_at: Timestamp) -> jiff::civil::Date {
        let date = calendar.date(received_at);
        if self == Self::Week { Calendar::week(date) } else { date }
    }
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
}
