//! A signed event to an observation.
//!
//! Owns the meaning of events, kind by kind. Does not own their proof (`event`), the messages around them, or any
//! judgement: what is odd but readable is handed on as it is, for `normalize` and `consent` to judge.
//! Invariant: pure and total. Nothing of an event whose id or signature is wrong is looked at, and nothing of an
//! ephemeral one is handed on (L-15).

mod calendar;
mod note;
mod profile;

use jiff::tz::TimeZone;

use super::event::{Signed, is_key};
use super::message::Message;
use crate::domain::{
    AccountStatus, AuthorId, AuthorProfile, Event, Label, LocationOrigin, NativeId, Network, Observation, RawPlace,
    RefuseReason, SourceId, Timestamp,
};
use crate::ingest::sources::ProfilesError;
use crate::ingest::sources::nostr::geohash;
use crate::ingest::{Decode, checked_json};

pub const PROFILE: u16 = 0;
pub const NOTE: u16 = 1;
pub const DELETION: u16 = 5;
pub const VANISH: u16 = 62;
pub const DAY_EVENT: u16 = 31_922;
pub const TIME_EVENT: u16 = 31_923;

/// What one deletion takes back; further ones are left out, and found by the re-checks.
const DELETED_MAX: usize = 500;
/// Tags, labels and languages handed on, and bytes of each. `normalize` keeps fewer.
const TAGS_MAX: usize = 64;
const TAG_BYTES_MAX: usize = 512;
const LABELS_MAX: usize = 32;
const LABEL_BYTES_MAX: usize = 128;
const LANGUAGES_MAX: usize = 8;
/// Bytes of one text that are handed on. Of what comes, `normalize` keeps 10,000 characters.
const TEXT_BYTES_MAX: usize = 64 << 10;
const ADDRESS_BYTES_MAX: usize = 2_048;
/// Of an event that its author may replace, the part of its identity that the author chooses.
const D_BYTES_MAX: usize = 512;

/// How events are read.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The relay's address, to which a request to vanish may be limited.
    pub relay: Option<String>,
    /// What stands before an event's name in the address of its page.
    pub page: String,
    /// In which a day without a time begins.
    pub zone: TimeZone,
}

/// Reads recordings: events, or the messages they came in.
#[derive(Clone, Debug)]
pub struct Decoder {
    source: SourceId,
    reading: Reading,
}

impl Decoder {
    pub const fn new(source: SourceId, reading: Reading) -> Self {
        Self { source, reading }
    }
}

impl Decode for Decoder {
    /// In a recording, an event was sent when its author says so: nobody noted when it came.
    fn decode(&mut self, frame: &[u8]) -> Observation {
        let read = |frame| {
            let text = checked_json(frame)?;
            let json = match text.trim_start().starts_with('[') {
                true => match Message::read(text)? {
                    Message::Event { event, .. } => event,
                    _ => return Ok((None, Event::Other)),
                },
                false => text,
            };
            let event = Signed::read(json)?;
            Ok((Some(time(event.created_at)), self.reading.event(&event)))
        };
        let (sent_at, event) = read(frame).unwrap_or_else(|reason| (None, Event::Unreadable(reason)));
        Observation { source: self.source.clone(), network: Network::Nostr, checkpoint: None, sent_at, event }
    }
}

/// Recorded profiles: events of kind 0, one a line, as a relay sends them or by themselves.
pub fn profiles_from_file(text: &str, checked_at: Timestamp) -> Result<Vec<AuthorProfile>, ProfilesError> {
    let mut decoder = Decoder::new(SourceId::new(Network::Nostr.as_str()), Reading::default());
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let profile = |(index, line): (usize, &str)| match decoder.decode(line.as_bytes()).event {
        Event::Profile(profile) => Ok(AuthorProfile { checked_at: Some(checked_at), ..*profile }),
        Event::Unreadable(reason) => {
            Err(ProfilesError::Unreadable { line: index.saturating_add(1), reason: reason.as_str().to_owned() })
        }
        _ => Err(ProfilesError::Unreadable { line: index.saturating_add(1), reason: "not a profile".to_owned() }),
    };
    lines.map(profile).collect()
}

impl Default for Reading {
    fn default() -> Self {
        Self { relay: None, page: super::DEFAULT_PAGE.to_owned(), zone: TimeZone::UTC }
    }
}

impl Reading {
    pub fn event(&self, event: &Signed<'_>) -> Event {
        match event.kind {
            NOTE => Event::Post(Box::new(note::read(event, self))),
            DAY_EVENT | TIME_EVENT => match calendar::read(event, self) {
                Some(post) => Event::Post(Box::new(post)),
                None => Event::Unreadable(RefuseReason::Malformed),
            },
            PROFILE => match profile::read(event) {
                Some(profile) => Event::Profile(Box::new(profile)),
                None => Event::Unreadable(RefuseReason::Malformed),
            },
            DELETION => deletion(event),
            VANISH if event.values("relay").any(|relay| self.is_meant(relay)) => {
                Event::Account { author: author(event), status: AccountStatus::Deleted }
            }
            // Reactions, lists, what is ephemeral (20000 to 29999), and what is yet to be invented.
            _ => Event::Other,
        }
    }

    /// Whether a request to vanish concerns what was read here.
    fn is_meant(&self, relay: &str) -> bool {
        relay == "ALL_RELAYS" || self.relay.as_deref().is_some_and(|own| same_relay(own, relay))
    }
}

