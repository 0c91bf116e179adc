//! The records inside commits: posts and profiles, with what real ones carry.
//!
//! Owns the JSON of `app.bsky.feed.post` and `app.bsky.actor.profile`. Does not own envelopes or addresses.
//! Invariant: a record depends on its arguments alone; only [`broken`] breaks the lexicon.

use serde_json::{Map, Value, json};

use super::facets::facets;
use crate::demo::ids;
use crate::demo::player::{Fault, Persona, Utterance};
use crate::demo::script::{Place, Post};

/// Address and content id of a post, as replies refer to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StrongRef {
    pub uri: String,
    pub cid: String,
}

/// The record of a post that says `text`; the same for its edits, with another text.
pub fn post(said: &Utterance, text: &str, created: &str, reply: Option<(&StrongRef, &StrongRef)>) -> Value {
    let script = &said.line.post;
    let mut record = Map::new();
    record.insert("$type".into(), super::wire::POST.into());
    record.insert("createdAt".into(), created.into());
    record.insert("langs".into(), json!([script.lang]));
    record.insert("text".into(), text.into());
    let found = facets(text, &said.mentions);
    if !found.is_empty() {
        record.insert("facets".into(), found.into());
    }
    if let Some((parent, root)) = reply {
        let strong = |to: &StrongRef| json!({ "cid": to.cid, "uri": to.uri });
        record.insert("reply".into(), json!({ "parent": strong(parent), "root": strong(root) }));
    }
    if !script.tags.is_empty() {
        record.insert("tags".into(), json!(script.tags));
    }
    if !script.labels.is_empty() {
        record.insert("labels".into(), self_labels(&script.labels));
    }
    if let Some(image) = image(script) {
        record.insert("embed".into(), image);
    }
    if let Some(place) = &script.place {
        add_place(&mut record, place, &script.key);
    }
    record.into()
}

/// The record of a profile.
pub fn profile(persona: &Persona, created: &str) -> Value {
    let mut record = Map::new();
    record.insert("$type".into(), super::wire::PROFILE.into());
    record.insert("createdAt".into(), created.into());
    record.insert("displayName".into(), persona.name.as_str().into());
    record.insert("description".into(), persona.bio.as_str().into());
    if !persona.labels.is_empty() {
        record.insert("labels".into(), self_labels(&persona.labels));
    }
    record.into()
}

/// A record with one of the faults that real ones have.
pub fn broken(fault: Fault, created: &str) -> Value {
    let text = "Brume, et rien d’autre.";
    match fault {
        Fault::FacetOutsideText => json!({
            "$type": super::wire::POST, "createdAt": created, "langs": ["fr"], "text": text,
            "facets": [
                { "index": { "byteStart": 4, "byteEnd": 900 },
                  "features": [{ "$type": "app.bsky.richtext.facet#tag", "tag": "brume" }] },
                // From the middle of the apostrophe's three bytes.
                { "index": { "byteStart": 17, "byteEnd": 21 },
                  "features": [{ "$type": "app.bsky.richtext.facet#tag", "tag": "autre" }] },
                // The end before the beginning.
                { "index": { "byteStart": 14, "byteEnd": 10 },
                  "features": [{ "$type": "app.bsky.richtext.facet#hashtag", "name": "rien" }] },
            ],
        }),
        Fault::NoText => json!({ "$type": super::wire::POST, "createdAt": created }),
        Fault::UnknownEmbed => json!({
            "$type": super::wire::POST, "createdAt": created, "langs": ["fr"], "text": text,
            "embed": { "$type": "example.unknown.embed", "depth": [1, null, { "x": [] }] },
        }),
        Fault::BadDate => json!({
            "$type": super::wire::POST, "createdAt": "hier soir", "langs": ["fr", 7, null], "text": text,
        }),
    }
}

fn self_labels(values: &[String]) -> Value {
    let values: Vec<Value> = values.iter().map(|value| json!({ "val": value })).collect();
    json!({ "$type": "com.atproto.label.defs#selfLabels", "values": values })
}

fn image(script: &Post) -> Option<Value> {
    let alt = match (&script.image, script.image_no_alt) {
        (Some(alt), _) => alt.as_str(),
        (None, true) => "",
        (None, false) => return None,
    };
    // The blob is never asked for; its size only has to be one that a photograph may have.
    let size = 80_000 + ids::sub_seed(0, &["image", &script.key]) % 700_000;
    Some(json!({
        "$type": "app.bsky.embed.images",
        "images": [{
            "alt": alt,
            "aspectRatio": { "height": 1500, "width": 2000 },
            "image": {
                "$type": "blob",
                "mimeType": "image/jpeg",
                "ref": { "$link": ids::blob_cid(&script.key) },
                "size": size,
            },
        }],
    }))
}

/// The lexicon has no place for places. They are met as an embed with strings, and as a location beside the text;
/// a post with an image has no room for the embed.
fn add_place(record: &mut Map<String, Value>, place: &Place, key: &str) {
    let (latitude, longitude) = (format!("{:.7}", place.lat), format!("{:.7}", place.lon));
    let as_embed = !record.contains_key("embed") && ids::sub_seed(0, &["place", key]).is_multiple_of(2);
    let (field, kind) = match as_embed {
        true => ("embed", "community.lexicon.embed.geo"),
        false => ("location", "community.lexicon.location.geo"),
    };
    record.insert(
        field.into(),
        json!({ "$type": kind, "latitude": latitude, "longitude": longitude, "name": place.name }),
    );
}
