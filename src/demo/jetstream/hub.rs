//! The log of frames that all subscribers read from, and the faults that a test has ordered.
//!
//! Owns the frames, the window that replay reaches, and the switches. Does not own sockets.
//! Invariant: a frame's number never changes, and every subscriber pulls frames in that order.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::subscription::{Cursor, Envelope};

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
}

#[derive(Debug, Default)]
struct State {
    frames: VecDeque<Arc<Kept>>,
    /// The number of the first frame still kept; numbers count from 0.
    first: u64,
    /// Replay does not reach before this time, whatever the window says.
    forgotten_before: u64,
    newest_us: u64,
    stalled: bool,
    refusal: Option<u16>,
    /// Rises with every order to drop; sessions end that began under another number.
    drops: u64,
    /// The next frame goes out in half, to each session that was there.
    cuts: u64,
    /// Frames that went out in half.
    halves: u64,
    clients: usize,
    accepted: u64,
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
            state.frames.push_back(Arc::new(Kept { text, envelope }));
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

    /// Begins to read at `cursor`.
    pub fn reader(self: &Arc<Self>, cursor: Cursor) -> Reader {
        let mut state = self.state();
        state.clients += 1;
        state.accepted += 1;
        let next = state.position(cursor);
        Reader { hub: Arc::clone(self), next, drops: state.drops, cuts: state.cuts }
    }
}

impl State {
    /// The number of the first frame to send. A cursor before the window is moved to its beginning without a word;
    /// one in the future, or beyond the last frame, is the live tip.
    fn position(&self, cursor: Cursor) -> u64 {
        let tip = self.first + self.frames.len() as u64;
        let oldest = self.newest_us.saturating_sub(WINDOW_US).max(self.forgotten_before);
        let first_at = |time_us: u64| {
            let found = self
                .frames
                .iter()
                .position(|kept| kept.envelope.as_ref().is_some_and(|envelope| envelope.time_us >= time_us));
            found.map_or(tip, |at| self.first + at as u64)
        };
        match cursor {
            Cursor::Live => tip,
            Cursor::Time(time_us) => first_at(time_us.max(oldest)),
            Cursor::Sequence(sequence) => (sequence - 1).clamp(first_at(oldest), tip),
        }
    }
}

impl Reader {
    /// The next thing to do; takes a frame only when it is to be sent.
    pub fn next(&mut self) -> Next {
        let mut state = self.hub.state();
        if state.drops != self.drops {
            return Next::Drop;
        }
        if state.stalled {
            return Next::Wait;
        }
        self.next = self.next.max(state.first);
        let kept = usize::try_from(self.next - state.first).ok().and_then(|at| state.frames.get(at));
        let Some(kept) = kept.map(Arc::clone) else { return Next::Wait };
        if state.cuts != self.cuts {
            state.halves += 1;
            return Next::SendHalf(kept);
        }
        self.next += 1;
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
