//! One server, read for the cities' tags.
//!
//! Owns one life: what the server says of itself, rounds over the timelines, and streams where there is a token. Does
//! not own back-off (supervisor), the questions (`api`) or what of an answer is news (`news`).
//! Invariant: before a status is told for the first time its id is stored, and behind everything that was told comes the
//! memory that covers it. So a death in between tells again, and forgets nothing that may have to be taken back.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt};
use tokio::time::Instant;
use url::Url;

use super::api::{Api, Failure};
use super::budget::{self, TAGS_AT_ONCE};
use super::config::MastodonSettings;
use super::decode::host;
use super::instance::{Instance, Scope, Software};
use super::memory::Memory;
use super::news::{News, Timeline};
use crate::config::Secret;
use crate::domain::{
    AuthorLookup, Checkpoint, CityId, Event, IdKey, Network, Observation, RefuseReason, SourceId, Timestamp,
};
use crate::ingest::{Closed, Outbound, Source, SourceContext, SourceError};

mod look;
mod stream;

/// How often it is asked again who may read (L-06).
const ACCESS_EVERY: Duration = Duration::from_secs(3_600);
/// A memory whose statuses did not change is stored again after this, so that a restart knows how far it reached.
const STORE_AGAIN_S: i64 = 6 * 3_600;
/// Objects of statuses that are fetched for their place in one round; the others have none.
const PLACES_MAX: usize = 20;
/// Statuses that are asked for again in one round, of those that no page has shown for days.
const LOOKS_AGAIN_MAX: usize = 5;

/// One server as a source: `[[source.mastodon]]` at work.
pub struct Mastodon {
    id: SourceId,
    host: String,
    cities: Arc<[CityId]>,
    /// Of the cities and their tags: see [`Memory::readers`].
    readers: u64,
    /// Folded, each once.
    tags: Vec<String>,
    token: Option<Secret>,
    every: Duration,
    /// How long a round over so many timelines takes.
    round: fn(usize, Duration) -> Duration,
    api: Api,
    news: News,
    /// Of timelines of several tags, by their keys: which tag is asked for first.
    firsts: HashMap<u32, look::First>,
}

/// What a life goes by.
struct Life<'a> {
    context: &'a SourceContext,
    instance: Instance,
    scope: Scope,
    asked_at: Instant,
    stored_at: Timestamp,
}

/// What a server is read for.
pub struct Readers {
    pub cities: Arc<[CityId]>,
    pub tags: Vec<String>,
    pub number: u64,
}

/// Why a round ended early.
enum Ended {
    /// Nobody listens any more.
    Closed,
    Failed(SourceError),
}

impl From<Closed> for Ended {
    fn from(_: Closed) -> Self {
        Self::Closed
    }
}

impl From<SourceError> for Ended {
    fn from(error: SourceError) -> Self {
        Self::Failed(error)
    }
}

impl Mastodon {
    /// `elsewhere`: the hosts of the other servers that are read. The error is one of the address.
    pub fn new(
        settings: &MastodonSettings,
        readers: Readers,
        elsewhere: Vec<String>,
        outbound: Outbound,
        key: IdKey,
    ) -> Result<Self, String> {
        let base = Url::parse(&settings.server).map_err(|error| format!("{}: {error}", settings.server))?;
        let host = host(&settings.server).ok_or_else(|| format!("{} names no host", settings.server))?;
        Ok(Self {
            id: SourceId::new(&format!("{}:{host}", Network::Mastodon.as_str())),
            host,
            cities: readers.cities,
            readers: readers.number,
            tags: readers.tags,
            token: settings.token.clone(),
            every: Duration::from_secs(settings.every_seconds.into()),
            round: budget::round,
            api: Api::new(base, outbound),
            news: News::new(key, elsewhere),
            firsts: HashMap::new(),
        })
    }

    /// A round takes so long, however many timelines there are.
    #[cfg(test)]
    fn hurried(mut self, every: Duration) -> Self {
        (self.every, self.round) = (every, |_, every| every);
        self
    }

    async fn live(&mut self, context: SourceContext) -> Result<(), SourceError> {
        let shutdown = context.shutdown.clone();
        let ended = tokio::select! {
            ended = self.read(&context) => ended,
            () = shutdown.triggered() => return Ok(()),
        };
        match ended {
            Ok(()) | Err(Ended::Closed) => Ok(()),
            Err(Ended::Failed(error)) => Err(error),
        }
    }

    async fn read(&mut self, context: &SourceContext) -> Result<(), Ended> {
        let refused = |reason| SourceError::Refused { reason, after: None };
        self.api.token = self.token.as_ref().map(Secret::reveal).transpose().map_err(refused)?;
        let now = context.clock.now();
        let instance = self.api.instance(now).await?;
        let scope = instance.scope(self.token.is_some()).map_err(refused)?;
        let memory = Memory::resume(context.resume.as_ref(), self.readers, now);
        let stored_at = Timestamp::from_micros(memory.read_at);
        self.news.begin(timelines(&self.tags, instance.software), memory);
        let mut life = Life { context, instance, scope, asked_at: Instant::now(), stored_at };
        match (&self.token, scope) {
            // A stream can't leave the server's own people out.
            (None, _) | (_, Scope::Remote) => self.poll(&mut life).await,
            (Some(_), _) => self.stream(&mut life).await,
        }
    }

    /// Rounds without end.
    async fn poll(&mut self, life: &mut Life<'_>) -> Result<(), Ended> {
        let mut is_first = true;
        loop {
            let began = Instant::now();
            self.round(life).await?;
            if std::mem::take(&mut is_first) {
                life.connected("");
            }
            tokio::time::sleep_until(began + self.pace()).await;
        }
    }

