//! `[[source.mastodon]]`.
//!
//! Owns the keys of one server, their defaults and their bounds. Does not own which tags are read: the cities' files say
//! so. Invariant: settings that were read are ones that this version can run, and a token has its agreement (L-07).

use std::collections::HashSet;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de};

use crate::config::{Secret, server_address};
use crate::ingest::strict::within;

/// Servers of one configuration.
const SERVERS_MAX: usize = 32;
/// Bytes of an agreement; it is a note to those who come after.
const AGREEMENT_BYTES_MAX: usize = 500;

/// One server that speaks the Mastodon API: Mastodon and its forks, GoToSocial, Pleroma, Akkoma, Friendica, Pixelfed.
/// Its people's posts are taken from it alone, those of servers that are not listed here from each that has them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MastodonSettings {
    /// The server's address (`https://…`), without a path.
    #[serde(deserialize_with = "server")]
    pub server: String,
    /// The token of an account there, which turns streaming on: `{ env = "NAME" }` or `{ file = "PATH" }`. The account
    /// is best a bot's that follows, blocks and mutes nobody and has chosen no languages: its settings filter what comes.
    /// Without a token the timelines of the cities' tags are asked for, where the server shows them to the public.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<Secret>,
    /// Who of the server agreed to the token, when, and to what. Required with a token, which is not used without it.
    #[serde(default)]
    pub agreement: String,
    /// Seconds between two looks at the timelines (15 to 3,600). They become more where there are so many tags that half
    /// of what the server allows would not do.
    #[serde(default = "default_every_seconds", deserialize_with = "within::<15, 3_600, _>")]
    #[schemars(range(min = 15, max = 3_600))]
    pub every_seconds: u32,
}

impl MastodonSettings {
    /// Without a token.
    pub fn new(server: &str) -> Self {
        Self {
            server: server.to_owned(),
            token: None,
            agreement: String::new(),
            every_seconds: default_every_seconds(),
        }
    }

    /// As the documentation shows one.
    pub fn example() -> Self {
        Self {
            token: Some(Secret::Env("MASTODON_TOKEN".into())),
            agreement: "admin@mastodon.example, 2026-12-01, read:statuses".into(),
            ..Self::new("https://mastodon.example")
        }
    }

    /// The rules that hold between keys.
    fn check(&self) -> Result<(), String> {
        if self.token.is_some() && self.agreement.trim().is_empty() {
            return Err(format!(
                "{}: a token is used only with the agreement of the server's admin: write in `agreement` who gave it, \
                 when, and to what",
                self.server
            ));
        }
        if self.agreement.len() > AGREEMENT_BYTES_MAX {
            return Err(format!("{}: the agreement is longer than {AGREEMENT_BYTES_MAX} bytes", self.server));
        }
        Ok(())
    }
}

/// All servers, each once.
pub fn servers<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<MastodonSettings>, D::Error> {
    let servers = Vec::<MastodonSettings>::deserialize(deserializer)?;
    if servers.len() > SERVERS_MAX {
        return Err(de::Error::custom(format!("give at most {SERVERS_MAX} servers")));
    }
    let mut seen = HashSet::new();
    for settings in &servers {
        settings.check().map_err(de::Error::custom)?;
        if !seen.insert(&settings.server) {
            return Err(de::Error::custom(format!("{} is given twice", settings.server)));
        }
    }
    Ok(servers)
}

const fn default_every_seconds() -> u32 {
    60
}

fn server<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    server_address(&String::deserialize(deserializer)?).map_err(de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::super::super::SourceSettings;
    use super::*;

    fn read(text: &str) -> Result<Vec<MastodonSettings>, String> {
        toml::from_str(text).map(|settings: SourceSettings| settings.mastodon).map_err(|error| error.to_string())
    }

    #[test]
    fn a_server_needs_an_address_and_nothing_else() {
        assert_eq!(read(""), Ok(Vec::new()));
        let two = "[[mastodon]]\nserver = \"https://Un.example/\"\n[[mastodon]]\nserver = \"https://deux.example\"\n";
        let expected = ["https://un.example", "https://deux.example"].map(MastodonSettings::new);
        assert_eq!(read(two), Ok(expected.to_vec()));
    }

    #[test]
    fn l07_no_agreement_no_token() {
        let with = |more: &str| read(&format!("[[mastodon]]\nserver = \"https://un.example\"\n{more}"));
        let token = "token = { env = \"TOKEN\" }\n";
        for agreement in ["", "agreement = \"  \"\n"] {
            let error = with(&format!("{token}{agreement}")).unwrap_err();
            assert!(error.contains("https://un.example: a token is used only with the agreement"), "{error}");
        }
        let agreed = with(&format!("{token}agreement = \"ana@un.example, 2026-12-01, read\"\n")).unwrap();
        assert_eq!(agreed[0].token, Some(Secret::Env("TOKEN".into())));
        assert!(with("token = \"canary\"\nagreement = \"x\"\n").unwrap_err().contains("a secret is not written here"));
    }

    #[test]
    fn what_this_version_cannot_do_is_refused() {
        for (line, says) in [
            ("server = \"http://un.example\"", "must begin with https://"),
            ("server = \"wss://un.example\"", "must begin with https://"),
            ("server = \"un.example\"", "not an address"),
            ("server = \"https://un.example/api\"", "a server's address alone"),
            ("server = \"https://ana:mot@un.example\"", "a server's address alone"),
            ("server = \"https://un.example\"\nevery_seconds = 14", "not between 15 and 3600"),
            ("server = \"https://un.example\"\nspeed = 1", "unknown field"),
            ("every_seconds = 60", "missing field `server`"),
            ("server = \"https://un.example\"\n[[mastodon]]\nserver = \"https://un.example/\"", "given twice"),
        ] {
            let error = read(&format!("[[mastodon]]\n{line}\n")).expect_err(line);
            assert!(error.contains(says), "{line}: {error}");
        }
        let long = format!("agreement = \"{}\"", "x".repeat(501));
        assert!(
            read(&format!("[[mastodon]]\nserver = \"https://un.example\"\n{long}")).unwrap_err().contains("longer")
        );
        let many: String =
            (0..=SERVERS_MAX).map(|n| format!("[[mastodon]]\nserver = \"https://s{n}.example\"\n")).collect();
        assert!(read(&many).unwrap_err().contains("at most 32"));
        assert!(read("[[mastodon]]\nserver = \"http://127.0.0.1:3000\"").is_ok(), "for tests");
    }
}
