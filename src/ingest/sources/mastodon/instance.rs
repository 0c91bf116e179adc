//! What a server says of itself.
//!
//! Owns which program it runs and who may read its tag timelines (L-06). Does not own the asking (`api`).
//! Invariant: pure; an audience that is not known is not the public.

use serde::Deserialize;
use serde_json::value::RawValue;
use url::Url;

use crate::ingest::{checked_json, lenient};

/// The program, as far as it matters how it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Software {
    /// Mastodon or a fork of it.
    Mastodon,
    GoToSocial,
    /// Its objects say where they were made, its statuses don't: Pixelfed, Friendica.
    WithPlaces,
    Other,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Audience {
    Public,
    Authenticated,
    Disabled,
}

/// What of the tag timelines is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    All,
    /// The posts of the server's own people alone.
    Local,
    /// Those of other servers' people alone.
    Remote,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    pub software: Software,
    /// Of the streaming API; the server itself where it says none.
    pub streaming: Option<Url>,
    local: Audience,
    remote: Audience,
}

/// Of version 2 (`configuration.urls`) and version 1 (`urls`) of `/api/*/instance`.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Wire {
    #[serde(deserialize_with = "lenient::value")]
    version: Option<String>,
    #[serde(deserialize_with = "lenient::value")]
    source_url: Option<String>,
    #[serde(deserialize_with = "lenient::value")]
    configuration: Option<Configuration>,
    #[serde(deserialize_with = "lenient::value")]
    urls: Option<Urls>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Configuration {
    #[serde(deserialize_with = "lenient::value")]
    urls: Option<Urls>,
    #[serde(deserialize_with = "lenient::value")]
    timelines_access: Option<TimelinesAccess>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Urls {
    #[serde(deserialize_with = "lenient::value")]
    streaming: Option<String>,
    #[serde(deserialize_with = "lenient::value")]
    streaming_api: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct TimelinesAccess {
    #[serde(deserialize_with = "lenient::value")]
    hashtag_feeds: Option<Feeds>,
}

/// Left unread: a value of another type is an audience that is not known.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Feeds {
    local: Option<Box<RawValue>>,
    remote: Option<Box<RawValue>>,
}

/// `None`: it is no description of a server.
pub fn instance(body: &[u8]) -> Option<Instance> {
    let raw: &RawValue = serde_json::from_str(checked_json(body).ok()?).ok()?;
    let wire: Wire = lenient::object(raw)?;
    let version = wire.version.filter(|version| !version.is_empty())?.to_lowercase();
    let source = wire.source_url.unwrap_or_default().to_lowercase();
    let configuration = wire.configuration.unwrap_or_default();
    let feeds = configuration.timelines_access.unwrap_or_default().hashtag_feeds.unwrap_or_default();
    let streaming = |urls: Urls| urls.streaming.or(urls.streaming_api).and_then(|url| Url::parse(&url).ok());
    Some(Instance {
        software: software(&version, &source),
        streaming: configuration.urls.or(wire.urls).and_then(streaming).filter(|url| url.has_host()),
        local: audience(feeds.local.as_deref()),
        remote: audience(feeds.remote.as_deref()),
    })
}

/// Mastodon and its forks write `4.5.1`, `4.4.0+glitch`, `4.3.0-rc.1`; others `2.7.2 (compatible; Pleroma 2.5.0)` and the
/// like. GoToSocial writes a version of its own and where its source is.
fn software(version: &str, source: &str) -> Software {
    let is = |name: &str| version.contains(name) || source.contains(name);
    if is("gotosocial") {
        Software::GoToSocial
    } else if is("pixelfed") || is("friendica") {
        Software::WithPlaces
    } else if version.starts_with(|c: char| c.is_ascii_digit() && c != '0') && !version.contains([' ', '(', ';']) {
        Software::Mastodon
    } else {
        Software::Other
    }
}

/// Before 4.5 nothing is said, and the timelines are closed by refusing to answer.
fn audience(said: Option<&RawValue>) -> Audience {
    match said.map(RawValue::get) {
        None | Some("\"public\"") => Audience::Public,
        Some("\"disabled\"") => Audience::Disabled,
        Some(_) => Audience::Authenticated,
    }
}

impl Instance {
    /// What may be read, or in plain words why nothing.
    pub fn scope(&self, has_token: bool) -> Result<Scope, String> {
        let may = |audience| match audience {
            Audience::Public => true,
            Audience::Authenticated => has_token,
            Audience::Disabled => false,
        };
        match (may(self.local), may(self.remote)) {
            (true, true) => Ok(Scope::All),
            (true, false) => Ok(Scope::Local),
            (false, true) => Ok(Scope::Remote),
            (false, false) if self.local == Audience::Disabled && self.remote == Audience::Disabled => {
                Err("the server has switched its tag timelines off".into())
            }
            (false, false) => Err("the server shows its tag timelines to its own people only".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Option<Instance> {
        instance(json.as_bytes())
    }

    #[test]
    fn the_program_is_told_by_its_version() {
        for (version, source, expected) in [
            ("4.5.1", "https://github.com/mastodon/mastodon", Software::Mastodon),
            ("4.4.0+glitch", "", Software::Mastodon),
            ("0.17.3+git-1a2b3c4", "https://github.com/superseriousbusiness/gotosocial", Software::GoToSocial),
            ("2.7.2 (compatible; Pleroma 2.6.0)", "", Software::Other),
            ("2.7.2 (compatible; Akkoma 3.10.4)", "", Software::Other),
            ("3.5.3 (compatible; Pixelfed 0.12.4)", "", Software::WithPlaces),
            ("2.8.0 (compatible; Friendica 2024.03)", "", Software::WithPlaces),
            ("4.3.0-rc.1", "", Software::Mastodon),
            ("4.2 (compat; takahe)", "", Software::Other),
            ("0.6.0 git-1a2b3c4", "", Software::Other),
        ] {
            let json = format!(r#"{{"version":"{version}","source_url":"{source}"}}"#);
            assert_eq!(read(&json).map(|it| it.software), Some(expected), "{version}");
        }
        for no_server in ["", "[]", "{}", "{\"version\":7}", "<html>"] {
            assert_eq!(read(no_server), None, "{no_server}");
        }
    }

    #[test]
    fn the_streaming_api_is_where_either_version_says() {
        let two = r#"{"version":"4.5.1","configuration":{"urls":{"streaming":"wss://flux.un.example"}}}"#;
        let one = r#"{"version":"3.1.0","urls":{"streaming_api":"wss://un.example"}}"#;
        let of = |json| read(json).and_then(|it| it.streaming).map(|url| url.to_string());
        assert_eq!(of(two).as_deref(), Some("wss://flux.un.example/"));
        assert_eq!(of(one).as_deref(), Some("wss://un.example/"));
        assert_eq!(of(r#"{"version":"4.5.1","configuration":{"urls":{"streaming":7}}}"#), None);
    }

    /// Rows: what the server says of local and of remote posts. Columns: without a token, with one.
    #[test]
    fn l06_who_may_read_is_the_servers_choice() {
        let none = "the server shows its tag timelines to its own people only";
        let off = "the server has switched its tag timelines off";
        for (local, remote, without, with) in [
            ("\"public\"", "\"public\"", Ok(Scope::All), Ok(Scope::All)),
            ("\"public\"", "\"authenticated\"", Ok(Scope::Local), Ok(Scope::All)),
            ("\"public\"", "\"disabled\"", Ok(Scope::Local), Ok(Scope::Local)),
            ("\"authenticated\"", "\"public\"", Ok(Scope::Remote), Ok(Scope::All)),
            ("\"disabled\"", "\"public\"", Ok(Scope::Remote), Ok(Scope::Remote)),
            ("\"authenticated\"", "\"authenticated\"", Err(none), Ok(Scope::All)),
            ("\"authenticated\"", "\"disabled\"", Err(none), Ok(Scope::Local)),
            ("\"disabled\"", "\"authenticated\"", Err(none), Ok(Scope::Remote)),
            ("\"disabled\"", "\"disabled\"", Err(off), Err(off)),
            // What is not known is not the public.
            ("\"friends\"", "7", Err(none), Ok(Scope::All)),
        ] {
            let json = format!(
                r#"{{"version":"4.5.1","configuration":{{"timelines_access":{{"hashtag_feeds":{{"local":{local},"remote":{remote}}}}}}}}}"#
            );
            let instance = read(&json).unwrap();
            let own = |result: Result<Scope, &str>| result.map_err(str::to_owned);
            assert_eq!(instance.scope(false), own(without), "{local} {remote}");
            assert_eq!(instance.scope(true), own(with), "{local} {remote}");
        }
        assert_eq!(read(r#"{"version":"4.3.0"}"#).unwrap().scope(false), Ok(Scope::All), "before 4.5");
    }
}
