use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::domain::{Card, CardCopy, CoarseLocation, Facet, Media, Motive, Reason, Timestamp};

use super::to_json;

/// A post as readers get it.
#[derive(Serialize, ToSchema)]
#[schema(as = Post)]
pub struct PostView<'a> {
    /// Opaque; it is the card, whatever copies come and go.
    id: String,
    /// Sorts posts, newest last; a post keeps its own for ever.
    position: u64,
    network: &'static str,
    native_id: &'a str,
    #[schema(required)]
    url: Option<&'a str>,
    author: AuthorView<'a>,
    /// Plain text.
    text: &'a str,
    facets: Vec<FacetView<'a>>,
    #[schema(required)]
    lang: Option<&'a str>,
    created_at: String,
    /// The author's own date lay ahead; `created_at` is when the post was read.
    date_corrected: bool,
    received_at: String,
    /// When its author's last change of it was read.
    #[schema(required)]
    edited_at: Option<String>,
    /// As written, without `#`.
    tags: &'a [String],
    media: Vec<MediaView<'a>>,
    /// The `id` of the post that this one answers, where we hold it.
    #[schema(required)]
    reply_to: Option<String>,
    #[schema(required)]
    location: Option<LocationView>,
    #[schema(required)]
    zone: Option<&'a str>,
    /// `people`, `info`, `press`, `agenda`, `around` or `event:<slug>`.
    lane: String,
    #[schema(required)]
    starts_at: Option<String>,
    #[schema(required)]
    ends_at: Option<String>,
    #[schema(required)]
    expires_at: Option<String>,
    cancelled: bool,
    sensitive: bool,
    automated: bool,
    /// Moderators folded it, for this motive: show it behind a line that says so.
    #[schema(required)]
    folded: Option<&'static str>,
    /// Moderators pinned it.
    pinned: bool,
    /// `invited`, `public` or `quiet`.
    tier: &'static str,
    /// The same utterance elsewhere: bridged, or said there too by its author.
    copies: Vec<CopyView<'a>>,
    /// Why it is here.
    reasons: Vec<ReasonView<'a>>,
    /// Hash of the recipe that admitted it.
    recipe: &'a str,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Author)]
struct AuthorView<'a> {
    id: &'a str,
    #[schema(required)]
    handle: Option<&'a str>,
    #[schema(required)]
    name: Option<&'a str>,
    /// The listed body's name, when the city lists this account.
    #[schema(required)]
    official: Option<&'a str>,
}

/// A marked range of the text, in UTF-8 bytes.
#[derive(Serialize, ToSchema)]
#[schema(as = Facet)]
struct FacetView<'a> {
    start: usize,
    end: usize,
    /// `tag`, `mention` or `link`.
    kind: &'static str,
    value: &'a str,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Media)]
struct MediaView<'a> {
    #[schema(required)]
    url: Option<&'a str>,
    /// The author's description; empty when there is none.
    alt: &'a str,
    /// `image`, `video` or `link`.
    kind: &'static str,
}

/// The centre of a privacy cell, never the exact point of a private person.
#[derive(Serialize, ToSchema)]
#[schema(as = Location)]
struct LocationView {
    lat: f64,
    lon: f64,
    precision_m: u32,
    /// `geotag` or `place`.
    origin: &'static str,
}

/// The same post on another network.
#[derive(Serialize, ToSchema)]
#[schema(as = Copy)]
struct CopyView<'a> {
    network: &'static str,
    url: &'a str,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Reason)]
struct ReasonView<'a> {
    rule: &'static str,
    value: &'a str,
}

/// A page of posts, newest first, and the live position that goes with it.
#[derive(Serialize, ToSchema)]
#[schema(as = Posts)]
pub struct PostsView {
    #[schema(value_type = Vec<PostView<'static>>)]
    posts: Vec<Box<RawValue>>,
    /// Where `/live` and `/events` go on from this page.
    cursor: String,
    /// What to give as `before` for the next page; null at the end.
    #[schema(required)]
    next: Option<String>,
}

/// The post object, as HTTP pages and live events carry it.
pub fn post_json(card: &Card) -> String {
    to_json(&PostView::from(card))
}

