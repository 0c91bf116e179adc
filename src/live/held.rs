use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::limits::LiveLimits;

/// Estimated bytes of all renderings of one tail that are alive, and of the batches it keeps.
#[derive(Debug)]
pub(super) struct Held {
    bytes: AtomicUsize,
    all: Arc<AllHeld>,
}

/// The same of all tails together, and how many they are.
#[derive(Debug, Default)]
pub(super) struct AllHeld {
    bytes: AtomicUsize,
    tails: AtomicUsize,
}

impl Held {
    pub fn new(all: &Arc<AllHeld>) -> Arc<Self> {
        all.tails.fetch_add(1, Ordering::Relaxed);
        Arc::new(Self { bytes: AtomicUsize::new(0), all: all.clone() })
    }

    pub fn add(&self, bytes: usize) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        self.all.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    pub fn remove(&self, bytes: usize) {
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
        self.all.bytes.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// Whether the tail has to give way. Where all together hold too much, each that grows keeps its even share; those
    /// that don't grow keep what they have, so that it is twice the bound at worst.
    pub fn is_over(&self, limits: &LiveLimits) -> bool {
        let bytes = self.bytes.load(Ordering::Relaxed);
        let share = || limits.tails_bytes / self.all.tails.load(Ordering::Relaxed).max(1);
        bytes > limits.tail_bytes || (self.all.bytes.load(Ordering::Relaxed) > limits.tails_bytes && bytes > share())
    }
}

/// Bytes that count for a tail as long as this lives.
#[derive(Debug)]
pub(super) struct Weight {
    held: Arc<Held>,
    bytes: usize,
}

impl Weight {
    pub fn new(held: &Arc<Held>, bytes: usize) -> Self {
        held.add(bytes);
        Self { held: held.clone(), bytes }
    }
}

impl Drop for Weight {
    fn drop(&mut self) {
        self.held.remove(self.bytes);
    }
}

impl AllHeld {
    #[cfg(test)]
    pub fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.all.tails.fetch_sub(1, Ordering::Relaxed);
    }
}
