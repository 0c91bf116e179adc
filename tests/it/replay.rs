//! `parvis replay`: outcomes add up, on hand-written frames here and on real captures where they are at hand.

use std::path::{Path, PathBuf};
use std::process::Command;

use parvis::demo::frames::wire_v2;
use parvis::demo::nostr::Draft;
use serde_json::Value;

struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new(city: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("cities")).unwrap();
        std::fs::write(folder.path().join("cities/ville.toml"), city).unwrap();
        std::fs::write(folder.path().join("parvis.toml"), "[store]\nurl = \"sqlite://parvis.db\"\n").unwrap();
        Self { folder }
    }

    fn replay(&self, frames: &Path, more: &[&str]) -> Value {
        self.replay_of("bluesky", frames, more)
    }

    fn replay_of(&self, network: &str, frames: &Path, more: &[&str]) -> Value {
        let output = Command::new(env!("CARGO_BIN_EXE_parvis"))
            .args(["replay", "--source", network, "--json"])
            .args(if more.contains(&"--clock") { &[][..] } else { &["--clock", "recorded"] })
            .arg(frames)
            .args(more)
            .arg("--config")
            .arg(self.folder.path().join("parvis.toml"))
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let said: Value = serde_json::from_slice(&output.stdout).unwrap();
        let sum: u64 = said["outcomes"].as_object().unwrap().values().map(|count| count.as_u64().unwrap()).sum();
        assert_eq!(Some(sum), said["frames"].as_u64(), "{said}");
        said
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }
}

const CITY: &str = "name = \"Ville\"\n[recipe]\nhashtags = [\"ville\"]\n";

fn frame(author: &str, text: &str) -> String {
    let start = text.find('#').unwrap_or(0);
    format!(
        r#"{{"did":"did:plc:{author}","time_us":1790000000000000,"kind":"commit","commit":{{"rev":"3l","operation":"create","collection":"app.bsky.feed.post","rkey":"k{}","record":{{"$type":"app.bsky.feed.post","createdAt":"2026-09-21T14:13:20Z","langs":["fr"],"text":"{text}","facets":[{{"index":{{"byteStart":{start},"byteEnd":{}}},"features":[{{"$type":"app.bsky.richtext.facet#tag","tag":"ville"}}]}}]}},"cid":"b"}}}}"#,
        text.len(),
        text.len(),
    )
}

