use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use super::*;

const PATIENCE: Duration = Duration::from_secs(10);

/// Reads until this is there; what came with it.
async fn read_until(stream: &mut TcpStream, end: &str) -> String {
    let mut read = Vec::new();
    while !String::from_utf8_lossy(&read).contains(end) {
        let more = timeout(PATIENCE, stream.read_buf(&mut read)).await.unwrap().unwrap();
        assert!(more > 0, "the connection ended after {:?}", String::from_utf8_lossy(&read));
    }
    String::from_utf8_lossy(&read).into_owned()
}

async fn ask(stream: &mut TcpStream) {
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    assert!(read_until(stream, "alive").await.starts_with("HTTP/1.1 200"));
}

/// The server's library looks at its clock for the first head of a connection only.
#[tokio::test]
async fn h2_a_later_head_that_never_ends_is_not_waited_for() {
    let timing = SessionTiming { unasked_for: Duration::from_millis(400), ..SessionTiming::default() };
    let server = spawn_with(limits(), HttpSettings { timing, ..settings() }).await;
    let mut stream = TcpStream::connect(&server.address).await.unwrap();
    ask(&mut stream).await;
    ask(&mut stream).await;
    stream.write_all(b"GET /healthz HTTP/1.1\r\n").await.unwrap();
    let ended = timeout(PATIENCE, async {
        while stream.write_all(b"X-Lent: oui\r\n").await.is_ok() {
            match timeout(Duration::from_millis(50), stream.read(&mut [0; 64])).await {
                Ok(Ok(0) | Err(_)) => return,
                Ok(Ok(read)) => panic!("{read} bytes were answered"),
                Err(_nothing_yet) => {}
            }
        }
    });
    ended.await.unwrap();
}

#[tokio::test]
async fn h2_a_session_and_a_connection_that_asks_now_and_then_are_not_taken_for_idle_ones() {
    let timing = SessionTiming { unasked_for: Duration::from_secs(1), ..SessionTiming::default() };
    let server = spawn_with(limits(), HttpSettings { timing, ..settings() }).await;
    let mut events = TcpStream::connect(&server.address).await.unwrap();
    events.write_all(b"GET /api/v1/cities/nantes/events HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    read_until(&mut events, "hello").await;
    let mut stream = TcpStream::connect(&server.address).await.unwrap();
    for _ in 0..8 {
        ask(&mut stream).await;
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    server.put(1, "encore là");
    read_until(&mut events, "encore").await;
}

/// Two frames shortly after each other, to a reader who says nothing meanwhile: were the second held back until the
/// first is acknowledged, it would come 40 ms late.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w2_a_frame_does_not_wait_for_the_acknowledgement_of_the_one_before() {
    let server = spawn().await;
    let mut events = TcpStream::connect(&server.address).await.unwrap();
    events.write_all(b"GET /api/v1/cities/nantes/events HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    read_until(&mut events, "hello").await;
    let mut delays = Vec::new();
    for round in 0..8 {
        // The reader's kernel puts acknowledgements off, as it does for whoever speaks now and then.
        socket2::SockRef::from(&events).set_tcp_quickack(false).unwrap();
        server.put(2 * round, &format!("premier {round}."));
        read_until(&mut events, &format!("premier {round}.")).await;
        let began = Instant::now();
        server.put(2 * round + 1, &format!("second {round}."));
        read_until(&mut events, &format!("second {round}.")).await;
        delays.push(began.elapsed());
    }
    delays.sort_unstable();
    assert!(delays[4] < Duration::from_millis(25), "{delays:?}");
}

const HANDSHAKE: &str = "GET /api/v1/cities/nantes/live HTTP/1.1\r\nHost: localhost\r\nConnection: upgrade\r\n\
                         Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/// To the library it is a request with a body, which it would switch and then wait for without a clock.
#[tokio::test]
async fn h2_a_handshake_with_a_body_is_refused() {
    let server = spawn().await;
    let mut stream = TcpStream::connect(&server.address).await.unwrap();
    stream.write_all(format!("{HANDSHAKE}Transfer-Encoding: chunked\r\n\r\n").as_bytes()).await.unwrap();
    let answer = read_until(&mut stream, "`websocket` alone").await;
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    assert_eq!(server.live.sessions().count(), 0);
}

#[tokio::test]
async fn a_handshake_behind_a_request_is_answered_after_it() {
    let server = spawn().await;
    let mut stream = TcpStream::connect(&server.address).await.unwrap();
    let both = format!("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n{HANDSHAKE}\r\n");
    stream.write_all(both.as_bytes()).await.unwrap();
    let answers = read_until(&mut stream, "hello").await;
    assert!(answers.starts_with("HTTP/1.1 200"), "{answers}");
    assert!(answers.find("alive") < answers.find("HTTP/1.1 101"), "{answers}");
}

/// Bytes sit in the server's buffer before the kernel's, where no clock of the kernel sees them.
#[tokio::test]
async fn w3_an_event_stream_that_is_not_taken_is_cut() {
    let second = Duration::from_secs(1);
    let timing = SessionTiming { comment_every: second, unsent_for: second * 2 / 3, ..SessionTiming::default() };
    let server = spawn_with(limits(), HttpSettings { timing, ..settings() }).await;
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    let mut stream = socket.connect(server.address.parse().unwrap()).await.unwrap();
    stream.write_all(b"GET /api/v1/cities/nantes/events HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    read_until(&mut stream, "hello").await;
    assert_eq!(server.live.sessions().count(), 1);
    let began = Instant::now();
    let mut number = 0;
    // It takes a few bytes now and then, so that the kernel sees somebody who is alive.
    while server.live.sessions().count() > 0 {
        assert!(began.elapsed() < PATIENCE, "it was let in");
        (0..50).for_each(|_| {
            number += 1;
            server.put(number, &"m".repeat(2_000));
        });
        tokio::time::sleep(Duration::from_millis(100)).await;
        _ = stream.try_read(&mut [0; 512]);
    }
}
