//! The log of frames that all subscribers read from, and the faults that a test has ordered.
//!
//! Owns the frames, the window that replay reaches, the dictionaries, and the switches. Does not own sockets.
//! Invariant: a frame's number never changes, and every subscriber of either wire pulls frames in that order.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use tokio::sync::watch;

use super::subscription::{Cursor, Envelope};
use crate::demo::frames::wire_v2;
use crate::ingest::sources::bluesky::Wire;

/// How far back a cursor reaches, as on the real server.
const WINDOW_US: u64 = 36 * 3600 * 1_000_000;
/// The oldest frames are forgotten beyond this many; enough for a campaign of 100,000 events.
const LOG_LIMIT: usize = 400_000;

/// A frame as it was pushed.
#[derive(Debug)]
pub(super) struct Kept {
    pub text: Arc<str>,
    /// `None` for what is not an event.
    pub envelope: Option<Envelope>,
    /// Counted from 1.
    sequence: u64,
    second: OnceLock<Arc<str>>,
}

impl Kept {
    /// The frame on a wire; `None` where that wire never has it. What is not an event is the same on both.
    pub fn on(&self, wire: Wire) -> Option<&Arc<str>> {
        match wire {
            Wire::V1 => Some(&self.text).filter(|_| self.envelope.as_ref().is_none_or(|event| event.kind != "sync")),
            Wire::V2 => Some(self.second.get_or_init(|| match wire_v2::message(&self.text, self.sequence) {
                Some(message) => message.into(),
                None => Arc::clone(&self.text),
            })),
        }
    }
}

/// What a session is to do next.
#[derive(Debug)]
pub(super) enum Next {
    Send(Arc<Kept>),
    /// Send only the beginning of this frame, then cut the connection.
    SendHalf(Arc<Kept>),
    /// Nothing yet.
    Wait,
    /// Cut the connection without a word.
    Drop,
    /// Cut the connection; a v2 client is told why.
    Fail(Arc<Failure>),
}

/// An error that ends every stream.
#[derive(Debug)]
pub(super) struct Failure {
    pub name: String,
    pub message: String,
}

/// Where a subscription begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Start {
    pub sequence: u64,
    /// A time cursor was older than what is kept, and was moved.
    pub is_outdated: bool,
    /// The first wire's server keeps events by their times: of what it sends again nothing is stamped earlier than this.
    /// Only a clock that was put back has stamped so what comes after the beginning.
    replays: Replay,
}

/// The frames before a number, and the time before which none of them is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Replay {
    until: u64,
    not_before_us: u64,
}

#[derive(Debug, Default)]
struct State {
    frames: VecDeque<Arc<Kept>>,
    /// How many frames were forgotten; the first one kept has the number after it.
    first: u64,
    /// Replay does not reach before this time, whatever the window says.
    forgotten_before: u64,
    newest_us: u64,
    stalled: bool,
    refusal: Option<u16>,
    /// Refuse old times on the second wire as old numbers are.
    declines_old_times: bool,
    /// Rises with every order to drop; sessions end that began under another number.
    drops: u64,
    /// With the number of the last drop that had a reason.
    failure: Option<(u64, Arc<Failure>)>,
    /// The next frame goes out in half, to each session that was there.
    cuts: u64,
    /// Frames that went out in half.
    halves: u64,
    clients: usize,
    accepted: u64,
    dictionaries: [Option<Arc<[u8]>>; 2],
}

#[derive(Debug)]
pub(super) struct Hub {
    state: Mutex<State>,
    changed: watch::Sender<()>,
}

/// One subscriber's place in the log. Counts as a connected client until it is dropped.
#[derive(Debug)]
pub(super) struct Reader {
    hub: Arc<Hub>,
    next: u64,
    drops: u64,
    cuts: u64,
    replays: Replay,
}

impl Hub {
    pub fn new() -> Self {
        Self { state: Mutex::default(), changed: watch::Sender::new(()) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state and wakes every session.
    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state());
        self.changed.send_replace(());
    }

