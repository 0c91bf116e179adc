//! L-14: a copy follows what it declares to copy, also where that was never stored.

use parvis::domain::{
    AuthorId, AuthorProfile, Change, Event, KnownPost, Label, NativeId, PostId, RawPost, SubjectHash, Visibility,
};
use parvis::intake::{Authors, KnownPosts};

use crate::support::scene::{NOW, Scene, assumed, raw};

const ORIGIN: &str = "at://did:plc:shy/app.bsky.feed.post/1";
const HOUR_S: i64 = 3_600;

fn copy(key: &str, of: &str) -> Event {
    let profile = Some(Box::new(assumed("bridge")));
    Event::Post(Box::new(RawPost { copy_of: Some(of.into()), profile, ..raw("bridge", key, "Je sors #ville") }))
}

fn origin_is_refused(scene: &mut Scene) {
    scene.post("shy", ORIGIN, "Je sors #ville");
    let labels = vec![Label::plain("!no-unauthenticated")];
    scene.answer(AuthorProfile { labels, ..assumed("shy") });
}

#[test]
fn l14_a_copy_of_what_consent_refused_is_refused_for_three_days() {
    let mut scene = Scene::new();
    origin_is_refused(&mut scene);
    scene.event(copy("c1", ORIGIN));
    scene.event(copy("c2", "https://bsky.app/profile/did:plc:shy/post/1"));
    // And what copies the copy.
    scene.event(copy("c3", "https://bsky.brid.gy/convert/ap/at://did:plc:shy/app.bsky.feed.post/1"));
    assert!(scene.pending().is_empty());
    assert_eq!((scene.count("refused.no_unauthenticated"), scene.count("refused.origin_refused")), (1, 3));
    scene.event(copy("c4", "at://did:plc:else/app.bsky.feed.post/1"));
    assert_eq!(scene.pending(), ["Je sors #ville"]);
    scene.event_at(NOW.plus_seconds(71 * HOUR_S), Event::Other);
    let late = RawPost {
        created_at: Some(NOW.plus_seconds(72 * HOUR_S)),
        copy_of: Some(ORIGIN.into()),
        ..raw("bridge", "c5", "Je sors #ville")
    };
    let late = RawPost { profile: Some(Box::new(assumed("bridge"))), ..late };
    scene.event_at(NOW.plus_seconds(72 * HOUR_S), Event::Post(Box::new(late)));
    assert_eq!(scene.pending().last().map(String::as_str), Some("Je sors #ville"));
    assert_eq!(scene.intake.tally.total(), scene.frames, "{:?}", scene.tally());
}

#[test]
fn l24_a_copy_of_what_somebody_who_left_says_is_refused() {
    let mut scene = Scene::new();
    let (key, bluesky) = (scene.intake.key, parvis::domain::Network::Bluesky);
    let left = SubjectHash::derive(&key, bluesky, &AuthorId::new("did:plc:shy"));
    scene.intake.authors = Authors::new(key, [], [left].into());
    scene.event(copy("c1", ORIGIN));
    scene.event(copy("c2", "at://did:plc:ana/app.bsky.feed.post/1"));
    assert_eq!(scene.pending().len(), 1);
    assert_eq!((scene.count("refused.author_left"), scene.count("admitted")), (1, 1));
}

#[test]
fn l14_a_refused_origin_takes_the_copy_that_came_first() {
    let mut scene = Scene::new();
    scene.event(copy("c1", ORIGIN));
    assert_eq!(scene.pending(), ["Je sors #ville"]);
    scene.post("shy", ORIGIN, "Je sors #ville");
    let labels = vec![Label::plain("!no-unauthenticated")];
    scene.answer(AuthorProfile { labels, ..assumed("shy") });
    let name = PostId::derive(&scene.intake.key, parvis::domain::Network::Bluesky, &NativeId::new(ORIGIN)).as_u64();
    let changes = scene.intake.take_batch().changes;
    assert!(matches!(&changes[..], [Change::OriginRefused { name: refused, .. }] if *refused == name), "{changes:?}");
    // A version that is not public says the same, and so does what is only said of its id.
    for event in [
        Event::Post(Box::new(RawPost { visibility: Visibility::Restricted, ..raw("shy", ORIGIN, "") })),
        Event::Withdrawn { post: PostId::from_u64(name), for_good: false },
    ] {
        scene.event(event);
        let changes = scene.intake.take_batch().changes;
        assert!(matches!(&changes[..], [Change::OriginRefused { .. }]), "{changes:?}");
    }
}

#[test]
fn l14_an_origin_that_may_be_shown_again_lets_its_copies_be() {
    let mut scene = Scene::new();
    origin_is_refused(&mut scene);
    let edit = RawPost { revision: "2".into(), edited: true, ..raw("shy", ORIGIN, "Je sors #ville") };
    scene.event(Event::Post(Box::new(edit)));
    scene.answer(assumed("shy"));
    scene.event(copy("c1", ORIGIN));
    assert_eq!(scene.pending().len(), 2);
    // What no city asks for is no refusal of its author's.
    scene.post("ana", "at://did:plc:ana/app.bsky.feed.post/1", "rien");
    scene.event(copy("c2", "at://did:plc:ana/app.bsky.feed.post/1"));
    assert_eq!(scene.pending().len(), 1);
}

#[test]
fn d5_a_deletion_of_an_origin_that_we_do_not_hold_reaches_its_copy() {
    let mut scene = Scene::new();
    let gone = |id: &str| Event::Delete { native_id: NativeId::new(id) };
    scene.event(gone(ORIGIN));
    assert!(scene.pending().is_empty(), "of no concern");
    scene.event(copy("c1", ORIGIN));
    assert_eq!(scene.pending().len(), 1);
    let by = AuthorId::new("anybody");
    scene.event(Event::Retract { author: by, native_ids: vec![NativeId::new(ORIGIN)] });
    assert!(scene.pending().is_empty(), "anybody's word");
    scene.event(gone(ORIGIN));
    assert_eq!(scene.pending(), [format!("-{ORIGIN}")]);
    let name = PostId::derive(&scene.intake.key, parvis::domain::Network::Bluesky, &NativeId::new(ORIGIN));
    scene.event(Event::Withdrawn { post: name, for_good: true });
    assert!(matches!(&scene.intake.take_batch().changes[..], [Change::Erase { whole: false, .. }]));
    // Without its copy it concerns nobody any more.
    scene.event(gone("c1"));
    scene.intake.take_batch();
    scene.event(gone(ORIGIN));
    assert!(scene.pending().is_empty());
}

#[test]
fn d5_what_is_copied_is_known_again_after_a_start() {
    let id = |number| PostId::from_u64(number);
    let held = |number| KnownPost { id: id(number), thread: id(number), cities: vec![], queued: vec![] };
    let mut known = KnownPosts::new([held(1), held(2)]).copying([(id(1), 7), (id(2), 7), (id(2), 8)]);
    assert!(known.concerns(id(7)) && known.concerns(id(8)) && known.concerns(id(1)) && !known.concerns(id(9)));
    known.forget(id(2));
    assert!(known.is_copied(7) && !known.is_copied(8));
    known.forget(id(1));
    known.forget(id(1));
    assert!(!known.concerns(id(7)));
}
