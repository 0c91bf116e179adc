use actix_web::{HttpRequest, HttpResponse, http::StatusCode, http::header, web};

use crate::domain::{
    CityId, Complained, ComplaintState, Decision, DecisionQuery, FollowKey, Measure, NewComplaint, PostId, Standing,
    StoreError, Unfit,
};
use crate::http::address::client_of;
use crate::http::origin::from_our_page;
use crate::http::page::{
    address::Address,
    handlers::{PageState, State, answer},
    trouble::Trouble,
    visit::{Failure, Visit, html, unkept},
};
use crate::http::sheet::{Form, file};
use crate::live::AddressBlock;

use super::{
    AppealPage, COMPLAINT_FORM_BYTES_MAX, ComplaintForm, FollowedPage, LogPage, Problem, ReportPage, decisions_sheet,
    render_appeal, render_followed, render_log, render_report,
};

/// Decisions on one page of the log; older ones are a link away.
const DECISIONS_PER_PAGE: usize = 50;
/// Decisions of a file, which anybody may ask for; `before` gives earlier ones.
const DECISIONS_PER_FILE: usize = 1_000;
/// The longest address of a post that is looked for; a longer one is nobody's.
const URL_BYTES_MAX: usize = 2_048;

type Answered = Result<HttpResponse, Box<Failure>>;

pub fn configure(config: &mut web::ServiceConfig) {
    let forms = || web::FormConfig::default().limit(COMPLAINT_FORM_BYTES_MAX);
    config
        .service(
            web::resource("/{city}/report/{post}")
                .app_data(forms())
                .route(web::get().to(report))
                .route(web::head().to(report))
                .route(web::post().to(report_sent)),
        )
        .service(
            web::resource("/{city}/appeal/{number}")
                .app_data(forms())
                .route(web::get().to(appeal))
                .route(web::head().to(appeal))
                .route(web::post().to(appeal_sent)),
        )
        .service(web::resource("/{city}/followed/{key}").route(web::get().to(follow)).route(web::head().to(follow)))
        .service(web::resource("/{city}/moderation").route(web::get().to(log)).route(web::head().to(log)))
        .service(
            web::resource("/{city}/moderation.{form:csv|json}")
                .route(web::get().to(log_file))
                .route(web::head().to(log_file)),
        );
}

/// The decisions for which a post is less seen in a city. Those on its author or its words are told of what is held here and
/// hidden by them alone: of another post they would say whom the city blocks.
pub async fn restrictions(state: &PageState, city: &CityId, post: PostId) -> Result<Vec<Decision>, StoreError> {
    let is_block = |decision: &Decision| matches!(decision.measure, Measure::BlockAuthor | Measure::BlockWord);
    let mut decisions = state.moderation.decisions_on(city, post).await?;
    decisions.retain(|decision| decision.ended.is_none() && decision.measure.restricts());
    if decisions.iter().any(is_block) {
        let held = state.moderation.moderated(city, post).await?;
        if held.is_none_or(|post| post.standing != Standing::Hidden) {
            decisions.retain(|decision| !is_block(decision));
        }
    }
    Ok(decisions)
}

async fn report(request: HttpRequest, state: State) -> HttpResponse {
    answer(&state, report_page(&request, &state, ReportPage::default()).await)
}

async fn report_page(request: &HttpRequest, state: &PageState, page: ReportPage) -> Answered {
    let visit = Visit::of(request, state)?;
    let Some(post) = request.match_info().get("post").and_then(PostId::parse) else {
        return Err(visit.fails(Trouble::NoPost));
    };
    match state.log.card(&visit.city.id, post).await {
        Ok(Some(card)) => {
            let status = page.problem.map_or(StatusCode::OK, Problem::status);
            Ok(html(&visit.context, status, render_report(&visit.context, &visit.city, &card, &page)))
        }
        Ok(None) => Err(visit.fails(Trouble::NoPost)),
        Err(_unreadable) => Err(visit.fails(Trouble::Unavailable)),
    }
}

/// Rate limits are the server's, before this handler.
async fn report_sent(request: HttpRequest, state: State, form: web::Form<ComplaintForm>) -> HttpResponse {
    answer(&state, take_report(&request, &state, form.into_inner()).await)
}

