use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::City;

#[derive(Serialize, ToSchema)]
#[schema(as = Cities)]
pub struct CitiesView {
    cities: Vec<CityView>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = City)]
pub struct CityView {
    slug: String,
    name: String,
    /// BCP 47 primary subtags, the city's first language first.
    languages: Vec<String>,
    /// Names of the parts of the city.
    zones: Vec<String>,
    /// Its page.
    url: String,
}

/// Whether the server can serve.
#[derive(Serialize, ToSchema)]
#[schema(as = Ready)]
pub struct ReadyView {
    /// `ready`, `degraded` (serving, but something needs the operator), `starting` or `draining`.
    pub status: &'static str,
    /// Cities served.
    pub cities: usize,
    /// City files that can't be read, and why.
    pub broken: Vec<BrokenFile>,
    /// What is wrong with the machine, in plain words; empty when nothing is.
    pub detail: String,
}

#[derive(Serialize, ToSchema)]
pub struct BrokenFile {
    pub file: String,
    pub reason: String,
}

impl CitiesView {
    pub fn new<'a>(cities: impl Iterator<Item = &'a City>, public_url: &str) -> Self {
        Self { cities: cities.map(|city| CityView::new(city, public_url)).collect() }
    }
}

impl CityView {
    fn new(city: &City, public_url: &str) -> Self {
        Self {
            slug: city.id.as_str().to_owned(),
            name: city.name.clone(),
            languages: city.languages.clone(),
            zones: city.zones.iter().map(|zone| zone.name.clone()).collect(),
            url: format!("{public_url}/{}", city.id.as_str()),
        }
    }
}
