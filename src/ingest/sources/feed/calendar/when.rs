//! Times of an iCalendar document: days, local times, those of a named zone, lengths.
//!
//! Owns their forms, and what is taken for a zone's name. Does not own a calendar's own definitions of zones (`VTIMEZONE`):
//! they are passed over, for their names say which is meant. Invariant: a moment that was read is an instant.

use std::collections::HashMap;

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Span, Zoned};

use crate::domain::Timestamp;

/// Zones that one document may name; times in further ones are taken for local ones.
const ZONES_MAX: usize = 64;
/// What Windows calls the zones of cities that write French, English or a neighbour's language.
const WINDOWS: [(&str, &str); 12] = [
    ("Romance Standard Time", "Europe/Paris"),
    ("W. Europe Standard Time", "Europe/Berlin"),
    ("Central Europe Standard Time", "Europe/Budapest"),
    ("Central European Standard Time", "Europe/Warsaw"),
    ("GMT Standard Time", "Europe/London"),
    ("Greenwich Standard Time", "Atlantic/Reykjavik"),
    ("Eastern Standard Time", "America/New_York"),
    ("Atlantic Standard Time", "America/Halifax"),
    ("SA Western Standard Time", "America/Martinique"),
    ("SA Eastern Standard Time", "America/Cayenne"),
    ("Arabian Standard Time", "Indian/Reunion"),
    ("Mauritius Standard Time", "Indian/Reunion"),
];

/// A day, or a time of a day, where it is one.
#[derive(Clone, Debug, PartialEq)]
pub struct Moment {
    pub civil: DateTime,
    pub zone: TimeZone,
    /// The whole day.
    pub is_day: bool,
    pub at: Timestamp,
}

impl Moment {
    pub fn new(civil: DateTime, zone: TimeZone, is_day: bool) -> Option<Self> {
        let at = instant(&civil.to_zoned(zone.clone()).ok()?);
        Some(Self { civil, zone, is_day, at })
    }

    /// The same zone's time, elsewhere.
    pub fn moved_to(&self, civil: DateTime) -> Option<Self> {
        Self::new(civil, self.zone.clone(), self.is_day)
    }

    /// So much later; what is negative or does not fit is none.
    pub fn plus(&self, length: &Span) -> Option<Self> {
        let later = self.civil.checked_add(*length).ok()?;
        (later > self.civil).then(|| self.moved_to(later)).flatten()
    }
}

pub fn instant(zoned: &Zoned) -> Timestamp {
    Timestamp::from_micros(zoned.timestamp().as_microsecond())
}

/// The zones that a document's times are in.
pub struct Zones {
    /// Of times without one.
    own: TimeZone,
    named: HashMap<String, TimeZone>,
}

impl Zones {
    pub fn new(own: TimeZone) -> Self {
        Self { own, named: HashMap::new() }
    }

    /// `20261212`, `20261212T150000`, `20261212T140000Z`, and the same with hyphens and colons.
    pub fn moment(&mut self, text: &str, zone: Option<&str>) -> Option<Moment> {
        let text = text.trim();
        let (text, is_utc) = match text.strip_suffix(['Z', 'z']) {
            Some(text) => (text, true),
            None => (text, false),
        };
        let (day, time) = text.split_once(['T', 't', ' ']).map_or((text, None), |(day, time)| (day, Some(time)));
        let day = digits(day, 8)?;
        let date = Date::new(i16::try_from(day / 10_000).ok()?, two(day / 100)?, two(day)?).ok()?;
        let time = match time {
            None => None,
            Some(time) => {
                // Written without seconds by some, and with parts of them by others.
                let time = time.split('.').next().unwrap_or_default();
                let time = digits(time, 6).or_else(|| digits(time, 4)?.checked_mul(100))?;
                // A leap second is the one before it.
                Some(Time::new(two(time / 10_000)?, two(time / 100)?, two(time)?.min(59), 0).ok()?)
            }
        };
        let zone = if is_utc { TimeZone::UTC } else { self.zone(zone) };
        Moment::new(date.to_datetime(time.unwrap_or(Time::midnight())), zone, time.is_none())
    }

    fn zone(&mut self, name: Option<&str>) -> TimeZone {
        let Some(name) = name.map(str::trim).filter(|name| name.len() <= 200) else { return self.own.clone() };
        if let Some(known) = self.named.get(name) {
            return known.clone();
        }
        if self.named.len() >= ZONES_MAX {
            return self.own.clone();
        }
        let zone = zone_named(name).unwrap_or_else(|| self.own.clone());
        self.named.insert(name.to_owned(), zone.clone());
        zone
    }
}

