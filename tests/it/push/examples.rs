//! The examples of docs/push.md, run as they stand there, and the standard's own Python library.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::*;

/// The example under a heading of docs/push.md, in its language.
fn example(language: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/push.md");
    let text = std::fs::read_to_string(path).unwrap();
    let (_, from) = text.split_once(&format!("```{language}\n")).expect(language);
    from.split_once("```").unwrap().0.to_owned()
}

/// Runs an example in a folder of its own, with what it has to be told in the environment.
fn run(town: &Town, program: &Path, file: &str, code: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(file);
    std::fs::write(&path, code).unwrap();
    let ran = Command::new(program)
        .arg(&path)
        .env("PUSH_URL", town.url())
        .env("PUSH_SECRET", SECRET)
        .current_dir(folder.path())
        .output()
        .unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success(), "{said}");
    said
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d3_the_shell_example_is_taken_as_it_is_documented() {
    if ["curl", "openssl"].iter().any(|tool| Command::new(tool).arg("--version").output().is_err()) {
        return println!("curl or openssl is not there: make setup-test installs them");
    }
    let town = Town::start().await;
    let said = tokio::task::block_in_place(|| run(&town, Path::new("sh"), "push.sh", &example("sh")));
    assert!(said.contains("\"outcome\":\"admitted\""), "{said}; log: {}", town.server.log_text());
    assert_eq!(town.texts().await.len(), 1);
}

/// With the library that the standard's authors publish for Python, which `make test` installs and names here.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d3_the_python_example_is_taken_as_it_is_documented() {
    let Some(python) = std::env::var_os("STANDARDWEBHOOKS_PYTHON").map(PathBuf::from) else {
        return println!("STANDARDWEBHOOKS_PYTHON is not set: the foreign signer is not run here");
    };
    let town = Town::start().await;
    let said = tokio::task::block_in_place(|| run(&town, &python, "push.py", &example("python")));
    assert!(said.contains("admitted"), "{said}; log: {}", town.server.log_text());
    assert_eq!(town.texts().await.len(), 1);
}

/// Envelopes as npm's `cloudevents` writes them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d3_cloud_events_are_taken_one_by_one_and_in_a_batch() {
    let town = Town::start().await;
    let event = |id: &str, kind: &str, data: Value| {
        json!({ "id": id, "time": "2026-11-29T08:00:00.000Z", "type": format!("example.ville.notice.{kind}"),
            "source": "https://ville.example/voirie", "specversion": "1.0", "datacontenttype": "application/json",
            "data": data })
    };
    let send = async |id: &str, kind: &str, body: Value| {
        let (at, body) = (seconds_now(), body.to_string());
        let signature = Webhook::new(SECRET).unwrap().sign(id, at, body.as_bytes()).unwrap();
        let request = town.client.post(town.url()).header("content-type", kind).header("webhook-id", id);
        let request = request.header("webhook-timestamp", at).header("webhook-signature", signature).body(body);
        let answer = request.send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert_eq!(status, 200, "{text}");
        let answer: Value = serde_json::from_str(&text).unwrap();
        let results = answer["results"].as_array().unwrap().iter();
        results.map(|result| result["outcome"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let (one, batch) = ("application/cloudevents+json; charset=utf-8", "application/cloudevents-batch+json");
    let data = json!({ "id": "pont", "text": "Pont fermé", "created_at": now() });
    assert_eq!(send("m1", one, event("e1", "created", data.clone())).await, ["admitted"]);
    assert_eq!(send("m2", one, event("e1", "created", data.clone())).await, ["unchanged"], "an event that comes twice");
    let gone = json!([
        event("e2", "created", json!({ "id": "eau", "text": "Eau", "created_at": now() })),
        event("e3", "deleted", json!({ "id": "pont" }))
    ]);
    assert_eq!(send("m3", batch, gone).await, ["admitted", "deleted"]);
    assert_eq!(town.texts().await, ["Eau"]);
}
