//! Rows of the benchmark: what a program measured, and how that compares.
//!
//! Owns the shape of a row and the arithmetic of goals. Does not own what is measured (each program of `src/bin`
//! does) nor the table (`bin/run.rs` does).
//! Invariant: a program prints one JSON line per row on its standard output and nothing else there; progress goes to
//! its standard error.

pub mod communes;
pub mod frames;
mod cpu;
mod row;

pub use cpu::CoreTime;
pub use row::{Better, Figure, Goal, Peer, Row};

/// Whether a program was asked for a short run (`--quick`).
pub fn is_quick() -> bool {
    std::env::args().any(|argument| argument == "--quick")
}
