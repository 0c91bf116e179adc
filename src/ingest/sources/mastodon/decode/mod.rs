//! What a Mastodon-compatible server sends, made observations: statuses, streaming messages, ActivityPub places.
//!
//! Owns the meaning of fields. Does not own their shape (`wire`), the connections, or any judgement: what is odd but
//! readable is handed on as it is, for `normalize` and `consent` to judge.
//! Invariant: pure and total, and what a post holds while it waits is a fraction of the mebibyte that a status may have.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::ids::Ids;
use super::wire::{Message, Object, Status};
use crate::domain::{
    Event, LocationOrigin, Network, Observation, RawPlace, RawPost, RefuseReason, SourceId, Timestamp,
};
use crate::ingest::lenient::{self, First};
use crate::ingest::{Decode, checked_json};

mod profile;
mod status;

pub use profile::ID_BYTES_MAX;

/// Statuses of one page that are looked at; servers give 40 at most.
pub const PAGE_MAX: usize = 80;
/// Bytes of a server's own id of a status; nobody's is longer than a few dozen.
const LOCAL_ID_BYTES_MAX: usize = 64;
/// Bytes of what a server says of an error.
const ERROR_BYTES_MAX: usize = 200;

/// A status as a server gave it.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// The server's own id.
    pub id: String,
    /// The server's own id of the status that it answers.
    pub answers: Option<String>,
    /// When this version was written.
    pub written_at: Option<Timestamp>,
    pub post: RawPost,
}

/// What a streaming message says.
#[derive(Clone, Debug, PartialEq)]
pub enum Said {
    Status(Box<Seen>),
    /// The server's own id of a status that is gone.
    Deleted(String),
    /// What was asked for is not had; the status is one of HTTP, where there is one.
    Failed {
        status: Option<u16>,
        reason: String,
    },
    /// Of no concern here: boosts, filters, announcements…
    Other,
    Unreadable(RefuseReason),
}

/// A status, or why it is none; `Ok(None)`: a boost, which repeats what comes by itself.
pub fn status(text: &str) -> Result<Option<Seen>, RefuseReason> {
    let text = checked_json(text.as_bytes())?;
    let raw: &RawValue = serde_json::from_str(text).map_err(|_syntax| RefuseReason::Malformed)?;
    let status: Status<'_> = lenient::object(raw).ok_or(RefuseReason::Malformed)?;
    if status.id.is_empty() || status.id.len() > LOCAL_ID_BYTES_MAX {
        return Err(RefuseReason::Malformed);
    }
    if status.reblog.is_some_and(|reblog| reblog.get() != "null") {
        return Ok(None);
    }
    Ok(Some(status::seen(status)))
}

/// A page of a timeline.
#[derive(Debug, Default)]
pub struct Page {
    /// In the server's order: newest first. Boosts are left out.
    pub statuses: Vec<Seen>,
    /// Why others can't be read, each with a hash of it: it comes again with the next page.
    pub unreadable: Vec<(RefuseReason, u64)>,
}

/// `None`: it is no page.
pub fn page(body: &[u8]) -> Option<Page> {
    let First::<'_, PAGE_MAX>(entries) = serde_json::from_slice(body).ok()?;
    let mut page = Page::default();
    for raw in entries {
        match status(raw.get()) {
            Ok(seen) => page.statuses.extend(seen),
            Err(reason) => page.unreadable.push((reason, hash(raw.get()))),
        }
    }
    Some(page)
}

/// Tells texts apart; no secret.
pub fn hash(text: &str) -> u64 {
    blake3::hash(text.as_bytes()).as_bytes().first_chunk().map_or(0, |first| u64::from_le_bytes(*first))
}

/// A message of the stream.
pub fn message(frame: &[u8]) -> Said {
    let read = checked_json(frame).and_then(|text| {
        let raw: &RawValue = serde_json::from_str(text).map_err(|_syntax| RefuseReason::Malformed)?;
        lenient::object::<Message<'_>>(raw).ok_or(RefuseReason::Malformed)
    });
    match read {
        Ok(message) => said(&message).unwrap_or_else(Said::Unreadable),
        Err(reason) => Said::Unreadable(reason),
    }
}

