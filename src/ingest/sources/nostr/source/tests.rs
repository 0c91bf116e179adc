//! A relay's source against relays on the loopback: one that others wrote, and one that says what a test wants.

use std::sync::Mutex;

use futures_util::{SinkExt, StreamExt};
use nostr_relay_builder::builder::RelayBuilder;
use nostr_relay_builder::local::LocalRelay;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::Message as Frame;

use super::*;
use crate::clock::{Clock, ManualClock, SystemClock};
use crate::demo::nostr::{Draft, SignedEvent};
use crate::domain::{Checkpoint, City, SourceState};
use crate::ingest::sources::nostr::{NostrSettings, Relays};
use crate::ingest::{ObservationReceiver, Supervisor, SupervisorOptions, observations, start};
use crate::shutdown::Shutdown;

const SOON: Duration = Duration::from_secs(20);

fn city() -> Arc<City> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ville.toml");
    std::fs::write(&path, "name = \"V\"\n[recipe]\nhashtags = [\"ville\", \"Été\"]\n").unwrap();
    Arc::new(crate::config::read_city(&path).unwrap().0)
}

fn seconds_now() -> u64 {
    seconds(SystemClock.now())
}

fn note(by: &str, ago: u64, tag: &str, text: &str) -> SignedEvent {
    Draft::new(by, seconds_now() - ago, 1, &[&["t", tag]], text).sign()
}

/// A source of one relay, run as the application runs it.
struct Run {
    seen: ObservationReceiver,
    shutdown: Shutdown,
    supervisor: Supervisor,
}

impl Run {
    fn start(relay: &str, stored: Option<Checkpoint>) -> Self {
        let settings =
            NostrSettings { relay: relay.into(), page: "https://page.example/".into(), overlap_seconds: 3_600 };
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let relays = Relays::new(&[settings], &Outbound::new("", true).unwrap(), &clock).unwrap();
        let sources: Vec<Box<dyn Source>> = relays.of(&[city()]).into_iter().map(|(source, _)| source).collect();
        let (out, seen) = observations(64);
        let shutdown = Shutdown::new();
        let options = SupervisorOptions {
            out,
            checkpoints: stored.into_iter().map(|stored| (sources[0].id(), stored)).collect(),
            gaps: Vec::new(),
            clock,
            shutdown: shutdown.clone(),
            rng: fastrand::Rng::with_seed(1),
        };
        Self { seen, shutdown, supervisor: start(sources, options) }
    }

    async fn next(&mut self) -> Observation {
        tokio::time::timeout(SOON, self.seen.recv()).await.expect("in time").unwrap()
    }

    /// What is told up to the next position, and the position.
    async fn reached(&mut self) -> (Vec<String>, Checkpoint) {
        let mut told = Vec::new();
        loop {
            let Observation { event, checkpoint, .. } = self.next().await;
            match event {
                Event::Post(post) => told.push(post.text),
                Event::Other => {}
                Event::Unreadable(reason) => told.push(reason.as_str().to_owned()),
                other => told.push(other.kind().to_owned()),
            }
            if let Some(checkpoint) = checkpoint {
                return (told, checkpoint);
            }
        }
    }

    /// The same, passing over answers that bring nothing.
    async fn told(&mut self) -> (Vec<String>, Checkpoint) {
        loop {
            let (told, checkpoint) = self.reached().await;
            if !told.is_empty() {
                return (told, checkpoint);
            }
        }
    }

    async fn becomes(&self, state: SourceState) -> String {
        let mut health = self.supervisor.health();
        let is = tokio::time::timeout(SOON, health.wait_for(|all| all[0].state == state)).await;
        is.expect("in time").unwrap()[0].detail.clone()
    }

    async fn stop(self) {
        self.shutdown.trigger();
        tokio::time::timeout(SOON, self.supervisor.stopped()).await.expect("in time");
    }
}

/// Hands events to a relay and waits until it has taken them.
async fn publish(relay: &str, events: &[&SignedEvent]) {
    let (mut socket, _) = tokio_tungstenite::connect_async(relay).await.unwrap();
    for event in events {
        socket.send(Frame::text(format!("[\"EVENT\",{}]", event.json()))).await.unwrap();
        let answer = socket.next().await.unwrap().unwrap().into_text().unwrap();
        assert!(answer.contains("\"OK\"") && answer.contains("true"), "{answer}");
    }
}

