//! `[source.opendata]`.
//!
//! Owns the keys, their defaults and their bounds. Does not own which datasets are read: the cities' files list them.
//! Invariant: settings that were read are ones that this version can run.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de};

/// The datasets that the cities' files list (`[[opendata]]`). The table alone turns them on; every key has a default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct OpenDataSettings {
    /// Seconds between two visits to a dataset (60 to 86,400). Each takes some requests, with a pause between them.
    #[serde(deserialize_with = "every_seconds")]
    #[schemars(range(min = 60, max = 86_400))]
    pub every_seconds: u32,
}

impl Default for OpenDataSettings {
    fn default() -> Self {
        Self { every_seconds: 1_800 }
    }
}

fn every_seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    // Read wide, so that a negative or huge number gets this message and not one about integer types.
    let seconds = i64::deserialize(deserializer)?;
    u32::try_from(seconds)
        .ok()
        .filter(|seconds| (60..=86_400).contains(seconds))
        .ok_or_else(|| de::Error::custom("give between 60 and 86400 seconds"))
}
