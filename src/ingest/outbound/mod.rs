//! The one place from which this server asks others over HTTP.
//!
//! Owns the HTTP client, its limits, our User-Agent and the guard over addresses. Does not own what is asked or how an
//! answer is read.
//! Invariant: an answer is at most [`BODY_LIMIT`] bytes after decompression, redirects are not followed, and nothing is
//! connected to that the [`Guard`] did not let pass.

mod guard;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::fmt::rfc2822;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{HeaderMap, HeaderValue};
use url::Url;

use super::telemetry;
use crate::domain::Timestamp;
#[cfg(test)]
pub use guard::addresses_at_home;
pub use guard::{Guard, is_public};

/// The largest answer that is read, in bytes after decompression (H2). A larger one is refused while it is read.
pub const BODY_LIMIT: usize = 5 << 20;

/// Hosts that have a number of their own in the metrics.
const HOSTS_COUNTED: usize = 500;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const READ_TIMEOUT: Duration = Duration::from_secs(15);
const WHOLE_TIMEOUT: Duration = Duration::from_secs(30);

/// The texts name no address: what was asked for may name a person.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OutboundError {
    /// The address must not be asked; asking again changes nothing.
    #[error("{0}")]
    Forbidden(String),
    #[error("{0}")]
    Unreachable(String),
    #[error("the answer is larger than may be")]
    TooLarge,
    /// The client can't be built.
    #[error("{0}")]
    Setup(String),
}

/// An answer of any status.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

/// Asks others over HTTP. Cheap to clone.
#[derive(Clone)]
pub struct Outbound {
    http: reqwest::Client,
    guard: Guard,
    user_agent: HeaderValue,
    /// The hosts that are counted by name.
    counted: Arc<Mutex<HashSet<String>>>,
}

impl Outbound {
    /// `contact` goes into our User-Agent, so that those we ask can reach whoever runs this (L-07); may be empty.
    pub fn new(contact: &str, allow_private_networks: bool) -> Result<Self, OutboundError> {
        let setup = |error: &dyn std::fmt::Display| OutboundError::Setup(error.to_string());
        let user_agent = user_agent(contact)?;
        let guard = Guard { allow_private_networks };
        // The TLS libraries ask the process for a provider and panic without one. The application installs it; this
        // covers commands and tests that don't. It fails only when there is one already, which is as good.
        if rustls::crypto::CryptoProvider::get_default().is_none() {
            let _already = rustls::crypto::ring::default_provider().install_default();
        }
        let http = reqwest::Client::builder()
            .user_agent(user_agent.clone())
            .redirect(reqwest::redirect::Policy::none())
            // A proxy would resolve names for us, behind the guard's back.
            .no_proxy()
            .dns_resolver(Arc::new(GuardedResolver(guard)))
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(READ_TIMEOUT)
            .timeout(WHOLE_TIMEOUT)
            .build()
            .map_err(|error| setup(&error))?;
        Ok(Self { http, guard, user_agent, counted: Arc::default() })
    }

    pub const fn guard(&self) -> Guard {
        self.guard
    }

    pub const fn user_agent(&self) -> &HeaderValue {
        &self.user_agent
    }

    /// Counts a request by its host, before it is made.
    pub(super) fn count(&self, url: &Url) {
        let host = url.host_str().unwrap_or_default();
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        let is_named = counted.contains(host) || (counted.len() < HOSTS_COUNTED && counted.insert(host.to_owned()));
        drop(counted);
        let host = if is_named { host } else { "other" };
        metrics::counter!(telemetry::REQUESTS, "host" => host.to_owned()).increment(1);
    }

    /// Asks once. A redirect is an answer like any other.
    pub async fn get(&self, url: Url, headers: HeaderMap) -> Result<Answer, OutboundError> {
        self.get_at_most(url, headers, BODY_LIMIT).await
    }

    /// The same, for an answer that has no reason to be as large as [`BODY_LIMIT`].
    pub async fn get_at_most(&self, url: Url, headers: HeaderMap, bytes_max: usize) -> Result<Answer, OutboundError> {
        self.ask(&url, self.http.get(url.clone()).headers(headers), bytes_max).await
    }

    /// Sends once. A redirect is an answer like any other, and an answer larger than this is an error.
    pub async fn post(
        &self,
        url: Url,
        headers: HeaderMap,
        body: Vec<u8>,
        bytes_max: usize,
    ) -> Result<Answer, OutboundError> {
        self.ask(&url, self.http.post(url.clone()).headers(headers).body(body), bytes_max).await
    }

    async fn ask(
        &self,
        url: &Url,
        request: reqwest::RequestBuilder,
        bytes_max: usize,
    ) -> Result<Answer, OutboundError> {
        self.guard.check(url, &["http", "https"])?;
        self.count(url);
        let mut response = request.send().await.map_err(unreachable)?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
            if body.len().saturating_add(chunk.len()) > bytes_max {
                return Err(OutboundError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { status: response.status().as_u16(), headers: std::mem::take(response.headers_mut()), body })
    }
}

/// How long a server asks us to wait: `Retry-After` in seconds or as a date, else `RateLimit-Reset` as a Unix time.
pub fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let until = |at: jiff::Timestamp| {
        let seconds = Timestamp::from_micros(at.as_microsecond()).seconds_since(now);
        Duration::from_secs(u64::try_from(seconds).unwrap_or(0))
    };
    if let Some(asked) = text("retry-after") {
        return match asked.parse::<u64>() {
            Ok(seconds) => Some(Duration::from_secs(seconds)),
            Err(_date) => rfc2822::DateTimeParser::new().parse_timestamp(asked).ok().map(until),
        };
    }
    let reset = text("ratelimit-reset")?.parse::<i64>().ok()?;
    jiff::Timestamp::from_second(reset).ok().map(until)
}

/// `Parvis/<version> (+<contact>)`.
fn user_agent(contact: &str) -> Result<HeaderValue, OutboundError> {
    let version = env!("CARGO_PKG_VERSION");
    let text = match contact.trim() {
        "" => format!("Parvis/{version}"),
        contact => format!("Parvis/{version} (+{contact})"),
    };
    HeaderValue::from_str(&text)
        .ok()
        .filter(|value| value.to_str().is_ok())
        .ok_or_else(|| OutboundError::Setup("ingest.contact has characters that can't stand in a User-Agent".into()))
}

/// Says what is wrong without the address.
fn unreachable(error: reqwest::Error) -> OutboundError {
    let error = error.without_url();
    if error.is_timeout() {
        return OutboundError::Unreachable("no answer in time".into());
    }
    // The cause at the end of the chain is the one that helps ("connection refused", "certificate expired").
    let mut cause: &dyn std::error::Error = &error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    OutboundError::Unreachable(cause.to_string())
}

/// Resolves names for the HTTP client and withholds what the guard refuses.
struct GuardedResolver(Guard);

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.0;
        Box::pin(async move {
            let allowed = guard.resolve(name.as_str(), 0).await?;
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests;
