//! `parvis report`: a month that this program has counted, as its council reads it; and what it says where there is none.

use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;

use parvis::clock::ManualClock;
use parvis::domain::desk::Calendar;
use parvis::domain::*;
use parvis::store::{Store, StoreOptions, open};

const DAY_S: i64 = 86_400;

/// The Friday on which the city is met: it is counted from the Saturday on.
fn at(days: i64, hours: i64) -> Timestamp {
    Timestamp::parse_rfc3339("2026-07-10T10:00:00+02:00").unwrap().plus_seconds(days * DAY_S + hours * 3_600)
}

fn city() -> CityId {
    CityId::new("ville")
}

/// A post of one of the people, by the public values of the domain.
fn said(store: &Store, name: &str, who: u64, when: Timestamp, zone: &str, tag: &str) -> Change {
    let native_id = NativeId::new(format!("at://did:plc:p{who}/app.bsky.feed.post/{name}"));
    let author = AuthorProfile {
        checked_at: Some(when),
        ..AuthorProfile::assumed(AuthorId::new(format!("did:plc:p{who}")), Network::Bluesky)
    };
    let post = Post {
        id: PostId::derive(&store.id_key(), Network::Bluesky, &native_id),
        network: Network::Bluesky,
        native_id,
        author: author.id.clone(),
        url: None,
        text: name.into(),
        facets: Vec::new(),
        languages: vec!["fr".into()],
        created_at: when,
        edited_at: None,
        date_corrected: false,
        revision: "1".into(),
        tags: vec![Hashtag::new(tag).unwrap()],
        media: Vec::new(),
        reply: None,
        point: None,
        place_name: None,
        schedule: Schedule::default(),
        labels: Vec::new(),
        automated: false,
        copy_of: None,
        addressed: Vec::new(),
        unlisted: false,
    };
    let placement = Placement {
        city: city(),
        tier: Some(Tier::Public),
        reasons: vec![Reason { rule: Rule::Hashtag, value: "ville".into() }],
        recipe: "0123456789abcdef".into(),
        zone: Some(zone.into()),
        zone_from_text: true,
        location: None,
        lane: Lane::People,
        expires_at: None,
        thread: None,
        reply_to: None,
        official: None,
        assembly: false,
    };
    Change::Upsert {
        post: Box::new(post),
        author: Box::new(author),
        placements: vec![placement],
        mentions: Vec::new(),
        received_at: when,
    }
}

/// Seven weeks: those before August are of July, and the month of August is whole.
async fn counted(folder: &Path) {
    let clock = Arc::new(ManualClock::new(at(0, 0)));
    let url = format!("sqlite://{}", folder.join("parvis.db").display());
    let options = StoreOptions { entropy: Some([7; 32]), ..StoreOptions::new(clock.clone()) };
    let store = open(&url, options, None).await.unwrap();
    let cities: Arc<[_]> = Arc::new([(city(), Calendar::new("Europe/Paris"))]);
    let commit = async |changes: Vec<Change>| {
        store.commit(Arc::new(Batch { changes, ..Batch::default() })).await.unwrap();
    };
    commit(vec![said(&store, "first", 1, at(0, 0), "Nord", "ville")]).await;
    store.tally(at(0, 1), Arc::clone(&cities)).await.unwrap();
    for day in 1..58 {
        let mut changes = Vec::new();
        for who in 0..6 {
            changes.push(said(&store, &format!("n{day}a{who}"), who, at(day, 1), "Nord", "tram"));
        }
        // Three people a day in the south, others each day: they are enough in a week.
        for who in 0..3 {
            let who = 100 + day.unsigned_abs() % 4 * 3 + who;
            changes.push(said(&store, &format!("s{day}a{who}"), who, at(day, 2), "Sud", "a|b"));
        }
        commit(changes).await;
        clock.set(at(day, 16));
        store.tally(at(day, 16), Arc::clone(&cities)).await.unwrap();
    }
    clock.set(at(30, 0));
    let gap = |source: &str, network, from, until| {
        let gap = Gap { from: at(from, 0), until: at(until, 0) };
        Change::Gap { source: SourceId::new(source), network, gap, at: at(until, 0) }
    };
    commit(vec![
        gap("bluesky", Network::Bluesky, 30, 31),
        gap("feed:https://autre.example/rss", Network::Feed, 32, 33),
        gap("bluesky", Network::Bluesky, 1, 2),
    ])
    .await;
    let name = StaffName::parse("lea").unwrap();
    let add = StaffWrite::Add { name, password: "$".into(), roles: vec![(city(), Role::Reader), (city(), Role::Dpo)] };
    assert!(store.write(Actor::operator(), add).await.unwrap());
    store.close().await.unwrap();
}

