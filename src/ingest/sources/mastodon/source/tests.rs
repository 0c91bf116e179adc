//! Servers under their supervisor, simulated on the loopback.

use std::collections::HashMap;

use serde_json::{Value, json};
use tokio::time::timeout;

use super::look::WALK_MAX;
use super::*;
use crate::clock::ManualClock;
use crate::demo::mastodon::{Fault, MastodonSimulator, Person, status};
use crate::domain::{Checkpoint, SourceState};
use crate::ingest::{ObservationReceiver, Supervisor, SupervisorOptions, observations, start};
use crate::shutdown::Shutdown;

const NOW: Timestamp = Timestamp::from_micros(1_795_600_800_000_000);
const KEY: IdKey = IdKey::new([7; 32]);
const PATIENCE: Duration = Duration::from_secs(20);

async fn simulator(shutdown: &Shutdown) -> MastodonSimulator {
    MastodonSimulator::start(Arc::new(ManualClock::new(NOW)), shutdown.clone()).await.unwrap()
}

fn toot(text: &str) -> Value {
    status(&Person::new("ana"), text, NOW.plus_seconds(-60))
}

struct Run {
    seen: ObservationReceiver,
    shutdown: Shutdown,
    supervisor: Supervisor,
    checkpoint: Option<Checkpoint>,
}

/// How a server is read.
struct Reading<'a> {
    tags: &'a [&'a str],
    token: Option<&'a std::path::Path>,
    elsewhere: &'a [&'a str],
    every: Duration,
}

impl Default for Reading<'_> {
    fn default() -> Self {
        Self { tags: &["ville"], token: None, elsewhere: &[], every: Duration::from_millis(20) }
    }
}

fn source(server: &MastodonSimulator, reading: &Reading<'_>) -> Mastodon {
    let token = reading.token.map(|path| Secret::File(path.to_owned()));
    let settings = MastodonSettings { token, ..MastodonSettings::new(&server.url()) };
    let tags = reading.tags.iter().map(|tag| (*tag).to_owned()).collect();
    let readers = Readers { cities: Arc::from([CityId::new("ville")]), tags, number: 1 };
    let elsewhere = reading.elsewhere.iter().map(|host| (*host).to_owned()).collect();
    Mastodon::new(&settings, readers, elsewhere, Outbound::new("", true).unwrap(), KEY).unwrap().hurried(reading.every)
}

impl Run {
    fn start(server: &MastodonSimulator, reading: &Reading<'_>, stored: Option<Checkpoint>) -> Self {
        let (out, seen) = observations(2_000);
        let source = source(server, reading);
        let shutdown = Shutdown::new();
        let options = SupervisorOptions {
            out,
            checkpoints: stored.into_iter().map(|stored| (source.id(), stored)).collect::<HashMap<_, _>>(),
            gaps: Vec::new(),
            clock: Arc::new(ManualClock::new(NOW)),
            shutdown: shutdown.clone(),
            rng: fastrand::Rng::with_seed(1),
        };
        Self { seen, shutdown, supervisor: start(vec![Box::new(source)], options), checkpoint: None }
    }

    /// The next thing that is told.
    async fn next(&mut self) -> String {
        loop {
            let seen = timeout(PATIENCE, self.seen.recv()).await.expect("in time").expect("running");
            self.checkpoint = seen.checkpoint.or(self.checkpoint.take());
            match seen.event {
                Event::Post(post) if post.edited => return format!("edit {}", post.text),
                Event::Post(post) => return post.text,
                Event::Withdrawn { for_good: true, .. } => return "gone".into(),
                Event::Withdrawn { for_good: false, .. } => return "withdrawn".into(),
                Event::Other => {}
                other => return other.kind().to_owned(),
            }
        }
    }

    async fn take(&mut self, count: usize) -> Vec<String> {
        let mut taken = Vec::new();
        for _ in 0..count {
            taken.push(self.next().await);
        }
        taken
    }

