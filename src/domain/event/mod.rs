//! Whether two sources announce the same event.
//!
//! Owns the rule and the keys by which candidates are found. Does not own what is done with them: the store groups, and asks
//! here. Invariant: pure and symmetric, and rather two entries than a false one: what differs in a number, a day or an
//! audience is another event.

use std::collections::BTreeSet;

use super::{Timestamp, fold_words};

/// What is compared of an event.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Announcement<'a> {
    /// Whoever lists it: what stands twice on one list is two.
    pub list: &'a str,
    /// Its publisher's identity of it, where there is one.
    pub identity: Option<&'a str>,
    /// Its page.
    pub address: Option<&'a str>,
    pub title: &'a str,
    /// Where it is, in words.
    pub place: Option<&'a str>,
    /// Where it is, as far as it is known: longitude and latitude.
    pub point: Option<(f64, f64)>,
    pub starts_at: Timestamp,
}

/// Beginnings this near are one: some write half past where others write a minute later.
const SAME_START_S: i64 = 60;
/// Points further apart than this are two places, whatever they are called: the diagonal of two cells of the privacy grid.
const APART_M: f64 = 3_000.0;
/// Words of a title that say by themselves that it is this one, where a source names no place.
const TELLING_WORDS: usize = 4;

/// Words that tell nothing.
const SMALL: [&str; 40] = [
    "a", "au", "aux", "avec", "and", "at", "by", "ce", "ces", "chez", "d", "dans", "de", "des", "du", "en", "et",
    "for", "from", "in", "l", "la", "le", "les", "leur", "of", "on", "ou", "par", "pour", "qu", "s", "son", "sous",
    "sur", "the", "to", "un", "une", "with",
];
/// What is said of an event's state, and not what it is.
const STATE: [&str; 12] = [
    "annule",
    "annulee",
    "cancelled",
    "canceled",
    "complet",
    "complete",
    "gratuit",
    "gratuite",
    "free",
    "reporte",
    "reportee",
    "nouveau",
];
/// Words by which two events of one title and hour differ.
const TELLING_APART: [&str; 34] = [
    "adulte",
    "adultes",
    "enfant",
    "enfants",
    "bebe",
    "bebes",
    "ado",
    "ados",
    "adolescents",
    "parents",
    "seniors",
    "famille",
    "familles",
    "debutant",
    "debutants",
    "confirme",
    "confirmes",
    "avance",
    "niveau",
    "groupe",
    "seance",
    "session",
    "partie",
    "episode",
    "volet",
    "matin",
    "soir",
    "jeunes",
    "juniors",
    "kids",
    "adults",
    "children",
    "beginners",
    "advanced",
];
/// What many places are called: it takes more to name one.
const GENERIC: [&str; 34] = [
    "salle",
    "mediatheque",
    "bibliotheque",
    "maison",
    "ecole",
    "place",
    "rue",
    "parc",
    "centre",
    "gymnase",
    "eglise",
    "theatre",
    "cafe",
    "quartier",
    "mairie",
    "halle",
    "halles",
    "jardin",
    "musee",
    "stade",
    "espace",
    "college",
    "lycee",
    "complexe",
    "polyvalente",
    "municipal",
    "municipale",
    "associations",
    "fetes",
    "culturel",
    "sociale",
    "social",
    "hall",
    "library",
];

/// Whether they are one.
pub fn same_event(one: &Announcement<'_>, other: &Announcement<'_>) -> bool {
    if one.list == other.list
        || one.starts_at.seconds_since(other.starts_at).abs() > SAME_START_S
        || are_apart(one, other)
    {
        return false;
    }
    let places = Places::compare(one.place, other.place);
    let titles = Titles::compare(one, other);
    // The same page may announce a whole day's programme, and `12` is many an event's number: titles must not disagree.
    let is_declared = is_same(one.identity, other.identity) || is_same_page(one.address, other.address);
    match (places, titles) {
        (_, Titles::Differ) => false,
        (Places::Differ, _) => false,
        _ if is_declared => true,
        (Places::Agree, _) => true,
        (Places::Unknown, Titles::Agree { words }) => words >= TELLING_WORDS,
    }
}

/// Under which events that may be one are found: two that are share at least one of these.
pub fn event_keys(title: &str, starts_at: Timestamp) -> Vec<String> {
    let words = telling(&words_of(title));
    let first = words.first();
    let longest = words.iter().max_by_key(|word| (word.len(), *word));
    let minute = starts_at.as_micros().div_euclid(60_000_000);
    // Half past and a minute later are in two minutes.
    let minutes = [minute, minute.saturating_add(1)];
    let words: BTreeSet<&String> = first.into_iter().chain(longest).collect();
    words.into_iter().flat_map(|word| minutes.map(|minute| format!("{minute} {word}"))).collect()
}

