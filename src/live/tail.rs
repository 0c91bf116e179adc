use std::collections::{HashMap, VecDeque};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use tokio::time::Instant;

use crate::domain::{FeedEntry, Head, Offset, Op, PostId};

use super::batch::{Batch, Group, Shared};
use super::held::{AllHeld, Held};
use super::limits::LiveLimits;
use super::slice::Entry;

/// The end of one city's feed log in memory: entries `start + 1 ..= head`, contiguous.
pub(super) struct Tail {
    start: Offset,
    entries: VecDeque<Entry>,
    /// Where the entries of each post are, oldest first.
    by_post: HashMap<PostId, VecDeque<Offset>>,
    held: Arc<Held>,
    /// Valid until a post in the tail changes or goes.
    batches: HashMap<(SameGroup, Offset), Arc<Shared>>,
    /// The batches in the order in which they were made.
    made: VecDeque<(SameGroup, Offset)>,
}

/// What a tail has for a reader.
pub(super) enum Pull {
    /// The reader's position is no longer held: read the store.
    Behind,
    CaughtUp,
    Ready(Batch),
    /// Where the batch is to be, and the entries to encode it from.
    Encode(Arc<Shared>, Vec<Entry>),
}

/// A group as a key. A channel has one of each kind, so its address tells it from others, and is quicker to compare
/// than a filter; holding it keeps the address from being used again.
#[derive(Clone)]
struct SameGroup(Arc<Group>);

impl PartialEq for SameGroup {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for SameGroup {}

impl Hash for SameGroup {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.0).hash(state);
    }
}

impl Tail {
    pub fn new(head: Head, all: &Arc<AllHeld>) -> Self {
        Self {
            start: head.head,
            entries: VecDeque::new(),
            by_post: HashMap::new(),
            held: Held::new(all),
            batches: HashMap::new(),
            made: VecDeque::new(),
        }
    }

    pub fn head(&self) -> Offset {
        Offset(self.start.0.saturating_add(self.entries.len() as u64))
    }

    /// The position after which entries are held.
    pub const fn start(&self) -> Offset {
        self.start
    }

    /// Whether a reader at this position can be served from here.
    pub fn holds(&self, offset: Offset) -> bool {
        self.start <= offset && offset <= self.head()
    }

    /// Appends committed entries. One that is held already is ignored; after a hole the tail begins anew, and
    /// readers before it go to the store.
    pub fn push(&mut self, committed: &[FeedEntry], limits: &LiveLimits) {
        for entry in committed {
            if entry.offset <= self.head() {
                continue;
            }
            if entry.offset != self.head().next() {
                self.entries.clear();
                self.by_post.clear();
                self.forget_batches();
                self.start = Offset(entry.offset.0.saturating_sub(1));
            }
            let entry = Entry::new(entry, &self.held);
            self.supersede(&entry);
            self.by_post.entry(entry.post).or_default().push_back(entry.offset);
            self.entries.push_back(entry);
        }
        self.trim(limits);
    }

    /// Puts entries that were read from the store before the first. Ignored unless they end where the tail begins.
    pub fn prepend(&mut self, read: Vec<FeedEntry>, limits: &LiveLimits) {
        let contiguous = read.windows(2).all(|pair| matches!(pair, [a, b] if b.offset == a.offset.next()));
        if !contiguous || read.last().is_none_or(|last| last.offset != self.start) {
            return;
        }
        for entry in read.iter().rev() {
            let mut entry = Entry::new(entry, &self.held);
            // What was committed while the store was read is already here and is newer.
            if let Some(later) = self.by_post.get(&entry.post).and_then(|at| at.back()).and_then(|at| self.get(*at)) {
                entry.shown = entry.shown.and(later.shown.clone());
            }
            self.start = Offset(self.start.0.saturating_sub(1));
            self.by_post.entry(entry.post).or_default().push_front(entry.offset);
            self.entries.push_front(entry);
        }
        self.forget_batches();
        self.trim(limits);
    }

