//! What a site lists, in whatever form: items of a feed, events of a calendar, records of a dataset.
//!
//! Owns what a thing on a list is, which of it is news, what is remembered of a list, and the life of a source that asks
//! for one now and then. Does not own the forms (`sources/<network>`), nor how politely is asked (`visit`). Invariant: what
//! is told of a list and what is remembered of it belong together, so that the one is stored with the other.

mod life;
mod memory;
mod news;
mod until;

use jiff::tz::TimeZone;

use crate::domain::{Event, Lane, Network, Observation, Schedule, SourceId, Timestamp};
use crate::ingest::html::Marked;

pub use life::{Lists, Visit};
pub use memory::{Memory, Seen};
pub use news::{HORIZON_S, News, hash, news};

/// Things of one list that are told of. A form with fewer says so itself; of a longer list the last are left out.
pub const LISTED_MAX: usize = 1_000;

/// Longitude and latitude in degrees.
pub type LonLat = (f64, f64);

/// How a list is read: as all cities that ask for it want it.
#[derive(Clone, Debug)]
pub struct Reading {
    pub network: Network,
    /// Whoever speaks is told by it, wherever it moves: an address, unique in its network.
    pub url: String,
    /// What its publisher is called; `None`: what the list says itself.
    pub name: Option<String>,
    /// The lanes in which cities show it.
    pub lanes: Vec<Lane>,
    /// In which a day begins, and a time without an offset is one.
    pub zone: TimeZone,
}

impl Reading {
    pub fn source(&self) -> SourceId {
        SourceId::new(&format!("{}:{}", self.network.as_str(), self.url))
    }

    /// What of it is seen, under its name. Without a position: a recording moves none.
    pub fn observed(&self, events: impl IntoIterator<Item = Event>) -> Vec<Observation> {
        let source = self.source();
        let observation = |event| Observation {
            source: source.clone(),
            network: self.network,
            checkpoint: None,
            sent_at: None,
            event,
        };
        events.into_iter().map(observation).collect()
    }

    /// What a recorded list says at `now`, one observation a thing on it: what is told, and how much is not, being over or
    /// too far ahead.
    pub fn recorded(&self, listing: Listing, now: Timestamp) -> Vec<Observation> {
        let listed = listing.items.len();
        let told = news(listing, &Memory::default(), self, now).posts;
        let untold = listed.saturating_sub(told.len());
        let told = told.into_iter().map(|post| Event::Post(Box::new(post)));
        self.observed(told.chain(std::iter::repeat_n(Event::Other, untold)))
    }

    /// Only titles and links are kept of the press, whatever else a city lists it as.
    fn is_press(&self) -> bool {
        self.lanes.contains(&Lane::Press)
    }
}

#[derive(Debug, Default, PartialEq)]
pub struct Listing {
    pub title: Option<String>,
    pub items: Vec<Item>,
    pub holds: Holds,
    /// How often its publisher asks to be visited.
    pub ttl_minutes: Option<u32>,
}

/// What it means that something is no longer on a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Holds {
    /// The latest: older things slide out at the end.
    #[default]
    Latest,
    /// All that there is, so that what is missing was taken out; what is over goes by itself.
    All,
    /// A part of what there is: that something is missing says nothing.
    Some,
}

#[derive(Debug, Default, PartialEq)]
pub struct Item {
    /// Unique on its list: the publisher's, or made of what stands there.
    pub id: String,
    pub link: Option<String>,
    pub title: String,
    pub summary: Marked,
    pub published: Option<Timestamp>,
    pub updated: Option<Timestamp>,
    pub tags: Vec<String>,
    pub language: Option<String>,
    /// Unchecked.
    pub lon_lat: Option<LonLat>,
    /// Where it is, in words.
    pub place: Option<String>,
    /// When it takes place, or holds, where its publisher says so: the next time of several.
    pub schedule: Option<Schedule>,
    /// It takes place again later.
    pub again: bool,
}

/// A text in one line, cut at so many bytes.
pub fn line(text: &str, bytes_max: usize) -> String {
    let text = text.get(..text.floor_char_boundary(bytes_max)).unwrap_or_default();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A text of which nobody said whether it is HTML: many that are called plain have it in them.
pub fn marked(text: &str) -> Marked {
    match has_markup(text) {
        true => super::html::to_text(text),
        false => Marked { text: text.trim().to_owned(), facets: Vec::new() },
    }
}

/// Whether it is written as HTML.
pub fn has_markup(text: &str) -> bool {
    let has_entity = || {
        text.split('&').skip(1).any(|rest| {
            let name = rest.split(';').next().unwrap_or_default();
            name.len() < rest.len()
                && (2..=8).contains(&name.len())
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'#')
        })
    };
    let has_tag = || {
        text.split('<')
            .skip(1)
            .any(|rest| rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/') && rest.contains('>'))
    };
    has_tag() || has_entity()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_html_is_read_as_such_and_plain_text_is_left_alone() {
        for (text, expected) in [
            ("<p>Un <b>bal</b></p>", "Un bal"),
            ("<img src=x onerror=alert(1)>Un bal", "Un bal"),
            ("Vin &amp; fromage, 5&nbsp;€", "Vin & fromage, 5\u{a0}€"),
            ("de 3 < 5 ans\nR&D ; A&B & C", "de 3 < 5 ans\nR&D ; A&B & C"),
            ("AT&T;", "AT&T;"),
        ] {
            assert_eq!(marked(text).text, expected);
        }
    }
}
