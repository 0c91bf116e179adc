//! Weeks that are played again, minute by minute: what is calm and what is a flood (feature 14). What an assembly is, the store knows.
//!
//! `PARVIS_CALM_SEEDS` gives how many calm pasts are played at each rate.

use std::collections::HashSet;

use super::alert::decide;
use super::*;
use crate::domain::Timestamp;
use crate::domain::desk::{Calendar, HourCount, Recent};

/// A Monday.
const START: Timestamp = Timestamp::from_micros(1_783_296_000_000_000);
const MINUTE_S: i64 = 60;
const HOUR_S: i64 = 3_600;
const DAY_S: i64 = 86_400;
/// Before the twelve weeks, so that there is a past.
const PAST_DAYS: i64 = 28;
const DAYS: i64 = PAST_DAYS + 84;

/// A post: the second it comes, and its author.
type Said = (i64, u64);

/// How much of a day's posts come in each hour, in thousandths: nights are quiet, noon and evening are not.
const RHYTHM: [u64; 24] = [12, 6, 4, 3, 3, 6, 16, 38, 56, 58, 54, 56, 66, 60, 50, 48, 50, 58, 70, 76, 74, 64, 46, 26];

/// What a calm town says at `per_day` posts a day: by its rhythm, less on Sundays, with people who answer each other and
/// some who say more than others.
fn calm(per_day: f64, seed: u64) -> Vec<Said> {
    let mut rng = fastrand::Rng::with_seed(seed);
    let people = (per_day * 4.0) as u64 + 12;
    let mut said = Vec::new();
    for second in (0..DAYS * DAY_S).step_by(60) {
        let hour = usize::try_from(second / HOUR_S % 24).unwrap();
        let day = if (second / DAY_S) % 7 == 6 { 0.6 } else { 1.0 };
        // Each that comes by itself brings a third of an answer.
        let chance = per_day * 0.75 * day * RHYTHM[hour] as f64 / 1_000.0 / 60.0;
        if rng.f64() < chance {
            let who = |rng: &mut fastrand::Rng| (people as f64 * rng.f64().powi(2)) as u64;
            said.push((second + rng.i64(0..60), who(&mut rng)));
            while rng.f64() < 0.25 {
                said.push((second + rng.i64(60..2_400), who(&mut rng)));
            }
        }
    }
    said.retain(|(at, _)| *at < DAYS * DAY_S);
    said.sort_unstable();
    said
}

fn hours_of(said: &[Said]) -> Vec<HourCount> {
    let mut posts = vec![0; usize::try_from(DAYS * 24).unwrap()];
    for (at, _) in said {
        posts[usize::try_from(at / HOUR_S).unwrap()] += 1;
    }
    (0..).zip(posts).map(|(hour, posts)| HourCount { start: START.plus_seconds(hour * HOUR_S), posts }).collect()
}

/// Plays the minutes of a stretch of days, and gives the alerts with the second of each.
fn play(said: &[Said], days: std::ops::Range<i64>) -> Vec<(i64, Alert)> {
    let (utc, hours) = (Calendar::new("UTC"), hours_of(said));
    let (mut event, mut alerts) = (None, Vec::new());
    let mut baseline = None;
    for second in (days.start * DAY_S..days.end * DAY_S).step_by(60) {
        let now = START.plus_seconds(second);
        if second % HOUR_S == 0 {
            let closed = usize::try_from(second / HOUR_S).unwrap();
            baseline = Some(Baseline::of(&hours[..closed], &utc, now));
        }
        let from = said.partition_point(|(at, _)| *at <= second - Pace::LIFE.window_s());
        let until = said.partition_point(|(at, _)| *at <= second);
        let recent = &said[from..until];
        let authors = recent.iter().map(|(_, who)| who).collect::<HashSet<_>>().len();
        let recent = Recent { posts: recent.len() as u64, authors: authors as u64 };
        let (next, alert) = decide(event, &baseline.unwrap(), recent, now, Pace::LIFE);
        event = next;
        alerts.extend(alert.map(|alert| (second, alert)));
    }
    alerts
}

fn of_kind(alerts: &[(i64, Alert)], kind: Kind) -> Vec<i64> {
    alerts.iter().filter(|(_, alert)| alert.kind == kind).map(|(second, _)| *second).collect()
}

