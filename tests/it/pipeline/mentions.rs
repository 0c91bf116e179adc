//! Posts that address a city's desk, from their frame to the changes they make.

use std::sync::Arc;

use parvis::demo::frames::facets;
use parvis::demo::frames::wire::{Commit, POST};
use parvis::demo::mastodon::{Person, status};
use parvis::domain::{
    AccountStatus, Answer, AuthorId, AuthorProfile, Change, CityId, Event, Label, ListedAs, MentionForm, NativeId,
    Network, RawPost, Reply, Visibility,
};
use parvis::ingest::sources::decoder;
use parvis::intake::Authors;
use parvis::matcher::CitySet;
use parvis::pipeline::observe;
use serde_json::{Value, json};

use super::account;
use crate::support::city::city;
use crate::support::scene::{NOW, Scene, assumed, raw};

const CITY: &str = "name = \"Ville\"\n[recipe]\nhashtags = [\"ville\"]\n\
    [[official]]\nname = \"Mairie\"\nkind = \"institution\"\naccounts = [\"bsky:mairie.example\"]\n\
    [[official]]\nname = \"La maire\"\nkind = \"elected\"\naccounts = [\"bsky:maire.example\"]\n";

/// A pipeline whose city lists two accounts, of which one answers for it.
fn scene() -> Scene {
    let mut scene = Scene::new();
    scene.intake.cities = Arc::new(CitySet::compile(vec![city("ville", CITY)]));
    for (account, body) in [("mairie", "Mairie"), ("maire", "La maire")] {
        let listed = ListedAs { name: body.into(), body: Some(body.into()), lane: None };
        scene.intake.listed.insert(Network::Bluesky, AuthorId::new(account), CityId::new("ville"), listed);
    }
    scene
}

fn to(account: &str, author: &str, key: &str, text: &str) -> RawPost {
    RawPost { addressed: vec![AuthorId::new(account)], ..raw(author, key, text) }
}

fn post(raw: RawPost) -> Event {
    Event::Post(Box::new(raw))
}

fn reply(to: &str) -> Option<Reply> {
    Some(Reply { parent: NativeId::new(to), root: NativeId::new(to) })
}

/// The pending changes: upserts as `text|places|desks`, with the desks' form.
fn changes(scene: &mut Scene) -> Vec<String> {
    let changes = scene.intake.take_batch().changes;
    let said = changes.iter().map(|change| match change {
        Change::Upsert { post, placements, mentions, .. } => {
            let forms = mentions.iter().map(|mention| match mention.form {
                MentionForm::Words => format!("{}:words", mention.city.as_str()),
                MentionForm::Pointer => format!("{}:pointer", mention.city.as_str()),
            });
            format!("{}|{}|{}", post.text, placements.len(), forms.collect::<Vec<_>>().join(","))
        }
        Change::Answered { answer: Answer { at, url }, city, .. } => {
            format!("answered {} {} {url:?}", city.as_str(), at.seconds_since(NOW))
        }
        Change::Unmention { city, .. } => format!("unmention {}", city.as_str()),
        Change::Unplace { city, .. } => format!("unplace {}", city.as_str()),
        Change::Author { verdict, .. } => format!("~{verdict:?}"),
        other => format!("{other:?}"),
    });
    said.collect()
}

#[test]
fn s50_a_mention_is_heard_whether_or_not_a_recipe_matches_it() {
    let mut scene = scene();
    for author in ["ana", "mairie"] {
        scene.post(author, "0", "#ville");
        scene.found(author);
    }
    changes(&mut scene);
    scene.event(post(to("mairie", "ana", "1", "Une fuite rue haute")));
    scene.event(post(to("mairie", "ana", "2", "Une fuite #ville")));
    scene.event(post(to("maire", "ana", "3", "Bravo")));
    scene.event(post(to("mairie", "mairie", "4", "Nous-mêmes")));
    scene.event(post(raw("ana", "5", "@mairie.example sans mention")));
    assert_eq!(
        changes(&mut scene),
        ["Une fuite rue haute|0|ville:words", "Une fuite #ville|1|ville:words", "Nous-mêmes|1|"],
        "by the account, never by a name in the text"
    );
    assert_eq!((scene.count("addressed"), scene.count("refused.unmatched")), (1, 2));
    let counted: u64 = scene.tally().values().sum();
    assert_eq!(counted, scene.frames, "every observation ends in one outcome");
}

