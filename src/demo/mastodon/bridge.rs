//! A bridge that some people of the simulated Bluesky asked to carry their posts to the simulated Mastodon server.
//!
//! Owns whose posts go over and under which of the server's ids they stand there. Invariant: it follows its origin, as
//! Bridgy Fed does: what is edited or deleted there is edited or deleted here.

use std::collections::{HashMap, VecDeque};

use serde::Deserialize;
use serde_json::json;

use super::{MastodonSimulator, Person, STATUSES_MAX, entity, status};
use crate::demo::frames::wire::POST;
use crate::demo::ids;
use crate::demo::world::SharedWorld;
use crate::domain::Timestamp;

/// One in so many accounts asked for it.
const ONE_IN: u64 = 5;

/// Follows the frames of Jetstream. What it carried longest ago is forgotten together with the server's own oldest.
pub struct Bridge {
    world: SharedWorld,
    server: MastodonSimulator,
    /// The server's id by the post's address.
    carried: HashMap<String, String>,
    order: VecDeque<String>,
}

#[derive(Deserialize)]
struct Frame {
    did: String,
    time_us: i64,
    commit: Option<Commit>,
}

#[derive(Deserialize)]
struct Commit {
    operation: String,
    collection: String,
    rkey: String,
    record: Option<Record>,
}

#[derive(Deserialize)]
struct Record {
    text: Option<String>,
    #[serde(default)]
    langs: Vec<String>,
    reply: Option<serde::de::IgnoredAny>,
    embed: Option<serde::de::IgnoredAny>,
}

impl Bridge {
    pub fn new(world: SharedWorld, server: MastodonSimulator) -> Self {
        Self { world, server, carried: HashMap::new(), order: VecDeque::new() }
    }

    /// Takes over what a frame tells, if it tells of a post of somebody who asked for it: words alone, that answer nobody.
    pub fn carry(&mut self, frame: &str) {
        let Ok(Frame { did, time_us, commit: Some(commit) }) = serde_json::from_str(frame) else { return };
        if commit.collection != POST || !ids::sub_seed(0, &["bridge", &did]).is_multiple_of(ONE_IN) {
            return;
        }
        let origin = format!("at://{did}/{POST}/{}", commit.rkey);
        match (&*commit.operation, commit.record) {
            ("create", Some(Record { text: Some(text), langs, reply: None, embed: None })) => {
                self.post(&did, &origin, &text, langs.first(), Timestamp::from_micros(time_us));
            }
            ("update", Some(Record { text: Some(text), .. })) => {
                let Some(id) = self.carried.get(&origin) else { return };
                let at = Timestamp::from_micros(time_us).to_rfc3339();
                self.server.edit(id, |status| {
                    for (field, value) in [("content", entity::html(&text)), ("edited_at", at)] {
                        status.as_object_mut().and_then(|status| status.insert(field.into(), json!(value)));
                    }
                });
            }
            ("delete", _) => {
                if let Some(id) = self.carried.remove(&origin) {
                    self.server.delete(&id);
                }
            }
            _ => {}
        }
    }

    fn post(&mut self, did: &str, origin: &str, text: &str, language: Option<&String>, at: Timestamp) {
        let world = self.world.lock();
        // What only signed-in people may see is not carried.
        let Some(persona) = world.visible(did).map(|account| &account.persona).filter(|who| who.labels.is_empty())
        else {
            return;
        };
        let who = Person {
            name: persona.name.clone(),
            bio: persona.bio.clone(),
            ..Person::new(&format!("{}@bsky.brid.gy", persona.handle))
        };
        drop(world);
        let mut said = status(&who, text, at);
        let page = origin.replacen("at://", "https://bsky.app/profile/", 1).replacen(POST, "post", 1);
        let addresses = [
            ("uri", format!("https://bsky.brid.gy/convert/ap/{origin}")),
            ("url", format!("https://bsky.brid.gy/r/{page}")),
        ];
        for (field, address) in addresses {
            entity::put(&mut said, field, json!(address));
        }
        if let Some(account) = said.get_mut("account") {
            entity::put(account, "uri", json!(format!("https://bsky.brid.gy/ap/{did}")));
        }
        if let (Some(language), Some(said)) = (language, said.as_object_mut()) {
            said.insert("language".into(), json!(language));
        }
        if self.order.len() == STATUSES_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.carried.remove(&oldest);
        }
        self.order.push_back(origin.to_owned());
        self.carried.insert(origin.to_owned(), self.server.post(said));
    }
}
