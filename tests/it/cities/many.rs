//! Many cities: how long they take to load, and what it costs to look whether they have changed.

use std::path::Path;
use std::time::{Duration, Instant};

use parvis::config::CityFiles;
use parvis::domain::Timestamp;
use parvis::matcher::CitySet;

/// City files with outlines of forty points: what a French commune has in the middle.
fn write_cities(folder: &Path, count: usize) {
    for number in 0..count {
        let (west, south) = ((number % 200) as f64 * 0.04 - 4.0, (number / 200) as f64 * 0.04 + 43.0);
        let point = |step: usize| {
            let angle = std::f64::consts::TAU * step as f64 / 40.0;
            let radius = 0.018 + 0.002 * (angle * 5.0).sin();
            format!("[{:.6},{:.6}]", west + radius * angle.cos(), south + radius * angle.sin())
        };
        let ring = (0..40).chain([0]).map(point).collect::<Vec<_>>().join(",");
        let outline = format!(r#"{{"type":"Polygon","coordinates":[[{ring}]]}}"#);
        std::fs::write(folder.join(format!("v{number}.geojson")), outline).unwrap();
        std::fs::write(folder.join(format!("v{number}.toml")), city(number, "")).unwrap();
    }
}

fn city(number: usize, more: &str) -> String {
    format!(
        "name = \"Ville {number}\"\nboundary = \"v{number}.geojson\"\n[recipe]\nhashtags = [\"ville{number}\"]\n{more}"
    )
}

fn timed<T>(does: impl FnOnce() -> T) -> (Duration, T) {
    let began = Instant::now();
    let done = does();
    (began.elapsed(), done)
}

const NOW: Timestamp = Timestamp::from_micros(1_795_000_000_000_000);

/// `PARVIS_CITIES` sets how many; a release build is held to the promise, a debug build to its shape.
#[test]
fn s06_a_thousand_cities_load_at_once_and_looking_again_costs_next_to_nothing() {
    let count = std::env::var("PARVIS_CITIES").ok().and_then(|count| count.parse().ok()).unwrap_or(1_000);
    let folder = tempfile::tempdir().unwrap();
    write_cities(folder.path(), count);
    let (load, mut files) = timed(|| CityFiles::read(folder.path(), &|_| {}, NOW).unwrap());
    let (compile, set) = timed(|| CitySet::compile(files.cities().cloned()));
    assert_eq!((set.cities().len(), files.broken().count()), (count, 0));
    let mut look = || timed(|| files.look(&|_| {}, NOW).unwrap());
    // The first looks read the bytes once more, for the clock of the file system may have stood.
    let confirming = look().0.max(look().0);
    let mut idle: Vec<Duration> = (0..5).map(|_| look().0).collect();
    idle.sort();
    std::fs::write(folder.path().join("v7.toml"), city(7, "words = [\"septville\"]\n")).unwrap();
    let (one, told) = look();
    assert!(told.is_empty(), "it must hold still first");
    let told = look().1;
    assert_eq!(told.iter().map(|(slug, _)| slug.as_str()).collect::<Vec<_>>(), ["v7"]);
    println!(
        "{count} cities: read {load:?}, compiled {compile:?}, looked at again {confirming:?}, then {:?}; one changed {one:?}",
        idle[2]
    );
    assert!(idle[0] * 8 < load, "looking {:?}, loading {load:?}", idle[0]);
    if !cfg!(debug_assertions) {
        assert!(load + compile < Duration::from_secs(2) * (count / 1_000 + 1) as u32, "{load:?} and {compile:?}");
    }
}
