//! Jetstream v1's JSON, as types that can be read and written.
//!
//! Owns the shape of frames and of the two records that concern us. Does not own what they mean (`decode`).
//! Invariant: the envelope is strict, so that garbage is known as garbage; records are lenient, field by field, since
//! nobody checks what authors' software writes there. Unknown fields are ignored everywhere.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::lenient;

pub const POST: &str = "app.bsky.feed.post";
pub const PROFILE: &str = "app.bsky.actor.profile";
/// The record key of an account's one profile.
pub const PROFILE_KEY: &str = "self";

/// One frame. Borrows from the text it was read from.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Frame<'a> {
    #[serde(borrow)]
    pub did: Cow<'a, str>,
    /// The server's time of the event in Unix microseconds; its position in the stream.
    pub time_us: u64,
    /// `commit`, `identity` or `account`; others will come.
    #[serde(borrow)]
    pub kind: Cow<'a, str>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<Commit<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<Identity<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub account: Option<Account<'a>>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
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
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub record: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "lenient::text", skip_serializing_if = "str::is_empty")]
    pub cid: Cow<'a, str>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Identity<'a> {
    #[serde(borrow)]
    pub did: Cow<'a, str>,
    #[serde(borrow, default, deserialize_with = "lenient::text", skip_serializing_if = "str::is_empty")]
    pub handle: Cow<'a, str>,
    #[serde(default)]
    pub seq: i64,
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub time: Cow<'a, str>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Account<'a> {
    /// What decides. `status` is only a hint at why.
    pub active: bool,
    #[serde(borrow)]
    pub did: Cow<'a, str>,
    #[serde(default)]
    pub seq: i64,
    #[serde(borrow, default, deserialize_with = "lenient::text", skip_serializing_if = "str::is_empty")]
    pub status: Cow<'a, str>,
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub time: Cow<'a, str>,
}

/// `app.bsky.feed.post`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PostRecord<'a> {
    #[serde(borrow, rename = "$type", deserialize_with = "lenient::text")]
    pub kind: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "lenient::text")]
    pub text: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "lenient::text")]
    pub created_at: Cow<'a, str>,
    #[serde(deserialize_with = "lenient::list", skip_serializing_if = "Vec::is_empty")]
    pub langs: Vec<String>,
    #[serde(borrow, deserialize_with = "lenient::list", skip_serializing_if = "Vec::is_empty")]
    pub facets: Vec<Facet<'a>>,
    /// Hashtags that stand outside the text.
    #[serde(deserialize_with = "lenient::list", skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    #[serde(borrow, deserialize_with = "lenient::value", skip_serializing_if = "Option::is_none")]
    pub reply: Option<ReplyRefs<'a>>,
    #[serde(borrow, deserialize_with = "lenient::value", skip_serializing_if = "Option::is_none")]
    pub embed: Option<Embed<'a>>,
    #[serde(borrow, deserialize_with = "lenient::value", skip_serializing_if = "Option::is_none")]
    pub labels: Option<SelfLabels<'a>>,
    /// Not in the lexicon of posts; some software writes it, as one place or as a list.
    #[serde(borrow, deserialize_with = "lenient::list", skip_serializing_if = "Vec::is_empty")]
    pub location: Vec<Place<'a>>,
    #[serde(borrow, deserialize_with = "lenient::list", skip_serializing_if = "Vec::is_empty")]
    pub locations: Vec<Place<'a>>,
}

/// `app.bsky.actor.profile`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ProfileRecord<'a> {
    #[serde(borrow, rename = "$type", deserialize_with = "lenient::text")]
    pub kind: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "lenient::text", skip_serializing_if = "str::is_empty")]
    pub display_name: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "lenient::text", skip_serializing_if = "str::is_empty")]
    pub description: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "lenient::value", skip_serializing_if = "Option::is_none")]
    pub labels: Option<SelfLabels<'a>>,
}

/// A marked range of the text.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Facet<'a> {
    #[serde(deserialize_with = "lenient::value", skip_serializing_if = "Option::is_none")]
    pub index: Option<ByteSlice>,
    #[serde(borrow, deserialize_with = "lenient::inner_list")]
    pub features: Vec<Feature<'a>>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ByteSlice {
    pub byte_start: i64,
    pub byte_end: i64,
}

/// An open union: `$type` says which of the fields counts.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Feature<'a> {
    #[serde(borrow, rename = "$type", deserialize_with = "lenient::text")]
    pub kind: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "lenient::text", skip_serializing_if = "str::is_empty")]
    pub tag: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "lenient::text", skip_serializing_if = "str::is_empty")]
    pub did: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "lenient::text", skip_serializing_if = "str::is_empty")]
    pub uri: Cow<'a, str>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ReplyRefs<'a> {
    #[serde(borrow, deserialize_with = "lenient::value", skip_serializing_if = "Option::is_none")]
    pub root: Option<StrongRef<'a>>,
    #[serde(borrow, deserialize_with = "lenient::value", skip_serializing_if = "Option::is_none")]
    pub parent: Option<StrongRef<'a>>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct StrongRef<'a> {
    #[serde(borrow, deserialize_with = "lenient::text")]
    pub uri: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "lenient::text")]
    pub cid: Cow<'a, str>,
}

