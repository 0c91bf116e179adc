//! Mastodon, and what speaks its API: the posts that carry the cities' tags, from each server that is configured or that
//! a city lists.
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
mod webfinger;
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
pub use webfinger::WebFinger;

/// Makes a source of every configured server.
pub struct Servers {
    settings: Vec<MastodonSettings>,
    outbound: Outbound,
    key: IdKey,
}

/// Servers that only cities list, in all; the first in the alphabet, should they list more.
const LISTED_MAX: usize = 32;
/// Tags that are read in all; the first in the alphabet, should cities ask for more.
const TAGS_MAX: usize = 2_000;

impl Servers {
    /// `key`: under which posts are remembered.
    pub const fn new(settings: Vec<MastodonSettings>, outbound: Outbound, key: IdKey) -> Self {
        Self { settings, outbound, key }
    }

    /// One source for each server, with a number that is another when it is to be read for other cities or tags, or
    /// beside other servers. None while no city has a tag.
    pub fn of(&self, cities: &[Arc<City>]) -> Vec<(Box<dyn Source>, u64)> {
        let asked: Vec<(CityId, BTreeSet<String>)> =
            cities.iter().map(|city| (city.id.clone(), tags(city))).filter(|(_, tags)| !tags.is_empty()).collect();
        let all: BTreeSet<&String> = asked.iter().flat_map(|(_, tags)| tags).collect();
        if all.is_empty() {
            return Vec::new();
        }
        let tags: Vec<String> = all.into_iter().take(TAGS_MAX).cloned().collect();
        let servers = self.servers(cities);
        let hosts: Vec<String> = servers.iter().filter_map(|settings| decode::host(&settings.server)).collect();
        let number = decode::hash(&format!("{asked:?}{hosts:?}"));
        let listeners: Arc<[CityId]> = asked.into_iter().map(|(city, _)| city).collect();
        let source = |settings: &MastodonSettings| {
            let readers = Readers { cities: listeners.clone(), tags: tags.clone(), number };
            let others = elsewhere(&hosts, settings);
            // The addresses were checked when the settings were read.
            let source = Mastodon::new(settings, readers, others, self.outbound.clone(), self.key).ok()?;
            Some((Box::new(source) as Box<dyn Source>, number))
        };
        servers.iter().filter_map(source).collect()
    }

    /// Those that the operator lists, and those that cities list beside them. Each is read for all cities, for its
    /// people's posts are taken from nowhere else.
    fn servers(&self, cities: &[Arc<City>]) -> Vec<MastodonSettings> {
        let is_new = |server: &&String| self.settings.iter().all(|settings| settings.server != **server);
        let listed: BTreeSet<&String> = cities.iter().flat_map(|city| &city.mastodon).filter(is_new).collect();
        let listed = listed.into_iter().take(LISTED_MAX).map(|server| MastodonSettings::new(server));
        self.settings.iter().cloned().chain(listed).collect()
    }
}

/// The hosts beside this server: their people are left to them.
fn elsewhere(hosts: &[String], settings: &MastodonSettings) -> Vec<String> {
    let own = decode::host(&settings.server);
    hosts.iter().filter(|host| Some(*host) != own.as_ref()).cloned().collect()
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
