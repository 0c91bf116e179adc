use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::task::JoinSet;

use super::wire::{self, Wire};
use super::{now_us, percentile};
use crate::support::network::SimulatedNetwork;

/// Stands before the moment of writing in a post's text.
const STAMP: &str = "horloge ";

/// Well-behaved readers, who note how long each post took to reach them.
pub struct Crowd {
    delays: Arc<Mutex<Vec<Duration>>>,
    readers: JoinSet<()>,
}

impl Crowd {
    pub async fn gather(address: &str, readers: usize) -> Self {
        let mut crowd = Self { delays: Arc::default(), readers: JoinSet::new() };
        for session in sessions(address, readers).await {
            crowd.readers.spawn(read(session, crowd.delays.clone()));
        }
        crowd
    }

    /// The delays of all posts in that time, one for each reader who took one.
    pub async fn delays(&self, window: Duration) -> Vec<Duration> {
        self.delays.lock().unwrap().clear();
        tokio::time::sleep(window).await;
        std::mem::take(&mut *self.delays.lock().unwrap())
    }

    /// Their 99th percentile, and how many they are.
    pub async fn measure(&self, window: Duration) -> (Duration, usize) {
        let mut delays = self.delays(window).await;
        (percentile(&mut delays, 0.99), delays.len())
    }

    /// Panics when one was sent away.
    pub fn assert_all_are_here(&mut self, readers: usize) {
        assert!(self.readers.try_join_next().is_none(), "a good reader was sent away");
        assert_eq!(self.readers.len(), readers);
    }
}

/// Opens sessions, a few at a time.
pub async fn sessions(address: &str, count: usize) -> Vec<Wire> {
    let mut opened = Vec::with_capacity(count);
    while opened.len() < count {
        let some = (0..(count - opened.len()).min(50)).map(|_| wire::session(address, ""));
        for session in futures_util::future::join_all(some).await {
            opened.push(session.unwrap_or_else(|head| panic!("a good reader was refused: {head:?}")));
        }
    }
    opened
}

async fn read(mut session: Wire, delays: Arc<Mutex<Vec<Duration>>>) {
    while let Ok(text) = session.text().await {
        let now = now_us();
        for (at, _) in text.match_indices(STAMP) {
            let digits: String = text[at + STAMP.len()..].chars().take_while(char::is_ascii_digit).collect();
            let written: i64 = digits.parse().unwrap();
            delays.lock().unwrap().push(Duration::from_micros((now - written).max(0) as u64));
        }
    }
}

/// Writes stamped posts at a steady rate until it is dropped.
pub struct Writer(tokio::task::JoinHandle<()>);

impl Writer {
    pub fn start(network: Arc<SimulatedNetwork>, per_second: u64) -> Self {
        Self(tokio::spawn(async move {
            let mut tick = tokio::time::interval(Duration::from_micros(1_000_000 / per_second));
            for number in 0.. {
                tick.tick().await;
                let text = format!("{STAMP}{} et quelques mots de plus, comme on en écrit #ville", now_us());
                network.post("ana", &format!("h{number}"), &text);
            }
        }))
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.0.abort();
    }
}
