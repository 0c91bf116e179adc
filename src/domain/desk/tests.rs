//! The rule of the cube over whole cubes of arbitrary data: what may be told, and what differences of answers give.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::domain::SubjectHash;

/// Days of the month that is played, and of its weeks: short ones, so that small numbers meet.
const DAYS: usize = 6;
const WEEK: usize = 3;

#[derive(Clone, Debug)]
struct Said {
    day: usize,
    fact: Fact,
}

fn said() -> impl Strategy<Value = Said> {
    let tags = prop::collection::btree_set(0..4_u8, 0..3);
    (0..DAYS, 0..13_u64, prop::bool::weighted(0.1), 0..3_u8, 0..10_usize, 0..3_u8, 0..3_u8, tags).prop_map(
        |(day, who, assembly, network, zone, language, hour, tags)| {
            let mut values = vec![
                (Dimension::Hour, format!("{hour}")),
                (Dimension::Language, format!("l{}", language / 2)),
                (Dimension::Network, format!("n{network}")),
            ];
            // A zone, or none: on some days nearly all are of one, on others of none.
            let zones = if day % 2 == 0 { "0000000012" } else { "000122----" };
            let zone = zones.get(zone..=zone).filter(|zone| *zone != "-");
            values.extend(zone.map(|zone| (Dimension::Zone, format!("z{zone}"))));
            values.extend(tags.iter().map(|tag| (Dimension::Tag, format!("t{tag}"))));
            values.sort();
            Said { day, fact: Fact { who: SubjectHash(who), assembly, values } }
        },
    )
}

/// Numbers of posts.
type Posts = BTreeSet<usize>;

#[derive(Debug)]
struct Answer {
    by: Dimension,
    value: String,
    days: std::ops::Range<usize>,
    posts: Posts,
}

/// Everything that can be asked of what was said, each answer with the posts that it counts.
struct Cube<'a> {
    said: &'a [Said],
    answers: Vec<Answer>,
}

fn cell_of(value: &str) -> u64 {
    value.bytes().fold(0, |cell, byte| cell * 256 + u64::from(byte))
}

impl<'a> Cube<'a> {
    fn of(said: &'a [Said]) -> Self {
        let mut cube = Self { said, answers: Vec::new() };
        let mut noted: Vec<(usize, Noted)> = Vec::new();
        // Whose posts of which days are told, and whose wait.
        let mut told: BTreeMap<(Dimension, u64), Posts> = BTreeMap::new();
        let mut rest: BTreeMap<(Dimension, u64, usize), Posts> = BTreeMap::new();
        let mut names: BTreeMap<(Dimension, u64), String> = BTreeMap::new();
        for day in 0..DAYS {
            let facts: Vec<Fact> = said.iter().filter(|said| said.day == day).map(|said| said.fact.clone()).collect();
            let closed = close_day(&facts);
            for Named { dimension, value, posts, authors } in closed.told {
                let counted = cube.with(dimension, &value, day..day + 1);
                cube.check(dimension, &counted, posts, authors);
                if dimension != Dimension::All || authors.is_some() {
                    told.entry((dimension, cell_of(&value))).or_default().extend(&counted);
                }
                cube.answers.push(Answer { by: dimension, value, days: day..day + 1, posts: counted });
            }
            for Trace { dimension, value, side, who, posts } in closed.traces {
                let cell = cell_of(&value);
                if side == Side::Rest {
                    rest.insert((dimension, cell, day), cube.with(dimension, &value, day..day + 1));
                }
                names.insert((dimension, cell), value);
                noted.push((day, Noted { dimension, cell, side, who: who.0, posts }));
            }
            let ends: Vec<std::ops::Range<usize>> = [(day + 1) % WEEK == 0, day + 1 == DAYS]
                .into_iter()
                .zip([(day + 1).saturating_sub(WEEK)..day + 1, 0..day + 1])
                .filter_map(|(ends, days)| ends.then_some(days))
                .collect();
            for days in ends {
                let of_it = noted.iter().filter(|(day, _)| days.contains(day)).map(|(_, noted)| *noted);
                let closed = close_wider(of_it);
                for (by, cell) in closed.spent {
                    for day in days.clone() {
                        if let Some(posts) = rest.remove(&(by, cell, day)) {
                            told.entry((by, cell)).or_default().extend(posts);
                        }
                    }
                    noted.retain(|(day, noted)| {
                        let is_it = days.contains(day) && (noted.dimension, noted.cell) == (by, cell);
                        !is_it || !matches!(noted.side, Side::Without | Side::Plenty)
                    });
                    for (day, noted) in &mut noted {
                        let is_rest = noted.side == Side::Rest && (noted.dimension, noted.cell) == (by, cell);
                        if is_rest && days.contains(day) {
                            noted.side = Side::Told;
                        }
                    }
                }
                for (by, cell, posts, authors) in closed.told {
                    let value = names[&(by, cell)].clone();
                    let in_days = cube.with(by, "", days.clone());
                    let counted = match by {
                        Dimension::All => in_days,
                        _ => told[&(by, cell)].intersection(&in_days).copied().collect(),
                    };
                    let people = told.get(&(by, cell)).map(|told| told.intersection(&counted).copied().collect());
                    assert_eq!(posts, counted.len() as u64, "{by:?} {value} {days:?}");
                    let people = cube.people(&people.unwrap_or_default(), by == Dimension::All);
                    assert_eq!(authors, (people > 0).then(|| rounded(people)), "{by:?} {value} {days:?}");
                    cube.answers.push(Answer { by, value, days: days.clone(), posts: counted });
                }
            }
        }
        cube
    }

