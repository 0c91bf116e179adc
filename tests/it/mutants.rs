//! The list of deliberate mistakes stays true: each can be made, and the tests that must notice it exist.

use std::path::{Path, PathBuf};

use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    mutant: Vec<Mutant>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Mutant {
    why: String,
    file: PathBuf,
    find: OneOrMore,
    replace: OneOrMore,
    #[serde(default)]
    lib: Vec<String>,
    #[serde(default)]
    it: Vec<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl OneOrMore {
    fn all(&self) -> &[String] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::More(more) => more,
        }
    }
}

#[test]
fn every_mistake_can_be_made_in_one_place_and_names_tests_that_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: PathBuf| std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
    let list: List = toml::from_str(&read(root.join("tests/mutants.toml"))).unwrap();
    assert!(list.mutant.len() >= 20, "{} mistakes", list.mutant.len());
    let mut sources = String::new();
    for folder in ["src", "tests/it"] {
        collect(&root.join(folder), &mut sources);
    }
    for Mutant { why, file, find, replace, lib, it } in &list.mutant {
        let text = read(root.join(file));
        assert_eq!(find.all().len(), replace.all().len(), "{why}");
        for (find, replace) in find.all().iter().zip(replace.all()) {
            assert_eq!(text.matches(find.as_str()).count(), 1, "{why}: {find:?} in {file:?}");
            assert_ne!(find, replace, "{why}");
        }
        assert!(!lib.is_empty() || !it.is_empty(), "{why}: nothing is to notice it");
        for test in lib.iter().chain(it) {
            let name = test.trim_end_matches("::").rsplit("::").next().unwrap();
            let exists = sources.contains(&format!("fn {name}")) || sources.contains(&format!("mod {name}"));
            assert!(exists, "{why}: there is no test {test}");
        }
    }
}

/// All Rust code of a folder, one file after the other.
fn collect(folder: &Path, into: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push_str(&std::fs::read_to_string(&path).unwrap());
        }
    }
}
