//! The integration tests: one binary.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that can't go on panics; clippy's own exception covers functions marked #[test] only"
)]

mod support;

mod alerts;
mod backup;
mod bombs;
mod campaign;
mod cities;
mod demo;
mod desk;
mod disk;
mod feeds;
mod fuzz;
mod hostile;
mod mastodon;
mod mentions;
mod mutants;
mod nostr;
mod opendata;
mod outputs;
mod pipeline;
mod push;
mod readers;
mod replay;
mod report;
mod rows;
mod tidy;
mod utterance;
mod wires;