#[test]
fn l40_what_may_not_be_shown_to_everyone_is_pointed_at_and_absolute_refusals_are_counted_alone() {
    let labelled = |values: &[&str]| values.iter().map(|value| Label::plain(*value)).collect::<Vec<_>>();
    let shy = AuthorProfile { labels: labelled(&["!no-unauthenticated"]), ..assumed("ana") };
    for (profile, visibility, expected, outcome) in [
        (assumed("ana"), Visibility::Public, "Une fuite|0|ville:words", "addressed"),
        (assumed("ana"), Visibility::Unlisted, "Une fuite|0|ville:pointer", "addressed"),
        (shy.clone(), Visibility::Public, "Une fuite|0|ville:pointer", "addressed"),
        (assumed("ana"), Visibility::Restricted, "", "refused.not_public"),
        (AuthorProfile { noindex: Some(true), ..shy.clone() }, Visibility::Unlisted, "", "refused.noindex"),
        (AuthorProfile { bio: "#nobot".into(), ..shy.clone() }, Visibility::Public, "", "refused.nobot"),
        (AuthorProfile { discoverable: Some(false), ..shy }, Visibility::Public, "", "refused.not_discoverable"),
        (
            AuthorProfile { status: AccountStatus::Deleted, ..assumed("ana") },
            Visibility::Public,
            "",
            "refused.author_inactive",
        ),
    ] {
        let mut scene = scene();
        scene.event(post(RawPost { visibility, ..to("mairie", "ana", "1", "Une fuite") }));
        scene.answer(profile.clone());
        let expected: Vec<&str> = Some(expected).filter(|it| !it.is_empty()).into_iter().collect();
        assert_eq!(changes(&mut scene), expected, "{visibility:?} {profile:?}");
        assert_eq!(scene.count(outcome), 1, "{:?}", scene.tally());
    }
    let mut scene = scene();
    scene.event(post(RawPost { visibility: Visibility::Unlisted, ..raw("ana", "1", "Discret #ville") }));
    assert_eq!(scene.count("refused.not_public"), 1, "L-01: what is unlisted is nobody else's");
    assert!(scene.asked().is_empty());
}

#[test]
fn s51_a_public_reply_of_a_body_that_answers_is_told_with_its_time_and_of_nobody_else() {
    let mut scene = scene();
    for author in ["ana", "mairie", "maire", "bob"] {
        scene.post(author, "0", "#ville");
        scene.found(author);
    }
    scene.event(post(to("mairie", "ana", "1", "Une fuite")));
    changes(&mut scene);
    let answer = |author: &str, key: &str, at: i64, visibility| RawPost {
        reply: reply("1"),
        created_at: Some(NOW.plus_seconds(at)),
        url: Some("https://example.org/2".into()),
        visibility,
        ..raw(author, key, "C'est réparé")
    };
    scene.event(post(answer("bob", "2", 60, Visibility::Public)));
    scene.event(post(answer("maire", "3", 60, Visibility::Public)));
    scene.event(post(answer("mairie", "4", 60, Visibility::Restricted)));
    assert!(changes(&mut scene).is_empty());
    let url = "Some(\"https://example.org/2\")";
    for visibility in [Visibility::Public, Visibility::Unlisted] {
        scene.event(post(answer("mairie", "5", -60, visibility)));
        assert_eq!(changes(&mut scene), [format!("answered ville -60 {url}")], "twice is for the state to say");
    }
    // Below it in its thread: the question is the thread's start.
    let below = Reply { parent: NativeId::new("9"), root: NativeId::new("1") };
    scene.event(post(RawPost { reply: Some(below), ..answer("mairie", "6", 0, Visibility::Public) }));
    assert_eq!(changes(&mut scene), [format!("answered ville 0 {url}")]);
    scene.event(post(RawPost { reply: reply("0"), ..answer("mairie", "7", 0, Visibility::Public) }));
    assert!(!changes(&mut scene).iter().any(|change| change.starts_with("answered")), "a post that asked nothing");
}

