use std::borrow::Cow;

use unicode_normalization::char::canonical_combining_class;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// A cleaned text, and where the bytes of the raw one went.
pub(super) struct Cleaned<'a> {
    /// Borrowed where nothing had to be changed.
    pub text: Cow<'a, str>,
    moved: Moved,
}

enum Moved {
    /// Nothing was changed.
    Nowhere,
    /// Every run that was normalized by itself, in order, then an empty one at the end.
    Runs(Vec<Run>),
}

struct Run {
    raw_start: usize,
    raw_end: usize,
    clean_start: usize,
}

impl Cleaned<'_> {
    /// The range of the cleaned text that a range of the raw one has become: widened to whole runs where it cut one,
    /// `None` when nothing of it is left. The range must lie on character borders of the raw text.
    pub fn range(&self, start: usize, end: usize) -> Option<(usize, usize)> {
        let (start, end) = match &self.moved {
            Moved::Nowhere => (start, end),
            Moved::Runs(runs) => {
                // The first run that reaches beyond `start`, and the first that begins at or after `end`. Behind
                // the cut there is neither.
                let first = runs.partition_point(|run| run.raw_end <= start);
                let after = runs.partition_point(|run| run.raw_start < end);
                (runs.get(first)?.clean_start, runs.get(after)?.clean_start)
            }
        };
        // What was trimmed off the end is behind the last character now.
        let end = end.min(self.text.len());
        (start < end).then_some((start, end))
    }
}

/// Cleans a text of several lines: NFC; control characters (but newline), bidirectional overrides and isolates
/// removed; at most two newlines in a row; white and zero-width padding trimmed; the first `chars_max` characters.
/// Cleaning a cleaned text changes nothing.
pub(super) fn clean(raw: &str, chars_max: usize) -> Cleaned<'_> {
    // Most posts pass here and are taken as they are.
    if raw.len() <= chars_max && is_clean(raw) {
        return Cleaned { text: Cow::Borrowed(raw), moved: Moved::Nowhere };
    }
    clean_by_runs(raw, chars_max)
}

fn clean_by_runs(raw: &str, chars_max: usize) -> Cleaned<'_> {
    let mut text = String::with_capacity(raw.len().min(4 * chars_max));
    let mut runs = Vec::new();
    let mut chars_left = chars_max;
    let mut kept = kept_chars(raw).peekable();
    let mut run = String::new();
    let mut end = 0;
    while let Some((offset, first)) = kept.next() {
        run.clear();
        run.push(first);
        let mut raw_end = offset.saturating_add(first.len_utf8());
        // A run is what NFC may melt together; its neighbours can be normalized without it.
        while let Some((offset, c)) = kept.next_if(|(_, c)| !starts_run(*c)) {
            run.push(c);
            raw_end = offset.saturating_add(c.len_utf8());
        }
        let length = run.nfc().count();
        if length > chars_left {
            // A run is never cut: a letter would lose its accent.
            end = offset;
            break;
        }
        chars_left = chars_left.saturating_sub(length);
        runs.push(Run { raw_start: offset, raw_end, clean_start: text.len() });
        text.extend(run.nfc());
        end = raw.len();
    }
    runs.push(Run { raw_start: end, raw_end: end, clean_start: text.len() });
    text.truncate(text.trim_end_matches(is_padding).len());
    Cleaned { text: Cow::Owned(text), moved: Moved::Runs(runs) }
}

/// Cleans a text of one line: as [`clean`], with newlines and runs of white space made one space.
pub(super) fn clean_line(raw: &str, chars_max: usize) -> String {
    // Bounded before the words are joined: joining never makes a text longer.
    let cleaned = clean(raw, chars_max).text;
    let is_line = |text: &str| !text.contains("  ") && !text.contains(|c: char| c != ' ' && c.is_whitespace());
    if is_line(&cleaned) { cleaned.into_owned() } else { cleaned.split_whitespace().collect::<Vec<_>>().join(" ") }
}

/// Whether cleaning would change nothing, told in one pass.
fn is_clean(raw: &str) -> bool {
    let padded = |c: Option<char>| c.is_some_and(is_padding);
    if padded(raw.chars().next()) || padded(raw.chars().next_back()) {
        return false;
    }
    let mut newlines = 0;
    let mut is_surely_nfc = true;
    let mut rest = raw;
    loop {
        // Plain letters are passed over by the run, without being decoded one by one.
        let run = rest.bytes().position(|byte| !matches!(byte, b' '..=b'~')).unwrap_or(rest.len());
        let Some((plain, after)) = rest.split_at_checked(run) else { return false };
        if plain.bytes().any(|byte| byte != b' ') {
            newlines = 0;
        }
        let mut chars = after.chars();
        let Some(c) = chars.next() else { break };
        rest = chars.as_str();
        match c {
            '\n' => {
                newlines += 1;
                if newlines > 2 {
                    return false;
                }
            }
            '\t' => return false,
            c if is_removed(c) || as_newline(c) => return false,
            c => {
                is_surely_nfc &= is_always_nfc(c);
                // What does not show leaves a line blank.
                if !is_padding(c) {
                    newlines = 0;
                }
            }
        }
    }
    is_surely_nfc || is_nfc_quick(raw.chars()) == IsNormalized::Yes
}

