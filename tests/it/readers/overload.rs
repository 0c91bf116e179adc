use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::wire::{Head, Wire, get, session};
use super::{address, limit, percentile, serve, sized};
use crate::support::network::SimulatedNetwork;
use crate::support::server::Server;

/// What came of requests.
#[derive(Default)]
struct Answers {
    accepted: Vec<Duration>,
    shed: usize,
}

/// Asks for a page again and again on one connection, each time at the next moment of the schedule that is due.
async fn ask(address: String, path: &'static str, schedule: Arc<Schedule>) -> Answers {
    let mut answers = Answers::default();
    let mut wire = Wire::open(&address).await.unwrap();
    while let Some(due) = schedule.next() {
        tokio::time::sleep_until(due).await;
        let began = Instant::now();
        wire.send(get(path, "")).await.unwrap();
        let head = wire.head().await.unwrap().unwrap();
        wire.body(&head).await.unwrap();
        match head.status {
            200 => answers.accepted.push(began.elapsed()),
            503 => {
                assert_sheds_properly(path, &head);
                answers.shed += 1;
            }
            other => panic!("{path} was answered {other}"),
        }
    }
    answers
}

fn assert_sheds_properly(path: &str, head: &Head) {
    let seconds: u64 = head.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&seconds));
    assert_eq!(head.header("cache-control"), Some("no-store"));
    assert!(head.header("content-security-policy").is_some(), "{head:?}");
    let is_problem = head.header("content-type") == Some("application/problem+json");
    assert_eq!(is_problem, path.starts_with("/api/"));
}

/// Requests at a rate, whoever sends them; at the rate `None` at once.
struct Schedule {
    began: Instant,
    until: Instant,
    every: Option<Duration>,
    taken: AtomicU64,
}

impl Schedule {
    fn new(duration: Duration, rate: Option<f64>) -> Arc<Self> {
        let began = Instant::now();
        let every = rate.map(|rate| Duration::from_secs_f64(1.0 / rate));
        Arc::new(Self { began, until: began + duration, every, taken: AtomicU64::new(0) })
    }

    fn next(&self) -> Option<Instant> {
        let number = self.taken.fetch_add(1, Ordering::Relaxed);
        let due = self.every.map_or_else(Instant::now, |every| self.began + every.mul_f64(number as f64));
        (due < self.until).then_some(due)
    }
}

async fn load(server: &Server, askers: usize, schedule: Arc<Schedule>) -> Answers {
    const PATHS: [&str; 2] = ["/ville", "/api/v1/cities/ville/posts"];
    let asking = (0..askers).map(|number| tokio::spawn(ask(address(server), PATHS[number % 2], schedule.clone())));
    let mut sum = Answers::default();
    for answers in futures_util::future::join_all(asking).await {
        let answers = answers.unwrap();
        sum.accepted.extend(answers.accepted);
        sum.shed += answers.shed;
    }
    sum
}

