use super::block_on;
use crate::app::{self, DemoOptions};
use crate::demo::Rate;
use crate::shutdown::Shutdown;
use crate::telemetry;

/// Everything runs on this machine and nothing is kept: no network is asked, and the database goes with the process.
#[derive(clap::Args)]
pub struct Demo {
    /// How much is said: metropole (60-140 posts a day and city), ville (25-60), village (3-8)
    #[arg(long, default_value = "metropole")]
    rate: Rate,
    /// How many times faster than life
    #[arg(long, value_name = "N")]
    speed: Option<f64>,
    /// Listen here
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDR:PORT")]
    listen: String,
    /// Which play: the same number gives the same authors, words and order
    #[arg(long, value_name = "N", hide = true)]
    seed: Option<u64>,
}

impl Demo {
    pub fn run(self) -> anyhow::Result<()> {
        // Whoever tries it out wants to read the address, not what goes well.
        telemetry::init_logs("warn");
        println!("Preparing the demonstration…");
        block_on(async {
            let shutdown = Shutdown::new();
            tokio::spawn(shutdown.clone().on_signals());
            app::demo(DemoOptions {
                rate: self.rate,
                speed: self.speed,
                seed: self.seed.unwrap_or_else(|| fastrand::u64(..)),
                listen: self.listen,
                shutdown,
                on_ready: Box::new(|address, note| {
                    println!("{note}\nOpen http://localhost:{} — Ctrl-C ends it.", address.port());
                }),
            })
            .await
        })
    }
}
