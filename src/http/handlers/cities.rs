use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use crate::http::AppState;
use crate::http::view::CitiesView;

/// The cities of this server.
#[utoipa::path(
    get,
    path = "/api/v1/cities",
    tag = "cities",
    responses((status = 200, body = CitiesView, description = "The cities that are served"))
)]
pub async fn list(request: HttpRequest, state: Data<AppState>) -> HttpResponse {
    let directory = state.cities.load();
    let cities = directory.cities.iter().map(AsRef::as_ref);
    super::json(&request, &CitiesView::new(cities, &state.settings.public_url))
}
