//! Records as a portal answers with them, made items of a list.
//!
//! Owns the forms of an answer (v2.1, v1, one record a line) and how fields become an item. Does not own the forms of values
//! (`value`), nor what becomes of an item (`listing`). Invariant: a pure function of the bytes; a record that can't be read
//! is none, and spoils no other.

mod value;

use std::borrow::Cow;
use std::collections::HashMap;

use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::domain::{Fields, RefuseReason, Schedule, Timestamp};
use crate::ingest::checked_json;
use crate::ingest::lenient::{First, number};
use crate::ingest::listing::{Item, LISTED_MAX, line, marked};
use value::Edge;

/// Bytes of one field; a longer one is as if it were absent. An outline of a quarter has some ten thousand.
const FIELD_BYTES_MAX: usize = 64 * 1024;
const TITLE_BYTES_MAX: usize = 2_000;
const TEXT_BYTES_MAX: usize = 8 * 1024;
const PLACE_BYTES_MAX: usize = 300;
const ID_BYTES_MAX: usize = 1_000;
const TAGS_MAX: usize = 30;

/// One answer.
#[derive(Debug, Default, PartialEq)]
pub struct Page {
    pub items: Vec<Item>,
    /// Records of the answer, those too that can't be read.
    pub records: usize,
    /// Records that there are in all, as the portal says.
    pub total: Option<usize>,
}

/// Reads an answer, of records whose fields are these. Times without an offset are those of `zone`; of several times
/// the next after `now` counts.
pub fn read(bytes: &[u8], fields: &Fields, zone: &TimeZone, now: Timestamp) -> Result<Page, RefuseReason> {
    let text = checked_json(bytes)?;
    let mut page = Page::default();
    for document in serde_json::Deserializer::from_str(text).into_iter::<&RawValue>() {
        let document = document.map_err(|_error| RefuseReason::Malformed)?;
        for record in records(document, &mut page.total) {
            if page.records >= LISTED_MAX {
                return Ok(page);
            }
            page.records = page.records.saturating_add(1);
            page.items.extend(read_record(record).and_then(|record| item(&record, fields, zone, now)));
        }
    }
    if page.records == 0 && page.total.is_none() { Err(RefuseReason::Malformed) } else { Ok(page) }
}

/// An answer of the interface: of version 2.1, or 1.
#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow, alias = "records")]
    results: First<'a, LISTED_MAX>,
    #[serde(alias = "nhits", default, deserialize_with = "number")]
    total_count: Option<f64>,
}

/// The records of a document: an answer's, those of a bare list, or itself.
fn records<'a>(document: &'a RawValue, total: &mut Option<usize>) -> Vec<&'a RawValue> {
    let text = document.get();
    if text.starts_with('[') {
        return serde_json::from_str(text).map(|First::<LISTED_MAX>(records)| records).unwrap_or_default();
    }
    if !text.starts_with('{') {
        return Vec::new();
    }
    match serde_json::from_str::<Answer<'_>>(text) {
        Ok(answer) => {
            let count = answer.total_count.filter(|count| *count >= 0.0 && count.fract() == 0.0);
            // Whole and not negative; the cast saturates.
            *total = count.map(|count| count as usize);
            answer.results.0
        }
        Err(_no_answer) => vec![document],
    }
}

type Record<'a> = HashMap<Cow<'a, str>, &'a RawValue>;

/// The fields of a record, which some versions wrap.
fn read_record(raw: &RawValue) -> Option<Record<'_>> {
    let mut record: Record<'_> = serde_json::from_str(raw.get()).ok()?;
    for wrapper in ["record", "fields"] {
        let inner = record.get(wrapper).filter(|inner| inner.get().starts_with('{'));
        if let Some(inner) = inner.and_then(|inner| serde_json::from_str(inner.get()).ok()) {
            record = inner;
        }
    }
    Some(record)
}

fn field(record: &Record<'_>, name: &str) -> Option<Value> {
    let raw = record.get(name).filter(|raw| raw.get().len() <= FIELD_BYTES_MAX)?;
    serde_json::from_str(raw.get()).ok().map(value::unfolded)
}

/// `None` for a record without an identity or a title.
fn item(record: &Record<'_>, fields: &Fields, zone: &TimeZone, now: Timestamp) -> Option<Item> {
    let of = |name: &Option<String>| name.as_ref().and_then(|name| field(record, name));
    let text = |name: &String| field(record, name).and_then(|value| value::text(&value));
    let time = |name: &Option<String>, edge| of(name).and_then(|value| value::time(&value, edge, zone));
    let id = text(&fields.id).filter(|id| id.len() <= ID_BYTES_MAX)?;
    let title = line(&marked(&text(&fields.title)?).text, TITLE_BYTES_MAX);
    let about = fields.text.iter().filter_map(text).collect::<Vec<_>>().join("\n");
    let about = marked(about.get(..about.floor_char_boundary(TEXT_BYTES_MAX)).unwrap_or_default());
    let place = fields.place.iter().filter_map(text).collect::<Vec<_>>().join(", ");
    let place = line(&place, PLACE_BYTES_MAX);
    let cancelled = of(&fields.cancelled).is_some_and(|value| value::is_cancelled(&value));
    let timings = of(&fields.timings).map(|value| value::timings(&value, zone)).unwrap_or_default();
    let (schedule, again) = match next(&timings, now) {
        Some(((start, end), again)) => (Schedule { starts_at: Some(start), ends_at: end, cancelled }, again),
        None => {
            let (starts_at, ends_at) = (time(&fields.starts, Edge::Begin), time(&fields.ends, Edge::End));
            let ends_at = ends_at.filter(|end| starts_at.is_none_or(|start| start < *end));
            (Schedule { starts_at, ends_at, cancelled }, false)
        }
    };
    let says_when = schedule.starts_at.is_some() || schedule.ends_at.is_some() || cancelled;
    Some(Item {
        id,
        link: of(&fields.url).and_then(|value| value::text(&value)),
        title,
        summary: about,
        published: time(&fields.published, Edge::Begin),
        updated: time(&fields.updated, Edge::Begin),
        tags: of(&fields.tags).map(|value| value::tags(&value, TAGS_MAX)).unwrap_or_default(),
        language: None,
        lon_lat: of(&fields.point).and_then(|value| value::point(&value)),
        place: Some(place).filter(|place| !place.is_empty()),
        schedule: says_when.then_some(schedule),
        again,
    })
}

type Timing = (Timestamp, Option<Timestamp>);

/// The first that is not over, and whether others follow; the last when all are.
fn next(timings: &[Timing], now: Timestamp) -> Option<(Timing, bool)> {
    let over_at =
        |(start, end): &Timing| Schedule { starts_at: Some(*start), ends_at: *end, cancelled: false }.over_at();
    let mut rest = timings.iter().skip_while(|timing| over_at(timing).is_some_and(|end| end <= now));
    match rest.next() {
        Some(next) => Some((*next, rest.next().is_some())),
        None => timings.last().map(|last| (*last, false)),
    }
}

#[cfg(test)]
pub(super) mod tests;
