//! What each part of the server is told of the settings.
//!
//! Owns the translation of what the operator wrote into what parts know. Does not own the settings' form (`config`).
//! Invariant: nothing starts here.

use std::sync::Arc;
use std::time::Duration;

use anyhow::anyhow;

use super::Settings;
use crate::http::page::{DemoNote, PageSettings, RetentionDays};
use crate::http::{self, Shares, TrustedProxies};
use crate::live::LiveLimits;

/// Who those we ask can reach.
pub fn contact(settings: &Settings) -> &str {
    match settings.ingest.contact.as_str() {
        "" => &settings.privacy.contact,
        contact => contact,
    }
}

/// What the system lets us hold of the connections that are wanted.
pub fn open_files(settings: &Settings) -> Shares {
    let allowed = http::raise_open_files();
    let shares = http::shares(allowed, settings.http.max_sessions);
    if shares.sessions < settings.http.max_sessions {
        tracing::warn!(
            allowed,
            sessions = shares.sessions,
            wanted = settings.http.max_sessions,
            "The system allows too few open files for http.max_sessions: the sessions that fit are served, further ones \
             are sent away. Raise the limit (LimitNOFILE in a systemd unit, ulimit -n in a shell)."
        );
    }
    shares
}

pub fn live_limits(settings: &Settings, connections: Shares) -> LiveLimits {
    LiveLimits {
        sessions_max: connections.sessions,
        sessions_per_address_max: settings.http.max_sessions_per_address,
        ..LiveLimits::default()
    }
}

pub fn http_settings(settings: &Settings, connections: Shares) -> anyhow::Result<http::HttpSettings> {
    Ok(http::HttpSettings {
        public_url: settings.http.public_url.trim_end_matches('/').to_owned(),
        trusted_proxies: TrustedProxies::parse(&settings.http.trusted_proxies).map_err(|error| anyhow!(error))?,
        // Only a loopback instance may have named nobody; whoever reads it sits at this machine.
        contact: Some(match contact(settings) {
            "" => "root@localhost".to_owned(),
            contact => contact.to_owned(),
        }),
        metrics_here: settings.http.metrics_listen.is_empty(),
        timing: http::SessionTiming {
            ping_every: Duration::from_secs(settings.http.ping_seconds),
            pong_within: Duration::from_secs(settings.http.pong_seconds),
            unsent_for: Duration::from_secs(settings.http.unsent_seconds),
            ..http::SessionTiming::default()
        },
        other_connections_max: connections.others,
        ..http::HttpSettings::default()
    })
}

pub fn page_settings(settings: &Settings, demo: Option<DemoNote>) -> Arc<PageSettings> {
    let days = settings.store.retention_days;
    let at_most = |ceiling: u32| u16::try_from(days.min(ceiling)).unwrap_or(u16::MAX);
    Arc::new(PageSettings {
        public_url: settings.http.public_url.trim_end_matches('/').to_owned(),
        privacy: settings.privacy.clone(),
        retention: RetentionDays { invited: at_most(30), public: at_most(7), quiet: at_most(3), desk: at_most(30) },
        nostr_page: settings.source.nostr.first().map(|relay| relay.page.clone()).unwrap_or_default(),
        demo,
        ..PageSettings::default()
    })
}
