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
        let display = display.trim().trim_start_matches(['#', '＃']);
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
    fold_chars(text).filter(|c| c.is_alphanumeric() || matches!(c, '_' | '\u{b7}' | '\u{200c}')).collect()
}

/// Splits a text into folded words: runs of letters and digits, accents removed, lower case.
/// Apostrophes and hyphens separate, so `l'Île-de-Nantes` gives `l ile de nantes`.
pub fn fold_words(text: &str) -> Vec<String> {
    let folded: String = fold_chars(text).collect();
    folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
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
                other => (other, None),
            };
            std::iter::once(first).chain(second)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

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
    }
}
