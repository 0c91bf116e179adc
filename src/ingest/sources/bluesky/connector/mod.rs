//! The Jetstream connection, on either wire.
//!
//! Owns one life of the stream: endpoints in turn, what a server declines and says of the stream, resuming. Does not own
//! back-off (supervisor), transport (websocket), the words of a subscription (`request`) or dictionaries
//! (`compression`). Invariant: every frame that is about an event becomes exactly one observation, in the order in which
//! it came.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use url::Url;

use super::appview::AppView;
use super::config::{BlueskySettings, Wire};
use super::decode::{Decoder, Said};
use super::inflate::Inflater;
use super::resume::{Obstacle, Resume};
use crate::clock::Clock;
use crate::domain::{AuthorLookup, Checkpoint, Event, Network, Observation, RefuseReason, SourceId, Timestamp};
use crate::ingest::websocket::{ConnectError, Incoming, Timing, WebSocket};
use crate::ingest::{Outbound, Source, SourceContext, SourceError};
use compression::Compression;
use request::Declined;

mod compression;
mod request;

/// So many compressed frames in a row that can't be read are not the frames' fault but the dictionary's: else a wrong one
/// would make a stream of nothing.
const DOUBTS_MAX: u32 = 16;

/// Bluesky as a source: `[source.bluesky]` at work.
pub struct Bluesky {
    id: SourceId,
    settings: BlueskySettings,
    endpoints: Vec<Url>,
    /// Where the next life connects, counted without end.
    turn: usize,
    /// The endpoint that the position comes from, as far as this process knows.
    read_from: Option<usize>,
    timing: Timing,
    obstacle: Obstacle,
    decoder: Decoder,
    compression: Compression,
    outbound: Outbound,
    appview: Arc<AppView>,
}

impl Bluesky {
    /// The error is one of configuration: an address that may not be connected to.
    pub fn new(settings: BlueskySettings, outbound: Outbound, clock: Arc<dyn Clock>) -> Result<Self, String> {
        let id = SourceId::new(Network::Bluesky.as_str());
        let endpoint = |text: &String| {
            let url = Url::parse(text).map_err(|error| format!("endpoints: {text}: {error}"))?;
            outbound.guard().check(&url, &["ws", "wss"]).map_err(|error| format!("endpoints: {text}: {error}"))?;
            Ok(url)
        };
        let endpoints = settings.endpoints.iter().map(endpoint).collect::<Result<Vec<_>, String>>()?;
        if endpoints.is_empty() {
            return Err("endpoints: there is none".into());
        }
        Ok(Self {
            appview: Arc::new(AppView::new(&settings.appview, outbound.clone(), clock)?),
            timing: Timing::with_stall(Duration::from_secs(settings.stall_seconds.into())),
            decoder: Decoder::new(id.clone()),
            compression: Compression::new(&settings, &outbound)?,
            obstacle: Obstacle::default(),
            turn: 0,
            read_from: None,
            id,
            settings,
            endpoints,
            outbound,
        })
    }

    #[cfg(test)]
    pub(super) const fn with_timing(mut self, timing: Timing) -> Self {
        self.timing = timing;
        self
    }