/// Asks for health all the time, and counts; each answer must be the right one, and none may take long.
async fn watch(address: String, path: &'static str, stop: Arc<AtomicBool>, asked: Arc<AtomicUsize>) -> Duration {
    let mut slowest = Duration::ZERO;
    while !stop.load(Ordering::SeqCst) {
        let began = Instant::now();
        let mut wire = Wire::open(&address).await.unwrap();
        wire.send(get(path, "")).await.unwrap();
        assert_eq!(wire.head().await.unwrap().unwrap().status, 200, "{path}");
        slowest = slowest.max(began.elapsed());
        asked.fetch_add(1, Ordering::SeqCst);
        sleep(Duration::from_millis(50)).await;
    }
    slowest
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w5_at_three_times_the_load_the_rest_is_sent_away_and_nothing_is_lost() {
    let duration = Duration::from_secs(sized(4, 30) as u64);
    let network = Arc::new(SimulatedNetwork::start().await);
    network.join("ana", &[]);
    let server = serve(&network, "").await;
    for number in 0..50 {
        network.post("ana", &format!("a{number}"), &format!("avant {number} #ville"));
    }
    wait_for_count(&server, 50).await;

    // As many as are worked on at once: all are accepted, and that is what the server can do.
    let cores = std::thread::available_parallelism().unwrap().get();
    let able = load(&server, 4 * cores, Schedule::new(duration / 2, None)).await;
    assert_eq!(able.shed, 0);
    let capacity = able.accepted.len() as f64 / (duration / 2).as_secs_f64();

    let (stop, asked) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let watching = ["/healthz", "/readyz", "/metrics", "/ville/theme.css"]
        .map(|path| tokio::spawn(watch(address(&server), path, stop.clone(), asked.clone())));
    let writing = tokio::spawn({
        let (network, stop) = (network.clone(), stop.clone());
        async move {
            let mut written = 0;
            while !stop.load(Ordering::SeqCst) {
                network.post("ana", &format!("p{written}"), &format!("pendant {written} #ville"));
                written += 1;
                sleep(Duration::from_millis(20)).await;
            }
            written
        }
    });
    let mut loaded = load(&server, 100 * cores, Schedule::new(duration, Some(capacity * 3.0))).await;
    stop.store(true, Ordering::SeqCst);
    let written = writing.await.unwrap();
    let p99 = percentile(&mut loaded.accepted, 0.99);
    let asked_of_it = (loaded.accepted.len() + loaded.shed) as f64 / duration.as_secs_f64();
    println!(
        "able to answer {capacity:.0}/s; of {asked_of_it:.0}/s {} accepted (p99 {p99:?}), {} shed",
        loaded.accepted.len(),
        loaded.shed
    );
    assert!(loaded.shed > 0, "a load of {asked_of_it:.0}/s was none");
    assert!(!loaded.accepted.is_empty());
    assert!(p99 <= limit(Duration::from_millis(250), Duration::from_secs(5)), "{p99:?}");
    for watching in watching {
        let slowest = watching.await.unwrap();
        assert!(slowest <= limit(Duration::from_millis(250), Duration::from_secs(5)), "{slowest:?}");
    }
    println!("health was asked {} times meanwhile", asked.load(Ordering::SeqCst));
    wait_for_count(&server, 50 + written).await;
    let metrics = server.text("/metrics").await.1;
    assert!(metrics.contains("parvis_http_shed_total"), "what is shed is counted");
}

async fn wait_for_count(server: &Server, count: usize) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while server.posts().await.len() != count {
        assert!(Instant::now() < deadline, "{} instead of {count} posts", server.posts().await.len());
        sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w5_a_full_server_refuses_sessions_before_the_upgrade_and_goes_on_with_the_others() {
    let network = SimulatedNetwork::start().await;
    network.join("ana", &[]);
    let server = serve(&network, "max_sessions = 3").await;
    let address = address(&server);
    let mut sessions = Vec::new();
    for _ in 0..3 {
        sessions.push(session(&address, "").await.ok().unwrap());
    }
    let head = session(&address, "").await.err().unwrap().unwrap();
    assert_eq!(head.status, 503);
    assert!(head.header("retry-after").unwrap().parse::<u64>().unwrap() > 0);
    assert_eq!(head.header("content-type"), Some("application/problem+json"));
    assert!(head.header("sec-websocket-accept").is_none());
    let mut events = Wire::open(&address).await.unwrap();
    events.send(get("/api/v1/cities/ville/events", "")).await.unwrap();
    assert_eq!(events.head().await.unwrap().unwrap().status, 503);
    network.post("ana", "1", "un #ville");
    for session in &mut sessions {
        while !session.text().await.unwrap().contains("un #ville") {}
    }
    // Who leaves makes room.
    drop(sessions.pop());
    let deadline = Instant::now() + Duration::from_secs(10);
    while session(&address, "").await.is_err() {
        assert!(Instant::now() < deadline, "nobody may come though somebody left");
        sleep(Duration::from_millis(10)).await;
    }
    let page: Value = server.json("/api/v1/cities/ville/posts").await;
    assert_eq!(page["posts"].as_array().unwrap().len(), 1);
}

/// Where the system allows few open files, readers and idle connections beyond them are sent away, and nobody who is
/// there is forgotten: a server without descriptors could not even say no.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w5_few_open_files_mean_few_sessions_and_an_answer_for_everybody() {
    const OPEN_FILES: u32 = 300;
    const MOST: usize = OPEN_FILES as usize;
    let network = SimulatedNetwork::start().await;
    network.join("ana", &[]);
    let mut server = super::prepare(&network, "");
    server.start_with_open_files(OPEN_FILES);
    network.is_heard().await;
    let address = address(&server);
    assert!(server.log_text().contains("too few open files"), "{}", server.log_text());

    let mut sessions = Vec::new();
    let refused = loop {
        match session(&address, "").await {
            Ok(wire) => sessions.push(wire),
            Err(head) => break head.expect("an answer"),
        }
        assert!(sessions.len() < MOST, "more sessions than open files");
    };
    assert!(sessions.len() > MOST / 3, "{}", sessions.len());
    assert_eq!(refused.status, 503);
    assert!(refused.header("retry-after").is_some());
    // As many again that ask nothing. Whoever asks is answered all the while.
    let mut silent = Vec::new();
    for _ in 0..MOST {
        silent.push(Wire::open(&address).await.unwrap());
        if silent.len() % 50 == 0 {
            sleep(Duration::from_millis(1_500)).await;
            assert_eq!(server.text("/healthz").await.0, 200);
            assert_eq!(session(&address, "").await.err().unwrap().expect("an answer").status, 503);
        }
    }
    network.post("ana", "1", "un #ville");
    for session in &mut sessions {
        while !session.text().await.unwrap().contains("un #ville") {}
    }
}
