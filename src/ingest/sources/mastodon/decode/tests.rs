use std::fmt::Write;

use proptest::prelude::*;

use super::*;
use crate::domain::{AccountStatus, Visibility};
use crate::ingest::DECODE_LIMIT;

const STATUSES: &str = include_str!("../../../../../tests/fixtures/mastodon/statuses.jsonl");
const CONSENT: &str = include_str!("../../../../../tests/fixtures/mastodon/consent.jsonl");
const MESSAGES: &str = include_str!("../../../../../tests/fixtures/mastodon/messages.jsonl");
const HOSTILE: &str = include_str!("../../../../../tests/fixtures/mastodon/hostile.jsonl");

fn decoder() -> Decoder {
    Decoder::new(SourceId::new("mastodon"))
}

fn decode(frame: &[u8]) -> Observation {
    decoder().decode(frame)
}

fn described(frames: &str) -> String {
    let (mut text, mut decoder) = (String::new(), decoder());
    for (number, frame) in frames.lines().enumerate() {
        let seen = decoder.decode(frame.as_bytes());
        let sent_at = seen.sent_at.map(Timestamp::to_rfc3339);
        writeln!(text, "line {}, sent at {sent_at:?}\n{:#?}\n", number + 1, seen.event).unwrap();
    }
    text
}

fn post(frame: &str) -> RawPost {
    match decode(frame.as_bytes()).event {
        Event::Post(post) => *post,
        other => panic!("{other:?}"),
    }
}

#[test]
fn statuses_are_read() {
    insta::assert_snapshot!(described(STATUSES));
}

#[test]
fn d5_messages_of_a_stream_are_read_and_deletions_name_the_status() {
    insta::assert_snapshot!(described(MESSAGES));
}

#[test]
fn h1_hostile_statuses_are_read_as_far_as_they_go() {
    insta::assert_snapshot!(described(HOSTILE));
}

#[test]
fn h3_no_html_is_handed_on() {
    let all = described(STATUSES) + &described(MESSAGES);
    assert!(!all.contains("<p>") && !all.contains("</") && !all.contains("class="), "{all}");
}

#[test]
fn l01_only_what_is_public_is_public() {
    let seen: Vec<bool> = CONSENT.lines().take(6).map(|line| post(line).visibility == Visibility::Public).collect();
    assert_eq!(seen, [true, false, false, false, false, false]);
}

/// What decides, as it comes out of the account: `noindex`, `discoverable`, `indexable`, locked, status.
#[test]
fn l02_l04_l05_the_networks_signals_are_read() {
    use AccountStatus::{Active, Hidden};
    let profiles: Vec<_> = CONSENT.lines().skip(6).map(|line| *post(line).profile.unwrap()).collect();
    let flags: Vec<_> =
        profiles.iter().map(|it| (it.noindex, it.discoverable, it.indexable, it.locked, it.status)).collect();
    let (yes, no) = (Some(true), Some(false));
    assert_eq!(
        flags,
        [
            (yes, yes, no, false, Active),
            (no, no, no, false, Active),
            (no, yes, no, false, Active),
            (no, yes, no, false, Active),
            (no, yes, no, false, Hidden),
            (no, yes, no, false, Hidden),
            (no, yes, yes, true, Active),
            (no, yes, yes, false, Active),
            (no, yes, no, false, Active),
            (None, None, None, false, Active),
        ]
    );
    assert_eq!(profiles[2].bio, "Je lis. #nobot");
    assert_eq!(profiles[3].bio, "\nrobots\n#NoIndex");
}