fn report(folder: &Path, arguments: &[&str]) -> Output {
    let config = folder.join("parvis.toml");
    Command::new(env!("CARGO_BIN_EXE_parvis"))
        .arg("report")
        .args(arguments)
        .arg("--config")
        .arg(config)
        .output()
        .unwrap()
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("cities")).unwrap();
    let city = "name = \"Ville\"\nlanguages = [\"br\", \"fr\"]\n[recipe]\nhashtags = [\"ville\"]\n";
    std::fs::write(folder.path().join("cities/ville.toml"), city).unwrap();
    std::fs::write(folder.path().join("parvis.toml"), "[store]\nurl = \"sqlite://parvis.db\"\n").unwrap();
    folder
}

fn printed(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    // The one line that is of the moment.
    let is_of_now = |line: &&str| line.contains("Fait par Parvis le");
    assert!(text.lines().filter(is_of_now).count() <= 1);
    text.lines().filter(|line| !is_of_now(line)).map(|line| format!("{line}\n")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_months_report_is_that_of_its_closed_numbers_in_each_form() {
    let folder = folder();
    counted(folder.path()).await;
    let of = |more: &[&str]| printed(&report(folder.path(), &[&["ville", "--month", "2026-08"], more].concat()));
    insta::assert_snapshot!("markdown", of(&[]));
    insta::assert_snapshot!("html", of(&["--format", "html"]));
    insta::assert_snapshot!("json", of(&["--format", "json"]));
    // Of July only what follows the day on which the city was met.
    let july = printed(&report(folder.path(), &["ville", "--month", "2026-07"]));
    assert!(july.contains("La ville n’est comptée que depuis samedi 11 juillet"), "{july}");
    // While somebody writes to the database, too.
    let url = format!("sqlite://{}", folder.path().join("parvis.db").display());
    let store = open(&url, StoreOptions::new(Arc::new(ManualClock::new(at(60, 0)))), None).await.unwrap();
    assert_eq!(of(&["--format", "json"]), of(&["--format", "json"]));
    store.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_month_that_is_not_there_says_why_and_what_to_do() {
    let folder = folder();
    let refused = |arguments: &[&str], status: i32, says: &str| {
        let output = report(folder.path(), arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(status), "{said}");
        assert!(said.contains(says) && output.stdout.is_empty(), "{says} in {said}");
        assert!(status == 2 || said.lines().count() == 1, "{said}");
    };
    refused(&["ville", "--month", "2026-08"], 1, "there is no database");
    counted(folder.path()).await;
    refused(
        &["ville", "--month", "2026-06"],
        1,
        "2026-06 was not counted: the city is counted since 2026-07-10T22:00:00",
    );
    refused(
        &["ville", "--month", "2026-09"],
        1,
        "2026-09 is over and its numbers are not made yet: start `parvis serve`",
    );
    refused(&["ville", "--month", "9998-12"], 1, "9998-12 is not closed: it ends at");
    refused(&["village", "--month", "2026-08"], 1, "no city is called \"village\"");
    refused(&["ville", "--month", "2026-13"], 2, "give a month as 2026-11");
    refused(&["ville"], 2, "--month");
}
