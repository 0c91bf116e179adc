//! City files: one `<slug>.toml` with its outlines becomes one [`City`] value, or a list of what to mend.
//!
//! Owns the file format and its checks. Does not own matching: terms are handed on as written. Invariant: a city that
//! is returned has a valid outline or none, and names no account, colour or time zone that can't exist.

mod boundary;
mod bounds;
mod check;
mod contrast;
mod file;
mod reader;

pub use file::CityFile;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::line_and_column;
use crate::domain::City;
use reader::Reader;

/// Something to mend in a city file, with its place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}:{line}:{column}: {reason}", file.display())]
pub struct CityProblem {
    pub file: PathBuf,
    pub line: usize,
    pub column: usize,
    pub reason: String,
    /// A warning leaves the city running; anything else refuses the file.
    pub warning: bool,
}

/// All city files of a folder, as read at one moment.
#[derive(Debug, Default)]
pub struct CityFolder {
    pub cities: Vec<City>,
    /// Slug and problems of each file that can't be used.
    pub broken: BTreeMap<String, Vec<CityProblem>>,
    /// Changes whenever a byte of a city file or of an outline it names changes.
    pub fingerprint: String,
}

/// Addresses that mean something else.
const RESERVED: [&str; 20] = [
    "api",
    "desk",
    "operator",
    "assets",
    "healthz",
    "readyz",
    "metrics",
    "openapi",
    "static",
    "well-known",
    "admin",
    "embed",
    "wall",
    "week",
    "login",
    "logout",
    "favicon",
    "robots",
    "sitemap",
    "parvis",
];

/// Most cities that a folder may hold; further files are reported as broken.
const CITIES_MAX: usize = 40_000;

/// Reads every `*.toml` of `folder`, in the order of their names. A broken file does not hide the others.
pub fn read_folder(folder: &Path) -> std::io::Result<CityFolder> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    files.sort();
    let mut read = CityFolder::default();
    let mut fingerprint = blake3::Hasher::new();
    for (index, file) in files.iter().enumerate() {
        let slug = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if index >= CITIES_MAX {
            let problem = problem(file, "", None, &format!("more than {CITIES_MAX} city files"));
            read.broken.insert(slug, vec![problem]);
            continue;
        }
        match read_city(file) {
            Ok((city, _warnings, hash)) => {
                fingerprint.update(hash.as_bytes());
                read.cities.push(city);
            }
            Err(problems) => {
                fingerprint.update(&std::fs::read(file).unwrap_or_default());
                read.broken.insert(slug, problems);
            }
        }
    }
    read.fingerprint = fingerprint.finalize().to_hex().to_string();
    Ok(read)
}

/// Reads one city file with the outlines it names. Returns the city, its warnings and a hash over all bytes read.
pub fn read_city(path: &Path) -> Result<(City, Vec<CityProblem>, String), Vec<CityProblem>> {
    let text = std::fs::read_to_string(path).map_err(|error| vec![problem(path, "", None, &error.to_string())])?;
    let file: CityFile = toml::from_str(&text)
        .map_err(|error| vec![problem(path, &text, error.span(), &error.message().trim().replace('\n', " "))])?;
    let mut reader = Reader { path, text: &text, problems: Vec::new(), hash: blake3::Hasher::new() };
    reader.hash.update(text.as_bytes());
    let city = reader.city(&file);
    let refused = reader.problems.iter().any(|problem| !problem.warning);
    match city {
        Some(city) if !refused => Ok((city, reader.problems, reader.hash.finalize().to_hex().to_string())),
        _ => Err(reader.problems),
    }
}

fn problem(path: &Path, text: &str, span: Option<std::ops::Range<usize>>, reason: &str) -> CityProblem {
    let (line, column) = span.map_or((1, 1), |span| line_and_column(text, span.start));
    CityProblem { file: path.to_owned(), line, column, reason: reason.to_owned(), warning: false }
}

/// A slug is an address: lower-case ASCII letters, digits and inner hyphens, and none that means something else.
pub fn check_slug(slug: &str) -> Result<(), String> {
    let sound = slug.len() <= 64
        && !slug.is_empty()
        && slug.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && !slug.starts_with('-')
        && !slug.ends_with('-');
    if !sound {
        return Err(format!("the file name is the city's address: use a-z, 0-9 and hyphens, not {slug:?}"));
    }
    if RESERVED.contains(&slug) {
        return Err(format!("{slug:?} is an address of the server itself: name the file differently"));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