fn is_same(one: Option<&str>, other: Option<&str>) -> bool {
    one.is_some_and(|one| !one.is_empty() && Some(one) == other)
}

/// The same page of a site, whatever it is reached by.
fn is_same_page(one: Option<&str>, other: Option<&str>) -> bool {
    let page = |address: &str| {
        let url = url::Url::parse(address).ok()?;
        let host = url.host_str()?.trim_start_matches("www.").to_owned();
        let path = url.path().trim_end_matches('/').to_owned();
        let own = |(name, _): &(std::borrow::Cow<'_, str>, _)| !name.starts_with("utm_") && name != "fbclid";
        let query: BTreeSet<String> =
            url.query_pairs().filter(own).map(|(name, value)| format!("{name}={value}")).collect();
        // A site's front page is nobody's event.
        (!path.is_empty() || !query.is_empty()).then_some((host, path, query))
    };
    one.zip(other).is_some_and(|(one, other)| page(one).is_some_and(|one| Some(one) == page(other)))
}

fn metres(one: &Announcement<'_>, other: &Announcement<'_>) -> Option<f64> {
    let ((lon, lat), (other_lon, other_lat)) = (one.point?, other.point?);
    let north = (lat - other_lat) * 111_320.0;
    let east = (lon - other_lon) * 111_320.0 * lat.to_radians().cos();
    Some(north.hypot(east))
}

fn are_apart(one: &Announcement<'_>, other: &Announcement<'_>) -> bool {
    metres(one, other).is_some_and(|metres| metres > APART_M)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Places {
    Agree,
    Differ,
    /// One of them, or both, don't say.
    Unknown,
}

impl Places {
    fn compare(one: Option<&str>, other: Option<&str>) -> Self {
        let set = |place: &str| -> BTreeSet<String> { telling(&words_of(place)).into_iter().collect() };
        let (Some(one), Some(other)) = (one.map(set), other.map(set)) else { return Self::Unknown };
        if one.is_empty() || other.is_empty() {
            return Self::Unknown;
        }
        if one == other {
            return Self::Agree;
        }
        let (shorter, longer) = if one.len() <= other.len() { (&one, &other) } else { (&other, &one) };
        // The name alone beside the name with its address. What many places are called names none of them.
        let names_one = shorter.iter().any(|word| !GENERIC.contains(&word.as_str()) && !is_number(word));
        if shorter.is_subset(longer) {
            return if names_one { Self::Agree } else { Self::Unknown };
        }
        Self::Differ
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Titles {
    /// With so many telling words in common.
    Agree {
        words: usize,
    },
    Differ,
}

impl Titles {
    fn compare(one: &Announcement<'_>, other: &Announcement<'_>) -> Self {
        let (words, other_words) = (words_of(one.title), words_of(other.title));
        let set = |words: &[String]| -> BTreeSet<String> { telling(words).into_iter().collect() };
        let (a, b) = (set(&words), set(&other_words));
        if a.is_empty() || b.is_empty() {
            return Self::Differ;
        }
        if a == b {
            return Self::Agree { words: a.len() };
        }
        let (shorter, longer, long) = if a.len() <= b.len() { (&a, &b, other) } else { (&b, &a, one) };
        if shorter.len() < 2 || !shorter.is_subset(longer) {
            return Self::Differ;
        }
        // What the longer one has beside it: where it is, or a second line behind a mark.
        let places: BTreeSet<String> = [one.place, other.place].into_iter().flatten().flat_map(words_of).collect();
        let second: BTreeSet<String> = second_line(long.title).map(words_of).unwrap_or_default().into_iter().collect();
        let year = one.starts_at.to_rfc3339().get(..4).unwrap_or_default().to_owned();
        let is_beside = |word: &String| {
            let tells_apart = is_number(word) || TELLING_APART.contains(&word.as_str());
            *word == year || ((places.contains(word) || second.contains(word)) && !tells_apart)
        };
        if longer.difference(shorter).all(is_beside) { Self::Agree { words: shorter.len() } } else { Self::Differ }
    }
}

/// What stands behind the first mark in a title that ends a line of it.
fn second_line(title: &str) -> Option<&str> {
    let at = [" : ", "\u{a0}: ", " – ", " — ", " - ", " | ", " · ", ", ", ": "]
        .iter()
        .filter_map(|mark| title.find(mark))
        .min()?;
    title.get(at..)
}

fn words_of(text: &str) -> Vec<String> {
    fold_words(text).into_iter().collect()
}

fn telling(words: &[String]) -> Vec<String> {
    let tells = |word: &&String| !SMALL.contains(&word.as_str()) && !STATE.contains(&word.as_str());
    words.iter().filter(tells).cloned().collect()
}

fn is_number(word: &str) -> bool {
    word.chars().any(|c| c.is_ascii_digit())
}

#[cfg(test)]
mod tests;
