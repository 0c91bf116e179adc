use std::sync::{Arc, Mutex};
use std::task::{Context, Waker};

use super::lock;
use super::relay::Relay;

/// Wakes the sessions of a city that wait. Who is woken is off the list, so a session that is busy costs a ring
/// nothing.
#[derive(Default)]
pub(super) struct Bell(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    /// Rings so far: a listener that was listed after as many is still on the list.
    rings: u64,
    /// Those of each thread with a relay, and of all other threads.
    lists: Vec<List>,
    /// How many of those listed have gone.
    gone: usize,
}

struct List {
    relay: Option<Arc<Relay>>,
    wakers: Vec<Waker>,
}

/// One session's ear.
pub(super) struct Listener {
    bell: Arc<Bell>,
    listed: Option<(u64, Waker)>,
}

impl Bell {
    /// More of those who have gone than this, and than of those who are there, and the list is begun anew.
    const GONE_MAX: usize = 64;

    pub fn listen(self: &Arc<Self>) -> Listener {
        Listener { bell: Arc::clone(self), listed: None }
    }

    /// Wakes all who wait. What they are to see is to be set before.
    pub fn ring(&self) {
        let lists = {
            let mut waiting = lock(&self.0);
            waiting.rings += 1;
            waiting.gone = 0;
            std::mem::take(&mut waiting.lists)
        };
        for List { relay, wakers } in lists {
            match relay {
                Some(relay) => relay.pass_on(wakers),
                None => wakers.into_iter().for_each(Waker::wake),
            }
        }
    }
}

impl Waiting {
    fn list(&mut self, waker: Waker) {
        match self.lists.iter_mut().find(|list| Relay::is_here(list.relay.as_ref())) {
            Some(list) => list.wakers.push(waker),
            None => self.lists.push(List { relay: Relay::here(), wakers: vec![waker] }),
        }
    }

    fn listed(&self) -> usize {
        self.lists.iter().map(|list| list.wakers.len()).sum()
    }
}

impl Listener {
    /// Has the task woken at the next ring. What is waited for is to be looked at afterwards, or a ring between the two
    /// would be missed.
    pub fn wait(&mut self, context: &Context<'_>) {
        let mut waiting = lock(&self.bell.0);
        match &mut self.listed {
            Some((rings, waker)) if *rings == waiting.rings && waker.will_wake(context.waker()) => return,
            Some((rings, waker)) => {
                *rings = waiting.rings;
                waker.clone_from(context.waker());
            }
            None => self.listed = Some((waiting.rings, context.waker().clone())),
        }
        waiting.list(context.waker().clone());
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let Some((rings, _)) = self.listed else { return };
        let is_crowded = {
            let mut waiting = lock(&self.bell.0);
            if waiting.rings != rings {
                return;
            }
            waiting.gone += 1;
            waiting.gone > Bell::GONE_MAX && waiting.gone > waiting.listed() / 2
        };
        if is_crowded {
            self.bell.ring();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::task::Poll;

    use super::*;

    /// Waits as a session does: listens, then looks.
    async fn rung(listener: &mut Listener, bell: &Bell) {
        let before = lock(&bell.0).rings;
        poll_fn(|context| {
            listener.wait(context);
            if lock(&bell.0).rings > before { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }

    #[tokio::test]
    async fn a_ring_wakes_all_who_wait_wherever_they_have_moved() {
        let bell = Arc::new(Bell::default());
        let mut tasks = Vec::new();
        for _ in 0..3 {
            let (bell, mut listener) = (Arc::clone(&bell), bell.listen());
            // Waits here once without success, then in a task of its own.
            let here = tokio::time::timeout(std::time::Duration::from_millis(1), rung(&mut listener, &bell));
            assert!(here.await.is_err());
            tasks.push(tokio::spawn(async move { rung(&mut listener, &bell).await }));
        }
        tokio::task::yield_now().await;
        bell.ring();
        for task in tasks {
            tokio::time::timeout(std::time::Duration::from_secs(5), task).await.unwrap().unwrap();
        }
    }

    #[tokio::test]
    async fn a_relay_wakes_those_of_its_thread_and_its_end_wakes_who_is_left() {
        let local = tokio::task::LocalSet::new();
        let bell = Arc::new(Bell::default());
        local
            .run_until(async {
                let relay = tokio::task::spawn_local(crate::live::relay());
                tokio::task::yield_now().await;
                for is_running in [true, false] {
                    let (bell, mut listener) = (Arc::clone(&bell), bell.listen());
                    let ringer = Arc::clone(&bell);
                    let waits = tokio::task::spawn_local(async move { rung(&mut listener, &bell).await });
                    tokio::task::yield_now().await;
                    assert!(lock(&ringer.0).lists.iter().any(|list| list.relay.is_some() == is_running));
                    std::thread::spawn(move || ringer.ring()).join().unwrap();
                    tokio::time::timeout(std::time::Duration::from_secs(5), waits).await.unwrap().unwrap();
                    relay.abort();
                    tokio::task::yield_now().await;
                }
                assert!(Relay::here().is_none());
            })
            .await;
    }

    #[tokio::test]
    async fn sessions_that_go_leave_no_crowd_behind() {
        let bell = Arc::new(Bell::default());
        let mut stays = bell.listen();
        poll_fn(|context| {
            stays.wait(context);
            for _ in 0..10_000 {
                bell.listen().wait(context);
            }
            Poll::Ready(())
        })
        .await;
        assert!(lock(&bell.0).listed() < 300);
    }
}
