//! What a list says that was not said before.
//!
//! Owns which items are told, as what, and what the memory is afterwards. Does not own the asking (`source`).
//! Invariant: pure; what is told and the memory belong together, so that the one is stored with the other.

use std::collections::BTreeSet;

use super::memory::{Memory, Seen};
use super::{Holds, Item, LISTED_MAX, Listing, Reading, until};
use crate::domain::{
    AuthorId, AuthorProfile, Gap, Lane, LocationOrigin, NativeId, RawFacet, RawPlace, RawPost, Schedule, Timestamp,
    Visibility,
};
use crate::ingest::html::Marked;

/// Characters of an item's summary that a card shows; the rest is on its publisher's page.
const SUMMARY_CHARS_MAX: usize = 600;

/// What begins later than this is not told yet: it would be over its time on the page before it began.
pub const HORIZON_S: i64 = 28 * 24 * 3_600;
/// What is still to come is told again after this, for it may have gone from the page by its age.
const TELL_AGAIN_S: i64 = 7 * 24 * 3_600;
/// Things remembered of a list that shows its latest: those that are on it, and as many that were before.
const LATEST_KEPT: usize = 400;

#[derive(Debug, PartialEq)]
pub struct News {
    /// Oldest first.
    pub posts: Vec<RawPost>,
    /// Items came and went since the last visit.
    pub gap: Option<Gap>,
    /// What is remembered once all of it is stored.
    pub memory: Memory,
}