async fn take_report(request: &HttpRequest, state: &PageState, form: ComplaintForm) -> Answered {
    let visit = Visit::of(request, state)?;
    let Some(post) = request.match_info().get("post").and_then(PostId::parse) else {
        return Err(visit.fails(Trouble::NoPost));
    };
    match complain(request, state, &visit, form.complaint(post)).await {
        Ok(taken) => Ok(taken),
        Err(Problem::Gone) => Err(visit.fails(Trouble::NoPost)),
        Err(problem) => report_page(request, state, ReportPage { form, problem: Some(problem) }).await,
    }
}

/// Hands a complaint on; whoever sent it is led to where it is followed.
async fn complain(
    request: &HttpRequest,
    state: &PageState,
    visit: &Visit,
    new: Result<NewComplaint, Unfit>,
) -> Result<HttpResponse, Problem> {
    if !from_our_page(request, &state.settings.public_url) {
        return Err(Problem::ForeignPage);
    }
    let new = new.map_err(Problem::Unfit)?;
    let key = (state.entropy)().map(FollowKey).ok_or(Problem::TryLater)?;
    let from = AddressBlock::from(client_of(request, &state.trusted_proxies)).token();
    let city = &visit.city;
    let on_duty = city.on_duty.hours.is_open(&city.zone(), visit.context.now);
    match state.moderation.complain(&city.id, new, key, &from, on_duty).await {
        Ok(Complained::Taken) => {
            let followed = Address::below(city.id.as_str(), &format!("followed/{}", key.text()));
            let followed = followed.language(visit.context.carried()).to_string();
            Ok(unkept(HttpResponse::SeeOther().insert_header((header::LOCATION, followed)).finish()))
        }
        Ok(Complained::Again) => Err(Problem::Again),
        Ok(Complained::NotFound) => Err(Problem::Gone),
        Ok(Complained::TooMany) => Err(Problem::TooMany),
        Err(_unwritten) => Err(Problem::TryLater),
    }
}

async fn appeal(request: HttpRequest, state: State) -> HttpResponse {
    let post = Visit::of(&request, &state).ok().and_then(|visit| visit.asked.post).unwrap_or_default();
    let form = ComplaintForm { post, ..ComplaintForm::default() };
    answer(&state, appeal_page(&request, &state, form, None).await)
}

async fn appeal_page(
    request: &HttpRequest,
    state: &PageState,
    form: ComplaintForm,
    problem: Option<Problem>,
) -> Answered {
    let visit = Visit::of(request, state)?;
    match contested(request, state, &visit.city.id, &form).await {
        Ok(Some((decision, post))) => {
            let status = problem.map_or(StatusCode::OK, Problem::status);
            let page = AppealPage { decision: &decision, post, form, problem };
            Ok(html(&visit.context, status, render_appeal(&visit.context, &visit.city, &page)))
        }
        Ok(None) => Err(visit.fails(Trouble::NoDecision)),
        Err(_unreadable) => Err(visit.fails(Trouble::Unavailable)),
    }
}

async fn appeal_sent(request: HttpRequest, state: State, form: web::Form<ComplaintForm>) -> HttpResponse {
    answer(&state, take_appeal(&request, &state, form.into_inner()).await)
}

async fn take_appeal(request: &HttpRequest, state: &PageState, form: ComplaintForm) -> Answered {
    let visit = Visit::of(request, state)?;
    let (decision, post) = match contested(request, state, &visit.city.id, &form).await {
        Ok(Some(found)) => found,
        Ok(None) => return Err(visit.fails(Trouble::NoDecision)),
        Err(_unreadable) => return Err(visit.fails(Trouble::Unavailable)),
    };
    match complain(request, state, &visit, form.appeal(post, &decision)).await {
        Ok(taken) => Ok(taken),
        Err(Problem::Gone) => Err(visit.fails(Trouble::NoDecision)),
        Err(problem) => appeal_page(request, state, form, Some(problem)).await,
    }
}

/// The decision that an appeal is about, with the post it comes from: the one that it was taken on, or another that it hides.
async fn contested(
    request: &HttpRequest,
    state: &PageState,
    city: &CityId,
    form: &ComplaintForm,
) -> Result<Option<(Decision, PostId)>, StoreError> {
    let Some(number) = request.match_info().get("number").and_then(|number| number.parse().ok()) else {
        return Ok(None);
    };
    let decision = state.moderation.decision(city, number).await?;
    let Some(decision) = decision.filter(|decision| decision.measure.restricts()) else { return Ok(None) };
    let given = PostId::parse(form.post.trim()).filter(|post| decision.post != Some(*post));
    if let Some(post) = given {
        let on_it = restrictions(state, city, post).await?;
        if on_it.iter().any(|other| other.number == number) {
            return Ok(Some((decision, post)));
        }
    }
    let post = decision.post;
    Ok(post.map(|post| (decision, post)))
}

