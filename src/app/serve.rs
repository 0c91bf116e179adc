use std::collections::{HashMap, HashSet};
use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use actix_web::web::Data;
use anyhow::{Context, anyhow};
use arc_swap::ArcSwap;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::sync::{mpsc, watch};

use super::alerts::{Alerts, Sender};
use super::cities::{self, Listed};
use super::disk::watch_disk;
use super::drive::{Control, Inputs, Outputs, drive};
use super::following::Following;
use super::listen::{Forgotten, Listeners};
use super::push::{self, Desk};
use super::reload::Reload;
use super::told::{http_settings, live_limits, open_files, page_settings};
use super::upkeep::Upkeep;
use super::{Settings, intake, open_store, outbound, policy};
use crate::clock::Clock;
use crate::domain::{AccountResolver, Actor, AuthorLookup, City, FeedLog, SourceId, StaffDesk};
use crate::http::desk::{self, DeskState, Officer};
use crate::http::page::{self, DemoNote, PageRenderer, PageState};
use crate::http::{self, AppState, CityDirectory, ServedCities};
use crate::ingest::sources::{self, CitySources};
use crate::ingest::{self, SupervisorOptions};
use crate::intake::{Intake, Lookups};
use crate::live::Live;
use crate::monitor::Pace;
use crate::notify::mail::Mailer;
use crate::shutdown::Shutdown;
use crate::store::{Retention, Store};

/// Stored gaps that are looked through at the start for those of each source that are still shown.
const GAPS_MAX: usize = 1_000;

/// How long the start waits in all for networks to say who the listed accounts are. What comes later is taken in while
/// the server runs.
const LISTED_PATIENCE: Duration = Duration::from_secs(2);

/// How often looks at the desk's pages are written down.
const LOOKS_EVERY: Duration = Duration::from_secs(60);

pub struct ServeOptions {
    pub settings: Settings,
    pub clock: Arc<dyn Clock>,
    pub shutdown: Shutdown,
    /// Changes each city as it is read: the demonstration lists its own bodies.
    pub amend: Arc<dyn Fn(&mut City) + Send + Sync>,
    /// Who says whose handles are instead of the networks: the demonstration's are nowhere else.
    pub holders: Vec<Arc<dyn AccountResolver>>,
    /// Said on every page, when the posts are invented.
    pub demo: Option<DemoNote>,
    /// Frames to take in before anything is served, with the clock held at their own time.
    pub backlog: Option<Box<dyn Backlog>>,
    /// Called with the address once readers are served.
    pub on_ready: Box<dyn FnOnce(SocketAddr) + Send>,
}

/// What happened before the start, to be taken in through the same pipeline.
pub trait Backlog: Send {
    fn take_in<'a>(
        self: Box<Self>,
        intake: &'a mut Intake,
        store: &'a Store,
        lookups: &'a [Arc<dyn AuthorLookup>],
    ) -> futures_util::future::BoxFuture<'a, anyhow::Result<()>>;
}

