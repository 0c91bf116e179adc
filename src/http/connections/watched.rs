use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::rt::net::TcpStream;
use futures_util::task::AtomicWaker;
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

use crate::live::lock;

use super::SessionTiming;

/// One connection as those see it who may end it. Kept in its extensions too, where requests find it.
pub struct Connection {
    state: Mutex<State>,
    /// From then on reading and writing fail, and its server drops it.
    is_ended: AtomicBool,
    /// Of the task that serves it.
    waker: AtomicWaker,
}

struct State {
    /// `None` once it is a session: those are counted on their own.
    place: Option<Place>,
    phase: Phase,
}

/// What a connection is doing.
#[derive(Clone, Copy, Debug)]
enum Phase {
    /// No request is worked on since then. What is still being sent of an answer counts as that too: nobody here sees
    /// when the last byte of it is taken.
    Free(Instant),
    Asked,
    /// It carries an event stream, which was last asked for more then.
    Streams(Instant),
}

/// One of those that are counted.
pub(super) struct Place(Arc<AtomicUsize>);

impl Place {
    pub fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count.clone())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Connection {
    pub(super) fn new(place: Place) -> Arc<Self> {
        let state = State { place: Some(place), phase: Phase::Free(Instant::now()) };
        Arc::new(Self { state: Mutex::new(state), is_ended: AtomicBool::new(false), waker: AtomicWaker::new() })
    }

    /// Since when it has asked nothing; `None`: it has, or it is a session.
    pub(super) fn free_since(&self) -> Option<Instant> {
        let state = lock(&self.state);
        match state.phase {
            Phase::Free(since) if state.place.is_some() => Some(since),
            Phase::Free(_) | Phase::Asked | Phase::Streams(_) => None,
        }
    }

    /// Says that a request is worked on, or no longer. A stream goes on after that.
    pub(super) fn is_asked(&self, is_asked: bool) {
        let mut state = lock(&self.state);
        state.phase = match (is_asked, state.phase) {
            (true, _) => Phase::Asked,
            (false, Phase::Asked) => Phase::Free(Instant::now()),
            (false, phase) => phase,
        };
    }

    /// It carries a session from here on, over a socket or a stream that has a clock of its own.
    pub fn becomes_session(&self) {
        lock(&self.state).place = None;
    }

    /// From here on it carries an event stream, whose every turn is to be told.
    pub fn becomes_stream(self: &Arc<Self>) -> Streaming {
        self.becomes_session();
        let streaming = Streaming(self.clone());
        streaming.turns();
        streaming
    }

    /// Whether to look at it again. One that was free, or whose stream was not asked for more, for too long is ended.
    pub(super) fn stays(&self, timing: &SessionTiming) -> bool {
        let state = lock(&self.state);
        let has_time = match state.phase {
            Phase::Asked => true,
            Phase::Free(since) => state.place.is_some() && since.elapsed() < timing.unasked_for,
            Phase::Streams(since) => since.elapsed() < timing.comment_every + timing.frame_within(),
        };
        drop(state);
        if !has_time {
            self.end();
        }
        has_time
    }

    /// Gives its place back, and has its server drop it.
    pub(super) fn end(&self) {
        lock(&self.state).place = None;
        self.is_ended.store(true, Ordering::Release);
        self.waker.wake();
    }

    fn carries_stream(&self) -> bool {
        matches!(lock(&self.state).phase, Phase::Streams(_))
    }

    fn goes_on(&self, context: &Context<'_>) -> io::Result<()> {
        self.waker.register(context.waker());
        if self.is_ended.load(Ordering::Acquire) { Err(io::ErrorKind::TimedOut.into()) } else { Ok(()) }
    }
}

/// An event stream on a connection. When it is over, the connection asks nothing.
pub struct Streaming(Arc<Connection>);

impl Streaming {
    /// It is asked for more, so what it gave before has been taken.
    pub fn turns(&self) {
        lock(&self.0.state).phase = Phase::Streams(Instant::now());
    }
}

impl Drop for Streaming {
    fn drop(&mut self) {
        lock(&self.0.state).phase = Phase::Free(Instant::now());
    }
}

/// A connection's socket, which fails once the connection is ended.
pub struct Watched {
    socket: TcpStream,
    connection: Arc<Connection>,
}

impl Watched {
    pub(super) const fn new(socket: TcpStream, connection: Arc<Connection>) -> Self {
        Self { socket, connection }
    }

    pub(super) const fn connection(&self) -> &Arc<Connection> {
        &self.connection
    }

    pub fn peer(&self) -> Option<SocketAddr> {
        self.socket.peer_addr().ok()
    }

    /// The socket alone, for a session, and the place it has among other connections as long as it is kept.
    pub fn into_parts(self) -> (TcpStream, Arc<Connection>) {
        (self.socket, self.connection)
    }

    fn goes_on(&self, context: &Context<'_>) -> io::Result<()> {
        let goes_on = self.connection.goes_on(context);
        if goes_on.is_err() && self.connection.carries_stream() {
            // With the socket goes what the kernel still holds for the peer, who would else be waited for without us. An
            // error says that the peer is gone already.
            _ = SockRef::from(&self.socket).set_linger(Some(Duration::ZERO));
        }
        goes_on
    }
}

impl AsyncRead for Watched {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.goes_on(context)?;
        Pin::new(&mut this.socket).poll_read(context, buffer)
    }
}

impl AsyncWrite for Watched {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        this.goes_on(context)?;
        Pin::new(&mut this.socket).poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().socket).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().socket).poll_shutdown(context)
    }
}
