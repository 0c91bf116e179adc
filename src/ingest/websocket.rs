//! The WebSocket connector that streaming networks share.
//!
//! Owns connecting through the guard, transport limits, pings, and telling a dead connection from a silent one. Does not
//! own reconnecting (supervisor) or what frames mean (`sources/<network>`).
//! Invariant: every wait has an end, and no more than twice [`TRANSPORT_LIMIT`] is ever held.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{FutureExt, SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, MissedTickBehavior, timeout};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::error::{CapacityError, Error, ProtocolError};
use tokio_tungstenite::tungstenite::http::header::{HeaderMap, USER_AGENT};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Bytes, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, client_async_tls_with_config};
use url::Url;

use super::outbound::{Outbound, OutboundError, retry_after};
use super::source::SourceError;
use crate::domain::{RefuseReason, Timestamp};
use crate::shutdown::Shutdown;

/// The largest message that is received at all; beyond it the connection is given up. A message that comes in parts is
/// held beside the part that is arriving, and the allocator keeps some of both: all stays below 16 MiB (H2).
pub const TRANSPORT_LIMIT: usize = 4 << 20;
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);
/// Where a server refuses without saying for how long (429).
const DEFAULT_PATIENCE: Duration = Duration::from_secs(60);

#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// For the whole way to an open WebSocket; a third of it for each of the host's addresses.
    pub connect: Duration,
    /// Between two pings. A peer that lets two and a half of these pass without any sign of life is dead.
    pub ping: Duration,
    /// Without a data frame for this long the stream is silent.
    pub stall: Duration,
}

impl Timing {
    pub const fn with_stall(stall: Duration) -> Self {
        Self { connect: Duration::from_secs(15), ping: Duration::from_secs(30), stall }
    }
}

/// Why there is no connection.
#[derive(Debug)]
pub struct ConnectError {
    /// The HTTP status with which the server declined, where it did. (What it says besides may not have come with it.)
    pub status: Option<u16>,
    pub error: SourceError,
}

impl From<SourceError> for ConnectError {
    fn from(error: SourceError) -> Self {
        Self { status: None, error }
    }
}

/// What came.
#[derive(Debug)]
pub enum Incoming {
    Text(Bytes),
    Binary(Bytes),
    /// The peer closed, in good order.
    Closed(String),
    /// A message that the transport can't receive (too large, not UTF-8). The connection is lost with it.
    Unreceivable(RefuseReason),
    /// Cut off, dead or silent.
    Lost(SourceError),
    /// We are to stop.
    Shutdown,
}

pub struct WebSocket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    timing: Timing,
    ticker: tokio::time::Interval,
    last_data: Instant,
    last_sign: Instant,
}

impl WebSocket {
    /// Connects to a `ws` or `wss` address, with our User-Agent and `headers` (authorization, subprotocol…).
    pub async fn connect(
        outbound: &Outbound,
        url: &Url,
        headers: HeaderMap,
        timing: Timing,
        now: Timestamp,
    ) -> Result<Self, ConnectError> {
        outbound.guard().check(url, &["ws", "wss"]).map_err(from_outbound)?;
        outbound.count(url);
        let stream = timeout(timing.connect, open(outbound, url, headers, timing.connect / 3, now))
            .await
            .map_err(|_elapsed| retry("no answer to the connection in time"))??;
        let mut ticker = tokio::time::interval_at(Instant::now() + timing.ping, timing.ping);
        ticker.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Ok(Self { stream, timing, ticker, last_data: Instant::now(), last_sign: Instant::now() })
    }