#[test]
fn outcomes_add_up_whatever_the_frames_are() {
    let place = Place::new(CITY);
    let frames = [
        frame("ana", "bonjour #ville"),
        frame("ana", "bonjour #ville"),
        "not json".into(),
        "[".repeat(4_000),
        format!(r#"{{"did":"{}"}}"#, "x".repeat(2_000_000)),
        r#"{"did":"did:plc:x","time_us":1,"kind":"commit","commit":{"rev":"a","operation":"create","collection":"app.bsky.feed.post","rkey":"1","record":{"text":"x","createdAt":"9999-99-99"}}}"#.into(),
        r#"{"did":"did:plc:x","time_us":1790000000000001,"kind":"identity","identity":{"did":"did:plc:x"}}"#.into(),
    ];
    let file = place.write("frames.jsonl", &frames.join("\n"));
    let said = place.replay(&file, &[]);
    assert_eq!(said["frames"], 7);
    assert_eq!(said["outcomes"]["admitted"], 2, "the second sight of one post changes nothing and is admitted: {said}");
    assert_eq!(said["outcomes"]["event.identity"], 1);
}

#[test]
fn recordings_of_both_wires_may_be_mixed() {
    let place = Place::new(CITY);
    let frames = [
        frame("ana", "bonjour #ville"),
        wire_v2::message(&frame("bob", "bonsoir #ville"), 7).unwrap(),
        wire_v2::outdated_cursor(7),
        wire_v2::error("ConsumerTooSlow", ""),
    ];
    let said = place.replay(&place.write("frames.jsonl", &frames.join("\n")), &[]);
    assert_eq!((&said["outcomes"]["admitted"], &said["outcomes"]["event.other"]), (&2.into(), &2.into()), "{said}");
}

#[test]
fn with_profiles_an_author_who_is_not_among_them_is_unknown() {
    let place = Place::new(CITY);
    let file = place.write("frames.jsonl", &[frame("ana", "un #ville"), frame("bob", "deux! #ville")].join("\n"));
    let profiles = place.write("profiles.json", r#"{"profiles":[{"did":"did:plc:ana","handle":"ana.test.example"}]}"#);
    let said = place.replay(&file, &["--profiles", profiles.to_str().unwrap()]);
    assert_eq!((&said["outcomes"]["admitted"], &said["outcomes"]["refused.author_unknown"]), (&1.into(), &1.into()));
}

#[test]
fn statuses_and_messages_of_mastodon_add_up() {
    let place = Place::new(&CITY.replace("[\"ville\"]", "[\"nantes\"]"));
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/mastodon");
    let said = place.replay_of("mastodon", &fixtures.join("statuses.jsonl"), &[]);
    assert_eq!((&said["frames"], &said["outcomes"]["admitted"]), (&12.into(), &12.into()), "{said}");
    let said = place.replay_of("mastodon", &fixtures.join("messages.jsonl"), &[]);
    let of = |label: &str| said["outcomes"][label].as_u64().unwrap_or_default();
    assert_eq!((of("admitted"), of("event.delete"), of("event.other")), (4, 1, 6), "{said}");
    place.replay_of("mastodon", &fixtures.join("hostile.jsonl"), &[]);
}

#[test]
fn real_captures_of_mastodon_add_up_and_none_is_unreadable() {
    let Some(samples) = std::env::var_os("PARVIS_SAMPLES").map(PathBuf::from) else {
        println!("PARVIS_SAMPLES is not set: the real captures are not replayed here");
        return;
    };
    let file = samples.join("mastodon/rtoot_statuses.jsonl");
    let place = Place::new(&CITY.replace("[\"ville\"]", "[\"rstats\"]"));
    let said = place.replay_of("mastodon", &file, &[]);
    let lines = std::fs::read_to_string(&file).unwrap().lines().count();
    assert_eq!(said["frames"], lines, "{said}");
    for unreadable in ["malformed", "oversized", "too_deep", "bad_id", "bad_date", "empty"] {
        assert!(said["outcomes"].get(format!("refused.{unreadable}")).is_none(), "{said}");
    }
    assert!(said["outcomes"]["admitted"].as_u64() > Some(0), "{said}");
}

/// The real captures hold real people's posts and are not in the repository: `PARVIS_SAMPLES` names their folder.
#[test]
fn real_captures_add_up() {
    let Some(samples) = std::env::var_os("PARVIS_SAMPLES").map(PathBuf::from) else {
        println!("PARVIS_SAMPLES is not set: the real captures are not replayed here");
        return;
    };
    let jetstream = samples.join("bluesky/jetstream");
    let place = Place::new(&CITY.replace("[\"ville\"]", "[\"IndieRebellion\"]"));
    assert_eq!(place.replay(&jetstream.join("golden_v1.jsonl"), &[])["frames"], 10);
    let expected = jetstream.join("expected_v1.jsonl");
    let said = place.replay(&expected, &[]);
    assert_eq!(said["frames"], 152);
    let carrying = std::fs::read_to_string(&expected)
        .unwrap()
        .lines()
        .filter(|line| line.contains("\"tag\":\"IndieRebellion\""))
        .count();
    assert!(carrying > 0);
    assert_eq!(said["outcomes"]["admitted"], carrying, "{said}");
    let lines = std::fs::read_to_string(&expected).unwrap();
    let second: Vec<String> = lines.lines().map(|line| wire_v2::message(line, 1).unwrap()).collect();
    assert_eq!(place.replay(&place.write("v2.jsonl", &second.join("\n")), &[])["outcomes"], said["outcomes"]);
}

#[test]
fn h5_l15_recorded_events_of_nostr_end_in_one_outcome_each() {
    let place = Place::new(CITY);
    let at = 1_795_600_000;
    let sign =
        |by: &str, at: u64, kind: u16, tags: &[&[&str]], content: &str| Draft::new(by, at, kind, tags, content).sign();
    let note = |by: &str, tags: &[&[&str]], content: &str| sign(by, at, 1, tags, content);
    let (ana, bob) = (note("ana", &[], "Un marché #ville"), note("bob", &[&["t", "Ville"]], "Deux"));
    let gone = note("eva", &[], "à effacer #ville");
    let forged = ana.json().replace("marché", "forgé");
    let frames = [
        ana.json(),
        // The same from another relay.
        format!(r#"["EVENT","t0",{}]"#, ana.json()),
        bob.json(),
        gone.json(),
        // Only who signed a note takes it back.
        sign("mallory", at + 1, 5, &[&["e", &ana.id], &["e", &bob.id]], "").json(),
        sign("eva", at + 1, 5, &[&["e", &gone.id]], "").json(),
        gone.json(),
        forged,
        note("ana", &[&["expiration", "1795600000"]], "fini #ville").json(),
        note("ana", &[&["expiration", "1795603600"]], "bientôt fini #ville").json(),
        note("ana", &[&["-"]], "protégé #ville").json(),
        note("ana", &[&["content-warning", "nsfw"]], "nu #ville").json(),
        note("ana", &[], "rien").json(),
        sign("ana", at, 20_000, &[&["t", "ville"]], "éphémère #ville").json(),
        r#"["EOSE","t0"]"#.to_owned(),
    ];
    let said = place.replay_of("nostr", &place.write("events.jsonl", &frames.join("\n")), &[]);
    let expected = serde_json::json!({
        "admitted": 5, "refused.deleted": 1, "refused.bad_signature": 1, "refused.expired": 1, "refused.not_public": 1,
        "refused.labelled": 1, "refused.unmatched": 1, "event.delete": 2, "event.other": 2,
    });
    let counted: serde_json::Map<String, Value> =
        said["outcomes"].as_object().unwrap().clone().into_iter().filter(|(_, count)| *count != 0).collect();
    assert_eq!(Value::Object(counted), expected);
}

/// As [`real_captures_add_up`]: events that real people signed, of which not one fails.
#[test]
fn h5_real_events_of_nostr_add_up_and_none_has_a_bad_signature() {
    let Some(samples) = std::env::var_os("PARVIS_SAMPLES").map(PathBuf::from) else {
        println!("PARVIS_SAMPLES is not set: the real captures are not replayed here");
        return;
    };
    let place = Place::new(CITY);
    let mut events = 0;
    for name in ["contacts", "profiles", "random", "reactions", "search"] {
        let said = place.replay_of("nostr", &samples.join(format!("nostr/{name}.json")), &[]);
        println!("{name}: {said}");
        let outcomes = said["outcomes"].as_object().unwrap();
        let bad =
            |key: &&String| key.contains("bad_signature") || key.contains("oversized") || key.contains("malformed");
        assert_eq!(outcomes.iter().filter(|(key, count)| bad(key) && **count != 0).count(), 0, "{said}");
        events += said["frames"].as_u64().unwrap();
    }
    assert!(events > 0);
}

/// As [`real_captures_add_up`]: the events of a dataset on a day before them, and every feed.
#[test]
fn real_lists_add_up() {
    let Some(samples) = std::env::var_os("PARVIS_SAMPLES").map(PathBuf::from) else {
        println!("PARVIS_SAMPLES is not set: the real captures are not replayed here");
        return;
    };
    let place =
        Place::new(&CITY.replace("[recipe]", "insee = \"75056\"\n[[opendata]]\npreset = \"openagenda\"\n[recipe]"));
    let events = samples.join("openagenda/openagenda.jsonl");
    let selection = "https://public.opendatasoft.com/explore/dataset/evenements-publics-openagenda/\
                     ?where=location_insee%3D%2275056%22";
    let said = place.replay_of("opendata", &events, &["--address", selection, "--clock", "2026-03-01T00:00:00Z"]);
    let of = |label: &str| said["outcomes"][label].as_u64().unwrap_or_default();
    assert_eq!(said["frames"], std::fs::read_to_string(&events).unwrap().lines().count(), "{said}");
    assert!(of("admitted") > 0 && of("admitted") + of("event.other") == said["frames"].as_u64().unwrap(), "{said}");
    let mut documents = 0;
    for folder in std::fs::read_dir(samples.join("rss/feed-rs")).unwrap() {
        for file in std::fs::read_dir(folder.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            let said = place.replay_of("feed", &path, &[]);
            println!("{}: {said}", path.display());
            documents += 1;
        }
    }
    assert!(documents > 70, "{documents} documents");
}
