//! What a document says that was not said before.
//!
//! Owns which items are told, as what, and what the memory is afterwards. Does not own the asking (`source`).
//! Invariant: pure; what is told and the memory belong together, so that the one is stored with the other.

use jiff::tz::TimeZone;

use super::document::{Document, Item};
use super::memory::{ITEMS_KEPT, Memory, Seen};
use super::until;
use crate::domain::{
    AuthorId, AuthorProfile, Gap, Lane, LocationOrigin, NativeId, Network, RawFacet, RawPlace, RawPost, Schedule,
    Timestamp, Visibility,
};
use crate::ingest::html::Marked;

/// Characters of an item's summary that a card shows; the rest is on its publisher's page.
const SUMMARY_CHARS_MAX: usize = 600;

/// How a feed is read: as all cities that list it want it.
#[derive(Clone, Debug)]
pub struct Reading {
    /// As the cities' files write it; who speaks is told by it, wherever the feed moves.
    pub url: String,
    /// The lanes in which cities show it.
    pub lanes: Vec<Lane>,
    /// In which an end without a time is one.
    pub zone: TimeZone,
}

impl Reading {
    /// Only titles and links are kept of the press, whatever else a city lists the feed as.
    fn is_press(&self) -> bool {
        self.lanes.contains(&Lane::Press)
    }
}

#[derive(Debug, PartialEq)]
pub struct News {
    /// Oldest first.
    pub posts: Vec<RawPost>,
    /// Items came and went since the last visit.
    pub gap: Option<Gap>,
    /// What is remembered once all of it is stored.
    pub memory: Memory,
}

/// What `document`, read at `now`, says beyond `memory`.
pub fn news(document: Document, memory: &Memory, reading: &Reading, now: Timestamp) -> News {
    let Document { title, items, .. } = document;
    let mut revision = memory.revision;
    let mut next_revision = || {
        // Later than all before it, though the clock went back.
        revision = now.as_micros().max(revision.saturating_add(1));
        revision
    };
    let mut told: Vec<(i64, RawPost)> = Vec::new();
    let mut here: Vec<Seen> = Vec::new();
    for item in items {
        let key = hash(&item.id);
        if here.iter().any(|other| other.key == key) {
            continue;
        }
        let before = memory.items.iter().find(|seen| seen.key == key);
        let created_at = before.map_or_else(|| first_date(&item, now), |seen| Timestamp::from_micros(seen.created_at));
        let content = content_of(&item, reading);
        here.push(Seen { key, content, created_at: created_at.as_micros(), is_here: true });
        if before.is_none_or(|seen| seen.content != content) {
            let post = post(item, key, title.as_deref(), reading, created_at, now);
            told.push((created_at.as_micros(), post));
        }
    }
    let withdrawn: Vec<Seen> = memory.items.iter().filter(|seen| is_withdrawn(seen, memory, &here)).copied().collect();
    told.extend(withdrawn.iter().map(|seen| (seen.created_at, no_longer_public(seen, reading))));
    // Items that have no date come in the document's order, which is newest first nearly everywhere.
    told.reverse();
    told.sort_by_key(|(created_at, _)| *created_at);
    let mut posts: Vec<RawPost> = told.into_iter().map(|(_, post)| post).collect();
    posts.iter_mut().for_each(|post| post.revision = format!("{:016x}", next_revision()));
    let was_here = |seen: &&Seen| seen.is_here;
    let is_overrun = !here.is_empty()
        && memory.items.iter().any(|seen| seen.is_here)
        && !memory.items.iter().filter(was_here).any(|seen| has(&here, seen.key));
    let gap = is_overrun.then(|| Gap { from: Timestamp::from_micros(memory.read_at), until: now });
    // What slid out of the document may slide in again; what was taken out of it is new when it comes back.
    let gone = memory.items.iter().filter(|seen| !has(&here, seen.key) && !has(&withdrawn, seen.key));
    let gone: Vec<Seen> = gone.map(|seen| Seen { is_here: false, ..*seen }).collect();
    here.extend(gone);
    here.truncate(ITEMS_KEPT);
    News { posts, gap, memory: Memory { read_at: now.as_micros(), revision, items: here, ..memory.clone() } }
}

fn has(items: &[Seen], key: u64) -> bool {
    items.iter().any(|seen| seen.key == key)
}

/// Its publisher took it out: one that is older is still there, so that it did not slide out at the end.
fn is_withdrawn(seen: &Seen, memory: &Memory, here: &[Seen]) -> bool {
    let is_older = |other: &Seen| other.is_here && other.created_at < seen.created_at && has(here, other.key);
    seen.is_here && !has(here, seen.key) && memory.items.iter().any(is_older)
}

