use std::path::PathBuf;

use serde::{Deserialize, Deserializer, de};
use toml::Spanned;

use super::opendata::DatasetFile;
use crate::config::Secret;

/// A city file as written. Everything but `name` and one hashtag or boundary has a default.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CityFile {
    pub name: Spanned<String>,
    /// Two-letter country code; decides which emergency numbers are told, and nothing else.
    pub country: Option<String>,
    /// INSEE code of a French commune; shown only.
    pub insee: Option<String>,
    /// Shown only.
    pub population: Option<u64>,
    #[serde(default = "default_timezone")]
    pub timezone: Spanned<String>,
    #[serde(default)]
    pub languages: Vec<Spanned<String>>,
    pub boundary: Option<Spanned<PathBuf>>,
    pub participation: Option<String>,
    #[serde(default)]
    pub look: LookFile,
    #[serde(default)]
    pub zone: Vec<ZoneFile>,
    pub around: Option<AroundFile>,
    #[serde(default)]
    pub recipe: RecipeFile,
    #[serde(default)]
    pub official: Vec<OfficialFile>,
    #[serde(default)]
    pub feed: Vec<FeedFile>,
    /// Public servers of the Mastodon API that are read for this city beside those that the operator reads for all.
    #[serde(default)]
    pub mastodon: Vec<Spanned<String>>,
    #[serde(default)]
    pub push: Vec<PushFile>,
    #[serde(default)]
    pub opendata: Vec<Spanned<DatasetFile>>,
    #[serde(default)]
    pub desk: DeskFile,
    /// Read and checked, and warned of: lanes of events are not opened by this version.
    #[serde(default)]
    pub event: Vec<EventFile>,
}

/// The city's two colours, on the light page and on the dark one.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LookFile {
    pub accent: Spanned<String>,
    pub accent_dark: Spanned<String>,
}

impl Default for LookFile {
    fn default() -> Self {
        Self { accent: Spanned::new(0..0, "#0f5c46".into()), accent_dark: Spanned::new(0..0, "#6fc7a3".into()) }
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ZoneFile {
    pub name: Spanned<String>,
    pub boundary: Option<Spanned<PathBuf>>,
    #[serde(default)]
    pub places: Vec<Spanned<String>>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AroundFile {
    pub name: Spanned<String>,
    pub boundary: Option<Spanned<PathBuf>>,
    #[serde(default)]
    pub hashtags: Vec<Spanned<String>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RecipeFile {
    pub invite: Option<Spanned<String>>,
    pub hashtags: Vec<Spanned<String>>,
    pub words: Vec<Spanned<String>>,
    pub word_networks: Vec<Spanned<String>>,
    pub all_of: Vec<Spanned<Vec<Spanned<String>>>>,
    pub ambiguous: Vec<Spanned<String>>,
    pub context: Vec<Spanned<String>>,
    pub accounts: Vec<Spanned<String>>,
    pub assembly: Vec<Spanned<String>>,
    pub exclude: ExcludeFile,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ExcludeFile {
    pub hashtags: Vec<Spanned<String>>,
    pub words: Vec<Spanned<String>>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfficialFile {
    pub name: String,
    #[serde(default)]
    pub group: String,
    pub kind: Spanned<String>,
    pub accounts: Vec<Spanned<String>>,
    pub site: Option<Spanned<String>>,
    pub reason: Option<Spanned<String>>,
    pub since: Option<Spanned<String>>,
    pub until: Option<Spanned<String>>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeedFile {
    pub url: Spanned<String>,
    pub lane: Spanned<String>,
}

/// Somebody who sends signed deliveries.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PushFile {
    pub name: Spanned<String>,
    pub kind: Spanned<String>,
    pub lane: Spanned<String>,
    pub secrets: Spanned<SecretList>,
    pub per_hour: Option<Spanned<i64>>,
}

/// Where secrets are.
#[derive(Clone, Debug)]
pub struct SecretList(pub Vec<Secret>);

impl<'de> Deserialize<'de> for SecretList {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // The message quotes nothing of what was written: it may be the secret itself.
        let refused = |_error| {
            de::Error::custom(
                "give a list of one or two places, as in [{ file = \"PATH\" }, { env = \"NAME\" }]: a secret is not written here",
            )
        };
        Vec::deserialize(deserializer).map(Self).map_err(refused)
    }
}

/// The town hall's desk.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DeskFile {
    /// When it is staffed, in the city's time zone; Monday to Friday, nine to five, when it isn't said.
    pub hours: Option<Spanned<String>>,
    /// Days on which it is closed beside those: holidays.
    pub closed: Vec<Spanned<String>>,
    /// Whether a notice that is written at the desk is published by somebody else than who wrote it.
    pub approve_notices: bool,
    /// When somebody may be told of what is unusual, written as `hours`; those, without the days on which it is closed, when it
    /// isn't said. What is written here stands on holidays too.
    pub duty: Option<Spanned<String>>,
    /// Addresses that are told by mail of what is unusual.
    pub mail: Vec<Spanned<String>>,
    /// A program that is told by signed requests.
    pub webhook: Option<WebhookFile>,
}

/// Where signed requests go: Standard Webhooks.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookFile {
    pub url: Spanned<String>,
    pub secret: Spanned<Secret>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventFile {
    pub name: Spanned<String>,
    pub hashtags: Vec<Spanned<String>>,
    pub from: toml::value::Datetime,
    pub until: toml::value::Datetime,
}

fn default_timezone() -> Spanned<String> {
    Spanned::new(0..0, "Europe/Paris".into())
}

fn plain(values: &[Spanned<String>]) -> Vec<&str> {
    values.iter().map(|value| value.get_ref().as_str()).collect()
}

/// What decides, without the places in the file: the input of the recipe's hash.
impl CityFile {
    pub(super) fn languages_plain(&self) -> Vec<&str> {
        plain(&self.languages)
    }

    pub(super) fn zones_plain(&self) -> Vec<(&str, Vec<&str>)> {
        self.zone.iter().map(|zone| (zone.name.get_ref().as_str(), plain(&zone.places))).collect()
    }

    pub(super) fn official_accounts_plain(&self) -> Vec<Vec<&str>> {
        self.official.iter().map(|official| plain(&official.accounts)).collect()
    }

    pub(super) fn feeds_plain(&self) -> Vec<(&str, &str)> {
        self.feed.iter().map(|feed| (feed.url.get_ref().as_str(), feed.lane.get_ref().as_str())).collect()
    }

    pub(super) fn pushes_plain(&self) -> Vec<[&str; 3]> {
        self.push.iter().map(|push| [&push.name, &push.kind, &push.lane].map(|part| part.get_ref().as_str())).collect()
    }

    pub(super) fn around_plain(&self) -> Option<(&str, Vec<&str>)> {
        self.around.as_ref().map(|around| (around.name.get_ref().as_str(), plain(&around.hashtags)))
    }
}

impl RecipeFile {
    pub(super) fn without_spans(&self) -> Vec<Vec<&str>> {
        let mut parts = vec![self.invite.iter().map(|tag| tag.get_ref().as_str()).collect()];
        for list in [
            &self.hashtags,
            &self.words,
            &self.word_networks,
            &self.ambiguous,
            &self.context,
            &self.accounts,
            &self.assembly,
            &self.exclude.hashtags,
            &self.exclude.words,
        ] {
            parts.push(plain(list));
        }
        parts.extend(self.all_of.iter().map(|group| plain(group.get_ref())));
        parts
    }
}
