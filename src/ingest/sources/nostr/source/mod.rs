//! One relay, read for what the cities ask for.
//!
//! Owns the connection and the clock. Does not own what is asked and answered (`life`), nor back-off (supervisor).
//! Invariant: a relay that owes an answer is waited for, and for no longer than [`PATIENCE`].

mod declined;
mod life;
mod position;
mod stored;

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use reqwest::header::HeaderMap;
use tokio::time::Instant;
use url::Url;

use super::decode::Reading;
use super::limits::{BESIDE, Limits};
use super::lookup::Profiles;
use super::memory::{Memory, Withdrawn};
use super::wanted::{Questions, Wanted};
use crate::domain::{AuthorLookup, CityId, Event, Network, Observation, RefuseReason, SourceId, Timestamp};
use crate::ingest::websocket::{Incoming, Timing, WebSocket};
use crate::ingest::{Outbound, Source, SourceContext, SourceError};
pub(super) use declined::declined;
use life::{Life, Step};
use position::{Position, Since};

/// Without a frame for so long while it owes an answer, a relay is given up.
const PATIENCE: Duration = Duration::from_secs(60);
/// A relay that has sent nothing for so long, though it was asked meanwhile, is connected anew. Quiet is normal.
const STALL: Duration = Duration::from_secs(1_800);
/// How often it is looked whether something is to be asked again.
const LOOK_EVERY: Duration = Duration::from_secs(15);

/// A relay of `[[source.nostr]]` at work.
pub struct Relay {
    id: SourceId,
    url: Url,
    reading: Reading,
    overlap_s: u32,
    wanted: Arc<Wanted>,
    number: u64,
    cities: Arc<[CityId]>,
    outbound: Outbound,
    profiles: Arc<Profiles>,
    withdrawn: Withdrawn,
    memory: Memory,
    timing: Timing,
}

/// What is read of a relay, and how.
pub struct RelayOptions {
    pub id: SourceId,
    pub url: Url,
    pub reading: Reading,
    pub overlap_s: u32,
    pub wanted: Arc<Wanted>,
    pub cities: Arc<[CityId]>,
    pub outbound: Outbound,
    pub profiles: Arc<Profiles>,
    /// Shared by all relays.
    pub withdrawn: Withdrawn,
}

impl Relay {
    pub fn new(options: RelayOptions) -> Self {
        let RelayOptions { id, url, reading, overlap_s, wanted, cities, outbound, profiles, withdrawn } = options;
        Self {
            number: wanted.number(),
            memory: Memory::default(),
            timing: Timing::with_stall(STALL),
            id,
            url,
            reading,
            overlap_s,
            wanted,
            cities,
            outbound,
            profiles,
            withdrawn,
        }
    }

    async fn live(&mut self, context: SourceContext) -> Result<(), SourceError> {
        let stored = context.resume.as_ref().map(|stored| Position::read(stored).ok_or_else(broken)).transpose()?;
        let now = context.clock.now();
        let since = Since::of(stored, self.number, self.overlap_s, now);
        let limits = tokio::select! {
            limits = Limits::ask(&self.outbound, &self.url) => limits,
            () = context.shutdown.triggered() => return Ok(()),
        };
        let limits = limits.map_err(|reason| SourceError::Refused { reason, after: None })?;
        let most = self.memory.subscriptions.unwrap_or(limits.subscriptions).min(limits.subscriptions);
        let Questions { filters, unasked } = self.wanted.questions(&limits, most.saturating_sub(BESIDE));
        let mut socket = WebSocket::connect(&self.outbound, &self.url, HeaderMap::new(), self.timing, now)
            .await
            .map_err(|error| error.error)?;
        tracing::info!(source = self.id.as_str(), questions = filters.len(), unasked, "Source connected.");
        context.health.connected();
        let mut notes = Notes { context: &context, said: Vec::new() };
        if unasked > 0 {
            notes.add(format!("the relay takes too few questions: {unasked} tags and cells are not asked for"));
        }
        notes.add(self.wanted.lost());
        let edge = Edge { id: &self.id, number: self.number, context: &context };
        if let Some(gap) = since.gap.clone()
            && !edge.tell(Event::Gap(gap), false).await
        {
            return Ok(());
        }
        let mut life = Life::new(&mut self.memory, &self.withdrawn, &self.reading, limits, filters, &since);
        let mut steps = life.begin();
        let (mut last_frame, mut looked, mut is_heard) = (Instant::now(), Instant::now(), false);
        loop {
            if !edge.walk(steps, &mut socket, &mut notes).await? {
                return Ok(());
            }
            if std::mem::take(&mut is_heard) {
                socket.excuse_pause();
            }
            let patience_ends = last_frame + PATIENCE;
            let incoming = tokio::select! {
                incoming = socket.next(&context.shutdown) => incoming,
                () = tokio::time::sleep_until(looked + LOOK_EVERY) => {
                    looked = Instant::now();
                    steps = life.renew(seconds(context.clock.now()));
                    continue;
                }
                () = tokio::time::sleep_until(patience_ends), if life.awaits() => {
                    return Err(retry("the relay does not answer what it was asked"));
                }
            };
            (last_frame, is_heard) = (Instant::now(), true);
            steps = match incoming {
                Incoming::Text(frame) => {
                    context.out.received(frame.len());
                    life.hear(&frame, seconds(context.clock.now()))
                }
                Incoming::Binary(_) => vec![Step::Tell(Event::Unreadable(RefuseReason::Malformed))],
                Incoming::Unreceivable(reason) => {
                    edge.tell(Event::Unreadable(reason), false).await;
                    return Err(retry("the relay sent a message that can't be received"));
                }
                Incoming::Closed(reason) => return Err(retry(&reason)),
                Incoming::Lost(error) => return Err(error),
                Incoming::Shutdown => return Ok(()),
            };
        }
    }
}