/// What `listing`, read at `now`, says beyond `memory`.
pub fn news(listing: Listing, memory: &Memory, reading: &Reading, now: Timestamp) -> News {
    let Listing { title, items, holds, .. } = listing;
    let is_empty = items.is_empty();
    let mut revision = memory.revision;
    let mut next_revision = || {
        // Later than all before it, though the clock went back.
        revision = now.as_micros().max(revision.saturating_add(1));
        revision
    };
    let mut told: Vec<(i64, RawPost)> = Vec::new();
    let mut here: Vec<Seen> = Vec::new();
    let mut again_at: Option<Timestamp> = None;
    let mut look_again = |at: Timestamp| again_at = Some(again_at.map_or(at, |other| other.min(at)));
    let is_over = |item: &Item| item.schedule.and_then(Schedule::over_at).is_some_and(|end| end <= now);
    let far = |item: &Item| item.near_at().filter(|near_at| *near_at > now);
    // Of two items of one identity, one far ahead and one near, the near one is meant, at each visit.
    let near: BTreeSet<u64> =
        items.iter().filter(|item| !is_over(item) && far(item).is_none()).map(|item| hash(&item.id)).collect();
    for item in items {
        if is_over(&item) {
            continue;
        }
        let ends_at = item.schedule.and_then(Schedule::over_at);
        let key = hash(&item.id);
        if here.len() >= LISTED_MAX || has(&here, key) {
            continue;
        }
        let before = memory.items.iter().find(|seen| seen.key == key);
        // What is on the page and was put off is told, however far it is now.
        let is_shown = before.is_some_and(|seen| seen.is_here && !seen.is_over(now));
        if let Some(near_at) = far(&item).filter(|_| !is_shown || near.contains(&key)) {
            look_again(near_at);
            continue;
        }
        let created_at = before.map_or_else(|| first_date(&item, now), |seen| Timestamp::from_micros(seen.created_at));
        let content = content_of(&item, reading);
        let lasts = |told_at: &Timestamp| ends_at.is_some_and(|end| end > told_at.plus_seconds(TELL_AGAIN_S));
        let is_fresh = |told_at: &Timestamp| !lasts(told_at) || told_at.plus_seconds(TELL_AGAIN_S) > now;
        let known = before.filter(|seen| seen.content == content).map(|seen| Timestamp::from_micros(seen.told_at));
        let told_before = known.filter(is_fresh);
        let told_at = told_before.unwrap_or(now);
        if lasts(&told_at) {
            look_again(told_at.plus_seconds(TELL_AGAIN_S));
        }
        if let Some(end) = ends_at.filter(|_| item.again) {
            look_again(end);
        }
        here.push(Seen {
            key,
            content,
            created_at: created_at.as_micros(),
            is_here: true,
            told_at: told_at.as_micros(),
            ends_at: ends_at.map(Timestamp::as_micros),
        });
        if told_before.is_none() {
            let post = post(item, key, title.as_deref(), reading, created_at, now);
            told.push((created_at.as_micros(), post));
        }
    }
    // A list that is empty for once lost nothing, as a portal's is while it is filled anew; twice, it is empty.
    let is_doubted =
        holds == Holds::All && is_empty && !memory.was_empty && memory.items.iter().any(|seen| seen.is_here);
    if is_doubted {
        look_again(now);
    }
    let is_withdrawn = |seen: &&Seen| {
        let is_missing = seen.is_here && !has(&here, seen.key);
        is_missing
            && match holds {
                Holds::Latest => has_older(seen, memory, &here),
                Holds::All => !is_doubted && !seen.is_over(now),
                Holds::Some => false,
            }
    };
    let withdrawn: Vec<Seen> = memory.items.iter().filter(is_withdrawn).copied().collect();
    told.extend(withdrawn.iter().map(|seen| (seen.created_at, no_longer_public(seen, reading))));
    // Items that have no date come in the list's order, which is newest first nearly everywhere.
    told.reverse();
    told.sort_by_key(|(created_at, _)| *created_at);
    let mut posts: Vec<RawPost> = told.into_iter().map(|(_, post)| post).collect();
    posts.iter_mut().for_each(|post| post.revision = format!("{:016x}", next_revision()));
    let was_here = |seen: &&Seen| seen.is_here;
    let is_overrun = holds == Holds::Latest
        && !here.is_empty()
        && memory.items.iter().any(|seen| seen.is_here)
        && !memory.items.iter().filter(was_here).any(|seen| has(&here, seen.key));
    let gap = is_overrun.then(|| Gap { from: Timestamp::from_micros(memory.read_at), until: now });
    // What slid out of the list may slide in again; what was taken out of it, or is over, is new when it comes back.
    let is_gone = |seen: &&Seen| !has(&here, seen.key) && !has(&withdrawn, seen.key) && !seen.is_over(now);
    // What a list that was cut leaves out is still on it, as far as is known.
    let stays = holds == Holds::Some || is_doubted;
    let gone = memory.items.iter().filter(is_gone).map(|seen| Seen { is_here: seen.is_here && stays, ..*seen });
    let gone: Vec<Seen> = gone.collect();
    here.extend(gone);
    here.truncate(if holds == Holds::Latest { LATEST_KEPT } else { LISTED_MAX });
    let (read_at, again_at) = (now.as_micros(), again_at.map(Timestamp::as_micros));
    let memory = Memory { read_at, again_at, was_empty: is_empty, revision, items: here, ..memory.clone() };
    News { posts, gap, memory }
}

impl News {
    /// What is to be remembered before what is told in several steps: `before`, and that these items and revisions may have been
    /// stored. Else of an item that was stored before a crash, and taken out before the next visit, nobody would know; and a clock
    /// that went back would make what is told next an earlier version.
    pub fn announced(&self, before: &Memory) -> Memory {
        let new = self.memory.items.iter().filter(|seen| !has(&before.items, seen.key));
        let mut items: Vec<Seen> = new.map(|seen| Seen { content: 0, ..*seen }).collect();
        items.extend(&before.items);
        items.truncate(LISTED_MAX);
        Memory { revision: self.memory.revision, items, ..before.clone() }
    }
}

fn has(items: &[Seen], key: u64) -> bool {
    items.iter().any(|seen| seen.key == key)
}

/// One that is older is still there, so that this one did not slide out at the end.
fn has_older(seen: &Seen, memory: &Memory, here: &[Seen]) -> bool {
    let is_older = |other: &Seen| other.is_here && other.created_at < seen.created_at && has(here, other.key);
    memory.items.iter().any(is_older)
}

impl Seen {
    fn is_over(&self, now: Timestamp) -> bool {
        self.ends_at.is_some_and(|end| end <= now.as_micros())
    }
}

