use std::collections::HashMap;

/// Phrases of folded words, found in a text in one pass over its words: a look-up by the first word, then a
/// comparison of the rest.
pub(super) struct PhraseIndex<T> {
    by_first: HashMap<String, Vec<Phrase<T>>>,
}

struct Phrase<T> {
    rest: Box<[String]>,
    value: T,
}

/// A phrase found in a text.
pub(super) struct Hit<'a, T> {
    /// The number of its first word in the text.
    pub start: usize,
    /// Its length in words.
    pub length: usize,
    pub value: &'a T,
}

impl<T> PhraseIndex<T> {
    pub fn is_empty(&self) -> bool {
        self.by_first.is_empty()
    }

    /// A phrase without words is found nowhere.
    pub fn insert(&mut self, words: &[String], value: T) {
        if let Some((first, rest)) = words.split_first() {
            let phrase = Phrase { rest: rest.into(), value };
            self.by_first.entry(first.clone()).or_default().push(phrase);
        }
    }

    /// Every phrase that stands in the text as whole words.
    pub fn hits<'a>(&'a self, words: &'a [String]) -> impl Iterator<Item = Hit<'a, T>> {
        let text = if self.is_empty() { &[] } else { words };
        text.iter().enumerate().flat_map(move |(start, first)| {
            let following = words.get(start.saturating_add(1)..).unwrap_or_default();
            let phrases = self.by_first.get(first).map_or(&[][..], Vec::as_slice);
            phrases.iter().filter(move |phrase| following.starts_with(&phrase.rest)).map(move |phrase| Hit {
                start,
                length: phrase.rest.len().saturating_add(1),
                value: &phrase.value,
            })
        })
    }
}

impl<T> Default for PhraseIndex<T> {
    fn default() -> Self {
        Self { by_first: HashMap::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fold_words;

    #[test]
    fn phrases_are_found_whole_and_overlapping() {
        let mut index = PhraseIndex::default();
        for phrase in ["Nantes", "Île de Nantes", "île", "Saint-Félix", "---"] {
            index.insert(&fold_words(phrase), phrase);
        }
        let found = |text: &str| {
            let words = fold_words(text);
            index.hits(&words).map(|hit| (*hit.value, hit.start, hit.length)).collect::<Vec<_>>()
        };
        assert_eq!(found("sur l'Île-de-Nantes"), [("Île de Nantes", 2, 3), ("île", 2, 1), ("Nantes", 4, 1)]);
        assert_eq!(found("le marché nantais de SAINT FELIX"), [("Saint-Félix", 4, 2)]);
        assert_eq!(found("saint"), []);
    }
}
