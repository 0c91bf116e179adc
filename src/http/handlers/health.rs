use actix_web::http::header;
use actix_web::web::Data;
use actix_web::{HttpResponse, HttpResponseBuilder};

use crate::http::view::{BrokenFile, ReadyView};
use crate::http::{ApiError, AppState};

/// Whether the process is alive.
#[utoipa::path(get, path = "/healthz", tag = "operation", responses((status = 200, description = "Alive")))]
pub async fn alive() -> HttpResponse {
    uncached(HttpResponse::Ok()).content_type("application/json").body(r#"{"status":"alive"}"#)
}

/// Whether the server can serve.
#[utoipa::path(
    get,
    path = "/readyz",
    tag = "operation",
    responses(
        (status = 200, body = ReadyView, description = "Ready, or degraded: some city file can't be read, or the disk is filling up"),
        (status = 503, body = ReadyView, description = "Starting or draining"),
    )
)]
pub async fn ready(state: Data<AppState>) -> HttpResponse {
    let directory = state.cities.load();
    let file = |(file, reason): &(String, String)| BrokenFile { file: file.clone(), reason: reason.clone() };
    let broken: Vec<BrokenFile> = directory.broken.iter().map(file).collect();
    let detail = state.trouble.borrow().clone();
    let (serving, status) = match () {
        () if state.shutdown.is_triggered() => (false, "draining"),
        () if !state.is_ready() => (false, "starting"),
        () if !broken.is_empty() || !detail.is_empty() => (true, "degraded"),
        () => (true, "ready"),
    };
    let response = if serving { HttpResponse::Ok() } else { HttpResponse::ServiceUnavailable() };
    uncached(response).json(ReadyView { status, cities: directory.cities.len(), broken, detail })
}

/// Metrics in Prometheus' text form.
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "operation",
    responses((status = 200, content_type = "text/plain"), (status = 404, description = "Served elsewhere"))
)]
pub async fn metrics(state: Data<AppState>) -> Result<HttpResponse, ApiError> {
    if state.settings.metrics_here { render_metrics(&state) } else { Err(ApiError::NotFound) }
}

/// The same on a listener of its own.
pub async fn metrics_alone(state: Data<AppState>) -> Result<HttpResponse, ApiError> {
    render_metrics(&state)
}

fn render_metrics(state: &AppState) -> Result<HttpResponse, ApiError> {
    let handle = state.metrics.as_ref().ok_or(ApiError::NotFound)?;
    metrics::gauge!("parvis_cities").set(state.cities.load().cities.len() as f64);
    metrics::gauge!("parvis_live_sessions").set(state.live.sessions().count() as f64);
    let text = handle.render();
    Ok(uncached(HttpResponse::Ok()).content_type("text/plain; version=0.0.4; charset=utf-8").body(text))
}

fn uncached(mut response: HttpResponseBuilder) -> HttpResponseBuilder {
    response.insert_header((header::CACHE_CONTROL, "no-store"));
    response
}