#[test]
fn s51_an_answer_waits_for_the_question_that_waits_for_its_author() {
    let mut scene = scene();
    scene.event(post(to("mairie", "ana", "1", "Une fuite")));
    scene.event(post(RawPost { reply: reply("1"), ..raw("mairie", "2", "C'est réparé") }));
    assert!(changes(&mut scene).is_empty());
    scene.found("ana");
    assert_eq!(changes(&mut scene), ["Une fuite|0|ville:words", "answered ville 0 None"]);
}

#[test]
fn d5_what_the_desk_alone_has_goes_by_deletion_edit_and_account_as_what_is_shown() {
    let asked = || {
        let mut scene = scene();
        scene.event(post(to("mairie", "ana", "1", "Une fuite")));
        scene.found("ana");
        changes(&mut scene);
        scene
    };
    let mut scene = asked();
    scene.event(Event::Delete { native_id: NativeId::new("1") });
    assert!(matches!(&scene.intake.take_batch().changes[..], [Change::Delete { .. }]));
    assert!(!scene.intake.known.has_desks());

    let edit = |raw: RawPost| post(RawPost { revision: "2".into(), edited: true, ..raw });
    let mut scene = asked();
    scene.event(edit(raw("ana", "1", "Plus rien")));
    assert_eq!(changes(&mut scene), ["Plus rien|0|"], "who is addressed no more has it no more");
    let mut scene = asked();
    scene.event(edit(to("mairie", "ana", "1", "Deux fuites")));
    assert_eq!(changes(&mut scene), ["Deux fuites|0|ville:words"]);
    let mut scene = asked();
    scene.event(edit(to("mairie", "ana", "1", "")));
    assert_eq!(changes(&mut scene), ["unmention ville"], "an edit that can't be read takes what was read");

    for (status, verdict) in [(AccountStatus::Hidden, "~Hide"), (AccountStatus::Deleted, "~Purge")] {
        let mut scene = asked();
        scene.event(account("ana", status));
        assert_eq!(changes(&mut scene), [verdict]);
    }
    let mut scene = asked();
    let labels = vec![Label::plain("!no-unauthenticated")];
    scene.event(Event::Profile(Box::new(AuthorProfile { labels: labels.clone(), ..assumed("ana") })));
    assert_eq!(changes(&mut scene), ["~Point"]);
    let bio = "#nobot".to_owned();
    scene.event(Event::Profile(Box::new(AuthorProfile { labels, bio, ..assumed("ana") })));
    assert_eq!(changes(&mut scene), ["~Purge"]);
}

#[test]
fn l14_a_pointer_is_copied_by_no_bridge() {
    let mut scene = scene();
    scene.event(post(to("mairie", "ana", "at://did:plc:ana/app.bsky.feed.post/1", "Une fuite")));
    scene.answer(AuthorProfile { labels: vec![Label::plain("!no-unauthenticated")], ..assumed("ana") });
    changes(&mut scene);
    let copy_of = Some("at://did:plc:ana/app.bsky.feed.post/1".to_owned());
    scene.event(post(RawPost { copy_of, ..raw("bridge", "2", "Une fuite #ville") }));
    scene.found("bridge");
    assert!(changes(&mut scene).is_empty());
    assert_eq!(scene.count("refused.origin_refused"), 1);
}

/// What frames of a network come to in a city that lists `mairie` there; its authors are found as they are asked for.
fn told(network: Network, mairie: &str, frames: &[String]) -> Vec<String> {
    let mut scene = scene();
    let listed = ListedAs { name: "Mairie".into(), body: Some("Mairie".into()), lane: None };
    scene.intake.listed.insert(network, AuthorId::new(mairie), CityId::new("ville"), listed);
    let mut decoder = decoder(network).unwrap();
    for frame in frames {
        observe(&mut scene.intake, decoder.decode(frame.as_bytes()), NOW);
        for (network, author) in std::mem::take(&mut scene.intake.questions) {
            scene.answer(AuthorProfile::assumed(author, network));
        }
    }
    changes(&mut scene)
}

