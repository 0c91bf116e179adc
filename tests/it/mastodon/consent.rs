//! Rows L-01 to L-05 and L-14 of the consent rules, from a status as it is written to what becomes of it.

use std::sync::Arc;

use parvis::consent::Policy;
use parvis::demo::mastodon::{Person, status};
use parvis::domain::{Change, IdKey, Network, Tier, Timestamp};
use parvis::ingest::sources::decoder;
use parvis::intake::{Authors, Intake, KnownPosts};
use parvis::matcher::CitySet;
use parvis::pipeline::observe;
use serde_json::{Value, json};

use crate::support::city::city;

const NOW: Timestamp = Timestamp::from_micros(1_795_600_800_000_000);
const CITY: &str =
    "name = \"Ville\"\n[recipe]\ninvite = \"ParvisVille\"\nhashtags = [\"ville\"]\nambiguous = [\"fcv\"]\n";

/// What becomes of a status: the tier, or why it is refused.
fn outcome(policy: Policy, status: &Value) -> String {
    let key = IdKey::new([3; 32]);
    let set = Arc::new(CitySet::compile(vec![city("ville", CITY)]));
    let authors = Authors::new(key, [], Default::default());
    let mut intake = Intake::new(key, policy, set, KnownPosts::default(), authors);
    let before = intake.tally.clone();
    observe(&mut intake, decoder(Network::Mastodon).unwrap().decode(status.to_string().as_bytes()), NOW);
    let outcome = intake.tally.added_since(&before).unwrap();
    let changes = intake.take_batch().changes;
    if outcome.starts_with("refused.") {
        assert!(changes.is_empty(), "L-21: of what is refused only the count is kept: {changes:?}");
    }
    let tier = changes.into_iter().find_map(|change| match change {
        Change::Upsert { placements, .. } => placements.into_iter().find_map(|placement| placement.tier),
        _ => None,
    });
    tier.map_or(outcome, |tier| Tier::as_str(tier).to_owned())
}

/// A status by somebody who switched nothing on or off, in the words given, after a change.
fn said(text: &str, change: impl Fn(&mut Value)) -> Value {
    let mut said = status(&Person::new("ana@ville.example"), text, NOW.plus_seconds(-60));
    said["id"] = json!("1");
    said["uri"] = json!("https://ville.example/users/ana/statuses/1");
    said["account"]["uri"] = json!("https://ville.example/users/ana");
    for flag in ["discoverable", "indexable", "noindex"] {
        said["account"][flag] = Value::Null;
    }
    change(&mut said);
    said
}

fn account(field: &'static str, value: Value) -> impl Fn(&mut Value) {
    move |status| status["account"][field] = value.clone()
}

#[test]
fn l01_only_public_statuses_are_taken() {
    for (visibility, expected) in [
        (json!("public"), "public"),
        (json!("unlisted"), "refused.not_public"),
        (json!("private"), "refused.not_public"),
        (json!("direct"), "refused.not_public"),
        (json!("local"), "refused.not_public"),
        (json!("list"), "refused.not_public"),
        (Value::Null, "refused.not_public"),
    ] {
        for text in ["bonjour #ville", "bonjour #ParvisVille"] {
            let said = said(text, |status| status["visibility"] = visibility.clone());
            let expected = if expected == "public" && text.contains("Parvis") { "invited" } else { expected };
            assert_eq!(outcome(Policy::Standard, &said), expected, "{visibility} {text}");
        }
    }
}

/// A signal; then a tagged status under the standard policy and under the strict one, and an invited one under both.
type Row = (&'static str, Box<dyn Fn(&mut Value)>, [&'static str; 4]);

