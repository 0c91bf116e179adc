//! The lookup against an AppView that lives on the loopback for one test.

use std::sync::Mutex;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::*;
use crate::clock::ManualClock;
use crate::domain::{AuthorId, Label, Timestamp};
use crate::ingest::sources::ProfilesError;

const PROFILES: &str = include_str!("../../../../../tests/fixtures/bluesky/profiles.json");
const NOW: Timestamp = Timestamp::from_micros(1_795_600_800_000_000);

type Answerer = Box<dyn Fn(&Url) -> (String, Vec<u8>) + Send>;

/// One AppView: answers each request by `answer`, which gives status line with headers, and body.
async fn appview(answer: Answerer, tasks: &mut JoinSet<()>) -> (AppView, Arc<Mutex<Vec<Url>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}/", listener.local_addr().unwrap());
    let asked: Arc<Mutex<Vec<Url>>> = Arc::default();
    let noted = asked.clone();
    tasks.spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                let mut part = [0; 1_024];
                match socket.read(&mut part).await {
                    Ok(0) | Err(_) => break,
                    Ok(read) => request.extend_from_slice(&part[..read]),
                }
            }
            let request = String::from_utf8_lossy(&request).into_owned();
            let Some(target) = request.split(' ').nth(1) else { continue };
            let url = Url::parse(&format!("http://host{target}")).unwrap();
            let (status, body) = answer(&url);
            noted.lock().unwrap().push(url);
            let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
            let _written = socket.write_all(head.as_bytes()).await;
            let _written = socket.write_all(&body).await;
        }
    });
    let clock = Arc::new(ManualClock::new(NOW));
    (AppView::new(&base, Outbound::new("", true).unwrap(), clock).unwrap(), asked)
}

fn says(status: &'static str, body: &'static str) -> Answerer {
    Box::new(move |_| (status.to_owned(), body.as_bytes().to_vec()))
}

fn values(url: &Url, name: &str) -> Vec<String> {
    url.query_pairs().filter(|(key, _)| key == name).map(|(_, value)| value.into_owned()).collect()
}