/// Serves until shutdown is triggered; then lets readers go, commits what is decided and closes the store.
pub async fn serve(options: ServeOptions) -> anyhow::Result<()> {
    let ServeOptions { settings, clock, shutdown, amend, holders, demo, backlog, on_ready } = options;
    let metrics = metrics_handle()?;
    let listener = bind(&settings.http.listen)?;
    let address = listener.local_addr()?;

    let read = cities::read(&settings.cities.folder, &*amend, clock.now())?;
    for (slug, problem) in &read.broken {
        tracing::error!(slug, problem, "A city file can't be used; the other cities are served.");
    }
    let set = Arc::new(read.set);

    let forgotten = Forgotten::default();
    let live_cell: Arc<OnceLock<Arc<Live>>> = Arc::default();
    let listeners = Listeners { live: live_cell.clone(), forgotten: forgotten.clone() };
    let store = open_store(&settings, Some(Arc::new(listeners)), clock.clone()).await?;
    let log: Arc<dyn FeedLog> = Arc::new(store.clone());

    let outbound = outbound(&settings)?;
    let built = sources::build(&settings.source, &outbound, &clock)?;
    let makes = CitySources::new(&settings.source, &outbound, &clock, store.id_key())?;
    let doors = makes.doors();
    let lookups: Vec<Arc<dyn AuthorLookup>> =
        built.iter().filter_map(|source| source.lookup()).chain(makes.lookups()).collect();
    let fixed: HashSet<SourceId> = built.iter().map(|source| source.id()).collect();
    let mut checkpoints = HashMap::new();

    let mut intake = intake(&settings, &store, set.clone()).await?;
    let mut listed = Listed::new(cities::resolvers(&lookups, holders.into_iter().chain(sources::resolvers(&outbound))));
    let mut listed_answers = listed.ask(set.cities(), false);
    listed.take_within(&mut listed_answers, LISTED_PATIENCE).await;
    intake.listed = listed.of(set.cities());
    // Who came back just before the process died was still to be asked for, and no checkpoint remembers a question.
    intake.questions.extend(intake.authors.away().cloned());
    if let Some(backlog) = backlog {
        backlog.take_in(&mut intake, &store, &lookups).await?;
    }
    for source in &built {
        if let Some(checkpoint) = store.checkpoint(&source.id()).await? {
            checkpoints.insert(source.id(), checkpoint);
        }
    }

    let directory =
        Arc::new(ArcSwap::from_pointee(CityDirectory { cities: set.cities().to_vec(), broken: read.broken.clone() }));
    let served = Arc::new(ServedCities(directory.clone()));
    let renderer = Arc::new(PageRenderer::new(served.clone(), http::view::post_json));
    let connections = open_files(&settings);
    let live = Live::new(log.clone(), renderer.clone(), http::view::sources_json, live_limits(&settings, connections));
    // From here on every commit reaches the tails that are open.
    live_cell.set(live.clone()).map_err(|_set| anyhow!("the live side was started twice"))?;
    cities::open_tails(&live, &*log, set.cities()).await?;

    let (out, observations) = ingest::observations(ingest::QUEUED_MAX);
    // What is held is served also when no source is configured, or none is left.
    let _no_source_is_no_end = out.clone();
    let gaps = store.gaps(GAPS_MAX).await?;
    let rng = fastrand::Rng::new();
    let supervisor = ingest::start(
        built,
        SupervisorOptions { out, checkpoints, gaps, clock: clock.clone(), shutdown: shutdown.clone(), rng },
    );
    let health = supervisor.health();
    let board = supervisor.board();
    let mut following = Following::new(supervisor, makes, store.clone(), fixed);
    following.follow(set.cities()).await?;
    tokio::spawn({
        let (live, health) = (live.clone(), health.clone());
        async move { live.follow_sources(health).await }
    });

    let patient = |lookup: &Arc<dyn AuthorLookup>| (lookup.clone(), settings.source.profile_attempts(lookup.network()));
    let (lookup_tasks, answers) = Lookups::start(lookups.iter().map(patient).collect(), &shutdown);
    let (control_sender, control) = mpsc::channel::<Control>(64);
    let (waiting, mut is_waiting) = watch::channel(false);
    tokio::spawn({
        async move {
            while is_waiting.changed().await.is_ok() {
                let waiting = *is_waiting.borrow_and_update();
                board.set_waiting(waiting);
            }
        }
    });
    let (unwritten, is_unwritten) = watch::channel(String::new());
    let (delivering, deliveries) = mpsc::channel(push::QUEUED_MAX);
    let desk = Desk::new(doors, store.clone(), delivering, is_unwritten.clone(), clock.clone());
    let publisher = Arc::new(desk.clone());
    let driving = tokio::spawn(drive(
        intake,
        Inputs { observations, answers, control, deliveries, forgotten },
        Outputs { journal: Arc::new(store.clone()), lookups: lookup_tasks, waiting, unwritten },
        clock.clone(),
        shutdown.clone(),
    ));

    let (trouble_sender, trouble) = watch::channel(String::new());
    tokio::spawn(watch_disk(store.clone(), is_unwritten, trouble_sender, shutdown.clone()));
    let state = Data::new(AppState {
        cities: directory.clone(),
        log: log.clone(),
        live: live.clone(),
        renderer,
        sources: health.clone(),
        trouble,
        clock: clock.clone(),
        shutdown: shutdown.clone(),
        metrics: Some(metrics),
        settings: http_settings(&settings, connections)?,
        forms: http::FormLimiter::default(),
        push: Arc::new(desk),
        mentions: Arc::new(store.clone()),
        gates: http::Gates::new(settings.http.max_requests),
        started_at: clock.now(),
        ready: AtomicBool::new(false),
    });
    let pace = demo.as_ref().map_or(Pace::LIFE, |demo| Pace::times(demo.speed));
    let entropy = || {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).ok().map(|()| bytes)
    };
    let pages = Data::new(PageState {
        log,
        cities: served,
        moderation: Arc::new(store.clone()),
        mentions: Arc::new(store.clone()),
        register: Arc::new(store.clone()),
        sources: Arc::new(move || health.borrow().to_vec()),
        clock: clock.clone(),
        settings: page_settings(&settings, demo),
        trusted_proxies: state.settings.trusted_proxies.clone(),
        entropy,
    });
    let desk = DeskState::new(Arc::new(store.clone()), state.settings.trusted_proxies.clone(), entropy);
    let mut desk = desk.ok_or_else(|| anyhow!("the system has no randomness"))?;
    desk.publisher = Some(publisher);
    if pages.settings.demo.is_some() {
        desk.officers = Officer::all();
        for officer in &desk.officers {
            let cities = set.cities().iter().map(|city| city.id.clone());
            store.write(Actor::operator(), officer.account(cities)).await?;
        }
    }
    let desk = Data::new(desk);
    tokio::spawn(count_looks(desk.clone(), shutdown.clone()));
    let looked_at = desk.clone();
    let server = http::serve(state.clone(), vec![listener], move |config| {
        config.app_data(pages.clone()).app_data(desk.clone());
        desk::configure(config);
        page::configure(config);
    })?;
    let metrics_server = match settings.http.metrics_listen.as_str() {
        "" => None,
        listen => Some(tokio::spawn(http::serve_metrics(state.clone(), bind(listen)?)?)),
    };
    let handle = server.handle();
    let serving = tokio::spawn(server);

    let upkeep = Upkeep {
        store: store.clone(),
        directory: directory.clone(),
        lookups,
        control: control_sender.clone(),
        clock: clock.clone(),
        retention: Retention::from_days(settings.store.retention_days),
        shutdown: shutdown.clone(),
    };
    let upkeep = tokio::spawn(upkeep.run());
    let alerts = Alerts {
        store: store.clone(),
        directory: directory.clone(),
        clock: clock.clone(),
        pace,
        sender: Sender {
            mailer: Mailer::new(&settings.mail, &settings.http.public_url),
            outbound,
            public_url: settings.http.public_url.trim_end_matches('/').to_owned(),
        },
        shutdown: shutdown.clone(),
    };
    let alerts = tokio::spawn(alerts.run());
    let reload = Reload {
        files: read.files,
        amend,
        policy: policy(&settings),
        store: store.clone(),
        live: live.clone(),
        directory,
        control: control_sender,
        following,
        listed,
        answers: listed_answers,
        to_rematch: set.cities().iter().map(|city| city.id.clone()).collect(),
        served: set,
        clock: clock.clone(),
        broken: read.broken.into_iter().collect(),
        shutdown: shutdown.clone(),
    };
    let reload = tokio::spawn(reload.run());

    state.set_ready();
    on_ready(address);
    tracing::info!(%address, "Serving.");

    // Runs until told to stop, or until the pipeline can't go on: then our own data is at stake and all stops.
    let mut driving = driving;
    let ended = tokio::select! {
        () = shutdown.triggered() => None,
        ended = &mut driving => Some(ended),
    };
    shutdown.trigger();
    tracing::info!("Stopping.");
    http::drain(&state, &handle).await;
    let ended = match ended {
        Some(ended) => ended,
        None => driving.await,
    };
    if let Ok(following) = reload.await {
        following.stopped().await;
    }
    upkeep.await.ok();
    alerts.await.ok();
    serving.await.context("the web server")??;
    if let Some(server) = metrics_server {
        server.abort();
    }
    looked_at.write_looks().await;
    let closed = store.close().await;
    ended.context("the pipeline")??;
    Ok(closed?)
}

/// Writes down each minute how often the desk's pages were looked at; what comes after the last time is written at the end.
async fn count_looks(desk: Data<DeskState>, shutdown: Shutdown) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(LOOKS_EVERY) => desk.write_looks().await,
            () = shutdown.triggered() => return,
        }
    }
}

fn bind(listen: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(listen).with_context(|| format!("{listen} can't be listened on; give another with --listen"))
}

/// One recorder a process; tests and a demonstration may serve more than once in one.
fn metrics_handle() -> anyhow::Result<PrometheusHandle> {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    if let Some(handle) = HANDLE.get() {
        return Ok(handle.clone());
    }
    let handle = crate::telemetry::init_metrics()?;
    ingest::telemetry::describe();
    Ok(HANDLE.get_or_init(|| handle).clone())
}
