//! What a city's file lists to be read: feeds, and servers.
//!
//! Owns their checks. Does not own the reading (`ingest`). Invariant: each is listed once, under an address that can be
//! asked.

use super::CityFile;
use super::reader::Reader;
use crate::config::server_address;
use crate::domain::FeedRef;

/// The longest address of a feed: the identities of its items are made of it.
const FEED_URL_MAX: usize = 900;
/// Servers of one city: a few large ones have copies of nearly everything.
const SERVERS_MAX: usize = 8;

impl Reader<'_> {
    pub(super) fn feeds(&mut self, file: &CityFile) -> Vec<FeedRef> {
        let mut feeds: Vec<FeedRef> = Vec::new();
        for feed in &file.feed {
            let lane = self.lane(&feed.lane);
            let url = feed.url.get_ref();
            let is_address = url.len() <= FEED_URL_MAX
                && url::Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
            if url.starts_with("webcal:") {
                self.refuse(&feed.url, "write https: instead of webcal:, it is the same calendar");
            } else if !is_address {
                self.refuse(&feed.url, "give a whole http or https address, of 900 characters at most");
            } else if feeds.iter().any(|other| other.url == *url) {
                self.refuse(&feed.url, "this feed is listed already: it stands in one lane");
            } else {
                feeds.push(FeedRef { url: url.clone(), lane });
            }
        }
        feeds
    }

    pub(super) fn mastodon(&mut self, file: &CityFile) -> Vec<String> {
        if let Some(server) = file.mastodon.get(SERVERS_MAX) {
            self.refuse(server, &format!("more than {SERVERS_MAX} servers"));
        }
        let mut servers: Vec<String> = Vec::new();
        for server in file.mastodon.iter().take(SERVERS_MAX) {
            match server_address(server.get_ref()) {
                Ok(address) if servers.contains(&address) => self.refuse(server, "this server is listed already"),
                Ok(address) => servers.push(address),
                Err(reason) => self.refuse(server, &reason),
            }
        }
        servers
    }
}
