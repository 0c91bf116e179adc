//! The integration tests: one binary.

mod support;

mod pipeline;
mod tidy;
