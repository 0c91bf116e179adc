//! The integration tests: one binary.

mod support;

mod kill;
mod pipeline;
mod tidy;
