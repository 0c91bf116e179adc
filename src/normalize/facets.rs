use super::text::Cleaned;
use super::{address, facet, sound_id, tags};
use crate::domain::{Facet, FacetKind, Hashtag, RawFacet};

/// Facets kept; a text of 300 graphemes, the longest of Bluesky, has no room for more that mean something.
const FACETS_MAX: usize = 64;
/// Facets looked at: sorting a hostile megabyte of them would cost more than the post is worth.
const RAW_FACETS_MAX: usize = 1_024;

/// The facets that can be believed, moved to the cleaned text, in order and apart, and the tags that they name.
/// Real records hold ranges outside the text, inverted, or cutting a character: those facets are dropped, with their
/// tags, and where that leaves no tag the text itself is read. Of two that overlap the earlier stays, though both
/// tags count.
pub(super) fn sound(raw: &[RawFacet], raw_text: &str, cleaned: &Cleaned<'_>) -> (Vec<Facet>, Vec<Hashtag>) {
    let mut sound: Vec<(Facet, Option<Hashtag>)> =
        raw.iter().take(RAW_FACETS_MAX).filter_map(|raw| sound_one(raw, raw_text, cleaned)).collect();
    sound.sort_by_key(|(facet, _)| facet.start);
    let (mut sound, tags): (Vec<Facet>, Vec<Option<Hashtag>>) = sound.into_iter().unzip();
    let tags = tags.into_iter().flatten().collect();
    let mut end = 0;
    sound.retain(|facet| {
        let apart = end <= facet.start;
        if apart {
            end = facet.end;
        }
        apart
    });
    sound.truncate(FACETS_MAX);
    (sound, tags)
}

/// The facet, and what it names if it is a tag.
fn sound_one(raw: &RawFacet, raw_text: &str, cleaned: &Cleaned<'_>) -> Option<(Facet, Option<Hashtag>)> {
    let (start, end) = (usize::try_from(raw.start).ok()?, usize::try_from(raw.end).ok()?);
    if start >= end {
        return None;
    }
    // `get` answers for both: inside the text, and on borders of characters.
    raw_text.get(start..end)?;
    let (start, end) = cleaned.range(start, end)?;
    let (value, tag) = match raw.kind {
        FacetKind::Link => (address::sound(&raw.value)?, None),
        FacetKind::Mention => (Some(raw.value.trim()).filter(|id| sound_id(id))?.to_owned(), None),
        FacetKind::Tag => {
            let tag = tags::sound(&raw.value)?;
            (tag.display.clone(), Some(tag))
        }
    };
    Some((facet(start, end, raw.kind, value), tag))
}

/// Puts facets that were found in the text among those the network gave; the network's win.
pub(super) fn merge(given: Vec<Facet>, found: Vec<Facet>) -> Vec<Facet> {
    let mut merged = given;
    for facet in found {
        let at = merged.partition_point(|other| other.start < facet.start);
        let before_ends =
            at.checked_sub(1).and_then(|before| merged.get(before)).is_none_or(|other| other.end <= facet.start);
        let after_starts = merged.get(at).is_none_or(|other| facet.end <= other.start);
        if before_ends && after_starts && merged.len() < FACETS_MAX {
            merged.insert(at, facet);
        }
    }
    merged
}
