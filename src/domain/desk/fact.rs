//! What of a post is counted.
//!
//! Owns who speaks and by which values a post is counted. Does not own how values are told (`cube`).
//! Invariant: a value names no person: neither an account nor a page that is one's.

use crate::domain::utterance::page_of;
use crate::domain::{Facet, FacetKind, Lane, Network, SubjectHash, Timestamp};

use super::Dimension;

/// Who speaks in a post: people are counted by the cube alone, the others plainly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Voice {
    People,
    /// A body, the press or an association, as the city lists it.
    Bodies,
    Automatic,
    Around,
}

impl Voice {
    pub const fn of(lane: &Lane, is_listed: bool, is_automatic: bool, network: Network) -> Self {
        match lane {
            Lane::Around => Self::Around,
            _ if is_automatic || network.is_listing() => Self::Automatic,
            _ if is_listed => Self::Bodies,
            _ => Self::People,
        }
    }
}

/// A post of one of the people, as it is counted. `who` is compared within a bucket and leaves it nowhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    pub who: SubjectHash,
    /// It counts in the posts of its day, and for no author and no value (L-42).
    pub assembly: bool,
    /// In order, each once.
    pub values: Vec<(Dimension, String)>,
}

/// A post of anybody, of which nothing is stored: see `store::Store::count_past`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spoken {
    pub at: Timestamp,
    pub voice: Voice,
    /// What of it is counted where people speak.
    pub fact: Fact,
}

/// Longest value in bytes; what is longer is no value.
const VALUE_BYTES_MAX: usize = 300;

/// By what a post is counted beside time: see [`Dimension`].
pub fn values_of(
    zone: Option<&str>,
    tags: impl IntoIterator<Item = String>,
    language: Option<&str>,
    network: Network,
    facets: &[Facet],
) -> Vec<(Dimension, String)> {
    let mut values = vec![(Dimension::Network, network.as_str().to_owned())];
    values.extend(zone.map(|zone| (Dimension::Zone, zone.to_owned())));
    values.extend(language.map(|language| (Dimension::Language, language.to_owned())));
    values.extend(tags.into_iter().map(|tag| (Dimension::Tag, tag)));
    let links = facets.iter().filter(|facet| facet.kind == FacetKind::Link);
    let pages = links.filter_map(|facet| page_of(&facet.value)).filter(|page| !is_somebodys(page));
    values.extend(pages.map(|page| (Dimension::Link, page)));
    values.retain(|(_, value)| !value.is_empty() && value.len() <= VALUE_BYTES_MAX);
    values.sort_unstable();
    values.dedup();
    values
}

/// Sites where nearly every page is an account's or a post's. A town's own pages there are not told apart, and not counted either.
const SITES_OF_PEOPLE: [&str; 15] = [
    "bsky.app",
    "facebook.com",
    "fb.com",
    "instagram.com",
    "linkedin.com",
    "njump.me",
    "snapchat.com",
    "strava.com",
    "t.me",
    "threads.com",
    "threads.net",
    "tiktok.com",
    "twitch.tv",
    "twitter.com",
    "x.com",
];
/// Where accounts lie on sites of many names.
const PATHS_OF_PEOPLE: [&str; 6] = ["/@", "/users/", "/user/", "/u/", "/profile/", "/profiles/"];

/// Whether a page is an account's or a post's on a network of people.
pub fn is_somebodys(page: &str) -> bool {
    let host = page.split('/').next().unwrap_or_default();
    let is_of = |site: &&str| host.strip_suffix(*site).is_some_and(|before| before.is_empty() || before.ends_with('.'));
    SITES_OF_PEOPLE.iter().any(is_of) || PATHS_OF_PEOPLE.iter().any(|path| page.contains(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn l44_a_link_to_somebody_is_no_value() {
        let link = |value: &str| Facet { start: 0, end: 1, kind: FacetKind::Link, value: value.into() };
        let facets = [
            link("https://www.ville.example/travaux?utm_source=x"),
            link("https://ville.example/travaux"),
            link("https://bsky.app/profile/lea.example/post/3k"),
            link("https://m.example/@lea"),
            link("https://m.example/users/lea/statuses/1"),
            link("https://x.com/lea"),
            link("https://www.facebook.com/lea.martin"),
            link("https://fr-fr.facebook.com/lea.martin"),
            link("https://www.instagram.com/lea"),
            link("https://fr.linkedin.com/in/lea-martin"),
            link("https://t.me/lea"),
            link("https://www.snapchat.com/add/lea"),
            link("https://forum.example/u/lea"),
            link("https://notx.com/page"),
        ];
        let tags = ["tram".to_owned(), "tram".to_owned(), "x".repeat(301)];
        let values = values_of(Some("Centre"), tags, Some("fr"), Network::Bluesky, &facets);
        let said: Vec<String> = values.iter().map(|(by, value)| format!("{} {value}", by.as_str())).collect();
        assert_eq!(
            said,
            [
                "zone Centre",
                "tag tram",
                "language fr",
                "network bluesky",
                "link notx.com/page",
                "link ville.example/travaux"
            ]
        );
    }

    #[test]
    fn s11_who_speaks_is_told_apart() {
        for (lane, listed, automatic, network, voice) in [
            (Lane::People, false, false, Network::Bluesky, Voice::People),
            (Lane::Info, true, false, Network::Bluesky, Voice::Bodies),
            (Lane::Info, true, true, Network::Bluesky, Voice::Automatic),
            (Lane::Info, true, false, Network::Feed, Voice::Automatic),
            (Lane::Around, false, false, Network::Nostr, Voice::Around),
            (Lane::Event("fete".into()), false, false, Network::Nostr, Voice::People),
        ] {
            assert_eq!(Voice::of(&lane, listed, automatic, network), voice, "{lane:?}");
        }
    }
}
