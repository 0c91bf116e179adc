//! The server as a whole, on a port of its own, with a feed log in memory.
//!
//! Owns what the tests share. Does not test what a unit test can. Invariant: each test has its own server.

mod answers;
mod api;
mod connections;
mod events;
mod live;
mod push;
mod query;

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::web::Data;
use arc_swap::ArcSwap;
use serde_json::Value;
use tokio::sync::watch;

use crate::clock::ManualClock;
use crate::domain::{
    Card, CardRenderer, City, CityId, CommitListener, Filter, Look, Network, PushDesk, Recipe, SourceHealth, SourceId,
    SourceState, Timestamp, Zone,
};
use crate::live::fake::{FakeLog, Step};
use crate::live::{Live, LiveLimits};
use crate::shutdown::Shutdown;

use super::view::{post_json, sources_json};
use super::*;

/// The product's JSON, and a plain stand-in for the page's cards.
struct Plain;

impl CardRenderer for Plain {
    fn json(&self, card: &Card) -> String {
        post_json(card)
    }

    fn html(&self, card: &Card, language: &'static str) -> String {
        format!("<article lang=\"{language}\">{}</article>", card.text)
    }
}

struct TestServer {
    address: String,
    log: Arc<FakeLog>,
    live: Arc<Live>,
    state: Data<AppState>,
    sources: watch::Sender<Arc<Vec<SourceHealth>>>,
    trouble: watch::Sender<String>,
    handle: ServerHandle,
}

/// Limits that let tests end soon.
fn limits() -> LiveLimits {
    LiveLimits { drain_jitter: Duration::ZERO, ..LiveLimits::default() }
}

fn settings() -> HttpSettings {
    HttpSettings {
        public_url: "https://parvis.example".into(),
        contact: Some("securite@parvis.example".into()),
        workers: Some(1),
        ..HttpSettings::default()
    }
}

async fn spawn() -> TestServer {
    spawn_with(limits(), settings()).await
}

async fn spawn_with(limits: LiveLimits, settings: HttpSettings) -> TestServer {
    spawn_with_desk(limits, settings, Arc::new(push::Fake::default())).await
}

async fn spawn_with_desk(limits: LiveLimits, settings: HttpSettings, desk: Arc<dyn PushDesk>) -> TestServer {
    let log = FakeLog::new("nantes");
    let live = Live::new(log.clone(), Arc::new(Plain), sources_json, limits);
    live.open_city(&log.city, log.ends());
    let (sources, health) = watch::channel(Arc::new(vec![source(SourceState::Connecting)]));
    let follower = (live.clone(), health.clone());
    tokio::spawn(async move { follower.0.follow_sources(follower.1).await });
    let now = Timestamp::parse_rfc3339("2026-11-21T12:00:00Z").unwrap();
    let directory = CityDirectory { cities: vec![Arc::new(city("nantes")), Arc::new(city("rennes"))], broken: vec![] };
    let (trouble_sender, trouble) = watch::channel(String::new());
    let state = Data::new(AppState {
        cities: Arc::new(ArcSwap::from_pointee(directory)),
        log: log.clone(),
        live: live.clone(),
        renderer: Arc::new(Plain),
        sources: health,
        trouble,
        clock: Arc::new(ManualClock::new(now)),
        shutdown: Shutdown::new(),
        metrics: Some(metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder().handle()),
        settings,
        forms: FormLimiter::default(),
        push: desk,
        mentions: Arc::new(answers::Inbox),
        gates: Gates::new(0),
        started_at: now,
        ready: true.into(),
    });
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let server = serve(state.clone(), vec![listener], |_| {}).unwrap();
    let handle = server.handle();
    tokio::spawn(server);
    TestServer { address, log, live, state, sources, trouble: trouble_sender, handle }
}

impl TestServer {
    fn step(&self, step: Step) {
        self.live.committed(&self.log.apply(step));
    }

    fn put(&self, id: u64, text: &str) {
        self.step(Step::Put { id, text: text.into(), tag: "nantes" });
    }

    async fn get(&self, path: &str) -> reqwest::Response {
        client().get(format!("http://{}{path}", self.address)).send().await.unwrap()
    }

    async fn json(&self, path: &str) -> Value {
        serde_json::from_slice(&self.get(path).await.bytes().await.unwrap()).unwrap()
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        // Sent at once; the server's task ends with the runtime in any case.
        drop(self.handle.stop(false));
    }
}

fn client() -> reqwest::Client {
    _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::new()
}

pub fn city(slug: &str) -> City {
    let zone = Zone { name: "Centre-ville".into(), boundary: None, below_cell: false, places: Vec::new() };
    City {
        id: CityId::new(slug),
        name: slug.to_uppercase(),
        country: Some("FR".into()),
        timezone: "Europe/Paris".into(),
        languages: vec!["fr".into(), "br".into()],
        boundary: None,
        zones: vec![zone],
        around: None,
        recipe: Recipe::default(),
        recipe_hash: "0123456789abcdef".into(),
        officials: Vec::new(),
        feeds: Vec::new(),
        mastodon: Vec::new(),
        pushes: Vec::new(),
        datasets: Vec::new(),
        participation: None,
        office_hours: Default::default(),
        approve_notices: false,
        on_duty: Default::default(),
        look: Look { accent: "#0a5".into(), accent_dark: "#5fa".into() },
        attribution: Vec::new(),
    }
}

fn source(state: SourceState) -> SourceHealth {
    SourceHealth {
        source: SourceId::new("bluesky"),
        network: Network::Bluesky,
        cities: None,
        polled: false,
        state,
        since: Timestamp::parse_rfc3339("2026-11-21T11:00:00Z").unwrap(),
        last_event_at: None,
        gaps: Vec::new(),
        detail: String::new(),
    }
}

/// A page that a reader looks at: what it shows, and where it goes on.
#[derive(Debug, Default)]
struct Page {
    shown: BTreeMap<String, String>,
    cursor: String,
    recovered: Option<bool>,
    /// Every message as it came.
    told: Vec<String>,
}

impl Page {
    async fn load(server: &TestServer, filters: &str) -> Self {
        let page = server.json(&format!("/api/v1/cities/nantes/posts?limit=100{filters}")).await;
        let posts = page["posts"].as_array().unwrap();
        let shown = posts.iter().map(|post| (text(post, "id"), text(post, "text"))).collect();
        Self { shown, cursor: text(&page, "cursor"), ..Self::default() }
    }

    fn take(&mut self, message: &str) {
        let json: Value = serde_json::from_str(message).unwrap();
        if let Some(cursor) = json["cursor"].as_str() {
            self.cursor = cursor.to_owned();
        }
        if json["type"] == "hello" {
            self.recovered = json["recovered"].as_bool();
        }
        for event in json["events"].as_array().into_iter().flatten() {
            if event["op"] == "remove" {
                self.shown.remove(&text(event, "id"));
            } else {
                self.shown.insert(text(&event["post"], "id"), text(&event["post"], "text"));
            }
        }
        self.told.push(message.to_owned());
    }

    fn is_what_the_page_shows(&self, server: &TestServer, filter: &Filter) {
        assert_eq!(self.shown, server.log.visible(filter));
    }
}

fn text(json: &Value, key: &str) -> String {
    json[key].as_str().unwrap_or_else(|| panic!("no {key} in {json}")).to_owned()
}
