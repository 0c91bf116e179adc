//! The fuzz targets of `fuzz/`, on every seed that is committed and on a fixed number of mutations of each.
//!
//! libFuzzer, which follows the code's branches, runs the same functions for longer: `make fuzz`. `FUZZ_SEED` repeats
//! a run and `FUZZ_MUTATIONS` sets how many there are of a target.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

#[path = "../../fuzz/src/lib.rs"]
pub mod targets;

use targets::TARGETS;

const MUTATIONS: usize = 400;
/// H1 promises a second; an unoptimized build on a loaded machine is given more.
const LONGEST: Duration = Duration::from_secs(10);

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(target);
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.into_iter().map(|file| std::fs::read(file).unwrap()).collect()
}

/// Gives bytes to a target. What it panics with is told with the bytes, so that they can be kept as a seed.
fn give(name: &str, run: fn(&[u8]), data: &[u8], told: &str) {
    let begun = Instant::now();
    if std::panic::catch_unwind(|| run(data)).is_err() {
        panic!("{name}, {told}: {:?}", String::from_utf8_lossy(data));
    }
    assert!(begun.elapsed() < LONGEST, "{name}, {told}: {:?}", begun.elapsed());
}

fn replay(name: &str) {
    let (_, run) = TARGETS.into_iter().find(|(target, _)| *target == name).unwrap();
    let seeds = seeds(name);
    assert!(!seeds.is_empty(), "{name} has no seeds");
    give(name, run, b"", "nothing at all");
    for (number, seed) in seeds.iter().enumerate() {
        give(name, run, seed, &format!("seed {number}"));
    }
    let rng_seed = setting("FUZZ_SEED", 7);
    let mut rng = fastrand::Rng::with_seed(rng_seed);
    for round in 0..setting("FUZZ_MUTATIONS", MUTATIONS as u64) {
        let data = mutated(&seeds, &mut rng);
        give(name, run, &data, &format!("FUZZ_SEED={rng_seed}, round {round}"));
    }
}

/// One to four changes of a seed: pieces of others put in, bytes changed, taken out or repeated.
fn mutated(seeds: &[Vec<u8>], rng: &mut fastrand::Rng) -> Vec<u8> {
    const ODD: [&[u8]; 12] = [
        b"\0",
        b"\xff\xff",
        b"\xed\xa0\x80",
        "\u{202e}".as_bytes(),
        "\u{301}".as_bytes(),
        b"9223372036854775807",
        b"-1",
        b"1e999",
        b"null",
        b"[[[[[[[[",
        b"\\u0000",
        b"<script>",
    ];
    let mut data = seeds[rng.usize(..seeds.len())].clone();
    for _ in 0..rng.usize(1..=4) {
        let at = rng.usize(..=data.len());
        let end = (at + rng.usize(0..32)).min(data.len());
        match rng.u8(0..6) {
            0 if at < data.len() => data[at] = rng.u8(..),
            1 => drop(data.drain(at..end)),
            2 => {
                let piece = data[at..end].repeat(rng.usize(1..64));
                data.splice(at..at, piece);
            }
            3 => {
                let other = &seeds[rng.usize(..seeds.len())];
                let from = rng.usize(..=other.len());
                let to = (from + rng.usize(0..200)).min(other.len());
                data.splice(at..end, other[from..to].iter().copied());
            }
            4 => data.truncate(at),
            _ => drop(data.splice(at..at, ODD[rng.usize(..ODD.len())].iter().copied())),
        }
    }
    data
}

#[test]
fn h1_appview() {
    replay("appview");
}

#[test]
fn h1_boundary() {
    replay("boundary");
}

#[test]
fn h1_city_file() {
    replay("city_file");
}

#[test]
fn h1_client_frames() {
    replay("client_frames");
}

#[test]
fn h1_cursor() {
    replay("cursor");
}

#[test]
fn h1_feed() {
    replay("feed");
}

#[test]
fn h1_frame() {
    replay("frame");
}

#[test]
fn h1_mastodon() {
    replay("mastodon");
}

#[test]
fn h1_nostr() {
    replay("nostr");
}

#[test]
fn h1_push() {
    replay("push");
}

#[test]
fn h1_opendata() {
    replay("opendata");
}

#[test]
fn h1_query() {
    replay("query");
}

#[test]
fn h1_text() {
    replay("text");
}

/// libFuzzer reads no other, and says little of why.
#[test]
fn dictionaries_are_lines_of_quoted_ascii() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/dictionaries");
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        for line in std::fs::read_to_string(&path).unwrap().lines() {
            let is_word = line.starts_with('"') && line.ends_with('"') && line.len() > 2;
            let is_ascii = line.bytes().all(|byte| (b' '..=b'~').contains(&byte));
            assert!(line.is_empty() || line.starts_with('#') || (is_word && is_ascii), "{}: {line}", path.display());
        }
    }
}
