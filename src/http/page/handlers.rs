use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, http::header, web};

use crate::{
    clock::Clock,
    domain::{CityId, FeedLog, Measure, MentionDesk, Moderation, PostId, Register, SourceHealth, StoreError},
    http::TrustedProxies,
};

use super::{
    about::{Charter, render_about, render_accessibility, render_privacy},
    address::Address,
    ask::ask_page,
    assets,
    cities::{CityGlance, render_cities},
    city::{CityPage, render_city},
    context::{Cities, PageSettings},
    leave::LEAVE_FORM_BYTES_MAX,
    leave_handlers,
    moderation::{self, render_withheld},
    outline::{Emblems, icon_svg},
    people::render_people,
    recipe::render_recipe,
    register::{register_file, register_page},
    sections::is_agenda,
    sources::render_sources,
    theme::theme_css,
    trouble::Trouble,
    visit::{Asked, Failure, Visit, html},
    why::render_why,
};

/// Posts on one page; older ones are a link away.
const POSTS_PER_PAGE: usize = 50;

/// Notices in force, and events to come, that a page shows or counts.
const ANNOUNCED_MAX: usize = 200;

/// What the handlers need of the server.
pub struct PageState {
    pub log: Arc<dyn FeedLog>,
    pub cities: Arc<dyn Cities>,
    pub moderation: Arc<dyn Moderation>,
    /// How the town answers.
    pub mentions: Arc<dyn MentionDesk>,
    pub sources: Arc<dyn Fn() -> Vec<SourceHealth> + Send + Sync>,
    pub register: Arc<dyn Register>,
    pub clock: Arc<dyn Clock>,
    pub settings: Arc<PageSettings>,
    /// Who counts as one sender of a report.
    pub trusted_proxies: TrustedProxies,
    /// Where keys come from; `None`: the system has no randomness, and no complaint is taken.
    pub entropy: fn() -> Option<[u8; 32]>,
}

pub(super) type State = web::Data<PageState>;

/// Adds the pages. To be called after every other route, for `/{city}` takes any first word; expects
/// `web::Data<PageState>` in the application.
pub fn configure(config: &mut web::ServiceConfig) {
    config
        // Each of the few workers has its own.
        .app_data(web::Data::new(Emblems::default()))
        .service(web::resource("/").route(web::get().to(cities)).route(web::head().to(cities)))
        .service(web::resource("/assets/{file}").route(web::get().to(assets::serve)))
        .service(web::resource("/{city}/theme.css").route(web::get().to(theme)))
        .service(web::resource("/{city}/icon.svg").route(web::get().to(icon)))
        .service(web::resource("/{city}/why/{post}").route(web::get().to(why)).route(web::head().to(why)))
        .service(
            web::resource("/{city}/leave")
                .app_data(web::FormConfig::default().limit(LEAVE_FORM_BYTES_MAX))
                .route(web::get().to(leave_handlers::form))
                .route(web::head().to(leave_handlers::form))
                .route(web::post().to(leave_handlers::sent)),
        )
        .service(web::resource("/{city}/register").route(web::get().to(register)).route(web::head().to(register)))
        .service(
            web::resource("/{city}/register/{table:roles|searches|looks}.{form:csv|json}")
                .route(web::get().to(register_table))
                .route(web::head().to(register_table)),
        )
        .service(web::resource("/{city}/ask").route(web::get().to(ask)).route(web::head().to(ask)))
        .configure(moderation::handlers::configure)
        .service(
            web::resource("/{city}/{page:recipe|people|sources|about|privacy|accessibility}")
                .route(web::get().to(notice))
                .route(web::head().to(notice)),
        )
        .service(web::resource("/{city}").route(web::get().to(city)).route(web::head().to(city)))
        .default_service(web::to(not_found));
}

pub(super) fn answer(state: &PageState, result: Result<HttpResponse, Box<Failure>>) -> HttpResponse {
    result.unwrap_or_else(|failure| failure.respond(state))
}

async fn cities(request: HttpRequest, state: State) -> HttpResponse {
    let asked = Asked::of(&request);
    let context = state.context(&request, &asked);
    let mut glances = Vec::new();
    for city in state.cities.all() {
        match state.times(&city.id, context.now).await {
            Ok(times) => glances.push(CityGlance { city, times }),
            Err(_unreadable) => {
                let failure = Failure { context, city: None, trouble: Trouble::Unavailable };
                return failure.respond(&state);
            }
        }
    }
    let body = render_cities(&context, &glances);
    html(&context, StatusCode::OK, body)
}

async fn city(request: HttpRequest, state: State) -> HttpResponse {
    if let Some(elsewhere) = as_typed(&request, &state) {
        return elsewhere;
    }
    answer(&state, city_page(&request, &state).await)
}

async fn city_page(request: &HttpRequest, state: &PageState) -> Result<HttpResponse, Box<Failure>> {
    let visit = Visit::of(request, state)?;
    let filter = visit.asked.filter();
    let before = visit.asked.before.as_deref().and_then(|before| before.parse().ok());
    let id = &visit.city.id;
    let read = async {
        let page = state.log.page(id, &filter, None, before, POSTS_PER_PAGE, true).await?;
        let announces = before.is_none() && (filter.is_empty() || is_agenda(&filter, before));
        let announced = match announces {
            true => Some(state.log.announced(id, visit.context.now, ANNOUNCED_MAX).await?),
            false => None,
        };
        let pins = match before.is_none() && filter.is_empty() {
            true => state.log.pinned(id).await?,
            false => Vec::new(),
        };
        Ok::<_, StoreError>((page, announced, pins, state.times(id, visit.context.now).await?))
    };
    let Ok((page, announced, pins, times)) = read.await else { return Err(visit.fails(Trouble::Unavailable)) };
    let body = render_city(&CityPage {
        context: &visit.context,
        city: &visit.city,
        page: &page,
        announced: announced.as_ref(),
        pins: &pins,
        filter: &filter,
        before,
        times: &times,
        sources: &state.sources_of(&visit.city.id),
    });
    Ok(html(&visit.context, StatusCode::OK, body))
}