    /// The posts that a value is counted by; of the empty value all.
    fn with(&self, by: Dimension, value: &str, days: std::ops::Range<usize>) -> Posts {
        let has = |fact: &Fact| {
            value.is_empty() || (!fact.assembly && fact.values.iter().any(|(other, own)| *other == by && own == value))
        };
        let all = self.said.iter().enumerate();
        all.filter(|(_, said)| days.contains(&said.day) && has(&said.fact)).map(|(number, _)| number).collect()
    }

    fn people(&self, posts: &Posts, counted: bool) -> usize {
        let facts = posts.iter().map(|number| &self.said[*number].fact).filter(|fact| !counted || !fact.assembly);
        facts.map(|fact| fact.who).collect::<std::collections::HashSet<_>>().len()
    }

    fn check(&self, by: Dimension, counted: &Posts, posts: u64, authors: Option<u64>) {
        assert_eq!(posts, counted.len() as u64);
        let people = self.people(counted, true);
        assert_eq!(authors, (people >= AUTHORS_MIN).then(|| rounded(people)), "{by:?}");
        assert!(by == Dimension::All || people >= AUTHORS_MIN);
    }

    /// Whether a difference tells of fewer than five people what no reader can count: whole days any reader can.
    fn isolates(&self, difference: &Posts) -> bool {
        let whole: Posts = (0..DAYS)
            .map(|day| self.with(Dimension::All, "", day..day + 1))
            .filter(|day| day.is_subset(difference))
            .flatten()
            .collect();
        let people = self.people(difference, false);
        whole != *difference && people > 0 && people < AUTHORS_MIN
    }
}

