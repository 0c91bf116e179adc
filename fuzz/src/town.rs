//! The one city that targets match against, and the instant at which they do.
//!
//! Owns invented data. Does not own any check. Invariant: the same in every run.

use std::sync::{Arc, LazyLock};

use parvis::config::{CityProblem, read_city};
use parvis::domain::{City, CityId, IdKey, Timestamp};
use parvis::http::page::Cities;
use parvis::matcher::CitySet;

/// 2026-09-21T14:13:20Z; posts of the seeds are made a little earlier.
pub const NOW: Timestamp = Timestamp::from_micros(1_790_000_000_000_000);

pub const fn key() -> IdKey {
    IdKey::new([7; 32])
}

const FILE: &str = r#"
name = "Ville <b>"
languages = ["fr"]
boundary = "ville.geojson"
participation = "https://ville.example/"
[recipe]
invite = "ParvisVille"
hashtags = ["ville"]
words = ["villeneuve sur fiction"]
all_of = [["concert", "fiction"]]
ambiguous = ["malfamee"]
context = ["rue fictive"]
assembly = ["manifville"]
accounts = ["bsky:ville.example"]
[recipe.exclude]
hashtags = ["villeusa"]
words = ["rien à voir"]
[[zone]]
name = "Centre \"x\" & <i>"
boundary = "zone.geojson"
places = ["place du Marché"]
[[zone]]
name = "Nord"
places = ["gare du Nord"]
[around]
name = "Autour <u>"
boundary = "around.geojson"
hashtags = ["autourville"]
"#;

/// A square as GeoJSON, by its south-western corner and its side in degrees.
fn square(west: f64, south: f64, side: f64) -> String {
    let (east, north) = (west + side, south + side);
    format!(
        r#"{{"type":"Polygon","coordinates":[[[{west},{south}],[{east},{south}],[{east},{north}],[{west},{north}],[{west},{south}]]]}}"#
    )
}

thread_local! {
    static FOLDER: tempfile::TempDir = tempfile::tempdir().expect("there is room for a folder");
}

/// What a city file of these bytes, with an outline of those beside it, comes to: the city and its warnings, or what is
/// to mend. The other outlines that a file may name are `zone.geojson` and `around.geojson`.
pub fn read(file: &[u8], outline: &[u8]) -> Result<(City, Vec<CityProblem>), Vec<CityProblem>> {
    FOLDER.with(|folder| {
        let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).expect("there is room");
        write("ville.toml", file);
        write("ville.geojson", outline);
        if !folder.path().join("zone.geojson").exists() {
            write("zone.geojson", square(-1.6, 47.1, 0.1).as_bytes());
            write("around.geojson", square(-1.8, 46.9, 0.6).as_bytes());
        }
        read_city(&folder.path().join("ville.toml")).map(|(city, warnings, ..)| (city, warnings))
    })
}

/// The outline of the town.
pub fn outline() -> String {
    square(-1.6, 47.1, 0.2)
}

pub static TOWN: LazyLock<Arc<City>> =
    LazyLock::new(|| Arc::new(read(FILE.as_bytes(), outline().as_bytes()).expect("the file is sound").0));

pub static CITIES: LazyLock<Arc<CitySet>> = LazyLock::new(|| Arc::new(CitySet::compile(vec![City::clone(&TOWN)])));

/// The pages' view of the town.
pub struct Served;

impl Cities for Served {
    fn city(&self, id: &CityId) -> Option<Arc<City>> {
        (*id == TOWN.id).then(|| Arc::clone(&TOWN))
    }

    fn all(&self) -> Vec<Arc<City>> {
        vec![Arc::clone(&TOWN)]
    }
}
