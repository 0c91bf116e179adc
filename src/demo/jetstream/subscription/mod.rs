//! What a subscriber of Jetstream asks for, and which frames that lets through.
//!
//! Owns the parameters of both wires and `options_update` with the real server's limits and leniencies. Does not own
//! sockets, the log or dictionaries. Invariant: a subscription that exists is one the real server would accept.

use std::collections::HashSet;

use serde::Deserialize;
use serde_json::Value;

const COLLECTIONS_LIMIT: usize = 100;
const DIDS_LIMIT: usize = 10_000;
/// Numbers from here on are microseconds; smaller ones are the server's own sequence.
const FIRST_TIME_CURSOR: u64 = 1_000_000_000_000_000;

/// The second wire's kinds of events.
const KINDS: [&str; 4] = ["commit", "identity", "account", "sync"];

/// Where a subscriber wants to begin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Cursor {
    /// The next frame.
    #[default]
    Live,
    Time(u64),
    /// Counted from 1.
    Sequence(u64),
}

/// A request that was accepted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Subscription {
    pub filter: Filter,
    pub cursor: Cursor,
    /// Nothing is sent before the first `options_update`.
    pub waits_for_hello: bool,
    pub compression: Compression,
}

/// How frames are to be compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Compression {
    #[default]
    None,
    /// With the first wire's one dictionary.
    V1,
    /// With the dictionary of this id.
    V2(u32),
}

/// Empty lists let everything through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Filter {
    collections: HashSet<String>,
    /// The parts before `*`, each with its dot.
    prefixes: Vec<String>,
    dids: HashSet<String>,
    /// Of the second wire.
    kinds: HashSet<String>,
    /// Longer frames are left out; zero is no limit.
    max_bytes: usize,
}

/// What the filter looks at in a frame.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Envelope {
    pub did: String,
    pub kind: String,
    /// Of commits only; accounts and identities pass every list of collections.
    pub collection: Option<String>,
    pub time_us: u64,
}

impl Envelope {
    /// `None` when the frame is not an event; such a frame, pushed by a test, reaches everybody.
    pub fn read(frame: &str) -> Option<Self> {
        let frame: Value = serde_json::from_str(frame).ok()?;
        Some(Self {
            did: frame.get("did")?.as_str()?.to_owned(),
            kind: frame.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned(),
            collection: frame.pointer("/commit/collection").and_then(Value::as_str).map(str::to_owned),
            time_us: frame.get("time_us")?.as_u64()?,
        })
    }
}

impl Subscription {
    /// Reads a query string of the first wire. The error is the body of the answer 400.
    pub fn v1(query: &str) -> Result<Self, String> {
        let (mut collections, mut dids) = (Vec::new(), Vec::new());
        let mut subscription = Self::default();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                "wantedCollections" => collections.push(value.into_owned()),
                "wantedDids" => dids.push(value.into_owned()),
                // The real server takes anything but a positive number for no limit.
                "maxMessageSizeBytes" => subscription.filter.max_bytes = value.parse().unwrap_or(0),
                "requireHello" => subscription.waits_for_hello = value == "true",
                "cursor" if value.is_empty() => {}
                "cursor" => subscription.cursor = Cursor::parse(&value)?,
                "compress" if value == "true" => subscription.compression = Compression::V1,
                _ => {}
            }
        }
        let max_bytes = subscription.filter.max_bytes;
        subscription.filter = Filter::new(collections, dids, max_bytes)?;
        Ok(subscription)
    }

    /// Reads a query string of the second wire, which forgives nothing. The error is the message of `InvalidRequest`.
    pub fn v2(query: &str) -> Result<Self, String> {
        let (mut collections, mut dids, mut kinds) = (Vec::new(), Vec::new(), HashSet::new());
        let mut subscription = Self::default();
        let number = |name: &str, value: &str| value.parse().map_err(|error| format!("{name} {value:?}: {error}"));
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                "collections" => collections.push(value.into_owned()),
                "dids" => dids.push(value.into_owned()),
                "kinds" if KINDS.contains(&&*value) => _ = kinds.insert(value.into_owned()),
                "kinds" => return Err(format!("unknown kind: {value}")),
                "maxMessageSizeBytes" => subscription.filter.max_bytes = number(&name, &value)? as usize,
                "cursor" if value.is_empty() => {}
                "cursor" => subscription.cursor = Cursor::parse(&value)?,
                "zstdDictionary" => subscription.compression = Compression::V2(number(&name, &value)?),
                "wantedCollections" | "wantedDids" | "requireHello" | "compress" => {
                    return Err(format!("{name} is a parameter of /subscribe"));
                }
                _ => {}
            }
        }
        if !collections.is_empty() && !kinds.is_empty() && !kinds.contains("commit") {
            return Err("collections with kinds that exclude commit could never apply".into());
        }
        let max_bytes = subscription.filter.max_bytes;
        subscription.filter = Filter { kinds, ..Filter::new(collections, dids, max_bytes)? };
        Ok(subscription)
    }
}

