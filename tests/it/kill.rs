//! D1: the program is killed with -9 again and again while it reads; nothing is lost, doubled or reordered.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::network::SimulatedNetwork;
use crate::support::reader::Reader;
use crate::support::server::Server;

const KILLS: usize = 20;
const POSTS_A_ROUND: usize = 25;

/// What must be shown in the end: the last text of each post, by its native id.
#[derive(Default)]
struct Oracle {
    texts: BTreeMap<String, String>,
}

fn write_round(network: &SimulatedNetwork, oracle: &mut Oracle, rng: &mut fastrand::Rng, round: usize) {
    // New authors each round, so that every round has posts that wait for a profile when the kill comes.
    let authors: Vec<String> = (0..6).map(|n| format!("a{round}x{n}")).collect();
    for author in &authors {
        network.join(author, if author.ends_with("x5") { &["!no-unauthenticated"] } else { &[] });
    }
    for n in 0..POSTS_A_ROUND {
        let author = &authors[rng.usize(..authors.len())];
        let (key, text) = (format!("k{round}n{n}"), format!("message {round}.{n} #ville"));
        network.post(author, &key, &text);
        let uri = SimulatedNetwork::uri(author, &key);
        let is_shown = !author.ends_with("x5");
        match rng.u8(..10) {
            0 => network.delete(author, &key),
            1 => {
                network.edit(author, &key, &format!("{text} corrigé"));
                if is_shown {
                    oracle.texts.insert(uri, format!("{text} corrigé"));
                }
            }
            2 => network.edit(author, &key, "sans étiquette"),
            _ if is_shown => {
                oracle.texts.insert(uri, text);
            }
            _ => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d1_twenty_kills_lose_double_and_reorder_nothing() {
    let network = SimulatedNetwork::start().await;
    let mut server = Server::prepare(&network);
    let mut rng = fastrand::Rng::with_seed(20);
    let mut oracle = Oracle::default();
    let mut reader = Reader::default();
    // Profiles come late, so that posts are held when the kill comes.
    network.appview.delay(Duration::from_millis(150));
    for round in 0..KILLS {
        server.start();
        if round == 0 {
            network.is_heard().await;
        }
        write_round(&network, &mut oracle, &mut rng, round);
        let lived = Duration::from_millis(rng.u64(20..500));
        if reader.cursor.is_none() {
            // The first reader joins before anything is said to it, and then follows across every kill.
            reader.read_for(&server.live_url(""), Duration::from_millis(50)).await;
        }
        reader.read_for(&server.live_url(""), lived).await;
        server.kill();
    }
    network.appview.recover();
    server.start();
    let posts = settled(&server, &oracle).await;

    let mut shown: BTreeMap<String, String> = BTreeMap::new();
    for post in &posts {
        let before = shown.insert(text_of(post, "native_id"), text_of(post, "text"));
        assert!(before.is_none(), "{} stands twice", post["native_id"]);
    }
    assert_eq!(shown, oracle.texts, "lost, or shown and should not be; log: {}", server.log_text());
    assert_in_order_per_author(&posts);

    // The reader who followed with its cursor across all restarts has the same state as the page.
    reader.read_for(&server.live_url(""), Duration::from_secs(2)).await;
    assert!(reader.recovered.iter().all(|recovered| *recovered), "{:?}", reader.recovered);
    let first_seen = reader.posts.len();
    let page: BTreeMap<String, &Value> = posts.iter().map(|post| (text_of(post, "id"), post)).collect();
    for (id, post) in &reader.posts {
        assert_eq!(page.get(id).copied(), Some(post), "the reader's state differs from the page's");
    }
    assert!(first_seen + POSTS_A_ROUND >= page.len(), "{first_seen} of {} posts reached the reader", page.len());
}

fn text_of(post: &Value, key: &str) -> String {
    post[key].as_str().unwrap().to_owned()
}

/// The posts, once nothing more changes and as many are there as must be.
async fn settled(server: &Server, oracle: &Oracle) -> Vec<Value> {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let posts = server.posts().await;
        let health = server.json("/api/v1/cities/ville/sources").await;
        let is_live = health["sources"][0]["state"] == "live";
        if (posts.len() == oracle.texts.len() && is_live) || Instant::now() > deadline {
            tokio::time::sleep(Duration::from_secs(1)).await;
            return server.posts().await;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Posts of one author stand in the order in which they were written.
fn assert_in_order_per_author(posts: &[Value]) {
    let mut last: BTreeMap<String, (i64, String)> = BTreeMap::new();
    for post in posts.iter().rev() {
        let author = text_of(&post["author"], "id");
        let key = (post["position"].as_i64().unwrap(), text_of(post, "created_at"));
        if let Some(before) = last.insert(author, key.clone()) {
            assert!(before.0 < key.0 && before.1 <= key.1, "{before:?} then {key:?}");
        }
    }
}
