use std::collections::HashMap;

use crate::domain::{AuthorId, CityId, ListedAs, Network};

/// The accounts that cities list, by their lasting identity: handles were resolved by whoever filled this.
#[derive(Clone, Debug, Default)]
pub struct ListedAccounts {
    by_author: HashMap<AuthorId, Vec<Listing>>,
}

#[derive(Clone, Debug)]
struct Listing {
    network: Network,
    city: CityId,
    listed: ListedAs,
}

impl ListedAccounts {
    /// Of two listings of one account in one city, the one that names a public body stays, else the first.
    pub fn insert(&mut self, network: Network, author: AuthorId, city: CityId, listed: ListedAs) {
        let listings = self.by_author.entry(author).or_default();
        match listings.iter_mut().find(|other| other.network == network && other.city == city) {
            Some(other) if other.listed.body.is_none() && listed.body.is_some() => other.listed = listed,
            Some(_) => {}
            None => listings.push(Listing { network, city, listed }),
        }
    }

    /// The cities that list an account, and as what.
    pub fn of(&self, network: Network, author: &AuthorId) -> impl Iterator<Item = (&CityId, &ListedAs)> {
        let listings = self.by_author.get(author).map_or(&[][..], Vec::as_slice);
        listings
            .iter()
            .filter(move |listing| listing.network == network)
            .map(|listing| (&listing.city, &listing.listed))
    }

    pub fn is_empty(&self) -> bool {
        self.by_author.is_empty()
    }
}