    /// The next thing that comes. Safe to drop at any time.
    pub async fn next(&mut self, shutdown: &Shutdown) -> Incoming {
        loop {
            if shutdown.is_triggered() {
                return self.close().await;
            }
            // The common case under load, without arming timers. When nothing is there yet, or tokio wants other tasks
            // to have their turn, the wait below follows.
            let message = match self.stream.next().now_or_never() {
                Some(message) => message,
                None => tokio::select! {
                    biased;
                    message = self.stream.next() => message,
                    () = shutdown.triggered() => return self.close().await,
                    _ = self.ticker.tick() => match self.check_alive().await {
                        Ok(()) => continue,
                        Err(error) => return Incoming::Lost(error),
                    },
                    () = tokio::time::sleep_until(self.last_data + self.timing.stall) => {
                        return Incoming::Lost(SourceError::Silent { after: self.timing.stall });
                    }
                },
            };
            self.last_sign = Instant::now();
            if let Some(incoming) = sort(message) {
                self.last_data = self.last_sign;
                return incoming;
            }
        }
    }

    /// Says something to the peer.
    pub async fn send(&mut self, text: String) -> Result<(), SourceError> {
        self.write(Message::text(text)).await
    }

    /// Time spent elsewhere (a full channel) is not the peer's silence: called after such a wait.
    pub fn excuse_pause(&mut self) {
        self.last_data = Instant::now();
        self.last_sign = Instant::now();
    }

    async fn check_alive(&mut self) -> Result<(), SourceError> {
        if self.last_sign.elapsed() > self.timing.ping.mul_f64(2.5) {
            return Err(retry("the server no longer answers"));
        }
        self.write(Message::Ping(Bytes::new())).await
    }

    async fn write(&mut self, message: Message) -> Result<(), SourceError> {
        match timeout(WRITE_TIMEOUT, self.stream.send(message)).await {
            Ok(sent) => sent.map_err(|error| retry(&plain(&error))),
            Err(_elapsed) => Err(retry("the server takes nothing any more")),
        }
    }

    async fn close(&mut self) -> Incoming {
        // Courtesy only: the connection ends whether or not the peer takes it.
        let _closing = timeout(Duration::from_millis(500), self.stream.close(None)).await;
        Incoming::Shutdown
    }
}

async fn open(
    outbound: &Outbound,
    url: &Url,
    headers: HeaderMap,
    each: Duration,
    now: Timestamp,
) -> Result<WebSocketStream<MaybeTlsStream<TcpStream>>, ConnectError> {
    let mut request = url.as_str().into_client_request().map_err(|error| SourceError::Fatal(plain(&error)))?;
    request.headers_mut().insert(USER_AGENT, outbound.user_agent().clone());
    request.headers_mut().extend(headers);
    let (host, port) = (url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or(443));
    let addresses = outbound.guard().resolve(host, port).await.map_err(from_outbound)?;
    let socket = first_that_answers(addresses, each, TcpStream::connect).await?;
    match client_async_tls_with_config(request, socket, Some(limits()), None).await {
        Ok((stream, _response)) => Ok(stream),
        Err(Error::Http(response)) => {
            let status = response.status().as_u16();
            Err(ConnectError { status: Some(status), error: from_status(status, response.headers(), now) })
        }
        Err(error) => Err(retry(&plain(&error)).into()),
    }
}

/// The addresses are tried in turn, each for a while: one that swallows everything (IPv6 without a way out) must not keep
/// us from the next.
async fn first_that_answers<T, F: Future<Output = io::Result<T>>>(
    addresses: impl IntoIterator<Item = SocketAddr>,
    each: Duration,
    connect: impl Fn(SocketAddr) -> F,
) -> Result<T, SourceError> {
    let mut trouble = retry("the name leads nowhere");
    for address in addresses {
        match timeout(each, connect(address)).await {
            Ok(Ok(connected)) => return Ok(connected),
            Ok(Err(error)) => trouble = retry(&error.to_string()),
            Err(_elapsed) => trouble = retry("no answer to the connection in time"),
        }
    }
    Err(trouble)
}

fn limits() -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(32 << 10)
        .write_buffer_size(4 << 10)
        .max_write_buffer_size(1 << 20)
        .max_message_size(Some(TRANSPORT_LIMIT))
        .max_frame_size(Some(TRANSPORT_LIMIT))
}

