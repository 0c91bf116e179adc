use std::collections::{BTreeMap, HashMap, HashSet};

use super::*;
use crate::demo::script::CityScript;

const DAY: i64 = 86_400;

/// 2026-12-07T11:20:00Z, a Monday.
fn start() -> Timestamp {
    Timestamp::parse_rfc3339("2026-12-07T11:20:00Z").unwrap()
}

fn days(rate: Rate, seed: u64, count: i64) -> Vec<Event> {
    let mut player = Player::new(&Scripts::load().unwrap(), seed, rate, start());
    let until = start().plus_seconds(count * DAY);
    std::iter::from_fn(|| player.next_until(until)).collect()
}

fn posts<'a>(events: &'a [Event], city: &'a str) -> impl Iterator<Item = (Timestamp, &'a Utterance)> {
    events.iter().filter(move |event| event.city == city).filter_map(|event| match &event.act {
        Act::Post(said) => Some((event.at, &**said)),
        _ => None,
    })
}

fn local_day(script: &CityScript, at: Timestamp) -> jiff::civil::Date {
    script.zone.to_datetime(jiff::Timestamp::from_microsecond(at.as_micros()).unwrap()).date()
}

#[test]
fn the_same_seed_plays_the_same_and_another_does_not() {
    let play = |seed| days(Rate::Ville, seed, 4);
    assert_eq!(play(7), play(7));
    assert_ne!(play(7), play(8));
}

#[test]
fn events_come_in_time_order() {
    for rate in Rate::ALL {
        let events = days(rate, 3, 20);
        assert!(events.windows(2).all(|pair| pair[0].at <= pair[1].at), "{rate:?}");
    }
}

#[test]
fn volumes_are_honest() {
    for rate in Rate::ALL {
        let events = days(rate, 42, 15);
        for script in Scripts::load().unwrap().cities() {
            let mut per_day: BTreeMap<_, usize> = BTreeMap::new();
            for (at, _) in posts(&events, script.slug) {
                *per_day.entry(local_day(script, at)).or_default() += 1;
            }
            // The first day is whole, because the play begins at midnight; the last one is cut.
            assert!(per_day.len() >= 15, "{} has a day without posts", script.slug);
            let whole: Vec<usize> = per_day.values().copied().take(14).collect();
            let honest = whole.iter().all(|count| rate.posts_a_day().contains(count));
            assert!(honest, "{} at {rate:?}: {whole:?}", script.slug);
            assert!(whole.iter().collect::<HashSet<_>>().len() > 2, "{whole:?}");
        }
    }
}

#[test]
fn posts_keep_their_hour_on_most_days() {
    let events = days(Rate::Ville, 5, 14);
    for script in Scripts::load().unwrap().cities() {
        let near = posts(&events, script.slug).filter(|(at, said)| {
            let instant = jiff::Timestamp::from_microsecond(at.as_micros()).unwrap();
            i16::from(script.zone.to_datetime(instant).hour()).abs_diff(i16::from(said.line.post.hour)) <= 1
        });
        let all = posts(&events, script.slug).count();
        assert!(near.count() * 10 >= all * 9, "{}", script.slug);
    }
}

#[test]
fn a_village_hears_its_village_posts() {
    let events = days(Rate::Village, 5, 28);
    for script in Scripts::load().unwrap().cities() {
        let all = posts(&events, script.slug).count();
        let village = posts(&events, script.slug).filter(|(_, said)| said.line.post.village).count();
        assert!(village * 2 > all, "{}: {village} of {all}", script.slug);
    }
}

#[test]
fn rounds_differ_in_words_and_authors() {
    let events = days(Rate::Metropole, 9, 6);
    for script in Scripts::load().unwrap().cities() {
        let mut texts: HashMap<(&str, u32), &str> = HashMap::new();
        let mut dids: HashMap<(&str, u32), &str> = HashMap::new();
        let mut rounds = 0;
        for (_, said) in posts(&events, script.slug) {
            rounds = rounds.max(said.post.round);
            texts.insert((&said.post.key, said.post.round), &said.text);
            dids.insert((said.line.author.key.as_str(), said.post.round), &said.author.did);
            assert_eq!(
                said.author.handle.ends_with(&format!("-{}.demo.example", said.post.round)),
                said.post.round > 1 && !said.line.author.official,
                "{}",
                said.author.handle
            );
        }
        assert!(rounds >= 4, "{} {rounds}", script.slug);
        for line in script.lines().filter(|line| line.text.variants() > 1) {
            assert_ne!(texts[&(line.post.key.as_str(), 1)], texts[&(line.post.key.as_str(), 2)]);
        }
        for author in &script.authors {
            let of = |round| dids[&(author.key.as_str(), round)];
            assert_eq!(of(1) == of(2), author.official, "{}", author.key);
        }
    }
}

#[test]
fn listed_bodies_keep_their_account_whatever_the_seed() {
    let scripts = Scripts::load().unwrap();
    for script in scripts.cities() {
        for author in script.authors.iter().filter(|author| author.official) {
            let first = persona(script, 1, 1, author);
            assert_eq!(first, persona(script, 99, 12, author));
            assert_eq!(first.handle, format!("{}.demo.example", author.handle));
            assert_eq!(first.did.len(), 32);
        }
    }
}

