use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::follower::offset;
use super::wire::{Wire, session};
use super::{address, prepare, sized};
use crate::support::network::SimulatedNetwork;
use crate::support::server::Server;

/// A reader who goes on until sent away.
struct SentAway {
    cursor: String,
    /// Entries told since the beginning.
    told: u64,
    code: Option<u16>,
    at: Instant,
}

/// Reads to the end of the connection; each entry must be told once, so that the count is the way in the log.
async fn read(mut wire: Wire, began_at: u64) -> SentAway {
    let (mut cursor, mut told) = (String::new(), 0);
    loop {
        match wire.text().await {
            Ok(text) => take(&text, &mut cursor, &mut told),
            Err(code) => {
                assert_eq!(told, offset(&cursor) - began_at, "a gap, or an entry told twice");
                return SentAway { cursor, told, code, at: Instant::now() };
            }
        }
    }
}

fn take(text: &str, cursor: &mut String, told: &mut u64) {
    let message: Value = serde_json::from_str(text).unwrap();
    if let Some(at) = message["cursor"].as_str() {
        *cursor = at.to_owned();
    }
    *told += message["events"].as_array().map_or(0, |events| events.len() as u64);
    assert_ne!(message["recovered"], false);
}

/// Comes back as a browser does: when it is not let in, again a moment later.
async fn come_back(address: &str, cursor: &str) -> Wire {
    let query = format!("?cursor={cursor}");
    for _ in 0..20 {
        match session(address, &query).await {
            Ok(wire) => return wire,
            Err(_busy) => sleep(Duration::from_millis(500)).await,
        }
    }
    panic!("not let in again");
}

async fn head_offset(server: &Server) -> u64 {
    offset(server.json("/api/v1/cities/ville/posts").await["cursor"].as_str().unwrap())
}

/// SIGTERM with thousands of readers, while posts are written: readiness goes at once, each reader is sent away with
/// 4001 at its own moment, the program leaves in time, and on the next one every reader goes on where it was.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w6_thousands_of_readers_are_sent_away_spread_and_miss_nothing() {
    let readers = sized(1_000, 5_000);
    let network = Arc::new(SimulatedNetwork::start().await);
    network.join("ana", &[]);
    let mut server = prepare(&network, "max_sessions_per_address = 10000");
    server.start();
    network.is_heard().await;
    let address = address(&server);
    let mut reading = JoinSet::new();
    for session in super::crowd::sessions(&address, readers).await {
        reading.spawn(read(session, 0));
    }
    for number in 0..3 {
        network.post("ana", &format!("a{number}"), &format!("avant {number} #ville"));
    }
    while head_offset(&server).await < 3 {
        sleep(Duration::from_millis(20)).await;
    }

    let began = Instant::now();
    server.terminate();
    network.post("ana", "pendant", "pendant #ville");
    let unready = ready_ends(&address, began).await;
    let mut away: Vec<SentAway> = Vec::new();
    while let Some(reader) = reading.join_next().await {
        away.push(reader.unwrap());
    }
    let status = tokio::task::block_in_place(|| server.ended());
    let took = began.elapsed();
    let not_told: Vec<_> = away.iter().filter(|reader| reader.code != Some(4001)).map(|reader| reader.code).collect();
    let mut moments: Vec<Duration> = away.iter().map(|reader| reader.at - began).collect();
    moments.sort_unstable();
    let (first, last) = (moments[0], moments[moments.len() - 1]);
    println!(
        "{readers} sessions: unready after {unready:?}, sent away {first:.1?} to {last:.1?}, gone after {took:.1?}"
    );
    assert_eq!(status, Some(0), "{}", server.log_text());
    assert!(not_told.is_empty(), "{} were not sent away with 4001: {:?}", not_told.len(), &not_told[..1]);
    assert!(took <= Duration::from_secs(15), "{took:?}");
    // Two milliseconds for each, ten seconds at most; spread evenly, so that they don't come back at once.
    let spread = Duration::from_millis(2 * readers as u64).min(Duration::from_secs(10));
    assert!(last - first >= spread / 2, "all were sent away within {:?}", last - first);
    let quarters: Vec<usize> = (0..4)
        .map(|n| moments.iter().filter(|at| **at >= spread * n / 4 && **at < spread * (n + 1) / 4).count())
        .collect();
    assert!(quarters.iter().all(|quarter| *quarter < readers / 2), "{quarters:?} went in each quarter of the time");

    network.post("ana", "apres", "après #ville");
    server.start();
    let deadline = Instant::now() + Duration::from_secs(30);
    while head_offset(&server).await < 5 {
        assert!(Instant::now() < deadline, "{}", server.log_text());
        sleep(Duration::from_millis(20)).await;
    }
    let back = Instant::now();
    let mut returning = JoinSet::new();
    // As they were sent away.
    for (number, reader) in away.into_iter().enumerate() {
        let address = address.clone();
        returning.spawn(async move {
            sleep(Duration::from_millis(2 * number as u64)).await;
            let SentAway { mut cursor, mut told, .. } = reader;
            let mut wire = come_back(&address, &cursor).await;
            while offset(&cursor) < 5 {
                take(&wire.text().await.unwrap(), &mut cursor, &mut told);
            }
            told
        });
    }
    while let Some(told) = returning.join_next().await {
        assert_eq!(told.unwrap(), 5, "a gap, or an entry told twice");
    }
    println!("all were back and had read everything after {:.1?}", back.elapsed());
}

/// How long after the signal `/readyz` says no.
async fn ready_ends(address: &str, began: Instant) -> Duration {
    loop {
        let mut wire = Wire::open(address).await.unwrap();
        wire.send(super::wire::get("/readyz", "")).await.unwrap();
        let status = wire.head().await.unwrap().unwrap().status;
        if status == 503 {
            return began.elapsed();
        }
        assert!(began.elapsed() < Duration::from_secs(2), "still ready");
        sleep(Duration::from_millis(5)).await;
    }
}
