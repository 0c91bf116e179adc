//! Who an author is now, and which posts still exist: asked of all configured relays.
//!
//! Owns the questions and what follows from the answers together. Does not own batching, caching or retries (pipeline), nor
//! what a profile means (consent).
//! Invariant: a profile counts only with its author's signature, and the latest of all relays' is the one. That an author
//! has none is believed only when every relay has answered.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, join_all};
use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use tokio::time::timeout;
use url::Url;

use super::decode::{DAY_EVENT, DELETION, PROFILE, Reading, TIME_EVENT, VANISH};
use super::event::{Signed, is_key};
use super::message::Message;
use super::nip19;
use super::source::declined;
use super::wanted::key_of;
use crate::clock::Clock;
use crate::domain::{
    AccountStatus, AuthorId, AuthorLookup, AuthorProfile, Event, LookupError, NativeId, Network, PostCheck, RawPost,
};
use crate::ingest::websocket::{Incoming, Timing, WebSocket};
use crate::ingest::{Outbound, checked_json};
use crate::shutdown::Shutdown;

/// Authors or posts asked for at once: a question of some 7 KiB.
const BATCH_MAX: usize = 100;
/// For one relay's whole answer.
const PATIENCE: Duration = Duration::from_secs(15);
/// Frames of one answer, and their bytes in all; a relay that sends more is no answer.
const FRAMES_MAX: usize = 2_000;
const BYTES_MAX: usize = 4 << 20;

/// Asks the configured relays, over connections that last for one question.
pub struct Profiles {
    relays: Vec<(Url, Reading)>,
    outbound: Outbound,
    clock: Arc<dyn Clock>,
}

/// What all relays answered together.
struct Heard {
    /// Proven events as they came, each with the number of its relay.
    events: Vec<(usize, String)>,
    /// Why some relay did not answer.
    trouble: Option<LookupError>,
}

impl Profiles {
    pub fn new(relays: Vec<(Url, Reading)>, outbound: Outbound, clock: Arc<dyn Clock>) -> Self {
        Self { relays, outbound, clock }
    }

    /// An answer of at least one relay.
    async fn ask(&self, filters: Vec<Value>) -> Result<Heard, LookupError> {
        let question = Value::from_iter([Value::from("REQ"), "one".into()].into_iter().chain(filters)).to_string();
        let asked = self.relays.iter().map(|(relay, _)| async {
            let asked = timeout(PATIENCE, self.ask_one(relay, question.clone())).await;
            asked.unwrap_or_else(|_elapsed| Err("it does not answer in time".into()))
        });
        let (mut events, mut trouble, mut answers) = (Vec::new(), None, 0_usize);
        for (number, answer) in join_all(asked).await.into_iter().enumerate() {
            match answer {
                Ok(found) => {
                    answers += 1;
                    events.extend(found.into_iter().map(|event| (number, event)));
                }
                Err(reason) => {
                    let host = self.relays.get(number).and_then(|(relay, _)| relay.host_str()).unwrap_or_default();
                    let reason = format!("the relay {host} can't be asked: {reason}");
                    trouble = Some(LookupError::Unavailable { reason, retry_after_s: None });
                }
            }
        }
        match trouble {
            Some(error) if answers == 0 => Err(error),
            trouble => Ok(Heard { events, trouble }),
        }
    }

    async fn ask_one(&self, relay: &Url, question: String) -> Result<Vec<String>, String> {
        let (now, never) = (self.clock.now(), Shutdown::new());
        let mut socket = WebSocket::connect(&self.outbound, relay, HeaderMap::new(), Timing::with_stall(PATIENCE), now)
            .await
            .map_err(|error| error.error.to_string())?;
        socket.send(question).await.map_err(|error| error.to_string())?;
        let (mut events, mut bytes) = (Vec::new(), 0_usize);
        for _frame in 0..FRAMES_MAX {
            let frame = match socket.next(&never).await {
                Incoming::Text(frame) => frame,
                Incoming::Binary(_) => continue,
                Incoming::Closed(reason) => return Err(reason),
                Incoming::Lost(error) => return Err(error.to_string()),
                Incoming::Unreceivable(_) | Incoming::Shutdown => return Err("its answer can't be received".into()),
            };
            bytes = bytes.saturating_add(frame.len());
            if bytes > BYTES_MAX {
                break;
            }
            match checked_json(&frame).and_then(Message::read) {
                Ok(Message::Event { event, .. }) if Signed::read(event).is_ok() => events.push(event.to_owned()),
                Ok(Message::Eose(_)) => return Ok(events),
                Ok(Message::Closed { reason, .. }) => return Err(declined(&reason).to_string()),
                _ => {}
            }
        }
        Err("its answer is larger than may be".into())
    }

