//! A Jetstream v1 frame to an observation.
//!
//! Owns the meaning of frames. Does not own their shape (`wire`), the socket, or any judgement: what is odd but readable
//! is handed on as it is, for `normalize` and `consent` to judge.
//! Invariant: pure and total. Any bytes give an observation; a record is only read when its collection concerns us.

use serde_json::value::RawValue;

use super::lenient;
use super::wire::{Commit, Frame, POST, PROFILE, PROFILE_KEY, ProfileRecord, SelfLabels};
use crate::domain::{
    AccountStatus, AuthorId, AuthorProfile, Checkpoint, Event, Label, NativeId, Network, Observation, RefuseReason,
    SourceId, Timestamp,
};
use crate::ingest::{Decode, checked_json};

mod post;

/// Smaller positions are not times: servers read them as sequence numbers of their own.
const FIRST_TIME_US: u64 = 1_000_000_000_000_000;
/// atproto's own limits on the two parts of a record's address.
const LONGEST_DID: usize = 2_048;
const LONGEST_KEY: usize = 512;

/// Reads one source's frames.
#[derive(Clone, Debug)]
pub struct Decoder {
    source: SourceId,
}

impl Decoder {
    pub const fn new(source: SourceId) -> Self {
        Self { source }
    }
}

impl Decode for Decoder {
    fn decode(&mut self, frame: &[u8]) -> Observation {
        let (time_us, event) = read(frame);
        Observation {
            source: self.source.clone(),
            network: Network::Bluesky,
            checkpoint: time_us.map(|time| Checkpoint::new(time.to_string())),
            sent_at: time_us.map(Timestamp::from_micros),
            event,
        }
    }
}

/// The frame's position, when it has one, and what it says.
fn read(frame: &[u8]) -> (Option<i64>, Event) {
    let parsed = checked_json(frame).and_then(|text| {
        // An array is no frame, though a derived reader would take one.
        let object = text.trim_start().starts_with('{').then_some(text).ok_or(RefuseReason::Malformed)?;
        serde_json::from_str::<Frame<'_>>(object).map_err(|_syntax| RefuseReason::Malformed)
    });
    let frame = match parsed {
        Ok(frame) => frame,
        Err(reason) => return (None, Event::Unreadable(reason)),
    };
    let time_us = i64::try_from(frame.time_us).ok().filter(|_| frame.time_us >= FIRST_TIME_US);
    (time_us, event(&frame).unwrap_or(Event::Unreadable(RefuseReason::Malformed)))
}

/// `None` when the frame is not what its kind promises.
fn event(frame: &Frame<'_>) -> Option<Event> {
    match &*frame.kind {
        "commit" => commit(&frame.did, frame.commit.as_ref()?),
        "account" => {
            let account = frame.account.as_ref()?;
            let status = match (account.active, &*account.status) {
                (true, _) => AccountStatus::Active,
                (false, "deleted") => AccountStatus::Deleted,
                // Deactivated, suspended, taken down, or a word that is yet to be invented.
                (false, _) => AccountStatus::Hidden,
            };
            Some(Event::Account { author: author(&frame.did)?, status })
        }
        "identity" => {
            let identity = frame.identity.as_ref()?;
            Some(Event::Handle { author: author(&frame.did)?, handle: handle(&identity.handle) })
        }
        _ => Some(Event::Other),
    }
}

fn commit(did: &str, commit: &Commit<'_>) -> Option<Event> {
    match &*commit.collection {
        POST => {
            let author = author(did)?;
            if !is_record_key(&commit.rkey) {
                return None;
            }
            let native_id = NativeId::new(["at://", did, "/", POST, "/", &commit.rkey].concat());
            match &*commit.operation {
                "create" | "update" => post::read(author, native_id, commit).map(|post| Event::Post(Box::new(post))),
                "delete" => Some(Event::Delete { native_id }),
                _ => Some(Event::Other),
            }
        }
        PROFILE if commit.rkey == PROFILE_KEY => {
            let author = author(did)?;
            match &*commit.operation {
                "create" | "update" => profile(author, commit.record?).map(Box::new).map(Event::Profile),
                // Without the record there is no name, bio or self-label.
                "delete" => Some(Event::Profile(Box::new(AuthorProfile::assumed(author, Network::Bluesky)))),
                _ => Some(Event::Other),
            }
        }
        _ => Some(Event::Other),
    }
}

fn profile(author: AuthorId, record: &RawValue) -> Option<AuthorProfile> {
    let record: ProfileRecord<'_> = lenient::object(record)?;
    let labels = self_labels(record.labels.as_ref());
    Some(AuthorProfile {
        name: Some(record.display_name.trim().to_owned()).filter(|name| !name.is_empty()),
        bio: record.description.into_owned(),
        automated: labels.iter().any(|label| label.value == AUTOMATED),
        labels,
        ..AuthorProfile::assumed(author, Network::Bluesky)
    })
}

/// The label by which an account or a post says that it is automated (L-10).
pub(super) const AUTOMATED: &str = "bot";

fn self_labels(labels: Option<&SelfLabels<'_>>) -> Vec<Label> {
    let values = labels.into_iter().flat_map(|labels| &labels.values);
    values.filter(|label| !label.val.is_empty()).map(|label| Label::plain(&*label.val)).collect()
}

/// A DID that is safe to stand in an address.
pub(super) fn author(did: &str) -> Option<AuthorId> {
    let rest = did.strip_prefix("did:")?;
    let (method, id) = rest.split_once(':')?;
    let sound = did.len() <= LONGEST_DID
        && !method.is_empty()
        && method.bytes().all(|byte| byte.is_ascii_lowercase())
        && !id.is_empty()
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b':' | b'%' | b'-'));
    sound.then(|| AuthorId::new(did))
}

fn is_record_key(key: &str) -> bool {
    (1..=LONGEST_KEY).contains(&key.len())
        && !matches!(key, "." | "..")
        && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b':' | b'~' | b'-'))
}

/// A handle in lower case; `None` for none, for one that the network could not verify, and for what is not a host name.
pub(super) fn handle(text: &str) -> Option<String> {
    let handle = text.to_ascii_lowercase();
    let sound = handle.len() <= 253
        && handle.contains('.')
        && handle != "handle.invalid"
        && handle.split('.').all(|label| {
            !label.is_empty()
                && label.len() <= 63
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        });
    sound.then_some(handle)
}

/// Dates as software writes them: RFC 3339, or without an offset, which is then taken as UTC.
fn date(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    Timestamp::parse_rfc3339(text).or_else(|| Timestamp::parse_rfc3339(&format!("{text}Z")))
}

#[cfg(test)]
mod tests;
