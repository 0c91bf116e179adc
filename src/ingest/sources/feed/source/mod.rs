use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt};
use reqwest::header::{self, HeaderMap, HeaderValue};
use url::Url;

use super::document;
use crate::domain::{CityId, Timestamp};
use crate::ingest::SourceError;
use crate::ingest::listing::{Lists, Memory, Reading, Visit};
use crate::ingest::outbound::Answer;
use crate::ingest::visit::{Found, Visitor, text};

const ACCEPT: HeaderValue = HeaderValue::from_static(
    "application/feed+json, application/atom+xml, application/rss+xml, text/calendar, application/xml;q=0.9, */*;q=0.5",
);

/// One feed, visited again and again.
pub struct Feed {
    url: Url,
    reading: Reading,
    cities: Arc<[CityId]>,
    readers: u64,
    visitor: Visitor,
}

impl Feed {
    /// `readers`: of the cities that list it, and how.
    pub fn new(reading: Reading, cities: Arc<[CityId]>, readers: u64, visitor: Visitor) -> Result<Self, String> {
        let url = Url::parse(&reading.url).map_err(|error| format!("{:?} is not an address: {error}", reading.url))?;
        Ok(Self { url, reading, cities, readers, visitor })
    }

    async fn ask(&self, memory: &mut Memory, now: Timestamp) -> Result<(Visit, Duration), SourceError> {
        let url = memory.moved_to.as_deref().and_then(|moved| Url::parse(moved).ok()).unwrap_or(self.url.clone());
        let Found { answer, url, moved_to } = self.visitor.get(url, conditions(memory, now), now).await?;
        if let Some(moved_to) = moved_to {
            let source = self.reading.source();
            tracing::info!(source = source.as_str(), "The feed has moved; it is read at its new address.");
            memory.moved_to = Some(moved_to.into());
            (memory.etag, memory.last_modified) = (None, None);
        }
        match answer.status {
            304 => Ok((Visit::Unchanged, self.visitor.pause(&answer.headers, None))),
            _ => Ok(self.read(&answer, &url, memory, now)),
        }
    }

    fn read(&self, answer: &Answer, url: &Url, memory: &mut Memory, now: Timestamp) -> (Visit, Duration) {
        match document::read(&answer.body, url, &self.reading.zone, now) {
            Ok(listing) => {
                (memory.etag, memory.last_modified) =
                    (text(&answer.headers, &header::ETAG), text(&answer.headers, &header::LAST_MODIFIED));
                let pause = self.visitor.pause(&answer.headers, listing.ttl_minutes);
                (Visit::Read(Box::new(listing)), pause)
            }
            Err(reason) => (Visit::Unreadable(reason), self.visitor.pause(&answer.headers, None)),
        }
    }
}

impl Lists for Feed {
    fn reading(&self) -> &Reading {
        &self.reading
    }

    fn cities(&self) -> Arc<[CityId]> {
        self.cities.clone()
    }

    fn readers(&self) -> u64 {
        self.readers
    }

    fn every(&self) -> Duration {
        self.visitor.every
    }

    fn visit<'a>(
        &'a self,
        memory: &'a mut Memory,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<(Visit, Duration), SourceError>> {
        self.ask(memory, now).boxed()
    }
}

/// What we have, for the server to say that it is still the same; nothing, where it is to be read all the same.
fn conditions(memory: &Memory, now: Timestamp) -> HeaderMap {
    let mut headers = HeaderMap::from_iter([(header::ACCEPT, ACCEPT)]);
    if memory.again_at.is_some_and(|at| at <= now.as_micros()) {
        return headers;
    }
    for (name, value) in [(header::IF_NONE_MATCH, &memory.etag), (header::IF_MODIFIED_SINCE, &memory.last_modified)] {
        if let Some(Ok(value)) = value.as_ref().map(|value| HeaderValue::from_str(value)) {
            headers.insert(name, value);
        }
    }
    headers
}

#[cfg(test)]
mod tests;
