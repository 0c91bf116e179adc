//! Rows of the benchmark: what a program measured, and how that compares.
//!
//! Owns the shape of a row, the arithmetic of goals, the table and the load generator. Does not own what is measured
//! (each program of `src/bin` does).
//! Invariant: a program prints one JSON line per row on its standard output and nothing else there; progress goes to
//! its standard error.

pub mod communes;
mod cpu;
pub mod door;
pub mod frames;
pub mod load;
pub mod posts;
mod row;
mod table;

pub use cpu::CoreTime;
pub use row::{Better, Figure, Goal, Peer, Row};
pub use table::{Machine, markdown, print_table};

/// Whether a program was asked for a short run (`--quick`).
pub fn is_quick() -> bool {
    std::env::args().any(|argument| argument == "--quick")
}
