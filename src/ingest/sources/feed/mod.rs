//! Feeds: RSS, Atom, JSON Feed, GeoRSS, iCalendar. Which are read is what the cities' files list.
//!
//! Owns how a feed's document is read, and what it is asked for with. Does not own what of it is news (`listing`), how
//! politely a site is asked (`visit`), nor which city an item concerns: a feed is an account that a city lists
//! (`matcher`). Invariant: one source an address, whatever cities list it.

mod calendar;
mod config;
mod discover;
mod document;
mod places;
mod source;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use url::Url;

use super::Source;
use crate::domain::{City, CityId, Event, Lane, Network, Observation, RefuseReason, Timestamp};
use crate::ingest::hosts::Hosts;
use crate::ingest::listing::{Reading, hash};
use crate::ingest::outbound::{BODY_LIMIT, Outbound};
use crate::ingest::visit::Visitor;

pub use config::FeedSettings;
pub use discover::{Named, feeds_named};
pub use document::{ITEMS_MAX, read};
pub use source::Feed;

/// Makes a source of every feed that cities list.
pub struct Feeds {
    visitor: Visitor,
}

/// What a recorded document says that was found at `address`, as the cities that list it want it; one observation that
/// says why when it can't be read.
pub fn recorded(bytes: &[u8], address: &str, cities: &[Arc<City>], now: Timestamp) -> Vec<Observation> {
    let (mut reading, _) = readings(cities).remove(address).unwrap_or_else(|| begun(address, TimeZone::UTC));
    if reading.lanes.is_empty() {
        reading.lanes.push(Lane::Info);
    }
    let read = Url::parse(address)
        .map_err(|_error| RefuseReason::BadId)
        .and_then(|url| document::read(bytes, &url, &reading.zone, now));
    match read {
        Ok(listing) => reading.recorded(listing, now),
        Err(reason) => reading.observed([Event::Unreadable(reason)]),
    }
}

fn begun(url: &str, zone: TimeZone) -> (Reading, Vec<CityId>) {
    (Reading { network: Network::Feed, url: url.to_owned(), name: None, lanes: Vec::new(), zone }, Vec::new())
}

/// By address: how each feed is to be read, and for whom. The first city that lists it lends its time zone.
fn readings(cities: &[Arc<City>]) -> BTreeMap<&str, (Reading, Vec<CityId>)> {
    let mut readings: BTreeMap<&str, (Reading, Vec<CityId>)> = BTreeMap::new();
    for city in cities {
        for feed in &city.feeds {
            let (reading, listers) = readings.entry(&feed.url).or_insert_with(|| begun(&feed.url, city.zone()));
            reading.lanes.push(feed.lane.clone());
            listers.push(city.id.clone());
        }
    }
    readings
}

impl Feeds {
    /// `hosts`: whose turns all take that ask sites.
    pub fn new(settings: &FeedSettings, outbound: Outbound, hosts: Hosts) -> Self {
        let every = Duration::from_secs(settings.every_seconds.into());
        Self { visitor: Visitor { outbound, hosts, every, bytes_max: BODY_LIMIT } }
    }

    /// One source for each address, with a number that is another when it is to be read for other cities or in another
    /// way.
    pub fn of(&self, cities: &[Arc<City>]) -> Vec<(Box<dyn Source>, u64)> {
        let source = |(reading, listers): (Reading, Vec<CityId>)| {
            let readers = hash(&format!("{listers:?}{:?}", reading.lanes));
            // The addresses were checked when the cities' files were read.
            let feed = Feed::new(reading, listers.into(), readers, self.visitor.clone()).ok()?;
            Some((Box::new(feed) as Box<dyn Source>, readers))
        };
        readings(cities).into_values().filter_map(source).collect()
    }
}
