//! The compact JSON of list-valued columns.
//!
//! Owns these arrays' form. Does not own the values in them (`domain`).
//! Invariant: what is written is read back equal; what can't be read is our own corruption.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::domain::utterance::Bond;
use crate::domain::{
    CardCopy, Facet, FacetKind, Hashtag, Label, Media, MediaKind, Network, Reason, Rule, StoreError, Timestamp,
    fold_tag,
};
use crate::store::error::unreadable;

/// `[start, end, kind, value]`
type FacetJson = (usize, usize, String, String);
/// `[display, key]`
type TagJson = (String, String);
/// `[kind, url, alt]`
type MediaJson = (String, Option<String>, String);
/// `[value, negated, expires_at]`
type LabelJson = (String, bool, Option<i64>);
/// `[rule, value]`
type ReasonJson = (String, String);
/// `[network, url, bond]`
type CopyJson = (String, String, String);

pub fn facets_out(facets: &[Facet]) -> String {
    write(facets, |f| (f.start, f.end, f.kind.as_str(), f.value.as_str()))
}

pub fn facets_in(text: &str) -> Result<Vec<Facet>, StoreError> {
    read::<FacetJson, _>(text, "facets", |(start, end, kind, value)| {
        Some(Facet { start, end, kind: FacetKind::parse(&kind)?, value })
    })
}

/// The key is folded again, so that a filter in SQL and [`crate::domain::Filter`] compare the same thing.
pub fn tags_out(tags: &[Hashtag]) -> String {
    write(tags, |tag| (tag.display.as_str(), fold_tag(&tag.display)))
}

pub fn tags_in(text: &str) -> Result<Vec<Hashtag>, StoreError> {
    read::<TagJson, _>(text, "tags", |(display, key)| Some(Hashtag { display, key }))
}

pub fn media_out(media: &[Media]) -> String {
    write(media, |m| (m.kind.as_str(), m.url.as_deref(), m.alt.as_str()))
}

pub fn media_in(text: &str) -> Result<Vec<Media>, StoreError> {
    read::<MediaJson, _>(text, "media", |(kind, url, alt)| Some(Media { kind: MediaKind::parse(&kind)?, url, alt }))
}

pub fn labels_out(labels: &[Label]) -> String {
    write(labels, |l| (l.value.as_str(), l.negated, l.expires_at.map(Timestamp::as_micros)))
}

pub fn labels_in(text: &str) -> Result<Vec<Label>, StoreError> {
    read::<LabelJson, _>(text, "labels", |(value, negated, expires_at)| {
        Some(Label { value, negated, expires_at: expires_at.map(Timestamp::from_micros) })
    })
}

pub fn reasons_out(reasons: &[Reason]) -> String {
    write(reasons, |r| (r.rule.as_str(), r.value.as_str()))
}

pub fn reasons_in(text: &str) -> Result<Vec<Reason>, StoreError> {
    read::<ReasonJson, _>(text, "reasons", |(rule, value)| Some(Reason { rule: Rule::parse(&rule)?, value }))
}

pub fn copies_out(copies: &[CardCopy]) -> String {
    write(copies, |copy| (copy.network.as_str(), copy.url.as_str(), copy.bond.as_str()))
}

pub fn copies_in(text: &str) -> Result<Vec<CardCopy>, StoreError> {
    read::<CopyJson, _>(text, "copies", |(network, url, bond)| {
        Some(CardCopy { network: Network::parse(&network)?, url, bond: Bond::parse(&bond)? })
    })
}

pub fn languages_out(languages: &[String]) -> String {
    write(languages, String::as_str)
}

pub fn languages_in(text: &str) -> Result<Vec<String>, StoreError> {
    read::<String, _>(text, "languages", Some)
}

fn write<'a, T, J: Serialize>(items: &'a [T], form: impl Fn(&'a T) -> J) -> String {
    let items: Vec<J> = items.iter().map(form).collect();
    // Of texts and numbers this can't fail; what is no array would be refused as unreadable when it is read.
    serde_json::to_string(&items).unwrap_or_default()
}

fn read<J: DeserializeOwned, T>(text: &str, what: &str, value: impl Fn(J) -> Option<T>) -> Result<Vec<T>, StoreError> {
    let items: Vec<J> = serde_json::from_str(text).or(Err(unreadable(what)))?;
    items.into_iter().map(|item| value(item).ok_or_else(|| unreadable(what))).collect()
}
