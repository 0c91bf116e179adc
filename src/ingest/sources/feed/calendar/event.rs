//! Events of an iCalendar document, as their lines say.
//!
//! Owns what of an event is read: attendees, organizers, comments and alarms are not. Does not own when a series takes
//! place (`series`), nor which version of an event counts. Invariant: what is past is not held, and no more than
//! [`EVENTS_MAX`] are.

use jiff::tz::TimeZone;
use jiff::{Span, SpanRelativeTo, Unit};

use super::TITLE_BYTES_MAX;
use super::lines::{Line, listed, unescaped};
use super::when::{Moment, Zones, length};
use crate::domain::{RefuseReason, Timestamp};
use crate::ingest::listing::LonLat;

/// Events of one document that are or may be still to come. With more it is refused (H2): it is no town's agenda.
pub const EVENTS_MAX: usize = 10_000;
/// The deepest nesting of components; real ones have three.
const DEPTH_MAX: usize = 64;
/// Times that are left out of a series, added to it, or stood for by others, of one event; further ones are passed over.
pub const TIMES_MAX: usize = 200;
/// Of those before this, none matters any more.
pub const BEHIND_S: i64 = 60 * 86_400;
const TAGS_MAX: usize = 30;
const TEXT_BYTES_MAX: usize = 16 * 1024;

#[derive(Debug, Default)]
pub struct Event {
    pub id: String,
    /// The time of its series that this one stands for.
    pub instead_of: Option<Moment>,
    pub sequence: i64,
    pub modified: Option<Timestamp>,
    pub created: Option<Timestamp>,
    pub starts: Option<Moment>,
    pub ends: Option<Moment>,
    pub lasts: Option<Span>,
    pub rule: Option<String>,
    pub added: Vec<Moment>,
    pub left_out: Vec<Moment>,
    pub title: String,
    pub text: String,
    pub place: String,
    pub lon_lat: Option<LonLat>,
    pub link: Option<String>,
    pub tags: Vec<String>,
    pub language: Option<String>,
    pub is_cancelled: bool,
    pub is_private: bool,
}

/// Takes the lines of a document one after another.
pub struct Reader {
    zones: Zones,
    now: Timestamp,
    depth: usize,
    /// The one that is being read, and at which depth.
    event: Option<(usize, Event)>,
    pub title: Option<String>,
    pub ttl_minutes: Option<u32>,
    pub events: Vec<Event>,
}

impl Reader {
    pub fn new(zone: TimeZone, now: Timestamp) -> Self {
        Self { zones: Zones::new(zone), now, depth: 0, event: None, title: None, ttl_minutes: None, events: Vec::new() }
    }

    pub fn take(&mut self, line: &Line<'_>) -> Result<(), RefuseReason> {
        let name = line.name.to_ascii_uppercase();
        match name.as_str() {
            "BEGIN" => {
                self.depth = self.depth.saturating_add(1);
                if self.depth > DEPTH_MAX {
                    return Err(RefuseReason::TooDeep);
                }
                if self.event.is_none() && line.value.trim().eq_ignore_ascii_case("VEVENT") {
                    self.event = Some((self.depth, Event::default()));
                }
            }
            "END" => {
                if let Some((_, event)) = self.event.take_if(|(depth, _)| *depth >= self.depth) {
                    self.keep(event)?;
                }
                self.depth = self.depth.saturating_sub(1);
            }
            name => match &mut self.event {
                // What stands deeper is an alarm's.
                Some((depth, event)) if *depth == self.depth => event.take(name, line, &mut self.zones, self.now),
                Some(_) => {}
                None if self.depth == 1 => self.take_own(name, line),
                None => {}
            },
        }
        Ok(())
    }

