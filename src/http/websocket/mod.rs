//! Live sessions over WebSocket, once their handshake is granted.
//!
//! Owns the socket of each session: what is written to it, what a client may send, pings and closing. Does not own what
//! a session is sent (`live` does) nor the handshake (the handler and `upgrade` do).
//! Invariant: a frame is begun only when the one before is written whole, and nothing follows a close frame.

mod inbox;

use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use actix_http::ws::{CloseCode, CloseReason, Codec, Message};
use actix_web::web::{Buf, Bytes, BytesMut};
use socket2::SockRef;
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep};
use tokio_util::codec::Encoder;

use crate::live::{End, Permit, Subscription};

use super::SessionTiming;
use super::connections::Connection;

pub use self::inbox::{Inbox, Said};

/// Frames that one session sends before the others of its worker have their turn.
const FRAMES_A_TURN: u32 = 8;

/// Why the server closes a session, beside the ends of a subscription.
const TOO_MANY_SESSIONS: (u16, &str) = (4029, "too many sessions");
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
    pub fn over(self, socket: TcpStream, connection: Arc<Connection>, head: Bytes, early: &[u8]) -> Session {
        let now = Instant::now();
        let is_counted = self.reads.is_some();
        if is_counted {
            connection.becomes_session();
        }
        let due = now + self.timing.ping_every;
        let mut session = Session {
            socket,
            reads: self.reads,
            _connection: (!is_counted).then_some(connection),
            inbox: Inbox::new(now),
            timing: self.timing,
            due,
            alarm: Box::pin(tokio::time::sleep_until(due)),
            alarm_runs: false,
            pinged_at: None,
            is_leaving: false,
            is_deaf: false,
            unsent: head,
            stuck: None,
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
/// While the socket takes nothing, nothing is read from it, and one clock runs: a peer that takes nothing for long is cut
/// off by the kernel ([`SessionTiming::unsent_for`]), and one that takes too little by us
/// ([`SessionTiming::frame_within`]).
pub struct Session {
    /// `None`: this session was never to read anything. Before the socket: when the peer sees the connection's end, the
    /// session is no longer counted.
    reads: Option<(Subscription, Permit)>,
    /// Such a one keeps its place among the connections that are no sessions.
    _connection: Option<Arc<Connection>>,
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
    /// The peer has sent what is no frame: what follows it is read and forgotten, until the peer hangs up or the time is
    /// over.
    is_deaf: bool,
    /// The rest of what is being written.
    unsent: Bytes,
    /// Runs while the socket has no room for that rest, until it is written.
    stuck: Option<Pin<Box<Sleep>>>,
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
    /// Goes on until there is nothing to do, or until a frame was sent that took all there was: whoever has more waiting
    /// by then goes to the end of the queue, and by its next turn more has gathered for one write. The same after
    /// [`FRAMES_A_TURN`], so that nobody who catches up holds up the others.
    fn turn(&mut self, context: &mut Context<'_>) -> Poll<Result<Infallible, Over>> {
        ready!(self.write(context))?;
        let now = Instant::now();
        self.hear(context, now)?;
        let mut sent = 0;
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
                let is_turn_over = sent > 0 && (!subscription.was_cut() || sent >= FRAMES_A_TURN);
                if is_turn_over && subscription.is_behind() {
                    context.waker().wake_by_ref();
                    return Poll::Pending;
                }
                match ready!(subscription.poll_next(context, now)) {
                    Ok(frame) => self.unsent = frame,
                    Err(end) => self.close(code_of(end), now),
                }
                sent += 1;
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
                    if let Poll::Ready(ready) = self.socket.poll_write_ready(context) {
                        ready.or(Err(Over))?;
                        continue;
                    }
                    let within = self.timing.frame_within();
                    let stuck = self.stuck.get_or_insert_with(|| Box::pin(tokio::time::sleep(within)));
                    ready!(stuck.as_mut().poll(context));
                    count_end("too slow");
                    self.forget_what_waits();
                    return Poll::Ready(Err(Over));
                }
                Err(_gone) => return Poll::Ready(Err(Over)),
            }
        }
        self.stuck = None;
        Poll::Ready(Ok(()))
    }

    /// With the socket goes what the kernel still holds for the peer, who would else be waited for without us.
    fn forget_what_waits(&self) {
        // An error says that the peer is gone already.
        _ = SockRef::from(&self.socket).set_linger(Some(Duration::ZERO));
    }

    /// Takes in what the peer has sent.
    fn hear(&mut self, context: &mut Context<'_>, now: Instant) -> Result<(), Over> {
        while let Poll::Ready(ready) = self.socket.poll_read_ready(context) {
            ready.or(Err(Over))?;
            let mut chunk = [0; 1_024];
            let read = match self.socket.try_read(&mut chunk) {
                Ok(0) => {
                    // A goodbye and the end of the connection may come together: our answer is tried once.
                    _ = self.socket.try_write(&self.answers);
                    return Err(Over);
                }
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => continue,
                Err(_gone) => return Err(Over),
            };
            let chunk = chunk.get(..read).unwrap_or_default();
            match (self.is_leaving, self.is_deaf) {
                (false, _) => self.obey(chunk, now),
                (true, false) => self.wait_for_goodbye(chunk, now),
                (true, true) => {}
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
            Said::Wrong(code) => {
                self.is_deaf = true;
                self.close(code, now);
            }
        }
    }

    /// After our close frame, theirs is all that counts: with it nobody has anything more to say.
    fn wait_for_goodbye(&mut self, chunk: &[u8], now: Instant) {
        match self.inbox.read(chunk, now) {
            Said::Goodbye(_) => self.set_alarm(now),
            Said::Wrong(_) => self.is_deaf = true,
            Said::Nothing | Said::Asked(_) => {}
        }
    }

    fn mind_the_time(&mut self, context: &mut Context<'_>, now: Instant) -> Result<(), Over> {
        // Asked of the clock, for a peer that never stops sending leaves a timer no turn to go off.
        if self.is_leaving && now >= self.due {
            return Err(Over);
        }
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
