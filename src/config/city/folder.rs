use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::seen::Seen;
use super::{CityProblem, problem, read};
use crate::domain::{City, Official, Timestamp};

/// Most cities that a folder may hold; further files are reported as broken.
const CITIES_MAX: usize = 40_000;

/// The city files of a folder. Each is read when it is first seen, and again only when it, or an outline that it
/// names, has other bytes.
#[derive(Debug, Default)]
pub struct CityFiles {
    folder: PathBuf,
    /// By slug.
    entries: BTreeMap<String, Entry>,
}

/// What a city file comes to.
#[derive(Clone, Debug)]
pub enum CityState {
    Sound(Arc<City>),
    Broken(Vec<CityProblem>),
    /// There is no such file any more.
    Gone,
}

#[derive(Debug)]
struct Entry {
    state: CityState,
    /// The file and the outlines it names, as they were read for `state`. None of a file that is not read.
    seen: Vec<Seen>,
    /// When the next of those whom it lists is listed no more: it is read again then.
    lapses_at: Option<Timestamp>,
    is_told: bool,
}

impl CityFiles {
    /// Reads every `*.toml` of `folder`. A broken file does not hide the others. `amend` changes each city as it is
    /// read. Whose listing is over `now` is not in it.
    pub fn read(folder: &Path, amend: &dyn Fn(&mut City), now: Timestamp) -> std::io::Result<Self> {
        let mut files = Self { folder: folder.to_owned(), entries: BTreeMap::new() };
        files.look(amend, now)?;
        files.entries.values_mut().for_each(|entry| entry.is_told = true);
        Ok(files)
    }

    /// Looks at the folder, and tells what has changed since it was last told and has held still since the look
    /// before. So a file is not taken while it is being written, nor a city before its outline has arrived, nor one as
    /// gone that is being replaced; and no city waits for another's file.
    pub fn look(&mut self, amend: &dyn Fn(&mut City), now: Timestamp) -> std::io::Result<Vec<(String, CityState)>> {
        let slugs = slugs(&self.folder)?;
        let mut still = Vec::new();
        for (number, slug) in slugs.iter().enumerate() {
            let is_read = number < CITIES_MAX;
            let entry = self.entries.get_mut(slug);
            match entry.and_then(|entry| (!entry.has_changed(is_read, now)).then_some(entry)) {
                Some(entry) => still.extend(entry.tell(slug)),
                None => _ = self.entries.insert(slug.clone(), Entry::read(&self.folder, slug, is_read, amend, now)),
            }
        }
        self.entries.retain(|slug, entry| {
            let is_gone = !slugs.contains(slug);
            let was_gone = matches!(entry.state, CityState::Gone);
            if is_gone && was_gone {
                still.push((slug.clone(), CityState::Gone));
            } else if is_gone {
                *entry = Entry { state: CityState::Gone, seen: Vec::new(), lapses_at: None, is_told: false };
            }
            !(is_gone && was_gone)
        });
        Ok(still)
    }

    /// The cities of the files that can be used, in the order of their slugs.
    pub fn cities(&self) -> impl Iterator<Item = &Arc<City>> {
        self.entries.values().filter_map(|entry| match &entry.state {
            CityState::Sound(city) => Some(city),
            CityState::Broken(_) | CityState::Gone => None,
        })
    }

    /// Slug and problems of each file that can't be used.
    pub fn broken(&self) -> impl Iterator<Item = (&str, &[CityProblem])> {
        self.entries.iter().filter_map(|(slug, entry)| match &entry.state {
            CityState::Broken(problems) => Some((slug.as_str(), problems.as_slice())),
            CityState::Sound(_) | CityState::Gone => None,
        })
    }
}

impl Entry {
    fn read(folder: &Path, slug: &str, is_read: bool, amend: &dyn Fn(&mut City), now: Timestamp) -> Self {
        let file = folder.join(format!("{slug}.toml"));
        if !is_read {
            let state =
                CityState::Broken(vec![problem(&file, "", None, &format!("more than {CITIES_MAX} city files"))]);
            return Self { state, seen: Vec::new(), lapses_at: None, is_told: false };
        }
        let (outcome, seen) = read(&file, false);
        let mut lapses_at = None;
        let state = match outcome {
            Ok((mut city, _warnings)) => {
                amend(&mut city);
                lapses_at = let_lapse(&mut city, now);
                CityState::Sound(Arc::new(city))
            }
            Err(problems) => CityState::Broken(problems),
        };
        Self { state, seen, lapses_at, is_told: false }
    }

