//! The outside of the server: the HTTP API, the live sessions' sockets, and what every response carries.
//!
//! Owns routes, queries, wire shapes, problem documents and headers. Does not own pages (`http::page` does) nor what
//! a session is sent (`live` does). Handlers read through the ports; what is to be written they ask others to.
//! Invariant: bad input is answered with a problem document that names what is wrong and how to mend it; nothing a
//! client sends reaches a log unbounded, and no log line holds a whole client address.

mod access_log;
mod address;
mod connections;
pub mod desk;
mod directory;
mod error;
mod handlers;
mod headers;
mod limiter;
mod near;
mod open_files;
mod openapi;
mod origin;
pub mod page;
mod query;
mod report;
mod routes;
mod security_txt;
mod server;
mod settings;
mod shed;
mod sheet;
mod sse;
mod state;
mod upgrade;
pub mod view;
mod websocket;

#[cfg(test)]
mod tests;

pub use address::TrustedProxies;
pub use directory::{CityDirectory, ServedCities};
pub use error::{ApiError, Problem};
pub use headers::{Csp, security_headers};
pub use limiter::FormLimiter;
pub use near::near;
pub use open_files::{Shares, raise_open_files, shares};
pub use openapi::openapi_json;
pub use query::{LiveQuery, PostsQuery};
pub use report::{MonthReport, ReportForm, render as render_report};
pub use server::{drain, serve, serve_metrics};
pub use settings::{HttpSettings, SessionTiming};
pub use shed::Gates;
pub use state::AppState;
pub use websocket::{Inbox, Said};
