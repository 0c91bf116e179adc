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
    for Mutant { why, file, find, replace, lib, it } in &list.mutant {
        let text = read(root.join(file));
        assert_eq!(find.all().len(), replace.all().len(), "{why}");
        for (find, replace) in find.all().iter().zip(replace.all()) {
            assert_eq!(text.matches(find.as_str()).count(), 1, "{why}: {find:?} in {file:?}");
            assert_ne!(find, replace, "{why}");
        }
        assert!(!lib.is_empty() || !it.is_empty(), "{why}: nothing is to notice it");
        let places = lib.iter().map(|test| ("src", test)).chain(it.iter().map(|test| ("tests/it", test)));
        for (folder, test) in places {
            assert!(is_there(&root.join(folder), test), "{why}: there is no test {test}");
        }
    }
}

/// Whether a test, or with `::` at its end a module of tests, is where its path says.
fn is_there(folder: &Path, test: &str) -> bool {
    let (modules, name) = test.rsplit_once("::").unwrap();
    let module = folder.join(modules.replace("::", "/"));
    // A module `tests` may stand in the file that it tests.
    let around = module.parent().filter(|_| module.ends_with("tests")).unwrap_or(&module);
    [module.as_path(), around].into_iter().any(|module| {
        [module.with_extension("rs"), module.join("mod.rs")]
            .into_iter()
            .any(|file| std::fs::read_to_string(file).is_ok_and(|text| text.contains(&format!("fn {name}"))))
    })
}
