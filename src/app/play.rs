use std::io::Write;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::sync::Arc;

use anyhow::Context;
use futures_util::future::BoxFuture;
use jiff::Span;
use rust_embed::RustEmbed;

use super::serve::{Backlog, ServeOptions, serve};
use super::{Settings, documented_settings};
use super::{asked, past};
use crate::clock::{Clock, HeldClock};
use crate::demo::mastodon::TownHolders;
use crate::demo::{Demo, OfficialBody, Rate, push};
use crate::domain::{
    AccountRef, AuthorLookup, Checkpoint, City, Journal, Listing, Network, Official, OfficialKind, SecretPlace,
    SourceId, Timestamp,
};
use crate::http::page::DemoNote;
use crate::ingest::sources::{self, mastodon::MastodonSettings, nostr::NostrSettings};
use crate::intake::{Answer, Intake};
use crate::pipeline;
use crate::shutdown::Shutdown;
use crate::store::Store;

/// The cities that are shipped, for the demonstration needs no folder.
#[derive(RustEmbed)]
#[folder = "config/cities"]
struct ShippedCities;

/// Told the address, and in a sentence what is played.
pub type OnPlaying = Box<dyn FnOnce(SocketAddr, &str) + Send>;

pub struct DemoOptions {
    pub rate: Rate,
    pub speed: Option<f64>,
    pub seed: u64,
    pub listen: String,
    pub shutdown: Shutdown,
    /// Called once readers are served.
    pub on_ready: OnPlaying,
}

/// Serves the whole product on sample posts: the simulated networks play frames through the real sources and decoders
/// into a database in a temporary folder, which goes with the demonstration.
pub async fn demo(options: DemoOptions) -> anyhow::Result<()> {
    let clock = Arc::new(HeldClock::default());
    let demo = Demo::start(options.rate, options.speed, options.seed, clock.clone(), options.shutdown.clone()).await?;
    let folder = TemporaryFolder::create()?;
    for name in ShippedCities::iter() {
        let path = folder.0.join("cities").join(&*name);
        std::fs::create_dir_all(path.parent().unwrap_or(&folder.0))?;
        let file = ShippedCities::get(&name).with_context(|| format!("{name} is not shipped"))?;
        std::fs::write(&path, file.data)?;
    }
    let mut settings: Settings = documented_settings();
    settings.http.listen.clone_from(&options.listen);
    settings.http.public_url = format!("http://localhost:{}", options.listen.rsplit(':').next().unwrap_or("8080"));
    settings.store.url = format!("sqlite://{}", folder.0.join("parvis.db").display());
    settings.cities.folder = folder.0.join("cities");
    settings.ingest.allow_private_networks = true;
    // As many as a desktop's limit of open files allows without a word.
    settings.http.max_sessions = 2_000;
    if let Some(bluesky) = &mut settings.source.bluesky {
        bluesky.endpoints = vec![demo.jetstream_url.clone()];
        bluesky.appview.clone_from(&demo.appview_url);
        // A village's network is quiet for long, and that is no fault.
        bluesky.stall_seconds = 86_400;
    }
    // A demonstration is looked at for minutes.
    settings.source.mastodon =
        vec![MastodonSettings { every_seconds: 15, ..MastodonSettings::new(&demo.mastodon.url()) }];
    settings.source.nostr = vec![NostrSettings { relay: demo.relay.url(), ..NostrSettings::example() }];
    if let Some(feed) = &mut settings.source.feed {
        // A demonstration is looked at for minutes.
        feed.every_seconds = 60;
    }
    let key: Vec<u8> = std::iter::repeat_with(|| fastrand::u8(..)).take(32).collect();
    let secret = folder.0.join("secret");
    write_secret(&secret, &key)?;
    let secret = SecretPlace::File(secret);
    if let Some(opendata) = &mut settings.source.opendata {
        opendata.every_seconds = 60;
    }
    let (officials, feeds, agenda) = (demo.officials.clone(), demo.feeds.clone(), demo.agenda.clone());
    let (note, on_ready) = (demo.note.clone(), options.on_ready);
    let pushing = (clock.clone(), options.shutdown.clone());
    let began = clock.now();
    serve(ServeOptions {
        settings,
        clock: clock.clone(),
        shutdown: options.shutdown,
        amend: Arc::new(move |city| {
            list_officials(city, &officials, began);
            city.feeds = feeds.of(city.id.as_str());
            city.pushes = push::of(city.id.as_str(), &secret);
            city.datasets = agenda.of(city.id.as_str());
        }),
        holders: vec![Arc::new(TownHolders(demo.towns.clone()))],
        demo: Some(DemoNote { speed: demo.speed.round() as u32 }),
        backlog: Some(Box::new(Past { frames: demo.backlog.clone(), rate: options.rate, seed: options.seed, clock })),
        on_ready: Box::new(move |address| {
            let (clock, shutdown) = pushing;
            tokio::spawn(push::perform(address, key, clock, shutdown));
            on_ready(address, &note);
        }),
    })
    .await
}

