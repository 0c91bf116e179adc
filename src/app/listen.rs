use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::domain::{CommitListener, Committed};
use crate::intake::Dropped;
use crate::live::Live;

/// What the store has dropped, waiting for the pipeline to forget it too. Its bound is what one commit can drop, since
/// the pipeline drains it on every turn.
#[derive(Clone, Debug, Default)]
pub struct Forgotten(Arc<Mutex<Dropped>>);

impl Forgotten {
    pub fn take(&self) -> Dropped {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub fn told(&self, committed: &Committed) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).told(committed);
    }
}

/// Tells the live tail and the pipeline of every commit, in this order.
pub struct Listeners {
    /// Set once the tails are open: the live side reads the store that it listens to.
    pub live: Arc<OnceLock<Arc<Live>>>,
    pub forgotten: Forgotten,
}

impl CommitListener for Listeners {
    fn committed(&self, committed: &Committed) {
        if let Some(live) = self.live.get() {
            live.committed(committed);
        }
        self.forgotten.told(committed);
    }
}
