use super::text::is_padding;
use super::{facet, facets, is_hash};
use crate::domain::{Facet, FacetKind, Hashtag};

/// Tags kept of one post. More are spam (L-55); the first count.
const TAGS_MAX: usize = 32;

/// A tag as a network names it, with its sign or without; `None` when nothing comparable is left. The sign is looked
/// for in what is left after cleaning: what can't be seen may stand before it.
pub(super) fn sound(name: &str) -> Option<Hashtag> {
    // Most tags are plain letters, which cleaning leaves as they are.
    if name.len() <= Hashtag::BYTES_MAX && name.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Hashtag::new(name);
    }
    let line = super::text::clean_line(name, Hashtag::BYTES_MAX);
    Hashtag::new(line.trim_start_matches(|c: char| is_hash(c) || is_padding(c)))
}

/// The first tags of the given; of two with one key the first way of writing stays.
pub(super) fn distinct(given: impl IntoIterator<Item = Hashtag>) -> Vec<Hashtag> {
    let mut tags: Vec<Hashtag> = Vec::new();
    for tag in given {
        if tags.len() == TAGS_MAX {
            break;
        }
        if !tags.iter().any(|other| other.key == tag.key) {
            tags.push(tag);
        }
    }
    tags
}

/// Reads `#tags` from a text, for posts whose network marks none: `#` at the start or after what is no part of a word,
/// then letters, digits, marks and `_`, with a letter among them. What stands in an address, or where the network marked
/// something else, is no tag. Gives all facets and the tags found.
pub(super) fn tokenise(text: &str, given: Vec<Facet>) -> (Vec<Facet>, Vec<Hashtag>) {
    if !text.as_bytes().contains(&b'#') && !text.contains('＃') {
        return (given, Vec::new());
    }
    let mut found = Vec::new();
    let mut token_start = 0;
    for token in text.split_inclusive(char::is_whitespace) {
        if !token.contains("://") {
            tags_of_token(token, token_start, &mut found);
        }
        token_start = token_start.saturating_add(token.len());
        if found.len() >= TAGS_MAX {
            break;
        }
    }
    found.retain(|tag| !given.iter().any(|other| other.start < tag.end && tag.start < other.end));
    found.truncate(TAGS_MAX);
    let tags = found.iter().filter_map(|facet| sound(&facet.value)).collect();
    (facets::merge(given, found), tags)
}

fn tags_of_token(token: &str, token_start: usize, found: &mut Vec<Facet>) {
    let mut before: Option<char> = None;
    // Where the last tag ends: `#a#b` is one tag and something glued to it.
    let mut tag_end = 0;
    for (at, c) in token.char_indices() {
        // `/#` stands in addresses and `&#` in character references.
        let opens = is_hash(c) && before.is_none_or(|before| !in_tag(before) && !matches!(before, '/' | '&'));
        before = Some(c);
        if !opens || at < tag_end {
            continue;
        }
        let name_start = at.saturating_add(c.len_utf8());
        let rest = token.get(name_start..).unwrap_or_default();
        let name = rest.split(|c: char| !in_tag(c)).next().unwrap_or_default();
        if let Some(tag) = Hashtag::new(name).filter(|_| name.chars().any(char::is_alphabetic)) {
            tag_end = name_start.saturating_add(name.len());
            let (start, end) = (token_start.saturating_add(at), token_start.saturating_add(tag_end));
            found.push(facet(start, end, FacetKind::Tag, tag.display));
        }
    }
}

fn in_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Marks (accents not composed, vowel signs) and the joiners that Mastodon keeps belong to a tag.
fn in_tag(c: char) -> bool {
    in_word(c) || unicode_normalization::char::is_combining_mark(c) || matches!(c, '\u{b7}' | '\u{200c}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(text: &str) -> Vec<String> {
        let (facets, tags) = tokenise(text, Vec::new());
        for (facet, tag) in facets.iter().zip(&tags) {
            let marked = text.get(facet.start..facet.end).expect("a facet lies on borders of the text");
            assert_eq!(marked.trim_start_matches(is_hash), tag.display);
        }
        displayed(tags)
    }

    fn displayed(tags: Vec<Hashtag>) -> Vec<String> {
        tags.into_iter().map(|tag| tag.display).collect()
    }

    #[test]
    fn tags_are_read_as_the_networks_read_them() {
        assert_eq!(tags("#Nantes, (#Loire) «#Erdre» ＃Île_de-Nantes"), ["Nantes", "Loire", "Erdre", "Île_de"]);
        assert_eq!(tags("a#b x_#c l'#Été ##double #a#b"), ["Été", "double", "a"]);
        assert_eq!(tags("#44 #2026 #44000Nantes #_ # #"), ["44000Nantes"]);
        assert_eq!(tags("https://nantes.fr/#agenda https://a.fr?#x /#y &#39; nantes.fr#z"), Vec::<String>::new());
        assert_eq!(tags("#हिन्दी #col·lecció #日本語"), ["हिन्दी", "col·lecció", "日本語"]);
    }

    #[test]
    fn what_the_network_marked_otherwise_is_no_tag() {
        let link = facet(0, 7, FacetKind::Link, "https://nantes.fr/");
        let (facets, tags) = tokenise("#Nantes #Loire", vec![link.clone()]);
        assert_eq!(displayed(tags), ["Loire"]);
        assert_eq!(facets, [link, facet(8, 14, FacetKind::Tag, "Loire")]);
    }

    #[test]
    fn l55_tags_beyond_the_bound_are_dropped() {
        let names = (0..100).map(|number| format!("tag{number}")).chain(["TAG1".into()]);
        assert_eq!(distinct(names.filter_map(|name| sound(&name))).len(), TAGS_MAX);
        let text: String = (0..100).map(|number| format!("#tag{number} ")).collect();
        assert_eq!(tags(&text).len(), TAGS_MAX);
        assert_eq!(displayed(distinct(["#Été", "ete", "--", "\u{200b}# été"].into_iter().filter_map(sound))), ["Été"]);
        assert_eq!(sound("\u{200b}# été").map(|tag| tag.display).as_deref(), Some("été"));
    }
}
