//! Where the process gets the time. Everything that decides by time takes a [`Timestamp`] or a [`Clock`].
//!
//! Owns the only calls to the system clock. Does not own time zones or formats.
//! Invariant: no other module calls `SystemTime::now` (clippy refuses it).

use std::sync::atomic::{AtomicI64, Ordering};

use crate::domain::Timestamp;

pub trait Clock: Send + Sync {
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the system clock")]
    fn now(&self) -> Timestamp {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }
}

/// A clock that stands still until it is set: for tests, and for replays that run on recorded time.
#[derive(Debug, Default)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    pub const fn new(at: Timestamp) -> Self {
        Self(AtomicI64::new(at.as_micros()))
    }

    pub fn set(&self, at: Timestamp) {
        self.0.store(at.as_micros(), Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }
}

/// The machine's clock, which can be held at an instant and let go again: the demonstration's past is taken in so.
#[derive(Debug)]
pub struct HeldClock(AtomicI64);

/// Not held.
const FREE: i64 = i64::MIN;

impl Default for HeldClock {
    fn default() -> Self {
        Self(AtomicI64::new(FREE))
    }
}

impl HeldClock {
    pub fn hold(&self, at: Timestamp) {
        self.0.store(at.as_micros(), Ordering::SeqCst);
    }

    pub fn release(&self) {
        self.0.store(FREE, Ordering::SeqCst);
    }
}

impl Clock for HeldClock {
    fn now(&self) -> Timestamp {
        match self.0.load(Ordering::SeqCst) {
            FREE => SystemClock.now(),
            held => Timestamp::from_micros(held),
        }
    }
}
