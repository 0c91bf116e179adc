//! An iCalendar document (RFC 5545), made a list of what is to come.
//!
//! Owns which version and which time of an event counts, and that one that is marked private is none. Does not own what of
//! it is read (`event`), nor what becomes of an item (`listing`). Invariant: pure; an event is one item, for the next time at which it takes place.

mod event;
mod lines;
mod series;
mod when;

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use url::Url;

use crate::domain::{RefuseReason, Schedule, Timestamp};
use crate::ingest::listing::{Holds, Item, LISTED_MAX, Listing, line, marked};
use event::{BEHIND_S, Event, Reader, TIMES_MAX};
use series::{Rule, Steps};
use when::{Moment, Zones};

const TITLE_BYTES_MAX: usize = 2_000;
const PLACE_BYTES_MAX: usize = 300;
/// How far ahead the next time of a series is looked for.
const AHEAD_DAYS: i32 = 400;

/// Whether a document is one of this form.
pub fn is_calendar(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    bytes.get(..15).is_some_and(|begin| begin.eq_ignore_ascii_case(b"BEGIN:VCALENDAR"))
}

/// Reads a document that was found at `address`. Times without a zone are those of `zone`.
pub fn read(bytes: &[u8], address: &Url, zone: &TimeZone, now: Timestamp) -> Result<Listing, RefuseReason> {
    let mut reader = Reader::new(zone.clone(), now);
    lines::each(bytes, |line| reader.take(&line))?;
    let Reader { title, ttl_minutes, events, .. } = reader;
    let mut steps = Steps::default();
    let mut items: Vec<(Timestamp, Item)> =
        by_identity(events).into_values().filter_map(|versions| next(versions, address, now, &mut steps)).collect();
    items.sort_by_key(|(start, _)| *start);
    let holds = if items.len() > LISTED_MAX { Holds::Some } else { Holds::All };
    let items = items.into_iter().map(|(_, item)| item).take(LISTED_MAX).collect();
    Ok(Listing { title, items, holds, ttl_minutes })
}

/// One time of an event.
struct Time {
    starts_at: Timestamp,
    ends_at: Option<Timestamp>,
}

impl Event {
    fn end_of(&self, start: &Moment) -> Option<Timestamp> {
        let own = self.starts.as_ref().zip(self.ends.as_ref()).filter(|(start, end)| end.at > start.at);
        let lasts = match own {
            // Of whole days and of times alike by the clock on the wall, so that a series keeps its hours.
            Some((from, to)) if from.zone == to.zone => from.civil.until(to.civil).ok(),
            Some((from, to)) => Some(to.at.seconds_since(from.at).seconds()),
            None => self.lasts,
        };
        // A day without an end is that day.
        let lasts = lasts.or(start.is_day.then(|| 1.day()))?;
        start.plus(&lasts).map(|end| end.at)
    }

    fn time(&self, start: &Moment) -> Time {
        Time { starts_at: start.at, ends_at: self.end_of(start) }
    }

    fn is_over(&self, time: &Time, now: Timestamp) -> bool {
        let schedule = Schedule { starts_at: Some(time.starts_at), ends_at: time.ends_at, cancelled: false };
        schedule.over_at().is_none_or(|end| end <= now)
    }

    /// Whether it takes place once, and has; or not at all.
    fn is_past(&self, now: Timestamp) -> bool {
        let Some(start) = &self.starts else { return true };
        let is_single = self.rule.is_none() && self.added.is_empty();
        // What stands for a time of a series says that the series does not take place then.
        let stands = self.instead_of.as_ref().is_some_and(|at| at.at > now.plus_seconds(-BEHIND_S));
        is_single && !stands && self.is_over(&self.time(start), now)
    }

    /// Its times that are not over, of those that are near, in order. A series that is not followed has its first.
    fn times(&self, now: Timestamp, steps: &mut Steps) -> Vec<Time> {
        let Some(start) = &self.starts else { return Vec::new() };
        let local = |text: &str| local_end(text, start);
        let mut starts = match self.rule.as_ref().and_then(|rule| Rule::parse(rule, local)) {
            None => vec![start.clone()],
            Some(rule) => {
                let today = local_now(now, &start.zone);
                // What began before may last until today.
                let longest = self.time(start);
                let seconds = longest.ends_at.map_or(0, |end| end.seconds_since(longest.starts_at));
                let days = i32::try_from(seconds / 86_400).unwrap_or(0).clamp(0, AHEAD_DAYS).saturating_add(2);
                let from = today.date().saturating_sub(days.days());
                let to = today.date().saturating_add(AHEAD_DAYS.days());
                // Some are left out, or stood for by others.
                let most = self.left_out.len().saturating_add(usize::try_from(days).unwrap_or(0)).saturating_add(3);
                let times = rule.times(start.civil, from, to, most, steps);
                times.into_iter().filter_map(|civil| start.moved_to(civil)).collect()
            }
        };
        starts.extend(self.added.iter().cloned());
        starts.sort_by_key(|start| start.at);
        starts.dedup_by_key(|start| start.at);
        // A day that is left out stands for whatever begins on it.
        let is_left_out = |start: &Moment| {
            self.left_out.iter().any(|out| out.at == start.at || (out.is_day && out.civil.date() == start.civil.date()))
        };
        let kept = starts.iter().filter(|start| !is_left_out(start)).map(|start| self.time(start));
        kept.filter(|time| !self.is_over(time, now)).collect()
    }
}

