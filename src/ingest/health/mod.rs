//! What the sources are doing, as citizens and operators see it.
//!
//! Owns the derivation of a source's state from what happens to it. Does not own the supervisor's decisions.
//! Invariant: `since` moves when the state changes and at no other time, and whoever watches the board is woken when a
//! state, a detail or a gap changed, not for every frame.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use super::telemetry;
use crate::clock::Clock;
use crate::domain::{Gap, Network, SourceHealth, SourceId, SourceState, Timestamp};

/// Gaps remembered for each source; the oldest goes first.
const GAPS_KEPT: usize = 20;
/// An event older than this when it arrives belongs to the past that is being caught up with.
const CATCHING_UP_AFTER_S: i64 = 60;
/// A server sends what was missed without pauses; after this long without an event it has sent all of it.
const CAUGHT_UP_AFTER_S: i64 = 3;
/// Stands for "never" in the atomics below.
const NEVER: i64 = i64::MIN;

/// The health of all sources. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct HealthBoard(Arc<Board>);

/// One source's place on the board.
#[derive(Clone)]
pub struct HealthHandle {
    board: HealthBoard,
    index: usize,
}

struct Board {
    clock: Arc<dyn Clock>,
    rows: Vec<Row>,
    facts: Mutex<Vec<Facts>>,
    shown: watch::Sender<Arc<Vec<SourceHealth>>>,
}

/// What changes with every frame, kept out of the lock.
struct Row {
    source: SourceId,
    network: Network,
    silent_after: Option<Duration>,
    last_frame: AtomicI64,
    last_sent: AtomicI64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Connecting,
    Connected,
    Down,
    Refused,
    Stopped,
}

struct Facts {
    phase: Phase,
    connected_at: Timestamp,
    /// Set when a life ended for want of frames; a frame or a failed connection ends it. Keeps a source that is
    /// connected anew again and again from flickering between `Silent` and `Connecting`.
    silent: bool,
    waiting: bool,
    state: SourceState,
    since: Timestamp,
    detail: String,
    gaps: Vec<Gap>,
}

impl HealthBoard {
    pub(super) fn new(sources: Vec<(SourceId, Network, Option<Duration>)>, clock: Arc<dyn Clock>) -> Self {
        let now = clock.now();
        let facts = sources
            .iter()
            .map(|_| Facts {
                phase: Phase::Connecting,
                connected_at: now,
                silent: false,
                waiting: false,
                state: SourceState::Connecting,
                since: now,
                detail: String::new(),
                gaps: Vec::new(),
            })
            .collect();
        let rows = sources
            .into_iter()
            .map(|(source, network, silent_after)| Row {
                source,
                network,
                silent_after,
                last_frame: AtomicI64::new(NEVER),
                last_sent: AtomicI64::new(NEVER),
            })
            .collect();
        let board =
            Self(Arc::new(Board { clock, rows, facts: Mutex::new(facts), shown: watch::Sender::new(Arc::default()) }));
        board.refresh();
        board
    }

    /// The sources' health in the order in which they were given. `changed()` wakes when a state, a detail or a gap
    /// changed; `borrow()` is at most a second old in everything else.
    pub fn watch(&self) -> watch::Receiver<Arc<Vec<SourceHealth>>> {
        self.0.shown.subscribe()
    }

    /// Told by the pipeline when it begins and ceases to hold all reading back for authors' profiles.
    ///
    /// Whoever calls it, or changes anything else here, must not hold what a [`Self::watch`] lends: it would wait for
    /// itself.
    pub fn set_waiting(&self, waiting: bool) {
        let mut facts = self.0.lock();
        facts.iter_mut().for_each(|facts| facts.waiting = waiting);
        self.show(facts);
    }

    pub(super) fn handle(&self, index: usize) -> HealthHandle {
        HealthHandle { board: self.clone(), index }
    }

    /// Derives every state anew from the clock and shows it. Called once a second, and at every change.
    pub(super) fn refresh(&self) {
        let facts = self.0.lock();
        self.show(facts);
    }

    fn change(&self, index: usize, edit: impl FnOnce(&mut Facts, Timestamp)) {
        let now = self.0.clock.now();
        let mut facts = self.0.lock();
        if let Some(facts) = facts.get_mut(index) {
            edit(facts, now);
        }
        self.show(facts);
    }

    /// Takes the guard, so that what is shown last is what was true last.
    fn show(&self, mut facts: MutexGuard<'_, Vec<Facts>>) {
        let now = self.0.clock.now();
        let health: Vec<SourceHealth> =
            self.0.rows.iter().zip(facts.iter_mut()).map(|(row, facts)| row.health(facts, now)).collect();
        self.0.shown.send_if_modified(|shown| {
            let told = shown.len() != health.len()
                || shown
                    .iter()
                    .zip(&health)
                    .any(|(old, new)| old.state != new.state || old.detail != new.detail || old.gaps != new.gaps);
            *shown = Arc::new(health);
            told
        });
    }
}

