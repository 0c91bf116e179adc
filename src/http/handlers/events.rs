use std::sync::Arc;

use actix_web::http::{Method, header};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};

use crate::http::connections::Connection;
use crate::http::query::{self, LiveQuery};
use crate::http::{ApiError, AppState, Problem, sse};
use crate::live::{Framing, TooMany};

use super::params::{FilterParams, LiveParams};

/// A city's live feed as server-sent events.
///
/// The messages of the WebSocket, each as `data:` with its type as `event:`; `id:` is the cursor, and a browser that
/// comes back gives it as `Last-Event-ID`.
#[utoipa::path(
    get,
    path = "/api/v1/cities/{city}/events",
    tag = "live",
    params(
        ("city" = String, Path, description = "The city's slug"),
        ("Last-Event-ID" = Option<String>, Header, description = "Where to go on; goes before `cursor`"),
        LiveParams,
        FilterParams,
    ),
    responses(
        (status = 200, content_type = "text/event-stream", description = "The stream"),
        (status = 400, body = Problem, content_type = "application/problem+json", description = "A bad parameter"),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "Unknown city"),
        (status = 429, body = Problem, content_type = "application/problem+json", description = "Too many sessions"),
        (status = 503, body = Problem, content_type = "application/problem+json", description = "Full or draining"),
    )
)]
pub async fn open(request: HttpRequest, slug: Path<String>, state: Data<AppState>) -> Result<HttpResponse, ApiError> {
    // The answer to HEAD would be a stream without a body and without an end.
    if request.method() == Method::HEAD {
        return Err(ApiError::MethodNotAllowed("GET"));
    }
    let city = state.city(&slug)?;
    let mut query = LiveQuery::parse(request.query_string(), &city)?;
    if let Some(last) = last_event_id(&request)? {
        query.cursor = Some(query::cursor("Last-Event-ID", last)?);
    }
    let permit = super::live::admit(&request, &state).map_err(|too_many| match too_many {
        TooMany::InAll => super::live::full(),
        TooMany::OfAddress => ApiError::TooManySessions,
    })?;
    let subscription = super::live::subscribe(&state, &city.id, query, Framing::Sse).await?;
    let streaming = request.conn_data::<Arc<Connection>>().map(Connection::becomes_stream);
    Ok(HttpResponse::Ok()
        // It is not to be asked anything after the stream, whose place among the connections it has given back.
        .force_close()
        .content_type("text/event-stream")
        .insert_header((header::CACHE_CONTROL, "no-store"))
        // An encoding named here keeps the compressor off, which would hold blocks back; nginx is told the same.
        .insert_header((header::CONTENT_ENCODING, "identity"))
        .insert_header(("X-Accel-Buffering", "no"))
        .streaming(sse::session(subscription, permit, streaming, state.settings.timing)))
}

fn last_event_id(request: &HttpRequest) -> Result<Option<&str>, ApiError> {
    let Some(value) = request.headers().get("Last-Event-ID") else { return Ok(None) };
    match value.to_str() {
        Ok("") => Ok(None),
        Ok(id) => Ok(Some(id)),
        Err(_not_ascii) => {
            Err(ApiError::bad("Last-Event-ID", "is not a cursor of this server", "give it as it was sent"))
        }
    }
}
