//! The process's own logs and metrics, never mixed with what the town hall counts.
//!
//! Owns how logs are written and the Prometheus recorder. Does not own the names of metrics: each stage documents its
//! own. Invariant: no log line and no label holds the text of a post, a handle or an address of a person.

use std::io::IsTerminal;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;

/// Writes logs to stderr: in columns on a terminal, as JSON lines elsewhere. `RUST_LOG` filters; the default is `info`.
pub fn init_logs() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second initialisation (tests) is refused by the library and changes nothing.
    let _already = if std::io::stderr().is_terminal() {
        builder.with_target(false).compact().try_init()
    } else {
        builder.json().try_init()
    };
}

/// Installs the recorder that `/metrics` prints. The handle is the only way to it.
pub fn init_metrics() -> anyhow::Result<PrometheusHandle> {
    Ok(PrometheusBuilder::new().install_recorder()?)
}
