//! Where the stream begins, goes on, and is taken for cut.

use super::*;

#[tokio::test]
async fn l09_the_subscription_asks_for_posts_and_profiles_and_says_who_we_are() {
    let mut tasks = JoinSet::new();
    let server = Server::start(vec![Act::Send(vec![at(T0)])], &mut tasks).await;
    let mut run = run(&[&server], None, QUICK, 8);
    assert_eq!(run.take(1).await, ["0"]);
    let asked = &server.asked()[0];
    assert_eq!(asked.path, "/subscribe");
    assert_eq!(asked.query["wantedCollections"], ["app.bsky.feed.post", "app.bsky.actor.profile"]);
    assert_eq!(asked.query["maxMessageSizeBytes"], ["1048576"]);
    assert_eq!(asked.cursor, None);
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(asked.user_agent, format!("Parvis/{version} (+https://parvis.example/contact)"));
    run.stop().await;
}

#[tokio::test]
async fn d1_a_cut_stream_is_resumed_from_the_next_endpoint_at_the_last_position_less_the_rewind() {
    let mut tasks = JoinSet::new();
    let first = Server::start(vec![Act::SendAndCut(vec![at(T0), at(T0 + 8 * SECOND)])], &mut tasks).await;
    let again = vec![at(T0 + 8 * SECOND), at(T0 + 9 * SECOND)];
    let second = Server::start(vec![Act::SendAndClose(again)], &mut tasks).await;
    let mut run = run(&[&first, &second], Some(T0), QUICK, 8);
    assert_eq!(run.take(4).await, ["0", "8", "8", "9"]);
    // Nobody knows which server the stored checkpoint came from, and another one may lag behind.
    assert_eq!(first.asked()[0].cursor, Some(T0 - ELSEWHERE), "the stored checkpoint, less the rewind");
    assert_eq!(second.asked()[0].cursor, Some(T0 + 8 * SECOND - ELSEWHERE), "what was handed out, less the rewind");
    // Closed in good order, it is the first one's turn again.
    timeout(Duration::from_secs(10), async {
        while first.asked().len() < 2 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await
    .unwrap();
    assert_eq!(first.asked()[1].cursor, Some(T0 + 9 * SECOND - ELSEWHERE));
    run.stop().await;
}

#[tokio::test]
async fn d1_the_same_server_is_asked_for_a_few_seconds_again() {
    let mut tasks = JoinSet::new();
    let acts = vec![Act::SendAndClose(vec![at(T0 + 8 * SECOND)]), Act::Send(vec![at(T0 + 9 * SECOND)])];
    let only = Server::start(acts, &mut tasks).await;
    let mut run = run(&[&only], None, QUICK, 8);
    assert_eq!(run.take(2).await, ["8", "9"]);
    assert_eq!(only.asked()[1].cursor, Some(T0 + 3 * SECOND));
    run.stop().await;
}

#[tokio::test]
async fn an_endpoint_that_does_not_answer_costs_a_turn() {
    let mut tasks = JoinSet::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let gone = Server {
        url: format!("ws://{}", listener.local_addr().unwrap()),
        asked: Arc::default(),
        pings: Arc::default(),
    };
    drop(listener);
    let there = Server::start(vec![Act::Send(vec![at(T0)])], &mut tasks).await;
    let mut run = run(&[&gone, &there], None, QUICK, 8);
    run.until(SourceState::Down).await;
    assert_eq!(run.take(1).await, ["0"]);
    run.until(SourceState::CatchingUp).await;
    assert_eq!(run.detail(), "");
    run.stop().await;
}

#[tokio::test]
async fn a_silent_stream_is_shown_and_connected_anew() {
    let mut tasks = JoinSet::new();
    let acts = vec![Act::Send(vec![at(T0)]), Act::Send(vec![at(T0), at(T0 + SECOND)])];
    let server = Server::start(acts, &mut tasks).await;
    let timing = Timing { stall: Duration::from_millis(900), ..QUICK };
    let mut run = run(&[&server], None, timing, 8);
    assert_eq!(run.take(1).await, ["0"]);
    run.until(SourceState::Silent).await;
    assert!(*server.pings.lock().unwrap() >= 2, "it was alive all along: pings were answered");
    assert_eq!(run.take(2).await, ["0", "1"]);
    assert_eq!(server.asked()[1].cursor, Some(T0 - 5 * SECOND));
    run.stop().await;
}

#[tokio::test]
async fn a_peer_that_does_not_answer_pings_is_given_up() {
    // Takes the handshake, then neither reads nor writes.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}", listener.local_addr().unwrap());
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let (socket, _) = listener.accept().await.unwrap();
        let _stream = tokio_tungstenite::accept_async(socket).await.unwrap();
        std::future::pending::<()>().await;
    });
    let server = Server { url, asked: Arc::default(), pings: Arc::default() };
    let run = run(&[&server], None, QUICK, 8);
    run.until(SourceState::Down).await;
    assert_eq!(run.detail(), "the server no longer answers");
    run.stop().await;
}

