//! What is too large, refused, or not ours to connect to.

use super::*;
use crate::ingest::websocket::TRANSPORT_LIMIT;

#[tokio::test]
async fn h2_an_oversized_frame_is_skipped_and_the_stream_goes_on() {
    let mut tasks = JoinSet::new();
    let big = Message::text(format!(r#"{{"did":"{}"}}"#, "x".repeat(2 << 20)));
    let frames = vec![at(T0), big, Message::text("no JSON"), Message::binary(vec![1, 2, 3]), at(T0 + SECOND)];
    let server = Server::start(vec![Act::Send(frames)], &mut tasks).await;
    let mut run = run(&[&server], None, QUICK, 8);
    assert_eq!(run.take(5).await, ["0", "oversized", "malformed", "malformed", "1"]);
    assert_eq!(server.asked().len(), 1);
    run.stop().await;
}

#[tokio::test]
async fn h2_a_message_beyond_the_transport_limit_is_passed_over_and_told_as_a_gap() {
    let mut tasks = JoinSet::new();
    let huge = || Message::text("x".repeat(TRANSPORT_LIMIT + 1));
    let acts =
        vec![Act::Send(vec![at(T0), huge()]), Act::Send(vec![at(T0), huge()]), Act::Send(vec![at(T0 + 3 * SECOND)])];
    let server = Server::start(acts, &mut tasks).await;
    let mut run = run(&[&server], None, QUICK, 8);
    assert_eq!(run.take(6).await, ["0", "oversized", "0", "oversized", "gap 0..3", "3"]);
    let cursors: Vec<_> = server.asked().iter().map(|asked| asked.cursor).collect();
    assert_eq!(cursors, [None, Some(T0 - 5 * SECOND), None]);
    run.stop().await;
}

#[tokio::test]
async fn a_refused_handshake_is_shown_as_refused_and_a_busy_server_as_down() {
    let mut tasks = JoinSet::new();
    for (status, after, state) in [
        (401, None, SourceState::Refused),
        (403, None, SourceState::Refused),
        (429, Some("40"), SourceState::Refused),
        (503, None, SourceState::Down),
        (400, None, SourceState::Down),
    ] {
        let server = Server::start(vec![Act::Refuse(status, after)], &mut tasks).await;
        let run = run(&[&server], None, QUICK, 8);
        run.until(state).await;
        assert_eq!(run.detail(), format!("the server answered HTTP {status}"));
        run.stop().await;
    }
}

#[tokio::test]
async fn a_stored_position_of_another_form_stops_the_source() {
    let mut tasks = JoinSet::new();
    let server = Server::start(Vec::new(), &mut tasks).await;
    let settings = BlueskySettings { endpoints: vec![server.url.clone()], ..BlueskySettings::default() };
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let source = Bluesky::new(settings, Outbound::new("", true).unwrap(), clock.clone()).unwrap();
    let (out, _seen) = observations(1);
    let supervisor = start(
        vec![Box::new(source)],
        SupervisorOptions {
            out,
            checkpoints: [(SourceId::new("bluesky"), Checkpoint::new("seq:17"))].into(),
            gaps: Vec::new(),
            clock,
            shutdown: Shutdown::new(),
            rng: fastrand::Rng::with_seed(3),
        },
    );
    let mut health = supervisor.health();
    let stopped = health.wait_for(|health| health[0].state == SourceState::Stopped);
    timeout(Duration::from_secs(5), stopped).await.unwrap().unwrap();
    assert!(server.asked().is_empty());
}

#[tokio::test]
async fn h4_endpoints_outside_public_space_are_refused_before_anything_is_connected() {
    let mut tasks = JoinSet::new();
    let server = Server::start(Vec::new(), &mut tasks).await;
    let settings = BlueskySettings { endpoints: vec![server.url.clone()], ..BlueskySettings::default() };
    let refused = Bluesky::new(settings, Outbound::new("", false).unwrap(), Arc::new(SystemClock));
    assert!(refused.is_err_and(|reason| reason.contains("public space")));
    assert!(server.asked().is_empty());
}
