//! The public register of the desk: what is watched there and why, and how often its pages are looked at.
//!
//! Owns a saved search, its bounds, and the port. Does not own the numbers it shows (`desk`), nor pages.
//! Invariant: a search is of one value of one dimension of the closed cube, so that none names a person; and neither a search
//! nor a look says who saved it or looked, only with which role.

use futures_util::future::BoxFuture;

use super::desk::Dimension;
use super::utterance::page_of;
use super::{AuditHead, CityId, Network, Role, StaffName, StoreError, Timestamp, Zone, fold_tag, primary_subtag};

/// Searches of a city that are open at once; at the bound none is saved until one ends.
pub const WATCHES_MAX: usize = 50;
/// Searches of a city that are kept, ended ones too; at the bound the one that ended longest ago goes. It stays in the log.
pub const WATCHES_KEPT: usize = 500;
/// How long a search may last before it is renewed.
pub const WATCH_DAYS_MAX: i64 = 90;
/// Characters of a purpose.
pub const PURPOSE_MIN: usize = 10;
pub const PURPOSE_MAX: usize = 200;
/// How long looks, and searches that have ended, are kept.
pub const REGISTER_DAYS: i64 = 400;
/// Runs of searches that are told: of fifty searches that are run every day with one role, forty days.
pub const RUNS_MAX: usize = 2_000;
/// What can be watched. Neither all nor hours: they are no values of anything that is said.
pub const WATCHED: [Dimension; 5] =
    [Dimension::Zone, Dimension::Tag, Dimension::Language, Dimension::Network, Dimension::Link];
/// Longest value in bytes, as in the cube.
const VALUE_BYTES_MAX: usize = 300;

/// A saved search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watch {
    /// Of its city, from 1.
    pub number: i64,
    pub dimension: Dimension,
    pub value: String,
    pub purpose: String,
    /// With which role it was saved.
    pub role: Role,
    pub since: Timestamp,
    /// When it ends, or has ended.
    pub until: Timestamp,
}

impl Watch {
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.until > now
    }
}

/// What is wrong with a search that somebody wants to save.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WatchFault {
    /// Nothing that posts are counted by.
    Dimension,
    /// No value that a post of this city could have.
    Value,
    Purpose,
    Days,
}

/// A search before it is saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    pub dimension: Dimension,
    pub value: String,
    pub purpose: String,
    pub days: i64,
}

impl Wanted {
    /// From what somebody typed: the value in the form in which the cube has it, the purpose on one line.
    pub fn parse(zones: &[Zone], dimension: &str, value: &str, purpose: &str, days: &str) -> Result<Self, WatchFault> {
        let dimension = Dimension::parse(dimension).filter(|one| WATCHED.contains(one)).ok_or(WatchFault::Dimension)?;
        let value = value_in(zones, dimension, value.trim()).ok_or(WatchFault::Value)?;
        let purpose = purpose.split_whitespace().collect::<Vec<_>>().join(" ");
        if !(PURPOSE_MIN..=PURPOSE_MAX).contains(&purpose.chars().count()) {
            return Err(WatchFault::Purpose);
        }
        Ok(Self { dimension, value, purpose, days: days_of(days).ok_or(WatchFault::Days)? })
    }
}

/// How many days somebody asks for; `None` of what is no number of them.
pub fn days_of(text: &str) -> Option<i64> {
    text.trim().parse().ok().filter(|days| (1..=WATCH_DAYS_MAX).contains(days))
}

fn value_in(zones: &[Zone], dimension: Dimension, typed: &str) -> Option<String> {
    let value = match dimension {
        Dimension::All | Dimension::Hour => None,
        Dimension::Zone => zones.iter().find(|zone| zone.name == typed).map(|zone| zone.name.clone()),
        Dimension::Tag => Some(fold_tag(typed)),
        Dimension::Language => primary_subtag(typed),
        Dimension::Network => Network::parse(typed).map(|network| network.as_str().to_owned()),
        // As it stands in the table, or as it is copied from a browser.
        Dimension::Link if typed.contains("://") => page_of(typed),
        Dimension::Link => page_of(&format!("https://{typed}")),
    };
    let is_somebodys = |value: &String| dimension == Dimension::Link && super::desk::is_somebodys(value);
    value.filter(|value| !value.is_empty() && value.len() <= VALUE_BYTES_MAX && !is_somebodys(value))
}

/// What somebody does with a search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WatchAct {
    Save(Wanted),
    /// Lasts so many days from now.
    Renew {
        number: i64,
        days: i64,
    },
    End {
        number: i64,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WatchAnswer {
    /// The search of this number.
    Done(i64),
    /// No open search has this number.
    NotFound,
    /// There are [`WATCHES_MAX`] already.
    TooMany,
    /// An open search of the same value has this number.
    Twice(i64),
}

/// How often a page of a desk was opened on a day of the city, with a role.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Looked {
    pub city: CityId,
    /// Where the day begins.
    pub day: Timestamp,
    /// The page's name in its address, or `watch:7` of what a search showed.
    pub page: String,
    pub role: Role,
    pub times: u64,
}

