//! The source under its supervisor, against Jetstream servers that live on the loopback for one test.

mod compression;
mod limits;
mod stream;
mod v2;

use std::collections::{HashMap, VecDeque};
use std::sync::Mutex;

use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
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
use crate::ingest::{ObservationReceiver, Supervisor, SupervisorOptions, observations, start};
use crate::shutdown::Shutdown;

const T0: i64 = 1_795_600_000_000_000;
/// What is read again where nobody knows which server the position came from.
const ELSEWHERE: i64 = 120 * SECOND;
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
    /// Answers whatever is asked as an ordinary web server.
    Answer(u16, Vec<u8>),
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

    async fn serve(self, mut socket: TcpStream, act: Act) {
        if let Act::Answer(status, body) = act {
            let mut request = vec![0; 8 << 10];
            let _asked = socket.read(&mut request).await;
            let head = format!("HTTP/1.1 {status} .\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
            let _gone = socket.write_all(&[head.into_bytes(), body].concat()).await;
            let _gone = socket.shutdown().await;
            return;
        }
        let refusal = match &act {
            Act::Refuse(status, after) => Some((*status, *after)),
            _ => None,
        };
        #[expect(clippy::result_large_err, reason = "the library's signature")]
        let handshake = |request: &Request, mut response: Response| -> Result<Response, ErrorResponse> {
            self.asked.lock().unwrap().push(Asked::read(request));
            if let Some(spoken) = request.headers().get("sec-websocket-protocol") {
                response.headers_mut().insert("sec-websocket-protocol", spoken.clone());
            }
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
                let _gone = socket.write_all(&[0x81, 100]).await;
            }
            Act::Refuse(..) | Act::Answer(..) => {}
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
fn deletion(time_us: i64) -> String {
    let key = time_us - T0;
    format!(
        r#"{{"did":"did:plc:camille","time_us":{time_us},"kind":"commit","commit":{{"rev":"3a","operation":"delete","collection":"app.bsky.feed.post","rkey":"{key}"}}}}"#
    )
}

fn at(time_us: i64) -> Message {
    Message::text(deletion(time_us))
}

struct Run {
    supervisor: Supervisor,
    seen: ObservationReceiver,
    shutdown: Shutdown,
}

/// Timing for tests: everything that takes seconds in life takes a tenth here.
const QUICK: Timing =
    Timing { connect: Duration::from_secs(5), ping: Duration::from_millis(300), stall: Duration::from_secs(5) };

fn run(servers: &[&Server], stored: Option<i64>, timing: Timing, capacity: usize) -> Run {
    let endpoints = servers.iter().map(|server| server.url.clone()).collect();
    run_with(BlueskySettings { endpoints, ..BlueskySettings::default() }, stored, timing, capacity)
}

fn run_with(settings: BlueskySettings, stored: Option<i64>, timing: Timing, capacity: usize) -> Run {
    let settings = BlueskySettings { appview: "http://127.0.0.1:9".into(), ..settings };
    let outbound = Outbound::new("https://parvis.example/contact", true).unwrap();
    // An hour after the frames, whenever the tests run: what comes is old, so the source is catching up.
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::new(Timestamp::from_micros(T0 + 3_600 * SECOND)));
    let source = Bluesky::new(settings, outbound, clock.clone()).unwrap().with_timing(timing);
    let stored = stored.map(|time| (source.id(), Checkpoint::new(time.to_string())));
    let (out, seen) = observations(capacity);
    let shutdown = Shutdown::new();
    let supervisor = start(
        vec![Box::new(source)],
        SupervisorOptions {
            out,
            checkpoints: stored.into_iter().collect(),
            gaps: Vec::new(),
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

    /// Waits until the state is told with this detail.
    async fn until_detail(&self, state: SourceState, detail: &str) {
        let mut health = self.supervisor.health();
        let reached = health.wait_for(|health| health[0].state == state && health[0].detail == detail);
        if timeout(Duration::from_secs(15), reached).await.is_err() {
            panic!("{:?} {:?}, not {detail:?}", self.supervisor.health().borrow()[0].state, self.detail());
        }
    }

    fn detail(&self) -> String {
        self.supervisor.health().borrow()[0].detail.clone()
    }

    async fn stop(self) {
        self.shutdown.trigger();
        timeout(Duration::from_secs(5), self.supervisor.stopped()).await.expect("sources stop in time");
    }
}
