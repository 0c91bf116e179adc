use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arc_swap::ArcSwap;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::sync::watch;

use crate::clock::Clock;
use crate::domain::{CardRenderer, City, FeedLog, MentionDesk, PushDesk, SourceHealth, Timestamp};
use crate::live::Live;
use crate::shutdown::Shutdown;

use super::{ApiError, CityDirectory, FormLimiter, Gates, HttpSettings};

/// All that handlers reach. Shared by the workers; built once.
pub struct AppState {
    pub cities: Arc<ArcSwap<CityDirectory>>,
    pub log: Arc<dyn FeedLog>,
    pub live: Arc<Live>,
    pub renderer: Arc<dyn CardRenderer>,
    pub sources: watch::Receiver<Arc<Vec<SourceHealth>>>,
    /// What is wrong with the machine, in plain words; empty when nothing is.
    pub trouble: watch::Receiver<String>,
    pub clock: Arc<dyn Clock>,
    pub shutdown: Shutdown,
    /// `None`: the process keeps no metrics, and `/metrics` is not found.
    pub metrics: Option<PrometheusHandle>,
    pub settings: HttpSettings,
    /// How often an address may send the public forms.
    pub forms: FormLimiter,
    /// The inboxes of the cities' desks.
    pub mentions: Arc<dyn MentionDesk>,
    /// Who takes signed deliveries.
    pub push: Arc<dyn PushDesk>,
    /// How many requests are worked on at the same time.
    pub gates: Gates,
    pub started_at: Timestamp,
    /// Set when migrations are done and the cities are loaded.
    pub ready: AtomicBool,
}

impl AppState {
    pub fn set_ready(&self) {
        self.ready.store(true, Ordering::SeqCst);
    }

    pub fn is_ready(&self) -> bool {
        self.ready.load(Ordering::SeqCst)
    }

    /// The city of that slug as it is served now; otherwise an error with the near names.
    pub fn city(&self, slug: &str) -> Result<Arc<City>, ApiError> {
        let directory = self.cities.load();
        directory.get(slug).cloned().ok_or_else(|| {
            let slug: String = slug.chars().take(64).collect();
            let near = directory.near(&slug);
            ApiError::UnknownCity { slug, near }
        })
    }
}
