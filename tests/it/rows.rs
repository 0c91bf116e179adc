//! The rows of the networks' signals (L-01 to L-17) that concern the whole program, and that none is without a test.

use std::path::Path;

use crate::support::network::SimulatedNetwork;
use crate::support::server::Server;

fn sources(folder: &Path, into: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push_str(&std::fs::read_to_string(path).unwrap());
        }
    }
}

/// The number of each row stands at the beginning of a test's name, or beside another's.
#[test]
fn every_row_of_the_networks_signals_is_a_test_with_its_number() {
    let mut text = String::new();
    for folder in ["src", "tests"] {
        sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut text);
    }
    let names: Vec<&str> =
        text.match_indices("fn ").filter_map(|(at, _)| text.get(at + 3..)?.split('(').next()).collect();
    for row in 1..=17 {
        let number = format!("l{row:02}");
        let has = |name: &&str| name.split('_').any(|part| part == number);
        assert!(names.iter().any(has), "L-{row:02} has no test");
    }
}

/// A server on which ana has written, and the town's own account.
async fn square() -> (SimulatedNetwork, Server) {
    let network = SimulatedNetwork::start().await;
    let mut server = Server::prepare_with(
        &network,
        "[privacy]\ncontroller = \"Mairie de Ville\"\ncontact = \"mailto:dpo@ville.example\"\n",
    );
    server.start();
    network.is_heard().await;
    network.join("ana", &[]);
    network.post("ana", "1", "Bonjour #ville");
    server.wait_for_texts(&["Bonjour #ville"]).await;
    (network, server)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn l16_no_page_lists_private_persons() {
    let (_network, server) = square().await;
    let author = server.posts().await[0]["author"].clone();
    let (id, handle) = (author["id"].as_str().unwrap(), author["handle"].as_str().unwrap());
    // Whoever writes is named on their own posts, and nowhere else.
    for path in
        ["/", "/ville/recipe", "/ville/sources", "/ville/about", "/api/v1/cities", "/api/v1/cities/ville/sources"]
    {
        let (status, text) = server.text(path).await;
        assert_eq!(status, 200, "{path}");
        assert!(!text.contains(id) && !text.contains(handle), "{path} names {handle}");
    }
    for path in [format!("/ville/people/{handle}"), format!("/ville/{handle}"), "/api/v1/cities/ville/authors".into()] {
        assert_eq!(server.text(&path).await.0, 404, "{path}");
    }
}

/// What Bluesky's rules for developers ask: a public contact, a way to be left out, and posts and people taken out at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn l17_the_networks_rules_for_whoever_shows_posts_are_kept() {
    let (network, server) = square().await;
    for path in ["/ville/about", "/.well-known/security.txt"] {
        let (status, text) = server.text(path).await;
        assert!(status == 200 && text.contains("dpo@ville.example"), "{path}: {status} {text}");
    }
    let (status, leave) = server.text("/ville/leave").await;
    assert!(status == 200 && leave.contains("<form"), "{leave}");
    let post = server.posts().await[0]["id"].as_str().unwrap().to_owned();
    let hidden = server.command(&["post", "hide", &post]);
    assert!(hidden.status.success(), "{hidden:?}");
    server.wait_for_texts(&[]).await;
    let handle = SimulatedNetwork::did("ana");
    assert!(server.command(&["person", "erase", &handle]).status.success());
    network.post("ana", "2", "Encore #ville");
    network.join("bob", &[]);
    network.post("bob", "1", "Moi aussi #ville");
    server.wait_for_texts(&["Moi aussi #ville"]).await;
}
