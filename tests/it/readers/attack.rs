use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::crowd::{Crowd, Writer};
use super::hostile::{Ending, KINDS, Kind, PING_S, PONG_S, UNSENT_S};
use super::{address, is_set, limit, percentile, serve, sized};
use crate::support::network::SimulatedNetwork;
use crate::support::server::Server;

/// What a session can make the server hold: one frame of a batch (60 KiB), which it shares with those of its kind who
/// stand where it does, and what the allocator rounds up.
const SESSION_KB: usize = 64;
/// What all share: a city's tail (16 MiB), and as much for the allocator's own store.
const SHARED_KB: usize = 32 * 1024;
/// What a loaded machine may add to the promised times.
const PATIENCE: Duration = Duration::from_secs(8);

/// Where hostile clients live. They stand for other machines, so what they cost themselves gives way to the server and
/// to its good readers, who have the same two cores; what the server does for them does not.
struct Elsewhere {
    handle: Handle,
    _until: oneshot::Sender<()>,
}

impl Elsewhere {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (handle, (until, ends)) = (runtime.handle().clone(), oneshot::channel());
        std::thread::spawn(move || {
            // Of this thread alone, on Linux.
            rustix::process::nice(19).unwrap();
            _ = runtime.block_on(ends);
        });
        Self { handle, _until: until }
    }
}

/// A crowd of hostile clients; each that is ended comes again, until they are called off.
struct Mob<'a> {
    elsewhere: &'a Handle,
    attacks: JoinSet<Option<(Kind, Ending, Duration)>>,
    address: String,
    /// How many came so far; each has a number of its own.
    sent: u64,
    kinds: Vec<Kind>,
    endings: Vec<(Kind, Ending, Duration)>,
}

impl<'a> Mob<'a> {
    fn gather(elsewhere: &'a Elsewhere, address: String, size: usize, sent: u64) -> Self {
        let soak_only = |kind: &Kind| *kind == Kind::SlowSecondHead && !is_set("PARVIS_SOAK");
        let kinds = KINDS.into_iter().filter(|kind| !soak_only(kind)).collect();
        let (elsewhere, attacks) = (&elsewhere.handle, JoinSet::new());
        let mut mob = Self { elsewhere, attacks, address, sent, kinds, endings: Vec::new() };
        (0..size).for_each(|_| mob.send_one());
        mob
    }

    fn send_one(&mut self) {
        let kind = self.kinds[self.sent as usize % self.kinds.len()];
        let (address, number) = (self.address.clone(), self.sent);
        self.sent += 1;
        let attack = async move {
            // Not all in one instant.
            sleep(Duration::from_millis(number * 7 % 300)).await;
            let (_, within) = kind.promise();
            let ended = tokio::time::timeout(within + PATIENCE, kind.attack(&address, number)).await;
            let Ok(ended) = ended else { panic!("{kind:?} was let in for more than {within:?}") };
            ended.map(|(ending, took)| (kind, ending, took))
        };
        self.attacks.spawn_on(attack, self.elsewhere);
    }

    /// Keeps the mob at its size for a while.
    async fn rage(&mut self, duration: Duration) {
        let until = tokio::time::Instant::now() + duration;
        while let Ok(Some(ended)) = tokio::time::timeout_at(until, self.attacks.join_next()).await {
            self.endings.extend(ended.unwrap());
            self.send_one();
        }
    }

    /// Nobody comes again; waits until the server has ended the last.
    async fn dissolve(mut self) -> Vec<(Kind, Ending, Duration)> {
        while let Some(ended) = self.attacks.join_next().await {
            self.endings.extend(ended.unwrap());
        }
        self.endings
    }
}

