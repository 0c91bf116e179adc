//! A simulator of a relay, on a loopback port.
//!
//! Owns subscriptions and what they match (NIP-01). Does not own what the events say. Invariant: it answers as relays do
//! that say nothing of themselves: stored events newest first, `EOSE`, then whatever comes.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::broadcast;
use tokio_tungstenite::tungstenite::Message;

use super::SignedEvent;
use crate::demo::serve::accept;
use crate::shutdown::Shutdown;

/// Events kept; the demonstration has some dozens, and the oldest go first.
const EVENTS_MAX: usize = 5_000;
/// Events that a slow socket may lag behind; beyond it the relay cuts it.
const LAG_MAX: usize = 1_024;
/// Events of one answer.
const ANSWER_MAX: usize = 500;

/// A running relay; clones are one. It ends with the [`Shutdown`] it was started with.
#[derive(Clone)]
pub struct RelaySimulator {
    address: SocketAddr,
    state: Arc<State>,
}

struct State {
    events: Mutex<Vec<SignedEvent>>,
    new: broadcast::Sender<SignedEvent>,
}

impl RelaySimulator {
    /// Listens on a free loopback port. Must be called inside a Tokio runtime.
    pub async fn start(shutdown: Shutdown) -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let state = Arc::new(State { events: Mutex::default(), new: broadcast::channel(LAG_MAX).0 });
        let served = state.clone();
        tokio::spawn(accept(listener, shutdown, move |stream| serve(stream, served.clone())));
        Ok(Self { address, state })
    }

    /// For `[[source.nostr]] relay`.
    pub fn url(&self) -> String {
        format!("ws://{}", self.address)
    }

    pub fn publish(&self, event: SignedEvent) {
        let mut events = self.state.events.lock().unwrap_or_else(PoisonError::into_inner);
        if events.len() >= EVENTS_MAX {
            events.remove(0);
        }
        events.push(event.clone());
        // Nobody listens before the first reader has come.
        _ = self.state.new.send(event);
    }
}

/// What is asked for under each name.
type Subscriptions = Vec<(String, Vec<Value>)>;

async fn serve(stream: TcpStream, state: Arc<State>) {
    let Ok(mut socket) = tokio_tungstenite::accept_async(stream).await else { return };
    let mut new = state.new.subscribe();
    let mut subscriptions = Subscriptions::new();
    loop {
        let answers = tokio::select! {
            frame = socket.next() => match frame {
                Some(Ok(Message::Text(text))) => said(&text, &mut subscriptions, &state),
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => Vec::new(),
            },
            event = new.recv() => match event {
                Ok(event) => {
                    let wanted = subscriptions.iter().filter(|(_, filters)| filters.iter().any(|it| matches(it, &event)));
                    wanted.map(|(name, _)| json!(["EVENT", name, event])).collect()
                }
                Err(_gone) => return,
            },
        };
        for answer in answers {
            if socket.send(Message::text(answer.to_string())).await.is_err() {
                return;
            }
        }
    }
}

/// What a client says, and what it is answered. What is no message is ignored.
fn said(text: &str, subscriptions: &mut Subscriptions, state: &State) -> Vec<Value> {
    let Ok(Value::Array(parts)) = serde_json::from_str(text) else { return Vec::new() };
    let of = |at: usize| parts.get(at).and_then(Value::as_str);
    let (Some(verb), Some(name)) = (of(0), of(1)) else { return Vec::new() };
    subscriptions.retain(|(other, _)| other != name);
    if verb != "REQ" {
        return Vec::new();
    }
    let filters: Vec<Value> = parts.iter().skip(2).cloned().collect();
    let events = state.events.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let mut found: Vec<&SignedEvent> = Vec::new();
    for filter in &filters {
        let mut answer: Vec<&SignedEvent> = events.iter().filter(|event| matches(filter, event)).collect();
        answer.sort_by_key(|event| std::cmp::Reverse(event.created_at));
        let limit = filter.get("limit").and_then(Value::as_u64).and_then(|limit| usize::try_from(limit).ok());
        answer.truncate(limit.unwrap_or(ANSWER_MAX).min(ANSWER_MAX));
        for event in answer {
            if !found.contains(&event) {
                found.push(event);
            }
        }
    }
    let mut answers: Vec<Value> = found.into_iter().map(|event| json!(["EVENT", name, event])).collect();
    answers.push(json!(["EOSE", name]));
    subscriptions.push((name.to_owned(), filters));
    answers
}

/// Whether a filter takes an event: every condition of it, compared exactly.
fn matches(filter: &Value, event: &SignedEvent) -> bool {
    let Some(filter) = filter.as_object() else { return false };
    filter.iter().all(|(key, wanted)| {
        let among = |value: &Value| wanted.as_array().is_some_and(|wanted| wanted.contains(value));
        match key.as_str() {
            "ids" => among(&json!(event.id)),
            "authors" => among(&json!(event.pubkey)),
            "kinds" => among(&json!(event.kind)),
            "since" => wanted.as_u64().is_none_or(|since| event.created_at >= since),
            "until" => wanted.as_u64().is_none_or(|until| event.created_at <= until),
            "limit" => true,
            tag => tag.strip_prefix('#').is_some_and(|letter| {
                event.tags.iter().any(|tag| match tag.as_slice() {
                    [name, value, ..] => name == letter && among(&json!(value)),
                    _ => false,
                })
            }),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::super::Draft;
    use super::*;

    #[test]
    fn a_filter_takes_what_every_condition_takes() {
        let event = Draft::new("ana", 100, 1, &[&["t", "ville"], &["g", "gbqu"]], "mot").sign();
        for (filter, expected) in [
            (json!({}), true),
            (json!({ "kinds": [1], "#t": ["bourg", "ville"], "since": 100, "until": 100, "limit": 1 }), true),
            (json!({ "#t": ["Ville"] }), false),
            (json!({ "#t": ["ville"], "#g": ["gbq"] }), false),
            (json!({ "kinds": [0] }), false),
            (json!({ "since": 101 }), false),
            (json!({ "until": 99 }), false),
            (json!({ "authors": [event.pubkey], "ids": [event.id] }), true),
            (json!({ "authors": ["00"] }), false),
            (json!([]), false),
        ] {
            assert_eq!(matches(&filter, &event), expected, "{filter}");
        }
    }

    #[test]
    fn what_is_stored_comes_newest_first_and_then_its_end() {
        let state = State { events: Mutex::default(), new: broadcast::channel(1).0 };
        let event = |at| Draft::new("ana", at, 1, &[&["t", "ville"]], "mot").sign();
        state.events.lock().unwrap().extend([event(1), event(3), event(2)]);
        let mut subscriptions = Subscriptions::new();
        let answers =
            said(r##"["REQ","a",{"#t":["ville"],"limit":2},{"kinds":[1],"limit":1}]"##, &mut subscriptions, &state);
        let times: Vec<_> = answers.iter().map(|answer| answer[2]["created_at"].as_u64()).collect();
        assert_eq!((times, answers[2][0].as_str()), (vec![Some(3), Some(2), None], Some("EOSE")));
        assert_eq!(subscriptions.len(), 1);
        assert!(said(r#"["CLOSE","a"]"#, &mut subscriptions, &state).is_empty() && subscriptions.is_empty());
        assert!(said("no message", &mut subscriptions, &state).is_empty());
    }
}
