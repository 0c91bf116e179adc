use std::{collections::BTreeSet, fs, path::Path};

use crate::domain::utterance::Bond;
use crate::domain::{ComplaintKind, Ending, Measure, Motive, Network, OfficialKind, Role, Rule, Tier};
use crate::http::page::people::KINDS;
use crate::http::page::sources::NOT_YET;

fn read(folder: &str, extension: &str) -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut files = Vec::new();
    for entry in fs::read_dir(&folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|found| found == extension) {
            files.push((path.display().to_string(), fs::read_to_string(&path).expect("a text")));
        }
    }
    files
}

fn keys_of(language: &str) -> BTreeSet<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("web/i18n/{language}/main.ftl"));
    let text = fs::read_to_string(path).expect("a text");
    let name = |line: &str| line.split_once(" =").map(|(name, _)| name.to_owned());
    text.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase())).filter_map(name).collect()
}

/// The literal first arguments of `t("…")`, `with("…")` and their like.
fn named_in(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    let calls = ["t(\"", "with(\"", "with2(\"", "count(\"", "count_with(\""];
    for call in calls.iter().flat_map(|call| [format!("w.{call}"), format!("words.{call}")]) {
        for piece in text.split(&call).skip(1) {
            names.extend(piece.split('"').next().map(str::to_owned));
        }
    }
    names
}

#[test]
fn both_languages_say_the_same_things() {
    assert_eq!(keys_of("fr"), keys_of("en"));
}

#[test]
fn every_message_that_is_named_exists() {
    let mut named = Vec::new();
    for (_, text) in read("web/templates", "html")
        .into_iter()
        .chain(read("src/http/page", "rs"))
        .chain(read("src/http/desk", "rs"))
        .chain(read("src/http", "rs"))
    {
        named.extend(named_in(&text));
    }
    named.extend(Network::ALL.map(|network| format!("network-{}", network.as_str())));
    named.extend(Rule::ALL.map(|rule| format!("why-rule-{}", rule.as_str())));
    named.extend(Bond::ALL.map(|bond| format!("why-copy-{}", bond.as_str())));
    named.extend(NOT_YET.iter().flat_map(|(_, name, why)| [(*name).to_owned(), (*why).to_owned()]));
    let kinds = KINDS.map(|kind| kind.map_or("unknown", OfficialKind::as_str));
    named.extend(kinds.iter().flat_map(|kind| ["kind", "means"].map(|what| format!("listed-{what}-{kind}"))));
    named.extend(Role::ALL.map(|role| format!("role-{}", role.as_str())));
    named.extend(Role::ALL.map(|role| format!("role-does-{}", role.as_str())));
    named.extend(Tier::ALL.map(|tier| format!("tier-{}", tier.as_str())));
    named.extend(Measure::ALL.map(|measure| format!("measure-{}", measure.as_str().replace('_', "-"))));
    named.extend(Motive::ALL.map(|motive| format!("motive-{}", motive.as_str().replace('_', "-"))));
    named.extend(Ending::ALL.map(|ending| format!("ending-{}", ending.as_str())));
    named.extend(ComplaintKind::ALL.map(|kind| format!("complaint-{}", kind.as_str())));
    for measure in Measure::ALL {
        let key = measure.as_str().replace('_', "-");
        named
            .extend(["act", "moderation-do", "moderation-does", "moderation-done"].map(|what| format!("{what}-{key}")));
    }
    assert!(named.len() > 100, "the search for names has stopped working: {}", named.len());
    let known = keys_of("fr");
    for key in &named {
        assert!(known.contains(key), "{key} is named and has no words");
    }
}

#[test]
fn french_spaces_do_not_break() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("web/i18n/fr/main.ftl");
    for line in fs::read_to_string(path).expect("a text").lines().filter(|line| !line.starts_with('#')) {
        for pair in [" :", " ;", " ?", " !", "« ", " »"] {
            assert!(!line.contains(pair), "a breaking space: {line}");
        }
    }
}
