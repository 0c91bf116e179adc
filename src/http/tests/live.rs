use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::domain::{Cursor, Epoch, Offset};

use super::*;

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

async fn open(server: &TestServer, query: &str) -> Result<Socket, Error> {
    let address = format!("ws://{}/api/v1/cities/nantes/live{query}", server.address);
    connect_async(address).await.map(|(socket, _)| socket)
}

/// The status with which an upgrade was refused.
async fn refusal(server: &TestServer, query: &str) -> u16 {
    match open(server, query).await {
        Err(Error::Http(response)) => response.status().as_u16(),
        other => panic!("{other:?}"),
    }
}

async fn next(socket: &mut Socket) -> Message {
    tokio::time::timeout(Duration::from_secs(5), socket.next()).await.unwrap().unwrap().unwrap()
}

async fn next_text(socket: &mut Socket) -> String {
    match next(socket).await {
        Message::Text(text) => text.to_string(),
        other => panic!("{other:?}"),
    }
}

/// The code with which the server closes, reading past whatever comes before.
async fn close_code(socket: &mut Socket) -> u16 {
    loop {
        if let Message::Close(frame) = next(socket).await {
            return frame.unwrap().code.into();
        }
    }
}

/// Whether the server hangs up soon, once both have said goodbye.
async fn hangs_up(socket: &mut Socket) -> bool {
    let ended = tokio::time::timeout(Duration::from_secs(5), async { while let Some(Ok(_)) = socket.next().await {} });
    ended.await.is_ok()
}

/// Takes what comes until the page stands where the log ends.
async fn follow(server: &TestServer, socket: &mut Socket, page: &mut Page) {
    let end = || Cursor::new(&server.log.city, server.log.epoch, server.log.ends().head).token();
    while page.cursor != end() {
        page.take(&next_text(socket).await);
    }
}

#[tokio::test]
async fn a_session_begins_with_hello_and_goes_on_live() {
    let server = spawn().await;
    let mut page = Page::load(&server, "").await;
    let mut socket = open(&server, "").await.unwrap();
    let hello: Value = serde_json::from_str(&next_text(&mut socket).await).unwrap();
    let expected = serde_json::json!({ "type": "hello", "city": "nantes", "cursor": page.cursor, "recovered": true });
    assert_eq!(hello, expected);
    server.put(1, "bonjour");
    page.take(&next_text(&mut socket).await);
    server.put(1, "bonsoir");
    page.take(&next_text(&mut socket).await);
    page.is_what_the_page_shows(&server, &Filter::default());
    server.sources.send(Arc::new(vec![source(SourceState::Live)])).unwrap();
    let sources: Value = serde_json::from_str(&next_text(&mut socket).await).unwrap();
    assert_eq!(sources["type"], "sources");
    assert_eq!(sources["sources"], server.json("/api/v1/cities/nantes/sources").await["sources"]);
}

/// 200 cut connections, half of them filtered, with posts, edits, removals, hides and un-hides between and during
/// them; tails so short that some of the replays come from the store.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w1_two_hundred_disconnects_end_where_a_page_would() {
    let server =
        spawn_with(LiveLimits { tail_entries: 20, page_entries: 7, batch_entries: 9, ..limits() }, settings()).await;
    let mut random = fastrand::Rng::with_seed(20_261_121);
    let mut everything = Page::load(&server, "").await;
    let filter = Filter { tag: Some("nantes".into()), ..Filter::default() };
    let mut filtered = Page::load(&server, "&tag=nantes").await;
    for round in 0..200 {
        let (page, query) = match round % 2 {
            0 => (&mut everything, ""),
            _ => (&mut filtered, "&tag=nantes"),
        };
        let mut socket = open(&server, &format!("?cursor={}{query}", page.cursor)).await.unwrap();
        let before = page.cursor.clone();
        page.take(&next_text(&mut socket).await);
        assert_eq!((page.recovered, &page.cursor), (Some(true), &before));
        for _ in 0..random.usize(0..40) {
            server.step(random_step(&mut random));
        }
        // Cut off in the middle, wherever that is: read a little, or not at all.
        for _ in 0..random.usize(0..4) {
            match tokio::time::timeout(Duration::from_millis(2), socket.next()).await {
                Ok(Some(Ok(Message::Text(text)))) => page.take(&text),
                _ => break,
            }
        }
        drop(socket);
    }
    for (page, query, filter) in [(&mut everything, "", Filter::default()), (&mut filtered, "&tag=nantes", filter)] {
        let mut socket = open(&server, &format!("?cursor={}{query}", page.cursor)).await.unwrap();
        page.take(&next_text(&mut socket).await);
        // Something for everybody, so that a filtered reader's cursor comes to the end.
        server.put(1_000, "la fin");
        follow(&server, &mut socket, page).await;
        page.is_what_the_page_shows(&server, &filter);
    }
    assert!(everything.shown.len() > 3);
}

