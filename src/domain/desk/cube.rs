//! By which rule a number about people is told.
//!
//! Owns what of a closed bucket may be told, and what of it waits for the next wider one. Does not own buckets (`calendar`),
//! rows or keys (`store`). Pure.
//! Invariant: what any answer has more than another that lies within it is nothing, or of five people at least.
//!
//! A day is closed whole. Of its values those are told that at least five people have posts with, as long as
//!
//! 1. those who have posts **without** the value are none or five at least: the day's plain total less the value gives them;
//! 2. those who have posts with **no told value** are none or five at least: so does the total less all that is told. Where they
//!    are fewer, the told values of the fewest people are kept back too.
//!
//! What is not told there is **the rest**. A week tells of a value the sum of its told days, and the rest of the other days with
//! it if that rest passes the same two rules; a month does the same with its weeks. So all answers of a value are made of
//! parts of five people at least, none of which cuts another, and any difference of them is made of such parts. What remains at
//! the end of the month is told nowhere. A day in which nothing was held back, or nothing told, is plain, and
//! what can be told by subtracting whole days is what readers can count for themselves.
//!
//! Hours are values of their day, for the same reason; none is crossed with another value. Assemblies' posts are among those
//! without a value (L-42). Authors are told in multiples of five, posts as they are: a part that is told is of five people, whatever
//! its posts.

use std::collections::{BTreeMap, BTreeSet};

use super::{Dimension, Fact};
use crate::domain::SubjectHash;

/// Fewer authors than this are told nowhere. No setting changes it (L-43).
pub const AUTHORS_MIN: usize = 5;
/// Values of a dimension that are counted in a day: those of the most posts. Others count as posts without a value.
pub const VALUES_MAX: usize = 500;

/// Distinct authors as they are told.
pub const fn rounded(authors: usize) -> u64 {
    (authors - authors % AUTHORS_MIN) as u64
}

/// What is noted of somebody, or of a number of people, in a day that lies in an open week and month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// Counted in what is told of a day or a week.
    Told,
    /// Counted in the rest.
    Rest,
    /// Has posts without the value, on a day on which it is in the rest.
    Without,
    /// Five people at least have such posts: who they are need not be known.
    Plenty,
    /// Posts of [`Dimension::All`] that count for nobody.
    Nobody,
}

impl Side {
    pub const ALL: [Self; 5] = [Self::Told, Self::Rest, Self::Without, Self::Plenty, Self::Nobody];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Told => "told",
            Self::Rest => "rest",
            Self::Without => "without",
            Self::Plenty => "plenty",
            Self::Nobody => "nobody",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|side| side.as_str() == text)
    }
}

/// A number that is told of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    pub dimension: Dimension,
    pub value: String,
    pub posts: u64,
    /// `None`, of [`Dimension::All`] only: fewer than five.
    pub authors: Option<u64>,
}

/// What a day leaves for its week and month, of a value; the value is empty where it is of posts without one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Trace {
    pub dimension: Dimension,
    pub value: String,
    pub side: Side,
    pub who: SubjectHash,
    pub posts: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DayClosed {
    pub told: Vec<Named>,
    pub traces: Vec<Trace>,
}

/// One thing that may be told: how many have posts with it, and how many without.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    with: usize,
    without: usize,
}

const fn is_safe(people: usize) -> bool {
    people == 0 || people >= AUTHORS_MIN
}

/// Which of the values of a dimension may be told. `bare`: people with posts that have no value. That people of two values
/// are other people is not known here, so the many of one are taken for all.
fn choose(candidates: &[Candidate], bare: usize) -> Vec<bool> {
    let mut told: Vec<bool> = candidates.iter().map(|one| one.with >= AUTHORS_MIN && is_safe(one.without)).collect();
    let kept_back = candidates.iter().zip(&told).filter(|(_, told)| !**told).map(|(one, _)| one.with);
    let left = kept_back.max().unwrap_or(0).max(bare);
    if !is_safe(left) {
        // Of two with as few both, so that nothing depends on an order.
        let fewest = candidates.iter().zip(&told).filter(|(_, told)| **told).map(|(one, _)| one.with).min();
        for (one, told) in candidates.iter().zip(&mut told) {
            *told &= Some(one.with) != fewest;
        }
    }
    told
}