/// The zone of a name as programs write it: IANA's, behind a path of the program's own, or Windows'.
fn zone_named(name: &str) -> Option<TimeZone> {
    let iana = |name: &str| TimeZone::get(name).ok();
    let windows = || WINDOWS.iter().find(|(windows, _)| *windows == name).and_then(|(_, name)| iana(name));
    let behind = || {
        let (rest, last) = name.rsplit_once('/')?;
        let before = rest.rsplit('/').next().unwrap_or_default();
        iana(&format!("{before}/{last}"))
    };
    iana(name).or_else(windows).or_else(behind)
}

/// So many digits, between which hyphens and colons may stand.
fn digits(text: &str, count: usize) -> Option<u32> {
    let bare = text.bytes().filter(|byte| !matches!(byte, b'-' | b':'));
    let (mut number, mut seen) = (0_u32, 0_usize);
    for byte in bare {
        let digit = byte.checked_sub(b'0').filter(|digit| *digit <= 9)?;
        number = number.checked_mul(10)?.checked_add(digit.into())?;
        seen = seen.saturating_add(1);
        if seen > count {
            return None;
        }
    }
    (seen == count).then_some(number)
}

/// The last two digits.
fn two(number: u32) -> Option<i8> {
    i8::try_from(number % 100).ok()
}

/// `PT1H30M`, `P2D`, `P1W`.
pub fn length(text: &str) -> Option<Span> {
    text.trim().parse::<Span>().ok().filter(|span| span.signum() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str, zone: Option<&str>) -> Option<String> {
        let mut zones = Zones::new(TimeZone::get("America/Toronto").unwrap());
        zones.moment(text, zone).map(|moment| moment.at.to_rfc3339())
    }

    #[test]
    fn s10_times_are_read_in_the_zone_that_is_meant() {
        let paris = Some("2026-12-12T14:00:00.000Z");
        for zone in [
            "Europe/Paris",
            "/freeassociation.sourceforge.net/Europe/Paris",
            "Romance Standard Time",
            "/citadel.org/20190914_1/Europe/Paris",
        ] {
            assert_eq!(at("20261212T150000", Some(zone)).as_deref(), paris, "{zone}");
        }
        assert_eq!(at("20261212T140000Z", Some("Europe/Paris")).as_deref(), paris, "the mark counts before the zone");
        assert_eq!(at("2026-12-12T15:00", Some("Europe/Paris")).as_deref(), paris);
        // Without a zone, or with one that nobody knows, it is the city's.
        for zone in [None, Some("Heure de chez nous"), Some("")] {
            assert_eq!(at("20261212T150000", zone).as_deref(), Some("2026-12-12T20:00:00.000Z"), "{zone:?}");
        }
        assert_eq!(at("20261212", None).as_deref(), Some("2026-12-12T05:00:00.000Z"));
        // An hour that does not exist is the one after it; a leap second the one before.
        assert_eq!(at("20270328T023000", Some("Europe/Paris")).as_deref(), Some("2027-03-28T01:30:00.000Z"));
        assert_eq!(at("20161231T235960Z", None).as_deref(), Some("2016-12-31T23:59:59.000Z"));
    }

    #[test]
    fn h1_what_is_no_time_is_none() {
        for text in [
            "",
            "T",
            "2026",
            "20261312",
            "20260230",
            "20261212T250000",
            "99999999999",
            "2026121é",
            "-20261212T",
            "20261212T15000Z",
            "20261212T1500000",
        ] {
            assert_eq!(at(text, None), None, "{text}");
        }
        for (text, is_some) in [
            ("PT1H30M", true),
            ("P2D", true),
            ("P1W", true),
            ("-PT5M", false),
            ("", false),
            ("P99999999999Y", false),
            ("PT0S", false),
        ] {
            assert_eq!(length(text).is_some(), is_some, "{text}");
        }
    }

    #[test]
    fn h2_zones_without_end_are_local_ones() {
        let mut zones = Zones::new(TimeZone::UTC);
        for number in 0..1_000 {
            zones.moment("20261212T150000", Some(&format!("Zone/{number}"))).unwrap();
        }
        assert_eq!(zones.named.len(), ZONES_MAX);
    }
}