fn random_step(random: &mut fastrand::Rng) -> Step {
    let id = random.u64(0..40);
    match random.u8(0..10) {
        0..=5 => Step::Put {
            id,
            text: format!("texte {}", random.u32(..)),
            tag: if random.bool() { "nantes" } else { "rennes" },
        },
        6 => Step::Remove { id },
        7 => Step::Hide { id },
        _ => Step::Show { id },
    }
}

#[tokio::test]
async fn w1_what_cannot_be_recovered_is_said() {
    let server = spawn_with(LiveLimits { tail_entries: 3, ..limits() }, settings()).await;
    (0..10).for_each(|id| server.put(id, "x"));
    server.log.set_floor(4);
    let ends = server.log.ends();
    let nantes = |epoch, offset| Cursor::new(&server.log.city, epoch, Offset(offset)).token();
    let elsewhere = Cursor::new(&CityId::new("rennes"), ends.epoch, Offset(9)).token();
    let lost = [nantes(Epoch(99), 9), nantes(ends.epoch, 11), nantes(ends.epoch, 3), elsewhere];
    for cursor in lost {
        let mut socket = open(&server, &format!("?cursor={cursor}")).await.unwrap();
        let hello: Value = serde_json::from_str(&next_text(&mut socket).await).unwrap();
        assert_eq!((&hello["recovered"], text(&hello, "cursor")), (&Value::Bool(false), nantes(ends.epoch, 10)));
    }
    let mut socket = open(&server, &format!("?cursor={}", nantes(ends.epoch, 4))).await.unwrap();
    let mut page = Page::default();
    page.take(&next_text(&mut socket).await);
    assert_eq!(page.recovered, Some(true));
    follow(&server, &mut socket, &mut page).await;
    assert_eq!(page.shown.len(), 6);
    assert_eq!(refusal(&server, "?cursor=nonsense").await, 400);
    assert_eq!(refusal(&server, "?q=pluie").await, 400);
}

