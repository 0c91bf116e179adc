//! Alerts of the real program: killed between the alert, what is to be sent of it, and the note that it was.

#![cfg(feature = "crash-points")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use parvis::clock::{Clock, SystemClock};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, SqliteConnection};

use crate::push::{SECRET, write_secret};
use crate::support::network::SimulatedNetwork;
use crate::support::server::{CITY, Server};

/// A program that takes every signed request, and the id of each.
fn receiver() -> (SocketAddr, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, ids) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut read = BufReader::new(stream.try_clone().unwrap());
            let (mut id, mut length, mut line) = (String::new(), 0, String::new());
            while read.read_line(&mut line).unwrap() > 2 {
                let (name, value) = line.trim_end().split_once(": ").unwrap_or_default();
                match &*name.to_ascii_lowercase() {
                    "webhook-id" => id = value.to_owned(),
                    "content-length" => length = value.parse().unwrap(),
                    _ => {}
                }
                line.clear();
            }
            read.read_exact(&mut vec![0; length]).unwrap();
            write!(stream, "HTTP/1.1 204 x\r\nconnection: close\r\n\r\n").unwrap();
            if sender.send(id).is_err() {
                return;
            }
        }
    });
    (address, ids)
}

async fn database(server: &Server) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(server.folder.path().join("parvis.db"));
    options.connect().await.unwrap()
}

/// Three weeks in which two posts came in each hour, as if the city had been counted since.
async fn count_past(server: &Server) {
    let mut database = database(server).await;
    let now = SystemClock.now().as_micros();
    let statement = format!(
        "WITH RECURSIVE hours (n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM hours WHERE n < 504)
         INSERT INTO tally_hours (city, start, people, bodies, automatic, around)
         SELECT c.row, {now} - n * 3600000000, 2, 0, 0, 0 FROM hours, cities AS c WHERE c.slug = 'ville'"
    );
    sqlx::query(sqlx::AssertSqlSafe(statement)).execute(&mut database).await.unwrap();
    database.close().await.unwrap();
}

/// How many alerts there are, and how many of them wait to be sent.
async fn alerts(server: &Server) -> (i64, i64) {
    let mut database = database(server).await;
    let alerts = sqlx::query_scalar("SELECT count(*) FROM alerts").fetch_one(&mut database).await.unwrap();
    let waiting = "SELECT count(*) FROM alert_dispatches WHERE state = 'waiting'";
    let waiting = sqlx::query_scalar(waiting).fetch_one(&mut database).await.unwrap();
    database.close().await.unwrap();
    (alerts, waiting)
}

/// Starts, and waits until it has died at this place.
async fn dies_at(server: &mut Server, place: &str) {
    server.spawn(&[("PARVIS_CRASH_AT", &format!("{place}:1"))]);
    let deadline = Instant::now() + Duration::from_secs(20);
    while server.has_ended().is_none() {
        assert!(Instant::now() < deadline, "it did not die at {place}: {}", server.log_text());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn feature_14_a_kill_neither_loses_nor_doubles_an_alert_and_what_comes_twice_has_one_id() {
    let network = SimulatedNetwork::start().await;
    let mut server = Server::prepare_with(&network, "");
    let (address, ids) = receiver();
    write_secret(&server, "secret", SECRET);
    let desk = format!(
        "[desk]\nduty = \"mon-sun 00:00-24:00\"\n\
         webhook = {{ url = \"http://{address}/\", secret = {{ file = \"secret\" }} }}\n"
    );
    std::fs::write(server.folder.path().join("cities/ville.toml"), format!("{CITY}{desk}")).unwrap();
    server.start();
    network.is_heard().await;
    for number in 0..40 {
        let name = format!("p{number}");
        network.join(&name, &[]);
        network.post(&name, "1", "L'eau monte #ville");
    }
    server.wait_for_texts(&["L'eau monte #ville"; 40]).await;
    server.stop();
    assert_eq!(alerts(&server).await, (0, 0), "without a past nothing is unusual");
    count_past(&server).await;
    dies_at(&mut server, "alert-written").await;
    assert_eq!(alerts(&server).await, (0, 0), "what was not committed is not there, nor is anything of it");
    dies_at(&mut server, "alert-sent").await;
    assert_eq!(alerts(&server).await, (1, 1));
    let first = ids.recv_timeout(Duration::from_secs(5)).unwrap();
    server.start();
    let again = ids.recv_timeout(Duration::from_secs(20)).unwrap();
    assert_eq!(first, again, "whoever receives it twice can tell");
    let deadline = Instant::now() + Duration::from_secs(10);
    while alerts(&server).await != (1, 0) {
        assert!(Instant::now() < deadline, "it is not noted: {}", server.log_text());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    server.kill();
    server.start();
    assert!(ids.recv_timeout(Duration::from_secs(2)).is_err(), "what was taken is not sent again");
    assert_eq!(alerts(&server).await, (1, 0));
    server.stop();
}
