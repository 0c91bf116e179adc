mod questions;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::domain::{AuthorId, AuthorLookup, AuthorProfile, LookupError, Network};
use crate::shutdown::Shutdown;
use questions::{Asked, Question, Questions};

/// What became of a question for an author's profile.
#[derive(Clone, Debug)]
pub enum Answer {
    Found(Box<AuthorProfile>),
    /// Nobody was asked (a replay without profiles): posts are decided on the network's defaults and stored hidden.
    Assumed(Box<AuthorProfile>),
    /// The network has no such author, or would not say after every attempt, though it answered for others.
    Unknown(Network, AuthorId),
}

/// Why a question was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotAsked {
    /// Too many wait, or the process stops: the question stands.
    Later,
    /// Nobody can be asked of this network.
    Never,
}

/// Asks the networks for profiles, in batches, with patience. One task a network.
///
/// While a network does not answer, its questions wait for as long as it takes; nothing is given up and nothing is lost.
/// What waits holds the pipeline back: at the bound of the hold, of the watermark's span or of the questions no more is
/// read, the checkpoint stays below all of it, and what a network no longer keeps by then is told as a gap (D1, D2).
pub struct Lookups {
    questions: BTreeMap<Network, mpsc::Sender<AuthorId>>,
}

/// Questions that may wait here, and as many in their network's task. The hold holds fewer posts than this, so that only
/// beside thousands of refreshes it is the bound: then the pipeline stops reading until there is room.
const QUESTIONS_MAX: usize = 8_192;

impl Lookups {
    /// Starts a task per network; the number beside it is how often an author is asked for before counting as unknown.
    /// Answers come in the channel returned, which is bounded as the questions are.
    pub fn start(networks: Vec<(Arc<dyn AuthorLookup>, u32)>, shutdown: &Shutdown) -> (Self, mpsc::Receiver<Answer>) {
        let (answers, receiver) = mpsc::channel(QUESTIONS_MAX);
        let questions = networks
            .into_iter()
            .map(|(network, attempts)| {
                let (sender, questions) = mpsc::channel(QUESTIONS_MAX);
                let name = network.network();
                tokio::spawn(ask_all(network, attempts, questions, answers.clone(), shutdown.clone()));
                (name, sender)
            })
            .collect();
        (Self { questions }, receiver)
    }

    pub fn ask(&self, network: Network, author: &AuthorId) -> Result<(), NotAsked> {
        let questions = self.questions.get(&network).ok_or(NotAsked::Never)?;
        questions.try_send(author.clone()).or(Err(NotAsked::Later))
    }
}

async fn ask_all(
    network: Arc<dyn AuthorLookup>,
    attempts: u32,
    mut incoming: mpsc::Receiver<AuthorId>,
    answers: mpsc::Sender<Answer>,
    shutdown: Shutdown,
) {
    let mut questions = Questions::new(network.network(), attempts, network.batch_max(), Instant::now());
    let mut under_way = FuturesUnordered::new();
    loop {
        while let Some(batch) = questions.next(Instant::now()) {
            under_way.push(ask(&*network, batch));
        }
        let wake_at = questions.wake_at().unwrap_or_else(|| Instant::now() + Duration::from_secs(3_600));
        tokio::select! {
            biased;
            () = shutdown.triggered() => return,
            Some((batch, answer)) = under_way.next() => {
                for answer in questions.answered(batch, answer, Instant::now()) {
                    if answers.send(answer).await.is_err() {
                        return;
                    }
                }
            }
            author = incoming.recv(), if questions.len() < QUESTIONS_MAX => match author {
                Some(author) => questions.put(author, Instant::now()),
                None => return,
            },
            () = tokio::time::sleep_until(wake_at) => {}
        }
    }
}

async fn ask(network: &dyn AuthorLookup, batch: Vec<Question>) -> (Vec<Question>, Asked) {
    let actors = batch.iter().map(|question| question.author.as_str().to_owned()).collect();
    let asked = network.profiles(actors).await.map_err(|LookupError::Unavailable { reason, retry_after_s }| {
        tracing::warn!(network = network.network().as_str(), reason, "Profiles can't be had; asking again.");
        Duration::from_secs(retry_after_s.unwrap_or(0))
    });
    (batch, asked)
}

#[cfg(test)]
mod tests;
