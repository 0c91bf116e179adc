//! Observations in, changes and outcomes out: what waits, what reaches what waits, and what the checkpoint does.

mod accounts;
mod copies;
mod mentions;

use parvis::domain::{
    AccountStatus, AuthorId, AuthorProfile, AuthorVerdict, Change, Committed, Event, Label, NativeId, Network, Outcome,
    PostId, RawPost, RefuseReason,
};
use parvis::intake::{Answer, Dropped};
use parvis::pipeline::answered;

use crate::support::scene::{NOW, Scene, assumed, raw};

fn account(author: &str, status: AccountStatus) -> Event {
    Event::Account { author: AuthorId::new(author), status }
}

#[test]
fn l09_nothing_is_written_before_the_author_is_known() {
    let mut scene = Scene::new();
    scene.post("ana", "1", "Bonjour #ville");
    assert_eq!(scene.asked(), ["ana"]);
    assert!(scene.pending().is_empty());
    scene.found("ana");
    assert_eq!(scene.pending(), ["Bonjour #ville"]);
    scene.post("ana", "2", "Encore #ville");
    assert!(scene.asked().is_empty(), "a known author is not asked for again");
    assert_eq!(scene.pending(), ["Encore #ville"]);
    assert_eq!(scene.count("admitted"), 2);
}

#[test]
fn d1_a_held_post_holds_the_checkpoint_back_and_its_author_keeps_order() {
    let mut scene = Scene::new();
    scene.post("bob", "0", "rien");
    scene.post("ana", "1", "un #ville");
    scene.post("ana", "2", "deux #ville");
    scene.post("bob", "3", "rien");
    assert_eq!(scene.checkpoint_and_changes().0.as_deref(), Some("1"));
    scene.found("ana");
    let (checkpoint, changes) = scene.checkpoint_and_changes();
    assert_eq!(checkpoint.as_deref(), Some("4"));
    assert_eq!(changes, ["un #ville", "deux #ville"]);
}

#[test]
fn l12_deletes_edits_and_account_events_reach_held_posts() {
    let mut scene = Scene::new();
    scene.post("ana", "1", "à effacer #ville");
    scene.event(Event::Delete { native_id: NativeId::new("1") });
    scene.post("ana", "2", "avant #ville");
    let edit = RawPost { revision: "2".into(), edited: true, ..raw("ana", "2", "après #ville") };
    scene.event(Event::Post(Box::new(edit)));
    scene.post("eve", "3", "#ville");
    scene.event(Event::Account { author: AuthorId::new("eve"), status: AccountStatus::Deleted });
    scene.found("ana");
    assert_eq!(scene.pending(), ["après #ville"]);
    assert_eq!((scene.count("refused.deleted"), scene.count("refused.author_inactive")), (1, 1));
    assert_eq!(scene.intake.tally.total(), scene.frames, "{:?}", scene.tally());
}

#[test]
fn l12_a_post_may_be_withdrawn_by_our_id_for_now_or_for_good() {
    let mut scene = Scene::new();
    let id = |scene: &Scene, key: &str| PostId::derive(&scene.intake.key, Network::Bluesky, &NativeId::new(key));
    for key in ["1", "2"] {
        scene.post("ana", key, "bonjour #ville");
    }
    scene.post("ana", "3", "en attente #ville");
    let waiting = id(&scene, "3");
    scene.event(Event::Withdrawn { post: waiting, for_good: true });
    scene.found("ana");
    assert_eq!(scene.pending().len(), 2, "it is refused while it waits");
    for (key, for_good) in [("1", false), ("2", true), ("9", true), ("9", false)] {
        let post = id(&scene, key);
        scene.event(Event::Withdrawn { post, for_good });
    }
    let changes = scene.intake.take_batch().changes;
    assert!(
        matches!(&changes[..], [Change::Unplace { post: one, .. }, Change::Erase { post: two, .. }]
            if *one == id(&scene, "1") && *two == id(&scene, "2")),
        "{changes:?}"
    );
    assert_eq!((scene.count("event.delete"), scene.count("refused.deleted")), (5, 1));
    assert_eq!(scene.intake.tally.total(), scene.frames, "{:?}", scene.tally());
}

#[test]
fn l09_a_profile_record_that_comes_during_the_lookup_counts() {
    let mut scene = Scene::new();
    scene.post("ana", "1", "#ville");
    let labels = vec![Label::plain("!no-unauthenticated")];
    scene.event(Event::Profile(Box::new(AuthorProfile { labels, ..assumed("ana") })));
    scene.found("ana");
    assert!(scene.pending().is_empty());
    assert_eq!(scene.count("refused.no_unauthenticated"), 1);
}

