//! The process's own logs and metrics, never mixed with what the town hall counts.
//!
//! Owns how logs are written and the Prometheus recorder. Does not own the names of metrics: each stage documents its
//! own. Invariant: no log line and no label holds the text of a post, a handle or an address of a person.

use std::io::IsTerminal;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;

/// Logs an error for each malformed request and each connection that breaks off: whoever sends those would fill the disk.
/// Such a request is answered with 400 before it comes to the access log; every request that can be read is in there.
const NOISY: &str = "actix_http::h1";

/// Writes logs to stderr: in columns on a terminal, as JSON lines elsewhere. `RUST_LOG` filters; without it `level` does.
pub fn init_logs(level: &str) {
    let filter = filter(&std::env::var(EnvFilter::DEFAULT_ENV).unwrap_or_default(), level);
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second initialisation (tests) is refused by the library and changes nothing.
    let _already = if std::io::stderr().is_terminal() {
        builder.with_target(false).compact().try_init()
    } else {
        builder.json().try_init()
    };
}

/// What was asked for, without what strangers can make the HTTP library say: that is for whoever asks for `debug` or more
/// of everything, or for the library by name.
fn filter(asked: &str, level: &str) -> EnvFilter {
    let asked = if asked.is_empty() || EnvFilter::try_new(asked).is_err() { level } else { asked };
    let asks_for_it = asked
        .split(',')
        .map(str::trim)
        .any(|part| part.eq_ignore_ascii_case("debug") || part.eq_ignore_ascii_case("trace") || part.contains("actix"));
    EnvFilter::new(if asks_for_it { asked.to_owned() } else { format!("{asked},{NOISY}=off") })
}

/// Installs the recorder that `/metrics` prints. The handle is the only way to it.
pub fn init_metrics() -> anyhow::Result<PrometheusHandle> {
    Ok(PrometheusBuilder::new().install_recorder()?)
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Sink(Arc<Mutex<Vec<u8>>>);

    impl Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    /// Which of three lines are written: ours, the library's of a stranger's making, the library's of another kind.
    fn written(asked: &str) -> [bool; 3] {
        let sink = Sink::default();
        let writer = sink.clone();
        let logs = tracing_subscriber::fmt()
            .with_env_filter(filter(asked, "info"))
            .with_writer(move || writer.clone())
            .finish();
        tracing::subscriber::with_default(logs, || {
            tracing::error!("ours");
            tracing::error!(target: "actix_http::h1::dispatcher", "theirs");
            tracing::error!(target: "actix_server::worker", "other");
        });
        let text = String::from_utf8(sink.0.lock().unwrap().clone()).unwrap();
        ["ours", "theirs", "other"].map(|word| text.contains(word))
    }

    #[test]
    fn w5_strangers_do_not_write_our_log_unless_it_is_asked_for() {
        assert_eq!(written(""), [true, false, true]);
        assert_eq!(written("warn"), [true, false, true]);
        assert_eq!(written("info,parvis::access=off"), [true, false, true]);
        assert_eq!(written("in=fo=="), [true, false, true], "what can't be read is the default");
        assert_eq!(written("debug"), [true, true, true]);
        assert_eq!(written("info,actix_http=error"), [true, true, true]);
    }
}