#[test]
fn d4_a_status_is_known_by_its_uri_and_an_author_never_by_the_handle() {
    let (first, far, old) = (
        post(STATUSES.lines().next().unwrap()),
        post(STATUSES.lines().nth(7).unwrap()),
        post(STATUSES.lines().nth(8).unwrap()),
    );
    assert_eq!(first.native_id.as_str(), "https://ville.example/users/maelle/statuses/115600000000000001");
    assert_eq!(first.author.as_str(), "https://ville.example/users/maelle");
    assert_eq!(old.author.as_str(), "https://ville.example/@ancienne", "before 4.2 there is only the page");
    let handle = |post: &RawPost| post.profile.as_ref().unwrap().handle.clone().unwrap();
    assert_eq!(
        (handle(&first).as_str(), handle(&far).as_str()),
        ("maelle@ville.example", "lointaine@ailleurs.example")
    );
}

#[test]
fn l14_a_copy_says_of_what() {
    let copies: Vec<_> = STATUSES.lines().skip(9).map(|line| post(line).copy_of).collect();
    let expected =
        [Some("at://did:plc:abcd1234/app.bsky.feed.post/3kabc"), Some("https://carnet.example/2026/11/brume"), None];
    assert_eq!(copies.iter().map(Option::as_deref).collect::<Vec<_>>(), expected);
    let (bridged, event) = (STATUSES.lines().nth(9).unwrap(), "ab".repeat(32));
    let by_mostr = |id: &str| {
        let uri = format!("https://mostr.pub/objects/{id}");
        post(&bridged.replace("https://bsky.brid.gy/convert/ap/at://did:plc:abcd1234/app.bsky.feed.post/3kabc", &uri))
            .copy_of
    };
    assert_eq!(by_mostr(&event), Some(event.clone()));
    assert_ne!(by_mostr("note"), Some("note".to_owned()));
}