fn same_relay(a: &str, b: &str) -> bool {
    let bare = |address: &str| address.trim().trim_end_matches('/').to_ascii_lowercase();
    bare(a) == bare(b)
}

/// Whose an event is, which its signature proves: so the pipeline lets nobody take back what is another's (NIP-09).
fn deletion(event: &Signed<'_>) -> Event {
    let ids = event.values("e").filter(|id| is_key(id)).map(NativeId::new);
    let addresses = event.values("a").filter_map(|address| {
        let (kind, rest) = address.split_once(':')?;
        let (pubkey, d) = rest.split_once(':')?;
        let kind = kind.parse().ok().filter(|kind| matches!(*kind, DAY_EVENT | TIME_EVENT))?;
        (pubkey == event.pubkey).then(|| calendar::native_id(kind, pubkey, d)).flatten()
    });
    let native_ids: Vec<NativeId> = ids.chain(addresses).take(DELETED_MAX).collect();
    match native_ids.is_empty() {
        true => Event::Other,
        false => Event::Retract { author: author(event), native_ids },
    }
}

fn author(event: &Signed<'_>) -> AuthorId {
    AuthorId::new(&*event.pubkey)
}

/// Seconds of an author's clock; a time beyond the end of time is its end.
pub fn time(seconds: u64) -> Timestamp {
    Timestamp::from_micros(0).plus_seconds(i64::try_from(seconds).unwrap_or(i64::MAX))
}

fn seconds(text: &str) -> Option<Timestamp> {
    text.trim().parse().ok().map(time)
}

/// When its author wants it gone (NIP-40).
fn expiration(event: &Signed<'_>) -> Option<Timestamp> {
    event.value("expiration").and_then(seconds)
}

/// Not to be published by others (NIP-70).
fn is_protected(event: &Signed<'_>) -> bool {
    event.tags("-").next().is_some()
}

fn hashtags(event: &Signed<'_>) -> Vec<String> {
    event.values("t").filter(|tag| tag.len() <= TAG_BYTES_MAX).take(TAGS_MAX).map(str::to_owned).collect()
}

/// The finest cell that means a place, and the first name of one.
fn place(event: &Signed<'_>) -> Option<RawPlace> {
    let cell = event.values("g").filter(|cell| geohash::point(cell).is_some()).max_by_key(|cell| cell.len());
    let lon_lat = cell.and_then(geohash::point);
    let name = event.value("location").map(bounded);
    let origin = if name.is_some() { LocationOrigin::Place } else { LocationOrigin::Geotag };
    (lon_lat.is_some() || name.is_some()).then_some(RawPlace { lon_lat, name, origin })
}

/// The languages that an event says it is in (NIP-32).
fn languages(event: &Signed<'_>) -> Vec<String> {
    labelled(event, &["ISO-639-1"]).take(LANGUAGES_MAX).map(str::to_owned).collect()
}

/// What an event says of itself (NIP-32, 36). A warning is a label of its own; one whose reason names what is never shown
/// is that label too.
fn labels(event: &Signed<'_>) -> Vec<Label> {
    const WARNING: &str = "content-warning";
    let own = labelled(event, &["com.atproto.label.defs#selfLabel", WARNING]).flat_map(|label| [label, named(label)]);
    let warnings =
        event.tags(WARNING).flat_map(|values| [WARNING, values.first().map_or("", |reason| named(&reason.0))]);
    let mut labels: Vec<Label> = Vec::new();
    for label in own.chain(warnings).filter(|label| !label.is_empty() && label.len() <= LABEL_BYTES_MAX) {
        let label = Label::plain(label);
        if labels.len() < LABELS_MAX && !labels.contains(&label) {
            labels.push(label);
        }
    }
    labels
}

/// The label of what a warning's words speak of; empty: of something else.
fn named(words: &str) -> &'static str {
    let has = |stems: &[&str]| {
        let lower = words.to_lowercase();
        lower.split(|c: char| !c.is_alphanumeric()).any(|word| stems.iter().any(|stem| word.starts_with(stem)))
    };
    match () {
        () if has(&["porn"]) => "porn",
        () if has(&["nsfw", "sexu", "adult", "erotic", "érotique"]) => "sexual",
        () if has(&["nud", "naked"]) => "nudity",
        () if has(&["gore", "graphic"]) => "graphic-media",
        () => "",
    }
}

fn labelled<'s>(event: &'s Signed<'_>, spaces: &'s [&str]) -> impl Iterator<Item = &'s str> {
    event.tags("l").filter_map(move |values| match values {
        [label, space, ..] if spaces.contains(&&*space.0) => Some(&*label.0),
        _ => None,
    })
}

/// What a bridge copied (NIP-48). Cut off, it would be another's.
fn copy_of(event: &Signed<'_>) -> Option<String> {
    event.value("proxy").filter(|origin| origin.len() <= ADDRESS_BYTES_MAX).map(str::to_owned)
}

/// The beginning of a text, of at most [`TEXT_BYTES_MAX`] bytes.
fn bounded(text: &str) -> String {
    text.get(..text.floor_char_boundary(TEXT_BYTES_MAX)).unwrap_or_default().to_owned()
}

#[cfg(test)]
pub(super) mod tests;