/// Where steps are taken.
struct Edge<'c> {
    id: &'c SourceId,
    number: u64,
    context: &'c SourceContext,
}

impl Edge<'_> {
    /// Takes the steps in order. `false`: nobody listens any more.
    async fn walk(&self, steps: Vec<Step>, socket: &mut WebSocket, notes: &mut Notes<'_>) -> Result<bool, SourceError> {
        let mut steps = steps.into_iter().peekable();
        while let Some(step) = steps.next() {
            match step {
                Step::Ask(question) => socket.send(question).await?,
                Step::Tell(event) => {
                    // What was told and how far it reaches are one observation.
                    let is_reached = steps.next_if(|next| matches!(next, Step::Reached)).is_some();
                    if !self.tell(event, is_reached).await {
                        return Ok(false);
                    }
                }
                Step::Reached => {
                    if !self.tell(Event::Other, true).await {
                        return Ok(false);
                    }
                }
                Step::Note(note) => notes.add(note),
                Step::End(error) => return Err(error),
            }
        }
        Ok(true)
    }

    /// `false`: nobody listens any more.
    async fn tell(&self, event: Event, is_reached: bool) -> bool {
        let position = || Position::new(self.context.clock.now(), self.number).checkpoint();
        let observation = Observation {
            source: self.id.clone(),
            network: Network::Nostr,
            checkpoint: is_reached.then(position),
            // A relay does not say when it had an event, and its author's word on it is what is judged.
            sent_at: None,
            event,
        };
        self.context.out.send(observation).await.is_ok()
    }
}

/// What an operator should know of the connection that stands.
struct Notes<'c> {
    context: &'c SourceContext,
    said: Vec<String>,
}

/// Notes shown together; further ones are left out.
const NOTES_MAX: usize = 5;

impl Notes<'_> {
    fn add(&mut self, note: String) {
        if note.is_empty() || self.said.len() >= NOTES_MAX || self.said.contains(&note) {
            return;
        }
        self.said.push(note);
        self.context.health.note(&self.said.join("; "));
    }
}

fn seconds(at: Timestamp) -> u64 {
    u64::try_from(at.seconds_since(Timestamp::from_micros(0))).unwrap_or_default()
}

fn broken() -> SourceError {
    SourceError::Fatal("the stored position is not one of a relay".into())
}

fn retry(reason: &str) -> SourceError {
    SourceError::Retry { reason: reason.to_owned(), after: None }
}

impl Source for Relay {
    fn id(&self) -> SourceId {
        self.id.clone()
    }

    fn network(&self) -> Network {
        Network::Nostr
    }

    fn cities(&self) -> Option<Arc<[CityId]>> {
        Some(self.cities.clone())
    }

    fn lookup(&self) -> Option<Arc<dyn AuthorLookup>> {
        Some(self.profiles.clone())
    }

    /// What cities ask for may not be said for days.
    fn silent_after(&self) -> Option<Duration> {
        None
    }

    fn run(&mut self, context: SourceContext) -> BoxFuture<'_, Result<(), SourceError>> {
        self.live(context).boxed()
    }
}

#[cfg(test)]
mod tests;
