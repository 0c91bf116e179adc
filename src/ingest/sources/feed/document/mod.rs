//! One feed as its server sent it, made a list of items.
//!
//! Owns what of an RSS, Atom or JSON feed is read, and which of several titles, texts and dates counts. Does not own
//! calendars (`calendar`), nor what becomes of an item (`listing`). Invariant: a pure function of the bytes; at most [`ITEMS_MAX`] items come out, in the
//! document's order.

use feed_rs::model::{Entry, Text};
use jiff::tz::TimeZone;
use url::Url;

use super::calendar;
use super::places::{self, Places};
use crate::domain::{RefuseReason, Timestamp};
use crate::ingest::html;
use crate::ingest::listing::{self, Holds, Item, Listing, LonLat};

/// Items of one document; a feed is a window on the latest, so those behind are left out.
pub const ITEMS_MAX: usize = 200;
/// Categories of one item.
const TAGS_MAX: usize = 30;
/// Bytes of a title that are looked at.
const TITLE_BYTES_MAX: usize = 16 * 1024;
/// Brackets and quotation marks of a JSON document: as `places` bounds an XML one, for what the parser makes of them.
const JSON_VALUES_MAX: usize = 50_000;
const JSON_QUOTES_MAX: usize = 400_000;

/// Reads a document that was found at `address`. What takes place again and again is read for the next time after `now`;
/// times without an offset are those of `zone`.
pub fn read(bytes: &[u8], address: &Url, zone: &TimeZone, now: Timestamp) -> Result<Listing, RefuseReason> {
    if calendar::is_calendar(bytes) {
        return calendar::read(bytes, address, zone, now);
    }
    let places = if is_xml(bytes) { places::places(bytes)? } else { bounded(bytes)? };
    let parser = feed_rs::parser::Builder::new().base_uri(Some(address)).build();
    let feed = parser.parse(bytes).map_err(|_error| RefuseReason::Malformed)?;
    let language = feed.language;
    // A document whose items the two passes count differently places none of them: better nowhere than elsewhere.
    let agree = places.items.len() == feed.entries.len();
    let place = |index: usize| {
        let own = if agree { places.items.get(index).copied().flatten() } else { None };
        own.or(places.channel)
    };
    let items = feed.entries.into_iter().take(ITEMS_MAX).enumerate();
    let items = items.map(|(index, entry)| item(entry, language.as_deref(), place(index)));
    Ok(Listing {
        title: feed.title.as_ref().map(line).filter(|it| !it.is_empty()),
        items: items.collect(),
        holds: Holds::Latest,
        ttl_minutes: feed.ttl,
    })
}

fn is_xml(bytes: &[u8]) -> bool {
    bytes.iter().find(|byte| matches!(byte, b'<' | b'{')) == Some(&b'<')
}

/// A JSON document has no places, and not more in it than may be.
fn bounded(bytes: &[u8]) -> Result<Places, RefuseReason> {
    let count = |wanted: &[u8]| bytes.iter().filter(|byte| wanted.contains(byte)).count();
    if count(b"[{") > JSON_VALUES_MAX || count(b"\"") > JSON_QUOTES_MAX {
        return Err(RefuseReason::Oversized);
    }
    Ok(Places::default())
}

fn item(entry: Entry, language: Option<&str>, lon_lat: Option<LonLat>) -> Item {
    let page = entry.links.iter().find(|link| link.rel.as_deref().is_none_or(|rel| rel == "alternate"));
    let link = page.or(entry.links.first()).map(|link| link.href.clone());
    let body = entry.content.and_then(|content| content.body);
    let summary = entry.summary.map(|summary| summary.content).or(body).unwrap_or_default();
    let published = entry.published.map(|date| Timestamp::from_micros(date.timestamp_micros()));
    let updated = entry.updated.map(|date| Timestamp::from_micros(date.timestamp_micros()));
    Item {
        id: entry.id,
        link,
        title: entry.title.as_ref().map(line).unwrap_or_default(),
        summary: html::to_text(&summary),
        published,
        // The parser says the one for the other where a format has only one.
        updated: updated.filter(|updated| Some(*updated) != published),
        tags: entry
            .categories
            .into_iter()
            .map(|category| category.label.unwrap_or(category.term))
            .take(TAGS_MAX)
            .collect(),
        language: entry.language.or_else(|| language.map(str::to_owned)),
        lon_lat,
        ..Item::default()
    }
}

/// A title in one line. Many feeds that call it plain text write HTML in it.
fn line(text: &Text) -> String {
    let content = text.content.get(..text.content.floor_char_boundary(TITLE_BYTES_MAX)).unwrap_or_default();
    let has_markup = content.contains('&') || content.contains("</") || content.contains("<br");
    let content = if has_markup { html::to_text(content).text } else { content.to_owned() };
    listing::line(&content, TITLE_BYTES_MAX)
}

#[cfg(test)]
mod tests;