impl Looked {
    /// The name under which looks at what a search shows are counted.
    pub fn at_watch(number: i64) -> String {
        format!("watch:{number}")
    }

    /// The search that was looked at, of such a name.
    pub fn watch(&self) -> Option<i64> {
        self.page.strip_prefix("watch:")?.parse().ok()
    }
}

/// The register of each city, which every question names.
pub trait Register: Send + Sync {
    /// All searches that are kept, the newest first; [`WATCHES_KEPT`] at most.
    fn watches<'a>(&'a self, city: &'a CityId) -> BoxFuture<'a, Result<Vec<Watch>, StoreError>>;

    /// A line of the log is written with what is done. Answered when it can be read.
    fn watch<'a>(
        &'a self,
        city: &'a CityId,
        by: StaffName,
        role: Role,
        act: WatchAct,
    ) -> BoxFuture<'a, Result<WatchAnswer, StoreError>>;

    /// Looks at pages on the days that begin from `from` on and before `until`, the newest day first.
    fn looks<'a>(
        &'a self,
        city: &'a CityId,
        from: Timestamp,
        until: Timestamp,
    ) -> BoxFuture<'a, Result<Vec<Looked>, StoreError>>;

    /// The last looks at what searches showed, the newest day first; [`RUNS_MAX`] at most.
    fn runs<'a>(&'a self, city: &'a CityId) -> BoxFuture<'a, Result<Vec<Looked>, StoreError>>;

    /// Adds looks to those that are counted.
    fn looked(&self, looks: Vec<Looked>) -> BoxFuture<'_, Result<(), StoreError>>;

    /// How many accounts that can sign in have each role.
    fn offices<'a>(&'a self, city: &'a CityId) -> BoxFuture<'a, Result<Vec<(Role, u64)>, StoreError>>;

    /// The end of the city's log.
    fn log_head<'a>(&'a self, city: &'a CityId) -> BoxFuture<'a, Result<AuditHead, StoreError>>;
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHY: &str = "Suivre les travaux de la ligne 1";

    fn zones() -> Vec<Zone> {
        vec![Zone { name: "Centre-ville".into(), boundary: None, below_cell: false, places: Vec::new() }]
    }

    fn wanted(dimension: &str, value: &str) -> Result<String, WatchFault> {
        Wanted::parse(&zones(), dimension, value, WHY, "30").map(|wanted| wanted.value)
    }

    #[test]
    fn feature_19_a_search_is_of_one_value_as_the_numbers_have_it() {
        for (dimension, typed, value) in [
            ("zone", "Centre-ville", "Centre-ville"),
            ("tag", " #Télé-Travail ", "teletravail"),
            ("language", "fr-CA", "fr"),
            ("network", "mastodon", "mastodon"),
            ("link", "https://www.ville.example/travaux?utm_source=x#a", "ville.example/travaux"),
            ("link", "ville.example/travaux", "ville.example/travaux"),
        ] {
            assert_eq!(wanted(dimension, typed).as_deref(), Ok(value), "{dimension} {typed}");
        }
    }

    #[test]
    fn l44_no_search_names_a_person_nor_crosses_two_things() {
        for (dimension, typed, fault) in [
            ("author", "lea", WatchFault::Dimension),
            ("all", "", WatchFault::Dimension),
            ("hour", "2027-01-13T10:00:00Z", WatchFault::Dimension),
            ("tag,zone", "x", WatchFault::Dimension),
            ("zone", "Ailleurs", WatchFault::Value),
            ("tag", "  #  ", WatchFault::Value),
            ("language", "und", WatchFault::Value),
            ("network", "facebook", WatchFault::Value),
            ("link", "https://bsky.app/profile/lea.example", WatchFault::Value),
            ("link", "m.example/@lea", WatchFault::Value),
            ("link", "x.com/lea", WatchFault::Value),
            ("tag", &"a".repeat(301), WatchFault::Value),
        ] {
            assert_eq!(wanted(dimension, typed), Err(fault), "{dimension} {typed}");
        }
    }

    #[test]
    fn feature_19_a_search_says_why_and_ends() {
        let of = |purpose: &str, days: &str| Wanted::parse(&[], "tag", "tram", purpose, days);
        let folded = of("  Suivre\r\n les   travaux ", "90").unwrap();
        assert_eq!((folded.purpose.as_str(), folded.days), ("Suivre les travaux", 90));
        for purpose in ["", "trop peu", "a          b", &"é".repeat(201)] {
            assert_eq!(of(purpose, "30"), Err(WatchFault::Purpose), "{purpose}");
        }
        assert!(of(&"é".repeat(200), "1").is_ok() && of(&"é".repeat(10), "1").is_ok());
        for days in ["", "0", "-1", "91", "x", "99999999999999999999"] {
            assert_eq!(of(WHY, days), Err(WatchFault::Days), "{days}");
        }
    }
}
