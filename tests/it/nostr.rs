//! The real program against relays that others wrote: `LocalRelay` in this process, and where `NOSTR_RELAY` names the
//! program of PyPI's `nostr-relay`, that one too (`pip install nostr-relay`).

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use nostr_relay_builder::{LocalRelay, RelayBuilder};
use parvis::clock::{Clock, SystemClock};
use parvis::demo::nostr::{Draft, SignedEvent, pubkey};
use serde_json::Value;
use tokio_tungstenite::tungstenite::Message;

use crate::support::network::SimulatedNetwork;
use crate::support::server::Server;

fn now() -> u64 {
    SystemClock.now().as_micros().cast_unsigned() / 1_000_000
}

fn note(by: &str, text: &str) -> SignedEvent {
    Draft::new(by, now() - 60, 1, &[&["t", "ville"]], text).sign()
}

fn profile(by: &str, content: &str) -> SignedEvent {
    Draft::new(by, now() - 3_600, 0, &[], content).sign()
}

async fn local() -> (LocalRelay, String) {
    let relay = LocalRelay::new(RelayBuilder::default());
    relay.run().await.unwrap();
    let url = relay.url().await.to_string();
    (relay, url)
}

async fn publish(relay: &str, events: &[&SignedEvent]) {
    let (mut socket, _) = tokio_tungstenite::connect_async(relay).await.unwrap();
    for event in events {
        socket.send(Message::text(format!("[\"EVENT\",{}]", event.json()))).await.unwrap();
        let answer = socket.next().await.unwrap().unwrap().into_text().unwrap();
        let answer: Value = serde_json::from_str(&answer).unwrap();
        assert_eq!((&answer[0], &answer[2]), (&"OK".into(), &true.into()), "{answer}");
    }
}

/// A server that reads these relays beside the simulated network.
fn prepared(network: &SimulatedNetwork, relays: &[&str]) -> Server {
    let relays: String = relays.iter().map(|relay| format!("[[source.nostr]]\nrelay = {relay:?}\n")).collect();
    Server::prepare_with(network, &relays)
}

