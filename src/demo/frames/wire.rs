//! The envelopes of Jetstream's first wire, `/subscribe`, exactly as production sends them.
//!
//! Owns the shape of the four kinds of event. Does not own the records inside, nor the delivery.
//! Invariant: every frame is one JSON object on one line.

use serde_json::{Value, json};

use crate::domain::Timestamp;

pub const POST: &str = "app.bsky.feed.post";
pub const PROFILE: &str = "app.bsky.actor.profile";

/// Where a commit happened.
#[derive(Clone, Debug)]
pub struct Commit<'a> {
    pub did: &'a str,
    pub time_us: i64,
    pub rev: String,
    pub collection: &'a str,
    pub rkey: &'a str,
}

impl Commit<'_> {
    pub fn create(&self, record: &Value, cid: &str) -> String {
        self.with_record("create", record, cid)
    }

    pub fn update(&self, record: &Value, cid: &str) -> String {
        self.with_record("update", record, cid)
    }

    /// A deletion has neither record nor content id.
    pub fn delete(&self) -> String {
        self.frame(json!({
            "rev": self.rev, "operation": "delete", "collection": self.collection, "rkey": self.rkey,
        }))
    }

    fn with_record(&self, operation: &str, record: &Value, cid: &str) -> String {
        self.frame(json!({
            "rev": self.rev, "operation": operation, "collection": self.collection, "rkey": self.rkey,
            "record": record, "cid": cid,
        }))
    }

    fn frame(&self, commit: Value) -> String {
        json!({ "did": self.did, "time_us": self.time_us, "kind": "commit", "commit": commit }).to_string()
    }
}

/// The account's handle may have changed; `handle` is optional on the real wire too.
pub fn identity(did: &str, time_us: i64, seq: i64, handle: Option<&str>) -> String {
    let mut identity = json!({ "did": did, "seq": seq, "time": time(time_us) });
    if let (Some(fields), Some(handle)) = (identity.as_object_mut(), handle) {
        fields.insert("handle".into(), handle.into());
    }
    json!({ "did": did, "time_us": time_us, "kind": "identity", "identity": identity }).to_string()
}

/// `status` is absent from the wire exactly when it is `None`: plainly active.
pub fn account(did: &str, time_us: i64, seq: i64, active: bool, status: Option<&str>) -> String {
    let mut account = json!({ "active": active, "did": did, "seq": seq, "time": time(time_us) });
    if let (Some(fields), Some(status)) = (account.as_object_mut(), status) {
        fields.insert("status".into(), status.into());
    }
    json!({ "did": did, "time_us": time_us, "kind": "account", "account": account }).to_string()
}

pub(super) fn time(micros: i64) -> String {
    Timestamp::from_micros(micros).to_rfc3339()
}