    fn has_changed(&mut self, is_read: bool, now: Timestamp) -> bool {
        let was_read = !self.seen.is_empty();
        let has_lapsed = self.lapses_at.is_some_and(|at| at <= now);
        has_lapsed
            || was_read != is_read
            || matches!(self.state, CityState::Gone)
            || self.seen.iter_mut().any(Seen::has_changed)
    }

    fn tell(&mut self, slug: &str) -> Option<(String, CityState)> {
        let was_told = std::mem::replace(&mut self.is_told, true);
        (!was_told).then(|| (slug.to_owned(), self.state.clone()))
    }
}

/// Takes out those whose listing is over, and says when the next one is. A city without somebody is another recipe: what they
/// admitted is matched again.
fn let_lapse(city: &mut City, now: Timestamp) -> Option<Timestamp> {
    let zone = city.zone();
    let (over, listed): (Vec<Official>, Vec<Official>) =
        std::mem::take(&mut city.officials).into_iter().partition(|official| official.listing.is_over(&zone, now));
    city.officials = listed;
    if !over.is_empty() {
        let mut hasher = blake3::Hasher::new();
        hasher.update(city.recipe_hash.as_bytes());
        for official in over {
            hasher.update(&[0]).update(official.name.as_bytes());
        }
        city.recipe_hash = hasher.finalize().to_hex().chars().take(16).collect();
    }
    city.officials.iter().filter_map(|official| official.listing.ends_at(&zone)).min()
}

