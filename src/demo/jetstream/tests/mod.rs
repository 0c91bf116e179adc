mod v2;

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::*;
use crate::demo::frames::wire;

type Client = WebSocketStream<MaybeTlsStream<tokio::net::TcpStream>>;

/// Some time in 2026.
const T: u64 = 1_783_175_882_000_000;

fn frame(number: u64, collection: &str) -> String {
    let time_us = i64::try_from(T + number * 1_000_000).unwrap();
    let commit = wire::Commit {
        did: "did:plc:demoa",
        time_us,
        rev: format!("rev{number}"),
        collection,
        rkey: &format!("{number}"),
    };
    commit.create(&serde_json::json!({ "text": number }), "bafy")
}

async fn start(frames: u64) -> (JetstreamSimulator, Shutdown) {
    let shutdown = Shutdown::new();
    let simulator = JetstreamSimulator::start(shutdown.clone()).await.unwrap();
    for number in 0..frames {
        simulator.push(frame(number, wire::POST));
    }
    (simulator, shutdown)
}

async fn connect(simulator: &JetstreamSimulator, query: &str) -> Client {
    connect_async(format!("{}/subscribe?{query}", simulator.url())).await.unwrap().0
}

async fn next(client: &mut Client) -> Option<String> {
    loop {
        match timeout(Duration::from_secs(5), client.next()).await.expect("nothing came") {
            Some(Ok(Message::Text(text))) => return Some(text.to_string()),
            Some(Ok(Message::Ping(_))) => {}
            _ => return None,
        }
    }
}

async fn is_silent(client: &mut Client) -> bool {
    timeout(Duration::from_millis(150), client.next()).await.is_err()
}