    /// Up to the next position.
    async fn position(&mut self) -> Checkpoint {
        loop {
            let seen = timeout(PATIENCE, self.seen.recv()).await.expect("in time").expect("running");
            if let Some(checkpoint) = seen.checkpoint {
                return checkpoint;
            }
        }
    }

    async fn until(&self, state: SourceState, detail: &str) {
        let mut health = self.supervisor.health();
        let reached = health.wait_for(|health| health[0].state == state && health[0].detail.contains(detail));
        if timeout(PATIENCE, reached).await.is_err() {
            let health = self.supervisor.health().borrow()[0].clone();
            panic!("{:?} {:?}, not {detail:?}", health.state, health.detail);
        }
    }

    async fn stop(self) {
        self.shutdown.trigger();
        timeout(Duration::from_secs(5), self.supervisor.stopped()).await.expect("sources stop in time");
    }
}

fn token_file() -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "secret\n").unwrap();
    file
}

async fn wait_for(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "{what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn d1_polling_tells_what_is_new_changed_and_gone_and_goes_on_where_it_was() {
    let shutdown = Shutdown::new();
    let server = simulator(&shutdown).await;
    server.post(toot("un #ville"));
    let two = server.post(toot("deux #Ville"));
    let three = server.post(toot("trois #ville"));
    server.post(toot("ailleurs #bourg"));
    let mut run = Run::start(&server, &Reading::default(), None);
    assert_eq!(run.take(3).await, ["trois #ville", "deux #Ville", "un #ville"].map(str::to_owned));
    run.until(SourceState::Live, "").await;
    server.edit(&two, |status| {
        status["edited_at"] = json!(NOW.to_rfc3339());
        status["content"] = json!("<p>deux, mieux #ville</p>");
    });
    assert_eq!(run.next().await, "edit deux, mieux #ville");
    server.post(toot("quatre #ville"));
    assert_eq!(run.next().await, "quatre #ville");
    server.delete(&three);
    assert_eq!(run.next().await, "withdrawn");
    let stored = run.position().await;
    run.stop().await;
    // The next process tells nothing of what is unchanged, and finds what has gone meanwhile.
    server.delete(&two);
    server.post(toot("cinq #ville"));
    let mut run = Run::start(&server, &Reading::default(), Some(stored));
    assert_eq!(run.take(2).await, ["cinq #ville", "withdrawn"].map(str::to_owned));
    run.stop().await;
    shutdown.trigger();
}

#[tokio::test]
async fn l13_what_has_sunk_below_the_pages_is_asked_for_again() {
    let shutdown = Shutdown::new();
    let server = simulator(&shutdown).await;
    let [gone, edited, _same] = ["parti #ville", "changé #ville", "resté #ville"].map(|text| server.post(toot(text)));
    let mut run = Run::start(&server, &Reading::default(), None);
    run.take(3).await;
    let stored = run.position().await;
    run.stop().await;
    for number in 0..45 {
        server.post_quietly(toot(&format!("plus tard {number} #ville")));
    }
    server.delete_quietly(&gone);
    server.edit_quietly(&edited, |status| {
        status["edited_at"] = json!(NOW.to_rfc3339());
        status["content"] = json!("<p>changé depuis #ville</p>");
    });
    // Six days later, in which nobody looked at these.
    let mut memory: Memory = serde_json::from_str(stored.as_str()).unwrap();
    memory.read_at = NOW.as_micros();
    memory.told.iter_mut().for_each(|told| told.seen_on -= 6);
    let mut run = Run::start(&server, &Reading::default(), Some(memory.checkpoint()));
    let mut told = run.take(45 + 2).await;
    told.retain(|told| !told.starts_with("plus tard"));
    told.sort();
    assert_eq!(told, ["edit changé depuis #ville", "withdrawn"].map(str::to_owned));
    let asked = |server: &MastodonSimulator| server.asked().iter().filter(|uri| uri.contains("/statuses/")).count();
    wait_for("each is asked for once", || asked(&server) >= 3).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(asked(&server), 3);
    run.stop().await;
    shutdown.trigger();
}

