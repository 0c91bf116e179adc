use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::*;

/// Answers every connection with the same bytes; gives its address and counts what came.
async fn server(answer: Vec<u8>) -> (Url, JoinHandle<()>, Arc<std::sync::atomic::AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("http://{}/x", listener.local_addr().unwrap())).unwrap();
    let count = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = count.clone();
    let task = tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            counted.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            let mut request = [0; 2_048];
            let _read = socket.read(&mut request).await;
            let _written = socket.write_all(&answer).await;
        }
    });
    (url, task, count)
}

fn answer(head: &str, body: &[u8]) -> Vec<u8> {
    let mut answer =
        format!("HTTP/1.1 {head}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len()).into_bytes();
    answer.extend_from_slice(body);
    answer
}

fn count(counter: &std::sync::atomic::AtomicUsize) -> usize {
    counter.load(std::sync::atomic::Ordering::SeqCst)
}

#[tokio::test]
async fn h4_a_redirect_is_an_answer_and_is_not_followed() {
    let (inner, _inner_task, reached) = server(answer("200 OK", b"secret")).await;
    let (outer, _outer_task, _) = server(answer(&format!("302 Found\r\nlocation: {inner}"), b"")).await;
    let seen = Outbound::new("", true).unwrap().get(outer, HeaderMap::new()).await.unwrap();
    assert_eq!((seen.status, count(&reached)), (302, 0));
}

#[tokio::test]
async fn h4_no_spelling_of_an_address_at_home_is_connected_to() {
    let listener = std::net::TcpListener::bind("[::]:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let closed = Outbound::new("", false).unwrap();
    let mut cases = 0;
    for host in addresses_at_home() {
        for address in [format!("http://{host}:{port}/"), format!("http://{host}/"), format!("https://{host}/")] {
            let asked = closed.get(Url::parse(&address).unwrap(), HeaderMap::new()).await;
            // A name is of good form, and refused when it is resolved.
            let is_refused = match &asked {
                Err(OutboundError::Forbidden(_)) => true,
                Err(OutboundError::Unreachable(why)) => why.contains("public space"),
                _ => false,
            };
            assert!(is_refused, "{address}: {asked:?}");
        }
        cases += 1;
    }
    assert!(cases >= 60, "{cases}");
    assert!(listener.accept().is_err(), "somebody came");
    // Were it not for the guard, they would come.
    let open = Outbound::new("", true).unwrap();
    let asked = open.get(Url::parse(&format!("http://127.1:{port}/")).unwrap(), HeaderMap::new());
    let _unanswered = tokio::time::timeout(Duration::from_millis(200), asked).await;
    assert!(listener.accept().is_ok());
}

#[test]
fn l07_requests_are_counted_by_host_and_the_hosts_are_bounded() {
    let outbound = Outbound::new("", false).unwrap();
    let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
    let numbers = recorder.handle();
    metrics::with_local_recorder(&recorder, || {
        for number in (0..HOSTS_COUNTED + 7).chain([3]) {
            outbound.count(&Url::parse(&format!("https://h{number}.example/somebody")).unwrap());
        }
    });
    let numbers = numbers.render();
    let has = |line: &str| numbers.lines().any(|other| other == format!("parvis_outbound_requests_total{line}"));
    assert!(has("{host=\"h3.example\"} 2") && has("{host=\"h4.example\"} 1") && has("{host=\"other\"} 7"), "{numbers}");
    assert!(!numbers.contains("somebody"));
}

#[tokio::test]
async fn h2_a_body_stops_at_the_limit() {
    let (url, _task, _) = server(answer("200 OK", &vec![b'x'; BODY_LIMIT])).await;
    let outbound = Outbound::new("", true).unwrap();
    assert_eq!(outbound.get(url, HeaderMap::new()).await.map(|seen| seen.body.len()), Ok(BODY_LIMIT));
    let (url, _task, _) = server(answer("200 OK", &vec![b'x'; BODY_LIMIT + 1])).await;
    assert_eq!(outbound.get(url, HeaderMap::new()).await.map(|seen| seen.body.len()), Err(OutboundError::TooLarge));
}

#[tokio::test]
async fn h2_a_compressed_bomb_stops_at_the_limit_of_what_it_becomes() {
    let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::Write::write_all(&mut bomb, &vec![0; 64 << 20]).unwrap();
    let (url, _task, _) = server(answer("200 OK\r\ncontent-encoding: gzip", &bomb.finish().unwrap())).await;
    let seen = Outbound::new("", true).unwrap().get(url, HeaderMap::new()).await;
    assert_eq!(seen.map(|seen| seen.body.len()), Err(OutboundError::TooLarge));
}

#[tokio::test]
async fn what_went_wrong_is_said_without_the_address() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("http://{}/did:plc:somebody", listener.local_addr().unwrap())).unwrap();
    drop(listener);
    let error = Outbound::new("", true).unwrap().get(url, HeaderMap::new()).await.map(|_| ()).unwrap_err().to_string();
    assert!(error.contains("refused") && !error.contains("somebody"), "{error}");
}

#[test]
fn l07_the_user_agent_names_a_contact() {
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(user_agent(" ").unwrap(), format!("Parvis/{version}"));
    assert_eq!(user_agent("mailto:a@parvis.example").unwrap(), format!("Parvis/{version} (+mailto:a@parvis.example)"));
    assert!(Outbound::new("two\r\nlines", true).is_err());
    assert!(Outbound::new("mairie de Nantes, à l'accueil", true).is_err());
}

#[test]
fn waiting_is_asked_for_in_three_ways() {
    let now = Timestamp::parse_rfc3339("2026-11-25T10:00:00Z").unwrap();
    let asked = |name: &'static str, value: &'static str| {
        retry_after(&HeaderMap::from_iter([(name.parse().unwrap(), HeaderValue::from_static(value))]), now)
    };
    assert_eq!(asked("retry-after", "120"), Some(Duration::from_secs(120)));
    assert_eq!(asked("retry-after", "Wed, 25 Nov 2026 10:01:30 GMT"), Some(Duration::from_secs(90)));
    assert_eq!(asked("retry-after", "Wed, 25 Nov 2026 09:00:00 GMT"), Some(Duration::ZERO));
    assert_eq!(asked("ratelimit-reset", "1795600830"), Some(Duration::from_secs(30)));
    assert_eq!(asked("retry-after", "soon"), None);
    assert_eq!(asked("etag", "5"), None);
}