async fn local(builder: RelayBuilder) -> (LocalRelay, String) {
    let relay = LocalRelay::new(builder);
    relay.run().await.unwrap();
    let url = relay.url().await.to_string();
    (relay, url)
}

#[tokio::test]
async fn d1_a_real_relay_is_read_from_its_store_then_live_and_on_from_there() {
    let (_relay, url) = local(RelayBuilder::default()).await;
    let stored = [note("ana", 600, "ville", "un"), note("bob", 500, "Ville", "deux"), note("bob", 400, "ete", "trois")];
    let elsewhere = note("bob", 300, "bourg", "ailleurs");
    let old = note("ana", 3 * 86_400, "ville", "trop vieux");
    publish(&url, &[&stored[0], &stored[1], &stored[2], &elsewhere, &old]).await;

    let mut run = Run::start(&url, None);
    let (mut told, _) = run.reached().await;
    told.sort();
    assert_eq!(told, ["deux", "trois", "un"]);
    run.becomes(SourceState::Live).await;

    let live = note("eva", 0, "ville", "en direct");
    publish(&url, &[&live]).await;
    assert_eq!(run.told().await.0, ["en direct"]);
    let deletion = Draft::new("eva", seconds_now(), 5, &[&["e", &live.id]], "").sign();
    publish(&url, &[&deletion]).await;
    let (told, checkpoint) = run.told().await;
    assert_eq!(told, ["delete"]);
    run.stop().await;

    let missed = note("ana", 0, "ville", "manqué");
    publish(&url, &[&missed]).await;
    let mut run = Run::start(&url, Some(checkpoint));
    let (told, _) = run.reached().await;
    assert!(told.contains(&"manqué".to_owned()) && !told.contains(&"en direct".to_owned()), "{told:?}");
    run.stop().await;
}

#[tokio::test]
async fn d1_a_real_relay_that_gives_little_at_once_is_read_page_by_page() {
    let (_relay, url) = local(RelayBuilder::default().max_filter_limit(5).default_filter_limit(5)).await;
    let notes: Vec<SignedEvent> =
        (0..23).map(|number| note("ana", 60 + number * 7, "ville", &format!("{number:02}"))).collect();
    publish(&url, &notes.iter().collect::<Vec<_>>()).await;
    let mut run = Run::start(&url, None);
    let (mut told, _) = run.reached().await;
    told.sort();
    assert_eq!(told, (0..23).map(|number| format!("{number:02}")).collect::<Vec<_>>());
    run.stop().await;
}

#[tokio::test]
async fn l06_a_real_relay_that_wants_a_signature_is_refused_in_plain_words() {
    use nostr_relay_builder::builder::{RelayBuilderNip42, RelayBuilderNip42Mode};
    let nip42 = RelayBuilderNip42 { mode: RelayBuilderNip42Mode::Both };
    let (_relay, url) = local(RelayBuilder::default().nip42(nip42)).await;
    let run = Run::start(&url, None);
    let detail = run.becomes(SourceState::Refused).await;
    assert!(detail.contains("sign in"), "{detail}");
    run.stop().await;
}

/// A relay that answers each message as a test wants; `document` is what it says of itself.
struct Scripted {
    url: String,
    asked: Arc<Mutex<Vec<Value>>>,
    _tasks: JoinSet<()>,
}

type Script = Arc<dyn Fn(&Value) -> Vec<String> + Send + Sync>;

impl Scripted {
    /// In place of an answer: from then on the relay reads nothing, and keeps the connection.
    const HANGS: &str = "hangs";

    async fn new(script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}", listener.local_addr().unwrap());
        let asked: Arc<Mutex<Vec<Value>>> = Arc::default();
        let (mut tasks, noted) = (JoinSet::new(), asked.clone());
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((socket, _)) = listener.accept().await {
                let (script, noted) = (script.clone(), noted.clone());
                connections.spawn(async move {
                    // The question for the document is no handshake, and ends here.
                    let Ok(mut socket) = tokio_tungstenite::accept_async(socket).await else { return };
                    while let Some(Ok(frame)) = socket.next().await {
                        let Ok(message) = serde_json::from_str::<Value>(frame.to_text().unwrap_or_default()) else {
                            continue;
                        };
                        noted.lock().unwrap().push(message.clone());
                        for answer in script(&message) {
                            if answer == Self::HANGS {
                                std::future::pending::<()>().await;
                            }
                            if socket.send(Frame::text(answer)).await.is_err() {
                                return;
                            }
                        }
                    }
                });
            }
        });
        Self { url, asked, _tasks: tasks }
    }
}