/// An item's own date, or that of its first reading where it has none, or one that lies ahead (agendas write the date of
/// the event there).
fn first_date(item: &Item, now: Timestamp) -> Timestamp {
    item.published.or(item.updated).filter(|date| *date <= now).unwrap_or(now)
}

fn post(
    item: Item,
    key: u64,
    feed_title: Option<&str>,
    reading: &Reading,
    created_at: Timestamp,
    now: Timestamp,
) -> RawPost {
    let ends_at = until::end_of(&format!("{} {}", item.title, item.summary.text), created_at, &reading.zone);
    let is_agenda = reading.lanes.contains(&Lane::Agenda);
    let starts_at = item.published.filter(|date| is_agenda && *date > now);
    let Marked { text, facets } = told(&item.title, item.summary, reading.is_press());
    let author = AuthorId::new(&*reading.url);
    let profile = AuthorProfile {
        name: Some(feed_title.unwrap_or_else(|| site(&reading.url)).to_owned()),
        handle: Some(site(&reading.url).to_owned()),
        automated: true,
        ..AuthorProfile::assumed(author.clone(), Network::Feed)
    };
    RawPost {
        profile: Some(Box::new(profile)),
        url: item.link,
        facets,
        languages: item.language.into_iter().collect(),
        tags: item.tags,
        place: item.lon_lat.map(|at| RawPlace { lon_lat: Some(at), name: None, origin: LocationOrigin::Place }),
        schedule: Schedule { starts_at, ends_at, cancelled: false },
        automated: true,
        ..RawPost::bare(author, native_id(key, reading), text, created_at)
    }
}

/// A version that nobody is to be shown: the card goes, and comes back if the item does.
fn no_longer_public(seen: &Seen, reading: &Reading) -> RawPost {
    let created_at = Timestamp::from_micros(seen.created_at);
    let author = AuthorId::new(&*reading.url);
    RawPost {
        visibility: Visibility::Restricted,
        ..RawPost::bare(author, native_id(seen.key, reading), String::new(), created_at)
    }
}

/// Publishers' identities are unique in their feed only, and of any length: ours is the feed's address with a hash.
fn native_id(key: u64, reading: &Reading) -> NativeId {
    NativeId::new(format!("{} {key:016x}", reading.url))
}

/// Title and summary on lines of their own. A summary that begins by repeating the title stands alone.
fn told(title: &str, summary: Marked, is_press: bool) -> Marked {
    if is_press && !title.is_empty() {
        return Marked { text: title.to_owned(), facets: Vec::new() };
    }
    let Marked { text: summary, facets } = summary;
    let cut = summary.char_indices().nth(SUMMARY_CHARS_MAX).map(|(at, _)| at);
    // At a word's end, where there is one.
    let cut = cut.map(|at| summary.get(..at).and_then(|kept| kept.rfind(char::is_whitespace)).unwrap_or(at));
    let kept = cut.and_then(|at| summary.get(..at)).unwrap_or(&summary);
    let repeats = !title.is_empty() && kept.starts_with(title.trim_end_matches('…'));
    let mut text = if repeats { String::new() } else { title.to_owned() };
    if !text.is_empty() && !kept.is_empty() {
        text.push('\n');
    }
    let shift = i64::try_from(text.len()).unwrap_or(i64::MAX);
    let end = i64::try_from(kept.len()).unwrap_or(i64::MAX);
    let facets = facets.into_iter().filter(|facet| facet.end <= end);
    let facets = facets.map(|facet| RawFacet {
        start: facet.start.saturating_add(shift),
        end: facet.end.saturating_add(shift),
        ..facet
    });
    let facets = facets.collect();
    text.push_str(kept);
    if cut.is_some() {
        text.push_str(" …");
    }
    Marked { text, facets }
}

/// The host of an address, as it is read aloud.
fn site(url: &str) -> &str {
    let bare = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = bare.split(['/', '?', '#', ':']).next().unwrap_or(bare);
    host.strip_prefix("www.").unwrap_or(host)
}

/// Everything that is told of an item. Not the language or the place of the whole document alone: an item has them too.
fn content_of(item: &Item, reading: &Reading) -> u64 {
    let told = format!(
        "{:?}",
        (
            &item.title,
            &item.link,
            (!reading.is_press()).then_some(&item.summary),
            item.published,
            &item.tags,
            &item.language,
            item.lon_lat
        )
    );
    hash(&told)
}

pub(super) fn hash(text: &str) -> u64 {
    blake3::hash(text.as_bytes()).as_bytes().first_chunk().map_or(0, |first| u64::from_le_bytes(*first))
}

#[cfg(test)]
mod tests;
