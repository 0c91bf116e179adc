//! Places as public services know them: names, codes and outlines of municipalities.
//!
//! Owns asking geo.api.gouv.fr and Nominatim, reading their answers, and choosing among them. Does not own city files
//! (`cli` writes one from a [`Place`]). Invariant: a place that is given has an outline and the name of its source; a
//! choice that is not certain is left to a person.

mod atlas;
mod france;
mod names;
mod outline;
mod ring;
mod world;

pub use names::{fold_name, has_name, town_hall_tag};
pub use outline::{feature, polygons};
pub use ring::Ring;

use std::time::Duration;

use geo::MultiPolygon;
use reqwest::header::HeaderMap;
use url::Url;

use crate::config::LookupSettings;
use crate::domain::Timestamp;
use crate::ingest::outbound::retry_after;
use crate::ingest::{Outbound, OutboundError};

/// What somebody asks for.
#[derive(Clone, Debug, Default)]
pub struct Question {
    /// As typed: a name, or a name and what tells it from others, separated by commas.
    pub name: String,
    /// The INSEE code of a French commune or arrondissement.
    pub insee: Option<String>,
    /// ISO 3166-1, two letters. `None`: France first, then the world.
    pub country: Option<String>,
}

/// A municipality with its outline.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    pub name: String,
    /// ISO 3166-1, two capital letters; empty where the service names none.
    pub country: String,
    pub insee: Option<String>,
    pub population: Option<u64>,
    /// Département, state or county, as it is called there.
    pub region: Option<String>,
    /// The body that it forms with its neighbours (EPCI).
    pub around: Option<Body>,
    pub timezone: &'static str,
    /// Whether the time zone is the only one there can be, and not the nearest of several.
    pub timezone_is_sure: bool,
    pub languages: Vec<String>,
    pub outline: MultiPolygon<f64>,
    pub source: String,
    pub licence: &'static str,
    /// Other places of this name in the same country, as far as the service told.
    pub homonyms: Vec<String>,
}

/// Municipalities that do things together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body {
    pub name: String,
    /// The service's own code of it.
    pub code: String,
}

/// A place that may be meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub name: String,
    /// Where it is.
    pub region: String,
    pub insee: Option<String>,
    pub population: Option<u64>,
    /// What to ask for, to mean this one.
    pub ask: String,
}

/// What the services say.
#[derive(Clone, Debug, PartialEq)]
pub enum Found {
    Place(Box<Place>),
    /// Several places have this name, or none and these come near.
    Candidates {
        candidates: Vec<Candidate>,
        have_this_name: bool,
    },
    Nothing,
}

/// Why a service gave no answer that can be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GazetteerError {
    #[error("{service} can't be reached: {reason}")]
    Unreachable { service: String, reason: String },
    #[error("{service} asks to wait{}", seconds.map(|seconds| format!(" {seconds} seconds")).unwrap_or_default())]
    Busy { service: String, seconds: Option<u64> },
    #[error("{service} answered HTTP {status}")]
    Status { service: String, status: u16 },
    #[error("{service} gave an answer that can't be read: {reason}")]
    Unreadable { service: String, reason: String },
    #[error("{service} has no outline of {name}, only a point")]
    NoOutline { service: String, name: String },
    #[error("no commune has the INSEE code {0}")]
    UnknownCode(String),
    #[error("the INSEE code {code} is {name}, not the name given")]
    OtherName { code: String, name: String },
    #[error("lookup.{key}: {reason}")]
    Setting { key: &'static str, reason: String },
}

/// Asks both services, one question at a time.
pub struct Gazetteer<'a> {
    outbound: &'a Outbound,
    settings: &'a LookupSettings,
    now: Timestamp,
    /// For one answer, all of it.
    patience: Duration,
    /// Before every question to Nominatim, whose policy is one a second for a whole application: a loop in a shell is
    /// one too.
    pause: Duration,
}

const PATIENCE: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_secs(1);

impl<'a> Gazetteer<'a> {
    pub const fn new(outbound: &'a Outbound, settings: &'a LookupSettings, now: Timestamp) -> Self {
        Self { outbound, settings, now, patience: PATIENCE, pause: PAUSE }
    }

