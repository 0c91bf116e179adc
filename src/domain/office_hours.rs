use std::collections::BTreeSet;

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::Timestamp;

/// Days looked at between two instants; what is longer counts as this long. An item of an inbox is kept for a month.
const DAYS_MAX: usize = 400;
const DAY_MINUTES: u16 = 24 * 60;
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// From and until, in minutes of the day.
pub type Span = (u16, u16);

/// When a town hall's desk is staffed, in its city's own time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfficeHours {
    /// From Monday. The spans of a day are in order and apart.
    week: [Vec<Span>; 7],
    closed: BTreeSet<Date>,
    written: String,
    assumed: bool,
}

impl Default for OfficeHours {
    /// Monday to Friday, nine to five.
    fn default() -> Self {
        let week = std::array::from_fn(|day| if day < 5 { vec![(9 * 60, 17 * 60)] } else { Vec::new() });
        Self { week, closed: BTreeSet::new(), written: "mon-fri 09:00-17:00".into(), assumed: true }
    }
}

impl OfficeHours {
    /// Reads `mon-fri 09:00-12:30 13:30-17:00, sat 09:00-12:00`: days, then the hours of each of them.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut week: [Vec<Span>; 7] = Default::default();
        for part in text.split(',') {
            let mut words = part.split_whitespace();
            let days = words.next().ok_or("give days and their hours, as in mon-fri 09:00-12:30 13:30-17:00")?;
            let spans: Vec<Span> = words.map(span).collect::<Result<_, _>>()?;
            if spans.is_empty() {
                return Err(format!("give the hours of {days}, as in {days} 09:00-17:00"));
            }
            if spans.windows(2).any(|pair| matches!(pair, [first, second] if second.0 < first.1)) {
                return Err(format!("the hours of {days} overlap, or are not in order"));
            }
            for day in days_of(days)? {
                match week.get_mut(day) {
                    Some(hours) if hours.is_empty() => hours.clone_from(&spans),
                    _ => return Err(format!("{} is given twice", DAYS.get(day).unwrap_or(&days))),
                }
            }
        }
        let written = text.split_whitespace().collect::<Vec<_>>().join(" ");
        Ok(Self { week, closed: BTreeSet::new(), written, assumed: false })
    }

    /// Closed on these days too.
    #[must_use]
    pub fn closed_on(mut self, days: impl IntoIterator<Item = Date>) -> Self {
        self.closed.extend(days);
        self
    }

    /// As the city's file has them.
    pub fn as_str(&self) -> &str {
        &self.written
    }

    /// Nobody said any: these are taken meanwhile.
    pub const fn are_assumed(&self) -> bool {
        self.assumed
    }

    /// The hours of each weekday, from Monday, in minutes of the day.
    pub const fn week(&self) -> &[Vec<Span>; 7] {
        &self.week
    }

    /// The days from one on, on which it is closed beside those of its week.
    pub fn closed_from(&self, day: Date) -> impl Iterator<Item = Date> + '_ {
        self.closed.range(day..).copied()
    }

    /// From when on it is open, at an instant or after: the instant itself when it is. `None`: not within [`DAYS_MAX`] days.
    pub fn next(&self, zone: &TimeZone, at: Timestamp) -> Option<Timestamp> {
        let mut day = Some(local_date(zone, at)?);
        for _ in 0..DAYS_MAX {
            let date = day?;
            for (opens, closes) in self.hours_of(date) {
                let Some((opens, closes)) = instant(zone, date, *opens).zip(instant(zone, date, *closes)) else {
                    continue;
                };
                if at < closes {
                    return Some(opens.max(at));
                }
            }
            day = date.tomorrow().ok();
        }
        None
    }

    /// How much of the time between two instants was within office hours, in whole minutes. The hours are those of the
    /// clock on the wall: a day on which that is put forward or back is counted by the time that passed.
    pub fn minutes_between(&self, zone: &TimeZone, from: Timestamp, until: Timestamp) -> u64 {
        let Some((first, last)) = local_date(zone, from).zip(local_date(zone, until)) else { return 0 };
        let mut seconds = 0;
        let mut day = Some(first);
        for _ in 0..DAYS_MAX {
            let Some(date) = day.filter(|date| *date <= last) else { break };
            for (opens, closes) in self.hours_of(date) {
                let Some((opens, closes)) = instant(zone, date, *opens).zip(instant(zone, date, *closes)) else {
                    continue;
                };
                let (opens, closes) = (opens.max(from), closes.min(until));
                seconds += closes.seconds_since(opens).max(0);
            }
            day = date.tomorrow().ok();
        }
        seconds.unsigned_abs() / 60
    }

    /// Whether the desk is staffed at an instant: from the minute at which it opens until that at which it closes.
    pub fn is_open(&self, zone: &TimeZone, at: Timestamp) -> bool {
        let Ok(local) = jiff::Timestamp::from_microsecond(at.as_micros()) else { return false };
        let date = zone.to_datetime(local).date();
        let is_within = |(opens, closes): &Span| {
            let hours = instant(zone, date, *opens).zip(instant(zone, date, *closes));
            hours.is_some_and(|(opens, closes)| opens <= at && at < closes)
        };
        self.hours_of(date).iter().any(is_within)
    }

    fn hours_of(&self, date: Date) -> &[Span] {
        let day = usize::try_from(date.weekday().to_monday_zero_offset()).unwrap_or_default();
        let hours = self.week.get(day).map_or(&[][..], Vec::as_slice);
        if self.closed.contains(&date) { &[] } else { hours }
    }
}