#[test]
fn s50_s51_bluesky_frames_that_mention_the_city_or_answer_its_post_are_heard_and_answered() {
    let mairie = ("mairie.example".to_owned(), "did:plc:mairie".to_owned());
    let uri = |did: &str, key: &str| format!("at://{did}/{POST}/{key}");
    let frame = |did: &str, key: &str, text: &str, answers: Option<String>| {
        let (created, mentions) = (NOW.to_rfc3339(), [mairie.clone()]);
        let mut record = json!({ "$type": POST, "text": text, "langs": ["fr"], "createdAt": created,
            "facets": facets(text, &mentions) });
        if let Some(uri) = answers {
            let address = json!({ "uri": uri, "cid": "bafyreib" });
            record["reply"] = json!({ "parent": address, "root": address });
        }
        let time_us = NOW.as_micros();
        Commit { did, time_us, rev: format!("3{key}"), collection: POST, rkey: key }.create(&record, "bafyreib")
    };
    let (ana, city) = ("did:plc:ana", "did:plc:mairie");
    let frames = [
        frame(ana, "1", "@mairie.example une fuite", None),
        frame(ana, "2", "Et quand ?", Some(uri(city, "0"))),
        frame(ana, "3", "@mairie.ailleurs une fuite", None),
        frame(ana, "4", "Moi aussi", Some(uri(ana, "1"))),
        frame(city, "5", "C'est réparé", Some(uri(ana, "1"))),
    ];
    let answer = format!("answered ville 0 {:?}", Some("https://bsky.app/profile/did:plc:mairie/post/5"));
    assert_eq!(
        told(Network::Bluesky, city, &frames),
        ["@mairie.example une fuite|0|ville:words", "Et quand ?|0|ville:words", answer.as_str()]
    );
}

#[test]
fn s50_s51_mastodon_statuses_that_mention_the_city_are_heard_and_answered() {
    let page = "https://social.example/@mairie";
    let said = |who: &str, id: &str, text: &str, change: Value| {
        let mut said = status(&Person::new(&format!("{who}@social.example")), text, NOW.plus_seconds(-60));
        said["id"] = json!(id);
        said["uri"] = json!(format!("https://social.example/users/{who}/statuses/{id}"));
        said["url"] = json!(format!("https://social.example/@{who}/{id}"));
        said["account"]["uri"] = json!(format!("https://social.example/@{who}"));
        for (key, value) in change.as_object().unwrap() {
            said[key] = value.clone();
        }
        said.to_string()
    };
    let mentions = json!([{ "id": "7", "username": "mairie", "acct": "mairie", "url": page }]);
    let frames = [
        said("ana", "1", "@mairie une fuite", json!({ "mentions": mentions })),
        said("ana", "2", "@mairie sans mention", json!({})),
        said("ana", "3", "@mairie discret", json!({ "mentions": mentions, "visibility": "unlisted" })),
        said("ana", "4", "@mairie secret", json!({ "mentions": mentions, "visibility": "direct" })),
        said("mairie", "5", "C'est réparé", json!({ "in_reply_to_id": "1", "visibility": "unlisted" })),
    ];
    let answer = format!("answered ville -60 {:?}", Some("https://social.example/@mairie/5"));
    let forms: Vec<String> = told(Network::Mastodon, page, &frames)
        .into_iter()
        .map(|change| change.split_once('|').map_or(change.clone(), |(_, form)| form.to_owned()))
        .collect();
    assert_eq!(forms, ["0|ville:words", "0|ville:pointer", answer.as_str()]);
}

#[test]
fn l40_who_is_stored_without_a_name_is_asked_for_before_anything_of_theirs_is_shown() {
    let mut scene = scene();
    let known = |name: &str, handle: Option<&str>| AuthorProfile {
        handle: handle.map(str::to_owned),
        checked_at: Some(NOW),
        ..assumed(name)
    };
    let stored = [known("shy", None), known("ana", Some("ana.example"))];
    scene.intake.authors = Authors::new(scene.intake.key, stored, Default::default());
    scene.post("ana", "1", "#ville");
    scene.post("shy", "2", "#ville");
    assert_eq!((changes(&mut scene), scene.asked()), (vec!["#ville|1|".to_owned()], vec!["shy"]));
}
