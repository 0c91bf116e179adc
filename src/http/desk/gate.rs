use std::collections::HashMap;
use std::sync::Arc;

use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::{StatusCode, header};
use actix_web::web::{Data, Form};
use actix_web::{HttpRequest, HttpResponse};

use super::pages::{Refused, render_refused};
use super::routes::{Need, Route};
use super::state::DeskState;
use crate::desk::SessionToken;
use crate::domain::{Actor, City, CityId, Role, StaffSession, StaffWrite};
use crate::http::origin::from_our_page;
use crate::http::page::{PageContext, PageState, html_of_desk};

/// Browsers take a cookie of this name only from a secure origin, for that host alone and all of its paths.
const COOKIE: &str = "__Host-parvis";
/// How often a session that is used is noted as used.
const SEEN_EVERY_S: i64 = 60;

/// A form's fields. Of a field that is sent twice the last counts.
pub type Fields = HashMap<String, String>;

/// Somebody is signed in, or half so.
#[derive(Clone)]
pub struct Signed {
    pub token: SessionToken,
    pub session: StaffSession,
}

impl Signed {
    pub fn actor(&self) -> Actor {
        Actor(self.session.user.name.as_str().to_owned())
    }
}

/// A request that was let through.
pub struct Asked {
    pub request: HttpRequest,
    pub state: Data<DeskState>,
    pub pages: Data<PageState>,
    pub context: PageContext,
    pub signed: Option<Signed>,
    /// The one that the address names; of an address without, none.
    pub city: Option<Arc<City>>,
    pub fields: Fields,
}

impl Asked {
    pub fn field(&self, name: &str) -> &str {
        self.fields.get(name).map(String::as_str).unwrap_or_default()
    }

    /// A value of the address; the first of several.
    pub fn query(&self, name: &str) -> Option<String> {
        let mut query = url::form_urlencoded::parse(self.request.query_string().as_bytes());
        query.find(|(given, _)| given == name).map(|(_, value)| value.into_owned())
    }

    /// What a form on this request's page carries.
    pub fn form_token(&self) -> String {
        match &self.signed {
            Some(signed) => signed.token.form_token(),
            None => self.state.form_key.token(self.context.now),
        }
    }

    /// The browser brings a session that is none any more: it rested too long, grew too old, or was closed elsewhere.
    pub fn had_session(&self) -> bool {
        self.signed.is_none() && self.request.cookie(COOKIE).is_some_and(|cookie| !cookie.value().is_empty())
    }

    pub fn page(&self, status: StatusCode, body: String) -> HttpResponse {
        html_of_desk(&self.context, status, body)
    }
}

/// Lets a request through to its handler if whoever asks may.
pub async fn gate(
    route: &'static Route,
    request: HttpRequest,
    state: Data<DeskState>,
    pages: Data<PageState>,
    form: Option<Form<Fields>>,
) -> HttpResponse {
    let context = pages.context_of(&request);
    let fields = form.map(Form::into_inner).unwrap_or_default();
    let slug = request.match_info().get("city").map(CityId::new);
    let city = slug.as_ref().and_then(|slug| pages.cities.city(slug));
    let signed = match signed(&request, &state, &context).await {
        Ok(signed) => signed,
        Err(refused) => return refused_page(&context, refused),
    };
    let asked = Asked { request, state, pages, context, signed, city, fields };
    if let Some(answer) = refusal(route, &asked, slug.is_some()) {
        return answer;
    }
    let look = look(route, &asked);
    let (state, now) = (asked.state.clone(), asked.context.now);
    let answer = (route.handler)(asked).await;
    if let Some((city, role)) = look.filter(|_| answer.status().is_success()) {
        state.looks.note(&city, &route.page_name(), role, now);
    }
    answer
}

/// What is counted of a page of a city that is opened: which city, and with which role.
fn look(route: &Route, asked: &Asked) -> Option<(Arc<City>, Role)> {
    let Need::Right(right) = route.need else { return None };
    let (city, signed) = (asked.city.as_ref()?, asked.signed.as_ref()?);
    let role = signed.session.user.role_with(&city.id, right)?;
    (!route.sends).then(|| (Arc::clone(city), role))
}

/// An address of the desk at which there is nothing.
pub async fn not_here(request: HttpRequest, pages: Data<PageState>) -> HttpResponse {
    refused_page(&pages.context_of(&request), Refused::NotFound)
}

/// What somebody is answered who may not; `None`: let through.
fn refusal(route: &Route, asked: &Asked, names_city: bool) -> Option<HttpResponse> {
    let refuse = |refused| Some(refused_page(&asked.context, refused));
    // Before anything else, so that a form of another site learns nothing from the answer (A4).
    if route.sends && !(from_our_page(&asked.request, &asked.context.settings.public_url) && is_ours(asked)) {
        return refuse(Refused::Foreign);
    }
    let signed = asked.signed.as_ref();
    match route.need {
        Need::Nobody => return None,
        Need::Half => return signed.is_none().then(|| to("/desk")),
        Need::Signed | Need::Right(_) => {}
    }
    let Some(signed) = signed else {
        // Where somebody wanted to go is where signing in leads to.
        let path = asked.request.path();
        let back: String = url::form_urlencoded::byte_serialize(path.as_bytes()).collect();
        return Some(to(&if route.sends { "/desk".to_owned() } else { format!("/desk?to={back}") }));
    };
    if !signed.session.is_whole {
        return Some(to("/desk/code"));
    }
    let Need::Right(right) = route.need else { return None };
    match &asked.city {
        Some(city) if signed.session.user.has(&city.id, right) => None,
        None if names_city => refuse(Refused::NotFound),
        Some(_) | None => refuse(Refused::NoRight),
    }
}

fn is_ours(asked: &Asked) -> bool {
    let token = asked.field("token");
    match &asked.signed {
        Some(signed) => signed.token.is_form(token),
        None => asked.state.form_key.is_token(token, asked.context.now),
    }
}

async fn signed(request: &HttpRequest, state: &DeskState, context: &PageContext) -> Result<Option<Signed>, Refused> {
    let Some(token) = request.cookie(COOKIE).and_then(|cookie| SessionToken::parse(cookie.value())) else {
        return Ok(None);
    };
    let hash = token.hash();
    let found = state.staff.session(hash).await.map_err(|_unreadable| Refused::TryLater)?;
    let Some(session) = found.filter(|session| session.is_live(context.now)) else { return Ok(None) };
    if context.now.seconds_since(session.seen_at) >= SEEN_EVERY_S {
        let actor = Actor(session.user.name.as_str().to_owned());
        // A session that can't be noted as used ends a little early.
        let _noted = state.staff.write(actor, StaffWrite::Seen { session: hash }).await;
    }
    Ok(Some(Signed { token, session }))
}

/// Leads on; the answer to every form that was taken.
pub fn to(path: &str) -> HttpResponse {
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, path))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .finish()
}

/// The same, with the browser given a session, or told to forget its own.
pub fn to_with(path: &str, token: Option<&SessionToken>) -> HttpResponse {
    let mut answer = to(path);
    let mut cookie = Cookie::build(COOKIE, token.map(SessionToken::text).unwrap_or_default())
        .path("/")
        .secure(true)
        .http_only(true)
        .same_site(SameSite::Lax)
        .finish();
    if token.is_none() {
        cookie.make_removal();
    }
    // What can't be a header can't be a token: there is none such.
    let _set = answer.add_cookie(&cookie);
    answer
}

pub fn refused_page(context: &PageContext, refused: Refused) -> HttpResponse {
    html_of_desk(context, refused.status(), render_refused(context, refused))
}
