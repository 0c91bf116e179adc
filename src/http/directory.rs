use std::sync::Arc;

use arc_swap::ArcSwap;

use crate::domain::{City, CityId};

use super::near::near;
use super::page;

/// The cities that are served now, and the files that could not be read. A value, replaced whole.
#[derive(Clone, Debug, Default)]
pub struct CityDirectory {
    /// In the order of their slugs.
    pub cities: Vec<Arc<City>>,
    /// File name and reason, in words for the operator.
    pub broken: Vec<(String, String)>,
}

impl CityDirectory {
    pub fn get(&self, slug: &str) -> Option<&Arc<City>> {
        let at = self.cities.binary_search_by(|city| city.id.as_str().cmp(slug)).ok()?;
        self.cities.get(at)
    }

    pub fn city(&self, id: &CityId) -> Option<&Arc<City>> {
        self.get(id.as_str())
    }

    /// Slugs that somebody may have meant, the nearest first.
    pub fn near(&self, slug: &str) -> Vec<String> {
        near(slug, self.cities.iter().map(|city| city.id.as_str()))
    }
}

/// The directory as it is served at each moment, for the pages.
pub struct ServedCities(pub Arc<ArcSwap<CityDirectory>>);

impl page::Cities for ServedCities {
    fn city(&self, id: &CityId) -> Option<Arc<City>> {
        self.0.load().city(id).cloned()
    }

    fn all(&self) -> Vec<Arc<City>> {
        self.0.load().cities.clone()
    }
}
