use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;

/// A hashtag as its author wrote it, without `#`, and the key under which it is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hashtag {
    pub display: String,
    pub key: String,
}

impl Hashtag {
    /// Longest tag kept, in bytes (the limit of Bluesky's lexicon); a longer one is no tag.
    pub const BYTES_MAX: usize = 640;

    /// `None` when nothing comparable is left (punctuation only), or when the tag is too long.
    pub fn new(display: &str) -> Option<Self> {
        let display = display.trim().trim_start_matches(['#', '＃']).trim_start();
        if display.len() > Self::BYTES_MAX {
            return None;
        }
        let key = fold_tag(display);
        (!key.is_empty()).then(|| Self { display: display.to_owned(), key })
    }
}

/// Folds a tag as the networks fold it: NFKC, lower case, accents removed, then only letters, digits and `_`.
/// `Saint-Étienne` and `saintetienne` are one key, as are `pörtfictif` and `portfictif`.
/// Source: Mastodon's hashtag normaliser (streaming/utils.js); U+00B7 and U+200C are kept as it keeps them.
pub fn fold_tag(text: &str) -> String {
    let mut key = String::with_capacity(text.len());
    fold(text, |c| {
        if c.is_alphanumeric() || matches!(c, '_' | '\u{b7}' | '\u{200c}') {
            key.push(c);
        }
    });
    key
}

/// Splits a term into folded words: runs of letters and digits, accents removed, lower case.
/// Apostrophes and hyphens separate, so `l'Île-de-Nantes` gives `l ile de nantes`.
pub fn fold_words(term: &str) -> Vec<String> {
    let words = FoldedWords::new(term);
    let all = (0..words.len()).filter_map(|number| words.get(number));
    all.filter(|word| !word.is_empty()).map(ToOwned::to_owned).collect()
}

/// The folded words of a text, in one piece of memory. Addresses, and whatever has an `@` in it, are no words: what they
/// name nobody has said. Where one stands, and where a sentence ends, is an empty word, so that no phrase goes across.
#[derive(Clone, Debug, Default)]
pub struct FoldedWords {
    letters: String,
    /// Where each word ends, and the next begins.
    ends: Vec<usize>,
}

impl FoldedWords {
    pub fn new(text: &str) -> Self {
        let mut words = Self { letters: String::with_capacity(text.len()), ends: Vec::with_capacity(text.len() / 4) };
        for token in text.split_whitespace() {
            if is_address(token) {
                words.pause();
                continue;
            }
            fold(token, |c| {
                if c.is_alphanumeric() {
                    words.letters.push(c);
                } else if !is_invisible(c) {
                    words.end();
                }
            });
            words.end();
            if ends_a_sentence(token) {
                words.pause();
            }
        }
        words
    }

    pub const fn len(&self) -> usize {
        self.ends.len()
    }

    pub const fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    pub fn get(&self, number: usize) -> Option<&str> {
        let start = number.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or_default();
        self.letters.get(start..*self.ends.get(number)?)
    }

    fn end(&mut self) {
        if self.ends.last().copied().unwrap_or_default() < self.letters.len() {
            self.ends.push(self.letters.len());
        }
    }

    fn pause(&mut self) {
        self.ends.push(self.letters.len());
    }
}

/// An address, a mention, or an account's name.
fn is_address(token: &str) -> bool {
    token.contains('@')
        || token.starts_with("www.")
        || token.split_once('/').is_some_and(|(host, path)| host.contains('.') || path.starts_with('/'))
}

/// Whether what follows is another sentence. A full stop after a few letters is an abbreviation's: `St. Nazaire`.
fn ends_a_sentence(token: &str) -> bool {
    const ABBREVIATION_MAX: usize = 3;
    let bare = token.trim_end_matches(['»', '”', '"', ')', ']']);
    match bare.chars().next_back() {
        Some('!' | '?' | ';' | ':' | '…') => true,
        Some('.') => {
            let word = bare.trim_end_matches('.');
            word.chars().rev().take_while(|c| c.is_alphanumeric()).count() > ABBREVIATION_MAX
        }
        _ => false,
    }
}

/// Characters that stand inside words and are not seen: soft hyphens, joiners, marks of direction and of order.
const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{fe00}'..='\u{fe0f}')
}

/// The first character that may melt with the one before it.
const FIRST_MARK: char = '\u{300}';