    pub fn changes(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    pub fn push(&self, text: Arc<str>) {
        let envelope = Envelope::read(&text);
        self.change(|state| {
            let time = envelope.as_ref().map_or(0, |envelope| envelope.time_us);
            state.newest_us = state.newest_us.max(time);
            let sequence = state.first + state.frames.len() as u64 + 1;
            state.frames.push_back(Arc::new(Kept { text, envelope, sequence, second: OnceLock::new() }));
            if state.frames.len() > LOG_LIMIT {
                state.frames.pop_front();
                state.first += 1;
            }
        });
    }

    pub fn log(&self) -> Vec<Arc<str>> {
        self.state().frames.iter().map(|kept| Arc::clone(&kept.text)).collect()
    }

    pub fn drop_clients(&self) {
        self.change(|state| state.drops += 1);
    }

    pub fn fail(&self, name: &str, message: &str) {
        let failure = Arc::new(Failure { name: name.to_owned(), message: message.to_owned() });
        self.change(|state| {
            state.drops += 1;
            state.failure = Some((state.drops, failure));
        });
    }

    pub fn cut_next_frame(&self) {
        self.change(|state| state.cuts += 1);
    }

    pub fn set_stalled(&self, stalled: bool) {
        self.change(|state| state.stalled = stalled);
    }

    pub fn set_refusal(&self, status: Option<u16>) {
        self.change(|state| state.refusal = status);
    }

    pub fn forget_before(&self, time_us: u64) {
        self.change(|state| state.forgotten_before = time_us);
    }

    pub fn set_declines_old_times(&self, declines: bool) {
        self.change(|state| state.declines_old_times = declines);
    }

    pub fn set_dictionary(&self, wire: Wire, dictionary: Option<Vec<u8>>) {
        self.change(|state| *state.dictionary_mut(wire) = dictionary.map(Into::into));
    }

    pub fn dictionary(&self, wire: Wire) -> Option<Arc<[u8]>> {
        self.state().dictionary_mut(wire).clone()
    }

    /// Where a cursor leads on a wire. The error is the oldest number kept, when the cursor is older and this wire does
    /// not move it without a word.
    pub fn start(&self, wire: Wire, cursor: Cursor) -> Result<Start, u64> {
        self.state().start(wire, cursor)
    }

    pub fn refusal(&self) -> Option<u16> {
        self.state().refusal
    }

    pub fn is_stalled(&self) -> bool {
        self.state().stalled
    }

    pub fn clients(&self) -> usize {
        self.state().clients
    }

    pub fn accepted(&self) -> u64 {
        self.state().accepted
    }

    pub fn halves(&self) -> u64 {
        self.state().halves
    }

    /// Begins to read.
    pub fn reader(self: &Arc<Self>, start: Start) -> Reader {
        let mut state = self.state();
        state.clients += 1;
        state.accepted += 1;
        let (next, replays) = (start.sequence - 1, start.replays);
        Reader { hub: Arc::clone(self), next, drops: state.drops, cuts: state.cuts, replays }
    }
}

impl State {
    fn dictionary_mut(&mut self, wire: Wire) -> &mut Option<Arc<[u8]>> {
        let [first, second] = &mut self.dictionaries;
        match wire {
            Wire::V1 => first,
            Wire::V2 => second,
        }
    }

    /// A cursor before the window is moved to its beginning, or declined; one in the future, or beyond the last frame,
    /// is the live tip.
    fn start(&self, wire: Wire, cursor: Cursor) -> Result<Start, u64> {
        let tip = self.first + self.frames.len() as u64 + 1;
        let oldest = self.newest_us.saturating_sub(WINDOW_US).max(self.forgotten_before);
        let first_at = |time_us: u64| {
            let is_later = |kept: &Arc<Kept>| kept.envelope.as_ref().is_some_and(|event| event.time_us >= time_us);
            self.frames.iter().find(|kept| is_later(kept)).map_or(tip, |kept| kept.sequence)
        };
        let start = |sequence| Ok(Start { sequence, is_outdated: false, replays: Replay::default() });
        match cursor {
            Cursor::Live => start(tip),
            Cursor::Time(time_us) if time_us < oldest => match wire {
                Wire::V2 if self.declines_old_times => Err(first_at(oldest)),
                _ => Ok(Start { sequence: first_at(oldest), is_outdated: true, replays: Replay::default() }),
            },
            Cursor::Time(time_us) if wire == Wire::V1 => {
                let replays = Replay { until: tip, not_before_us: time_us };
                Ok(Start { sequence: first_at(time_us), is_outdated: false, replays })
            }
            Cursor::Time(time_us) => start(first_at(time_us)),
            Cursor::Sequence(sequence) if sequence < first_at(oldest) && wire == Wire::V2 => Err(first_at(oldest)),
            Cursor::Sequence(sequence) => start(sequence.clamp(first_at(oldest), tip)),
        }
    }
}

impl Replay {
    fn sends(&self, kept: &Kept) -> bool {
        let is_early = kept.envelope.as_ref().is_some_and(|event| event.time_us < self.not_before_us);
        kept.sequence >= self.until || !is_early
    }
}

impl Reader {
    /// The next thing to do; takes a frame only when it is to be sent.
    pub fn next(&mut self) -> Next {
        let mut state = self.hub.state();
        if state.drops != self.drops {
            return match &state.failure {
                Some((number, failure)) if *number == state.drops => Next::Fail(Arc::clone(failure)),
                _ => Next::Drop,
            };
        }
        if state.stalled {
            return Next::Wait;
        }
        self.next = self.next.max(state.first);
        let rest = usize::try_from(self.next - state.first).unwrap_or(usize::MAX).min(state.frames.len());
        let mut rest = state.frames.range(rest..);
        let Some(kept) = rest.find(|kept| self.replays.sends(kept)).map(Arc::clone) else { return Next::Wait };
        if state.cuts != self.cuts {
            state.halves += 1;
            return Next::SendHalf(kept);
        }
        self.next = kept.sequence;
        Next::Send(kept)
    }

    /// Whether this reader's connection was ordered to be dropped.
    pub fn is_dropped(&self) -> bool {
        self.hub.state().drops != self.drops
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let mut state = self.hub.state();
        state.clients = state.clients.saturating_sub(1);
    }
}
