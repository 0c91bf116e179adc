//! What must hold of posts, profiles and cards, wherever they came from.
//!
//! Owns the promises of `normalize` and of the pages, written a second time. Does not own any input.
//! Invariant: a check never mends what it checks.

use parvis::domain::{
    AuthorProfile, Card, CardAuthor, CardRenderer, FacetKind, Hashtag, Label, MediaKind, Placement, Post, Tier,
    Timestamp, fold_tag,
};
use parvis::http::page::PageRenderer;
use parvis::http::view::post_json;
use unicode_normalization::is_nfc;

use super::markup;
use super::town::{NOW, Served};

/// The longest card that any post can become, in bytes, in any form. Ten thousand characters may take six bytes each
/// as references, and 64 links and four media have their addresses beside them.
const CARD_BYTES_MAX: usize = 1 << 20;

/// Characters that a cleaned text never holds: those that reorder what is around them, and those that do not show.
fn is_removed(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}') || (c.is_control() && c != '\n')
}

pub fn line(text: &str, chars_max: usize) {
    assert!(text.chars().count() <= chars_max, "{} characters", text.chars().count());
    assert!(!text.chars().any(|c| is_removed(c) || c == '\n'), "{text:?}");
}

pub fn web_address(address: &str) {
    assert!(address.len() <= 2_048, "{address}");
    let url = url::Url::parse(address).expect("an address that was parsed once");
    assert!(matches!(url.scheme(), "http" | "https") && url.has_host(), "{address}");
    assert!(url.username().is_empty() && url.password().is_none(), "{address}");
    // A quotation mark may stand in a host, says the standard; the templates escape it.
    assert!(!address.chars().any(|c| c.is_control() || c.is_whitespace() || matches!(c, '<' | '>')), "{address}");
}

pub fn post(post: &Post) {
    assert!(post.text.chars().count() <= 10_000);
    assert!(!post.text.chars().any(is_removed), "{:?}", post.text);
    assert!(is_nfc(&post.text) && !post.text.contains("\n\n\n"), "{:?}", post.text);
    assert!(!post.text.is_empty() || !post.media.is_empty());
    assert!(post.native_id.as_str().len() <= 1_024 && post.author.as_str().len() <= 1_024);
    assert!(post.revision.len() <= 256 && post.facets.len() <= 64 && post.tags.len() <= 32);
    assert!(post.media.len() <= 4 && post.languages.len() <= 3 && post.labels.len() <= Label::COUNT_MAX);
    assert!(post.created_at <= NOW.plus_seconds(300));
    post.url.iter().for_each(|url| web_address(url));
    post.place_name.iter().for_each(|name| line(name, 100));
    let mut end = 0;
    for facet in &post.facets {
        assert!(end <= facet.start && facet.start < facet.end, "in order and apart: {:?}", post.facets);
        assert!(post.text.get(facet.start..facet.end).is_some(), "inside, on borders: {facet:?} {:?}", post.text);
        end = facet.end;
        match facet.kind {
            FacetKind::Link => web_address(&facet.value),
            FacetKind::Mention => assert!(!facet.value.is_empty() && facet.value.len() <= 1_024),
            FacetKind::Tag => assert!(Hashtag::new(&facet.value).is_some(), "{facet:?}"),
        }
    }
    for tag in &post.tags {
        assert!(!tag.key.is_empty() && tag.display.len() <= Hashtag::BYTES_MAX, "{tag:?}");
        line(&tag.display, Hashtag::BYTES_MAX);
        folded(&tag.display, &tag.key);
    }
    for medium in &post.media {
        medium.url.iter().for_each(|url| web_address(url));
        assert!(medium.alt.chars().count() <= 2_000 && !medium.alt.chars().any(is_removed));
        assert!(medium.kind != MediaKind::Link || medium.url.is_some() || !medium.alt.is_empty());
    }
    for language in &post.languages {
        assert!(
            matches!(language.len(), 2 | 3) && language.bytes().all(|byte| byte.is_ascii_lowercase()),
            "{language}"
        );
    }
}

/// A tag's page is asked for by its key: the key must lead to itself.
pub fn folded(tag: &str, key: &str) {
    assert_eq!(fold_tag(tag), key);
    assert_eq!(fold_tag(key), key, "{tag:?}");
}

pub fn profile(profile: &AuthorProfile) {
    profile.name.iter().for_each(|name| line(name, 100));
    profile.handle.iter().for_each(|handle| line(handle, 300));
    assert!(profile.bio.chars().count() <= 10_000 && profile.labels.len() <= Label::COUNT_MAX);
}

/// The card of a placed post, as the store makes it; `None` for one that no reader sees.
pub fn card(post: &Post, author: &AuthorProfile, placement: &Placement, received_at: Timestamp) -> Option<Card> {
    Some(Card {
        id: post.id,
        city: placement.city.clone(),
        position: 1,
        network: post.network,
        native_id: post.native_id.clone(),
        url: post.url.clone(),
        author: CardAuthor {
            id: author.id.clone(),
            handle: author.handle.clone(),
            name: author.name.clone(),
            official: placement.official.clone(),
        },
        text: post.text.clone(),
        facets: post.facets.clone(),
        lang: post.languages.first().cloned(),
        created_at: post.created_at,
        received_at,
        edited_at: post.edited_at,
        date_corrected: post.date_corrected,
        tags: post.tags.iter().map(|tag| tag.display.clone()).collect(),
        media: post.media.clone(),
        reply_to: placement.reply_to,
        thread: placement.thread,
        location: placement.location,
        zone: placement.zone.clone(),
        zone_from_text: placement.zone_from_text,
        lane: placement.lane.clone(),
        schedule: post.schedule,
        expires_at: placement.expires_at,
        sensitive: !post.labels.is_empty(),
        automated: post.automated,
        covered: None,
        pinned: false,
        tier: placement.tier.unwrap_or(Tier::Public),
        copies: Vec::new(),
        reasons: placement.reasons.clone(),
        recipe: placement.recipe.clone(),
    })
    .filter(|_| placement.tier.is_some())
}

/// Renders a card in every form and checks each.
pub fn rendered(card: &Card) {
    let renderer = PageRenderer::new(std::sync::Arc::new(Served), post_json);
    let json = renderer.json(card);
    assert!(json.len() <= CARD_BYTES_MAX, "{} bytes of JSON", json.len());
    assert!(!json.contains('\n'), "a block of an event stream is a line: {json}");
    let read: serde_json::Value = serde_json::from_str(&json).expect("a card is JSON");
    assert_eq!(read["text"].as_str(), Some(card.text.as_str()));
    assert_eq!(read["facets"].as_array().map(Vec::len), Some(card.facets.len()));
    if let Some(at) = card.location {
        // About a hundred metres of a degree: the centre of a kilometre cell, and not where somebody stood.
        let centre = |degrees: f64, read: &serde_json::Value| (read.as_f64().expect("a number") - degrees).abs() < 1e-9;
        assert!(centre(at.lat, &read["location"]["lat"]) && centre(at.lon, &read["location"]["lon"]));
        assert!(at.precision_m >= 1_000, "{at:?}");
    }
    for language in ["fr", "en"] {
        let html = renderer.html(card, language);
        assert!(html.len() <= CARD_BYTES_MAX, "{} bytes of HTML", html.len());
        markup::assert_card(&html);
    }
}