impl Item {
    /// When its beginning is near enough to be told of.
    fn near_at(&self) -> Option<Timestamp> {
        self.schedule?.starts_at.map(|start| start.plus_seconds(-HORIZON_S))
    }
}

/// An item's own date, or that of its first reading where it has none, or one that lies ahead (agendas write the date of
/// the event there).
fn first_date(item: &Item, now: Timestamp) -> Timestamp {
    item.published.or(item.updated).filter(|date| *date <= now).unwrap_or(now)
}

fn post(
    item: Item,
    key: u64,
    title: Option<&str>,
    reading: &Reading,
    created_at: Timestamp,
    now: Timestamp,
) -> RawPost {
    let schedule = item.schedule.unwrap_or_else(|| read_schedule(&item, reading, created_at, now));
    let Marked { text, facets } = told(&item.title, item.place.as_deref(), item.summary, reading.is_press());
    let author = AuthorId::new(&*reading.url);
    let profile = AuthorProfile {
        name: Some(reading.name.as_deref().or(title).unwrap_or_else(|| site(&reading.url)).to_owned()),
        handle: Some(site(&reading.url).to_owned()),
        automated: true,
        ..AuthorProfile::assumed(author.clone(), reading.network)
    };
    let place = RawPlace { lon_lat: item.lon_lat, name: item.place, origin: LocationOrigin::Place };
    RawPost {
        profile: Some(Box::new(profile)),
        url: item.link,
        facets,
        languages: item.language.into_iter().collect(),
        tags: item.tags,
        place: Some(place).filter(|place| place.lon_lat.is_some() || place.name.is_some()),
        schedule,
        automated: true,
        ..RawPost::bare(author, native_id(key, reading), text, created_at)
    }
}

/// What an item without dates of its own says of when it holds: in its words, or by a date that lies ahead.
fn read_schedule(item: &Item, reading: &Reading, created_at: Timestamp, now: Timestamp) -> Schedule {
    let ends_at = until::end_of(&format!("{} {}", item.title, item.summary.text), created_at, &reading.zone);
    let is_agenda = reading.lanes.contains(&Lane::Agenda);
    let starts_at = item.published.filter(|date| is_agenda && *date > now);
    Schedule { starts_at, ends_at, cancelled: false }
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

/// Publishers' identities are unique on their list only, and of any length: ours is the list's address with a hash.
fn native_id(key: u64, reading: &Reading) -> NativeId {
    NativeId::new(format!("{} {key:016x}", reading.url))
}

/// Title, place and summary on lines of their own. A summary that begins by repeating the title stands alone.
fn told(title: &str, place: Option<&str>, summary: Marked, is_press: bool) -> Marked {
    if is_press && !title.is_empty() {
        return Marked { text: title.to_owned(), facets: Vec::new() };
    }
    let Marked { text: summary, facets } = summary;
    let cut = summary.char_indices().nth(SUMMARY_CHARS_MAX).map(|(at, _)| at);
    // At a word's end, where there is one.
    let cut = cut.map(|at| summary.get(..at).and_then(|kept| kept.rfind(char::is_whitespace)).unwrap_or(at));
    let kept = cut.and_then(|at| summary.get(..at)).unwrap_or(&summary);
    let repeats = !title.is_empty() && kept.starts_with(title.trim_end_matches('…'));
    // The first line is the title, so that a place does not come before it.
    let place = place.filter(|place| !repeats && !place.is_empty());
    let title = Some(title).filter(|title| !repeats && !title.is_empty());
    let mut text = title.into_iter().chain(place).collect::<Vec<_>>().join("\n");
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

/// Everything that is told of an item. Not the language or the place of the whole list alone: an item has them too.
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
            item.lon_lat,
            &item.place,
            item.schedule,
        )
    );
    hash(&told)
}

/// Of a text, as long as this version.
pub fn hash(text: &str) -> u64 {
    blake3::hash(text.as_bytes()).as_bytes().first_chunk().map_or(0, |first| u64::from_le_bytes(*first))
}

#[cfg(test)]
mod tests;
