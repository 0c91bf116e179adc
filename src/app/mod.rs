//! The composition root: the only place that names a concrete source, store and server and ties them together.
//!
//! Owns what is started, in which order, and in which order it stops. Does not own what any part does. Invariant: no
//! reader is served before the store is open and the cities are loaded, and the store is closed last.

mod cities;
mod drive;
mod listen;
mod play;
mod reload;
mod serve;
mod upkeep;

pub use play::{DemoOptions, demo};
pub use serve::{ServeOptions, serve};

use std::sync::Arc;

use crate::clock::{Clock, SystemClock};
use crate::config;
use crate::consent::Policy;
use crate::domain::CommitListener;
use crate::ingest::sources::SourceSettings;
use crate::ingest::sources::bluesky::BlueskySettings;
use crate::intake::{Authors, Intake, KnownPosts};
use crate::matcher::CitySet;
use crate::store::{self, Store, StoreOptions};

pub use cities::Cities;

/// The whole configuration of this program.
pub type Settings = config::Settings<SourceSettings>;

/// The settings that `parvis config doc` writes: the defaults, with the networks of this version turned on.
pub fn documented_settings() -> Settings {
    Settings { source: SourceSettings { bluesky: Some(BlueskySettings::default()) }, ..Settings::default() }
}

/// Opens the configured database for this process alone.
pub async fn open_store(
    settings: &Settings,
    listener: Option<Arc<dyn CommitListener>>,
    clock: Arc<dyn Clock>,
) -> anyhow::Result<Store> {
    Ok(store::open(&settings.store.url, StoreOptions::new(clock), listener).await?)
}

/// As [`open_store`], on the machine's clock and with nobody listening: for commands.
pub async fn open_store_alone(settings: &Settings) -> anyhow::Result<Store> {
    open_store(settings, None, Arc::new(SystemClock)).await
}

/// Reads and compiles the configured cities.
pub fn read_cities(settings: &Settings) -> anyhow::Result<Cities> {
    cities::read(&settings.cities.folder, &|_| {})
}

/// The pipeline's memory, as the store has it.
pub async fn intake(settings: &Settings, store: &Store, cities: Arc<CitySet>) -> anyhow::Result<Intake> {
    let key = store.id_key();
    let known = KnownPosts::new(store.known_posts().await?);
    let authors = Authors::new(key, store.authors().await?, store.suppressed().await?);
    Ok(Intake::new(key, policy(settings), cities, known, authors))
}

pub const fn policy(settings: &Settings) -> Policy {
    match settings.consent.policy {
        config::PolicyName::Standard => Policy::Standard,
        config::PolicyName::Strict => Policy::Strict,
    }
}
