use std::net::Ipv4Addr;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};

use super::wire::{Frame, masked, session};
use super::{address, serve};
use crate::support::network::SimulatedNetwork;
use crate::support::server::Server;

async fn sessions(server: &Server) -> String {
    let (_, metrics) = server.text("/metrics").await;
    metrics.lines().find_map(|line| line.strip_prefix("parvis_live_sessions ")).unwrap_or("0").to_owned()
}

async fn wait_for_sessions(server: &Server, count: &str, within: Duration) {
    let deadline = Instant::now() + within;
    while sessions(server).await != count {
        assert!(Instant::now() < deadline, "{} sessions instead of {count}", sessions(server).await);
        sleep(Duration::from_millis(50)).await;
    }
}

/// The peer's machine is gone without a word: its socket stays, and nothing answers any more. Stands for a connection
/// whose other half is lost; the kernel of a test machine would answer for a socket that is merely left alone, but
/// not with a pong.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w4_a_peer_that_is_gone_without_a_word_is_let_go_and_one_that_answers_stays() {
    let network = SimulatedNetwork::start().await;
    let server = serve(&network, "ping_seconds = 1\npong_seconds = 2").await;
    let gone = session(&address(&server), "").await.ok().unwrap();
    let mut alive = session(&address(&server), "").await.ok().unwrap();
    assert_eq!(sessions(&server).await, "2");
    let began = Instant::now();
    let answering = tokio::spawn(async move {
        let mut pings = 0;
        while pings < 4 {
            if let Some(Frame::Ping(said)) = alive.frame().await {
                alive.send(masked(0x8a, &said)).await.unwrap();
                pings += 1;
            }
        }
        alive
    });
    wait_for_sessions(&server, "1", Duration::from_secs(3 + 5)).await;
    assert!(began.elapsed() > Duration::from_millis(2_500), "it was given no time: {:?}", began.elapsed());
    let alive = timeout(Duration::from_secs(20), answering).await.unwrap().unwrap();
    assert_eq!(sessions(&server).await, "1");
    drop((gone, alive));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w4_a_connection_that_says_nothing_is_ended_and_takes_nobodys_place() {
    let network = SimulatedNetwork::start().await;
    let server = serve(&network, "max_sessions = 1").await;
    let port = address(&server).rsplit(':').next().unwrap().parse::<u16>().unwrap();
    let silent = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.unwrap();
    // It holds no session: somebody else may have the only one.
    let kept = session(&address(&server), "").await.ok().unwrap();
    let ended = async {
        let mut rest = [0; 512];
        loop {
            silent.readable().await.unwrap();
            if matches!(silent.try_read(&mut rest), Ok(0) | Err(_)) {
                return;
            }
        }
    };
    timeout(Duration::from_secs(5 + 5), ended).await.unwrap();
    drop(kept);
    wait_for_sessions(&server, "0", Duration::from_secs(5)).await;
}
