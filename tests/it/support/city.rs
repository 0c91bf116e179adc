use parvis::config::read_city;
use parvis::domain::City;

/// A city from the text of its file.
pub fn city(slug: &str, text: &str) -> City {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(format!("{slug}.toml"));
    std::fs::write(&file, text).unwrap();
    read_city(&file).unwrap().0
}
