mod deliveries;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt, OptionFuture};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;

use super::listen::Forgotten;
use crate::clock::Clock;
use crate::crash::{self, Point};
use crate::domain::{
    AccountStatus, AuthorId, AuthorProfile, Batch, Change, Committed, Journal, Network, PushOutcome, StoreError,
};
use crate::ingest::ObservationReceiver;
use crate::intake::{Answer, Intake, Lookups, NotAsked};
use crate::matcher::{CitySet, ListedAccounts};
use crate::pipeline;
use crate::shutdown::Shutdown;

pub use deliveries::Arrival;

/// What reaches the pipeline beside observations. Few, so their channel is small; its senders wait, also while too much is
/// not written yet.
pub enum Control {
    /// City files have changed, or whose a listed account is.
    Cities { set: Arc<CitySet>, listed: ListedAccounts },
    /// Authors of stored posts were asked for again (L-13); those the network no longer shows are hidden.
    Rechecked { network: Network, asked: Vec<AuthorId>, found: Vec<AuthorProfile> },
    /// Changes decided elsewhere by the same rules: re-checked posts, re-matched posts.
    Changes(Vec<Change>),
}

/// Everything that comes in.
pub struct Inputs {
    pub observations: ObservationReceiver,
    pub answers: mpsc::Receiver<Answer>,
    pub control: mpsc::Receiver<Control>,
    pub deliveries: mpsc::Receiver<Arrival>,
    pub forgotten: Forgotten,
}

/// Everything that goes out.
pub struct Outputs {
    pub journal: Arc<dyn Journal>,
    pub lookups: Lookups,
    /// True while reading is paused because too much waits for profiles.
    pub waiting: watch::Sender<bool>,
    /// Why the last commit could not be made; empty while they can.
    pub unwritten: watch::Sender<String>,
}

/// A commit's batch is the live batch: at once when idle, at most this often when busy (architecture, point 4).
const CADENCE: Duration = Duration::from_millis(50);
/// How often a checkpoint that moved past nothing of ours is written.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(5);
/// The pause before a commit that found no room is tried again; the checkpoint has not moved meanwhile (D6).
const RETRY_EVERY: Duration = Duration::from_secs(2);

/// Whoever waits for a delivery to be durable.
type Asking = oneshot::Sender<Vec<PushOutcome>>;

