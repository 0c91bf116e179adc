//! One event as it travels: its form, its bounds, and the proof of whose it is.
//!
//! Owns the checks that come before anything of an event is looked at (NIP-01). Does not own what an event means
//! (`decode`), nor the messages around it (`message`).
//! Invariant: a [`Signed`] that exists has the id of its content and the signature of its author; and what is hashed is
//! bounded before it is.

use std::borrow::Cow;
use std::fmt;

use data_encoding::HEXLOWER;
use secp256k1::{XOnlyPublicKey, schnorr};
use serde::de::{IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use sha2::{Digest, Sha256};

use crate::domain::RefuseReason;

/// Tags of one event, and values of all its tags together. The longest lists that people sign, of whom they follow, have
/// some thousands; an event with more is refused.
const TAGS_MAX: usize = 5_000;
const VALUES_MAX: usize = 20_000;
/// Bytes of the content; a longer one is refused. Relays mostly take 64 KiB.
const CONTENT_BYTES_MAX: usize = 256 << 10;

/// A text that borrows from its frame where it can.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Text<'a>(#[serde(borrow)] pub Cow<'a, str>);

/// A name and its values.
pub type Tag<'a> = Vec<Text<'a>>;

/// An event that is what it says it is.
#[derive(Debug)]
pub struct Signed<'a> {
    /// 64 hexadecimal digits in lower case, as is `pubkey`.
    pub id: Cow<'a, str>,
    pub pubkey: Cow<'a, str>,
    /// Seconds since 1970, by its author's clock.
    pub created_at: u64,
    pub kind: u16,
    pub tags: Vec<Tag<'a>>,
    pub content: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Wire<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow)]
    pubkey: Cow<'a, str>,
    created_at: u64,
    kind: u16,
    #[serde(borrow)]
    tags: Tags<'a>,
    #[serde(borrow)]
    content: Cow<'a, str>,
    #[serde(borrow)]
    sig: Cow<'a, str>,
}

impl<'a> Signed<'a> {
    /// Reads JSON that is within the limits of a frame.
    pub fn read(json: &'a str) -> Result<Self, RefuseReason> {
        // An array is no event, though a derived reader would take one.
        let object = json.trim_start().starts_with('{').then_some(json).ok_or(RefuseReason::Malformed)?;
        let wire: Wire<'a> = serde_json::from_str(object).map_err(|_syntax| RefuseReason::Malformed)?;
        if wire.tags.is_cut || wire.content.len() > CONTENT_BYTES_MAX {
            return Err(RefuseReason::Oversized);
        }
        let Wire { id, pubkey, created_at, kind, tags: Tags { list: tags, .. }, content, sig } = wire;
        let claimed: [u8; 32] = hex(&id)?;
        let (key, sig) = (hex(&pubkey)?, schnorr::Signature::from_byte_array(hex(&sig)?));
        let event = Self { id, pubkey, created_at, kind, tags, content };
        let is_proven = event.digest() == Some(claimed)
            && XOnlyPublicKey::from_byte_array(key).is_ok_and(|key| schnorr::verify(&sig, &claimed, &key).is_ok());
        is_proven.then_some(event).ok_or(RefuseReason::BadSignature)
    }

    /// The hash that is the event's id. The JSON writer escapes what NIP-01 names, and control characters as everybody's
    /// does.
    pub(super) fn digest(&self) -> Option<[u8; 32]> {
        let canonical = (0, &self.pubkey, self.created_at, self.kind, &self.tags, &self.content);
        // Texts and numbers alone can be written.
        Some(Sha256::digest(serde_json::to_vec(&canonical).ok()?).into())
    }

    /// The tags of a name, each without it.
    pub fn tags<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'s [Text<'a>]> {
        self.tags.iter().filter_map(move |tag| {
            let (first, values) = tag.split_first()?;
            (first.0 == name).then_some(values)
        })
    }

    /// The first value of each tag of a name, where it has one that is not empty.
    pub fn values<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'s str> {
        self.tags(name).filter_map(|values| values.first()).map(|value| &*value.0).filter(|value| !value.is_empty())
    }

    pub fn value<'s>(&'s self, name: &'s str) -> Option<&'s str> {
        self.values(name).next()
    }
}

/// Bytes written as hexadecimal digits in lower case, and nothing else.
fn hex<const N: usize>(digits: &str) -> Result<[u8; N], RefuseReason> {
    let bytes = HEXLOWER.decode(digits.as_bytes()).ok();
    bytes.and_then(|bytes| bytes.try_into().ok()).ok_or(RefuseReason::Malformed)
}

/// Whether this is an id or a public key as events write them.
pub fn is_key(text: &str) -> bool {
    hex::<32>(text).is_ok()
}

/// Tags up to the bounds; `is_cut`: there were more.
struct Tags<'a> {
    list: Vec<Tag<'a>>,
    is_cut: bool,
}

impl<'de: 'a, 'a> Deserialize<'de> for Tags<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(ListVisitor)
    }
}

struct ListVisitor;

impl<'de> Visitor<'de> for ListVisitor {
    type Value = Tags<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of tags")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Tags<'de>, A::Error> {
        let mut tags = Tags { list: Vec::new(), is_cut: false };
        let mut values_left = VALUES_MAX;
        while tags.list.len() < TAGS_MAX && !tags.is_cut {
            let seed = TagSeed { values_left: &mut values_left, is_cut: &mut tags.is_cut };
            match seq.next_element_seed(seed)? {
                Some(tag) => tags.list.push(tag),
                None => return Ok(tags),
            }
        }
        while seq.next_element::<IgnoredAny>()?.is_some() {
            tags.is_cut = true;
        }
        Ok(tags)
    }
}

struct TagSeed<'s> {
    values_left: &'s mut usize,
    is_cut: &'s mut bool,
}

impl<'de> serde::de::DeserializeSeed<'de> for TagSeed<'_> {
    type Value = Tag<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Tag<'de>, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for TagSeed<'_> {
    type Value = Tag<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of texts")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Tag<'de>, A::Error> {
        let mut tag = Vec::new();
        while *self.values_left > 0 {
            match seq.next_element::<Text<'de>>()? {
                Some(value) => tag.push(value),
                None => return Ok(tag),
            }
            *self.values_left -= 1;
        }
        while seq.next_element::<IgnoredAny>()?.is_some() {
            *self.is_cut = true;
        }
        Ok(tag)
    }
}
