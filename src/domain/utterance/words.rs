use crate::domain::fold_words;

/// Fewer words may be said twice by chance; where a language does not part them, so many letters.
const MANY_WORDS: usize = 5;
const MANY_LETTERS: usize = 30;
/// Of so many words one may differ: bridges write names and marks in their own way.
const ONE_IN: usize = 8;

/// What a text says: its folded words in their order, without addresses. Of a mention the account's own name is left, for
/// each network writes where it lives in another way.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Words(Vec<String>);

impl Words {
    pub fn of(text: &str) -> Self {
        let mut words = Vec::new();
        for token in text.split_whitespace() {
            let bare = token.trim_start_matches(|c: char| !c.is_alphanumeric() && c != '@');
            match bare.strip_prefix('@') {
                Some(name) => words.extend(fold_words(name.split(['@', '.']).next().unwrap_or_default())),
                None => words.extend(fold_words(token)),
            }
        }
        Self(words)
    }

    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn joined(&self) -> String {
        self.0.join(" ")
    }

    /// Enough of them that saying the same is no chance.
    pub fn are_many(&self) -> bool {
        self.0.len() >= MANY_WORDS || self.0.iter().map(|word| word.chars().count()).sum::<usize>() >= MANY_LETTERS
    }

    /// Whether these are the words of `whole`: all of them, a beginning of them (bridges cut, also inside a word), or nearly
    /// all. What adds more than a word in eight says something of its own.
    pub fn repeat(&self, whole: &Self) -> bool {
        let (said, whole) = (&self.0, &whole.0);
        if said == whole {
            return !said.is_empty();
        }
        if !self.are_many() {
            return false;
        }
        let Some((last, before)) = said.split_last() else { return false };
        let cut =
            whole.starts_with(before) && whole.get(before.len()).is_some_and(|word| word.starts_with(last.as_str()));
        let tolerated = said.len().min(whole.len()) / ONE_IN;
        cut || (without(said, whole) <= tolerated && without(whole, said) <= tolerated)
    }
}

/// How many of `words` are not among `others`, each counted as often as it stands there.
fn without(words: &[String], others: &[String]) -> usize {
    let mut left: Vec<&String> = others.iter().collect();
    left.sort_unstable();
    let mut mine: Vec<&String> = words.iter().collect();
    mine.sort_unstable();
    let (mut missing, mut left) = (0, left.into_iter().peekable());
    for word in mine {
        while left.next_if(|other| *other < word).is_some() {}
        if left.next_if(|other| *other == word).is_none() {
            missing += 1;
        }
    }
    missing
}
