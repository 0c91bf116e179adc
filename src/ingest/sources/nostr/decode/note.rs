//! A short text note: kind 1 (NIP-10, 27, 92).

use super::{
    ADDRESS_BYTES_MAX, Reading, TEXT_BYTES_MAX, author, bounded, copy_of, expiration, hashtags, is_protected, labels,
    languages, place, time,
};
use crate::domain::{AuthorId, FacetKind, Media, MediaKind, NativeId, RawFacet, RawPost, Reply, Schedule, Visibility};
use crate::ingest::sources::nostr::event::{Signed, Text, is_key};
use crate::ingest::sources::nostr::nip19;

/// Media handed on, of which `normalize` keeps four.
const MEDIA_MAX: usize = 8;
/// Accounts that a note is taken to address: it names whom it mentions and whom it answers (NIP-10, 27).
const ADDRESSED_MAX: usize = 32;
/// Names in a text that are made short; further ones stand as they are. `normalize` keeps 64 marked ranges.
const NAMES_MAX: usize = 64;
/// Letters of a name that are shown.
const NAME_SHOWN: usize = 12;
const NAMES: [&str; 5] = ["npub1", "nprofile1", "note1", "nevent1", "naddr1"];

pub fn read(event: &Signed<'_>, reading: &Reading) -> RawPost {
    let (text, facets) = readable(&event.content, &reading.page);
    let labels = labels(event);
    RawPost {
        url: nip19::nevent(&event.id, &event.pubkey).map(|name| format!("{}{name}", reading.page)),
        facets,
        languages: languages(event),
        tags: hashtags(event),
        media: event.tags("imeta").filter_map(medium).take(MEDIA_MAX).collect(),
        reply: reply(event),
        place: place(event),
        schedule: Schedule { ends_at: expiration(event), ..Schedule::default() },
        automated: labels.iter().any(|label| label.value == "bot"),
        labels,
        visibility: if is_protected(event) { Visibility::Restricted } else { Visibility::Public },
        copy_of: copy_of(event),
        addressed: event.values("p").filter(|key| is_key(key)).take(ADDRESSED_MAX).map(AuthorId::new).collect(),
        ..RawPost::bare(author(event), NativeId::new(&*event.id), text, time(event.created_at))
    }
}

/// The text with the names of persons and events in it (`nostr:npub1…`) made short, each a link to its page.
fn readable(content: &str, page: &str) -> (String, Vec<RawFacet>) {
    const SCHEME: &str = "nostr:";
    let (mut text, mut facets) = (String::new(), Vec::new());
    let mut rest = content;
    while let Some(at) = rest.find(SCHEME).filter(|_| facets.len() < NAMES_MAX && text.len() < TEXT_BYTES_MAX) {
        let (before, after) = (rest.get(..at).unwrap_or_default(), rest.get(at + SCHEME.len()..).unwrap_or_default());
        text.push_str(before);
        let end = after.find(|c: char| !c.is_ascii_lowercase() && !c.is_ascii_digit()).unwrap_or(after.len());
        let name = after.get(..end).unwrap_or_default();
        rest = after.get(end..).unwrap_or_default();
        let is_name = NAMES.iter().any(|prefix| name.starts_with(prefix)) && name.len() <= ADDRESS_BYTES_MAX;
        if !is_name {
            text.push_str(SCHEME);
            text.push_str(name);
            continue;
        }
        let start = text.len();
        if name.starts_with("np") {
            text.push('@');
        }
        text.extend(name.chars().take(NAME_SHOWN));
        text.push('…');
        let range = i64::try_from(start).ok().zip(i64::try_from(text.len()).ok());
        let value = format!("{page}{name}");
        facets.extend(range.map(|(start, end)| RawFacet { start, end, kind: FacetKind::Link, value }));
    }
    text.push_str(rest);
    (bounded(&text), facets)
}

/// The post that this one answers: by the marks on its references, or on older software's by their order.
fn reply(event: &Signed<'_>) -> Option<Reply> {
    let references: Vec<(&str, &str)> = event
        .tags("e")
        .filter_map(|values| Some((&*values.first()?.0, values.get(2).map_or("", |mark| &*mark.0))))
        .filter(|(id, _)| is_key(id))
        .collect();
    let marked = |mark: &str| references.iter().find(|(_, mark_of)| *mark_of == mark).map(|(id, _)| *id);
    let (root, parent) = match (marked("root"), marked("reply")) {
        (None, None) => {
            let mut unmarked = references.iter().filter(|(_, mark)| mark.is_empty()).map(|(id, _)| *id);
            let first = unmarked.next()?;
            (first, unmarked.next_back().unwrap_or(first))
        }
        (Some(root), parent) => (root, parent.unwrap_or(root)),
        (None, Some(parent)) => (parent, parent),
    };
    Some(Reply { parent: NativeId::new(parent), root: NativeId::new(root) })
}

/// A picture or film that the text leads to, by its description.
fn medium(values: &[Text<'_>]) -> Option<Media> {
    let field = |name: &str| values.iter().find_map(|value| value.0.strip_prefix(name)?.strip_prefix(' '));
    let kind = match field("m")?.split('/').next() {
        Some("image") => MediaKind::Image,
        Some("video") => MediaKind::Video,
        _ => return None,
    };
    let url = field("url").filter(|url| url.len() <= ADDRESS_BYTES_MAX).map(str::to_owned);
    Some(Media { kind, url, alt: field("alt").map(bounded).unwrap_or_default() })
}