#[tokio::test]
async fn d2_a_hole_is_filled_upwards_and_one_without_end_is_told() {
    let shutdown = Shutdown::new();
    let server = simulator(&shutdown).await;
    server.post(toot("début #ville"));
    let mut run = Run::start(&server, &Reading::default(), None);
    assert_eq!(run.next().await, "début #ville");
    let stored = run.position().await;
    run.stop().await;
    for number in 0..150 {
        server.post(toot(&format!("{number} #ville")));
    }
    let mut run = Run::start(&server, &Reading::default(), Some(stored.clone()));
    let mut told = run.take(150).await;
    told.sort_by_key(|text| text.split(' ').next().unwrap().parse::<u32>().unwrap());
    let expected: Vec<String> = (0..150).map(|number| format!("{number} #ville")).collect();
    assert_eq!(told, expected, "every one of them, once");
    run.stop().await;
    for number in 0..400 {
        server.post(toot(&format!("trop {number} #ville")));
    }
    let mut run = Run::start(&server, &Reading::default(), Some(stored));
    assert_eq!(run.next().await, "gap");
    run.stop().await;
    let paged = server.asked().iter().filter(|asked| asked.contains("min_id")).count();
    assert!(paged <= 4 + WALK_MAX, "{paged}");
    shutdown.trigger();
}

#[tokio::test]
async fn l06_a_server_that_shows_its_timelines_to_its_own_people_only_is_not_read() {
    for (local, remote, detail) in [
        ("authenticated", "authenticated", "to its own people only"),
        ("disabled", "disabled", "switched its tag timelines off"),
    ] {
        let shutdown = Shutdown::new();
        let server = simulator(&shutdown).await;
        server.set_access(local, remote);
        let run = Run::start(&server, &Reading::default(), None);
        run.until(SourceState::Refused, detail).await;
        assert!(server.asked().iter().all(|asked| asked.starts_with("/api/v2/instance")), "{:?}", server.asked());
        run.stop().await;
        shutdown.trigger();
    }
    let shutdown = Shutdown::new();
    let server = simulator(&shutdown).await;
    server.set_access("public", "authenticated");
    server.post(toot("d’ici #ville"));
    server.post(status(&Person::new("bob@loin.example"), "de loin #ville", NOW));
    let mut run = Run::start(&server, &Reading::default(), None);
    assert_eq!(run.next().await, "d’ici #ville");
    run.until(SourceState::Live, "the posts of its own people only").await;
    assert!(server.asked().iter().skip(1).all(|asked| asked.contains("local=true")));
    run.stop().await;
    shutdown.trigger();
}

#[tokio::test]
async fn l08_twenty_cities_of_two_tags_on_three_servers_are_eight_requests_a_round_and_server() {
    let shutdown = Shutdown::new();
    let tags: Vec<String> = (0..40).map(|number| format!("ville{number:02}")).collect();
    let tags: Vec<&str> = tags.iter().map(String::as_str).collect();
    for _ in 0..3 {
        let server = simulator(&shutdown).await;
        for tag in &tags {
            server.post(toot(&format!("bonjour #{tag}")));
        }
        let reading = Reading { tags: &tags, every: Duration::from_secs(3_600), ..Reading::default() };
        let mut run = Run::start(&server, &reading, None);
        assert_eq!(run.take(40).await.len(), 40);
        run.until(SourceState::Live, "").await;
        run.stop().await;
        let asked = server.asked();
        assert_eq!(asked.len(), 1 + 8, "{asked:?}");
        for asked in asked.iter().skip(1) {
            assert_eq!(asked.matches("any%5B%5D=").count(), 4, "{asked}");
            assert!(asked.contains("limit=40") && !asked.contains("_id="), "{asked}");
        }
        // As configured: a minute, so that half of the limit is far.
        let source = Mastodon { round: budget::round, every: Duration::from_secs(60), ..source(&server, &reading) };
        let per_window = 8.0 * budget::WINDOW.as_secs_f64() / (source.round)(8, source.every).as_secs_f64();
        assert_eq!(per_window, 40.0);
    }
    shutdown.trigger();
}

