use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use actix_web::body::MessageBody;
use actix_web::dev::{Extensions, ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::rt::net::TcpStream;
use actix_web::{Error, HttpRequest};
use socket2::{SockRef, Socket};
use tokio::time::Instant;

use crate::live::lock;

use super::SessionTiming;

/// How often connections are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How long a connection has to ask something before it may have to give way to another.
const ASKS_WITHIN: Duration = Duration::from_secs(1);

/// The connections that are no sessions. The server's library waits for the head of a connection's first request
/// only for a time, and for that of a later one without end: those are ended here. Holds a second handle on each
/// socket until the connection becomes a session. At the bound the one that has asked nothing for longest gives way, and
/// where all are worked on, the newcomer goes.
#[derive(Clone)]
pub struct Connections {
    open: Arc<Mutex<Vec<Weak<Connection>>>>,
    held: Arc<AtomicUsize>,
    max: usize,
    timing: SessionTiming,
}

/// One connection, kept in its extensions, where requests find it.
pub struct Connection(Mutex<State>);

struct State {
    /// `None` once it is a session: those have clocks of their own.
    held: Option<Handle>,
    /// Since when no request is worked on; `None`: one is.
    free_since: Option<Instant>,
}

/// A second handle on a socket, counted.
struct Handle {
    socket: Socket,
    count: Arc<AtomicUsize>,
}

impl Handle {
    fn new(socket: Socket, count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self { socket, count: count.clone() }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.count.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Connections {
    /// At most `max` at once. Must be called inside a Tokio runtime. Ends with its last clone.
    pub fn new(max: usize, timing: SessionTiming) -> Self {
        let open: Arc<Mutex<Vec<Weak<Connection>>>> = Arc::default();
        tokio::spawn({
            let open = Arc::downgrade(&open);
            async move {
                loop {
                    tokio::time::sleep(LOOK_EVERY.min(timing.unasked_for)).await;
                    let Some(open) = open.upgrade() else { return };
                    lock(&open)
                        .retain(|connection| connection.upgrade().is_some_and(|it| it.stays(timing.unasked_for)));
                }
            }
        });
        Self { open, held: Arc::default(), max, timing }
    }

    /// To be called with each new connection.
    pub fn opened(&self, connection: &TcpStream, extensions: &mut Extensions) {
        let socket = SockRef::from(connection);
        // Without it every frame waits for the acknowledgement of the one before, in steps of 40 ms.
        if let Err(error) = socket.set_tcp_nodelay(true) {
            tracing::warn!(%error, "http: a connection could not be told to send at once");
        }
        if let Err(error) = socket.set_tcp_user_timeout(Some(self.timing.unsent_for)) {
            tracing::warn!(%error, "http: a connection's send timeout could not be set");
        }
        let mut open = lock(&self.open);
        if self.held.load(Ordering::Relaxed) >= self.max && !give_way(&open) {
            metrics::counter!("parvis_connections_refused_total").increment(1);
            // Its server sees the end of it.
            _ = socket.shutdown(std::net::Shutdown::Both);
            return;
        }
        let socket = match socket.try_clone() {
            Ok(socket) => socket,
            Err(error) => return tracing::warn!(%error, "http: a connection can't be watched"),
        };
        let state = State { held: Some(Handle::new(socket, &self.held)), free_since: Some(Instant::now()) };
        let connection = Arc::new(Connection(Mutex::new(state)));
        open.push(Arc::downgrade(&connection));
        extensions.insert(connection);
    }
}

/// Ends the connection that has asked nothing for longest. Whether there is one that may go.
fn give_way(open: &[Weak<Connection>]) -> bool {
    let free = open.iter().filter_map(|connection| {
        let connection = connection.upgrade()?;
        let since = connection.free_since()?;
        Some((since, connection))
    });
    let Some((since, longest)) = free.min_by_key(|(since, _)| *since) else { return false };
    since.elapsed() >= ASKS_WITHIN && !longest.stays(Duration::ZERO)
}

impl Connection {
    /// Since when it has asked nothing; `None`: it has, or is no longer held.
    fn free_since(&self) -> Option<Instant> {
        let state = lock(&self.0);
        state.free_since.filter(|_| state.held.is_some())
    }

    /// Whether to look at it again. One that was free for too long is shut down, and its server sees the end of it.
    fn stays(&self, unasked_for: Duration) -> bool {
        let mut state = lock(&self.0);
        if state.held.is_some() && state.free_since.is_none_or(|since| since.elapsed() < unasked_for) {
            return true;
        }
        if let Some(handle) = state.held.take() {
            // An error says that it is gone already.
            _ = handle.socket.shutdown(std::net::Shutdown::Both);
        }
        false
    }
}

/// Says of a connection when a request is worked on.
pub async fn watch_connection(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let connection = request.conn_data::<Arc<Connection>>().cloned();
    let set = |free_since| {
        if let Some(connection) = &connection {
            lock(&connection.0).free_since = free_since;
        }
    };
    set(None);
    let answered = next.call(request).await;
    set(Some(Instant::now()));
    answered
}

/// From here on the connection carries a session.
pub fn becomes_session(request: &HttpRequest) {
    if let Some(connection) = request.conn_data::<Arc<Connection>>() {
        lock(&connection.0).held = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn pair() -> (TcpStream, TcpStream) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap());
        let (client, served) = tokio::join!(client, listener.accept());
        (client.unwrap(), served.unwrap().0)
    }

    #[tokio::test]
    async fn w2_w3_a_new_connection_sends_at_once_and_is_given_up_when_nothing_is_taken() {
        let (_client, served) = pair().await;
        let timing = SessionTiming::default();
        Connections::new(1, timing).opened(&served, &mut Extensions::new());
        let socket = SockRef::from(&served);
        assert!(socket.tcp_nodelay().unwrap());
        assert_eq!(socket.tcp_user_timeout().unwrap(), Some(timing.unsent_for));
    }

    #[tokio::test]
    async fn h2_a_connection_that_asks_nothing_is_ended_and_a_session_is_not() {
        use tokio::io::AsyncReadExt;
        let timing = SessionTiming { unasked_for: Duration::from_millis(100), ..SessionTiming::default() };
        let connections = Connections::new(2, timing);
        let (mut idle, served) = pair().await;
        let (mut session, served_session) = pair().await;
        let (mut first, mut second) = (Extensions::new(), Extensions::new());
        connections.opened(&served, &mut first);
        connections.opened(&served_session, &mut second);
        lock(&second.get::<Arc<Connection>>().unwrap().0).held = None;
        let ended = tokio::time::timeout(Duration::from_secs(10), idle.read(&mut [0; 1])).await;
        assert_eq!(ended.unwrap().unwrap(), 0);
        let waited = tokio::time::timeout(Duration::from_millis(300), session.read(&mut [0; 1])).await;
        assert!(waited.is_err());
    }

    #[tokio::test]
    async fn w5_at_the_bound_the_one_that_has_long_asked_nothing_gives_way_and_none_that_is_worked_on() {
        use tokio::io::AsyncReadExt;
        let connections = Connections::new(2, SessionTiming::default());
        let mut pairs = Vec::new();
        for _ in 0..4 {
            pairs.push((pair().await, Extensions::new()));
        }
        let mut ended = Vec::new();
        for (number, ((client, served), extensions)) in pairs.iter_mut().enumerate() {
            if number == 2 {
                tokio::time::sleep(ASKS_WITHIN).await;
            }
            connections.opened(served, extensions);
            if number == 1 {
                lock(&extensions.get::<Arc<Connection>>().unwrap().0).free_since = None;
            }
            assert!(connections.held.load(Ordering::Relaxed) <= 2);
            ended.push(client);
        }
        // The first was free for longest; the second is worked on; the third is too new to go, so the fourth does.
        for (number, client) in ended.into_iter().enumerate() {
            let read = tokio::time::timeout(Duration::from_millis(200), client.read(&mut [0; 1])).await;
            assert_eq!(read.is_ok(), matches!(number, 0 | 3), "{number}: {read:?}");
        }
        drop(pairs);
        assert_eq!(connections.held.load(Ordering::Relaxed), 0);
    }
}
