//! Who addresses the city, from the network to the figures that anybody can read: the desk's own words are in no output.

use std::time::{Duration, Instant};

use crate::outputs::{assert_in_no_output, listen};
use crate::support::network::SimulatedNetwork;
use crate::support::server::{CITY, Server};

/// Waits until so many were asked and answered, as the public figures say.
async fn wait_for_answers(server: &Server, asked: u64, answered: u64) {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let answers = server.json("/api/v1/cities/ville/answers").await;
        if (answers["asked"].as_u64(), answers["answered"].as_u64()) == (Some(asked), Some(answered)) {
            return;
        }
        assert!(Instant::now() < deadline, "{answers}; log: {}", server.log_text());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s50_s51_l40_d5_a_mention_is_heard_answered_kept_over_a_kill_seen_by_nobody_and_erased() {
    let network = SimulatedNetwork::start().await;
    for author in ["ana", "bob", "mairie"] {
        network.join(author, &[]);
    }
    network.join("shy", &["!no-unauthenticated"]);
    let mut server = Server::prepare(&network);
    let official = "[[official]]\nname = \"Mairie\"\nkind = \"institution\"\naccounts = [\"bsky:did:plc:mairie\"]\n";
    std::fs::write(server.folder.path().join("cities/ville.toml"), format!("{CITY}{official}")).unwrap();
    server.start();
    network.is_heard().await;
    let listeners = ["", "?format=html&hl=fr", "sse"].map(|path| listen(&server, path));
    tokio::time::sleep(Duration::from_millis(500)).await;

    let began = Instant::now();
    network.mention("ana", "1", "secret une fuite", "mairie");
    network.mention("shy", "2", "secret discret", "mairie");
    wait_for_answers(&server, 2, 0).await;
    assert!(began.elapsed() < Duration::from_secs(60));
    network.mention("bob", "3", "bonjour #ville", "mairie");
    server.wait_for_texts(&["bonjour #ville @mairie"]).await;
    wait_for_answers(&server, 3, 0).await;
    assert!(server.database_holds("secret une fuite"), "the test would see nothing");
    assert!(!server.database_holds("secret discret"), "of a pointer no word is written");
    assert!(!server.database_holds("shy.test.example"));
    assert_in_no_output(&server, "secret").await;

    server.kill();
    // The network does not tell it again: what was asked is known from the store.
    network.forget_all();
    server.start();
    wait_for_answers(&server, 3, 0).await;
    network.is_heard().await;
    network.reply("mairie", "4", "C'est réparé", ("ana", "1"));
    wait_for_answers(&server, 3, 1).await;
    server.kill();
    server.start();
    wait_for_answers(&server, 3, 1).await;
    assert_in_no_output(&server, "secret").await;
    for listener in listeners {
        assert!(!listener.await.unwrap().contains("secret"), "a live frame carried what is for the desk alone");
    }

    // What becomes of an author becomes of what they asked.
    network.label("ana", &["!no-unauthenticated"]);
    server.wait_until_erased("secret une fuite").await;
    wait_for_answers(&server, 3, 1).await;
    network.delete("bob", "3");
    server.wait_for_texts(&[]).await;
    wait_for_answers(&server, 2, 1).await;
    network.leave("ana");
    network.delete("shy", "2");
    wait_for_answers(&server, 0, 0).await;
    let (_, answers) = server.text("/api/v1/cities/ville/answers").await;
    assert!(answers.contains("\"usual_delay_minutes\":null"), "{answers}");
}