/// Good readers beside as many hostile ones, in alternating windows with and without them. The delays of all windows
/// are taken together, since the p99 of one is its slowest post or two.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w3_h2_good_readers_do_not_feel_hostile_ones_who_are_all_ended_in_time() {
    let (good, hostile) = (sized(150, 1_000), sized(170, 1_000));
    let (windows, window) = (sized(2, 12), Duration::from_millis(sized(1_500, 10_000) as u64));
    let network = Arc::new(SimulatedNetwork::start().await);
    network.join("ana", &[]);
    let http = format!(
        "max_sessions_per_address = 5000\ntrusted_proxies = [\"127.0.0.1\"]\nping_seconds = {PING_S}\n\
         pong_seconds = {PONG_S}\nunsent_seconds = {UNSENT_S}"
    );
    let server = serve(&network, &http).await;
    let mut crowd = Crowd::gather(&address(&server), good).await;
    let _writer = Writer::start(network.clone(), 10);
    crowd.measure(Duration::from_secs(1)).await;

    let (elsewhere, mut sent) = (Elsewhere::new(), 0);
    let (mut calm, mut attacked, mut grown, mut endings) = (Vec::new(), Vec::new(), 0, Vec::new());
    for window_number in 1..=windows {
        let delays = crowd.delays(window).await;
        assert!(delays.len() > good, "{} posts reached {good} readers", delays.len());
        calm.extend(delays);
        let before = rss_kb(&server);
        let mut mob = Mob::gather(&elsewhere, address(&server), hostile, sent);
        mob.rage(Duration::from_millis(500)).await;
        let (delays, ()) = tokio::join!(crowd.delays(window), mob.rage(window));
        attacked.extend(delays);
        grown = grown.max(rss_kb(&server).saturating_sub(before));
        endings.append(&mut mob.endings);
        sent = mob.sent;
        match window_number == windows {
            true => endings.extend(mob.dissolve().await),
            false => drop(mob),
        }
        settles(&server, good).await;
    }
    crowd.assert_all_are_here(good);
    report(&endings);
    let bound_kb = hostile * SESSION_KB + SHARED_KB;
    println!("the server grew by {grown} KiB under attack; the bound is {bound_kb} KiB");
    assert!(grown <= bound_kb, "{grown} KiB");
    let [calm, attacked] = [&mut calm, &mut attacked].map(|delays| percentile(delays, 0.99));
    println!("{good} good and {hostile} hostile: p99 {calm:?} without, {attacked:?} with them");
    let tolerated = limit(calm.mul_f64(1.1) + Duration::from_millis(1), calm * 3 + PATIENCE / 16);
    assert!(attacked <= tolerated, "{attacked:?} instead of {calm:?}");
}

/// Every ending is one that was promised for its kind, in its time; and every kind was there.
fn report(endings: &[(Kind, Ending, Duration)]) {
    let mut slowest: BTreeMap<Kind, (usize, Duration)> = BTreeMap::new();
    for (kind, ending, took) in endings {
        let (allowed, within) = kind.promise();
        assert!(allowed.contains(ending), "{kind:?} was ended by {ending:?} instead of {allowed:?}");
        assert!(*took <= within + PATIENCE, "{kind:?} took {took:?}");
        let (count, most) = slowest.entry(*kind).or_default();
        *count += 1;
        *most = (*most).max(*took);
    }
    for (kind, (count, most)) in &slowest {
        println!("{kind:?}: {count} ended, the last after {most:.1?} of {:?}", kind.promise().1);
    }
    assert!(slowest.len() + 1 >= KINDS.len(), "some kind never attacked: {:?}", slowest.keys());
}

/// Waits until the server counts the good readers alone.
async fn settles(server: &Server, good: usize) {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        let (_, metrics) = server.text("/metrics").await;
        let sessions = metrics.lines().find_map(|line| line.strip_prefix("parvis_live_sessions "));
        if sessions == Some(good.to_string().as_str()) {
            return;
        }
        assert!(tokio::time::Instant::now() < deadline, "{sessions:?} sessions are counted, {good} are there");
        sleep(Duration::from_millis(50)).await;
    }
}

/// The server's resident memory.
fn rss_kb(server: &Server) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
