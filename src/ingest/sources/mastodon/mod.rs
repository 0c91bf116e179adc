//! Mastodon, and what speaks its API: the posts that carry the cities' tags, from each server that is configured.
//!
//! Owns one source a server: polling tag timelines, and streaming them where its admin agreed to a token. Does not own
//! matching or consent: which city a status concerns, its recipe says. Invariant: ids mean something on their own server
//! only; a status is known by its `uri`, an author by the actor's address.

mod api;
mod budget;
mod config;
mod decode;
mod ids;
mod instance;
mod memory;
mod news;
mod source;
mod wire;

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Source;
use crate::domain::{City, CityId, IdKey, fold_tag};
use crate::ingest::Outbound;

pub use config::{MastodonSettings, servers};
pub use decode::{Decoder, PAGE_MAX, page, place};
pub use instance::instance;
use source::{Mastodon, Readers};

/// Makes a source of every configured server.
pub struct Servers {
    settings: Vec<MastodonSettings>,
    outbound: Outbound,
    key: IdKey,
}

/// Tags that are read in all; the first in the alphabet, should cities ask for more.
const TAGS_MAX: usize = 2_000;

impl Servers {
    /// `key`: under which posts are remembered.
    pub const fn new(settings: Vec<MastodonSettings>, outbound: Outbound, key: IdKey) -> Self {
        Self { settings, outbound, key }
    }

    /// One source for each server, with a number that is another when it is to be read for other cities or tags. None
    /// while no city has a tag.
    pub fn of(&self, cities: &[Arc<City>]) -> Vec<(Box<dyn Source>, u64)> {
        let asked: Vec<(CityId, BTreeSet<String>)> =
            cities.iter().map(|city| (city.id.clone(), tags(city))).filter(|(_, tags)| !tags.is_empty()).collect();
        let all: BTreeSet<&String> = asked.iter().flat_map(|(_, tags)| tags).collect();
        if all.is_empty() {
            return Vec::new();
        }
        let tags: Vec<String> = all.into_iter().take(TAGS_MAX).cloned().collect();
        let number = decode::hash(&format!("{asked:?}"));
        let listeners: Arc<[CityId]> = asked.into_iter().map(|(city, _)| city).collect();
        let source = |settings: &MastodonSettings| {
            let elsewhere = self.elsewhere(settings);
            let readers = Readers { cities: listeners.clone(), tags: tags.clone(), number };
            // The addresses were checked when the settings were read.
            let source = Mastodon::new(settings, readers, elsewhere, self.outbound.clone(), self.key).ok()?;
            Some((Box::new(source) as Box<dyn Source>, number))
        };
        self.settings.iter().filter_map(source).collect()
    }

    /// The hosts of the servers beside this one: their people are left to them.
    fn elsewhere(&self, settings: &MastodonSettings) -> Vec<String> {
        let others = self.settings.iter().filter(|other| *other != settings);
        others.filter_map(|other| decode::host(&other.server)).collect()
    }
}

/// Every tag by which a city may take a post, folded as servers fold them.
fn tags(city: &City) -> BTreeSet<String> {
    let recipe = &city.recipe;
    let around = city.around.iter().flat_map(|around| &around.hashtags);
    let terms = recipe.invite.iter().chain(&recipe.hashtags).chain(recipe.all_of.iter().flatten());
    // An ambiguous term of several words is no tag that anybody writes; folded it is one all the same.
    let terms = terms.chain(&recipe.ambiguous).chain(around);
    terms.map(|term| fold_tag(term)).filter(|tag| !tag.is_empty()).collect()
}

#[cfg(test)]
mod tests;