#[tokio::test]
async fn d5_no_frame_carries_what_has_gone_in_any_form() {
    let server = spawn().await;
    let start = Page::load(&server, "").await.cursor;
    server.put(1, "le secret");
    // Somebody reads it in each form, so that its slices are encoded.
    for format in ["", "&format=html&hl=fr", "&format=html&hl=en", "&tag=nantes"] {
        let mut socket = open(&server, &format!("?cursor={start}{format}")).await.unwrap();
        next_text(&mut socket).await;
        assert!(next_text(&mut socket).await.contains("le secret"));
    }
    let mut watching = open(&server, "?tag=autre").await.unwrap();
    next_text(&mut watching).await;
    server.step(Step::Hide { id: 1 });
    assert!(next_text(&mut watching).await.contains(r#""op":"remove""#), "removals reach every session");
    for format in ["", "&format=html&hl=fr", "&format=html&hl=en", "&tag=nantes"] {
        let mut socket = open(&server, &format!("?cursor={start}{format}")).await.unwrap();
        next_text(&mut socket).await;
        let replay = next_text(&mut socket).await;
        assert!(!replay.contains("secret") && replay.contains(r#""op":"remove""#), "{replay}");
    }
}

#[tokio::test]
async fn h2_what_a_client_may_not_send_closes_the_session() {
    let server = spawn().await;
    let mut large = open(&server, "").await.unwrap();
    large.send(Message::binary(vec![0; 200_000])).await.unwrap();
    assert_eq!(close_code(&mut large).await, 1009);
    let mut talking = open(&server, "").await.unwrap();
    talking.send(Message::text("bonjour")).await.unwrap();
    assert_eq!(close_code(&mut talking).await, 1008);
}

/// Some proxies ask for an upgrade with every request.
#[tokio::test]
async fn a_request_that_asks_to_leave_http_for_nothing_is_answered_like_any_other() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let server = spawn().await;
    for (path, status) in [("/api/v1/cities/nantes/posts", "200"), ("/api/v1/cities/nulle-part/live", "404")] {
        let mut socket = TcpStream::connect(&server.address).await.unwrap();
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: parvis.example\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        tokio::time::timeout(Duration::from_secs(5), socket.read_to_string(&mut answer)).await.unwrap().unwrap();
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{answer}");
        assert!(answer.contains("content-security-policy") && answer.contains("\r\nconnection: close\r\n"), "{answer}");
        assert!(answer.trim_end().ends_with('}'), "the whole body: {answer}");
    }
}

#[tokio::test]
async fn a_client_that_asks_is_answered_and_one_that_leaves_is_let_go() {
    let server = spawn().await;
    let mut socket = open(&server, "").await.unwrap();
    next_text(&mut socket).await;
    socket.send(Message::Ping("là ?".into())).await.unwrap();
    assert_eq!(next(&mut socket).await, Message::Pong("là ?".into()));
    socket.close(None).await.unwrap();
    assert_eq!(close_code(&mut socket).await, 1000);
    assert!(socket.next().await.is_none());
    assert_eq!(server.live.sessions().count(), 0);
}

#[tokio::test]
async fn w4_the_server_pings_and_lets_a_silent_peer_go() {
    let timing = SessionTiming {
        ping_every: Duration::from_millis(50),
        pong_within: Duration::from_millis(100),
        ..SessionTiming::default()
    };
    let server = spawn_with(limits(), HttpSettings { timing, ..settings() }).await;
    let mut alive = open(&server, "").await.unwrap();
    // The client library answers pings as they are read.
    for _ in 0..5 {
        while !matches!(next(&mut alive).await, Message::Ping(_)) {}
    }
    assert_eq!(server.live.sessions().count(), 1);
    // From here on nobody reads, so nobody answers.
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert_eq!(server.live.sessions().count(), 0);
}

#[tokio::test]
async fn a_city_that_goes_closes_its_sessions_with_4004() {
    let timing = SessionTiming { linger: Duration::from_secs(60), ..SessionTiming::default() };
    let server = spawn_with(limits(), HttpSettings { timing, ..settings() }).await;
    let mut socket = open(&server, "").await.unwrap();
    next_text(&mut socket).await;
    server.live.close_city(&server.log.city);
    assert_eq!(close_code(&mut socket).await, 4004);
    assert!(hangs_up(&mut socket).await, "it went on waiting for somebody who had said goodbye");
    assert_eq!(refusal(&server, "").await, 404);
}

#[tokio::test]
async fn w5_an_address_over_its_share_is_closed_with_4029_and_a_full_server_answers_503() {
    let limits = LiveLimits { sessions_per_address_max: 2, sessions_max: 3, ..limits() };
    let trusted_proxies = TrustedProxies::parse(&["127.0.0.1"]).unwrap();
    let server = spawn_with(limits, HttpSettings { trusted_proxies, ..settings() }).await;
    let a = open(&server, "").await.unwrap();
    let b = open(&server, "").await.unwrap();
    let mut c = open(&server, "").await.unwrap();
    assert_eq!(close_code(&mut c).await, 4029);
    // Two other addresses, behind the trusted proxy.
    let address = format!("ws://{}/api/v1/cities/nantes/live", server.address);
    let from = |client: &str| {
        use tokio_tungstenite::tungstenite::client::IntoClientRequest;
        let mut request = address.as_str().into_client_request().unwrap();
        request.headers_mut().insert("x-forwarded-for", client.parse().unwrap());
        connect_async(request)
    };
    let d = from("198.51.100.1").await.unwrap();
    match from("198.51.100.2").await {
        Err(Error::Http(response)) => {
            assert_eq!(response.status(), 503);
            assert!(response.headers().contains_key("retry-after"));
        }
        other => panic!("{other:?}"),
    }
    drop((a, b, d));
}

#[tokio::test]
async fn w6_a_drain_sends_everybody_away_with_4001_and_ends_the_server() {
    let server = spawn().await;
    let mut sockets = Vec::new();
    for _ in 0..20 {
        let mut socket = open(&server, "").await.unwrap();
        next_text(&mut socket).await;
        sockets.push(socket);
    }
    let started = std::time::Instant::now();
    server.state.shutdown.trigger();
    let draining = tokio::spawn({
        let (state, handle) = (server.state.clone(), server.handle.clone());
        async move { drain(&state, &handle).await }
    });
    for socket in &mut sockets {
        assert_eq!(close_code(socket).await, 4001);
    }
    drop(sockets);
    draining.await.unwrap();
    assert!(started.elapsed() < Duration::from_secs(4), "{:?}", started.elapsed());
    assert!(open(&server, "").await.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w3_a_reader_that_drains_nothing_is_cut_and_troubles_nobody() {
    let timing = SessionTiming { unsent_for: Duration::from_millis(500), ..SessionTiming::default() };
    let server = spawn_with(limits(), HttpSettings { timing, ..settings() }).await;
    let mut stalled = open(&server, "").await.unwrap();
    let mut page = Page::load(&server, "").await;
    let mut reading = open(&server, "").await.unwrap();
    // 24 MB in all: more than the buffers of a socket hold, and more than the tail does.
    for id in 0..6_000 {
        server.put(id, &"m".repeat(4_000));
        if id % 100 == 99 {
            follow(&server, &mut reading, &mut page).await;
        }
    }
    assert_eq!(page.shown.len(), 6_000);
    let cut = async {
        while server.live.sessions().count() > 1 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), cut).await.unwrap();
    server.put(6_000, "encore");
    follow(&server, &mut reading, &mut page).await;
    // What the kernel held is still read; then the connection is at its end, without a close frame.
    while let Ok(Some(Ok(Message::Text(_)))) = tokio::time::timeout(Duration::from_secs(5), stalled.next()).await {}
    assert!(!matches!(stalled.next().await, Some(Ok(_))));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w3_a_reader_that_takes_a_little_now_and_then_is_cut_too() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let timing = SessionTiming { unsent_for: Duration::from_millis(500), ..SessionTiming::default() };
    let server = spawn_with(limits(), HttpSettings { timing, ..settings() }).await;
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(8 * 1_024).unwrap();
    let mut trickling = socket.connect(server.address.parse().unwrap()).await.unwrap();
    let request = "GET /api/v1/cities/nantes/live HTTP/1.1\r\nHost: localhost\r\nConnection: upgrade\r\n\
                   Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    trickling.write_all(request.as_bytes()).await.unwrap();
    assert!(trickling.read(&mut [0; 4_096]).await.unwrap() > 0);
    for id in 0..6_000 {
        server.put(id, &"m".repeat(4_000));
    }
    // Its window opens again and again, so that the kernel sees a peer that is alive; a frame takes longer than it may.
    let cut = async {
        let mut taken = vec![0; 64 * 1_024];
        while let Ok(1..) = trickling.read(&mut taken).await {
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), cut).await.unwrap();
    assert_eq!(server.live.sessions().count(), 0);
}
