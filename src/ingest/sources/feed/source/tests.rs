//! A feed against a server that lives on the loopback for one test.

use std::sync::Mutex;

use jiff::tz::TimeZone;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::*;
use crate::clock::ManualClock;
use crate::domain::{Checkpoint, Event, Lane, Network, Observation, SourceState};
use crate::ingest::Source as _;
use crate::ingest::hosts::Hosts;
use crate::ingest::outbound::{BODY_LIMIT, Outbound};
use crate::ingest::{ObservationReceiver, Supervisor, SupervisorOptions, observations, start};
use crate::shutdown::Shutdown;

const NOW: Timestamp = Timestamp::from_micros(1_795_600_800_000_000);

/// What the server is asked, heads in lower case, and what it answers: status line with headers, and body.
type Answerer = Arc<dyn Fn(usize, &str) -> (String, String) + Send + Sync>;

fn rss(titles: &[&str]) -> String {
    let items: String = titles
        .iter()
        .map(|title| format!("<item><guid>{title}</guid><title>{title}</title><pubDate>Wed, 25 Nov 2026 09:00:00 GMT</pubDate></item>"))
        .collect();
    format!("<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>Ville</title>{items}</channel></rss>")
}

/// A server on the loopback: its address, and what it was asked.
struct Server {
    url: String,
    asked: Arc<Mutex<Vec<String>>>,
    _tasks: JoinSet<()>,
}

