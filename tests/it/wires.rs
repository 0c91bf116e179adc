//! Both of Jetstream's wires, plain and compressed: the same network gives the same page.

use std::time::{Duration, Instant};

use parvis::ingest::sources::bluesky::Wire;
use serde_json::Value;

use crate::support::network::SimulatedNetwork;
use crate::support::server::Server;

/// A dictionary trained on a few frames of these tests, under the id given.
fn dictionary(id: u32, frames: &[std::sync::Arc<str>]) -> Vec<u8> {
    let samples: Vec<&[u8]> = frames.iter().cycle().take(200).map(|frame| frame.as_bytes()).collect();
    let mut dictionary = zstd::dict::from_samples(&samples, 4 << 10).unwrap();
    dictionary[4..8].copy_from_slice(&id.to_le_bytes());
    dictionary
}

async fn clients_are(network: &SimulatedNetwork, count: usize) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while network.jetstream.clients() != count {
        assert!(Instant::now() < deadline, "{} clients", network.jetstream.clients());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The page without what each server makes up for itself.
async fn page(server: &Server) -> Vec<Value> {
    let mut posts = server.posts().await;
    for post in &mut posts {
        for own in ["id", "position", "received_at"] {
            assert!(post.as_object_mut().unwrap().remove(own).is_some(), "{own}: {post}");
        }
        // When each read the edit is its own; that it is one is not.
        post["edited_at"] = Value::Bool(post["edited_at"].is_string());
    }
    posts
}

async fn detail(server: &Server) -> String {
    server.json("/api/v1/cities/ville/sources").await["sources"][0]["detail"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d1_the_same_scene_over_every_wire_ends_with_the_same_page_and_a_change_of_wire_loses_nothing() {
    let network = SimulatedNetwork::start().await;
    for author in ["ana", "bob", "eve"] {
        network.join(author, &[]);
    }
    // Before anybody listens: what dictionaries are made of, and nobody sees.
    for n in 0..20 {
        network.post("eve", &format!("e{n}"), &format!("avant {n} #ville"));
    }
    let samples = network.jetstream.log();
    network.jetstream.set_dictionary(Wire::V1, Some(dictionary(1_612_007_021, &samples)));
    network.jetstream.set_dictionary(Wire::V2, Some(dictionary(20_260_811, &samples)));
    let forms =
        ["", "compress = true\ndictionary = \"legacy.zdict\"\n", "wire = \"v2\"\n", "wire = \"v2\"\ncompress = true\n"];
    let mut servers = Vec::new();
    for form in forms {
        let mut server = Server::prepare_with(&network, form);
        std::fs::write(server.folder.path().join("legacy.zdict"), dictionary(1_612_007_021, &samples)).unwrap();
        server.start();
        servers.push(server);
    }
    clients_are(&network, 4).await;
    network.post("ana", "1", "bonjour #ville");
    network.post("ana", "2", "à corriger #ville");
    network.edit("ana", "2", "corrigé ✓ #ville");
    network.post("ana", "3", "à retirer #ville");
    network.delete("ana", "3");
    network.post("bob", "4", "parti #ville");
    network.leave("bob");
    network.post("eve", "5", "étiquetée #ville");
    network.label("eve", &["!no-unauthenticated"]);
    network.post("ana", "6", "\"cité\" \\ #ville");
    for server in &servers {
        server.wait_for_texts(&["\"cité\" \\ #ville", "corrigé ✓ #ville", "bonjour #ville"]).await;
        assert_eq!(detail(server).await, "");
    }
    let expected = page(&servers[0]).await;
    for server in &servers {
        assert_eq!(page(server).await, expected);
    }
    // Plain v1 becomes compressed v2 and the other way round, with posts in between.
    for (server, (old, new)) in [(0, (forms[0], forms[3])), (3, (forms[3], forms[0]))] {
        let server = &mut servers[server];
        server.stop();
        let settings = std::fs::read_to_string(server.config()).unwrap();
        let settings = settings.strip_suffix(old).unwrap().to_owned() + new;
        std::fs::write(server.config(), settings).unwrap();
    }
    network.post("ana", "7", "entre deux #ville");
    for server in [0, 3] {
        servers[server].start();
    }
    for server in &servers {
        server.wait_for_texts(&["entre deux #ville", "\"cité\" \\ #ville", "corrigé ✓ #ville", "bonjour #ville"]).await;
        let health = server.json("/api/v1/cities/ville/sources").await;
        assert_eq!(health["sources"][0]["gaps"], serde_json::json!([]));
    }
}
