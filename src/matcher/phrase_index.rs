use foldhash::HashMap;

use crate::domain::FoldedWords;

/// Phrases of folded words, found in a text in one pass over its words: a tree of words, entered at each of them.
/// Most are left at once; a word that a thousand phrases begin with (`saint`) costs no more than another.
pub(super) struct PhraseIndex<T> {
    /// The first is where every phrase begins.
    nodes: Vec<Node<T>>,
}

struct Node<T> {
    next: HashMap<Box<str>, usize>,
    /// Of the phrases that end here.
    values: Vec<T>,
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
        self.nodes.is_empty()
    }

    /// A phrase without words is found nowhere.
    pub fn insert(&mut self, words: &[String], value: T) {
        if words.is_empty() {
            return;
        }
        if self.nodes.is_empty() {
            self.nodes.push(Node::default());
        }
        let mut at = 0;
        for word in words {
            let new = self.nodes.len();
            let Some(node) = self.nodes.get_mut(at) else { return };
            at = *node.next.entry(word.as_str().into()).or_insert(new);
            if at == new {
                self.nodes.push(Node::default());
            }
        }
        if let Some(node) = self.nodes.get_mut(at) {
            node.values.push(value);
        }
    }

    /// Every phrase that stands in the text as whole words.
    pub fn hits<'a>(&'a self, words: &'a FoldedWords) -> impl Iterator<Item = Hit<'a, T>> {
        let starts = if self.is_empty() { 0 } else { words.len() };
        (0..starts).flat_map(move |start| {
            let step = move |node: &Node<T>, length: usize| {
                let next = *node.next.get(words.get(start.saturating_add(length))?)?;
                Some((self.nodes.get(next)?, length.saturating_add(1)))
            };
            let first = self.nodes.first().and_then(|root| step(root, 0));
            let walk = std::iter::successors(first, move |(node, length)| step(node, *length));
            walk.flat_map(move |(node, length)| node.values.iter().map(move |value| Hit { start, length, value }))
        })
    }
}

impl<T> Default for PhraseIndex<T> {
    fn default() -> Self {
        Self { nodes: Vec::new() }
    }
}

impl<T> Default for Node<T> {
    fn default() -> Self {
        Self { next: HashMap::default(), values: Vec::new() }
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
            let words = FoldedWords::new(text);
            index.hits(&words).map(|hit| (*hit.value, hit.start, hit.length)).collect::<Vec<_>>()
        };
        assert_eq!(found("sur l'Île-de-Nantes"), [("île", 2, 1), ("Île de Nantes", 2, 3), ("Nantes", 4, 1)]);
        assert_eq!(found("le marché nantais de SAINT FELIX"), [("Saint-Félix", 4, 2)]);
        assert_eq!(found("saint"), []);
    }
}