impl Cursor {
    fn parse(text: &str) -> Result<Self, String> {
        let number: u64 = text.parse().map_err(|error| format!("invalid cursor {text:?}: {error}"))?;
        Ok(match number {
            0 => Self::Live,
            sequence if sequence < FIRST_TIME_CURSOR => Self::Sequence(sequence),
            time => Self::Time(time),
        })
    }
}

impl Filter {
    fn new(collections: Vec<String>, dids: Vec<String>, max_bytes: usize) -> Result<Self, String> {
        let mut filter = Self { max_bytes, ..Self::default() };
        for collection in collections {
            match collection.strip_suffix('*') {
                // What stands before `.*` is not checked by the real server either.
                Some(prefix) if prefix.ends_with('.') => filter.prefixes.push(prefix.to_owned()),
                None if is_nsid(&collection) => _ = filter.collections.insert(collection),
                _ => return Err(format!("invalid collection: {collection}")),
            }
        }
        filter.prefixes.sort();
        filter.prefixes.dedup();
        if filter.collections.len() + filter.prefixes.len() > COLLECTIONS_LIMIT {
            return Err(format!("too many wanted collections: at most {COLLECTIONS_LIMIT}"));
        }
        if let Some(did) = dids.iter().find(|did| !is_did(did)) {
            return Err(format!("invalid DID: {did}"));
        }
        filter.dids = dids.into_iter().collect();
        if filter.dids.len() > DIDS_LIMIT {
            return Err(format!("too many wanted DIDs: at most {DIDS_LIMIT}"));
        }
        Ok(filter)
    }

    pub fn lets_through(&self, envelope: Option<&Envelope>, bytes: usize) -> bool {
        let Some(envelope) = envelope else { return true };
        let wanted_collection = envelope.collection.as_ref().is_none_or(|collection| {
            (self.collections.is_empty() && self.prefixes.is_empty())
                || self.collections.contains(collection)
                || self.prefixes.iter().any(|prefix| collection.starts_with(prefix))
        });
        let wanted_kind = self.kinds.is_empty() || self.kinds.contains(&envelope.kind);
        let wanted_did = self.dids.is_empty() || self.dids.contains(&envelope.did);
        wanted_kind && wanted_collection && wanted_did && (self.max_bytes == 0 || bytes <= self.max_bytes)
    }
}

/// What a subscriber's text frame means.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Update {
    /// The whole filter is replaced.
    Filter(Filter),
    /// Another `type`: logged by the real server and ignored.
    Ignored,
    /// Not JSON: close with 1007.
    Unreadable,
    /// Options that would have been refused before: close with 1008.
    Refused(String),
}

impl Update {
    pub fn read(text: &str) -> Self {
        #[derive(Deserialize)]
        struct Message {
            #[serde(rename = "type")]
            kind: String,
            #[serde(default)]
            payload: Value,
        }
        #[derive(Default, Deserialize)]
        #[serde(rename_all = "camelCase", default)]
        struct Options {
            wanted_collections: Vec<String>,
            wanted_dids: Vec<String>,
            max_message_size_bytes: i64,
        }
        let Ok(message) = serde_json::from_str::<Message>(text) else { return Self::Unreadable };
        if message.kind != "options_update" {
            return Self::Ignored;
        }
        let Ok(options) = serde_json::from_value::<Options>(message.payload) else { return Self::Unreadable };
        let max_bytes = usize::try_from(options.max_message_size_bytes).unwrap_or(0);
        match Filter::new(options.wanted_collections, options.wanted_dids, max_bytes) {
            Ok(filter) => Self::Filter(filter),
            Err(reason) => Self::Refused(reason),
        }
    }
}

fn is_nsid(text: &str) -> bool {
    text.split('.').count() >= 3
        && text
            .split('.')
            .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'))
}

fn is_did(text: &str) -> bool {
    let mut parts = text.splitn(3, ':');
    parts.next() == Some("did")
        && parts.next().is_some_and(|method| !method.is_empty() && method.bytes().all(|b| b.is_ascii_lowercase()))
        && parts.next().is_some_and(|id| {
            !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._:%-".contains(&byte))
        })
}

#[cfg(test)]
mod tests;
