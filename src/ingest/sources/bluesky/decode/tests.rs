use std::fmt::Write;
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::demo::frames::wire_v2;
use crate::ingest::DECODE_LIMIT;
use crate::ingest::sources::bluesky::inflate::tests::samples;

const POSTS: &str = include_str!("../../../../../tests/fixtures/bluesky/posts.jsonl");
const ACCOUNTS: &str = include_str!("../../../../../tests/fixtures/bluesky/accounts.jsonl");
const HOSTILE: &str = include_str!("../../../../../tests/fixtures/bluesky/hostile.jsonl");

const HOSTILE_V2: &str = include_str!("../../../../../tests/fixtures/bluesky/hostile_v2.jsonl");

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

/// Hand-written in both forms: what is compared does not come from our own simulator.
#[test]
fn both_wires_say_the_same_of_the_same_event() {
    let (v1, v2) = (
        include_str!("../../../../../tests/fixtures/bluesky/both_v1.jsonl"),
        include_str!("../../../../../tests/fixtures/bluesky/both_v2.jsonl"),
    );
    assert_eq!((v1.lines().count(), v2.lines().count()), (9, 9));
    for (first, second) in v1.lines().zip(v2.lines()) {
        let seen = decode(second.as_bytes());
        assert_eq!(format!("{seen:#?}"), format!("{:#?}", decode(first.as_bytes())), "{second}");
        assert!(seen.checkpoint.is_some() && !matches!(seen.event, Event::Unreadable(_)), "{seen:?}");
    }
}

#[test]
fn real_captures_say_the_same_on_both_wires() {
    let captures = samples().map(|folder| {
        let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
        read("expected_v1.jsonl") + &read("golden_v1.jsonl")
    });
    let captures = captures.unwrap_or_default();
    for first in POSTS.lines().chain(ACCOUNTS.lines()).chain(captures.lines()) {
        let second = wire_v2::message(first, 17).unwrap_or_else(|| panic!("no event: {first}"));
        assert_eq!(format!("{:?}", decode(second.as_bytes())), format!("{:?}", decode(first.as_bytes())), "{first}");
    }
}

