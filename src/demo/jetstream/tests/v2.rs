//! The second wire, and compression on both.

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use zstd::bulk::Decompressor;

use super::*;
use crate::demo::frames::wire_v2;

const PATH: &str = "/xrpc/network.bsky.jetstream.subscribeEvents";

async fn connect_v2(simulator: &JetstreamSimulator, query: &str) -> Client {
    let mut request = format!("{}{PATH}?{query}", simulator.url()).into_client_request().unwrap();
    request.headers_mut().insert("sec-websocket-protocol", "xrpc.v1.json".parse().unwrap());
    let (client, response) = connect_async(request).await.unwrap();
    assert_eq!(response.headers()["sec-websocket-protocol"], "xrpc.v1.json");
    client
}

/// Status and body of a page.
async fn get(simulator: &JetstreamSimulator, target: &str) -> (u16, Vec<u8>) {
    let mut stream = tokio::net::TcpStream::connect(simulator.address).await.unwrap();
    stream.write_all(format!("GET {target} HTTP/1.1\r\nhost: x\r\n\r\n").as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap();
    let status = std::str::from_utf8(&answer[9..12]).unwrap().parse().unwrap();
    (status, answer.split_off(end + 4))
}

/// Why a subscription is declined, with and without an upgrade.
async fn declined(simulator: &JetstreamSimulator, query: &str) -> (u16, String) {
    let (status, body) = get(simulator, &format!("{PATH}?{query}")).await;
    match connect_async(format!("{}{PATH}?{query}", simulator.url())).await {
        Err(Error::Http(response)) => assert_eq!(response.status().as_u16(), status, "{query}"),
        other => panic!("{query}: {other:?}"),
    }
    let body: Value = serde_json::from_slice(&body).unwrap();
    (status, body["error"].as_str().unwrap().to_owned())
}

fn message(number: u64, collection: &str) -> Option<String> {
    wire_v2::message(&frame(number, collection), number + 1)
}

/// Trained on the frames of these tests, under an id of our choice.
fn dictionary(id: u32) -> Vec<u8> {
    let samples: Vec<String> = (0..200).map(|number| frame(number, wire::POST)).collect();
    let mut dictionary = zstd::dict::from_samples(&samples, 4 << 10).unwrap();
    dictionary[4..8].copy_from_slice(&id.to_le_bytes());
    dictionary
}

#[tokio::test]
async fn both_wires_have_the_same_log() {
    let (simulator, _guard) = start(2).await;
    let mut first = connect(&simulator, "cursor=1").await;
    let mut second = connect_v2(&simulator, "cursor=1").await;
    simulator.push("not JSON at all");
    let sync = format!(r#"{{"did":"did:plc:demoa","time_us":{T},"kind":"sync","sync":{{"rev":"3m"}}}}"#);
    simulator.push(sync.clone());
    simulator.push(frame(4, wire::POST));
    for number in [0, 1] {
        assert_eq!(next(&mut first).await, Some(frame(number, wire::POST)));
        assert_eq!(next(&mut second).await, message(number, wire::POST));
    }
    for client in [&mut first, &mut second] {
        assert_eq!(next(client).await.as_deref(), Some("not JSON at all"));
    }
    assert_eq!(next(&mut first).await, Some(frame(4, wire::POST)), "the first wire has no sync");
    assert_eq!(next(&mut second).await, wire_v2::message(&sync, 4));
    assert_eq!(next(&mut second).await, message(4, wire::POST));
}

#[tokio::test]
async fn filters_are_the_second_wires_own() {
    let (simulator, _guard) = start(0).await;
    let mut commits = connect_v2(&simulator, "kinds=commit&collections=app.bsky.feed.*&cursor=1").await;
    let account = wire::account("did:plc:demob", i64::try_from(T).unwrap(), 1, true, None);
    simulator.push(frame(0, "app.bsky.graph.follow"));
    simulator.push(account);
    simulator.push(frame(2, wire::POST));
    assert_eq!(next(&mut commits).await, message(2, wire::POST));
    // The limit is on the whole frame, its envelope included.
    let length = message(2, wire::POST).unwrap().len();
    let mut small = connect_v2(&simulator, &format!("cursor=3&maxMessageSizeBytes={}", length - 1)).await;
    let mut fits = connect_v2(&simulator, &format!("cursor=3&maxMessageSizeBytes={length}")).await;
    assert_eq!(next(&mut fits).await, message(2, wire::POST));
    assert!(is_silent(&mut small).await);
}

#[tokio::test]
async fn an_old_number_is_declined_and_an_old_time_moved_with_a_word() {
    let (simulator, _guard) = start(5).await;
    simulator.forget_before(T + 2_000_000);
    assert_eq!(declined(&simulator, "cursor=2").await, (400, "CursorTooOld".into()));
    let mut kept = connect_v2(&simulator, "cursor=3").await;
    assert_eq!(next(&mut kept).await, message(2, wire::POST));
    let mut moved = connect_v2(&simulator, &format!("cursor={T}")).await;
    assert_eq!(next(&mut moved).await, Some(wire_v2::outdated_cursor(3)));
    assert_eq!(next(&mut moved).await, message(2, wire::POST));
    let mut exact = connect_v2(&simulator, &format!("cursor={}", T + 2_000_000)).await;
    assert_eq!(next(&mut exact).await, message(2, wire::POST), "nothing was moved");
    simulator.set_declines_old_times(true);
    assert_eq!(declined(&simulator, &format!("cursor={T}")).await, (400, "CursorTooOld".into()));
}

#[tokio::test]
async fn requests_are_declined_in_the_protocols_form() {
    let (simulator, _guard) = start(0).await;
    for query in ["wantedCollections=a.b.c", "cursor=x", "compress=true"] {
        assert_eq!(declined(&simulator, query).await, (400, "InvalidRequest".into()), "{query}");
    }
    assert_eq!(declined(&simulator, "zstdDictionary=7").await, (400, "UnknownZstdDictionary".into()));
    simulator.refuse(503);
    assert_eq!(declined(&simulator, "").await, (503, "ServiceUnavailable".into()));
    simulator.accept();
    assert_eq!(get(&simulator, PATH).await.0, 426);
}

#[tokio::test]
async fn streams_end_with_an_error_frame_and_listeners_do_not_talk() {
    let (simulator, _guard) = start(1).await;
    let mut first = connect(&simulator, "cursor=1").await;
    let mut second = connect_v2(&simulator, "cursor=1").await;
    next(&mut first).await;
    next(&mut second).await;
    simulator.fail("ConsumerTooSlow", "reconnect with cursor=1");
    assert_eq!(next(&mut second).await, Some(wire_v2::error("ConsumerTooSlow", "reconnect with cursor=1")));
    assert_eq!(next(&mut second).await, None);
    assert_eq!(next(&mut first).await, None);
    let mut talking = connect_v2(&simulator, "").await;
    talking.send(Message::text("{}")).await.unwrap();
    match timeout(Duration::from_secs(5), talking.next()).await.unwrap() {
        Some(Ok(Message::Close(Some(close)))) => assert_eq!(u16::from(close.code), 1008),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn frames_are_compressed_with_the_dictionary_that_is_given_out() {
    let (simulator, _guard) = start(1).await;
    assert_eq!(get(&simulator, "/xrpc/network.bsky.jetstream.getZstdDictionary").await.0, 400);
    simulator.set_dictionary(Wire::V1, Some(dictionary(5)));
    simulator.set_dictionary(Wire::V2, Some(dictionary(7)));
    let (status, given) = get(&simulator, "/xrpc/network.bsky.jetstream.getZstdDictionary").await;
    assert_eq!((status, &given), (200, &dictionary(7)));
    assert_eq!(get(&simulator, "/xrpc/network.bsky.jetstream.getZstdDictionary?id=8").await.0, 400);
    let first = connect(&simulator, "cursor=1&compress=true").await;
    let second = connect_v2(&simulator, "cursor=1&zstdDictionary=7").await;
    let texts = [Some(frame(0, wire::POST)), message(0, wire::POST)];
    for ((mut client, dictionary), text) in [(first, dictionary(5)), (second, given)].into_iter().zip(texts) {
        let Message::Binary(bytes) = client.next().await.unwrap().unwrap() else { panic!("not compressed") };
        let read = Decompressor::with_dictionary(&dictionary).unwrap().decompress(&bytes, 1 << 20).unwrap();
        assert_eq!(String::from_utf8(read).ok(), text);
        simulator.cut_next_frame();
        simulator.push(frame(1, wire::POST));
        assert!(!matches!(client.next().await, Some(Ok(Message::Binary(_)))), "half a frame is no message");
    }
}
