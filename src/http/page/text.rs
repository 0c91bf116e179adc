use crate::domain::{Card, Facet, FacetKind, Network, fold_tag};

use super::{address::Address, words::Language};

/// A stretch of a post's text, and where it leads if it leads anywhere. Texts are escaped by the template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    pub text: String,
    pub link: Option<Link>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Link {
    /// To this city's page of the tag.
    Tag(String),
    /// To another site; carries `rel="nofollow ugc noopener"`.
    Away(String),
}

/// Cuts a text at its marked ranges. Ranges that lie outside the text, cut a character or overlap are skipped: they
/// can't exist in a normalized post, and a page must not fall over one that does.
pub fn segments(card: &Card, language: Language) -> Vec<Segment> {
    let mut segments = Vec::new();
    let mut done = 0;
    for facet in &card.facets {
        let Some(marked) = card.text.get(facet.start..facet.end) else { continue };
        let Some(before) = card.text.get(done..facet.start) else { continue };
        push(&mut segments, before, None);
        push(&mut segments, marked, target(card, facet, language));
        done = facet.end;
    }
    push(&mut segments, card.text.get(done..).unwrap_or_default(), None);
    segments
}

fn push(segments: &mut Vec<Segment>, text: &str, link: Option<Link>) {
    if !text.is_empty() {
        segments.push(Segment { text: text.to_owned(), link });
    }
}

fn target(card: &Card, facet: &Facet, language: Language) -> Option<Link> {
    match facet.kind {
        FacetKind::Tag => {
            let key = fold_tag(&facet.value);
            let address = Address::city(card.city.as_str()).with("tag", key.as_str()).language(Some(language));
            (!key.is_empty()).then(|| Link::Tag(address.to_string()))
        }
        FacetKind::Mention if card.network == Network::Bluesky && facet.value.starts_with("did:") => {
            Some(Link::Away(format!("https://bsky.app/profile/{}", facet.value)))
        }
        // Elsewhere the value is an account address, which need not be a page; the handle stays plain text.
        FacetKind::Mention => None,
        FacetKind::Link => web_address(&facet.value).map(Link::Away),
    }
}

/// The address if it is one of the web: a page leads to nothing else, whatever a post says.
pub fn web_address(text: &str) -> Option<String> {
    let url = url::Url::parse(text).ok()?;
    (matches!(url.scheme(), "http" | "https") && url.has_host()).then(|| url.to_string())
}

/// The site of an address, as a reader knows it: `nantes.fr`.
pub fn site(address: &str) -> Option<String> {
    let url = url::Url::parse(address).ok()?;
    url.host_str().map(|host| host.strip_prefix("www.").unwrap_or(host).to_owned())
}
