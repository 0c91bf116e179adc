//! Signed push on the real program: signed by the standard's own libraries, killed, repeated, forged.

mod examples;
mod kills;

use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use parvis::clock::{Clock, SystemClock};
use serde_json::{Value, json};
use standardwebhooks::Webhook;

use crate::support::network::SimulatedNetwork;
use crate::support::server::{CITY, Server, client};

/// Two secrets, of which the first is in use, and one that nobody has.
pub const SECRET: &str = "whsec_cGFydmlzLWNhbmFyeS1zZWNyZXQtb25l";
const NEXT: &str = "whsec_cGFydmlzLWNhbmFyeS1zZWNyZXQtdHdv";
const STRANGE: &str = "whsec_bm9ib2R5LWhhcy10aGlzLXNlY3JldC0w";

fn seconds_now() -> i64 {
    SystemClock.now().as_micros() / 1_000_000
}

fn now() -> String {
    SystemClock.now().to_rfc3339()
}

pub fn write_secret(server: &Server, name: &str, secret: &str) {
    let path = server.folder.path().join("cities").join(name);
    std::fs::write(&path, secret).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

/// Has the city list a sender, by the files of its secrets.
pub fn list(server: &Server, secrets: &[&str], more: &str) {
    let secrets: Vec<String> = secrets.iter().map(|name| format!("{{ file = {name:?} }}")).collect();
    let push = format!(
        "[[push]]\nname = \"Voirie de Ville\"\nkind = \"service\"\nlane = \"info\"\nsecrets = [{}]\n{more}\n",
        secrets.join(", ")
    );
    std::fs::write(server.folder.path().join("cities/ville.toml"), format!("{CITY}{push}")).unwrap();
}

/// A city that lists one sender, with its secrets in files.
struct Town {
    server: Server,
    client: reqwest::Client,
    _network: SimulatedNetwork,
}

impl Town {
    async fn prepare(more: &str) -> Self {
        let network = SimulatedNetwork::start().await;
        let server = Server::prepare_with(&network, "");
        let town = Self { server, client: client(), _network: network };
        town.write_secret("one", SECRET);
        town.list(&["one"], more);
        town
    }

    async fn start() -> Self {
        let mut town = Self::prepare("").await;
        town.server.start();
        town
    }

    fn write_secret(&self, name: &str, secret: &str) {
        write_secret(&self.server, name, secret);
    }

    fn list(&self, secrets: &[&str], more: &str) {
        list(&self.server, secrets, more);
    }

    fn url(&self) -> String {
        self.server.url("/api/v1/cities/ville/push")
    }

    /// Sends as it would be sent by the standard's own library. `None`: no answer came.
    async fn try_to_send(&self, secret: &str, id: &str, at: i64, body: &str) -> Option<(u16, String)> {
        let signature = Webhook::new(secret).unwrap().sign(id, at, body.as_bytes()).unwrap();
        let request = self
            .client
            .post(self.url())
            .header("content-type", "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", at.to_string())
            .header("webhook-signature", signature)
            .body(body.to_owned());
        let answer = request.send().await.ok()?;
        Some((answer.status().as_u16(), answer.text().await.ok()?))
    }

    async fn send(&self, id: &str, body: &Value) -> (u16, String) {
        self.try_to_send(SECRET, id, seconds_now(), &body.to_string()).await.expect("an answer")
    }

    /// What each item was answered: `outcome` and `reason`.
    async fn outcomes(&self, id: &str, body: &Value) -> Vec<String> {
        let (status, text) = self.send(id, body).await;
        assert_eq!(status, 200, "{text}; log: {}", self.server.log_text());
        let answer: Value = serde_json::from_str(&text).unwrap();
        let results = answer["results"].as_array().unwrap().iter();
        let told = results.map(|result| match result["reason"].as_str() {
            Some(reason) => format!("{} {reason}", result["outcome"].as_str().unwrap()),
            None => result["outcome"].as_str().unwrap().to_owned(),
        });
        told.collect()
    }

    async fn texts(&self) -> Vec<String> {
        self.server.posts().await.iter().map(|post| post["text"].as_str().unwrap().to_owned()).collect()
    }
}

fn notice(id: &str, text: &str) -> Value {
    json!({ "id": id, "text": text, "created_at": now(), "url": format!("https://ville.example/{id}") })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d3_what_was_answered_is_there_after_a_kill_and_answered_the_same_again() {
    let mut town = Town::start().await;
    let body = json!({ "posts": [notice("pont", "Pont fermé"), { "id": "x", "txt": "faux" }, notice("eau", "Coupure d’eau")] });
    let (status, first) = town.send("m1", &body).await;
    town.server.kill();
    assert_eq!(status, 200, "{first}");
    let answer: Value = serde_json::from_str(&first).unwrap();
    assert_eq!(answer["results"][1]["outcome"], "refused");
    assert!(answer["results"][1]["detail"].as_str().unwrap().contains("`txt` is no field"), "{first}");
    town.server.start();
    // Signed anew, as a sender does that has heard nothing.
    let again = town.send("m1", &body).await;
    assert_eq!(again, (200, first.clone()));
    assert_eq!(town.texts().await, ["Coupure d’eau", "Pont fermé"]);
    let posts = town.server.posts().await;
    assert_eq!(posts[1]["id"], answer["results"][0]["post"]);
    let of_card = ["network", "lane", "tier", "automated"].map(|key| posts[1][key].clone());
    assert_eq!(of_card, [json!("push"), json!("info"), json!("invited"), json!(true)]);
    assert_eq!(posts[1]["author"]["name"], "Voirie de Ville");
    assert_eq!(posts[1]["author"]["official"], "Voirie de Ville");
    assert!(posts[1]["expires_at"].is_string(), "a notice goes after a week");
    // The same id with another body is another message under a wrong name.
    assert_eq!(town.send("m1", &notice("autre", "Autre")).await.0, 409);
    assert_eq!(town.texts().await.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn d3_a_message_that_comes_many_times_at_once_is_taken_once() {
    let town = Town::start().await;
    let body = notice("pont", "Pont fermé").to_string();
    let at = seconds_now();
    let sent = (0..20).map(|_| town.try_to_send(SECRET, "m1", at, &body));
    let answers: Vec<(u16, String)> = futures_util::future::join_all(sent).await.into_iter().flatten().collect();
    assert_eq!(answers.len(), 20);
    assert!(answers.iter().all(|answer| *answer == answers[0] && answer.0 == 200), "{answers:#?}");
    assert!(answers[0].1.contains("\"admitted\""), "{}", answers[0].1);
    assert_eq!(town.texts().await, ["Pont fermé"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn h5_what_is_forged_or_old_writes_nothing_and_no_secret_is_told() {
    let mut town = Town::start().await;
    assert_eq!(town.outcomes("m0", &notice("vrai", "Vrai")).await, ["admitted"]);
    let body = notice("faux", "contrefait").to_string();
    let at = seconds_now();
    for (secret, time) in [(STRANGE, at), (NEXT, at), (SECRET, at - 320), (SECRET, at + 320)] {
        let (status, text) = town.try_to_send(secret, "m1", time, &body).await.unwrap();
        assert_eq!(status, 401, "{text}");
        assert!(text.contains("urn:parvis:problem:unsigned"), "{text}");
    }
    // A signature of another body, of another id, and none.
    let signature = Webhook::new(SECRET).unwrap().sign("m1", at, b"{}").unwrap();
    for (id, signature) in [("m1", &*signature), ("m2", &*signature), ("m1", "v1,"), ("m1", "v1a,AAAA")] {
        let request = town.client.post(town.url()).header("content-type", "application/json").header("webhook-id", id);
        let request = request.header("webhook-timestamp", at).header("webhook-signature", signature).body(body.clone());
        assert_eq!(request.send().await.unwrap().status(), 401, "{signature}");
    }
    assert_eq!(town.texts().await, ["Vrai"]);
    let (_, metrics) = town.server.text("/metrics").await;
    assert!(metrics.contains("parvis_push_deliveries_total{answer=\"unsigned\"} 6"), "{metrics}");
    let (_, sources) = town.server.text("/api/v1/cities/ville/sources").await;
    let check = town.server.command(&["city", "check"]);
    let said = [check.stdout, check.stderr].concat();
    for told in [metrics, sources, town.server.log_text(), String::from_utf8_lossy(&said).into_owned()] {
        for secret in [SECRET, "parvis-canary-secret", "contrefait"] {
            assert!(!told.contains(secret), "{told}");
        }
    }
    town.server.stop();
    for word in ["contrefait", SECRET, "parvis-canary-secret"] {
        assert!(!town.server.database_holds(word), "{word}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn h5_one_secret_takes_the_others_place_without_a_delivery_lost() {
    let town = Town::start().await;
    let send = async |secret: &str, id: &str| {
        let body = notice(id, id).to_string();
        town.try_to_send(secret, id, seconds_now(), &body).await.unwrap().0
    };
    let until = async |secret: &str, name: &str, expected: u16| {
        let deadline = Instant::now() + Duration::from_secs(20);
        for number in 0.. {
            let status = send(secret, &format!("{name}{number}")).await;
            if status == expected {
                return;
            }
            // For a moment it may be put off, while its source begins anew.
            assert!(matches!(status, 401 | 200 | 503), "{status}; log: {}", town.server.log_text());
            assert!(Instant::now() < deadline, "{name}: still {status}; log: {}", town.server.log_text());
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    };
    assert_eq!((send(SECRET, "a").await, send(NEXT, "b").await), (200, 401));
    town.write_secret("two", NEXT);
    town.list(&["one", "two"], "");
    until(NEXT, "both", 200).await;
    assert_eq!(send(SECRET, "c").await, 200, "both are good for a while");
    town.list(&["two"], "");
    until(SECRET, "old", 401).await;
    assert_eq!(send(NEXT, "d").await, 200);
    // A file may hold another one as well.
    town.write_secret("two", SECRET);
    until(NEXT, "new", 401).await;
    assert_eq!(send(SECRET, "e").await, 200);
    // Without any nothing can be verified, and that is said.
    std::fs::remove_file(town.server.folder.path().join("cities/two")).unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    while send(SECRET, "f").await != 503 {
        assert!(Instant::now() < deadline);
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    let (_, page) = town.server.text("/ville/sources").await;
    assert!(page.contains("Voirie de Ville") && page.contains("No such file"), "{page}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d5_versions_and_deletions_go_their_way_and_what_is_gone_leaves_no_trace() {
    let mut town = Town::start().await;
    let version = |text: &str, revision: u64| {
        let mut post = notice("pont", text);
        post["revision"] = json!(revision);
        post
    };
    assert_eq!(town.outcomes("m1", &version("premier texte", 1)).await, ["admitted"]);
    assert_eq!(town.outcomes("m2", &version("premier texte", 1)).await, ["unchanged"]);
    assert_eq!(town.outcomes("m3", &version("deuxieme texte", 3)).await, ["admitted"]);
    assert_eq!(town.outcomes("m4", &version("texte en retard", 2)).await, ["unchanged outdated"]);
    assert_eq!(town.texts().await, ["deuxieme texte"]);
    let agenda = json!({ "id": "fini", "text": "Fini", "created_at": now(), "ends_at": "2020-01-01T00:00:00Z" });
    let old = json!({ "id": "vieux", "text": "Vieux", "created_at": "2020-01-01T00:00:00Z" });
    let empty = json!({ "id": "vide", "text": " ", "created_at": now() });
    let mixed = json!({ "posts": [agenda, old, empty, { "id": "pont", "deleted": true }, { "id": "jamais", "deleted": true }] });
    let told = town.outcomes("m5", &mixed).await;
    assert_eq!(told, ["refused expired", "refused too_old", "refused empty", "deleted", "deleted"]);
    assert_eq!(town.texts().await, Vec::<String>::new());
    assert_eq!(town.outcomes("m6", &version("encore", 9)).await, ["refused deleted"], "what was taken back stays away");
    assert_eq!(town.outcomes("m7", &notice("jamais", "trop tard")).await, ["refused deleted"], "also what came later");
    let both = json!({ "posts": [notice("bref", "Bref"), { "id": "bref", "deleted": true }] });
    assert_eq!(town.outcomes("m8", &both).await, ["admitted", "deleted"]);
    assert_eq!(town.outcomes("m5", &mixed).await, told, "the answer outlives what it was about");
    town.server.stop();
    for word in ["premier texte", "deuxieme texte", "texte en retard", "ville:voirie-de-ville pont"] {
        assert!(!town.server.database_holds(word), "{word}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn h2_hostile_bodies_of_a_sender_are_refused_and_the_next_is_taken() {
    let town = Town::start().await;
    let deep = format!("{}{}", "[".repeat(30_000), "]".repeat(30_000));
    let many = format!("[{}{{}}]", "{},".repeat(20_000));
    for (n, (body, expected)) in [
        (deep, 422),
        (many, 422),
        ("{\"posts\":".into(), 422),
        ("\u{0}".into(), 422),
        (format!("\"{}\"", "x".repeat(65_000)), 422),
        ("x".repeat(65_537), 413),
    ]
    .into_iter()
    .enumerate()
    {
        let began = Instant::now();
        let (status, text) = town.try_to_send(SECRET, &format!("h{n}"), seconds_now(), &body).await.unwrap();
        assert_eq!(status, expected, "{text}");
        assert!(began.elapsed() < Duration::from_secs(2));
    }
    let hostile = json!({ "id": "x\u{202e}<script>", "text": "<script>alert(1)</script>", "created_at": now(),
        "url": "javascript:alert(1)", "tags": ["<b>"], "media": [{ "url": "data:text/html,x", "alt": "<img src=x>" }] });
    assert_eq!(town.outcomes("m1", &hostile).await, ["admitted"]);
    let posts = town.server.posts().await;
    assert!(posts[0]["url"].is_null(), "{posts:?}");
    let (_, page) = town.server.text("/ville").await;
    assert!(!page.contains("<script>alert") && !page.contains("javascript:alert"), "{page}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w5_a_sender_that_sends_without_end_is_put_off_and_told_until_when() {
    let mut town = Town::prepare("per_hour = 100").await;
    town.server.start();
    let hundred: Vec<Value> = (0..100).map(|n| notice(&format!("n{n}"), &format!("Message {n}"))).collect();
    let hundred = json!({ "posts": hundred });
    let (status, first) = town.send("m1", &hundred).await;
    assert_eq!(status, 200);
    let (status, told) = town.send("m2", &notice("trop", "Trop")).await;
    assert_eq!(status, 429, "{told}");
    assert_eq!(town.send("m1", &hundred).await, (200, first), "what was answered is answered");
    assert_eq!(town.texts().await.len(), 100);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn feature_7_a_sender_is_on_the_page_of_sources_and_on_that_of_the_recipe() {
    let town = Town::start().await;
    assert_eq!(town.outcomes("m1", &notice("pont", "Pont fermé")).await, ["admitted"]);
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let sources = town.server.json("/api/v1/cities/ville/sources").await;
        let sender = sources["sources"].as_array().unwrap().iter().find(|source| source["network"] == "push").unwrap();
        assert_eq!((&sender["source"], &sender["state"]), (&json!("push:ville:voirie-de-ville"), &json!("live")));
        if sender["last_event_at"].is_string() && sender["last_post_at"].is_string() {
            break;
        }
        assert!(Instant::now() < deadline, "{sender}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let (_, page) = town.server.text("/ville/sources").await;
    assert!(page.contains("Voirie de Ville"), "{page}");
    let (_, recipe) = town.server.text("/ville/recipe").await;
    assert!(recipe.contains("Voirie de Ville"), "{recipe}");
    // Who is taken out of the file is taken out of the page.
    std::fs::write(town.server.folder.path().join("cities/ville.toml"), CITY).unwrap();
    let deadline = Instant::now() + Duration::from_secs(30);
    while !town.texts().await.is_empty() {
        assert!(Instant::now() < deadline, "{}", town.server.log_text());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(town.send("m2", &notice("eau", "Eau")).await.0, 401);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d9_after_a_restore_a_listed_sender_is_shown_again_and_what_it_took_back_is_not() {
    let mut town = Town::start().await;
    assert_eq!(town.outcomes("m1", &notice("pont", "Pont fermé")).await, ["admitted"]);
    assert_eq!(town.outcomes("m2", &notice("eau", "Coupure d’eau")).await, ["admitted"]);
    let file = town.server.folder.path().join("backup").display().to_string();
    assert!(town.server.command(&["backup", &file]).status.success());
    assert_eq!(town.outcomes("m3", &json!({ "id": "eau", "deleted": true })).await, ["deleted"]);
    town.server.stop();
    let restored = town.server.command(&["restore", &file, "--replace"]);
    assert!(restored.status.success(), "{restored:?}");
    town.server.start();
    town.server.wait_for_texts(&["Pont fermé"]).await;
    let (status, again) = town.send("m1", &notice("autre", "Autre")).await;
    assert_eq!(status, 409, "its receipt came back too: {again}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s07_recorded_bodies_are_replayed_as_the_sender_that_is_named() {
    let mut town = Town::prepare("").await;
    let file = town.server.folder.path().join("bodies.jsonl");
    let gone = json!({ "posts": [{ "id": "eau", "deleted": true }, { "id": "x", "txt": 1 }] });
    let bodies = [notice("pont", "Pont fermé"), notice("eau", "Coupure d’eau"), gone];
    std::fs::write(&file, bodies.map(|body| format!("{body}\n")).concat()).unwrap();
    let file = file.display().to_string();
    let account = ["--address", "ville:voirie-de-ville", "--json"];
    let replayed = town.server.command(&[&["replay", "--source", "push", &file], &account[..]].concat());
    let said: Value = serde_json::from_slice(&replayed.stdout).unwrap();
    let expected = json!({ "frames": 4, "outcomes": { "admitted": 2, "event.delete": 1, "refused.malformed": 1 } });
    assert_eq!(said, expected, "{}", String::from_utf8_lossy(&replayed.stderr));
    town.server.start();
    town.server.wait_for_texts(&["Pont fermé"]).await;
    // It is the same post that its sender sends.
    assert_eq!(town.outcomes("m1", &bodies_again(&town).await).await, ["unchanged"]);
}

/// What is shown, as its sender would send it again.
async fn bodies_again(town: &Town) -> Value {
    let post = town.server.posts().await.remove(0);
    json!({ "id": "pont", "text": post["text"], "created_at": post["created_at"], "url": post["url"] })
}
