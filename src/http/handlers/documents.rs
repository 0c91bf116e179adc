use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use crate::http::security_txt::security_txt;
use crate::http::{ApiError, AppState, openapi_json};

/// This description.
#[utoipa::path(
    get,
    path = "/openapi.json",
    tag = "operation",
    responses((status = 200, content_type = "application/json", description = "The OpenAPI document"))
)]
pub async fn openapi(request: HttpRequest) -> HttpResponse {
    super::tagged(&request, "application/json", openapi_json())
}

/// How to report a weakness (RFC 9116).
#[utoipa::path(
    get,
    path = "/.well-known/security.txt",
    tag = "operation",
    responses(
        (status = 200, content_type = "text/plain", description = "Whom to tell"),
        (status = 404, description = "The operator gave no contact"),
    )
)]
pub async fn security(request: HttpRequest, state: Data<AppState>) -> Result<HttpResponse, ApiError> {
    let settings = &state.settings;
    let contact = settings.contact.as_deref().filter(|contact| !contact.trim().is_empty());
    let contact = contact.ok_or(ApiError::NotFound)?;
    let text = security_txt(contact, &settings.public_url, state.started_at);
    Ok(super::tagged(&request, "text/plain; charset=utf-8", text))
}
