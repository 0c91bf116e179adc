//! D6: a full disk. Reading goes on, nothing is lost, and writing mends itself once there is room again.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, Row};

use parvis::clock::{Clock, SystemClock};
use standardwebhooks::Webhook;

use crate::push::{SECRET, list, write_secret};
use crate::support::network::SimulatedNetwork;
use crate::support::reader::Reader;
use crate::support::server::{Server, client};

/// Names the small disk to the process that runs on it.
const SMALL_DISK: &str = "PARVIS_SMALL_DISK";
const NAME: &str = "disk::d6_a_full_disk_keeps_reading_moves_nothing_and_heals";

/// Runs this very test again where a small disk can be mounted: in namespaces of its own.
fn run_on_a_small_disk() {
    let folder = tempfile::tempdir().unwrap();
    let script = format!(
        "mount -t tmpfs -o size=12m none {disk:?} || exit 77; {SMALL_DISK}={disk:?} TMPDIR={disk:?} exec {test:?} --exact {NAME} --nocapture",
        disk = folder.path(),
        test = std::env::current_exe().unwrap(),
    );
    let ran = Command::new("unshare").args(["-Urm", "sh", "-c", &script]).output();
    match ran {
        Err(error) => eprintln!("skipped: no unshare on this machine: {error}"),
        Ok(ran) => {
            let said = String::from_utf8_lossy(&ran.stderr);
            // Where the kernel gives no namespaces, or no mount in them, there is no small disk to be had.
            if ran.status.code() == Some(77) || said.contains("unshare failed") {
                eprintln!("skipped: no small disk can be mounted here: {said}");
                return;
            }
            assert!(ran.status.success(), "{}\n{said}", String::from_utf8_lossy(&ran.stdout));
        }
    }
}

/// Takes all the room that is left.
fn fill(disk: &Path) -> PathBuf {
    use std::io::Write;
    let path = disk.join("ballast");
    let mut ballast = std::fs::File::create(&path).unwrap();
    for size in [65_536, 4_096, 1] {
        while ballast.write_all(&vec![1; size]).is_ok() {}
    }
    path
}

async fn look(server: &Server, query: &'static str) -> String {
    let options = SqliteConnectOptions::new().filename(server.folder.path().join("parvis.db"));
    let mut database = options.connect().await.unwrap();
    let row = sqlx::query(query).fetch_one(&mut database).await.unwrap();
    database.close().await.unwrap();
    row.get(0)
}

async fn checkpoint(server: &Server) -> String {
    look(server, "SELECT position FROM checkpoints").await
}

/// The status, and whether it is said when to come again.
async fn ask_to_leave(server: &Server) -> (u16, bool) {
    let form = "network=bluesky&handle=%40ana.test.example&post=";
    let sent = client()
        .post(server.url("/ville/leave"))
        .header("sec-fetch-site", "same-origin")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form);
    let answer = sent.send().await.unwrap();
    (answer.status().as_u16(), answer.headers().contains_key("retry-after"))
}

/// A sender takes a notice back; the status, and whether it is said when to come again.
async fn take_back(server: &Server) -> (u16, bool) {
    let (id, at) = ("m1", SystemClock.now().as_micros() / 1_000_000);
    let body = "{\"id\":\"avis\",\"deleted\":true}";
    let signature = Webhook::new(SECRET).unwrap().sign(id, at, body.as_bytes()).unwrap();
    let request = client().post(server.url("/api/v1/cities/ville/push")).header("content-type", "application/json");
    let request =
        request.header("webhook-id", id).header("webhook-timestamp", at).header("webhook-signature", signature);
    let answer = request.body(body).send().await.unwrap();
    (answer.status().as_u16(), answer.headers().contains_key("retry-after"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d6_a_full_disk_keeps_reading_moves_nothing_and_heals() {
    let Some(disk) = std::env::var_os(SMALL_DISK).map(PathBuf::from) else {
        tokio::task::block_in_place(run_on_a_small_disk);
        return;
    };
    let network = SimulatedNetwork::start().await;
    network.join("ana", &[]);
    let mut server = Server::prepare(&network);
    write_secret(&server, "secret", SECRET);
    list(&server, &["secret"], "");
    server.start();
    network.is_heard().await;
    let texts = |count: usize| (0..count).rev().map(|n| format!("message {n} #ville")).collect::<Vec<_>>();
    let show = async |server: &Server, count: usize| {
        let texts = texts(count);
        server.wait_for_texts(&texts.iter().map(String::as_str).collect::<Vec<_>>()).await;
    };
    let write = |from: usize, to: usize| {
        (from..to).for_each(|n| network.post("ana", &format!("k{n}"), &format!("message {n} #ville")));
    };
    let mut reader = Reader::default();
    reader.read_for(&server.live_url(""), Duration::from_millis(50)).await;
    write(0, 20);
    show(&server, 20).await;
    let before = checkpoint(&server).await;

    let ballast = fill(&disk);
    write(20, 40);
    let deadline = Instant::now() + Duration::from_secs(15);
    let told = async || {
        let (status, text) = server.text("/readyz").await;
        server.log_text().contains("can't be written")
            && status == 200
            && text.contains("degraded")
            && text.contains("full")
    };
    while !told().await {
        assert!(Instant::now() < deadline, "{:?}; log: {}", server.text("/readyz").await, server.log_text());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    // Longer than the writer waits between two tries.
    let until = Instant::now() + Duration::from_secs(3);
    while Instant::now() < until {
        show(&server, 20).await;
        for path in ["/ville", "/ville/sources", "/api/v1/cities", "/metrics"] {
            assert_eq!(server.text(path).await.0, 200, "{path}");
        }
        reader.read_for(&server.live_url(""), Duration::from_millis(100)).await;
        assert_eq!((reader.recovered.last(), reader.posts.len()), (Some(&true), 20));
    }
    assert_eq!(ask_to_leave(&server).await, (503, true));
    assert_eq!(take_back(&server).await, (503, true), "what can't be written is not acknowledged");
    assert_eq!(checkpoint(&server).await, before, "the checkpoint has moved past what is not written");
    assert!(server.text("/metrics").await.1.contains("parvis_disk_free_bytes 0"));

    std::fs::remove_file(ballast).unwrap();
    let began = Instant::now();
    show(&server, 40).await;
    assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
    assert_ne!(checkpoint(&server).await, before);
    assert_eq!(ask_to_leave(&server).await, (200, false));
    reader.read_for(&server.live_url(""), Duration::from_millis(300)).await;
    assert_eq!(reader.posts.len(), 40);
    assert_eq!(take_back(&server).await, (200, false));
    // Death, then the same again from the disk.
    server.kill();
    server.start();
    show(&server, 40).await;
    assert_eq!(look(&server, "PRAGMA integrity_check").await, "ok");
    assert_eq!(server.stop().1, Some(0));
}
