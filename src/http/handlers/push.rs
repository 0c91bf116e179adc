use std::time::Duration;

use actix_web::http::header::{self, HeaderMap};
use actix_web::web::{Bytes, Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use futures_util::StreamExt;

use crate::domain::{Delivery, PushRefusal};
use crate::http::view::{PushAnswerView, PushBody};
use crate::http::{ApiError, AppState, Problem};

/// The largest body (H2).
const BODY_BYTES_MAX: usize = 64 << 10;
/// How long a body may take to come: it keeps others waiting.
const BODY_WITHIN: Duration = Duration::from_secs(5);
const TYPES: [&str; 3] = ["application/json", "application/cloudevents+json", "application/cloudevents-batch+json"];

/// Posts that a sender of the city sends by itself, signed.
///
/// The headers are those of Standard Webhooks; the body is one post, `{"posts": […]}`, or CloudEvents (structured or a
/// batch) whose `data` is a post. Nothing is read of it before the signature was verified. An answer of 200 means that
/// everything it says is durable. The same `webhook-id` with the same body is answered the same for three days.
#[utoipa::path(
    post,
    path = "/api/v1/cities/{city}/push",
    tag = "push",
    params(
        ("city" = String, Path, description = "The city's slug"),
        ("webhook-id" = String, Header, description = "Names the message: the same again when it is repeated. No full stop", example = "msg_2026-11-29-0001"),
        ("webhook-timestamp" = String, Header, description = "Seconds since 1970; at most five minutes from our clock", example = "1796040000"),
        ("webhook-signature" = String, Header, description = "`v1,` and the base 64 of HMAC-SHA256 over `id.timestamp.body`; several, parted by spaces, while secrets change", example = "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw="),
    ),
    request_body(content(
        (PushBody = "application/json", examples(
            ("one" = (summary = "One notice", value = json!({"id": "travaux-17", "created_at": "2026-11-29T08:00:00+01:00", "text": "Pont fermé jusqu’à vendredi.", "url": "https://ville.example/travaux-17", "lang": "fr", "ends_at": "2026-12-04T18:00:00+01:00"}))),
            ("list" = (summary = "A list: one comes, one goes", value = json!({"posts": [{"id": "fete-3", "created_at": "2026-11-29T08:00:00+01:00", "text": "Fête de quartier", "starts_at": "2026-12-05T14:00:00+01:00", "location": {"lat": 47.21, "lon": -1.55}}, {"id": "travaux-9", "deleted": true}]}))),
        )),
        (PushBody = "application/cloudevents+json", example = json!({"specversion": "1.0", "id": "e-1", "source": "https://ville.example/voirie", "type": "example.ville.notice.created", "time": "2026-11-29T08:00:00Z", "data": {"id": "travaux-17", "text": "Pont fermé.", "created_at": "2026-11-29T08:00:00Z"}})),
        (PushBody = "application/cloudevents-batch+json", example = json!([{"specversion": "1.0", "id": "e-2", "source": "https://ville.example/voirie", "type": "example.ville.notice.deleted", "subject": "travaux-17"}])),
    )),
    responses(
        (status = 200, body = PushAnswerView, description = "Durable. What became of each item, in order",
            example = json!({"results": [{"id": "travaux-17", "outcome": "admitted", "reason": null, "detail": null, "post": "mfzwizlsnftgs"}, {"id": "x", "outcome": "refused", "reason": "malformed", "detail": "`txt` is no field; known: …", "post": null}]})),
        (status = 400, body = Problem, content_type = "application/problem+json", description = "A header is missing or can't be one"),
        (status = 401, body = Problem, content_type = "application/problem+json", description = "Signed by no sender of this city, or too long ago"),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "Unknown city"),
        (status = 408, body = Problem, content_type = "application/problem+json", description = "The body came too slowly"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "The same `webhook-id` came with another body before"),
        (status = 413, body = Problem, content_type = "application/problem+json", description = "More than 64 KiB"),
        (status = 415, body = Problem, content_type = "application/problem+json", description = "Another type, compressed, or attributes in unsigned `ce-` headers"),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "The body as a whole can't be read"),
        (status = 429, body = Problem, content_type = "application/problem+json", description = "The sender has sent enough for now: `Retry-After`"),
        (status = 503, body = Problem, content_type = "application/problem+json", description = "It can't be written just now: `Retry-After`"),
    )
)]
pub async fn take(
    request: HttpRequest,
    slug: Path<String>,
    body: Payload,
    state: Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let city = state.city(&slug)?;
    let headers = request.headers();
    check_form(headers)?;
    let [message, timestamp, signatures] = [
        required(headers, "webhook-id")?,
        required(headers, "webhook-timestamp")?,
        required(headers, "webhook-signature")?,
    ];
    let body = tokio::time::timeout(BODY_WITHIN, whole(body)).await.map_err(|_elapsed| ApiError::TooSlow)??;
    let delivery = Delivery { city: city.id.clone(), message, timestamp, signatures, body };
    let results = state.push.deliver(delivery).await?;
    // Nobody keeps it on the way: it is answered anew to whoever can sign.
    let answer =
        HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(PushAnswerView::new(&results));
    Ok(answer)
}