#[tokio::test]
async fn a_tag_that_the_server_has_never_met_hides_no_other() {
    let shutdown = Shutdown::new();
    let server = simulator(&shutdown).await;
    let tags = ["jamais", "jamaisnonplus", "ville"];
    let mut run = Run::start(&server, &Reading { tags: &tags, ..Reading::default() }, None);
    let pages = |server: &MastodonSimulator| server.asked().len().saturating_sub(1);
    wait_for("it is asked again and again", || pages(&server) > 9).await;
    // All three at first; nothing being there, one a round from then on.
    let tag_of = |asked: &String| asked.split('?').next().unwrap().rsplit('/').next().unwrap().to_owned();
    let first: Vec<String> = server.asked()[1..8].iter().map(tag_of).collect();
    assert_eq!(first, ["jamais", "jamaisnonplus", "ville", "jamais", "jamaisnonplus", "ville", "jamais"]);
    server.post(toot("bonjour #ville"));
    assert_eq!(run.next().await, "bonjour #ville");
    // Found, it is the one that is asked for first.
    let before = server.asked().len();
    wait_for("it goes on", || server.asked().len() > before + 4).await;
    assert!(server.asked()[before + 1..].iter().all(|asked| tag_of(asked) == "ville"), "{:?}", server.asked());
    run.stop().await;
    shutdown.trigger();
}

#[tokio::test]
async fn l08_what_a_server_answers_decides_what_becomes_of_the_source() {
    let reset = ("x-ratelimit-reset", NOW.plus_seconds(240).to_rfc3339());
    for (status, headers, state, detail) in [
        (429, vec![reset], SourceState::Refused, "the server answers 429"),
        (401, vec![], SourceState::Refused, "does not show its tag timelines to us (the server answers 401)"),
        (422, vec![], SourceState::Refused, "does not show its tag timelines to us (the server answers 422)"),
        (503, vec![], SourceState::Down, "the server answers 503"),
    ] {
        let shutdown = Shutdown::new();
        let server = simulator(&shutdown).await;
        server.fail_next([Fault { status, headers }]);
        let run = Run::start(&server, &Reading::default(), None);
        run.until(state, detail).await;
        run.stop().await;
        shutdown.trigger();
    }
    // One timeline that can't be read keeps us from no other; a tag that nobody knows is an empty one.
    let shutdown = Shutdown::new();
    let server = simulator(&shutdown).await;
    server.set_version("2.7.2 (compatible; Akkoma 3.10.4)");
    server.post(toot("bonjour #ville"));
    server.fail_next([404, 500].map(|status| Fault { status, headers: vec![] }));
    let tags = ["a", "b", "ville"];
    let mut run = Run::start(&server, &Reading { tags: &tags, ..Reading::default() }, None);
    assert_eq!(run.next().await, "bonjour #ville");
    run.until(SourceState::Live, "").await;
    run.stop().await;
    shutdown.trigger();
}

#[tokio::test]
async fn l06_another_servers_people_are_left_to_that_server() {
    let shutdown = Shutdown::new();
    let server = simulator(&shutdown).await;
    server.post(status(&Person::new("bob@loin.example"), "de loin #ville", NOW.plus_seconds(-90)));
    server.post(toot("d’ici #ville"));
    let mut run = Run::start(&server, &Reading { elsewhere: &["loin.example"], ..Reading::default() }, None);
    assert_eq!(run.next().await, "d’ici #ville");
    server.post(toot("encore #ville"));
    assert_eq!(run.next().await, "encore #ville");
    run.stop().await;
    shutdown.trigger();
}

