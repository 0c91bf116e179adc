//! The JSON of both Jetstream wires, as types that borrow from the frame they are read from.
//!
//! Owns the shape of frames (here) and of the two records that concern us (`record`). Does not own what they mean
//! (`decode`). Invariant: one pass reads a frame of either wire, and a record is left unread until it is wanted; the
//! envelope is strict, so that garbage is known as garbage. Unknown fields are ignored everywhere.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::ingest::lenient;

mod record;

pub use record::{Embed, Facet, Place, PostRecord, ProfileRecord, ReplyRefs, SelfLabels, StrongRef};

pub const POST: &str = "app.bsky.feed.post";
pub const PROFILE: &str = "app.bsky.actor.profile";
/// The record key of an account's one profile.
pub const PROFILE_KEY: &str = "self";

/// The second wire's names.
pub const SUBSCRIBE_EVENTS: &str = "network.bsky.jetstream.subscribeEvents";
pub const GET_ZSTD_DICTIONARY: &str = "network.bsky.jetstream.getZstdDictionary";
pub const SUBPROTOCOL: &str = "xrpc.v1.json";
pub const COMMIT_V2: &str = "network.bsky.jetstream.subscribeEvents#commit";
pub const IDENTITY_V2: &str = "network.bsky.jetstream.subscribeEvents#identity";
pub const ACCOUNT_V2: &str = "network.bsky.jetstream.subscribeEvents#account";
pub const INFO_V2: &str = "network.bsky.jetstream.subscribeEvents#info";

/// One frame of either wire: v2 has an envelope, v1 has none.
///
/// Fields that one wire requires are empty on the other, so that they are asked for by `decode`. (They are not
/// `Option<Cow>`, which serde can't borrow.)
#[derive(Clone, Debug, Deserialize)]
pub struct Frame<'a> {
    /// v2: `message` or `error`. Empty: v1.
    #[serde(borrow, default, rename = "$type")]
    pub envelope: Cow<'a, str>,
    /// v2: of a message.
    #[serde(borrow, default)]
    pub payload: Option<Payload<'a>>,
    /// v2: the name of an error.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub error: Cow<'a, str>,

    #[serde(borrow, default)]
    pub did: Cow<'a, str>,
    /// v1: the server's time of the event in Unix microseconds; its position in the stream.
    #[serde(default)]
    pub time_us: Option<u64>,
    /// v1: `commit`, `identity` or `account`; others will come.
    #[serde(borrow, default)]
    pub kind: Cow<'a, str>,
    #[serde(borrow, default)]
    pub commit: Option<Commit<'a>>,
    #[serde(default)]
    pub identity: Option<Identity>,
    #[serde(borrow, default)]
    pub account: Option<Account<'a>>,
}

/// What a v2 message carries, whatever its kind: a commit's fields stand in it flat. Its `seq` is not read: see
/// `resume`.
#[derive(Clone, Debug, Deserialize)]
pub struct Payload<'a> {
    #[serde(borrow, rename = "$type")]
    pub kind: Cow<'a, str>,
    #[serde(borrow, default)]
    pub did: Cow<'a, str>,
    /// The server's time of the event, RFC 3339 with six fractional digits.
    #[serde(borrow, default)]
    pub time: Cow<'a, str>,
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub rev: Cow<'a, str>,
    #[serde(borrow, default)]
    pub operation: Cow<'a, str>,
    #[serde(borrow, default)]
    pub collection: Cow<'a, str>,
    #[serde(borrow, default)]
    pub rkey: Cow<'a, str>,
    #[serde(borrow, default)]
    pub record: Option<&'a RawValue>,
    #[serde(default)]
    pub identity: Option<Identity>,
    #[serde(borrow, default)]
    pub account: Option<Account<'a>>,
    /// Of an `#info`.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub name: Cow<'a, str>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Commit<'a> {
    /// The version of the author's repository; byte-wise greater is later.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub rev: Cow<'a, str>,
    /// `create`, `update` or `delete`.
    #[serde(borrow)]
    pub operation: Cow<'a, str>,
    #[serde(borrow)]
    pub collection: Cow<'a, str>,
    #[serde(borrow)]
    pub rkey: Cow<'a, str>,
    /// Left unread until it is known that the collection concerns us. Absent from deletions.
    #[serde(borrow, default)]
    pub record: Option<&'a RawValue>,
}

/// That an account's identity changed. What it says of the handle is not believed, and so not read.
#[derive(Clone, Debug, Deserialize)]
pub struct Identity {}

#[derive(Clone, Debug, Deserialize)]
pub struct Account<'a> {
    /// What decides. `status` is only a hint at why.
    pub active: bool,
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub status: Cow<'a, str>,
}

#[cfg(test)]
mod tests;