async fn wait_for(server: &Server, expected: &[&str]) {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let mut texts: Vec<String> =
            server.posts().await.iter().map(|post| post["text"].as_str().unwrap().to_owned()).collect();
        texts.sort();
        if texts == expected {
            return;
        }
        assert!(Instant::now() < deadline, "{texts:?} instead of {expected:?}; log: {}", server.log_text());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn l15_notes_of_two_relays_are_shown_once_and_what_their_authors_ask_for_is_honoured() {
    let network = SimulatedNetwork::start().await;
    let ((_one, first), (_two, second)) = (local().await, local().await);
    let (both, quiet, gone) = (note("ana", "des deux côtés"), note("bob", "sans robot"), note("eva", "à effacer"));
    let one_side = note("dan", "d'un côté");
    let expired =
        Draft::new("ana", now() - 60, 1, &[&["t", "ville"], &["expiration", &(now() + 2).to_string()]], "fini");
    let ephemeral = Draft::new("ana", now(), 20_000, &[&["t", "ville"]], "éphémère").sign();
    let expired = expired.sign();
    publish(&first, &[&profile("ana", r#"{"display_name":"Ana"}"#), &both, &gone, &expired, &one_side]).await;
    publish(&second, &[&profile("bob", r##"{"about":"#nobot"}"##), &both, &quiet]).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let mut server = prepared(&network, &[&first, &second]);
    server.start();
    wait_for(&server, &["d'un côté", "des deux côtés", "à effacer"]).await;
    let shown = server.posts().await.into_iter().find(|post| post["text"] == "des deux côtés").unwrap();
    assert_eq!((&shown["network"], &shown["native_id"]), (&"nostr".into(), &both.id.as_str().into()));
    assert_eq!((&shown["author"]["name"], &shown["author"]["id"]), (&"Ana".into(), &pubkey("ana").into()));
    assert_eq!((&shown["tier"], &shown["author"]["official"]), (&"public".into(), &Value::Null));
    let sources = server.json("/api/v1/cities/ville/sources").await;
    let names: Vec<&str> = sources["sources"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|it| it["id"].as_str().or(it["source"].as_str()))
        .collect();
    assert_eq!(names.iter().filter(|name| name.starts_with("nostr:127.0.0.1:")).count(), 2, "{sources}");

    // Only who signed a note takes it back, on whichever relay; this one does not know whose it is.
    let forged = Draft::new("mallory", now(), 5, &[&["e", &one_side.id]], "").sign();
    let deletion = Draft::new("eva", now(), 5, &[&["e", &gone.id]], "").sign();
    publish(&second, &[&forged, &deletion]).await;
    wait_for(&server, &["d'un côté", "des deux côtés"]).await;
    assert!(!server.database_holds("sans robot") && !server.database_holds("éphémère"));
    publish(&second, &[&note("dan", "un direct"), &ephemeral]).await;
    wait_for(&server, &["d'un côté", "des deux côtés", "un direct"]).await;
    let vanish = Draft::new("ana", now(), 62, &[&["relay", "ALL_RELAYS"]], "").sign();
    publish(&first, &[&vanish]).await;
    wait_for(&server, &["d'un côté", "un direct"]).await;
    for text in ["des deux côtés", "fini"] {
        server.wait_until_erased(text).await;
    }
    assert!(!server.database_holds("éphémère"));
    assert_eq!(server.stop().1, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn d1_a_server_that_is_killed_reads_what_it_missed() {
    let network = SimulatedNetwork::start().await;
    let (_relay, url) = local().await;
    publish(&url, &[&note("ana", "avant")]).await;
    let mut server = prepared(&network, &[&url]);
    server.start();
    wait_for(&server, &["avant"]).await;
    // What is at a checkpoint is written once a second.
    tokio::time::sleep(Duration::from_secs(2)).await;
    server.kill();
    publish(&url, &[&note("bob", "pendant")]).await;
    server.start();
    wait_for(&server, &["avant", "pendant"]).await;
    publish(&url, &[&note("eva", "après")]).await;
    wait_for(&server, &["après", "avant", "pendant"]).await;
    assert_eq!(server.stop().1, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn q06_a_place_in_the_city_is_found_by_its_cells_and_a_calendar_by_its_latest_version() {
    let network = SimulatedNetwork::start().await;
    let (_relay, url) = local().await;
    let place = |text: &str, cells: &[&str]| {
        let tags: Vec<[&str; 2]> = cells.iter().map(|cell| ["g", *cell]).collect();
        let tags: Vec<&[&str]> = tags.iter().map(|tag| &tag[..]).collect();
        Draft::new("ana", now() - 60, 1, &tags, text).sign()
    };
    let version = |age: u64, start: u64, text: &str| {
        let start = (now() + start).to_string();
        let tags: [&[&str]; 4] = [&["d", "fete"], &["title", text], &["start", &start], &["t", "Ville"]];
        Draft::new("bob", now() - age, 31_923, &tags, "").sign()
    };
    publish(
        &url,
        &[
            &place("au bord", &["gbquu", "gbquu8w4e"]),
            &place("au plus près", &["gbquu8"]),
            &place("ailleurs", &["gbquv", "gbqvv8w4e"]),
            // Cells so small can't be named one by one: nobody finds it.
            &place("introuvable", &["gbquu8w4e"]),
            &version(120, 3_600, "Fête"),
        ],
    )
    .await;
    let mut server = prepared(&network, &[&url]);
    let cities = server.folder.path().join("cities");
    std::fs::write(
        cities.join("bourg.geojson"),
        r#"{"type":"Polygon","coordinates":[[[-1.60,47.20],[-1.50,47.20],[-1.50,47.30],[-1.60,47.30],[-1.60,47.20]]]}"#,
    )
    .unwrap();
    std::fs::write(cities.join("bourg.toml"), "name = \"Bourg\"\nboundary = \"bourg.geojson\"\n").unwrap();
    server.start();
    wait_for(&server, &["Fête"]).await;
    let mut found = Vec::new();
    let deadline = Instant::now() + Duration::from_secs(20);
    while found.len() < 2 && Instant::now() < deadline {
        found = server.posts_of("bourg").await;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    found.sort_by_key(|post| post["text"].as_str().map(str::to_owned));
    let texts: Vec<&str> = found.iter().filter_map(|post| post["text"].as_str()).collect();
    assert_eq!(texts, ["au bord", "au plus près"], "{}", server.log_text());
    assert_eq!(
        (&found[0]["reasons"][0]["rule"], &found[0]["location"]["precision_m"]),
        (&"geotag".into(), &1_000.into())
    );

    let before = server.posts().await[0].clone();
    let later = version(60, 7_200, "Fête, plus tard");
    publish(&url, &[&later]).await;
    wait_for(&server, &["Fête, plus tard"]).await;
    let after = server.posts().await[0].clone();
    assert_eq!((&before["id"], &before["position"]), (&after["id"], &after["position"]));
    assert_ne!(before["starts_at"], after["starts_at"]);
    assert_eq!(server.stop().1, Some(0));
}

/// The other relay, on a port of its own.
struct PythonRelay {
    url: String,
    child: Child,
    _folder: tempfile::TempDir,
}

impl PythonRelay {
    /// `None` where it is not at hand.
    async fn start(more: &str) -> Option<Self> {
        let program = PathBuf::from(std::env::var_os("NOSTR_RELAY")?);
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let folder = tempfile::tempdir().unwrap();
        let validators = "nostr_relay.validators.is_signed";
        let settings = format!(
            "storage:\n  sqlalchemy.url: sqlite+aiosqlite:///nostr.sqlite3\n  validators:\n    - {validators}\n\
             gunicorn:\n  bind: 127.0.0.1:{port}\n  workers: 1\n  loglevel: warning\nauthentication:\n  enabled: false\n{more}\n"
        );
        std::fs::write(folder.path().join("config.yaml"), settings).unwrap();
        let child = Command::new(program)
            .args(["-c", "config.yaml", "serve"])
            .current_dir(folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let relay = Self { url: format!("ws://127.0.0.1:{port}"), child, _folder: folder };
        let deadline = Instant::now() + Duration::from_secs(30);
        while tokio_tungstenite::connect_async(&relay.url).await.is_err() {
            assert!(Instant::now() < deadline, "the relay does not start");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        Some(relay)
    }
}

impl Drop for PythonRelay {
    fn drop(&mut self) {
        // A polite end, for it has processes of its own.
        Command::new("kill").arg(self.child.id().to_string()).status().ok();
        self.child.wait().ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn d1_another_relay_is_read_with_its_oddities() {
    // Fewer events at once than there are.
    let Some(relay) = PythonRelay::start("subscription_limit: 32\nmax_limit: 4\n").await else {
        println!("NOSTR_RELAY is not set: the relay of PyPI is not read here");
        return;
    };
    let network = SimulatedNetwork::start().await;
    let notes: Vec<SignedEvent> = (0..11)
        .map(|number| Draft::new("ana", now() - 600 + number, 1, &[&["t", "Ville"]], &format!("{number:02}")).sign())
        .collect();
    let gone = note("eva", "à effacer");
    publish(&relay.url, &notes.iter().chain([&gone]).collect::<Vec<_>>()).await;
    let mut server = prepared(&network, &[&relay.url]);
    server.start();
    let mut expected: Vec<String> = (0..11).map(|number| format!("{number:02}")).collect();
    expected.push("à effacer".into());
    wait_for(&server, &expected.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let deletion = Draft::new("eva", now(), 5, &[&["e", &gone.id]], "").sign();
    publish(&relay.url, &[&deletion]).await;
    expected.pop();
    wait_for(&server, &expected.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let live = Draft::new("bob", now(), 1, &[&["t", "ville"]], "en direct").sign();
    publish(&relay.url, &[&live]).await;
    expected.push("en direct".into());
    wait_for(&server, &expected.iter().map(String::as_str).collect::<Vec<_>>()).await;
    assert_eq!(server.stop().1, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_takes_fewer_questions_than_all_is_read_all_the_same() {
    let Some(relay) = PythonRelay::start("subscription_limit: 4\n").await else {
        println!("NOSTR_RELAY is not set: the relay of PyPI is not read here");
        return;
    };
    let network = SimulatedNetwork::start().await;
    publish(&relay.url, &[&note("ana", "avec peu")]).await;
    let mut server = prepared(&network, &[&relay.url]);
    server.start();
    wait_for(&server, &["avec peu"]).await;
    assert_eq!(server.stop().1, Some(0));
}
