//! The cities of the folder, and who the accounts are that they list.
//!
//! Owns reading and compiling all cities at the start, and asking the networks for listed accounts. Does not own the
//! file format (`config`), nor what happens to a changed city (`reload`). Invariant: nothing waits for a network here.

mod listed;

use std::path::Path;

use anyhow::Context;

use crate::config::{CityFiles, CityProblem};
use crate::domain::City;
use crate::matcher::CitySet;

pub use listed::{Answers, Listed};

/// All cities as read at one moment: the compiled snapshot, and what can't be used.
pub struct Cities {
    pub set: CitySet,
    /// Slug and first problem of each broken file.
    pub broken: Vec<(String, String)>,
    /// For looking again.
    pub files: CityFiles,
}

/// Reads and compiles a folder of city files. `amend` may change a city before it is compiled (the demonstration lists
/// its own bodies).
pub fn read(folder: &Path, amend: &dyn Fn(&mut City)) -> anyhow::Result<Cities> {
    let files =
        CityFiles::read(folder, amend).with_context(|| format!("{}: the cities can't be read", folder.display()))?;
    let broken = files.broken().map(|(slug, problems)| (slug.to_owned(), first_problem(problems))).collect();
    Ok(Cities { set: CitySet::compile(files.cities().cloned()), broken, files })
}

/// The line that says why a file can't be used.
pub fn first_problem(problems: &[CityProblem]) -> String {
    problems.iter().find(|problem| !problem.warning).map(ToString::to_string).unwrap_or_default()
}
