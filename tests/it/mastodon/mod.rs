//! Mastodon: what its signals lead to, the whole program on a simulated server, and on a real one of another make.

mod consent;
mod mock;

use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::time::Duration;

use parvis::clock::{Clock, SystemClock};
use parvis::demo::mastodon::{MastodonSimulator, Person, status};
use parvis::shutdown::Shutdown;
use serde_json::{Value, json};

use crate::support::network::SimulatedNetwork;
use crate::support::server::Server;

/// A program that reads one Mastodon server, with a token where there is one.
fn prepared(network: &SimulatedNetwork, url: &str, token: Option<&str>) -> Server {
    let server = Server::prepare_with(network, "");
    configure(&server, url, token);
    server
}

/// Writes the server into the configuration, instead of what was there of any.
fn configure(server: &Server, url: &str, token: Option<&str>) {
    let path = server.config();
    let before = std::fs::read_to_string(&path).unwrap();
    let before = before.split("[[source.mastodon]]").next().unwrap();
    let token = token.map_or_else(String::new, |token| {
        let file = server.folder.path().join("token");
        std::fs::write(&file, token).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        "token = { file = \"token\" }\nagreement = \"ana@place.example, 2026-12-01, read:statuses\"\n".to_owned()
    });
    let table = format!("[[source.mastodon]]\nserver = {url:?}\nevery_seconds = 15\n{token}");
    std::fs::write(path, format!("{before}{table}")).unwrap();
}

fn toot(acct: &str, text: &str) -> Value {
    status(&Person::new(acct), text, SystemClock.now())
}

/// Edits as an author does.
fn edited(status: &mut Value, html: &str) {
    status["content"] = json!(html);
    status["edited_at"] = json!(SystemClock.now().to_rfc3339());
}

async fn simulator(shutdown: &Shutdown) -> MastodonSimulator {
    MastodonSimulator::start(Arc::new(SystemClock), shutdown.clone()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d5_what_a_stream_brings_and_takes_back_reaches_every_output() {
    let (network, shutdown) = (SimulatedNetwork::start().await, Shutdown::new());
    let place = simulator(&shutdown).await;
    place.set_token("canary-token");
    place.post(toot("ana@loin.example", "avant le départ #ville"));
    let mut server = prepared(&network, &place.url(), Some("canary-token"));
    server.start();
    server.wait_for_texts(&["avant le départ #ville"]).await;
    let id = place.post(toot("bob", "secret à effacer #ville"));
    server.wait_for_texts(&["secret à effacer #ville", "avant le départ #ville"]).await;
    place.edit(&id, |status| edited(status, "<p>secret corrigé #ville</p>"));
    server.wait_for_texts(&["secret corrigé #ville", "avant le départ #ville"]).await;
    place.delete(&id);
    server.wait_for_texts(&["avant le départ #ville"]).await;
    // Whoever says no from now on goes with all that is theirs, and leaves no name behind (L-04, L-21).
    place.post(toot("zephyrine@loin.example", "un mot #ville"));
    server.wait_for_texts(&["un mot #ville", "avant le départ #ville"]).await;
    assert!(server.database_holds("zephyrine"), "the test would see nothing");
    place.post(status(
        &Person { bio: "Je lis. #nobot".into(), ..Person::new("zephyrine@loin.example") },
        "encore #ville",
        SystemClock.now(),
    ));
    server.wait_for_texts(&["avant le départ #ville"]).await;
    for text in ["zephyrine", "secret corrigé", "secret à effacer"] {
        server.wait_until_erased(text).await;
    }
    for path in ["/ville/sources", "/metrics", "/readyz", "/api/v1/cities/ville/sources"] {
        let (_, text) = server.text(path).await;
        assert!(!text.contains("canary-token") && !text.contains("zephyrine"), "{path}");
    }
    assert!(!server.log_text().contains("canary-token"), "a6: {}", server.log_text());
    // After a restart nothing comes back, and deletions find what they mean.
    let stays = place.post(toot("chloe@loin.example", "reste un peu #ville"));
    server.wait_for_texts(&["reste un peu #ville", "avant le départ #ville"]).await;
    server.stop();
    server.start();
    server.wait_for_texts(&["reste un peu #ville", "avant le départ #ville"]).await;
    let deadline = std::time::Instant::now() + Duration::from_secs(10);
    while !place.subscribed().iter().any(|tag| tag == "ville") {
        assert!(std::time::Instant::now() < deadline, "nobody came back");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    place.delete(&stays);
    server.wait_for_texts(&["avant le départ #ville"]).await;
    shutdown.trigger();
}
