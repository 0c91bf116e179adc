//! `[source.bluesky]`.
//!
//! Owns the keys, their defaults and their bounds. Does not own what they do. Invariant: settings that were read are
//! ones that this version can run; what it can't is refused where it stands in the file.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de};

use crate::ingest::strict::{address, within};

pub const DEFAULT_PROFILE_ATTEMPTS: u32 = 5;
const MOST_ENDPOINTS: usize = 16;

/// Bluesky, through its Jetstream servers. The table alone turns it on; every key has a default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct BlueskySettings {
    /// The wire that the servers speak: "v1" (`/subscribe`), which all do, or "v2" (`subscribeEvents`), where a server
    /// says by itself what it no longer has. Either goes on where the other was.
    pub wire: Wire,
    /// Jetstream servers (`wss://…`), at least one and at most 16, tried in turn: when one fails or cuts us off, the
    /// next takes over from the same instant.
    #[serde(deserialize_with = "endpoints")]
    pub endpoints: Vec<String>,
    /// Compressed frames (zstd): less than half of the traffic. It needs a dictionary. Servers of "v2" give theirs out;
    /// that of "v1" has to be named by one of the next two keys. Without it the frames come uncompressed, and the log and
    /// the source's health say so.
    pub compress: bool,
    /// The dictionary of "v1" as a file, relative to this one. Its id must be 1612007021.
    pub dictionary: Option<PathBuf>,
    /// The same as an address (`https://…`) from which it is fetched once, when it is first needed; at most 1 MiB.
    #[serde(deserialize_with = "dictionary_url")]
    pub dictionary_url: Option<String>,
    /// The AppView that is asked for authors' profiles and whether posts still exist.
    #[serde(deserialize_with = "appview")]
    pub appview: String,
    /// Seconds without any event (5 to 86,400) after which the stream counts as silent and is connected anew. The real
    /// network brings dozens of events a second.
    #[serde(deserialize_with = "within::<5, 86_400, _>")]
    #[schemars(range(min = 5, max = 86_400))]
    pub stall_seconds: u32,
    /// Seconds that are read again (0 to 3,600) when the stream is resumed: servers stamp the same event at slightly
    /// different instants. What is read twice is stored once.
    #[serde(deserialize_with = "within::<0, 3_600, _>")]
    #[schemars(range(max = 3_600))]
    pub rewind_seconds: u32,
    /// The same where another server goes on than the one that was read (0 to 3,600), or it is not known which was: one that
    /// lags behind its own source stamps events late.
    #[serde(deserialize_with = "within::<0, 3_600, _>")]
    #[schemars(range(max = 3_600))]
    pub rewind_elsewhere_seconds: u32,
    /// A server that keeps what we last read sends it again when we resume. When its first event is later than that by
    /// more than this many seconds (0 to 86,400), what lay between is lost to us and reported as a gap. It allows for
    /// servers' clocks; it need not be raised for a quiet stream.
    #[serde(deserialize_with = "within::<0, 86_400, _>")]
    #[schemars(range(max = 86_400))]
    pub gap_tolerance_seconds: u32,
    /// How often (1 to 100) an author's profile is asked for before the author counts as unknown and the post is
    /// refused.
    #[serde(deserialize_with = "within::<1, 100, _>")]
    #[schemars(range(min = 1, max = 100))]
    pub profile_attempts: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Wire {
    V1,
    V2,
}

impl Default for BlueskySettings {
    fn default() -> Self {
        Self {
            wire: Wire::V1,
            endpoints: vec![
                "wss://jetstream1.us-east.bsky.network".into(),
                "wss://jetstream2.us-east.bsky.network".into(),
            ],
            compress: false,
            dictionary: None,
            dictionary_url: None,
            appview: "https://public.api.bsky.app".into(),
            stall_seconds: 60,
            rewind_seconds: 5,
            rewind_elsewhere_seconds: 120,
            gap_tolerance_seconds: 10,
            profile_attempts: DEFAULT_PROFILE_ATTEMPTS,
        }
    }
}

fn endpoints<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let endpoints = Vec::<String>::deserialize(deserializer)?;
    if endpoints.is_empty() || endpoints.len() > MOST_ENDPOINTS {
        return Err(de::Error::custom(format!("give between 1 and {MOST_ENDPOINTS} endpoints")));
    }
    endpoints.into_iter().map(|endpoint| address(endpoint, &["ws", "wss"])).collect()
}

fn appview<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    address(String::deserialize(deserializer)?, &["http", "https"])
}

fn dictionary_url<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    address(String::deserialize(deserializer)?, &["http", "https"]).map(Some)
}

#[cfg(test)]
mod tests {
    use super::super::super::SourceSettings;
    use super::*;

    fn read(text: &str) -> Result<SourceSettings, String> {
        toml::from_str(text).map_err(|error| error.to_string())
    }

    #[test]
    fn an_empty_table_turns_bluesky_on_with_its_defaults() {
        assert_eq!(read("").map(|settings| settings.bluesky), Ok(None));
        assert_eq!(read("[bluesky]").map(|settings| settings.bluesky), Ok(Some(BlueskySettings::default())));
    }

    #[test]
    fn what_this_version_cannot_do_is_refused_where_it_stands() {
        for (line, says) in [
            ("wire = \"v3\"", "expected `v1` or `v2`"),
            ("compress = 1", "expected a boolean"),
            ("dictionary_url = \"file:///etc/passwd\"", "must begin with http:// or https://"),
            ("endpoints = []", "between 1 and 16"),
            ("endpoints = [\"https://example.org\"]", "must begin with ws:// or wss://"),
            ("endpoints = [\"example\"]", "not an address"),
            ("appview = \"wss://example.org\"", "must begin with http:// or https://"),
            ("stall_seconds = 4", "not between 5 and 86400"),
            ("rewind_seconds = -1", "not between 0 and 3600"),
            ("profile_attempts = 0", "not between 1 and 100"),
            ("speed = 1", "unknown field"),
        ] {
            let error = read(&format!("[bluesky]\n{line}\n")).expect_err(line);
            assert!(error.contains(says) && error.contains("line 2"), "{line}: {error}");
        }
        assert!(read("[blueski]").expect_err("typo").contains("unknown field"));
    }

    #[test]
    fn the_schema_carries_the_manual() {
        let schema = serde_json::to_string(&schemars::schema_for!(SourceSettings)).unwrap();
        for words in ["tried in turn", "less than half", "[\"v1\",\"v2\"]", "86400", "public.api.bsky.app"] {
            assert!(schema.contains(words), "{words}: {schema}");
        }
    }
}