fn local_now(now: Timestamp, zone: &TimeZone) -> DateTime {
    let now = jiff::Timestamp::from_microsecond(now.as_micros()).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    now.to_zoned(zone.clone()).datetime()
}

/// The end of a series, by the clock that the series goes by; a day holds to its end.
fn local_end(text: &str, start: &Moment) -> Option<DateTime> {
    let end = Zones::new(start.zone.clone()).moment(text, None)?;
    let local = local_now(end.at, &start.zone);
    if end.is_day { local.checked_add(1.day()).ok()?.checked_sub(1.second()).ok() } else { Some(local) }
}

/// An event and those that stand for single times of it.
#[derive(Default)]
struct Versions {
    whole: Option<Event>,
    single: Vec<Event>,
}

fn by_identity(events: Vec<Event>) -> BTreeMap<String, Versions> {
    let mut found: BTreeMap<String, Versions> = BTreeMap::new();
    for event in events {
        let versions = found.entry(event.id.clone()).or_default();
        let is_later = |other: &Event| (event.sequence, event.modified) >= (other.sequence, other.modified);
        let at = |event: &Event| event.instead_of.as_ref().map(|moment| moment.at);
        if event.instead_of.is_none() {
            if versions.whole.as_ref().is_none_or(is_later) {
                versions.whole = Some(event);
            }
        } else {
            // One looks through them all for each.
            let has_room = versions.single.len() < TIMES_MAX;
            match versions.single.iter_mut().find(|other| at(other) == at(&event)) {
                Some(other) if is_later(other) => *other = event,
                Some(_) => {}
                None if has_room => versions.single.push(event),
                None => {}
            }
        }
    }
    found
}

/// The next time at which an event takes place, as an item; `None` when there is none.
fn next(versions: Versions, address: &Url, now: Timestamp, steps: &mut Steps) -> Option<(Timestamp, Item)> {
    let Versions { whole, single } = versions;
    if whole.as_ref().is_some_and(|whole| whole.is_private) {
        return None;
    }
    let is_series = whole.as_ref().is_some_and(|whole| whole.rule.is_some());
    let is_stood_for =
        |start: Timestamp| single.iter().any(|event| event.instead_of.as_ref().is_some_and(|at| at.at == start));
    let regular = whole.as_ref().map(|whole| whole.times(now, steps)).unwrap_or_default();
    let regular: Vec<Time> = regular.into_iter().filter(|time| !is_stood_for(time.starts_at)).collect();
    let first = single
        .iter()
        .enumerate()
        .filter_map(|(at, event)| Some((at, event.time(event.starts.as_ref()?))))
        .filter(|(at, time)| single.get(*at).is_some_and(|event| !event.is_private && !event.is_over(time, now)))
        .min_by_key(|(_, time)| time.starts_at);
    let count = regular.len().saturating_add(single.len());
    let (time, event) = match (regular.into_iter().next(), first) {
        (Some(time), Some((_, other))) if time.starts_at <= other.starts_at => (time, whole?),
        (_, Some((at, time))) => (time, single.into_iter().nth(at)?),
        (Some(time), None) => (time, whole?),
        (None, None) => return None,
    };
    Some((time.starts_at, item(event, &time, is_series || count > 1, address)))
}

fn item(event: Event, time: &Time, again: bool, address: &Url) -> Item {
    let schedule = Schedule { starts_at: Some(time.starts_at), ends_at: time.ends_at, cancelled: event.is_cancelled };
    Item {
        id: event.id,
        link: event.link.and_then(|link| address.join(link.trim()).ok()).map(String::from),
        title: line(&marked(&event.title).text, TITLE_BYTES_MAX),
        summary: marked(&event.text),
        published: event.created,
        updated: event.modified,
        tags: event.tags,
        language: event.language,
        lon_lat: event.lon_lat,
        place: Some(line(&event.place, PLACE_BYTES_MAX)).filter(|place| !place.is_empty()),
        schedule: Some(schedule),
        again,
    }
}

#[cfg(test)]
mod tests;
