use std::fmt::Write;

use proptest::prelude::*;

use super::*;
use crate::ingest::DECODE_LIMIT;

const POSTS: &str = include_str!("../../../../../tests/fixtures/bluesky/posts.jsonl");
const ACCOUNTS: &str = include_str!("../../../../../tests/fixtures/bluesky/accounts.jsonl");
const HOSTILE: &str = include_str!("../../../../../tests/fixtures/bluesky/hostile.jsonl");

fn decode(frame: &[u8]) -> Observation {
    Decoder::new(SourceId::new("bluesky")).decode(frame)
}

fn described(frames: &str) -> String {
    let mut text = String::new();
    for (number, frame) in frames.lines().enumerate() {
        let seen = decode(frame.as_bytes());
        let checkpoint = seen.checkpoint.as_ref().map(Checkpoint::as_str);
        writeln!(text, "frame {}, checkpoint {checkpoint:?}\n{:#?}\n", number + 1, seen.event).unwrap();
        // The digits of a place are withheld from `Debug`; here they are what is tested.
        if let Event::Post(post) = &seen.event
            && let Some(point) = post.place.as_ref().and_then(|place| place.lon_lat)
        {
            writeln!(text, "point {point:?}\n").unwrap();
        }
    }
    text
}

#[test]
fn posts_are_read() {
    insta::assert_snapshot!(described(POSTS));
}

#[test]
fn l09_l11_profiles_and_accounts_are_read() {
    insta::assert_snapshot!(described(ACCOUNTS));
}

#[test]
fn h1_hostile_frames_are_read_as_far_as_they_go() {
    insta::assert_snapshot!(described(HOSTILE));
}

#[test]
fn h2_an_oversized_frame_is_counted_and_skipped() {
    let frame = POSTS.lines().next().unwrap().replacen("marché", &"é".repeat(DECODE_LIMIT / 2), 1);
    let seen = decode(frame.as_bytes());
    assert!(matches!(seen.event, Event::Unreadable(RefuseReason::Oversized)), "{:?}", seen.event.kind());
}

#[test]
fn h1_a_mebibyte_of_anything_is_read_quickly() {
    // Shapes that make careless parsers quadratic: many facets, many nested embeds, many escapes.
    let head = r#"{"did":"did:plc:a","time_us":1795600000000000,"kind":"commit","commit":{"rev":"1","operation":"create","collection":"app.bsky.feed.post","rkey":"1","record":{"$type":"app.bsky.feed.post","createdAt":"2026-11-25T09:46:40Z","text":"#;
    let facet =
        r##"{"index":{"byteStart":0,"byteEnd":1},"features":[{"$type":"app.bsky.richtext.facet#tag","tag":"x"}]}"##;
    let embed = r#"{"$type":"app.bsky.embed.recordWithMedia","media":"#;
    let frames = [
        format!(r#"{head}"x","facets":[{}{facet}]}}}}}}"#, format!("{facet},").repeat(9_000)),
        format!(r#"{head}"x","embed":{}null{}}}}}}}"#, embed.repeat(100), "}".repeat(100)),
        format!(r#"{head}"{}"}}}}}}"#, r"\u00e9".repeat(160_000)),
        format!(r#"{head}"x","tags":[{}"x"]}}}}}}"#, "\"x\",".repeat(240_000)),
    ];
    for frame in frames {
        // The best of a few tries: a busy machine may take any one of them from us.
        let mut took = (0..5).map(|_| {
            let begun = std::time::Instant::now();
            let seen = decode(frame.as_bytes());
            assert!(matches!(seen.event, Event::Post(_)), "{}", seen.event.kind());
            begun.elapsed()
        });
        assert!(took.any(|took| took.as_millis() < 1_000), "slow in every try");
    }
}

proptest! {
    #[test]
    fn h1_any_bytes_give_an_observation(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let seen = decode(&bytes);
        prop_assert!(matches!(seen.event, Event::Unreadable(_)));
    }

    /// A real frame with a stretch of it replaced: most stay JSON-like, some stay JSON.
    #[test]
    fn h1_mutated_frames_give_an_observation(
        pick in any::<prop::sample::Index>(),
        from in any::<prop::sample::Index>(),
        length in 0usize..12,
        put in prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..12),
            Just(b"null".to_vec()), Just(b"{}".to_vec()), Just(b"[[]]".to_vec()), Just(b"\"".to_vec()),
            Just(b"-1".to_vec()), Just(b"1e400".to_vec()), Just("é".as_bytes().to_vec()), Just(b"\\u".to_vec()),
        ],
    ) {
        let frames: Vec<&str> = POSTS.lines().chain(ACCOUNTS.lines()).chain(HOSTILE.lines()).collect();
        let mut frame = pick.get(&frames).as_bytes().to_vec();
        let start = from.index(frame.len());
        let end = (start + length).min(frame.len());
        frame.splice(start..end, put);
        let seen = decode(&frame);
        if let Event::Post(post) = seen.event {
            prop_assert!(post.native_id.as_str().starts_with("at://did:"));
        }
    }
}
