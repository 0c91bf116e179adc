//! The second wire: what a server says of the stream, and why it declines one.

use super::*;
use crate::demo::frames::wire_v2;
use crate::demo::jetstream::JetstreamSimulator;

const FAR: i64 = 100 * SECOND;

/// A simulator with a deletion at each of these seconds.
async fn simulator(seconds: std::ops::Range<i64>) -> (JetstreamSimulator, Shutdown) {
    let shutdown = Shutdown::new();
    let simulator = JetstreamSimulator::start(shutdown.clone()).await.unwrap();
    seconds.for_each(|second| simulator.push(deletion(T0 + second * SECOND)));
    (simulator, shutdown)
}

fn settings(endpoint: String) -> BlueskySettings {
    BlueskySettings { wire: Wire::V2, endpoints: vec![endpoint], ..BlueskySettings::default() }
}

fn run_v2(endpoint: String, stored: Option<i64>) -> Run {
    run_with(settings(endpoint), stored, QUICK, 64)
}

fn declined(error: &str, message: &str) -> Act {
    Act::Answer(400, wire_v2::declined(error, message).into_bytes())
}

#[tokio::test]
async fn l09_the_second_wire_is_asked_for_the_same_in_its_own_words() {
    let mut tasks = JoinSet::new();
    let event = wire_v2::message(&deletion(T0), 41).unwrap();
    let server = Server::start(vec![Act::Send(vec![Message::text(event)])], &mut tasks).await;
    let mut run = run_v2(server.url.clone(), Some(T0));
    assert_eq!(run.take(1).await, ["0"]);
    let asked = &server.asked()[0];
    assert_eq!(asked.path, "/xrpc/network.bsky.jetstream.subscribeEvents");
    assert_eq!(asked.query["collections"], ["app.bsky.feed.post", "app.bsky.actor.profile"]);
    assert_eq!(asked.query["maxMessageSizeBytes"], ["1048576"]);
    assert_eq!(asked.cursor, Some(T0 - ELSEWHERE));
    assert_eq!(asked.query.len(), 3, "names of the first wire are refused here: {asked:?}");
    run.stop().await;
}

#[tokio::test]
async fn d1_a_checkpoint_of_one_wire_is_good_on_the_other_and_on_another_server() {
    let (old, _old) = simulator(0..8).await;
    // The same events under other numbers.
    let (new, _new) = simulator(-30..12).await;
    let v1 = BlueskySettings { wire: Wire::V1, ..settings(old.url()) };
    let mut before = run_with(v1, Some(T0), QUICK, 64);
    assert_eq!(before.take(8).await, ["0", "1", "2", "3", "4", "5", "6", "7"]);
    before.stop().await;
    let few = |settings| BlueskySettings { rewind_elsewhere_seconds: 5, ..settings };
    let mut after = run_with(few(settings(new.url())), Some(T0 + 7 * SECOND), QUICK, 64);
    assert_eq!(after.take(10).await, ["2", "3", "4", "5", "6", "7", "8", "9", "10", "11"]);
    after.stop().await;
    // And back again.
    let v1 = BlueskySettings { wire: Wire::V1, ..few(settings(new.url())) };
    let mut back = run_with(v1, Some(T0 + 11 * SECOND), QUICK, 64);
    assert_eq!(back.take(2).await, ["6", "7"]);
    back.stop().await;
}

#[tokio::test]
async fn d1_a_cut_stream_goes_on_where_it_was() {
    let (simulator, _running) = simulator(0..3).await;
    let mut run = run_v2(simulator.url(), Some(T0));
    assert_eq!(run.take(3).await, ["0", "1", "2"]);
    simulator.cut_next_frame();
    simulator.push(deletion(T0 + 3 * SECOND));
    // The rewind of five seconds reaches behind the beginning.
    assert_eq!(run.take(4).await, ["0", "1", "2", "3"]);
    assert_eq!(simulator.accepted(), 2);
    run.stop().await;
}

#[tokio::test]
async fn d2_an_outdated_cursor_is_told_as_a_gap_however_short() {
    let (simulator, _running) = simulator(0..8).await;
    simulator.forget_before(u64::try_from(T0 + 4 * SECOND).unwrap());
    let mut run = run_v2(simulator.url(), Some(T0));
    assert_eq!(run.take(3).await, ["gap 0..4", "4", "5"]);
    run.stop().await;
    // Only what would have been read again is missing: nothing is.
    let mut run = run_v2(simulator.url(), Some(T0 + 6 * SECOND));
    assert_eq!(run.take(2).await, ["4", "5"]);
    run.stop().await;
}