    fn keep(&mut self, mut event: Event) -> Result<(), RefuseReason> {
        if event.is_past(self.now) {
            return Ok(());
        }
        if self.events.len() >= EVENTS_MAX {
            return Err(RefuseReason::Oversized);
        }
        if event.id.is_empty() {
            // Without an identity it is what it is called and when.
            event.id = format!("{} {}", event.starts.as_ref().map_or(0, |start| start.at.as_micros()), event.title);
        }
        self.events.push(event);
        Ok(())
    }

    fn take_own(&mut self, name: &str, line: &Line<'_>) {
        match name {
            "X-WR-CALNAME" | "NAME" if self.title.is_none() => {
                self.title =
                    Some(super::line(&unescaped(line.value), TITLE_BYTES_MAX)).filter(|title| !title.is_empty());
            }
            "REFRESH-INTERVAL" | "X-PUBLISHED-TTL" => {
                let minutes = length(line.value)
                    .and_then(|span| span.total((Unit::Minute, SpanRelativeTo::days_are_24_hours())).ok());
                // A length has some digits; the cast saturates.
                self.ttl_minutes = minutes.map(|minutes| minutes as u32).or(self.ttl_minutes);
            }
            _ => {}
        }
    }
}

impl Event {
    fn take(&mut self, name: &str, line: &Line<'_>, zones: &mut Zones, now: Timestamp) {
        let mut instant = || zones.moment(line.value, line.zone).map(|moment| moment.at);
        match name {
            "UID" => line.value.trim().clone_into(&mut self.id),
            "SEQUENCE" => self.sequence = line.value.trim().parse().unwrap_or(0),
            "LAST-MODIFIED" => self.modified = instant().or(self.modified),
            "CREATED" => self.created = instant(),
            "DTSTART" => self.starts = zones.moment(line.value, line.zone),
            "DTEND" => self.ends = zones.moment(line.value, line.zone),
            "DURATION" => self.lasts = length(line.value),
            "RECURRENCE-ID" => self.instead_of = zones.moment(line.value, line.zone),
            "RRULE" => self.rule = Some(line.value.to_owned()),
            "RDATE" => times(&mut self.added, line, zones, now),
            "EXDATE" => times(&mut self.left_out, line, zones, now),
            "SUMMARY" => {
                self.title = text(line.value, TITLE_BYTES_MAX);
                self.language = line.language.map(str::to_owned);
            }
            "DESCRIPTION" => self.text = text(line.value, TEXT_BYTES_MAX),
            "LOCATION" => self.place = text(line.value, TITLE_BYTES_MAX),
            "GEO" => self.lon_lat = lon_lat(line.value),
            "URL" => self.link = Some(text(line.value, TITLE_BYTES_MAX)),
            "CATEGORIES" => {
                let room = TAGS_MAX.saturating_sub(self.tags.len());
                self.tags.extend(listed(line.value).take(room));
            }
            "STATUS" => self.is_cancelled = line.value.trim().eq_ignore_ascii_case("CANCELLED"),
            "CLASS" => self.is_private = !line.value.trim().eq_ignore_ascii_case("PUBLIC"),
            _ => {}
        }
    }
}

fn times(into: &mut Vec<Moment>, line: &Line<'_>, zones: &mut Zones, now: Timestamp) {
    let room = TIMES_MAX.saturating_sub(into.len());
    // Of a period, its beginning.
    let begins = line.value.split(',').map(|time| time.split('/').next().unwrap_or_default());
    let moments = begins.filter_map(|time| zones.moment(time, line.zone));
    into.extend(moments.filter(|moment| moment.at > now.plus_seconds(-BEHIND_S)).take(room));
}

fn text(value: &str, bytes_max: usize) -> String {
    unescaped(value.get(..value.floor_char_boundary(bytes_max)).unwrap_or_default())
}

/// `latitude;longitude`, and with a comma as some write it.
fn lon_lat(value: &str) -> Option<LonLat> {
    let (lat, lon) = value.split_once([';', ','])?;
    Some((lon.trim().parse().ok()?, lat.trim().parse().ok()?))
}
