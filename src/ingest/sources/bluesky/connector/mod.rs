//! The Jetstream connection.
//!
//! Owns one life of the stream: endpoints in turn, the subscription, resuming. Does not own back-off (supervisor) or
//! transport (websocket). Invariant: every frame becomes exactly one observation, in the order in which it came.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio_tungstenite::tungstenite::http::HeaderMap;
use url::Url;

use super::appview::AppView;
use super::config::BlueskySettings;
use super::decode::Decoder;
use super::resume::{Obstacle, Resume};
use super::wire::{POST, PROFILE};
use crate::clock::Clock;
use crate::domain::{AuthorLookup, Checkpoint, Event, Network, Observation, RefuseReason, SourceId, Timestamp};
use crate::ingest::websocket::{Incoming, Timing, WebSocket};
use crate::ingest::{DECODE_LIMIT, Decode, Outbound, Source, SourceContext, SourceError};

/// Bluesky as a source: `[source.bluesky]` at work.
pub struct Bluesky {
    id: SourceId,
    settings: BlueskySettings,
    endpoints: Vec<Url>,
    /// Where the next life connects, counted without end.
    turn: usize,
    timing: Timing,
    obstacle: Obstacle,
    decoder: Decoder,
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
            obstacle: Obstacle::default(),
            turn: 0,
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
        let mut resume = self.resume(position);
        let url = self.subscription(resume.cursor)?;
        // Wherever this life ends, the next one is another endpoint's turn.
        self.turn = self.turn.wrapping_add(1);
        let now = context.clock.now();
        let mut socket = WebSocket::connect(&self.outbound, &url, HeaderMap::new(), self.timing, now).await?;
        context.health.connected();
        tracing::info!(source = self.id.as_str(), host = url.host_str(), cursor = resume.cursor, "Source connected.");
        loop {
            let frame = match socket.next(&context.shutdown).await {
                Incoming::Text(frame) | Incoming::Binary(frame) => frame,
                Incoming::Unreceivable(reason) => {
                    let last = context.out.position().as_ref().map(self::position).transpose()?;
                    self.obstacle.hit(last.or(position));
                    let _closed = context.out.send(self.unreadable(reason)).await;
                    return Err(SourceError::Retry { reason: unreceivable(reason).into(), after: None });
                }
                Incoming::Closed(reason) => return Err(SourceError::Retry { reason, after: None }),
                Incoming::Lost(error) => return Err(error),
                Incoming::Shutdown => return Ok(()),
            };
            context.out.received(frame.len());
            let observation = self.decoder.decode(&frame);
            let gap = observation.sent_at.and_then(|sent_at| resume.check(sent_at));
            for observation in gap.map(|gap| self.observed(Event::Gap(gap))).into_iter().chain([observation]) {
                // The pipeline being gone, there is nothing to do and nothing to say.
                if context.out.send(observation).await.is_err() {
                    return Ok(());
                }
            }
            socket.excuse_pause();
        }
    }

    fn resume(&mut self, position: Option<Timestamp>) -> Resume {
        match position {
            Some(position) if self.obstacle.must_pass_over() => {
                tracing::error!(source = self.id.as_str(), "Passing over a message that can't be received.");
                Resume::passing_over(position)
            }
            _ => Resume::new(
                position,
                Duration::from_secs(self.settings.rewind_seconds.into()),
                Duration::from_secs(self.settings.gap_tolerance_seconds.into()),
            ),
        }
    }

    /// The address of the endpoint whose turn it is, with what we want from it.
    fn subscription(&self, cursor: Option<i64>) -> Result<Url, SourceError> {
        let endpoint = self.turn.checked_rem(self.endpoints.len()).and_then(|turn| self.endpoints.get(turn));
        let mut url = endpoint.cloned().ok_or_else(|| SourceError::Fatal("there is no endpoint".into()))?;
        if matches!(url.path(), "" | "/") {
            url.set_path("/subscribe");
        }
        let mut query = url.query_pairs_mut();
        query.append_pair("wantedCollections", POST).append_pair("wantedCollections", PROFILE);
        // Larger records are not sent at all; the decoder would skip them anyway.
        query.append_pair("maxMessageSizeBytes", &DECODE_LIMIT.to_string());
        if let Some(cursor) = cursor {
            query.append_pair("cursor", &cursor.to_string());
        }
        drop(query);
        Ok(url)
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
    let broken = |_not_a_number| SourceError::Fatal("the stored position is not one of this wire".into());
    checkpoint.as_str().parse().map(Timestamp::from_micros).map_err(broken)
}

const fn unreceivable(reason: RefuseReason) -> &'static str {
    match reason {
        RefuseReason::Oversized => "the server sent a message beyond 4 MiB",
        _ => "the server sent a message that is not text",
    }
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
