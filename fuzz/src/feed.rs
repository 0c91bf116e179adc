//! Feeds in every format, calendars too, down to the posts that are made of their items and what is remembered of them.

use jiff::tz::TimeZone;
use parvis::domain::{Lane, Network, Timestamp};
use parvis::ingest::listing::{Holds, LISTED_MAX, Reading};
use parvis::ingest::sources::feed::{ITEMS_MAX, read};

use super::listed;
use super::town::NOW;

pub fn run(data: &[u8]) {
    let address = url::Url::parse("https://ville.example/rss").expect("an address");
    let zone = TimeZone::get("Europe/Paris").expect("a zone");
    let document = |now: Timestamp| read(data, &address, &zone, now);
    let Ok(first) = document(NOW) else { return };
    assert!(first.items.len() <= if first.holds == Holds::Latest { ITEMS_MAX } else { LISTED_MAX });
    for lane in [Lane::Info, Lane::Press, Lane::Agenda] {
        let reading = Reading {
            network: Network::Feed,
            url: address.to_string(),
            name: None,
            lanes: vec![lane],
            zone: zone.clone(),
        };
        listed::check(&reading, &|now| document(now).expect("it was read"));
    }
}
