use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt;
use std::time::{Duration, Instant};

use futures_util::future::select_all;
use parvis::clock::{Clock, SystemClock};
use parvis::demo::appview::Failure;
use parvis::demo::frames::wire::{Commit, POST};
use parvis::demo::jetstream::JetstreamSimulator;

use super::CITIES;
use super::beside::Beside;
use super::follower::Follower;
use super::plan::{Act, End, Fault, Life, Plan};
use crate::support::network::SimulatedNetwork;
use crate::support::server::Server;

/// What stands in posts that are over their time before anything begins.
pub const OVER: &str = "perime";
/// Frames that a duplicate or a rewind brings again.
const AGAIN: usize = 40;
const SIGABRT: i32 = 6;
/// A commit has been made by then, but for a post that no city asks for.
const COMMIT: Duration = Duration::from_millis(400);
const MORE_AFTER: Duration = Duration::from_secs(2);

/// Carries a plan out on the real program, and has the oracle look at what it shows.
pub struct Campaign {
    pub(super) plan: Plan,
    pub(super) network: SimulatedNetwork,
    pub(super) beside: Beside,
    pub(super) twin: JetstreamSimulator,
    pub(super) server: Server,
    pub(super) followers: Vec<(&'static str, Follower)>,
    rng: fastrand::Rng,
    /// Requests for profiles when the last fault of theirs began.
    asked: u64,
    pub(super) gaps: usize,
    /// What was carried out, and how often.
    pub fired: BTreeMap<String, usize>,
    pub kills: usize,
}

impl Campaign {
    pub async fn new(plan: Plan) -> Self {
        let mut network = SimulatedNetwork::start().await;
        let twin = network.add_instance(Duration::from_millis(1_300)).await;
        // Behind ours, so that after all its jumps it is not ahead: then our own clock would give every position.
        network.step_clock(-12 * 3_600);
        let beside = Beside::start(fastrand::Rng::with_seed(plan.seed ^ 2)).await;
        let server = Server::prepare(&network);
        let settings = std::fs::read_to_string(server.config()).unwrap() + &beside.settings(server.folder.path());
        std::fs::write(server.config(), settings).unwrap();
        let rng = fastrand::Rng::with_seed(plan.seed ^ 1);
        let (asked, gaps, kills, fired) = (0, 0, 0, BTreeMap::new());
        let campaign = Self { plan, network, beside, twin, server, followers: vec![], rng, asked, gaps, fired, kills };
        for (city, tag) in CITIES {
            campaign.write_city(city, tag);
        }
        campaign
    }

    /// Every life, then the last look.
    pub async fn run(&mut self, progress: impl Fn(usize, usize)) {
        if !super::points().is_empty() {
            self.upkeep().await;
        }
        let lives = self.plan.lives.clone();
        for (number, life) in lives.iter().enumerate() {
            self.live(number, life).await;
            progress(number + 1, lives.len());
        }
        self.begin(&[]).await;
        self.settle(lives.len()).await;
        self.look_closely().await;
        self.look_into_the_database().await;
    }

    /// Posts of more than a week ago are over their time at the first start, which dies between two steps of that.
    async fn upkeep(&mut self) {
        let then = SystemClock.now().plus_seconds(-9 * 86_400);
        let frame = |n: i64| {
            let (did, time_us) = (SimulatedNetwork::did("old"), then.as_micros() + n);
            let record = serde_json::json!({
                "$type": POST, "createdAt": then.to_rfc3339(), "langs": ["fr"], "text": format!("{OVER} {n} #ville"),
            });
            let rkey = format!("old{n}");
            Commit { did: &did, time_us, rev: format!("3{n}"), collection: POST, rkey: &rkey }
                .create(&record, "bafyreib")
        };
        let frames = self.server.folder.path().join("old.jsonl");
        std::fs::write(&frames, (0..50).map(|n| frame(n) + "\n").collect::<String>()).unwrap();
        let replayed =
            self.server.command(&["replay", "--source", "bluesky", frames.to_str().unwrap(), "--clock", "recorded"]);
        assert!(replayed.status.success(), "{replayed:?}");
        assert!(self.server.database_holds(OVER), "there is nothing to be over its time");
        self.server.spawn(&[("PARVIS_CRASH_AT", "retention-step:1")]);
        self.crash("retention-step", None).await;
        // The next one makes retention's end and dies in its first pass over the pages.
        self.server.spawn(&[("PARVIS_CRASH_AT", "scrub-step:1")]);
        self.crash("scrub-step", None).await;
    }

