use std::collections::HashSet;

use futures_util::StreamExt;
use serde_json::Value;

use super::*;
use crate::clock::{ManualClock, SystemClock};
use crate::domain::TOO_FEW;

const HOUR: i64 = 3600;

fn noon() -> Timestamp {
    Timestamp::parse_rfc3339("2026-12-07T11:20:00Z").unwrap()
}

fn times(frames: &[String]) -> Vec<i64> {
    frames.iter().map(|frame| serde_json::from_str::<Value>(frame).unwrap()["time_us"].as_i64().unwrap()).collect()
}

#[test]
fn a_backlog_is_the_past_in_order_and_the_same_for_a_seed() {
    for rate in Rate::ALL {
        let frames = backlog(rate, 3, noon()).unwrap();
        assert_eq!(frames, backlog(rate, 3, noon()).unwrap());
        assert_ne!(frames, backlog(rate, 4, noon()).unwrap());
        let times = times(&frames);
        assert!(times.windows(2).all(|pair| pair[0] < pair[1]));
        let age = |micros: i64| noon().seconds_since(Timestamp::from_micros(micros));
        assert!(age(times[0]) <= rate.backlog_seconds() && age(times[0]) > rate.backlog_seconds() - 8 * HOUR);
        assert!((0..8 * HOUR).contains(&age(*times.last().unwrap())));
    }
}

#[test]
fn a_backlog_fills_every_page() {
    for (rate, least) in [(Rate::Metropole, 70), (Rate::Ville, 30), (Rate::Village, 15)] {
        let said = rehearse(1, noon()).unwrap().said;
        let Past { mut player, .. } = Past::play(&Scripts::load().unwrap(), rate, 3, noon().plus_seconds(-8 * 86_400));
        let from = noon().plus_seconds(-rate.backlog_seconds());
        let events: Vec<Event> = std::iter::from_fn(|| player.next_until(noon())).filter(|e| e.at >= from).collect();
        for city in said.iter().map(|one| one.city).collect::<HashSet<_>>() {
            let posts = events.iter().filter(|e| e.city == city && matches!(e.act, player::Act::Post(_))).count();
            assert!(posts >= least, "{city} at {rate:?}: {posts}");
        }
    }
}

/// Who is asked, of the bodies whose kind answers; whether they replied.
fn asked(events: &[Event]) -> Vec<(&'static str, bool)> {
    let said = |event: &Event| match &event.act {
        player::Act::Post(said) => Some((event.city, said.clone())),
        _ => None,
    };
    let answers = |author: &script::Author| matches!(author.group.as_deref(), Some("ville" | "service"));
    let scripts = Scripts::load().unwrap();
    let bodies: HashSet<String> = scripts
        .cities()
        .flat_map(|city| {
            city.authors.iter().filter(|author| answers(author)).map(|it| player::persona(city, 0, 1, it).did)
        })
        .collect();
    let posts: Vec<_> = events.iter().filter_map(said).collect();
    let is_to = |(_, said): &&(&str, Box<player::Utterance>)| said.mentions.iter().any(|(_, did)| bodies.contains(did));
    let is_answered = |asked: &player::Utterance| {
        posts.iter().any(|(_, said)| said.parent.as_ref() == Some(&asked.post) && bodies.contains(&said.author.did))
    };
    posts.iter().filter(is_to).map(|(city, said)| (*city, is_answered(said))).collect()
}

