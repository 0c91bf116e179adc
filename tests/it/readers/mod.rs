//! W1-W6, H2 and H6: readers of every kind, good and bad, and in numbers, against the real program.
//!
//! Owns the clients and their crowds. Does not own crash points of the store, nor the figures of the benchmark.
//! Invariant: every reader speaks over a socket of its own, and what it holds is compared with the server's pages.
//!
//! `PARVIS_SOAK=1` runs the promised sizes; `PARVIS_STRICT=1` holds the figures to the promised limits, for a release
//! build on a machine of its own; `PARVIS_SEED` sets the seed.

mod attack;
mod crowd;
mod drain;
mod follower;
mod hostile;
mod latency;
mod liveness;
mod overload;
mod proxies;
mod resume;
mod wire;

use std::time::Duration;

use crate::support::network::SimulatedNetwork;
use crate::support::server::Server;

fn is_set(name: &str) -> bool {
    std::env::var(name).is_ok_and(|value| !value.is_empty() && value != "0")
}

/// The size of every day, or the promised one.
fn sized(daily: usize, promised: usize) -> usize {
    if is_set("PARVIS_SOAK") { promised } else { daily }
}

/// A promised figure, or what a debug build beside others may take.
fn limit(promised: Duration, tolerated: Duration) -> Duration {
    if is_set("PARVIS_STRICT") { promised } else { tolerated }
}

fn seed(default: u64) -> u64 {
    let seed = std::env::var("PARVIS_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(default);
    println!("PARVIS_SEED={seed}");
    seed
}

/// A running server that hears the network; `http` are lines for its `[http]` section.
async fn serve(network: &SimulatedNetwork, http: &str) -> Server {
    let mut server = prepare(network, http);
    server.start();
    network.is_heard().await;
    server
}

fn prepare(network: &SimulatedNetwork, http: &str) -> Server {
    let server = Server::prepare(network);
    let settings = std::fs::read_to_string(server.config()).unwrap();
    std::fs::write(server.config(), settings.replace("[http]\n", &format!("[http]\n{http}\n"))).unwrap();
    server
}

/// `HOST:PORT`.
fn address(server: &Server) -> String {
    server.url("").trim_start_matches("http://").to_owned()
}

/// Microseconds since 1970, for stamps in posts.
fn now_us() -> i64 {
    use parvis::clock::Clock;
    parvis::clock::SystemClock.now().as_micros()
}

/// The value below which `part` of the sorted figures lie.
fn percentile(figures: &mut [Duration], part: f64) -> Duration {
    figures.sort_unstable();
    let at = ((figures.len() as f64 - 1.0) * part).round() as usize;
    figures.get(at).copied().unwrap_or_default()
}