fn check_form(headers: &HeaderMap) -> Result<(), ApiError> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if !TYPES.iter().any(|known| kind.eq_ignore_ascii_case(known)) {
        return Err(ApiError::UnsupportedType(
            "The body is of another type than those that are read here: send \
            application/json, application/cloudevents+json or application/cloudevents-batch+json.",
        ));
    }
    if headers.keys().any(|name| name.as_str().starts_with("ce-")) {
        return Err(ApiError::UnsupportedType(
            "Attributes of CloudEvents in headers are not covered by the signature, so \
            they are not read: send the event whole, as application/cloudevents+json.",
        ));
    }
    Ok(())
}

fn required(headers: &HeaderMap, name: &'static str) -> Result<String, ApiError> {
    let mend = "send the three headers of Standard Webhooks, each once";
    let mut values = headers.get_all(name);
    match (values.next().map(|value| value.to_str()), values.next()) {
        (Some(Ok(value)), None) if !value.is_empty() => Ok(value.to_owned()),
        (None, _) => Err(ApiError::bad(name, "is missing", mend)),
        _ => Err(ApiError::bad(name, "is no plain text, or there several times", mend)),
    }
}

async fn whole(mut body: Payload) -> Result<Vec<u8>, ApiError> {
    let mut bytes = Vec::new();
    while let Some(part) = body.next().await {
        let part: Bytes = part.map_err(|_cut| ApiError::bad("body", "ends before its length", "send it whole"))?;
        if bytes.len() + part.len() > BODY_BYTES_MAX {
            return Err(ApiError::TooLarge("A delivery has 64 KiB at most: send fewer posts at once."));
        }
        bytes.extend_from_slice(&part);
    }
    Ok(bytes)
}

impl From<PushRefusal> for ApiError {
    fn from(refusal: PushRefusal) -> Self {
        match refusal {
            PushRefusal::BadHeader { name, mend } => Self::bad(name, "can't be one", mend),
            PushRefusal::WrongTime => Self::Unsigned(
                "`webhook-timestamp` is more than five minutes from our clock: sign each attempt anew, and set your clock.",
            ),
            PushRefusal::Unsigned => Self::Unsigned(
                "No sender of this city has signed this: sign `id.timestamp.body` with the secret that was agreed, over the \
                 very bytes that are sent.",
            ),
            PushRefusal::Conflict => Self::Conflict(
                "Another body came with this `webhook-id` before: give each message its own, and repeat one unchanged.",
            ),
            PushRefusal::Unreadable { fault, mend } => Self::Unprocessable { fault, mend },
            PushRefusal::TooMany { wait_s } => Self::TooMany {
                detail: "This sender has sent as much as it may within an hour.",
                retry_after_s: wait_s,
            },
            PushRefusal::Busy(detail) => Self::Unavailable { detail: detail.to_owned(), retry_after_s: 10 },
        }
    }
}
