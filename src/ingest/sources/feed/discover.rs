//! The feeds that a home page names (`<link rel="alternate">`).
//!
//! Owns which links are feeds. Does not own asking for the page, nor whether a feed is wanted: its operator says so.
//! Invariant: at most [`FEEDS_MAX`], each once, in the page's order.

use std::cell::RefCell;

use html5ever::tokenizer::{BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts};
use url::Url;

/// Links of one page; later ones are left out.
const FEEDS_MAX: usize = 20;
/// A page's head stands at its beginning; the rest of a longer page is left out.
const HTML_BYTES_MAX: usize = 512 * 1024;
const TYPES: [&str; 4] =
    ["application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml"];

/// A feed that a page names, by the page's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    pub url: String,
    /// Empty where the page gives none.
    pub title: String,
}

/// The feeds named by a page that was found at `address`.
pub fn feeds_named(html: &str, address: &Url) -> Vec<Named> {
    let html = html.get(..html.floor_char_boundary(HTML_BYTES_MAX)).unwrap_or_default();
    let links = Links { base: RefCell::new(address.clone()), found: RefCell::default() };
    let tokenizer = Tokenizer::new(links, TokenizerOpts::default());
    let input = BufferQueue::default();
    input.push_back(html.into());
    // A script asks to be run and is not: the tokenizer goes on behind it.
    while !input.is_empty() {
        let _script = tokenizer.feed(&input);
    }
    tokenizer.end();
    tokenizer.sink.found.into_inner()
}

struct Links {
    base: RefCell<Url>,
    found: RefCell<Vec<Named>>,
}

impl TokenSink for Links {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        if let Token::TagToken(tag) = token
            && tag.kind == TagKind::StartTag
        {
            match &*tag.name {
                "base" => self.rebase(&tag),
                "link" => self.link(&tag),
                _ => {}
            }
        }
        TokenSinkResult::Continue
    }
}

impl Links {
    fn rebase(&self, tag: &Tag) {
        let mut base = self.base.borrow_mut();
        if let Some(to) = attribute(tag, "href").and_then(|href| base.join(href.trim()).ok()) {
            *base = to;
        }
    }

    fn link(&self, tag: &Tag) {
        let rel = attribute(tag, "rel").unwrap_or_default().to_ascii_lowercase();
        let kind = attribute(tag, "type").unwrap_or_default().to_ascii_lowercase();
        let is_feed = rel.split_ascii_whitespace().any(|word| word == "alternate")
            && TYPES.contains(&kind.split(';').next().unwrap_or_default().trim());
        let Some(mut url) = attribute(tag, "href").and_then(|href| self.base.borrow().join(href.trim()).ok()) else {
            return;
        };
        url.set_fragment(None);
        let mut found = self.found.borrow_mut();
        let is_new = !found.iter().any(|other| other.url == url.as_str());
        if is_feed && is_new && matches!(url.scheme(), "http" | "https") && found.len() < FEEDS_MAX {
            let title = attribute(tag, "title").unwrap_or_default();
            let title: String = title
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" ")
                .chars()
                .filter(|c| !c.is_control())
                .take(100)
                .collect();
            found.push(Named { url: url.into(), title });
        }
    }
}

fn attribute<'a>(tag: &'a Tag, name: &str) -> Option<&'a str> {
    tag.attrs.iter().find(|attribute| &*attribute.name.local == name).map(|attribute| &*attribute.value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(html: &str) -> Vec<(String, String)> {
        let address = Url::parse("https://www.ville.example/accueil/").unwrap();
        feeds_named(html, &address).into_iter().map(|named| (named.url, named.title)).collect()
    }

    #[test]
    fn q05_a_home_page_names_its_feeds() {
        let page = r#"<!doctype html><html><head><script>if (1 < 2) { "<link rel=alternate>" }</script>
            <link rel="alternate" type="application/rss+xml" title="Ville &raquo;  Actualités" href="/rss?type=1&amp;x=2">
            <LINK REL='Alternate' TYPE='Application/Atom+XML; charset=utf-8' HREF='agenda.atom'>
            <link rel="alternate" type="application/rss+xml" href="/rss?type=1&amp;x=2">
            <link rel="alternate" hreflang="en" href="/en"><link rel="stylesheet" type="application/rss+xml" href="/no">
            <link rel="alternate" type="application/rss+xml" href="javascript:alert(1)"></head><body></body></html>"#;
        let expected = [
            ("https://www.ville.example/rss?type=1&x=2", "Ville » Actualités"),
            ("https://www.ville.example/accueil/agenda.atom", ""),
        ];
        assert_eq!(named(page), expected.map(|(url, title)| (url.to_owned(), title.to_owned())));
        let rebased =
            r#"<base href="https://cms.example/"><link rel=alternate type=application/feed+json href=feed.json>"#;
        assert_eq!(named(rebased), [("https://cms.example/feed.json".to_owned(), String::new())]);
    }

    #[test]
    fn h1_what_is_no_page_names_none_and_a_hostile_one_few() {
        for page in ["", "<", "{\"items\":[]}", "<link rel=alternate type=application/rss+xml>", "\0\u{ffff}<link"] {
            assert_eq!(named(page), [], "{page}");
        }
        let many: String =
            (0..1_000).map(|n| format!("<link rel=alternate type=application/rss+xml href=/{n}>")).collect();
        assert_eq!(named(&many).len(), FEEDS_MAX);
    }
}
