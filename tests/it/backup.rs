//! D9, through the real program: a backup under load, what goes after it, and the drill of putting it back.

use std::time::{Duration, Instant};

use crate::support::network::SimulatedNetwork;
use crate::support::reader::Reader;
use crate::support::server::Server;

/// The lines of tables that `backup` and `restore` print.
fn tables(output: &std::process::Output) -> Vec<String> {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().filter(|line| line.split('\t').count() == 3).map(str::to_owned).collect()
}

/// Waits until the city's posts, in any order, are these.
async fn wait_for(server: &Server, expected: &[String]) {
    let mut expected = expected.to_vec();
    expected.sort();
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let posts = server.posts().await;
        let mut texts: Vec<String> = posts.iter().map(|post| post["text"].as_str().unwrap().to_owned()).collect();
        texts.sort();
        if texts == expected {
            return;
        }
        assert!(Instant::now() < deadline, "{texts:?} instead of {expected:?}; log: {}", server.log_text());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d9_the_drill_a_backup_under_load_is_put_back_and_brings_nothing_back() {
    let network = SimulatedNetwork::start().await;
    for author in ["ana", "bob", "eve", "zoe"] {
        network.join(author, &[]);
    }
    let mut server = Server::prepare(&network);
    server.start();
    network.is_heard().await;
    for (author, key, text) in [
        ("ana", "1", "secret effacé #ville"),
        ("ana", "2", "secret corrigé #ville"),
        ("ana", "3", "secret gommé #ville"),
        ("ana", "4", "secret caché #ville"),
        ("bob", "1", "secret parti #ville"),
        ("eve", "1", "secret discret #ville"),
        ("zoe", "1", "reste #ville"),
    ] {
        network.post(author, key, text);
    }
    let mut reader = Reader::default();
    let deadline = Instant::now() + Duration::from_secs(20);
    while server.posts().await.len() < 7 {
        assert!(Instant::now() < deadline, "{}", server.log_text());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    reader.read_for(&server.live_url(""), Duration::from_millis(100)).await;
    let ids: std::collections::BTreeMap<String, String> = server
        .posts()
        .await
        .iter()
        .map(|post| (post["text"].as_str().unwrap().to_owned(), post["id"].as_str().unwrap().to_owned()))
        .collect();

    // Posts keep coming while the copy is made.
    let file = server.folder.path().join("backup");
    let mut expected = Vec::new();
    let copied = std::thread::scope(|scope| {
        let copying = scope.spawn(|| server.command(&["backup", file.to_str().unwrap()]));
        while !copying.is_finished() {
            let text = format!("message {} #ville", expected.len());
            network.post("zoe", &format!("load{}", expected.len()), &text);
            expected.push(text);
            std::thread::sleep(Duration::from_millis(5));
        }
        copying.join().unwrap()
    });
    let of_backup = tables(&copied);
    assert_eq!(of_backup.len(), 32, "{of_backup:?}");
    let again = server.command(&["backup", file.to_str().unwrap()]);
    assert_eq!(again.status.code(), Some(1), "a backup is not overwritten");

    network.delete("ana", "1");
    network.edit("ana", "2", "en ordre #ville");
    network.label("eve", &["!no-unauthenticated"]);
    let id = |text: &str| ids[text].as_str();
    for command in [
        ["post", "erase", id("secret gommé #ville")],
        ["post", "hide", id("secret caché #ville")],
        ["person", "erase", "@bob.test.example"],
    ] {
        let done = server.command(&command);
        assert!(done.status.success(), "{command:?}: {}", String::from_utf8_lossy(&done.stderr));
    }
    network.post("zoe", "2", "après #ville");
    expected.extend(["reste #ville", "après #ville", "en ordre #ville"].map(str::to_owned));
    wait_for(&server, &expected).await;
    let served = server.command(&["restore", file.to_str().unwrap(), "--replace"]);
    assert_eq!(served.status.code(), Some(1), "not while a server runs");
    tokio::task::block_in_place(|| server.stop());

    let unasked = server.command(&["restore", file.to_str().unwrap()]);
    assert_eq!(unasked.status.code(), Some(1), "a database is not overwritten unasked");
    assert_eq!(tables(&server.command(&["restore", file.to_str().unwrap(), "--replace"])), of_backup);
    for secret in ["secret effacé", "secret gommé", "secret parti", "secret corrigé"] {
        assert!(!server.database_holds(secret), "{secret}");
    }
    server.start();
    // What came after the backup is read again from the stream; what went stays away, at every moment.
    let deadline = Instant::now() + Duration::from_secs(40);
    let mut old = Reader { cursor: reader.cursor.clone(), ..Reader::default() };
    old.read_for(&server.live_url(""), Duration::from_millis(300)).await;
    assert_eq!(old.recovered, [false], "the log is another one");
    loop {
        for path in ["/ville", "/api/v1/cities/ville/posts?limit=100", "/api/v1/cities/ville/posts?q=secret"] {
            let (_, text) = server.text(path).await;
            assert!(!text.contains("secret "), "{path}: {text}");
        }
        let texts = server.posts().await.len();
        if texts == expected.len() {
            break;
        }
        assert!(Instant::now() < deadline, "{texts} of {}; log: {}", expected.len(), server.log_text());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    wait_for(&server, &expected).await;
    let mut late = Reader { cursor: old.cursor.clone(), ..Reader::default() };
    late.read_for(&server.live_url(""), Duration::from_millis(500)).await;
    assert_eq!(late.recovered, [true], "the new log's cursors are good");
    assert!(late.frames.iter().chain(&old.frames).all(|frame| !frame.contains("secret ")));
    let undone = server.command(&["post", "hide", "--undo", id("secret caché #ville")]);
    assert!(
        undone.status.success(),
        "what was hidden is held, and hidden: {}",
        String::from_utf8_lossy(&undone.stderr)
    );
}
