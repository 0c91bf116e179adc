//! City files change while many readers are connected.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use serde_json::Value;
use tokio_tungstenite::tungstenite::Message;

use super::wait_until;
use crate::support::network::SimulatedNetwork;
use crate::support::server::Server;

/// What one reader was told.
#[derive(Default)]
struct Told {
    /// Operation and post, in order.
    events: Vec<(String, String)>,
    /// The page as the reader has it.
    texts: BTreeMap<String, String>,
    /// The longest silence, while five posts came a second.
    longest_silence: Duration,
    closed: Option<u16>,
}

/// Readers of one city, from the same moment on.
struct Readers {
    city: &'static str,
    told: Vec<Arc<Mutex<Told>>>,
}

impl Readers {
    async fn connect(server: &Server, city: &'static str, count: usize) -> Self {
        let url = server.url(&format!("/api/v1/cities/{city}/live")).replace("http", "ws");
        let mut told = Vec::new();
        let frames = Frames::default();
        for _ in 0..count {
            let (mut socket, _) = tokio_tungstenite::connect_async(&url).await.unwrap();
            let mine = Arc::new(Mutex::new(Told::default()));
            told.push(mine.clone());
            let frames = frames.clone();
            tokio::spawn(async move {
                let mut last: Option<Instant> = None;
                while let Some(Ok(message)) = socket.next().await {
                    let mut told = mine.lock().unwrap();
                    match message {
                        Message::Text(text) => {
                            told.hear(&frames.read(&text));
                            let silence = last.map(|last| last.elapsed()).unwrap_or_default();
                            told.longest_silence = told.longest_silence.max(silence);
                            // The first post ends no silence: readers connect before any is written.
                            last = (!told.events.is_empty()).then(Instant::now);
                        }
                        Message::Close(frame) => told.closed = frame.map(|frame| u16::from(frame.code)),
                        _ => {}
                    }
                }
            });
        }
        Self { city, told }
    }

    fn each(&self, mut check: impl FnMut(&Told)) {
        self.told.iter().for_each(|told| check(&told.lock().unwrap()));
    }

    /// Whether every reader's page holds exactly these texts.
    fn all_show(&self, texts: &[String]) -> bool {
        let mut expected: Vec<&String> = texts.iter().collect();
        expected.sort();
        self.told.iter().all(|told| {
            let told = told.lock().unwrap();
            let mut shown: Vec<&String> = told.texts.values().collect();
            shown.sort();
            shown == expected
        })
    }

    /// No event came twice, and all readers were told the same in the same order (a reader who left earlier: less).
    fn were_told_the_same(&self) {
        let first = self.told[0].lock().unwrap().events.clone();
        self.each(|told| {
            let events = &told.events;
            assert_eq!(
                events[..events.len().min(first.len())],
                first[..events.len().min(first.len())],
                "{}",
                self.city
            );
            let mut seen: Vec<_> = events.iter().filter(|(op, _)| op == "post").collect();
            let count = seen.len();
            seen.sort();
            seen.dedup();
            assert_eq!(seen.len(), count, "{}: a post was told twice", self.city);
        });
    }
}

impl Told {
    fn hear(&mut self, events: &[Event]) {
        for Event { op, id, text } in events {
            match op.as_str() {
                "remove" => _ = self.texts.remove(id),
                _ => _ = self.texts.insert(id.clone(), text.clone()),
            }
            self.events.push((op.clone(), id.clone()));
        }
    }
}

struct Event {
    op: String,
    id: String,
    text: String,
}

/// Frames that were read already: readers of one city get the same.
#[derive(Clone, Default)]
struct Frames(Arc<Mutex<HashMap<String, Arc<Vec<Event>>>>>);

impl Frames {
    fn read(&self, frame: &str) -> Arc<Vec<Event>> {
        let mut frames = self.0.lock().unwrap();
        if let Some(events) = frames.get(frame) {
            return events.clone();
        }
        let message: Value = serde_json::from_str(frame).unwrap();
        let event = |event: &Value| {
            let post = &event["post"];
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let id = if post.is_null() { &event["id"] } else { &post["id"] };
            Event { op: text(&event["op"]), id: text(id), text: text(&post["text"]) }
        };
        let events = Arc::new(message["events"].as_array().into_iter().flatten().map(event).collect::<Vec<_>>());
        frames.insert(frame.to_owned(), events.clone());
        events
    }
}

fn city(name: &str, tags: &[&str]) -> String {
    format!("name = \"{name}\"\nlanguages = [\"fr\"]\n[recipe]\ninvite = \"Parvis{name}\"\nhashtags = {tags:?}\n")
}

/// Five posts a second, each for every city; every second one also has the tag that `bourg` asks for later.
fn text_of(number: usize) -> String {
    let odd = if number % 2 == 1 { " #autrebourg" } else { "" };
    format!("message {number} #ville #bourg #port #quai #hameau{odd}")
}