    fn pace(&self) -> Duration {
        (self.round)(self.news.timelines.len(), self.every)
    }

    /// Looks at every timeline once. One that can't be read does not keep us from the others.
    async fn round(&mut self, life: &mut Life<'_>) -> Result<(), Ended> {
        if life.asked_at.elapsed() >= ACCESS_EVERY {
            let instance = self.api.instance(life.context.clock.now()).await?;
            if instance != life.instance {
                // Who may read, or by which program, has changed: begun anew.
                return Err(retry("the server has changed; it is read anew").into());
            }
            life.asked_at = Instant::now();
        }
        let (mut places_left, mut unread) = (PLACES_MAX, None);
        let timelines = self.news.timelines.clone();
        for timeline in &timelines {
            match self.look(life, timeline).await {
                Ok((events, before)) => {
                    let is_new = before != self.news.memory;
                    self.intend(life, &before).await?;
                    self.hand_on(life, events, is_new, &mut places_left).await?;
                }
                Err(Failure::Here(reason)) => unread = Some((unread.map_or(0, |(count, _)| count) + 1, reason)),
                Err(Failure::All(error)) => return Err(error.into()),
            }
        }
        self.news.memory.read_at = life.context.clock.now().as_micros();
        if unread.is_none() {
            self.look_again(life).await?;
        }
        match unread {
            Some((count, reason)) if count == timelines.len() => Err(retry(&reason).into()),
            Some((count, reason)) => {
                tracing::warn!(source = self.id.as_str(), count, %reason, "Timelines could not be read.");
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Asks for statuses that have sunk below the pages, whether they are still there, and still so (L-13).
    async fn look_again(&mut self, life: &mut Life<'_>) -> Result<(), Ended> {
        for _ in 0..LOOKS_AGAIN_MAX {
            let now = life.context.clock.now();
            let Some(id) = self.news.memory.unseen(now).map(str::to_owned) else { break };
            let event = match self.api.status(&id, now).await {
                Ok(Some(seen)) if seen.id == id => self.news.tell(seen, None, now),
                Ok(_) => self.news.missing(&id),
                // It is asked for again in the next round.
                Err(Failure::Here(_)) => break,
                Err(Failure::All(error)) => return Err(error.into()),
            };
            self.hand_on(life, event.into_iter().collect(), true, &mut 0).await?;
        }
        Ok(())
    }

    /// Sends a memory with what is about to be told, if any of it is new to `before`.
    async fn intend(&self, life: &Life<'_>, before: &Memory) -> Result<(), Closed> {
        match before.with_intended(&self.news.memory) {
            Some(intended) => self.send(life.context, Event::Other, Some(intended.checkpoint())).await,
            None => Ok(()),
        }
    }

    /// Sends what was found, and behind it the memory that covers it.
    async fn hand_on(
        &mut self,
        life: &mut Life<'_>,
        events: Vec<Event>,
        is_new: bool,
        places_left: &mut usize,
    ) -> Result<(), Closed> {
        let now = life.context.clock.now();
        for mut event in events {
            if let Event::Post(post) = &mut event
                && life.instance.software == Software::WithPlaces
                && *places_left > 0
                && host(post.native_id.as_str()).as_ref() == Some(&self.host)
            {
                *places_left = places_left.saturating_sub(1);
                post.place = self.api.place(post.native_id.as_str(), now).await;
            }
            self.send(life.context, event, None).await?;
        }
        life.context.health.saw(None);
        if is_new || now.seconds_since(life.stored_at) >= STORE_AGAIN_S {
            self.send(life.context, Event::Other, Some(self.news.memory.checkpoint())).await?;
            life.stored_at = now;
        }
        Ok(())
    }

    async fn send(&self, context: &SourceContext, event: Event, checkpoint: Option<Checkpoint>) -> Result<(), Closed> {
        let (source, network) = (self.id.clone(), Network::Mastodon);
        context.out.send(Observation { source, network, checkpoint, sent_at: None, event }).await
    }
}

impl Life<'_> {
    /// All is well, but for what the operator should know.
    fn connected(&self, more: &str) {
        self.context.health.connected();
        let scope = match self.scope {
            Scope::All => "",
            Scope::Local => "the server shows us the posts of its own people only",
            Scope::Remote => "the server shows us the posts of other servers' people only",
        };
        let note: Vec<&str> = [scope, more].into_iter().filter(|part| !part.is_empty()).collect();
        if !note.is_empty() {
            self.context.health.note(&note.join("; "));
        }
    }
}

/// In one request as many tags as the program takes.
fn timelines(tags: &[String], software: Software) -> Vec<Timeline> {
    let at_once = if software == Software::Mastodon { TAGS_AT_ONCE } else { 1 };
    tags.chunks(at_once).map(Timeline::new).collect()
}

fn retry(reason: &str) -> SourceError {
    SourceError::Retry { reason: reason.to_owned(), after: None }
}

impl Source for Mastodon {
    fn id(&self) -> SourceId {
        self.id.clone()
    }

    fn network(&self) -> Network {
        Network::Mastodon
    }

    fn cities(&self) -> Option<Arc<[CityId]>> {
        Some(self.cities.clone())
    }

    fn polls(&self) -> bool {
        self.token.is_none()
    }

    /// Statuses carry their author.
    fn lookup(&self) -> Option<Arc<dyn AuthorLookup>> {
        None
    }

    /// A tag may be quiet for days.
    fn silent_after(&self) -> Option<Duration> {
        None
    }

    fn run(&mut self, context: SourceContext) -> BoxFuture<'_, Result<(), SourceError>> {
        self.live(context).boxed()
    }
}

#[cfg(test)]
mod tests;
