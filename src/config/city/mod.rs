//! City files: one `<slug>.toml` with its outlines becomes one [`City`] value, or a list of what to mend.
//!
//! Owns the file format and its checks. Does not own matching: terms are handed on as written. Invariant: a city that
//! is returned has a valid outline or none, and names no account, colour or time zone that can't exist.

mod boundary;
mod bounds;
mod check;
mod contrast;
mod desk;
mod file;
mod folder;
mod push;
mod opendata;
mod reader;
mod seen;
mod soundness;
mod sources;

pub use boundary::polygons as outline_polygons;
pub use check::is_common_word;
pub use file::CityFile;
pub use folder::{CityFiles, CityState};
pub use soundness::check as check_outline;

use std::path::{Path, PathBuf};

use super::line_and_column;
use crate::domain::City;
use reader::Reader;
use seen::Seen;

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

/// Reads one city file with the outlines it names. Returns the city and its warnings, or everything that is to mend.
pub fn read_city(path: &Path) -> Result<(City, Vec<CityProblem>), Vec<CityProblem>> {
    read(path, true).0
}

type CityRead = Result<(City, Vec<CityProblem>), Vec<CityProblem>>;

/// As [`read_city`], with every file that was read for it. What gives warnings alone a server does not ask for: comparing
/// outlines with each other takes longer than all the rest, and secrets are read by who uses them.
fn read(path: &Path, looks_closely: bool) -> (CityRead, Vec<Seen>) {
    let (seen, text) = Seen::read(path);
    let parsed = text.map_err(|reason| vec![problem(path, "", None, &reason)]).and_then(|text| {
        let file: CityFile = toml::from_str(&text)
            .map_err(|error| vec![problem(path, &text, error.span(), &error.message().trim().replace('\n', " "))])?;
        Ok((text, file))
    });
    let (text, file) = match parsed {
        Ok(parsed) => parsed,
        Err(problems) => return (Err(problems), vec![seen]),
    };
    let mut reader = Reader { path, text: &text, problems: Vec::new(), seen: vec![seen] };
    let city = reader.city(&file);
    if let Some(city) = city.as_ref().filter(|_| looks_closely) {
        reader.check_zones(&file, city);
        reader.check_secrets(&file, city);
        reader.check_webhook(&file, city);
    }
    let is_refused = reader.problems.iter().any(|problem| !problem.warning);
    let read = match city {
        Some(city) if !is_refused => Ok((city, reader.problems)),
        _ => Err(reader.problems),
    };
    (read, reader.seen)
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
