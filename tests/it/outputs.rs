//! What may not be seen is in no output, and what is taken back leaves every one of them.

use std::time::{Duration, Instant};

use futures_util::StreamExt;

use crate::support::network::SimulatedNetwork;
use crate::support::reader::Reader;
use crate::support::server::{Server, client};

/// Every public output that could carry a post's text.
const OUTPUTS: [&str; 10] = [
    "/ville",
    "/ville?hl=en",
    "/ville?tag=ville",
    "/api/v1/cities/ville/posts?limit=100",
    "/api/v1/cities/ville/posts?q=secret",
    "/ville/sources",
    "/api/v1/cities/ville/answers",
    "/api/v1/cities/ville/sources",
    "/",
    "/metrics",
];

pub async fn assert_in_no_output(server: &Server, secret: &str) {
    for path in OUTPUTS {
        let (_, text) = server.text(path).await;
        assert!(!text.contains(secret), "{path} holds {secret}");
    }
    assert!(!server.log_text().contains(secret), "the log holds {secret}");
}

/// Collects everything that a live output sends until dropped.
pub fn listen(server: &Server, path: &str) -> tokio::task::JoinHandle<String> {
    let (live, events) = (server.live_url(path), server.url("/api/v1/cities/ville/events"));
    let is_sse = path == "sse";
    tokio::spawn(async move {
        let mut heard = String::new();
        let end = tokio::time::Instant::now() + Duration::from_secs(6);
        if is_sse {
            let mut stream = client().get(events).send().await.unwrap().bytes_stream();
            while let Ok(Some(Ok(bytes))) = tokio::time::timeout_at(end, stream.next()).await {
                heard.push_str(&String::from_utf8_lossy(&bytes));
            }
        } else {
            let (mut socket, _) = tokio_tungstenite::connect_async(live).await.unwrap();
            while let Ok(Some(Ok(message))) = tokio::time::timeout_at(end, socket.next()).await {
                heard.push_str(&message.to_string());
            }
        }
        heard
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn l09_who_asked_for_signed_in_readers_is_in_no_output() {
    let network = SimulatedNetwork::start().await;
    network.join("ana", &[]);
    network.join("shy", &["!no-unauthenticated"]);
    let mut server = Server::prepare(&network);
    server.start();
    network.is_heard().await;
    let listeners = ["", "?format=html&hl=fr", "sse"].map(|path| listen(&server, path));
    tokio::time::sleep(Duration::from_millis(500)).await;
    network.post("shy", "1", "secret discret #ville");
    network.post("ana", "2", "bonjour #ville");
    server.wait_for_texts(&["bonjour #ville"]).await;
    // Somebody who was shown asks for the same afterwards: gone from everywhere.
    network.post("ana", "3", "secret tardif #ville");
    server.wait_for_texts(&["secret tardif #ville", "bonjour #ville"]).await;
    network.label("ana", &["!no-unauthenticated"]);
    server.wait_for_texts(&[]).await;
    assert_in_no_output(&server, "secret").await;
    for listener in listeners {
        let heard = listener.await.unwrap();
        assert!(heard.contains("bonjour"), "a listener heard nothing: {heard}");
        assert!(!heard.contains("secret discret"), "a live frame carried what may not be seen");
    }
    // A replay from the very beginning carries nothing of what has gone either.
    let mut reader = Reader::default();
    reader.read_for(&server.live_url(""), Duration::from_millis(300)).await;
    let (_, page) = server.text("/api/v1/cities/ville/posts").await;
    assert!(!page.contains("secret"));
    assert!(!server.database_holds("secret discret"), "a refused text was written");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d5_a_deletion_reaches_every_output_in_five_seconds_and_leaves_the_disk() {
    let network = SimulatedNetwork::start().await;
    network.join("ana", &[]);
    let mut server = Server::prepare(&network);
    server.start();
    network.is_heard().await;
    let mut reader = Reader::default();
    reader.read_for(&server.live_url(""), Duration::from_millis(100)).await;
    let beginning = reader.cursor.clone();
    network.post("ana", "1", "secret à effacer #ville");
    network.post("ana", "2", "reste #ville");
    server.wait_for_texts(&["reste #ville", "secret à effacer #ville"]).await;
    assert!(server.database_holds("secret à effacer"), "the test would see nothing");
    let began = Instant::now();
    network.delete("ana", "1");
    server.wait_for_texts(&["reste #ville"]).await;
    assert_in_no_output(&server, "secret").await;
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    reader.read_for(&server.live_url(""), Duration::from_millis(500)).await;
    assert_eq!(reader.posts.len(), 1);
    // Whoever comes back with the old cursor is told of the removal, and of nothing else.
    let mut late = Reader { cursor: beginning, ..Reader::default() };
    late.read_for(&server.live_url(""), Duration::from_millis(500)).await;
    assert_eq!(late.recovered, [true]);
    assert!(late.frames.iter().all(|frame| !frame.contains("secret")), "{:?}", late.frames);
    server.wait_until_erased("secret à effacer").await;
    // A replay of the network does not bring it back.
    server.kill();
    server.start();
    tokio::time::sleep(Duration::from_secs(1)).await;
    server.wait_for_texts(&["reste #ville"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn l11_deactivation_hides_reactivation_returns_to_the_old_place_and_leaving_erases() {
    let network = SimulatedNetwork::start().await;
    for author in ["ana", "bob"] {
        network.join(author, &[]);
    }
    let mut server = Server::prepare(&network);
    server.start();
    network.is_heard().await;
    network.post("ana", "1", "un #ville");
    server.wait_for_texts(&["un #ville"]).await;
    network.post("bob", "2", "deux #ville");
    server.wait_for_texts(&["deux #ville", "un #ville"]).await;
    network.post("ana", "3", "trois #ville");
    server.wait_for_texts(&["trois #ville", "deux #ville", "un #ville"]).await;
    network.set_active("ana", false);
    server.wait_for_texts(&["deux #ville"]).await;
    network.set_active("ana", true);
    server.wait_for_texts(&["trois #ville", "deux #ville", "un #ville"]).await;
    network.leave("ana");
    server.wait_for_texts(&["deux #ville"]).await;
    // The bytes leave the disk a moment after the page has changed.
    let deadline = Instant::now() + Duration::from_secs(20);
    while server.database_holds("trois #ville") {
        assert!(Instant::now() < deadline, "the text is still in the database's files");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn l24_the_operator_hides_erases_and_lets_leave_while_the_server_runs() {
    let network = SimulatedNetwork::start().await;
    for author in ["ana", "bob"] {
        network.join(author, &[]);
    }
    let mut server = Server::prepare(&network);
    server.start();
    network.is_heard().await;
    network.post("ana", "1", "secret un #ville");
    server.wait_for_texts(&["secret un #ville"]).await;
    network.post("bob", "2", "deux #ville");
    server.wait_for_texts(&["deux #ville", "secret un #ville"]).await;
    let posts = server.posts().await;
    let id = |at: usize| posts[at]["id"].as_str().unwrap().to_owned();

    let hidden = server.command(&["post", "hide", &id(1)]);
    assert!(hidden.status.success(), "{}", String::from_utf8_lossy(&hidden.stderr));
    // The command returns when it is done: not for a second longer.
    assert_in_no_output(&server, "secret").await;
    assert_eq!(server.text(&format!("/ville/why/{}", id(1))).await.0, 404);
    assert!(server.command(&["post", "hide", "--undo", &id(1)]).status.success());
    server.wait_for_texts(&["deux #ville", "secret un #ville"]).await;

    let export = server.command(&["person", "export", "ana.test.example"]);
    assert!(String::from_utf8_lossy(&export.stdout).contains("secret un"), "L-25: everything held is exported");
    assert!(server.command(&["person", "erase", "@ana.test.example"]).status.success());
    server.wait_for_texts(&["deux #ville"]).await;
    network.post("ana", "3", "secret encore #ville");
    network.post("bob", "4", "quatre #ville");
    server.wait_for_texts(&["quatre #ville", "deux #ville"]).await;
    assert_in_no_output(&server, "secret").await;

    assert!(server.command(&["post", "erase", &id(0)]).status.success());
    server.wait_for_texts(&["quatre #ville"]).await;
    let unknown = server.command(&["post", "erase", &id(0)]);
    assert_eq!(unknown.status.code(), Some(1));
    assert_eq!(String::from_utf8_lossy(&unknown.stderr).lines().count(), 1, "one clear line");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn l24_a_request_to_leave_reaches_the_operator() {
    let network = SimulatedNetwork::start().await;
    let mut server = Server::prepare(&network);
    server.start();
    let send = |site: &'static str| {
        client()
            .post(server.url("/ville/leave"))
            .header("sec-fetch-site", site)
            .header("content-type", "application/x-www-form-urlencoded")
            .body("network=bluesky&handle=%40ana.test.example&post=")
            .send()
    };
    assert_eq!(send("cross-site").await.unwrap().status(), 403, "A4");
    assert_eq!(send("same-origin").await.unwrap().status(), 200);
    let listed = server.command(&["person", "requests"]);
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    assert!(listed.contains("ana.test.example") && listed.lines().count() == 1, "{listed}");
    // Nothing is held of her yet; the network says whose handle it is, and she is never shown.
    network.join("ana", &[]);
    let erased = server.command(&["person", "erase", "ana.test.example"]);
    assert!(erased.status.success(), "{}", String::from_utf8_lossy(&erased.stderr));
    network.is_heard().await;
    network.join("bob", &[]);
    network.post("ana", "1", "trop tard #ville");
    network.post("bob", "2", "bonjour #ville");
    server.wait_for_texts(&["bonjour #ville"]).await;
    let listed = server.command(&["person", "requests"]);
    assert!(
        String::from_utf8_lossy(&listed.stdout).contains("No open requests"),
        "a request that was granted is closed"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w6_sigterm_sends_readers_away_and_leaves_in_time() {
    let network = SimulatedNetwork::start().await;
    network.join("ana", &[]);
    let mut server = Server::prepare(&network);
    server.start();
    network.is_heard().await;
    // From the page's cursor on, so that the post comes however late the session begins.
    let page = server.json("/api/v1/cities/ville/posts").await;
    let mut reader = Reader { cursor: page["cursor"].as_str().map(str::to_owned), ..Reader::default() };
    let url = server.live_url("");
    let reading = tokio::spawn(async move {
        reader.read_for(&url, Duration::from_secs(30)).await;
        reader
    });
    network.post("ana", "1", "un #ville");
    server.wait_for_texts(&["un #ville"]).await;
    let (took, status) = tokio::task::block_in_place(|| server.stop());
    assert!(took < Duration::from_secs(15), "{took:?}");
    assert_eq!(status, Some(0));
    let mut reader = reading.await.unwrap();
    network.post("ana", "2", "deux #ville");
    server.start();
    server.wait_for_texts(&["deux #ville", "un #ville"]).await;
    reader.read_for(&server.live_url(""), Duration::from_secs(1)).await;
    assert_eq!((reader.recovered.clone(), reader.posts.len()), (vec![true, true], 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dead_upstream_is_told_with_its_since_and_comes_back() {
    let network = SimulatedNetwork::start().await;
    let mut server = Server::prepare(&network);
    server.start();
    let state = async || {
        let health = server.json("/api/v1/cities/ville/sources").await;
        (
            health["sources"][0]["state"].as_str().unwrap().to_owned(),
            health["sources"][0]["since"].as_str().unwrap().to_owned(),
        )
    };
    let wait_for = async |wanted: &[&str]| {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let (state, since) = state().await;
            if wanted.contains(&state.as_str()) {
                return since;
            }
            assert!(Instant::now() < deadline, "{state}; log: {}", server.log_text());
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    wait_for(&["live"]).await;
    network.jetstream.refuse(503);
    network.jetstream.drop_clients();
    let since = wait_for(&["down"]).await;
    assert!(since.starts_with("20"), "{since}");
    let (_, page) = server.text("/ville/sources").await;
    assert!(page.contains("Bluesky"));
    network.jetstream.accept();
    wait_for(&["live"]).await;
}
