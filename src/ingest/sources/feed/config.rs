//! `[source.feed]`.
//!
//! Owns the keys, their defaults and their bounds. Does not own which feeds are read: the cities' files list them.
//! Invariant: settings that were read are ones that this version can run.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ingest::strict::within;

/// The feeds that the cities' files list (`[[feed]]`). The table alone turns them on; every key has a default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct FeedSettings {
    /// Seconds between two visits to a feed (60 to 86,400). A feed that asks to be visited less often is; feeds of one
    /// host are visited one after another.
    #[serde(deserialize_with = "within::<60, 86_400, _>")]
    #[schemars(range(min = 60, max = 86_400))]
    pub every_seconds: u32,
}

impl Default for FeedSettings {
    fn default() -> Self {
        Self { every_seconds: 900 }
    }
}