#[test]
fn a_later_version_has_the_greater_revision_on_every_server() {
    let versions = ["2026-11-25T09:00:00Z", "2026-11-25T09:00:00.001+00:00", "2026-11-25T11:00:01+01:00"];
    let revisions = versions.map(|at| post(&format!(r#"{{"id":"1","uri":"u","edited_at":"{at}"}}"#)).revision);
    assert!(revisions.is_sorted() && revisions[0] < revisions[1], "{revisions:?}");
    assert_eq!(post(r#"{"id":"1","created_at":"2026-11-25T09:00:00Z"}"#).revision, revisions[0]);
}

#[test]
fn a_place_is_read_from_the_object_of_a_status() {
    let digits = |json: &str| place(json.as_bytes()).map(|place| (place.lon_lat, place.name));
    let named = Some("Île de Versailles".to_owned());
    let at = Some((-1.553, 47.226));
    for (json, expected) in [
        (
            r#"{"type":"Note","location":{"type":"Place","name":"Île de Versailles","longitude":-1.553,"latitude":47.226,"country":"FR"}}"#,
            Some((at, named.clone())),
        ),
        (r#"{"location":{"type":"Place","name":" ","longitude":"-1.553","latitude":"47.226"}}"#, Some((at, None))),
        (r#"{"location":[{"type":"Link"},{"type":"Place","longitude":-1.553,"latitude":47.226}]}"#, Some((at, None))),
        (r#"{"location":{"type":"Place","name":"Île de Versailles","longitude":-1.553}}"#, Some((None, named))),
        (r#"{"location":{"type":"Place","longitude":"est","latitude":47.2}}"#, None),
        (r#"{"location":null}"#, None),
        (r#"{"location":"Nantes"}"#, None),
        ("[]", None),
        ("<html>", None),
    ] {
        assert_eq!(digits(json), expected, "{json}");
    }
}

#[test]
fn a_page_is_read_status_by_status() {
    let lines: Vec<&str> = STATUSES.lines().take(2).collect();
    let body = format!("[{},7,{{\"id\":\"1\",\"reblog\":{{}}}},{},7]", lines[0], lines[1]);
    let page = page(body.as_bytes()).unwrap();
    assert_eq!(page.statuses.len(), 2, "one bad status spoils no page, and a boost is none");
    assert_eq!(page.unreadable, [(RefuseReason::Malformed, hash("7")), (RefuseReason::Malformed, hash("7"))]);
    for no_page in ["", "{\"error\":\"x\"}", "<html>", "[7"] {
        assert!(super::page(no_page.as_bytes()).is_none(), "{no_page}");
    }
    let endless = format!("[{}7]", "7,".repeat(1_000));
    assert_eq!(super::page(endless.as_bytes()).unwrap().unreadable.len(), PAGE_MAX);
}

#[test]
fn h2_an_oversized_status_is_counted_and_skipped() {
    let frame = STATUSES.lines().next().unwrap().replacen("marché", &"é".repeat(DECODE_LIMIT / 2), 1);
    for frame in [frame.clone(), format!(r#"{{"event":"update","payload":{frame:?}}}"#)] {
        let seen = decode(frame.as_bytes());
        assert!(matches!(seen.event, Event::Unreadable(RefuseReason::Oversized)), "{:?}", seen.event.kind());
    }
}

/// A status of nearly a mebibyte of each thing that it carries leaves a fraction of it in memory.
#[test]
fn h2_what_a_post_holds_while_it_waits_is_bounded() {
    use crate::domain::Weight;
    let long = "y".repeat(900_000);
    let list = |one: &str| format!("{}{one}", format!("{one},").repeat(700_000 / one.len()));
    for fields in [
        format!(r#""content":"{long}""#),
        format!(r#""content":"{}""#, "<a href='https://x.example'>y</a> ".repeat(25_000)),
        format!(r#""spoiler_text":"{long}""#),
        format!(r#""uri":"{long}","url":"""#),
        format!(r#""url":"https://{long}""#),
        format!(r#""language":"{long}""#),
        format!(r#""tags":[{}]"#, list(r#"{"name":"étiquette"}"#)),
        format!(r#""tags":[{{"name":"{long}"}}]"#),
        format!(r#""media_attachments":[{}]"#, list(r#"{"type":"image","description":"une grue"}"#)),
        format!(r#""media_attachments":[{{"type":"image","description":"{long}"}}]"#),
        format!(r#""poll":{{"options":[{}]}}"#, list(r#"{"title":"oui"}"#)),
        format!(r#""card":{{"url":"https://{long}"}}"#),
        format!(r#""account":{{"note":"{long}"}}"#),
        format!(r#""account":{{"display_name":"{long}"}}"#),
        format!(r#""account":{{"acct":"{long}"}}"#),
        format!(r#""account":{{"fields":[{}]}}"#, list(r#"{"name":"a","value":"b"}"#)),
        format!(r#""account":{{"uri":"{long}"}}"#),
    ] {
        let frame = format!(r#"{{"id":"1",{fields}}}"#);
        let weight = post(&frame).weight();
        assert!(weight < 200 << 10, "{weight} bytes of {}", &fields[..30]);
    }
}

proptest! {
    #[test]
    fn h1_any_bytes_give_an_observation(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        prop_assert!(matches!(decode(&bytes).event, Event::Unreadable(_)));
        prop_assert!(place(&bytes).is_none() && page(&bytes).is_none_or(|page| page.statuses.is_empty()));
    }

    /// A line with a stretch of it replaced: most stay JSON-like, some stay JSON.
    #[test]
    fn h1_mutated_lines_give_an_observation(
        pick in any::<prop::sample::Index>(),
        from in any::<prop::sample::Index>(),
        length in 0usize..12,
        put in prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..12),
            Just(b"null".to_vec()), Just(b"{}".to_vec()), Just(b"[[]]".to_vec()), Just(b"\"".to_vec()),
            Just(b"1e400".to_vec()), Just("é".as_bytes().to_vec()), Just(b"\\u".to_vec()),
        ],
    ) {
        let lines: Vec<&str> = STATUSES.lines().chain(MESSAGES.lines()).chain(CONSENT.lines()).collect();
        let mut line = pick.get(&lines).as_bytes().to_vec();
        let start = from.index(line.len());
        line.splice(start..(start + length).min(line.len()), put);
        if let Event::Post(post) = decode(&line).event {
            prop_assert_eq!(&post.profile.unwrap().id, &post.author);
        }
    }
}
