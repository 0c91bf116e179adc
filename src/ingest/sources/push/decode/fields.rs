//! The fields of a post as senders write them: the names of our own JSON, as far as a sender can know them.
//!
//! Owns each field's type, bound and name in an error. Does not own cleaning (`normalize`). Invariant: every field of an
//! object is read or named in the error.

use serde_json::{Map, Value};

use super::Sender;
use crate::domain::{
    Event, LocationOrigin, Media, MediaKind, NativeId, RawPlace, RawPost, Schedule, Timestamp, Visibility,
};

type Object = Map<String, Value>;

/// Bytes of a sender's id: with its account and a source's name before it, it is as long as an identity may be.
pub const ID_BYTES_MAX: usize = 500;
const TEXT_BYTES_MAX: usize = 60_000;
const ADDRESS_BYTES_MAX: usize = 2_048;
const LIST_MAX: usize = 32;
const REVISION_BYTES_MAX: usize = 100;

/// What stands for fields that are not there.
#[derive(Clone, Copy, Default)]
pub struct Defaults {
    pub created_at: Option<Timestamp>,
    /// When this version was made.
    pub version_of: Option<Timestamp>,
    pub is_edit: bool,
}

/// The post, or its deletion, of an object whose id has been taken out.
pub fn post(mut object: Object, sender: &Sender, native_id: NativeId, default: Defaults) -> Result<Event, String> {
    if flag(&mut object, "deleted")? {
        // What else stands there is of a post that is gone.
        return Ok(Event::Delete { native_id });
    }
    // A name that is written wrong is told before what it leaves missing.
    nothing_but(&object, &POST_FIELDS)?;
    let created_at = time(&mut object, "created_at")?.or(default.created_at);
    let created_at = created_at.ok_or("`created_at` is missing: when was it published?")?;
    let updated_at = time(&mut object, "updated_at")?;
    let revision = revision(&mut object)?;
    let version = updated_at.or(default.version_of);
    let schedule = Schedule {
        starts_at: time(&mut object, "starts_at")?,
        ends_at: time(&mut object, "ends_at")?,
        cancelled: flag(&mut object, "cancelled")?,
    };
    if let (Some(starts), Some(ends)) = (schedule.starts_at, schedule.ends_at)
        && ends < starts
    {
        return Err("`ends_at` comes before `starts_at`".into());
    }
    let raw = RawPost {
        profile: Some(Box::new(sender.profile())),
        url: string(&mut object, "url", ADDRESS_BYTES_MAX)?,
        languages: string(&mut object, "lang", 35)?.into_iter().collect(),
        edited: default.is_edit || updated_at.is_some_and(|at| at > created_at),
        // Times are written so that byte by byte the later is the greater.
        revision: revision.or(version.map(|at| format!("{:020}", at.as_micros()))).unwrap_or_default(),
        tags: list(&mut object, "tags", |tag| {
            tag.as_str().map(str::to_owned).ok_or_else(|| "a tag is no text".into())
        })?,
        media: list(&mut object, "media", medium)?,
        place: location(&mut object)?,
        schedule,
        visibility: Visibility::Public,
        automated: true,
        ..RawPost::bare(
            sender.author.clone(),
            native_id,
            string(&mut object, "text", TEXT_BYTES_MAX)?.unwrap_or_default(),
            created_at,
        )
    };
    Ok(Event::Post(Box::new(raw)))
}

/// `id` is taken out before.
const POST_FIELDS: [&str; 13] = [
    "url",
    "text",
    "lang",
    "created_at",
    "updated_at",
    "revision",
    "tags",
    "media",
    "location",
    "starts_at",
    "ends_at",
    "cancelled",
    "deleted",
];

/// A sender's own name of something.
pub fn id(object: &mut Object, name: &str) -> Result<String, String> {
    let id = string(object, name, ID_BYTES_MAX)?.filter(|id| !id.trim().is_empty());
    let id = id.ok_or_else(|| format!("`{name}` is missing: give each post a lasting one of its own"))?;
    if id.chars().any(char::is_control) { Err(format!("`{name}` has control characters in it")) } else { Ok(id) }
}

