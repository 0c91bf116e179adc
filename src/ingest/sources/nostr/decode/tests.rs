use std::fmt::Write;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::demo::nostr::{Draft, SignedEvent, pubkey};
use crate::ingest::DECODE_LIMIT;

const NOTES: &str = include_str!("../../../../../tests/fixtures/nostr/notes.jsonl");
const OTHERS: &str = include_str!("../../../../../tests/fixtures/nostr/others.jsonl");
const HOSTILE: &str = include_str!("../../../../../tests/fixtures/nostr/hostile.jsonl");

/// The fixture's events, signed.
fn signed(fixture: &str) -> Vec<SignedEvent> {
    let mut events: Vec<SignedEvent> = Vec::new();
    for line in fixture.lines() {
        let mut draft: Draft = serde_json::from_str(line).unwrap();
        let fill = |text: &mut String| {
            for name in ["ana", "ville"] {
                *text = text.replace(&format!("{{{name}}}"), &pubkey(name));
            }
            for (number, event) in events.iter().enumerate() {
                *text = text.replace(&format!("{{{number}}}"), &event.id);
            }
        };
        draft.tags.iter_mut().flatten().for_each(fill);
        fill(&mut draft.content);
        events.push(draft.sign());
    }
    events
}

fn decoder() -> Decoder {
    let zone = TimeZone::get("Europe/Paris").unwrap();
    let reading = Reading { relay: Some("wss://relay.example".into()), zone, ..Reading::default() };
    Decoder::new(SourceId::new("nostr"), reading)
}

fn decode(frame: &str) -> Event {
    decoder().decode(frame.as_bytes()).event
}

fn described<'a>(frames: impl IntoIterator<Item = &'a str>) -> String {
    let mut text = String::new();
    for (number, frame) in frames.into_iter().enumerate() {
        let event = decode(frame);
        writeln!(text, "event {number}\n{event:#?}\n").unwrap();
        // The digits of a place are withheld from `Debug`; here they are what is tested.
        if let Event::Post(post) = &event
            && let Some(point) = post.place.as_ref().and_then(|place| place.lon_lat)
        {
            writeln!(text, "point {point:?}\n").unwrap();
        }
    }
    text
}

#[test]
fn notes_are_read() {
    let events: Vec<String> = signed(NOTES).iter().map(SignedEvent::json).collect();
    insta::assert_snapshot!(described(events.iter().map(String::as_str)));
}

#[test]
fn l15_calendars_profiles_and_deletions_are_read_and_ephemeral_events_are_not() {
    let events: Vec<String> = signed(OTHERS).iter().map(SignedEvent::json).collect();
    insta::assert_snapshot!(described(events.iter().map(String::as_str)));
}

#[test]
fn h1_what_is_no_event_has_a_reason() {
    insta::assert_snapshot!(described(HOSTILE.lines()));
}

#[test]
fn l15_no_ephemeral_event_is_handed_on() {
    for kind in (20_000..30_000).step_by(37).chain([20_000, 29_999]) {
        let event = Draft::new("ana", 1_795_600_000, kind, &[&["t", "nantes"], &["g", "gbquu8"]], "#nantes").sign();
        assert!(matches!(decode(&event.json()), Event::Other), "{kind}");
    }
}

#[test]
fn l15_what_is_protected_is_not_public_and_who_vanishes_here_is_gone() {
    let note = |tags: &[&[&str]]| match decode(&Draft::new("ana", 1_795_600_000, NOTE, tags, "x").sign().json()) {
        Event::Post(post) => post.visibility,
        other => panic!("{other:?}"),
    };
    assert_eq!(note(&[&["-"]]), crate::domain::Visibility::Restricted);
    assert_eq!(note(&[&["--"], &["t", "-"]]), crate::domain::Visibility::Public);
    let vanish = |relay: &str| {
        let event = Draft::new("ana", 1_795_600_000, VANISH, &[&["relay", relay]], "").sign();
        matches!(decode(&event.json()), Event::Account { status: AccountStatus::Deleted, author } if author.as_str() == event.pubkey)
    };
    assert!(vanish("ALL_RELAYS") && vanish("wss://relay.example") && vanish("WSS://RELAY.example/"));
    assert!(!vanish("wss://relay.example.org") && !vanish("all_relays") && !vanish(""));
}

