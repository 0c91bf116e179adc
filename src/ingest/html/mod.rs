//! Other people's HTML made plain text with marked ranges, for the networks that send it.
//!
//! Owns which elements break lines, which hide their content, and how a link becomes a facet. Does not own whether an
//! address or a tag is sound (`normalize`). Invariant: no markup passes; what comes out is at most [`TEXT_BYTES_MAX`].

use std::cell::RefCell;

use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts};

use crate::domain::{FacetKind, RawFacet};

/// HTML that is read; the rest of a longer one is left out.
const HTML_BYTES_MAX: usize = 256 * 1024;
/// Text that is kept: no network's card shows more.
const TEXT_BYTES_MAX: usize = 40_000;
/// Links of one text; later ones are words like any other.
const FACETS_MAX: usize = 200;
/// Hidden or shortened spans inside each other; deeper ones are not heeded.
const SPANS_MAX: usize = 32;

/// A text and what is marked in it, by UTF-8 byte offsets.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Marked {
    pub text: String,
    pub facets: Vec<RawFacet>,
}

/// The text of a piece of HTML: blocks on lines of their own, white space collapsed, links marked. Scripts, styles and
/// what is marked invisible are left out.
pub fn to_text(html: &str) -> Marked {
    let html = html.get(..html.floor_char_boundary(HTML_BYTES_MAX)).unwrap_or_default();
    let tokenizer = Tokenizer::new(Writer::default(), TokenizerOpts::default());
    let input = BufferQueue::default();
    input.push_back(html.into());
    // A script asks to be run and is not: the tokenizer goes on behind it.
    while !input.is_empty() {
        let _script = tokenizer.feed(&input);
    }
    tokenizer.end();
    tokenizer.sink.0.into_inner().finish()
}

#[derive(Default)]
struct Writer(RefCell<Written>);

#[derive(Default)]
struct Written {
    marked: Marked,
    /// White space was seen since the last word.
    is_spaced: bool,
    link: Option<Link>,
    spans: Vec<Span>,
}

struct Link {
    start: usize,
    kind: FacetKind,
    href: String,
}

/// How Mastodon and its like write long addresses: the beginning invisible, the end cut off.
#[derive(Clone, Copy, PartialEq)]
enum Span {
    Plain,
    Invisible,
    Shortened,
}

impl TokenSink for Writer {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let mut written = self.0.borrow_mut();
        match token {
            Token::CharacterTokens(text) => written.words(&text),
            Token::TagToken(tag) => return written.tag(&tag),
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

impl Written {
    fn words(&mut self, text: &str) {
        if self.spans.contains(&Span::Invisible) {
            return;
        }
        for c in text.chars() {
            if self.marked.text.len() >= TEXT_BYTES_MAX {
                return;
            }
            if c.is_ascii_whitespace() {
                self.is_spaced = true;
                continue;
            }
            self.space();
            self.marked.text.push(c);
        }
    }

    /// The space that white space before a word comes to: none at the beginning of a line.
    fn space(&mut self) {
        if std::mem::take(&mut self.is_spaced) && !self.marked.text.is_empty() && !self.marked.text.ends_with('\n') {
            self.marked.text.push(' ');
        }
    }

    fn lines(&mut self, breaks: usize) {
        self.is_spaced = false;
        let text = &mut self.marked.text;
        let there = text.len().saturating_sub(text.trim_end_matches('\n').len());
        if !text.is_empty() {
            (there..breaks).for_each(|_| text.push('\n'));
        }
    }

    fn tag(&mut self, tag: &Tag) -> TokenSinkResult<()> {
        let is_start = tag.kind == TagKind::StartTag;
        match &*tag.name {
            "script" | "style" | "noscript" | "template" | "iframe" | "title" if is_start => {
                // Read as one piece of raw text up to its end tag, and that piece is not heard.
                self.spans.push(Span::Invisible);
                return TokenSinkResult::RawData(RawKind::Rawtext);
            }
            "script" | "style" | "noscript" | "template" | "iframe" | "title" => _ = self.spans.pop(),
            "br" => {
                self.is_spaced = false;
                if !self.marked.text.is_empty() {
                    self.marked.text.push('\n');
                }
            }
            "p" | "blockquote" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "ul" | "ol" | "table" | "figure" | "hr" => {
                self.lines(2);
            }
            "div" | "section" | "article" | "header" | "footer" | "tr" | "dt" | "dd" | "pre" | "figcaption" => {
                self.lines(1);
            }
            "li" => {
                self.lines(1);
                if is_start {
                    self.words("–");
                    self.is_spaced = true;
                }
            }
            "td" | "th" => self.is_spaced = true,
            "a" => self.link(tag, is_start),
            "span" if is_start && self.spans.len() < SPANS_MAX => self.spans.push(span(tag)),
            "span" if !is_start && self.spans.pop() == Some(Span::Shortened) => self.marked.text.push('…'),
            _ => {}
        }
        TokenSinkResult::Continue
    }

    fn link(&mut self, tag: &Tag, is_start: bool) {
        // A link that was left open ends where the next begins.
        if let Some(Link { start, kind, href }) = self.link.take() {
            let end = self.marked.text.len();
            if start < end && self.marked.facets.len() < FACETS_MAX {
                let value = match kind {
                    FacetKind::Tag => self.marked.text.get(start..end).unwrap_or_default().replace(['#', '＃'], ""),
                    FacetKind::Mention | FacetKind::Link => href,
                };
                let [start, end] = [start, end].map(|at| i64::try_from(at).unwrap_or(i64::MAX));
                self.marked.facets.push(RawFacet { start, end, kind, value });
            }
        }
        let Some(href) = attribute(tag, "href").filter(|_| is_start) else { return };
        self.space();
        let has = |name, word| attribute(tag, name).is_some_and(|value| value.split_whitespace().any(|it| it == word));
        let kind = if has("rel", "tag") || has("class", "hashtag") {
            FacetKind::Tag
        } else if has("class", "mention") {
            FacetKind::Mention
        } else {
            FacetKind::Link
        };
        self.link = Some(Link { start: self.marked.text.len(), kind, href: href.trim().to_owned() });
    }

    fn finish(self) -> Marked {
        let Marked { mut text, facets } = self.marked;
        text.truncate(text.trim_end().len());
        Marked { text, facets }
    }
}

fn span(tag: &Tag) -> Span {
    match attribute(tag, "class") {
        Some("invisible") => Span::Invisible,
        Some("ellipsis") => Span::Shortened,
        _ => Span::Plain,
    }
}

fn attribute<'a>(tag: &'a Tag, name: &str) -> Option<&'a str> {
    tag.attrs.iter().find(|attribute| &*attribute.name.local == name).map(|attribute| &*attribute.value)
}

#[cfg(test)]
mod tests;
