//! Bodies whom a city's file lists: what they are, why they are there, and until when.
//!
//! Owns the kinds, and what proves an account to be a body's. Does not own whose a handle is today: that is asked of the networks
//! (`app::cities::listed`). Invariant: what is listed until a day is listed no more the day after, whoever forgets it.

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::{AccountRef, Network, Timestamp};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OfficialKind {
    Institution,
    Elected,
    Service,
    Press,
    Association,
}

impl OfficialKind {
    /// As a city's file writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Institution => "institution",
            Self::Elected => "elected",
            Self::Service => "service",
            Self::Press => "press",
            Self::Association => "association",
        }
    }

    /// Whether an account of this kind speaks for the town hall to whoever addresses it. Elected persons don't: what is said to
    /// them is said to a person and their politics, which no office has to read, and what they reply is their own word.
    pub const fn answers(self) -> bool {
        matches!(self, Self::Institution | Self::Service)
    }
}

/// Accounts of a public body, an elected person, the press or an association, listed by the city.
#[derive(Clone, Debug, PartialEq)]
pub struct Official {
    pub name: String,
    pub group: String,
    pub kind: OfficialKind,
    pub accounts: Vec<AccountRef>,
    pub listing: Listing,
}

/// Why somebody is listed, as whoever keeps the list says in public (S-52).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// The host of their own site, as `nantes.fr`: lower-case, without `www.`.
    pub site: Option<String>,
    /// Empty: not said.
    pub reason: String,
    pub since: Option<Date>,
    /// The last day.
    pub until: Option<Date>,
}

impl Listing {
    /// When it is over: the midnight after its last day. `None`: no end is set.
    pub fn ends_at(&self, zone: &TimeZone) -> Option<Timestamp> {
        let after = self.until?.tomorrow().ok()?.to_zoned(zone.clone()).ok()?;
        Some(Timestamp::from_micros(after.timestamp().as_microsecond()))
    }

    pub fn is_over(&self, zone: &TimeZone, now: Timestamp) -> bool {
        self.ends_at(zone).is_some_and(|end| end <= now)
    }

    /// Whether an account's own name proves that it is of whoever holds the site's domain (feature 16). On Bluesky a name that
    /// is a domain, and on Mastodon an account of a server, can be given by the holder of that domain alone, and the network is
    /// asked each hour whose it is. An account of a large server proves nothing, nor does a key.
    pub fn proves(&self, account: &AccountRef) -> bool {
        let host = match account.network {
            Network::Bluesky if !account.handle.starts_with("did:") => Some(account.handle.as_str()),
            Network::Mastodon => account.handle.rsplit_once('@').map(|(_, host)| host),
            _ => None,
        };
        host.zip(self.site.as_deref()).is_some_and(|(host, site)| is_within(&host.to_ascii_lowercase(), site))
    }
}

/// Whether a host is another or lies below it.
fn is_within(host: &str, site: &str) -> bool {
    host.strip_suffix(site).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn feature_16_the_name_of_an_account_proves_it_where_the_domain_is_the_bodys_own() {
        let listing = Listing { site: Some("nantes.fr".into()), ..Listing::default() };
        for (network, handle, proven) in [
            (Network::Bluesky, "nantes.fr", true),
            (Network::Bluesky, "Metropole.Nantes.fr", true),
            (Network::Bluesky, "nantes.fr.example", false),
            (Network::Bluesky, "faux-nantes.fr", false),
            (Network::Bluesky, "nantes.bsky.social", false),
            (Network::Bluesky, "did:web:nantes.fr", false),
            (Network::Mastodon, "ville@social.nantes.fr", true),
            (Network::Mastodon, "nantes.fr@mastodon.example", false),
            (Network::Mastodon, "nantes.fr", false),
            (Network::Nostr, "npub1nantes.fr", false),
        ] {
            let account = AccountRef { network, handle: handle.into() };
            assert_eq!(listing.proves(&account), proven, "{handle}");
            assert!(!Listing::default().proves(&account), "without a site nothing is proven");
        }
    }

    #[test]
    fn s52_what_is_listed_until_a_day_is_listed_to_the_end_of_it() {
        let paris = TimeZone::get("Europe/Paris").unwrap();
        let until = |day: &str| Listing { until: day.parse().ok(), ..Listing::default() }.ends_at(&paris);
        assert_eq!(until("2026-12-31"), Timestamp::parse_rfc3339("2026-12-31T23:00:00Z"));
        assert_eq!(until(""), None);
    }
}
