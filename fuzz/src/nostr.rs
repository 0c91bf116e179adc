//! Events of Nostr, all the way to the cards. A line may be a draft, which is signed: else no change of a seed would ever
//! be looked at.

use parvis::demo::nostr::Draft;
use parvis::domain::{Event, Network, RefuseReason};
use parvis::ingest::DECODE_LIMIT;

use super::frame;

pub fn run(data: &[u8]) {
    let lines = data.split(|byte| *byte == b'\n').map(|line| match serde_json::from_slice::<Draft>(line) {
        Ok(draft) => draft.sign().json().into_bytes(),
        Err(_) => line.to_vec(),
    });
    frame::through(Network::Nostr, lines, decoded);
}

/// What must hold of an observation, whatever the frame was.
fn decoded(frame: &[u8], event: &Event, again: Event) {
    assert_eq!(format!("{event:?}"), format!("{again:?}"), "decoding is pure");
    assert!(frame.len() <= DECODE_LIMIT || matches!(event, Event::Unreadable(RefuseReason::Oversized)));
    match event {
        Event::Post(post) => {
            assert!(post.author.as_str().len() == 64 && post.tags.len() <= 64 && post.labels.len() <= 32);
            let text = String::from_utf8_lossy(frame);
            assert!(["\"kind\":1,", "\"kind\":3192"].iter().any(|kind| text.replace(' ', "").contains(kind)), "{text}");
        }
        Event::Profile(profile) => assert!(profile.handle.as_ref().is_some_and(|npub| npub.starts_with("npub1"))),
        Event::Retract { native_ids, .. } => assert!((1..=500).contains(&native_ids.len())),
        Event::Unreadable(reason) => assert!(matches!(
            reason,
            RefuseReason::Malformed | RefuseReason::Oversized | RefuseReason::TooDeep | RefuseReason::BadSignature
        )),
        Event::Account { .. } | Event::Other => {}
        other => panic!("{other:?}"),
    }
}
