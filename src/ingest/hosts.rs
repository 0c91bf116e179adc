//! The turns in which the hosts are asked that lists are read from.
//!
//! Owns the pauses between two requests and the number of those under way. Does not own the asking (`visit`). Invariant: what
//! is of one host is asked for one after another, whatever network and city it is for.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedMutexGuard, OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// Between the end of one request and the beginning of the next to the same host.
const PAUSE: Duration = Duration::from_secs(2);
/// Requests under way at once, to all hosts; further ones wait. Each holds a document of 5 MiB at most, some three times
/// over while it is read.
const AT_ONCE: usize = 8;
/// Hosts remembered; when there are more, those that nobody waits for and that are free are forgotten.
const HOSTS_MAX: usize = 1_000;

/// What the lists of one host share: they are asked for one after another, with a pause, and a host that asks to be left
/// alone is left alone by all of them. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Hosts(Arc<Shared>);

struct Shared {
    /// When each host may be asked next.
    free_at: Mutex<HashMap<String, Arc<tokio::sync::Mutex<Instant>>>>,
    at_once: Arc<Semaphore>,
    pause: Duration,
}

/// The right to ask a host once. Dropping it begins the pause.
pub struct Turn {
    free_at: OwnedMutexGuard<Instant>,
    pause: Duration,
    _permit: Option<OwnedSemaphorePermit>,
}

impl Default for Hosts {
    fn default() -> Self {
        Self::with_pause(PAUSE)
    }
}

impl Hosts {
    pub fn with_pause(pause: Duration) -> Self {
        Self(Arc::new(Shared { free_at: Mutex::default(), at_once: Arc::new(Semaphore::new(AT_ONCE)), pause }))
    }

    /// Waits until `host` may be asked.
    pub async fn turn(&self, host: &str) -> Turn {
        let free_at = self.host(host).lock_owned().await;
        tokio::time::sleep_until(*free_at).await;
        // Taken last: who waits for a slow host keeps nobody from another.
        let permit = self.0.at_once.clone().acquire_owned().await.ok();
        Turn { free_at, pause: self.0.pause, _permit: permit }
    }

    fn host(&self, host: &str) -> Arc<tokio::sync::Mutex<Instant>> {
        let mut hosts = self.0.free_at.lock().unwrap_or_else(PoisonError::into_inner);
        if hosts.len() >= HOSTS_MAX && !hosts.contains_key(host) {
            let now = Instant::now();
            hosts.retain(|_, free_at| free_at.try_lock().map_or(true, |free_at| *free_at > now));
        }
        hosts.entry(host.to_owned()).or_insert_with(|| Arc::new(tokio::sync::Mutex::new(Instant::now()))).clone()
    }
}

impl Turn {
    /// The host asks to be left alone for so long.
    pub fn rest(&mut self, pause: Duration) {
        *self.free_at = (Instant::now() + pause).max(*self.free_at);
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.rest(self.pause);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn feeds_of_one_host_take_turns_and_rest_together() {
        let (hosts, began) = (Hosts::default(), Instant::now());
        let ask = |host: &'static str, lasts: u64| {
            let hosts = hosts.clone();
            async move {
                let _turn = hosts.turn(host).await;
                let at = began.elapsed().as_secs();
                tokio::time::sleep(Duration::from_secs(lasts)).await;
                at
            }
        };
        let (one, two, other) = tokio::join!(ask("ville.example", 5), ask("ville.example", 1), ask("asso.example", 1));
        assert_eq!((one, two, other), (0, 7, 0));
        hosts.turn("ville.example").await.rest(Duration::from_secs(100));
        let rested = began.elapsed().as_secs();
        assert_eq!(ask("ville.example", 0).await, rested + 100);
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_than_some_are_asked_at_once_and_a_slow_host_holds_up_none_other() {
        let (hosts, began) = (Hosts::default(), Instant::now());
        let mut turns = Vec::new();
        for number in 0..AT_ONCE {
            turns.push(hosts.turn(&format!("{number}.example")).await);
        }
        assert!(tokio::time::timeout(Duration::from_secs(60), hosts.turn("late.example")).await.is_err());
        turns.pop();
        hosts.turn("late.example").await;
        assert_eq!(began.elapsed().as_secs(), 60);
        // Whoever waits for a host's pause holds no permit.
        let waiting = tokio::spawn({
            let hosts = hosts.clone();
            async move { hosts.turn("late.example").await }
        });
        tokio::task::yield_now().await;
        hosts.turn("other.example").await;
        assert_eq!(began.elapsed().as_secs(), 60);
        drop(waiting.await);
    }

    #[tokio::test(start_paused = true)]
    async fn h2_hosts_that_are_free_are_forgotten_at_the_bound() {
        let hosts = Hosts::default();
        let known = |hosts: &Hosts| hosts.0.free_at.lock().unwrap().len();
        for number in 0..HOSTS_MAX {
            hosts.turn(&format!("{number}.example")).await.rest(Duration::from_secs(u64::from(number == 7) * 3_600));
        }
        assert_eq!(known(&hosts), HOSTS_MAX);
        tokio::time::sleep(PAUSE).await;
        drop(hosts.turn("one.example").await);
        assert_eq!(known(&hosts), 2, "the one that rests, and the new one");
    }
}
