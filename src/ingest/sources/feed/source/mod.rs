use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt};
use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};
use url::Url;

use super::document::{self, Document};
use super::hosts::Hosts;
use super::memory::Memory;
use super::news::{News, Reading, news};
use crate::domain::{AuthorLookup, CityId, Event, Network, Observation, RefuseReason, SourceId, Timestamp};
use crate::ingest::outbound::{Answer, Outbound, OutboundError, retry_after};
use crate::ingest::{Closed, Source, SourceContext, SourceError};

/// Redirects that are followed in one visit.
const HOPS_MAX: usize = 5;
/// The longest time between two visits that a feed may ask for: a mistaken header must not silence it for days.
const LONGEST_ASKED: Duration = Duration::from_secs(6 * 3_600);
/// A memory whose items did not change is stored again after this, so that a restart knows how far it reached.
const STORE_AGAIN_S: i64 = 6 * 3_600;
const ACCEPT: HeaderValue = HeaderValue::from_static(
    "application/feed+json, application/atom+xml, application/rss+xml, application/xml;q=0.9, */*;q=0.5",
);

/// One feed, visited again and again.
pub struct Feed {
    id: SourceId,
    url: Url,
    reading: Reading,
    cities: Arc<[CityId]>,
    /// Of the cities that list it, and how: see [`Memory::readers`].
    readers: u64,
    every: Duration,
    outbound: Outbound,
    hosts: Hosts,
}

/// What came of one visit.
enum Visit {
    /// As it was.
    Unchanged,
    Read(Box<Document>),
    Unreadable(RefuseReason),
}

impl Feed {
    /// `every`: the time between two visits, unless the feed asks for more.
    pub fn new(
        reading: Reading,
        cities: Arc<[CityId]>,
        readers: u64,
        every: Duration,
        outbound: Outbound,
        hosts: Hosts,
    ) -> Result<Self, String> {
        let url = Url::parse(&reading.url).map_err(|error| format!("{:?} is not an address: {error}", reading.url))?;
        let id = super::source_id(&reading.url);
        Ok(Self { id, url, reading, cities, readers, every, outbound, hosts })
    }

    /// Asks for the feed once and notes in `memory` where it is now and what to ask with next time. The time is that after
    /// which to come again.
    async fn visit(&self, memory: &mut Memory, now: Timestamp) -> Result<(Visit, Duration), SourceError> {
        let mut url = memory.moved_to.as_deref().and_then(|moved| Url::parse(moved).ok()).unwrap_or(self.url.clone());
        // Only as long as every step so far was for good is the next one too.
        let mut for_good = true;
        for _hop in 0..=HOPS_MAX {
            let mut turn = self.hosts.turn(url.host_str().unwrap_or_default()).await;
            let asked = self.outbound.get(url.clone(), conditions(memory)).await;
            let answer = asked.map_err(|error| self.failed(error))?;
            let asked_pause = retry_after(&answer.headers, now);
            if let (429 | 503, Some(pause)) = (answer.status, asked_pause) {
                turn.rest(pause.min(LONGEST_ASKED));
            }
            match answer.status {
                200 => return Ok(self.read(answer, &url, memory)),
                304 => return Ok((Visit::Unchanged, self.pause(&answer.headers, None))),
                301 | 302 | 303 | 307 | 308 => {
                    for_good &= matches!(answer.status, 301 | 308);
                    url = target(&answer.headers, &url).ok_or_else(|| self.retry("it redirects to nowhere"))?;
                    if for_good {
                        tracing::info!(source = self.id.as_str(), "The feed has moved; it is read at its new address.");
                        memory.moved_to = Some(url.to_string());
                        // What the old address said of its answers is nothing to the new one.
                        (memory.etag, memory.last_modified) = (None, None);
                    }
                }
                410 => {
                    return Err(SourceError::Fatal(
                        "the feed is gone for good (410): remove it from the city's file".into(),
                    ));
                }
                429 => return Err(SourceError::Refused { reason: told(429), after: asked_pause.or(Some(self.every)) }),
                401 | 403 | 451 => return Err(SourceError::Refused { reason: told(answer.status), after: None }),
                status => {
                    let after = asked_pause.unwrap_or(self.every).max(self.every);
                    return Err(SourceError::Retry { reason: told(status), after: Some(after) });
                }
            }
        }
        Err(self.retry("it redirects without end"))
    }

    fn read(&self, answer: Answer, url: &Url, memory: &mut Memory) -> (Visit, Duration) {
        match document::read(&answer.body, url) {
            Ok(document) => {
                (memory.etag, memory.last_modified) =
                    (text(&answer.headers, &header::ETAG), text(&answer.headers, &header::LAST_MODIFIED));
                let pause = self.pause(&answer.headers, document.ttl_minutes);
                (Visit::Read(Box::new(document)), pause)
            }
            Err(reason) => (Visit::Unreadable(reason), self.pause(&answer.headers, None)),
        }
    }

