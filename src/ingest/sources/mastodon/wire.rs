//! The JSON of the Mastodon API, as types that borrow from the text they are read from.
//!
//! Owns the shape of statuses, accounts and streaming messages. Does not own what they mean (`decode`).
//! Invariant: every field is lenient, for many programs write them and each a little differently; unknown fields are
//! ignored.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::ingest::lenient;

/// `Status` (docs.joinmastodon.org, entities/Status).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Status<'a> {
    /// The server's own name for it: means nothing elsewhere.
    #[serde(borrow, deserialize_with = "lenient::text")]
    pub id: Cow<'a, str>,
    /// Its identity on all servers.
    #[serde(borrow, deserialize_with = "lenient::text")]
    pub uri: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "lenient::text")]
    pub url: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "lenient::text")]
    pub created_at: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "lenient::text")]
    pub edited_at: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "lenient::text")]
    pub visibility: Cow<'a, str>,
    #[serde(deserialize_with = "lenient::value")]
    pub sensitive: Option<bool>,
    #[serde(borrow, deserialize_with = "lenient::text")]
    pub spoiler_text: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "lenient::text")]
    pub language: Cow<'a, str>,
    /// HTML.
    #[serde(borrow, deserialize_with = "lenient::text")]
    pub content: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "lenient::text")]
    pub in_reply_to_id: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "lenient::value")]
    pub account: Option<Account<'a>>,
    /// Left unread: what it repeats comes by itself.
    #[serde(borrow, deserialize_with = "lenient::value")]
    pub reblog: Option<&'a RawValue>,
    #[serde(borrow, deserialize_with = "lenient::list")]
    pub tags: Vec<Tag<'a>>,
    #[serde(borrow, deserialize_with = "lenient::list")]
    pub mentions: Vec<Mentioned<'a>>,
    #[serde(borrow, deserialize_with = "lenient::list")]
    pub media_attachments: Vec<Attachment<'a>>,
    #[serde(borrow, deserialize_with = "lenient::value")]
    pub poll: Option<Poll<'a>>,
    #[serde(borrow, deserialize_with = "lenient::value")]
    pub card: Option<PreviewCard<'a>>,
}

/// `Account` (docs.joinmastodon.org, entities/Account).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Account<'a> {
    /// Since 4.2.
    #[serde(borrow, deserialize_with = "lenient::text")]
    pub uri: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "lenient::text")]
    pub url: Cow<'a, str>,
    /// Without a host where the account is one of the server's own.
    #[serde(borrow, deserialize_with = "lenient::text")]
    pub acct: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "lenient::text")]
    pub display_name: Cow<'a, str>,
    /// HTML.
    #[serde(borrow, deserialize_with = "lenient::text")]
    pub note: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "lenient::list")]
    pub fields: Vec<Field<'a>>,
    #[serde(deserialize_with = "lenient::value")]
    pub bot: Option<bool>,
    #[serde(deserialize_with = "lenient::value")]
    pub group: Option<bool>,
    #[serde(deserialize_with = "lenient::value")]
    pub locked: Option<bool>,
    #[serde(deserialize_with = "lenient::value")]
    pub discoverable: Option<bool>,
    #[serde(deserialize_with = "lenient::value")]
    pub indexable: Option<bool>,
    /// Of the server's own accounts only.
    #[serde(deserialize_with = "lenient::value")]
    pub noindex: Option<bool>,
    #[serde(deserialize_with = "lenient::value")]
    pub suspended: Option<bool>,
    #[serde(deserialize_with = "lenient::value")]
    pub limited: Option<bool>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Field<'a> {
    #[serde(borrow, deserialize_with = "lenient::text")]
    pub name: Cow<'a, str>,
    /// HTML.
    #[serde(borrow, deserialize_with = "lenient::text")]
    pub value: Cow<'a, str>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Tag<'a> {
    #[serde(borrow, deserialize_with = "lenient::text")]
    pub name: Cow<'a, str>,
}

/// `Status::Mention`: whoever is named in the text or, by most programs, answered.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Mentioned<'a> {
    /// The account's page.
    #[serde(borrow, deserialize_with = "lenient::text")]
    pub url: Cow<'a, str>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Attachment<'a> {
    /// `image`, `gifv`, `video`, `audio` or `unknown`.
    #[serde(borrow, rename = "type", deserialize_with = "lenient::text")]
    pub kind: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "lenient::text")]
    pub description: Cow<'a, str>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Poll<'a> {
    #[serde(borrow, deserialize_with = "lenient::list")]
    pub options: Vec<PollOption<'a>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct PollOption<'a> {
    #[serde(borrow, deserialize_with = "lenient::text")]
    pub title: Cow<'a, str>,
}

/// What the server found at a link of the status.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct PreviewCard<'a> {
    #[serde(borrow, deserialize_with = "lenient::text")]
    pub url: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "lenient::text")]
    pub title: Cow<'a, str>,
}

/// A message of the streaming API. `stream` is not read: what a status is about, its tags say.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Message<'a> {
    #[serde(borrow, deserialize_with = "lenient::text")]
    pub event: Cow<'a, str>,
    /// A status as JSON inside a string, or the bare id of one.
    #[serde(borrow, deserialize_with = "lenient::value")]
    pub payload: Option<&'a RawValue>,
    #[serde(borrow, deserialize_with = "lenient::text")]
    pub error: Cow<'a, str>,
    /// Of an error, as in HTTP.
    #[serde(deserialize_with = "lenient::number")]
    pub status: Option<f64>,
}

/// An ActivityPub object, as far as a place is in it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Object<'a> {
    /// Some servers give a list.
    #[serde(borrow, deserialize_with = "lenient::list")]
    pub location: Vec<Place<'a>>,
}

/// `Place` (Activity Streams 2.0 vocabulary): decimal degrees, as numbers or as texts.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Place<'a> {
    #[serde(borrow, rename = "type", deserialize_with = "lenient::text")]
    pub kind: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "lenient::text")]
    pub name: Cow<'a, str>,
    #[serde(deserialize_with = "lenient::number")]
    pub longitude: Option<f64>,
    #[serde(deserialize_with = "lenient::number")]
    pub latitude: Option<f64>,
}
