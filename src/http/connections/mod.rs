//! The connections that HTTP serves: how many there may be, and how long each is waited for.
//!
//! Owns their count, their clocks and their end. Does not own what is asked over them, nor sessions over WebSocket once
//! they have their socket (`websocket` does).
//! Invariant: a connection is counted here until it is closed or a session's, and has a clock all the while.

mod watched;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{Extensions, ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::rt::net::TcpStream;
use socket2::SockRef;
use tokio::time::Instant;

use crate::live::lock;

use super::SessionTiming;

use self::watched::Place;

pub use self::watched::{Connection, Streaming, Watched};

/// How often connections are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How long a connection has to ask something before it may have to give way to another.
const ASKS_WITHIN: Duration = Duration::from_secs(1);

/// How many a newcomer looks at for one that gives way.
const LOOKED_AT_MAX: usize = 64;

/// The connections that are no sessions over WebSocket. The server's library waits for the head of a connection's first
/// request only for a time, and for that of a later one without end; and an event stream that is not taken is asked for
/// nothing, so that no clock of its own runs: those are ended here. At the bound one that has asked nothing for long gives
/// way, and where all that are looked at are worked on, the newcomer goes.
#[derive(Clone)]
pub struct Connections {
    /// Those that are looked at next are first.
    open: Arc<Mutex<VecDeque<Weak<Connection>>>>,
    held: Arc<AtomicUsize>,
    max: usize,
    timing: SessionTiming,
}

impl Connections {
    /// At most `max` at once. Must be called inside a Tokio runtime. Ends with its last clone.
    pub fn new(max: usize, timing: SessionTiming) -> Self {
        let open: Arc<Mutex<VecDeque<Weak<Connection>>>> = Arc::default();
        tokio::spawn({
            let open = Arc::downgrade(&open);
            async move {
                loop {
                    tokio::time::sleep(LOOK_EVERY.min(timing.unasked_for)).await;
                    let Some(open) = open.upgrade() else { return };
                    lock(&open).retain(|connection| connection.upgrade().is_some_and(|it| it.stays(&timing)));
                }
            }
        });
        Self { open, held: Arc::default(), max, timing }
    }

    /// To be called with each new connection; `None`: there is no place for it.
    pub fn opened(&self, stream: TcpStream) -> Option<Watched> {
        let socket = SockRef::from(&stream);
        // Without it every frame waits for the acknowledgement of the one before, in steps of 40 ms.
        if let Err(error) = socket.set_tcp_nodelay(true) {
            tracing::warn!(%error, "http: a connection could not be told to send at once");
        }
        if let Err(error) = socket.set_tcp_user_timeout(Some(self.timing.unsent_for)) {
            tracing::warn!(%error, "http: a connection's send timeout could not be set");
        }
        let mut open = lock(&self.open);
        if self.held.load(Ordering::Relaxed) >= self.max && !one_gives_way(&mut open) {
            metrics::counter!("parvis_connections_refused_total").increment(1);
            return None;
        }
        let connection = Connection::new(Place::new(&self.held));
        open.push_back(Arc::downgrade(&connection));
        Some(Watched::new(stream, connection))
    }
}

/// Ends the connection that has asked nothing for longest, of the first few. Whether there is one that may go.
fn one_gives_way(open: &mut VecDeque<Weak<Connection>>) -> bool {
    let mut longest: Option<(Instant, Arc<Connection>)> = None;
    for _ in 0..LOOKED_AT_MAX.min(open.len()) {
        let Some(connection) = open.pop_front() else { break };
        let Some(alive) = connection.upgrade() else { continue };
        open.push_back(connection);
        if let Some(since) = alive.free_since()
            && since.elapsed() >= ASKS_WITHIN
            && longest.as_ref().is_none_or(|(longest, _)| since < *longest)
        {
            longest = Some((since, alive));
        }
    }
    let gives_way = longest.is_some();
    if let Some((_, connection)) = longest {
        connection.end();
    }
    gives_way
}

/// Puts a connection where its requests find it.
pub fn on_connect(watched: &Watched, extensions: &mut Extensions) {
    extensions.insert(watched.connection().clone());
}

/// Says of a connection when a request is worked on.
pub async fn watch_connection(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let connection = request.conn_data::<Arc<Connection>>().cloned();
    let set = |is_asked| {
        if let Some(connection) = &connection {
            connection.is_asked(is_asked);
        }
    };
    set(true);
    let answered = next.call(request).await;
    set(false);
    answered
}

#[cfg(test)]
mod tests {
    use super::*;

    use tokio::io::AsyncReadExt;