impl Board {
    fn lock(&self) -> MutexGuard<'_, Vec<Facts>> {
        // A poisoned lock means that a thread died while holding it; the facts are plain values and still sound.
        self.facts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Row {
    fn health(&self, facts: &mut Facts, now: Timestamp) -> SourceHealth {
        let last_frame = self.last_frame();
        if facts.silent && last_frame.is_some_and(|at| at >= facts.connected_at) && facts.phase == Phase::Connected {
            facts.silent = false;
        }
        let state = self.state(facts, last_frame, now);
        if state != facts.state {
            self.gauge(facts.state, 0.0);
            facts.state = state;
            facts.since = now;
        }
        self.gauge(state, 1.0);
        SourceHealth {
            source: self.source.clone(),
            network: self.network,
            state,
            since: facts.since,
            last_event_at: last_frame,
            gaps: facts.gaps.clone(),
            detail: facts.detail.clone(),
        }
    }

    fn state(&self, facts: &Facts, last_frame: Option<Timestamp>, now: Timestamp) -> SourceState {
        match facts.phase {
            Phase::Stopped => SourceState::Stopped,
            Phase::Refused => SourceState::Refused,
            Phase::Down => SourceState::Down,
            Phase::Connecting if facts.silent => SourceState::Silent,
            Phase::Connecting => SourceState::Connecting,
            Phase::Connected if facts.waiting => SourceState::WaitingForProfiles,
            Phase::Connected if facts.silent || self.is_quiet(facts, last_frame, now) => SourceState::Silent,
            Phase::Connected if self.is_catching_up(last_frame, now) => SourceState::CatchingUp,
            Phase::Connected => SourceState::Live,
        }
    }

    fn is_quiet(&self, facts: &Facts, last_frame: Option<Timestamp>, now: Timestamp) -> bool {
        let heard = last_frame.map_or(facts.connected_at, |at| at.max(facts.connected_at));
        self.silent_after.is_some_and(|limit| {
            let limit = i64::try_from(limit.as_micros()).unwrap_or(i64::MAX);
            now.as_micros().saturating_sub(heard.as_micros()) >= limit
        })
    }

    /// What comes is old, and it still comes: when nothing has come for a while, there is nothing left to catch up with.
    fn is_catching_up(&self, last_frame: Option<Timestamp>, now: Timestamp) -> bool {
        let is_coming = last_frame.is_some_and(|at| now.seconds_since(at) < CAUGHT_UP_AFTER_S);
        is_coming && self.lag_seconds().is_some_and(|lag| lag > CATCHING_UP_AFTER_S)
    }

    fn last_frame(&self) -> Option<Timestamp> {
        Some(self.last_frame.load(Ordering::Relaxed)).filter(|at| *at != NEVER).map(Timestamp::from_micros)
    }

    /// How old the last event was when it came, not how old it is now: a quiet source does not lag.
    fn lag_seconds(&self) -> Option<i64> {
        let sent = Some(self.last_sent.load(Ordering::Relaxed)).filter(|at| *at != NEVER)?;
        Some(self.last_frame()?.seconds_since(Timestamp::from_micros(sent)))
    }

    fn gauge(&self, state: SourceState, value: f64) {
        let source = self.source.as_str().to_owned();
        metrics::gauge!(telemetry::STATE, "source" => source.clone(), "state" => state.as_str()).set(value);
        if let Some(lag) = self.lag_seconds() {
            metrics::gauge!(telemetry::LAG, "source" => source).set(lag as f64);
        }
    }
}

impl HealthHandle {
    /// The connection stands (or a poll succeeded); from here on frames are awaited.
    pub fn connected(&self) {
        self.board.change(self.index, |facts, now| {
            facts.phase = Phase::Connected;
            facts.connected_at = now;
            facts.detail.clear();
        });
    }

    /// Something about the connection that stands which its operator should know, until the next one.
    pub fn note(&self, detail: &str) {
        self.board.change(self.index, |facts, _now| facts.detail = detail.to_owned());
    }

    /// A frame came, sent by the upstream server at `sent_at` if it says so.
    pub fn saw(&self, sent_at: Option<Timestamp>) {
        let Some(row) = self.board.0.rows.get(self.index) else { return };
        row.last_frame.store(self.board.0.clock.now().as_micros(), Ordering::Relaxed);
        if let Some(sent) = sent_at {
            row.last_sent.store(sent.as_micros(), Ordering::Relaxed);
        }
    }

    pub(super) fn last_frame(&self) -> Option<Timestamp> {
        self.board.0.rows.get(self.index).and_then(Row::last_frame)
    }

    pub(super) fn gap(&self, gap: Gap) {
        self.board.change(self.index, |facts, _now| {
            // A gap that was stored is found again when the stream resumes before it.
            if facts.gaps.contains(&gap) {
                return;
            }
            facts.gaps.push(gap);
            let surplus = facts.gaps.len().saturating_sub(GAPS_KEPT);
            facts.gaps.drain(..surplus);
        });
    }

    /// The source is in `phase`; `detail` says why in plain words, and stays through `Connecting` until all is well.
    pub(super) fn phase(&self, phase: Phase, detail: Option<String>) {
        self.board.change(self.index, |facts, _now| {
            // To try again is no news: a source that is cut off stays so, since it was cut off, until it is connected.
            let tries_again = phase == Phase::Connecting && matches!(facts.phase, Phase::Down | Phase::Refused);
            facts.phase = if tries_again { facts.phase } else { phase };
            facts.silent &= matches!(phase, Phase::Connecting | Phase::Connected);
            if let Some(detail) = detail {
                facts.detail = detail;
            }
        });
    }

    /// The life ended because nothing came.
    pub(super) fn silent(&self, detail: String) {
        self.board.change(self.index, |facts, _now| {
            facts.phase = Phase::Connecting;
            facts.silent = true;
            facts.detail = detail;
        });
    }
}

#[cfg(test)]
mod tests;