/// A field's text; `None` where it is not there, or null.
pub fn string(object: &mut Object, name: &str, bytes_max: usize) -> Result<Option<String>, String> {
    match object.remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.len() <= bytes_max => Ok(Some(text)),
        Some(Value::String(_)) => Err(format!("`{name}` is longer than {bytes_max} bytes")),
        Some(_) => Err(format!("`{name}` is no text")),
    }
}

pub fn time(object: &mut Object, name: &str) -> Result<Option<Timestamp>, String> {
    let wrong = || format!("`{name}` is no time as in 2026-12-01T08:00:00+01:00");
    match object.remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.len() <= 64 => Timestamp::parse_rfc3339(&text).map(Some).ok_or_else(wrong),
        Some(_) => Err(wrong()),
    }
}

fn flag(object: &mut Object, name: &str) -> Result<bool, String> {
    match object.remove(name) {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(flag)) => Ok(flag),
        Some(_) => Err(format!("`{name}` is neither true nor false")),
    }
}

/// Numbers as long as they get, so that byte by byte the greater is the later.
fn revision(object: &mut Object) -> Result<Option<String>, String> {
    match object.remove("revision") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if (1..=REVISION_BYTES_MAX).contains(&text.len()) => Ok(Some(text)),
        Some(Value::Number(number)) => match number.as_u64() {
            Some(number) => Ok(Some(format!("{number:020}"))),
            None => Err("`revision` is no whole number from 0 upwards".into()),
        },
        Some(_) => Err(format!("`revision` is neither a number nor a text of at most {REVISION_BYTES_MAX} bytes")),
    }
}

fn list<T>(object: &mut Object, name: &str, read: fn(Value) -> Result<T, String>) -> Result<Vec<T>, String> {
    match object.remove(name) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(items)) if items.len() <= LIST_MAX => items.into_iter().map(read).collect(),
        Some(Value::Array(_)) => Err(format!("`{name}` has more than {LIST_MAX} entries")),
        Some(_) => Err(format!("`{name}` is no list")),
    }
}

fn medium(value: Value) -> Result<Media, String> {
    let Value::Object(mut object) = value else { return Err("a medium is no object".into()) };
    nothing_but(&object, &["url", "alt", "kind"])?;
    let kind = match string(&mut object, "kind", 20)? {
        None => MediaKind::Image,
        Some(kind) => MediaKind::parse(&kind).ok_or("a medium's `kind` is none of image, video, link")?,
    };
    let url = string(&mut object, "url", ADDRESS_BYTES_MAX)?;
    let alt = string(&mut object, "alt", TEXT_BYTES_MAX)?.unwrap_or_default();
    Ok(Media { kind, url, alt })
}

fn location(object: &mut Object) -> Result<Option<RawPlace>, String> {
    let mut place = match object.remove("location") {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Object(place)) => place,
        Some(_) => return Err("`location` is no object".into()),
    };
    nothing_but(&place, &["lat", "lon"])?;
    let mut degrees = |name: &str, most: f64| match place.remove(name).as_ref().and_then(Value::as_f64) {
        Some(degrees) if degrees.abs() <= most => Ok(degrees),
        // The digits are nobody's business, and those of an exact place least of all.
        _ => Err(format!("`location.{name}` is no number between -{most} and {most}")),
    };
    let lon_lat = (degrees("lon", 180.0)?, degrees("lat", 90.0)?);
    Ok(Some(RawPlace { lon_lat: Some(lon_lat), name: None, origin: LocationOrigin::Place }))
}

/// A name that we do not know is mostly one that is written wrong.
fn nothing_but(object: &Object, known: &[&str]) -> Result<(), String> {
    match object.keys().find(|name| !known.contains(&name.as_str())) {
        Some(name) => Err(format!("`{}` is no field; known: {}", in_short(name), known.join(", "))),
        None => Ok(()),
    }
}

/// A name that somebody else has written, to be told back to them.
pub fn in_short(name: &str) -> String {
    name.chars().take(40).flat_map(char::escape_debug).collect()
}