/// Whether one answer is known to lie within another: in its time, and of the same value or of all.
fn lies_in(inner: &Answer, outer: &Answer) -> bool {
    let in_time = outer.days.start <= inner.days.start && inner.days.end <= outer.days.end;
    let in_value = (outer.by, &outer.value) == (inner.by, &inner.value) || outer.by == Dimension::All;
    in_time && in_value && inner.by != Dimension::All
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn feature_11_no_pair_of_answers_isolates_fewer_than_five_people(said in prop::collection::vec(said(), 0..120)) {
        let cube = Cube::of(&said);
        for inner in &cube.answers {
            if inner.by != Dimension::All {
                prop_assert!(cube.people(&inner.posts, true) >= AUTHORS_MIN, "{inner:?}");
            }
            for outer in cube.answers.iter().filter(|outer| lies_in(inner, outer)) {
                prop_assert!(inner.posts.is_subset(&outer.posts), "{inner:?} {outer:?}");
                let difference: Posts = outer.posts.difference(&inner.posts).copied().collect();
                prop_assert!(!cube.isolates(&difference), "{outer:?} less {inner:?}");
            }
        }
    }

    #[test]
    fn feature_11_nor_does_an_answer_less_all_that_a_question_gives(said in prop::collection::vec(said(), 0..120)) {
        let cube = Cube::of(&said);
        for outer in &cube.answers {
            let inside = |other: &&Answer| lies_in(other, outer);
            // A value less all of its narrower answers.
            let narrower = cube.answers.iter().filter(inside).filter(|other| other.days.len() < outer.days.len());
            if outer.by != Dimension::All {
                let told: Posts = narrower.flat_map(|other| &other.posts).copied().collect();
                let difference: Posts = outer.posts.difference(&told).copied().collect();
                prop_assert!(!cube.isolates(&difference), "{outer:?} less what is told in it");
                // Nor does what is told of them by this give away who else was there on those days.
                let days = difference.iter().map(|number| said[*number].day).collect::<BTreeSet<_>>();
                let all: Posts = days.iter().flat_map(|day| cube.with(Dimension::All, "", *day..*day + 1)).collect();
                let beside: Posts = all.difference(&difference).copied().collect();
                prop_assert!(!cube.isolates(&beside), "those days less {outer:?}");
                continue;
            }
            // All of a bucket less all values of a dimension by which each post has one at most.
            for by in [Dimension::Hour, Dimension::Zone, Dimension::Language, Dimension::Network] {
                let of_it = |other: &&Answer| other.by == by && other.days == outer.days;
                let told: Posts = cube.answers.iter().filter(of_it).flat_map(|other| &other.posts).copied().collect();
                let difference: Posts = outer.posts.difference(&told).copied().collect();
                prop_assert!(told.is_empty() || !cube.isolates(&difference), "{outer:?} less all of {by:?}");
            }
        }
    }
}

fn facts(people: impl IntoIterator<Item = u64>, value: &str, assembly: bool) -> Vec<Fact> {
    let values = vec![(Dimension::Zone, value.to_owned())];
    people.into_iter().map(|who| Fact { who: SubjectHash(who), assembly, values: values.clone() }).collect()
}

fn told(facts: &[Fact]) -> Vec<(String, u64, Option<u64>)> {
    let closed = close_day(facts).told;
    closed.into_iter().map(|named| (named.value, named.posts, named.authors)).collect()
}

#[test]
fn l43_a_value_is_told_of_five_people_and_no_total_gives_away_the_others() {
    let all = |posts, authors| (String::new(), posts, authors);
    let zone = |value: &str, posts, authors| (value.to_owned(), posts, Some(authors));
    assert_eq!(told(&facts(0..4, "a", false)), [all(4, None)]);
    assert_eq!(told(&facts(0..5, "a", false)), [zone("a", 5, 5), all(5, Some(5))]);
    // One more person elsewhere would be told by the total.
    let other = [facts(0..9, "a", false), facts(9..10, "b", false)].concat();
    assert_eq!(told(&other), [all(10, Some(10))]);
    let three = [facts(0..9, "a", false), facts(10..16, "b", false), facts(20..21, "c", false)].concat();
    assert_eq!(told(&three), [zone("a", 9, 5), all(16, Some(15))], "the fewest are kept back with the one");
}

#[test]
fn l42_an_assembly_counts_for_no_author() {
    let gathered = facts(0..30, "a", true);
    assert_eq!(told(&gathered), [(String::new(), 30, None)]);
    let beside = [facts(0..8, "a", false), facts(20..24, "a", true)].concat();
    assert_eq!(told(&beside), [(String::new(), 12, Some(5))], "and is not to be found by subtracting");
}