fn local_date(zone: &TimeZone, at: Timestamp) -> Option<Date> {
    jiff::Timestamp::from_microsecond(at.as_micros()).ok().map(|at| zone.to_datetime(at).date())
}

/// When the clock on the wall shows this; one that it passes over stands for the next, one that it shows twice for the first.
fn instant(zone: &TimeZone, date: Date, minutes: u16) -> Option<Timestamp> {
    let (date, minutes) = if minutes == DAY_MINUTES { (date.tomorrow().ok()?, 0) } else { (date, minutes) };
    let at = date.at(i8::try_from(minutes / 60).ok()?, i8::try_from(minutes % 60).ok()?, 0, 0);
    let at = zone.to_ambiguous_timestamp(at).compatible().ok()?;
    Some(Timestamp::from_micros(at.as_microsecond()))
}

/// `mon`, or `mon-fri`.
fn days_of(text: &str) -> Result<std::ops::RangeInclusive<usize>, String> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let number = |day: &str| DAYS.iter().position(|known| *known == day);
    match number(first).zip(number(last)) {
        Some((first, last)) if first <= last => Ok(first..=last),
        _ => Err(format!("{text:?} is no day, nor days in order: {}", DAYS.join(", "))),
    }
}

fn span(text: &str) -> Result<Span, String> {
    let refusal = || format!("{text:?} are no hours: write them as 09:00-12:30");
    let (from, until) =
        text.split_once('-').and_then(|(from, until)| minutes(from).zip(minutes(until))).ok_or_else(refusal)?;
    if from < until { Ok((from, until)) } else { Err(format!("{text} ends before it begins")) }
}

