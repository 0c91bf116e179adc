//! Parvis: the square in front of the town hall.
//!
//! The modules stand in the order in which a post passes through them:
//!
//! ```text
//! networks ─> ingest/sources ─Observation─> pipeline ────────────────────────────> store ──> live ──> http ─> web
//!             decode: pure                  normalize ─> matcher ─> (author) ─> consent      tail     WS, SSE, pages
//! ```
//!
//! `domain`, `config`, `clock`, `shutdown`, `telemetry` and `crash` may be used by all; every other import runs along the
//! arrow, and `tests/it/tidy.rs` fails on any other edge.

pub mod domain;
pub mod clock;
pub mod config;
pub mod crash;
pub mod shutdown;
pub mod telemetry;

pub mod ingest;
pub mod pipeline;
pub mod intake;
pub mod normalize;
pub mod matcher;
pub mod consent;
pub mod store;
pub mod live;
pub mod monitor;
pub mod desk;
pub mod notify;
pub mod http;

pub mod gazetteer;
pub mod demo;
pub mod app;
pub mod cli;
