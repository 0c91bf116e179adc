//! The hand-written events of the demonstration, and their play over time.

use std::sync::Arc;

use serde::Deserialize;

use super::relay::RelaySimulator;
use super::{Draft, SignedEvent};
use crate::clock::Clock;
use crate::demo::pace::play;
use crate::demo::rate::Rate;
use crate::demo::script::ScriptError;
use crate::domain::Timestamp;
use crate::shutdown::Shutdown;

const POSTS: &str = include_str!("posts.toml");

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    post: Vec<Post>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Post {
    /// Its slug.
    city: String,
    /// After the start, before it when negative.
    hours: f64,
    who: String,
    tags: Vec<String>,
    text: String,
    /// Of an event of a calendar.
    #[serde(default)]
    event: Option<Event>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Event {
    title: String,
    location: String,
    geohash: String,
    /// After the start of the demonstration.
    starts: f64,
    lasts: f64,
}

fn load(rate: Rate) -> Result<Vec<Post>, ScriptError> {
    let broken = |error: toml::de::Error| ScriptError { city: "nostr".into(), reason: error.to_string() };
    let File { post: mut posts } = toml::from_str(POSTS).map_err(broken)?;
    posts.sort_by(|one, other| one.hours.total_cmp(&other.hours));
    Ok(posts.into_iter().step_by(rate.one_toot_in()).collect())
}

fn seconds(at: Timestamp) -> u64 {
    u64::try_from(at.as_micros() / 1_000_000).unwrap_or_default()
}

fn later(at: Timestamp, hours: f64) -> Timestamp {
    at.plus_seconds((hours * 3_600.0) as i64)
}

impl Post {
    /// Said at `at`; `start`: of the demonstration.
    fn sign(&self, at: Timestamp, start: Timestamp) -> SignedEvent {
        let mut tags: Vec<Vec<String>> = self.tags.iter().map(|tag| vec!["t".into(), tag.clone()]).collect();
        let mut tag = |name: &str, value: String| tags.push(vec![name.to_owned(), value]);
        let kind = match &self.event {
            None => 1,
            Some(event) => {
                let begins = later(start, event.starts);
                tag("d", event.title.clone());
                tag("title", event.title.clone());
                tag("location", event.location.clone());
                tag("g", event.geohash.clone());
                tag("start", seconds(begins).to_string());
                tag("end", seconds(later(begins, event.lasts)).to_string());
                31_923
            }
        };
        Draft { by: self.who.clone(), created_at: seconds(at), kind, tags, content: self.text.clone() }.sign()
    }

    fn profile(&self, at: Timestamp) -> SignedEvent {
        let content = serde_json::json!({ "name": self.who, "display_name": self.who }).to_string();
        Draft::new(&self.who, seconds(at), 0, &[], &content).sign()
    }
}

/// Every event once, all said at `at`, beside the slug of its city: for checking that the cities decide as they should.
pub fn every_event_once(at: Timestamp) -> Result<Vec<(String, SignedEvent)>, ScriptError> {
    Ok(load(Rate::Metropole)?.into_iter().map(|post| (post.city.clone(), post.sign(at, at))).collect())
}

/// Makes known what was said before `clock`'s now, and plays the rest `speed` times faster than honest, each event dated
/// when it is said. Goes on until the last one or the shutdown. Must be called inside a Tokio runtime.
pub fn perform(
    relay: &RelaySimulator,
    rate: Rate,
    speed: f64,
    clock: Arc<dyn Clock>,
    shutdown: Shutdown,
) -> Result<(), ScriptError> {
    let start = clock.now();
    let posts = load(rate)?;
    posts.iter().for_each(|post| relay.publish(post.profile(later(start, -1_000.0))));
    let (past, future): (Vec<Post>, Vec<Post>) = posts.into_iter().partition(|post| post.hours <= 0.0);
    past.iter().for_each(|post| relay.publish(post.sign(later(start, post.hours), start)));
    let relay = relay.clone();
    let lines = future.into_iter().map(|post| (post.hours, post)).collect();
    play(lines, speed, shutdown, move |post| relay.publish(post.sign(clock.now(), start)));
    Ok(())
}
