//! Signed deliveries, from the route to the answer.
//!
//! Owns the order: signature, form, repeat, allowance, pipeline, commit. Does not own any of these steps. Invariant: a
//! delivery that was begun is ended whether or not anybody waits for its answer, and one that is repeated meanwhile, or
//! later, is answered what the first one was.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt};
use tokio::runtime::Handle;
use tokio::sync::{Notify, Semaphore, mpsc, oneshot, watch};
use tokio::time::Instant;

use super::drive::Arrival;
use crate::clock::Clock;
use crate::domain::{
    City, Delivery, DeliveryId, IdKey, Network, Notice, Observation, PostId, Publisher, PushDesk, PushOutcome,
    PushRefusal, PushResult, RefuseReason, StoreError,
};
use crate::ingest::sources::push::{self, Doors, Entered, Item, Signed};
use crate::store::Store;

/// Deliveries that may be under way, each of 64 KiB at most. What is beyond is put off.
const UNDER_WAY_MAX: usize = 64;
/// Deliveries that wait for the pipeline; their senders wait.
pub const QUEUED_MAX: usize = 16;
/// How long an answer is waited for. What is committed later is answered when it is repeated.
const PATIENCE: Duration = Duration::from_secs(8);

/// Counter of deliveries, labelled `answer`.
const DELIVERIES: &str = "parvis_push_deliveries_total";

/// Takes deliveries in. Clones are one.
#[derive(Clone)]
pub struct Desk(Arc<Shared>);

struct Shared {
    doors: Doors,
    store: Store,
    key: IdKey,
    pipeline: mpsc::Sender<Arrival>,
    /// Why nothing can be written just now; empty when it can.
    unwritten: watch::Receiver<String>,
    clock: Arc<dyn Clock>,
    room: Arc<Semaphore>,
    under_way: UnderWay,
    /// Where deliveries run, whatever becomes of the task that asked.
    runtime: Handle,
}

impl Desk {
    /// Must be called inside a Tokio runtime, in which the deliveries run.
    pub fn new(
        doors: Doors,
        store: Store,
        pipeline: mpsc::Sender<Arrival>,
        unwritten: watch::Receiver<String>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        metrics::describe_counter!(DELIVERIES, "Signed deliveries, by what they were answered.");
        Self(Arc::new(Shared {
            doors,
            key: store.id_key(),
            store,
            pipeline,
            unwritten,
            clock,
            room: Arc::new(Semaphore::new(UNDER_WAY_MAX)),
            under_way: UnderWay::default(),
            runtime: Handle::current(),
        }))
    }

    async fn take(&self, delivery: Delivery) -> Result<Vec<PushResult>, PushRefusal> {
        let shared = &self.0;
        let Delivery { city, message, timestamp, signatures, body } = &delivery;
        let signed = Signed { message, timestamp, signatures, body };
        let entered = shared.doors.enter(city, &signed, shared.clock.now())?;
        let room = shared.room.clone().try_acquire_owned();
        let room = room.map_err(|_full| PushRefusal::Busy("Too many deliveries are under way."))?;
        if !shared.unwritten.borrow().is_empty() {
            return Err(PushRefusal::Busy("Nothing can be written at the moment."));
        }
        let of_its_own = shared.clone();
        let taken = shared.runtime.spawn(async move {
            let _room = room;
            of_its_own.through(delivery, entered).await
        });
        match tokio::time::timeout(PATIENCE, taken).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_ended)) => Err(PushRefusal::Busy("The server is going away.")),
            Err(_elapsed) => {
                Err(PushRefusal::Busy("It takes longer than usual: it may be taken yet, so send it again."))
            }
        }
    }
}

impl PushDesk for Desk {
    fn deliver(&self, delivery: Delivery) -> BoxFuture<'_, Result<Vec<PushResult>, PushRefusal>> {
        async move {
            let answer = self.take(delivery).await;
            metrics::counter!(DELIVERIES, "answer" => label(&answer)).increment(1);
            answer
        }
        .boxed()
    }
}

impl Publisher for Desk {
    fn publish<'a>(
        &'a self,
        city: &'a City,
        notice: &'a Notice,
    ) -> BoxFuture<'a, Result<Result<PostId, RefuseReason>, StoreError>> {
        async move {
            let (native_id, observation) = push::written(city, notice, self.0.clock.now());
            Ok(match self.0.of_desk(observation).await? {
                PushOutcome::Refused(reason) => Err(reason),
                _ => Ok(PostId::derive(&self.0.key, Network::Push, &native_id)),
            })
        }
        .boxed()
    }

    fn withdraw<'a>(&'a self, city: &'a City, notice: &'a Notice) -> BoxFuture<'a, Result<(), StoreError>> {
        async move {
            // A version that is meant for nobody is refused, and what was there goes.
            self.0.of_desk(push::taken_back(city, notice, self.0.clock.now())).await?;
            Ok(())
        }
        .boxed()
    }
}

