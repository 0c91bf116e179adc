use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::web;
use tokio::time::Instant;

use super::AppState;
use super::address::{client_address, truncated};

/// Longest path that is logged; the rest is left out.
const PATH_CHARS_MAX: usize = 120;

/// One line per response head: who asked (without what names a household), for what (without the query, which may
/// hold searched words), and how long it took. A live session's line is its beginning. What was given up has one too.
pub async fn access_log(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let started = Instant::now();
    let state = request.app_data::<web::Data<AppState>>().cloned();
    let peer = request.peer_addr().map(|peer| peer.ip());
    let from = state.map(|state| truncated(client_address(peer, request.headers(), &state.settings.trusted_proxies)));
    let method = request.method().clone();
    let path = shown(request.path());
    let answered = next.call(request).await;
    let status = match &answered {
        Ok(response) => response.status(),
        Err(error) => error.as_response_error().status_code(),
    };
    let status = status.as_u16();
    let elapsed_ms = started.elapsed().as_secs_f64() * 1_000.0;
    let from = from.map(|from| from.to_string()).unwrap_or_default();
    tracing::info!(target: "parvis::access", %method, ?path, status, elapsed_ms, from, "http: request");
    metrics::histogram!("parvis_http_response_seconds").record(elapsed_ms / 1_000.0);
    metrics::counter!("parvis_http_responses_total", "class" => class(status)).increment(1);
    answered
}

/// As it is logged: with nothing by which somebody's complaint could be read.
fn shown(path: &str) -> String {
    const KEYED: &str = "/followed/";
    let end = path.find(KEYED).map_or(path.len(), |at| at.saturating_add(KEYED.len()));
    path.get(..end).unwrap_or_default().chars().take(PATH_CHARS_MAX).collect()
}

const fn class(status: u16) -> &'static str {
    match status / 100 {
        1 => "1xx",
        2 => "2xx",
        3 => "3xx",
        4 => "4xx",
        _ => "5xx",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_in_no_log_line_and_none_is_long() {
        assert_eq!(shown("/nantes/followed/b2theA-key"), "/nantes/followed/");
        assert_eq!(shown("/nantes/why/aaaa"), "/nantes/why/aaaa");
        assert_eq!(shown(&"/é".repeat(500)).chars().count(), PATH_CHARS_MAX);
    }
}