/// `24:00` is the end of a day.
fn minutes(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let is_short = |part: &str| matches!(part.len(), 1 | 2) && part.bytes().all(|byte| byte.is_ascii_digit());
    let (hour, minute): (u16, u16) = match is_short(hour) && is_short(minute) {
        true => (hour.parse().ok()?, minute.parse().ok()?),
        false => return None,
    };
    (minute < 60 && hour * 60 + minute <= DAY_MINUTES).then_some(hour * 60 + minute)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minutes_of(hours: &OfficeHours, from: &str, until: &str) -> u64 {
        let at = |text| Timestamp::parse_rfc3339(text).unwrap();
        hours.minutes_between(&TimeZone::get("Europe/Paris").unwrap(), at(from), at(until))
    }

    #[test]
    fn s51_the_delay_in_office_hours_is_that_of_the_hand_computed_fixture() {
        let split = OfficeHours::parse("mon-fri 09:00-12:30 13:30-17:00, sat 9:00-12:00").unwrap();
        let holiday = split.clone().closed_on(["2026-12-25".parse().unwrap()]);
        let plain = OfficeHours::default();
        for (hours, from, until, minutes) in [
            // Within a morning; over noon (12:00 to 14:00: half an hour on each side).
            (&split, "2026-11-30T09:00:00+01:00", "2026-11-30T09:45:59+01:00", 45),
            (&split, "2026-11-30T12:00:00+01:00", "2026-11-30T14:00:00+01:00", 60),
            // Friday 16:30 to Saturday 10:00: 30 + 60. To Monday 09:10: 30 + 180 + 10; on plain hours 30 + 10.
            (&split, "2026-11-27T16:30:00+01:00", "2026-11-28T10:00:00+01:00", 90),
            (&split, "2026-11-27T16:30:00+01:00", "2026-11-30T09:10:00+01:00", 220),
            (&plain, "2026-11-27T16:30:00+01:00", "2026-11-30T09:10:00+01:00", 40),
            // Asked in the night and answered in it; answered before it was asked.
            (&plain, "2026-11-30T22:00:00+01:00", "2026-12-01T06:00:00+01:00", 0),
            (&plain, "2026-11-30T10:00:00+01:00", "2026-11-30T09:00:00+01:00", 0),
            // Thursday 24 December 16:00 to Saturday 26, 09:30: Christmas counts for nothing. 60 + 30.
            (&holiday, "2026-12-24T16:00:00+01:00", "2026-12-26T09:30:00+01:00", 90),
            (&split, "2026-12-24T16:00:00+01:00", "2026-12-26T09:30:00+01:00", 60 + 7 * 60 + 30),
            // Two whole weeks: ten days of eight hours.
            (&plain, "2026-11-02T00:00:00+01:00", "2026-11-16T00:00:00+01:00", 10 * 8 * 60),
        ] {
            assert_eq!(minutes_of(hours, from, until), minutes, "{} {from} {until}", hours.as_str());
        }
    }

    #[test]
    fn s51_the_clock_on_the_wall_opens_the_desk_on_the_days_it_is_put_forward_and_back_too() {
        // In Paris the night of 29 March 2026 has no 2:00 to 3:00, that of 25 October 2026 has it twice.
        let all = OfficeHours::parse("mon-sun 0:00-24:00").unwrap();
        assert_eq!(minutes_of(&all, "2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00+02:00"), 23 * 60);
        assert_eq!(minutes_of(&all, "2026-10-25T00:00:00+02:00", "2026-10-26T00:00:00+01:00"), 25 * 60);
        let nine = OfficeHours::parse("mon-sun 9:00-10:00").unwrap();
        assert_eq!(minutes_of(&nine, "2026-03-28T12:00:00+01:00", "2026-03-29T09:30:00+02:00"), 30);
        assert_eq!(minutes_of(&nine, "2026-10-24T12:00:00+02:00", "2026-10-25T09:30:00+01:00"), 30);
    }

    #[test]
    fn l74_the_next_hour_of_duty_is_that_of_the_clock_on_the_wall() {
        let zone = TimeZone::get("Europe/Paris").unwrap();
        let split = OfficeHours::parse("mon-fri 09:00-12:30 13:30-17:00").unwrap();
        let holiday = split.clone().closed_on(["2026-12-25".parse().unwrap()]);
        let all = OfficeHours::parse("mon-sun 0:00-24:00").unwrap();
        for (hours, at, next) in [
            (&split, "2026-11-30T09:00:00+01:00", "2026-11-30T09:00:00+01:00"),
            (&split, "2026-11-30T12:29:59+01:00", "2026-11-30T12:29:59+01:00"),
            (&split, "2026-11-30T12:30:00+01:00", "2026-11-30T13:30:00+01:00"),
            (&split, "2026-11-27T17:00:00+01:00", "2026-11-30T09:00:00+01:00"),
            // The night in which the clock is put back, and a holiday before a weekend.
            (&split, "2026-10-23T20:00:00+02:00", "2026-10-26T09:00:00+01:00"),
            (&holiday, "2026-12-24T17:30:00+01:00", "2026-12-28T09:00:00+01:00"),
            (&all, "2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+02:00"),
        ] {
            let [at, next] = [at, next].map(|text| Timestamp::parse_rfc3339(text).unwrap());
            assert_eq!(hours.next(&zone, at), Some(next), "{}", hours.as_str());
            assert_eq!(hours.is_open(&zone, at), at == next);
        }
    }

    #[test]
    fn q12_the_desk_is_open_from_the_minute_it_opens_to_the_minute_it_closes() {
        let paris = TimeZone::get("Europe/Paris").unwrap();
        let split = OfficeHours::parse("mon-fri 09:00-12:30 13:30-17:00, sat 20:00-24:00").unwrap();
        let holiday = split.clone().closed_on(["2026-12-25".parse().unwrap()]);
        for (hours, at, open) in [
            (&split, "2026-11-30T08:59:59+01:00", false),
            (&split, "2026-11-30T09:00:00+01:00", true),
            // The same instant, written in another zone.
            (&split, "2026-11-30T08:00:00Z", true),
            (&split, "2026-11-30T12:29:59+01:00", true),
            (&split, "2026-11-30T12:30:00+01:00", false),
            (&split, "2026-11-30T13:30:00+01:00", true),
            (&split, "2026-11-30T17:00:00+01:00", false),
            (&split, "2026-11-28T23:59:59+01:00", true),
            (&split, "2026-11-29T00:00:00+01:00", false),
            (&split, "2026-12-25T10:00:00+01:00", true),
            (&holiday, "2026-12-25T10:00:00+01:00", false),
        ] {
            assert_eq!(hours.is_open(&paris, Timestamp::parse_rfc3339(at).unwrap()), open, "{} {at}", hours.as_str());
        }
        // Both hours that the clock shows as 2:30 in the night of 25 October 2026 are within 2:00 to 3:00.
        let night = OfficeHours::parse("sun 2:00-3:00").unwrap();
        for at in ["2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00"] {
            assert!(night.is_open(&paris, Timestamp::parse_rfc3339(at).unwrap()), "{at}");
        }
    }

    #[test]
    fn every_mistake_in_hours_is_named() {
        for (text, words) in [
            ("", "give days"),
            ("mon-fri", "give the hours of mon-fri"),
            ("lun-ven 9:00-17:00", "no day"),
            ("fri-mon 9:00-17:00", "in order"),
            ("mon 9-17", "09:00-12:30"),
            ("mon 9:00-25:00", "09:00-12:30"),
            ("mon 9:00-9:60", "09:00-12:30"),
            ("mon 17:00-9:00", "ends before"),
            ("mon 9:00-13:00 12:00-17:00", "overlap"),
            ("mon-fri 9:00-12:00, wed 9:00-12:00", "wed is given twice"),
            ("mon 9:00-12:00,", "give days"),
        ] {
            let said = OfficeHours::parse(text).unwrap_err();
            assert!(said.contains(words), "{text}: {said}");
        }
    }

    #[test]
    fn what_is_longer_than_a_year_is_bounded() {
        assert_eq!(
            minutes_of(
                &OfficeHours::parse("mon-sun 0:00-24:00").unwrap(),
                "1970-01-01T00:00:00Z",
                "2026-01-01T00:00:00Z"
            ),
            400 * 24 * 60 - 60
        );
    }
}