    async fn live(&mut self, context: SourceContext) -> Result<(), SourceError> {
        let position = context.resume.as_ref().map(position).transpose()?;
        let endpoint = self.next_endpoint();
        let mut resume = self.resume(position, endpoint);
        let (mut socket, mut inflater) = self.connect(&context, endpoint, &mut resume).await?;
        let mut doubts = 0_u32;
        loop {
            let (frame, is_text) = match socket.next(&context.shutdown).await {
                Incoming::Text(frame) => (frame, true),
                Incoming::Binary(frame) => (frame, false),
                Incoming::Unreceivable(reason) => {
                    let last = context.out.position().as_ref().map(self::position).transpose()?;
                    self.obstacle.hit(last.or(position));
                    let _closed = context.out.send(self.unreadable(reason)).await;
                    return Err(retry(unreceivable(reason)));
                }
                Incoming::Closed(reason) => return Err(retry(reason)),
                Incoming::Lost(error) => return Err(error),
                Incoming::Shutdown => return Ok(()),
            };
            context.out.received(frame.len());
            let said = match &mut inflater {
                Some(inflater) if !is_text => match inflater.inflate(&frame) {
                    Ok(text) => self.decoder.read(text),
                    Err(reason) => Said::Seen(self.unreadable(reason)),
                },
                _ => self.decoder.read(&frame),
            };
            let mut observation = match said {
                Said::Seen(observation) => observation,
                Said::OutdatedCursor => {
                    tracing::warn!(source = self.id.as_str(), "The server no longer has what was asked for.");
                    resume.outdated();
                    continue;
                }
                Said::Failed(name) => return Err(retry(failed(&name))),
            };
            let is_malformed = matches!(observation.event, Event::Unreadable(RefuseReason::Malformed));
            doubts = if is_malformed && !is_text { doubts.saturating_add(1) } else { 0 };
            let now = context.clock.now();
            let gap = observation.sent_at.and_then(|sent_at| resume.check(sent_at, now));
            if let Some(sent_at) = observation.sent_at.filter(|_| observation.checkpoint.is_some()) {
                let place = resume.place(sent_at, now);
                self.read_from = Some(endpoint);
                observation.checkpoint = place.map(|place| Checkpoint::new(place.as_micros().to_string()));
            }
            for observation in gap.map(|gap| self.observed(Event::Gap(gap))).into_iter().chain([observation]) {
                // The pipeline being gone, there is nothing to do and nothing to say.
                if context.out.send(observation).await.is_err() {
                    return Ok(());
                }
            }
            if doubts >= DOUBTS_MAX && inflater.is_some() {
                self.compression.distrust();
                return Err(retry("the server's compressed frames can't be read"));
            }
            socket.excuse_pause();
        }
    }

    /// The number of the endpoint whose turn it is. Wherever this life ends, the next one is another's.
    const fn next_endpoint(&mut self) -> usize {
        let turn = self.turn;
        self.turn = turn.wrapping_add(1);
        match turn.checked_rem(self.endpoints.len()) {
            Some(index) => index,
            None => 0,
        }
    }

    /// Connects to an endpoint. What a v2 server declines and can be mended is mended at once: a cursor
    /// that is too old becomes the server's oldest number, then none; a dictionary that it does not know is fetched anew,
    /// once. So this ends after five attempts at most.
    async fn connect(
        &mut self,
        context: &SourceContext,
        index: usize,
        resume: &mut Resume,
    ) -> Result<(WebSocket, Option<Inflater>), SourceError> {
        let endpoint = self.endpoints.get(index).cloned().ok_or_else(|| fatal("there is no endpoint"))?;
        let wire = self.settings.wire;
        let (mut cursor, mut cursors_declined, mut dictionaries_declined) = (resume.cursor, 0_u32, 0_u32);
        loop {
            let inflater = match dictionaries_declined {
                0 | 1 => self.inflater(index, &request::subscription(wire, &endpoint, cursor, None)).await,
                _ => Err("the server does not know its own dictionary".into()),
            };
            let dictionary = inflater.as_ref().ok().and_then(Option::as_ref).map(|inflater| inflater.dictionary);
            let url = request::subscription(wire, &endpoint, cursor, dictionary);
            let now = context.clock.now();
            let error = match WebSocket::connect(&self.outbound, &url, request::headers(wire), self.timing, now).await {
                Ok(socket) => {
                    let (source, host) = (self.id.as_str(), url.host_str());
                    tracing::info!(source, host, ?wire, cursor, dictionary, "Source connected.");
                    context.health.connected();
                    let inflater = inflater.unwrap_or_else(|reason| {
                        tracing::warn!(source, host, %reason, "Frames come uncompressed.");
                        context.health.note(&format!("frames come uncompressed: {reason}"));
                        None
                    });
                    return Ok((socket, inflater));
                }
                Err(ConnectError { status: Some(400), error }) if wire == Wire::V2 => error,
                Err(ConnectError { status: Some(404), .. }) if wire == Wire::V2 => {
                    return Err(retry("the server answered HTTP 404: it does not speak the wire \"v2\""));
                }
                Err(ConnectError { error, .. }) => return Err(error),
            };
            let declined = Declined::ask(&self.outbound, &url).await.ok_or(error)?;
            tracing::warn!(source = self.id.as_str(), ?declined, "The server declines the subscription.");
            match &*declined.error {
                "CursorTooOld" if cursor.is_some() => {
                    resume.outdated();
                    cursor = declined.floor().filter(|_| cursors_declined == 0);
                    cursors_declined += 1;
                }
                "UnknownZstdDictionary" if dictionary.is_some() => {
                    self.compression.forget(index);
                    dictionaries_declined += 1;
                }
                other => return Err(retry(format!("the server declines the subscription: {other}"))),
            }
        }
    }

