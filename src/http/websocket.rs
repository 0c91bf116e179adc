use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use actix_http::ws::{CloseCode, CloseReason, Codec, Frame, Message, ProtocolError};
use actix_web::web::{Buf, Bytes, BytesMut};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep};
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

/// A session that was granted and waits for its socket. It travels in the extensions of the response that switches
/// protocols; whoever sends that response ([`super::upgrade`]) hands over the socket.
pub struct Opening {
    reads: Option<(Subscription, Permit)>,
    timing: SessionTiming,
}

impl Opening {
    pub const fn granted(subscription: Subscription, permit: Permit, timing: SessionTiming) -> Self {
        Self { reads: Some((subscription, permit)), timing }
    }

    /// A session that is closed as soon as it is opened, because its address has its share.
    pub const fn refused(timing: SessionTiming) -> Self {
        Self { reads: None, timing }
    }

    /// The session itself: ends when either side has closed it, or the peer is gone. `head`: the bytes of the
    /// response; `early`: what the peer has sent behind its request.
    pub fn over(self, socket: TcpStream, head: Bytes, early: &[u8]) -> Session {
        let now = Instant::now();
        let due = now + self.timing.ping_every;
        let mut session = Session {
            socket,
            reads: self.reads,
            inbox: Inbox::new(now),
            timing: self.timing,
            due,
            alarm: Box::pin(tokio::time::sleep_until(due)),
            alarm_runs: false,
            pinged_at: None,
            is_leaving: false,
            unsent: head,
            answers: BytesMut::new(),
        };
        if session.reads.is_none() {
            session.close(TOO_MANY_SESSIONS, now);
        } else if !early.is_empty() {
            session.obey(early, now);
        }
        session
    }
}

/// One reader's socket and what goes over it: frames of the subscription, which its group shares and which are written
/// from where they lie, with pings and answers between them.
///
/// While the socket takes nothing, nothing is read from it and no clock of the session runs: a peer that takes nothing
/// for long is cut off by the kernel ([`SessionTiming::unsent_for`]).
pub struct Session {
    /// `None`: this session was never to read anything. Before the socket: when the peer sees the connection's end, the
    /// session is no longer counted.
    reads: Option<(Subscription, Permit)>,
    socket: TcpStream,
    inbox: Inbox,
    timing: SessionTiming,
    /// When to ping, to stop waiting for the answer, or to stop lingering.
    due: Instant,
    alarm: Pin<Box<Sleep>>,
    alarm_runs: bool,
    /// The ping that has not been answered yet.
    pinged_at: Option<Instant>,
    /// Set with a close frame: no frame is sent after it.
    is_leaving: bool,
    /// The rest of what is being written.
    unsent: Bytes,
    /// Control frames that follow it.
    answers: BytesMut,
}

/// The session is over.
struct Over;

impl Future for Session {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        self.get_mut().turn(context).map(|Err(Over)| ())
    }
}

impl Session {
    /// Goes on until there is nothing to do, or until one frame was sent: whoever has more waiting goes to the end of
    /// the queue, and by its next turn more has gathered for one write.
    fn turn(&mut self, context: &mut Context<'_>) -> Poll<Result<Infallible, Over>> {
        ready!(self.write(context))?;
        let now = Instant::now();
        self.hear(context, now)?;
        let mut has_sent = false;
        loop {
            // What was asked is answered before the time is looked at: the answer to a close frame is the last thing
            // sent.
            if self.answers.is_empty() {
                self.mind_the_time(context, now)?;
            }
            if !self.answers.is_empty() {
                self.unsent = self.answers.split().freeze();
            } else {
                let Some((subscription, _)) = self.reads.as_mut().filter(|_| !self.is_leaving) else {
                    return Poll::Pending;
                };
                if has_sent && subscription.is_behind() {
                    context.waker().wake_by_ref();
                    return Poll::Pending;
                }
                match ready!(subscription.poll_next(context, now)) {
                    Ok(frame) => self.unsent = frame,
                    Err(end) => self.close(code_of(end), now),
                }
                has_sent = true;
            }
            ready!(self.write(context))?;
        }
    }

    /// Ready when nothing is left to write.
    fn write(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Over>> {
        while !self.unsent.is_empty() {
            match self.socket.try_write(&self.unsent) {
                Ok(written) => self.unsent.advance(written),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    ready!(self.socket.poll_write_ready(context)).or(Err(Over))?;
                }
                Err(_gone) => return Poll::Ready(Err(Over)),
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Takes in what the peer has sent.
    fn hear(&mut self, context: &mut Context<'_>, now: Instant) -> Result<(), Over> {
        while let Poll::Ready(ready) = self.socket.poll_read_ready(context) {
            ready.or(Err(Over))?;
            let mut chunk = [0; 1_024];
            let read = match self.socket.try_read(&mut chunk) {
                Ok(0) => return Err(Over),
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => continue,
                Err(_gone) => return Err(Over),
            };
            // After a close frame it is read and forgotten, until the peer hangs up or the time is over.
            if !self.is_leaving {
                self.obey(chunk.get(..read).unwrap_or_default(), now);
            }
        }
        Ok(())
    }

    /// Does what the peer's bytes ask for.
    fn obey(&mut self, chunk: &[u8], now: Instant) {
        // Anything that comes shows that the peer is alive.
        if let Some(pinged_at) = self.pinged_at.take() {
            self.set_alarm(pinged_at + self.timing.ping_every);
        }
        match self.inbox.read(chunk, now) {
            Said::Nothing => {}
            Said::Asked(pongs) => self.answers.extend_from_slice(&pongs),
            Said::Goodbye(reply) => self.leave(&reply, now),
            Said::Wrong(code) => self.close(code, now),
        }
    }

    fn mind_the_time(&mut self, context: &mut Context<'_>, now: Instant) -> Result<(), Over> {
        // A timer that runs already wakes this task; it is asked again when it must have gone off.
        if self.alarm_runs && now < self.due {
            return Ok(());
        }
        self.alarm_runs = true;
        while self.alarm.as_mut().poll(context).is_ready() {
            if self.is_leaving {
                return Err(Over);
            }
            if self.pinged_at.is_some() {
                count_end("silent");
                return Err(Over);
            }
            self.pinged_at = Some(now);
            self.set_alarm(now + self.timing.pong_within);
            self.answers.extend_from_slice(&encoded(Message::Ping(Bytes::new())));
        }
        Ok(())
    }

    fn set_alarm(&mut self, due: Instant) {
        self.due = due;
        self.alarm.as_mut().reset(due);
        self.alarm_runs = false;
    }

    fn close(&mut self, (code, words): (u16, &'static str), now: Instant) {
        count_end(words);
        // Closing a socket with unread data resets it, and the peer would lose the frame that says why.
        self.leave(&close_frame(code, words), now + self.timing.linger);
    }

    fn leave(&mut self, last: &[u8], until: Instant) {
        self.answers.extend_from_slice(last);
        self.is_leaving = true;
        self.set_alarm(until);
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