const AUTHORS: usize = 10;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s06_cities_change_under_connected_readers_and_only_theirs_notice() {
    let count = if std::env::var_os("PARVIS_SOAK").is_some() { 1_000 } else { 300 };
    let network = Arc::new(SimulatedNetwork::start().await);
    let mut server = Server::prepare(&network);
    let settings = std::fs::read_to_string(server.config()).unwrap();
    std::fs::write(server.config(), settings.replace("[http]", "[http]\nmax_sessions_per_address = 2000")).unwrap();
    let folder = server.folder.path().join("cities");
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
    for name in ["bourg", "port", "quai", "hameau"] {
        write(&format!("{name}.toml"), &city(name, &[name]));
    }
    (0..AUTHORS).for_each(|author| network.join(&format!("a{author}"), &[]));
    server.start();
    network.is_heard().await;
    // Every author is known before anybody looks on, so that posts come in the order in which they were written.
    (0..AUTHORS).for_each(|author| network.post(&format!("a{author}"), "first", "bonjour #ville"));
    wait_until("all authors are known", async || server.posts().await.len() == AUTHORS).await;

    let ville = Readers::connect(&server, "ville", count * 2 / 5).await;
    let bourg = Readers::connect(&server, "bourg", count / 5).await;
    let port = Readers::connect(&server, "port", count / 5).await;
    let quai = Readers::connect(&server, "quai", count / 10).await;
    let hameau = Readers::connect(&server, "hameau", count / 10).await;

    let (goes_on, posted) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicUsize::new(0)));
    let posting = tokio::spawn({
        let (network, goes_on, posted) = (network.clone(), goes_on.clone(), posted.clone());
        async move {
            let mut tick = tokio::time::interval(Duration::from_millis(200));
            while goes_on.load(Ordering::SeqCst) {
                tick.tick().await;
                let number = posted.load(Ordering::SeqCst);
                network.post(&format!("a{}", number % AUTHORS), &format!("k{number}"), &text_of(number));
                posted.store(number + 1, Ordering::SeqCst);
            }
        }
    });
    wait_until("posts are flowing", async || posted.load(Ordering::SeqCst) > 10).await;

    // All at once: one city is added, one asks for something else, one breaks, and one is written bit by bit.
    write("neuf.toml", &city("neuf", &["neuf"]));
    write("bourg.toml", &city("bourg", &["autrebourg"]));
    write("port.toml", "name = \"port\"\nhastags = []\n");
    let (changed, slowly) = (Instant::now(), city("quai", &["quai", "quais"]));
    // A thread of its own, which nothing that the readers do can hold up.
    let writing = std::thread::spawn({
        let file = folder.join("quai.toml");
        move || {
            // Its first half alone would be a sound city that asks for nothing that was ever posted.
            for part in 0..=24 {
                std::fs::write(&file, slowly.get(..slowly.len() * part / 24).unwrap()).unwrap();
                std::thread::sleep(Duration::from_millis(250));
            }
        }
    });
    wait_until("the new city is served", async || server.text("/neuf").await.0 == 200).await;
    wait_until("readyz tells of the broken file, and serves on", async || {
        let (status, text) = server.text("/readyz").await;
        assert!(!text.contains("quai"), "a file that is being written was taken: {text}");
        status == 200 && text.contains("degraded") && text.contains("hastags")
    })
    .await;
    wait_until("what bourg no longer asks for is taken out everywhere", async || {
        bourg.told.iter().all(|told| {
            let told = told.lock().unwrap();
            !told.texts.is_empty() && told.texts.values().all(|text| text.contains("#autrebourg"))
        })
    })
    .await;
    assert!(changed.elapsed() < Duration::from_secs(10), "{:?}", changed.elapsed());
    tokio::task::spawn_blocking(move || writing.join().unwrap()).await.unwrap();

    // The broken file is mended, and a city gets another address: its readers are sent away.
    write("port.toml", &city("port", &["port", "havre"]));
    std::fs::rename(folder.join("hameau.toml"), folder.join("hameau-neuf.toml")).unwrap();
    wait_until("readyz is ready again", async || server.text("/readyz").await.1.contains("\"ready\"")).await;
    wait_until("the old address is gone and the new one is served", async || {
        (server.text("/hameau").await.0, server.text("/hameau-neuf").await.0) == (404, 200)
    })
    .await;
    wait_until("its readers are sent away", async || {
        hameau.told.iter().all(|told| told.lock().unwrap().closed == Some(4004))
    })
    .await;
    // What it had is kept, and is there when the file comes back.
    write("hameau.toml", &city("hameau", &["hameau"]));
    wait_until("the old address is back", async || server.text("/hameau").await.0 == 200).await;
    let first = server.json("/api/v1/cities/hameau/posts?limit=100").await;
    assert!(!first["posts"].as_array().unwrap().is_empty(), "its posts were kept");

    goes_on.store(false, Ordering::SeqCst);
    posting.await.unwrap();
    let all: Vec<String> = (0..posted.load(Ordering::SeqCst)).map(text_of).collect();
    let odd: Vec<String> = all.iter().filter(|text| text.contains("#autrebourg")).cloned().collect();
    for (readers, texts) in [(&ville, &all), (&port, &all), (&quai, &all), (&bourg, &odd)] {
        wait_until("every reader has every post", async || readers.all_show(texts)).await;
        readers.were_told_the_same();
        readers.each(|told| assert_eq!(told.closed, None, "{}", readers.city));
    }
    hameau.were_told_the_same();
    // Whose file did not change was told of nothing but posts, without a pause that a machine with other work to do
    // does not make by itself.
    let mut longest = Duration::ZERO;
    for readers in [&ville, &port, &quai] {
        readers.each(|told| {
            assert!(told.events.iter().all(|(op, _)| op == "post"), "{}", readers.city);
            longest = longest.max(told.longest_silence);
        });
    }
    println!("{count} readers, {} posts, the longest silence {longest:?}", all.len());
    assert!(longest < Duration::from_secs(6), "{longest:?}");
    assert_eq!(server.stop().1, Some(0));
}
