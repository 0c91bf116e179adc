//! When what takes place again and again does (`RRULE`).
//!
//! Owns the rules by days, weeks, months and years that agendas are made of. Does not own what is left out of a series or
//! added to it. Invariant: work is bounded by [`Steps`], whatever a rule says.
//!
//! Not followed are rules by the hour or less, by the number of a week or of a day of the year, and by weekdays of a
//! whole year: such an event is known by its first time alone.

use jiff::Span;
use jiff::civil::{Date, DateTime, Weekday};

/// Periods that are looked at in one document; the series behind take place no more. A series without a count costs some
/// dozens; one with a count is followed from its beginning.
#[derive(Debug)]
pub struct Steps(usize);

impl Default for Steps {
    fn default() -> Self {
        Self(50_000)
    }
}

impl Steps {
    fn take(&mut self) -> bool {
        let has_left = self.0 > 0;
        self.0 = self.0.saturating_sub(1);
        has_left
    }
}

/// Periods of one series that is counted; later ones are no more.
const COUNTED_MAX: i32 = 2_000;
/// Values of one part of a rule; no month has more days. Later ones are left out.
const VALUES_MAX: usize = 62;
const INTERVAL_MAX: i32 = 1_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Every {
    Day,
    Week,
    Month,
    Year,
}

/// Where a series ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Never,
    /// With this time, in the series' own zone.
    At(DateTime),
    After(u32),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    every: Every,
    interval: i32,
    end: End,
    /// Which one of the month's, from its end when negative; 0: each.
    days: Vec<(i8, Weekday)>,
    month_days: Vec<i8>,
    months: Vec<i8>,
    positions: Vec<i16>,
    week_start: Weekday,
}

impl Rule {
    /// `None` for a rule that is not followed. `local` reads the time of an end in the zone of the series.
    pub fn parse(text: &str, local: impl Fn(&str) -> Option<DateTime>) -> Option<Self> {
        let mut every = None;
        let mut rule = Self {
            every: Every::Day,
            interval: 1,
            end: End::Never,
            days: Vec::new(),
            month_days: Vec::new(),
            months: Vec::new(),
            positions: Vec::new(),
            week_start: Weekday::Monday,
        };
        for part in text.split(';').filter(|part| !part.trim().is_empty()) {
            let (name, value) = part.split_once('=')?;
            let value = value.trim().to_ascii_uppercase();
            match name.trim().to_ascii_uppercase().as_str() {
                "FREQ" => {
                    every = Some(match value.as_str() {
                        "DAILY" => Every::Day,
                        "WEEKLY" => Every::Week,
                        "MONTHLY" => Every::Month,
                        "YEARLY" => Every::Year,
                        _ => return None,
                    });
                }
                "INTERVAL" => rule.interval = value.parse().ok().filter(|n| (1..=INTERVAL_MAX).contains(n))?,
                "COUNT" => rule.end = End::After(value.parse().ok()?),
                "UNTIL" => rule.end = End::At(local(&value)?),
                "BYDAY" => rule.days = values(&value, day)?,
                "BYMONTHDAY" => rule.month_days = values(&value, |day| number(day, 31))?,
                "BYMONTH" => rule.months = values(&value, |month| number(month, 12).filter(|month| *month > 0))?,
                "BYSETPOS" => {
                    rule.positions = values(&value, |position| position.parse().ok().filter(|at: &i16| *at != 0))?;
                }
                "WKST" => rule.week_start = weekday(&value)?,
                _ => return None,
            }
        }
        rule.every = every?;
        let is_numbered = rule.days.iter().any(|(nth, _)| *nth != 0);
        let is_followed = match rule.every {
            Every::Day => !is_numbered && rule.positions.is_empty(),
            Every::Week => !is_numbered && rule.month_days.is_empty(),
            Every::Month => true,
            Every::Year => rule.days.is_empty() || !rule.months.is_empty(),
        };
        is_followed.then_some(rule)
    }

    /// Its times from `from` to `to`, of a series that begins at `start`; at most `most`, in order.
    pub fn times(&self, start: DateTime, from: Date, to: Date, most: usize, steps: &mut Steps) -> Vec<DateTime> {
        let (mut times, mut counted) = (Vec::new(), 0_u32);
        let (first, last) = match self.end {
            // What was before counts.
            End::After(_) => (0, COUNTED_MAX),
            _ => (self.periods_before(start.date(), from), i32::MAX),
        };
        for number in first..last {
            let Some((begin, mut dates)) = self.period(start.date(), number) else { break };
            if begin > to || times.len() >= most || !steps.take() {
                break;
            }
            dates.sort_unstable();
            dates.dedup();
            for date in self.positioned(dates) {
                let time = date.to_datetime(start.time());
                let is_past_end = match self.end {
                    End::Never => false,
                    End::At(end) => time > end,
                    End::After(count) => counted >= count,
                };
                if is_past_end || times.len() >= most {
                    return times;
                }
                if time < start {
                    continue;
                }
                counted = counted.saturating_add(1);
                if (from..=to).contains(&date) {
                    times.push(time);
                }
            }
        }
        times
    }

    /// A number of periods that are all over before `from`.
    fn periods_before(&self, start: Date, from: Date) -> i32 {
        let days = start.until(from).map_or(0, |span| span.get_days());
        let months = (i32::from(from.year()) - i32::from(start.year())) * 12 + i32::from(from.month())
            - i32::from(start.month());
        let periods = match self.every {
            Every::Day => days,
            Every::Week => days / 7,
            Every::Month => months,
            Every::Year => months / 12,
        };
        (periods / self.interval).saturating_sub(1).max(0)
    }

