use std::cell::RefCell;
use std::future::poll_fn;
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};

use futures_util::task::AtomicWaker;

use super::lock;

thread_local! {
    static HERE: RefCell<Option<Arc<Relay>>> = const { RefCell::new(None) };
}

/// Wakes the sessions of one thread, on that thread. To wake a task of another thread is a system call each, and it is
/// the store's writer who would make ten thousand of them with a commit; waking a relay is one.
pub(super) struct Relay {
    /// Who is to be woken; `None` once the relay has ended.
    due: Mutex<Option<Vec<Vec<Waker>>>>,
    waker: AtomicWaker,
}

impl Relay {
    /// That of the current thread, if it runs one.
    pub fn here() -> Option<Arc<Self>> {
        HERE.with_borrow(Clone::clone)
    }

    /// Whether it is that of the current thread; `None`: whether that has none.
    pub fn is_here(relay: Option<&Arc<Self>>) -> bool {
        HERE.with_borrow(|here| match (relay, here) {
            (Some(relay), Some(here)) => Arc::ptr_eq(relay, here),
            (None, None) => true,
            _ => false,
        })
    }

    /// Has them woken on the relay's thread.
    pub fn pass_on(&self, wakers: Vec<Waker>) {
        match lock(&self.due).as_mut() {
            Some(due) => due.push(wakers),
            None => wakers.into_iter().for_each(Waker::wake),
        }
        self.waker.wake();
    }
}

/// Ends the relay with its task: what comes later is woken directly.
struct Running(Arc<Relay>);

impl Drop for Running {
    fn drop(&mut self) {
        // A thread that ends may have put its cell away already.
        _ = HERE.try_with(|here| here.take());
        let due = lock(&self.0.due).take();
        due.into_iter().flatten().flatten().for_each(Waker::wake);
    }
}

/// Relays what wakes the sessions of the current thread. To be run as a task on each thread that serves sessions, for as
/// long as it does; without it they are woken one by one. A second one on the same thread ends at once.
pub async fn relay() {
    if Relay::here().is_some() {
        return;
    }
    let relay = Arc::new(Relay { due: Mutex::new(Some(Vec::new())), waker: AtomicWaker::new() });
    HERE.set(Some(Arc::clone(&relay)));
    let running = Running(relay);
    poll_fn(|context| {
        running.0.waker.register(context.waker());
        let due = lock(&running.0.due).as_mut().map(std::mem::take);
        due.into_iter().flatten().flatten().for_each(Waker::wake);
        Poll::<()>::Pending
    })
    .await;
}