/// Who has how many posts.
type People = BTreeMap<u64, u64>;

/// Closes a day of a city: all that its people have said. Returns what is told, and what is left for the week and month.
pub fn close_day(facts: &[Fact]) -> DayClosed {
    let mut closed = DayClosed::default();
    let mut all: People = People::new();
    let mut counted: People = People::new();
    for fact in facts {
        *all.entry(fact.who.0).or_default() += 1;
        if !fact.assembly {
            *counted.entry(fact.who.0).or_default() += 1;
        }
    }
    for dimension in Dimension::ALL.into_iter().skip(1) {
        close_dimension(dimension, facts, &all, &mut closed);
    }
    let is_told = counted.len() >= AUTHORS_MIN;
    let authors = is_told.then(|| rounded(counted.len()));
    let (dimension, posts) = (Dimension::All, facts.len() as u64);
    closed.told.push(Named { dimension, value: String::new(), posts, authors });
    let side = if is_told { Side::Told } else { Side::Rest };
    closed.traces.extend(traces_of(dimension, "", side, &counted));
    let assemblies = posts.saturating_sub(counted.values().sum());
    if assemblies > 0 {
        closed.traces.push(trace(dimension, "", Side::Nobody, 0, assemblies));
    }
    closed
}

fn close_dimension(dimension: Dimension, facts: &[Fact], all: &People, closed: &mut DayClosed) {
    let mut by_value: BTreeMap<&str, People> = BTreeMap::new();
    for fact in facts.iter().filter(|fact| !fact.assembly) {
        for (_, value) in fact.values.iter().filter(|(by, _)| *by == dimension) {
            *by_value.entry(value).or_default().entry(fact.who.0).or_default() += 1;
        }
    }
    let mut by_value: Vec<(&str, People)> = by_value.into_iter().collect();
    by_value.sort_by_key(|(_, people)| std::cmp::Reverse(people.values().sum::<u64>()));
    by_value.truncate(VALUES_MAX);
    let kept: BTreeSet<&str> = by_value.iter().map(|(value, _)| *value).collect();
    let is_bare = |fact: &&Fact| {
        fact.assembly || !fact.values.iter().any(|(by, value)| *by == dimension && kept.contains(value.as_str()))
    };
    let bare: People = facts.iter().filter(is_bare).map(|fact| (fact.who.0, 0)).collect();
    let without = |people: &People| -> People {
        all.iter().filter(|(who, posts)| people.get(who) != Some(posts)).map(|(who, _)| (*who, 0)).collect()
    };
    let without: Vec<People> = by_value.iter().map(|(_, people)| without(people)).collect();
    let candidates: Vec<Candidate> = by_value
        .iter()
        .zip(&without)
        .map(|((_, with), without)| Candidate { with: with.len(), without: without.len() })
        .collect();
    let told = choose(&candidates, bare.len());
    for (((value, people), without), told) in by_value.iter().zip(&without).zip(told) {
        if told {
            let (posts, authors) = (people.values().sum(), Some(rounded(people.len())));
            closed.told.push(Named { dimension, value: (*value).to_owned(), posts, authors });
        }
        // No week is told by its hours.
        if dimension != Dimension::Hour {
            closed.traces.extend(traces_of(dimension, value, if told { Side::Told } else { Side::Rest }, people));
            if !told {
                closed.traces.extend(others(dimension, value, without));
            }
        }
    }
    if dimension != Dimension::Hour {
        closed.traces.extend(others(dimension, "", &bare));
    }
}

fn trace(dimension: Dimension, value: &str, side: Side, who: u64, posts: u64) -> Trace {
    Trace { dimension, value: value.to_owned(), side, who: SubjectHash(who), posts }
}

