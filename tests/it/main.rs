//! The integration tests: one binary.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that can't go on panics; clippy's own exception covers functions marked #[test] only"
)]

mod support;

mod bombs;
mod cities;
mod demo;
mod fuzz;
mod hostile;
mod kill;
mod outputs;
mod pipeline;
mod replay;
mod tidy;