#[test]
fn l09_edits_and_replies_ask_for_consent_as_posts_do() {
    let mut scene = Scene::new();
    scene.post("ana", "1", "Qui vient ? #ville");
    scene.found("ana");
    scene.post("shy", "2", "rien");
    let edit = RawPost { revision: "2".into(), edited: true, ..raw("shy", "2", "avec #ville") };
    scene.event(Event::Post(Box::new(edit)));
    scene.reply("shy", "3", "1", "Moi");
    assert_eq!(scene.pending(), ["Qui vient ? #ville"]);
    scene.answer(AuthorProfile { labels: vec![Label::plain("!no-unauthenticated")], ..assumed("shy") });
    assert!(scene.pending().is_empty());
    assert_eq!(scene.count("refused.no_unauthenticated"), 2);
}

#[test]
fn l02_a_profile_that_comes_with_a_post_is_decided_on_and_counts_for_what_is_stored() {
    let mut scene = Scene::new();
    let with = |native_id: &str, text: &str, profile: AuthorProfile| {
        Event::Post(Box::new(RawPost { profile: Some(Box::new(profile)), ..raw("ana", native_id, text) }))
    };
    scene.event(with("1", "Bonjour #ville", assumed("ana")));
    scene.event(with("2", "Encore #ville", assumed("ana")));
    assert!(scene.asked().is_empty(), "who came along is not asked for");
    assert_eq!(scene.pending(), ["Bonjour #ville", "Encore #ville"]);

    // What says it need not concern any city.
    scene.event(with("3", "rien", AuthorProfile { bio: "#nobot".into(), ..assumed("ana") }));
    let changes = scene.intake.take_batch().changes;
    let purged = |change: &Change| matches!(change, Change::Author { verdict: AuthorVerdict::Purge, .. });
    assert!(matches!(&changes[..], [change] if purged(change)), "{changes:?}");
    scene.event(with("4", "Encore moi #ville", AuthorProfile { noindex: Some(true), ..assumed("ana") }));
    assert!(scene.pending().is_empty());
    assert_eq!((scene.count("admitted"), scene.count("refused.noindex")), (2, 1));
    scene.event(with("5", "Toujours moi #ville", assumed("bob")));
    assert_eq!(scene.asked(), ["ana"], "another's profile is no consent of hers");
    assert!(scene.pending().is_empty());
}

#[test]
fn an_author_nobody_knows_is_refused_and_pins_nothing() {
    let mut scene = Scene::new();
    scene.post("ana", "1", "#ville");
    answered(&mut scene.intake, Answer::Unknown(Network::Bluesky, AuthorId::new("ana")), NOW);
    assert_eq!(scene.checkpoint_and_changes(), (Some("1".into()), vec![]));
    assert_eq!(scene.count("refused.author_unknown"), 1);
}

#[test]
fn q7_a_reply_waits_for_the_held_post_it_answers() {
    let mut scene = Scene::new();
    scene.post("ana", "1", "Qui vient ? #ville");
    scene.reply("bob", "2", "1", "Moi");
    scene.reply("eve", "3", "nowhere", "Ailleurs");
    assert_eq!(scene.count("refused.unmatched"), 1, "a reply to what we do not hold waits for nothing");
    scene.found("ana");
    assert_eq!(scene.asked(), ["bob"]);
    scene.found("bob");
    assert_eq!(scene.pending(), ["Qui vient ? #ville", "Moi"]);
    assert_eq!(scene.checkpoint_and_changes().0, None);
    assert_eq!(scene.intake.tally.total(), 3);
}

#[test]
fn an_edit_can_admit_change_and_un_admit() {
    let mut scene = Scene::new();
    scene.post("ana", "0", "#ville");
    scene.found("ana");
    scene.pending();
    let edit = |revision: &str, text: &str| {
        Event::Post(Box::new(RawPost { revision: revision.into(), edited: true, ..raw("ana", "1", text) }))
    };
    scene.post("ana", "1", "sans rien");
    assert!(scene.pending().is_empty());
    scene.event(edit("2", "avec #ville"));
    scene.event(edit("3", "encore #ville"));
    scene.event(edit("4", "plus rien"));
    scene.event(edit("5", "toujours rien"));
    assert_eq!(scene.pending(), ["avec #ville", "encore #ville", "!plus rien"]);
}

#[test]
fn an_old_post_that_we_hold_may_still_be_edited() {
    let mut scene = Scene::new();
    scene.post("ana", "1", "hier #ville");
    scene.found("ana");
    scene.pending();
    let later = NOW.plus_seconds(5 * 86_400);
    let edit = |key: &str| {
        let post = RawPost { revision: "2".into(), edited: true, ..raw("ana", key, "corrigé #ville") };
        Event::Post(Box::new(post))
    };
    scene.event_at(later, edit("1"));
    scene.event_at(later, edit("unknown"));
    scene.answer(AuthorProfile { handle: None, ..assumed("ana") });
    assert!(scene.pending().contains(&"corrigé #ville".to_owned()));
    assert_eq!(scene.count("refused.too_old"), 1);
}