/// In the time of two openings; what is said on Mastodon, which is asked and answered before every start, comes on top.
#[test]
fn feature_5_each_city_is_asked_at_every_rate_and_answers_some_of_it() {
    for (rate, seed) in Rate::ALL.into_iter().flat_map(|rate| (0..3).map(move |seed| (rate, seed))) {
        let from = noon().plus_seconds(-2 * rate.backlog_seconds());
        let mut player = Player::new(&Scripts::load().unwrap(), seed, rate, from);
        let events: Vec<Event> = std::iter::from_fn(|| player.next_until(noon())).filter(|e| e.at >= from).collect();
        let asked = asked(&events);
        // Of fewer answers no usual delay is told.
        let least = if rate == Rate::Metropole { TOO_FEW } else { 1 };
        for script in Scripts::load().unwrap().cities() {
            let of = |answered| asked.iter().filter(|it| it.0 == script.slug && it.1 == answered).count();
            let (answered, open) = (of(true), of(false));
            let counted = format!("{} at {rate:?}, seed {seed}: {answered} answered, {open} open", script.slug);
            assert!(answered >= least && open >= 1, "{counted}");
        }
    }
}

#[test]
fn a_rehearsal_says_every_post_once() {
    let Rehearsal { said, world, .. } = rehearse(1, noon()).unwrap();
    let posts: usize = Scripts::load().unwrap().cities().map(|city| city.lines().count()).sum();
    assert_eq!(said.len(), posts);
    let frames: Vec<String> = said.iter().map(|one| one.frame.clone()).collect();
    assert!(times(&frames).iter().all(|time| *time < noon().as_micros()));
    for frame in &frames {
        let frame: Value = serde_json::from_str(frame).unwrap();
        assert!(world.lock().visible(frame["did"].as_str().unwrap()).is_some());
    }
}

#[tokio::test]
async fn a_demonstration_plays_on_and_its_two_networks_agree() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let shutdown = Shutdown::new();
    let clock = Arc::new(SystemClock);
    let before = clock.now();
    let demo = Demo::start(Rate::Metropole, Some(20_000.0), 1, clock, shutdown.clone()).await.unwrap();
    assert!(demo.backlog.len() > 500);

    let last = times(&demo.backlog).last().copied().unwrap();
    let url = format!("{}/subscribe?wantedCollections=app.bsky.feed.post&cursor={last}", demo.jetstream_url);
    let (mut client, _) = tokio_tungstenite::connect_async(url).await.unwrap();
    let mut creates = 0;
    let mut newest = last;
    while creates < 40 {
        let message = tokio::time::timeout(Duration::from_secs(20), client.next()).await.unwrap().unwrap().unwrap();
        let Ok(text) = message.to_text() else { continue };
        let frame: Value = serde_json::from_str(text).unwrap();
        let time = frame["time_us"].as_i64().unwrap();
        assert!(time >= newest);
        newest = time;
        if frame["commit"]["operation"] == "create" && time > last {
            assert!(time >= before.as_micros(), "live frames carry the present time");
            creates += 1;
        }
    }

    let body = demo.officials.iter().find(|body| body.city == "nantes").unwrap();
    assert_eq!((body.group.as_str(), body.handle.as_str()), ("ville", "ville-nantes-demo.demo.example"));
    let url = format!("{}/xrpc/app.bsky.actor.getProfiles?actors={}", demo.appview_url, body.handle);
    let answer: Value = reqwest::get(url).await.unwrap().json().await.unwrap();
    assert_eq!(answer["profiles"][0]["did"], body.did);
    assert!(demo.note.contains("60-140") && demo.note.contains("20000 times"));

    shutdown.trigger();
    tokio::time::timeout(Duration::from_secs(5), async { while client.next().await.is_some_and(|m| m.is_ok()) {} })
        .await
        .unwrap();
}

#[tokio::test]
async fn officials_are_the_same_in_every_run() {
    let start = async |seed| {
        let clock = Arc::new(ManualClock::new(noon()));
        Demo::start(Rate::Village, None, seed, clock, Shutdown::new()).await.unwrap()
    };
    let (one, other) = (start(1).await, start(2).await);
    assert_eq!(one.officials, other.officials);
    assert_ne!(one.backlog, other.backlog);
    assert_eq!(one.officials.iter().map(|body| body.city).collect::<HashSet<_>>().len(), 6);
    assert_eq!(one.officials.iter().map(|body| &body.did).collect::<HashSet<_>>().len(), one.officials.len());
}
