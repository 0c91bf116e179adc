//! What the sources are doing, as citizens and operators see it.
//!
//! Owns the derivation of a source's state from what happens to it. Does not own the supervisor's decisions.
//! Invariant: `since` moves when the state changes and at no other time, and whoever watches the board is woken when a
//! state, a detail or a gap changed, not for every frame.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use super::source::Source;
use super::telemetry;
use crate::clock::Clock;
use crate::domain::{CityId, Gap, Network, SourceHealth, SourceId, SourceState, Timestamp};

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

/// One source's place on the board. Once the source was taken off, nothing that is said here is heard.
#[derive(Clone)]
pub struct HealthHandle {
    board: HealthBoard,
    row: Arc<Row>,
}

struct Board {
    clock: Arc<dyn Clock>,
    /// In the order in which they were added.
    sources: Mutex<Vec<(Arc<Row>, Facts)>>,
    shown: watch::Sender<Arc<Vec<SourceHealth>>>,
}

/// What changes with every frame, kept out of the lock.
struct Row {
    source: SourceId,
    network: Network,
    cities: Option<Arc<[CityId]>>,
    polled: bool,
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
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self(Arc::new(Board { clock, sources: Mutex::default(), shown: watch::Sender::new(Arc::default()) }))
    }

    pub(super) fn add(&self, source: &dyn Source) -> HealthHandle {
        let now = self.0.clock.now();
        let row = Arc::new(Row {
            source: source.id(),
            network: source.network(),
            cities: source.cities(),
            polled: source.polls(),
            silent_after: source.silent_after(),
            last_frame: AtomicI64::new(NEVER),
            last_sent: AtomicI64::new(NEVER),
        });
        let facts = Facts {
            phase: Phase::Connecting,
            connected_at: now,
            silent: false,
            waiting: false,
            state: SourceState::Connecting,
            since: now,
            detail: String::new(),
            gaps: Vec::new(),
        };
        let mut sources = self.0.lock();
        sources.push((row.clone(), facts));
        self.show(sources);
        HealthHandle { board: self.clone(), row }
    }

    pub(super) fn remove(&self, source: &SourceId) {
        let mut sources = self.0.lock();
        sources.retain(|(row, facts)| {
            let stays = row.source != *source;
            if !stays {
                row.gauge(facts.state, 0.0);
            }
            stays
        });
        self.show(sources);
    }

    /// The sources' health in the order in which they were added. `changed()` wakes when a state, a detail or a gap
    /// changed; `borrow()` is at most a second old in everything else.
    pub fn watch(&self) -> watch::Receiver<Arc<Vec<SourceHealth>>> {
        self.0.shown.subscribe()
    }

    /// Told by the pipeline when it begins and ceases to hold all reading back for authors' profiles.
    ///
    /// Whoever calls it, or changes anything else here, must not hold what a [`Self::watch`] lends: it would wait for
    /// itself.
    pub fn set_waiting(&self, waiting: bool) {
        let mut sources = self.0.lock();
        sources.iter_mut().for_each(|(_, facts)| facts.waiting = waiting);
        self.show(sources);
    }

    /// Derives every state anew from the clock and shows it. Called once a second, and at every change.
    pub(super) fn refresh(&self) {
        let sources = self.0.lock();
        self.show(sources);
    }

    /// Takes the guard, so that what is shown last is what was true last.
    fn show(&self, mut sources: MutexGuard<'_, Vec<(Arc<Row>, Facts)>>) {
        let now = self.0.clock.now();
        let health: Vec<SourceHealth> = sources.iter_mut().map(|(row, facts)| row.health(facts, now)).collect();
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
    fn lock(&self) -> MutexGuard<'_, Vec<(Arc<Row>, Facts)>> {
        // A poisoned lock means that a thread died while holding it; the facts are plain values and still sound.
        self.sources.lock().unwrap_or_else(PoisonError::into_inner)
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
            cities: self.cities.clone(),
            polled: self.polled,
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
    fn change(&self, edit: impl FnOnce(&mut Facts, Timestamp)) {
        let now = self.board.0.clock.now();
        let mut sources = self.board.0.lock();
        if let Some((_, facts)) = sources.iter_mut().find(|(row, _)| Arc::ptr_eq(row, &self.row)) {
            edit(facts, now);
        }
        self.board.show(sources);
    }

    /// The connection stands (or a poll succeeded); from here on frames are awaited.
    pub fn connected(&self) {
        self.change(|facts, now| {
            facts.phase = Phase::Connected;
            facts.connected_at = now;
            facts.detail.clear();
        });
    }

    /// Something about the connection that stands which its operator should know, until the next one.
    pub fn note(&self, detail: &str) {
        self.change(|facts, _now| facts.detail = detail.to_owned());
    }

    /// A frame came, sent by the upstream server at `sent_at` if it says so.
    pub fn saw(&self, sent_at: Option<Timestamp>) {
        self.row.last_frame.store(self.board.0.clock.now().as_micros(), Ordering::Relaxed);
        if let Some(sent) = sent_at {
            self.row.last_sent.store(sent.as_micros(), Ordering::Relaxed);
        }
    }

    pub(super) fn last_frame(&self) -> Option<Timestamp> {
        self.row.last_frame()
    }

    pub(super) fn gap(&self, gap: Gap) {
        self.change(|facts, _now| {
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
        self.change(|facts, _now| {
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
        self.change(|facts, _now| {
            facts.phase = Phase::Connecting;
            facts.silent = true;
            facts.detail = detail;
        });
    }
}

#[cfg(test)]
mod tests;
