use std::sync::Arc;

use geo::MultiPolygon;
use jiff::tz::TimeZone;

use super::alert::OnDuty;
use super::{DatasetRef, Lane, Network, OfficeHours, Official, PushSender};

/// A city's slug: its address, its key in the store, its metric label. Lower-case ASCII letters, digits, hyphens.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CityId(Arc<str>);

impl CityId {
    pub fn new(slug: &str) -> Self {
        Self(slug.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A configured part of a city. A zone without an outline is known by its places only.
#[derive(Clone, Debug, PartialEq)]
pub struct Zone {
    pub name: String,
    pub boundary: Option<MultiPolygon<f64>>,
    /// Smaller than a privacy cell: private persons' posts show the city instead (architecture, point 6).
    pub below_cell: bool,
    /// Names heard there; a text naming one gets the zone, never a point.
    pub places: Vec<String>,
}

/// What a small town shows when it is quiet itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Around {
    pub name: String,
    pub boundary: Option<MultiPolygon<f64>>,
    pub hashtags: Vec<String>,
}

/// An account as a city file names it: by handle, or by the network's lasting identity.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AccountRef {
    pub network: Network,
    pub handle: String,
}

/// What a city asks for, as its file states it; the matcher folds and indexes it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recipe {
    pub invite: Option<String>,
    pub hashtags: Vec<String>,
    pub words: Vec<String>,
    pub word_networks: Vec<Network>,
    pub all_of: Vec<Vec<String>>,
    pub ambiguous: Vec<String>,
    pub context: Vec<String>,
    pub accounts: Vec<AccountRef>,
    pub assembly: Vec<String>,
    pub exclude_hashtags: Vec<String>,
    pub exclude_words: Vec<String>,
}

/// The city's own colours, checked for contrast when its file is read.
#[derive(Clone, Debug, PartialEq)]
pub struct Look {
    pub accent: String,
    pub accent_dark: String,
}

/// A feed that a city shows, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedRef {
    /// An `http` or `https` address, as written.
    pub url: String,
    pub lane: Lane,
}

/// A city as its file states it: a value, replaced whole when the file changes.
#[derive(Clone, Debug, PartialEq)]
pub struct City {
    pub id: CityId,
    pub name: String,
    /// Two letters (ISO 3166): which numbers are called there in an emergency.
    pub country: Option<String>,
    /// IANA name; dates of the city's pages are in it.
    pub timezone: String,
    /// BCP 47 primary subtags, the city's first language first.
    pub languages: Vec<String>,
    pub boundary: Option<MultiPolygon<f64>>,
    pub zones: Vec<Zone>,
    pub around: Option<Around>,
    pub recipe: Recipe,
    /// The first 16 hexadecimal digits of BLAKE3 over the recipe as written and the outlines; shown on cards and on the recipe page.
    pub recipe_hash: String,
    pub officials: Vec<Official>,
    pub feeds: Vec<FeedRef>,
    /// Addresses (`https://host`) of public servers of the Mastodon API that are read for this city, beside those that
    /// are read for all.
    pub mastodon: Vec<String>,
    pub pushes: Vec<PushSender>,
    pub datasets: Vec<DatasetRef>,
    pub participation: Option<String>,
    /// When its desk is staffed: how long an answer takes is counted in these.
    pub office_hours: OfficeHours,
    /// What is announced at its desk is read by a second person before it is published.
    pub approve_notices: bool,
    /// Who is told of what is unusual, and when.
    pub on_duty: OnDuty,
    pub look: Look,
    /// Source and licence of the outlines, for the page's foot.
    pub attribution: Vec<String>,
}

impl City {
    /// Its time zone. City files are checked when they are read, so that it is UTC only where the machine knows no zones.
    pub fn zone(&self) -> TimeZone {
        TimeZone::get(&self.timezone).unwrap_or(TimeZone::UTC)
    }
}