#[test]
fn l02_l03_l04_l05_the_truth_table_of_the_networks_signals() {
    let flags = |discoverable: Value, indexable: Value| {
        move |status: &mut Value| {
            status["account"]["discoverable"] = discoverable.clone();
            status["account"]["indexable"] = indexable.clone();
        }
    };
    let all = |outcome| [outcome; 4];
    let nobot = "<p>Lit. <a href=\"https://ville.example/tags/nobot\" class=\"mention hashtag\" rel=\"tag\">#<span>nobot</span></a></p>";
    let field = json!([{ "name": "robots", "value": "<p>#<span>NoArchive</span></p>" }]);
    let (invited, opt_in) = ("invited", "refused.not_opted_in");
    let table: Vec<Row> = vec![
        ("nothing said", Box::new(|_| {}), ["public", opt_in, invited, invited]),
        ("all switched on", Box::new(flags(json!(true), json!(true))), ["public", "public", invited, invited]),
        ("found, not searched", Box::new(flags(json!(true), json!(false))), ["quiet", opt_in, invited, invited]),
        ("not searched", Box::new(flags(Value::Null, json!(false))), ["quiet", opt_in, invited, invited]),
        ("not to be found", Box::new(flags(json!(false), json!(true))), all("refused.not_discoverable")),
        ("not for engines", Box::new(account("noindex", json!(true))), all("refused.noindex")),
        ("engines may", Box::new(account("noindex", json!(false))), ["public", opt_in, invited, invited]),
        ("#nobot in the note", Box::new(account("note", json!(nobot))), all("refused.nobot")),
        ("#NoArchive in a field", Box::new(account("fields", field)), all("refused.nobot")),
        ("#NoParvis", Box::new(account("note", json!("<p>#NoParvis</p>"))), all("refused.nobot")),
        ("suspended", Box::new(account("suspended", json!(true))), all("refused.author_inactive")),
        ("limited", Box::new(account("limited", json!(true))), all("refused.author_inactive")),
        ("locked", Box::new(account("locked", json!(true))), ["public", opt_in, invited, opt_in]),
        ("a flag of another type", Box::new(account("noindex", json!("true"))), ["public", opt_in, invited, invited]),
    ];
    for (signal, change, expected) in table {
        let told = ["bonjour #ville", "bonjour #ParvisVille"].map(|text| {
            let said = said(text, &change);
            [Policy::Standard, Policy::Strict].map(|policy| outcome(policy, &said))
        });
        assert_eq!(told.concat(), expected, "{signal}");
    }
}

#[test]
fn l02_an_ambiguous_tag_waits_and_a_refusal_comes_first() {
    assert_eq!(outcome(Policy::Standard, &said("but ! #fcv", |_| {})), "queued");
    let said = said("but ! #fcv", account("noindex", json!(true)));
    assert_eq!(outcome(Policy::Standard, &said), "refused.noindex");
}

#[test]
fn l05_bots_and_groups_are_flagged() {
    for field in ["bot", "group"] {
        let said = said("bonjour #ville", account(field, json!(true)));
        let seen = decoder(Network::Mastodon).unwrap().decode(said.to_string().as_bytes());
        let parvis::domain::Event::Post(post) = seen.event else { panic!("{seen:?}") };
        assert!(post.automated && post.profile.unwrap().automated, "{field}");
    }
}

#[test]
fn l14_a_bridged_copy_follows_its_own_flags_and_says_of_what_it_is_one() {
    let bridged = |change: Option<Value>| {
        said("bonjour #ville", move |status| {
            status["uri"] = json!("https://bsky.brid.gy/convert/ap/at://did:plc:ana/app.bsky.feed.post/1");
            status["account"]["discoverable"] = change.clone().unwrap_or(Value::Null);
        })
    };
    assert_eq!(outcome(Policy::Standard, &bridged(None)), "public");
    assert_eq!(outcome(Policy::Standard, &bridged(Some(json!(false)))), "refused.not_discoverable");
    let seen = decoder(Network::Mastodon).unwrap().decode(bridged(None).to_string().as_bytes());
    let parvis::domain::Event::Post(post) = seen.event else { panic!("{seen:?}") };
    assert_eq!(post.copy_of.as_deref(), Some("at://did:plc:ana/app.bsky.feed.post/1"));
}
