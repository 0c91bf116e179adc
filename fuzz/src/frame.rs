//! Frames of the stream, all the way to the cards.
//!
//! Owns one life of a pipeline that gets a frame a line. Does not own the socket or the store.
//! Invariant: every frame ends in one outcome, whatever came before it.

use parvis::consent::Policy;
use parvis::domain::{AuthorId, AuthorProfile, Change, Event, Network, RefuseReason};
use parvis::ingest::DECODE_LIMIT;
use parvis::ingest::sources::decoder;
use parvis::intake::{Answer, Authors, Intake, KnownPosts};
use parvis::pipeline::{answered, observe};

use super::sound;
use super::town::{CITIES, NOW, key};

/// Frames of one input; more only make it slower.
const FRAMES_MAX: usize = 64;

pub fn run(data: &[u8]) {
    through(Network::Bluesky, data.split(|byte| *byte == b'\n').map(<[u8]>::to_vec), decoded);
}

/// Takes frames of a network through a pipeline of their own; `check` looks at each frame and at what it was decoded as,
/// twice.
pub fn through(network: Network, lines: impl Iterator<Item = Vec<u8>>, check: fn(&[u8], &Event, Event)) {
    let mut decoder = decoder(network).expect("the network has a decoder");
    let authors = Authors::new(key(), [], Default::default());
    let mut intake = Intake::new(key(), Policy::Standard, CITIES.clone(), KnownPosts::default(), authors);
    let mut frames = 0;
    for line in lines.take(FRAMES_MAX) {
        let observation = decoder.decode(&line);
        check(&line, &observation.event, decoder.decode(&line).event);
        frames += 1;
        observe(&mut intake, observation, NOW);
        // Every other author is answered for later, so that what comes meanwhile meets the hold.
        if frames % 2 == 0 {
            answer(&mut intake, &line);
        }
    }
    answer(&mut intake, b"");
    assert!(intake.hold.is_empty(), "everybody was answered for");
    let outcomes: u64 = intake.tally.counts().map(|(_, count)| count).sum();
    assert_eq!(outcomes, frames, "every frame ends in one outcome");
    for change in intake.take_batch().changes {
        if let Change::Upsert { post, author, placements, received_at, .. } = change {
            sound::post(&post);
            sound::profile(&author);
            for placement in &placements {
                if let Some(card) = sound::card(&post, &author, placement, received_at) {
                    sound::rendered(&card);
                }
            }
        }
    }
}

/// What must hold of an observation, whatever the frame was.
fn decoded(frame: &[u8], event: &Event, again: Event) {
    match (event, again) {
        (Event::Post(post), Event::Post(again)) => {
            // A place without digits prints alike; numbers that are none are never equal to themselves.
            assert_eq!(format!("{post:?}"), format!("{again:?}"), "decoding is pure");
            assert!(post.facets.len() <= 1_024 * 16 && post.tags.len() <= 1_024 && post.media.len() <= 1_024);
            assert!(post.author.as_str().starts_with("did:"));
            assert!(post.native_id.as_str().starts_with("at://did:"));
        }
        (Event::Unreadable(reason), Event::Unreadable(again)) => {
            assert_eq!(*reason, again);
            let sized = if frame.len() > DECODE_LIMIT { *reason == RefuseReason::Oversized } else { true };
            let named = matches!(reason, RefuseReason::Malformed | RefuseReason::Oversized | RefuseReason::TooDeep);
            assert!(sized && named, "{reason:?}");
        }
        (event, again) => assert_eq!(event.kind(), again.kind(), "decoding is pure"),
    }
    assert!(frame.len() <= DECODE_LIMIT || matches!(event, Event::Unreadable(_)));
}

/// Answers for every author who is asked for, by a name made from the bytes; some are unknown.
fn answer(intake: &mut Intake, line: &[u8]) {
    let name = String::from_utf8_lossy(line).into_owned();
    // Bounded: an answer may lead to questions, but never to more than there are authors.
    for _ in 0..4 * FRAMES_MAX {
        let Some((network, author)) = intake.questions.pop() else { return };
        let answer = match author.as_str().ends_with('?') || author.as_str().ends_with("zz") {
            true => Answer::Unknown(network, author),
            false => Answer::Found(Box::new(profile(network, author, &name))),
        };
        answered(intake, answer, NOW);
    }
}

fn profile(network: Network, author: AuthorId, name: &str) -> AuthorProfile {
    AuthorProfile {
        name: Some(name.to_owned()),
        handle: Some(name.chars().rev().collect()),
        ..AuthorProfile::assumed(author, network)
    }
}
