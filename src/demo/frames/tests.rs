use std::collections::{BTreeSet, HashMap, HashSet};

use serde_json::json;

use super::*;
use crate::demo::player::Player;
use crate::demo::script::Scripts;
use crate::demo::{Rate, ids};

struct Run {
    frames: Vec<Value>,
    events: Vec<Event>,
    world: SharedWorld,
}

fn run(rate: Rate, days: i64) -> Run {
    let now = Timestamp::parse_rfc3339("2026-12-07T11:20:00Z").unwrap();
    let mut player = Player::new(&Scripts::load().unwrap(), 5, rate, now);
    let world = SharedWorld::default();
    let mut stage = Stage::new(world.clone());
    let (mut frames, mut events) = (Vec::new(), Vec::new());
    while let Some(event) = player.next_until(now.plus_seconds(days * 86_400)) {
        let frame = stage.perform(&event, event.at).expect("nothing is forgotten in a day");
        assert!(!frame.contains('\n'));
        frames.push(serde_json::from_str(&frame).unwrap());
        events.push(event);
    }
    Run { frames, events, world }
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("no {pointer} in {value}"))
}

fn uri(frame: &Value) -> String {
    format!("at://{}/{}/{}", text(frame, "/did"), text(frame, "/commit/collection"), text(frame, "/commit/rkey"))
}

#[test]
fn time_and_revisions_rise() {
    let run = run(Rate::Metropole, 2);
    let times: Vec<i64> = run.frames.iter().map(|frame| frame["time_us"].as_i64().unwrap()).collect();
    assert!(times.windows(2).all(|pair| pair[0] < pair[1]));
    let mut revisions: HashMap<&str, &str> = HashMap::new();
    for frame in run.frames.iter().filter(|frame| frame["kind"] == "commit") {
        let rev = text(frame, "/commit/rev");
        assert_eq!(rev.len(), 13);
        assert!(revisions.insert(text(frame, "/did"), rev).is_none_or(|earlier| earlier < rev));
    }
}

#[test]
fn d7_frames_rise_though_the_clock_stands_still_or_goes_back() {
    let now = Timestamp::parse_rfc3339("2026-12-07T11:20:00Z").unwrap();
    let player = Player::new(&Scripts::load().unwrap(), 5, Rate::Ville, now);
    let mut stage = Stage::new(SharedWorld::default());
    let mut last = 0;
    for (event, back) in player.zip(0..50) {
        let frame = stage.perform(&event, now.plus_seconds(-(back / 10))).unwrap();
        let time = serde_json::from_str::<Value>(&frame).unwrap()["time_us"].as_i64().unwrap();
        assert!(time > last);
        last = time;
    }
}

#[test]
fn facets_cut_at_characters_and_name_what_they_cut() {
    let run = run(Rate::Metropole, 3);
    let mut kinds: HashMap<&str, usize> = HashMap::new();
    for (frame, event) in run.frames.iter().zip(&run.events) {
        if matches!(event.act, Act::Broken { .. }) {
            continue;
        }
        for facet in frame.pointer("/commit/record/facets").and_then(Value::as_array).into_iter().flatten() {
            let whole = text(frame, "/commit/record/text");
            let edge = |name: &str| usize::try_from(facet["index"][name].as_u64().unwrap()).unwrap();
            let cut = whole.get(edge("byteStart")..edge("byteEnd")).expect("a facet lies on character borders");
            let feature = &facet["features"][0];
            match text(feature, "/$type") {
                "app.bsky.richtext.facet#tag" => assert_eq!(cut, format!("#{}", text(feature, "/tag"))),
                "app.bsky.richtext.facet#link" => assert_eq!(cut, text(feature, "/uri")),
                "app.bsky.richtext.facet#mention" => assert!(text(feature, "/did").starts_with("did:plc:demo")),
                other => panic!("{other}"),
            }
            *kinds.entry(text(feature, "/$type")).or_default() += 1;
        }
    }
    assert_eq!(kinds.len(), 3, "{kinds:?}");
}

#[test]
fn replies_refer_to_what_was_said_before() {
    let run = run(Rate::Ville, 3);
    let mut said: HashMap<String, HashSet<String>> = HashMap::new();
    let mut replies = 0;
    for frame in run.frames.iter().filter(|frame| frame.pointer("/commit/cid").is_some()) {
        if let Some(reply) = frame.pointer("/commit/record/reply") {
            for end in ["parent", "root"] {
                assert!(said[text(&reply[end], "/uri")].contains(text(&reply[end], "/cid")));
            }
            replies += 1;
        }
        said.entry(uri(frame)).or_default().insert(text(frame, "/commit/cid").to_owned());
    }
    assert!(replies > 20);
}

