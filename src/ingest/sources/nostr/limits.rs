//! What a relay says of itself, and of how it may be asked (NIP-11).
//!
//! Owns reading the document. Does not own asking for events. Invariant: whatever the document says, the limits are ones
//! that can be worked with, or reading is declined in plain words.

use reqwest::header::{ACCEPT, HeaderMap, HeaderValue};
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use crate::ingest::Outbound;

/// Bytes of the document.
const DOCUMENT_MAX: usize = 64 << 10;
/// Of a message to a relay that says nothing, and of the longest whatever it says.
const MESSAGE_BYTES: usize = 32 << 10;
const MESSAGE_BYTES_MAX: usize = 256 << 10;
/// A message that is shorter holds no question.
const MESSAGE_BYTES_MIN: usize = 1_024;
/// Subscriptions at once, likewise. `SUBSCRIPTIONS_MIN`: one for what the cities ask for, and those of [`BESIDE`].
const SUBSCRIPTIONS: usize = 10;
const SUBSCRIPTIONS_MAX: usize = 64;
/// Subscriptions that are needed beside the questions: for deletions, for what concerns posts that were had, and one to
/// page back with.
pub const BESIDE: usize = 3;
/// Events of one answer.
pub const ANSWER_MAX: usize = 500;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    pub message_bytes: usize,
    pub subscriptions: usize,
    /// Events to ask for at once.
    pub answer: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { message_bytes: MESSAGE_BYTES, subscriptions: SUBSCRIPTIONS, answer: ANSWER_MAX }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Document {
    limitation: Limitation,
}

/// Every field is read leniently: operators write numbers as texts, and worse.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Limitation {
    max_message_length: Value,
    max_subscriptions: Value,
    max_limit: Value,
    auth_required: Value,
    payment_required: Value,
}

impl Limits {
    /// Asks the relay. One that gives no document, or none that can be read, is asked modestly. The error says why the relay
    /// can't be read.
    pub async fn ask(outbound: &Outbound, relay: &Url) -> Result<Self, String> {
        let mut url = relay.clone();
        let scheme = if url.scheme() == "wss" { "https" } else { "http" };
        if url.set_scheme(scheme).is_err() {
            return Ok(Self::default());
        }
        let headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static("application/nostr+json"))]);
        match outbound.get_at_most(url, headers, DOCUMENT_MAX).await {
            Ok(answer) if answer.status == 200 => Self::read(&answer.body),
            _ => Ok(Self::default()),
        }
    }

    fn read(document: &[u8]) -> Result<Self, String> {
        let said: Limitation = serde_json::from_slice::<Document>(document).unwrap_or_default().limitation;
        if said.auth_required == Value::Bool(true) {
            return Err("the relay lets only those read who sign in, which Parvis does not".into());
        }
        if said.payment_required == Value::Bool(true) {
            tracing::debug!("The relay asks for a payment, which mostly is for writing.");
        }
        let number = |value: &Value| {
            let number = value.as_u64().or_else(|| value.as_str()?.parse().ok())?;
            usize::try_from(number).ok().filter(|number| *number > 0)
        };
        let default = Self::default();
        let limits = Self {
            message_bytes: number(&said.max_message_length).unwrap_or(default.message_bytes).min(MESSAGE_BYTES_MAX),
            subscriptions: number(&said.max_subscriptions).unwrap_or(default.subscriptions).min(SUBSCRIPTIONS_MAX),
            answer: number(&said.max_limit).unwrap_or(default.answer).min(ANSWER_MAX),
        };
        if limits.subscriptions <= BESIDE || limits.message_bytes < MESSAGE_BYTES_MIN {
            return Err(format!(
                "the relay takes {} questions of {} bytes at once; reading needs {} of {MESSAGE_BYTES_MIN}",
                limits.subscriptions,
                limits.message_bytes,
                BESIDE + 1
            ));
        }
        Ok(limits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relays_limits_are_kept_and_what_it_does_not_say_is_modest() {
        let read = |document: &str| Limits::read(document.as_bytes());
        let own = r#"{"name":"x","limitation":{"max_message_length":131072,"max_subscriptions":"20","max_limit":100,"auth_required":false}}"#;
        assert_eq!(read(own), Ok(Limits { message_bytes: 131_072, subscriptions: 20, answer: 100 }));
        for nothing in [
            "",
            "{}",
            "[]",
            "<html>",
            r#"{"limitation":null}"#,
            r#"{"limitation":{"max_limit":-5,"max_subscriptions":{}}}"#,
        ] {
            assert_eq!(read(nothing), Ok(Limits::default()), "{nothing}");
        }
        let endless = r#"{"limitation":{"max_message_length":99999999999999999999,"max_subscriptions":4000000000,"max_limit":5000}}"#;
        assert_eq!(read(endless), Ok(Limits { subscriptions: SUBSCRIPTIONS_MAX, ..Limits::default() }));
    }

    #[test]
    fn l06_a_relay_that_can_not_be_read_says_so_in_plain_words() {
        let refused =
            |limitation: &str| Limits::read(format!(r#"{{"limitation":{limitation}}}"#).as_bytes()).unwrap_err();
        assert!(refused(r#"{"auth_required":true}"#).contains("sign in"));
        assert!(refused(r#"{"max_subscriptions":3}"#).contains("3 questions"));
        assert!(refused(r#"{"max_message_length":500}"#).contains("500 bytes"));
    }
}
