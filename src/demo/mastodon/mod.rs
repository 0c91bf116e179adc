//! A simulator of a Mastodon server: its description, tag timelines and streams, on loopback ports.
//!
//! Owns the server and the handle by which the demonstration and the tests drive it. Does not own what the statuses say
//! (`posts`, what `bridge` brings, or a test). Invariant: it answers as the real server does, but where a test orders a fault.

mod bridge;
mod entity;
mod posts;
mod stream;
mod timeline;

use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use actix_web::web;
use serde_json::{Value, json};
use tokio::sync::broadcast;

use crate::clock::Clock;
use crate::demo::serve::{accept, listen, serve};
use crate::domain::{Timestamp, fold_tag};
use crate::shutdown::Shutdown;

pub use bridge::Bridge;
pub use entity::{Person, status};
pub use posts::{Town, TownHolders, every_status_once, perform, towns};

/// Messages that a slow socket may lag behind; beyond it the server cuts it.
const LAG_MAX: usize = 1_024;
/// Statuses kept; the oldest go first.
const STATUSES_MAX: usize = 5_000;
/// Requests remembered for tests.
const ASKED_MAX: usize = 10_000;

/// A running server; clones are one. It ends with the [`Shutdown`] it was started with.
#[derive(Clone)]
pub struct MastodonSimulator {
    address: SocketAddr,
    state: Arc<State>,
}

/// Something that a test orders.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fault {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
}

struct State {
    inner: Mutex<Inner>,
    messages: broadcast::Sender<Message>,
    streaming: SocketAddr,
    clock: Arc<dyn Clock>,
}

#[derive(Default)]
struct Inner {
    /// Oldest first; ids grow.
    statuses: VecDeque<Value>,
    last_id: u64,
    version: String,
    /// What `timelines_access` says of local and remote posts; nothing where it is not set.
    access: Option<(String, String)>,
    token: Option<String>,
    /// Streams take their token from the address alone.
    reads_no_headers: bool,
    faults: VecDeque<Fault>,
    /// Path and query of each request.
    asked: Vec<String>,
    /// Tags subscribed to at this moment, one entry a subscription.
    subscribed: Vec<String>,
}

#[derive(Clone, Debug)]
enum Message {
    /// To everybody who subscribed to one of these.
    Event {
        tags: Vec<String>,
        event: &'static str,
        payload: String,
    },
    Cut,
}

impl MastodonSimulator {
    /// Listens on free loopback ports. Must be called inside a Tokio runtime.
    pub async fn start(clock: Arc<dyn Clock>, shutdown: Shutdown) -> std::io::Result<Self> {
        let sockets = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let (listener, address) = listen()?;
        let streaming = sockets.local_addr()?;
        let inner = Inner { version: "4.5.1".into(), last_id: 115_600_000_000_000_000, ..Inner::default() };
        let (messages, _) = broadcast::channel(LAG_MAX);
        let state = Arc::new(State { inner: Mutex::new(inner), messages, streaming, clock });
        let streamed = state.clone();
        tokio::spawn(accept(sockets, shutdown.clone(), move |stream| stream::serve(stream, streamed.clone())));
        let shared = web::Data::from(state.clone());
        serve(listener, shutdown, move |routes| {
            routes
                .app_data(shared.clone())
                .route("/api/v2/instance", web::get().to(timeline::instance))
                .route("/api/v1/timelines/tag/{tag}", web::get().to(timeline::tag))
                .route("/api/v1/statuses/{id}", web::get().to(timeline::status))
                .route("/users/{name}/statuses/{id}", web::get().to(timeline::object));
        })?;
        Ok(Self { address, state })
    }

    /// For `[[source.mastodon]] server`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Makes a status known: to timelines, and to streams. Returns the server's own id of it.
    pub fn post(&self, status: Value) -> String {
        let (id, status) = self.insert(status);
        self.say(&status, "update");
        id
    }

    /// The same while nobody streams: to timelines alone.
    pub fn post_quietly(&self, status: Value) -> String {
        self.insert(status).0
    }

    /// Changes a status and tells the streams, as its author's edit does.
    pub fn edit(&self, id: &str, change: impl FnOnce(&mut Value)) {
        if let Some(status) = self.change(id, change) {
            self.say(&status, "status.update");
        }
    }

    /// Changes a status, and the streams miss it.
    pub fn edit_quietly(&self, id: &str, change: impl FnOnce(&mut Value)) {
        self.change(id, change);
    }

    /// Deletes a status and tells the streams.
    pub fn delete(&self, id: &str) {
        if let Some(status) = self.remove(id) {
            self.tell(&status, "delete", id.to_owned());
        }
    }

    /// Deletes a status, and the streams miss it.
    pub fn delete_quietly(&self, id: &str) {
        self.remove(id);
    }