#[tokio::test]
async fn d2_a_silently_clamped_cursor_is_told_as_a_gap_before_the_first_event() {
    let mut tasks = JoinSet::new();
    let oldest = T0 + 7_200 * SECOND;
    let server = Server::start(vec![Act::Send(vec![at(oldest), at(oldest + SECOND)])], &mut tasks).await;
    let mut run = run(&[&server], Some(T0), QUICK, 8);
    assert_eq!(run.take(3).await, ["gap 0..7200", "7200", "7201"]);
    assert_eq!(run.supervisor.health().borrow()[0].gaps.len(), 1);
    run.stop().await;
}

/// A clock an hour behind: our cursor is that server's future, and it goes on live without a word.
#[tokio::test]
async fn d2_a_server_whose_clock_is_behind_is_a_gap_up_to_now_and_what_it_left_out_is_asked_for_again() {
    let mut tasks = JoinSet::new();
    let right = Server::start(vec![Act::SendAndClose(vec![at(T0)])], &mut tasks).await;
    let behind = T0 - 3_600 * SECOND;
    let late = Server::start(vec![Act::SendAndClose(vec![at(behind), at(behind + SECOND)])], &mut tasks).await;
    let mut run = run(&[&right, &late], Some(T0), QUICK, 8);
    // The test's clock says an hour after the frames.
    assert_eq!(run.take(4).await, ["0", "gap 0..3600", "-3600", "-3599"]);
    timeout(Duration::from_secs(10), async {
        while right.asked().len() < 2 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await
    .unwrap();
    assert_eq!(right.asked()[1].cursor, Some(behind + SECOND - ELSEWHERE), "the hour is read again where it is kept");
    run.stop().await;
}

#[tokio::test]
async fn d2_a_time_from_before_anything_kept_moves_no_position() {
    let mut tasks = JoinSet::new();
    let frames = vec![at(T0 - 90 * 86_400 * SECOND)];
    let server = Server::start(vec![Act::SendAndClose(frames)], &mut tasks).await;
    let mut run = run(&[&server], Some(T0), QUICK, 8);
    assert_eq!(run.take(2).await, ["gap 0..3600", "-7776000"]);
    timeout(Duration::from_secs(10), async {
        while server.asked().len() < 2 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await
    .unwrap();
    assert_eq!(server.asked()[1].cursor, Some(T0 - 5 * SECOND), "where it was");
    run.stop().await;
}

#[tokio::test]
async fn d2_a_quiet_stream_has_no_false_gap() {
    let mut tasks = JoinSet::new();
    let server = Server::start(vec![Act::Send(vec![at(T0), at(T0 + 7_200 * SECOND)])], &mut tasks).await;
    let mut run = run(&[&server], Some(T0), QUICK, 8);
    assert_eq!(run.take(2).await, ["0", "7200"]);
    run.stop().await;
}

#[tokio::test]
async fn a_full_channel_stops_the_reading_and_is_not_silence() {
    let mut tasks = JoinSet::new();
    let frames = (0..3).map(|second| at(T0 + second * SECOND)).collect();
    let server = Server::start(vec![Act::Send(frames)], &mut tasks).await;
    let timing = Timing { stall: Duration::from_millis(1_500), ..QUICK };
    // Two fit in, the third waits for longer than the stall limit.
    let mut run = run(&[&server], None, timing, 2);
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    assert_eq!(run.take(3).await, ["0", "1", "2"]);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(run.supervisor.health().borrow()[0].state, SourceState::CatchingUp, "the wait was ours");
    assert_eq!(server.asked().len(), 1);
    run.stop().await;
}