impl Server {
    async fn new(answer: Answerer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/rss", listener.local_addr().unwrap());
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let noted = asked.clone();
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                let mut request = Vec::new();
                while !request.ends_with(b"\r\n\r\n") {
                    let mut part = [0; 1_024];
                    match socket.read(&mut part).await {
                        Ok(0) | Err(_) => break,
                        Ok(read) => request.extend_from_slice(&part[..read]),
                    }
                }
                let request = String::from_utf8_lossy(&request).to_lowercase();
                let visits = noted.lock().unwrap().len();
                let (status, body) = answer(visits, &request);
                noted.lock().unwrap().push(request);
                let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
                let _written = socket.write_all(head.as_bytes()).await;
                let _written = socket.write_all(body.as_bytes()).await;
            }
        });
        Self { url, asked, _tasks: tasks }
    }

    fn feed(&self, every: Duration) -> Feed {
        Feed::new(reading(&self.url), Arc::from([CityId::new("ville")]), 1, visitor(every, true)).unwrap()
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn reading(url: &str) -> Reading {
    let (network, zone) = (Network::Feed, TimeZone::UTC);
    Reading { network, url: url.into(), name: None, lanes: vec![Lane::Info], zone }
}

fn visitor(every: Duration, allows_home: bool) -> Visitor {
    let (outbound, hosts) = (Outbound::new("", allows_home).unwrap(), Hosts::with_pause(Duration::ZERO));
    Visitor { outbound, hosts, every, bytes_max: BODY_LIMIT }
}

const MINUTE: Duration = Duration::from_secs(60);

/// One visit to a server that answers so.
async fn visit(status: &'static str, body: String) -> Result<(Visit, u64), SourceError> {
    let server = Server::new(Arc::new(move |_, _| (status.into(), body.clone()))).await;
    let (visit, pause) = server.feed(MINUTE).visit(&mut Memory::default(), NOW).await?;
    Ok((visit, pause.as_secs()))
}

/// Sources that visit without pause, until so much has been seen.
struct Run {
    seen: ObservationReceiver,
    shutdown: Shutdown,
    supervisor: Supervisor,
}

impl Run {
    fn start(server: &Server, stored: Option<Checkpoint>) -> Self {
        let (out, seen) = observations(64);
        let feed = server.feed(Duration::from_millis(10));
        let shutdown = Shutdown::new();
        let options = SupervisorOptions {
            out,
            checkpoints: stored.into_iter().map(|stored| (feed.id(), stored)).collect(),
            gaps: Vec::new(),
            clock: Arc::new(ManualClock::new(NOW)),
            shutdown: shutdown.clone(),
            rng: fastrand::Rng::with_seed(1),
        };
        Self { seen, shutdown, supervisor: start(vec![Box::new(feed)], options) }
    }

    /// What is told, up to the position that comes with the last of it; one that is sent ahead of several says nothing yet.
    async fn seen(&mut self) -> (Vec<String>, Checkpoint) {
        let mut told = Vec::new();
        loop {
            let next = tokio::time::timeout(MINUTE, self.seen.recv()).await.expect("in time").unwrap();
            match next.event {
                Event::Post(post) => told.push(post.text),
                Event::Other => {}
                other => panic!("{other:?}"),
            }
            if let Some(checkpoint) = next.checkpoint.filter(|_| !told.is_empty()) {
                return (told, checkpoint);
            }
        }
    }

    async fn stop(self) {
        self.shutdown.trigger();
        self.supervisor.stopped().await;
    }
}

#[tokio::test]
async fn d1_what_is_unchanged_is_asked_for_by_its_mark_and_told_once() {
    let answer: Answerer = Arc::new(|visit, request| {
        let known = request.contains("if-none-match: \"1\"") && request.contains("if-modified-since: wed, 25 nov");
        match (known, visit) {
            (true, 0..9) => ("304 Not Modified\r\netag: \"1\"".into(), String::new()),
            (true, _) => ("200 OK\r\netag: \"2\"".into(), rss(&["c", "b", "a"])),
            (false, _) => {
                ("200 OK\r\netag: \"1\"\r\nlast-modified: Wed, 25 Nov 2026 09:00:00 GMT".into(), rss(&["b", "a"]))
            }
        }
    });
    let server = Server::new(answer).await;
    let mut run = Run::start(&server, None);
    let (told, stored) = run.seen().await;
    assert_eq!(told, ["a", "b"]);
    let asked = server.asked();
    assert!(
        asked[0].contains("user-agent: parvis/") && asked[0].contains("accept: application/feed+json"),
        "{asked:?}"
    );
    assert_eq!(run.supervisor.health().borrow()[0].state, SourceState::Live);
    run.stop().await;
    // The next process goes on where this one was: it tells nothing of what is unchanged.
    let mut run = Run::start(&server, Some(stored));
    let (told, stored) = run.seen().await;
    assert_eq!(told, ["c"]);
    assert_eq!(Memory::resume(Some(&stored), 1, NOW).items.len(), 3);
    run.stop().await;
}

#[tokio::test]
async fn a_feed_that_moved_is_asked_for_where_it_is() {
    let answer: Answerer = Arc::new(|_, request| match request.split(' ').nth(1).unwrap() {
        "/rss" => ("301 Moved Permanently\r\nlocation: /new".into(), String::new()),
        "/new" => ("302 Found\r\nlocation: /today".into(), String::new()),
        "/today" => ("308 Permanent Redirect\r\nlocation: /here".into(), String::new()),
        _ => ("200 OK\r\netag: \"1\"".into(), rss(&["a"])),
    });
    let server = Server::new(answer).await;
    let mut memory = Memory { etag: Some("\"0\"".into()), ..Memory::default() };
    let feed = server.feed(MINUTE);
    let Ok((Visit::Read(_), _)) = feed.visit(&mut memory, NOW).await else { panic!("it is there") };
    // What is so for today only is asked for again, and so is what lies behind it.
    assert_eq!(memory.moved_to.as_deref(), Some(&*server.url.replace("/rss", "/new")));
    assert_eq!(memory.etag.as_deref(), Some("\"1\""));
    feed.visit(&mut memory, NOW).await.ok();
    let paths: Vec<String> = server.asked().iter().map(|head| head.split(' ').nth(1).unwrap().to_owned()).collect();
    assert_eq!(paths, ["/rss", "/new", "/today", "/here", "/new", "/today", "/here"]);
    assert!(server.asked()[0].contains("if-none-match: \"0\"") && !server.asked()[1].contains("if-none-match"));
}

#[tokio::test]
async fn what_a_server_says_decides_when_it_is_asked_again() {
    let refused = |reason: &str, after| SourceError::Refused { reason: reason.into(), after };
    let retry =
        |reason: &str, after| SourceError::Retry { reason: reason.into(), after: Some(Duration::from_secs(after)) };
    for (status, told) in [
        ("410 Gone", SourceError::Fatal("it is gone for good (410): remove it from the city's file".into())),
        ("403 Forbidden", refused("the server answers 403", None)),
        ("429 Slow\r\nretry-after: 1800", refused("the server answers 429", Some(Duration::from_secs(1_800)))),
        ("429 Slow", refused("the server answers 429", Some(MINUTE))),
        ("503 Away\r\nretry-after: 1800", retry("the server answers 503", 1_800)),
        ("503 Away\r\nretry-after: 1", retry("the server answers 503", 60)),
        ("404 Not Found", retry("the server answers 404", 60)),
        ("302 Found", retry("it redirects to nowhere", 60)),
        ("302 Found\r\nlocation: /rss", retry("it redirects without end", 60)),
        (
            "302 Found\r\nlocation: file:///etc/passwd",
            SourceError::Fatal("file: the address must begin with http or https".into()),
        ),
    ] {
        assert_eq!(visit(status, String::new()).await.err(), Some(told), "{status}");
    }
}

#[tokio::test]
async fn a_publisher_says_how_often_it_is_to_be_visited() {
    for (headers, ttl, seconds) in [
        ("200 OK", "", 60),
        ("200 OK\r\ncache-control: public, max-age=600", "", 600),
        ("200 OK\r\ncache-control: no-cache", "<ttl>30</ttl>", 1_800),
        ("200 OK\r\ncache-control: max-age=99999999", "", 6 * 3_600),
        ("200 OK\r\ncache-control: max-age=1", "", 60),
    ] {
        let body = rss(&["a"]).replace("<title>Ville</title>", &format!("<title>Ville</title>{ttl}"));
        let Ok((Visit::Read(_), pause)) = visit(headers, body).await else { panic!("{headers}") };
        assert_eq!(pause, seconds, "{headers} {ttl}");
    }
    let Ok((Visit::Unchanged, pause)) = visit("304 Not Modified\r\ncache-control: max-age=600", String::new()).await
    else {
        panic!("unchanged")
    };
    assert_eq!(pause, 600);
}

#[tokio::test]
async fn h4_an_address_at_home_is_never_asked_whatever_it_is_called() {
    let server = Server::new(Arc::new(|_, _| ("200 OK".into(), rss(&["a"])))).await;
    let port = server.url.rsplit_once(':').unwrap().1;
    for host in ["127.0.0.1", "localhost", "mairie.localhost", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1"] {
        let reading = reading(&format!("http://{host}:{port}"));
        // Refused where it is configured, or where it is asked.
        if let Ok(feed) = Feed::new(reading, Arc::from([]), 1, visitor(MINUTE, false)) {
            let asked = feed.visit(&mut Memory::default(), NOW).await;
            assert!(matches!(asked, Err(SourceError::Fatal(_))), "{host}");
        }
    }
    assert!(server.asked().is_empty());
}

#[tokio::test]
async fn h4_a_redirect_is_looked_at_like_any_address() {
    for to in ["http://somebody@127.0.0.1:1/rss", "ftp://ville.example/rss", "file:///etc/hostname", "http:///"] {
        let answer = move |_, _: &str| (format!("301 Moved Permanently\r\nlocation: {to}"), String::new());
        let server = Server::new(Arc::new(answer)).await;
        let asked = server.feed(MINUTE).visit(&mut Memory::default(), NOW).await;
        assert!(matches!(asked, Err(SourceError::Fatal(_) | SourceError::Retry { .. })), "{to}");
        assert_eq!(server.asked().len(), 1, "{to}");
    }
}

#[tokio::test]
async fn h4_a_host_that_asks_to_be_left_alone_is_left_alone_by_all_its_feeds() {
    let server = Server::new(Arc::new(|_, _| ("503 Away\r\nretry-after: 3600".into(), String::new()))).await;
    let (one, other) = (server.feed(MINUTE), server.feed(MINUTE));
    let other = Feed { visitor: one.visitor.clone(), ..other };
    assert!(one.visit(&mut Memory::default(), NOW).await.is_err());
    let mut memory = Memory::default();
    let waits = tokio::time::timeout(Duration::from_millis(500), other.visit(&mut memory, NOW)).await;
    assert!(waits.is_err() && server.asked().len() == 1);
}

#[tokio::test]
async fn d1_of_several_items_it_is_remembered_that_they_come_before_the_first_is_told() {
    let server = Server::new(Arc::new(|_, _| ("200 OK\r\netag: \"1\"".into(), rss(&["b", "a"])))).await;
    let mut run = Run::start(&server, None);
    let first = tokio::time::timeout(MINUTE, run.seen.recv()).await.unwrap().unwrap();
    assert!(matches!(first.event, Event::Other), "{first:?}");
    let announced = Memory::resume(first.checkpoint.as_ref(), 1, NOW);
    assert_eq!((announced.items.len(), announced.etag), (2, None), "and they are asked for again after a crash");
    run.stop().await;
}

#[tokio::test]
async fn h1_what_is_no_feed_is_counted_and_the_source_is_down_until_it_is_one() {
    let answer: Answerer = Arc::new(|visit, _| match visit {
        0 => ("200 OK".into(), "<html><body>Erreur</body></html>".into()),
        _ => ("200 OK".into(), rss(&["a"])),
    });
    let server = Server::new(answer).await;
    let mut run = Run::start(&server, None);
    let first = tokio::time::timeout(MINUTE, run.seen.recv()).await.unwrap().unwrap();
    assert!(matches!(first, Observation { event: Event::Unreadable(_), checkpoint: None, .. }), "{first:?}");
    assert_eq!(run.seen().await.0, ["a"]);
    assert_eq!(run.supervisor.health().borrow()[0].state, SourceState::Live);
    run.stop().await;
}

#[tokio::test]
async fn feature_24_what_takes_place_again_is_told_though_its_server_says_that_nothing_has_changed() {
    let calendar = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:a\nSUMMARY:Cours\nDTSTART:20261125T090000Z\nDTEND:20261125T110000Z\nRRULE:FREQ=DAILY\nEND:VEVENT\n";
    let answer: Answerer = Arc::new(move |_, request| match request.contains("if-none-match: \"1\"") {
        true => ("304 Not Modified\r\netag: \"1\"".into(), String::new()),
        false => ("200 OK\r\netag: \"1\"".into(), calendar.into()),
    });
    let server = Server::new(answer).await;
    let feed = server.feed(MINUTE);
    let begins = |told: &[crate::domain::RawPost]| told[0].schedule.starts_at.unwrap().to_rfc3339();
    let mut memory = Memory::default();
    // NOW is ten o'clock of that day.
    let Ok((Visit::Read(listing), _)) = feed.visit(&mut memory, NOW).await else { panic!() };
    let first = crate::ingest::listing::news(*listing, &memory, &feed.reading, NOW);
    assert_eq!(begins(&first.posts), "2026-11-25T09:00:00.000Z");
    memory = first.memory;
    assert!(matches!(feed.visit(&mut memory, NOW.plus_seconds(3_599)).await, Ok((Visit::Unchanged, _))));
    let over = NOW.plus_seconds(3_600);
    let Ok((Visit::Read(listing), _)) = feed.visit(&mut memory, over).await else { panic!("it is read again") };
    let second = crate::ingest::listing::news(*listing, &memory, &feed.reading, over);
    assert_eq!(begins(&second.posts), "2026-11-26T09:00:00.000Z");
    assert_eq!(first.posts[0].native_id, second.posts[0].native_id, "and is the same card");
}
