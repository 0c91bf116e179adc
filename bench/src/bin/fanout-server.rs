//! The server under test: the product's own HTTP server, sessions, tail and renderers, on a feed log in memory. Only
//! what stands before the tail is left out: posts come in through a door and are handed on as the store does it.
//!
//! Arguments: the number of workers. Prints where it listens as one JSON line.

use std::net::TcpListener;
use std::sync::Arc;

use actix_web::web::Data;
use anyhow::Context;
use arc_swap::ArcSwap;
use futures_util::future::{BoxFuture, FutureExt, ready};
use parvis::clock::{Clock, SystemClock};
use parvis::domain::{
    Asked, City, CityId, CommitListener, Committed, Delivery, DeskAct, DeskAnswer, FeedLog, Look, MentionDesk,
    MentionItem, MentionPage, MentionQuery, PostId, PushDesk, PushRefusal, PushResult, Recipe, StaffName, StoreError,
    Timestamp,
};
use parvis::http::page::PageRenderer;
use parvis::http::{self, AppState, CityDirectory, FormLimiter, Gates, HttpSettings, ServedCities};
use parvis::live::{Live, LiveLimits};
use parvis::shutdown::Shutdown;
use parvis_bench::posts::{CITY, MemoryLog};
use parvis_bench::{door, load};
use tokio::sync::watch;

/// All readers of a run come from one address.
const SESSIONS_MAX: usize = 60_000;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let workers = std::env::args().nth(1).context("the number of workers")?.parse()?;
    load::raise_open_files();
    let log = MemoryLog::new();
    let city = CityId::new(CITY);
    let directory = CityDirectory { cities: vec![Arc::new(served(&city))], broken: Vec::new() };
    let directory = Arc::new(ArcSwap::from_pointee(directory));
    let renderer = Arc::new(PageRenderer::new(Arc::new(ServedCities(directory.clone())), http::view::post_json));
    let limits =
        LiveLimits { sessions_max: SESSIONS_MAX, sessions_per_address_max: SESSIONS_MAX, ..LiveLimits::default() };
    let live = Live::new(log.clone(), renderer.clone(), http::view::sources_json, limits);
    live.open_city(&city, log.head(&city).await?);

    let (_sources, health) = watch::channel(Arc::default());
    let (_trouble, trouble) = watch::channel(String::new());
    let state = Data::new(AppState {
        cities: directory,
        log: log.clone(),
        live: live.clone(),
        renderer,
        sources: health,
        trouble,
        clock: Arc::new(SystemClock),
        shutdown: Shutdown::new(),
        metrics: None,
        settings: HttpSettings { workers: Some(workers), ..HttpSettings::default() },
        forms: FormLimiter::default(),
        gates: Gates::new(0),
        started_at: SystemClock.now(),
        ready: true.into(),
        push: Arc::new(NobodySends),
        mentions: Arc::new(NobodyAsks),
    });
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let server = http::serve(state, vec![listener], |_| {})?;
    let door = door::open(move |texts| {
        let entries = vec![(city.clone(), log.append(texts))];
        live.committed(&Committed { entries, ..Committed::default() });
    })
    .await?;
    println!(r#"{{"live":"{address}","door":"{door}"}}"#);
    Ok(server.await?)
}

/// Posts come in through the door alone.
struct NobodySends;

impl PushDesk for NobodySends {
    fn deliver(&self, _: Delivery) -> BoxFuture<'_, Result<Vec<PushResult>, PushRefusal>> {
        ready(Err(PushRefusal::Unsigned)).boxed()
    }
}

/// Nor does anybody address the city.
struct NobodyAsks;

impl MentionDesk for NobodyAsks {
    fn mentions<'a>(&'a self, _: &'a CityId, _: MentionQuery) -> BoxFuture<'a, Result<MentionPage, StoreError>> {
        ready(Ok(MentionPage::default())).boxed()
    }

    fn mention<'a>(&'a self, _: &'a CityId, _: PostId) -> BoxFuture<'a, Result<Option<MentionItem>, StoreError>> {
        ready(Ok(None)).boxed()
    }

    fn act<'a>(
        &'a self,
        _: &'a CityId,
        _: PostId,
        _: DeskAct,
        _: StaffName,
    ) -> BoxFuture<'a, Result<DeskAnswer, StoreError>> {
        ready(Ok(DeskAnswer::NotFound)).boxed()
    }

    fn asked<'a>(&'a self, _: &'a CityId, _: Timestamp) -> BoxFuture<'a, Result<Vec<Asked>, StoreError>> {
        ready(Ok(Vec::new())).boxed()
    }
}

fn served(id: &CityId) -> City {
    City {
        id: id.clone(),
        name: "Nancy".into(),
        country: Some("FR".into()),
        timezone: "Europe/Paris".into(),
        languages: vec!["fr".into()],
        boundary: None,
        zones: Vec::new(),
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
