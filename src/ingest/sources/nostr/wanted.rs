//! What the cities ask of a relay, as values of filters. A relay compares letter by letter, so that every spelling is a
//! value of its own; a place is asked for by the names of its cells.
//!
//! Owns which tags, cells and people are asked for, and how they are divided among questions. Does not own the asking, nor
//! what concerns a city: the matcher looks at whatever comes.
//! Invariant: pure; the same cities give the same questions, and what is not asked is said.

use std::collections::BTreeSet;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use serde_json::{Value, json};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::decode::{DAY_EVENT, NOTE, TIME_EVENT};
use super::event::is_key;
use super::limits::Limits;
use super::{geohash, nip19};
use crate::domain::{City, Network, fold_tag};

/// Letters of the cells that are asked for. Cells of five letters and fewer place no post, and those of four are regions; those
/// of seven and more are too many to be named one by one. So a publisher is found who gives one of these, beside whatever
/// finer cell says where in the city it is; one who gives nothing but seven letters or more is not.
const CELL_LETTERS: [usize; 2] = [5, 6];
/// Cells of one outline and one precision. An outline with more is asked for at the coarser precision alone; Nantes has
/// some 200 of six letters and its whole métropole some 1,200.
const CELLS_MAX: usize = 2_000;
/// Values in one question: relays decline what is longer still.
const VALUES_MAX: usize = 1_000;
/// Bytes of a question beside its values.
const FRAME_BYTES: usize = 200;

/// In the order of what matters more where not all fits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Wanted {
    /// Public keys of those whom cities list.
    authors: BTreeSet<String>,
    /// Of those, the ones that answer for a city: whoever addresses them is asked for too.
    bodies: BTreeSet<String>,
    tags: BTreeSet<String>,
    /// By the number of their letters, coarse ones first.
    cells: BTreeSet<(usize, String)>,
    /// Outlines that are too large for cells of six letters.
    large: usize,
}

/// Questions, each the filter of one subscription, and what is left out.
#[derive(Debug, PartialEq)]
pub struct Questions {
    pub filters: Vec<Value>,
    /// Values that no question asks for.
    pub unasked: usize,
}

impl Wanted {
    pub fn of(cities: &[Arc<City>]) -> Self {
        let mut wanted = Self::default();
        for city in cities {
            let (recipe, around) = (&city.recipe, city.around.as_ref());
            let terms = recipe.invite.iter().chain(&recipe.hashtags).chain(recipe.all_of.iter().flatten());
            let terms = terms.chain(&recipe.ambiguous).chain(around.into_iter().flat_map(|around| &around.hashtags));
            wanted.tags.extend(terms.flat_map(|term| spellings(term)));
            let listed = recipe.accounts.iter().chain(city.officials.iter().flat_map(|official| &official.accounts));
            let of_nostr = listed.filter(|account| account.network == Network::Nostr);
            wanted.authors.extend(of_nostr.filter_map(|account| key_of(&account.handle)));
            let bodies = city.officials.iter().filter(|official| official.kind.answers());
            let of_nostr = bodies.flat_map(|it| &it.accounts).filter(|account| account.network == Network::Nostr);
            wanted.bodies.extend(of_nostr.filter_map(|account| key_of(&account.handle)));
            let outlines = city.boundary.iter().chain(around.and_then(|around| around.boundary.as_ref()));
            for outline in outlines.chain(city.zones.iter().filter_map(|zone| zone.boundary.as_ref())) {
                for letters in CELL_LETTERS {
                    match geohash::cover(outline, letters, CELLS_MAX) {
                        Some(cells) => wanted.cells.extend(cells.into_iter().map(|cell| (letters, cell))),
                        None => wanted.large += 1,
                    }
                }
            }
        }
        wanted
    }

    /// Another for other wishes.
    pub fn number(&self) -> u64 {
        number_of(self)
    }

    pub fn is_empty(&self) -> bool {
        self.authors.is_empty() && self.tags.is_empty() && self.cells.is_empty()
    }

