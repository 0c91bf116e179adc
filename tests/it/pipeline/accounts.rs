//! What account events do, and answers that were under way meanwhile.

use parvis::domain::{AccountStatus, AuthorId, AuthorProfile, Event, Gap, Label, RawPost};
use parvis::intake::Answer;
use parvis::pipeline::answered;

use super::account;
use crate::support::scene::{NOW, Scene, assumed, raw};

#[test]
fn l11_deactivation_hides_reactivation_asks_and_deletion_purges() {
    let mut scene = Scene::new();
    scene.post("ana", "1", "#ville");
    scene.found("ana");
    scene.pending();
    scene.event(account("ana", AccountStatus::Hidden));
    assert_eq!(scene.pending(), ["~Hide"]);
    scene.event(account("ana", AccountStatus::Active));
    assert_eq!((scene.asked(), scene.intake.pending.len()), (vec!["ana"], 0), "a fresh look decides");
    scene.found("ana");
    assert_eq!(scene.pending(), ["~Show"]);
    scene.event(account("ana", AccountStatus::Deleted));
    assert_eq!(scene.pending(), ["~Purge"]);
}

#[test]
fn l11_an_answer_that_was_under_way_does_not_un_hide() {
    let mut scene = Scene::new();
    scene.post("ana", "1", "#ville");
    scene.found("ana");
    scene.event(Event::Handle { author: AuthorId::new("ana") });
    scene.pending();
    assert_eq!(scene.asked(), ["ana"]);
    scene.event(account("ana", AccountStatus::Hidden));
    assert_eq!(scene.pending(), ["~Hide"]);
    scene.found("ana");
    assert!(!scene.pending().contains(&"~Show".to_owned()), "the answer is older than the event");
    scene.event(account("ana", AccountStatus::Active));
    scene.found("ana");
    assert_eq!(scene.pending(), ["~Show"]);
}

#[test]
fn l11_the_word_of_an_account_event_is_not_for_ever() {
    let mut scene = Scene::new();
    scene.post("ana", "1", "#ville");
    scene.found("ana");
    scene.event(account("ana", AccountStatus::Hidden));
    scene.pending();
    // The event that took it back was lost in a gap.
    let answer = Answer::Found(Box::new(assumed("ana")));
    answered(&mut scene.intake, answer, NOW.plus_seconds(3_600));
    assert_eq!(scene.pending(), ["~Show"]);
}

#[test]
fn l11_an_account_event_counts_for_what_comes_after_it() {
    let mut scene = Scene::new();
    scene.post("root", "1", "#ville");
    scene.reply("ana", "2", "1", "Moi");
    scene.event(account("ana", AccountStatus::Hidden));
    scene.found("root");
    scene.found("ana");
    assert_eq!(scene.pending(), ["#ville"], "a reply that was parked when its author's account went");
    assert_eq!(scene.count("refused.author_inactive"), 1);
}

#[test]
fn l11_a_post_after_reactivation_waits_for_the_fresh_look() {
    let mut scene = Scene::new();
    scene.post("ana", "1", "#ville");
    scene.found("ana");
    scene.event(account("ana", AccountStatus::Hidden));
    scene.event(account("ana", AccountStatus::Active));
    scene.pending();
    scene.post("ana", "2", "De retour #ville");
    scene.found("ana");
    assert_eq!(scene.pending(), ["~Show", "De retour #ville"]);
}

#[test]
fn l11_a_hidden_post_that_is_seen_again_is_kept_for_its_authors_return() {
    let mut scene = Scene::new();
    scene.post("ana", "1", "#ville");
    scene.found("ana");
    scene.event(account("ana", AccountStatus::Hidden));
    scene.pending();
    scene.post("ana", "1", "#ville");
    scene.post("ana", "2", "Encore #ville");
    let changes = scene.pending();
    assert!(!changes.contains(&"!#ville".to_owned()), "{changes:?}");
    assert!(!changes.contains(&"Encore #ville".to_owned()), "{changes:?}");
    assert_eq!(scene.count("refused.author_inactive"), 2);
    // What an edit takes out goes, whoever hides its author.
    let edit = RawPost { revision: "2".into(), edited: true, ..raw("ana", "1", "plus rien") };
    scene.event(Event::Post(Box::new(edit)));
    assert_eq!(scene.pending(), ["!plus rien"]);
}

#[test]
fn l09_a_no_of_somebody_who_is_shown_counts_for_their_next_post_though_the_index_lags() {
    let mut scene = Scene::new();
    scene.post("ana", "1", "#ville");
    scene.found("ana");
    scene.pending();
    let labels = vec![Label::plain("!no-unauthenticated")];
    scene.event(Event::Profile(Box::new(AuthorProfile { labels, ..assumed("ana") })));
    assert_eq!((scene.pending(), scene.asked()), (vec!["~Purge".to_owned()], vec!["ana"]));
    scene.found("ana");
    scene.post("ana", "2", "encore #ville");
    scene.found("ana");
    assert!(scene.pending().is_empty());
    assert_eq!(scene.count("refused.no_unauthenticated"), 1);
    // The index has had its time, and says that it was taken back.
    scene.post("ana", "3", "toujours #ville");
    answered(&mut scene.intake, Answer::Found(Box::new(assumed("ana"))), NOW.plus_seconds(600));
    assert_eq!(scene.pending(), ["toujours #ville"]);
}

#[test]
fn d2_who_was_known_before_a_gap_is_asked_for_again_before_they_are_shown() {
    let mut scene = Scene::new();
    scene.post("ana", "1", "#ville");
    scene.found("ana");
    scene.pending();
    let later = NOW.plus_seconds(60);
    scene.event_at(later, Event::Gap(Gap { from: NOW, until: NOW.plus_seconds(3_600) }));
    scene.intake.take_batch();
    scene.event_at(later, Event::Post(Box::new(raw("ana", "2", "encore #ville"))));
    assert_eq!((scene.pending(), scene.asked()), (vec![], vec!["ana"]));
    answered(&mut scene.intake, Answer::Found(Box::new(assumed("ana"))), later);
    scene.pending();
    scene.event_at(later, Event::Post(Box::new(raw("ana", "3", "toujours #ville"))));
    assert_eq!(scene.pending(), ["toujours #ville"], "the end that lies ahead is not waited for");
}
