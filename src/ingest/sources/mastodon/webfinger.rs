//! Whose an address like `ville@social.example` is (RFC 7033).
//!
//! Owns asking the address's own host, which alone knows. Does not own what a listing means. Invariant: an answer is the
//! actor's lasting address and that of its page, as statuses name their authors.

use futures_util::future::{BoxFuture, FutureExt};
use reqwest::header::{ACCEPT, HeaderMap, HeaderValue, LOCATION};
use serde::Deserialize;
use url::Url;

use super::decode::ID_BYTES_MAX;
use crate::domain::{AccountResolver, AuthorId, Holders, LookupError, Network};
use crate::ingest::Outbound;

/// Redirects that are followed: a town's domain often leaves it to its server.
const HOPS_MAX: usize = 3;
/// Links of an answer that are looked at; programs give some five.
const LINKS_MAX: usize = 50;
const JRD: HeaderValue = HeaderValue::from_static("application/jrd+json, application/json");

#[derive(Clone)]
pub struct WebFinger {
    outbound: Outbound,
}

#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    links: Vec<Link>,
}

#[derive(Deserialize)]
struct Link {
    #[serde(default)]
    rel: String,
    #[serde(default, rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    href: Option<String>,
}

impl WebFinger {
    pub const fn new(outbound: Outbound) -> Self {
        Self { outbound }
    }

    /// `None`: its host gave no answer that says something.
    async fn ask(&self, handle: &str) -> Option<Vec<AuthorId>> {
        let mut url = question(handle)?;
        for _hop in 0..=HOPS_MAX {
            let answer = self.outbound.get(url.clone(), HeaderMap::from_iter([(ACCEPT, JRD)])).await.ok()?;
            match answer.status {
                200 => return holders(&answer.body),
                404 | 410 => return Some(Vec::new()),
                301 | 302 | 303 | 307 | 308 => {
                    url = url.join(answer.headers.get(LOCATION)?.to_str().ok()?).ok()?;
                }
                _ => return None,
            }
        }
        None
    }
}

impl AccountResolver for WebFinger {
    fn network(&self) -> Network {
        Network::Mastodon
    }

    fn batch_max(&self) -> usize {
        1
    }

    fn holders(&self, handles: Vec<String>) -> BoxFuture<'_, Result<Holders, LookupError>> {
        async move {
            let mut found = Vec::new();
            for handle in handles {
                // One host that is out of reach says nothing of the others.
                if let Some(holders) = self.ask(&handle).await {
                    found.push((handle, holders));
                }
            }
            Ok(found)
        }
        .boxed()
    }
}

fn question(handle: &str) -> Option<Url> {
    let (user, host) = handle.split_once('@')?;
    let mut url = Url::parse(&format!("https://{host}/.well-known/webfinger")).ok()?;
    // The host and nothing else: what follows it would be another question.
    if user.is_empty() || url.path() != "/.well-known/webfinger" || !url.username().is_empty() {
        return None;
    }
    url.query_pairs_mut().append_pair("resource", &format!("acct:{handle}"));
    Some(url)
}

/// The identities in an answer; `None` when it can't be read.
fn holders(body: &[u8]) -> Option<Vec<AuthorId>> {
    let document: Document = serde_json::from_slice(body).ok()?;
    let is_actor = |link: &Link| {
        let kind = link.kind.as_deref().unwrap_or_default();
        link.rel == "self" && (kind.starts_with("application/activity+json") || kind.starts_with("application/ld+json"))
    };
    let names_holder = |link: &&Link| is_actor(link) || link.rel == "http://webfinger.net/rel/profile-page";
    let is_sound = |href: &String| href.starts_with("https://") && href.len() <= ID_BYTES_MAX;
    let links = document.links.iter().take(LINKS_MAX).filter(names_holder);
    let mut found: Vec<AuthorId> =
        links.filter_map(|link| link.href.clone()).filter(is_sound).map(AuthorId::new).collect();
    found.dedup();
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hosts_own_answer_names_the_actor_and_its_page() {
        let body = br#"{"subject":"acct:ville@ville.example","aliases":["https://social.ville.example/@ville"],"links":[
            {"rel":"http://webfinger.net/rel/profile-page","type":"text/html","href":"https://social.ville.example/@ville"},
            {"rel":"self","type":"application/activity+json","href":"https://social.ville.example/users/ville"},
            {"rel":"self","type":"text/html","href":"https://ailleurs.example/"},
            {"rel":"http://ostatus.org/schema/1.0/subscribe","template":"https://social.ville.example/authorize?uri={uri}"}]}"#;
        let found: Vec<String> = holders(body).unwrap().iter().map(|id| id.as_str().to_owned()).collect();
        assert_eq!(found, ["https://social.ville.example/@ville", "https://social.ville.example/users/ville"]);
    }

    #[test]
    fn h1_what_is_no_answer_names_nobody() {
        assert_eq!(holders(b"<html>"), None);
        assert_eq!(holders(b"{}"), Some(Vec::new()));
        let long = format!(
            r#"{{"links":[{{"rel":"self","type":"application/activity+json","href":"https://{}"}}]}}"#,
            "x".repeat(2_000)
        );
        assert_eq!(holders(long.as_bytes()), Some(Vec::new()));
        let inside = br#"{"links":[{"rel":"self","type":"application/activity+json","href":"http://127.0.0.1/"}]}"#;
        assert_eq!(holders(inside), Some(Vec::new()));
    }

    #[test]
    fn h4_a_handle_asks_its_host_and_nothing_else() {
        let asked = |handle: &str| question(handle).map(|url| url.to_string());
        let expected = "https://ville.example/.well-known/webfinger?resource=acct%3Aana%40ville.example";
        assert_eq!(asked("ana@ville.example").as_deref(), Some(expected));
        for handle in ["ana", "@ville.example", "ana@", "ana@x@y.example", "ana@y.example/a", "ana@y.example?a#b"] {
            let host = question(handle).and_then(|url| url.host_str().map(str::to_owned));
            assert!(host.is_none(), "{handle}: {host:?}");
        }
    }
}