    /// The first day of a period, and the days in it that the rule names.
    fn period(&self, start: Date, number: i32) -> Option<(Date, Vec<Date>)> {
        let passed = i64::from(number).checked_mul(i64::from(self.interval))?;
        match self.every {
            Every::Day => {
                let day = later(start, passed)?;
                let is_named = self.is_of_months(day)
                    && (self.days.is_empty() || self.days.iter().any(|(_, weekday)| *weekday == day.weekday()))
                    && (self.month_days.is_empty() || self.month_days.iter().any(|at| day_of(day, *at) == Some(day)));
                Some((day, if is_named { vec![day] } else { Vec::new() }))
            }
            Every::Week => {
                let into = i64::from(start.weekday().since(self.week_start));
                let begin = later(start, passed.checked_mul(7)?.checked_sub(into)?)?;
                let own = [(0, start.weekday())];
                let days = if self.days.is_empty() { &own[..] } else { &self.days };
                let named = days.iter().filter_map(|(_, day)| later(begin, i64::from(day.since(self.week_start))));
                Some((begin, named.filter(|day| self.is_of_months(*day)).collect()))
            }
            Every::Month => {
                let month = month_later(start, passed)?;
                let named = if self.is_of_months(month) { self.named_in(month, start) } else { Vec::new() };
                Some((month, named))
            }
            Every::Year => {
                let begin = month_later(Date::new(start.year(), 1, 1).ok()?, passed.checked_mul(12)?)?;
                let own = [start.month()];
                let all: Vec<i8> = (1..=12).collect();
                let months = match (self.months.is_empty(), self.month_days.is_empty()) {
                    (false, _) => &self.months[..],
                    (true, true) => &own[..],
                    (true, false) => &all[..],
                };
                let months = months.iter().filter_map(|month| Date::new(begin.year(), *month, 1).ok());
                Some((begin, months.flat_map(|month| self.named_in(month, start)).collect()))
            }
        }
    }

    fn is_of_months(&self, day: Date) -> bool {
        self.months.is_empty() || self.months.contains(&day.month())
    }

    /// The days of a month that the rule names: the start's own where it names none.
    fn named_in(&self, month: Date, start: Date) -> Vec<Date> {
        let by_number = |at: &i8| day_of(month, *at);
        let by_weekday = |(nth, weekday): &(i8, Weekday)| -> Vec<Date> {
            match nth {
                0 => (1..=5).filter_map(|nth| month.nth_weekday_of_month(nth, *weekday).ok()).collect(),
                nth => month.nth_weekday_of_month(*nth, *weekday).into_iter().collect(),
            }
        };
        match (self.month_days.is_empty(), self.days.is_empty()) {
            (true, true) => by_number(&start.day()).into_iter().collect(),
            (false, true) => self.month_days.iter().filter_map(by_number).collect(),
            (true, false) => self.days.iter().flat_map(by_weekday).collect(),
            (false, false) => {
                let named: Vec<Date> = self.days.iter().flat_map(by_weekday).collect();
                self.month_days.iter().filter_map(by_number).filter(|day| named.contains(day)).collect()
            }
        }
    }

    /// Those of a period's days that count, where only some do.
    fn positioned(&self, days: Vec<Date>) -> Vec<Date> {
        if self.positions.is_empty() {
            return days;
        }
        let count = i32::try_from(days.len()).unwrap_or(i32::MAX);
        let is_meant = |index: usize| {
            let at = i32::try_from(index).unwrap_or(i32::MAX).saturating_add(1);
            self.positions.iter().any(|position| {
                let position = i32::from(*position);
                position == at || position == at.saturating_sub(count).saturating_sub(1)
            })
        };
        days.into_iter().enumerate().filter(|(index, _)| is_meant(*index)).map(|(_, day)| day).collect()
    }
}

fn values<T>(text: &str, read: impl Fn(&str) -> Option<T>) -> Option<Vec<T>> {
    text.split(',').take(VALUES_MAX).map(|value| read(value.trim())).collect()
}

/// From `-largest` to `largest`, and not 0.
fn number(text: &str, largest: i8) -> Option<i8> {
    text.parse().ok().filter(|number: &i8| *number != 0 && (-largest..=largest).contains(number))
}

/// `SA`, `1SA`, `-1FR`.
fn day(text: &str) -> Option<(i8, Weekday)> {
    let (nth, name) = text.split_at_checked(text.len().checked_sub(2)?)?;
    let nth = if nth.is_empty() { 0 } else { number(nth, 5)? };
    Some((nth, weekday(name)?))
}

fn weekday(text: &str) -> Option<Weekday> {
    Some(match text {
        "MO" => Weekday::Monday,
        "TU" => Weekday::Tuesday,
        "WE" => Weekday::Wednesday,
        "TH" => Weekday::Thursday,
        "FR" => Weekday::Friday,
        "SA" => Weekday::Saturday,
        "SU" => Weekday::Sunday,
        _ => return None,
    })
}

fn later(date: Date, days: i64) -> Option<Date> {
    date.checked_add(Span::new().try_days(days).ok()?).ok()
}

/// The first day of the month so many months later.
fn month_later(date: Date, months: i64) -> Option<Date> {
    date.first_of_month().checked_add(Span::new().try_months(months).ok()?).ok()
}

/// The day of this number in a month, from its end when negative.
fn day_of(month: Date, number: i8) -> Option<Date> {
    let number = if number < 0 { month.days_in_month().checked_add(1)?.checked_add(number)? } else { number };
    Date::new(month.year(), month.month(), number).ok()
}

#[cfg(test)]
mod tests;