fn said(message: &Message<'_>) -> Result<Said, RefuseReason> {
    if !message.error.is_empty() {
        // What is no status of HTTP is as good as none.
        let status = message.status.filter(|status| (100.0..600.0).contains(status)).map(|status| status as u16);
        return Ok(Said::Failed { status, reason: cut(&message.error, ERROR_BYTES_MAX) });
    }
    match &*message.event {
        "" => Err(RefuseReason::Malformed),
        // The last is how PyPI's mastodon-mock writes the second.
        "update" | "status.update" | "status_update" => {
            let payload = message.payload.ok_or(RefuseReason::Malformed)?.get();
            // A status inside a string; some servers give it as it is.
            let inner = serde_json::from_str::<Cow<'_, str>>(payload).unwrap_or(Cow::Borrowed(payload));
            Ok(status(&inner)?.map_or(Said::Other, |seen| Said::Status(Box::new(seen))))
        }
        "delete" => {
            let payload = message.payload.ok_or(RefuseReason::Malformed)?.get();
            let id = serde_json::from_str::<Cow<'_, str>>(payload).unwrap_or(Cow::Borrowed(payload));
            let is_id =
                !id.is_empty() && id.len() <= LOCAL_ID_BYTES_MAX && id.bytes().all(|b| b.is_ascii_alphanumeric());
            if is_id { Ok(Said::Deleted(id.into_owned())) } else { Err(RefuseReason::Malformed) }
        }
        _ => Ok(Said::Other),
    }
}

/// The place that an ActivityPub object says it was made at.
pub fn place(body: &[u8]) -> Option<RawPlace> {
    let raw: &RawValue = serde_json::from_str(checked_json(body).ok()?).ok()?;
    let object: Object<'_> = lenient::object(raw)?;
    let place = object.location.into_iter().find(|place| matches!(&*place.kind, "Place" | ""))?;
    let lon_lat = place.longitude.zip(place.latitude);
    let name = Some(place.name.trim()).filter(|name| !name.is_empty()).map(|name| cut(name, TEXT_BYTES_MAX));
    (lon_lat.is_some() || name.is_some()).then_some(RawPlace { lon_lat, name, origin: LocationOrigin::Place })
}

/// Bytes of one text that are handed on; of what comes, `normalize` keeps 10,000 characters.
const TEXT_BYTES_MAX: usize = 64 << 10;

/// A text's beginning.
fn cut(text: &str, bytes_max: usize) -> String {
    text.get(..text.floor_char_boundary(bytes_max)).unwrap_or_default().to_owned()
}

/// The host of an address, in lower case and with a port that is not its scheme's.
pub fn host(address: &str) -> Option<String> {
    let url = url::Url::parse(address).ok()?;
    let host = url.host_str()?;
    Some(url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
}

/// Reads a recording: a status a line, or a streaming message.
pub struct Decoder {
    source: SourceId,
    ids: Ids,
}

impl Decoder {
    pub fn new(source: SourceId) -> Self {
        Self { source, ids: Ids::default() }
    }

    fn read(&mut self, frame: &[u8]) -> (Option<Timestamp>, Event) {
        let is_message = checked_json(frame).is_ok_and(|text| {
            let object: Option<Message<'_>> = serde_json::from_str(text).ok().and_then(lenient::object);
            object.is_some_and(|object| !object.event.is_empty() || !object.error.is_empty())
        });
        let said = if is_message { message(frame) } else { alone(frame) };
        match said {
            Said::Status(seen) => {
                let Seen { id, answers, written_at, mut post } = *seen;
                post.reply = answers.and_then(|parent| self.ids.reply_to(&parent));
                self.ids.note(&id, &post.native_id);
                (written_at, Event::Post(Box::new(post)))
            }
            Said::Deleted(id) => match self.ids.get(&id) {
                Some(native_id) => (None, Event::Delete { native_id: native_id.clone() }),
                // Of one that was never told.
                None => (None, Event::Other),
            },
            Said::Failed { .. } | Said::Other => (None, Event::Other),
            Said::Unreadable(reason) => (None, Event::Unreadable(reason)),
        }
    }
}

/// A status that stands by itself.
fn alone(frame: &[u8]) -> Said {
    match checked_json(frame).and_then(status) {
        Ok(Some(seen)) => Said::Status(Box::new(seen)),
        Ok(None) => Said::Other,
        Err(reason) => Said::Unreadable(reason),
    }
}

impl Decode for Decoder {
    fn decode(&mut self, frame: &[u8]) -> Observation {
        let (sent_at, event) = self.read(frame);
        Observation { source: self.source.clone(), network: Network::Mastodon, checkpoint: None, sent_at, event }
    }
}

#[cfg(test)]
mod tests;
