//! The rules of the tree that no compiler checks: who may import whom, and what may not be named where.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Used by all; these use only `domain`.
const BASE: [&str; 6] = ["domain", "config", "clock", "shutdown", "telemetry", "crash"];

/// Who may import whom, beside `BASE`. An edge that is not here fails the test.
const EDGES: [(&str, &[&str]); 22] = [
    ("domain", &[]),
    ("clock", &[]),
    ("config", &[]),
    ("shutdown", &[]),
    ("telemetry", &[]),
    ("crash", &[]),
    ("ingest", &[]),
    ("normalize", &[]),
    ("matcher", &[]),
    ("consent", &[]),
    ("intake", &["normalize", "consent", "matcher"]),
    ("pipeline", &["normalize", "matcher", "consent", "intake"]),
    ("store", &[]),
    ("live", &[]),
    ("monitor", &[]),
    ("desk", &[]),
    ("notify", &["ingest"]),
    ("http", &["live", "monitor", "matcher", "consent", "desk"]),
    ("gazetteer", &["ingest"]),
    ("demo", &["ingest"]),
    (
        "app",
        &[
            "ingest",
            "pipeline",
            "intake",
            "normalize",
            "matcher",
            "consent",
            "store",
            "live",
            "monitor",
            "desk",
            "notify",
            "http",
            "demo",
        ],
    ),
    (
        "cli",
        &[
            "app",
            "gazetteer",
            "ingest",
            "pipeline",
            "intake",
            "normalize",
            "matcher",
            "consent",
            "store",
            "live",
            "monitor",
            "desk",
            "http",
            "demo",
        ],
    ),
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|found| found == extension) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Product code only: comments and test modules are left out.
fn product_code(path: &Path) -> String {
    let text = std::fs::read_to_string(path).unwrap();
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

fn is_test(path: &Path) -> bool {
    let name = path.file_name().unwrap().to_string_lossy();
    name == "tests.rs" || name == "naive.rs" || path.components().any(|part| part.as_os_str() == "tests")
}

fn module_of(path: &Path) -> String {
    let relative = path.strip_prefix(root().join("src")).unwrap();
    let first = relative.components().next().unwrap().as_os_str().to_string_lossy();
    first.trim_end_matches(".rs").to_owned()
}

/// The top-level modules named by `crate::…` in a text, groups included.
fn imports(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, _) in text.match_indices("crate::") {
        let rest = &text[at + "crate::".len()..];
        let names = match rest.strip_prefix('{') {
            Some(group) => top_level_names(group),
            None => vec![rest],
        };
        for name in names {
            let name: String = name.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            if name.chars().next().is_some_and(char::is_lowercase) {
                found.insert(name);
            }
        }
    }
    found
}

/// The items of a `use` group, those of inner groups left out.
fn top_level_names(group: &str) -> Vec<&str> {
    let (mut depth, mut start, mut names) = (0, 0, Vec::new());
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                names.push(&group[start..at]);
                start = at + 1;
                if c == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    names
}

#[test]
fn imports_run_one_way() {
    let allowed: BTreeMap<&str, &[&str]> = EDGES.into_iter().collect();
    let mut wrong = Vec::new();
    for path in files(&root().join("src"), "rs") {
        let module = module_of(&path);
        if is_test(&path) || matches!(module.as_str(), "lib" | "main") {
            continue;
        }
        let edges = allowed.get(module.as_str()).unwrap_or_else(|| panic!("src/{module} has no row in EDGES"));
        for import in imports(&product_code(&path)) {
            let fine = import == module
                || (BASE.contains(&import.as_str()) && (!BASE.contains(&module.as_str()) || import == "domain"))
                || edges.contains(&import.as_str());
            if !fine {
                wrong.push(format!("{}: {module} may not use {import}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_import_reader_sees_what_it_should() {
    let text =
        "use crate::domain::Post;\nuse crate::{store::{Store, open}, live};\nlet x = crate::http::view::post_json(y);";
    assert_eq!(imports(text).into_iter().collect::<Vec<_>>(), ["domain", "http", "live", "store"]);
}

#[test]
fn modules_keep_to_their_libraries() {
    let forbidden: [(&str, &[&str]); 6] = [
        ("normalize", &["tokio", "sqlx", "actix", "reqwest"]),
        ("matcher", &["tokio", "sqlx", "actix", "reqwest"]),
        ("consent", &["tokio", "sqlx", "actix", "reqwest"]),
        ("domain", &["tokio", "sqlx", "actix", "reqwest", "Serialize"]),
        ("monitor", &["tokio", "sqlx", "actix", "reqwest"]),
        ("pipeline", &["tokio", "sqlx", "actix", "reqwest"]),
    ];
    for path in files(&root().join("src"), "rs") {
        let (module, text) = (module_of(&path), product_code(&path));
        for (_, words) in forbidden.iter().filter(|(name, _)| *name == module) {
            for word in *words {
                assert!(!text.contains(word), "{} names {word}", path.display());
            }
        }
        if module != "store" {
            assert!(!text.contains("sqlx"), "{} names sqlx, which is the store's", path.display());
        }
    }
}

#[test]
fn a_source_knows_no_other_source() {
    let sources = root().join("src/ingest/sources");
    let names: Vec<String> = std::fs::read_dir(&sources)
        .unwrap()
        .filter_map(|entry| Some(entry.unwrap()).filter(|entry| entry.path().is_dir()))
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    assert!(!names.is_empty());
    for path in files(&sources, "rs") {
        let text = product_code(&path);
        for name in &names {
            if !path.starts_with(sources.join(name)) && path != sources.join("mod.rs") {
                assert!(!text.contains(&format!("sources::{name}")), "{} uses the source {name}", path.display());
            }
        }
    }
}

#[test]
fn the_pipeline_fits_one_screen() {
    let text = product_code(&root().join("src/pipeline.rs"));
    let lines = text.lines().filter(|line| !line.trim().is_empty()).count();
    assert!(lines <= 100, "{lines} lines of code: what second thing does it do?");
}

#[test]
fn nothing_unfinished_is_left() {
    for folder in ["src", "web/src", "web/templates", "web/styles", "tests"] {
        for extension in ["rs", "ts", "html", "css"] {
            for path in files(&root().join(folder), extension) {
                // A network's name has one of the marks in it.
                let text = std::fs::read_to_string(&path).unwrap().replace(concat!("MASTO", "DON"), "");
                for mark in [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("X", "XX:")] {
                    assert!(!text.contains(mark), "{} holds {mark}", path.display());
                }
            }
        }
    }
}

#[test]
fn the_shipped_configuration_is_the_documented_one() {
    let shipped = std::fs::read_to_string(root().join("config/parvis.toml")).unwrap();
    let documented = parvis::config::document(&parvis::app::documented_settings());
    assert_eq!(shipped, documented, "write it anew: parvis config doc > config/parvis.toml");
}

#[test]
fn architecture_stays_a_page_one_reads() {
    let text = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    assert!(text.lines().count() < 300);
    assert!(text.contains("## Invariants") && text.contains("## Glossary"));
}