#[tokio::test]
async fn d2_a_cursor_that_is_declined_becomes_the_oldest_that_the_server_has() {
    let (simulator, _running) = simulator(0..8).await;
    simulator.forget_before(u64::try_from(T0 + 6 * SECOND).unwrap());
    simulator.set_declines_old_times(true);
    let mut run = run_v2(simulator.url(), Some(T0));
    assert_eq!(run.take(3).await, ["gap 0..6", "6", "7"]);
    assert_eq!(simulator.accepted(), 1);
    run.stop().await;
}

#[tokio::test]
async fn d2_where_no_oldest_is_named_or_it_is_gone_too_the_stream_begins_now() {
    for floor in ["", "below lookback floor 17"] {
        let mut tasks = JoinSet::new();
        let mut acts: Vec<Act> = (0..2).map(|_| declined("CursorTooOld", floor)).collect();
        if !floor.is_empty() {
            acts.extend((0..2).map(|_| declined("CursorTooOld", floor)));
        }
        let event = wire_v2::message(&deletion(T0 + FAR), 20).unwrap();
        acts.push(Act::Send(vec![Message::text(event)]));
        let server = Server::start(acts, &mut tasks).await;
        let mut run = run_v2(server.url.clone(), Some(T0));
        assert_eq!(run.take(2).await, ["gap 0..100", "100"]);
        let cursors: Vec<_> = server.asked().iter().map(|asked| asked.cursor).collect();
        assert_eq!(cursors, [None]);
        run.stop().await;
    }
}

#[tokio::test]
async fn the_end_of_a_stream_is_told_in_words_and_resumed() {
    let (simulator, _running) = simulator(0..1).await;
    for (name, words) in [
        ("ConsumerTooSlow", "the server cut us off: we read too slowly"),
        ("InternalError", "the server ended the stream: it has a fault of its own"),
        ("SomethingNew", "the server ended the stream: SomethingNew"),
        ("<b>did:plc:x</b>", "the server ended the stream: unnamed"),
    ] {
        let mut run = run_v2(simulator.url(), Some(T0));
        assert_eq!(run.take(1).await, ["0"]);
        simulator.fail(name, "words of the server's own");
        run.until_detail(SourceState::Down, words).await;
        assert_eq!(run.take(1).await, ["0"], "{name}: resumed with the overlap");
        run.stop().await;
    }
}

#[tokio::test]
async fn a_sync_is_of_no_concern_and_moves_the_position() {
    let (simulator, _running) = simulator(0..1).await;
    let time_us = T0 + SECOND;
    simulator.push(format!(
        r#"{{"did":"did:plc:camille","time_us":{time_us},"kind":"sync","sync":{{"did":"did:plc:camille","rev":"3a"}}}}"#
    ));
    let mut run = run_v2(simulator.url(), Some(T0));
    assert_eq!(run.take(1).await, ["0"]);
    let seen = timeout(Duration::from_secs(5), run.seen.recv()).await.unwrap().unwrap();
    assert!(matches!(seen.event, Event::Other), "{:?}", seen.event);
    assert_eq!(seen.checkpoint.map(|checkpoint| checkpoint.as_str().to_owned()), Some(time_us.to_string()));
    run.stop().await;
}

#[tokio::test]
async fn why_a_server_declines_is_told() {
    let mut tasks = JoinSet::new();
    let refused = |status| Act::Answer(status, Vec::new());
    for (acts, words) in [
        (
            vec![declined("InvalidRequest", "x"), declined("InvalidRequest", "x")],
            "the server declines the subscription: InvalidRequest",
        ),
        (vec![declined("a b", ""), declined("a b", "")], "the server declines the subscription: unnamed"),
        // It never ends in a loop: an error about what was not asked for is one like any other.
        (
            vec![declined("CursorTooOld", "floor 3"), declined("CursorTooOld", "floor 3")],
            "the server declines the subscription: CursorTooOld",
        ),
        (
            vec![declined("UnknownZstdDictionary", ""), declined("UnknownZstdDictionary", "")],
            "the server declines the subscription: UnknownZstdDictionary",
        ),
        (vec![refused(400), refused(400)], "the server answered HTTP 400"),
        (vec![refused(404)], "the server answered HTTP 404: it does not speak the wire \"v2\""),
        (vec![declined("ServiceUnavailable", ""), refused(503)], "the server answered HTTP 400"),
        (vec![refused(503)], "the server answered HTTP 503"),
    ] {
        let server = Server::start(acts, &mut tasks).await;
        let run = run_v2(server.url.clone(), None);
        run.until_detail(SourceState::Down, words).await;
        run.stop().await;
    }
}

#[tokio::test]
async fn a_server_that_does_not_agree_to_the_protocol_is_told_so() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}", listener.local_addr().unwrap());
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let _stream = tokio_tungstenite::accept_async(socket).await;
        }
    });
    let run = run_v2(url, None);
    run.until_detail(SourceState::Down, "the server does not speak the protocol that was asked for").await;
    run.stop().await;
}
