//! What a Mastodon server sends: statuses and messages a line, all the way to the cards; pages, places, and what the
//! server says of itself.

use parvis::consent::Policy;
use parvis::domain::{Change, Event, Network, RefuseReason, Weight};
use parvis::ingest::DECODE_LIMIT;
use parvis::ingest::sources::decoder;
use parvis::ingest::sources::mastodon::{PAGE_MAX, instance, page, place};
use parvis::intake::{Authors, Intake, KnownPosts};
use parvis::pipeline::observe;

use super::sound;
use super::town::{CITIES, NOW, key};

/// Lines of one input; more only make it slower.
const LINES_MAX: usize = 64;
/// What a post may hold while it waits.
const WEIGHT_MAX: usize = 256 << 10;

pub fn run(data: &[u8]) {
    if let Some(page) = page(data) {
        assert!(page.statuses.len() + page.unreadable.len() <= PAGE_MAX);
    }
    if let Some(place) = place(data) {
        assert!(place.lon_lat.is_some() || place.name.is_some_and(|name| !name.is_empty()));
    }
    if let Some(instance) = instance(data) {
        // With a token never less is shown than without one.
        assert!(instance.scope(false).is_err() || instance.scope(true).is_ok());
    }
    lines(data);
}

fn lines(data: &[u8]) {
    let mut decoder = decoder(Network::Mastodon).expect("the network has a decoder");
    let authors = Authors::new(key(), [], Default::default());
    let mut intake = Intake::new(key(), Policy::Standard, CITIES.clone(), KnownPosts::default(), authors);
    let mut lines = 0;
    for line in data.split(|byte| *byte == b'\n').take(LINES_MAX) {
        let observation = decoder.decode(line);
        decoded(line, &observation.event);
        lines += 1;
        observe(&mut intake, observation, NOW);
    }
    assert!(intake.questions.is_empty() && intake.hold.is_empty(), "statuses carry their author");
    let outcomes: u64 = intake.tally.counts().map(|(_, count)| count).sum();
    assert_eq!(outcomes, lines, "every line ends in one outcome");
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

/// What must hold of an observation, whatever the line was.
fn decoded(line: &[u8], event: &Event) {
    match event {
        Event::Post(post) => {
            assert!(post.weight() <= WEIGHT_MAX, "{} bytes", post.weight());
            assert_eq!(post.profile.as_ref().map(|profile| &profile.id), Some(&post.author));
        }
        Event::Unreadable(reason) => {
            let named = matches!(reason, RefuseReason::Malformed | RefuseReason::Oversized | RefuseReason::TooDeep);
            assert!(named, "{reason:?}");
        }
        Event::Delete { .. } | Event::Other => {}
        other => panic!("{}", other.kind()),
    }
    assert!(line.len() <= DECODE_LIMIT || matches!(event, Event::Unreadable(_)));
}