async fn follow(request: HttpRequest, state: State) -> HttpResponse {
    answer(&state, followed_page(&request, &state).await)
}

async fn followed_page(request: &HttpRequest, state: &PageState) -> Answered {
    let visit = Visit::of(request, state)?;
    let Some(key) = request.match_info().get("key").and_then(FollowKey::parse) else {
        return Err(visit.fails(Trouble::NoComplaint));
    };
    let read = async {
        let Some(complaint) = state.moderation.followed(&visit.city.id, key).await? else { return Ok(None) };
        let number = match &complaint.state {
            ComplaintState::Closed(closed) => closed.decision.or(complaint.decision),
            ComplaintState::Open => complaint.decision,
        };
        let decision = match number {
            Some(number) => state.moderation.decision(&visit.city.id, number).await?,
            None => None,
        };
        Ok::<_, StoreError>(Some((complaint, decision)))
    };
    match read.await {
        Ok(Some((complaint, decision))) => {
            let page = FollowedPage { key, complaint: &complaint, decision: decision.as_ref() };
            let body = render_followed(&visit.context, &visit.city, &page);
            Ok(unkept(html(&visit.context, StatusCode::OK, body)))
        }
        Ok(None) => Err(visit.fails(Trouble::NoComplaint)),
        Err(_unreadable) => Err(visit.fails(Trouble::Unavailable)),
    }
}

async fn log(request: HttpRequest, state: State) -> HttpResponse {
    answer(&state, log_page(&request, &state).await)
}

async fn log_page(request: &HttpRequest, state: &PageState) -> Answered {
    let visit = Visit::of(request, state)?;
    let city = &visit.city.id;
    let before: Option<i64> = visit.asked.before.as_deref().and_then(|before| before.parse().ok());
    let url = visit.asked.url.as_deref().map(str::trim).filter(|url| !url.is_empty());
    let read = async {
        if let Some(url) = url
            && let Some(post) = post_of(state, city, url).await?
        {
            let why = Address::why(city.as_str(), post).language(visit.context.carried()).to_string();
            return Ok(HttpResponse::SeeOther().insert_header((header::LOCATION, why)).finish());
        }
        let query = DecisionQuery { before, limit: DECISIONS_PER_PAGE + 1 };
        let mut decisions = state.moderation.decisions(city, query).await?;
        let has_more = decisions.len() > DECISIONS_PER_PAGE;
        decisions.truncate(DECISIONS_PER_PAGE);
        let next = decisions.last().filter(|_| has_more).map(|last| last.number);
        let in_force = state.moderation.in_force(city).await?;
        let page = LogPage { in_force: &in_force, decisions: &decisions, before, next, unknown: url };
        Ok::<_, StoreError>(html(&visit.context, StatusCode::OK, render_log(&visit.context, &visit.city, &page)))
    };
    let read = read.await;
    read.map_err(|_unreadable| visit.fails(Trouble::Unavailable))
}

/// `GET /{city}/moderation.csv` and `.json`: the decisions, as everybody may read of them.
async fn log_file(request: HttpRequest, state: State) -> HttpResponse {
    answer(&state, decisions(&request, &state).await)
}

async fn decisions(request: &HttpRequest, state: &PageState) -> Answered {
    let visit = Visit::of(request, state)?;
    let before = visit.asked.before.as_deref().and_then(|before| before.parse().ok());
    let who = |decision: &Decision| if decision.is_automatic() { "automatic" } else { "moderator" }.to_owned();
    match decisions_sheet(&*state.moderation, &visit.city.id, before, DECISIONS_PER_FILE, who).await {
        Ok(sheet) => Ok(file(&visit.city, "moderation", Form::of(request), &sheet)),
        Err(_unreadable) => Err(visit.fails(Trouble::Unavailable)),
    }
}

/// The post of that address, where its page says something: it is seen here, or a decision is known of it. What waits in the
/// queue is not told.
async fn post_of(state: &PageState, city: &CityId, url: &str) -> Result<Option<PostId>, StoreError> {
    if url.len() > URL_BYTES_MAX {
        return Ok(None);
    }
    let Some(post) = state.moderation.post_at(city, url).await? else { return Ok(None) };
    let says_something =
        state.log.card(city, post).await?.is_some() || !restrictions(state, city, post).await?.is_empty();
    Ok(Some(post).filter(|_| says_something))
}
