//! The source under its supervisor, against Jetstream servers that live on the loopback for one test.

use std::collections::{HashMap, VecDeque};
use std::sync::Mutex;

use futures_util::{SinkExt, StreamExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use super::*;
use crate::clock::{ManualClock, SystemClock};
use crate::domain::SourceState;
use crate::ingest::websocket::TRANSPORT_LIMIT;
use crate::ingest::{Supervisor, SupervisorOptions, start};
use crate::shutdown::Shutdown;

const T0: i64 = 1_795_600_000_000_000;
const SECOND: i64 = 1_000_000;

/// What a server does with one connection.
enum Act {
    /// Sends these frames, then stays.
    Send(Vec<Message>),
    /// Sends these frames, then closes as a server that is shut down.
    SendAndClose(Vec<Message>),
    /// Sends these frames, then drops the connection in the middle of one more.
    SendAndCut(Vec<Message>),
    /// Refuses the handshake.
    Refuse(u16, Option<&'static str>),
}

#[derive(Clone, Debug)]
struct Asked {
    query: HashMap<String, Vec<String>>,
    path: String,
    user_agent: String,
    cursor: Option<i64>,
}

#[derive(Clone)]
struct Server {
    url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    pings: Arc<Mutex<usize>>,
}

impl Server {
    /// Answers its connections one after another with the acts given; after them it sends nothing.
    async fn start(acts: Vec<Act>, tasks: &mut JoinSet<()>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            url: format!("ws://{}", listener.local_addr().unwrap()),
            asked: Arc::default(),
            pings: Arc::default(),
        };
        let running = server.clone();
        tasks.spawn(async move {
            let mut acts = VecDeque::from(acts);
            let mut open = JoinSet::new();
            while let Ok((socket, _)) = listener.accept().await {
                let act = acts.pop_front().unwrap_or(Act::Send(Vec::new()));
                open.spawn(running.clone().serve(socket, act));
            }
        });
        server
    }

    async fn serve(self, socket: TcpStream, act: Act) {
        let refusal = match &act {
            Act::Refuse(status, after) => Some((*status, *after)),
            _ => None,
        };
        #[expect(clippy::result_large_err, reason = "the library's signature")]
        let handshake = |request: &Request, response: Response| -> Result<Response, ErrorResponse> {
            self.asked.lock().unwrap().push(Asked::read(request));
            match refusal {
                None => Ok(response),
                Some((status, after)) => {
                    let mut refused = ErrorResponse::new(None);
                    *refused.status_mut() = status.try_into().unwrap();
                    if let Some(after) = after {
                        refused.headers_mut().insert("retry-after", after.parse().unwrap());
                    }
                    Err(refused)
                }
            }
        };
        let Ok(mut stream) = tokio_tungstenite::accept_hdr_async(socket, handshake).await else { return };
        match act {
            Act::Send(frames) => {
                send(&mut stream, frames).await;
                self.listen(stream).await;
            }
            Act::SendAndClose(frames) => {
                send(&mut stream, frames).await;
                let frame = CloseFrame { code: CloseCode::Away, reason: "server shutting down".into() };
                let _gone = stream.close(Some(frame)).await;
                self.listen(stream).await;
            }
            Act::SendAndCut(frames) => {
                send(&mut stream, frames).await;
                // The head of a text frame of 100 bytes, and nothing of it.
                let mut socket = stream.into_inner();
                let _gone = tokio::io::AsyncWriteExt::write_all(&mut socket, &[0x81, 100]).await;
            }
            Act::Refuse(..) => {}
        }
    }

    async fn listen(self, mut stream: WebSocketStream<TcpStream>) {
        while let Some(Ok(message)) = stream.next().await {
            if message.is_ping() {
                *self.pings.lock().unwrap() += 1;
            }
        }
    }

    fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

async fn send(stream: &mut WebSocketStream<TcpStream>, frames: Vec<Message>) {
    for frame in frames {
        if stream.send(frame).await.is_err() {
            return;
        }
    }
}

impl Asked {
    fn read(request: &Request) -> Self {
        let url = Url::parse(&format!("ws://host{}", request.uri())).unwrap();
        let mut query: HashMap<String, Vec<String>> = HashMap::new();
        for (name, value) in url.query_pairs() {
            query.entry(name.into_owned()).or_default().push(value.into_owned());
        }
        let agent = request.headers().get("user-agent").and_then(|value| value.to_str().ok());
        Self {
            cursor: query.get("cursor").and_then(|values| values[0].parse().ok()),
            path: url.path().to_owned(),
            user_agent: agent.unwrap_or_default().to_owned(),
            query,
        }
    }
}

/// A deletion at an instant: the smallest frame that means something.
fn at(time_us: i64) -> Message {
    let key = time_us - T0;
    Message::text(format!(
        r#"{{"did":"did:plc:camille","time_us":{time_us},"kind":"commit","commit":{{"rev":"3a","operation":"delete","collection":"app.bsky.feed.post","rkey":"{key}"}}}}"#
    ))
}

struct Run {
    supervisor: Supervisor,
    seen: mpsc::Receiver<Observation>,
    shutdown: Shutdown,
}

/// Timing for tests: everything that takes seconds in life takes a tenth here.
const QUICK: Timing =
    Timing { connect: Duration::from_secs(5), ping: Duration::from_millis(300), stall: Duration::from_secs(5) };

fn run(servers: &[&Server], stored: Option<i64>, timing: Timing, capacity: usize) -> Run {
    let settings = BlueskySettings {
        endpoints: servers.iter().map(|server| server.url.clone()).collect(),
        appview: "http://127.0.0.1:9".into(),
        ..BlueskySettings::default()
    };
    let outbound = Outbound::new("https://parvis.example/contact", true).unwrap();
    // An hour after the frames, whenever the tests run: what comes is old, so the source is catching up.
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::new(Timestamp::from_micros(T0 + 3_600 * SECOND)));
    let source = Bluesky::new(settings, outbound, clock.clone()).unwrap().with_timing(timing);
    let stored = stored.map(|time| (source.id(), Checkpoint::new(time.to_string())));
    let (out, seen) = mpsc::channel(capacity);
    let shutdown = Shutdown::new();
    let supervisor = start(
        vec![Box::new(source)],
        SupervisorOptions {
            out,
            checkpoints: stored.into_iter().collect(),
            clock,
            shutdown: shutdown.clone(),
            rng: fastrand::Rng::with_seed(3),
        },
    );
    Run { supervisor, seen, shutdown }
}

impl Run {
    /// The next observation in short: its instant after [`T0`] in seconds, a gap, or why it is unreadable.
    async fn next(&mut self) -> String {
        let seen = timeout(Duration::from_secs(15), self.seen.recv()).await.expect("in time").expect("running");
        let short = |at: Timestamp| (at.as_micros() - T0) / SECOND;
        match seen.event {
            Event::Gap(gap) => format!("gap {}..{}", short(gap.from), short(gap.until)),
            Event::Unreadable(reason) => reason.as_str().to_owned(),
            _ => seen.sent_at.map(short).unwrap_or_default().to_string(),
        }
    }

    async fn take(&mut self, count: usize) -> Vec<String> {
        let mut taken = Vec::new();
        for _ in 0..count {
            taken.push(self.next().await);
        }
        taken
    }

    async fn until(&self, state: SourceState) {
        let mut health = self.supervisor.health();
        let reached = health.wait_for(|health| health[0].state == state);
        timeout(Duration::from_secs(15), reached).await.expect("in time").expect("running");
    }

    fn detail(&self) -> String {
        self.supervisor.health().borrow()[0].detail.clone()
    }

    async fn stop(self) {
        self.shutdown.trigger();
        timeout(Duration::from_secs(5), self.supervisor.stopped()).await.expect("sources stop in time");
    }
}

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
    assert_eq!(first.asked()[0].cursor, Some(T0 - 5 * SECOND), "the stored checkpoint, less the rewind");
    assert_eq!(second.asked()[0].cursor, Some(T0 + 3 * SECOND), "what was handed out, less the rewind");
    // Closed in good order, it is the first one's turn again.
    timeout(Duration::from_secs(10), async {
        while first.asked().len() < 2 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await
    .unwrap();
    assert_eq!(first.asked()[1].cursor, Some(T0 + 4 * SECOND));
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
async fn d2_a_silently_clamped_cursor_is_told_as_a_gap_before_the_first_event() {
    let mut tasks = JoinSet::new();
    let oldest = T0 + 7_200 * SECOND;
    let server = Server::start(vec![Act::Send(vec![at(oldest), at(oldest + SECOND)])], &mut tasks).await;
    let mut run = run(&[&server], Some(T0), QUICK, 8);
    assert_eq!(run.take(3).await, ["gap 0..7200", "7200", "7201"]);
    assert_eq!(run.supervisor.health().borrow()[0].gaps.len(), 1);
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

#[tokio::test]
async fn a_stored_position_of_another_form_stops_the_source() {
    let mut tasks = JoinSet::new();
    let server = Server::start(Vec::new(), &mut tasks).await;
    let settings = BlueskySettings { endpoints: vec![server.url.clone()], ..BlueskySettings::default() };
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let source = Bluesky::new(settings, Outbound::new("", true).unwrap(), clock.clone()).unwrap();
    let (out, _seen) = mpsc::channel(1);
    let supervisor = start(
        vec![Box::new(source)],
        SupervisorOptions {
            out,
            checkpoints: [(SourceId::new("bluesky"), Checkpoint::new("seq:17"))].into(),
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
