use std::sync::Arc;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::broadcast::error::RecvError;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use url::form_urlencoded;

use super::{Message, State, key};

/// The tags of one socket, taken off the server's list when it ends.
struct Subscriptions {
    tags: Vec<String>,
    state: Arc<State>,
}

impl Subscriptions {
    fn add(&mut self, tag: &str) {
        self.tags.push(tag.to_owned());
        self.state.lock().subscribed.push(tag.to_owned());
    }
}

impl Drop for Subscriptions {
    fn drop(&mut self) {
        let mut inner = self.state.lock();
        for tag in &self.tags {
            if let Some(at) = inner.subscribed.iter().position(|other| other == tag) {
                inner.subscribed.remove(at);
            }
        }
    }
}

#[expect(clippy::result_large_err, reason = "the library's own type for a refused handshake")]
pub async fn serve(stream: TcpStream, state: Arc<State>) {
    let mut first = None;
    let handshake = |request: &Request, response: Response| {
        let query = request.uri().query().unwrap_or_default();
        let asked = |name: &str| {
            form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
        };
        let header = request.headers().get("authorization").and_then(|value| value.to_str().ok()).map(str::to_owned);
        let header = header.filter(|_| !state.lock().reads_no_headers);
        let authorization = header.or_else(|| asked("access_token").map(|token| format!("Bearer {token}")));
        // Since 4.2 nobody streams without a token.
        let is_let_in = authorization.is_some() && state.is_let_in(authorization.as_deref());
        first = asked("tag");
        if is_let_in { Ok(response) } else { Err(unauthorized()) }
    };
    let Ok(mut socket) = tokio_tungstenite::accept_hdr_async(stream, handshake).await else { return };
    let mut messages = state.messages.subscribe();
    let mut subscriptions = Subscriptions { tags: Vec::new(), state: state.clone() };
    if let Some(tag) = first {
        subscriptions.add(&tag);
    }
    loop {
        tokio::select! {
            frame = socket.next() => match frame {
                Some(Ok(Frame::Text(text))) => {
                    if said(&text, &mut subscriptions, &mut socket).await.is_none() {
                        return;
                    }
                }
                Some(Ok(Frame::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => {}
            },
            message = messages.recv() => match message {
                Ok(Message::Event { tags, event, payload }) => {
                    // Once for each tag that was subscribed to, which is echoed as it was written.
                    for tag in subscriptions.tags.iter().filter(|tag| tags.contains(&key(tag))) {
                        let message = json!({ "stream": ["hashtag", tag], "event": event, "payload": payload });
                        if socket.send(Frame::text(message.to_string())).await.is_err() {
                            return;
                        }
                    }
                }
                Ok(Message::Cut) | Err(RecvError::Closed | RecvError::Lagged(_)) => return,
            },
        }
    }
}

/// What a client says. `None`: the socket is gone.
async fn said(text: &str, subscriptions: &mut Subscriptions, socket: &mut WebSocketStream<TcpStream>) -> Option<()> {
    // What is no JSON is ignored, as by the real server.
    let Ok(said) = serde_json::from_str::<Value>(text) else { return Some(()) };
    let of = |name: &str| said.get(name).and_then(Value::as_str);
    // GoToSocial's handler reads no tag.
    let is_gotosocial = subscriptions.state.lock().version.starts_with("0.");
    match (of("type"), of("stream"), of("tag").filter(|_| !is_gotosocial)) {
        (Some("subscribe"), Some("hashtag" | "hashtag:local"), Some(tag)) => subscriptions.add(tag),
        (Some("subscribe"), Some("hashtag" | "hashtag:local"), None) => {
            let error = json!({ "error": "Missing tag name parameter", "status": 400 });
            socket.send(Frame::text(error.to_string())).await.ok()?;
        }
        _ => {
            let error = json!({ "error": "Unknown stream type", "status": 400 });
            socket.send(Frame::text(error.to_string())).await.ok()?;
        }
    }
    Some(())
}

fn unauthorized() -> ErrorResponse {
    let mut response = ErrorResponse::new(None);
    *response.status_mut() = tokio_tungstenite::tungstenite::http::StatusCode::UNAUTHORIZED;
    response
}