#[test]
fn feature_14_twelve_calm_weeks_give_at_most_one_false_alert_a_month() {
    let seeds = std::env::var("PARVIS_CALM_SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(3);
    for per_day in [0.2, 8.0, 40.0, 120.0] {
        let mut most = 0;
        for seed in 0..seeds {
            let said = calm(per_day, seed);
            let rate = said.len() as f64 / DAYS as f64;
            assert!((rate / per_day - 0.95).abs() < 0.3 || per_day < 1.0, "{rate} posts a day");
            let alerts = play(&said, PAST_DAYS..DAYS);
            let unusual = of_kind(&alerts, Kind::Unusual);
            for month in (PAST_DAYS..DAYS).step_by(28) {
                let of_it = month * DAY_S..(month + 28) * DAY_S;
                most = most.max(unusual.iter().filter(|second| of_it.contains(second)).count());
            }
            let any = of_kind(&alerts, Kind::AnyPost).len();
            assert_eq!(any > 0, per_day < 1.0, "{per_day} a day: {any} times any post");
            assert!(any <= said.len());
            eprintln!("{per_day} a day, seed {seed}: {} unusual, {any} of any post", unusual.len());
        }
        assert!(most <= 1, "{per_day} a day: {most} in a month");
    }
}

/// People of whom most come soon and the last after an hour, from the second `begin` on; no one is known from before.
fn flood(begin: i64, people: i64) -> Vec<Said> {
    (0..people)
        .map(|number| (begin + HOUR_S * number * number / (people * people), 1_000_000 + number as u64))
        .collect()
}

/// At ten in the morning of a Wednesday in the eighth week.
const BEGIN: i64 = (PAST_DAYS + 30) * DAY_S + 10 * HOUR_S;

fn with(said: &[Said], more: Vec<Said>) -> Vec<Said> {
    let mut all = [said, &more].concat();
    all.sort_unstable();
    all
}

fn around() -> std::ops::Range<i64> {
    BEGIN / DAY_S..BEGIN / DAY_S + 2
}

#[test]
fn feature_14_a_flood_is_told_within_ten_minutes_and_once() {
    for (per_day, people) in [(0.2, 40), (8.0, 40), (40.0, 60), (120.0, 120)] {
        let alerts = play(&with(&calm(per_day, 5), flood(BEGIN, people)), around());
        let unusual = of_kind(&alerts, Kind::Unusual);
        let [second] = unusual[..] else { panic!("{per_day} a day: {alerts:?}") };
        assert!((BEGIN..=BEGIN + 10 * MINUTE_S).contains(&second), "{per_day} a day: after {} s", second - BEGIN);
        eprintln!("{per_day} a day, {people} people: after {} s", second - BEGIN);
    }
    // Of forty people who come evenly in an hour the ninth comes after twelve minutes, and so many it takes where one is usual.
    let evenly = (0..40).map(|number| (BEGIN + number * 90, 1_000_000 + number as u64)).collect();
    let unusual = of_kind(&play(&with(&calm(8.0, 5), evenly), around()), Kind::Unusual);
    assert!(unusual.len() == 1 && (720..=780).contains(&(unusual[0] - BEGIN)), "{unusual:?}");
}

#[test]
fn feature_14_waves_of_one_event_are_one_alert_and_another_day_is_another() {
    let waves = [0, 3, 6].map(|hours| flood(BEGIN + hours * HOUR_S, 40)).concat();
    let said = with(&calm(8.0, 5), waves);
    assert_eq!(of_kind(&play(&said, around()), Kind::Unusual).len(), 1);
    let next = with(&said, flood(BEGIN + DAY_S, 40));
    assert_eq!(of_kind(&play(&next, around()), Kind::Unusual).len(), 2);
}

#[test]
fn feature_14_fewer_than_eight_people_are_no_event_however_much_they_say() {
    let seven = (0..700).map(|number| (BEGIN + number * 5, 1_000_000 + (number % 7) as u64)).collect();
    let alerts = play(&with(&calm(0.2, 5), seven), around());
    assert!(of_kind(&alerts, Kind::Unusual).is_empty());
    assert_eq!(alerts.len(), 1, "where nothing is ever said it is told that something was");
    let eight = flood(BEGIN, 8);
    assert_eq!(of_kind(&play(&with(&calm(0.2, 5), eight), around()), Kind::Unusual).len(), 1);
}

#[test]
fn feature_14_without_two_weeks_of_past_there_is_no_alert() {
    let said = with(&calm(8.0, 5), [flood(13 * DAY_S, 40), flood(15 * DAY_S, 40)].concat());
    let unusual = of_kind(&play(&said, 0..20), Kind::Unusual);
    assert!(unusual.len() == 1 && unusual[0] > 15 * DAY_S, "{unusual:?}");
}
