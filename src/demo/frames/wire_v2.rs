//! The envelopes of Jetstream's second wire, `subscribeEvents`.
//!
//! Owns how an event of the first wire is said on the second, and what the second alone says. Does not own the records
//! inside, nor the delivery. Invariant: every frame is one JSON object on one line, and a record is carried as it was
//! written.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use serde_json::value::RawValue;

const LEXICON: &str = "network.bsky.jetstream.subscribeEvents";

#[derive(Deserialize)]
struct First<'a> {
    did: String,
    time_us: i64,
    kind: String,
    #[serde(borrow)]
    commit: Option<Commit<'a>>,
    #[serde(borrow)]
    identity: Option<&'a RawValue>,
    #[serde(borrow)]
    account: Option<&'a RawValue>,
    #[serde(borrow)]
    sync: Option<&'a RawValue>,
}

/// A commit's fields, which the second wire has flat.
#[derive(Default, Deserialize, Serialize)]
struct Commit<'a> {
    rev: String,
    operation: String,
    collection: String,
    rkey: String,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    record: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cid: Option<String>,
}

#[derive(Serialize)]
struct Message<'a> {
    #[serde(rename = "$type")]
    kind: &'static str,
    payload: Payload<'a>,
}

#[derive(Serialize)]
struct Payload<'a> {
    #[serde(rename = "$type")]
    kind: String,
    seq: u64,
    did: String,
    time: String,
    #[serde(flatten)]
    commit: Option<Commit<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    identity: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sync: Option<&'a RawValue>,
}

/// An event of the first wire, under a number of the server. (A `sync` is never sent on the first, and written in its
/// form all the same.) `None`: it is not one.
pub fn message(first: &str, seq: u64) -> Option<String> {
    let First { did, time_us, kind, commit, identity, account, sync } = serde_json::from_str(first).ok()?;
    let is_whole = match &*kind {
        "commit" => commit.is_some(),
        "identity" => identity.is_some(),
        "account" => account.is_some(),
        "sync" => sync.is_some(),
        _ => false,
    };
    let time = format!("{:.6}", Timestamp::from_microsecond(time_us).ok().filter(|_| is_whole)?);
    let payload = Payload { kind: format!("{LEXICON}#{kind}"), seq, did, time, commit, identity, account, sync };
    serde_json::to_string(&Message { kind: "message", payload }).ok()
}

/// The first frame after a time cursor that was too old.
pub fn outdated_cursor(seq: u64) -> String {
    let message = format!("requested timestamp cursor below retention floor; starting at seq {seq}");
    let payload = json!({ "$type": format!("{LEXICON}#info"), "name": "OutdatedCursor", "message": message });
    json!({ "$type": "message", "payload": payload }).to_string()
}

/// The last frame of a stream that the server ends.
pub fn error(name: &str, message: &str) -> String {
    json!({ "$type": "error", "error": name, "message": message }).to_string()
}

/// The body of an answer before the upgrade.
pub fn declined(name: &str, message: &str) -> String {
    json!({ "error": name, "message": message }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_as_the_lexicon_has_them() {
        let first = r#"{"did":"did:plc:a","time_us":1795600001000000,"kind":"commit","commit":{"rev":"3r","operation":"create","collection":"app.bsky.feed.post","rkey":"3k","record":{"text": "x",  "n":1.50},"cid":"bafy"}}"#;
        assert_eq!(
            message(first, 7).unwrap(),
            r#"{"$type":"message","payload":{"$type":"network.bsky.jetstream.subscribeEvents#commit","seq":7,"did":"did:plc:a","time":"2026-11-25T09:46:41.000000Z","rev":"3r","operation":"create","collection":"app.bsky.feed.post","rkey":"3k","record":{"text": "x",  "n":1.50},"cid":"bafy"}}"#
        );
        let first = r#"{"did":"did:plc:a","time_us":1795600001234567,"kind":"account","account":{"active":true,"did":"did:plc:a","seq":1,"time":"2026-11-25T09:46:41.234Z"}}"#;
        assert_eq!(
            message(first, 8).unwrap(),
            r#"{"$type":"message","payload":{"$type":"network.bsky.jetstream.subscribeEvents#account","seq":8,"did":"did:plc:a","time":"2026-11-25T09:46:41.234567Z","account":{"active":true,"did":"did:plc:a","seq":1,"time":"2026-11-25T09:46:41.234Z"}}}"#
        );
        for nothing in ["no JSON", "{}", r#"{"did":"did:plc:a","time_us":1,"kind":"commit"}"#] {
            assert_eq!(message(nothing, 9), None, "{nothing}");
        }
    }
}
