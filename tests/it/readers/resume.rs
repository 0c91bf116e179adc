use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use parvis::domain::{Cursor, Epoch, Offset};
use serde_json::Value;
use tokio::time::Instant;

use super::follower::{Follower, Form, Log, stay};
use super::{address, prepare, seed, serve, sized, wire};
use crate::support::network::SimulatedNetwork;
use crate::support::server::Server;

const READERS: usize = 24;
const AUTHORS: [&str; 4] = ["ana", "bob", "eve", "zoe"];

/// Posts, edits, deletions, hidden and returning authors, one each few milliseconds, until told to stop.
async fn write(network: Arc<SimulatedNetwork>, stop: Arc<AtomicBool>, mut rng: fastrand::Rng) {
    let mut written: Vec<(&str, String)> = Vec::new();
    let mut number = 0;
    while !stop.load(Ordering::Relaxed) {
        number += 1;
        let earlier = (!written.is_empty()).then(|| written[rng.usize(..written.len())].clone());
        match (rng.u8(..100), earlier) {
            (0..12, Some((author, key))) => {
                let tags = if rng.bool() { "#ville" } else { "#ville #sport" };
                network.edit(author, &key, &format!("corrigé {number} {tags}"));
            }
            (12..15, Some((author, key))) => network.edit(author, &key, "sans étiquette"),
            (15..22, Some((author, key))) => network.delete(author, &key),
            (22, _) => {
                network.set_active("zoe", false);
                tokio::time::sleep(Duration::from_millis(30)).await;
                network.set_active("zoe", true);
            }
            _ => {
                // Zoe, who goes and returns, writes seldom: each time all of hers is an entry of the log anew.
                let author = if rng.u8(..50) == 0 { "zoe" } else { AUTHORS[rng.usize(..AUTHORS.len() - 1)] };
                let key = format!("k{number}");
                let tags = if rng.bool() { "#ville" } else { "#ville #sport" };
                network.post(author, &key, &format!("message {number} {tags}"));
                written.push((author, key));
            }
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Readers come and go at random while posts are written and the server is stopped, by signal and by force; in the
/// end each holds what the page shows, and was told each entry of the log once and in order.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w1_disconnects_across_restarts_lose_double_and_reorder_nothing() {
    let disconnects = sized(1_500, 10_000);
    let restarts = sized(4, 40);
    let mut rng = fastrand::Rng::with_seed(seed(1));
    let network = Arc::new(SimulatedNetwork::start().await);
    AUTHORS.iter().for_each(|author| network.join(author, &[]));
    let mut server = prepare(&network, "max_sessions_per_address = 5000");
    server.start();
    network.is_heard().await;
    let start = server.json("/api/v1/cities/ville/posts").await["cursor"].as_str().unwrap().to_owned();

    let stop = Arc::new(AtomicBool::new(false));
    let writing = tokio::spawn(write(network.clone(), stop.clone(), rng.fork()));
    let (log, done) = (Arc::new(Log::default()), Arc::new(AtomicUsize::new(0)));
    let mut reading = Vec::new();
    for number in 0..READERS {
        let form = [Form::Json, Form::Html, Form::Events][number % 3];
        let mut follower = Follower::new(form, if number % 2 == 0 { "" } else { "&tag=sport" }, &start);
        let (address, log, done, mut rng) = (address(&server), log.clone(), done.clone(), rng.fork());
        reading.push(tokio::spawn(async move {
            while done.load(Ordering::SeqCst) < disconnects {
                let stay = stay(&mut rng);
                if rng.u8(..8) == 0 {
                    follower.turn_away(&address, stay / 10).await;
                }
                match follower.follow(&address, &log, stay, |_| false).await {
                    true => _ = done.fetch_add(1, Ordering::SeqCst),
                    // Nobody is there.
                    false => tokio::time::sleep(Duration::from_millis(5)).await,
                }
            }
            follower
        }));
    }
    for round in 1..=restarts {
        while done.load(Ordering::SeqCst) < disconnects * round / (restarts + 1) {
            assert!(reading.iter().all(|reader| !reader.is_finished()), "a reader stopped");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        tokio::task::block_in_place(|| {
            if round % 2 == 0 {
                server.kill()
            } else {
                assert_eq!(server.stop().1, Some(0))
            }
            server.start();
        });
    }
    let mut followers = Vec::new();
    for reader in reading {
        followers.push(reader.await.unwrap());
    }
    stop.store(true, Ordering::Relaxed);
    writing.await.unwrap();
    // What is decided late may come between the end and the page that is held against it.
    let mut attempt = 0;
    loop {
        come_to_the_end(&network, &server, &mut followers, &log, attempt).await;
        if hold_what_the_page_shows(&server, &followers, &log).await {
            break;
        }
        attempt += 1;
        assert!(attempt < 10, "the log does not come to rest");
    }
    let events: u64 = followers.iter().map(|follower| follower.events).sum();
    println!("{} disconnects, {restarts} restarts, {events} events applied", done.load(Ordering::SeqCst));
    assert!(events > disconnects as u64 / 4, "{events} events tell nothing");
}

/// Brings every reader to a post that is the last entry of the log. Others may come behind it, as when an author's
/// return is decided late: then another is written.
async fn come_to_the_end(
    network: &SimulatedNetwork,
    server: &Server,
    followers: &mut [Follower],
    log: &Log,
    attempt: usize,
) {
    for round in 0..20 {
        let words = format!("la fin {attempt} {round} #ville #sport");
        network.post("ana", &format!("fin{attempt}x{round}"), &words);
        let last = wait_for_post(server, &words).await;
        for follower in &mut *followers {
            let is_at_end = |follower: &Follower| follower.posts.contains_key(&last);
            follower.follow(&address(server), log, Duration::from_secs(30), is_at_end).await;
            assert!(follower.posts.contains_key(&last), "{follower:?} did not come to the end");
        }
        let head = server.json("/api/v1/cities/ville/posts?limit=1").await["cursor"].as_str().unwrap().to_owned();
        if followers.iter().all(|follower| follower.cursor == head) {
            return;
        }
    }
    panic!("the log does not come to rest");
}

/// Whether the log was at rest meanwhile, so that there was something to hold against each other.
async fn hold_what_the_page_shows(server: &Server, followers: &[Follower], log: &Log) -> bool {
    for filter in ["", "&tag=sport"] {
        let page = all_posts(server, filter).await;
        let (_, html) = server.text(&format!("/ville?hl=fr{filter}")).await;
        let head = server.json("/api/v1/cities/ville/posts?limit=1").await["cursor"].as_str().unwrap().to_owned();
        if followers.iter().any(|follower| follower.cursor != head) {
            return false;
        }
        for follower in followers.iter().filter(|follower| follower.filter == filter) {
            assert!(follower.was_in_order(log), "{follower:?} was told out of order, or twice");
            let (held, shown): (BTreeSet<_>, BTreeSet<_>) = (follower.posts.keys().collect(), page.keys().collect());
            let differ: Vec<_> = held.symmetric_difference(&shown).collect();
            assert!(differ.is_empty(), "{follower:?} and the page differ in {differ:?}; log: {}", server.log_text());
            for (id, kept) in &follower.posts {
                if follower.form == Form::Html {
                    assert_eq!(kept[0], page[id]["position"]);
                    // The page shows the last fifty; the cards on it are those of the frames, to the byte.
                    let card = kept[1].as_str().unwrap();
                    assert!(!html.contains(&format!("id=\"post-{id}\"")) || html.contains(card.trim()), "{card}");
                } else {
                    assert_eq!(kept, &page[id], "{follower:?}");
                }
            }
        }
    }
    true
}

/// The id of the post with this text.
async fn wait_for_post(server: &Server, text: &str) -> String {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let page = server.json("/api/v1/cities/ville/posts?limit=5").await;
        let last = page["posts"].as_array().unwrap().iter().find(|post| post["text"] == text);
        if let Some(post) = last {
            return post["id"].as_str().unwrap().to_owned();
        }
        assert!(Instant::now() < deadline, "the last post is not shown; log: {}", server.log_text());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn all_posts(server: &Server, filter: &str) -> BTreeMap<String, Value> {
    let mut posts = BTreeMap::new();
    let mut before = String::new();
    loop {
        let page = server.json(&format!("/api/v1/cities/ville/posts?limit=100{filter}{before}")).await;
        for post in page["posts"].as_array().unwrap() {
            posts.insert(post["id"].as_str().unwrap().to_owned(), post.clone());
        }
        match page["next"].as_str() {
            Some(next) => before = format!("&before={next}"),
            None => return posts,
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w1_beyond_the_log_a_reader_is_told_to_load_the_page_again() {
    let network = SimulatedNetwork::start().await;
    network.join("ana", &[]);
    let server = serve(&network, "").await;
    network.post("ana", "1", "un #ville");
    server.wait_for_texts(&["un #ville"]).await;
    let page = server.json("/api/v1/cities/ville/posts").await;
    let now = Cursor::parse(page["cursor"].as_str().unwrap()).unwrap();
    let ahead = Cursor { offset: Offset(now.offset.0 + 1), ..now };
    let of_another_log = Cursor { epoch: Epoch(now.epoch.0 + 1), ..now };
    let of_another_city = Cursor { city: now.city + 1, ..now };
    for lost in [ahead, of_another_log, of_another_city] {
        let mut wire = wire::session(&address(&server), &format!("?cursor={}", lost.token())).await.ok().unwrap();
        let hello: Value = serde_json::from_str(&wire.text().await.unwrap()).unwrap();
        assert_eq!((&hello["recovered"], &hello["cursor"]), (&Value::Bool(false), &page["cursor"]), "{lost:?}");
    }
}