    /// At most `most` questions within the relay's limits.
    pub fn questions(&self, limits: &Limits, most: usize) -> Questions {
        let groups: [(&str, Vec<&str>); 4] = [
            ("authors", self.authors.iter().map(String::as_str).collect()),
            ("#p", self.bodies.iter().map(String::as_str).collect()),
            ("#t", self.tags.iter().map(String::as_str).collect()),
            ("#g", self.cells.iter().map(|(_, cell)| cell.as_str()).collect()),
        ];
        let mut questions = Questions { filters: Vec::new(), unasked: 0 };
        for (field, values) in groups {
            let mut rest = values.as_slice();
            while !rest.is_empty() {
                let (chunk, behind) = rest.split_at(chunk_length(rest, limits.message_bytes));
                rest = behind;
                if questions.filters.len() < most && !chunk.is_empty() {
                    questions.filters.push(json!({ "kinds": [NOTE, DAY_EVENT, TIME_EVENT], field: chunk }));
                } else {
                    // One value that is longer than a message may be is left out by itself.
                    let left_out = chunk.len().max(1);
                    questions.unasked += left_out;
                    rest = if chunk.is_empty() { rest.get(1..).unwrap_or_default() } else { rest };
                }
            }
        }
        questions
    }

    /// What can't be asked for, whatever the relay; empty: nothing.
    pub fn lost(&self) -> String {
        match self.large {
            0 => String::new(),
            count => format!("{count} outlines are too large to be asked for by small cells"),
        }
    }
}

/// How many of the values fit into one question.
fn chunk_length(values: &[&str], message_bytes: usize) -> usize {
    let mut left = message_bytes.saturating_sub(FRAME_BYTES);
    let fits = |value: &&&str| {
        // With quotes, comma, and as many escapes as letters at most.
        let bytes = serde_json::to_string(value).map_or(usize::MAX, |json| json.len().saturating_add(1));
        let rest = left.checked_sub(bytes);
        left = rest.unwrap_or_default();
        rest.is_some()
    };
    values.iter().take(VALUES_MAX).take_while(fits).count()
}

/// The public key by which a city lists somebody: as such, or as `npub1…`.
pub fn key_of(handle: &str) -> Option<String> {
    if is_key(handle) { Some(handle.to_owned()) } else { nip19::pubkey(handle) }
}

/// The ways in which people write a tag: as the city does, in lower case, with a capital, each with accents and without,
/// and with nothing but its letters.
fn spellings(term: &str) -> BTreeSet<String> {
    let written: String = term.trim().trim_start_matches(['#', '＃']).nfc().collect();
    let bare: String = written.nfd().filter(|c| !is_combining_mark(*c)).collect();
    let mut spellings = BTreeSet::new();
    for form in [written, bare.replace('œ', "oe").replace('Œ', "Oe"), fold_tag(term)] {
        let lower = form.to_lowercase();
        spellings.extend([capitalized(&form), capitalized(&lower), lower, form]);
    }
    spellings.remove("");
    spellings
}

fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}

/// The same from process to process, since it is stored.
pub fn number_of(value: &impl Hash) -> u64 {
    let mut hasher = blake3::Hasher::new();
    value.hash(&mut Stable(&mut hasher));
    hasher.finalize().as_bytes().first_chunk().map_or(0, |first| u64::from_le_bytes(*first))
}

struct Stable<'h>(&'h mut blake3::Hasher);

