use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, LINK};
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Value, json};
use url::form_urlencoded;

use super::{Fault, State, entity, key};

/// Statuses of a page.
const LIMIT: usize = 20;
const LIMIT_MAX: usize = 40;
/// Further tags of a request (L-08).
const ANY_MAX: usize = 4;

/// `GET /api/v2/instance`.
pub async fn instance(request: HttpRequest, state: web::Data<State>) -> HttpResponse {
    let mut inner = state.lock();
    inner.asked.push(request.uri().to_string());
    drop(inner);
    HttpResponse::Ok().json(state.description())
}

/// `GET /api/v1/timelines/tag/{tag}`.
pub async fn tag(request: HttpRequest, path: web::Path<String>, state: web::Data<State>) -> HttpResponse {
    if let Some(fault) = state.note(request.uri().to_string()) {
        return faulty(&fault);
    }
    let authorization = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    if !state.is_let_in(authorization) {
        return HttpResponse::Unauthorized().json(json!({ "error": "The access token is invalid" }));
    }
    let query: Vec<(String, String)> = form_urlencoded::parse(request.query_string().as_bytes()).into_owned().collect();
    let value = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let any = query.iter().filter(|(name, _)| name == "any[]").map(|(_, tag)| tag).take(ANY_MAX);
    let tags: Vec<String> = std::iter::once(&path.into_inner()).chain(any).map(|tag| key(tag)).collect();
    let limit = value("limit").and_then(|limit| limit.parse().ok()).unwrap_or(LIMIT).min(LIMIT_MAX);
    let is_local = |status: &Value| {
        let acct = status.pointer("/account/acct").and_then(Value::as_str).unwrap_or_default();
        !acct.contains('@')
    };
    // A tag that the server has never met empties the answer, whatever is asked for beside it.
    if !tags.first().is_some_and(|first| state.has_met(first)) {
        return HttpResponse::NotFound().json(json!({ "error": "Record not found" }));
    }
    let mut found = state.tagged(&tags);
    found.retain(|status| {
        (value("local") != Some("true") || is_local(status)) && (value("remote") != Some("true") || !is_local(status))
    });
    // All ids are as long.
    found.retain(|status| value("max_id").is_none_or(|max| entity::id(status) < max));
    found.retain(|status| value("since_id").is_none_or(|since| entity::id(status) > since));
    match value("min_id") {
        Some(min) => {
            // The page right above it.
            found.retain(|status| entity::id(status) > min);
            found.drain(..found.len().saturating_sub(limit));
        }
        None => found.truncate(limit),
    }
    let mut answer = HttpResponse::Ok();
    answer.insert_header(("x-ratelimit-limit", "300")).insert_header(("x-ratelimit-remaining", "299"));
    if let (Some(newest), Some(oldest)) = (found.first(), found.last()) {
        let (newest, oldest) = (entity::id(newest), entity::id(oldest));
        let here = request.path();
        let next = format!("<{here}?max_id={oldest}>; rel=\"next\", ");
        let next = if found.len() == limit { &next } else { "" };
        answer.insert_header((LINK, format!("{next}<{here}?min_id={newest}>; rel=\"prev\"")));
    }
    answer.json(found)
}

/// `GET /api/v1/statuses/{id}`.
pub async fn status(request: HttpRequest, path: web::Path<String>, state: web::Data<State>) -> HttpResponse {
    if let Some(fault) = state.note(request.uri().to_string()) {
        return faulty(&fault);
    }
    let found = state.lock().statuses.iter().find(|status| entity::id(status) == *path).cloned();
    match found {
        Some(status) => HttpResponse::Ok().json(status),
        None => HttpResponse::NotFound().json(json!({ "error": "Record not found" })),
    }
}

/// The ActivityPub object of a status: where it was made, if it says so.
pub async fn object(path: web::Path<(String, String)>, state: web::Data<State>) -> HttpResponse {
    let (_, id) = path.into_inner();
    let found = state.lock().statuses.iter().find(|status| entity::id(status) == id).cloned();
    let Some(status) = found else { return HttpResponse::NotFound().finish() };
    let location = status.get("location").cloned().unwrap_or(Value::Null);
    HttpResponse::Ok()
        .content_type("application/activity+json")
        .body(json!({ "type": "Note", "id": status.get("uri"), "location": location }).to_string())
}

fn faulty(fault: &Fault) -> HttpResponse {
    let mut answer = HttpResponse::build(StatusCode::from_u16(fault.status).unwrap_or(StatusCode::IM_A_TEAPOT));
    for (name, value) in &fault.headers {
        answer.insert_header((*name, value.as_str()));
    }
    answer.json(json!({ "error": "ordered" }))
}
