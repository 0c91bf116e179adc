//! The streams of a server, for which it has to be told who we are (L-07).
//!
//! Owns sockets, subscriptions and what messages lead to. Does not own transport (`websocket`).
//! Invariant: sockets are open before the timelines are read, and what they bring waits until those are, so that nothing
//! falls between the two; what then comes twice is told once.

use std::time::Duration;

use reqwest::header::HeaderMap;
use serde_json::json;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::{Ended, Life, Mastodon, PLACES_MAX, RefuseReason, Scope, Software, retry};
use crate::domain::Event;
use crate::ingest::SourceError;
use crate::ingest::sources::mastodon::decode::{Said, message};
use crate::ingest::websocket::{ConnectError, Incoming, Timing, WebSocket};
use crate::shutdown::Shutdown;

/// Sockets to one server, where each tag takes one of its own; the tags beyond are polled.
const SOCKETS_MAX: usize = 16;
/// Messages that wait while timelines are read; at the bound the sockets are not read either.
const WAITING_MAX: usize = 1_000;
/// Messages between two positions.
const MESSAGES_MAX: usize = 100;
/// How often the timelines are looked at beside the streams, which miss some: edits that add the tag, withdrawals.
const LOOK_EVERY: Duration = Duration::from_secs(15 * 60);
/// Tags may be silent for as long as they like; that the connection stands is for the pings to tell.
const TIMING: Timing = Timing::with_stall(Duration::from_secs(366 * 86_400));

/// How a server is told what we want, and who we are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// One socket, on which tags are subscribed to.
    Told,
    /// A socket for each tag, which its address names: GoToSocial does not heed what it is told.
    Sockets,
    /// The same, and the token in the address too: the API's older form, for programs that read no header (Pleroma).
    Addresses,
}

/// Whether a handshake was declined for want of a token that is in a header. Of the programs that read headers it is
/// known that they answer 401 to a token that is not theirs.
fn may_not_read_headers(status: u16, software: Software) -> bool {
    let reads_headers = matches!(software, Software::Mastodon | Software::GoToSocial);
    status == 403 || (status == 401 && !reads_headers)
}

const fn stream_of(scope: Scope) -> &'static str {
    match scope {
        Scope::Local => "hashtag:local",
        Scope::All | Scope::Remote => "hashtag",
    }
}

impl Mastodon {
    pub(super) async fn stream(&mut self, life: &mut Life<'_>) -> Result<(), Ended> {
        let (sender, mut messages) = mpsc::channel(WAITING_MAX);
        let is_gotosocial = life.instance.software == Software::GoToSocial;
        let mut way = if is_gotosocial { Way::Sockets } else { Way::Told };
        let opened = match self.open(life, way).await {
            Err(ConnectError { status: Some(status), .. }) if may_not_read_headers(status, life.instance.software) => {
                way = Way::Addresses;
                self.open(life, way).await
            }
            opened => opened,
        };
        // Dropped with this life, and the sockets with it.
        let mut readers = JoinSet::new();
        for socket in opened.map_err(|declined| declined.error)? {
            readers.spawn(read(socket, sender.clone(), life.context.shutdown.clone()));
        }
        drop(sender);
        let mut is_whole = way == Way::Told || self.tags.len() <= SOCKETS_MAX;
        tracing::info!(source = self.id.as_str(), ?way, sockets = readers.len(), "Source connected.");
        self.round(life).await?;
        life.connected(if is_whole { "" } else { "some tags are polled: there are more than sockets" });
        // Nobody says when a subscription holds, so the first look comes soon.
        let mut look_at = Instant::now() + self.pace();
        loop {
            tokio::select! {
                message = messages.recv() => {
                    let first = message.ok_or_else(|| retry("the server closed the connection"))?;
                    is_whole &= self.take(life, first, &mut messages).await?;
                }
                () = tokio::time::sleep_until(look_at) => {
                    self.round(life).await?;
                    look_at = Instant::now() + self.look_every(is_whole);
                }
            }
        }
    }

    fn look_every(&self, is_whole: bool) -> Duration {
        if is_whole { self.pace().max(LOOK_EVERY) } else { self.pace() }
    }

