//! Answers in the exact shapes of the public API.
//!
//! Owns the JSON of `profileViewDetailed`, `profileViewBasic` and `postView`. Does not own who may be seen.
//! Invariant: every field that the public API always sends is there; optional ones only where they hold something.

use serde_json::{Map, Value, json};

use crate::demo::world::{Account, StoredPost};

/// `app.bsky.actor.defs#profileViewDetailed`, as a reader without an account gets it.
pub fn profile(account: &Account) -> Value {
    let mut view = basic(account);
    view.insert("description".into(), account.persona.bio.as_str().into());
    view.insert("followersCount".into(), 0.into());
    view.insert("followsCount".into(), 0.into());
    view.insert("postsCount".into(), account.posts.into());
    view.insert("indexedAt".into(), account.created.to_rfc3339().into());
    view.into()
}

/// `app.bsky.feed.defs#postView`.
pub(super) fn post(post: &StoredPost, author: &Account) -> Value {
    let labels = post.record.pointer("/labels/values").and_then(Value::as_array);
    let values = labels.into_iter().flatten().filter_map(|label| label.get("val")?.as_str());
    json!({
        "uri": post.uri,
        "cid": post.cid,
        "author": basic(author),
        "record": post.record,
        "bookmarkCount": 0,
        "replyCount": 0,
        "repostCount": 0,
        "likeCount": 0,
        "quoteCount": 0,
        "indexedAt": post.indexed.to_rfc3339(),
        "labels": self_labels(&author.persona.did, &post.uri, &post.indexed.to_rfc3339(), values),
    })
}

fn basic(account: &Account) -> Map<String, Value> {
    let persona = &account.persona;
    let created = account.created.to_rfc3339();
    let uri = format!("at://{}/app.bsky.actor.profile/self", persona.did);
    let labels = self_labels(&persona.did, &uri, &created, persona.labels.iter().map(String::as_str));
    let mut view = Map::new();
    view.insert("did".into(), persona.did.as_str().into());
    view.insert("handle".into(), persona.handle.as_str().into());
    view.insert("displayName".into(), persona.name.as_str().into());
    view.insert("labels".into(), labels);
    view.insert("createdAt".into(), created.into());
    view
}

/// Labels that an account put on itself: their source is the account.
fn self_labels<'a>(did: &str, uri: &str, created: &str, values: impl Iterator<Item = &'a str>) -> Value {
    values.map(|value| json!({ "src": did, "uri": uri, "val": value, "cts": created })).collect()
}