#[test]
fn l15_who_takes_posts_back_reaches_what_waits_of_their_own_and_of_nobody_else() {
    let mut scene = Scene::new();
    let retract = |author: &str| Event::Retract {
        author: AuthorId::new(author),
        native_ids: ["1", "2", "3"].map(NativeId::new).to_vec(),
    };
    scene.post("ana", "1", "un #ville");
    scene.post("bob", "2", "deux #ville");
    scene.reply("ana", "3", "2", "trois");
    scene.event(retract("mallory"));
    scene.event(retract("ana"));
    scene.found("ana");
    scene.found("bob");
    assert_eq!(scene.pending(), ["deux #ville"]);
    assert_eq!((scene.count("refused.deleted"), scene.count("event.delete")), (2, 2));
    // Whose a stored one is the store knows; until it has said so, it is there.
    scene.event(retract("ana"));
    assert_eq!(scene.pending(), ["-2"]);
    scene.event(Event::Post(Box::new(RawPost { revision: "2".into(), ..raw("bob", "2", "encore #ville") })));
    assert_eq!(scene.pending(), ["encore #ville"]);
    assert_eq!(scene.intake.tally.total(), scene.frames, "{:?}", scene.tally());
}

#[test]
fn l12_a_parked_reply_that_is_deleted_is_never_shown() {
    let mut scene = Scene::new();
    scene.post("ana", "1", "Qui vient ? #ville");
    scene.reply("bob", "2", "1", "Moi");
    scene.reply("eve", "3", "2", "Et moi");
    scene.event(Event::Delete { native_id: NativeId::new("2") });
    scene.found("ana");
    scene.found("bob");
    scene.found("eve");
    assert_eq!(scene.pending(), ["Qui vient ? #ville"]);
    assert_eq!(scene.count("refused.deleted"), 1);
    assert_eq!(scene.intake.tally.total(), scene.frames, "{:?}", scene.tally());
    assert!(scene.intake.hold.is_empty());
}

#[test]
fn l12_an_edit_that_cannot_be_shown_takes_the_earlier_version_out() {
    let mut scene = Scene::new();
    scene.post("ana", "1", "un #ville");
    scene.found("ana");
    scene.pending();
    let edit = |key: &str| Event::Post(Box::new(RawPost { revision: "2".into(), edited: true, ..raw("ana", key, "") }));
    scene.event(edit("1"));
    assert_eq!(scene.pending().len(), 1, "the stored version goes");
    scene.post("bob", "2", "deux #ville");
    scene.event(edit("2"));
    scene.found("bob");
    assert!(scene.pending().is_empty(), "the held version is never written");
    assert_eq!(scene.count("refused.empty"), 3, "{:?}", scene.tally());
    assert_eq!(scene.intake.tally.total(), scene.frames);
}

#[test]
fn a_replay_without_profiles_leaves_a_known_author_as_they_are() {
    let mut scene = Scene::new();
    scene.post("ana", "1", "#ville");
    scene.found("ana");
    scene.event(account("ana", AccountStatus::Hidden));
    scene.event(account("ana", AccountStatus::Active));
    scene.pending();
    scene.intake.questions.clear();
    answered(&mut scene.intake, Answer::Assumed(Box::new(assumed("ana"))), NOW);
    assert!(!scene.pending().contains(&"~Show".to_owned()), "nobody was asked, so nothing is shown again");
    let known = scene.intake.authors.get(Network::Bluesky, &AuthorId::new("ana")).unwrap();
    assert_eq!(known.handle.as_deref(), Some("ana.example"));
}

#[test]
fn the_tally_adds_up_when_the_store_refuses_what_was_queued() {
    let mut tally = parvis::intake::Tally::default();
    let refused = |reason| Outcome::Refused(reason);
    for outcome in [Outcome::Queued, Outcome::Admitted, refused(RefuseReason::Unmatched)] {
        tally.outcome(outcome);
    }
    tally.refused_by_store(Outcome::Queued, RefuseReason::Erased);
    tally.refused_by_store(refused(RefuseReason::Erased), RefuseReason::Erased);
    let counts: Vec<(&str, u64)> = tally.counts().collect();
    assert_eq!(counts, [("admitted", 1), ("refused.erased", 1), ("refused.unmatched", 1)]);
}

#[test]
fn d4_an_earlier_version_that_comes_again_replaces_no_later_one_in_the_hold() {
    let mut scene = Scene::new();
    scene.event(Event::Post(Box::new(RawPost { revision: "2".into(), ..raw("ana", "1", "après #ville") })));
    scene.post("ana", "1", "avant #ville");
    scene.found("ana");
    assert_eq!(scene.pending(), ["après #ville"]);
    assert_eq!(scene.intake.tally.total(), 2);
}

