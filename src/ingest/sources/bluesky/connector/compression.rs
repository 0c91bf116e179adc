//! Where the dictionary of compressed frames comes from.
//!
//! Owns getting, keeping and distrusting dictionaries. Does not own what a dictionary is (`inflate`), nor connections.
//! Invariant: a dictionary that can't be had, is not the right one, or proved useless costs the compression, never the
//! stream; and the reason is told.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use reqwest::header::HeaderMap;
use tokio::io::AsyncReadExt;
use url::Url;

use super::request;
use crate::ingest::Outbound;
use crate::ingest::sources::bluesky::inflate::{DICTIONARY_LIMIT, Dictionary};
use crate::ingest::sources::bluesky::{BlueskySettings, Wire};

/// One source's dictionaries, from life to life.
pub struct Compression {
    origin: Origin,
    /// By endpoint: each server's own, for the frames of one can't be read with another's. At most as many as there
    /// are endpoints.
    known: BTreeMap<usize, Arc<Dictionary>>,
    is_distrusted: bool,
}

enum Origin {
    /// Compression is not wanted.
    Off,
    /// It is wanted, and nobody said where the dictionary is.
    Nowhere,
    File(PathBuf),
    Address(Url),
    Served,
}

impl Compression {
    /// The error is one of configuration.
    pub fn new(settings: &BlueskySettings, outbound: &Outbound) -> Result<Self, String> {
        let address = |text: &String| {
            let url = Url::parse(text).map_err(|error| format!("dictionary_url: {text}: {error}"))?;
            let checked = outbound.guard().check(&url, &["http", "https"]);
            checked.map_err(|error| format!("dictionary_url: {text}: {error}")).map(|()| url)
        };
        let origin = match (settings.wire, &settings.dictionary, &settings.dictionary_url) {
            (Wire::V1, Some(_), Some(_)) => return Err("dictionary and dictionary_url: give one of the two".into()),
            _ if !settings.compress => Origin::Off,
            (Wire::V2, ..) => Origin::Served,
            (Wire::V1, Some(file), None) => Origin::File(file.clone()),
            (Wire::V1, None, Some(text)) => Origin::Address(address(text)?),
            (Wire::V1, None, None) => Origin::Nowhere,
        };
        Ok(Self { origin, known: BTreeMap::new(), is_distrusted: false })
    }

    /// The dictionary for a connection to `endpoint`, whose stream is at `subscription`. `Ok(None)`: none is wanted. The
    /// error says in plain words why the frames will not be compressed.
    pub async fn dictionary(
        &mut self,
        endpoint: usize,
        subscription: &Url,
        outbound: &Outbound,
    ) -> Result<Option<Arc<Dictionary>>, String> {
        if matches!(self.origin, Origin::Off) {
            return Ok(None);
        }
        if self.is_distrusted {
            return Err("frames could not be read with the dictionary".into());
        }
        // One that was configured is the same for all.
        let place = if matches!(self.origin, Origin::Served) { endpoint } else { 0 };
        if let Some(known) = self.known.get(&place) {
            return Ok(Some(known.clone()));
        }
        let found = match &self.origin {
            Origin::Off => return Ok(None),
            Origin::Nowhere => return Err("neither dictionary nor dictionary_url is configured".into()),
            Origin::File(file) => Dictionary::of_v1(read(file).await?),
            Origin::Address(url) => Dictionary::of_v1(fetch(outbound, url.clone()).await?),
            Origin::Served => {
                let url = request::served_dictionary(subscription).ok_or("the server's address has no sibling")?;
                Dictionary::new(fetch(outbound, url).await?)
            }
        };
        let dictionary = Arc::new(found.map_err(|reason| format!("the dictionary is not used: {reason}"))?);
        self.known.insert(place, dictionary.clone());
        Ok(Some(dictionary))
    }

    /// The server no longer knows the dictionary that was had for it: the next one is fetched anew.
    pub fn forget(&mut self, endpoint: usize) {
        self.known.remove(&endpoint);
    }

    /// Frames could not be read with it. Nothing is compressed until this process ends, whichever server gave it out: which
    /// costs traffic only.
    pub fn distrust(&mut self) {
        self.is_distrusted = true;
        self.known.clear();
    }
}

async fn read(file: &PathBuf) -> Result<Vec<u8>, String> {
    let unreadable = |error: std::io::Error| format!("the dictionary can't be read: {error}");
    let opened = tokio::fs::File::open(file).await.map_err(unreadable)?;
    let mut bytes = Vec::new();
    // One byte more than the limit tells that there is more.
    opened.take(DICTIONARY_LIMIT as u64 + 1).read_to_end(&mut bytes).await.map_err(unreadable)?;
    Ok(bytes)
}

async fn fetch(outbound: &Outbound, url: Url) -> Result<Vec<u8>, String> {
    match outbound.get(url, HeaderMap::new()).await {
        Ok(answer) if answer.status == 200 => Ok(answer.body),
        Ok(answer) => Err(format!("the dictionary can't be fetched: HTTP {}", answer.status)),
        Err(error) => Err(format!("the dictionary can't be fetched: {error}")),
    }
}
