//! The questions that a server is asked, and what its answers mean for the connection.
//!
//! Owns addresses, headers and statuses of HTTP. Does not own when it is asked (`source`) nor what a page says (`decode`).
//! Invariant: each request has its turn in the budget, and the token goes to the server alone that it is for.

use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderMap, HeaderValue, LINK};
use std::time::Duration;
use url::Url;

use super::budget::Budget;
use super::decode::{self, Page, Seen};
use super::instance::{Instance, Scope, instance};
use super::news::Timeline;
use crate::config::Revealed;
use crate::domain::{RawPlace, Timestamp};
use crate::ingest::outbound::{Answer, Outbound, OutboundError, retry_after};
use crate::ingest::{DECODE_LIMIT, SourceError};

/// Statuses of a page (L-08).
pub const LIMIT: usize = 40;
/// Where a server asks for patience without saying how much.
const DEFAULT_PATIENCE: Duration = Duration::from_secs(5 * 60);
const JSON: HeaderValue = HeaderValue::from_static("application/json");
const ACTIVITY: HeaderValue = HeaderValue::from_static("application/activity+json");

pub struct Api {
    base: Url,
    outbound: Outbound,
    budget: Budget,
    pub token: Option<Revealed>,
}

/// Why a timeline was not read.
#[derive(Debug, PartialEq)]
pub enum Failure {
    /// Others may be, and this one later.
    Here(String),
    /// All of them.
    All(SourceError),
}

impl Api {
    /// `base`: the server's address, checked when the settings were read.
    pub fn new(base: Url, outbound: Outbound) -> Self {
        Self { base, outbound, budget: Budget::default(), token: None }
    }

    pub const fn outbound(&self) -> &Outbound {
        &self.outbound
    }

    /// What the server says of itself.
    pub async fn instance(&mut self, now: Timestamp) -> Result<Instance, SourceError> {
        let mut answer = self.get(self.address(&["api", "v2", "instance"]), JSON, false, now).await?;
        if answer.status == 404 {
            answer = self.get(self.address(&["api", "v1", "instance"]), JSON, false, now).await?;
        }
        match answer.status {
            200 => instance(&answer.body).ok_or_else(|| retry("what it says of itself can't be read")),
            status => Err(refusal(status, &answer.headers, now).unwrap_or_else(|| retry(&told(status)))),
        }
    }

    /// The newest page of a timeline, or the one right above a status; and whether nothing lies below it. `first`: the
    /// number of the tag that is asked for, with the others beside it.
    pub async fn page(
        &mut self,
        timeline: &Timeline,
        first: usize,
        scope: Scope,
        min_id: Option<&str>,
        now: Timestamp,
    ) -> Result<(Page, bool), Failure> {
        let tag = timeline.tags.get(first).ok_or_else(|| Failure::Here("it has no such tag".into()))?;
        let more = timeline.tags.iter().filter(|other| *other != tag);
        let mut url = self.address(&["api", "v1", "timelines", "tag", tag]);
        url.query_pairs_mut()
            .append_pair("limit", &LIMIT.to_string())
            .extend_pairs(more.map(|tag| ("any[]", tag)))
            .extend_pairs(match scope {
                Scope::All => None,
                Scope::Local => Some(("local", "true")),
                Scope::Remote => Some(("remote", "true")),
            })
            .extend_pairs(min_id.map(|id| ("min_id", id)));
        let answer = self.get(url, JSON, min_id.is_some(), now).await.map_err(Failure::All)?;
        match answer.status {
            200 => {
                let page =
                    decode::page(&answer.body).ok_or_else(|| Failure::Here("what it sends is no timeline".into()))?;
                Ok((page, !has_next(&answer.headers)))
            }
            // A tag that the server has never met.
            404 => Ok((Page::default(), true)),
            status => Err(match refusal(status, &answer.headers, now) {
                Some(error) => Failure::All(error),
                None => Failure::Here(told(status)),
            }),
        }
    }

    /// A status as it is now; `None`: the server shows none.
    pub async fn status(&mut self, id: &str, now: Timestamp) -> Result<Option<Seen>, Failure> {
        let answer = self.get(self.address(&["api", "v1", "statuses", id]), JSON, false, now).await;
        let answer = answer.map_err(Failure::All)?;
        match answer.status {
            200 => match std::str::from_utf8(&answer.body).map(decode::status) {
                Ok(Ok(Some(seen))) => Ok(Some(seen)),
                _ => Err(Failure::Here("what it sends is no status".into())),
            },
            404 | 410 => Ok(None),
            status => Err(match refusal(status, &answer.headers, now) {
                Some(error) => Failure::All(error),
                None => Failure::Here(told(status)),
            }),
        }
    }

