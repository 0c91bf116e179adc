//! The tokenizer and normalizer: texts, marked ranges, tags, names, addresses, languages.
//!
//! Owns the making of a post as a network might claim it. Does not own wire formats (`frame` does).
//! Invariant: the fields stand one after the other with a separator between them, so that any bytes make a post.

use parvis::domain::{
    AuthorId, AuthorProfile, Facet, FacetKind, Hashtag, Label, LocationOrigin, Media, MediaKind, NativeId, Network,
    Post, PostId, RawFacet, RawPlace, RawPost, RefuseReason, Reply, Schedule, Visibility, fold_tag, fold_words,
};
use parvis::matcher::{ListedAccounts, MatchContext};
use parvis::normalize::{clean_profile, normalize};

use super::sound;
use super::town::{CITIES, NOW, key};

/// Between two fields. A control character: no text keeps one.
const SEPARATOR: u8 = 0x1e;

pub fn run(data: &[u8]) {
    words(&String::from_utf8_lossy(data));
    let fields: Vec<String> = data
        .split(|byte| *byte == SEPARATOR)
        .take(40)
        .map(|field| String::from_utf8_lossy(field).into_owned())
        .collect();
    let Ok(post) = completed(raw(&fields)) else { return };
    sound::post(&post);
    let context = MatchContext { listed: &ListedAccounts::default(), thread: None };
    let matches = CITIES.matches(&post, &context);
    assert!(matches.found.len() <= 1 && matches.found.iter().all(|found| (1..=8).contains(&found.reasons.len())));
    assert_eq!(CITIES.matches(&post, &context), matches, "matching is pure");

    let again = RawPost {
        text: post.text.clone(),
        facets: post.facets.iter().map(as_claimed).collect(),
        tags: post.tags.iter().map(|tag| tag.display.clone()).collect(),
        languages: post.languages.clone(),
        media: post.media.clone(),
        url: post.url.clone(),
        revision: post.revision.clone(),
        ..raw(&fields)
    };
    let again = completed(again).expect("what is sound stays so");
    assert_eq!((&again.text, &again.media), (&post.text, &post.media));
    // Where the range of the only tag lay under another one, the tag counts and its range is gone: the text is then read
    // for tags, as that of a post whose network marks none.
    if post.tags.is_empty() || post.facets.iter().any(|facet| facet.kind == FacetKind::Tag) {
        assert_eq!(again.facets, post.facets);
    }
    assert_eq!((&again.url, &again.languages, &again.revision), (&post.url, &post.languages, &post.revision));

    let profile = AuthorProfile {
        name: fields.first().cloned(),
        handle: fields.last().cloned(),
        bio: fields.concat(),
        labels: post.labels.clone(),
        ..AuthorProfile::assumed(post.author.clone(), Network::Bluesky)
    };
    let clean = clean_profile(profile);
    sound::profile(&clean);
    assert_eq!(clean_profile(clean.clone()), clean, "cleaning twice changes nothing");
}

fn completed(raw: RawPost) -> Result<Post, RefuseReason> {
    let id = PostId::derive(&key(), Network::Bluesky, &raw.native_id);
    Ok(normalize(Box::new(raw), Network::Bluesky, None, NOW)?.complete(id))
}

/// Folding is settled after one time, and splits words where it says.
fn words(text: &str) {
    sound::folded(text, &fold_tag(text));
    for word in fold_words(text) {
        assert!(!word.is_empty() && word.chars().all(char::is_alphanumeric), "{word:?}");
        assert_eq!(fold_words(&word), std::slice::from_ref(&word), "{text:?}");
    }
    if let Some(tag) = Hashtag::new(text) {
        assert!(tag.display.len() <= Hashtag::BYTES_MAX && !tag.key.is_empty());
    }
}

fn raw(fields: &[String]) -> RawPost {
    let field = |at: usize| fields.get(at).cloned().unwrap_or_default();
    let some = |at: usize| fields.get(at).cloned();
    let rest = || fields.iter().skip(8).cloned();
    let text = field(0);
    RawPost {
        native_id: NativeId::new("at://did:plc:fuzz/app.bsky.feed.post/1"),
        author: AuthorId::new("did:plc:fuzz"),
        profile: None,
        url: some(2),
        facets: facets(&field(1), &text, &rest().collect::<Vec<_>>()),
        text,
        languages: rest().collect(),
        created_at: Some(NOW),
        edited: false,
        revision: field(3),
        tags: some(4).into_iter().chain(rest()).collect(),
        media: [MediaKind::Link, MediaKind::Image]
            .into_iter()
            .map(|kind| Media { kind, url: some(2), alt: field(5) })
            .collect(),
        reply: some(7).map(|id| Reply { parent: NativeId::new("at://a"), root: NativeId::new(id) }),
        place: some(6).map(|name| RawPlace {
            lon_lat: Some((-1.55, 47.15)),
            name: Some(name),
            origin: LocationOrigin::Geotag,
        }),
        schedule: Schedule::default(),
        labels: rest().map(Label::plain).collect(),
        visibility: Visibility::Public,
        automated: false,
        copy_of: some(2),
        addressed: rest().map(AuthorId::new).collect(),
    }
}

/// A range for every three bytes: where it begins, how long it is, and of what kind it is; the values in turn.
fn facets(spec: &str, text: &str, values: &[String]) -> Vec<RawFacet> {
    spec.as_bytes()
        .chunks(3)
        .zip(0_usize..)
        .map(|(spec, turn)| {
            let byte = |at: usize| i64::from(spec.get(at).copied().unwrap_or_default());
            let start = byte(0) * if byte(2) > 128 { 37 } else { 1 } - i64::from(byte(2) == 7);
            let end = start + byte(1) - 2;
            let kind = [FacetKind::Tag, FacetKind::Mention, FacetKind::Link][turn % 3];
            let marked = || {
                let range = usize::try_from(start).ok()?..usize::try_from(end).ok()?;
                text.get(range).map(str::to_owned)
            };
            let value = values.get(turn % values.len().max(1)).cloned().or_else(marked).unwrap_or_default();
            RawFacet { start, end, kind, value }
        })
        .collect()
}

fn as_claimed(facet: &Facet) -> RawFacet {
    let offset = |at: usize| i64::try_from(at).expect("a text is short");
    RawFacet { start: offset(facet.start), end: offset(facet.end), kind: facet.kind, value: facet.value.clone() }
}
