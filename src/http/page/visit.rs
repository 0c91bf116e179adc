use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, http::header, web};
use serde::Deserialize;

use crate::domain::{City, CityId, Filter, Lane, Network, SourceHealth, StoreError, Timestamp, fold_tag};

use super::super::Csp;
use super::{
    context::PageContext,
    handlers::PageState,
    outline::Emblems,
    rhythm::Rhythm,
    trouble::{Trouble, render_trouble},
    words::Language,
};

/// The query of every page; unreadable values count as absent.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    hl: Option<String>,
    pub(super) before: Option<String>,
    tag: Option<String>,
    zone: Option<String>,
    network: Option<String>,
    lang: Option<String>,
    lane: Option<String>,
    pub(super) post: Option<String>,
    /// The address of a post on its network.
    pub(super) url: Option<String>,
}

impl Asked {
    pub(super) fn of(request: &HttpRequest) -> Self {
        web::Query::from_query(request.query_string()).map(web::Query::into_inner).unwrap_or_default()
    }

    pub(super) fn filter(&self) -> Filter {
        let given = |value: &Option<String>| value.as_ref().filter(|text| !text.is_empty()).cloned();
        Filter {
            tag: given(&self.tag).map(|tag| fold_tag(&tag)).filter(|key| !key.is_empty()),
            zone: given(&self.zone),
            network: self.network.as_deref().and_then(Network::parse),
            lang: given(&self.lang).map(|lang| lang.to_ascii_lowercase()),
            lane: self.lane.as_deref().and_then(Lane::parse),
        }
    }
}

impl PageState {
    /// What a page of the desk needs to know of a request.
    pub fn context_of(&self, request: &HttpRequest) -> PageContext {
        self.context(request, &Asked::of(request))
    }

    pub(super) fn context(&self, request: &HttpRequest, asked: &Asked) -> PageContext {
        let accept = request.headers().get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        PageContext {
            settings: Arc::clone(&self.settings),
            emblems: request.app_data::<web::Data<Emblems>>().cloned().map(web::Data::into_inner).unwrap_or_default(),
            language: Language::choose(asked.hl.as_deref(), accept),
            language_asked: asked.hl.as_deref().and_then(Language::parse).is_some(),
            now: self.clock.now(),
        }
    }

    pub fn sources_of(&self, city: &CityId) -> Vec<SourceHealth> {
        (self.sources)().into_iter().filter(|health| health.concerns(city)).collect()
    }

    pub(super) async fn times(&self, city: &CityId, now: Timestamp) -> Result<Vec<Timestamp>, StoreError> {
        self.log.recent_times(city, now.plus_seconds(-Rhythm::DAYS * 86_400), Rhythm::TIMES_MAX).await
    }
}

/// When to come again for a page that could not be made now.
const RETRY_AFTER_S: &str = "30";

/// A page could not be made: which page is shown instead.
pub(super) struct Failure {
    pub(super) context: PageContext,
    pub(super) city: Option<Arc<City>>,
    pub(super) trouble: Trouble,
}

/// What a handler about one city begins with.
pub(super) struct Visit {
    pub(super) asked: Asked,
    pub(super) context: PageContext,
    pub(super) city: Arc<City>,
}

impl Visit {
    pub(super) fn of(request: &HttpRequest, state: &PageState) -> Result<Self, Box<Failure>> {
        let asked = Asked::of(request);
        let context = state.context(request, &asked);
        let slug = request.match_info().get("city").unwrap_or_default();
        match state.cities.city(&CityId::new(slug)) {
            Some(city) => Ok(Self { asked, context, city }),
            None => Err(Box::new(Failure { context, city: None, trouble: Trouble::NoCity(slug.to_owned()) })),
        }
    }

    pub(super) fn fails(self, trouble: Trouble) -> Box<Failure> {
        Box::new(Failure { context: self.context, city: Some(self.city), trouble })
    }
}

impl Failure {
    pub(super) fn respond(&self, state: &PageState) -> HttpResponse {
        let body = render_trouble(&self.context, self.city.as_deref(), &self.trouble, &state.cities.all());
        let status = StatusCode::from_u16(self.trouble.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        html(&self.context, status, body)
    }
}

/// A page of somebody who is signed in: kept by nobody.
pub fn html_of_desk(context: &PageContext, status: StatusCode, body: String) -> HttpResponse {
    unkept(html(context, status, body))
}

/// No browser and nothing in between keeps it.
pub(super) fn unkept(mut response: HttpResponse) -> HttpResponse {
    response.headers_mut().insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    response
}

pub(super) fn html(context: &PageContext, status: StatusCode, body: String) -> HttpResponse {
    let policy = Csp::Page { public_url: &context.settings.public_url }.value();
    let mut response = HttpResponse::build(status);
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.insert_header((header::RETRY_AFTER, RETRY_AFTER_S));
    }
    response
        .insert_header((header::CONTENT_SECURITY_POLICY, policy))
        .insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8"))
        .insert_header((header::CONTENT_LANGUAGE, context.language.as_str()))
        // Asked again each time, yet kept for "back": the page then resumes by its cursor.
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .insert_header((header::VARY, "Accept-Language"))
        .body(body)
}
