use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;

use crate::config::{CityFolder, read_folder};
use crate::domain::{AccountRef, AuthorLookup, City, CityId};
use crate::matcher::{CitySet, ListedAccounts, ListedAs};

/// All cities as read at one moment: the compiled snapshot, and what can't be used.
pub struct Cities {
    pub set: CitySet,
    /// Slug and first problem of each broken file.
    pub broken: Vec<(String, String)>,
    pub fingerprint: String,
}

/// Reads and compiles a folder of city files. `amend` may change a city before it is compiled (the demonstration lists
/// its own bodies).
pub fn read(folder: &Path, amend: &dyn Fn(&mut City)) -> anyhow::Result<Cities> {
    let CityFolder { mut cities, broken, fingerprint } =
        read_folder(folder).with_context(|| format!("{}: the cities can't be read", folder.display()))?;
    cities.iter_mut().for_each(amend);
    let broken = broken
        .into_iter()
        .filter_map(|(slug, problems)| {
            problems.into_iter().find(|problem| !problem.warning).map(|problem| (slug, problem.to_string()))
        })
        .collect();
    Ok(Cities { set: CitySet::compile(cities), broken, fingerprint })
}

/// How long start-up waits for a network to say who the listed accounts are; those not known by then are asked for
/// again with the next look at the city files.
const PATIENCE: Duration = Duration::from_secs(10);

/// Resolves the accounts that the cities list to lasting identities, by the networks' own lookup. A handle that
/// nobody holds is left out. Returns whether every network answered.
pub async fn resolve_listed(cities: &[Arc<City>], lookups: &[Arc<dyn AuthorLookup>]) -> (ListedAccounts, bool) {
    let mut listed = ListedAccounts::default();
    let mut all_answered = true;
    for lookup in lookups {
        let mut wanted: HashMap<String, Vec<(CityId, ListedAs)>> = HashMap::new();
        for city in cities {
            for (account, listing) in accounts(city) {
                if account.network == lookup.network() {
                    wanted.entry(account.handle.clone()).or_default().push((city.id.clone(), listing));
                }
            }
        }
        let mut handles: Vec<String> = wanted.keys().cloned().collect();
        handles.sort();
        for batch in handles.chunks(lookup.batch_max()) {
            match tokio::time::timeout(PATIENCE, lookup.profiles(batch.to_vec())).await {
                Ok(Ok(profiles)) => {
                    for profile in profiles {
                        let by_handle = profile.handle.as_ref().and_then(|handle| wanted.get(&handle.to_lowercase()));
                        for (city, listing) in
                            by_handle.or_else(|| wanted.get(profile.id.as_str())).into_iter().flatten()
                        {
                            listed.insert(profile.network, profile.id.clone(), city.clone(), listing.clone());
                        }
                    }
                }
                _ => all_answered = false,
            }
        }
    }
    (listed, all_answered)
}

/// Every account a city lists. An account of an official body carries the body's name; its other listing adds nothing.
fn accounts(city: &City) -> impl Iterator<Item = (&AccountRef, ListedAs)> {
    let officials = city.officials.iter().flat_map(|official| {
        official
            .accounts
            .iter()
            .map(move |account| (account, ListedAs { name: account.handle.clone(), body: Some(official.name.clone()) }))
    });
    let is_official = |account: &&AccountRef| city.officials.iter().any(|official| official.accounts.contains(account));
    let others = city
        .recipe
        .accounts
        .iter()
        .filter(move |account| !is_official(account))
        .map(|account| (account, ListedAs { name: account.handle.clone(), body: None }));
    officials.chain(others)
}
