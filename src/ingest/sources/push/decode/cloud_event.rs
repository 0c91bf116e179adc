//! CloudEvents 1.0, structured: the envelope around our post form.
//!
//! Owns which attributes count. Does not own what stands in `data`. Invariant: an event says nothing that is not signed, so
//! that attributes in headers (the binary mode) are not read: a signature covers the body alone.

use serde_json::{Map, Value};

use super::fields::{self, Defaults};
use super::{Item, Sender, malformed, native_id};
use crate::domain::Event;

const SOURCE_BYTES_MAX: usize = 200;

pub fn read(mut event: Map<String, Value>, sender: &Sender) -> Item {
    // What is answered is the event's own id until its post's is known.
    let own = event.get("id").and_then(Value::as_str).map(str::to_owned);
    match of_event(&mut event, sender) {
        Ok(item) => item,
        Err(fault) => malformed(own.filter(|id| id.len() <= fields::ID_BYTES_MAX), fault),
    }
}

fn of_event(event: &mut Map<String, Value>, sender: &Sender) -> Result<Item, String> {
    if fields::string(event, "specversion", 20)?.as_deref() != Some("1.0") {
        return Err("`specversion` is not \"1.0\"".into());
    }
    fields::id(event, "id")?;
    let source = fields::string(event, "source", SOURCE_BYTES_MAX)?.filter(|source| !source.is_empty());
    let source = source.ok_or("`source` is missing")?;
    if source.chars().any(char::is_whitespace) {
        return Err("`source` is no address".into());
    }
    let kind = fields::string(event, "type", 300)?.ok_or("`type` is missing")?;
    let time = fields::time(event, "time")?;
    let subject = fields::string(event, "subject", fields::ID_BYTES_MAX)?;
    if event.contains_key("data_base64") {
        return Err("`data_base64` is not read: give the post in `data`".into());
    }
    let mut data = match event.remove("data") {
        Some(Value::Object(data)) => data,
        None | Some(Value::Null) => Map::new(),
        Some(_) => return Err("`data` is no object".into()),
    };
    // An event of a post that is not repeated whole names it in its subject.
    if let (Some(subject), false) = (subject, data.contains_key("id")) {
        data.insert("id".into(), Value::String(subject));
    }
    let id = fields::id(&mut data, "id").map_err(|fault| format!("in `data`: {fault}"))?;
    let native = native_id(sender, Some(&source), &id);
    let event = match kind.rsplit('.').next() {
        Some("deleted") => Event::Delete { native_id: native.clone() },
        Some(what @ ("created" | "updated")) => {
            let created_at = time.filter(|_| what == "created");
            let default = Defaults { created_at, version_of: time, is_edit: what == "updated" };
            fields::post(data, sender, native.clone(), default).map_err(|fault| format!("in `data`: {fault}"))?
        }
        _ => return Err("`type` does not end in .created, .updated or .deleted".into()),
    };
    Ok(Item { id: Some(id), native_id: Some(native), event, detail: None })
}
