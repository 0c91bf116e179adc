//! The program on a server that we did not write: PyPI's `mastodon-mock`, which `make test` installs and names in
//! `MASTODON_MOCK`.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{configure, prepared};
use crate::support::network::SimulatedNetwork;
use crate::support::server::client;

const TOKEN: &str = "mock_token";

/// A running server; it ends with this.
struct Mock {
    child: Child,
    url: String,
    client: reqwest::Client,
}

impl Mock {
    async fn start(program: &Path, folder: &Path) -> Self {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let log = std::fs::File::create(folder.join("mock.log")).unwrap();
        let child = Command::new(program)
            .args(["serve", "--host", "127.0.0.1", "--in-memory", "--port", &port.to_string()])
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        let mock = Self { child, url: format!("http://127.0.0.1:{port}"), client: client() };
        let deadline = Instant::now() + Duration::from_secs(60);
        while mock.client.get(format!("{}/api/v2/instance", mock.url)).send().await.is_err() {
            let said = std::fs::read_to_string(folder.join("mock.log")).unwrap();
            assert!(Instant::now() < deadline, "it does not answer: {said}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        mock
    }

    async fn ask(&self, method: reqwest::Method, path: &str, body: Value) -> Value {
        let request = self.client.request(method, format!("{}{path}", self.url)).bearer_auth(TOKEN).json(&body);
        let answer = request.send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.json().await.unwrap()
    }

    async fn post(&self, text: &str) -> String {
        let body = json!({ "status": text, "visibility": "public", "language": "fr" });
        let posted = self.ask(reqwest::Method::POST, "/api/v1/statuses", body).await;
        posted["id"].as_str().unwrap().to_owned()
    }

    async fn edit(&self, id: &str, text: &str) {
        self.ask(reqwest::Method::PUT, &format!("/api/v1/statuses/{id}"), json!({ "status": text })).await;
    }

    async fn delete(&self, id: &str) {
        self.ask(reqwest::Method::DELETE, &format!("/api/v1/statuses/{id}"), json!({})).await;
    }
}

impl Drop for Mock {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d5_posts_edits_and_deletions_of_a_foreign_server_arrive_polled_and_streamed() {
    let Some(program) = std::env::var_os("MASTODON_MOCK").map(PathBuf::from) else {
        return println!("MASTODON_MOCK is not set: no foreign server is run here");
    };
    let folder = tempfile::tempdir().unwrap();
    let (mock, network) = (Mock::start(&program, folder.path()).await, SimulatedNetwork::start().await);
    let first = mock.post("Bonjour du marché #ville").await;
    mock.post("Rien à voir").await;
    let mut server = prepared(&network, &mock.url, None);
    server.start();
    server.wait_for_texts(&["Bonjour du marché #ville"]).await;
    server.stop();
    // What happened meanwhile is found by the next process, which streams.
    mock.edit(&first, "Bonsoir du marché #ville").await;
    configure(&server, &mock.url, Some(TOKEN));
    server.start();
    server.wait_for_texts(&["Bonsoir du marché #ville"]).await;
    let deadline = Instant::now() + Duration::from_secs(30);
    let mut tries = 0;
    // Nobody says when a subscription holds.
    let second = loop {
        tries += 1;
        let id = mock.post(&format!("En direct {tries} #ville")).await;
        tokio::time::sleep(Duration::from_secs(1)).await;
        let posts = server.posts().await;
        if posts[0]["text"].as_str().is_some_and(|text| text == format!("En direct {tries} #ville")) {
            break id;
        }
        mock.delete(&id).await;
        assert!(Instant::now() < deadline, "nothing is streamed: {}", server.log_text());
    };
    mock.edit(&second, "En direct, corrigé #ville").await;
    server.wait_for_texts(&["En direct, corrigé #ville", "Bonsoir du marché #ville"]).await;
    mock.delete(&second).await;
    server.wait_for_texts(&["Bonsoir du marché #ville"]).await;
    mock.delete(&first).await;
    server.wait_for_texts(&[]).await;
}
