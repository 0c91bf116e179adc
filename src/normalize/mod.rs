//! From what a network says ([`RawPost`]) to what Parvis believes ([`Post`]), or a reason to drop it.
//!
//! Owns the checks and the cleaning that are the same for every network: identity, dates, text, marked ranges, tags,
//! languages; in two steps, since most posts concern nobody (see [`Draft`]). Does not own wire formats (`ingest/sources`) nor any decision about who is shown (`consent`).
//! Invariant: whatever comes in, nothing panics, and a `Post` that comes out is bounded and sound in every field.

mod address;
mod facets;
mod language;
mod tags;
mod text;

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use crate::domain::{
    AuthorId, AuthorProfile, ExactPoint, Facet, FacetKind, Hashtag, Label, LocationOrigin, Media, MediaKind, NativeId,
    Network, Post, PostId, RawPost, RefuseReason, Reply, Timestamp, Visibility,
};

/// Characters of a post's text that are kept (H2).
pub const TEXT_CHARS_MAX: usize = 10_000;
/// Bytes of an identity; a longer one refuses the post.
const ID_BYTES_MAX: usize = 1_024;
const MEDIA_MAX: usize = 4;
const ALT_CHARS_MAX: usize = 2_000;
const PLACE_CHARS_MAX: usize = 100;
const LABEL_BYTES_MAX: usize = 128;
/// Bytes of a revision that are compared; no network comes near it.
const REVISION_BYTES_MAX: usize = 256;
/// Bytes of a declared origin; cut off it would be another's.
const ORIGIN_BYTES_MAX: usize = 2_048;
const NAME_CHARS_MAX: usize = 100;
const HANDLE_CHARS_MAX: usize = 300;
const BIO_CHARS_MAX: usize = 10_000;

/// How old a post may be when it is first seen.
const OLDEST_S: i64 = 48 * 3_600;
/// The same for what a site lists, or sends to us: its publisher still stands by it, so that a page is alive on its first day.
const OLDEST_OF_LISTS_S: i64 = 30 * 24 * 3_600;
const FUTURE_MAX_S: i64 = 24 * 3_600;
/// A date further ahead than this is set to the moment of arrival (D7).
const CLOCK_SKEW_S: i64 = 300;

/// A post that is checked, with what matching looks at: text, tags, point, declared languages. What only a post to be
/// shown needs is left as the network said it until [`Draft::complete`].
#[derive(Debug)]
pub struct Draft {
    /// Its text and languages are taken out.
    raw: Box<RawPost>,
    network: Network,
    text: String,
    facets: Vec<Facet>,
    tags: Vec<Hashtag>,
    languages: Vec<String>,
    created_at: Timestamp,
    date_corrected: bool,
    edited_at: Option<Timestamp>,
    point: Option<(ExactPoint, LocationOrigin)>,
}

