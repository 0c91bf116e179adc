use actix_web::{Route, guard, web};

use super::ApiError;
use super::handlers::{answers, cities, documents, events, health, live, posts, push, sources};

/// Gives a route its handler.
type Handler = fn(Route) -> Route;

/// Every address of the API that is read, with GET, and its handler. `openapi.rs` documents each, and a test
/// compares the two.
pub const ROUTES: [(&str, Handler); 12] = [
    ("/api/v1/cities", |route| route.to(cities::list)),
    ("/api/v1/cities/{city}/posts", |route| route.to(posts::list)),
    ("/api/v1/cities/{city}/live", |route| route.to(live::open)),
    ("/api/v1/cities/{city}/events", |route| route.to(events::open)),
    ("/api/v1/cities/{city}/sources", |route| route.to(sources::list)),
    ("/api/v1/cities/{city}/answers", |route| route.to(answers::show)),
    ("/healthz", |route| route.to(health::alive)),
    ("/readyz", |route| route.to(health::ready)),
    ("/metrics", |route| route.to(health::metrics)),
    ("/openapi.json", |route| route.to(documents::openapi)),
    ("/.well-known/security.txt", |route| route.to(documents::security)),
    // Everything else below /api is not found in JSON, before the pages' `/{city}/…` get to see it.
    ("/api/{rest:.*}", |route| route.to(not_found)),
];

/// Every address of the API that is sent to, with POST.
pub const SENT_TO: [(&str, Handler); 1] = [("/api/v1/cities/{city}/push", |route| route.to(push::take))];

/// Mounts the API. Pages are mounted after it.
pub fn configure(config: &mut web::ServiceConfig) {
    for (path, handler) in SENT_TO {
        let resource = web::resource(path).route(handler(web::route().guard(guard::Post())));
        config.service(resource.default_service(web::to(only_sent_to)));
    }
    for (path, handler) in ROUTES {
        let reads = guard::Any(guard::Get()).or(guard::Head());
        let resource = web::resource(path).route(handler(web::route().guard(reads)));
        config.service(resource.default_service(web::to(method_not_allowed)));
    }
    // The pages' configuration may replace this with a page of its own.
    config.default_service(web::to(not_found));
}

async fn not_found() -> Result<&'static str, ApiError> {
    Err(ApiError::NotFound)
}

async fn only_sent_to() -> Result<&'static str, ApiError> {
    Err(ApiError::MethodNotAllowed("POST"))
}

async fn method_not_allowed() -> Result<&'static str, ApiError> {
    Err(ApiError::MethodNotAllowed("GET, HEAD"))
}
