//! One file per resource: read the request, ask a port, answer.
//!
//! Owns nothing that outlives a request but the streams of live sessions. Does not own parsing (`http::query`), shapes
//! (`http::view`) or framing (`live`).
//! Invariant: a handler fails with an `ApiError` and nothing else.

pub mod answers;
pub mod cities;
pub mod documents;
pub mod events;
pub mod health;
pub mod live;
mod params;
pub mod posts;
pub mod push;
pub mod sources;

use actix_web::http::header::{self, ETag, EntityTag, Header, IfNoneMatch};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

/// Answers with JSON that may be kept but has to be asked for again: a weak tag, and 304 when it is unchanged.
fn json(request: &HttpRequest, body: &impl Serialize) -> HttpResponse {
    // Only our own views come here; their keys are strings.
    let body = serde_json::to_string(body).unwrap_or_default();
    tagged(request, "application/json", body)
}

fn tagged(request: &HttpRequest, content_type: &'static str, body: String) -> HttpResponse {
    let hash = blake3::hash(body.as_bytes()).to_hex();
    let tag = EntityTag::new_weak(hash.as_str().chars().take(16).collect());
    let known = match IfNoneMatch::parse(request) {
        Ok(IfNoneMatch::Any) => true,
        Ok(IfNoneMatch::Items(tags)) => tags.iter().any(|known| known.weak_eq(&tag)),
        Err(_unreadable) => false,
    };
    let mut response = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response.insert_header(ETag(tag)).insert_header((header::CACHE_CONTROL, "no-cache"));
    if known { response.finish() } else { response.content_type(content_type).body(body) }
}
