use std::sync::{Arc, Mutex};
use std::task::Context;

use futures_util::task::AtomicWaker;

use super::lock;

/// Wakes the sessions of a city. A session has one place in the list for its whole life, so that a post costs it no
/// registration; what a waker wakes is only a session that has come to wait since the last ring.
#[derive(Default)]
pub(super) struct Bell(Mutex<Vec<Arc<AtomicWaker>>>);

/// A session's place at a bell; given up with its drop.
pub(super) struct Listener(Arc<AtomicWaker>);

impl Bell {
    pub fn listen(&self) -> Listener {
        let waker = Arc::new(AtomicWaker::new());
        let mut wakers = lock(&self.0);
        // The list grows only with sessions that are there: those that have gone make room first.
        if wakers.len() == wakers.capacity() {
            wakers.retain(is_held);
        }
        wakers.push(Arc::clone(&waker));
        Listener(waker)
    }

    /// Wakes all who wait. What they are to see is to be set before.
    pub fn ring(&self) {
        lock(&self.0).retain(|waker| {
            waker.wake();
            is_held(waker)
        });
    }
}

impl Listener {
    /// Has the task woken at the next ring. What is to be waited for is to be looked at afterwards, or a ring between
    /// the two would be missed.
    pub fn wait(&self, context: &Context<'_>) {
        self.0.register(context.waker());
    }
}

fn is_held(waker: &Arc<AtomicWaker>) -> bool {
    Arc::strong_count(waker) > 1
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::task::Poll;

    use super::*;

    #[tokio::test]
    async fn a_ring_wakes_who_waits_and_forgets_who_has_gone() {
        let bell = Arc::new(Bell::default());
        let gone = bell.listen();
        let listener = bell.listen();
        let mut rung = false;
        let ringer = Arc::clone(&bell);
        poll_fn(|context| {
            listener.wait(context);
            if std::mem::replace(&mut rung, true) {
                return Poll::Ready(());
            }
            ringer.ring();
            Poll::Pending
        })
        .await;
        drop(gone);
        bell.ring();
        assert_eq!(lock(&bell.0).len(), 1);
        // Churn without a ring does not grow the list.
        (0..10_000).for_each(|_| drop(bell.listen()));
        assert!(lock(&bell.0).capacity() < 16);
    }
}