/// Death may come when a post is stored and the memory behind it is not.
#[tokio::test]
async fn d5_what_went_between_its_storing_and_the_memorys_is_seen_to_be_gone() {
    let file = token_file();
    for token in [None, Some(file.path())] {
        let shutdown = Shutdown::new();
        let server = simulator(&shutdown).await;
        if token.is_some() {
            server.set_token("secret");
        }
        server.post(toot("un #ville"));
        // A first look alone where there is a stream.
        let every = if token.is_some() { PATIENCE } else { Duration::from_millis(20) };
        let reading = || Reading { token, every, ..Reading::default() };
        let mut run = Run::start(&server, &reading(), None);
        assert_eq!(run.next().await, "un #ville");
        run.until(SourceState::Live, "").await;
        let two = server.post(toot("deux #ville"));
        assert_eq!(run.next().await, "deux #ville");
        let stored = run.checkpoint.take();
        run.stop().await;
        server.delete_quietly(&two);
        server.post_quietly(toot("trois #ville"));
        let mut run = Run::start(&server, &reading(), stored);
        assert_eq!(run.take(2).await, ["trois #ville", "withdrawn"].map(str::to_owned), "{token:?}");
        run.stop().await;
        shutdown.trigger();
    }
}

#[tokio::test]
async fn a_place_is_fetched_where_the_program_has_them() {
    for (version, expected) in [("3.5.3 (compatible; Pixelfed 0.12.4)", true), ("4.5.1", false)] {
        let shutdown = Shutdown::new();
        let server = simulator(&shutdown).await;
        server.set_version(version);
        let mut there = toot("ici #ville");
        there["location"] = json!({ "type": "Place", "name": "Le pont", "longitude": "-1.5", "latitude": "47.2" });
        server.post(there);
        let mut run = Run::start(&server, &Reading::default(), None);
        let _intended = run.position().await;
        let seen = timeout(PATIENCE, run.seen.recv()).await.unwrap().unwrap();
        let Event::Post(post) = seen.event else { panic!("{seen:?}") };
        let place = post.place.map(|place| (place.lon_lat, place.name));
        assert_eq!(place, expected.then(|| (Some((-1.5, 47.2)), Some("Le pont".to_owned()))), "{version}");
        run.stop().await;
        shutdown.trigger();
    }
}

#[tokio::test]
async fn d5_streams_bring_posts_edits_and_deletions_in_whatever_order() {
    let (shutdown, token) = (Shutdown::new(), token_file());
    let server = simulator(&shutdown).await;
    server.set_token("secret");
    server.post(toot("avant #ville"));
    let reading = Reading { tags: &["bourg", "ville"], token: Some(token.path()), ..Reading::default() };
    let reading = Reading { every: Duration::from_secs(3_600), ..reading };
    let mut run = Run::start(&server, &reading, None);
    assert_eq!(run.next().await, "avant #ville");
    run.until(SourceState::Live, "").await;
    wait_for("both are subscribed to", || server.subscribed() == ["bourg", "ville"]).await;
    let id = server.post(toot("deux étiquettes #ville #bourg"));
    assert_eq!(run.next().await, "deux étiquettes #ville #bourg");
    server.post_and_delete_out_of_order(toot("jamais vu #ville"));
    server.edit(&id, |status| {
        status["edited_at"] = json!(NOW.to_rfc3339());
        status["content"] = json!("<p>une #ville</p>");
    });
    assert_eq!(run.next().await, "edit une #ville", "told once, and nothing of what was gone before it came");
    server.delete(&id);
    assert_eq!(run.next().await, "gone");
    // What a cut hid is found when the stream is there again.
    let stays = server.post(toot("reste #ville"));
    assert_eq!(run.next().await, "reste #ville");
    let gone = server.post(toot("s’en va #ville"));
    assert_eq!(run.next().await, "s’en va #ville");
    server.post(toot("reste aussi #ville"));
    assert_eq!(run.next().await, "reste aussi #ville");
    let before = server.asked().len();
    server.cut();
    server.post_quietly(toot("pendant la coupure #ville"));
    server.delete_quietly(&gone);
    server.edit_quietly(&stays, |status| {
        status["edited_at"] = json!(NOW.to_rfc3339());
        status["content"] = json!("<p>reste, corrigé #ville</p>");
    });
    let mut told = run.take(3).await;
    told.sort();
    assert_eq!(told, ["edit reste, corrigé #ville", "pendant la coupure #ville", "withdrawn"]);
    assert!(server.asked().len() <= before + 3, "a description, and a page for both tags: {:?}", server.asked());
    run.stop().await;
    shutdown.trigger();
}

