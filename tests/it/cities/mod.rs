//! City files while the server runs: added, edited, broken, deleted.

mod add;
mod crowd;
mod many;

use std::time::{Duration, Instant};

use futures_util::StreamExt;
use tokio_tungstenite::tungstenite::Message;

use crate::support::network::SimulatedNetwork;
use crate::support::server::{CITY, Server};

async fn wait_until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !holds().await {
        assert!(Instant::now() < deadline, "not within ten seconds: {what}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s06_a_city_is_added_edited_broken_and_deleted_while_readers_read() {
    let network = SimulatedNetwork::start().await;
    network.join("ana", &[]);
    let mut server = Server::prepare(&network);
    server.start();
    network.is_heard().await;
    let (status, text) = server.text("/.well-known/security.txt").await;
    assert!(status == 200 && text.starts_with("Contact: "), "{text}");
    let file = |name: &str| server.folder.path().join("cities").join(name);

    std::fs::write(file("bourg.toml"), CITY.replace("Ville", "Bourg").replace("\"ville\"", "\"bourg\"")).unwrap();
    wait_until("the new city is served", async || server.text("/bourg").await.0 == 200).await;
    network.post("ana", "1", "ici #bourg");
    network.post("ana", "2", "là #ville #place");
    server.wait_for_texts(&["là #ville #place"]).await;
    wait_until("the new city has its post", async || {
        server.text("/api/v1/cities/bourg/posts").await.1.contains("ici #bourg")
    })
    .await;

    // A recipe that no longer asks for a post takes it out.
    std::fs::write(file("ville.toml"), CITY.replace("[\"ville\"]", "[\"autre\"]")).unwrap();
    server.wait_for_texts(&[]).await;
    std::fs::write(file("ville.toml"), CITY.replace("[\"ville\"]", "[\"place\"]")).unwrap();

    // A broken file leaves the running city as it was, and says so.
    std::fs::write(file("bourg.toml"), "name = \"Bourg\"\nhastags = []\n").unwrap();
    wait_until("readyz tells of the broken file", async || {
        let (status, text) = server.text("/readyz").await;
        status == 200 && text.contains("degraded") && text.contains("hastags")
    })
    .await;
    assert_eq!(server.text("/bourg").await.0, 200);

    // A deleted city sends its readers away.
    let url = server.url("/api/v1/cities/bourg/live").replace("http", "ws");
    let (mut socket, _) = tokio_tungstenite::connect_async(url).await.unwrap();
    std::fs::remove_file(file("bourg.toml")).unwrap();
    let closed = tokio::time::timeout(Duration::from_secs(10), async {
        loop {
            if let Some(Ok(Message::Close(frame))) = socket.next().await {
                return frame.map(|frame| u16::from(frame.code));
            }
        }
    });
    assert_eq!(closed.await, Ok(Some(4004)));
    assert_eq!(server.text("/bourg").await.0, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s07_a_city_is_added_checked_and_explained_from_the_command_line() {
    let network = SimulatedNetwork::start().await;
    let server = Server::prepare(&network);
    let outline = server.folder.path().join("bourg.geojson");
    std::fs::write(
        &outline,
        r#"{"type":"Polygon","coordinates":[[[-1.6,47.1],[-1.4,47.1],[-1.4,47.3],[-1.6,47.3],[-1.6,47.1]]]}"#,
    )
    .unwrap();
    let added = server.command(&[
        "city",
        "add",
        "Saint-Étienne-le-Bourg",
        "--boundary",
        outline.to_str().unwrap(),
        "--hashtag",
        "#bourg",
    ]);
    assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
    let again = server.command(&["city", "add", "Saint-Étienne-le-Bourg"]);
    assert_eq!(again.status.code(), Some(1), "it refuses to overwrite");
    let checked = server.command(&["city", "check"]);
    assert!(checked.status.success());
    assert!(String::from_utf8_lossy(&checked.stdout).contains("saint-etienne-le-bourg"));

    let frame = r##"{"did":"did:plc:x","time_us":1790000000000000,"kind":"commit","commit":{"rev":"3l","operation":"create","collection":"app.bsky.feed.post","rkey":"k","record":{"$type":"app.bsky.feed.post","createdAt":"2026-09-21T14:13:20Z","text":"Au #bourg"},"cid":"b"}}"##;
    let frames = server.folder.path().join("frames.jsonl");
    std::fs::write(&frames, frame).unwrap();
    let explained =
        server.command(&["city", "explain", "saint-etienne-le-bourg", "--source", "bluesky", frames.to_str().unwrap()]);
    let said = String::from_utf8_lossy(&explained.stdout).into_owned();
    assert!(said.contains("admitted") && said.contains("hashtag bourg"), "{said}");

    let broken = server.folder.path().join("cities/broken.toml");
    std::fs::write(broken, "name = \"B\"\n\n  hastags = []\n").unwrap();
    let checked = server.command(&["city", "check", "broken"]);
    assert_eq!(checked.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&checked.stderr).contains("broken.toml:3:3"), "line and column");
    assert_eq!(server.command(&["city", "frobnicate"]).status.code(), Some(2), "wrong usage");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn l09_what_a_replay_stored_unasked_is_shown_only_after_its_author_was_asked_for() {
    let network = SimulatedNetwork::start().await;
    network.join("ana", &[]);
    network.join("shy", &["!no-unauthenticated"]);
    let mut server = Server::prepare(&network);
    let frame = |author: &str| {
        let now = parvis::clock::Clock::now(&parvis::clock::SystemClock);
        format!(
            r##"{{"did":"did:plc:{author}","time_us":{},"kind":"commit","commit":{{"rev":"3l","operation":"create","collection":"app.bsky.feed.post","rkey":"k","record":{{"$type":"app.bsky.feed.post","createdAt":"{}","text":"{author} #ville"}},"cid":"b"}}}}"##,
            now.as_micros(),
            now.to_rfc3339()
        )
    };
    let frames = server.folder.path().join("frames.jsonl");
    std::fs::write(&frames, format!("{}\n{}\n{}", frame("ana"), frame("shy"), frame("gone"))).unwrap();
    let replayed = server.command(&["replay", "--source", "bluesky", frames.to_str().unwrap(), "--json"]);
    assert!(String::from_utf8_lossy(&replayed.stdout).contains("\"admitted\":3"), "{replayed:?}");
    server.start();
    // Asked for at once on start: one may be shown, one may not, and of one the network knows nothing.
    server.wait_for_texts(&["ana #ville"]).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    server.wait_for_texts(&["ana #ville"]).await;
    // A refusal that is learnt later erases.
    server.wait_until_erased("shy #ville").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_without_a_source_serves_what_it_holds() {
    let network = SimulatedNetwork::start().await;
    let mut server = Server::prepare(&network);
    let settings = std::fs::read_to_string(server.config()).unwrap();
    std::fs::write(server.config(), settings.split("[source.bluesky]").next().unwrap()).unwrap();
    server.start();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(server.text("/ville").await.0, 200);
    assert_eq!(server.stop().1, Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s06_a_recipe_that_changed_while_nothing_ran_takes_out_what_it_no_longer_asks_for() {
    let network = SimulatedNetwork::start().await;
    network.join("ana", &[]);
    let mut server = Server::prepare(&network);
    server.start();
    network.is_heard().await;
    network.post("ana", "1", "#ville");
    network.post("ana", "2", "#ville #autre");
    server.wait_for_texts(&["#ville #autre", "#ville"]).await;
    server.stop();
    let file = server.folder.path().join("cities/ville.toml");
    std::fs::write(file, CITY.replace("[\"ville\"]", "[\"autre\"]")).unwrap();
    server.start();
    server.wait_for_texts(&["#ville #autre"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn listed_accounts_are_known_at_the_start_or_as_soon_as_their_network_answers() {
    let network = SimulatedNetwork::start().await;
    network.join("mairie", &[]);
    let mut server = Server::prepare(&network);
    let official =
        "\n[[official]]\nname = \"Mairie\"\nkind = \"institution\"\naccounts = [\"bsky:mairie.test.example\"]\n";
    std::fs::write(server.folder.path().join("cities/ville.toml"), format!("{CITY}{official}")).unwrap();
    server.start();
    network.is_heard().await;
    network.post("mairie", "1", "sans étiquette");
    server.wait_for_texts(&["sans étiquette"]).await;
    assert_eq!(server.posts().await[0]["author"]["official"], "Mairie");
    server.stop();

    // A network that does not answer keeps nobody waiting, and what it says at last is taken in.
    network.appview.delay(Duration::from_secs(9));
    let began = Instant::now();
    server.start();
    let started = began.elapsed();
    assert!(started < Duration::from_secs(8), "{started:?}");
    network.appview.recover();
    network.is_heard().await;
    let mut number = 1;
    wait_until("the listed account is known", async || {
        number += 1;
        network.post("mairie", &number.to_string(), &format!("annonce {number}"));
        tokio::time::sleep(Duration::from_millis(500)).await;
        server.posts().await.iter().any(|post| post["text"].as_str().unwrap().starts_with("annonce"))
    })
    .await;
}
