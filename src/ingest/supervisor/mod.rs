//! Keeps every source running.
//!
//! Owns when a source is started again, and tells the health board. Does not own connections or positions: a source
//! connects, its outlet remembers where it was.
//! Invariant: one source's trouble never touches another's; each runs in a task of its own.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::Instant;

use super::backoff::{Backoff, at_least};
use super::health::{HealthBoard, HealthHandle, Phase};
use super::queue::ObservationSender;
use super::source::{Outlet, Source, SourceContext, SourceError};
use super::telemetry;
use crate::clock::Clock;
use crate::domain::{Checkpoint, Gap, SourceHealth, SourceId};
use crate::shutdown::Shutdown;

/// Pauses after a cut, and after a network that says no.
const RETRY: Backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(60));
const REFUSED: Backoff = Backoff::new(Duration::from_secs(300), Duration::from_secs(3_600));
/// A life that lasted this long and brought frames was a good one: the pauses begin anew after it.
const GOOD_STRETCH: Duration = Duration::from_secs(60);
/// The longest pause that a server may ask for; a mistaken header must not silence a source for days.
const LONGEST_ASKED: Duration = Duration::from_secs(3_600);
/// What a source has to leave politely once shutdown is triggered.
const GRACE: Duration = Duration::from_secs(2);
const REFRESH: Duration = Duration::from_secs(1);

pub struct SupervisorOptions {
    /// The way to the pipeline, shared by all sources.
    pub out: ObservationSender,
    /// The stored checkpoints, as read at start.
    pub checkpoints: HashMap<SourceId, Checkpoint>,
    /// The stored gaps, oldest first: what could not be read stays told after a restart (D2).
    pub gaps: Vec<(SourceId, Gap)>,
    pub clock: Arc<dyn Clock>,
    pub shutdown: Shutdown,
    /// Where jitter comes from.
    pub rng: fastrand::Rng,
}

/// The running sources. Dropping it stops them at once; [`Supervisor::stopped`] waits for them.
pub struct Supervisor {
    board: HealthBoard,
    tasks: JoinSet<()>,
    running: HashMap<SourceId, AbortHandle>,
    out: ObservationSender,
    clock: Arc<dyn Clock>,
    shutdown: Shutdown,
    rng: fastrand::Rng,
}

/// Starts every source in a task of its own. Must be called inside a tokio runtime.
pub fn start(sources: Vec<Box<dyn Source>>, options: SupervisorOptions) -> Supervisor {
    let SupervisorOptions { out, mut checkpoints, gaps, clock, shutdown, rng } = options;
    let board = HealthBoard::new(clock.clone());
    let mut tasks = JoinSet::new();
    tasks.spawn(refresh(board.clone(), shutdown.clone()));
    let mut supervisor = Supervisor { board, tasks, running: HashMap::new(), out, clock, shutdown, rng };
    for source in sources {
        let id = source.id();
        let told = gaps.iter().filter(|(source, _)| *source == id).map(|(_, gap)| gap.clone());
        supervisor.add(source, checkpoints.remove(&id), told);
    }
    supervisor
}

impl Supervisor {
    /// Starts one more source, at its stored checkpoint and with the gaps that were told of it, oldest first. One that
    /// runs already goes on as it is.
    pub fn add(&mut self, source: Box<dyn Source>, stored: Option<Checkpoint>, gaps: impl IntoIterator<Item = Gap>) {
        let id = source.id();
        if self.running.contains_key(&id) {
            return;
        }
        let health = self.board.add(&*source);
        gaps.into_iter().for_each(|gap| health.gap(gap));
        let keeper = Keeper {
            out: Outlet::new(&id, self.out.clone(), self.shutdown.clone(), health.clone()),
            stored,
            clock: self.clock.clone(),
            shutdown: self.shutdown.clone(),
            health,
            rng: self.rng.fork(),
            id: id.clone(),
        };
        self.running.insert(id, self.tasks.spawn(keeper.keep(source)));
    }

    /// Ends the sources that are not among `wanted`, wherever they are, and takes them off the board.
    pub fn keep_only(&mut self, wanted: &HashSet<SourceId>) {
        let board = &self.board;
        self.running.retain(|id, task| {
            let stays = wanted.contains(id);
            if !stays {
                task.abort();
                board.remove(id);
            }
            stays
        });
    }

    pub fn health(&self) -> watch::Receiver<Arc<Vec<SourceHealth>>> {
        self.board.watch()
    }

    /// The board itself, for the pipeline to say that a source waits for profiles.
    pub fn board(&self) -> HealthBoard {
        self.board.clone()
    }

