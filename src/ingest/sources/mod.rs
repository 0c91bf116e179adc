//! The only list of networks: a new one is a folder beside `bluesky` and a line in each item here.
//!
//! Owns the names of the `[source.<network>]` tables and what is built from them. Does not own any network's code.
//! Invariant: networks don't know of each other; nothing outside this file names one of them in code.

pub mod bluesky;
pub mod feed;
pub mod mastodon;
pub mod nostr;
pub mod opendata;
pub mod push;

use std::path::Path;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::hosts::Hosts;
use super::{Decode, Outbound, Source};
use crate::clock::Clock;
use crate::config::Section;
use crate::domain::{
    AccountResolver, AuthorLookup, AuthorProfile, City, IdKey, Network, Observation, SourceId, Timestamp,
};
use bluesky::{Bluesky, BlueskySettings};
use feed::{FeedSettings, Feeds};
use mastodon::{MastodonSettings, Servers, WebFinger};
use nostr::{NostrSettings, Relays};
use opendata::{Datasets, OpenDataSettings};
use push::{Doors, Senders};

/// The networks to listen to: a `[source.<network>]` table turns a network on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SourceSettings {
    /// Bluesky, through its Jetstream servers.
    pub bluesky: Option<BlueskySettings>,
    /// Feeds that the cities list.
    pub feed: Option<FeedSettings>,
    /// Datasets that the cities list: open data with places and dates.
    pub opendata: Option<OpenDataSettings>,
    /// Servers that speak the Mastodon API, each in a table of its own; at most 32.
    #[serde(default, deserialize_with = "mastodon::servers", skip_serializing_if = "Vec::is_empty")]
    pub mastodon: Vec<MastodonSettings>,
    /// Nostr, through the relays that are listed here.
    #[serde(default, deserialize_with = "nostr::relays", skip_serializing_if = "Vec::is_empty")]
    pub nostr: Vec<NostrSettings>,
}

/// A `[source.…]` table that can't work as it stands.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("[source.{network}] {reason}")]
pub struct SettingsError {
    pub network: &'static str,
    pub reason: String,
}

/// A file of recorded profiles that can't be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProfilesError {
    #[error("{0} sends profiles with its posts, or none: there is no form of profile file for it")]
    NotForNetwork(&'static str),
    #[error("line {line}: {reason}")]
    Unreadable { line: usize, reason: String },
}

impl Section for SourceSettings {
    fn make_paths_relative_to(&mut self, folder: &Path) {
        if let Some(file) = self.bluesky.as_mut().and_then(|settings| settings.dictionary.as_mut()) {
            *file = folder.join(&*file);
        }
        let tokens = self.mastodon.iter_mut().filter_map(|settings| settings.token.as_mut());
        tokens.for_each(|token| token.make_path_relative_to(folder));
    }
}

impl SourceSettings {
    /// How often an author's profile is asked for before the author counts as unknown.
    pub fn profile_attempts(&self, network: Network) -> u32 {
        match (network, &self.bluesky) {
            (Network::Bluesky, Some(settings)) => settings.profile_attempts,
            _ => bluesky::DEFAULT_PROFILE_ATTEMPTS,
        }
    }
}

/// One source for every configured network or server, whatever the cities ask for. Connects to nothing yet.
pub fn build(
    settings: &SourceSettings,
    outbound: &Outbound,
    clock: &Arc<dyn Clock>,
) -> Result<Vec<Box<dyn Source>>, SettingsError> {
    let mut sources: Vec<Box<dyn Source>> = Vec::new();
    if let Some(settings) = &settings.bluesky {
        let bluesky = Bluesky::new(settings.clone(), outbound.clone(), clock.clone())
            .map_err(|reason| SettingsError { network: Network::Bluesky.as_str(), reason })?;
        sources.push(Box::new(bluesky));
    }
    Ok(sources)
}

/// Who answers for authors on the configured networks, for a command that asks once.
pub fn lookups(
    settings: &SourceSettings,
    outbound: &Outbound,
    clock: &Arc<dyn Clock>,
) -> Result<Vec<Arc<dyn AuthorLookup>>, SettingsError> {
    let built = build(settings, outbound, clock)?;
    let relays = relays(settings, outbound, clock)?;
    Ok(built.iter().filter_map(|source| source.lookup()).chain(relays.lookup()).collect())
}

/// Who says whose the handles are of networks whose authors nobody has to be asked for.
pub fn resolvers(outbound: &Outbound) -> Vec<Arc<dyn AccountResolver>> {
    vec![Arc::new(WebFinger::new(outbound.clone()))]
}