#[test]
fn a_profile_is_believed_for_a_day_and_then_asked_for_again() {
    let mut scene = Scene::new();
    scene.post("ana", "1", "#ville");
    scene.found("ana");
    scene.pending();
    let later = NOW.plus_seconds(25 * 3_600);
    let raw = RawPost { created_at: Some(later), ..raw("ana", "2", "#ville") };
    scene.event_at(later, Event::Post(Box::new(raw)));
    assert_eq!(scene.asked(), ["ana"]);
    assert!(scene.pending().is_empty());
}

#[test]
fn a_reply_names_the_card_it_answers_and_a_new_handle_reaches_the_store() {
    let mut scene = Scene::new();
    scene.post("ana", "1", "#ville");
    scene.found("ana");
    scene.pending();
    scene.reply("ana", "2", "1", "Suite");
    scene.event(Event::Handle { author: AuthorId::new("ana") });
    assert_eq!(scene.asked(), ["ana"]);
    scene.answer(AuthorProfile { handle: Some("new.example".into()), ..assumed("ana") });
    let changes = scene.intake.take_batch().changes;
    let [Change::Upsert { placements, .. }, Change::Author { profile, .. }] = &changes[..] else {
        panic!("{changes:?}")
    };
    let parent = PostId::derive(&scene.intake.key, Network::Bluesky, &NativeId::new("1"));
    assert_eq!(placements[0].reply_to, Some(parent));
    assert_eq!(profile.handle.as_deref(), Some("new.example"));
}

#[test]
fn d5_a_dropped_post_that_is_about_to_be_stored_again_stays_known() {
    let mut scene = Scene::new();
    scene.post("ana", "1", "#ville");
    scene.found("ana");
    let id = PostId::derive(&scene.intake.key, Network::Bluesky, &NativeId::new("1"));
    scene.intake.forget(dropped(id));
    assert!(scene.intake.known.contains(id));
    scene.pending();
    scene.intake.forget(dropped(id));
    assert!(!scene.intake.known.contains(id));
}

#[test]
fn who_has_nothing_stored_is_forgotten_but_not_who_comes_back() {
    let mut scene = Scene::new();
    for author in ["ana", "lea", "zoe"] {
        scene.post(author, author, "#ville");
        scene.found(author);
    }
    scene.pending();
    let account = |author: &str| (Network::Bluesky, AuthorId::new(author));
    let forgotten_authors = ["ana", "lea", "zoe"].map(account).to_vec();
    let mut dropped = Dropped::of(&Committed { forgotten_authors, ..Committed::default() });
    // One was stored again by a later commit, one is about to be.
    dropped.told(&Committed { stored_authors: vec![account("lea")], ..Committed::default() });
    scene.post("zoe", "encore", "#ville");
    scene.intake.forget(dropped);
    let is_known = |author: &str| scene.intake.authors.get(Network::Bluesky, &AuthorId::new(author)).is_some();
    assert_eq!(["ana", "lea", "zoe"].map(is_known), [false, true, true]);
}

#[test]
fn l09_a_no_that_was_said_just_before_the_first_post_counts_though_the_index_lags() {
    let mut scene = Scene::new();
    let labels = vec![Label::plain("!no-unauthenticated")];
    scene.event(Event::Profile(Box::new(AuthorProfile { labels, ..assumed("ana") })));
    scene.post("ana", "1", "#ville");
    scene.found("ana");
    assert!(scene.pending().is_empty());
    assert_eq!(scene.count("refused.no_unauthenticated"), 1);
    // Taken back: what the network answers now is believed.
    scene.event(Event::Profile(Box::new(assumed("ana"))));
    scene.post("ana", "2", "encore #ville");
    scene.found("ana");
    assert_eq!(scene.pending(), ["encore #ville"]);
}

#[test]
fn an_edit_whose_author_is_unknown_takes_the_version_that_is_shown_with_it() {
    let mut scene = Scene::new();
    scene.post("ana", "1", "avant #ville");
    scene.found("ana");
    scene.pending();
    let later = NOW.plus_seconds(2 * 86_400);
    let edit = RawPost { revision: "2".into(), edited: true, ..raw("ana", "1", "après #ville") };
    scene.event_at(later, Event::Post(Box::new(edit)));
    answered(&mut scene.intake, Answer::Unknown(Network::Bluesky, AuthorId::new("ana")), later);
    let changes = scene.pending();
    assert!(matches!(changes.as_slice(), [change] if change.starts_with("Unplace")), "{changes:?}");
}

/// What a commit says that keeps nothing of this post.
fn dropped(id: PostId) -> Dropped {
    Dropped::of(&Committed { forgotten: vec![id], ..Committed::default() })
}
