//! The AppView: who an author is now, and which posts still exist.
//!
//! Owns the two questions and the reading of their answers. Does not own batching, caching or retries (pipeline), nor
//! what labels mean (consent).
//! Invariant: an author or post that is not in the answer does not exist or is not shown to us; an answer that can't be
//! read is no answer, so nobody is shown, and no post erased, on the strength of it.

use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use reqwest::header::HeaderMap;
use url::Url;

use super::decode;
use crate::clock::Clock;
use crate::domain::{AuthorLookup, AuthorProfile, LookupError, NativeId, Network, PostCheck};
use crate::ingest::Outbound;
use crate::ingest::outbound::retry_after;
use views::BATCH_MAX;

mod views;

pub use views::{posts as posts_answer, profiles as profiles_answer, profiles_from_file};

/// Bytes of an answer. Twenty-five profiles or posts of the longest that the network allows are a quarter of it.
const ANSWER_MAX: usize = 2 << 20;

/// Asks one AppView, without signing in: it tells us what any signed-out visitor is told.
pub struct AppView {
    base: String,
    outbound: Outbound,
    clock: Arc<dyn Clock>,
}

/// The AppView's answer to a question it took.
enum Said {
    Body(Vec<u8>),
    /// HTTP 400: something in the question is not to its liking.
    BadQuestion,
}

impl AppView {
    /// The error is one of configuration: an address that may not be connected to.
    pub fn new(address: &str, outbound: Outbound, clock: Arc<dyn Clock>) -> Result<Self, String> {
        let url = Url::parse(address).map_err(|error| format!("appview: {address}: {error}"))?;
        outbound.guard().check(&url, &["http", "https"]).map_err(|error| format!("appview: {address}: {error}"))?;
        Ok(Self { base: url.as_str().trim_end_matches('/').to_owned(), outbound, clock })
    }

    /// Asks about all `values`, in questions of at most [`BATCH_MAX`]; `read` reads an answer as it comes, so that no
    /// more than one is held.
    ///
    /// One bad value makes the AppView refuse a whole question. Such a question is asked again in halves, so that only
    /// the bad value goes without an answer, and is what `declined` says; that is at most twice as many questions. Where
    /// of several values not one is taken it is not the values' fault: that is no answer.
    async fn ask<T>(
        &self,
        method: &str,
        parameter: &str,
        values: Vec<String>,
        read: impl Fn(&[u8]) -> Option<Vec<T>>,
        declined: impl Fn(String) -> Option<T>,
    ) -> Result<Vec<T>, LookupError> {
        let mut questions: Vec<Vec<String>> = values.chunks(BATCH_MAX).map(<[_]>::to_vec).collect();
        questions.reverse();
        let mut answers = Vec::new();
        let mut is_believed = questions.iter().map(Vec::len).sum::<usize>() <= 1;
        while let Some(mut question) = questions.pop() {
            if question.is_empty() {
                continue;
            }
            match self.ask_once(method, parameter, &question).await? {
                Said::Body(body) => {
                    is_believed = true;
                    let nonsense = || unavailable("the AppView's answer can't be read");
                    answers.extend(read(&body).ok_or_else(nonsense)?);
                }
                Said::BadQuestion if question.len() == 1 => answers.extend(question.pop().and_then(&declined)),
                Said::BadQuestion => {
                    let second = question.split_off(question.len() / 2);
                    questions.extend([second, question]);
                }
            }
        }
        if is_believed { Ok(answers) } else { Err(unavailable("the AppView answers HTTP 400 to every question")) }
    }

    async fn ask_once(&self, method: &str, parameter: &str, values: &[String]) -> Result<Said, LookupError> {
        let parameters = values.iter().map(|value| (parameter, value));
        let url = Url::parse_with_params(&format!("{}/xrpc/{method}", self.base), parameters)
            .map_err(|error| unavailable(&error.to_string()))?;
        let answer = self
            .outbound
            .get_at_most(url, HeaderMap::new(), ANSWER_MAX)
            .await
            .map_err(|error| unavailable(&format!("the AppView can't be asked: {error}")))?;
        match answer.status {
            200 => Ok(Said::Body(answer.body)),
            400 => Ok(Said::BadQuestion),
            status => Err(LookupError::Unavailable {
                reason: format!("the AppView answered HTTP {status}"),
                retry_after_s: retry_after(&answer.headers, self.clock.now()).map(|after| after.as_secs()),
            }),
        }
    }
}

fn unavailable(reason: &str) -> LookupError {
    LookupError::Unavailable { reason: reason.to_owned(), retry_after_s: None }
}

impl AuthorLookup for AppView {
    fn network(&self) -> Network {
        Network::Bluesky
    }

    fn batch_max(&self) -> usize {
        BATCH_MAX
    }

    /// Deleted, suspended and deactivated accounts are not in the AppView's answer, and so not in this one.
    fn profiles(&self, mut actors: Vec<String>) -> BoxFuture<'_, Result<Vec<AuthorProfile>, LookupError>> {
        // What is neither a DID nor a handle exists nowhere, and would spoil the question for the others.
        actors.retain(|actor| decode::author(actor).is_some() || decode::handle(actor).is_some());
        async move {
            let read = |answer: &[u8]| profiles_answer(answer, self.clock.now());
            self.ask("app.bsky.actor.getProfiles", "actors", actors, read, |_| None).await
        }
        .boxed()
    }

    fn posts(&self, ids: Vec<NativeId>) -> BoxFuture<'_, Result<Vec<PostCheck>, LookupError>> {
        let uris = ids.iter().map(|id| id.as_str().to_owned()).filter(|uri| uri.starts_with("at://")).collect();
        // One that is declined may be there or not.
        let declined = |uri| Some(PostCheck { native_id: NativeId::new(uri), labels: None });
        async move { self.ask("app.bsky.feed.getPosts", "uris", uris, posts_answer, declined).await }.boxed()
    }
}

#[cfg(test)]
mod tests;