#[test]
fn the_world_is_what_a_reader_of_all_frames_believes() {
    let run = run(Rate::Metropole, 4);
    let mut posts: HashMap<String, (String, Value)> = HashMap::new();
    let (mut gone, mut hidden) = (HashSet::new(), HashSet::new());
    let broken: HashSet<String> = run
        .frames
        .iter()
        .zip(&run.events)
        .filter(|(_, event)| matches!(event.act, Act::Broken { .. }))
        .map(|(frame, _)| uri(frame))
        .collect();
    for frame in &run.frames {
        let did = text(frame, "/did").to_owned();
        match (text(frame, "/kind"), frame.pointer("/commit/operation").and_then(Value::as_str)) {
            ("commit", _) if text(frame, "/commit/collection") == PROFILE => {}
            ("commit", Some("delete")) => assert!(posts.remove(&uri(frame)).is_some()),
            ("commit", Some(operation)) => {
                assert_eq!(posts.contains_key(&uri(frame)), operation == "update");
                let before = posts.get(&uri(frame)).map(|(cid, _)| cid.as_str());
                assert_ne!(before, Some(text(frame, "/commit/cid")), "another record has another content id");
                posts.insert(uri(frame), (text(frame, "/commit/cid").into(), frame["commit"]["record"].clone()));
            }
            ("account", _) if frame["account"]["active"] == true => _ = hidden.remove(&did),
            ("account", _) if frame["account"]["status"] == "deleted" => _ = gone.insert(did),
            ("account", _) => _ = hidden.insert(did),
            ("identity", _) => {
                let world = run.world.lock();
                if let Some(account) = world.visible(&did) {
                    assert_eq!(account.persona.handle, text(frame, "/identity/handle"));
                    assert_eq!(world.visible(text(frame, "/identity/handle")).unwrap().persona.did, did);
                }
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(!gone.is_empty());
    let world = run.world.lock();
    for did in &gone {
        assert!(world.visible(did).is_none());
    }
    for (uri, (cid, record)) in posts.iter().filter(|(uri, _)| !broken.contains(*uri)) {
        let author = uri.split('/').nth(2).unwrap();
        let expected = !gone.contains(author) && !hidden.contains(author);
        match world.visible_post(uri) {
            Some((post, _)) => assert!(expected && post.cid == *cid && post.record == *record),
            None => assert!(!expected, "{uri}"),
        }
    }
}

#[test]
fn every_kind_of_record_goes_over_the_wire() {
    let run = run(Rate::Metropole, 2);
    let all = Value::from(run.frames).to_string();
    for part in [
        r#""$type":"community.lexicon.embed.geo","#,
        r#""location":{"$type":"community.lexicon.location.geo","#,
        r#""$type":"app.bsky.embed.images""#,
        r#""alt":"""#,
        r#""$type":"com.atproto.label.defs#selfLabels","values":[{"val":"graphic-media"}]"#,
        r#""tags":["Nantes"]"#,
        r#""langs":["br"]"#,
        r#""operation":"update""#,
        r#""operation":"delete""#,
        r#""kind":"identity""#,
        r#""status":"deactivated""#,
        r#""status":"deleted""#,
        r#""collection":"app.bsky.actor.profile""#,
    ] {
        assert!(all.contains(part), "{part}");
    }
}

#[test]
fn a_place_is_said_in_both_ways_and_never_lost() {
    let run = run(Rate::Metropole, 2);
    let mut ways = BTreeSet::new();
    for (frame, event) in run.frames.iter().zip(&run.events) {
        let Act::Post(said) = &event.act else { continue };
        let Some(place) = &said.line.post.place else { continue };
        let record = &frame["commit"]["record"];
        let found = ["embed", "location"].into_iter().find(|field| record[field]["latitude"].is_string()).unwrap();
        assert!((text(&record[found], "/latitude").parse::<f64>().unwrap() - place.lat).abs() < 1e-6);
        ways.insert(found);
    }
    assert_eq!(ways.len(), 2);
}

#[test]
fn frames_have_exactly_the_forms_of_production() {
    let commit = Commit {
        did: "did:plc:x",
        time_us: 1_779_719_009_157_119,
        rev: "3mmoojpaqkn2z".into(),
        collection: POST,
        rkey: "3k",
    };
    assert_eq!(
        serde_json::from_str::<Value>(&commit.delete()).unwrap(),
        json!({"did":"did:plc:x","time_us":1_779_719_009_157_119_i64,"kind":"commit","commit":
            {"rev":"3mmoojpaqkn2z","operation":"delete","collection":POST,"rkey":"3k"}})
    );
    assert_eq!(
        serde_json::from_str::<Value>(&wire::account("did:plc:x", 1_779_719_009_950_000, 7, true, None)).unwrap(),
        json!({"did":"did:plc:x","time_us":1_779_719_009_950_000_i64,"kind":"account","account":
            {"active":true,"did":"did:plc:x","seq":7,"time":"2026-05-25T14:23:29.950Z"}})
    );
    assert_eq!(
        serde_json::from_str::<Value>(&wire::identity("did:plc:x", 1_779_719_009_950_000, 7, None)).unwrap(),
        json!({"did":"did:plc:x","time_us":1_779_719_009_950_000_i64,"kind":"identity","identity":
            {"did":"did:plc:x","seq":7,"time":"2026-05-25T14:23:29.950Z"}})
    );
    assert!(wire::account("did:plc:x", 1, 7, false, Some("deactivated")).contains(r#""status":"deactivated""#));
    assert!(ids::tid(1, "x") < ids::tid(2, "x"));
}