    /// The latest profile of each, and whether they have asked to be forgotten since.
    fn latest(&self, heard: &Heard, asked: &HashSet<String>) -> HashMap<String, AuthorProfile> {
        let mut found: HashMap<String, (u64, AuthorProfile)> = HashMap::new();
        let mut gone: HashMap<String, u64> = HashMap::new();
        for (number, json) in &heard.events {
            let (Ok(event), Some((_, reading))) = (Signed::read(json), self.relays.get(*number)) else { continue };
            if !asked.contains(&*event.pubkey) {
                continue;
            }
            match reading.event(&event) {
                Event::Profile(profile) => {
                    let before = found.get(&*event.pubkey).map(|(at, _)| *at);
                    if before.is_none_or(|before| before < event.created_at) {
                        found.insert(event.pubkey.clone().into_owned(), (event.created_at, *profile));
                    }
                }
                Event::Account { status: AccountStatus::Deleted, .. } => {
                    let at = gone.entry(event.pubkey.clone().into_owned()).or_default();
                    *at = event.created_at.max(*at);
                }
                _ => {}
            }
        }
        for (author, at) in gone {
            let (profile_at, profile) = found.entry(author.clone()).or_insert_with(|| (0, assumed(&author)));
            // Who came back has a profile that is younger.
            if *profile_at <= at {
                profile.status = AccountStatus::Deleted;
            }
        }
        found.into_iter().map(|(author, (_, profile))| (author, profile)).collect()
    }
}

fn assumed(pubkey: &str) -> AuthorProfile {
    AuthorProfile { handle: nip19::npub(pubkey), ..AuthorProfile::assumed(AuthorId::new(pubkey), Network::Nostr) }
}

/// What a relay is asked in order to know whether posts still stand.
fn filters_of(posts: &[NativeId]) -> Vec<Value> {
    let notes: Vec<&str> = posts.iter().map(NativeId::as_str).filter(|id| is_key(id)).collect();
    let mut filters = Vec::new();
    if !notes.is_empty() {
        filters.push(json!({ "ids": notes, "limit": notes.len() }));
        filters.push(json!({ "kinds": [DELETION], "#e": notes }));
    }
    let mut replaceable: BTreeMap<(u16, &str), Vec<&str>> = BTreeMap::new();
    for post in posts {
        let mut parts = post.as_str().splitn(3, ':');
        let (kind, pubkey, d) = (parts.next().and_then(|kind| kind.parse().ok()), parts.next(), parts.next());
        if let (Some(kind @ (DAY_EVENT | TIME_EVENT)), Some(pubkey), Some(d)) = (kind, pubkey, d) {
            replaceable.entry((kind, pubkey)).or_default().push(d);
        }
    }
    for ((kind, pubkey), ds) in replaceable {
        let addresses: Vec<String> = ds.iter().map(|d| format!("{kind}:{pubkey}:{d}")).collect();
        filters.push(json!({ "kinds": [kind], "authors": [pubkey], "#d": ds }));
        filters.push(json!({ "kinds": [DELETION], "authors": [pubkey], "#a": addresses }));
    }
    filters
}

impl AuthorLookup for Profiles {
    fn network(&self) -> Network {
        Network::Nostr
    }

    fn batch_max(&self) -> usize {
        BATCH_MAX
    }

    /// Whoever has signed something exists, with a profile or without: one who has none objects to nothing.
    fn profiles(&self, actors: Vec<String>) -> BoxFuture<'_, Result<Vec<AuthorProfile>, LookupError>> {
        let asked: HashSet<String> = actors.iter().filter_map(|actor| key_of(actor)).collect();
        async move {
            if asked.is_empty() {
                return Ok(Vec::new());
            }
            let filter = json!({ "kinds": [PROFILE, VANISH], "authors": asked });
            let heard = self.ask(vec![filter]).await?;
            let mut found = self.latest(&heard, &asked);
            if let Some(trouble) = heard.trouble.filter(|_| asked.iter().any(|author| !found.contains_key(author))) {
                return Err(trouble);
            }
            let now = Some(self.clock.now());
            let profile = |author: String| found.remove(&author).unwrap_or_else(|| assumed(&author));
            Ok(asked.into_iter().map(profile).map(|profile| AuthorProfile { checked_at: now, ..profile }).collect())
        }
        .boxed()
    }

    fn posts(&self, ids: Vec<NativeId>) -> BoxFuture<'_, Result<Vec<PostCheck>, LookupError>> {
        async move {
            let filters = filters_of(&ids);
            if filters.is_empty() {
                return Ok(Vec::new());
            }
            let heard = self.ask(filters).await?;
            let asked: HashSet<&NativeId> = ids.iter().collect();
            let mut deleted: HashMap<(AuthorId, NativeId), u64> = HashMap::new();
            let mut posts = HashMap::new();
            for (number, json) in &heard.events {
                let (Ok(event), Some((_, reading))) = (Signed::read(json), self.relays.get(*number)) else { continue };
                match reading.event(&event) {
                    Event::Post(post) if asked.contains(&post.native_id) => {
                        posts.insert(post.native_id.clone(), (event.created_at, post));
                    }
                    Event::Retract { author, native_ids } => {
                        for post in native_ids {
                            let until = deleted.entry((author.clone(), post)).or_default();
                            *until = event.created_at.max(*until);
                        }
                    }
                    _ => {}
                }
            }
            posts.retain(|id, (at, post)| {
                deleted.get(&(post.author.clone(), id.clone())).is_none_or(|until| *until < *at)
            });
            if let Some(trouble) = heard.trouble.filter(|_| ids.iter().any(|id| !posts.contains_key(id))) {
                return Err(trouble);
            }
            let check = |(native_id, (_, post)): (NativeId, (u64, Box<RawPost>))| PostCheck {
                native_id,
                labels: Some(post.labels),
            };
            Ok(posts.into_iter().map(check).collect())
        }
        .boxed()
    }
}

#[cfg(test)]
mod tests;