    fn fire(&mut self, what: &str) {
        *self.fired.entry(what.to_owned()).or_default() += 1;
    }

    pub(super) fn fail(&self, what: &str) -> ! {
        panic!("{what}\nseed {}; the server's log:\n{}", self.plan.seed, self.server.log_text());
    }

    pub(super) async fn wait(&self, what: &str, mut holds: impl FnMut() -> bool) {
        let deadline = Instant::now() + Duration::from_secs(20);
        while !holds() {
            if Instant::now() > deadline {
                self.fail(&format!("did not come to pass: {what}"));
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// Starts the server; the networks are well again.
    pub(super) async fn begin(&mut self, variables: &[(&str, &str)]) {
        self.network.appview.recover();
        self.network.jetstream.resume();
        self.twin.resume();
        let line = self.server.spawn(variables);
        if variables.is_empty() {
            if !line.contains("serves on") {
                self.fail("it did not start");
            }
            self.wait("the server connects", || self.network.jetstream.clients() + self.twin.clients() > 0).await;
        }
        if self.followers.is_empty() {
            // From the very beginning, so that they must come to have everything.
            let follow = |city| {
                let url = self.server.url(&format!("/api/v1/cities/{city}/live")).replace("http", "ws");
                (city, Follower::start(url))
            };
            self.followers = CITIES.map(|(city, _)| follow(city)).into();
            self.wait("the followers connect", || {
                self.followers.iter().all(|(_, follower)| follower.now().connections > 0)
            })
            .await;
        }
    }

    async fn live(&mut self, number: usize, life: &Life) {
        for act in &life.before {
            self.act(act).await;
        }
        let order = match life.end {
            End::Crash { point, nth } => Some(format!("{point}:{nth}")),
            End::Kill(_) | End::Settle => None,
        };
        // The followers come with the first life, and hear what is said from then on.
        if number > 0 {
            let fired = self.beside.while_down(matches!(life.end, End::Kill(_)));
            self.fire_all(fired);
        }
        self.begin(order.as_ref().map(|order| ("PARVIS_CRASH_AT", order.as_str())).as_slice()).await;
        let half = life.acts.len() / 2;
        for (number, act) in life.acts.iter().enumerate() {
            if number == half {
                let fired = self.beside.while_up();
                self.fire_all(fired);
            }
            self.act(act).await;
        }
        match life.end {
            End::Kill(after) => {
                tokio::time::sleep(Duration::from_millis(after)).await;
                self.server.kill();
                self.fire("kill");
            }
            End::Settle => {
                self.settle(number + 1).await;
                self.server.kill();
                self.fire("kill");
            }
            End::Crash { point, .. } => self.crash(point, Some(number)).await,
        }
        self.kills += 1;
    }

    /// Waits for the death that was ordered. On a slow machine several posts become one commit, so that there are not
    /// enough of these: then there is more to commit, in the life of that number.
    async fn crash(&mut self, point: &str, life: Option<usize>) {
        if point == "drain" {
            self.server.terminate();
        }
        let deadline = Instant::now() + Duration::from_secs(60);
        let (mut more_at, mut more) = (Instant::now() + MORE_AFTER, 0);
        let status = loop {
            if let Some(status) = self.server.has_ended() {
                break status;
            }
            if let Some(life) = life.filter(|_| Instant::now() > more_at) {
                more += 1;
                let author = format!("m{life}x{more}");
                let join = Act::Join { author: author.clone(), signed_in_only: false };
                let text = format!("qzm{life}x{more} #{}", CITIES[0].1);
                let post = Act::Post { author, key: "more".into(), text, ahead: 0 };
                for act in [join, post] {
                    self.act(&act).await;
                    self.plan.lives[life].acts.push(act);
                }
                more_at = Instant::now() + MORE_AFTER;
            }
            if Instant::now() > deadline {
                self.fail(&format!("the crash point {point} was not come to"));
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        };
        if status.signal() != Some(SIGABRT) {
            self.fail(&format!("it ended otherwise than at {point}: {status}"));
        }
        self.fire(point);
    }

    async fn act(&mut self, act: &Act) {
        let network = &self.network;
        match act {
            Act::Join { author, signed_in_only } => {
                network.join(author, if *signed_in_only { &["!no-unauthenticated"] } else { &[] });
            }
            Act::Post { author, key, text, ahead } => network.post_dated(author, key, text, *ahead),
            Act::Reply { author, key, text, to } => network.reply(author, key, text, (&to.0, &to.1)),
            Act::Edit { author, key, text } => network.edit(author, key, text),
            Act::Delete { author, key } => network.delete(author, key),
            Act::Label(author) => network.label(author, &["!no-unauthenticated"]),
            Act::Deactivate(author) => network.set_active(author, false),
            Act::Reactivate(author) => network.set_active(author, true),
            Act::Leave(author) => network.leave(author),
            Act::Retag { city, tag } => self.write_city(city, tag),
            Act::Pause(milliseconds) => tokio::time::sleep(Duration::from_millis(*milliseconds)).await,
            Act::Commit => {
                let told = self.followers.iter().map(|(_, follower)| Box::pin(follower.told()));
                let _ = tokio::time::timeout(COMMIT, select_all(told)).await;
            }
            Act::Fault(fault) => self.fault(*fault).await,
        }
    }

    fn write_city(&self, city: &str, tag: &str) {
        let text = format!(
            "name = \"{city}\"\nlanguages = [\"fr\"]\n[recipe]\ninvite = \"Parvis{city}\"\nhashtags = [\"{tag}\"]\n{}",
            self.beside.listed_by(city)
        );
        std::fs::write(self.server.folder.path().join(format!("cities/{city}.toml")), text).unwrap();
    }

    fn fire_all(&mut self, fired: Vec<&str>) {
        fired.into_iter().for_each(|what| self.fire(what));
    }

    /// Brings a fault about and makes sure that it was one.
    async fn fault(&mut self, fault: Fault) {
        let network = &self.network;
        let (first, twin) = (&network.jetstream, &self.twin);
        match fault {
            Fault::CutFrame => {
                let before = first.cut_frames() + twin.cut_frames();
                first.cut_next_frame();
                twin.cut_next_frame();
                self.network.rewind(1);
                self.wait("a frame is cut", || first.cut_frames() + twin.cut_frames() > before).await;
            }
            Fault::SwitchInstance => {
                let (at_first, at_twin) = (first.accepted(), twin.accepted());
                let was_at_first = first.clients() > 0;
                first.drop_clients();
                twin.drop_clients();
                let other_has_it =
                    || if was_at_first { twin.accepted() > at_twin } else { first.accepted() > at_first };
                self.wait("the other instance takes over", other_has_it).await;
            }
            Fault::Stall => {
                first.stall();
                twin.stall();
                assert!(first.clients() + twin.clients() > 0, "nobody would notice the silence");
            }
            Fault::Resume => {
                first.resume();
                twin.resume();
            }
            Fault::Duplicate => assert!(network.repeat(AGAIN) > 0),
            Fault::Rewind => assert!(network.rewind(AGAIN) > 0),
            Fault::KeepBack => network.keep_back(),
            Fault::Mixed => {
                if !network.let_go_mixed(&mut self.rng) {
                    // Chance has kept the order, or one author alone has spoken: no fault, and none is counted.
                    return;
                }
            }
            Fault::ClockForward => network.step_clock(60),
            Fault::ClockBack => {
                // Whoever comes later asks for what is stamped later, and no server can know what they would have heard.
                self.source_listens().await;
                self.network.step_clock(-100);
            }
            Fault::SlowProfiles => network.appview.delay(Duration::from_millis(150)),
            Fault::NoProfiles => network.appview.fail(Failure::Unavailable),
            Fault::RateLimited => network.appview.fail(Failure::RateLimited { retry_after: 1 }),
            Fault::Asked => {
                let asked = self.asked;
                self.wait("a profile is asked for", || self.network.appview.requests() > asked).await;
            }
            Fault::ProfilesRecover => network.appview.recover(),
            Fault::CursorTooOld => {
                // Further than two servers' clocks may differ, or nothing could be known to be missing.
                network.step_clock(30);
                network.forget_all();
                self.gaps += 1;
            }
        }
        self.asked = self.network.appview.requests();
        self.fire(&format!("{fault:?}"));
    }
}