#[test]
fn replies_follow_their_parents_within_the_day() {
    for rate in Rate::ALL {
        let events = days(rate, 11, 20);
        for script in Scripts::load().unwrap().cities() {
            let said: HashMap<&PostRef, Timestamp> =
                posts(&events, script.slug).map(|(at, said)| (&said.post, at)).collect();
            assert_eq!(said.len(), posts(&events, script.slug).count(), "a post is said once a round");
            let mut replies = 0;
            for (at, reply) in posts(&events, script.slug) {
                let Some(parent) = &reply.parent else { continue };
                assert!(reply.root.is_some());
                let minutes = at.seconds_since(said[parent]) / 60;
                assert!((1..24 * 60).contains(&minutes), "{}: {minutes}", reply.post.key);
                replies += 1;
            }
            assert!(replies > 0);
        }
    }
}

#[test]
fn accounts_leave_pause_and_change_after_they_spoke() {
    let events = days(Rate::Metropole, 4, 5);
    let (mut last, mut left, mut seen) = (HashMap::new(), HashSet::new(), HashMap::new());
    let mut paused = HashSet::new();
    for event in &events {
        let (kind, author) = match &event.act {
            Act::Post(said) => ("post", &said.author),
            Act::Edit { author, .. } => ("edit", author),
            Act::Delete { author, .. } => ("delete", author),
            Act::Profile(author) => ("profile", author),
            Act::Handle { author, .. } => ("handle", author),
            Act::Account { author, status: Status::Deleted } => ("left", author),
            Act::Account { author, status: Status::Deactivated } => ("paused", author),
            Act::Account { author, status: Status::Active } => ("back", author),
            Act::Broken { author, .. } => ("broken", author),
        };
        *seen.entry(kind).or_insert(0) += 1;
        if event.city == crate::demo::script::ELSEWHERE {
            continue;
        }
        assert!(!left.contains(&author.did), "{kind} after the account was deleted");
        match kind {
            "left" => {
                assert!(event.at.seconds_since(last[&author.did]) >= 3600);
                left.insert(author.did.clone());
            }
            "paused" => assert!(paused.insert(author.did.clone())),
            "back" => assert!(paused.remove(&author.did)),
            "post" => {
                assert!(!paused.contains(&author.did));
                last.insert(author.did.clone(), event.at);
            }
            _ => assert!(last.contains_key(&author.did), "{kind} of somebody unseen"),
        }
    }
    for kind in ["post", "edit", "delete", "profile", "handle", "left", "paused", "back", "broken"] {
        assert!(seen.get(kind).is_some_and(|count| *count >= 6), "{kind}: {seen:?}");
    }
}

#[test]
fn a_performance_keeps_the_pace_and_cuts_long_silences() {
    for (rate, gap) in [(Rate::Metropole, 10.0..20.0), (Rate::Ville, 12.0..30.0), (Rate::Village, 30.0..90.0)] {
        let mut player = Player::new(&Scripts::load().unwrap(), 2, rate, start());
        while player.next_until(start()).is_some() {}
        let mut performance = Performance::new(player, rate, rate.default_speed(), start());
        let mut said = Vec::new();
        let mut before = 0.0;
        while said.len() < 200 {
            let (due, event) = performance.next_due().unwrap();
            assert!(due >= before, "due times never go back");
            before = due;
            if event.city == "rennes" && matches!(event.act, Act::Post(_)) {
                said.push(due);
            }
        }
        #[expect(clippy::cast_precision_loss, reason = "a small count")]
        let mean = said.last().unwrap() / said.len() as f64;
        assert!(gap.contains(&mean), "{rate:?}: a post every {mean} s");
        #[expect(clippy::cast_precision_loss, reason = "a small count")]
        let longest = rate.longest_silence_seconds() as f64 / rate.default_speed();
        let widest = said.windows(2).map(|pair| pair[1] - pair[0]).fold(0.0, f64::max);
        assert!(widest <= longest * 4.0, "{rate:?}: {widest} s of silence");
    }
}

#[test]
fn feature_14_in_a_metropole_everybody_speaks_at_once_after_some_minutes_and_elsewhere_nobody_does() {
    for rate in Rate::ALL {
        let mut player = Player::new(&Scripts::load().unwrap(), 2, rate, start());
        while player.next_until(start()).is_some() {}
        let mut performance = Performance::new(player, rate, rate.default_speed(), start());
        let mut said = Vec::new();
        while let Some((due, event)) = performance.next_due().filter(|(due, _)| *due < 600.0) {
            if let (Act::Post(post), "nantes") = (&event.act, event.city) {
                said.push((due, post.author.did.clone()));
            }
        }
        let within = |from: f64| said.iter().filter(move |(due, _)| (from..from + 60.0).contains(due));
        let most = said.iter().map(|(due, _)| within(*due).map(|(_, did)| did).collect::<HashSet<_>>().len()).max();
        assert_eq!(most >= Some(35), rate == Rate::Metropole, "{rate:?}: {most:?} people in a minute");
    }
}

#[test]
fn at_honest_speed_nothing_is_cut() {
    let mut player = Player::new(&Scripts::load().unwrap(), 2, Rate::Village, start());
    while player.next_until(start()).is_some() {}
    let mut performance = Performance::new(player, Rate::Village, 1.0, start());
    for _ in 0..200 {
        let (due, event) = performance.next_due().unwrap();
        #[expect(clippy::cast_precision_loss, reason = "a small count")]
        let simulated = event.at.seconds_since(start()) as f64;
        assert!((due - simulated).abs() < 1.0, "{due} {simulated}");
    }
}
