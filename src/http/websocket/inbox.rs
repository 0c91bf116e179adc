use std::time::Duration;

use actix_http::ws::{CloseCode, Codec, Frame, Message, ProtocolError};
use actix_web::web::{Bytes, BytesMut};
use tokio::time::Instant;
use tokio_util::codec::{Decoder, Encoder};

use super::{POLICY, PROTOCOL, TOO_LARGE, close_frame};

/// Largest frame a client may send (H2).
const CLIENT_FRAME_BYTES_MAX: usize = 4 * 1024;
/// Frames a client may send within [`FLOOD_WINDOW`]; an honest one sends a pong each 25 s.
const CLIENT_FRAMES_MAX: u32 = 60;
const FLOOD_WINDOW: Duration = Duration::from_secs(10);

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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::encoded;
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
