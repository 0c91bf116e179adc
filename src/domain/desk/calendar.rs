//! The buckets of a city's time.
//!
//! Owns where hours, days, weeks and months begin in a time zone. Does not own a clock.
//! Invariant: buckets of a width follow each other without a gap, and each lies whole in one of the next width. So a month is
//! of whole weeks: those whose Thursday lies in it, as a week belongs to the year of its Thursday (ISO 8601). Weeks and
//! calendar months would cut each other, and what they cut off could be told by subtracting one from the other.

use jiff::civil::{Date, Weekday, date};
use jiff::tz::TimeZone;
use jiff::{Span, Zoned};

use crate::domain::Timestamp;

/// Widths of time, each of whole ones of the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Width {
    Hour,
    Day,
    Week,
    Month,
}

impl Width {
    pub const ALL: [Self; 4] = [Self::Hour, Self::Day, Self::Week, Self::Month];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|width| width.as_str() == text)
    }

    /// Where what is too small here is counted. `None`: nowhere.
    pub const fn wider(self) -> Option<Self> {
        match self {
            Self::Hour => Some(Self::Day),
            Self::Day => Some(Self::Week),
            Self::Week => Some(Self::Month),
            Self::Month => None,
        }
    }
}

/// From `start` on, and before `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bucket {
    pub width: Width,
    pub start: Timestamp,
    pub end: Timestamp,
}

const HOUR_S: i64 = 3_600;

/// A city's time zone.
#[derive(Clone, Debug)]
pub struct Calendar(TimeZone);

impl Calendar {
    /// By the IANA name that the city's file has; UTC where it is not known, so that a city is counted in any case.
    pub fn new(timezone: &str) -> Self {
        Self(TimeZone::get(timezone).unwrap_or(TimeZone::UTC))
    }

    fn zoned(&self, at: Timestamp) -> Option<Zoned> {
        Some(jiff::Timestamp::from_microsecond(at.as_micros()).ok()?.to_zoned(self.0.clone()))
    }

    fn midnight(&self, day: Date) -> Option<Timestamp> {
        Some(Timestamp::from_micros(day.to_zoned(self.0.clone()).ok()?.timestamp().as_microsecond()))
    }

    /// The bucket that an instant lies in. `None` at the ends of time.
    pub fn bucket(&self, width: Width, at: Timestamp) -> Option<Bucket> {
        let day = self.zoned(at)?.date();
        let (first, next) = match width {
            Width::Hour => return self.hour(self.bucket(Width::Day, at)?, at),
            Width::Day => (day, day.tomorrow().ok()?),
            Width::Week => {
                let monday = monday_of(day)?;
                (monday, monday.checked_add(Span::new().days(7)).ok()?)
            }
            Width::Month => {
                let thursday = monday_of(day)?.checked_add(Span::new().days(3)).ok()?;
                let month = date(thursday.year(), thursday.month(), 1);
                (first_week(month)?, first_week(month.checked_add(Span::new().months(1)).ok()?)?)
            }
        };
        Some(Bucket { width, start: self.midnight(first)?, end: self.midnight(next)? })
    }

    /// The bucket of the month that begins on a day.
    pub fn month(&self, first: Date) -> Option<Bucket> {
        let thursday = first_week(first)?.checked_add(Span::new().days(3)).ok()?;
        self.bucket(Width::Month, self.midnight(thursday)?)
    }

    /// Hours are counted from midnight, so that they lie in their day where clocks are put on or back, by whatever it is.
    fn hour(&self, day: Bucket, at: Timestamp) -> Option<Bucket> {
        let number = at.seconds_since(day.start).div_euclid(HOUR_S);
        let start = day.start.plus_seconds(number.checked_mul(HOUR_S)?);
        Some(Bucket { width: Width::Hour, start, end: start.plus_seconds(HOUR_S).min(day.end) })
    }

    /// The hour of the week on the city's clocks, Monday's first being 0.
    pub fn hour_of_week(&self, at: Timestamp) -> Option<i64> {
        let local = self.zoned(at)?;
        Some(i64::from(local.weekday().to_monday_zero_offset()) * 24 + i64::from(local.hour()))
    }

    /// The name of the day that an instant lies in. Empty at the ends of time.
    pub fn day_name(&self, at: Timestamp) -> String {
        self.bucket(Width::Day, at).and_then(|day| self.name(&day)).unwrap_or_default()
    }

