use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};

use crate::http::view::SourcesView;
use crate::http::{ApiError, AppState, Problem};

/// Health and coverage of each source of a city.
#[utoipa::path(
    get,
    path = "/api/v1/cities/{city}/sources",
    tag = "sources",
    params(("city" = String, Path, description = "The city's slug")),
    responses(
        (status = 200, body = SourcesView<'static>, description = "What each source is doing, and what it missed"),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "Unknown city"),
    )
)]
pub async fn list(request: HttpRequest, slug: Path<String>, state: Data<AppState>) -> Result<HttpResponse, ApiError> {
    let city = state.city(&slug)?;
    let mut health = state.sources.borrow().to_vec();
    health.retain(|health| health.concerns(&city.id));
    // The state of the sources matters most when the store is in trouble: told without what is usual.
    let volumes = state.log.volumes(&city.id).await.unwrap_or_default();
    Ok(super::json(&request, &SourcesView::new(&health, &volumes)))
}
