use std::collections::{BTreeMap, HashMap};

use super::phrase_index::PhraseIndex;
use crate::domain::{fold_tag, fold_words};

/// A recipe's terms by folded tag key, each with the way its city wrote it. Of two ways of writing one term, the
/// first in byte order is shown.
#[derive(Default)]
pub(super) struct TagTerms {
    written: HashMap<String, String>,
}

impl TagTerms {
    pub fn new<'a>(terms: impl IntoIterator<Item = &'a String>) -> Self {
        let mut written: HashMap<String, String> = HashMap::new();
        for term in terms {
            let key = fold_tag(term);
            if !key.is_empty() {
                keep_first(written.entry(key).or_default(), as_written(term));
            }
        }
        Self { written }
    }

    pub fn keys(&self) -> impl Iterator<Item = &String> {
        self.written.keys()
    }

    /// How the city wrote this tag, when it is one of its terms.
    pub fn get(&self, key: &str) -> Option<&String> {
        self.written.get(key)
    }

    pub fn contains(&self, key: &str) -> bool {
        self.written.contains_key(key)
    }
}

/// The same terms as phrases to be found in a text.
pub(super) fn phrases<'a>(terms: impl IntoIterator<Item = &'a String>) -> PhraseIndex<String> {
    let mut written: BTreeMap<Vec<String>, String> = BTreeMap::new();
    for term in terms {
        keep_first(written.entry(fold_words(term)).or_default(), as_written(term));
    }
    let mut index = PhraseIndex::default();
    for (words, term) in written {
        index.insert(&words, term);
    }
    index
}

/// A term as "why" shows it: without `#`.
pub(super) fn as_written(term: &str) -> &str {
    term.trim().trim_start_matches(['#', '＃'])
}

fn keep_first(slot: &mut String, term: &str) {
    if slot.is_empty() || term < slot.as_str() {
        term.clone_into(slot);
    }
}