impl Hasher for Stable<'_> {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn city(file: &str) -> Arc<City> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ville.toml");
        std::fs::write(&path, file).unwrap();
        Arc::new(crate::config::read_city(&path).unwrap().0)
    }

    fn limits(message_bytes: usize) -> Limits {
        Limits { message_bytes, ..Limits::default() }
    }

    #[test]
    fn q01_a_tag_is_asked_for_in_the_spellings_that_people_use() {
        let spelled = |term: &str| spellings(term).into_iter().collect::<Vec<_>>();
        assert_eq!(spelled("nantes"), ["Nantes", "nantes"]);
        assert_eq!(
            spelled("#NantesMétropole"),
            [
                "NantesMetropole",
                "NantesMétropole",
                "Nantesmetropole",
                "Nantesmétropole",
                "nantesmetropole",
                "nantesmétropole"
            ]
        );
        assert_eq!(spelled("Saint-Étienne").len(), 8);
        assert!(spellings("Saint-Étienne").contains("saintetienne") && spellings("Sacré-Cœur").contains("Sacre-Coeur"));
        assert_eq!(spelled("e\u{301}te\u{301}"), ["Ete", "ete", "Été", "été"]);
        assert_eq!(spelled("#"), Vec::<String>::new());
        // Whatever is asked for is what the matcher takes for the same tag.
        for term in ["NantesMétropole", "Saint-Étienne", "Sacré-Cœur", "ÎleDeNantes"] {
            assert!(spellings(term).iter().all(|spelling| fold_tag(spelling) == fold_tag(term)), "{term}");
        }
    }

    #[test]
    fn q06_everything_that_a_recipe_names_is_asked_for() {
        let npub = nip19::npub(&"11".repeat(32)).unwrap();
        let wanted = Wanted::of(&[city(&format!(
            "name = \"V\"\n[around]\nname = \"Pays\"\nhashtags = [\"pays\"]\n[recipe]\ninvite = \"invite\"\nhashtags = [\"ville\"]\n\
             all_of = [[\"concert\", \"loire\"]]\nambiguous = [\"ours\"]\ncontext = [\"erdre\"]\naccounts = [\"nostr:{npub}\", \"bsky:a.example\"]\n\
             [[official]]\nname = \"Ville\"\ngroup = \"ville\"\nkind = \"institution\"\naccounts = [\"nostr:{}\"]\n",
            "22".repeat(32)
        ))]);
        let lower: Vec<&String> = wanted.tags.iter().filter(|tag| **tag == tag.to_lowercase()).collect();
        assert_eq!(lower, ["concert", "invite", "loire", "ours", "pays", "ville"]);
        assert_eq!(wanted.authors.iter().collect::<Vec<_>>(), [&"11".repeat(32), &"22".repeat(32)]);
        assert_eq!(wanted.bodies.iter().collect::<Vec<_>>(), [&"22".repeat(32)], "S-50: who answers is addressed");
        let asked = wanted.questions(&limits(1 << 20), 100).filters;
        assert_eq!(asked[1]["#p"], json!(["22".repeat(32)]));
        assert!(wanted.cells.is_empty() && Wanted::of(&[]).is_empty());
    }

    #[test]
    fn h2_questions_fit_the_relays_limits_and_what_does_not_is_counted() {
        let tags = (0..3_000).map(|number| format!("étiquette{number:04}")).collect();
        let cells = (0..700).map(|number| (6, format!("gb{number:04}"))).collect();
        let wanted = Wanted { tags, cells, authors: [String::from("a")].into(), ..Wanted::default() };
        let all = wanted.questions(&limits(1 << 20), 100);
        assert_eq!((all.filters.len(), all.unasked), (1 + 3 + 1, 0));
        assert!(all.filters[0].get("authors").is_some() && all.filters[4].get("#g").is_some());
        for bytes in [1_000, 4_096, 16_384] {
            let split = wanted.questions(&limits(bytes), 1_000);
            assert!(split.filters.iter().all(|filter| filter.to_string().len() + 100 < bytes));
            let asked = |field: &str| {
                split.filters.iter().filter_map(|filter| filter[field].as_array()).map(Vec::len).sum::<usize>()
            };
            assert_eq!((asked("#t"), asked("#g"), split.unasked), (3_000, 700, 0));
        }
        let few = wanted.questions(&limits(1 << 20), 3);
        assert_eq!((few.filters.len(), few.unasked), (3, 1_000 + 700));
        let tiny = wanted.questions(&limits(FRAME_BYTES + 5), 1_000);
        assert_eq!((tiny.filters.len(), tiny.unasked), (1, 3_700));
    }

    #[test]
    fn other_wishes_have_another_number_and_the_same_the_same() {
        let one = || Wanted::of(&[city("name = \"V\"\n[recipe]\nhashtags = [\"ville\"]\n")]);
        let two = Wanted::of(&[city("name = \"V\"\n[recipe]\nhashtags = [\"bourg\"]\n")]);
        assert_eq!(one().number(), one().number());
        assert_ne!(one().number(), two.number());
    }
}