    /// Waits until all sources have stopped. They do within two seconds of the shutdown given to [`start`].
    pub async fn stopped(mut self) {
        while let Some(ended) = self.tasks.join_next().await {
            // One that was ended on purpose is cancelled.
            if let Err(error) = ended
                && !error.is_cancelled()
            {
                tracing::error!(%error, "A source's task ended by itself.");
            }
        }
    }
}

async fn refresh(board: HealthBoard, shutdown: Shutdown) {
    let mut ticker = tokio::time::interval(REFRESH);
    loop {
        tokio::select! {
            () = shutdown.triggered() => return,
            _ = ticker.tick() => board.refresh(),
        }
    }
}

/// What becomes of a source whose life ended.
enum Next {
    After(Duration),
    Never,
}

struct Keeper {
    id: SourceId,
    out: Outlet,
    stored: Option<Checkpoint>,
    clock: Arc<dyn Clock>,
    shutdown: Shutdown,
    health: HealthHandle,
    rng: fastrand::Rng,
}

impl Keeper {
    async fn keep(mut self, mut source: Box<dyn Source>) {
        let (mut retry, mut refused) = (RETRY, REFUSED);
        while !self.shutdown.is_triggered() && !self.out.is_closed() {
            self.health.phase(Phase::Connecting, None);
            let (begun, heard) = (Instant::now(), self.health.last_frame());
            let Some(ended) = self.live(source.as_mut()).await else { break };
            if self.shutdown.is_triggered() || self.out.is_closed() {
                break;
            }
            if begun.elapsed() >= GOOD_STRETCH && self.health.last_frame() != heard {
                (retry, refused) = (RETRY, REFUSED);
            }
            let Next::After(pause) = self.judge(ended, &mut retry, &mut refused) else { return };
            tokio::select! {
                () = self.shutdown.triggered() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
        self.health.phase(Phase::Stopped, None);
    }

    /// One life; `None` when it had to be dropped because it did not heed the shutdown.
    async fn live(&self, source: &mut dyn Source) -> Option<Result<(), SourceError>> {
        let context = SourceContext {
            out: self.out.clone(),
            resume: self.out.position().or_else(|| self.stored.clone()),
            clock: self.clock.clone(),
            shutdown: self.shutdown.clone(),
            health: self.health.clone(),
        };
        let too_long = async {
            self.shutdown.triggered().await;
            tokio::time::sleep(GRACE).await;
        };
        tokio::select! {
            ended = source.run(context) => Some(ended),
            () = too_long => None,
        }
    }

    fn judge(&mut self, ended: Result<(), SourceError>, retry: &mut Backoff, refused: &mut Backoff) -> Next {
        let (cause, pause) = match &ended {
            Ok(()) => ("cut", retry.next(&mut self.rng)),
            Err(SourceError::Silent { .. }) => ("silent", retry.next(&mut self.rng)),
            Err(SourceError::Retry { after, .. }) => ("retry", self.pause(retry, *after)),
            // A refusal that names its end is a matter of patience; one that doesn't is not mended by asking again
            // soon, and asking soon is what gets an address blocked.
            Err(SourceError::Refused { after: Some(after), .. }) => ("refused", self.pause(retry, Some(*after))),
            Err(SourceError::Refused { after: None, .. }) => ("refused", refused.next(&mut self.rng)),
            Err(SourceError::Fatal(reason)) => {
                tracing::error!(source = self.id.as_str(), %reason, "Source stopped; it needs an operator.");
                self.health.phase(Phase::Stopped, Some(reason.clone()));
                return Next::Never;
            }
        };
        let detail = ended.as_ref().map_or_else(ToString::to_string, |()| "the server closed the connection".into());
        tracing::warn!(source = self.id.as_str(), cause, %detail, pause_ms = pause.as_millis() as u64, "Source cut off.");
        metrics::counter!(telemetry::RECONNECTS, "source" => self.id.as_str().to_owned(), "cause" => cause)
            .increment(1);
        match ended {
            Err(SourceError::Silent { .. }) => self.health.silent(detail),
            Err(SourceError::Refused { .. }) => self.health.phase(Phase::Refused, Some(detail)),
            _ => self.health.phase(Phase::Down, Some(detail)),
        }
        Next::After(pause)
    }

    /// The next pause of `backoff`, or what the server asked for if that is longer.
    fn pause(&mut self, backoff: &mut Backoff, asked: Option<Duration>) -> Duration {
        let pause = backoff.next(&mut self.rng);
        asked.map_or(pause, |asked| pause.max(at_least(asked.min(LONGEST_ASKED), &mut self.rng)))
    }
}

#[cfg(test)]
mod tests;
