use jiff::{Zoned, civil::Date, tz::TimeZone};

use crate::domain::Timestamp;

use super::words::{Language, Words};

const MONTHS: [(&str, &str, &str, &str); 12] = [
    ("janvier", "janv.", "January", "Jan"),
    ("février", "févr.", "February", "Feb"),
    ("mars", "mars", "March", "Mar"),
    ("avril", "avr.", "April", "Apr"),
    ("mai", "mai", "May", "May"),
    ("juin", "juin", "June", "Jun"),
    ("juillet", "juil.", "July", "Jul"),
    ("août", "août", "August", "Aug"),
    ("septembre", "sept.", "September", "Sep"),
    ("octobre", "oct.", "October", "Oct"),
    ("novembre", "nov.", "November", "Nov"),
    ("décembre", "déc.", "December", "Dec"),
];
const WEEKDAYS: [(&str, &str); 7] = [
    ("lundi", "Monday"),
    ("mardi", "Tuesday"),
    ("mercredi", "Wednesday"),
    ("jeudi", "Thursday"),
    ("vendredi", "Friday"),
    ("samedi", "Saturday"),
    ("dimanche", "Sunday"),
];

/// Instants as people of one city write them, in one language of the interface.
#[derive(Clone, Debug)]
pub struct Calendar {
    zone: TimeZone,
    words: Words,
}

impl Calendar {
    /// A time zone that the machine does not know is read as UTC; city files are checked when they are read, so
    /// this happens only where the time zone database is missing.
    pub fn new(timezone: &str, words: Words) -> Self {
        Self { zone: TimeZone::get(timezone).unwrap_or(TimeZone::UTC), words }
    }

    fn zoned(&self, at: Timestamp) -> Zoned {
        jiff::Timestamp::from_microsecond(at.as_micros()).unwrap_or(jiff::Timestamp::MAX).to_zoned(self.zone.clone())
    }

    pub fn date(&self, at: Timestamp) -> Date {
        self.zoned(at).date()
    }

    /// `15:38`
    pub fn clock(&self, at: Timestamp) -> String {
        let at = self.zoned(at);
        format!("{:02}:{:02}", at.hour(), at.minute())
    }

    /// `21 nov., 15:38`: the form on a card, which must stand alone under any heading.
    pub fn short(&self, at: Timestamp) -> String {
        format!("{}, {}", self.short_day(self.date(at)), self.clock(at))
    }

    /// `21 nov.`
    pub fn short_day(&self, date: Date) -> String {
        let month = month(date);
        format!("{}\u{a0}{}", self.ordinal(date), if self.is_french() { month.1 } else { month.3 })
    }

    /// `novembre 2026`
    pub fn month(&self, date: Date) -> String {
        let month = month(date);
        format!("{} {}", if self.is_french() { month.0 } else { month.2 }, date.year())
    }

    /// `samedi`
    pub fn weekday(&self, date: Date) -> &'static str {
        let (french, english) = weekday(date);
        if self.is_french() { french } else { english }
    }

    /// `samedi`, by its number from Monday, which is 0.
    pub fn weekday_name(&self, day: usize) -> &'static str {
        let (french, english) = WEEKDAYS.get(day).copied().unwrap_or_default();
        if self.is_french() { french } else { english }
    }

    /// `21 nov. 2026, 15:38`
    pub fn dated(&self, at: Timestamp) -> String {
        let date = self.date(at);
        let month = month(date);
        let month = if self.is_french() { month.1 } else { month.3 };
        format!("{}\u{a0}{month}\u{a0}{}, {}", self.ordinal(date), date.year(), self.clock(at))
    }

    /// `samedi 21 novembre`
    pub fn day(&self, date: Date) -> String {
        let (weekday_fr, weekday_en) = weekday(date);
        let month = month(date);
        if self.is_french() {
            format!("{weekday_fr} {} {}", self.ordinal(date), month.0)
        } else {
            format!("{weekday_en} {} {}", date.day(), month.2)
        }
    }

    /// The hour on the clock.
    pub fn hour(&self, at: Timestamp) -> i8 {
        self.zoned(at).hour()
    }

    /// `samedi 21 novembre 2026 à 15:38`
    pub fn full(&self, at: Timestamp) -> String {
        let date = self.date(at);
        let day = format!("{} {}", self.day(date), date.year());
        self.words.with2("calendar-day-and-time", "day", &day, "time", &self.clock(at))
    }

    /// `14:10` of the same day, else `mardi 18 novembre, 14:10`.
    pub fn since(&self, at: Timestamp, now: Timestamp) -> String {
        if self.date(at) == self.date(now) {
            self.clock(at)
        } else {
            format!("{}, {}", self.day(self.date(at)), self.clock(at))
        }
    }

    fn ordinal(&self, date: Date) -> String {
        if self.is_french() && date.day() == 1 { String::from("1er") } else { date.day().to_string() }
    }

    fn is_french(&self) -> bool {
        self.words.language == Language::French
    }
}

fn month(date: Date) -> (&'static str, &'static str, &'static str, &'static str) {
    let index = usize::try_from(date.month()).unwrap_or(1).saturating_sub(1);
    MONTHS.get(index).copied().unwrap_or_default()
}

fn weekday(date: Date) -> (&'static str, &'static str) {
    let index = usize::try_from(date.weekday().to_monday_zero_offset()).unwrap_or(0);
    WEEKDAYS.get(index).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_of_the_city() {
        let Some(at) = Timestamp::parse_rfc3339("2026-11-21T23:38:02Z") else { panic!("a sound date") };
        let paris = Calendar::new("Europe/Paris", Words::new(Language::French));
        assert_eq!(paris.full(at), "dimanche 22 novembre 2026 à 00:38");
        assert_eq!(paris.short(at), "22\u{a0}nov., 00:38");
        assert_eq!(paris.dated(at), "22\u{a0}nov.\u{a0}2026, 00:38");
        let montreal = Calendar::new("America/Montreal", Words::new(Language::English));
        assert_eq!(montreal.full(at), "Saturday 21 November 2026 at 18:38");
        let Some(first) = Timestamp::parse_rfc3339("2026-02-01T12:00:00Z") else { panic!("a sound date") };
        assert_eq!(paris.day(paris.date(first)), "dimanche 1er février");
    }
}
