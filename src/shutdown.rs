//! How the process is told to stop, and how long it waits.
//!
//! Owns the signal handlers and the one cancellation token that every task watches. Does not own what each task does
//! about it. Invariant: once triggered it stays triggered.

use tokio_util::sync::CancellationToken;

/// Cheap to clone; all clones are one.
#[derive(Clone, Debug, Default)]
pub struct Shutdown(CancellationToken);

impl Shutdown {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn trigger(&self) {
        self.0.cancel();
    }

    pub fn is_triggered(&self) -> bool {
        self.0.is_cancelled()
    }

    /// Resolves once the process is to stop; at once when it already is.
    pub async fn triggered(&self) {
        self.0.cancelled().await;
    }

    /// Triggers on SIGTERM and Ctrl-C.
    pub async fn on_signals(self) -> std::io::Result<()> {
        let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        tokio::select! {
            _ = terminate.recv() => {}
            interrupted = tokio::signal::ctrl_c() => interrupted?,
            () = self.triggered() => {}
        }
        self.trigger();
        Ok(())
    }
}
