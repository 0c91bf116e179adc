use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt};

use super::{Listing, Memory, News, Reading, news};
use crate::domain::{AuthorLookup, CityId, Event, Network, Observation, RefuseReason, SourceId, Timestamp};
use crate::ingest::{Closed, Source, SourceContext, SourceError};

/// A memory whose items did not change is stored again after this, so that a restart knows how far it reached.
const STORE_AGAIN_S: i64 = 6 * 3_600;

/// What came of one visit.
pub enum Visit {
    /// As it was.
    Unchanged,
    Read(Box<Listing>),
    Unreadable(RefuseReason),
}

/// A list that is visited again and again.
pub trait Lists: Send + Sync {
    fn reading(&self) -> &Reading;

    /// Those that ask for it.
    fn cities(&self) -> Arc<[CityId]>;

    /// Of the cities that ask for it, and how: see [`Memory::readers`].
    fn readers(&self) -> u64;

    /// The time between two visits, unless its publisher asks for more.
    fn every(&self) -> Duration;

    /// Asks for it once, and notes in `memory` where it is now and what to ask with next time. The time is that after which
    /// to come again.
    fn visit<'a>(
        &'a self,
        memory: &'a mut Memory,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<(Visit, Duration), SourceError>>;
}

impl<L: Lists> Source for L {
    fn id(&self) -> SourceId {
        self.reading().source()
    }

    fn network(&self) -> Network {
        self.reading().network
    }

    fn cities(&self) -> Option<Arc<[CityId]>> {
        Some(Lists::cities(self))
    }

    fn polls(&self) -> bool {
        true
    }

    /// What is listed says who lists it.
    fn lookup(&self) -> Option<Arc<dyn AuthorLookup>> {
        None
    }

    fn silent_after(&self) -> Option<Duration> {
        None
    }

    fn run(&mut self, context: SourceContext) -> BoxFuture<'_, Result<(), SourceError>> {
        live(self, context).boxed()
    }
}

/// One life of a source that reads a list.
async fn live(list: &dyn Lists, context: SourceContext) -> Result<(), SourceError> {
    let mut memory = Memory::resume(context.resume.as_ref(), list.readers(), context.clock.now());
    let mut stored_at = Timestamp::from_micros(memory.read_at);
    loop {
        let before = memory.clone();
        let (visit, pause) = tokio::select! {
            visited = list.visit(&mut memory, context.clock.now()) => visited?,
            () = context.shutdown.triggered() => return Ok(()),
        };
        let now = context.clock.now();
        let told = match visit {
            Visit::Read(listing) => news(*listing, &memory, list.reading(), now),
            Visit::Unchanged => {
                News { posts: vec![], gap: None, memory: Memory { read_at: now.as_micros(), ..memory } }
            }
            Visit::Unreadable(reason) => {
                // Nobody listens any more: the next step finds the same.
                let _closed = send(list, &context, Event::Unreadable(reason), None).await;
                let reason = "what it sends can't be read".to_owned();
                return Err(SourceError::Retry { reason, after: Some(list.every()) });
            }
        };
        context.health.connected();
        context.health.saw(None);
        let is_due = now.seconds_since(stored_at) >= STORE_AGAIN_S;
        let announced = told.announced(&before);
        memory = told.memory;
        let is_same = Memory { read_at: before.read_at, ..memory.clone() } == before;
        let gap = told.gap.map(Event::Gap);
        let mut events: Vec<Event> =
            gap.into_iter().chain(told.posts.into_iter().map(|post| Event::Post(Box::new(post)))).collect();
        if events.is_empty() && (!is_same || is_due) {
            events.push(Event::Other);
        }
        if events.len() > 1 && send(list, &context, Event::Other, Some(&announced)).await.is_err() {
            return Ok(());
        }
        // With the last that is told, so that what is stored of it and the memory are one.
        let last = events.len().saturating_sub(1);
        for (number, event) in events.into_iter().enumerate() {
            if send(list, &context, event, (number == last).then_some(&memory)).await.is_err() {
                return Ok(());
            }
            stored_at = now;
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = context.shutdown.triggered() => return Ok(()),
        }
    }
}

async fn send(list: &dyn Lists, context: &SourceContext, event: Event, memory: Option<&Memory>) -> Result<(), Closed> {
    let reading = list.reading();
    let observation = Observation {
        source: reading.source(),
        network: reading.network,
        checkpoint: memory.map(Memory::checkpoint),
        sent_at: None,
        event,
    };
    context.out.send(observation).await
}
