//! A Jetstream frame of either wire to an observation.
//!
//! Owns the meaning of frames. Does not own their shape (`wire`), the socket, or any judgement: what is odd but readable
//! is handed on as it is, for `normalize` and `consent` to judge.
//! Invariant: pure and total. Any bytes give an answer, the same event gives the same observation on both wires, and a
//! record is only read when its collection concerns us.

use serde_json::value::RawValue;

use super::wire::{
    ACCOUNT_V2, Account, COMMIT_V2, Commit, Frame, IDENTITY_V2, INFO_V2, POST, PROFILE, PROFILE_KEY, Payload,
    ProfileRecord, SelfLabels,
};
use crate::domain::{
    AccountStatus, AuthorId, AuthorProfile, Checkpoint, Event, Label, NativeId, Network, Observation, RefuseReason,
    SourceId, Timestamp,
};
use crate::ingest::{Decode, checked_json, lenient};

mod post;

/// Smaller positions are not times: servers read them as sequence numbers of their own.
const FIRST_TIME_US: i64 = 1_000_000_000_000_000;
/// atproto's own limits on the two parts of a record's address.
const LONGEST_DID: usize = 2_048;
const LONGEST_KEY: usize = 512;
/// Of an error's name; the known ones have fewer than twenty letters.
const LONGEST_NAME: usize = 64;

/// Bytes of one text that are handed on. Of what comes, `normalize` keeps 10,000 characters; a longer text would only
/// lie in memory while its post waits (H2).
const TEXT_BYTES_MAX: usize = 64 << 10;
/// Of one label, of which `lenient` reads as many as of any list; longer ones mean nothing that `normalize` would keep.
const LABEL_BYTES_MAX: usize = 128;

/// Reads one source's frames. Which wire a frame is of, it says itself.
#[derive(Clone, Debug)]
pub struct Decoder {
    source: SourceId,
}

/// What a frame is to the connection that it came over.
#[derive(Clone, Debug)]
pub enum Said {
    Seen(Observation),
    /// v2: the cursor was older than what the server keeps; it begins at the oldest event that it has.
    OutdatedCursor,
    /// v2: the server is about to end the stream, for the reason of this name (as [`error_name`] gives it).
    Failed(String),
}

/// The position, when there is one, and what happened there.
type Happened = (Option<i64>, Event);

impl Decoder {
    pub const fn new(source: SourceId) -> Self {
        Self { source }
    }

    pub fn read(&self, frame: &[u8]) -> Said {
        let parsed = checked_json(frame).and_then(|text| {
            // An array is no frame, though a derived reader would take one.
            let object = text.trim_start().starts_with('{').then_some(text).ok_or(RefuseReason::Malformed)?;
            serde_json::from_str::<Frame<'_>>(object).map_err(|_syntax| RefuseReason::Malformed)
        });
        let happened = match parsed {
            Ok(frame) => match &*frame.envelope {
                "" => v1(&frame),
                "message" => match frame.payload {
                    Some(payload) if payload.kind == INFO_V2 && payload.name == "OutdatedCursor" => {
                        return Said::OutdatedCursor;
                    }
                    Some(payload) => v2(payload),
                    None => None,
                },
                "error" => return Said::Failed(error_name(&frame.error)),
                _ => Some((None, Event::Other)),
            },
            Err(reason) => Some((None, Event::Unreadable(reason))),
        };
        Said::Seen(self.observed(happened.unwrap_or((None, Event::Unreadable(RefuseReason::Malformed)))))
    }

    fn observed(&self, (time_us, event): Happened) -> Observation {
        Observation {
            source: self.source.clone(),
            network: Network::Bluesky,
            checkpoint: time_us.map(|time| Checkpoint::new(time.to_string())),
            sent_at: time_us.map(Timestamp::from_micros),
            event,
        }
    }
}

impl Decode for Decoder {
    /// In a recording, what concerned the connection concerns nobody any more.
    fn decode(&mut self, frame: &[u8]) -> Observation {
        match self.read(frame) {
            Said::Seen(observation) => observation,
            Said::OutdatedCursor | Said::Failed(_) => self.observed((None, Event::Other)),
        }
    }
}

