//! Nostr: notes and calendar events, from the relays that the operator lists.
//!
//! Owns how relays are asked and what their events mean. Does not own matching or consent; nor does it answer a relay that
//! wants to know who reads. Invariant: nothing of an event is looked at before its id and signature were found right.

mod config;
mod decode;
mod event;
mod geohash;
mod limits;
mod lookup;
mod memory;
mod message;
mod nip19;
mod source;
mod wanted;

use std::sync::Arc;

use jiff::tz::TimeZone;
use url::Url;

use super::Source;
use crate::clock::Clock;
use crate::domain::{AuthorLookup, City, CityId, Network, SourceId};
use crate::ingest::Outbound;

pub(super) use config::relays;
pub use config::{DEFAULT_PAGE, NostrSettings};
pub use decode::{Decoder, Reading, profiles_from_file};
use lookup::Profiles;
use memory::Withdrawn;
use source::{Relay, RelayOptions};
use wanted::Wanted;

/// Makes a source of every relay that is listed, for what the cities ask for.
pub struct Relays {
    relays: Vec<(NostrSettings, Url)>,
    outbound: Outbound,
    profiles: Arc<Profiles>,
    withdrawn: Withdrawn,
}

impl Relays {
    /// The error is one of configuration: an address that may not be connected to.
    pub fn new(settings: &[NostrSettings], outbound: &Outbound, clock: &Arc<dyn Clock>) -> Result<Self, String> {
        let relay = |settings: &NostrSettings| {
            let told = |error: &dyn std::fmt::Display| format!("relay: {}: {error}", settings.relay);
            let url = Url::parse(&settings.relay).map_err(|error| told(&error))?;
            outbound.guard().check(&url, &["ws", "wss"]).map_err(|error| told(&error))?;
            Ok((settings.clone(), url))
        };
        let relays = settings.iter().map(relay).collect::<Result<Vec<_>, String>>()?;
        let asked = relays.iter().map(|(settings, url)| (url.clone(), reading(settings, TimeZone::UTC)));
        Ok(Self {
            profiles: Arc::new(Profiles::new(asked.collect(), outbound.clone(), clock.clone())),
            withdrawn: Withdrawn::default(),
            outbound: outbound.clone(),
            relays,
        })
    }

    /// Who answers for authors, whatever the cities ask for.
    pub fn lookup(&self) -> Option<Arc<dyn AuthorLookup>> {
        (!self.relays.is_empty()).then(|| self.profiles.clone() as Arc<dyn AuthorLookup>)
    }

    /// One source for each relay, with a number that is another when it is to be asked for something else.
    pub fn of(&self, cities: &[Arc<City>]) -> Vec<(Box<dyn Source>, u64)> {
        let wanted = Arc::new(Wanted::of(cities));
        if wanted.is_empty() {
            return Vec::new();
        }
        let readers: Arc<[CityId]> = cities.iter().map(|city| city.id.clone()).collect();
        // The first city lends its time zone to days that have none.
        let zone = cities.first().map_or(TimeZone::UTC, |city| city.zone());
        let number = wanted::number_of(&(&*wanted, &*readers, zone.iana_name()));
        let source = |(settings, url): &(NostrSettings, Url)| {
            let relay = Relay::new(RelayOptions {
                id: source_id(settings),
                url: url.clone(),
                reading: reading(settings, zone.clone()),
                overlap_s: settings.overlap_seconds,
                wanted: wanted.clone(),
                cities: readers.clone(),
                outbound: self.outbound.clone(),
                profiles: self.profiles.clone(),
                withdrawn: self.withdrawn.clone(),
            });
            (Box::new(relay) as Box<dyn Source>, number)
        };
        self.relays.iter().map(source).collect()
    }
}

fn source_id(settings: &NostrSettings) -> SourceId {
    SourceId::new(&format!("{}:{}", Network::Nostr.as_str(), config::name_of(&settings.relay)))
}

fn reading(settings: &NostrSettings, zone: TimeZone) -> Reading {
    Reading { relay: Some(settings.relay.clone()), page: settings.page.clone(), zone }
}