/// Knows everybody but those whose identity has `gone` in it, and refuses a question with `spoil` in it.
fn knows_everybody() -> Answerer {
    Box::new(|url| {
        let asked = values(url, "actors");
        if asked.iter().any(|actor| actor.contains("spoil")) {
            return ("400 Bad Request".into(), br#"{"error":"InvalidRequest"}"#.to_vec());
        }
        let views: Vec<String> = asked
            .iter()
            .filter(|actor| !actor.contains("gone"))
            .map(|actor| format!(r#"{{"did":"{actor}","handle":"x.parvis.example","labels":[]}}"#))
            .collect();
        ("200 OK".into(), format!(r#"{{"profiles":[{}]}}"#, views.join(",")).into_bytes())
    })
}

fn ids(profiles: &[AuthorProfile]) -> Vec<&str> {
    profiles.iter().map(|profile| profile.id.as_str()).collect()
}

#[tokio::test]
async fn l09_l10_profiles_are_read_with_their_labels() {
    let mut tasks = JoinSet::new();
    let (appview, asked) = appview(says("200 OK", PROFILES), &mut tasks).await;
    let profiles = appview.profiles(vec!["did:plc:a".into(), "malo.parvis.example".into()]).await.unwrap();
    insta::assert_debug_snapshot!(profiles);
    let asked = &asked.lock().unwrap()[0];
    assert_eq!(asked.path(), "/xrpc/app.bsky.actor.getProfiles");
    assert_eq!(values(asked, "actors"), ["did:plc:a", "malo.parvis.example"]);
}

#[tokio::test]
async fn questions_have_at_most_25_actors_and_who_is_gone_is_not_in_the_answer() {
    let mut tasks = JoinSet::new();
    let (appview, asked) = appview(knows_everybody(), &mut tasks).await;
    let actors: Vec<String> =
        (0..60).map(|n| format!("did:plc:{}{n}", if n % 7 == 0 { "gone" } else { "x" })).collect();
    let profiles = appview.profiles(actors.clone()).await.unwrap();
    let expected: Vec<&str> = actors.iter().map(String::as_str).filter(|actor| !actor.contains("gone")).collect();
    assert_eq!(ids(&profiles), expected);
    assert!(profiles.iter().all(|profile| profile.checked_at == Some(NOW)));
    let sizes: Vec<usize> = asked.lock().unwrap().iter().map(|url| values(url, "actors").len()).collect();
    assert_eq!(sizes, [25, 25, 10]);
    assert_eq!(appview.batch_max(), 25);
}

#[tokio::test]
async fn one_bad_actor_does_not_cost_the_others_their_answer() {
    let mut tasks = JoinSet::new();
    let (appview, asked) = appview(knows_everybody(), &mut tasks).await;
    let mut actors: Vec<String> = (0..24).map(|n| format!("did:plc:x{n}")).collect();
    actors.insert(9, "did:plc:spoil".into());
    // These are no identities at all: they are not even asked for.
    actors.extend(["nonsense".to_owned(), "did:plc:a&actors=b".to_owned(), String::new()]);
    let profiles = appview.profiles(actors).await.unwrap();
    assert_eq!(profiles.len(), 24);
    let asked = asked.lock().unwrap();
    assert!(asked.len() <= 50);
    let named: Vec<String> = asked.iter().flat_map(|url| values(url, "actors")).collect();
    assert!(named.iter().all(|actor| actor.starts_with("did:plc:x") || actor == "did:plc:spoil"), "{named:?}");
}

#[tokio::test]
async fn l13_an_appview_that_declines_everything_has_not_said_that_nothing_exists() {
    let mut tasks = JoinSet::new();
    let (appview, _) = appview(says("400 Bad Request", "{}"), &mut tasks).await;
    for count in [2, 25, 60] {
        let posts = (0..count).map(|n| NativeId::new(format!("at://did:plc:a/app.bsky.feed.post/{n}"))).collect();
        assert!(appview.posts(posts).await.is_err(), "{count} posts");
        let actors = (0..count).map(|n| format!("did:plc:x{n}")).collect();
        assert!(appview.profiles(actors).await.is_err(), "{count} authors");
    }
    // One alone may well be at fault, and nobody else's question waits for it.
    assert!(appview.profiles(vec!["did:plc:spoil".into()]).await.unwrap().is_empty());
    assert!(appview.profiles(Vec::new()).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_busy_or_broken_appview_is_no_answer() {
    let cases: Vec<(Answerer, Option<u64>, &str)> = vec![
        (says("429 Too Many Requests\r\nretry-after: 17", "{}"), Some(17), "HTTP 429"),
        (says("429 Too Many Requests\r\nratelimit-reset: 1795600860", "{}"), Some(60), "HTTP 429"),
        (says("503 Service Unavailable", ""), None, "HTTP 503"),
        (says("401 Unauthorized", "{}"), None, "HTTP 401"),
        (says("302 Found\r\nlocation: /login", ""), None, "HTTP 302"),
        (says("200 OK", "<html>maintenance</html>"), None, "can't be read"),
        (says("200 OK", "{}"), None, "can't be read"),
        (says("200 OK", r#"{"profiles":"none"}"#), None, "can't be read"),
        (says("200 OK", ""), None, "can't be read"),
        (Box::new(|_| ("200 OK".into(), vec![b' '; ANSWER_MAX + 1])), None, "larger than may be"),
    ];
    for (answer, after, says) in cases {
        let mut tasks = JoinSet::new();
        let (appview, _) = appview(answer, &mut tasks).await;
        let Err(LookupError::Unavailable { reason, retry_after_s }) = appview.profiles(vec!["did:plc:a".into()]).await
        else {
            panic!("{says}");
        };
        assert!(reason.contains(says), "{reason}");
        assert_eq!(retry_after_s, after, "{says}");
    }
}

#[tokio::test]
async fn an_odd_view_costs_its_own_author_only() {
    let mut tasks = JoinSet::new();
    let body = r#"{"profiles":[5,null,{},{"did":"nobody"},{"did":"did:plc:a","handle":7,"displayName":null,"labels":null},
        {"did":"did:plc:b","labels":"unreadable"},{"did":"did:plc:c","labels":[{"val":5}]}]}"#;
    let (appview, _) = appview(says("200 OK", body), &mut tasks).await;
    // Whose labels can't be read is unknown, not unlabelled.
    let profiles = appview.profiles(vec!["did:plc:a".into()]).await.unwrap();
    assert_eq!(ids(&profiles), ["did:plc:a"]);
}

#[tokio::test]
async fn l13_posts_that_still_exist_are_told_with_their_labels() {
    let mut tasks = JoinSet::new();
    let body = r#"{"posts":[{"uri":"at://did:plc:a/app.bsky.feed.post/1","cid":"x","labels":[{"val":"porn","src":"did:plc:m"}]},
        {"uri":"https://elsewhere"},{"uri":"at://did:plc:a/app.bsky.feed.post/2"}]}"#;
    let (appview, asked) = appview(says("200 OK", body), &mut tasks).await;
    let post = |n: u32| NativeId::new(format!("at://did:plc:a/app.bsky.feed.post/{n}"));
    let checks = appview.posts(vec![post(1), post(2), post(3), NativeId::new("not ours")]).await.unwrap();
    assert_eq!(
        checks,
        [
            PostCheck { native_id: post(1), labels: Some(vec![Label::plain("porn")]) },
            PostCheck { native_id: post(2), labels: Some(vec![]) },
        ]
    );
    let asked = &asked.lock().unwrap()[0];
    assert_eq!((asked.path(), values(asked, "uris").len()), ("/xrpc/app.bsky.feed.getPosts", 3));
}

#[tokio::test]
async fn l13_a_post_of_which_something_unreadable_is_said_is_not_said_to_be_gone() {
    let mut tasks = JoinSet::new();
    let post = |n: u32| NativeId::new(format!("at://did:plc:a/app.bsky.feed.post/{n}"));
    let unread = |n| PostCheck { native_id: post(n), labels: None };
    let body = r#"{"posts":[{"uri":"at://did:plc:a/app.bsky.feed.post/1","labels":[{"val":5}]},
        {"uri":"at://did:plc:a/app.bsky.feed.post/2","labels":"many"},
        {"uri":"at://did:plc:a/app.bsky.feed.post/3","labels":null}]}"#;
    let (odd, _) = appview(says("200 OK", body), &mut tasks).await;
    let sound = PostCheck { native_id: post(3), labels: Some(vec![]) };
    assert_eq!(odd.posts((1..4).map(post).collect()).await.unwrap(), [unread(1), unread(2), sound]);
    // Nor one that the AppView does not want to be asked for.
    let declines: Answerer = Box::new(|url| match values(url, "uris").iter().any(|uri| uri.ends_with("/1")) {
        true => ("400 Bad Request".into(), b"{}".to_vec()),
        false => ("200 OK".into(), br#"{"posts":[]}"#.to_vec()),
    });
    let (declining, _) = appview(declines, &mut tasks).await;
    assert_eq!(declining.posts((1..4).map(post).collect()).await.unwrap(), [unread(1)]);
}

#[tokio::test]
async fn nobody_is_asked_about_nobody() {
    let mut tasks = JoinSet::new();
    let (appview, asked) = appview(says("500 Oops", ""), &mut tasks).await;
    assert_eq!(appview.profiles(Vec::new()).await, Ok(Vec::new()));
    assert!(asked.lock().unwrap().is_empty());
}

#[test]
fn profile_files_come_in_three_forms() {
    let answer = profiles_from_file(PROFILES, NOW).unwrap();
    assert_eq!(answer.len(), 5);
    let value: serde_json::Value = serde_json::from_str(PROFILES).unwrap();
    let list = serde_json::to_string_pretty(&value["profiles"]).unwrap();
    assert_eq!(profiles_from_file(&list, NOW).unwrap(), answer);
    let lines: Vec<String> = value["profiles"].as_array().unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(profiles_from_file(&lines.join("\n\n"), NOW).unwrap(), answer);
    assert_eq!(profiles_from_file(&lines[0], NOW).unwrap(), answer[..1]);
    assert_eq!(profiles_from_file("", NOW), Ok(Vec::new()));
}

#[test]
fn a_profile_file_is_told_where_it_is_wrong() {
    let line = |text: &str| match profiles_from_file(text, NOW) {
        Err(ProfilesError::Unreadable { line, .. }) => line,
        other => panic!("{other:?}"),
    };
    assert_eq!(line("{\"did\":\"did:plc:a\"}\n{\"did\":\"nobody\"}"), 2);
    assert_eq!(line("[\n{\"did\":\"did:plc:a\"},\n\n{\"name\":\"x\"}]"), 4);
    assert_eq!(line("no JSON"), 1);
    assert_eq!(
        ids(&profiles_from_file("{\"did\":\"did:plc:a\"}", NOW).unwrap()),
        [AuthorId::new("did:plc:a").as_str()]
    );
}
