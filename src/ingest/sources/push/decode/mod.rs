//! The body of a delivery: our post form, alone or in a list, or CloudEvents.
//!
//! Owns the forms, and the words that say what is wrong in one. Does not own who signed it (`signature`) nor any
//! decision. Invariant: pure, and for the same body the same items in the same order, since what is stored of an answer is
//! theirs; a bad item spoils no other; a field that is not known is told and not passed over.

mod cloud_event;
mod fields;

use serde_json::{Map, Value};

use super::Sender;
use crate::domain::{Event, NativeId, PushRefusal, RefuseReason};
use crate::ingest::checked_json;

/// The largest body (H2).
pub const BODY_BYTES_MAX: usize = 64 << 10;
/// Items of one delivery.
pub const ITEMS_MAX: usize = 100;

/// One thing that a delivery says.
#[derive(Clone, Debug)]
pub struct Item {
    /// The sender's own id, where it could be read.
    pub id: Option<String>,
    /// Ours of it; `None` when it can't be read.
    pub native_id: Option<NativeId>,
    /// A post, a deletion, or why it can't be read.
    pub event: Event,
    /// What is wrong with it.
    pub detail: Option<String>,
}

/// Reads a body. It fails where there is nothing in it that could be answered one by one.
pub fn decode(body: &[u8], sender: &Sender) -> Result<Vec<Item>, PushRefusal> {
    if body.len() > BODY_BYTES_MAX {
        return Err(unreadable("it is larger than 64 KiB", "send fewer posts at once"));
    }
    let text = checked_json(body).map_err(|reason| match reason {
        RefuseReason::TooDeep => unreadable("it nests more than 128 levels", "send posts as they are documented"),
        _ => unreadable("it is not UTF-8", "send JSON, which is UTF-8"),
    })?;
    let value: Value = serde_json::from_str(text).map_err(|error| {
        let at = format!("it is no JSON: line {}, column {}", error.line(), error.column());
        unreadable(&at, "send what a JSON library writes")
    })?;
    let items = match value {
        Value::Array(events) => events,
        Value::Object(mut whole) if whole.contains_key("posts") => match whole.remove("posts") {
            Some(Value::Array(posts)) if whole.is_empty() => posts,
            Some(Value::Array(_)) => {
                let stranger = whole.keys().next().map(|name| fields::in_short(name)).unwrap_or_default();
                return Err(unreadable(
                    &format!("beside `posts` there is `{stranger}`"),
                    "send {\"posts\": […]} alone",
                ));
            }
            _ => return Err(unreadable("`posts` is no list", "send {\"posts\": […]}")),
        },
        one @ Value::Object(_) => vec![one],
        _ => return Err(unreadable("it is neither a post nor a list of them", "send an object, or {\"posts\": […]}")),
    };
    if items.is_empty() {
        return Err(unreadable("there is nothing in it", "send one post at least"));
    }
    if items.len() > ITEMS_MAX {
        return Err(unreadable("there are more than 100 items in it", "send fewer posts at once"));
    }
    Ok(items.into_iter().map(|item| read(item, sender)).collect())
}

fn unreadable(fault: &str, mend: &'static str) -> PushRefusal {
    PushRefusal::Unreadable { fault: fault.to_owned(), mend }
}

fn read(item: Value, sender: &Sender) -> Item {
    let Value::Object(object) = item else { return malformed(None, "this is no object".into()) };
    if object.contains_key("specversion") { cloud_event::read(object, sender) } else { of_post(object, sender) }
}

fn of_post(mut object: Map<String, Value>, sender: &Sender) -> Item {
    let id = match fields::id(&mut object, "id") {
        Ok(id) => id,
        Err(fault) => return malformed(None, fault),
    };
    let native_id = native_id(sender, None, &id);
    match fields::post(object, sender, native_id.clone(), fields::Defaults::default()) {
        Ok(event) => Item { id: Some(id), native_id: Some(native_id), event, detail: None },
        Err(fault) => malformed(Some(id), fault),
    }
}

/// A sender's ids are its own; those of a CloudEvents source are that source's.
pub(super) fn native_id(sender: &Sender, source: Option<&str>, id: &str) -> NativeId {
    let source = source.map(|source| format!(" {source}")).unwrap_or_default();
    NativeId::new(format!("{}{source} {id}", sender.author.as_str()))
}

fn malformed(id: Option<String>, detail: String) -> Item {
    Item { id, native_id: None, event: Event::Unreadable(RefuseReason::Malformed), detail: Some(detail) }
}

#[cfg(test)]
mod tests;
