//! `parvis demo`: the product on hand-written posts, and the simulated networks that bring them.
//!
//! Owns the posts, their play over time, the simulators of Jetstream, AppView, feeds, agendas, Mastodon and Nostr, and the
//! services that push. Does not own the pipeline that takes the frames in, nor the pages. Invariant: no person, body or
//! post of the demonstration exists outside it.

mod ids;
mod pace;
mod rate;
mod serve;
mod weeks;

pub mod script;
pub mod player;
pub mod world;
pub mod frames;
pub mod jetstream;
pub mod appview;
pub mod agenda;
pub mod feeds;
pub mod mastodon;
pub mod nostr;
pub mod push;

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::clock::Clock;
use crate::domain::Timestamp;
use crate::shutdown::Shutdown;
use agenda::AgendaSimulator;
use appview::AppViewSimulator;
use feeds::FeedSimulator;
use frames::Stage;
use jetstream::JetstreamSimulator;
use mastodon::{Bridge, MastodonSimulator, Town};
use nostr::RelaySimulator;
use player::{Event, Performance, Player};
use script::{Expect, ScriptError, Scripts};
use world::SharedWorld;

pub use rate::{Rate, UnknownRate};
pub use weeks::{Weeks, WeeksPost};

/// Speeds outside are brought to the nearest end: slower would show nothing, faster would drown the page.
const SPEEDS: std::ops::RangeInclusive<f64> = 0.1..=20_000.0;

#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    #[error(transparent)]
    Script(#[from] ScriptError),
    #[error("the simulated network can't listen: {0}")]
    Listen(#[from] std::io::Error),
}

/// A running demonstration. It goes on until the shutdown it was started with.
pub struct Demo {
    /// For `[source.bluesky] endpoints`.
    pub jetstream_url: String,
    /// For `[source.bluesky] appview`.
    pub appview_url: String,
    /// The bodies that the cities' configurations are to list.
    pub officials: Vec<OfficialBody>,
    /// The frames of the days before the start, oldest first, each stamped with the time it is of. The simulated
    /// Jetstream has them in its window as well, so taking them in first and resuming after the last loses nothing.
    pub backlog: Vec<String>,
    pub rate: Rate,
    pub speed: f64,
    /// One English sentence for the terminal.
    pub note: String,
    pub jetstream: JetstreamSimulator,
    pub appview: AppViewSimulator,
    /// The sites whose feeds the cities' configurations are to list.
    pub feeds: FeedSimulator,
    /// The portal whose datasets the cities' configurations are to list.
    pub agenda: AgendaSimulator,
    /// For `[[source.mastodon]]`.
    pub mastodon: MastodonSimulator,
    /// Whose addresses nobody could be asked for.
    pub towns: Vec<Town>,
    /// For `[[source.nostr]]`.
    pub relay: RelaySimulator,
}

/// A public body of the demonstration; its account is the same in every run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfficialBody {
    /// The slug of its city.
    pub city: &'static str,
    pub name: String,
    /// ville, service, presse or association.
    pub group: String,
    /// Without `bsky:`.
    pub handle: String,
    pub did: String,
    /// Of a town hall: its account on Mastodon, without `mastodon:`.
    pub mastodon: Option<String>,
}

impl Demo {
    /// Starts the simulated networks on loopback ports and a task that plays on from `clock`'s now, `speed` times
    /// faster than honest (`None`: the rate's own). The same seed and start give the same play. Must be called inside
    /// a Tokio runtime.
    pub async fn start(
        rate: Rate,
        speed: Option<f64>,
        seed: u64,
        clock: Arc<dyn Clock>,
        shutdown: Shutdown,
    ) -> Result<Self, DemoError> {
        let speed = speed.filter(|speed| speed.is_finite()).unwrap_or(rate.default_speed());
        let speed = speed.clamp(*SPEEDS.start(), *SPEEDS.end());
        let scripts = Scripts::load()?;
        let now = clock.now();
        let Past { frames: backlog, player, stage, world } = Past::play(&scripts, rate, seed, now);
        let towns = mastodon::towns()?;
        let officials = officials(&scripts, &towns, &world, now);
        let jetstream = JetstreamSimulator::start(shutdown.clone()).await?;
        let appview = AppViewSimulator::start(world.clone(), shutdown.clone())?;
        let feeds = FeedSimulator::start(clock.clone(), shutdown.clone())?;
        let agenda = AgendaSimulator::start(rate, clock.clone(), shutdown.clone())?;
        let mastodon = MastodonSimulator::start(clock.clone(), shutdown.clone()).await?;
        mastodon::perform(&mastodon, rate, speed, clock.clone(), shutdown.clone())?;
        let relay = RelaySimulator::start(shutdown.clone()).await?;
        nostr::perform(&relay, rate, speed, clock.clone(), shutdown.clone())?;
        let mut bridge = Bridge::new(world, mastodon.clone());
        for frame in &backlog {
            bridge.carry(frame);
            jetstream.push(frame.as_str());
        }
        let performance = Performance::new(player, rate, speed, now);
        tokio::spawn(perform(performance, stage, (jetstream.clone(), bridge), clock, shutdown));
        let (least, most) = rate.posts_a_day().into_inner();
        let note = format!(
            "Sample posts by invented people, at the pace of a {} ({least}-{most} posts a day and city), {speed} times \
             faster.",
            rate.as_str()
        );
        let (jetstream_url, appview_url) = (jetstream.url(), appview.url());
        Ok(Self {
            jetstream_url,
            appview_url,
            officials,
            backlog,
            rate,
            speed,
            note,
            jetstream,
            appview,
            feeds,
            agenda,
            mastodon,
            towns,
            relay,
        })
    }
}

