//! Feeds of a real web server (nginx): read, followed where they move, left alone where they ask for it, and in step with
//! the city's file.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::network::SimulatedNetwork;
use crate::support::nginx::Nginx;
use crate::support::server::{CITY, Server};

fn list(server: &Server, feeds: &[(String, &str)]) {
    let feeds: String =
        feeds.iter().map(|(url, lane)| format!("[[feed]]\nurl = \"{url}\"\nlane = \"{lane}\"\n")).collect();
    std::fs::write(server.folder.path().join("cities/ville.toml"), format!("{CITY}{feeds}")).unwrap();
}

async fn sources(server: &Server) -> Vec<Value> {
    let sources = server.json("/api/v1/cities/ville/sources").await;
    let is_feed = |source: &&Value| source["network"] == "feed";
    sources["sources"].as_array().unwrap().iter().filter(is_feed).cloned().collect()
}

/// Waits until this holds of the feeds' states.
async fn wait(server: &Server, why: &str, holds: impl Fn(&[Value]) -> bool) -> Vec<Value> {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let sources = sources(server).await;
        if holds(&sources) {
            return sources;
        }
        assert!(Instant::now() < deadline, "{why}: {sources:#?}; log: {}", server.log_text());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// `live`, `stopped`… of the feed at an address.
fn state(sources: &[Value], url: &str) -> String {
    let source = sources.iter().find(|source| source["source"].as_str().is_some_and(|id| id.ends_with(url)));
    source.map(|source| source["state"].as_str().unwrap().to_owned()).unwrap_or_default()
}

fn rss(items: &[(&str, i64)]) -> String {
    let now = parvis::clock::Clock::now(&parvis::clock::SystemClock);
    let items: String = items
        .iter()
        .map(|(title, hours)| {
            let at = jiff::Timestamp::from_microsecond(now.plus_seconds(-hours * 3_600).as_micros()).unwrap();
            let at = jiff::fmt::rfc2822::to_string(&at.to_zoned(jiff::tz::TimeZone::UTC)).unwrap();
            format!(
                "<item><guid>{title}</guid><title>{title}</title><link>/{title}</link><pubDate>{at}</pubDate></item>"
            )
        })
        .collect();
    format!("<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>Mairie</title>{items}</channel></rss>")
}

/// Waits until these are the posts, in whatever order the feeds were read; returns them in this one.
async fn read(server: &Server, expected: &[&str]) -> Vec<Value> {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let posts = server.posts().await;
        let of = |text: &&str| posts.iter().find(|post| post["text"] == **text).cloned();
        let found: Vec<Value> = expected.iter().filter_map(of).collect();
        if found.len() == expected.len() && posts.len() == expected.len() {
            return found;
        }
        assert!(Instant::now() < deadline, "{posts:#?} instead of {expected:?}; log: {}", server.log_text());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s10_feeds_are_read_as_their_server_asks_and_as_the_citys_file_says() {
    let site = tempfile::tempdir().unwrap();
    let write = |name: &str, items: &[(&str, i64)]| std::fs::write(site.path().join(name), rss(items)).unwrap();
    write("ville.rss", &[("Pont fermé", 2), ("Piscine ouverte", 30), ("Vieux de huit jours", 200)]);
    write("presse.rss", &[("Un article", 1)]);
    let nginx = Nginx::serve(
        site.path(),
        "location = /ancienne.rss { return 301 /ville2.rss; }\nlocation = /finie.rss { return 410; }\n\
         location = /pleine.rss { add_header Retry-After 3600 always; return 503; }\n\
         location = /fermee.rss { return 403; }",
    );
    write("ville2.rss", &[("Marché déplacé", 3)]);
    let network = SimulatedNetwork::start().await;
    let mut server = Server::prepare_with(&network, "[source.feed]\nevery_seconds = 60\n");
    let feeds = [
        (nginx.url("ville", "/ville.rss"), "info"),
        (nginx.url("presse", "/presse.rss"), "press"),
        (nginx.url("ancienne", "/ancienne.rss"), "info"),
        (nginx.url("finie", "/finie.rss"), "info"),
        (nginx.url("pleine", "/pleine.rss"), "info"),
        (nginx.url("fermee", "/fermee.rss"), "info"),
    ];
    list(&server, &feeds);
    server.start();
    let expected = [
        ("/ville.rss", "live"),
        ("/presse.rss", "live"),
        ("/ancienne.rss", "live"),
        ("/finie.rss", "stopped"),
        ("/pleine.rss", "down"),
        ("/fermee.rss", "refused"),
    ];
    wait(&server, "as its server asks", |sources| {
        expected.iter().all(|(path, expected)| state(sources, path) == *expected)
    })
    .await;
    let held = ["Pont fermé", "Un article", "Marché déplacé", "Piscine ouverte"];
    let posts = read(&server, &held).await;
    assert_eq!(posts[0]["lane"], "info");
    assert_eq!(posts[0]["url"], nginx.url("ville", "/Pont%20ferm%C3%A9"));
    assert_eq!((posts[0]["automated"].as_bool(), posts[1]["lane"].as_str()), (Some(true), Some("press")));
    assert!(posts[0]["expires_at"].is_string() && posts[1]["expires_at"].is_null());

    // Killed and started again, it asks by the mark that it keeps, and tells nothing twice.
    let ids: Vec<Value> = posts.iter().map(|post| post["id"].clone()).collect();
    server.kill();
    write("presse.rss", &[("Un autre", 0), ("Un article", 1)]);
    let before = nginx.answered().len();
    server.start();
    let again = read(&server, &[&held[..], &["Un autre"]].concat()).await;
    let again: Vec<Value> = again.iter().take(held.len()).map(|post| post["id"].clone()).collect();
    assert_eq!(again, ids);
    let again = |line: &str| nginx.answered()[before..].iter().any(|answer| answer.starts_with(line));
    // Where it had moved, it is asked at once.
    let asked = ["304 /ville.rss Parvis/", "200 /presse.rss Parvis/", "304 /ville2.rss Parvis/"];
    let deadline = Instant::now() + Duration::from_secs(30);
    while !asked.iter().all(|line| again(line)) {
        assert!(Instant::now() < deadline, "it asks again: {:#?}; log: {}", nginx.answered(), server.log_text());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(!again("301 /ancienne.rss"), "{:#?}", nginx.answered());

    // The file says what is read: what it drops goes, what it adds comes.
    write("agenda.rss", &[("Fête", -30)]);
    list(&server, &[feeds[1].clone(), (nginx.url("agenda", "/agenda.rss"), "agenda")]);
    wait(&server, "in step with the file", |sources| sources.len() == 2 && state(sources, "/agenda.rss") == "live")
        .await;
    let posts = read(&server, &["Fête", "Un autre", "Un article"]).await;
    assert!(posts[0]["starts_at"].is_string());
    // What is no longer read for any city is erased.
    server.wait_until_erased("Piscine ouverte").await;

    // From a backup nothing is shown before its site was asked again; and it is, though it says that nothing has changed.
    let file = server.folder.path().join("backup").display().to_string();
    assert!(server.command(&["backup", &file]).status.success());
    server.stop();
    assert!(server.command(&["restore", &file, "--replace"]).status.success());
    server.start();
    let again = read(&server, &["Fête", "Un autre", "Un article"]).await;
    let ids = |posts: &[Value]| posts.iter().map(|post| post["id"].clone()).collect::<Vec<_>>();
    assert_eq!(ids(&again), ids(&posts));
}

#[tokio::test(flavor = "multi_thread")]
async fn s10_real_feeds_come_from_a_real_server() {
    let Ok(samples) = std::env::var("PARVIS_SAMPLES") else {
        println!("PARVIS_SAMPLES is not set: the real feeds are not served here");
        return;
    };
    let nginx = Nginx::serve(Path::new(&samples).join("rss").as_path(), "");
    let mut paths = Vec::new();
    for form in std::fs::read_dir(format!("{samples}/rss/feed-rs")).unwrap() {
        let form = form.unwrap();
        for file in std::fs::read_dir(form.path()).unwrap() {
            let (form, file) = (form.file_name(), file.unwrap().file_name());
            paths.push(format!("/feed-rs/{}/{}", form.to_string_lossy(), file.to_string_lossy()));
        }
    }
    let network = SimulatedNetwork::start().await;
    let mut server = Server::prepare_with(&network, "[source.feed]\n");
    let feeds: Vec<(String, &str)> =
        paths.iter().enumerate().map(|(n, path)| (nginx.url(&format!("site{n}"), path), "people")).collect();
    list(&server, &feeds);
    server.start();
    let ended = ["live", "down"];
    let sources = wait(&server, "each is visited", |sources| {
        sources.len() == paths.len() && sources.iter().all(|source| ended.contains(&source["state"].as_str().unwrap()))
    })
    .await;
    let unread: Vec<&Value> = sources.iter().filter(|source| source["state"] == "down").collect();
    println!("{} feeds, {} of them not to be read", sources.len(), unread.len());
    assert!(sources.len() > 70 && unread.len() < 6, "{unread:#?}");
    // They are years old: only items without a date are news.
    let posts = server.posts().await;
    println!("{} items without a date are shown", posts.len());
    assert!(posts.iter().all(|post| post["lane"] == "people" && post["automated"] == true));
}

#[tokio::test(flavor = "multi_thread")]
async fn s07_a_towns_home_page_names_its_feeds_and_its_operator_chooses() {
    let site = tempfile::tempdir().unwrap();
    let page = "<!doctype html><html><head><title>Bourg</title>\
        <link rel=\"alternate\" type=\"application/rss+xml\" title=\"Actualités\" href=\"/actus.rss\">\
        <link rel=\"alternate\" type=\"application/rss+xml\" title=\"Actualités\" href=\"/actus.rss#haut\">\
        <link rel=\"alternate\" hreflang=\"en\" href=\"/en\"></head><body>Bienvenue</body></html>";
    std::fs::write(site.path().join("index.html"), page).unwrap();
    std::fs::write(site.path().join("actus.rss"), rss(&[("Mairie fermée lundi", 1)])).unwrap();
    let nginx = Nginx::serve(site.path(), "location = /accueil { return 302 /index.html; }");
    let network = SimulatedNetwork::start().await;
    let mut server = Server::prepare_with(&network, "[source.feed]\n");
    let add = |name: &str, path: &str| {
        let from = nginx.url("bourg", path);
        server.command(&["city", "add", name, "--no-boundary", "--site", &from])
    };
    let added = add("Bourg Fictif", "/accueil");
    let said = String::from_utf8_lossy(&added.stdout).into_owned();
    assert!(added.status.success() && said.contains("a feed of the town's site"), "{said}");
    let file = server.folder.path().join("cities/bourg-fictif.toml");
    let written = std::fs::read_to_string(&file).unwrap();
    let feed = format!("# url = \"{}\"", nginx.url("bourg", "/actus.rss"));
    assert_eq!(written.matches(&feed).count(), 1, "{written}");
    // Nothing is read before its operator takes the mark away.
    server.start();
    let sources = server.json("/api/v1/cities/bourg-fictif/sources").await;
    assert_eq!(sources["sources"].as_array().unwrap().len(), 1, "{sources}");
    let lines = written.lines().map(|line| match line.strip_prefix("# ") {
        Some(bare) if ["[[feed]]", "url = ", "lane = "].iter().any(|key| bare.starts_with(key)) => bare,
        _ => line,
    });
    std::fs::write(&file, lines.collect::<Vec<_>>().join("\n")).unwrap();
    let deadline = Instant::now() + Duration::from_secs(30);
    while server.posts_of("bourg-fictif").await.is_empty() {
        assert!(Instant::now() < deadline, "{}; log: {}", std::fs::read_to_string(&file).unwrap(), server.log_text());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let posts = server.posts_of("bourg-fictif").await;
    assert_eq!((posts[0]["text"].as_str(), posts[0]["lane"].as_str()), (Some("Mairie fermée lundi"), Some("info")));
    // A site that can't be had is no reason to have no city.
    let alone = server.command(&["city", "add", "Hameau", "--no-boundary", "--site", &nginx.url("bourg", "/rien")]);
    assert!(alone.status.success(), "{}", String::from_utf8_lossy(&alone.stderr));
}