    async fn open(&self, life: &Life<'_>, way: Way) -> Result<Vec<WebSocket>, ConnectError> {
        if way == Way::Told {
            let mut socket = self.connect(life, None, way).await?;
            let stream = stream_of(life.scope);
            for tag in &self.tags {
                socket.send(json!({ "type": "subscribe", "stream": stream, "tag": tag }).to_string()).await?;
            }
            return Ok(vec![socket]);
        }
        let mut sockets = Vec::new();
        for tag in self.tags.iter().take(SOCKETS_MAX) {
            sockets.push(self.connect(life, Some(tag), way).await?);
        }
        Ok(sockets)
    }

    async fn connect(&self, life: &Life<'_>, tag: Option<&str>, way: Way) -> Result<WebSocket, ConnectError> {
        let of = tag.map(|tag| (stream_of(life.scope), tag));
        let url = self.api.stream(&life.instance, of, way == Way::Addresses)?;
        let headers = if way == Way::Addresses { HeaderMap::new() } else { self.api.authorization() };
        WebSocket::connect(self.api.outbound(), &url, headers, TIMING, life.context.clock.now()).await
    }

    /// Takes a message and those that wait behind it, then says how far that is. Returns whether all that was asked for is
    /// streamed.
    async fn take(
        &mut self,
        life: &mut Life<'_>,
        first: Incoming,
        messages: &mut mpsc::Receiver<Incoming>,
    ) -> Result<bool, Ended> {
        let (mut is_whole, mut is_new, mut next) = (true, false, Some(first));
        let mut places_left = PLACES_MAX;
        let mut taken = 0;
        while let Some(incoming) = next {
            let frame = match incoming {
                Incoming::Text(frame) | Incoming::Binary(frame) => frame,
                Incoming::Closed(reason) => return Err(retry(&reason).into()),
                Incoming::Lost(error) => return Err(error.into()),
                Incoming::Unreceivable(reason) => {
                    self.send(life.context, Event::Unreadable(reason), None).await?;
                    return Err(retry(unreceivable(reason)).into());
                }
                Incoming::Shutdown => return Err(Ended::Closed),
            };
            life.context.out.received(frame.len());
            let before = self.news.memory.clone();
            let event = match message(&frame) {
                Said::Status(seen) => self.news.tell(*seen, None, life.context.clock.now()),
                Said::Deleted(id) => self.news.delete(id),
                Said::Failed { status: Some(401), .. } => {
                    let reason = "the server refuses the subscription (401)".into();
                    return Err(SourceError::Refused { reason, after: None }.into());
                }
                Said::Failed { reason, .. } => {
                    tracing::warn!(source = self.id.as_str(), %reason, "The server does not stream a tag; it is polled.");
                    is_whole = false;
                    None
                }
                Said::Other => None,
                Said::Unreadable(reason) => Some(Event::Unreadable(reason)),
            };
            is_new |= matches!(event, Some(Event::Post(_) | Event::Withdrawn { .. }));
            self.intend(life, &before).await?;
            // Every message is counted; the memory comes behind them all.
            self.hand_on(life, vec![event.unwrap_or(Event::Other)], false, &mut places_left).await?;
            taken += 1;
            next = if taken < MESSAGES_MAX { messages.try_recv().ok() } else { None };
        }
        self.news.memory.forget_old(life.context.clock.now());
        self.hand_on(life, Vec::new(), is_new, &mut places_left).await?;
        Ok(is_whole)
    }
}

/// Reads a socket until its end, which is handed on too.
async fn read(mut socket: WebSocket, messages: mpsc::Sender<Incoming>, shutdown: Shutdown) {
    loop {
        let incoming = socket.next(&shutdown).await;
        let is_end = !matches!(incoming, Incoming::Text(_) | Incoming::Binary(_));
        if messages.send(incoming).await.is_err() || is_end {
            return;
        }
        socket.excuse_pause();
    }
}

const fn unreceivable(reason: RefuseReason) -> &'static str {
    match reason {
        RefuseReason::Oversized => "the server sent a message beyond 4 MiB",
        _ => "the server sent a message that is not text",
    }
}