    /// The streams are told of a status that timelines do not hold, its deletion first: servers don't keep the order.
    pub fn post_and_delete_out_of_order(&self, status: Value) {
        let (id, status) = self.insert(status);
        self.remove(&id);
        self.tell(&status, "delete", id);
        self.say(&status, "update");
    }

    /// Cuts every stream. Clients may come again.
    pub fn cut(&self) {
        // Nobody being connected is no fault.
        let _receivers = self.state.messages.send(Message::Cut);
    }

    /// The next requests but those for the server's description are answered so, one after another.
    pub fn fail_next(&self, faults: impl IntoIterator<Item = Fault>) {
        self.state.lock().faults.extend(faults);
    }

    /// Whose token streams and timelines take; others are refused.
    pub fn set_token(&self, token: &str) {
        self.state.lock().token = Some(token.to_owned());
    }

    /// Streams take their token from the address alone, as Pleroma's do.
    pub fn read_no_headers_of_streams(&self) {
        self.state.lock().reads_no_headers = true;
    }

    /// What the server says of who may read the local and the remote posts of a tag.
    pub fn set_access(&self, local: &str, remote: &str) {
        self.state.lock().access = Some((local.to_owned(), remote.to_owned()));
    }

    /// The program that it says to be; one that says it is GoToSocial takes one tag a socket.
    pub fn set_version(&self, version: &str) {
        self.state.lock().version = version.to_owned();
    }

    /// Path and query of each request so far.
    pub fn asked(&self) -> Vec<String> {
        self.state.lock().asked.clone()
    }

    /// The tags that are subscribed to at this moment.
    pub fn subscribed(&self) -> Vec<String> {
        let mut tags = self.state.lock().subscribed.clone();
        tags.sort();
        tags
    }

    fn insert(&self, mut status: Value) -> (String, Value) {
        let mut inner = self.state.lock();
        inner.last_id = inner.last_id.saturating_add(1);
        let id = inner.last_id.to_string();
        entity::name(&mut status, &self.address.to_string(), &id);
        if inner.statuses.len() == STATUSES_MAX {
            inner.statuses.pop_front();
        }
        inner.statuses.push_back(status.clone());
        (id, status)
    }

    fn change(&self, id: &str, change: impl FnOnce(&mut Value)) -> Option<Value> {
        let mut inner = self.state.lock();
        let status = inner.statuses.iter_mut().find(|status| entity::id(status) == id)?;
        change(status);
        Some(status.clone())
    }

    fn remove(&self, id: &str) -> Option<Value> {
        let mut inner = self.state.lock();
        let at = inner.statuses.iter().position(|status| entity::id(status) == id)?;
        inner.statuses.remove(at)
    }

    fn say(&self, status: &Value, event: &'static str) {
        self.tell(status, event, status.to_string());
    }

    fn tell(&self, status: &Value, event: &'static str, payload: String) {
        // Nobody being connected is no fault.
        let _receivers = self.state.messages.send(Message::Event { tags: entity::tags(status), event, payload });
    }
}

impl State {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a request and says what is to be answered instead, if anything.
    fn note(&self, asked: String) -> Option<Fault> {
        let mut inner = self.lock();
        if inner.asked.len() < ASKED_MAX {
            inner.asked.push(asked);
        }
        inner.faults.pop_front()
    }

    fn description(&self) -> Value {
        let inner = self.lock();
        let mut description = json!({
            "domain": "place.example", "title": "Place", "version": inner.version,
            "source_url": if inner.version.starts_with("0.") { "https://example.org/gotosocial" } else { "" },
            "configuration": { "urls": { "streaming": format!("ws://{}", self.streaming) } },
        });
        if let Some((local, remote)) = &inner.access {
            let feeds = json!({ "hashtag_feeds": { "local": local, "remote": remote } });
            if let Some(configuration) = description.get_mut("configuration").and_then(Value::as_object_mut) {
                configuration.insert("timelines_access".into(), feeds);
            }
        }
        description
    }

    fn is_let_in(&self, authorization: Option<&str>) -> bool {
        let token = self.lock().token.clone();
        token.is_none_or(|token| authorization == Some(&format!("Bearer {token}")))
    }

    fn has_met(&self, tag: &str) -> bool {
        self.lock().statuses.iter().any(|status| entity::tags(status).iter().any(|other| other == tag))
    }

    /// The statuses that carry one of these tags and are written by now, newest first.
    fn tagged(&self, tags: &[String]) -> Vec<Value> {
        let now = self.clock.now();
        let is_written = |status: &Value| {
            let at = status.get("created_at").and_then(Value::as_str).and_then(Timestamp::parse_rfc3339);
            at.is_none_or(|at| at <= now)
        };
        let has = |status: &&Value| entity::tags(status).iter().any(|tag| tags.contains(tag)) && is_written(status);
        self.lock().statuses.iter().rev().filter(has).cloned().collect()
    }
}

/// How the server finds a tag.
fn key(tag: &str) -> String {
    fold_tag(tag)
}

#[cfg(test)]
mod tests;