/// Characters that NFC leaves alone whatever stands beside them, as far as they are common: Latin letters, general
/// punctuation, kana, ideographs, Hangul syllables, emoji.
const fn is_always_nfc(c: char) -> bool {
    matches!(c, '\0'..='\u{2ff}' | '\u{2010}'..='\u{2027}' | '\u{3041}'..='\u{3096}' | '\u{30a1}'..='\u{30fa}'
        | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' | '\u{1f300}'..='\u{1faff}')
}

/// The characters that stay, each with its raw offset, before NFC.
fn kept_chars(raw: &str) -> impl Iterator<Item = (usize, char)> + '_ {
    let mut newlines = 0;
    let mut begun = false;
    raw.char_indices().filter_map(move |(offset, c)| {
        let c = match c {
            '\t' => ' ',
            c if as_newline(c) => '\n',
            c => c,
        };
        if is_removed(c) {
            return None;
        }
        if !is_padding(c) {
            begun = true;
            newlines = 0;
        } else if !begun {
            return None;
        } else if c == '\n' {
            // Lines of blanks count as empty: only a visible character begins the count again.
            newlines += 1;
            if newlines > 2 {
                return None;
            }
        }
        Some((offset, c))
    })
}

fn as_newline(c: char) -> bool {
    matches!(c, '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

fn is_removed(c: char) -> bool {
    let reorders = matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    reorders || (c.is_control() && c != '\n' && c != '\t' && !as_newline(c))
}

/// White space, and characters that show nothing; inside a text the latter join emoji and letters, so they stay there.
pub(super) fn is_padding(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{ad}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
}

/// NFC composes nothing across a starter that can't be the second half of a composition.
fn starts_run(c: char) -> bool {
    c.is_ascii() || (canonical_combining_class(c) == 0 && is_nfc_quick(std::iter::once(c)) == IsNormalized::Yes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cleaned(raw: &str) -> String {
        clean(raw, 10_000).text.into_owned()
    }

    #[test]
    fn what_is_taken_for_nfc_is() {
        for c in ('\0'..=char::MAX).filter(|c| is_always_nfc(*c)) {
            let is_starter = canonical_combining_class(c) == 0;
            assert!(is_starter && is_nfc_quick(std::iter::once(c)) == IsNormalized::Yes, "{c:?}");
        }
    }

    #[test]
    fn a_text_is_composed_and_freed_of_what_does_not_show() {
        assert_eq!(cleaned("Place du Commerce"), "Place du Commerce");
        assert_eq!(cleaned("Cafe\u{301}"), "Café");
        assert_eq!(cleaned("a\u{0}b\u{7f}\r\nc"), "ab\nc");
        assert_eq!(cleaned("a\tb\u{2028}c"), "a b\nc");
        assert_eq!(cleaned("\u{202e}abc\u{202c} \u{2066}d\u{2069}"), "abc d");
        assert_eq!(cleaned("\u{feff}\u{200b} texte \u{200b}\n"), "texte");
        assert_eq!(cleaned("a\n\n\n \n\nb"), "a\n\n b");
        assert_eq!(cleaned("👩\u{200d}🚒 en\u{ad}core"), "👩\u{200d}🚒 en\u{ad}core", "joiners inside stay");
        assert_eq!(cleaned("\u{200b}\u{2060} \u{202e}"), "");
        assert_eq!(clean_line(" Le\n\nLieu  \t Unique ", 100), "Le Lieu Unique");
    }

    #[test]
    fn h2_a_text_is_cut_at_its_bound_and_never_inside_a_letter() {
        assert_eq!(clean(&"é".repeat(20), 10).text, "é".repeat(10));
        assert_eq!(clean("abq\u{323}\u{301}", 4).text, "ab", "the accents don't fit, so the letter goes with them");
        assert_eq!(clean(&format!("a{}", "\u{301}".repeat(50_000)), 10_000).text, "");
    }

    #[test]
    fn ranges_follow_their_characters() {
        let raw = "\u{feff}\u{202e}Cafe\u{301} \u{7}#Nantes\u{200b}";
        let cleaned = clean(raw, 10_000);
        let range = |part: &str| {
            let start = raw.find(part).expect("part of the text");
            cleaned.range(start, start + part.len()).and_then(|(start, end)| cleaned.text.get(start..end))
        };
        assert_eq!(cleaned.text, "Café #Nantes");
        assert_eq!(range("Cafe\u{301}"), Some("Café"));
        assert_eq!(range("e\u{301}"), Some("é"));
        assert_eq!(range("e"), Some("é"), "a range that cuts a letter takes it whole");
        assert_eq!(range("#Nantes"), Some("#Nantes"));
        assert_eq!(range("\u{7}#Nantes\u{200b}"), Some("#Nantes"));
        assert_eq!(range("\u{202e}"), None, "nothing of it is left");
        let cut = clean("un deux trois", 7);
        assert_eq!((&*cut.text, cut.range(8, 13)), ("un deux", None));
    }

    proptest! {
        #[test]
        fn cleaning_is_nfc_and_changes_a_clean_text_no_more(raw in "\\PC{0,40}|[a\u{301}\u{323}\u{200b}\n \u{1100}\u{1161}\u{212b}e\u{0}]{0,40}") {
            let once = cleaned(&raw);
            prop_assert!(unicode_normalization::is_nfc(&once), "{once:?}");
            prop_assert_eq!(cleaned(&once), once.clone());
            // The short way is taken for texts only that the long one leaves as they are.
            prop_assert!(!is_clean(&raw) || clean_by_runs(&raw, 10_000).text == raw, "{raw:?} is not clean");
        }

        #[test]
        fn a_range_never_leaves_the_text(raw in "[a\u{301}\u{323}\u{200b}\n é]{0,30}", bound in 0_usize..20) {
            let cleaned = clean(&raw, bound);
            let borders: Vec<usize> = (0..=raw.len()).filter(|at| raw.is_char_boundary(*at)).collect();
            for (index, start) in borders.iter().enumerate() {
                for end in borders.iter().skip(index + 1) {
                    if let Some((start, end)) = cleaned.range(*start, *end) {
                        prop_assert!(start < end && cleaned.text.get(start..end).is_some());
                    }
                }
            }
        }
    }
}