/// Every way of changing one field, and of taking another's proof for it.
fn altered(event: &SignedEvent, other: &SignedEvent) -> Vec<SignedEvent> {
    let with = |change: &dyn Fn(&mut SignedEvent)| {
        let mut altered = event.clone();
        change(&mut altered);
        altered
    };
    let digit = |text: &str, at: usize| {
        let mut digits: Vec<char> = text.chars().collect();
        digits[at] = if digits[at] == '0' { '1' } else { '0' };
        digits.into_iter().collect::<String>()
    };
    let mut all = vec![
        with(&|it| it.created_at ^= 1),
        with(&|it| it.kind ^= 1),
        with(&|it| it.content.push('.')),
        with(&|it| it.content = it.content.to_uppercase() + "x"),
        with(&|it| it.tags.push(vec!["t".into(), "nantes".into()])),
        with(&|it| it.tags.insert(0, Vec::new())),
        with(&|it| it.pubkey.clone_from(&other.pubkey)),
        with(&|it| it.id.clone_from(&other.id)),
        with(&|it| it.sig.clone_from(&other.sig)),
        with(&|it| (it.id, it.sig) = (other.id.clone(), other.sig.clone())),
        with(&|it| (it.pubkey, it.sig) = (other.pubkey.clone(), other.sig.clone())),
        with(&|it| it.id = it.id.to_uppercase() + "A"),
        with(&|it| it.sig = "0".repeat(128)),
        with(&|it| it.sig = "f".repeat(128)),
    ];
    all.extend((0..64).step_by(3).map(|at| with(&|it| it.id = digit(&it.id, at))));
    all.extend((0..64).step_by(3).map(|at| with(&|it| it.pubkey = digit(&it.pubkey, at))));
    all.extend((0..128).step_by(3).map(|at| with(&|it| it.sig = digit(&it.sig, at))));
    for tag in 0..event.tags.len() {
        all.push(with(&|it| drop(it.tags.remove(tag))));
        for value in 0..event.tags[tag].len() {
            all.push(with(&|it| it.tags[tag][value].push(' ')));
        }
    }
    all
}

#[test]
fn h5_every_altered_event_is_refused_before_anything_else_is_looked_at() {
    let (mut tried, mut refused) = (0, 0);
    let other = Draft::new("mallory", 1_795_600_000, NOTE, &[], "autre").sign();
    for event in signed(NOTES).into_iter().chain(signed(OTHERS)) {
        assert!(!matches!(decode(&event.json()), Event::Unreadable(RefuseReason::BadSignature)), "{event:?}");
        for altered in altered(&event, &other) {
            tried += 1;
            let json = altered.json();
            for frame in [json.clone(), format!("[\"EVENT\",\"s\",{json}]")] {
                let seen = decoder().decode(frame.as_bytes());
                // Some are no form at all; of none is a word or a time believed.
                let is_refused =
                    matches!(seen.event, Event::Unreadable(RefuseReason::BadSignature | RefuseReason::Malformed));
                assert!(is_refused && seen.sent_at.is_none() && seen.checkpoint.is_none(), "{altered:?}: {seen:?}");
            }
            refused += 1;
        }
    }
    assert_eq!(refused, tried);
    println!("{tried} altered events, {refused} refused");
}

#[test]
fn h5_an_event_is_what_was_signed_however_it_is_written() {
    let event = signed(NOTES).pop().unwrap();
    let Value::Object(fields) = serde_json::to_value(&event).unwrap() else { panic!() };
    let escaped = event.json().replace("Au bout", "\\u0041u\\u0020bout").replace('/', "\\/");
    let spaced = serde_json::to_string_pretty(&fields).unwrap();
    let mut more = fields;
    more.insert("relay".into(), json!("wss://elsewhere.example"));
    for written in [escaped, spaced, Value::Object(more).to_string()] {
        assert!(matches!(decode(&written), Event::Post(_)), "{written}");
    }
}

#[test]
fn h2_what_is_hashed_is_bounded() {
    let base = Draft::new("ana", 1_795_600_000, NOTE, &[], "x");
    let reason = |draft: Draft| match decode(&draft.sign().json()) {
        Event::Unreadable(reason) => Some(reason),
        _ => None,
    };
    let tag = || vec!["t".to_owned()];
    assert_eq!(reason(Draft { tags: vec![tag(); 5_000], ..base.clone() }), None);
    assert_eq!(reason(Draft { tags: vec![tag(); 5_001], ..base.clone() }), Some(RefuseReason::Oversized));
    assert_eq!(reason(Draft { tags: vec![vec![String::new(); 20_000]], ..base.clone() }), None);
    assert_eq!(
        reason(Draft { tags: vec![vec![String::new(); 20_001]], ..base.clone() }),
        Some(RefuseReason::Oversized)
    );
    assert_eq!(reason(Draft { content: "é".repeat(128 << 10), ..base.clone() }), None);
    assert_eq!(reason(Draft { content: "é".repeat((128 << 10) + 1), ..base.clone() }), Some(RefuseReason::Oversized));
    assert_eq!(reason(Draft { content: "é".repeat(DECODE_LIMIT), ..base }), Some(RefuseReason::Oversized));
    let deep = format!("[\"EVENT\",\"s\",{}]", "[".repeat(200));
    assert!(matches!(decode(&deep), Event::Unreadable(RefuseReason::TooDeep)));
}