async fn clients_are(simulator: &JetstreamSimulator, count: usize) {
    timeout(Duration::from_secs(5), async {
        while simulator.clients() != count {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn without_a_cursor_a_client_gets_what_comes_next() {
    let (simulator, _guard) = start(3).await;
    let mut client = connect(&simulator, "").await;
    clients_are(&simulator, 1).await;
    simulator.push(frame(3, wire::POST));
    assert_eq!(next(&mut client).await, Some(frame(3, wire::POST)));
}

#[tokio::test]
async fn a_cursor_is_inclusive_and_followed_by_live_frames() {
    let (simulator, _guard) = start(5).await;
    let mut client = connect(&simulator, &format!("cursor={}", T + 3_000_000)).await;
    assert_eq!(next(&mut client).await, Some(frame(3, wire::POST)));
    assert_eq!(next(&mut client).await, Some(frame(4, wire::POST)));
    simulator.push(frame(5, wire::POST));
    assert_eq!(next(&mut client).await, Some(frame(5, wire::POST)));
}

#[tokio::test]
async fn an_old_cursor_is_moved_and_a_future_one_is_live() {
    let (simulator, _guard) = start(5).await;
    simulator.forget_before(T + 2_000_000);
    for cursor in [1_000_000_000_000_000, T - 1, T + 1_000_000] {
        let mut client = connect(&simulator, &format!("cursor={cursor}")).await;
        assert_eq!(next(&mut client).await, Some(frame(2, wire::POST)), "{cursor}");
    }
    let mut sequence = connect(&simulator, "cursor=4").await;
    assert_eq!(next(&mut sequence).await, Some(frame(3, wire::POST)));
    clients_are(&simulator, 1).await;
    let mut future = connect(&simulator, &format!("cursor={}", T * 2)).await;
    clients_are(&simulator, 2).await;
    simulator.push(frame(5, wire::POST));
    assert_eq!(next(&mut future).await, Some(frame(5, wire::POST)));
    // The window of 36 hours moves with the newest frame.
    simulator.push(frame(40 * 3600, wire::POST));
    let mut late = connect(&simulator, &format!("cursor={T}")).await;
    assert_eq!(next(&mut late).await, Some(frame(40 * 3600, wire::POST)));
}

#[tokio::test]
async fn filters_keep_commits_away_but_no_account() {
    let (simulator, _guard) = start(0).await;
    let mut client = connect(&simulator, "wantedCollections=app.bsky.feed.post&cursor=1").await;
    let account = wire::account("did:plc:demob", i64::try_from(T + 9_000_000).unwrap(), 1, false, Some("deleted"));
    simulator.push(frame(1, "app.bsky.feed.like"));
    simulator.push(frame(2, wire::POST));
    simulator.push(account.clone());
    simulator.push("not JSON at all");
    assert_eq!(next(&mut client).await, Some(frame(2, wire::POST)));
    assert_eq!(next(&mut client).await, Some(account));
    assert_eq!(next(&mut client).await.as_deref(), Some("not JSON at all"));
    let update = r#"{"type":"options_update","payload":{"wantedCollections":["app.bsky.feed.like"]}}"#;
    client.send(Message::text(update)).await.unwrap();
    // The update must have been read before what it lets through comes.
    tokio::time::sleep(Duration::from_millis(100)).await;
    simulator.push(frame(3, wire::POST));
    simulator.push(frame(4, "app.bsky.feed.like"));
    assert_eq!(next(&mut client).await, Some(frame(4, "app.bsky.feed.like")));
    assert_eq!(simulator.log().len(), 6);
}

#[tokio::test]
async fn bad_requests_are_refused_before_the_upgrade() {
    let (simulator, _guard) = start(0).await;
    let status = async |path: &str| match connect_async(format!("{}{path}", simulator.url())).await {
        Err(Error::Http(response)) => response.status().as_u16(),
        other => panic!("{path}: {other:?}"),
    };
    for query in ["compress=true", "cursor=-1", "cursor=x", "wantedCollections=a*", "wantedDids=x"] {
        assert_eq!(status(&format!("/subscribe?{query}")).await, 400, "{query}");
    }
    assert_eq!(status("/other").await, 404);
    simulator.refuse(503);
    assert_eq!(status("/subscribe").await, 503);
    simulator.accept();
    connect(&simulator, "").await;
    assert_eq!(simulator.accepted(), 1);
}

#[tokio::test]
async fn bad_updates_close_with_the_real_codes() {
    let (simulator, _guard) = start(0).await;
    for (update, code) in [("{", 1007), (r#"{"type":"options_update","payload":{"wantedDids":["x"]}}"#, 1008)] {
        let mut client = connect(&simulator, "").await;
        client.send(Message::text(update)).await.unwrap();
        match timeout(Duration::from_secs(5), client.next()).await.unwrap() {
            Some(Ok(Message::Close(Some(close)))) => assert_eq!(u16::from(close.code), code),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_client_that_says_hello_later_gets_nothing_before() {
    let (simulator, _guard) = start(2).await;
    let mut client = connect(&simulator, "requireHello=true&cursor=1").await;
    assert!(is_silent(&mut client).await);
    client.send(Message::text(r#"{"type":"options_update","payload":{}}"#)).await.unwrap();
    assert_eq!(next(&mut client).await, Some(frame(0, wire::POST)));
}

#[tokio::test]
async fn faults_happen_when_ordered() {
    let (simulator, _guard) = start(2).await;
    let mut client = connect(&simulator, "cursor=1").await;
    assert_eq!(next(&mut client).await, Some(frame(0, wire::POST)));
    assert_eq!(next(&mut client).await, Some(frame(1, wire::POST)));

    simulator.stall();
    simulator.push(frame(2, wire::POST));
    assert!(is_silent(&mut client).await);
    simulator.resume();
    assert_eq!(next(&mut client).await, Some(frame(2, wire::POST)));

    simulator.drop_clients();
    assert_eq!(next(&mut client).await, None);
    clients_are(&simulator, 0).await;

    let mut client = connect(&simulator, "").await;
    clients_are(&simulator, 1).await;
    simulator.cut_next_frame();
    simulator.push(frame(3, wire::POST));
    assert_eq!(next(&mut client).await, None, "half a frame is no message");
    let mut again = connect(&simulator, &format!("cursor={}", T + 3_000_000)).await;
    assert_eq!(next(&mut again).await, Some(frame(3, wire::POST)));
}

#[tokio::test]
async fn every_client_gets_every_frame_once_and_in_order() {
    let (simulator, shutdown) = start(500).await;
    let mut clients = Vec::new();
    for _ in 0..4 {
        clients.push(connect(&simulator, "cursor=1").await);
    }
    for number in 500..600 {
        simulator.push(frame(number, wire::POST));
    }
    for client in &mut clients {
        for number in 0..600 {
            assert_eq!(next(client).await, Some(frame(number, wire::POST)));
        }
    }
    shutdown.trigger();
    match timeout(Duration::from_secs(5), clients[0].next()).await.unwrap() {
        Some(Ok(Message::Close(Some(close)))) => assert_eq!(u16::from(close.code), 1001),
        other => panic!("{other:?}"),
    }
}