    /// When to come again: not before the publisher's own times, as far as they are believed.
    fn pause(&self, headers: &HeaderMap, ttl_minutes: Option<u32>) -> Duration {
        let control = text(headers, &header::CACHE_CONTROL).unwrap_or_default();
        let max_age = control.split(',').find_map(|part| part.trim().strip_prefix("max-age=")?.parse().ok());
        let ttl = ttl_minutes.map(|minutes| u64::from(minutes) * 60);
        let asked = max_age.into_iter().chain(ttl).max().unwrap_or(0);
        Duration::from_secs(asked).min(LONGEST_ASKED).max(self.every)
    }

    fn failed(&self, error: OutboundError) -> SourceError {
        match error {
            OutboundError::Forbidden(_) | OutboundError::Setup(_) => SourceError::Fatal(error.to_string()),
            OutboundError::Unreachable(_) | OutboundError::TooLarge => self.retry(&error.to_string()),
        }
    }

    fn retry(&self, reason: &str) -> SourceError {
        SourceError::Retry { reason: reason.to_owned(), after: Some(self.every) }
    }

    async fn live(&self, context: SourceContext) -> Result<(), SourceError> {
        let mut memory = Memory::resume(context.resume.as_ref(), self.readers, context.clock.now());
        let mut stored_at = Timestamp::from_micros(memory.read_at);
        loop {
            let before = memory.clone();
            let (visit, pause) = tokio::select! {
                visited = self.visit(&mut memory, context.clock.now()) => visited?,
                () = context.shutdown.triggered() => return Ok(()),
            };
            let now = context.clock.now();
            let told = match visit {
                Visit::Read(document) => news(*document, &memory, &self.reading, now),
                Visit::Unchanged => {
                    News { posts: vec![], gap: None, memory: Memory { read_at: now.as_micros(), ..memory } }
                }
                Visit::Unreadable(reason) => {
                    // Nobody listens any more: the next step finds the same.
                    let _closed = self.send(&context, Event::Unreadable(reason), None).await;
                    return Err(self.retry("what it sends is no feed that can be read"));
                }
            };
            context.health.connected();
            context.health.saw(None);
            let is_due = now.seconds_since(stored_at) >= STORE_AGAIN_S;
            memory = told.memory;
            let is_same = Memory { read_at: before.read_at, ..memory.clone() } == before;
            let gap = told.gap.map(Event::Gap);
            let mut events: Vec<Event> =
                gap.into_iter().chain(told.posts.into_iter().map(|post| Event::Post(Box::new(post)))).collect();
            if events.is_empty() && (!is_same || is_due) {
                events.push(Event::Other);
            }
            // With the last that is told, so that what is stored of it and the memory are one.
            let last = events.len().saturating_sub(1);
            for (number, event) in events.into_iter().enumerate() {
                if self.send(&context, event, (number == last).then_some(&memory)).await.is_err() {
                    return Ok(());
                }
                stored_at = now;
            }
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = context.shutdown.triggered() => return Ok(()),
            }
        }
    }

    async fn send(&self, context: &SourceContext, event: Event, memory: Option<&Memory>) -> Result<(), Closed> {
        let observation = Observation {
            source: self.id.clone(),
            network: Network::Feed,
            checkpoint: memory.map(Memory::checkpoint),
            sent_at: None,
            event,
        };
        context.out.send(observation).await
    }
}

impl Source for Feed {
    fn id(&self) -> SourceId {
        self.id.clone()
    }

    fn network(&self) -> Network {
        Network::Feed
    }

    fn cities(&self) -> Option<Arc<[CityId]>> {
        Some(self.cities.clone())
    }

    fn polls(&self) -> bool {
        true
    }

    /// A feed's items say who publishes them.
    fn lookup(&self) -> Option<Arc<dyn AuthorLookup>> {
        None
    }

    fn silent_after(&self) -> Option<Duration> {
        None
    }

    fn run(&mut self, context: SourceContext) -> BoxFuture<'_, Result<(), SourceError>> {
        self.live(context).boxed()
    }
}

fn told(status: u16) -> String {
    format!("the server answers {status}")
}

/// What we have, for the server to say that it is still the same.
fn conditions(memory: &Memory) -> HeaderMap {
    let mut headers = HeaderMap::from_iter([(header::ACCEPT, ACCEPT)]);
    for (name, value) in [(header::IF_NONE_MATCH, &memory.etag), (header::IF_MODIFIED_SINCE, &memory.last_modified)] {
        if let Some(Ok(value)) = value.as_ref().map(|value| HeaderValue::from_str(value)) {
            headers.insert(name, value);
        }
    }
    headers
}

/// A header's text, if it is short and plain.
fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    headers.get(name)?.to_str().ok().filter(|value| value.len() <= 500).map(str::to_owned)
}

fn target(headers: &HeaderMap, from: &Url) -> Option<Url> {
    let to = from.join(headers.get(header::LOCATION)?.to_str().ok()?).ok()?;
    (to.as_str().len() <= 2_000).then_some(to)
}

#[cfg(test)]
mod tests;
