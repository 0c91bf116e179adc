//! Asking a site for one address, as its server and the law of good manners want it.
//!
//! Owns redirects, and what a refusal means for when to come again. Does not own what is asked, nor the client (`outbound`).
//! Invariant: a host is asked one thing at a time, by whichever network, and is left alone where it asks for it.

use std::time::Duration;

use reqwest::header::{self, HeaderMap, HeaderName};
use url::Url;

use super::hosts::Hosts;
use super::outbound::{Answer, Outbound, OutboundError, retry_after};
use super::source::SourceError;
use crate::domain::Timestamp;

/// Redirects that are followed in one visit.
const HOPS_MAX: usize = 5;
/// The longest time between two visits that a site may ask for: a mistaken header must not silence it for days.
pub const LONGEST_ASKED: Duration = Duration::from_secs(6 * 3_600);

/// Visits sites. Cheap to clone; clones share the hosts' turns.
#[derive(Clone)]
pub struct Visitor {
    pub outbound: Outbound,
    pub hosts: Hosts,
    /// The time between two visits, unless a site asks for more.
    pub every: Duration,
    /// Bytes of an answer.
    pub bytes_max: usize,
}

/// What was found, and where.
pub struct Found {
    /// Of status 200, or 304 where it was asked for with a condition.
    pub answer: Answer,
    pub url: Url,
    /// Where it is from now on, when it has moved for good.
    pub moved_to: Option<Url>,
}

impl Visitor {
    pub async fn get(&self, mut url: Url, mut headers: HeaderMap, now: Timestamp) -> Result<Found, SourceError> {
        // Only as long as every step so far was for good is the next one too.
        let (mut for_good, mut moved_to) = (true, None);
        for _hop in 0..=HOPS_MAX {
            let mut turn = self.hosts.turn(url.host_str().unwrap_or_default()).await;
            let asked = self.outbound.get_at_most(url.clone(), headers.clone(), self.bytes_max).await;
            let answer = asked.map_err(|error| self.failed(&error))?;
            let asked_pause = retry_after(&answer.headers, now);
            if let (429 | 503, Some(pause)) = (answer.status, asked_pause) {
                turn.rest(pause.min(LONGEST_ASKED));
            }
            match answer.status {
                200 | 304 => return Ok(Found { answer, url, moved_to }),
                301 | 302 | 303 | 307 | 308 => {
                    for_good &= matches!(answer.status, 301 | 308);
                    url = target(&answer.headers, &url).ok_or_else(|| self.retry("it redirects to nowhere"))?;
                    if for_good {
                        moved_to = Some(url.clone());
                        // What the old address said of its answers is nothing to the new one.
                        headers.remove(header::IF_NONE_MATCH);
                        headers.remove(header::IF_MODIFIED_SINCE);
                    }
                }
                410 => {
                    return Err(SourceError::Fatal("it is gone for good (410): remove it from the city's file".into()));
                }
                429 => return Err(SourceError::Refused { reason: told(429), after: asked_pause.or(Some(self.every)) }),
                400 | 401 | 403 | 451 => {
                    return Err(SourceError::Refused { reason: refusal(&answer), after: None });
                }
                status => {
                    let after = asked_pause.unwrap_or(self.every).max(self.every);
                    return Err(SourceError::Retry { reason: told(status), after: Some(after) });
                }
            }
        }
        Err(self.retry("it redirects without end"))
    }

    /// When to come again: not before the publisher's own times, as far as they are believed.
    pub fn pause(&self, headers: &HeaderMap, ttl_minutes: Option<u32>) -> Duration {
        let control = text(headers, &header::CACHE_CONTROL).unwrap_or_default();
        let max_age = control.split(',').find_map(|part| part.trim().strip_prefix("max-age=")?.parse().ok());
        let ttl = ttl_minutes.map(|minutes| u64::from(minutes) * 60);
        let asked = max_age.into_iter().chain(ttl).max().unwrap_or(0);
        Duration::from_secs(asked).min(LONGEST_ASKED).max(self.every)
    }

    fn failed(&self, error: &OutboundError) -> SourceError {
        match error {
            OutboundError::Forbidden(_) | OutboundError::Setup(_) => SourceError::Fatal(error.to_string()),
            OutboundError::Unreachable(_) | OutboundError::TooLarge => self.retry(&error.to_string()),
        }
    }

    fn retry(&self, reason: &str) -> SourceError {
        SourceError::Retry { reason: reason.to_owned(), after: Some(self.every) }
    }
}

fn told(status: u16) -> String {
    format!("the server answers {status}")
}

/// A refusal with its reason, where a server states one as these interfaces do (`{"message": "…"}`).
fn refusal(answer: &Answer) -> String {
    #[derive(serde::Deserialize)]
    struct Stated {
        message: String,
    }
    const CHARS_MAX: usize = 200;
    let stated = (answer.body.len() < 10_000).then(|| serde_json::from_slice::<Stated>(&answer.body).ok()).flatten();
    let message: String = stated
        .map(|stated| stated.message.split_whitespace().collect::<Vec<_>>().join(" "))
        .unwrap_or_default()
        .chars()
        .filter(|c| !c.is_control())
        .take(CHARS_MAX)
        .collect();
    if message.is_empty() { told(answer.status) } else { format!("{}: {message}", told(answer.status)) }
}

/// A header's text, if it is short and plain.
pub fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    headers.get(name)?.to_str().ok().filter(|value| value.len() <= 500).map(str::to_owned)
}

fn target(headers: &HeaderMap, from: &Url) -> Option<Url> {
    let to = from.join(headers.get(header::LOCATION)?.to_str().ok()?).ok()?;
    (to.as_str().len() <= 2_000).then_some(to)
}
