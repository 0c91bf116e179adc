use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ConfigError, Secret};

/// The whole of `parvis.toml`. Every key has a default but those of `[privacy]`, which are required as soon as
/// `public_url` is not a loopback address.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Settings<S: Default> {
    pub http: HttpSettings,
    pub privacy: PrivacySettings,
    pub store: StoreSettings,
    pub cities: CitiesSettings,
    pub lookup: LookupSettings,
    pub ingest: IngestSettings,
    pub consent: ConsentSettings,
    pub mail: MailSettings,
    /// The networks. A `[source.<network>]` table turns its network on.
    pub source: S,
}

/// The web server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct HttpSettings {
    /// Address and port to listen on. Put a TLS proxy in front for anything but loopback.
    pub listen: String,
    /// The address under which people reach this server; links, feeds and the content security policy use it.
    pub public_url: String,
    /// Addresses of proxies, or networks as 10.0.0.0/8, whose `X-Forwarded-For` is believed. Nobody else's is.
    pub trusted_proxies: Vec<String>,
    /// Live connections from one IPv4 address or IPv6 /64; schools and mobile networks share one. One more is closed
    /// with 4029.
    pub max_sessions_per_address: usize,
    /// Live connections in all: the real bound. One more is answered 503 before the upgrade. The system's limit of open
    /// files (LimitNOFILE in a systemd unit) must allow as many, and some 4,300 for everything else: where it does not,
    /// fewer are let in, and the log says so.
    pub max_sessions: usize,
    /// Pages and API reads worked on at the same time; 0: eight for each core. As many more wait for a tenth of a
    /// second, and what is beyond is answered 503. Live connections, static files and health are not counted.
    pub max_requests: usize,
    /// Seconds between two pings to a live connection (1 to 300). A proxy that ends quiet connections earlier needs
    /// less.
    pub ping_seconds: u64,
    /// Seconds (1 to 60) in which a ping is to be answered; whoever does not is gone.
    pub pong_seconds: u64,
    /// Seconds (1 to 300) after which a client that takes nothing of what was sent to it is cut off.
    pub unsent_seconds: u64,
    /// Address and port for `/metrics` alone; empty: it is served beside the pages.
    pub metrics_listen: String,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8080".into(),
            public_url: "http://localhost:8080".into(),
            trusted_proxies: Vec::new(),
            max_sessions_per_address: 500,
            max_sessions: 20_000,
            max_requests: 0,
            ping_seconds: 25,
            pong_seconds: 10,
            unsent_seconds: 40,
            metrics_listen: String::new(),
        }
    }
}

impl HttpSettings {
    /// Whether only this machine can reach the public address.
    pub fn is_loopback(&self) -> bool {
        url::Url::parse(&self.public_url).is_ok_and(|url| match url.host() {
            Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(url::Host::Ipv4(address)) => address.is_loopback(),
            Some(url::Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        })
    }
}

/// Who answers for this instance, as the privacy notice states it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PrivacySettings {
    /// The name of the body or person responsible for the processing.
    pub controller: String,
    /// What kind of body it is: "town", "epci", "association", "press" or "individual".
    pub controller_kind: Option<ControllerKind>,
    /// A mail address that somebody reads: for the privacy notice, security.txt, and upstream networks.
    pub contact: String,
    /// "public_interest" for a public body; "legitimate_interest" for others.
    pub legal_basis: Option<LegalBasis>,
    /// What the posts are gathered for: "local_information", "public_dialogue" or "press_review". There is no other.
    pub purpose: Option<Purpose>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ControllerKind {
    Town,
    Epci,
    Association,
    Press,
    Individual,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LegalBasis {
    PublicInterest,
    LegitimateInterest,
}

/// The closed list of purposes. Police, tax and the search for offences are not on it, on purpose (L-22).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    LocalInformation,
    PublicDialogue,
    PressReview,
}

/// The embedded database.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct StoreSettings {
    /// `sqlite://` and a path, relative to this file.
    pub url: String,
    /// Days that invited and listed posts are kept: 1 to 30. Others are kept 7 days, quiet ones 72 hours.
    pub retention_days: u32,
}

impl Default for StoreSettings {
    fn default() -> Self {
        Self { url: "sqlite://../data/parvis.db".into(), retention_days: 30 }
    }
}

/// Where the city files are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CitiesSettings {
    /// A folder of `<slug>.toml` files with their outlines, relative to this file.
    pub folder: PathBuf,
}

impl Default for CitiesSettings {
    fn default() -> Self {
        Self { folder: "cities".into() }
    }
}

/// Where `parvis city add` looks names and outlines up. Nothing else asks these.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LookupSettings {
    /// The French administrative divisions. Empty: not asked.
    pub geo_api: String,
    /// A Nominatim server, for all other countries. The public one takes one question a second and wants a contact
    /// in the User-Agent (`ingest.contact`). Empty: not asked.
    pub nominatim: String,
}

impl Default for LookupSettings {
    fn default() -> Self {
        Self { geo_api: "https://geo.api.gouv.fr".into(), nominatim: "https://nominatim.openstreetmap.org".into() }
    }
}

/// What is common to all networks.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct IngestSettings {
    /// Allow connections to private and loopback addresses. For tests and for servers of one's own network only.
    pub allow_private_networks: bool,
    /// A mail or web address that goes into our User-Agent; empty: `privacy.contact`.
    pub contact: String,
}

/// Who may be shown.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ConsentSettings {
    /// "standard": a missing flag is its network's default. "strict": positive flags are asked for where a network
    /// has them.
    pub policy: PolicyName,
}