/// `None`: a sign of life and nothing more.
fn sort(message: Option<Result<Message, Error>>) -> Option<Incoming> {
    Some(match message {
        Some(Ok(Message::Text(text))) => Incoming::Text(text.into()),
        Some(Ok(Message::Binary(bytes))) => Incoming::Binary(bytes),
        Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => return None,
        Some(Ok(Message::Close(frame))) => {
            let code = frame.map_or(1005, |frame| u16::from(frame.code));
            Incoming::Closed(format!("the server closed the connection ({code})"))
        }
        None | Some(Err(Error::ConnectionClosed | Error::AlreadyClosed)) => {
            Incoming::Closed("the server closed the connection".into())
        }
        Some(Err(Error::Capacity(CapacityError::MessageTooLong { .. }))) => {
            Incoming::Unreceivable(RefuseReason::Oversized)
        }
        Some(Err(Error::Utf8(_))) => Incoming::Unreceivable(RefuseReason::Malformed),
        Some(Err(error)) => Incoming::Lost(retry(&plain(&error))),
    })
}

/// What a refused handshake means.
fn from_status(status: u16, headers: &HeaderMap, now: Timestamp) -> SourceError {
    let after = retry_after(headers, now);
    let reason = format!("the server answered HTTP {status}");
    match status {
        401 | 403 => SourceError::Refused { reason, after },
        429 => SourceError::Refused { reason, after: after.or(Some(DEFAULT_PATIENCE)) },
        _ => SourceError::Retry { reason, after },
    }
}

fn from_outbound(error: OutboundError) -> SourceError {
    retry(&error.to_string())
}

fn retry(reason: &str) -> SourceError {
    SourceError::Retry { reason: reason.to_owned(), after: None }
}

/// The library's words without what may be in them: a protocol error can quote the peer at length.
fn plain(error: &Error) -> String {
    match error {
        Error::Io(error) => error.to_string(),
        Error::Tls(error) => error.to_string(),
        Error::Protocol(ProtocolError::SecWebSocketSubProtocolError(_)) => {
            "the server does not speak the protocol that was asked for".into()
        }
        Error::Protocol(_) | Error::AttackAttempt => "the server breaks the WebSocket protocol".into(),
        other => other.to_string().chars().take(200).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::outbound::addresses_at_home;

    #[tokio::test]
    async fn h4_no_spelling_of_an_address_at_home_is_connected_to() {
        let listener = std::net::TcpListener::bind("[::]:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        let connect = async |outbound: &Outbound, host: &str| {
            let url = Url::parse(&format!("ws://{host}:{port}/")).unwrap();
            let timing = Timing { connect: Duration::from_millis(200), ..Timing::with_stall(Duration::from_secs(1)) };
            WebSocket::connect(outbound, &url, HeaderMap::new(), timing, Timestamp::from_micros(0)).await.is_ok()
        };
        let closed = Outbound::new("", false).unwrap();
        for host in addresses_at_home() {
            assert!(!connect(&closed, &host).await, "{host}");
        }
        assert!(listener.accept().is_err(), "somebody came");
        // Were it not for the guard, they would come.
        connect(&Outbound::new("", true).unwrap(), "127.1").await;
        assert!(listener.accept().is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn an_address_that_swallows_everything_costs_a_while_and_not_the_connection() {
        let addresses = [1, 2, 3].map(|port| SocketAddr::from(([127, 0, 0, 1], port)));
        let each = Duration::from_secs(5);
        let connect = |address: SocketAddr| async move {
            match address.port() {
                1 => std::future::pending().await,
                2 => Err(io::ErrorKind::ConnectionRefused.into()),
                port => Ok(port),
            }
        };
        let began = Instant::now();
        assert_eq!(first_that_answers(addresses, each, connect).await.ok(), Some(3));
        assert_eq!(began.elapsed(), each);
        assert!(first_that_answers(addresses.into_iter().take(2), each, connect).await.is_err());
    }
}
