//! A reader's words as an FTS5 query.
//!
//! Owns the quoting. Does not own what may be searched (the statement `SEARCH`).
//! Invariant: no input is a syntax error, and none reaches FTS5's operators.

use unicode_normalization::UnicodeNormalization;

/// More words than this say nothing more.
const WORDS_MAX: usize = 16;
const WORD_BYTES_MAX: usize = 64;

/// All words must be in the text. `None`: nothing to search for.
pub fn match_expression(text: &str) -> Option<String> {
    // Composed, as texts are, so that an accent does not split a word.
    let composed: String = text.nfc().collect();
    let words: Vec<String> = composed
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty() && word.len() <= WORD_BYTES_MAX)
        .take(WORDS_MAX)
        // Only letters and digits are left, so that there is no quote to escape.
        .map(|word| format!("\"{word}\""))
        .collect();
    (!words.is_empty()).then(|| words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_and_operators_are_words() {
        assert_eq!(match_expression("Tram 1 NOT (bus*)").as_deref(), Some(r#""Tram" "1" "NOT" "bus""#));
        assert_eq!(match_expression("l'Île \"de\" text:x").as_deref(), Some(r#""l" "Île" "de" "text" "x""#));
        assert_eq!(match_expression(" -*\"\0 "), None);
    }
}
