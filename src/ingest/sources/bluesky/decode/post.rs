//! The post record.
//!
//! Owns how a record's fields become a [`RawPost`]. Does not own their checking: ranges, dates and places are handed on
//! as claimed. Invariant: an unknown `$type` is skipped; only a record that is no object at all is unreadable; and what a
//! post holds while it waits is a fraction of the mebibyte that a frame may have.

use super::{AUTOMATED, bounded, cut, date, self_labels};
use crate::domain::{
    AuthorId, FacetKind, LocationOrigin, Media, MediaKind, NativeId, RawFacet, RawPlace, RawPost, Reply, Schedule,
    Visibility,
};
use crate::ingest::lenient;
use crate::ingest::sources::bluesky::wire::{Commit, Embed, Facet, Place, PostRecord, ReplyRefs, StrongRef};

/// Facets, tags and languages handed on, and bytes of all their values together: the first ones count. All are more than
/// what `normalize` keeps (64, 32 and 3) and than a text of 300 graphemes, the longest there is, has room for.
const FACETS_MAX: usize = 256;
const FACETS_BYTES_MAX: usize = 64 << 10;
const TAGS_MAX: usize = 64;
const TAGS_BYTES_MAX: usize = 32 << 10;
const LANGUAGES_MAX: usize = 16;
const LANGUAGES_BYTES_MAX: usize = 1 << 10;
const MENTION: &str = "app.bsky.richtext.facet#mention";
/// Accounts that a post is taken to address; a text of 300 graphemes has room for a few dozen names.
const ADDRESSED_MAX: usize = 32;
/// Media handed on, of which `normalize` keeps four, and bytes of one's address and of its description.
const MEDIA_MAX: usize = 8;
const ADDRESS_BYTES_MAX: usize = 2_048;
const ALT_BYTES_MAX: usize = 16 << 10;
/// Longer addresses of records, and revisions, are never sound; this much of them is enough to see it.
const ID_BYTES_MAX: usize = 1_100;
const REVISION_BYTES_MAX: usize = 256;

/// `None` when there is no record, or it is not an object.
pub fn read(author: AuthorId, native_id: NativeId, commit: &Commit<'_>) -> Option<Box<RawPost>> {
    let record: PostRecord<'_> = lenient::object(commit.record?)?;
    let url = ["https://bsky.app/profile/", author.as_str(), "/post/", &commit.rkey].concat();
    let labels = self_labels(record.labels.as_ref());
    let embeds = embeds(record.embed);
    let reply = record.reply.and_then(reply);
    let addressed = addressed(&record.facets, reply.as_ref());
    Some(Box::new(RawPost {
        media: embeds.iter().flat_map(|embed| media(embed, &url)).take(MEDIA_MAX).collect(),
        place: place(&embeds, record.location.iter().chain(&record.locations)),
        reply,
        native_id,
        author,
        // The record carries nothing of its author: handle, bio and account labels must be asked for.
        profile: None,
        url: Some(url),
        text: bounded(&record.text),
        facets: first(record.facets.iter().flat_map(facets), FACETS_MAX, FACETS_BYTES_MAX, |facet| facet.value.len()),
        languages: first(record.langs, LANGUAGES_MAX, LANGUAGES_BYTES_MAX, String::len),
        created_at: date(&record.created_at),
        edited: commit.operation == "update",
        revision: cut(&commit.rev, REVISION_BYTES_MAX),
        tags: first(record.tags, TAGS_MAX, TAGS_BYTES_MAX, String::len),
        automated: labels.iter().any(|label| label.value == AUTOMATED),
        labels,
        schedule: Schedule::default(),
        // Whatever is in a repository is public; who may see it is said on the profile.
        visibility: Visibility::Public,
        copy_of: copy_of(&record.bridgy_original_url),
        addressed,
    }))
}

