use std::convert::Infallible;
use std::time::Duration;

use actix_http::ws::{CloseCode, CloseReason, Codec, Frame, Message, ProtocolError};
use actix_web::web::{Bytes, BytesMut, Payload};
use futures_util::{Stream, StreamExt, stream};
use tokio::time::Instant;
use tokio_util::codec::{Decoder, Encoder};

use crate::live::{End, Permit, Subscription};

use super::SessionTiming;

/// Largest frame a client may send (H2).
const CLIENT_FRAME_BYTES_MAX: usize = 4 * 1024;
/// Frames a client may send within [`FLOOD_WINDOW`]; an honest one sends a pong each 25 s.
const CLIENT_FRAMES_MAX: u32 = 60;
const FLOOD_WINDOW: Duration = Duration::from_secs(10);

/// Why the server closes a session, beside the ends of a subscription.
pub const TOO_MANY_SESSIONS: (u16, &str) = (4029, "too many sessions");
const POLICY: (u16, &str) = (1008, "clients send nothing but pong and close");
const TOO_LARGE: (u16, &str) = (1009, "frame too large");
const PROTOCOL: (u16, &str) = (1002, "not the WebSocket protocol");

/// The bytes of a session, as the response's body: frames of the subscription, which are shared by its group, with
/// pings and answers between them. Ends after a close frame, or when the peer is gone.
pub fn session(
    subscription: Subscription,
    payload: Payload,
    permit: Permit,
    timing: SessionTiming,
) -> impl Stream<Item = Result<Bytes, Infallible>> {
    let session = Session {
        subscription,
        payload,
        inbox: Inbox::new(Instant::now()),
        timing,
        beat: Instant::now() + timing.ping_every,
        pinged_at: None,
        leaves_at: None,
        _permit: permit,
    };
    stream::unfold(session, |mut session| async move {
        let bytes = session.step().await?;
        Some((Ok(bytes), session))
    })
}

