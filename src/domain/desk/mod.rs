//! What the desk may count, and the rule by which a number about people is told.
//!
//! Owns the words of the desk's numbers, the buckets (`calendar`), the rule itself (`cube`), and the port by which the numbers
//! are read. Does not own the rows (`store`), nor what is usual or unusual (`monitor`).
//! Invariant: there is no question here that names an author, and none that crosses more than time and one thing.
//!
//! Plain are numbers that any reader of the page can count: the posts of a city in a day, a week or a month, and those of
//! bodies and of programs. Everything else about people is a cell of the cube.

mod calendar;
mod cube;
mod fact;

#[cfg(test)]
mod tests;

use std::collections::HashMap;

use futures_util::future::BoxFuture;

pub use calendar::{Bucket, Calendar, Width};
pub use cube::{
    AUTHORS_MIN, BARE, DayClosed, Named, Noted, Side, Told, Trace, VALUES_MAX, WiderClosed, close_day, close_wider,
    rounded,
};
pub use fact::{Fact, Spoken, Voice, is_somebodys, values_of};

use super::{CityId, StoreError, Timestamp};

/// What a number is counted by, beside time. There is no other, and no two at once (consent.md, Counts).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dimension {
    /// Nothing else: the posts are plain then, the authors are not.
    All,
    /// The hours of a day; of days alone.
    Hour,
    Zone,
    Tag,
    Language,
    Network,
    /// A page that posts lead to. Not its site beside it: the one lies within the other, and their difference would be a third
    /// answer.
    Link,
}

impl Dimension {
    pub const ALL: [Self; 7] =
        [Self::All, Self::Hour, Self::Zone, Self::Tag, Self::Language, Self::Network, Self::Link];

    /// The name used in the database and in exports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Hour => "hour",
            Self::Zone => "zone",
            Self::Tag => "tag",
            Self::Language => "language",
            Self::Network => "network",
            Self::Link => "link",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dimension| dimension.as_str() == text)
    }
}

/// A number about people, in a bucket that is closed and changes no more. One that is not told here is counted in the next
/// wider bucket ([`Width::wider`]), where it is told if it is enough by then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    pub start: Timestamp,
    /// Empty for [`Dimension::All`]; of hours, where they begin, in RFC 3339.
    pub value: String,
    pub posts: u64,
    /// Rounded down to a multiple of five. `None`, of [`Dimension::All`] only: fewer than five.
    pub authors: Option<u64>,
}

/// Posts of a closed bucket by who speaks, without a threshold: whoever reads the page can count them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Plain {
    pub people: u64,
    pub bodies: u64,
    pub automatic: u64,
    /// Of the neighbourhood lane, which is not the city's.
    pub around: u64,
}

/// What the usual level and the alert are made from, and nothing that anybody is shown: posts of people by the hour,
/// without those of assemblies. `start` is where the hour begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HourCount {
    pub start: Timestamp,
    pub posts: u64,
}

/// What people have said since an instant, without assemblies: for the alert alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recent {
    pub posts: u64,
    pub authors: u64,
}

/// The numbers of one city, which every question names. A bucket that is open, or was closed before the city was counted,
/// has no answer.
pub trait Counts: Send + Sync {
    /// Since when the city is counted. `None`: not yet.
    fn since<'a>(&'a self, city: &'a CityId) -> BoxFuture<'a, Result<Option<Timestamp>, StoreError>>;

    /// One value over time, oldest first: buckets that begin from `from` on and before `until`. The newest
    /// [`SERIES_MAX`] at most. Of hours there are none: they are values of a day ([`Dimension::Hour`]).
    fn series<'a>(
        &'a self,
        city: &'a CityId,
        width: Width,
        dimension: Dimension,
        value: &'a str,
        from: Timestamp,
        until: Timestamp,
    ) -> BoxFuture<'a, Result<Vec<Cell>, StoreError>>;

    /// All values of one bucket, the most posts first; [`VALUES_MAX`] at most.
    fn values<'a>(
        &'a self,
        city: &'a CityId,
        width: Width,
        dimension: Dimension,
        start: Timestamp,
    ) -> BoxFuture<'a, Result<Vec<Cell>, StoreError>>;

    /// What was told of each value in some buckets, which begin at `starts`: a number of posts for each in which it was, in no
    /// order. [`VALUES_MAX`] values of a bucket at most.
    fn past_values<'a>(
        &'a self,
        city: &'a CityId,
        width: Width,
        dimension: Dimension,
        starts: &'a [Timestamp],
    ) -> BoxFuture<'a, Result<HashMap<String, Vec<u64>>, StoreError>>;

    /// Plain totals of days, weeks or months, oldest first; the newest [`SERIES_MAX`] at most. Of hours there are none.
    fn plain<'a>(
        &'a self,
        city: &'a CityId,
        width: Width,
        from: Timestamp,
        until: Timestamp,
    ) -> BoxFuture<'a, Result<Vec<(Timestamp, Plain)>, StoreError>>;

    /// Plain totals of what stands now, of a bucket that is open: authors are told of none.
    fn open<'a>(
        &'a self,
        city: &'a CityId,
        from: Timestamp,
        until: Timestamp,
    ) -> BoxFuture<'a, Result<Plain, StoreError>>;

    /// Closed hours since an instant, oldest first; the newest [`HOURS_MAX`] at most.
    fn hours<'a>(&'a self, city: &'a CityId, since: Timestamp) -> BoxFuture<'a, Result<Vec<HourCount>, StoreError>>;

    fn recent<'a>(&'a self, city: &'a CityId, since: Timestamp) -> BoxFuture<'a, Result<Recent, StoreError>>;
}

/// Buckets of one answer: more than a year of days.
pub const SERIES_MAX: usize = 400;
/// Hours that are kept: ten weeks, of which the usual level takes eight.
pub const HOURS_MAX: usize = 70 * 24;
