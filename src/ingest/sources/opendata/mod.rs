//! Open data: datasets of Opendatasoft portals, OpenAgenda's events among them. Which are read is what the cities' files list.
//!
//! Owns how a portal is asked and how its records are read. Does not own what of them is news (`listing`), how politely a
//! site is asked (`visit`), nor which city a record concerns: a selection of a dataset is an account that a city lists
//! (`matcher`). Invariant: one source a selection, whatever cities list it.

mod config;
mod decode;
mod source;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;

use super::Source;
use crate::domain::{City, CityId, DatasetRef, Event, Network, Observation, RefuseReason, Timestamp};
use crate::ingest::hosts::Hosts;
use crate::ingest::listing::{Holds, Listing, Reading, hash};
use crate::ingest::outbound::Outbound;
use crate::ingest::visit::Visitor;

pub use config::OpenDataSettings;
pub use decode::{Page, read};
pub use source::Dataset;

/// Makes a source of every dataset that cities list.
pub struct Datasets {
    visitor: Visitor,
}

/// How one selection is read, and for whom.
struct Wanted<'a> {
    dataset: &'a DatasetRef,
    reading: Reading,
    listers: Vec<CityId>,
}

/// What a recorded answer says, as the cities want it that list the dataset at `address`. What no city lists has no fields
/// that are known, so that none of its records can be read.
pub fn recorded(bytes: &[u8], address: &str, cities: &[Arc<City>], now: Timestamp) -> Vec<Observation> {
    let wanted = wanted(cities).remove(address);
    let reading = wanted.as_ref().map_or_else(|| begun(address, TimeZone::UTC), |wanted| wanted.reading.clone());
    let fields = wanted.map(|wanted| wanted.dataset.fields.clone()).unwrap_or_default();
    match read(bytes, &fields, &reading.zone, now) {
        Ok(Page { items, records, .. }) => {
            let unread = records.saturating_sub(items.len());
            let listing = Listing { title: None, items, holds: Holds::Some, ttl_minutes: None };
            let mut observed = reading.recorded(listing, now);
            let unreadable = std::iter::repeat_n(Event::Unreadable(RefuseReason::Malformed), unread);
            observed.extend(reading.observed(unreadable));
            observed
        }
        Err(reason) => reading.observed([Event::Unreadable(reason)]),
    }
}

fn begun(address: &str, zone: TimeZone) -> Reading {
    Reading { network: Network::OpenData, url: address.to_owned(), name: None, lanes: Vec::new(), zone }
}

/// By address. The first city that lists a selection lends its time zone, its name for it, and its fields.
fn wanted(cities: &[Arc<City>]) -> BTreeMap<String, Wanted<'_>> {
    let mut all: BTreeMap<String, Wanted<'_>> = BTreeMap::new();
    for city in cities {
        for dataset in &city.datasets {
            let address = dataset.address();
            let wanted = all.entry(address).or_insert_with_key(|address| {
                let zone = city.zone();
                let reading = Reading { name: Some(dataset.title.clone()), ..begun(address, zone) };
                Wanted { dataset, reading, listers: Vec::new() }
            });
            wanted.reading.lanes.push(dataset.lane.clone());
            wanted.listers.push(city.id.clone());
        }
    }
    all
}

impl Datasets {
    /// `hosts`: whose turns all take that ask sites.
    pub fn new(settings: &OpenDataSettings, outbound: Outbound, hosts: Hosts) -> Self {
        let every = Duration::from_secs(settings.every_seconds.into());
        Self { visitor: Visitor { outbound, hosts, every, bytes_max: source::PAGE_BYTES_MAX } }
    }

    /// One source for each selection, with a number that is another when it is to be read for other cities or in another
    /// way.
    pub fn of(&self, cities: &[Arc<City>]) -> Vec<(Box<dyn Source>, u64)> {
        let source = |wanted: Wanted<'_>| {
            let Wanted { dataset, reading, listers } = wanted;
            let readers = hash(&format!("{listers:?}{:?}{:?}{:?}", reading.lanes, reading.name, dataset.fields));
            // The addresses were checked when the cities' files were read.
            let source = Dataset::new(dataset.clone(), reading, listers.into(), readers, self.visitor.clone()).ok()?;
            Some((Box::new(source) as Box<dyn Source>, readers))
        };
        wanted(cities).into_values().filter_map(source).collect()
    }
}