/// A session that is closed as soon as it is opened.
pub fn refused(
    payload: Payload,
    (code, words): (u16, &'static str),
    timing: SessionTiming,
) -> impl Stream<Item = Result<Bytes, Infallible>> {
    stream::unfold((payload, false), move |(mut payload, told)| async move {
        if told {
            linger(&mut payload, Instant::now() + timing.linger).await;
            return None;
        }
        Some((Ok(close_frame(code, words)), (payload, true)))
    })
}

struct Session {
    subscription: Subscription,
    payload: Payload,
    inbox: Inbox,
    timing: SessionTiming,
    /// When to ping, or when to stop waiting for the answer.
    beat: Instant,
    /// The ping that has not been answered yet.
    pinged_at: Option<Instant>,
    /// Set with our close frame: nothing is sent after it.
    leaves_at: Option<Instant>,
    _permit: Permit,
}

impl Session {
    /// The next bytes for the peer; `None` ends the session.
    async fn step(&mut self) -> Option<Bytes> {
        if let Some(until) = self.leaves_at {
            linger(&mut self.payload, until).await;
            return None;
        }
        loop {
            tokio::select! {
                biased;
                chunk = self.payload.next() => {
                    let chunk = chunk?.ok()?;
                    self.hear();
                    match self.inbox.read(&chunk, Instant::now()) {
                        Said::Nothing => {}
                        Said::Asked(pongs) => return Some(pongs),
                        Said::Goodbye(reply) => {
                            self.leaves_at = Some(Instant::now());
                            return Some(reply);
                        }
                        Said::Wrong(code) => return Some(self.close(code)),
                    }
                }
                () = tokio::time::sleep_until(self.beat) => {
                    if self.pinged_at.is_some() {
                        count_end("silent");
                        return None;
                    }
                    let now = Instant::now();
                    self.pinged_at = Some(now);
                    self.beat = now + self.timing.pong_within;
                    return Some(encoded(Message::Ping(Bytes::new())));
                }
                frame = self.subscription.next() => {
                    return Some(match frame {
                        Ok(frame) => frame,
                        Err(end) => self.close(code_of(end)),
                    });
                }
            }
        }
    }

    /// Anything that comes shows that the peer is alive.
    fn hear(&mut self) {
        if let Some(pinged_at) = self.pinged_at.take() {
            self.beat = pinged_at + self.timing.ping_every;
        }
    }

    fn close(&mut self, (code, words): (u16, &'static str)) -> Bytes {
        count_end(words);
        self.leaves_at = Some(Instant::now() + self.timing.linger);
        close_frame(code, words)
    }
}

/// What a client's bytes come to.
#[derive(Debug, PartialEq, Eq)]
pub enum Said {
    Nothing,
    /// Pings; the answers to send.
    Asked(Bytes),
    /// A close frame; our answer to it.
    Goodbye(Bytes),
    /// Something a client may not send; the code to close with.
    Wrong((u16, &'static str)),
}

/// Reads a client's frames. Holds at most one frame's bytes: a larger one is refused by its head.
pub struct Inbox {
    codec: Codec,
    bytes: BytesMut,
    window_began: Instant,
    frames: u32,
}

impl Inbox {
    pub fn new(now: Instant) -> Self {
        let codec = Codec::new().max_size(CLIENT_FRAME_BYTES_MAX);
        Self { codec, bytes: BytesMut::new(), window_began: now, frames: 0 }
    }

    /// Takes what came. After [`Said::Goodbye`] and [`Said::Wrong`] nothing more may be given to it.
    pub fn read(&mut self, chunk: &[u8], now: Instant) -> Said {
        self.bytes.extend_from_slice(chunk);
        let mut pongs = BytesMut::new();
        loop {
            let frame = match self.codec.decode(&mut self.bytes) {
                Ok(Some(frame)) => frame,
                // The codec looks at the limit when the whole frame is there; so long nobody waits for it.
                Ok(None) if claimed_bytes(&self.bytes) > CLIENT_FRAME_BYTES_MAX as u64 => {
                    return Said::Wrong(TOO_LARGE);
                }
                Ok(None) => break,
                Err(ProtocolError::Overflow) => return Said::Wrong(TOO_LARGE),
                Err(_other) => return Said::Wrong(PROTOCOL),
            };
            if self.is_flooded(now) {
                return Said::Wrong(POLICY);
            }
            match frame {
                Frame::Ping(said) => {
                    // A pong of at most 125 bytes always encodes.
                    _ = self.codec.encode(Message::Pong(said), &mut pongs);
                }
                Frame::Pong(_) => {}
                Frame::Close(_) => return Said::Goodbye(close_frame(u16::from(CloseCode::Normal), "")),
                Frame::Text(_) | Frame::Binary(_) | Frame::Continuation(_) => return Said::Wrong(POLICY),
            }
        }
        if self.bytes.is_empty() {
            // Idle sessions are many: none keeps a buffer.
            self.bytes = BytesMut::new();
        }
        if pongs.is_empty() { Said::Nothing } else { Said::Asked(pongs.freeze()) }
    }

    fn is_flooded(&mut self, now: Instant) -> bool {
        if now.duration_since(self.window_began) > FLOOD_WINDOW {
            self.window_began = now;
            self.frames = 0;
        }
        self.frames += 1;
        self.frames > CLIENT_FRAMES_MAX
    }
}

/// The payload's length as an unfinished frame's head states it; 0 while the head does not say yet.
fn claimed_bytes(frame: &[u8]) -> u64 {
    match frame {
        [_, length, rest @ ..] => match (length & 0x7f, rest) {
            (126, [a, b, ..]) => u16::from_be_bytes([*a, *b]).into(),
            (127, rest) => rest.first_chunk::<8>().map_or(0, |bytes| u64::from_be_bytes(*bytes)),
            (short @ 0..=125, _) => short.into(),
            _ => 0,
        },
        _ => 0,
    }
}

const fn code_of(end: End) -> (u16, &'static str) {
    match end {
        End::GoingAway => (4001, "going away"),
        // The same to a client: come back with the cursor.
        End::Unavailable => (4001, "not available"),
        End::CityClosed => (4004, "city closed"),
        End::TooSlow => (4008, "too slow"),
    }
}

/// Reads and forgets what the peer still sends, until it hangs up or the time is over.
async fn linger(payload: &mut Payload, until: Instant) {
    let hung_up = async { while let Some(Ok(_)) = payload.next().await {} };
    // Either way the session ends now.
    _ = tokio::time::timeout_at(until, hung_up).await;
}

fn close_frame(code: u16, words: &str) -> Bytes {
    let description = (!words.is_empty()).then(|| words.to_owned());
    encoded(Message::Close(Some(CloseReason { code: CloseCode::from(code), description })))
}

fn encoded(message: Message) -> Bytes {
    let mut bytes = BytesMut::new();
    // Control frames of our own making always encode.
    _ = Codec::new().encode(message, &mut bytes);
    bytes.freeze()
}

/// Counted by our own words, of which there are a handful.
fn count_end(reason: &'static str) {
    metrics::counter!("parvis_live_sessions_ended_total", "reason" => reason).increment(1);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn masked(message: Message) -> BytesMut {
        let mut bytes = BytesMut::new();
        Codec::new().client_mode().encode(message, &mut bytes).unwrap();
        bytes
    }

    #[test]
    fn h2_clients_may_only_answer_ask_and_leave() {
        let now = Instant::now();
        let read = |bytes: &[u8]| Inbox::new(now).read(bytes, now);
        assert_eq!(read(&masked(Message::Pong(Bytes::new()))), Said::Nothing);
        assert_eq!(read(&masked(Message::Ping("a".into()))), Said::Asked(encoded(Message::Pong("a".into()))));
        assert!(matches!(read(&masked(Message::Close(None))), Said::Goodbye(_)));
        assert_eq!(read(&masked(Message::Text("x".into()))), Said::Wrong(POLICY));
        assert_eq!(read(&masked(Message::Binary(Bytes::from(vec![0; 5_000])))), Said::Wrong(TOO_LARGE));
        // What a head claims is refused before any of it comes.
        for huge in
            [&[0x82, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4][..], &[0x82, 0xfe, 0x10, 1]]
        {
            assert_eq!(read(huge), Said::Wrong(TOO_LARGE));
        }
        assert_eq!(read(&[0x82, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]), Said::Wrong(TOO_LARGE));
        assert_eq!(read(&[0x82, 0xfe, 0x10, 0]), Said::Nothing);
        // Client frames must be masked.
        assert_eq!(read(&encoded(Message::Ping(Bytes::new()))), Said::Wrong(PROTOCOL));
    }

    #[test]
    fn h2_a_flood_of_pings_is_ended_and_a_slow_one_is_not() {
        let start = Instant::now();
        let mut inbox = Inbox::new(start);
        let ping = masked(Message::Ping(Bytes::new()));
        let flood: Vec<u8> = ping.repeat(61);
        assert_eq!(inbox.read(&flood, start), Said::Wrong(POLICY));
        let mut calm = Inbox::new(start);
        for second in 0..100 {
            assert!(matches!(calm.read(&ping, start + Duration::from_secs(second)), Said::Asked(_)));
        }
    }

    proptest! {
        #[test]
        fn h1_client_bytes_never_panic(chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..8)) {
            let now = Instant::now();
            let mut inbox = Inbox::new(now);
            for chunk in chunks {
                inbox.read(&chunk, now);
            }
        }
    }
}
