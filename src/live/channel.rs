use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Weak};

use bytes::Bytes;
use tokio::time::Instant;

use crate::domain::{CardRenderer, CityId, Cursor, Epoch, FeedEntry, Head, Offset, SourceHealth, Volume};

use super::batch::{self, Batch, Group};
use super::bell::{Bell, Listener};
use super::form::Framing;
use super::held::{AllHeld, Held};
use super::limits::LiveLimits;
use super::sources::SourcesFrames;
use super::tail::{Pull, Tail};
use super::{SourcesEncoder, lock, slice};

/// What the sessions of a city look at when they are woken, beside the tail. Read at every delivery and hardly ever
/// written, so without a lock.
#[derive(Debug, Default)]
pub(super) struct Signal {
    /// Revision of the sources' health.
    pub sources: AtomicU64,
    pub draining: AtomicBool,
    pub closed: AtomicBool,
}

/// One city: its tail, and what wakes its sessions.
pub(super) struct Channel {
    city: CityId,
    mark: u32,
    epoch: Epoch,
    tail: Mutex<Tail>,
    /// The tail's head, for sessions that only ask whether there is more.
    head: AtomicU64,
    pub signal: Signal,
    sources: Mutex<SourcesFrames>,
    /// Rung at each commit and each change of the signal; a session that sleeps through many wakes once.
    bell: Arc<Bell>,
    /// One of each kind of session that is there.
    groups: Mutex<HashMap<Group, Weak<Group>>>,
}

/// What a session at some position gets from memory.
pub(super) enum Pulled {
    /// Older than the tail: read the store.
    Behind,
    CaughtUp,
    Batch(Batch),
}

impl Channel {
    pub fn new(city: &CityId, head: Head, all: &Arc<AllHeld>, draining: bool) -> Self {
        Self {
            city: city.clone(),
            mark: Cursor::city_mark(city),
            epoch: head.epoch,
            tail: Mutex::new(Tail::new(head, all)),
            head: AtomicU64::new(head.head.0),
            signal: Signal { sources: 0.into(), draining: draining.into(), closed: false.into() },
            sources: Mutex::default(),
            bell: Arc::default(),
            groups: Mutex::default(),
        }
    }

    /// Wakes the sessions if what they know of the sources is no longer so.
    pub fn tell_sources(&self, health: &[&SourceHealth], volumes: &[Volume], encode: SourcesEncoder) {
        let revision = lock(&self.sources).set(health, volumes, encode);
        if let Some(revision) = revision {
            self.signal.sources.store(revision, Ordering::Release);
            self.ring();
        }
    }

    /// Whether this is what the sessions were told.
    pub fn knows_sources(&self, health: &[&SourceHealth]) -> bool {
        lock(&self.sources).says(health)
    }

    pub fn sources_frame(&self, framing: Framing) -> Bytes {
        lock(&self.sources).frame(framing)
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
        Offset(self.head.load(Ordering::Acquire))
    }

    pub fn start(&self) -> Offset {
        lock(&self.tail).start()
    }

    pub fn holds(&self, offset: Offset) -> bool {
        lock(&self.tail).holds(offset)
    }

    pub fn push(&self, entries: &[FeedEntry], limits: &LiveLimits) {
        {
            let mut tail = lock(&self.tail);
            tail.push(entries, limits);
            self.head.store(tail.head().0, Ordering::Release);
        }
        self.bell.ring();
    }

    pub fn prepend(&self, read: Vec<FeedEntry>, limits: &LiveLimits) {
        lock(&self.tail).prepend(read, limits);
    }

    pub fn listen(&self) -> Listener {
        self.bell.listen()
    }

    /// Wakes the sessions, for them to look at a signal that has changed.
    pub fn ring(&self) {
        self.bell.ring();
    }

    /// The one group of that kind: sessions share it, so that they are told apart by its address alone.
    pub fn group(&self, kind: Group) -> Arc<Group> {
        let mut groups = lock(&self.groups);
        if let Some(group) = groups.get(&kind).and_then(Weak::upgrade) {
            return group;
        }
        if groups.len() == groups.capacity() {
            groups.retain(|_, group| group.strong_count() > 0);
        }
        let group = Arc::new(kind.clone());
        groups.insert(kind, Arc::downgrade(&group));
        group
    }

    pub fn close(&self) {
        self.signal.closed.store(true, Ordering::Release);
        self.ring();
    }

    /// What the tail has after `from`, encoded. Cards are rendered outside the lock: a commit never waits for a
    /// template.
    pub fn pull(
        &self,
        from: Offset,
        group: &Arc<Group>,
        renderer: &dyn CardRenderer,
        now: Instant,
        limits: &LiveLimits,
    ) -> Pulled {
        let (shared, entries) = match lock(&self.tail).pull(from, group, now, limits) {
            Pull::Behind => return Pulled::Behind,
            Pull::CaughtUp => return Pulled::CaughtUp,
            Pull::Ready(batch) => return Pulled::Batch(batch),
            Pull::Encode(shared, entries) => (shared, entries),
        };
        let batch = shared.get_or_encode(|| self.encode(&entries, from, group, renderer, now, limits));
        drop(entries);
        // Encoding is what makes a tail larger between two commits.
        let mut tail = lock(&self.tail);
        if tail.is_over(limits) {
            tail.trim(limits);
        }
        Pulled::Batch(batch)
    }

    /// Encodes entries that were read from the store, for one session.
    pub fn encode_page(
        &self,
        page: &[FeedEntry],
        from: Offset,
        group: &Group,
        renderer: &dyn CardRenderer,
        now: Instant,
        limits: &LiveLimits,
    ) -> Batch {
        let uncounted = Held::new(&Arc::default());
        let entries: Vec<slice::Entry> = page.iter().map(|entry| slice::Entry::new(entry, &uncounted)).collect();
        self.encode(&entries, from, group, renderer, now, limits)
    }

    fn encode(
        &self,
        entries: &[slice::Entry],
        from: Offset,
        group: &Group,
        renderer: &dyn CardRenderer,
        now: Instant,
        limits: &LiveLimits,
    ) -> Batch {
        batch::encode(entries, group, self.cursor(from), renderer, now, limits)
    }
}
