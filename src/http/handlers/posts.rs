use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};

use crate::domain::Cursor;
use crate::http::view::PostsView;
use crate::http::{ApiError, AppState, PostsQuery, Problem};

use super::params::FilterParams;

/// A city's posts, newest first.
#[utoipa::path(
    get,
    path = "/api/v1/cities/{city}/posts",
    tag = "posts",
    params(
        ("city" = String, Path, description = "The city's slug"),
        ("before" = Option<String>, Query, description = "Only posts of a smaller position: the `next` of a page"),
        ("limit" = Option<usize>, Query, minimum = 1, maximum = 100, description = "Posts a page; 50 unless given"),
        ("q" = Option<String>, Query, min_length = 2, max_length = 200,
            description = "Words to look for in texts whose authors allow it; never in handles or names"),
        FilterParams,
    ),
    responses(
        (status = 200, body = PostsView, description = "A page, and the live position read in the same snapshot"),
        (status = 304, description = "Unchanged since the given `If-None-Match`"),
        (status = 400, body = Problem, content_type = "application/problem+json", description = "A bad parameter"),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "Unknown city"),
        (status = 503, body = Problem, content_type = "application/problem+json", description = "Busy"),
    )
)]
pub async fn list(request: HttpRequest, slug: Path<String>, state: Data<AppState>) -> Result<HttpResponse, ApiError> {
    let city = state.city(&slug)?;
    let query = PostsQuery::parse(request.query_string(), &city)?;
    let search = query.search.as_deref();
    let page = state.log.page(&city.id, &query.filter, search, query.before, query.limit, false).await?;
    let cursor = Cursor::new(&city.id, page.head.epoch, page.head.head).token();
    let posts = page.cards.iter().map(|card| state.renderer.json(card));
    Ok(super::json(&request, &PostsView::new(posts, cursor, page.next)))
}
