use super::{CitySet, ListedAccounts};
use crate::domain::{AuthorId, CityId, Network};

impl CitySet {
    /// The cities that list an account as a body which answers for them.
    pub fn answered_by<'a>(
        &'a self,
        listed: &'a ListedAccounts,
        network: Network,
        account: &AuthorId,
    ) -> impl Iterator<Item = &'a CityId> {
        let answers = |body: &str, id: &CityId| {
            let officials = self.city(id).map_or(&[][..], |city| &city.officials);
            officials.iter().any(|official| official.name == body && official.kind.answers())
        };
        let listings = listed.of(network, account);
        listings
            .filter(move |(id, listed)| listed.body.as_deref().is_some_and(|body| answers(body, id)))
            .map(|(id, _)| id)
    }

    /// The cities whose desks a post addresses, each once, in the order of their names: by a lasting identity, never by a name in
    /// the text. What a city's own bodies say to each other is none of it (S-50).
    pub fn addressed(
        &self,
        listed: &ListedAccounts,
        network: Network,
        author: &AuthorId,
        accounts: &[AuthorId],
    ) -> Vec<CityId> {
        // Nearly every post ends here.
        if accounts.is_empty() || listed.is_empty() {
            return Vec::new();
        }
        let is_own = |city: &CityId| listed.of(network, author).any(|(id, of)| id == city && of.body.is_some());
        let cities = accounts.iter().flat_map(|account| self.answered_by(listed, network, account));
        let mut cities: Vec<CityId> = cities.filter(|city| !is_own(city)).cloned().collect();
        cities.sort_unstable();
        cities.dedup();
        cities
    }
}
