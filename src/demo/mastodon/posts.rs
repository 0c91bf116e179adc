//! The hand-written statuses of the demonstration, and their play over time.

use serde::Deserialize;
use serde_json::Value;

use super::{MastodonSimulator, Person, status};
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
pub(super) struct Post {
    /// Its slug.
    pub city: String,
    /// After the start, before it when negative.
    pub hours: f64,
    who: String,
    name: String,
    #[serde(default)]
    bot: bool,
    pub text: String,
}

/// What is said at this rate, in order.
pub(super) fn load(rate: Rate) -> Result<Vec<Post>, ScriptError> {
    let broken = |error: toml::de::Error| ScriptError { city: "mastodon".into(), reason: error.to_string() };
    let File { post: mut posts } = toml::from_str(POSTS).map_err(broken)?;
    posts.sort_by(|one, other| one.hours.total_cmp(&other.hours));
    let one_in = rate.one_toot_in();
    Ok(posts.into_iter().step_by(one_in).collect())
}

impl Post {
    fn status(&self, at: Timestamp) -> Value {
        let person = Person { name: self.name.clone(), bot: self.bot, ..Person::new(&self.who) };
        status(&person, &self.text, at)
    }
}

/// Every status once, all said at `at`, beside the slug of its city: for checking that the cities decide as they should.
pub fn every_status_once(at: Timestamp) -> Result<Vec<(String, Value)>, ScriptError> {
    let posts = load(Rate::Metropole)?.into_iter().zip(1..);
    let said = posts.map(|(post, number)| {
        let mut said = post.status(at);
        super::entity::name(&mut said, "place.example", &number.to_string());
        (post.city, said)
    });
    Ok(said.collect())
}

/// Makes known what was said before `clock`'s now, and plays the rest `speed` times faster than honest, each status dated
/// when it is said. Goes on until the last one or the shutdown. Must be called inside a Tokio runtime.
pub fn perform(
    simulator: &MastodonSimulator,
    rate: Rate,
    speed: f64,
    clock: std::sync::Arc<dyn Clock>,
    shutdown: Shutdown,
) -> Result<(), ScriptError> {
    let (past, future): (Vec<Post>, Vec<Post>) = load(rate)?.into_iter().partition(|post| post.hours <= 0.0);
    let now = clock.now();
    for post in past {
        simulator.post(post.status(now.plus_seconds((post.hours * 3_600.0) as i64)));
    }
    let simulator = simulator.clone();
    let lines = future.into_iter().map(|post| (post.hours, post)).collect();
    play(lines, speed, shutdown, move |post| _ = simulator.post(post.status(clock.now())));
    Ok(())
}
