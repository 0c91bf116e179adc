use std::time::Duration;

use actix_web::body::{BodySize, BoxBody, MessageBody, to_bytes};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::ErrorRequestTimeout;
use actix_web::http::{Method, header};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpResponse, ResponseError};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::{ApiError, AppState};

/// Requests worked on at the same time, for each core.
const PER_CORE: usize = 8;
/// Forms taken in at the same time. Their senders may be slow, so they have a gate of their own; an address is
/// bounded by the forms' limiter already.
const FORMS_MAX: usize = 64;
/// Signed deliveries taken in at the same time. Anybody may begin one and send it slowly, so that they keep no form's turn.
const PUSHES_MAX: usize = 64;
/// How long a request waits for its turn. With what is before it, that keeps the answers of a full server within the
/// quarter of a second that is promised (W5).
const WAIT_MAX: Duration = Duration::from_millis(100);
/// How long one request may take, the reading of a form included.
const TAKES_MAX: Duration = Duration::from_secs(10);
/// Seconds after which somebody who was sent away may come again.
const RETRY_AFTER_S: u32 = 10;

/// How many requests are worked on at the same time. What is beyond waits shortly, and what is beyond that is
/// answered 503, so that a server with too many visitors serves as many as it can instead of none.
pub struct Gates {
    reads: Gate,
    forms: Gate,
    pushes: Gate,
}

struct Gate {
    turns: Semaphore,
    /// As many wait as are worked on.
    places: Semaphore,
}

/// Which gate a request goes through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Group {
    /// Answered always: whoever watches the server, what is in memory anyway, and live sessions of a city that is
    /// served, which are counted on their own.
    Free,
    Reads,
    Forms,
    Pushes,
}

impl Gates {
    /// `reads_max`: pages and API reads at the same time; 0 takes eight for each core.
    pub fn new(reads_max: usize) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let reads = if reads_max == 0 { cores.saturating_mul(PER_CORE) } else { reads_max };
        Self { reads: Gate::new(reads), forms: Gate::new(FORMS_MAX), pushes: Gate::new(PUSHES_MAX) }
    }
}

impl Gate {
    fn new(turns: usize) -> Self {
        let turns = turns.min(Semaphore::MAX_PERMITS);
        Self { turns: Semaphore::new(turns), places: Semaphore::new(turns) }
    }

    /// A turn, in order of arrival; `None`: too many wait already, or it took too long.
    async fn enter(&self) -> Option<SemaphorePermit<'_>> {
        if let Ok(turn) = self.turns.try_acquire() {
            return Some(turn);
        }
        let _place = self.places.try_acquire().ok()?;
        tokio::time::timeout(WAIT_MAX, self.turns.acquire()).await.ok()?.ok()
    }
}

impl Group {
    /// `path` as it is routed, so that a letter that is written `%65` is that letter here too: a stream that went
    /// through a gate would keep its turn. Free is only what is there: for a city that is none's, near names are looked
    /// for among all.
    fn of(method: &Method, path: &str, is_city: impl Fn(&str) -> bool) -> Self {
        const WATCHED: [&str; 4] = ["/healthz", "/readyz", "/metrics", "/.well-known/security.txt"];
        const LOOKS: [&str; 2] = ["theme.css", "icon.svg"];
        const SESSIONS: [&str; 2] = ["live", "events"];
        let of_city = |prefix: &str, what: &[&str]| {
            let parts = path.strip_prefix(prefix).and_then(|rest| rest.split_once('/'));
            parts.is_some_and(|(slug, rest)| what.contains(&rest) && is_city(slug))
        };
        let is_free = WATCHED.contains(&path)
            || path.strip_prefix("/assets/").is_some_and(|file| !file.contains('/'))
            || of_city("/", &LOOKS)
            || of_city("/api/v1/cities/", &SESSIONS);
        match *method {
            Method::POST if path.starts_with("/api/") => Self::Pushes,
            Method::POST => Self::Forms,
            _ if is_free => Self::Free,
            _ => Self::Reads,
        }
    }
}

