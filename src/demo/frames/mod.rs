//! From events of the play to frames on the wire, and to the world that results.
//!
//! Owns record keys, revisions, content ids and the stamping with time. Does not own what is played or delivered.
//! Invariant: `time_us` rises from frame to frame, and the world is what a reader of all frames would believe.

mod facets;
pub mod record;
pub mod wire;
pub mod wire_v2;

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

pub use facets::facets;
use record::StrongRef;
use serde_json::Value;
use wire::{Commit, POST, PROFILE};

use super::ids;
use super::player::{Act, Event, Persona, PostRef, Status, Utterance};
use super::world::{SharedWorld, StoredPost};
use crate::domain::Timestamp;

/// Posts that may still be answered, edited or deleted; all three come within a day. The oldest is forgotten at the
/// bound, and what would refer to it is left out.
const ISSUED_LIMIT: usize = 8192;

/// Where the play gets its form: performs events at given instants.
#[derive(Debug)]
pub struct Stage {
    world: SharedWorld,
    issued: HashMap<PostRef, Issued>,
    order: VecDeque<PostRef>,
    last: i64,
    seq: i64,
}

/// A post as it went over the wire.
#[derive(Clone, Debug)]
struct Issued {
    said: Arc<Utterance>,
    rkey: String,
    created: String,
    address: StrongRef,
    reply: Option<(StrongRef, StrongRef)>,
}

impl Stage {
    pub fn new(world: SharedWorld) -> Self {
        Self { world, issued: HashMap::new(), order: VecDeque::new(), last: 0, seq: 30_000_000_000 }
    }

    /// Performs `event` as happening at `now`: changes the world and gives the frame that tells of it. `None` when
    /// it refers to a post that is forgotten.
    pub fn perform(&mut self, event: &Event, now: Timestamp) -> Option<String> {
        let time_us = now.as_micros().max(self.last.saturating_add(1));
        self.last = time_us;
        self.seq = self.seq.saturating_add(1);
        match &event.act {
            Act::Post(said) => self.say(said, time_us),
            Act::Edit { author, post, text } => self.edit(author, post, text, time_us),
            Act::Delete { author, post } => self.delete(author, post, time_us),
            Act::Profile(persona) => Some(self.profile(persona, time_us)),
            Act::Handle { author, handle } => {
                self.world.lock().set_handle(&author.did, handle);
                Some(wire::identity(&author.did, time_us, self.seq, Some(handle)))
            }
            Act::Account { author, status } => Some(self.account(&author.did, *status, time_us)),
            Act::Broken { author, fault } => {
                let rkey = ids::tid(time_us, &author.did);
                let record = record::broken(*fault, &wire::time(time_us));
                Some(commit(author, time_us, POST, &rkey).create(&record, &ids::record_cid(&record.to_string())))
            }
        }
    }

    fn say(&mut self, said: &Utterance, time_us: i64) -> Option<String> {
        let reply = match (&said.parent, &said.root) {
            (Some(parent), Some(root)) => {
                Some((self.issued.get(parent)?.address.clone(), self.issued.get(root)?.address.clone()))
            }
            _ => None,
        };
        // Clients stamp a post when it is written, which is a moment before the network sees it.
        let said_before = 200_000 + i64::try_from(ids::sub_seed(0, &["skew", &said.author.did]) % 2_000_000).ok()?;
        let created = wire::time(time_us.saturating_sub(said_before));
        let rkey = ids::tid(time_us, &said.author.did);
        let record = record::post(said, &said.text, &created, reply.as_ref().map(|(parent, root)| (parent, root)));
        let cid = ids::record_cid(&record.to_string());
        let address = StrongRef { uri: format!("at://{}/{POST}/{rkey}", said.author.did), cid: cid.clone() };
        let frame = commit(&said.author, time_us, POST, &rkey).create(&record, &cid);
        self.store(&said.author, &address, record, time_us);
        if self.order.len() >= ISSUED_LIMIT
            && let Some(oldest) = self.order.pop_front()
        {
            self.issued.remove(&oldest);
        }
        self.order.push_back(said.post.clone());
        let issued = Issued { said: Arc::new(said.clone()), rkey, created, address, reply };
        self.issued.insert(said.post.clone(), issued);
        Some(frame)
    }

    fn edit(&mut self, author: &Persona, post: &PostRef, text: &str, time_us: i64) -> Option<String> {
        let issued = self.issued.get_mut(post)?;
        let reply = issued.reply.as_ref().map(|(parent, root)| (parent, root));
        let record = record::post(&issued.said, text, &issued.created, reply);
        issued.address.cid = ids::record_cid(&record.to_string());
        let (address, rkey) = (issued.address.clone(), issued.rkey.clone());
        let frame = commit(author, time_us, POST, &rkey).update(&record, &address.cid);
        self.store(author, &address, record, time_us);
        Some(frame)
    }

    fn delete(&mut self, author: &Persona, post: &PostRef, time_us: i64) -> Option<String> {
        // The address stays known: replies to a deleted post go on referring to it.
        let issued = self.issued.get(post)?;
        self.world.lock().delete_post(&issued.address.uri);
        Some(commit(author, time_us, POST, &issued.rkey).delete())
    }

    fn profile(&self, persona: &Persona, time_us: i64) -> String {
        self.world.lock().set_profile(persona);
        let record = record::profile(persona, &wire::time(account_age(time_us)));
        commit(persona, time_us, PROFILE, "self").update(&record, &ids::record_cid(&record.to_string()))
    }

    fn account(&self, did: &str, status: Status, time_us: i64) -> String {
        let mut world = self.world.lock();
        match status {
            Status::Active => world.set_active(did, true),
            Status::Deactivated => world.set_active(did, false),
            Status::Deleted => world.delete_account(did),
        }
        let told = match status {
            Status::Active => None,
            Status::Deactivated => Some("deactivated"),
            Status::Deleted => Some("deleted"),
        };
        wire::account(did, time_us, self.seq, status == Status::Active, told)
    }

    fn store(&self, author: &Persona, address: &StrongRef, record: Value, time_us: i64) {
        let mut world = self.world.lock();
        world.join(author, Timestamp::from_micros(account_age(time_us)));
        world.put_post(StoredPost {
            uri: address.uri.clone(),
            cid: address.cid.clone(),
            author: author.did.clone(),
            record,
            indexed: Timestamp::from_micros(time_us),
        });
    }
}

/// Everybody has been on the network for a year.
const fn account_age(time_us: i64) -> i64 {
    Timestamp::from_micros(time_us).plus_seconds(-365 * 86_400).as_micros()
}

/// A commit of `author`, whose revision is the time it was seen at.
fn commit<'a>(author: &'a Persona, time_us: i64, collection: &'a str, rkey: &'a str) -> Commit<'a> {
    Commit { did: &author.did, time_us, rev: ids::tid(time_us, &author.did), collection, rkey }
}

#[cfg(test)]
mod tests;