    /// How a bucket is named in exports: `2026-11-29T10:00+01:00`, `2026-11-29`, `2026-W48`, `2026-11`.
    pub fn name(&self, bucket: &Bucket) -> Option<String> {
        let local = self.zoned(bucket.start)?;
        Some(match bucket.width {
            Width::Hour => local.strftime("%Y-%m-%dT%H:%M%:z").to_string(),
            Width::Day => local.date().to_string(),
            Width::Week => {
                let week = local.date().iso_week_date();
                format!("{}-W{:02}", week.year(), week.week())
            }
            Width::Month => local.date().checked_add(Span::new().days(3)).ok()?.strftime("%Y-%m").to_string(),
        })
    }
}

fn monday_of(day: Date) -> Option<Date> {
    day.checked_sub(Span::new().days(day.weekday().to_monday_zero_offset())).ok()
}

/// The Monday of the week of a month's first Thursday.
fn first_week(month: Date) -> Option<Date> {
    monday_of(month.nth_weekday_of_month(1, Weekday::Thursday).ok()?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse_rfc3339(text).unwrap()
    }

    #[test]
    fn feature_11_buckets_begin_on_the_citys_clocks() {
        let paris = Calendar::new("Europe/Paris");
        for (width, instant, start, end, name) in [
            (
                Width::Hour,
                "2026-11-29T10:31:00Z",
                "2026-11-29T10:00:00Z",
                "2026-11-29T11:00:00Z",
                "2026-11-29T11:00+01:00",
            ),
            (Width::Day, "2026-11-28T23:00:00Z", "2026-11-28T23:00:00Z", "2026-11-29T23:00:00Z", "2026-11-29"),
            (Width::Day, "2026-03-29T12:00:00Z", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z", "2026-03-29"),
            (Width::Week, "2026-11-29T10:31:00Z", "2026-11-22T23:00:00Z", "2026-11-29T23:00:00Z", "2026-W48"),
            // October's last days belong to a week whose Thursday is one of October.
            (Width::Month, "2026-11-01T12:00:00Z", "2026-09-27T22:00:00Z", "2026-11-01T23:00:00Z", "2026-10"),
            (Width::Month, "2026-12-31T12:00:00Z", "2026-11-29T23:00:00Z", "2027-01-03T23:00:00Z", "2026-12"),
        ] {
            let bucket = paris.bucket(width, at(instant)).unwrap();
            assert_eq!((bucket.start, bucket.end), (at(start), at(end)), "{width:?} {instant}");
            assert_eq!(paris.name(&bucket).as_deref(), Some(name));
        }
        for (first, start) in [("2026-10-01", "2026-09-27T22:00:00Z"), ("2026-11-01", "2026-11-01T23:00:00Z")] {
            let month = paris.month(first.parse().unwrap()).unwrap();
            assert_eq!((month.width, month.start), (Width::Month, at(start)), "{first}");
        }
        assert_eq!(paris.hour_of_week(at("2026-11-30T00:30:00Z")), Some(1));
    }

    proptest! {
        #[test]
        fn feature_11_each_bucket_lies_whole_in_the_next_wider_and_none_in_two(
            seconds in 1_700_000_000_i64..1_900_000_000,
            zone in prop::sample::select(vec!["Europe/Paris", "America/Sao_Paulo", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia"]),
        ) {
            let calendar = Calendar::new(zone);
            let instant = Timestamp::from_micros(seconds * 1_000_000);
            let mut inner: Option<Bucket> = None;
            for width in Width::ALL {
                let bucket = calendar.bucket(width, instant).unwrap();
                prop_assert!(bucket.start <= instant && instant < bucket.end);
                let last = Timestamp::from_micros(bucket.end.as_micros() - 1);
                for other in [bucket.start, last] {
                    prop_assert_eq!(calendar.bucket(width, other), Some(bucket));
                }
                prop_assert_eq!(calendar.bucket(width, bucket.end).unwrap().start, bucket.end);
                if let Some(inner) = inner {
                    prop_assert!(bucket.start <= inner.start && inner.end <= bucket.end, "{:?} in {:?}", inner, bucket);
                }
                inner = Some(bucket);
            }
        }
    }
}
