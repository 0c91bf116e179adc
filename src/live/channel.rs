use std::sync::Mutex;

use tokio::sync::watch;

use crate::domain::{CardRenderer, CityId, Cursor, Epoch, FeedEntry, Head, Offset};

use super::batch::{self, Batch, Group};
use super::limits::LiveLimits;
use super::tail::{Pull, SharedBatch, Tail};
use super::{lock, slice};

/// What the sessions of a city listen to. It is sent anew at each commit too; a session that sleeps through many
/// commits wakes once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Signal {
    /// Revision of the sources' health.
    pub sources: u64,
    pub draining: bool,
    pub closed: bool,
}

/// One city: its tail, and the signal its sessions listen to.
pub(super) struct Channel {
    city: CityId,
    mark: u32,
    epoch: Epoch,
    tail: Mutex<Tail>,
    signal: watch::Sender<Signal>,
}

/// What a session at some position gets from memory.
pub(super) enum Pulled {
    /// Older than the tail: read the store.
    Behind,
    CaughtUp,
    Batch(SharedBatch),
}

impl Channel {
    pub fn new(city: &CityId, head: Head, sources: u64, draining: bool) -> Self {
        let signal = Signal { sources, draining, closed: false };
        Self {
            city: city.clone(),
            mark: Cursor::city_mark(city),
            epoch: head.epoch,
            tail: Mutex::new(Tail::new(head)),
            signal: watch::Sender::new(signal),
        }
    }

    pub const fn city(&self) -> &CityId {
        &self.city
    }

    pub const fn mark(&self) -> u32 {
        self.mark
    }

    pub const fn epoch(&self) -> Epoch {
        self.epoch
    }

    pub fn cursor(&self, offset: Offset) -> Cursor {
        Cursor { city: self.mark, epoch: self.epoch, offset }
    }

    pub fn head(&self) -> Offset {
        lock(&self.tail).head()
    }

    pub fn start(&self) -> Offset {
        lock(&self.tail).start()
    }

    pub fn holds(&self, offset: Offset) -> bool {
        lock(&self.tail).holds(offset)
    }

    pub fn push(&self, entries: &[FeedEntry], limits: &LiveLimits) {
        lock(&self.tail).push(entries, limits);
        // The value stays; that it was sent is what wakes the sessions.
        self.signal.send_modify(|_| ());
    }

    pub fn prepend(&self, read: Vec<FeedEntry>, limits: &LiveLimits) {
        lock(&self.tail).prepend(read, limits);
    }

    pub fn listen(&self) -> watch::Receiver<Signal> {
        self.signal.subscribe()
    }

    pub fn signal(&self, change: impl FnOnce(&mut Signal)) {
        self.signal.send_modify(change);
    }

    pub fn close(&self) {
        self.signal(|signal| signal.closed = true);
    }

    /// What the tail has after `from`, encoded. Cards are rendered outside the lock: a commit never waits for a
    /// template.
    pub fn pull(&self, from: Offset, group: &Group, renderer: &dyn CardRenderer, limits: &LiveLimits) -> Pulled {
        let (shared, entries) = match lock(&self.tail).pull(from, group, limits) {
            Pull::Behind => return Pulled::Behind,
            Pull::CaughtUp => return Pulled::CaughtUp,
            Pull::Batch(shared, entries) => (shared, entries),
        };
        shared.get_or_init(|| self.encode(&entries, from, group, renderer, limits));
        drop(entries);
        let mut tail = lock(&self.tail);
        if tail.is_over(limits) {
            tail.trim(limits);
        }
        Pulled::Batch(shared)
    }

    /// Encodes entries that were read from the store, for one session.
    pub fn encode_page(
        &self,
        page: &[FeedEntry],
        from: Offset,
        group: &Group,
        renderer: &dyn CardRenderer,
        limits: &LiveLimits,
    ) -> Batch {
        let uncounted = std::sync::Arc::default();
        let entries: Vec<slice::Entry> = page.iter().map(|entry| slice::Entry::new(entry, &uncounted)).collect();
        self.encode(&entries, from, group, renderer, limits)
    }

    fn encode(
        &self,
        entries: &[slice::Entry],
        from: Offset,
        group: &Group,
        renderer: &dyn CardRenderer,
        limits: &LiveLimits,
    ) -> Batch {
        batch::encode(entries, group, self.cursor(from), renderer, limits)
    }
}