async fn why(request: HttpRequest, state: State) -> HttpResponse {
    answer(&state, why_page(&request, &state).await)
}

async fn why_page(request: &HttpRequest, state: &PageState) -> Result<HttpResponse, Box<Failure>> {
    let visit = Visit::of(request, state)?;
    let Some(post) = request.match_info().get("post").and_then(PostId::parse) else {
        return Err(visit.fails(Trouble::NoPost));
    };
    let city = &visit.city.id;
    let read = async {
        let card = state.log.card(city, post).await?;
        // What stands as it came needs no second look.
        let is_decided_on = card.as_ref().is_none_or(|card| card.covered.is_some());
        let decisions = match is_decided_on {
            true => moderation::handlers::restrictions(state, city, post).await?,
            false => Vec::new(),
        };
        Ok::<_, StoreError>((card, decisions))
    };
    let body = match read.await {
        Ok((Some(card), mut decisions)) => {
            decisions.retain(|decision| decision.measure == Measure::Fold);
            render_why(&visit.context, &visit.city, &card, &decisions)
        }
        Ok((None, decisions)) if decisions.is_empty() => return Err(visit.fails(Trouble::NoPost)),
        Ok((None, decisions)) => render_withheld(&visit.context, &visit.city, post, &decisions),
        Err(_unreadable) => return Err(visit.fails(Trouble::Unavailable)),
    };
    Ok(html(&visit.context, StatusCode::OK, body))
}

/// The pages that are made from the city and the settings.
async fn notice(request: HttpRequest, state: State) -> HttpResponse {
    answer(&state, notice_page(&request, &state).await)
}

async fn notice_page(request: &HttpRequest, state: &PageState) -> Result<HttpResponse, Box<Failure>> {
    let visit = Visit::of(request, state)?;
    let (context, city) = (&visit.context, &visit.city);
    let body = match request.match_info().get("page").unwrap_or_default() {
        "recipe" => render_recipe(context, city),
        "people" => render_people(context, city),
        "about" => {
            // The charter stands without its figures where the store is in trouble.
            let offices = state.register.offices(&city.id).await.ok();
            let in_force = state.moderation.in_force(&city.id).await.ok();
            render_about(context, city, &Charter { offices, in_force })
        }
        "privacy" => render_privacy(context, city),
        "accessibility" => render_accessibility(context, city),
        "sources" => {
            // The state of the sources matters most when the store is in trouble: shown without what is usual.
            let times = state.times(&city.id, context.now).await.unwrap_or_default();
            let volumes = state.log.volumes(&city.id).await.unwrap_or_default();
            render_sources(context, city, &state.sources_of(&city.id), &times, &volumes)
        }
        _ => return Err(visit.fails(Trouble::NoPage)),
    };
    Ok(html(context, StatusCode::OK, body))
}

async fn ask(request: HttpRequest, state: State) -> HttpResponse {
    answer(&state, ask_page(&request, &state).await)
}

async fn register(request: HttpRequest, state: State) -> HttpResponse {
    answer(&state, register_page(&request, &state).await)
}

async fn register_table(request: HttpRequest, state: State) -> HttpResponse {
    answer(&state, register_file(&request, &state).await)
}

async fn theme(request: HttpRequest, state: State) -> HttpResponse {
    match Visit::of(&request, &state) {
        Ok(visit) => file("text/css; charset=utf-8", theme_css(&visit.city)),
        Err(_unknown) => HttpResponse::NotFound().finish(),
    }
}

async fn icon(request: HttpRequest, state: State) -> HttpResponse {
    match Visit::of(&request, &state) {
        Ok(visit) => file("image/svg+xml", icon_svg(&visit.city, visit.context.emblems.of(&visit.city).as_deref())),
        Err(_unknown) => HttpResponse::NotFound().finish(),
    }
}

fn file(content_type: &str, body: String) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, content_type))
        .insert_header((header::CACHE_CONTROL, "public, max-age=3600"))
        .body(body)
}

/// Any other address: the city's own page of trouble where the first word is a city.
pub async fn not_found(request: HttpRequest, state: State) -> HttpResponse {
    if let Some(elsewhere) = as_typed(&request, &state) {
        return elsewhere;
    }
    let context = state.context(&request, &Asked::of(&request));
    let first = request.path().trim_start_matches('/').split('/').next().unwrap_or_default().to_owned();
    let city = state.cities.city(&CityId::new(&first));
    let trouble = if city.is_some() { Trouble::NoPage } else { Trouble::NoCity(first) };
    Failure { context, city, trouble }.respond(&state)
}

/// `/Nantes` and `/nantes/` are what people type: they are led to `/nantes`.
fn as_typed(request: &HttpRequest, state: &PageState) -> Option<HttpResponse> {
    let meant = request.path().trim_matches('/').to_lowercase();
    if request.path().strip_prefix('/') == Some(meant.as_str()) || meant.contains('/') {
        return None;
    }
    let city = state.cities.city(&CityId::new(&meant))?;
    let context = state.context(request, &Asked::of(request));
    let address = Address::city(city.id.as_str()).language(context.carried()).to_string();
    Some(HttpResponse::PermanentRedirect().insert_header((header::LOCATION, address)).finish())
}