fn relays(settings: &SourceSettings, outbound: &Outbound, clock: &Arc<dyn Clock>) -> Result<Relays, SettingsError> {
    Relays::new(&settings.nostr, outbound, clock)
        .map_err(|reason| SettingsError { network: Network::Nostr.as_str(), reason })
}

/// Makes the sources that cities' files ask for, which come and go as the files change.
pub struct CitySources {
    feeds: Option<Feeds>,
    datasets: Option<Datasets>,
    mastodon: Servers,
    relays: Relays,
    senders: Senders,
}

impl CitySources {
    /// `key`: the instance's, under which sources remember posts.
    pub fn new(
        settings: &SourceSettings,
        outbound: &Outbound,
        clock: &Arc<dyn Clock>,
        key: IdKey,
    ) -> Result<Self, SettingsError> {
        let hosts = Hosts::default();
        Ok(Self {
            feeds: settings.feed.as_ref().map(|settings| Feeds::new(settings, outbound.clone(), hosts.clone())),
            datasets: settings.opendata.as_ref().map(|settings| Datasets::new(settings, outbound.clone(), hosts)),
            mastodon: Servers::new(settings.mastodon.clone(), outbound.clone(), key),
            relays: relays(settings, outbound, clock)?,
            senders: Senders::default(),
        })
    }

    /// Who answers for the authors of these networks. It stays while sources come and go.
    pub fn lookups(&self) -> impl Iterator<Item = Arc<dyn AuthorLookup>> {
        self.relays.lookup().into_iter().chain([self.senders.lookup()])
    }

    /// Where signed deliveries are verified.
    pub fn doors(&self) -> Doors {
        self.senders.doors()
    }

    /// One source for each that these cities ask for, with a number that changes when it has to be made anew.
    pub fn of(&self, cities: &[Arc<City>]) -> Vec<(Box<dyn Source>, u64)> {
        let feeds = self.feeds.iter().flat_map(|feeds| feeds.of(cities));
        let datasets = self.datasets.iter().flat_map(|datasets| datasets.of(cities));
        let servers = self.mastodon.of(cities).into_iter().chain(self.relays.of(cities));
        feeds.chain(datasets).chain(servers).chain(self.senders.of(cities)).collect()
    }
}

/// Reads a document that was found at an address, as these cities want it, at a time.
pub type ReadDocument = fn(&[u8], &str, &[Arc<City>], Timestamp) -> Vec<Observation>;

/// How a network is recorded in files.
pub enum Recording {
    /// One JSON frame a line.
    Frames(Box<dyn Decode>),
    /// A whole document, as the source at an address gave it.
    Document(ReadDocument),
}

/// `None` for a network that has no code yet.
pub fn recording(network: Network) -> Option<Recording> {
    match network {
        Network::Feed => Some(Recording::Document(feed::recorded)),
        Network::Push => Some(Recording::Document(push::recorded)),
        Network::OpenData => Some(Recording::Document(opendata::recorded)),
        _ => decoder(network).map(Recording::Frames),
    }
}

/// What reads recorded frames of a network, one JSON frame a line; `None` for one that has no code yet, or no frames.
pub fn decoder(network: Network) -> Option<Box<dyn Decode>> {
    match network {
        Network::Bluesky => Some(Box::new(bluesky::Decoder::new(SourceId::new(network.as_str())))),
        Network::Mastodon => Some(Box::new(mastodon::Decoder::new(SourceId::new(network.as_str())))),
        Network::Nostr => {
            let source = SourceId::new(network.as_str());
            Some(Box::new(nostr::Decoder::new(source, nostr::Reading::default())))
        }
        Network::Feed | Network::OpenData | Network::Push | Network::X => None,
    }
}

/// Recorded profiles in the form in which the network itself answers, for a replay that asks nobody. They count as
/// checked at `checked_at`.
pub fn profiles_from_file(
    network: Network,
    text: &str,
    checked_at: Timestamp,
) -> Result<Vec<AuthorProfile>, ProfilesError> {
    match network {
        Network::Bluesky => bluesky::profiles_from_file(text, checked_at),
        Network::Nostr => nostr::profiles_from_file(text, checked_at),
        Network::Mastodon | Network::Feed | Network::OpenData | Network::Push | Network::X => {
            Err(ProfilesError::NotForNetwork(network.as_str()))
        }
    }
}