fn traces_of(dimension: Dimension, value: &str, side: Side, people: &People) -> Vec<Trace> {
    people.iter().map(|(who, posts)| trace(dimension, value, side, *who, *posts)).collect()
}

fn others(dimension: Dimension, value: &str, people: &People) -> Vec<Trace> {
    match people.len() >= AUTHORS_MIN {
        true => vec![trace(dimension, value, Side::Plenty, 0, 0)],
        false => traces_of(dimension, value, Side::Without, people),
    }
}

/// As [`Trace`], of a week or a month; values go by a number, for their names may be unknown (the store says when).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Noted {
    pub dimension: Dimension,
    pub cell: u64,
    pub side: Side,
    pub who: u64,
    pub posts: u64,
}

/// A number that is told of a week or a month: dimension, cell, posts, authors as in [`Named`].
pub type Told = (Dimension, u64, u64, Option<u64>);

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WiderClosed {
    pub told: Vec<Told>,
    /// Whose rest is told now, and is no rest any more.
    pub spent: Vec<(Dimension, u64)>,
}

#[derive(Default)]
struct Gathered {
    told: BTreeSet<u64>,
    rest: BTreeSet<u64>,
    without: BTreeSet<u64>,
    is_plenty: bool,
    told_posts: u64,
    rest_posts: u64,
    nobodys: u64,
}

impl Gathered {
    fn without(&self) -> usize {
        if self.is_plenty { AUTHORS_MIN.max(self.without.len()) } else { self.without.len() }
    }
}

/// The cell of the empty value: of posts without a value, and of [`Dimension::All`].
pub const BARE: u64 = 0;

/// Closes a week or a month, by all that its days left.
pub fn close_wider(traces: impl IntoIterator<Item = Noted>) -> WiderClosed {
    let mut cells: BTreeMap<Dimension, BTreeMap<u64, Gathered>> = BTreeMap::new();
    for Noted { dimension, cell, side, who, posts } in traces {
        let gathered = cells.entry(dimension).or_default().entry(cell).or_default();
        match side {
            Side::Told => {
                gathered.told.insert(who);
                gathered.told_posts += posts;
            }
            Side::Rest => {
                gathered.rest.insert(who);
                gathered.rest_posts += posts;
            }
            Side::Without => {
                gathered.without.insert(who);
            }
            Side::Plenty => gathered.is_plenty = true,
            Side::Nobody => gathered.nobodys += posts,
        }
    }
    let mut closed = WiderClosed::default();
    for (dimension, mut cells) in cells {
        let bare = if dimension == Dimension::All { None } else { cells.remove(&BARE) };
        let bare = bare.map_or(0, |bare| bare.without());
        let with_rest: Vec<(u64, Candidate)> = cells
            .iter()
            .filter(|(_, gathered)| !gathered.rest.is_empty())
            .map(|(cell, gathered)| (*cell, Candidate { with: gathered.rest.len(), without: gathered.without() }))
            .collect();
        let candidates: Vec<Candidate> = with_rest.iter().map(|(_, one)| *one).collect();
        let spent: BTreeSet<u64> = with_rest
            .iter()
            .zip(choose(&candidates, bare))
            .filter(|(_, told)| *told)
            .map(|((cell, _), _)| *cell)
            .collect();
        for (cell, gathered) in cells {
            let mut people = gathered.told;
            let is_spent = spent.contains(&cell);
            let mut posts = gathered.told_posts;
            if is_spent {
                people.extend(gathered.rest);
                posts += gathered.rest_posts;
                closed.spent.push((dimension, cell));
            }
            let authors = (!people.is_empty()).then(|| rounded(people.len()));
            if dimension == Dimension::All {
                let posts = gathered.told_posts + gathered.rest_posts + gathered.nobodys;
                closed.told.push((dimension, cell, posts, authors));
            } else if authors.is_some() {
                closed.told.push((dimension, cell, posts, authors));
            }
        }
    }
    closed
}