/// The frames of the days before `now`, in time order, each stamped with the time it is of.
pub fn backlog(rate: Rate, seed: u64, now: Timestamp) -> Result<Vec<String>, ScriptError> {
    Ok(Past::play(&Scripts::load()?, rate, seed, now).frames)
}

/// A play at the moment where the past ends and the performance begins.
struct Past {
    frames: Vec<String>,
    player: Player,
    stage: Stage,
    world: SharedWorld,
}

impl Past {
    fn play(scripts: &Scripts, rate: Rate, seed: u64, now: Timestamp) -> Self {
        let from = now.plus_seconds(-rate.backlog_seconds());
        let mut player = Player::new(scripts, seed, rate, from);
        let world = SharedWorld::default();
        let mut stage = Stage::new(world.clone());
        let mut frames = Vec::new();
        while let Some(event) = player.next_until(now) {
            let frame = stage.perform(&event, event.at);
            // The play begins at midnight before `from`, so that replies find what they answer.
            if event.at >= from {
                frames.extend(frame);
            }
        }
        Self { frames, player, stage, world }
    }
}

/// Plays on until the shutdown, each frame stamped with the time at which it is sent.
async fn perform(
    mut performance: Performance,
    mut stage: Stage,
    (jetstream, mut bridge): (JetstreamSimulator, Bridge),
    clock: Arc<dyn Clock>,
    shutdown: Shutdown,
) {
    let began = Instant::now();
    while let Some((due, event)) = performance.next_due() {
        // A duration that does not fit is centuries away; waiting a day for it is as good.
        let wait = Duration::try_from_secs_f64(due).unwrap_or(Duration::from_secs(86_400));
        tokio::select! {
            () = tokio::time::sleep_until(began + wait) => {}
            () = shutdown.triggered() => return,
        }
        if let Some(frame) = stage.perform(&event, clock.now()) {
            bridge.carry(&frame);
            jetstream.push(frame);
        }
    }
}

/// The bodies of all cities. They are made known to the world, so that a lookup finds them before they speak.
fn officials(scripts: &Scripts, towns: &[Town], world: &SharedWorld, now: Timestamp) -> Vec<OfficialBody> {
    let mut bodies = Vec::new();
    for city in scripts.cities() {
        for author in city.authors.iter().filter(|author| author.official) {
            let persona = player::persona(city, 0, 1, author);
            world.lock().join(&persona, now.plus_seconds(-365 * 86_400));
            let is_town_hall = author.group.as_deref() == Some("ville");
            let mastodon = towns.iter().find(|town| is_town_hall && town.city == city.slug);
            bodies.push(OfficialBody {
                city: city.slug,
                name: author.name.clone(),
                mastodon: mastodon.map(|town| town.account.clone()),
                group: author.group.clone().unwrap_or_default(),
                handle: persona.handle,
                did: persona.did,
            });
        }
    }
    bodies
}

/// A scripted post beside the frame that says it, for checking that the cities decide as the script expects.
#[derive(Clone, Debug)]
pub struct Rehearsed {
    pub city: &'static str,
    pub key: String,
    pub expect: Expect,
    pub frame: String,
}

/// What [`rehearse`] gives.
#[derive(Debug)]
pub struct Rehearsal {
    pub said: Vec<Rehearsed>,
    pub world: SharedWorld,
    pub officials: Vec<OfficialBody>,
}

/// Every post of every city once, replies after what they answer, a second apart and all before `now`; and the world
/// that results, before anybody edits, deletes or leaves.
pub fn rehearse(seed: u64, now: Timestamp) -> Result<Rehearsal, ScriptError> {
    let scripts = Scripts::load()?;
    let world = SharedWorld::default();
    let officials = officials(&scripts, &mastodon::towns()?, &world, now);
    let mut stage = Stage::new(world.clone());
    let mut said = Vec::new();
    let utterances = player::every_post_once(&scripts, seed);
    let begin = now.plus_seconds(-i64::try_from(utterances.len()).unwrap_or(0));
    for (second, (city, utterance)) in (0..).zip(utterances) {
        let line = Arc::clone(&utterance.line);
        let at = begin.plus_seconds(second);
        let event = Event { at, city, act: player::Act::Post(Box::new(utterance)) };
        if let Some(frame) = stage.perform(&event, at) {
            said.push(Rehearsed { city, key: line.post.key.clone(), expect: line.post.expect, frame });
        }
    }
    Ok(Rehearsal { said, world, officials })
}

#[cfg(test)]
mod tests;
