//! The integration tests: one binary.

mod support;

mod demo;
mod kill;
mod outputs;
mod pipeline;
mod replay;
mod tidy;
