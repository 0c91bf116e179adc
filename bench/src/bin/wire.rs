//! The row W2: the whole program on a database on disk, fed by the simulated network, read by 1,000 sessions.
//!
//! What is measured begins before what W2 promises: at the moment a post is due on the simulated network. It takes in
//! the network's hop, decoding, consent, the group commit and its flush to disk.

use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context;
use parvis::clock::{Clock, SystemClock};
use parvis::demo::appview::AppViewSimulator;
use parvis::demo::frames::facets;
use parvis::demo::frames::wire::{Commit, POST};
use parvis::demo::jetstream::JetstreamSimulator;
use parvis::demo::player::Persona;
use parvis::demo::world::SharedWorld;
use parvis::domain::Timestamp;
use parvis::shutdown::Shutdown;
use parvis_bench::load::{Door, Load, Outcome, Target, raise_open_files};
use parvis_bench::{Better, Figure, Row, door, is_quick};
use serde_json::json;
use tempfile::TempDir;

const READERS: usize = 1_000;
const POSTS_PER_S: f64 = 20.0;
const GOAL_MS: f64 = 200.0;
/// Posts are spread over so many authors.
const AUTHORS: usize = 50;

fn main() -> anyhow::Result<()> {
    raise_open_files();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let network = runtime.block_on(Network::start())?;
    let program = Program::start(&network)?;
    let target = Target {
        address: program.address,
        path: "/api/v1/cities/ville/live".into(),
        tls: None,
        door: Door::Lines(network.door),
        pids: vec![program.child.id()],
        template: "Place de la mairie, le marché est ouvert jusqu'à midi. #ville @STAMP@".into(),
    };
    let mut load = Load::connect(target, READERS)?;
    network.is_heard()?;
    let (time, rounds) = if is_quick() { (Duration::from_secs(4), 1) } else { (Duration::from_secs(20), 3) };
    // The first posts wait for their authors' profiles.
    load.run(POSTS_PER_S, Duration::from_secs(4))?;
    let mut runs: Vec<Outcome> = Vec::new();
    for _ in 0..rounds {
        let run = load.run(POSTS_PER_S, time)?;
        eprintln!("    p50 {:.1}, p99 {:.1}, p99.9 {:.1} ms; {} lost", run.p50_ms, run.p99_ms, run.p999_ms, run.lost);
        anyhow::ensure!(run.lost == 0 && run.out_of_order == 0, "{} lost, {} out of order", run.lost, run.out_of_order);
        runs.push(run);
    }
    let figure = |value: fn(&Outcome) -> f64| Figure::of(&runs.iter().map(value).collect::<Vec<f64>>(), "ms");
    let middle = figure(|run| run.p50_ms).median;
    Row::new(
        "W2",
        &format!("99th percentile from the network to the reader, whole program, {READERS} sessions × {POSTS_PER_S} posts/s"),
        Better::Smaller,
        figure(|run| run.p99_ms),
    )
    .with_goal(GOAL_MS, None)
    .noting(&format!(
        "Median {middle:.0} ms. Counted from the moment a post is due on the simulated network, so decoding, consent and \
         the group commit (at most every 50 ms) are in it."
    ))
    .print();
    drop(program);
    network.shutdown.trigger();
    Ok(())
}

/// The simulated Bluesky, with a door through which posts are written on it.
struct Network {
    jetstream: JetstreamSimulator,
    appview: AppViewSimulator,
    door: SocketAddr,
    shutdown: Shutdown,
}

impl Network {
    async fn start() -> anyhow::Result<Self> {
        let shutdown = Shutdown::new();
        let world = SharedWorld::default();
        for author in 0..AUTHORS {
            let persona = Persona {
                did: did(author),
                handle: format!("author{author}.test.example"),
                name: format!("Author {author}"),
                bio: String::new(),
                labels: Vec::new(),
            };
            world.lock().join(&persona, SystemClock.now());
        }
        let jetstream = JetstreamSimulator::start(shutdown.clone()).await?;
        let appview = AppViewSimulator::start(world, shutdown.clone())?;
        let mut written = 0_usize;
        let mut last = 0;
        let writer = jetstream.clone();
        let door = door::open(move |texts| {
            for text in texts {
                last = SystemClock.now().as_micros().max(last + 1);
                written += 1;
                writer.push(frame(written, last, &String::from_utf8_lossy(text)));
            }
        })
        .await?;
        Ok(Self { jetstream, appview, door, shutdown })
    }

    /// Waits until the program listens: a first connection hears only what comes after it.
    fn is_heard(&self) -> anyhow::Result<()> {
        let began = Instant::now();
        while self.jetstream.clients() == 0 {
            anyhow::ensure!(began.elapsed() < Duration::from_secs(10), "the program does not listen to the network");
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }
}

fn did(author: usize) -> String {
    format!("did:plc:inventedbenchmark{author:05}")
}

fn frame(number: usize, time_us: i64, text: &str) -> String {
    let created = Timestamp::from_micros(time_us).to_rfc3339();
    let record =
        json!({ "$type": POST, "text": text, "langs": ["fr"], "createdAt": created, "facets": facets(text, &[]) });
    let (did, key) = (did(number % AUTHORS), format!("3k{number:011}"));
    let commit = Commit { did: &did, time_us, rev: format!("3{time_us:016}"), collection: POST, rkey: &key };
    commit.create(&record, "bafyreib")
}

/// The real program, configured for the simulated network.
struct Program {
    child: Child,
    address: SocketAddr,
    _folder: TempDir,
}

impl Program {
    fn start(network: &Network) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let cities = folder.path().join("cities");
        std::fs::create_dir(&cities)?;
        std::fs::write(
            cities.join("ville.toml"),
            "name = \"Ville\"\nlanguages = [\"fr\"]\n[recipe]\ninvite = \"ParvisVille\"\nhashtags = [\"ville\"]\n",
        )?;
        let settings = folder.path().join("parvis.toml");
        std::fs::write(
            &settings,
            format!(
                "[http]\nlisten = \"{address}\"\npublic_url = \"http://localhost\"\n\
                 max_sessions_per_address = 20000\n[store]\nurl = \"sqlite://parvis.db\"\n\
                 [ingest]\nallow_private_networks = true\n[source.bluesky]\nendpoints = [{:?}]\nappview = {:?}\n",
                network.jetstream.url(),
                network.appview.url(),
            ),
        )?;
        let mut child = Command::new(std::env::current_exe()?.with_file_name("parvis"))
            .args(["serve", "--config"])
            .arg(settings)
            .env("RUST_LOG", "warn")
            .stdout(Stdio::piped())
            .spawn()
            .context("the program parvis is built beside this one")?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().context("its output")?).read_line(&mut line)?;
        anyhow::ensure!(line.contains("serves on"), "the program did not start: {line}");
        Ok(Self { child, address, _folder: folder })
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Its sessions need no goodbye.
        _ = self.child.kill();
        _ = self.child.wait();
    }
}
