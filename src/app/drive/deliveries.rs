//! Signed deliveries on their way through the pipeline.
//!
//! Owns what is noted of a delivery for its answer. Does not own any decision: its items are observations like others.
//! Invariant: a delivery's receipt is committed with what its items changed, or neither is.

use tokio::sync::oneshot;

use crate::crash::{self, Point};
use crate::domain::{
    Change, DeliveryId, Event, Observation, PushOutcome, Receipt, ReceiptItem, RefuseReason, Timestamp,
};
use crate::intake::Intake;
use crate::pipeline;

/// A verified delivery, to be taken in whole.
pub struct Arrival {
    pub delivery: DeliveryId,
    /// A keyed hash of the body.
    pub body: u64,
    pub observations: Vec<Observation>,
    /// Told when what became of each is durable; dropped when it can't be.
    pub answer: oneshot::Sender<Vec<PushOutcome>>,
}

/// Takes a delivery through the pipeline. Who is to be told once it is committed comes back.
pub fn take(intake: &mut Intake, arrival: Arrival, now: Timestamp) -> oneshot::Sender<Vec<PushOutcome>> {
    let Arrival { delivery, body, observations, answer } = arrival;
    let items = observations.into_iter().map(|observation| take_one(intake, observation, now)).collect();
    intake.receipts.push(Receipt { delivery, body, at: now, items });
    crash::point(Point::DeliveryTaken);
    answer
}

fn take_one(intake: &mut Intake, observation: Observation, now: Timestamp) -> ReceiptItem {
    let deletes = matches!(observation.event, Event::Delete { .. });
    let before = intake.pending.len();
    intake.tally.take_last();
    pipeline::observe(intake, observation, now);
    let outcome = match intake.tally.take_last() {
        _ if deletes => PushOutcome::Deleted,
        Some(outcome) => outcome.into(),
        // Its author's profile comes with it, so that nothing of it waits; if it did, it would not be known.
        None => PushOutcome::Refused(RefuseReason::AuthorUnknown),
    };
    let is_stored = |(_, change): &(usize, &Change)| matches!(change, Change::Upsert { .. });
    let change = intake.pending.iter().enumerate().skip(before).rfind(is_stored).map(|(number, _)| number);
    ReceiptItem { outcome, change }
}