/// How the addresses that a city's file lists in `[desk]` are told of what is unusual.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct MailSettings {
    /// The server that takes our mail: smtps://host:465, or smtp://host:587, which must then offer STARTTLS unless it is on
    /// this machine. Empty: no mail is sent, and the desk says so.
    pub smtp: String,
    /// Who it is from, as in Parvis <parvis@ville.example>.
    pub from: String,
    /// The name to sign in with; empty: nobody signs in.
    pub user: String,
    /// The password to it: { env = "NAME" } or { file = "PATH" }.
    pub password: Option<Secret>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PolicyName {
    #[default]
    Standard,
    Strict,
}

/// What another stage's section does to stand in the file.
pub trait Section {
    /// Takes the section's paths as relative to the file's folder.
    fn make_paths_relative_to(&mut self, folder: &Path);
}

impl<S: Default> Settings<S> {
    pub(super) fn deserialize_table(table: toml::Table) -> Result<Self, toml::de::Error>
    where
        S: serde::de::DeserializeOwned,
    {
        Self::deserialize(toml::Value::Table(table))
    }

    pub(super) fn make_paths_relative_to(&mut self, folder: &Path)
    where
        S: Section,
    {
        self.source.make_paths_relative_to(folder);
        self.cities.folder = folder.join(&self.cities.folder);
        if let Some(password) = &mut self.mail.password {
            password.make_path_relative_to(folder);
        }
        if let Some(path) = self.store.url.strip_prefix("sqlite://") {
            self.store.url = format!("sqlite://{}", folder.join(path).display());
        }
    }

    /// The rules that a type can't state.
    pub fn check(&self) -> Result<(), ConfigError> {
        let refuse = |key, reason: &str| Err(ConfigError::Value { key, reason: reason.to_owned() });
        if self.http.listen.parse::<std::net::SocketAddr>().is_err() {
            return refuse("http.listen", "give an address and a port, as in 127.0.0.1:8080");
        }
        match url::Url::parse(&self.http.public_url) {
            Ok(url) if matches!(url.scheme(), "http" | "https") && url.path() == "/" && url.query().is_none() => {}
            _ => return refuse("http.public_url", "give a whole address without a path, as in https://parvis.example"),
        }
        if !self.http.metrics_listen.is_empty() && self.http.metrics_listen.parse::<std::net::SocketAddr>().is_err() {
            return refuse("http.metrics_listen", "give an address and a port, or leave it empty");
        }
        for (key, seconds, most) in [
            ("http.ping_seconds", self.http.ping_seconds, 300),
            ("http.pong_seconds", self.http.pong_seconds, 60),
            ("http.unsent_seconds", self.http.unsent_seconds, 300),
        ] {
            if !(1..=most).contains(&seconds) {
                return refuse(key, &format!("give 1 to {most} seconds"));
            }
        }
        if !(1..=30).contains(&self.store.retention_days) {
            return refuse("store.retention_days", "give 1 to 30: posts of people are not kept longer");
        }
        if !self.store.url.starts_with("sqlite://") {
            return refuse("store.url", "give sqlite:// and a path; other databases come later");
        }
        for (key, address) in [("lookup.geo_api", &self.lookup.geo_api), ("lookup.nominatim", &self.lookup.nominatim)] {
            let is_address = url::Url::parse(address).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
            if !address.is_empty() && !is_address {
                return refuse(key, "give a whole http or https address, or leave it empty");
            }
        }
        self.mail.check()?;
        if self.http.is_loopback() {
            return Ok(());
        }
        // L-20: whoever opens this to others says who answers for it.
        let privacy = &self.privacy;
        let missing = [
            ("privacy.controller", privacy.controller.trim().is_empty()),
            ("privacy.controller_kind", privacy.controller_kind.is_none()),
            ("privacy.contact", !privacy.contact.contains('@')),
            ("privacy.legal_basis", privacy.legal_basis.is_none()),
            ("privacy.purpose", privacy.purpose.is_none()),
        ];
        match missing.into_iter().find(|(_, is_missing)| *is_missing) {
            Some((key, _)) => refuse(key, "required, since http.public_url is not a loopback address"),
            None => Ok(()),
        }
    }
}

impl MailSettings {
    fn check(&self) -> Result<(), ConfigError> {
        let refuse = |key, reason: &str| Err(ConfigError::Value { key, reason: reason.to_owned() });
        if self.smtp.is_empty() {
            return Ok(());
        }
        let is_server = url::Url::parse(&self.smtp).is_ok_and(|url| {
            let is_bare = url.username().is_empty() && url.password().is_none() && matches!(url.path(), "" | "/");
            matches!(url.scheme(), "smtp" | "smtps") && url.host().is_some() && is_bare && url.query().is_none()
        });
        if !is_server {
            return refuse(
                "mail.smtp",
                "give smtps://host:465 or smtp://host:587; the name and the password stand beside it",
            );
        }
        if self.from.parse::<lettre::message::Mailbox>().is_err() {
            return refuse("mail.from", "give an address that mail may come from, as in Parvis <parvis@ville.example>");
        }
        if self.user.is_empty() != self.password.is_none() {
            return refuse("mail.password", "give mail.user and mail.password, or neither");
        }
        Ok(())
    }
}

impl ControllerKind {
    /// The name in the file, and in the keys of the pages' words.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Town => "town",
            Self::Epci => "epci",
            Self::Association => "association",
            Self::Press => "press",
            Self::Individual => "individual",
        }
    }
}

impl LegalBasis {
    /// The name in the file, and in the keys of the pages' words.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PublicInterest => "public_interest",
            Self::LegitimateInterest => "legitimate_interest",
        }
    }
}

impl Purpose {
    /// The name in the file, and in the keys of the pages' words.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LocalInformation => "local_information",
            Self::PublicDialogue => "public_dialogue",
            Self::PressReview => "press_review",
        }
    }
}