    async fn pair() -> (TcpStream, TcpStream) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap());
        let (client, served) = tokio::join!(client, listener.accept());
        (client.unwrap(), served.unwrap().0)
    }

    /// Whether its server would see the end of it within that time.
    async fn ends(connection: &mut Watched, within: Duration) -> bool {
        let read = tokio::time::timeout(within, connection.read(&mut [0; 1])).await;
        read.is_ok_and(|read| read.is_err_and(|error| error.kind() == std::io::ErrorKind::TimedOut))
    }

    #[tokio::test]
    async fn w2_w3_a_new_connection_sends_at_once_and_is_given_up_when_nothing_is_taken() {
        let (_client, served) = pair().await;
        let timing = SessionTiming::default();
        let watched = Connections::new(1, timing).opened(served).unwrap();
        let (socket, _connection) = watched.into_parts();
        let socket = SockRef::from(&socket);
        assert!(socket.tcp_nodelay().unwrap());
        assert_eq!(socket.tcp_user_timeout().unwrap(), Some(timing.unsent_for));
    }

    #[tokio::test]
    async fn h2_a_connection_that_asks_nothing_is_ended_and_a_session_is_not() {
        let timing = SessionTiming { unasked_for: Duration::from_millis(100), ..SessionTiming::default() };
        let connections = Connections::new(2, timing);
        let ((mut client, served), (_other, session)) = (pair().await, pair().await);
        let mut idle = connections.opened(served).unwrap();
        let (mut session, connection) = connections.opened(session).unwrap().into_parts();
        connection.becomes_session();
        assert!(ends(&mut idle, Duration::from_secs(10)).await);
        drop(idle);
        assert_eq!(client.read(&mut [0; 1]).await.unwrap(), 0);
        let waited = tokio::time::timeout(Duration::from_millis(300), session.read(&mut [0; 1])).await;
        assert!(waited.is_err());
    }

    #[tokio::test]
    async fn w3_a_stream_is_ended_that_is_asked_for_nothing_and_one_that_goes_on_is_not() {
        let quick = Duration::from_millis(100);
        let timing =
            SessionTiming { unasked_for: quick, comment_every: quick, unsent_for: quick * 2, ..Default::default() };
        let connections = Connections::new(1, timing);
        let (mut client, served) = pair().await;
        let mut watched = connections.opened(served).unwrap();
        let stream = watched.connection().becomes_stream();
        assert_eq!(connections.held.load(Ordering::Relaxed), 0, "it is counted as a session");
        for _ in 0..10 {
            stream.turns();
            assert!(!ends(&mut watched, quick).await);
        }
        assert!(ends(&mut watched, Duration::from_secs(10)).await);
        drop(watched);
        assert!(client.read(&mut [0; 1]).await.is_err(), "what waits in the kernel goes with it");
    }

    #[tokio::test]
    async fn w5_at_the_bound_the_one_that_has_long_asked_nothing_gives_way_and_none_that_is_worked_on() {
        let connections = Connections::new(2, SessionTiming::default());
        let (mut clients, mut opened) = (Vec::new(), Vec::new());
        for number in 0..4 {
            if number == 2 {
                tokio::time::sleep(ASKS_WITHIN).await;
            }
            let (client, served) = pair().await;
            clients.push(client);
            opened.push(connections.opened(served));
            if number == 1 {
                opened[1].as_ref().unwrap().connection().is_asked(true);
            }
            assert!(connections.held.load(Ordering::Relaxed) <= 2);
        }
        // The first was free for longest; the second is worked on; the third is too new to go, so the fourth does.
        assert!(opened.pop().unwrap().is_none());
        for (number, connection) in opened.iter_mut().enumerate() {
            let is_ended = ends(connection.as_mut().unwrap(), Duration::from_millis(200)).await;
            assert_eq!(is_ended, number == 0, "{number}");
        }
        drop(opened);
        assert_eq!(connections.held.load(Ordering::Relaxed), 0);
    }

    #[tokio::test]
    async fn w5_who_looks_for_one_that_gives_way_looks_at_a_few_and_the_next_at_the_next() {
        let connections = Connections::new(LOOKED_AT_MAX + 1, SessionTiming::default());
        let mut opened = Vec::new();
        for _ in 0..=LOOKED_AT_MAX {
            let (client, served) = pair().await;
            let watched = connections.opened(served).unwrap();
            watched.connection().is_asked(opened.len() < LOOKED_AT_MAX);
            opened.push((client, watched));
        }
        opened.last().unwrap().1.connection().is_asked(true);
        opened.last().unwrap().1.connection().is_asked(false);
        tokio::time::sleep(ASKS_WITHIN).await;
        assert!(connections.opened(pair().await.1).is_none(), "all it looked at are worked on");
        assert!(connections.opened(pair().await.1).is_some());
    }
}