#[tokio::test]
async fn l07_a_server_that_does_not_know_the_token_is_left_alone_and_without_one_nobody_streams() {
    let (shutdown, token) = (Shutdown::new(), token_file());
    let server = simulator(&shutdown).await;
    server.set_token("another");
    let run = Run::start(&server, &Reading { token: Some(token.path()), ..Reading::default() }, None);
    run.until(SourceState::Refused, "401").await;
    run.stop().await;
    let open = simulator(&shutdown).await;
    open.post(toot("bonjour #ville"));
    let mut run = Run::start(&open, &Reading::default(), None);
    run.next().await;
    run.until(SourceState::Live, "").await;
    assert!(open.subscribed().is_empty());
    run.stop().await;
    let missing = std::path::Path::new("/nowhere/token");
    let run = Run::start(&open, &Reading { token: Some(missing), ..Reading::default() }, None);
    run.until(SourceState::Refused, "/nowhere/token").await;
    run.stop().await;
    shutdown.trigger();
}

#[tokio::test]
async fn gotosocial_has_a_socket_for_each_tag() {
    let (shutdown, token) = (Shutdown::new(), token_file());
    let server = simulator(&shutdown).await;
    server.set_version("0.17.3+git-1a2b3c4");
    server.set_token("secret");
    let tags: Vec<String> = (0..18).map(|number| format!("ville{number:02}")).collect();
    let tags: Vec<&str> = tags.iter().map(String::as_str).collect();
    let reading = Reading { tags: &tags, token: Some(token.path()), every: PATIENCE, ..Reading::default() };
    let mut run = Run::start(&server, &reading, None);
    run.until(SourceState::Live, "some tags are polled").await;
    wait_for("as many as there may be", || server.subscribed() == tags[..16]).await;
    server.post(toot("bonjour #ville03"));
    assert_eq!(run.next().await, "bonjour #ville03");
    run.stop().await;
    wait_for("the sockets end with the source", || server.subscribed().is_empty()).await;
    shutdown.trigger();
}

#[tokio::test]
async fn a_program_that_reads_no_headers_is_given_the_token_in_the_older_way() {
    let (shutdown, token) = (Shutdown::new(), token_file());
    let server = simulator(&shutdown).await;
    server.set_version("2.7.2 (compatible; Pleroma 2.6.0)");
    server.set_token("secret");
    server.read_no_headers_of_streams();
    let reading =
        Reading { tags: &["bourg", "ville"], token: Some(token.path()), every: PATIENCE, ..Reading::default() };
    let mut run = Run::start(&server, &reading, None);
    wait_for("a socket for each tag", || server.subscribed() == ["bourg", "ville"]).await;
    server.post(toot("bonjour #ville"));
    assert_eq!(run.next().await, "bonjour #ville");
    run.stop().await;
    shutdown.trigger();
}

#[tokio::test]
async fn h1_what_a_stream_should_not_say_is_counted_and_the_rest_goes_on() {
    let (shutdown, token) = (Shutdown::new(), token_file());
    let server = simulator(&shutdown).await;
    server.set_token("secret");
    let reading = Reading { token: Some(token.path()), every: Duration::from_secs(3_600), ..Reading::default() };
    let mut run = Run::start(&server, &reading, None);
    wait_for("it is subscribed to", || server.subscribed() == ["ville"]).await;
    server.post(json!({ "tags": [{ "name": "ville" }], "reblog": {} }));
    let mut broken = toot("x #ville");
    broken["id"] = json!("9".repeat(100));
    server.post(broken);
    server.post(toot("bonjour #ville"));
    assert_eq!(run.take(2).await, ["unreadable", "bonjour #ville"]);
    run.stop().await;
    shutdown.trigger();
}