    /// What reads compressed frames of an endpoint, or in plain words why they will not be compressed.
    async fn inflater(&mut self, endpoint: usize, subscription: &Url) -> Result<Option<Inflater>, String> {
        let dictionary = self.compression.dictionary(endpoint, subscription, &self.outbound).await?;
        let inflater = dictionary.map(|dictionary| Inflater::new(&dictionary)).transpose();
        inflater.map_err(|reason| format!("the dictionary is not used: {reason}"))
    }

    fn resume(&mut self, position: Option<Timestamp>, endpoint: usize) -> Resume {
        let is_same = self.read_from == Some(endpoint);
        let settings = &self.settings;
        let rewind = if is_same { settings.rewind_seconds } else { settings.rewind_elsewhere_seconds };
        match position {
            Some(position) if self.obstacle.must_pass_over() => {
                tracing::error!(source = self.id.as_str(), "Passing over a message that can't be received.");
                Resume::passing_over(position)
            }
            _ => Resume::new(
                position,
                Duration::from_secs(rewind.into()),
                Duration::from_secs(self.settings.gap_tolerance_seconds.into()),
            ),
        }
    }

    fn unreadable(&self, reason: RefuseReason) -> Observation {
        self.observed(Event::Unreadable(reason))
    }

    /// Something that no frame said: it moves no checkpoint.
    fn observed(&self, event: Event) -> Observation {
        Observation { source: self.id.clone(), network: Network::Bluesky, checkpoint: None, sent_at: None, event }
    }
}

/// A checkpoint of ours is a time in Unix microseconds. Anything else is corruption, and guessing would lose posts.
fn position(checkpoint: &Checkpoint) -> Result<Timestamp, SourceError> {
    let broken = |_not_a_number| fatal("the stored position is not a time");
    checkpoint.as_str().parse().map(Timestamp::from_micros).map_err(broken)
}

const fn unreceivable(reason: RefuseReason) -> &'static str {
    match reason {
        RefuseReason::Oversized => "the server sent a message beyond 4 MiB",
        _ => "the server sent a message that is not text",
    }
}

/// Why a v2 server ended the stream.
fn failed(name: &str) -> String {
    match name {
        "ConsumerTooSlow" => "the server cut us off: we read too slowly".into(),
        "InternalError" => "the server ended the stream: it has a fault of its own".into(),
        other => format!("the server ended the stream: {other}"),
    }
}

fn retry(reason: impl Into<String>) -> SourceError {
    SourceError::Retry { reason: reason.into(), after: None }
}

fn fatal(reason: &str) -> SourceError {
    SourceError::Fatal(reason.to_owned())
}

impl Source for Bluesky {
    fn id(&self) -> SourceId {
        self.id.clone()
    }

    fn network(&self) -> Network {
        Network::Bluesky
    }

    fn lookup(&self) -> Option<Arc<dyn AuthorLookup>> {
        Some(self.appview.clone())
    }

    fn silent_after(&self) -> Option<Duration> {
        Some(self.timing.stall)
    }

    fn run(&mut self, context: SourceContext) -> BoxFuture<'_, Result<(), SourceError>> {
        self.live(context).boxed()
    }
}

#[cfg(test)]
mod tests;