#[tokio::test]
async fn a_relay_that_says_too_many_in_a_notice_is_asked_fewer_and_shown_as_cut_off() {
    let too_many = Arc::new(|message: &Value| match message[0].as_str() {
        Some("REQ") => vec![r#"["NOTICE","rejected: too many subscriptions"]"#.to_owned()],
        _ => Vec::new(),
    });
    let relay = Scripted::new(too_many).await;
    let run = Run::start(&relay.url, None);
    let detail = run.becomes(SourceState::Refused).await;
    assert!(detail.contains("too few questions"), "{detail}");
    run.stop().await;
}

#[tokio::test]
async fn h1_hostile_frames_are_counted_and_end_nothing() {
    let good = note("ana", 10, "ville", "vrai");
    let forged = SignedEvent { content: "faux".into(), ..good.clone() };
    let frames: Vec<String> = include_str!("../../../../../tests/fixtures/nostr/hostile.jsonl")
        .lines()
        .filter(|line| !line.starts_with("[\"CLOSED") && !line.starts_with("[\"NOTICE"))
        .map(str::to_owned)
        .chain([format!("[\"EVENT\",\"q0\",{}]", forged.json()), "[".repeat(9_000), "x".repeat(2 << 20)])
        .chain([format!("[\"EVENT\",\"q0\",{}]", good.json())])
        .collect();
    let script = Arc::new(move |message: &Value| match (message[0].as_str(), message[1].as_str()) {
        (Some("REQ"), Some("q0")) => frames.iter().cloned().chain([r#"["EOSE","q0"]"#.to_owned()]).collect(),
        (Some("REQ"), Some(name)) => vec![json!(["EOSE", name]).to_string()],
        _ => Vec::new(),
    });
    let relay = Scripted::new(script).await;
    let mut run = Run::start(&relay.url, None);
    let (told, _) = run.reached().await;
    let count = |what: &str| told.iter().filter(|one| *one == what).count();
    assert_eq!(
        (count("vrai"), count("bad_signature"), count("oversized"), count("too_deep")),
        (1, 1, 1, 1),
        "{told:?}"
    );
    assert!(!told.contains(&"faux".to_owned()));
    assert!(relay.asked.lock().unwrap().iter().any(|message| message[1] == "gone"));
    run.stop().await;
}

/// What the health of a relay's source comes to say, in paused time: it runs on while everybody waits, so that a minute is
/// none.
async fn comes_to_say(relay: &Scripted, expected: &str) {
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::new(SystemClock.now()));
    let settings =
        NostrSettings { relay: relay.url.clone(), page: "https://page.example/".into(), overlap_seconds: 3_600 };
    let relays = Relays::new(&[settings], &Outbound::new("", true).unwrap(), &clock).unwrap();
    let (source, _) = relays.of(&[city()]).remove(0);
    assert!(source.lookup().is_some() && source.silent_after().is_none());
    let (out, mut seen) = observations(8);
    let options = SupervisorOptions {
        out,
        checkpoints: Default::default(),
        gaps: Vec::new(),
        clock,
        shutdown: Shutdown::new(),
        rng: fastrand::Rng::with_seed(1),
    };
    let supervisor = start(vec![source], options);
    let mut health = supervisor.health();
    tokio::select! {
        said = health.wait_for(|all| all[0].detail.contains(expected)) => drop(said.unwrap()),
        () = async { while seen.recv().await.is_some() {} } => panic!("it ended"),
        () = tokio::time::sleep(Duration::from_secs(600)) => panic!("it does not say {expected}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_relay_that_does_not_answer_is_given_up_and_asked_again() {
    comes_to_say(&Scripted::new(Arc::new(|_: &Value| Vec::new())).await, "does not answer what it was asked").await;
}

#[tokio::test(start_paused = true)]
async fn a_quiet_relay_that_is_gone_is_noticed_though_it_is_looked_after_meanwhile() {
    let script = Arc::new(|message: &Value| match message[1].as_str() {
        Some("about") => vec![Scripted::HANGS.to_owned()],
        Some(name) => vec![json!(["EOSE", name]).to_string()],
        None => Vec::new(),
    });
    comes_to_say(&Scripted::new(script).await, "no longer answers").await;
}
