use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::domain::{CommitListener, Committed, PostId};
use crate::live::Live;

/// Ids of posts that the store has dropped, waiting for the pipeline to forget them too. Its bound is what one
/// commit can drop, since the pipeline drains it on every turn.
#[derive(Clone, Debug, Default)]
pub struct Forgotten(Arc<Mutex<Vec<PostId>>>);

impl Forgotten {
    pub fn take(&self) -> Vec<PostId> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Told of every commit, in order: what was dropped and is stored again is not forgotten.
    pub fn told(&self, committed: &Committed) {
        let mut forgotten = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        forgotten.retain(|post| !committed.stored.contains(post));
        forgotten.extend_from_slice(&committed.forgotten);
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
