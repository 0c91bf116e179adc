//! One subscriber's connection, from the handshake to the end.
//!
//! Owns the sending, the compression and the pings. Does not own what comes before (`handshake`), which frame comes next
//! (`hub`) or which pass (`subscription`). Invariant: frames go out in the log's order, each at most once a connection.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::SplitSink;
use futures_util::{FutureExt, SinkExt, StreamExt};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::{interval_at, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use zstd::bulk::Compressor;

use super::handshake::{Accepted, Connection, accept};
use super::hub::{Failure, Hub, Kept, Next};
use super::subscription::{Subscription, Update};
use crate::demo::frames::wire_v2;
use crate::ingest::sources::bluesky::Wire;
use crate::shutdown::Shutdown;

const PING_EVERY: Duration = Duration::from_secs(30);
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(10);
const WRITE_LIMIT: Duration = Duration::from_secs(5);

type Socket = WebSocketStream<Connection>;

/// Why a session ends.
enum End {
    /// With a close frame.
    Close(CloseCode, String),
    /// Without a word, at once.
    Drop,
    /// In the middle of this frame.
    Cut(Arc<Kept>),
    /// With an error frame, where the wire has them.
    Fail(Arc<Failure>),
}

/// Serves one connection until either side ends it. A failed handshake is the client's affair.
pub(super) async fn serve(stream: TcpStream, hub: Arc<Hub>, shutdown: Shutdown) {
    // Frames are small and each is awaited.
    let _small = stream.set_nodelay(true);
    if let Ok(Some(accepted)) = timeout(HANDSHAKE_LIMIT, accept(stream, &hub)).await {
        run(accepted, &hub, &shutdown).await;
    }
}

/// How texts go out on one connection.
struct Form {
    compressor: Option<Compressor<'static>>,
}

impl Form {
    /// As the real server compresses: a window of 128 KiB, a checksum, the size in the head.
    fn new(dictionary: Option<&[u8]>) -> std::io::Result<Self> {
        let compressor = dictionary.map(|dictionary| {
            let mut compressor = Compressor::with_dictionary(1, dictionary)?;
            compressor.window_log(17)?;
            compressor.include_checksum(true)?;
            Ok::<_, std::io::Error>(compressor)
        });
        Ok(Self { compressor: compressor.transpose()? })
    }

    fn message(&mut self, text: &str) -> Message {
        match self.compressor.as_mut().map(|compressor| compressor.compress(text.as_bytes())) {
            Some(Ok(frame)) => Message::binary(frame),
            Some(Err(_)) | None => Message::text(text),
        }
    }
}

async fn run(accepted: Accepted, hub: &Arc<Hub>, shutdown: &Shutdown) {
    let Accepted { socket, wire, subscription, start, dictionary } = accepted;
    let Subscription { mut filter, mut waits_for_hello, .. } = subscription;
    let Ok(mut form) = Form::new(dictionary.as_deref()) else { return };
    let mut reader = hub.reader(start);
    let mut changes = hub.changes();
    let (mut sink, mut source) = socket.split();
    let mut pings = interval_at(tokio::time::Instant::now() + PING_EVERY, PING_EVERY);
    if start.is_outdated && wire == Wire::V2 {
        send(&mut sink, form.message(&wire_v2::outdated_cursor(start.sequence))).await;
    }
    let end = loop {
        let next = if waits_for_hello { Next::Wait } else { reader.next() };
        // What the client says is looked at between any two frames; with nothing to send, it is waited for.
        let said = match next {
            Next::Drop => break End::Drop,
            Next::Fail(failure) => break End::Fail(failure),
            Next::SendHalf(frame) => break End::Cut(frame),
            Next::Send(kept) => {
                let text = kept.on(wire).filter(|text| filter.lets_through(kept.envelope.as_ref(), text.len()));
                if let Some(text) = text {
                    let sent = send(&mut sink, form.message(text));
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
            // The second wire is for listening only.
            Some(Some(Ok(Message::Text(_) | Message::Binary(_)))) if wire == Wire::V2 => {
                break End::Close(CloseCode::Policy, "unexpected data message".into());
            }
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
        End::Fail(failure) => {
            if wire == Wire::V2 {
                send(&mut sink, form.message(&wire_v2::error(&failure.name, &failure.message))).await;
            }
        }
        End::Close(code, reason) => {
            send(&mut sink, Message::Close(Some(CloseFrame { code, reason: reason.into() }))).await;
        }
        End::Cut(frame) => {
            if let (Ok(mut socket), Some(text)) = (sink.reunite(source), frame.on(wire)) {
                send_half(socket.get_mut(), &form.message(text)).await;
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
async fn send_half(stream: &mut Connection, message: &Message) {
    let length = message.len();
    let mut bytes = vec![if message.is_text() { 0x81 } else { 0x82 }];
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
    bytes.extend(message.clone().into_data().iter().take(length / 2));
    // A client that is gone already is cut as well as one can be.
    let _ = timeout(WRITE_LIMIT, async {
        stream.write_all(&bytes).await?;
        stream.flush().await
    })
    .await;
}
