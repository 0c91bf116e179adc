//! `[[source.nostr]]`.
//!
//! Owns the keys, their defaults and their bounds. Does not own what they do. Invariant: settings that were read are
//! ones that this version can run; what it can't is refused where it stands in the file.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de};
use url::Url;

use crate::ingest::strict::{address, within};

pub const DEFAULT_PAGE: &str = "https://njump.me/";
const RELAYS_MAX: usize = 16;

/// One relay, which is read for what the cities ask for. None is read unless it is listed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NostrSettings {
    /// The relay's address (`wss://…`).
    #[serde(deserialize_with = "relay")]
    pub relay: String,
    /// What stands before an event's name (`nevent1…`) in the address that a card leads to: a site that shows events.
    #[serde(default = "default_page", deserialize_with = "page")]
    pub page: String,
    /// Seconds that are read again (3,600 to 172,800) when reading is resumed: events are dated by their authors and may
    /// come late. What is read twice is stored once.
    #[serde(default = "default_overlap", deserialize_with = "within::<3_600, 172_800, _>")]
    #[schemars(range(min = 3_600, max = 172_800))]
    pub overlap_seconds: u32,
}

impl NostrSettings {
    /// As the documentation shows one.
    pub fn example() -> Self {
        Self { relay: "wss://relay.example".into(), page: default_page(), overlap_seconds: default_overlap() }
    }
}

fn default_page() -> String {
    DEFAULT_PAGE.to_owned()
}

const fn default_overlap() -> u32 {
    3_600
}

/// Reads the list: at most [`RELAYS_MAX`], each host once, since a host names the source.
pub fn relays<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<NostrSettings>, D::Error> {
    let relays = Vec::<NostrSettings>::deserialize(deserializer)?;
    if relays.len() > RELAYS_MAX {
        return Err(de::Error::custom(format!("give at most {RELAYS_MAX} relays")));
    }
    for (index, relay) in relays.iter().enumerate() {
        if relays.iter().take(index).any(|other| name_of(&other.relay) == name_of(&relay.relay)) {
            return Err(de::Error::custom(format!("{:?} is given twice", relay.relay)));
        }
    }
    Ok(relays)
}

/// Host, with the port and path that are not everybody's: what tells one relay from another.
pub fn name_of(relay: &str) -> String {
    let Ok(url) = Url::parse(relay) else { return relay.to_owned() };
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}{port}{}", url.host_str().unwrap_or_default(), url.path().trim_end_matches('/'))
}

fn relay<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    address(String::deserialize(deserializer)?, &["ws", "wss"])
}

fn page<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    address(String::deserialize(deserializer)?, &["http", "https"])
}

#[cfg(test)]
mod tests {
    use super::super::super::SourceSettings;
    use super::*;

    fn read(text: &str) -> Result<SourceSettings, String> {
        toml::from_str(text).map_err(|error| error.to_string())
    }

    #[test]
    fn no_relay_is_read_unless_it_is_listed() {
        assert_eq!(read("").map(|settings| settings.nostr), Ok(Vec::new()));
        let one = NostrSettings {
            relay: "wss://relay.example".into(),
            page: "https://njump.me/".into(),
            overlap_seconds: 3_600,
        };
        assert_eq!(read("[[nostr]]\nrelay = \"wss://relay.example\"").map(|settings| settings.nostr), Ok(vec![one]));
        assert!(read("[nostr]").is_err() && read("[[nostr]]").expect_err("none").contains("missing field `relay`"));
    }

    #[test]
    fn what_this_version_cannot_do_is_refused_where_it_stands() {
        for (line, says) in [
            ("relay = \"https://relay.example\"", "must begin with ws:// or wss://"),
            ("relay = \"relay.example\"", "not an address"),
            ("relay = \"wss://a.example\"\npage = \"javascript:x\"", "must begin with http:// or https://"),
            ("relay = \"wss://a.example\"\noverlap_seconds = 60", "not between 3600 and 172800"),
            ("relay = \"wss://a.example\"\nkey = \"nsec1\"", "unknown field"),
        ] {
            let error = read(&format!("[[nostr]]\n{line}\n")).expect_err(line);
            assert!(error.contains(says), "{line}: {error}");
        }
        let list = |relays: &[&str]| {
            read(&relays.iter().map(|relay| format!("[[nostr]]\nrelay = {relay:?}\n")).collect::<String>())
        };
        assert!(list(&["wss://a.example", "wss://A.example/"]).expect_err("twice").contains("given twice"));
        assert!(list(&["wss://a.example", "wss://a.example/b", "ws://a.example:81"]).is_ok());
        let many: Vec<String> = (0..17).map(|number| format!("wss://{number}.example")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert!(list(&many).expect_err("many").contains("at most 16"));
    }
}