/// What each character below [`FIRST_MARK`] folds to, beside ASCII.
static FOLDED: LazyLock<Vec<Vec<char>>> = LazyLock::new(|| {
    let folded = |c: char| fold_chars(c.encode_utf8(&mut [0; 4])).collect();
    ('\u{80}'..FIRST_MARK).map(folded).collect()
});

/// Hands on what a text folds to, character by character. Nearly all text of our languages is below [`FIRST_MARK`],
/// where each character folds by itself; the others are normalized together with the one before them.
fn fold(text: &str, mut put: impl FnMut(char)) {
    let mut chars = text.char_indices().peekable();
    while let Some((start, c)) = chars.next() {
        let is_alone = c < FIRST_MARK && chars.peek().is_none_or(|(_, next)| *next < FIRST_MARK);
        if is_alone && c.is_ascii() {
            put(c.to_ascii_lowercase());
        } else if is_alone {
            let folded = (c as usize).checked_sub(0x80).and_then(|at| FOLDED.get(at));
            folded.into_iter().flatten().for_each(|c| put(*c));
        } else {
            let mut end = start.saturating_add(c.len_utf8());
            while let Some((at, next)) = chars.next_if(|(_, next)| *next >= FIRST_MARK) {
                end = at.saturating_add(next.len_utf8());
            }
            fold_chars(text.get(start..end).unwrap_or_default()).for_each(&mut put);
        }
    }
}

fn fold_chars(text: &str) -> impl Iterator<Item = char> + '_ {
    text.nfkc()
        .flat_map(char::to_lowercase)
        .nfd()
        .filter(|c| !unicode_normalization::char::is_combining_mark(*c))
        .flat_map(|c| {
            // Letters that decompose into no base letter, folded as the networks' transliteration tables do.
            let (first, second) = match c {
                'œ' => ('o', Some('e')),
                'æ' => ('a', Some('e')),
                'ß' => ('s', Some('s')),
                'ø' => ('o', None),
                'đ' | 'ð' => ('d', None),
                'ł' => ('l', None),
                'ı' => ('i', None),
                'ς' => ('σ', None),
                other => (other, None),
            };
            std::iter::once(first).chain(second)
        })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn folding_piece_by_piece_is_folding_the_whole(text in "\\PC{0,30}|[aeÉœİßŉ¼¨ﬁ…’\u{301}\u{323}\u{300}\u{1100}\u{1161}\u{11a8}\u{fe76}\u{3099}か ]{0,30}") {
            let mut pieces = String::new();
            fold(&text, |c| pieces.push(c));
            prop_assert_eq!(pieces, fold_chars(&text).collect::<String>());
        }
    }

    #[test]
    fn tags_fold_as_the_networks_fold_them() {
        for (a, b) in [
            ("Saint-Étienne", "saintetienne"),
            ("pörtfictif", "portfictif"),
            ("ＮＡＮＴＥＳ", "nantes"),
            ("Île_d'Yeu", "ile_dyeu"),
            ("Sacré-Cœur", "sacrecoeur"),
        ] {
            assert_eq!(fold_tag(a), b);
        }
        assert_eq!(Hashtag::new("#Nantes").map(|tag| tag.key), Some("nantes".to_owned()));
        assert_eq!(Hashtag::new("#--"), None);
    }

    #[test]
    fn words_are_whole_and_folded() {
        assert_eq!(fold_words("À l'Île-de-Nantes, d'accord?"), ["a", "l", "ile", "de", "nantes", "d", "accord"]);
        assert_eq!(fold_words("dé\u{ad}tours de Nan\u{200b}tes\u{fe0f}"), ["detours", "de", "nantes"]);
        assert_eq!(fold_tag("ΒΟΛΟΣ"), fold_tag("Βόλος"));
    }

    #[test]
    fn addresses_are_no_words_and_no_phrase_goes_across_sentences() {
        let words = |text: &str| {
            let words = FoldedWords::new(text);
            (0..words.len()).filter_map(|number| words.get(number)).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(words("voir https://exemple.fr/tours-metropole ici"), "voir  ici");
        assert_eq!(words("voir exemple.fr/tours-metropole… ici et/ou là"), "voir  ici et ou la");
        assert_eq!(words("avec @psg-nantes.bsky.social, et lea@tours.fr"), "avec  et ");
        assert_eq!(words("Encore deux tours. Métropole de Lyon"), "encore deux tours  metropole de lyon");
        assert_eq!(words("« Deux tours ! » Métropole"), "deux tours  metropole");
        assert_eq!(words("À St. Nazaire, place M. Ravel"), "a st nazaire place m ravel");
    }
}
