//! The town hall's desk, as its officers reach it.
//!
//! Owns its addresses, who may ask each (`routes`), signing in, and its pages. Does not own accounts (`domain::staff`), how
//! somebody proves who they are (`desk`), nor what citizens read (`http::page`). Invariant: every request goes through
//! [`gate`], which knows from the table of routes what it needs; a handler is given a city only of somebody who may act there.

mod account;
mod alerts;
mod answers;
pub(in crate::http) mod figures;
mod gate;
mod inbox;
mod letter;
mod log;
mod looks;
mod moderation;
mod notices;
mod now;
mod numbers;
mod pages;
mod people;
mod routes;
mod series;
mod sign_in;
mod sources;
mod state;
mod told;
mod watch;

#[cfg(test)]
mod tests;

pub use letter::{call, letter};
pub use routes::{Need, ROUTES, Route, configure};
pub use state::{DeskState, Officer};
