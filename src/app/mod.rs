//! The composition root: the only place that names a concrete source, store and server and ties them together.
//!
//! Owns what is started, in which order, and in which order it stops. Does not own what any part does. Invariant: no
//! reader is served before the store is open and the cities are loaded, and the store is closed last.

mod alerts;
mod asked;
mod cities;
mod clock_guard;
mod disk;
mod drive;
#[cfg(test)]
mod fake;
mod following;
mod listen;
mod past;
mod play;
mod push;
mod reload;
mod serve;
mod told;
mod upkeep;

pub use play::{DemoOptions, demo};
pub use serve::{ServeOptions, serve};

use std::sync::Arc;

use crate::clock::{Clock, SystemClock};
use crate::config;
use crate::consent::Policy;
use crate::domain::{AuthorId, City, CommitListener, Network};
use crate::ingest::Outbound;
use crate::ingest::sources::bluesky::BlueskySettings;
use crate::ingest::sources::feed::FeedSettings;
use crate::ingest::sources::mastodon::MastodonSettings;
use crate::ingest::sources::nostr::NostrSettings;
use crate::ingest::sources::opendata::OpenDataSettings;
use crate::ingest::sources::{self, SourceSettings};
use crate::intake::{Authors, Intake, KnownPosts};
use crate::matcher::{CitySet, ListedAccounts};
use crate::store::{self, Person, Retention, Store, StoreOptions};

pub use cities::Cities;

/// The whole configuration of this program.
pub type Settings = config::Settings<SourceSettings>;

/// The settings that `parvis config doc` writes: the defaults, with the networks of this version turned on.
pub fn documented_settings() -> Settings {
    let source = SourceSettings {
        bluesky: Some(BlueskySettings::default()),
        feed: Some(FeedSettings::default()),
        opendata: Some(OpenDataSettings::default()),
        mastodon: vec![MastodonSettings::example()],
        nostr: vec![NostrSettings::example()],
    };
    Settings { source, ..Settings::default() }
}

/// Opens the configured database for this process alone.
pub async fn open_store(
    settings: &Settings,
    listener: Option<Arc<dyn CommitListener>>,
    clock: Arc<dyn Clock>,
) -> anyhow::Result<Store> {
    let retention = Retention::from_days(settings.store.retention_days);
    let options = StoreOptions { retention, ..StoreOptions::new(clock) };
    Ok(store::open(&settings.store.url, options, listener).await?)
}

/// As [`open_store`], on the machine's clock and with nobody listening: for commands.
pub async fn open_store_alone(settings: &Settings) -> anyhow::Result<Store> {
    open_store(settings, None, Arc::new(SystemClock)).await
}

/// Reads and compiles the configured cities.
pub fn read_cities(settings: &Settings) -> anyhow::Result<Cities> {
    cities::read(&settings.cities.folder, &|_| {}, SystemClock.now())
}

/// The pipeline's memory, as the store has it.
pub async fn intake(settings: &Settings, store: &Store, cities: Arc<CitySet>) -> anyhow::Result<Intake> {
    let key = store.id_key();
    let known = KnownPosts::new(store.known_posts().await?).copying(store.origins().await?);
    let known = known.addressing(store.addressed().await?);
    let authors = Authors::new(key, store.authors().await?, store.suppressed().await?);
    Ok(Intake::new(key, policy(settings), cities, known, authors))
}

/// What every command asks others with.
pub fn outbound(settings: &Settings) -> anyhow::Result<Outbound> {
    Ok(Outbound::new(told::contact(settings), settings.ingest.allow_private_networks)?)
}

/// Whom these cities list by an address, which is who it is: nobody has to be asked.
pub fn listed_by_address(cities: &[Arc<City>]) -> ListedAccounts {
    cities::Listed::new(Vec::new()).of(cities)
}

/// Asks the configured networks whose handle it is: every identity that its holder has on the first that knows. None:
/// it is nobody's, or no network can be asked.
pub async fn look_up_person(settings: &Settings, person: &Person) -> anyhow::Result<Vec<(Network, AuthorId)>> {
    let outbound = outbound(settings)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let lookups = sources::lookups(&settings.source, &outbound, &clock)?;
    let resolvers = cities::resolvers(&lookups, sources::resolvers(&outbound));
    let may_be = |network| person.network.is_none_or(|named| named == network);
    for resolver in resolvers.iter().filter(|resolver| may_be(resolver.network())) {
        let found = resolver.holders(vec![person.name.clone()]).await?;
        let holders = found.into_iter().flat_map(|(_, holders)| holders);
        let identities: Vec<_> = holders.map(|holder| (resolver.network(), holder)).collect();
        if !identities.is_empty() {
            return Ok(identities);
        }
    }
    Ok(Vec::new())
}

pub const fn policy(settings: &Settings) -> Policy {
    match settings.consent.policy {
        config::PolicyName::Standard => Policy::Standard,
        config::PolicyName::Strict => Policy::Strict,
    }
}