/// An open union of attachments: `$type` says which of the fields count.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Embed<'a> {
    #[serde(borrow, rename = "$type", deserialize_with = "lenient::text")]
    pub kind: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "lenient::list", skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<Image<'a>>,
    /// Of a video.
    #[serde(borrow, deserialize_with = "lenient::text", skip_serializing_if = "str::is_empty")]
    pub alt: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "lenient::value", skip_serializing_if = "Option::is_none")]
    pub external: Option<External<'a>>,
    /// Of a quote with media: another `Embed`. Left unread, and read one level deep only, so that nested embeds can't
    /// make reading slow.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub media: Option<&'a RawValue>,
    #[serde(borrow, deserialize_with = "lenient::text", skip_serializing_if = "str::is_empty")]
    pub name: Cow<'a, str>,
    #[serde(
        deserialize_with = "lenient::number",
        serialize_with = "lenient::number_as_text",
        skip_serializing_if = "Option::is_none"
    )]
    pub latitude: Option<f64>,
    #[serde(
        deserialize_with = "lenient::number",
        serialize_with = "lenient::number_as_text",
        skip_serializing_if = "Option::is_none"
    )]
    pub longitude: Option<f64>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Image<'a> {
    #[serde(borrow, deserialize_with = "lenient::text")]
    pub alt: Cow<'a, str>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct External<'a> {
    #[serde(borrow, deserialize_with = "lenient::text")]
    pub uri: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "lenient::text")]
    pub title: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "lenient::text")]
    pub description: Cow<'a, str>,
}

/// `community.lexicon.location.*`: coordinates, an address, or only a name.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Place<'a> {
    #[serde(borrow, rename = "$type", deserialize_with = "lenient::text", skip_serializing_if = "str::is_empty")]
    pub kind: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "lenient::text", skip_serializing_if = "str::is_empty")]
    pub name: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "lenient::text", skip_serializing_if = "str::is_empty")]
    pub locality: Cow<'a, str>,
    #[serde(
        deserialize_with = "lenient::number",
        serialize_with = "lenient::number_as_text",
        skip_serializing_if = "Option::is_none"
    )]
    pub latitude: Option<f64>,
    #[serde(
        deserialize_with = "lenient::number",
        serialize_with = "lenient::number_as_text",
        skip_serializing_if = "Option::is_none"
    )]
    pub longitude: Option<f64>,
}

/// `com.atproto.label.defs#selfLabels`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SelfLabels<'a> {
    #[serde(borrow, rename = "$type", deserialize_with = "lenient::text")]
    pub kind: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "lenient::list")]
    pub values: Vec<SelfLabel<'a>>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SelfLabel<'a> {
    #[serde(borrow, deserialize_with = "lenient::text")]
    pub val: Cow<'a, str>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Event, SourceId};
    use crate::ingest::Decode;
    use crate::ingest::sources::bluesky::Decoder;

    #[test]
    fn what_is_written_with_these_types_is_read_as_it_was_meant() {
        let record = PostRecord {
            kind: POST.into(),
            text: "Bonjour #Nantes".into(),
            created_at: "2026-11-25T09:46:40.000Z".into(),
            langs: vec!["fr".into()],
            facets: vec![Facet {
                index: Some(ByteSlice { byte_start: 8, byte_end: 15 }),
                features: vec![Feature {
                    kind: "app.bsky.richtext.facet#tag".into(),
                    tag: "Nantes".into(),
                    ..Feature::default()
                }],
            }],
            location: vec![Place {
                kind: "community.lexicon.location.geo".into(),
                latitude: Some(47.25),
                longitude: Some(-1.5),
                ..Place::default()
            }],
            ..PostRecord::default()
        };
        let record = serde_json::value::to_raw_value(&record).unwrap();
        assert!(record.get().contains(r#""latitude":"47.25""#), "coordinates are strings: {record}");
        let frame = Frame {
            did: "did:plc:camille".into(),
            time_us: 1_795_600_000_000_000,
            kind: "commit".into(),
            commit: Some(Commit {
                rev: "3a".into(),
                operation: "create".into(),
                collection: POST.into(),
                rkey: "3b".into(),
                record: Some(&record),
                cid: "bafyexemple".into(),
            }),
            identity: None,
            account: None,
        };
        let json = serde_json::to_vec(&frame).unwrap();
        let Event::Post(post) = Decoder::new(SourceId::new("bluesky")).decode(&json).event else { panic!("a post") };
        assert_eq!((post.text.as_str(), post.facets.len(), post.languages.len()), ("Bonjour #Nantes", 1, 1));
        assert_eq!(post.place.and_then(|place| place.lon_lat), Some((-1.5, 47.25)));
    }
}
