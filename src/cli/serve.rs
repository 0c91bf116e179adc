use std::sync::Arc;

use super::{ConfigFile, block_on};
use crate::app::{self, ServeOptions};
use crate::clock::SystemClock;
use crate::shutdown::Shutdown;
use crate::telemetry;

/// Serves until SIGTERM or Ctrl-C, then drains and leaves.
#[derive(clap::Args)]
pub struct Serve {
    #[command(flatten)]
    config: ConfigFile,
    /// Listen here instead of where the configuration says
    #[arg(long, value_name = "ADDR:PORT")]
    listen: Option<String>,
}

impl Serve {
    pub fn run(self) -> anyhow::Result<()> {
        telemetry::init_logs("info");
        let mut settings = self.config.load()?;
        if let Some(listen) = self.listen {
            settings.http.listen = listen;
            settings.check()?;
        }
        block_on(async {
            let shutdown = Shutdown::new();
            tokio::spawn(shutdown.clone().on_signals());
            app::serve(ServeOptions {
                settings,
                clock: Arc::new(SystemClock),
                shutdown,
                amend: Arc::new(|_| {}),
                holders: Vec::new(),
                demo: None,
                backlog: None,
                on_ready: Box::new(|address| println!("Parvis serves on http://{address}")),
            })
            .await
        })
    }
}
