use std::sync::Arc;

use crate::config::PrivacySettings;
use crate::domain::{City, CityId, Timestamp};

use super::outline::Emblems;
use super::words::{Language, Words};

/// Where pages find the cities that are served now.
pub trait Cities: Send + Sync {
    fn city(&self, id: &CityId) -> Option<Arc<City>>;

    /// In the order in which the front page lists them.
    fn all(&self) -> Vec<Arc<City>>;
}

/// Said on every page when the posts are invented.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DemoNote {
    /// How many times faster than life the posts come.
    pub speed: u32,
}

/// For how many days a post's text is kept, by tier (L-28).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetentionDays {
    pub invited: u16,
    pub public: u16,
    pub quiet: u16,
    /// What addresses a city, in the inbox of its desk.
    pub desk: u16,
}

impl Default for RetentionDays {
    fn default() -> Self {
        Self { invited: 30, public: 7, quiet: 3, desk: 30 }
    }
}

/// What the accessibility statement declares. Without an audit the law knows only one answer: not conforming.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Conformity {
    Full,
    Partial,
    #[default]
    None,
}

impl Conformity {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Partial => "partial",
            Self::None => "none",
        }
    }
}

/// What every page of the instance shares, whatever is asked for.
#[derive(Clone, Debug, Default)]
pub struct PageSettings {
    /// Without a trailing slash; canonical addresses and the leave form's origin check are made from it.
    pub public_url: String,
    /// Who answers for the instance (L-20). Empty on loopback only, and the pages then say that nobody is named.
    pub privacy: PrivacySettings,
    pub retention: RetentionDays,
    pub conformity: Conformity,
    /// What stands before the name of an account of Nostr in the address of a page that shows it; empty for none.
    pub nostr_page: String,
    pub demo: Option<DemoNote>,
}

/// One request, as far as a page needs to know it.
#[derive(Clone, Debug)]
pub struct PageContext {
    pub settings: Arc<PageSettings>,
    pub emblems: Arc<Emblems>,
    pub language: Language,
    /// The address asked for this language (`?hl=`): links of the page then carry it on.
    pub language_asked: bool,
    pub now: Timestamp,
}

impl PageContext {
    pub const fn words(&self) -> Words {
        Words::new(self.language)
    }

    /// The language that links of the page carry, if any.
    pub const fn carried(&self) -> Option<Language> {
        if self.language_asked { Some(self.language) } else { None }
    }
}
