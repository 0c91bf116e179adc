use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};

use crate::domain::{ANSWERS_DAYS, Answers, City, MentionDesk, StoreError, Timestamp};
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
    let answers = answers_of(&*state.mentions, &city, state.clock.now()).await?;
    Ok(super::json(&request, &AnswersView::new(&city, answers)))
}

/// How a city answers, over [`ANSWERS_DAYS`] before `now`: the same figures for citizens and for its desk.
pub async fn answers_of(desk: &dyn MentionDesk, city: &City, now: Timestamp) -> Result<Answers, StoreError> {
    let since = now.plus_seconds(-ANSWERS_DAYS * 86_400);
    let asked = desk.asked(&city.id, since).await?;
    Ok(Answers::of(&asked, since, &city.office_hours, &city.zone()))
}
