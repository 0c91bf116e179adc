//! The hand-written statuses of the demonstration, and their play over time.
//!
//! Owns what is said, also to the towns' own accounts and by them. Invariant: an answer comes after what it answers, and names
//! it by the server's own id, as servers do.

use std::collections::HashMap;

use futures_util::future::{BoxFuture, FutureExt};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{MastodonSimulator, Person, entity, status};
use crate::clock::Clock;
use crate::demo::pace::play;
use crate::demo::rate::Rate;
use crate::demo::script::ScriptError;
use crate::domain::{AccountResolver, AuthorId, Holders, LookupError, Network, Timestamp};
use crate::shutdown::Shutdown;

const POSTS: &str = include_str!("posts.toml");

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    post: Vec<Post>,
    town: Vec<Town>,
}

/// A town's own account, on a server that nobody else is on.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Town {
    /// Its slug.
    pub city: String,
    /// `ville@nantes.example`.
    pub account: String,
    name: String,
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
    /// What the town's account replies.
    pub answer: Option<Reply>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Reply {
    after_minutes: u16,
    text: String,
}

/// One status of the play.
#[derive(Clone, Debug)]
pub(super) struct Said {
    /// As of its post.
    pub hours: f64,
    pub post: Post,
    pub town: Option<Town>,
    /// It is the town's answer to the post, not the post.
    pub is_answer: bool,
}

fn read() -> Result<File, ScriptError> {
    let broken = |error: toml::de::Error| ScriptError { city: "mastodon".into(), reason: error.to_string() };
    toml::from_str(POSTS).map_err(broken)
}

/// The towns' accounts.
pub fn towns() -> Result<Vec<Town>, ScriptError> {
    Ok(read()?.town)
}

/// What is said at this rate, in order. What is said to a town's account is said at each, so that there is something to answer.
pub(super) fn load(rate: Rate) -> Result<Vec<Said>, ScriptError> {
    let File { post: mut posts, town: towns } = read()?;
    posts.sort_by(|one, other| one.hours.total_cmp(&other.hours));
    let town_of =
        |post: &Post| towns.iter().find(|town| town.city == post.city && town.is_named_in(&post.text)).cloned();
    let (to_towns, other): (Vec<Post>, Vec<Post>) = posts.into_iter().partition(|post| town_of(post).is_some());
    let mut said = Vec::new();
    for post in other.into_iter().step_by(rate.one_toot_in()).chain(to_towns) {
        let town = town_of(&post);
        if let Some(answer) = &post.answer {
            let hours = post.hours + f64::from(answer.after_minutes) / 60.0;
            said.push(Said { hours, post: post.clone(), town: town.clone(), is_answer: true });
        }
        said.push(Said { hours: post.hours, post, town, is_answer: false });
    }
    said.sort_by(|one, other| one.hours.total_cmp(&other.hours));
    Ok(said)
}

impl Town {
    fn user(&self) -> &str {
        self.account.split('@').next().unwrap_or_default()
    }

    /// How statuses call its page.
    fn page(&self) -> String {
        let host = self.account.split('@').next_back().unwrap_or_default();
        format!("https://{host}/@{}", self.user())
    }

    fn actor(&self) -> String {
        self.page().replacen("/@", "/users/", 1)
    }

    fn is_named_in(&self, text: &str) -> bool {
        text.starts_with(&format!("@{} ", self.user()))
    }
}

impl Said {
    /// What tells a question from all others: who asks, and when in the script.
    fn question(&self) -> (String, u64) {
        (self.post.who.clone(), self.post.hours.to_bits())
    }

    /// The status as it is said at `at`. `asked`: the server's id of what it answers.
    fn status(&self, at: Timestamp, asked: Option<&str>) -> Value {
        let Self { post, town, .. } = self;
        match (town, post.answer.as_ref().filter(|_| self.is_answer)) {
            (Some(town), Some(answer)) => {
                let person = Person { name: town.name.clone(), ..Person::new(&town.account) };
                let mut said = status(&person, &answer.text, at);
                entity::set(&mut said, "in_reply_to_id", json!(asked));
                said
            }
            _ => {
                let person = Person { name: post.name.clone(), bot: post.bot, ..Person::new(&post.who) };
                let mut said = status(&person, &post.text, at);
                if let Some(town) = town {
                    entity::mention(&mut said, town.user(), &town.account, &town.page());
                }
                said
            }
        }
    }
}

/// Every status once, all said at `at`, beside the slug of its city: for checking that the cities decide as they should.
pub fn every_status_once(at: Timestamp) -> Result<Vec<(String, Value)>, ScriptError> {
    let all = load(Rate::Metropole)?.into_iter().zip(1..);
    let said = all.map(|(one, number)| {
        let mut said = one.status(at, None);
        entity::name(&mut said, "place.example", &number.to_string());
        (one.post.city, said)
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
    let (past, future): (Vec<Said>, Vec<Said>) = load(rate)?.into_iter().partition(|said| said.hours <= 0.0);
    let now = clock.now();
    let simulator = simulator.clone();
    // The server's ids of what the towns answer.
    let mut asked: HashMap<(String, u64), String> = HashMap::new();
    let mut say = move |said: &Said, at: Timestamp| {
        let id = simulator.post(said.status(at, asked.get(&said.question()).map(String::as_str)));
        if said.post.answer.is_some() && !said.is_answer {
            asked.insert(said.question(), id);
        }
    };
    for said in &past {
        say(said, now.plus_seconds((said.hours * 3_600.0) as i64));
    }
    let lines = future.into_iter().map(|said| (said.hours, said)).collect();
    play(lines, speed, shutdown, move |said: Said| say(&said, clock.now()));
    Ok(())
}

/// Whose the towns' addresses are. Their servers are nowhere, so that nobody could be asked; of another address nobody is.
pub struct TownHolders(pub Vec<Town>);

impl AccountResolver for TownHolders {
    fn network(&self) -> Network {
        Network::Mastodon
    }

    fn batch_max(&self) -> usize {
        self.0.len()
    }

    fn holders(&self, handles: Vec<String>) -> BoxFuture<'_, Result<Holders, LookupError>> {
        let of = |handle: String| {
            let towns = self.0.iter().filter(|town| town.account == handle);
            let found = towns.flat_map(|town| [town.page(), town.actor()]).map(AuthorId::new).collect();
            (handle, found)
        };
        futures_util::future::ready(Ok(handles.into_iter().map(of).collect())).boxed()
    }
}