/// `None` when the envelope lacks what every frame of this wire has.
fn v1(frame: &Frame<'_>) -> Option<Happened> {
    let time_us = frame.time_us.filter(|_| !frame.did.is_empty() && !frame.kind.is_empty())?;
    let event = match &*frame.kind {
        "commit" => frame.commit.as_ref().and_then(|said| commit(&frame.did, said)),
        "identity" => frame.identity.as_ref().and_then(|_| identity(&frame.did)),
        "account" => frame.account.as_ref().and_then(|said| account(&frame.did, said)),
        _ => Some(Event::Other),
    };
    Some(happened(i64::try_from(time_us).ok(), event))
}

/// As [`v1`]. What is neither a commit nor about an account or identity (`#sync`, `#info`, what is yet to come) may lack
/// a time.
fn v2(payload: Payload<'_>) -> Option<Happened> {
    let time_us = Timestamp::parse_rfc3339(&payload.time).map(Timestamp::as_micros);
    let event = match &*payload.kind {
        COMMIT_V2 | IDENTITY_V2 | ACCOUNT_V2 if time_us.is_none() || payload.did.is_empty() => return None,
        COMMIT_V2 => {
            let Payload { did, rev, operation, collection, rkey, record, .. } = payload;
            let is_whole = !operation.is_empty() && !collection.is_empty();
            is_whole.then(|| commit(&did, &Commit { rev, operation, collection, rkey, record })).flatten()
        }
        IDENTITY_V2 => payload.identity.as_ref().and_then(|_| identity(&payload.did)),
        ACCOUNT_V2 => payload.account.as_ref().and_then(|said| account(&payload.did, said)),
        _ => Some(Event::Other),
    };
    Some(happened(time_us, event))
}

/// An event that is not what its kind promises is unreadable; its position counts all the same.
fn happened(time_us: Option<i64>, event: Option<Event>) -> Happened {
    (time_us.filter(|time| *time >= FIRST_TIME_US), event.unwrap_or(Event::Unreadable(RefuseReason::Malformed)))
}

/// An error's name as it may be shown to operators and citizens: ASCII letters and digits, at most 64.
pub(super) fn error_name(error: &str) -> String {
    let sound = (1..=LONGEST_NAME).contains(&error.len()) && error.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if sound { error.to_owned() } else { "unnamed".to_owned() }
}

/// The AppView looks whether a new handle's domain agrees.
fn identity(did: &str) -> Option<Event> {
    Some(Event::Handle { author: author(did)? })
}

fn account(did: &str, account: &Account<'_>) -> Option<Event> {
    let status = match (account.active, &*account.status) {
        (true, _) => AccountStatus::Active,
        (false, "deleted") => AccountStatus::Deleted,
        // Deactivated, suspended, taken down, or a word that is yet to be invented.
        (false, _) => AccountStatus::Hidden,
    };
    Some(Event::Account { author: author(did)?, status })
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
                "create" | "update" => post::read(author, native_id, commit).map(Event::Post),
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
        name: Some(bounded(record.display_name.trim())).filter(|name| !name.is_empty()),
        bio: bounded(&record.description),
        automated: labels.iter().any(|label| label.value == AUTOMATED),
        labels,
        ..AuthorProfile::assumed(author, Network::Bluesky)
    })
}

/// The beginning of a text, of at most [`TEXT_BYTES_MAX`] bytes.
fn bounded(text: &str) -> String {
    cut(text, TEXT_BYTES_MAX)
}

fn cut(text: &str, bytes_max: usize) -> String {
    text.get(..text.floor_char_boundary(bytes_max)).unwrap_or_default().to_owned()
}

/// The label by which an account or a post says that it is automated (L-10).
pub(super) const AUTOMATED: &str = "bot";

fn self_labels(labels: Option<&SelfLabels<'_>>) -> Vec<Label> {
    let values = labels.into_iter().flat_map(|labels| &labels.values);
    let fits = |value: &str| !value.is_empty() && value.len() <= LABEL_BYTES_MAX;
    values.filter(|label| fits(&label.val)).map(|label| Label::plain(&*label.val)).collect()
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