/// Whom the text mentions, and whose post it answers: an address of a record begins with its author's identity.
fn addressed(facets: &[Facet<'_>], reply: Option<&Reply>) -> Vec<AuthorId> {
    let features = facets.iter().flat_map(|facet| &facet.features);
    let mentioned = features.filter(|feature| feature.kind == MENTION).map(|feature| &*feature.did);
    let answered = reply.and_then(|reply| reply.parent.as_str().strip_prefix("at://")?.split('/').next());
    let is_sound = |did: &&str| did.starts_with("did:") && did.len() <= ID_BYTES_MAX;
    answered.into_iter().chain(mentioned).filter(is_sound).take(ADDRESSED_MAX).map(AuthorId::new).collect()
}

/// Cut off, an address would be another's.
fn copy_of(address: &str) -> Option<String> {
    (!address.is_empty() && address.len() <= ADDRESS_BYTES_MAX).then(|| address.to_owned())
}

/// The first of the given, up to a number of them and of their bytes.
fn first<T>(
    given: impl IntoIterator<Item = T>,
    count_max: usize,
    bytes_max: usize,
    bytes: impl Fn(&T) -> usize,
) -> Vec<T> {
    let mut left = bytes_max;
    let fits = |one: &T| {
        let rest = left.checked_sub(bytes(one));
        left = rest.unwrap_or_default();
        rest.is_some()
    };
    given.into_iter().take(count_max).take_while(fits).collect()
}

/// One range for each feature that is known; the same range may be marked twice.
fn facets<'a>(facet: &'a Facet<'a>) -> impl Iterator<Item = RawFacet> + 'a {
    facet.features.iter().filter_map(|feature| {
        let index = facet.index?;
        let (kind, value) = match &*feature.kind {
            "app.bsky.richtext.facet#tag" => (FacetKind::Tag, &feature.tag),
            MENTION => (FacetKind::Mention, &feature.did),
            "app.bsky.richtext.facet#link" => (FacetKind::Link, &feature.uri),
            _ => return None,
        };
        let known = |value: &str| RawFacet { start: index.byte_start, end: index.byte_end, kind, value: value.into() };
        (!value.is_empty()).then(|| known(value))
    })
}

fn reply(refs: ReplyRefs<'_>) -> Option<Reply> {
    let id = |reference: Option<StrongRef<'_>>| {
        let reference = reference?;
        reference.uri.starts_with("at://").then(|| NativeId::new(cut(&reference.uri, ID_BYTES_MAX)))
    };
    // Software that forgets one of the two means a thread of two posts.
    match (id(refs.parent), id(refs.root)) {
        (Some(parent), Some(root)) => Some(Reply { parent, root }),
        (Some(only), None) | (None, Some(only)) => Some(Reply { parent: only.clone(), root: only }),
        (None, None) => None,
    }
}

/// The embed itself, or the media inside a quote with media.
fn embeds(embed: Option<Embed<'_>>) -> Vec<Embed<'_>> {
    let inner = embed.as_ref().filter(|embed| embed.kind == "app.bsky.embed.recordWithMedia");
    let inner = inner.and_then(|embed| embed.media).and_then(lenient::read);
    inner.or(embed).into_iter().collect()
}

/// What hangs on the post. Pictures and films have no address of their own here, for they are never hot-linked: the
/// card leads to the post.
fn media(embed: &Embed<'_>, post: &str) -> Vec<Media> {
    let on_post = |kind, alt: &str| Media { kind, url: Some(post.to_owned()), alt: cut(alt.trim(), ALT_BYTES_MAX) };
    match &*embed.kind {
        "app.bsky.embed.images" => embed.images.iter().map(|image| on_post(MediaKind::Image, &image.alt)).collect(),
        "app.bsky.embed.video" => vec![on_post(MediaKind::Video, &embed.alt)],
        "app.bsky.embed.external" => {
            let external = embed.external.iter().filter(|external| !external.uri.is_empty());
            let link = |uri: &str, title: &str| Media {
                kind: MediaKind::Link,
                url: (uri.len() <= ADDRESS_BYTES_MAX).then(|| uri.to_owned()),
                alt: cut(title.trim(), ALT_BYTES_MAX),
            };
            external.map(|external| link(&external.uri, &external.title)).collect()
        }
        _ => Vec::new(),
    }
}

/// The first coordinates that the post carries, under their own name or else the first name of a place. Coordinates
/// with a name of their own are those of the place, not of the author.
fn place<'a>(embeds: &[Embed<'_>], locations: impl Iterator<Item = &'a Place<'a>>) -> Option<RawPlace> {
    let of_embeds = embeds
        .iter()
        .filter(|embed| embed.kind.ends_with(".embed.geo"))
        .map(|embed| (embed.longitude.zip(embed.latitude), &*embed.name));
    let of_locations = locations.filter(|place| place.kind.is_empty() || is_location(&place.kind)).map(|place| {
        let name = if place.name.is_empty() { &*place.locality } else { &*place.name };
        (place.longitude.zip(place.latitude), name)
    });
    let places: Vec<(Option<(f64, f64)>, &str)> =
        of_embeds.chain(of_locations).map(|(point, name)| (point, name.trim())).collect();
    let pinned = places.iter().find(|(point, _)| point.is_some());
    let own_name = pinned.map(|(_, name)| *name).filter(|name| !name.is_empty());
    let name = own_name.or_else(|| places.iter().map(|(_, name)| *name).find(|name| !name.is_empty()));
    let lon_lat = pinned.and_then(|(point, _)| *point);
    (lon_lat.is_some() || name.is_some()).then(|| RawPlace {
        lon_lat,
        name: name.map(bounded),
        origin: if own_name.is_some() { LocationOrigin::Place } else { LocationOrigin::Geotag },
    })
}

/// The published name is `location`, stored versions say `locations`.
fn is_location(kind: &str) -> bool {
    kind.starts_with("community.lexicon.location.") || kind.starts_with("community.lexicon.locations.")
}
