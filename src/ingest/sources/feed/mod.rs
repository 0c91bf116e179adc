//! Feeds: RSS, Atom, JSON Feed, GeoRSS. Which are read is what the cities' files list.
//!
//! Owns how a feed's document is read, what of it is news, and how politely it is asked for. Does not own which city an
//! item concerns: a feed is an account that a city lists (`matcher`). Invariant: feeds of one host are asked one after
//! another, whatever cities list them.

mod config;
mod discover;
mod document;
mod hosts;
mod memory;
mod news;
mod places;
mod source;
mod until;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use url::Url;

use super::Source;
use crate::domain::{City, CityId, Event, Lane, Network, Observation, RefuseReason, SourceId, Timestamp};
use crate::ingest::Outbound;

pub use config::FeedSettings;
pub use discover::{Named, feeds_named};
pub use document::{Document, ITEMS_MAX, Item, read};
use hosts::Hosts;
pub use memory::{ITEMS_KEPT, Memory};
pub use news::{News, Reading, news};
pub use source::Feed;

/// Makes a source of every feed that cities list.
pub struct Feeds {
    settings: FeedSettings,
    outbound: Outbound,
    hosts: Hosts,
}

/// What a recorded document says that was found at `address`, as the cities that list it want it; one observation that
/// says why when it can't be read.
pub fn recorded(bytes: &[u8], address: &str, cities: &[Arc<City>], now: Timestamp) -> Vec<Observation> {
    let (mut reading, _) = readings(cities).remove(address).unwrap_or_else(|| begun(address, TimeZone::UTC));
    if reading.lanes.is_empty() {
        reading.lanes.push(Lane::Info);
    }
    let read = Url::parse(address).map_err(|_error| RefuseReason::BadId).and_then(|url| document::read(bytes, &url));
    let events = match read {
        Ok(document) => {
            let told = news(document, &Memory::default(), &reading, now);
            told.posts.into_iter().map(|post| Event::Post(Box::new(post))).collect()
        }
        Err(reason) => vec![Event::Unreadable(reason)],
    };
    let source = source_id(address);
    let observation =
        |event| Observation { source: source.clone(), network: Network::Feed, checkpoint: None, sent_at: None, event };
    events.into_iter().map(observation).collect()
}

fn source_id(address: &str) -> SourceId {
    SourceId::new(&format!("{}:{address}", Network::Feed.as_str()))
}

fn begun(url: &str, zone: TimeZone) -> (Reading, Vec<CityId>) {
    (Reading { url: url.to_owned(), lanes: Vec::new(), zone }, Vec::new())
}

/// By address: how each feed is to be read, and for whom. The first city that lists it lends its time zone.
fn readings(cities: &[Arc<City>]) -> BTreeMap<&str, (Reading, Vec<CityId>)> {
    let mut readings: BTreeMap<&str, (Reading, Vec<CityId>)> = BTreeMap::new();
    for city in cities {
        for feed in &city.feeds {
            let zone = || TimeZone::get(&city.timezone).unwrap_or(TimeZone::UTC);
            let (reading, listers) = readings.entry(&feed.url).or_insert_with(|| begun(&feed.url, zone()));
            reading.lanes.push(feed.lane.clone());
            listers.push(city.id.clone());
        }
    }
    readings
}

impl Feeds {
    pub fn new(settings: FeedSettings, outbound: Outbound) -> Self {
        Self { settings, outbound, hosts: Hosts::default() }
    }

    /// One source for each address, with a number that is another when it is to be read for other cities or in another
    /// way.
    pub fn of(&self, cities: &[Arc<City>]) -> Vec<(Box<dyn Source>, u64)> {
        let every = Duration::from_secs(self.settings.every_seconds.into());
        let source = |(reading, listers): (Reading, Vec<CityId>)| {
            let readers = news::hash(&format!("{listers:?}{:?}", reading.lanes));
            // The addresses were checked when the cities' files were read.
            let feed =
                Feed::new(reading, listers.into(), readers, every, self.outbound.clone(), self.hosts.clone()).ok()?;
            Some((Box::new(feed) as Box<dyn Source>, readers))
        };
        readings(cities).into_values().filter_map(source).collect()
    }
}
