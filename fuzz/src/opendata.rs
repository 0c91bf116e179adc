//! Answers of open-data portals, down to the posts that are made of their records and what is remembered of them.

use jiff::tz::TimeZone;
use parvis::domain::{DatasetRef, Lane, Network, Timestamp};
use parvis::ingest::listing::{Holds, LISTED_MAX, Listing, Reading};
use parvis::ingest::sources::opendata::read;

use super::listed;
use super::town::NOW;

pub fn run(data: &[u8]) {
    let dataset = DatasetRef::openagenda("location_insee=\"44999\"".into());
    let page = |now: Timestamp| read(data, &dataset.fields, &TimeZone::UTC, now);
    let Ok(first) = page(NOW) else { return };
    assert!(first.items.len() <= first.records && first.records <= LISTED_MAX);
    for lane in [Lane::Agenda, Lane::Info] {
        let reading = Reading {
            network: Network::OpenData,
            url: dataset.address(),
            name: Some("OpenAgenda".into()),
            lanes: vec![lane],
            zone: TimeZone::UTC,
        };
        listed::check(&reading, &|now| {
            let items = page(now).expect("it was read").items;
            Listing { items, holds: Holds::All, ..Listing::default() }
        });
    }
}
