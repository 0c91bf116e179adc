use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::seen::Seen;
use super::{CityProblem, problem, read};
use crate::domain::City;

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
    is_told: bool,
}

impl CityFiles {
    /// Reads every `*.toml` of `folder`. A broken file does not hide the others. `amend` changes each city as it is
    /// read.
    pub fn read(folder: &Path, amend: &dyn Fn(&mut City)) -> std::io::Result<Self> {
        let mut files = Self { folder: folder.to_owned(), entries: BTreeMap::new() };
        files.look(amend)?;
        files.entries.values_mut().for_each(|entry| entry.is_told = true);
        Ok(files)
    }

    /// Looks at the folder, and tells what has changed since it was last told and has held still since the look
    /// before. So a file is not taken while it is being written, nor a city before its outline has arrived, nor one as
    /// gone that is being replaced; and no city waits for another's file.
    pub fn look(&mut self, amend: &dyn Fn(&mut City)) -> std::io::Result<Vec<(String, CityState)>> {
        let slugs = slugs(&self.folder)?;
        let mut still = Vec::new();
        for (number, slug) in slugs.iter().enumerate() {
            let is_read = number < CITIES_MAX;
            let entry = self.entries.get_mut(slug);
            match entry.and_then(|entry| (!entry.has_changed(is_read)).then_some(entry)) {
                Some(entry) => still.extend(entry.tell(slug)),
                None => _ = self.entries.insert(slug.clone(), Entry::read(&self.folder, slug, is_read, amend)),
            }
        }
        self.entries.retain(|slug, entry| {
            let is_gone = !slugs.contains(slug);
            let was_gone = matches!(entry.state, CityState::Gone);
            if is_gone && was_gone {
                still.push((slug.clone(), CityState::Gone));
            } else if is_gone {
                *entry = Entry { state: CityState::Gone, seen: Vec::new(), is_told: false };
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
    fn read(folder: &Path, slug: &str, is_read: bool, amend: &dyn Fn(&mut City)) -> Self {
        let file = folder.join(format!("{slug}.toml"));
        if !is_read {
            let state =
                CityState::Broken(vec![problem(&file, "", None, &format!("more than {CITIES_MAX} city files"))]);
            return Self { state, seen: Vec::new(), is_told: false };
        }
        let (outcome, seen) = read(&file, false);
        let state = match outcome {
            Ok((mut city, _warnings)) => {
                amend(&mut city);
                CityState::Sound(Arc::new(city))
            }
            Err(problems) => CityState::Broken(problems),
        };
        Self { state, seen, is_told: false }
    }

    fn has_changed(&mut self, is_read: bool) -> bool {
        let was_read = !self.seen.is_empty();
        was_read != is_read || matches!(self.state, CityState::Gone) || self.seen.iter_mut().any(Seen::has_changed)
    }

    fn tell(&mut self, slug: &str) -> Option<(String, CityState)> {
        let was_told = std::mem::replace(&mut self.is_told, true);
        (!was_told).then(|| (slug.to_owned(), self.state.clone()))
    }
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

    const SQUARE: &str = r#"{"type":"Polygon","coordinates":[[[0,47],[1,47],[1,48],[0,48],[0,47]]]}"#;

    struct Place {
        folder: tempfile::TempDir,
        files: CityFiles,
    }

    impl Place {
        fn new(files: &[(&str, &str)]) -> Self {
            let folder = tempfile::tempdir().unwrap();
            files.iter().for_each(|(name, text)| std::fs::write(folder.path().join(name), text).unwrap());
            let files = CityFiles::read(folder.path(), &|_| {}).unwrap();
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
            let told = self.files.look(&|_| {}).unwrap();
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