impl Shared {
    /// Takes what a city's own desk says through the pipeline. What it is answered is durable.
    async fn of_desk(&self, observation: Observation) -> Result<PushOutcome, StoreError> {
        let unwritten = || StoreError::Unavailable("it can't be written at the moment".into());
        let at = self.clock.now().as_micros().to_string();
        let source = observation.source.as_str();
        let id = DeliveryId {
            sender: self.key.hash64(&["push sender", source]),
            message: self.key.hash64(&["desk message", source, &at]),
        };
        let (answer, committed) = oneshot::channel();
        let arrival = Arrival { delivery: id, body: id.message, observations: vec![observation], answer };
        self.pipeline.send(arrival).await.or(Err(unwritten()))?;
        let outcomes = tokio::time::timeout(PATIENCE, committed).await.or(Err(unwritten()))?.or(Err(unwritten()))?;
        outcomes.first().copied().ok_or_else(unwritten)
    }

    async fn through(&self, delivery: Delivery, entered: Entered) -> Result<Vec<PushResult>, PushRefusal> {
        let Entered { sender, outlet } = entered;
        outlet.received(delivery.body.len());
        let items = push::decode(&delivery.body, &sender)?;
        let author = sender.author.as_str();
        let text = String::from_utf8_lossy(&delivery.body);
        let id = DeliveryId {
            sender: self.key.hash64(&["push sender", author]),
            message: self.key.hash64(&["push message", author, &delivery.message]),
        };
        let body = self.key.hash64(&["push body", author, &text]);
        let _turn = self.under_way.turn(id).await;
        let known = self.store.receipt(id).await.map_err(|error| {
            tracing::warn!(%error, "push: receipts can't be read");
            PushRefusal::Busy("The store is busy.")
        })?;
        match known {
            Some((same, outcomes)) if same == body => return Ok(self.answer(&items, outcomes)),
            Some(_) => return Err(PushRefusal::Conflict),
            None => {}
        }
        self.doors.charge(&delivery.city, &sender, items.len(), Instant::now())?;
        let observations: Vec<_> = items.iter().map(|item| sender.observation(item.event.clone())).collect();
        observations.iter().for_each(|observation| outlet.took(observation));
        let (answer, committed) = oneshot::channel();
        let arrival = Arrival { delivery: id, body, observations, answer };
        let gone = PushRefusal::Busy("The server is going away.");
        self.pipeline.send(arrival).await.map_err(|_gone| gone.clone())?;
        let outcomes = committed.await.map_err(|_gone| gone)?;
        Ok(self.answer(&items, outcomes))
    }

    /// The same for the same body and outcomes: what is stored holds no more than the latter.
    fn answer(&self, items: &[Item], outcomes: Vec<PushOutcome>) -> Vec<PushResult> {
        let result = |(item, outcome): (&Item, PushOutcome)| {
            let is_refused = matches!(outcome, PushOutcome::Refused(_));
            let post = item.native_id.as_ref().filter(|_| !is_refused);
            PushResult {
                id: item.id.clone(),
                outcome,
                detail: item.detail.clone(),
                post: post.map(|native_id| PostId::derive(&self.key, Network::Push, native_id)),
            }
        };
        items.iter().zip(outcomes).map(result).collect()
    }
}

/// The deliveries that are being taken: one that comes twice waits for the first. As many as there is room for.
#[derive(Default)]
struct UnderWay {
    ids: Mutex<HashSet<DeliveryId>>,
    ended: Notify,
}

struct Turn<'a> {
    of: &'a UnderWay,
    id: DeliveryId,
}

impl UnderWay {
    async fn turn(&self, id: DeliveryId) -> Turn<'_> {
        loop {
            // Asked for before it is looked, so that no end is missed between the two.
            let ended = self.ended.notified();
            if self.ids.lock().unwrap_or_else(PoisonError::into_inner).insert(id) {
                return Turn { of: self, id };
            }
            ended.await;
        }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.of.ids.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
        self.of.ended.notify_waiters();
    }
}

const fn label(answer: &Result<Vec<PushResult>, PushRefusal>) -> &'static str {
    match answer {
        Ok(_) => "taken",
        Err(PushRefusal::BadHeader { .. }) => "bad_header",
        Err(PushRefusal::WrongTime) => "wrong_time",
        Err(PushRefusal::Unsigned) => "unsigned",
        Err(PushRefusal::Conflict) => "conflict",
        Err(PushRefusal::Unreadable { .. }) => "unreadable",
        Err(PushRefusal::TooMany { .. }) => "too_many",
        Err(PushRefusal::Busy(_)) => "busy",
    }
}