#[test]
fn what_a_v2_server_says_of_the_stream_is_for_the_connection() {
    let decoder = Decoder::new(SourceId::new("bluesky"));
    let info = |name: &str| {
        format!(
            r#"{{"$type":"message","payload":{{"$type":"network.bsky.jetstream.subscribeEvents#info","name":"{name}"}}}}"#
        )
    };
    assert!(matches!(decoder.read(info("OutdatedCursor").as_bytes()), Said::OutdatedCursor));
    assert!(matches!(decoder.read(info("Other").as_bytes()), Said::Seen(Observation { event: Event::Other, .. })));
    for (error, expected) in [
        (r#"{"$type":"error","error":"ConsumerTooSlow","message":"…"}"#.to_owned(), "ConsumerTooSlow"),
        (r#"{"$type":"error","error":"a b"}"#.to_owned(), "unnamed"),
        (r#"{"$type":"error"}"#.to_owned(), "unnamed"),
        (r#"{"$type":"error","error":7}"#.to_owned(), "unnamed"),
        (format!(r#"{{"$type":"error","error":"{}"}}"#, "x".repeat(65)), "unnamed"),
    ] {
        assert!(matches!(decoder.read(error.as_bytes()), Said::Failed(name) if name == expected), "{error}");
        // In a recording it is a frame like any other.
        let seen = decode(error.as_bytes());
        assert!(matches!((seen.event, seen.checkpoint), (Event::Other, None)));
    }
}

#[test]
fn h1_hostile_v2_frames_are_read_as_far_as_they_go() {
    insta::assert_snapshot!(described(HOSTILE_V2));
}

#[test]
fn h2_an_oversized_frame_is_counted_and_skipped() {
    let frame = POSTS.lines().next().unwrap().replacen("marché", &"é".repeat(DECODE_LIMIT / 2), 1);
    let seen = decode(frame.as_bytes());
    assert!(matches!(seen.event, Event::Unreadable(RefuseReason::Oversized)), "{:?}", seen.event.kind());
}

/// What this thread has used of a processor, which a busy machine does not change; `None` where the system keeps no such
/// count. It moves by some milliseconds at a time.
fn processor_time() -> Option<Duration> {
    let count = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(Duration::from_nanos(count.split(' ').next()?.parse().ok()?))
}

#[test]
fn h1_the_time_for_a_frame_grows_with_its_size_and_no_faster() {
    // Shapes that make careless parsers quadratic: many facets, many nested embeds, many escapes. Sixteen small frames
    // take as long as one that is sixteen times as large; were it quadratic, that one would take sixteen times as long.
    let head = r#"{"did":"did:plc:a","time_us":1795600000000000,"kind":"commit","commit":{"rev":"1","operation":"create","collection":"app.bsky.feed.post","rkey":"1","record":{"$type":"app.bsky.feed.post","createdAt":"2026-11-25T09:46:40Z","text":"#;
    let facet =
        r##"{"index":{"byteStart":0,"byteEnd":1},"features":[{"$type":"app.bsky.richtext.facet#tag","tag":"x"}]}"##;
    let embed = r#"{"$type":"app.bsky.embed.recordWithMedia","media":"#;
    type Shape<'a> = (usize, usize, &'a dyn Fn(usize) -> String);
    let shapes: [Shape<'_>; 4] = [
        (1, 9_000, &|n| format!(r#"{head}"x","facets":[{}{facet}]}}}}}}"#, format!("{facet},").repeat(n))),
        (100, 96, &|n| format!(r#"{head}"x","embed":{}null{}}}}}}}"#, embed.repeat(n), "}".repeat(n))),
        (1, 160_000, &|n| format!(r#"{head}"{}"}}}}}}"#, r"\u00e9".repeat(n))),
        (1, 240_000, &|n| format!(r#"{head}"x","tags":[{}"x"]}}}}}}"#, "\"x\",".repeat(n))),
    ];
    let took = |frame: &str, times: usize| {
        let begun = processor_time()?;
        for _ in 0..times {
            let seen = decode(frame.as_bytes());
            assert!(matches!(seen.event, Event::Post(_)), "{}", seen.event.kind());
        }
        Some(processor_time()? - begun)
    };
    for (number, (times, size, shape)) in shapes.into_iter().enumerate() {
        let (small, large) = (took(&shape(size / 16), times * 16), took(&shape(size), times));
        let Some((small, large)) = small.zip(large) else {
            return println!("no count of processor time: not measured");
        };
        println!("shape {number}: {small:?}, then {large:?}");
        assert!(large < small * 5 + Duration::from_millis(20), "shape {number}: {small:?}, then {large:?}");
    }
}

/// A frame of nearly a mebibyte of each thing that a post carries leaves a fraction of it in memory, and its labels.
#[test]
fn h2_what_a_post_holds_while_it_waits_is_bounded() {
    let held = |record: &str, rev: &str| {
        let frame = format!(
            r#"{{"did":"did:plc:a","time_us":1795600000000000,"kind":"commit","commit":{{"rev":"{rev}","operation":"create","collection":"app.bsky.feed.post","rkey":"1","record":{{"$type":"app.bsky.feed.post","createdAt":"2026-11-25T09:46:40Z","text":"x",{record}}}}}}}"#
        );
        let Event::Post(post) = decode(frame.as_bytes()).event else { panic!("it is a post") };
        let facets: usize = post.facets.iter().map(|facet| size_of_val(facet) + facet.value.len()).sum();
        let texts = |texts: &[String]| texts.iter().map(|text| text.len() + size_of::<String>()).sum::<usize>();
        let reply = post.reply.as_ref().map_or(0, |reply| reply.parent.as_str().len() + reply.root.as_str().len());
        let media: usize =
            post.media.iter().map(|medium| medium.alt.len() + medium.url.as_ref().map_or(0, String::len)).sum();
        let labels: usize = post.labels.iter().map(|label| size_of_val(label) + label.value.len()).sum();
        facets + texts(&post.tags) + texts(&post.languages) + reply + media + labels + post.revision.len()
    };
    let (long, many) = ("y".repeat(900_000), 20_000);
    let list = |one: &str| format!("{}{one}", format!("{one},").repeat(many));
    let facet = |tag: &str| {
        format!(
            r##"{{"index":{{"byteStart":0,"byteEnd":1}},"features":[{{"$type":"app.bsky.richtext.facet#tag","tag":"{tag}"}}]}}"##
        )
    };
    let embed = |link: &str| {
        format!(r#""embed":{{"$type":"app.bsky.embed.external","external":{{"uri":"{link}","title":"{link}"}}}}"#)
    };
    let image = format!(r#"{{"alt":"{}"}}"#, "z".repeat(40));
    for record in [
        format!(r#""tags":["{long}"]"#),
        format!(r#""tags":[{}]"#, list(r#""un tag""#)),
        format!(r#""langs":["{long}"]"#),
        format!(r#""langs":[{}]"#, list(r#""fr""#)),
        format!(r#""facets":[{}]"#, facet(&long)),
        format!(r#""facets":[{}]"#, format!("{},", facet("t")).repeat(7_000).trim_end_matches(',')),
        format!(r#""reply":{{"root":{{"uri":"at://{long}"}}}}"#),
        embed(&long[..400_000]),
        format!(r#""embed":{{"$type":"app.bsky.embed.images","images":[{}]}}"#, list(&image)),
        format!(r#""labels":{{"values":[{{"val":"{long}"}}]}}"#),
    ] {
        assert!(record.len() < 1 << 20);
        let bytes = held(&record, "1");
        assert!(bytes < 100 << 10, "{bytes} bytes of {}", &record[..40]);
    }
    assert!(held(r#""tags":[]"#, &long) < 1_000);
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
        let frames: Vec<&str> = POSTS.lines().chain(ACCOUNTS.lines()).chain(HOSTILE.lines()).chain(HOSTILE_V2.lines()).collect();
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
