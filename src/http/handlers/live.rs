use actix_http::ws::{self, HandshakeError};
use actix_web::web::{Data, Path};
use actix_web::{HttpMessage, HttpRequest, HttpResponse};

use crate::domain::CityId;
use crate::http::address::client_of;
use crate::http::query::LiveQuery;
use crate::http::upgrade::Leaves;
use crate::http::websocket::Opening;
use crate::http::{ApiError, AppState, Problem};
use crate::live::{AddressBlock, Framing, Permit, Request, SubscribeError, Subscription, TooMany};

use super::params::{FilterParams, LiveParams};

/// A city's live feed over WebSocket.
///
/// Text frames, one JSON object each: `hello` first, then `batch` with `post`, `update` and `remove` events, and
/// `sources` when a source's health changes. Close codes: 4001 going away and 4008 too slow (reconnect with the
/// cursor), 4004 city closed, 4029 too many sessions.
#[utoipa::path(
    get,
    path = "/api/v1/cities/{city}/live",
    tag = "live",
    params(
        ("city" = String, Path, description = "The city's slug"),
        LiveParams,
        FilterParams,
    ),
    responses(
        (status = 101, description = "The session is open"),
        (status = 400, body = Problem, content_type = "application/problem+json", description = "A bad parameter"),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "Unknown city"),
        (status = 426, body = Problem, content_type = "application/problem+json", description = "Not a WebSocket"),
        (status = 503, body = Problem, content_type = "application/problem+json", description = "Full or draining"),
    )
)]
pub async fn open(request: HttpRequest, slug: Path<String>, state: Data<AppState>) -> Result<HttpResponse, ApiError> {
    let city = state.city(&slug)?;
    let query = LiveQuery::parse(request.query_string(), &city)?;
    ws::verify_handshake(request.head()).map_err(refused)?;
    if request.extensions().get::<Leaves>().is_none() {
        return Err(ApiError::bad("handshake", "has a body or names a second protocol", "ask for `websocket` alone"));
    }
    let timing = state.settings.timing;
    let permit = match admit(&request, &state) {
        Ok(permit) => permit,
        Err(TooMany::InAll) => return Err(full()),
        Err(TooMany::OfAddress) => return Ok(switch(&request, Opening::refused(timing))),
    };
    let subscription = subscribe(&state, &city.id, query, Framing::WebSocket).await?;
    Ok(switch(&request, Opening::granted(subscription, permit, timing)))
}

/// A handshake that is none.
fn refused(fault: HandshakeError) -> ApiError {
    match fault {
        HandshakeError::GetMethodRequired => ApiError::MethodNotAllowed("GET"),
        HandshakeError::BadWebsocketKey => {
            ApiError::bad("Sec-WebSocket-Key", "is missing or no key", "give sixteen bytes in base 64")
        }
        other => ApiError::UpgradeRequired(other.to_string()),
    }
}

pub(super) fn admit(request: &HttpRequest, state: &AppState) -> Result<Permit, TooMany> {
    let client = client_of(request, &state.settings.trusted_proxies);
    state.live.sessions().admit(AddressBlock::from(client))
}

pub(super) fn full() -> ApiError {
    ApiError::unavailable("The server has as many sessions as it can serve.")
}

pub(super) async fn subscribe(
    state: &AppState,
    city: &CityId,
    query: LiveQuery,
    framing: Framing,
) -> Result<Subscription, ApiError> {
    let LiveQuery { filter, cursor, form } = query;
    let subscription = state.live.subscribe(city, Request { cursor, filter, form, framing }).await;
    subscription.map_err(|error| match error {
        SubscribeError::UnknownCity => ApiError::UnknownCity { slug: city.as_str().to_owned(), near: Vec::new() },
        SubscribeError::Draining => ApiError::unavailable("The server is going away."),
        SubscribeError::Store(error) => error.into(),
    })
}

/// Answers the handshake. The session begins when the answer is sent.
fn switch(request: &HttpRequest, opening: Opening) -> HttpResponse {
    let mut response = HttpResponse::from(ws::handshake_response(request.head()).finish().map_into_boxed_body());
    response.extensions_mut().insert(opening);
    response
}
