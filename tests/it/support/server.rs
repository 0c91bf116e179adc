use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use super::network::SimulatedNetwork;

/// The real program on a database of its own.
pub struct Server {
    pub folder: TempDir,
    port: u16,
    child: Option<Child>,
    client: reqwest::Client,
}

/// A city that every test serves.
pub const CITY: &str =
    "name = \"Ville\"\nlanguages = [\"fr\"]\n[recipe]\ninvite = \"ParvisVille\"\nhashtags = [\"ville\"]\n";

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Server {
    /// Writes a configuration for the simulated network, and does not start yet.
    pub fn prepare(network: &SimulatedNetwork) -> Self {
        Self::prepare_with(network, "")
    }

    pub fn prepare_with(network: &SimulatedNetwork, more: &str) -> Self {
        Self::prepare_at(&network.endpoints(), &network.appview.url(), more)
    }

    /// The same for streams and an AppView of the test's own.
    pub fn prepare_at(endpoints: &[String], appview: &str, more: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = free_port();
        let cities = folder.path().join("cities");
        std::fs::create_dir(&cities).unwrap();
        std::fs::write(cities.join("ville.toml"), CITY).unwrap();
        let settings = format!(
            "[http]\nlisten = \"127.0.0.1:{port}\"\npublic_url = \"http://localhost:{port}\"\n\
             [store]\nurl = \"sqlite://parvis.db\"\n[ingest]\nallow_private_networks = true\n\
             [source.bluesky]\nendpoints = {endpoints:?}\nappview = {appview:?}\nstall_seconds = 86400\n{more}"
        );
        std::fs::write(folder.path().join("parvis.toml"), settings).unwrap();
        Self { folder, port, child: None, client: client() }
    }

    pub fn config(&self) -> PathBuf {
        self.folder.path().join("parvis.toml")
    }

    pub fn start(&mut self) {
        let line = self.spawn(&[]);
        assert!(line.contains("serves on"), "it did not start: {}", self.log_text());
    }

    /// Starts where the system allows this many open files, and no more.
    pub fn start_with_open_files(&mut self, allowed: u32) {
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("ulimit -n {allowed}; exec \"$0\" \"$@\""), env!("CARGO_BIN_EXE_parvis")]);
        let line = self.spawn_by(shell, &[]);
        assert!(line.contains("serves on"), "it did not start: {}", self.log_text());
    }

    /// Starts with these variables set, and gives the first line said: empty when the program ended before.
    pub fn spawn(&mut self, variables: &[(&str, &str)]) -> String {
        self.spawn_by(Command::new(env!("CARGO_BIN_EXE_parvis")), variables)
    }

    fn spawn_by(&mut self, mut program: Command, variables: &[(&str, &str)]) -> String {
        let mut child = program
            .args(["serve", "--config"])
            .arg(self.config())
            .env("RUST_LOG", "warn,parvis::store::chain=info")
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .stderr(std::fs::OpenOptions::new().create(true).append(true).open(self.log()).unwrap())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        self.child = Some(child);
        line
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    pub fn log_text(&self) -> String {
        std::fs::read_to_string(self.log()).unwrap_or_default()
    }

    /// SIGKILL, in the middle of whatever it is doing.
    pub fn kill(&mut self) {
        let mut child = self.child.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// SIGTERM; returns how long it took and the exit status.
    pub fn stop(&mut self) -> (Duration, Option<i32>) {
        let began = Instant::now();
        self.terminate();
        let status = self.ended();
        (began.elapsed(), status)
    }

    /// SIGTERM, without waiting for the end.
    pub fn terminate(&self) {
        Command::new("kill").arg(self.pid().to_string()).status().unwrap();
    }

    /// Waits for the end; returns the exit status.
    pub fn ended(&mut self) -> Option<i32> {
        self.child.take().unwrap().wait().unwrap().code()
    }

    pub fn pid(&self) -> u32 {
        self.child.as_ref().unwrap().id()
    }

    /// How the program has ended, if it has.
    pub fn has_ended(&mut self) -> Option<ExitStatus> {
        self.child.as_mut().unwrap().try_wait().unwrap()
    }

    pub fn address(&self) -> std::net::SocketAddr {
        ([127, 0, 0, 1], self.port).into()
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    pub fn live_url(&self, query: &str) -> String {
        format!("ws://127.0.0.1:{}/api/v1/cities/ville/live{query}", self.port)
    }

    pub async fn text(&self, path: &str) -> (u16, String) {
        let response = self.client.get(self.url(path)).send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    pub async fn json(&self, path: &str) -> Value {
        let (status, text) = self.text(path).await;
        assert_eq!(status, 200, "{path}: {text}");
        serde_json::from_str(&text).unwrap()
    }

    /// What the only source is doing, as its page says it.
    pub async fn source_state(&self) -> String {
        let health = self.json("/api/v1/cities/ville/sources").await;
        let sources = health["sources"].as_array().unwrap();
        let bluesky = sources.iter().find(|source| source["network"] == "bluesky").unwrap();
        bluesky["state"].as_str().unwrap().to_owned()
    }

    /// Every post of the city, newest first.
    pub async fn posts(&self) -> Vec<Value> {
        self.posts_of("ville").await
    }

    pub async fn posts_of(&self, city: &str) -> Vec<Value> {
        let mut posts = Vec::new();
        let mut before = String::new();
        loop {
            let page = self.json(&format!("/api/v1/cities/{city}/posts?limit=100{before}")).await;
            posts.extend(page["posts"].as_array().unwrap().iter().cloned());
            match page["next"].as_str() {
                Some(next) => before = format!("&before={next}"),
                None => return posts,
            }
        }
    }

    /// Waits until the posts' texts, newest first, are these.
    pub async fn wait_for_texts(&self, expected: &[&str]) {
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            let texts: Vec<String> =
                self.posts().await.iter().map(|post| post["text"].as_str().unwrap().to_owned()).collect();
            if texts == expected {
                return;
            }
            assert!(Instant::now() < deadline, "{texts:?} instead of {expected:?}; log: {}", self.log_text());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Runs a command of the program on this server's configuration.
    pub fn command(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_parvis"))
            .args(arguments)
            .arg("--config")
            .arg(self.config())
            .env("RUST_LOG", "warn")
            .output()
            .unwrap()
    }

    /// Whether any file of the database holds these bytes.
    pub fn database_holds(&self, text: &str) -> bool {
        self.database_bytes().windows(text.len()).any(|window| window == text.as_bytes())
    }

    /// Waits until no file of the database holds these bytes: an erasure is committed first and gone from the log behind
    /// the database a moment later.
    pub async fn wait_until_erased(&self, text: &str) {
        let deadline = Instant::now() + Duration::from_secs(20);
        while self.database_holds(text) {
            assert!(Instant::now() < deadline, "{text:?} is still in the database's files");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// Every byte of the database and its side files, one file after another.
    pub fn database_bytes(&self) -> Vec<u8> {
        let of_database = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().contains(".db");
        let paths = files(self.folder.path()).into_iter().filter(of_database);
        paths.flat_map(|path| std::fs::read(path).unwrap_or_default()).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            child.kill().ok();
            child.wait().ok();
        }
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file()).collect()
}

pub fn client() -> reqwest::Client {
    rustls::crypto::ring::default_provider().install_default().ok();
    // The server ends connections on which nothing is asked for a minute; none is taken up again near that.
    reqwest::Client::builder().pool_idle_timeout(Duration::from_secs(5)).build().unwrap()
}