impl PostsView {
    /// `posts`: JSON objects as the renderer gives them.
    pub fn new(posts: impl Iterator<Item = String>, cursor: String, next: Option<u64>) -> Self {
        // A renderer gives valid JSON; a post that were not would be left out rather than spoil the page.
        let posts = posts.filter_map(|post| RawValue::from_string(post).ok()).collect();
        Self { posts, cursor, next: next.map(|position| position.to_string()) }
    }
}

impl<'a> From<&'a Card> for PostView<'a> {
    fn from(card: &'a Card) -> Self {
        Self {
            id: card.id.token(),
            position: card.position,
            network: card.network.as_str(),
            native_id: card.native_id.as_str(),
            url: card.url.as_deref(),
            author: AuthorView {
                id: card.author.id.as_str(),
                handle: card.author.handle.as_deref(),
                name: card.author.name.as_deref(),
                official: card.author.official.as_deref(),
            },
            text: &card.text,
            facets: card.facets.iter().map(FacetView::from).collect(),
            lang: card.lang.as_deref(),
            created_at: card.created_at.to_rfc3339(),
            date_corrected: card.date_corrected,
            received_at: card.received_at.to_rfc3339(),
            edited_at: card.edited_at.map(Timestamp::to_rfc3339),
            tags: &card.tags,
            media: card.media.iter().map(MediaView::from).collect(),
            reply_to: card.reply_to.map(crate::domain::PostId::token),
            location: card.location.map(LocationView::from),
            zone: card.zone.as_deref(),
            lane: card.lane.to_token(),
            starts_at: card.schedule.starts_at.map(Timestamp::to_rfc3339),
            ends_at: card.schedule.ends_at.map(Timestamp::to_rfc3339),
            expires_at: card.expires_at.map(Timestamp::to_rfc3339),
            cancelled: card.schedule.cancelled,
            sensitive: card.sensitive,
            automated: card.automated,
            folded: card.covered.map(Motive::as_str),
            pinned: card.pinned,
            tier: card.tier.as_str(),
            copies: card.copies.iter().map(CopyView::from).collect(),
            reasons: card.reasons.iter().map(ReasonView::from).collect(),
            recipe: &card.recipe,
        }
    }
}

impl<'a> From<&'a Facet> for FacetView<'a> {
    fn from(facet: &'a Facet) -> Self {
        Self { start: facet.start, end: facet.end, kind: facet.kind.as_str(), value: &facet.value }
    }
}

impl<'a> From<&'a Media> for MediaView<'a> {
    fn from(media: &'a Media) -> Self {
        Self { url: media.url.as_deref(), alt: &media.alt, kind: media.kind.as_str() }
    }
}

impl From<CoarseLocation> for LocationView {
    fn from(location: CoarseLocation) -> Self {
        let CoarseLocation { lon, lat, precision_m, origin } = location;
        Self { lat, lon, precision_m, origin: origin.as_str() }
    }
}

impl<'a> From<&'a CardCopy> for CopyView<'a> {
    fn from(copy: &'a CardCopy) -> Self {
        Self { network: copy.network.as_str(), url: &copy.url }
    }
}

impl<'a> From<&'a Reason> for ReasonView<'a> {
    fn from(reason: &'a Reason) -> Self {
        Self { rule: reason.rule.as_str(), value: &reason.value }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::utterance::Bond;
    use crate::domain::{CityId, ExactPoint, FacetKind, LocationOrigin, MediaKind, Network, PostId};

    #[test]
    fn a_post_has_every_key_of_the_contract() {
        let mut card =
            crate::live::fake::card(&CityId::new("nantes"), PostId::from_u64(1), 7, "Pluie #Nantes", "Nantes");
        card.facets = vec![Facet { start: 6, end: 13, kind: FacetKind::Tag, value: "Nantes".into() }];
        card.media = vec![Media { kind: MediaKind::Image, url: None, alt: "Un parapluie".into() }];
        card.reply_to = Some(PostId::from_u64(2));
        card.copies = vec![CardCopy {
            network: Network::Mastodon,
            url: "https://ville.example/@ana/1".into(),
            bond: Bond::Declared,
        }];
        card.edited_at = Some(card.received_at.plus_seconds(60));
        card.location = ExactPoint::new(-1.55, 47.21).map(|at| CoarseLocation::coarsen(at, LocationOrigin::Geotag));
        let json: serde_json::Value = serde_json::from_str(&post_json(&card)).unwrap();
        insta::assert_json_snapshot!(json);
    }
}
