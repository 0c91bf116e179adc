use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};

use crate::domain::{Network, PostId};
use crate::http::origin::from_our_page;

use super::{
    handlers::{PageState, State},
    leave::{LeaveForm, LeavePage, LeaveProblem, render_leave, render_leave_done},
    visit::{Visit, html},
};

pub async fn form(request: HttpRequest, state: State) -> HttpResponse {
    let visit = match Visit::of(&request, &state) {
        Ok(visit) => visit,
        Err(failure) => return failure.respond(&state),
    };
    let post = visit.asked.post.as_deref().and_then(PostId::parse);
    let mut form = LeaveForm::default();
    if let Some(post) = post {
        form.post = post.token();
        // Filled in from the card, so that its author has nothing to type.
        if let Ok(Some(card)) = state.log.card(&visit.city.id, post).await {
            form.network = card.network.as_str().to_owned();
            form.handle = card.author.handle.clone().unwrap_or_default();
        }
    }
    let page = LeavePage { form, problem: None, networks: networks(&state) };
    html(&visit.context, StatusCode::OK, render_leave(&visit.context, &visit.city, &page))
}

/// Rate limits are the server's, before this handler.
pub async fn sent(request: HttpRequest, state: State, form: web::Form<LeaveForm>) -> HttpResponse {
    let visit = match Visit::of(&request, &state) {
        Ok(visit) => visit,
        Err(failure) => return failure.respond(&state),
    };
    let form = form.into_inner();
    let outcome =
        if from_our_page(&request, &state.settings.public_url) { form.read() } else { Err(LeaveProblem::ForeignPage) };
    let outcome = match outcome {
        Ok(asked) => {
            let kept = state.log.ask_to_leave(&visit.city.id, asked.network, &asked.handle, visit.context.now).await;
            kept.map(|()| asked).or(Err(LeaveProblem::TryLater))
        }
        Err(problem) => Err(problem),
    };
    match outcome {
        Ok(asked) => html(&visit.context, StatusCode::OK, render_leave_done(&visit.context, &visit.city, &asked)),
        Err(problem) => {
            let status = match problem {
                LeaveProblem::ForeignPage => StatusCode::FORBIDDEN,
                LeaveProblem::TryLater => StatusCode::SERVICE_UNAVAILABLE,
                _ => StatusCode::UNPROCESSABLE_ENTITY,
            };
            let page = LeavePage { form, problem: Some(problem), networks: networks(&state) };
            html(&visit.context, status, render_leave(&visit.context, &visit.city, &page))
        }
    }
}

fn networks(state: &PageState) -> Vec<Network> {
    (state.sources)().iter().map(|source| source.network).collect()
}
