use super::wire::{Frame, Wire, upgrade};
use super::{address, serve};
use crate::support::network::SimulatedNetwork;

/// What an address's share is when a second session comes.
#[derive(Debug, PartialEq, Eq)]
enum Second {
    Let,
    /// Closed with 4029: the server took both for one address.
    Counted,
}

/// Opens one session and then another, each with its headers, on a server that grants an address one.
async fn second_of(trusted: &str, first: &str, second: &str) -> Second {
    let network = SimulatedNetwork::start().await;
    let http = format!("max_sessions_per_address = 1\ntrusted_proxies = [{trusted}]");
    let server = serve(&network, &http).await;
    let headers = |forwarded: &str| {
        let lines = forwarded.split('|').filter(|line| !line.is_empty());
        lines.map(|line| format!("X-Forwarded-For: {line}\r\n")).collect::<String>()
    };
    let open = async |forwarded| {
        let wire = Wire::open(&address(&server)).await.unwrap();
        upgrade(wire, "", &headers(forwarded)).await.ok().unwrap()
    };
    let mut kept = open(first).await;
    assert!(matches!(kept.frame().await, Some(Frame::Text(_))), "hello");
    let answer = match open(second).await.frame().await {
        Some(Frame::Close(4029)) => Second::Counted,
        Some(Frame::Text(_)) => Second::Let,
        other => panic!("{other:?}"),
    };
    // The first is still there.
    kept.send(super::wire::masked(0x89, b"?")).await.unwrap();
    while kept.frame().await != Some(Frame::Other(10)) {}
    answer
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn h6_whom_a_listed_proxy_names_is_counted_and_nobody_else_is_believed() {
    const PROXY: &str = "\"127.0.0.1\"";
    let cases = [
        // Nobody is listed: the header is noise, and forging it gains no further session.
        ("", "198.51.100.1", "198.51.100.2", Second::Counted),
        ("", "", "198.51.100.2", Second::Counted),
        ("\"192.0.2.0/24\"", "198.51.100.1", "198.51.100.2", Second::Counted),
        // A listed proxy names clients.
        (PROXY, "198.51.100.1", "198.51.100.2", Second::Let),
        (PROXY, "198.51.100.1", "198.51.100.1", Second::Counted),
        ("\"127.0.0.0/8\"", "198.51.100.1", "198.51.100.2", Second::Let),
        // What a client writes itself stands left of what the proxy adds, in one line or in several.
        (PROXY, "203.0.113.1, 198.51.100.1", "203.0.113.2, 198.51.100.1", Second::Counted),
        (PROXY, "203.0.113.1|198.51.100.1", "203.0.113.2|198.51.100.1", Second::Counted),
        (PROXY, "127.0.0.1, 198.51.100.1", "127.0.0.1, 127.0.0.1, 198.51.100.1", Second::Counted),
        // Proxies in a row.
        ("\"127.0.0.1\", \"10.0.0.0/8\"", "198.51.100.1, 10.1.1.1", "198.51.100.2, 10.1.1.1", Second::Let),
        ("\"127.0.0.1\", \"10.0.0.0/8\"", "198.51.100.1, 10.1.1.1", "198.51.100.1, 10.1.1.2", Second::Counted),
        // What is no address is the proxy's own.
        (PROXY, "nonsense", "unknown", Second::Counted),
        (PROXY, "", "nonsense, ", Second::Counted),
        // One household, and its neighbour.
        (PROXY, "2001:db8:0:1::1", "[2001:db8:0:1::2]:443", Second::Counted),
        (PROXY, "2001:db8:0:1::1", "2001:db8:0:2::1", Second::Let),
        (PROXY, "::ffff:198.51.100.1", "198.51.100.1:4711", Second::Counted),
    ];
    let asked = cases.into_iter().map(|(trusted, first, second, expected)| async move {
        let answer = second_of(trusted, first, second).await;
        (answer != expected).then(|| format!("[{trusted}] {first:?} then {second:?}: {answer:?}"))
    });
    // A few servers at a time.
    use futures_util::StreamExt;
    let wrong: Vec<Option<String>> = futures_util::stream::iter(asked).buffer_unordered(4).collect().await;
    let wrong: Vec<String> = wrong.into_iter().flatten().collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}