#[test]
fn h2_what_a_post_holds_while_it_waits_is_bounded() {
    use crate::domain::Weight;
    let long = "y".repeat(200 << 10);
    let many = |tag: &[&str]| vec![tag.iter().map(|value| (*value).to_owned()).collect::<Vec<_>>(); 4_000];
    let base = Draft::new("ana", 1_795_600_000, NOTE, &[], "x");
    let name = "nostr:npub10elfcs4fr0l0r8af98jlmgdh9c8tcxjvz9qkw038js35mp4dma8qzvjptg ";
    for draft in [
        Draft { content: long.clone(), ..base.clone() },
        Draft { content: name.repeat(3_000), ..base.clone() },
        Draft { content: "nostr:".repeat(40_000), ..base.clone() },
        Draft { tags: vec![vec!["t".into(), long.clone()], vec!["proxy".into(), long.clone()]], ..base.clone() },
        Draft { tags: many(&["t", "un mot d'une certaine longueur"]), ..base.clone() },
        Draft { tags: many(&["content-warning", "porn"]), ..base.clone() },
        Draft { tags: many(&["l", "fr", "ISO-639-1"]), ..base.clone() },
        Draft { tags: many(&["imeta", "m image/png", "alt x"]), ..base.clone() },
        Draft { tags: vec![vec!["location".into(), long.clone()]], ..base.clone() },
        Draft { kind: TIME_EVENT, tags: vec![vec!["d".into(), "x".into()], vec!["title".into(), long]], ..base },
    ] {
        let Event::Post(post) = decode(&draft.sign().json()) else { panic!("it is a post") };
        assert!(post.weight() < 200 << 10, "{} bytes of {:.80}", post.weight(), draft.sign().json());
    }
    let unidentified = Draft::new("ana", 1_795_600_000, TIME_EVENT, &[&["d", &"d".repeat(513)]], "x").sign();
    assert!(matches!(decode(&unidentified.json()), Event::Unreadable(RefuseReason::Malformed)));
}

#[test]
fn of_two_versions_the_later_counts_and_of_one_second_the_lower_id() {
    let version = |at: u64, text: &str| {
        let event = Draft::new("ville", at, TIME_EVENT, &[&["d", "x"]], text).sign();
        let Event::Post(post) = decode(&event.json()) else { panic!() };
        (post.native_id.clone(), post.revision.clone(), event.id)
    };
    let (first, later) = (version(9, "a"), version(1_795_600_000, "b"));
    assert!(first.1 < later.1 && first.0 == later.0);
    let mut same: Vec<_> = ["a", "b", "c", "d"].iter().map(|text| version(10, text)).collect();
    same.sort_by(|a, b| b.1.cmp(&a.1));
    assert!(same.is_sorted_by_key(|(_, _, id)| id.clone()));
}

#[test]
fn recorded_profiles_are_read_one_a_line() {
    let at = Timestamp::from_micros(7);
    let line = |by: &str, kind: u16| Draft::new(by, 1, kind, &[], r#"{"name":"x"}"#).sign().json();
    let text = format!("{}\n\n[\"EVENT\",\"s\",{}]\n", line("ana", PROFILE), line("bob", PROFILE));
    let found = profiles_from_file(&text, at).unwrap();
    assert_eq!(found.iter().map(|profile| profile.id.as_str()).collect::<Vec<_>>(), [pubkey("ana"), pubkey("bob")]);
    assert!(found.iter().all(|profile| profile.checked_at == Some(at) && profile.name.as_deref() == Some("x")));
    let wrong = format!("{}\n{}", line("ana", PROFILE), line("ana", NOTE));
    assert_eq!(profiles_from_file(&wrong, at).unwrap_err().to_string(), "line 2: not a profile");
    assert_eq!(profiles_from_file("{}", at).unwrap_err().to_string(), "line 1: malformed");
}

proptest! {
    #[test]
    fn h1_any_bytes_give_an_observation(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let seen = decoder().decode(&bytes);
        prop_assert!(matches!(seen.event, Event::Unreadable(_)));
    }

    /// What anybody may sign: any kind, tags and text.
    #[test]
    fn h1_whatever_is_signed_gives_an_observation(
        kind in prop_oneof![Just(0_u16), Just(1), Just(5), Just(62), Just(31_922), Just(31_923), any::<u16>()],
        created_at in any::<u64>(),
        tags in proptest::collection::vec(
            proptest::collection::vec(prop_oneof!["[egtdal-]", "start|end|expiration|relay|imeta|content-warning", "\\PC{0,20}", "[0-9a-f]{64}"], 0..5),
            0..8,
        ),
        content in "\\PC{0,80}|nostr:n(pub|ote)1[a-z0-9é]{0,30}|\\{\"name\":\\PC{0,10}\\}",
    ) {
        let draft = Draft { by: "ana".into(), created_at, kind, tags, content };
        let event = decode(&draft.sign().json());
        prop_assert!(!matches!(event, Event::Unreadable(RefuseReason::BadSignature)));
    }
}
