//! How the stream is asked for, on either wire, and why a server declines.
//!
//! Owns addresses, parameters and the errors that come before the upgrade. Does not own the connection, nor what is done
//! about an error. Invariant: both wires are asked for the same events: posts and profiles, and no record beyond what is
//! decoded.

use reqwest::header::{HeaderMap, HeaderValue};
use serde::Deserialize;
use tokio_tungstenite::tungstenite::http::header::SEC_WEBSOCKET_PROTOCOL;
use url::Url;

use crate::ingest::sources::bluesky::Wire;
use crate::ingest::sources::bluesky::decode::error_name;
use crate::ingest::sources::bluesky::wire::{GET_ZSTD_DICTIONARY, POST, PROFILE, SUBPROTOCOL, SUBSCRIBE_EVENTS};
use crate::ingest::{DECODE_LIMIT, Outbound};

/// Of a message, in characters; the known ones have about a hundred.
const LONGEST_MESSAGE: usize = 300;
const COLLECTIONS: [&str; 2] = [POST, PROFILE];

/// The address of the stream at an endpoint. `cursor`: a time in Unix microseconds, or a number that this very server
/// has named; without it the stream begins now. `dictionary`: the id of the one that frames are to be compressed with.
pub fn subscription(wire: Wire, endpoint: &Url, cursor: Option<i64>, dictionary: Option<u32>) -> Url {
    let mut url = endpoint.clone();
    if matches!(url.path(), "" | "/") {
        match wire {
            Wire::V1 => url.set_path("/subscribe"),
            Wire::V2 => url.set_path(&format!("/xrpc/{SUBSCRIBE_EVENTS}")),
        }
    }
    let mut query = url.query_pairs_mut();
    let name = match wire {
        Wire::V1 => "wantedCollections",
        Wire::V2 => "collections",
    };
    for collection in COLLECTIONS {
        query.append_pair(name, collection);
    }
    // Larger records are not sent at all; the decoder would skip them anyway.
    query.append_pair("maxMessageSizeBytes", &DECODE_LIMIT.to_string());
    if let Some(cursor) = cursor {
        query.append_pair("cursor", &cursor.to_string());
    }
    match (wire, dictionary) {
        (_, None) => {}
        // The first wire has one dictionary for ever.
        (Wire::V1, Some(_)) => _ = query.append_pair("compress", "true"),
        (Wire::V2, Some(id)) => _ = query.append_pair("zstdDictionary", &id.to_string()),
    }
    drop(query);
    url
}

pub fn headers(wire: Wire) -> HeaderMap {
    match wire {
        Wire::V1 => HeaderMap::new(),
        Wire::V2 => HeaderMap::from_iter([(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(SUBPROTOCOL))]),
    }
}

/// Where the server of a v2 subscription gives out its dictionary: the method beside it, on the same host.
pub fn served_dictionary(subscription: &Url) -> Option<Url> {
    over_http(subscription.join(GET_ZSTD_DICTIONARY).ok()?)
}

fn over_http(mut url: Url) -> Option<Url> {
    let scheme = if url.scheme() == "wss" { "https" } else { "http" };
    url.set_scheme(scheme).ok().map(|()| url)
}

/// Why a v2 server declines a subscription, in the words of its protocol. Bounded: both are logged.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Declined {
    pub error: String,
    pub message: String,
}

impl Declined {
    /// Asks for the reason. The WebSocket library keeps of a refusal only what came together with its head; servers
    /// check a subscription in the same way before they look whether it asks for an upgrade, so asking for it as for a
    /// page brings the whole answer. `None`: no reason is to be had.
    pub async fn ask(outbound: &Outbound, subscription: &Url) -> Option<Self> {
        let answer = outbound.get(over_http(subscription.clone())?, HeaderMap::new()).await.ok()?;
        let said: Self = serde_json::from_slice(&answer.body).ok().filter(|_| answer.status == 400)?;
        Some(Self { error: error_name(&said.error), message: said.message.chars().take(LONGEST_MESSAGE).collect() })
    }

    /// The oldest number that the server still has, where its message names one: "… below lookback floor 1234; …".
    pub fn floor(&self) -> Option<i64> {
        let (_, after) = self.message.split_once("floor ")?;
        let digits = after.find(|letter: char| !letter.is_ascii_digit()).map_or(after, |end| after.split_at(end).0);
        digits.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(wire: Wire, endpoint: &str, cursor: Option<i64>, dictionary: Option<u32>) -> String {
        subscription(wire, &Url::parse(endpoint).unwrap(), cursor, dictionary).to_string()
    }

    #[test]
    fn each_wire_has_its_own_words_for_the_same_wish() {
        assert_eq!(
            asked(Wire::V1, "wss://jetstream.example", Some(1_795_600_000_000_000), Some(1_612_007_021)),
            "wss://jetstream.example/subscribe?wantedCollections=app.bsky.feed.post\
             &wantedCollections=app.bsky.actor.profile&maxMessageSizeBytes=1048576&cursor=1795600000000000&compress=true"
        );
        assert_eq!(
            asked(Wire::V2, "wss://jetstream.example", Some(1_795_600_000_000_000), Some(20_260_811)),
            "wss://jetstream.example/xrpc/network.bsky.jetstream.subscribeEvents?collections=app.bsky.feed.post\
             &collections=app.bsky.actor.profile&maxMessageSizeBytes=1048576&cursor=1795600000000000\
             &zstdDictionary=20260811"
        );
        // Behind a proxy it may be elsewhere.
        assert!(asked(Wire::V2, "ws://a.example/x/y", None, None).starts_with("ws://a.example/x/y?collections="));
    }

    #[test]
    fn the_dictionary_is_a_method_beside_the_stream() {
        for (endpoint, expected) in [
            ("wss://a.example", "https://a.example/xrpc/network.bsky.jetstream.getZstdDictionary"),
            ("ws://a.example:81/b/xrpc/stream", "http://a.example:81/b/xrpc/network.bsky.jetstream.getZstdDictionary"),
        ] {
            let url = subscription(Wire::V2, &Url::parse(endpoint).unwrap(), Some(1), None);
            assert_eq!(served_dictionary(&url).unwrap().as_str(), expected);
        }
    }

    #[test]
    fn the_floor_is_taken_from_the_message_where_there_is_one() {
        let floor = |message: &str| Declined { message: message.into(), ..Declined::default() }.floor();
        assert_eq!(floor("cursor 5 below lookback floor 9000; re-backfill from your last seq"), Some(9_000));
        assert_eq!(floor("the floor 12"), Some(12));
        for message in ["", "too old", "floor ", "floor of 3", "floor 99999999999999999999", "floor é"] {
            assert_eq!(floor(message), None, "{message}");
        }
    }
}