/// Runs the pipeline until shutdown, then commits what is decided.
/// An error is one that the store can't recover from: our own data is at stake, so the process must stop.
pub async fn drive(
    mut intake: Intake,
    mut inputs: Inputs,
    outputs: Outputs,
    clock: Arc<dyn Clock>,
    shutdown: Shutdown,
) -> Result<Intake, StoreError> {
    let mut committing: Option<BoxFuture<'static, Result<Committed, StoreError>>> = None;
    // Who is told when the commit under way is made, in the order of its receipts; and of the next one.
    let (mut told, mut to_tell): (Vec<Asking>, Vec<Asking>) = (Vec::new(), Vec::new());
    let mut last_commit = Instant::now();
    let mut is_open = true;
    while is_open || committing.is_some() || intake.has_news() || intake.watermarks.has_moved() {
        // A commit under way may store again what was dropped just before it: its word is waited for.
        if committing.is_none() {
            intake.forget(inputs.forgotten.take());
        }
        for (network, author) in std::mem::take(&mut intake.questions) {
            match outputs.lookups.ask(network, &author) {
                Ok(()) => {}
                Err(NotAsked::Later) => intake.questions.push((network, author)),
                Err(NotAsked::Never) => {
                    pipeline::answered(&mut intake, Answer::Unknown(network, author), clock.now());
                }
            }
        }
        let since = last_commit.elapsed();
        let is_due = (intake.has_news() && since >= CADENCE)
            || (intake.watermarks.has_moved() && (since >= CHECKPOINT_EVERY || !is_open));
        if committing.is_none() && is_due {
            last_commit = Instant::now();
            told = std::mem::take(&mut to_tell);
            committing = {
                let (journal, unwritten) = (outputs.journal.clone(), outputs.unwritten.clone());
                Some(commit(journal, intake.take_batch(), unwritten, shutdown.clone()).boxed())
            };
            continue;
        }
        // What can't be asked yet holds the networks back too.
        let has_room = intake.has_room() && intake.questions.is_empty();
        let may_add = intake.pending.has_room();
        outputs.waiting.send_if_modified(|waiting| std::mem::replace(waiting, !has_room) == has_room);
        let pause = match intake.has_news() {
            true => CADENCE.saturating_sub(since),
            false if intake.watermarks.has_moved() => CHECKPOINT_EVERY.saturating_sub(since),
            // Nothing is to be written, however long ago the last commit was.
            false => CHECKPOINT_EVERY,
        };
        tokio::select! {
            biased;
            () = shutdown.triggered(), if is_open => is_open = false,
            Some(committed) = OptionFuture::from(committing.as_mut()) => {
                committing = None;
                let Committed { refused, receipts, .. } = committed?;
                for (counted, reason) in refused {
                    intake.tally.refused_by_store(counted, reason);
                }
                for (asking, outcomes) in told.drain(..).zip(receipts) {
                    // Nobody waits any more: it is answered when it is sent again.
                    asking.send(outcomes).ok();
                }
            }
            Some(answer) = inputs.answers.recv(), if is_open => {
                crash::point(Point::ProfileAnswered);
                pipeline::answered(&mut intake, answer, clock.now());
            }
            Some(control) = inputs.control.recv(), if is_open && may_add => apply(&mut intake, control, &*clock),
            // Before the networks, which always have something while they catch up; what a sender may send is bounded.
            Some(arrival) = inputs.deliveries.recv(), if is_open && has_room => {
                to_tell.push(deliveries::take(&mut intake, arrival, clock.now()));
            }
            Some(observation) = inputs.observations.recv(), if is_open && has_room => {
                crash::point(Point::ObservationTaken);
                pipeline::observe(&mut intake, observation, clock.now());
            }
            () = tokio::time::sleep(pause), if committing.is_none() => {}
        }
    }
    Ok(intake)
}

/// Commits a batch, trying again for as long as the store has no room. When the process is to stop it gives up: the
/// checkpoint has not moved, so that the same is read again after the next start.
async fn commit(
    journal: Arc<dyn Journal>,
    batch: Batch,
    unwritten: watch::Sender<String>,
    shutdown: Shutdown,
) -> Result<Committed, StoreError> {
    let batch = Arc::new(batch);
    crash::point(Point::BatchTaken);
    loop {
        match journal.commit(batch.clone()).await {
            Err(StoreError::Unavailable(reason)) if !shutdown.is_triggered() => {
                tracing::error!(reason, "The database can't be written; reading goes on and writing is tried again.");
                unwritten.send_replace(reason);
                tokio::select! {
                    () = tokio::time::sleep(RETRY_EVERY) => {}
                    () = shutdown.triggered() => {}
                }
            }
            ended => {
                unwritten.send_replace(String::new());
                return ended;
            }
        }
    }
}

fn apply(intake: &mut Intake, control: Control, clock: &dyn Clock) {
    let now = clock.now();
    match control {
        Control::Cities { set, listed } => (intake.cities, intake.listed) = (set, listed),
        Control::Changes(changes) => intake.pending.extend(changes),
        Control::Rechecked { network, asked, found } => {
            for author in asked {
                // Who went while they were asked for stays away: the answer may be older than that.
                let Some(known) = intake.authors.get(network, &author) else { continue };
                let profile = match found.iter().find(|profile| profile.id == author) {
                    Some(profile) => intake.heard(AuthorProfile { checked_at: Some(now), ..profile.clone() }, now),
                    None => AuthorProfile { status: AccountStatus::Hidden, checked_at: Some(now), ..known.clone() },
                };
                intake.author_changed(profile, now);
            }
        }
    }
}

#[cfg(test)]
mod tests;
