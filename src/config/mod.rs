//! Typed configuration: `parvis.toml` and the city files.
//!
//! Owns reading, defaults, documentation and every error an operator can make in a file. Does not own what a value
//! means: each stage takes its section as a value, and a network's section is a type of `ingest::sources`, handed in
//! as the parameter of [`Settings`]. Invariant: unknown keys are refused, and a section that exists has been checked.

mod city;
mod document;
mod secret;
mod section;
mod server;

pub use city::{
    CityFile, CityFiles, CityProblem, CityState, check_outline, is_common_word, outline_polygons, read_city,
};
pub use document::document;
pub use secret::{Revealed, Secret};
pub use section::{
    CitiesSettings, ConsentSettings, ControllerKind, HttpSettings, IngestSettings, LegalBasis, LookupSettings,
    MailSettings, PolicyName, PrivacySettings, Purpose, Section, Settings, StoreSettings,
};
pub use server::server_address;

use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

/// Why a configuration can't be used: one line that names the place and the mend.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("{}: {reason}", file.display())]
    Unreadable { file: PathBuf, reason: String },
    #[error("{}:{line}:{column}: {reason}", file.display())]
    Invalid { file: PathBuf, line: usize, column: usize, reason: String },
    #[error("environment variable {name}: {reason}")]
    Environment { name: String, reason: String },
    #[error("{key}: {reason}")]
    Value { key: &'static str, reason: String },
}

/// The prefix of environment variables that override keys: `PARVIS__HTTP__LISTEN` is `http.listen`.
const ENVIRONMENT_PREFIX: &str = "PARVIS__";

/// Reads `file`, applies overrides from `environment`, checks every section, and makes paths relative to the file.
pub fn load<S>(file: &Path, environment: impl IntoIterator<Item = (String, String)>) -> Result<Settings<S>, ConfigError>
where
    S: DeserializeOwned + Default + Section,
{
    let text = std::fs::read_to_string(file)
        .map_err(|error| ConfigError::Unreadable { file: file.to_owned(), reason: error.to_string() })?;
    let mut settings: Settings<S> = toml::from_str(&text).map_err(|error| invalid(file, &text, &error))?;
    let mut overrides: Vec<(String, String)> =
        environment.into_iter().filter(|(name, _)| name.starts_with(ENVIRONMENT_PREFIX)).collect();
    overrides.sort();
    if !overrides.is_empty() {
        let mut table: toml::Table = toml::from_str(&text).map_err(|error| invalid(file, &text, &error))?;
        for (name, value) in &overrides {
            // Each variable is applied and read on its own, so that an error names the one to mend.
            apply_override(&mut table, name, value)?;
            settings = Settings::<S>::deserialize_table(table.clone())
                .map_err(|error| ConfigError::Environment { name: name.clone(), reason: error.message().to_owned() })?;
        }
    }
    settings.make_paths_relative_to(file.parent().unwrap_or(Path::new(".")));
    settings.check()?;
    Ok(settings)
}

fn apply_override(table: &mut toml::Table, name: &str, value: &str) -> Result<(), ConfigError> {
    let refused = |reason: &str| ConfigError::Environment { name: name.to_owned(), reason: reason.to_owned() };
    let path: Vec<String> =
        name.trim_start_matches(ENVIRONMENT_PREFIX).split("__").map(str::to_ascii_lowercase).collect();
    let Some((key, sections)) = path.split_last().filter(|(_, sections)| !sections.is_empty()) else {
        return Err(refused("name a section and a key, as in PARVIS__HTTP__LISTEN"));
    };
    let mut target = table;
    for section in sections {
        target = target
            .entry(section.clone())
            .or_insert_with(|| toml::Value::Table(toml::Table::new()))
            .as_table_mut()
            .ok_or_else(|| refused("this is not a section"))?;
    }
    // What reads as a TOML value is one (numbers, booleans, lists); everything else is a string.
    let parsed = toml::from_str::<toml::Table>(&format!("value = {value}"))
        .ok()
        .and_then(|mut table| table.remove("value"))
        .unwrap_or_else(|| toml::Value::String(value.to_owned()));
    target.insert(key.clone(), parsed);
    Ok(())
}

fn invalid(file: &Path, text: &str, error: &toml::de::Error) -> ConfigError {
    let (line, column) = error.span().map_or((1, 1), |span| line_and_column(text, span.start));
    ConfigError::Invalid { file: file.to_owned(), line, column, reason: error.message().trim().replace('\n', " ") }
}

/// One-based line and column (in characters) of a byte offset.
fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    (before.matches('\n').count() + 1, before.get(line_start..).unwrap_or("").chars().count() + 1)
}

#[cfg(test)]
mod tests;
