use std::time::Instant;

use reqwest::Response;

use super::*;
use crate::demo::player::Persona;
use crate::demo::world::StoredPost;
use crate::domain::Timestamp;

const URI: &str = "at://did:plc:demoa/app.bsky.feed.post/3k";

fn persona(id: &str, labels: &[&str]) -> Persona {
    Persona {
        did: format!("did:plc:demo{id}"),
        handle: format!("{id}.demo.example"),
        name: id.to_uppercase(),
        bio: format!("I am {id}."),
        labels: labels.iter().map(|label| (*label).to_owned()).collect(),
    }
}

fn start() -> (AppViewSimulator, Shutdown) {
    // Only the first installation of a process takes effect.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let shutdown = Shutdown::new();
    let world = SharedWorld::default();
    let time = Timestamp::parse_rfc3339("2026-12-07T11:20:00Z").unwrap();
    {
        let mut world = world.lock();
        world.join(&persona("a", &["!no-unauthenticated"]), time);
        world.join(&persona("b", &[]), time);
        world.put_post(StoredPost {
            uri: URI.into(),
            cid: "bafy".into(),
            author: "did:plc:demoa".into(),
            record: json!({ "text": "Bonjour", "labels": { "values": [{ "val": "graphic-media" }] } }),
            indexed: time,
        });
    }
    (AppViewSimulator::start(world, shutdown.clone()).unwrap(), shutdown)
}

async fn get(simulator: &AppViewSimulator, path: &str) -> Response {
    reqwest::get(format!("{}/xrpc/{path}", simulator.url())).await.unwrap()
}

async fn json_of(simulator: &AppViewSimulator, path: &str) -> Value {
    get(simulator, path).await.json().await.unwrap()
}

#[tokio::test]
async fn profiles_have_the_public_shape() {
    let (simulator, _guard) = start();
    let path = "app.bsky.actor.getProfiles?actors=b.demo.example&actors=did:plc:demoa&actors=did:plc:nobody";
    assert_eq!(
        json_of(&simulator, path).await,
        json!({ "profiles": [
            { "did": "did:plc:demob", "handle": "b.demo.example", "displayName": "B", "description": "I am b.",
              "followersCount": 0, "followsCount": 0, "postsCount": 0, "labels": [],
              "indexedAt": "2026-12-07T11:20:00.000Z", "createdAt": "2026-12-07T11:20:00.000Z" },
            { "did": "did:plc:demoa", "handle": "a.demo.example", "displayName": "A", "description": "I am a.",
              "followersCount": 0, "followsCount": 0, "postsCount": 1,
              "labels": [{ "src": "did:plc:demoa", "uri": "at://did:plc:demoa/app.bsky.actor.profile/self",
                           "val": "!no-unauthenticated", "cts": "2026-12-07T11:20:00.000Z" }],
              "indexedAt": "2026-12-07T11:20:00.000Z", "createdAt": "2026-12-07T11:20:00.000Z" },
        ] })
    );
}

#[tokio::test]
async fn posts_have_the_public_shape() {
    let (simulator, _guard) = start();
    let answer = json_of(&simulator, &format!("app.bsky.feed.getPosts?uris={URI}&uris=at://x/y/z")).await;
    let posts = answer["posts"].as_array().unwrap();
    assert_eq!(posts.len(), 1);
    assert_eq!(posts[0]["uri"], URI);
    assert_eq!(posts[0]["author"]["handle"], "a.demo.example");
    assert_eq!(posts[0]["record"]["text"], "Bonjour");
    assert_eq!(posts[0]["labels"][0]["val"], "graphic-media");
    assert_eq!(posts[0]["labels"][0]["src"], "did:plc:demoa");
}

#[tokio::test]
async fn l11_who_is_gone_is_in_no_answer() {
    let (simulator, _guard) = start();
    let profile = "app.bsky.actor.getProfiles?actors=did:plc:demoa";
    let post = format!("app.bsky.feed.getPosts?uris={URI}");
    let seen = async || {
        let (profiles, posts) = (json_of(&simulator, profile).await, json_of(&simulator, &post).await);
        (profiles["profiles"].as_array().unwrap().len(), posts["posts"].as_array().unwrap().len())
    };
    assert_eq!(seen().await, (1, 1));
    simulator.set_absent("did:plc:demoa", true);
    assert_eq!(seen().await, (0, 0));
    simulator.set_absent("did:plc:demoa", false);
    simulator.world().lock().set_active("did:plc:demoa", false);
    assert_eq!(seen().await, (0, 0));
    simulator.world().lock().set_active("did:plc:demoa", true);
    simulator.world().lock().delete_post(URI);
    assert_eq!(seen().await, (1, 0));
    simulator.world().lock().delete_account("did:plc:demoa");
    assert_eq!(seen().await, (0, 0));
}

#[tokio::test]
async fn requests_without_actors_or_with_too_many_are_refused() {
    let (simulator, _guard) = start();
    assert_eq!(get(&simulator, "app.bsky.actor.getProfiles").await.status(), 400);
    let many = |count: usize| format!("app.bsky.actor.getProfiles?{}", "actors=did:plc:demoa&".repeat(count));
    assert_eq!(get(&simulator, &many(25)).await.status(), 200);
    let refused = get(&simulator, &many(26)).await;
    assert_eq!(refused.status(), 400);
    assert_eq!(refused.json::<Value>().await.unwrap()["error"], "InvalidRequest");
    assert_eq!(simulator.requests(), 3);
}

#[tokio::test]
async fn faults_happen_when_ordered() {
    let (simulator, shutdown) = start();
    let path = "app.bsky.actor.getProfiles?actors=did:plc:demoa";
    simulator.fail(Failure::Unavailable);
    assert_eq!(get(&simulator, path).await.status(), 503);
    simulator.fail(Failure::RateLimited { retry_after: 7 });
    let limited = get(&simulator, path).await;
    assert_eq!((limited.status().as_u16(), limited.headers()["retry-after"].to_str().unwrap()), (429, "7"));
    simulator.recover();
    simulator.delay(Duration::from_millis(120));
    let before = Instant::now();
    assert_eq!(get(&simulator, path).await.status(), 200);
    assert!(before.elapsed() >= Duration::from_millis(120));
    shutdown.trigger();
    for _ in 0..100 {
        if reqwest::get(simulator.url()).await.is_err() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("still serving after the shutdown");
}