/// The names of the city files, without `.toml`. What begins with a dot is an editor's or a tool's.
fn slugs(folder: &Path) -> std::io::Result<BTreeSet<String>> {
    let mut slugs = BTreeSet::new();
    for entry in std::fs::read_dir(folder)? {
        let path = PathBuf::from(entry?.file_name());
        if path.extension().is_some_and(|extension| extension == "toml") {
            let slug = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            if !slug.starts_with('.') {
                slugs.insert(slug);
            }
        }
    }
    Ok(slugs)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_micros(1_790_000_000_000_000);
    const SQUARE: &str = r#"{"type":"Polygon","coordinates":[[[0,47],[1,47],[1,48],[0,48],[0,47]]]}"#;

    struct Place {
        folder: tempfile::TempDir,
        files: CityFiles,
    }

    impl Place {
        fn new(files: &[(&str, &str)]) -> Self {
            let folder = tempfile::tempdir().unwrap();
            files.iter().for_each(|(name, text)| std::fs::write(folder.path().join(name), text).unwrap());
            let files = CityFiles::read(folder.path(), &|_| {}, NOW).unwrap();
            Self { folder, files }
        }

        fn write(&self, name: &str, text: &str) {
            std::fs::write(self.folder.path().join(name), text).unwrap();
        }

        fn remove(&self, name: &str) {
            std::fs::remove_file(self.folder.path().join(name)).unwrap();
        }

        /// What a look tells: names of sound cities, `!slug` of broken files, `-slug` of those that are gone.
        fn look(&mut self) -> Vec<String> {
            self.look_at(NOW)
        }

        fn look_at(&mut self, now: Timestamp) -> Vec<String> {
            let told = self.files.look(&|_| {}, now).unwrap();
            told.into_iter()
                .map(|(slug, state)| match state {
                    CityState::Sound(city) => city.name.clone(),
                    CityState::Broken(_) => format!("!{slug}"),
                    CityState::Gone => format!("-{slug}"),
                })
                .collect()
        }
    }

    fn city(name: &str) -> String {
        format!("name = \"{name}\"\n[recipe]\nhashtags = [\"{name}\"]\n")
    }

    fn outlined(name: &str) -> String {
        format!("name = \"{name}\"\nboundary = \"{name}.geojson\"\n")
    }

    #[test]
    fn s06_a_file_is_told_once_and_only_when_it_has_held_still() {
        let mut place = Place::new(&[("a.toml", &city("A"))]);
        assert!(place.look().is_empty(), "what was read at the start is told");
        place.write("b.toml", &city("B"));
        assert!(place.look().is_empty(), "it may still be being written");
        place.write("b.toml", &city("B2"));
        assert!(place.look().is_empty(), "and it was");
        assert_eq!(place.look(), ["B2"]);
        assert!(place.look().is_empty());
        place.write("a.toml", "name = ");
        assert!(place.look().is_empty());
        place.write("a.toml", &city("A2"));
        assert!(place.look().is_empty(), "the half of a file was never told");
        assert_eq!(place.look(), ["A2"]);
    }

    #[test]
    fn s06_a_city_waits_for_its_outline() {
        let mut place = Place::new(&[]);
        place.write("a.toml", &outlined("a"));
        assert!(place.look().is_empty());
        place.write("a.geojson", SQUARE.get(..40).unwrap());
        assert!(place.look().is_empty());
        place.write("a.geojson", SQUARE);
        assert!(place.look().is_empty());
        assert_eq!(place.look(), ["a"]);
        // An outline that changes is a city that changes, and one that never comes a broken file.
        place.write("a.geojson", &SQUARE.replace("48", "49"));
        place.write("b.toml", &outlined("b"));
        assert!(place.look().is_empty());
        assert_eq!(place.look(), ["a", "!b"]);
    }

    #[test]
    fn s06_a_file_that_is_replaced_is_not_gone_and_holds_nobody_up() {
        let mut place = Place::new(&[("a.toml", &city("A")), ("b.toml", &city("B"))]);
        place.remove("a.toml");
        assert!(place.look().is_empty());
        place.write("a.toml", &city("A2"));
        assert!(place.look().is_empty());
        assert_eq!(place.look(), ["A2"], "it was never told as gone");
        place.remove("a.toml");
        for round in 0..3 {
            place.write("b.toml", &city(&format!("B{round}")));
            assert_eq!(place.look(), if round == 1 { vec!["-a"] } else { vec![] }, "whatever happens to b");
        }
        place.write("c.toml", &city("B2"));
        place.remove("b.toml");
        assert!(place.look().is_empty());
        assert_eq!(place.look(), ["B2", "-b"], "a renamed file is another city");
    }

    #[test]
    fn s52_who_is_listed_until_a_day_is_listed_no_more_the_day_after() {
        let listed = "[[official]]\nname = \"Mairie\"\nkind = \"institution\"\naccounts = [\"bsky:ville.example\"]\n";
        let press = "[[official]]\nname = \"Phare\"\nkind = \"press\"\naccounts = [\"bsky:phare.example\"]\nuntil = ";
        // 21 September 2026, 14:13 in Paris.
        let file = |until: &str| format!("{}{listed}{press}\"{until}\"\n", city("A"));
        let mut place = Place::new(&[("a.toml", &file("2026-09-21")), ("b.toml", &city("B"))]);
        let names = |place: &Place| -> Vec<String> {
            let city = place.files.cities().next().unwrap();
            city.officials.iter().map(|official| official.name.clone()).collect()
        };
        let before = place.files.cities().next().unwrap().recipe_hash.clone();
        assert_eq!(names(&place), ["Mairie", "Phare"]);
        let midnight = Timestamp::parse_rfc3339("2026-09-21T22:00:00Z").unwrap();
        assert!(place.look_at(midnight.plus_seconds(-1)).is_empty() && names(&place).len() == 2);
        assert!(place.look_at(midnight).is_empty());
        assert_eq!(place.look_at(midnight), ["A"], "told as a file that changed is");
        assert_eq!(names(&place), ["Mairie"]);
        assert_ne!(place.files.cities().next().unwrap().recipe_hash, before, "what is kept is matched again");
        assert!(place.look_at(midnight.plus_seconds(86_400)).is_empty(), "once");
        // So it is where a server starts afterwards, and whoever puts the day off is listed again.
        let started = CityFiles::read(place.folder.path(), &|_| {}, midnight).unwrap();
        assert_eq!(started.cities().next().unwrap().officials.len(), 1);
        place.write("a.toml", &file("2027-09-21"));
        place.look_at(midnight);
        assert_eq!((place.look_at(midnight), names(&place).len()), (vec!["A".to_owned()], 2));
    }

    #[test]
    fn s06_a_city_is_read_again_only_when_its_bytes_change() {
        let mut place = Place::new(&[("a.toml", &outlined("a")), ("a.geojson", SQUARE), (".#a.toml", "lock")]);
        let before = place.files.cities().next().unwrap().clone();
        place.write("a.toml", &outlined("a"));
        place.look();
        place.look();
        let is_same = |place: &Place| Arc::ptr_eq(place.files.cities().next().unwrap(), &before);
        assert!(is_same(&place), "touched only");
        place.write("a.toml", &format!("{}# changed\n", outlined("a")));
        assert!(place.look().is_empty());
        assert_eq!(place.look(), ["a"]);
        assert!(!is_same(&place));
        assert_eq!(place.files.broken().count(), 0);
    }
}
