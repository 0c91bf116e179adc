use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use jiff::tz::TimeZone;

use crate::domain::{ANSWERS_DAYS, Answers};
use crate::http::view::AnswersView;
use crate::http::{ApiError, AppState, Problem};

/// How a city answers those who address its accounts in public.
#[utoipa::path(
    get,
    path = "/api/v1/cities/{city}/answers",
    tag = "answers",
    params(("city" = String, Path, description = "The city's slug")),
    responses(
        (status = 200, body = AnswersView, description = "How many were answered, and how long that usually takes"),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "Unknown city"),
    )
)]
pub async fn show(request: HttpRequest, slug: Path<String>, state: Data<AppState>) -> Result<HttpResponse, ApiError> {
    let city = state.city(&slug)?;
    let since = state.clock.now().plus_seconds(-ANSWERS_DAYS * 86_400);
    let asked = state.mentions.asked(&city.id, since).await?;
    // A city's zone was checked when its file was read.
    let zone = TimeZone::get(&city.timezone).unwrap_or(TimeZone::UTC);
    let answers = Answers::of(&asked, since, &city.office_hours, &zone);
    Ok(super::json(&request, &AnswersView::new(&city, answers)))
}
