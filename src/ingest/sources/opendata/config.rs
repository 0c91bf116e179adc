//! `[source.opendata]`.
//!
//! Owns the keys, their defaults and their bounds. Does not own which datasets are read: the cities' files list them.
//! Invariant: settings that were read are ones that this version can run.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ingest::strict::within;

/// The datasets that the cities' files list (`[[opendata]]`). The table alone turns them on; every key has a default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct OpenDataSettings {
    /// Seconds between two visits to a dataset (60 to 86,400). Each takes some requests, with a pause between them.
    #[serde(deserialize_with = "within::<60, 86_400, _>")]
    #[schemars(range(min = 60, max = 86_400))]
    pub every_seconds: u32,
}

impl Default for OpenDataSettings {
    fn default() -> Self {
        Self { every_seconds: 1_800 }
    }
}