    /// Looks a place up. A name with a comma, or a country other than France, is asked of Nominatim alone.
    pub async fn find(&self, question: &Question, told: impl Fn(&str)) -> Result<Found, GazetteerError> {
        if let Some(code) = &question.insee {
            told("Asking geo.api.gouv.fr …");
            return self.by_code(&question.name, code).await.map(|place| Found::Place(Box::new(place)));
        }
        let is_french = question.country.as_deref().is_none_or(|country| country.eq_ignore_ascii_case("fr"));
        let mut near = Vec::new();
        if is_french && !question.name.contains(',') && !self.settings.geo_api.is_empty() {
            told("Asking geo.api.gouv.fr …");
            match self.in_france(&question.name).await? {
                Found::Candidates { candidates, have_this_name: false } => near = candidates,
                Found::Nothing => {}
                found => return Ok(found),
            }
        }
        if self.settings.nominatim.is_empty() {
            return Ok(candidates(near));
        }
        told("Asking Nominatim (OpenStreetMap) …");
        match self.in_the_world(&question.name, question.country.as_deref()).await? {
            Found::Candidates { candidates: more, have_this_name: false } => {
                near.extend(more);
                Ok(candidates(near))
            }
            Found::Nothing => Ok(candidates(near)),
            found => Ok(found),
        }
    }

    /// The body of an answer with status 200; `None` at 404.
    async fn ask(&self, service: &str, url: Url) -> Result<Option<Vec<u8>>, GazetteerError> {
        let service = || service.to_owned();
        let unreachable = |reason: &str| GazetteerError::Unreachable { service: service(), reason: reason.to_owned() };
        let asked = tokio::time::timeout(self.patience, self.outbound.get(url, HeaderMap::new())).await;
        let answer = asked.map_err(|_late| unreachable("no answer in time"))?.map_err(|error| match error {
            OutboundError::TooLarge => GazetteerError::Unreadable { service: service(), reason: error.to_string() },
            other => unreachable(&other.to_string()),
        })?;
        match answer.status {
            200 => Ok(Some(answer.body)),
            404 => Ok(None),
            429 | 503 => {
                let seconds = retry_after(&answer.headers, self.now).map(|after| after.as_secs());
                Err(GazetteerError::Busy { service: service(), seconds })
            }
            status => Err(GazetteerError::Status { service: service(), status }),
        }
    }
}

fn candidates(candidates: Vec<Candidate>) -> Found {
    if candidates.is_empty() {
        return Found::Nothing;
    }
    Found::Candidates { candidates, have_this_name: false }
}

/// An address of a configured service, with its parameters.
fn address(base: &str, key: &'static str, path: &[&str], parameters: &[(&str, &str)]) -> Result<Url, GazetteerError> {
    let setting = |reason: String| GazetteerError::Setting { key, reason };
    let mut url = Url::parse(base).map_err(|error| setting(error.to_string()))?;
    url.path_segments_mut().map_err(|()| setting("not an address of a server".into()))?.pop_if_empty().extend(path);
    url.query_pairs_mut().extend_pairs(parameters);
    Ok(url)
}

fn unreadable(service: &str, error: &impl std::fmt::Display) -> GazetteerError {
    GazetteerError::Unreadable { service: service.to_owned(), reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The services themselves are simulated in the integration tests; here is what would take those too long.
    #[tokio::test]
    async fn a_service_that_never_answers_is_given_up() {
        let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", silent.local_addr().unwrap());
        let settings = LookupSettings { geo_api: address.clone(), nominatim: address };
        let outbound = Outbound::new("", true).unwrap();
        let (patience, pause) = (Duration::from_millis(200), Duration::ZERO);
        let gazetteer =
            Gazetteer { outbound: &outbound, settings: &settings, now: Timestamp::default(), patience, pause };
        for country in [None, Some("CH".to_owned())] {
            let question = Question { name: "Ville".into(), country, ..Question::default() };
            let error = gazetteer.find(&question, |_| {}).await.unwrap_err();
            assert!(
                matches!(&error, GazetteerError::Unreachable { reason, .. } if reason == "no answer in time"),
                "{error}"
            );
        }
    }

    #[test]
    fn an_address_keeps_the_path_of_its_server() {
        let asked = |base| address(base, "nominatim", &["search"], &[("q", "L'Île & co")]).map(|url| url.to_string());
        let expected = Ok("https://maps.example/nominatim/search?q=L%27%C3%8Ele+%26+co".to_owned());
        assert_eq!(asked("https://maps.example/nominatim/"), expected);
        assert_eq!(asked("https://maps.example/nominatim"), expected);
        assert!(matches!(asked("mailto:a@b"), Err(GazetteerError::Setting { key: "nominatim", .. })));
    }
}