/// Checks one post and cleans what matching looks at. The author's profile, where the network sent one along, is not
/// looked at: take it out of `raw` first and give it to [`clean_profile`].
///
/// `sent_at`: the network's own time of the event. A date is refused only if it is too far from that time and from ours:
/// were one wrong clock enough, ours would refuse every post, and the checkpoint would pass them all. What a network with a
/// wrong clock gains is an old post, which consent decides on as on any other and retention counts from its arrival.
pub fn normalize(
    raw: Box<RawPost>,
    network: Network,
    sent_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<Draft, RefuseReason> {
    check_age(&raw, network, sent_at.map_or(now, |sent_at| sent_at.min(now)))?;
    normalize_held(raw, network, sent_at, now)
}

/// The same for a post that is already held: an edit or a fresh look at it is not refused for the post's age.
pub fn normalize_held(
    mut raw: Box<RawPost>,
    network: Network,
    sent_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<Draft, RefuseReason> {
    if raw.visibility == Visibility::Restricted {
        return Err(RefuseReason::NotPublic);
    }
    if !sound_id(raw.native_id.as_str()) || !sound_id(raw.author.as_str()) {
        return Err(RefuseReason::BadId);
    }
    raw.reply = raw.reply.take().map(sound_reply).transpose()?;
    let (created_at, date_corrected) =
        created_at(raw.created_at, sent_at.map_or(now, |sent_at| sent_at.max(now)), now)?;

    let raw_text = std::mem::take(&mut raw.text);
    let cleaned = text::clean(&raw_text, TEXT_CHARS_MAX);
    let (facets, marked) = facets::sound(&raw.facets, &raw_text, &cleaned);
    let (facets, tags) = if marked.is_empty() { tags::tokenise(&cleaned.text, facets) } else { (facets, marked) };
    let tags = tags::distinct(tags.into_iter().chain(raw.tags.iter().filter_map(|name| tags::sound(name))));
    let changed = match cleaned.text {
        Cow::Borrowed(_) => None,
        Cow::Owned(text) => Some(text),
    };
    let text = changed.unwrap_or(raw_text);
    if text.is_empty() && !raw.media.iter().any(|medium| sound_medium(medium).is_some()) {
        return Err(RefuseReason::Empty);
    }
    let place = raw.place.as_ref();
    let point = place.and_then(|place| {
        let (lon, lat) = place.lon_lat?;
        Some((ExactPoint::new(lon, lat)?, place.origin))
    });
    Ok(Draft {
        network,
        languages: language::declared(std::mem::take(&mut raw.languages)),
        text,
        facets,
        tags,
        created_at,
        date_corrected,
        edited_at: raw.edited.then_some(now),
        point,
        raw,
    })
}

impl Draft {
    pub const fn network(&self) -> Network {
        self.network
    }

    pub const fn author(&self) -> &AuthorId {
        &self.raw.author
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn tags(&self) -> &[Hashtag] {
        &self.tags
    }

    /// The languages that the author declared. `None`: none was, and the text has yet to be asked.
    pub fn languages(&self) -> Option<&[String]> {
        (!self.languages.is_empty()).then_some(&self.languages)
    }

    pub const fn reply(&self) -> Option<&Reply> {
        self.raw.reply.as_ref()
    }

    pub fn point(&self) -> Option<ExactPoint> {
        self.point.map(|(point, _)| point)
    }

    /// Whom it addresses by their account.
    pub fn addressed(&self) -> &[AuthorId] {
        &self.raw.addressed
    }

    pub const fn is_unlisted(&self) -> bool {
        matches!(self.raw.visibility, Visibility::Unlisted)
    }

    pub const fn created_at(&self) -> Timestamp {
        self.created_at
    }

    pub fn url(&self) -> Option<String> {
        self.raw.url.as_deref().and_then(address::sound)
    }

    /// The post, under the id derived of its native one.
    pub fn complete(self, id: PostId) -> Post {
        let Self { raw, network, text, facets, tags, languages, created_at, date_corrected, edited_at, point } = self;
        let raw = *raw;
        let place_name = raw.place.and_then(|place| place.name);
        let place_name =
            place_name.map(|name| text::clean_line(&name, PLACE_CHARS_MAX)).filter(|name| !name.is_empty());
        let languages = if languages.is_empty() { language::detected(&text).into_iter().collect() } else { languages };
        Post {
            id,
            network,
            native_id: raw.native_id,
            author: raw.author,
            url: raw.url.as_deref().and_then(address::sound),
            languages,
            text,
            facets,
            created_at,
            date_corrected,
            edited_at,
            revision: cut_bytes(raw.revision, REVISION_BYTES_MAX),
            tags,
            media: raw.media.iter().filter_map(sound_medium).take(MEDIA_MAX).collect(),
            reply: raw.reply,
            point,
            place_name,
            schedule: raw.schedule,
            labels: sound_labels(raw.labels),
            automated: raw.automated,
            copy_of: raw.copy_of.filter(|origin| origin.len() <= ORIGIN_BYTES_MAX),
            unlisted: raw.visibility == Visibility::Unlisted,
            addressed: raw.addressed,
        }
    }
}

/// Cleans what a card shows of an author and bounds what consent reads. The bio keeps its line breaks and any HTML,
/// for consent looks for marks in it.
pub fn clean_profile(profile: AuthorProfile) -> AuthorProfile {
    let line = |value: Option<String>, chars| {
        value.map(|value| text::clean_line(&value, chars)).filter(|value: &String| !value.is_empty())
    };
    AuthorProfile {
        handle: line(profile.handle, HANDLE_CHARS_MAX),
        name: line(profile.name, NAME_CHARS_MAX),
        bio: profile.bio.chars().take(BIO_CHARS_MAX).collect(),
        labels: sound_labels(profile.labels),
        ..profile
    }
}

fn check_age(raw: &RawPost, network: Network, earliest: Timestamp) -> Result<(), RefuseReason> {
    // What is still to come is news, however long ago a body announced it.
    if network.is_listing() && raw.schedule.over_at().is_some_and(|end| end > earliest) {
        return Ok(());
    }
    let is_stood_by = network.is_listing() || network == Network::Push;
    let oldest_s = if is_stood_by { OLDEST_OF_LISTS_S } else { OLDEST_S };
    match raw.created_at {
        Some(at) if earliest > at.plus_seconds(oldest_s) => Err(RefuseReason::TooOld),
        // A missing date has its own reason, given where every post passes.
        _ => Ok(()),
    }
}

/// The date to go by, and whether it is not the author's own (D7).
fn created_at(
    created_at: Option<Timestamp>,
    latest: Timestamp,
    now: Timestamp,
) -> Result<(Timestamp, bool), RefuseReason> {
    let at = created_at.ok_or(RefuseReason::BadDate)?;
    if at > latest.plus_seconds(FUTURE_MAX_S) {
        return Err(RefuseReason::FromTheFuture);
    }
    let is_ahead = at > now.plus_seconds(CLOCK_SKEW_S);
    Ok((if is_ahead { now } else { at }, is_ahead))
}

fn sound_id(id: &str) -> bool {
    !id.is_empty() && id.len() <= ID_BYTES_MAX && !id.chars().any(char::is_control)
}

/// One sound id of the two is enough to know the thread. With none, the post is refused and not taken for a
/// top-level one, because more rules admit those.
fn sound_reply(reply: Reply) -> Result<Reply, RefuseReason> {
    let sound = |id: &NativeId| sound_id(id.as_str());
    match (sound(&reply.parent), sound(&reply.root)) {
        (true, true) => Ok(reply),
        (true, false) => Ok(Reply { root: reply.parent.clone(), parent: reply.parent }),
        (false, true) => Ok(Reply { parent: reply.root.clone(), root: reply.root }),
        (false, false) => Err(RefuseReason::BadId),
    }
}

/// `None` for a link that leads nowhere and says nothing.
fn sound_medium(medium: &Media) -> Option<Media> {
    let url = medium.url.as_deref().and_then(address::sound);
    let alt = text::clean(&medium.alt, ALT_CHARS_MAX).text.into_owned();
    let says_something = medium.kind != MediaKind::Link || url.is_some() || !alt.is_empty();
    says_something.then_some(Media { kind: medium.kind, url, alt })
}

/// At the bound, negations go first: a label that stands refuses, so losing a negation errs on the author's side.
fn sound_labels(labels: Vec<Label>) -> Vec<Label> {
    let mut kept: Vec<Label> = Vec::new();
    for negated in [false, true] {
        for label in labels.iter().filter(|label| label.negated == negated) {
            let fits = !label.value.is_empty() && label.value.len() <= LABEL_BYTES_MAX && kept.len() < Label::COUNT_MAX;
            if fits && !kept.contains(label) {
                kept.push(label.clone());
            }
        }
    }
    kept
}

fn cut_bytes(mut text: String, bytes_max: usize) -> String {
    let mut end = text.len().min(bytes_max);
    while !text.is_char_boundary(end) {
        end = end.saturating_sub(1);
    }
    text.truncate(end);
    text
}

/// The mark of a tag, in its two widths.
const fn is_hash(c: char) -> bool {
    matches!(c, '#' | '＃')
}

fn facet(start: usize, end: usize, kind: FacetKind, value: impl Into<String>) -> Facet {
    Facet { start, end, kind, value: value.into() }
}
