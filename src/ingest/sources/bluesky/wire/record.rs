//! The records that concern us: what authors' software writes.
//!
//! Owns the shape of posts and profiles. Does not own what they mean (`decode`), nor the frames around them.
//! Invariant: every field is lenient, since nobody checks what is written there; unknown fields are ignored.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::ingest::lenient;

/// `app.bsky.feed.post`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PostRecord<'a> {
    #[serde(borrow, rename = "$type", deserialize_with = "lenient::text")]
    pub kind: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "lenient::text")]
    pub text: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "lenient::text")]
    pub created_at: Cow<'a, str>,
    #[serde(deserialize_with = "lenient::list")]
    pub langs: Vec<String>,
    #[serde(borrow, deserialize_with = "lenient::list")]
    pub facets: Vec<Facet<'a>>,
    /// Hashtags that stand outside the text.
    #[serde(deserialize_with = "lenient::list")]
    pub tags: Vec<String>,
    #[serde(borrow, deserialize_with = "lenient::value")]
    pub reply: Option<ReplyRefs<'a>>,
    #[serde(borrow, deserialize_with = "lenient::value")]
    pub embed: Option<Embed<'a>>,
    #[serde(borrow, deserialize_with = "lenient::value")]
    pub labels: Option<SelfLabels<'a>>,
    /// Not in the lexicon of posts; some software writes it, as one place or as a list.
    #[serde(borrow, deserialize_with = "lenient::list")]
    pub location: Vec<Place<'a>>,
    #[serde(borrow, deserialize_with = "lenient::list")]
    pub locations: Vec<Place<'a>>,
    /// Where a bridge (Bridgy Fed) found what it copied here.
    #[serde(borrow, deserialize_with = "lenient::text")]
    pub bridgy_original_url: Cow<'a, str>,
}

/// `app.bsky.actor.profile`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ProfileRecord<'a> {
    #[serde(borrow, rename = "$type", deserialize_with = "lenient::text")]
    pub kind: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "lenient::text")]
    pub display_name: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "lenient::text")]
    pub description: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "lenient::value")]
    pub labels: Option<SelfLabels<'a>>,
}

/// A marked range of the text.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Facet<'a> {
    #[serde(deserialize_with = "lenient::value")]
    pub index: Option<ByteSlice>,
    #[serde(borrow, deserialize_with = "lenient::inner_list")]
    pub features: Vec<Feature<'a>>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ByteSlice {
    pub byte_start: i64,
    pub byte_end: i64,
}

/// An open union: `$type` says which of the fields counts.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Feature<'a> {
    #[serde(borrow, rename = "$type", deserialize_with = "lenient::text")]
    pub kind: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "lenient::text")]
    pub tag: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "lenient::text")]
    pub did: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "lenient::text")]
    pub uri: Cow<'a, str>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ReplyRefs<'a> {
    #[serde(borrow, deserialize_with = "lenient::value")]
    pub root: Option<StrongRef<'a>>,
    #[serde(borrow, deserialize_with = "lenient::value")]
    pub parent: Option<StrongRef<'a>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct StrongRef<'a> {
    #[serde(borrow, deserialize_with = "lenient::text")]
    pub uri: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "lenient::text")]
    pub cid: Cow<'a, str>,
}

/// An open union of attachments: `$type` says which of the fields count.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Embed<'a> {
    #[serde(borrow, rename = "$type", deserialize_with = "lenient::text")]
    pub kind: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "lenient::list")]
    pub images: Vec<Image<'a>>,
    /// Of a video.
    #[serde(borrow, deserialize_with = "lenient::text")]
    pub alt: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "lenient::value")]
    pub external: Option<External<'a>>,
    /// Of a quote with media: another `Embed`. Left unread, and read one level deep only, so that nested embeds can't
    /// make reading slow.
    #[serde(borrow)]
    pub media: Option<&'a RawValue>,
    #[serde(borrow, deserialize_with = "lenient::text")]
    pub name: Cow<'a, str>,
    #[serde(deserialize_with = "lenient::number")]
    pub latitude: Option<f64>,
    #[serde(deserialize_with = "lenient::number")]
    pub longitude: Option<f64>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Image<'a> {
    #[serde(borrow, deserialize_with = "lenient::text")]
    pub alt: Cow<'a, str>,
}

#[derive(Clone, Debug, Default, Deserialize)]
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
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Place<'a> {
    #[serde(borrow, rename = "$type", deserialize_with = "lenient::text")]
    pub kind: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "lenient::text")]
    pub name: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "lenient::text")]
    pub locality: Cow<'a, str>,
    #[serde(deserialize_with = "lenient::number")]
    pub latitude: Option<f64>,
    #[serde(deserialize_with = "lenient::number")]
    pub longitude: Option<f64>,
}

/// `com.atproto.label.defs#selfLabels`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct SelfLabels<'a> {
    #[serde(borrow, rename = "$type", deserialize_with = "lenient::text")]
    pub kind: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "lenient::list")]
    pub values: Vec<SelfLabel<'a>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct SelfLabel<'a> {
    #[serde(borrow, deserialize_with = "lenient::text")]
    pub val: Cow<'a, str>,
}
