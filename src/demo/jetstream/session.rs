//! One subscriber's connection, from the handshake to the end.
//!
//! Owns the handshake, the sending and the pings. Does not own which frame comes next (`hub`) or which pass
//! (`subscription`). Invariant: frames go out in the log's order, each at most once a connection.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::SplitSink;
use futures_util::{FutureExt, SinkExt, StreamExt};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::{interval_at, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::http::StatusCode;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::{WebSocketStream, accept_hdr_async};

use super::hub::{Hub, Kept, Next};
use super::subscription::{Subscription, Update};
use crate::shutdown::Shutdown;

const PING_EVERY: Duration = Duration::from_secs(30);
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(10);
const WRITE_LIMIT: Duration = Duration::from_secs(5);

type Socket = WebSocketStream<TcpStream>;

/// Why a session ends.
enum End {
    /// With a close frame.
    Close(CloseCode, String),
    /// Without a word, at once.
    Drop,
    /// In the middle of this frame.
    Cut(Arc<Kept>),
}

/// Serves one connection until either side ends it. A failed handshake is the client's affair.
pub(super) async fn serve(stream: TcpStream, hub: Arc<Hub>, shutdown: Shutdown) {
    let mut asked = None;
    #[expect(clippy::result_large_err, reason = "the handshake's own type")]
    let handshake = accept_hdr_async(stream, |request: &Request, response: Response| {
        asked = Some(examine(request, &hub)?);
        Ok(response)
    });
    let Ok(Ok(socket)) = timeout(HANDSHAKE_LIMIT, handshake).await else { return };
    let Some(subscription) = asked else { return };
    run(socket, subscription, &hub, &shutdown).await;
}

/// Decides on a request before the upgrade.
#[expect(clippy::result_large_err, reason = "the handshake's own type")]
fn examine(request: &Request, hub: &Hub) -> Result<Subscription, ErrorResponse> {
    let refuse = |status: StatusCode, reason: String| {
        let mut response = ErrorResponse::new(Some(reason));
        *response.status_mut() = status;
        response
    };
    if let Some(status) = hub.refusal() {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
        return Err(refuse(status, "service not ready".into()));
    }
    if request.uri().path() != "/subscribe" {
        return Err(refuse(StatusCode::NOT_FOUND, "404 page not found".into()));
    }
    if request.headers().get("Socket-Encoding").is_some_and(|encoding| encoding == "zstd") {
        return Err(refuse(StatusCode::BAD_REQUEST, "this simulator does not compress".into()));
    }
    Subscription::from_query(request.uri().query().unwrap_or_default())
        .map_err(|reason| refuse(StatusCode::BAD_REQUEST, reason))
}

async fn run(socket: Socket, subscription: Subscription, hub: &Arc<Hub>, shutdown: &Shutdown) {
    let Subscription { mut filter, cursor, mut waits_for_hello } = subscription;
    let mut reader = hub.reader(cursor);
    let mut changes = hub.changes();
    let (mut sink, mut source) = socket.split();
    let mut pings = interval_at(tokio::time::Instant::now() + PING_EVERY, PING_EVERY);
    let end = loop {
        let next = if waits_for_hello { Next::Wait } else { reader.next() };
        // What the client says is looked at between any two frames; with nothing to send, it is waited for.
        let said = match next {
            Next::Drop => break End::Drop,
            Next::SendHalf(frame) => break End::Cut(frame),
            Next::Send(kept) => {
                if filter.lets_through(kept.envelope.as_ref(), kept.text.len()) {
                    let sent = send(&mut sink, Message::text(&*kept.text));
                    tokio::select! {
                        sent = sent => if !sent { break End::Drop },
                        // A client that reads nothing is dropped all the same when a test says so.
                        () = dropped(&mut changes, &reader) => break End::Drop,
                        () = shutdown.triggered() => break End::Drop,
                    }
                }
                // Thousands of frames that are filtered out must not keep other tasks waiting.
                tokio::task::consume_budget().await;
                source.next().now_or_never()
            }
            Next::Wait => tokio::select! {
                said = source.next() => Some(said),
                _ = changes.changed() => None,
                _ = pings.tick() => {
                    if !hub.is_stalled() && !send(&mut sink, Message::Ping(Vec::new().into())).await {
                        break End::Drop;
                    }
                    None
                }
                () = shutdown.triggered() => break End::Close(CloseCode::Away, "server shutting down".into()),
            },
        };
        match said {
            None => {}
            Some(Some(Ok(Message::Text(text)))) => match Update::read(&text) {
                Update::Filter(update) => (filter, waits_for_hello) = (update, false),
                Update::Ignored => {}
                Update::Unreadable => break End::Close(CloseCode::Invalid, "invalid message".into()),
                Update::Refused(reason) => break End::Close(CloseCode::Policy, reason.chars().take(60).collect()),
            },
            Some(Some(Ok(Message::Close(_)) | Err(_)) | None) => break End::Drop,
            Some(Some(Ok(_))) => {}
        }
    };
    match end {
        End::Drop => {}
        End::Close(code, reason) => {
            send(&mut sink, Message::Close(Some(CloseFrame { code, reason: reason.into() }))).await;
        }
        End::Cut(frame) => {
            if let Ok(mut socket) = sink.reunite(source) {
                send_half(socket.get_mut(), &frame.text).await;
            }
        }
    }
}

/// Resolves when a test orders this reader's connection to be dropped.
async fn dropped(changes: &mut tokio::sync::watch::Receiver<()>, reader: &super::hub::Reader) {
    loop {
        if reader.is_dropped() {
            return;
        }
        if changes.changed().await.is_err() {
            return pending().await;
        }
    }
}

/// `false` when the client does not take the message in time or is gone.
async fn send(sink: &mut SplitSink<Socket, Message>, message: Message) -> bool {
    matches!(timeout(WRITE_LIMIT, sink.send(message)).await, Ok(Ok(())))
}

/// Writes an honest header and half of what it announces.
async fn send_half(stream: &mut TcpStream, text: &str) {
    let length = text.len();
    let mut bytes = vec![0x81];
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(short @ ..126), _) => bytes.push(short),
        (_, Ok(middle)) => {
            bytes.push(126);
            bytes.extend_from_slice(&middle.to_be_bytes());
        }
        _ => {
            bytes.push(127);
            bytes.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
    bytes.extend(text.bytes().take(length / 2));
    // A client that is gone already is cut as well as one can be.
    let _ = timeout(WRITE_LIMIT, async {
        stream.write_all(&bytes).await?;
        stream.flush().await
    })
    .await;
}