/// Lets a request in when it has its turn, and answers 503 otherwise. Goes around the compressor: a body is finished
/// within its turn, so that its compression is counted too. No such body is a stream; sessions are not counted here.
pub async fn shed(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let Some(state) = request.app_data::<Data<AppState>>().cloned() else {
        return Ok(next.call(request).await?.map_into_boxed_body());
    };
    let is_city = |slug: &str| state.cities.load().get(slug).is_some();
    let group = Group::of(request.method(), request.match_info().as_str(), is_city);
    let gate = match group {
        Group::Free => return Ok(next.call(request).await?.map_into_boxed_body()),
        Group::Reads => &state.gates.reads,
        Group::Forms => &state.gates.forms,
        Group::Pushes => &state.gates.pushes,
    };
    let Some(_turn) = gate.enter().await else {
        metrics::counter!("parvis_http_shed_total").increment(1);
        let answer = sent_away(request.path());
        return Ok(request.into_response(answer));
    };
    tokio::time::timeout(TAKES_MAX, answer(next, request)).await.unwrap_or_else(|_elapsed| {
        Err(match group {
            Group::Forms => ErrorRequestTimeout("The form came too slowly."),
            Group::Free | Group::Reads | Group::Pushes => ApiError::unavailable("The answer took too long.").into(),
        })
    })
}

async fn answer(
    next: Next<impl MessageBody + 'static>,
    request: ServiceRequest,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let (request, response) = next.call(request).await?.into_parts();
    let (head, body) = response.into_parts();
    let body = match body.size() {
        BodySize::None => BoxBody::new(()),
        _ => BoxBody::new(to_bytes(body).await.map_err(|error| {
            let error: Box<dyn std::error::Error> = error.into();
            tracing::error!(%error, "http: a body could not be finished");
            ApiError::Internal
        })?),
    };
    Ok(ServiceResponse::new(request, head.set_body(body)))
}

/// Made of next to nothing: the one who answers has no time.
fn sent_away(path: &str) -> HttpResponse {
    if path.starts_with("/api/") {
        let detail = "More is asked of the server than it can answer.".to_owned();
        return ApiError::Unavailable { detail, retry_after_s: RETRY_AFTER_S }.error_response();
    }
    HttpResponse::ServiceUnavailable()
        .insert_header((header::RETRY_AFTER, RETRY_AFTER_S.to_string()))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .content_type("text/plain; charset=utf-8")
        .body(
            "Trop de monde en ce moment ; réessayez dans un instant. Too many visitors just now; try again in a moment.",
        )
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn w5_what_must_always_answer_is_not_counted() {
        let of = |method: &Method, uri: &str| {
            let request = TestRequest::with_uri(uri).to_srv_request();
            Group::of(method, request.match_info().as_str(), |slug| slug == "nantes")
        };
        let group = |uri: &str| of(&Method::GET, uri);
        for path in ["/healthz", "/readyz", "/metrics", "/assets/app.js", "/nantes/theme.css", "/nantes/icon.svg"] {
            assert_eq!(group(path), Group::Free, "{path}");
        }
        for session in ["nantes/live", "nantes/events?cursor=x", "n%61ntes/%6Cive", "nantes/ev%65nts"] {
            assert_eq!(group(&format!("/api/v1/cities/{session}")), Group::Free, "{session}");
        }
        for session in ["nante/live", "nante/events", "nantes/x/live", "/live"] {
            assert_eq!(group(&format!("/api/v1/cities/{session}")), Group::Reads, "{session}");
        }
        for path in ["/nante/theme.css", "/a/b/theme.css", "/icon.svg", "/assets/a/b", "/nantes/x/icon.svg"] {
            assert_eq!(group(path), Group::Reads, "{path}");
        }
        for path in ["/", "/nantes", "/nantes/live", "/api/v1/cities", "/api/v1/cities/nantes/posts", "/nantes/healthz"]
        {
            assert_eq!(group(path), Group::Reads, "{path}");
        }
        assert_eq!(of(&Method::POST, "/nantes/leave"), Group::Forms);
        assert_eq!(of(&Method::POST, "/api/v1/cities/nantes/push"), Group::Pushes);
        assert_eq!(of(&Method::HEAD, "/nantes"), Group::Reads);
    }

    #[tokio::test(start_paused = true)]
    async fn w5_turns_are_given_in_order_for_a_while_and_to_no_more_than_may_wait() {
        let gate = Gate::new(1);
        let first = gate.enter().await;
        assert!(first.is_some());
        let second = async {
            let entered = gate.enter().await.is_some();
            (entered, tokio::time::Instant::now())
        };
        let third = async {
            tokio::task::yield_now().await;
            (gate.enter().await.is_none(), tokio::time::Instant::now())
        };
        let began = tokio::time::Instant::now();
        let ((second, at), (third, refused_at)) = tokio::join!(second, third);
        assert!(!second && at - began >= WAIT_MAX, "who waits too long is sent away");
        assert!(third && refused_at == began, "who finds no place to wait is sent away at once");
        let (entered, ()) = tokio::join!(gate.enter(), async { drop(first) });
        assert!(entered.is_some());
    }
}