/// A secret of Standard Webhooks, in a file that nobody else may read.
fn write_secret(path: &std::path::Path, key: &[u8]) -> std::io::Result<()> {
    let mut file = std::fs::File::options().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(format!("whsec_{}", data_encoding::BASE64.encode(key)).as_bytes())
}

fn list_officials(city: &mut City, officials: &[OfficialBody], now: Timestamp) {
    let today = jiff::Timestamp::from_microsecond(now.as_micros()).unwrap_or_default().to_zoned(city.zone()).date();
    let last = today.checked_add(Span::new().years(1)).ok();
    let bodies = officials.iter().filter(|body| body.city == city.id.as_str());
    city.officials.extend(bodies.map(|body| {
        Official {
            name: body.name.clone(),
            group: body.group.clone(),
            kind: match body.group.as_str() {
                "presse" => OfficialKind::Press,
                "association" => OfficialKind::Association,
                "service" => OfficialKind::Service,
                _ => OfficialKind::Institution,
            },
            accounts: std::iter::once(AccountRef { network: Network::Bluesky, handle: body.handle.clone() })
                .chain(body.mastodon.clone().map(|handle| AccountRef { network: Network::Mastodon, handle }))
                .collect(),
            listing: Listing {
                // A name on Bluesky is a domain of its own; here it stands for that of the town's site.
                site: Some(body.handle.clone()),
                reason: match body.group.as_str() {
                    "presse" => "Raconte la ville\u{a0}; n’en est pas la voix.",
                    "association" => "Des gens d’ici, qui ont demandé à être listés.",
                    "service" => "Un service de la ville\u{a0}: ses travaux, ses horaires.",
                    _ => "La mairie\u{a0}: ce qui change en ville, et ses réponses.",
                }
                .into(),
                since: Some(today),
                until: last,
            },
        }
    }));
}

/// The days before the demonstration, taken in with the clock held at each frame's own time.
struct Past {
    frames: Vec<String>,
    rate: Rate,
    seed: u64,
    clock: Arc<HeldClock>,
}

/// Frames between two commits of the past.
const COMMIT_EVERY: usize = 200;

impl Backlog for Past {
    fn take_in<'a>(
        self: Box<Self>,
        intake: &'a mut Intake,
        store: &'a Store,
        lookups: &'a [Arc<dyn AuthorLookup>],
    ) -> BoxFuture<'a, anyhow::Result<()>> {
        Box::pin(async move {
            let mut decoder = sources::decoder(Network::Bluesky).context("no decoder")?;
            let mut last: Option<(SourceId, Checkpoint)> = None;
            for (index, frame) in self.frames.iter().enumerate() {
                let observation = decoder.decode(frame.as_bytes());
                if let Some(at) = observation.sent_at {
                    self.clock.hold(at);
                }
                last = observation.checkpoint.clone().map(|at| (observation.source.clone(), at)).or(last);
                pipeline::observe(intake, observation, self.clock.now());
                for (network, author) in std::mem::take(&mut intake.questions) {
                    let profiles = match lookups.iter().find(|lookup| lookup.network() == network) {
                        Some(lookup) => lookup.profiles(vec![author.as_str().to_owned()]).await?,
                        None => Vec::new(),
                    };
                    let answer = match profiles.into_iter().next() {
                        Some(profile) => Answer::Found(Box::new(profile)),
                        None => Answer::Unknown(network, author),
                    };
                    pipeline::answered(intake, answer, self.clock.now());
                }
                if index % COMMIT_EVERY == COMMIT_EVERY - 1 {
                    store.commit(Arc::new(intake.take_batch())).await?;
                }
            }
            store.commit(Arc::new(intake.take_batch())).await?;
            self.clock.release();
            let opens = self.clock.now().plus_seconds(-self.rate.backlog_seconds());
            past::count(store, intake, self.rate, self.seed, opens).await?;
            Ok(asked::begin(store, intake.cities.cities(), self.clock.now()).await?)
        })
    }
}

/// A folder that is removed with everything in it when it is dropped.
struct TemporaryFolder(std::path::PathBuf);

impl TemporaryFolder {
    fn create() -> std::io::Result<Self> {
        let name = format!("parvis-demo-{}-{:08x}", std::process::id(), fastrand::u32(..));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path)?;
        Ok(Self(path))
    }
}

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}
