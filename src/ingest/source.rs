//! The contract between a network's code and the supervisor.
//!
//! Owns the trait that every source implements and what it is given to run. Does not own restarts (supervisor) or a
//! wire format (`sources/<network>`).
//! Invariant: what a source says goes through its [`Outlet`], so it is counted, its position is remembered, and its
//! health follows, alike for all networks.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::BoxFuture;

use super::health::HealthHandle;
use super::queue::ObservationSender;
use super::telemetry;
use crate::clock::Clock;
use crate::domain::{AuthorLookup, Checkpoint, CityId, Event, Network, Observation, SourceId};
use crate::shutdown::Shutdown;

/// One configured network, server or feed. Several of a network have different ids.
pub trait Source: Send {
    fn id(&self) -> SourceId;

    fn network(&self) -> Network;

    /// The cities that it is read for; `None`: all.
    fn cities(&self) -> Option<Arc<[CityId]>> {
        None
    }

    /// Who answers for this network's authors; `None` where posts carry their author's profile.
    fn lookup(&self) -> Option<Arc<dyn AuthorLookup>>;

    /// After how long without any frame the source is shown as silent. `None` where quiet is normal (feeds).
    fn silent_after(&self) -> Option<Duration>;

    /// Whether it is asked now and then, where others say by themselves what is new.
    fn polls(&self) -> bool {
        false
    }

    /// One life of the connection: connects, reads, hands observations out, and returns when it is cut or told to stop.
    /// It does not try again by itself: the supervisor calls it again, after a pause that depends on what it returned.
    ///
    /// It begins at `context.resume` (from now on when there is none), less whatever overlap the network needs. When
    /// shutdown is triggered it has two seconds to leave politely; then its future is dropped, which must be safe at
    /// every await.
    fn run(&mut self, context: SourceContext) -> BoxFuture<'_, Result<(), SourceError>>;
}

/// What a source is given for one life.
pub struct SourceContext {
    pub out: Outlet,
    /// Where to resume.
    ///
    /// In a process's first life this is the stored checkpoint, the durable truth: everything below it is finished.
    /// After a mere reconnect it is the last position that this source handed out: what was handed out is in the
    /// pipeline's memory, which outlives the connection, so asking again from the (older) stored checkpoint would only
    /// repeat it. Either way delivery is at least once; the pipeline makes repeats harmless.
    pub resume: Option<Checkpoint>,
    pub clock: Arc<dyn Clock>,
    pub shutdown: Shutdown,
    pub health: HealthHandle,
}

/// Why a life ended, by what the supervisor does about it. The texts are shown to operators and citizens: plain words,
/// no addresses of persons.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// Cut off or out of reach: try again after a pause, not before `after` if the server said so. State `Down`.
    #[error("{reason}")]
    Retry { reason: String, after: Option<Duration> },
    /// Connected, but nothing came for the stall limit: connect anew after a short pause. State `Silent`.
    #[error("nothing received for {} s", .after.as_secs())]
    Silent { after: Duration },
    /// The network says no (401, 403, 429): try again after `after` if the server said so, else after a long pause.
    /// State `Refused`.
    #[error("{reason}")]
    Refused { reason: String, after: Option<Duration> },
    /// It can't work as configured, or its stored position can't be read: not tried again. State `Stopped`.
    #[error("{0}")]
    Fatal(String),
}

/// The pipeline is gone: nobody takes observations any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("nobody takes observations any more")]
pub struct Closed;

/// Where a source hands out what it saw. Cheap to clone; all clones of one source's outlet are one.
#[derive(Clone)]
pub struct Outlet(Arc<OutletInner>);

struct OutletInner {
    sender: ObservationSender,
    shutdown: Shutdown,
    health: HealthHandle,
    position: Mutex<Option<Checkpoint>>,
    source: SourceId,
    frames: [(&'static str, metrics::Counter); 8],
    bytes: metrics::Counter,
}

/// The kinds of [`Event::kind`], in the order of `OutletInner::frames`.
const KINDS: [&str; 8] = ["post", "other", "delete", "profile", "account", "identity", "gap", "unreadable"];

impl Outlet {
    pub(super) fn new(source: &SourceId, sender: ObservationSender, shutdown: Shutdown, health: HealthHandle) -> Self {
        let name = source.as_str();
        // Counters are looked up once: at hundreds of events a second the lookup would cost more than the count.
        let counter = |kind| metrics::counter!(telemetry::FRAMES, "source" => name.to_owned(), "kind" => kind);
        Self(Arc::new(OutletInner {
            sender,
            shutdown,
            health,
            position: Mutex::new(None),
            source: source.clone(),
            frames: KINDS.map(|kind| (kind, counter(kind))),
            bytes: metrics::counter!(telemetry::BYTES, "source" => name.to_owned()),
        }))
    }

    /// One that is on no board.
    #[cfg(test)]
    pub fn for_test(source: &dyn Source, sender: ObservationSender, clock: Arc<dyn Clock>) -> Self {
        let health = super::HealthBoard::new(clock).add(source);
        Self::new(&source.id(), sender, Shutdown::new(), health)
    }

    /// Hands one observation to the pipeline, waiting while the queue is full: so a pipeline that waits for profiles
    /// stops the reading. Gives up with [`Closed`] on shutdown or when the pipeline is gone.
    pub async fn send(&self, observation: Observation) -> Result<(), Closed> {
        let inner = &*self.0;
        inner.note(&observation);
        let checkpoint = observation.checkpoint.clone();
        tokio::select! {
            biased;
            sent = inner.sender.send(observation) => sent?,
            () = inner.shutdown.triggered() => return Err(Closed),
        }
        if checkpoint.is_some() {
            *inner.position.lock().unwrap_or_else(PoisonError::into_inner) = checkpoint;
        }
        Ok(())
    }

    /// Counts an observation that reaches the pipeline by a way of its own.
    pub fn took(&self, observation: &Observation) {
        self.0.note(observation);
    }

    /// Counts a frame's bytes as they come from the wire.
    pub fn received(&self, bytes: usize) {
        self.0.bytes.increment(bytes as u64);
    }

    /// The last position handed out by this source in this process.
    pub fn position(&self) -> Option<Checkpoint> {
        self.0.position.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn is_closed(&self) -> bool {
        self.0.sender.is_closed()
    }
}

impl OutletInner {
    fn note(&self, observation: &Observation) {
        let kind = observation.event.kind();
        if let Some((_, counter)) = self.frames.iter().find(|(name, _)| *name == kind) {
            counter.increment(1);
        }
        match &observation.event {
            Event::Gap(gap) => {
                metrics::counter!(telemetry::GAPS, "source" => self.source.as_str().to_owned()).increment(1);
                self.health.gap(gap.clone());
                return;
            }
            Event::Unreadable(reason) => {
                let source = self.source.as_str().to_owned();
                metrics::counter!(telemetry::UNREADABLE, "source" => source, "reason" => reason.as_str()).increment(1);
            }
            _ => {}
        }
        self.health.saw(observation.sent_at);
    }
}
