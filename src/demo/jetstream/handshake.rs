//! What comes before a subscription: the request, and the answers of one that is declined.
//!
//! Owns the reading of a request's head, which wire it is for, and plain HTTP. Does not own the stream after the upgrade
//! (`session`). Invariant: a request is judged in the real server's order, the same with and without an upgrade.

use std::io::Cursor;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt, Chain, Join, join};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::{WebSocketStream, accept_hdr_async};

use super::hub::{Hub, Start};
use super::subscription::{Compression, Subscription};
use crate::demo::frames::wire_v2::declined;
use crate::ingest::sources::bluesky::Wire;

/// Of a request's head; a longer one is cut off.
const HEAD_LIMIT: usize = 64 << 10;
const SUBPROTOCOL: &str = "xrpc.v1.json";

/// The connection, with what was read of it put back in front.
pub(super) type Connection = Join<Chain<Cursor<Vec<u8>>, OwnedReadHalf>, OwnedWriteHalf>;

/// A subscription that was accepted.
pub(super) struct Accepted {
    pub socket: WebSocketStream<Connection>,
    pub wire: Wire,
    pub subscription: Subscription,
    pub start: Start,
    /// What frames are to be compressed with.
    pub dictionary: Option<Arc<[u8]>>,
}

/// A whole answer of plain HTTP.
struct Answer {
    status: u16,
    kind: &'static str,
    body: Vec<u8>,
}

struct Head {
    path: String,
    query: String,
    /// With names in lower case.
    headers: Vec<(String, String)>,
}

/// What is known of a subscription before the upgrade.
struct Examined {
    wire: Wire,
    subscription: Subscription,
    start: Start,
    dictionary: Option<Arc<[u8]>>,
}

/// `None`: the request is answered, or was none.
pub(super) async fn accept(stream: TcpStream, hub: &Hub) -> Option<Accepted> {
    let (mut read, mut write) = stream.into_split();
    let mut bytes = Vec::new();
    while !bytes.windows(4).any(|end| end == b"\r\n\r\n") {
        if bytes.len() > HEAD_LIMIT || read.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    let head = Head::read(&bytes)?;
    let examined = match examine(&head, hub) {
        Ok(examined) if head.has("upgrade", "websocket") => examined,
        Ok(_) => return write.write_all(&Answer::text(426, "upgrade required").bytes()).await.ok().and(None),
        Err(answer) => return write.write_all(&answer.bytes()).await.ok().and(None),
    };
    let speaks = examined.wire == Wire::V2 && head.has("sec-websocket-protocol", SUBPROTOCOL);
    #[expect(clippy::result_large_err, reason = "the handshake's own type")]
    let answer = |_: &Request, mut response: Response| -> Result<Response, ErrorResponse> {
        if speaks {
            response.headers_mut().insert("sec-websocket-protocol", HeaderValue::from_static(SUBPROTOCOL));
        }
        Ok(response)
    };
    let socket = accept_hdr_async(join(Cursor::new(bytes).chain(read), write), answer).await.ok()?;
    let Examined { wire, subscription, start, dictionary } = examined;
    Some(Accepted { socket, wire, subscription, start, dictionary })
}

/// Decides on a request. The error is its answer.
fn examine(head: &Head, hub: &Hub) -> Result<Examined, Answer> {
    let wire = match &*head.path {
        "/subscribe" => Wire::V1,
        "/xrpc/network.bsky.jetstream.subscribeEvents" => Wire::V2,
        "/xrpc/network.bsky.jetstream.getZstdDictionary" => return Err(dictionary(head, hub)),
        _ => return Err(Answer::text(404, "404 page not found")),
    };
    let refuse = |status, name: &str, message: &str| match wire {
        Wire::V1 => Answer::text(status, message),
        Wire::V2 => Answer { status, kind: "application/json", body: declined(name, message).into_bytes() },
    };
    if let Some(status) = hub.refusal() {
        return Err(refuse(status, "ServiceUnavailable", "service not ready"));
    }
    let mut subscription = match wire {
        Wire::V1 => Subscription::v1(&head.query),
        Wire::V2 => Subscription::v2(&head.query),
    }
    .map_err(|reason| refuse(400, "InvalidRequest", &reason))?;
    if head.has("socket-encoding", "zstd") {
        match wire {
            Wire::V1 => subscription.compression = Compression::V1,
            Wire::V2 => return Err(refuse(400, "InvalidRequest", "Socket-Encoding is of /subscribe")),
        }
    }
    let dictionary = match subscription.compression {
        Compression::None => None,
        Compression::V1 => match hub.dictionary(wire) {
            None => return Err(refuse(400, "", "this simulator has no dictionary")),
            known => known,
        },
        Compression::V2(asked) => match hub.dictionary(wire).filter(|known| id(known) == Some(asked)) {
            None => {
                let current = hub.dictionary(wire).as_deref().and_then(id).unwrap_or_default();
                let message = format!("unknown zstd dictionary id {asked}; current dictionary id is {current}");
                return Err(refuse(400, "UnknownZstdDictionary", &message));
            }
            known => known,
        },
    };
    let start = hub.start(wire, subscription.cursor).map_err(|floor| {
        let message =
            format!("subscribe: cursor too old: below lookback floor {floor}; re-backfill from your last seq");
        refuse(400, "CursorTooOld", &message)
    })?;
    Ok(Examined { wire, subscription, start, dictionary })
}

/// The dictionary that was asked for, or else the current one.
fn dictionary(head: &Head, hub: &Hub) -> Answer {
    let mut parameters = url::form_urlencoded::parse(head.query.as_bytes());
    let asked = parameters.find_map(|(name, value)| (name == "id").then(|| value.parse::<u32>().ok()));
    match hub.dictionary(Wire::V2).filter(|known| asked.is_none_or(|asked| asked == id(known))) {
        Some(known) => Answer { status: 200, kind: "application/octet-stream", body: known.to_vec() },
        None => {
            let body = declined("DictionaryNotFound", "no such dictionary").into_bytes();
            Answer { status: 400, kind: "application/json", body }
        }
    }
}

fn id(dictionary: &[u8]) -> Option<u32> {
    dictionary.get(4..8).and_then(|id| id.try_into().ok()).map(u32::from_le_bytes)
}

impl Head {
    fn read(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        let mut lines = text.lines();
        let target = lines.next()?.strip_prefix("GET ")?.split(' ').next()?;
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let headers = lines.filter_map(|line| line.split_once(':'));
        Some(Self {
            path: path.to_owned(),
            query: query.to_owned(),
            headers: headers.map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned())).collect(),
        })
    }

    fn has(&self, name: &str, token: &str) -> bool {
        let values = self.headers.iter().filter(|(known, _)| known == name).flat_map(|(_, value)| value.split(','));
        values.map(str::trim).any(|value| value.eq_ignore_ascii_case(token))
    }
}

impl Answer {
    fn text(status: u16, body: &str) -> Self {
        Self { status, kind: "text/plain; charset=utf-8", body: body.as_bytes().to_vec() }
    }

    fn bytes(self) -> Vec<u8> {
        let Self { status, kind, body } = self;
        let length = body.len();
        let head = format!(
            "HTTP/1.1 {status} \r\ncontent-type: {kind}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
        );
        [head.into_bytes(), body].concat()
    }
}