    /// The place that a status' own object says it was made at. Best effort: without an answer it has none.
    pub async fn place(&mut self, uri: &str, now: Timestamp) -> Option<RawPlace> {
        let url = Url::parse(uri).ok().filter(|url| url.origin() == self.base.origin())?;
        let answer = self.get(url, ACTIVITY, false, now).await.ok()?;
        decode::place(&answer.body).filter(|_| answer.status == 200)
    }

    /// Where its streams are: of one stream and tag or to be told which, and with the token in the address or without.
    pub fn stream(&self, instance: &Instance, of: Option<(&str, &str)>, with_token: bool) -> Result<Url, SourceError> {
        let is_plain = self.base.scheme() == "http";
        let mut url = instance.streaming.clone().unwrap_or_else(|| self.base.clone());
        let scheme = match url.scheme() {
            "https" | "wss" => "wss",
            // A token must not travel in the open.
            "http" | "ws" if is_plain => "ws",
            _ => return Err(refused("the server's stream is not encrypted; the token is not sent there")),
        };
        if url.set_scheme(scheme).is_err() {
            return Err(refused("the server names no address of its stream"));
        }
        if !url.path().ends_with("/streaming") {
            url.set_path("/api/v1/streaming");
        }
        if let Some((stream, tag)) = of {
            url.query_pairs_mut().append_pair("stream", stream).append_pair("tag", tag);
        }
        if let Some(token) = self.token.as_ref().filter(|_| with_token) {
            url.query_pairs_mut().append_pair("access_token", token.as_str());
        }
        Ok(url)
    }

    /// What tells the server that we may.
    pub fn authorization(&self) -> HeaderMap {
        let bearer =
            self.token.as_ref().and_then(|token| HeaderValue::from_str(&format!("Bearer {}", token.as_str())).ok());
        bearer
            .map(|mut value| {
                value.set_sensitive(true);
                (AUTHORIZATION, value)
            })
            .into_iter()
            .collect()
    }

    fn address(&self, segments: &[&str]) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.clear().extend(segments);
        }
        url
    }

    async fn get(
        &mut self,
        url: Url,
        accept: HeaderValue,
        is_paged: bool,
        now: Timestamp,
    ) -> Result<Answer, SourceError> {
        self.budget.turn(is_paged).await;
        let mut headers = self.authorization();
        headers.insert(ACCEPT, accept);
        // A page of forty statuses of the largest size that is read would be more; no server's is.
        let answer = self.outbound.get_at_most(url, headers, 4 * DECODE_LIMIT).await.map_err(|error| match error {
            OutboundError::Forbidden(_) | OutboundError::Setup(_) => SourceError::Fatal(error.to_string()),
            OutboundError::Unreachable(_) | OutboundError::TooLarge => retry(&error.to_string()),
        })?;
        let number = |name: &str| text(&answer.headers, name)?.parse::<u64>().ok();
        if let (Some(left), Some(limit)) = (number("x-ratelimit-remaining"), number("x-ratelimit-limit")) {
            self.budget.told(left, limit, reset(&answer.headers, now).unwrap_or_default());
        }
        if answer.status == 429 {
            self.budget.rest(patience(&answer.headers, now));
        }
        Ok(answer)
    }
}

/// An answer that is the server's no, which is not worked around (L-06).
fn refusal(status: u16, headers: &HeaderMap, now: Timestamp) -> Option<SourceError> {
    match status {
        401 | 403 | 422 => {
            Some(refused(&format!("the server does not show its tag timelines to us ({})", told(status))))
        }
        429 => Some(SourceError::Refused { reason: told(status), after: Some(patience(headers, now)) }),
        _ => None,
    }
}

/// Until when the server counts, by Mastodon's own header.
fn reset(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let at = Timestamp::parse_rfc3339(text(headers, "x-ratelimit-reset")?)?;
    Some(Duration::from_secs(u64::try_from(at.seconds_since(now)).unwrap_or(0).saturating_add(1)))
}

fn patience(headers: &HeaderMap, now: Timestamp) -> Duration {
    retry_after(headers, now).or_else(|| reset(headers, now)).unwrap_or(DEFAULT_PATIENCE)
}

/// Whether older statuses lie below a page.
fn has_next(headers: &HeaderMap) -> bool {
    headers.get_all(LINK).iter().filter_map(|value| value.to_str().ok()).any(|link| link.contains("rel=\"next\""))
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

fn told(status: u16) -> String {
    format!("the server answers {status}")
}

fn retry(reason: &str) -> SourceError {
    SourceError::Retry { reason: reason.to_owned(), after: None }
}

fn refused(reason: &str) -> SourceError {
    SourceError::Refused { reason: reason.to_owned(), after: None }
}