    pub fn pull(&mut self, from: Offset, group: &Arc<Group>, now: Instant, limits: &LiveLimits) -> Pull {
        if from < self.start {
            return Pull::Behind;
        }
        // A reader of the store may be ahead of the tail for a moment; what it has read it is not given again.
        let skip = usize::try_from(from.0.saturating_sub(self.start.0)).unwrap_or(usize::MAX);
        if skip >= self.entries.len() {
            return Pull::CaughtUp;
        }
        let key = (SameGroup(Arc::clone(group)), from);
        let head = self.head();
        let shared = match self.batches.get(&key) {
            Some(shared) => match shared.get() {
                Some(batch) if batch.is_fresh(head, now) => return Pull::Ready(batch.clone()),
                Some(_) => self.keep(key, limits),
                None => Arc::clone(shared),
            },
            None => self.keep(key, limits),
        };
        let entries = self.entries.iter().skip(skip).take(limits.batch_entries).cloned().collect();
        Pull::Encode(shared, entries)
    }

    /// A place for a batch that the sessions of a group can share. The oldest gives way.
    fn keep(&mut self, key: (SameGroup, Offset), limits: &LiveLimits) -> Arc<Shared> {
        while self.made.len() >= limits.batches_kept.max(1) {
            self.forget_oldest_batch();
        }
        let shared = Shared::new(&self.held);
        if self.batches.insert(key.clone(), Arc::clone(&shared)).is_none() {
            self.made.push_back(key);
        }
        shared
    }

    fn forget_batches(&mut self) {
        self.batches.clear();
        self.made.clear();
    }

    fn forget_oldest_batch(&mut self) {
        if let Some(oldest) = self.made.pop_front() {
            self.batches.remove(&oldest);
        }
    }

    /// Drops what is oldest until all bounds hold: batches before entries, since they can be encoded again, but for the
    /// last few, which sessions are being given.
    pub fn trim(&mut self, limits: &LiveLimits) {
        const IN_USE: usize = 8;
        let began_at = self.start;
        while self.entries.len() > limits.tail_entries || self.held.is_over(limits) {
            if self.made.len() > IN_USE && self.held.is_over(limits) {
                self.forget_oldest_batch();
                continue;
            }
            let Some(oldest) = self.entries.pop_front() else {
                self.forget_batches();
                break;
            };
            self.start = oldest.offset;
            if let Some(offsets) = self.by_post.get_mut(&oldest.post) {
                offsets.pop_front();
                if offsets.is_empty() {
                    self.by_post.remove(&oldest.post);
                }
            }
        }
        if self.start != began_at {
            // Who stands before the first entry reads the store.
            let start = self.start;
            self.made.retain(|(_, from)| *from >= start);
            self.batches.retain(|(_, from), _| *from >= start);
        }
    }

    pub fn is_over(&self, limits: &LiveLimits) -> bool {
        self.held.is_over(limits)
    }

    /// Replaces what earlier entries of the same post show, so that no replay carries what has gone. Entries that
    /// show nothing stay so: a post that comes back comes back with its own entry.
    fn supersede(&mut self, newer: &Entry) {
        let Some(offsets) = self.by_post.get(&newer.post) else { return };
        // They may hold the text that goes.
        self.batches.clear();
        self.made.clear();
        for offset in offsets {
            let Some(index) = index_of(self.start, *offset) else { continue };
            if let Some(earlier) = self.entries.get_mut(index) {
                earlier.shown = match newer.op {
                    Op::Remove => None,
                    Op::Post | Op::Update => earlier.shown.take().and(newer.shown.clone()),
                };
            }
        }
    }

    fn get(&self, offset: Offset) -> Option<&Entry> {
        self.entries.get(index_of(self.start, offset)?)
    }
}

fn index_of(start: Offset, offset: Offset) -> Option<usize> {
    usize::try_from(offset.0.checked_sub(start.0)?.checked_sub(1)?).ok()
}
