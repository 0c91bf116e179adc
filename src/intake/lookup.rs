use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use crate::domain::{AuthorId, AuthorLookup, AuthorProfile, LookupError, Network};
use crate::shutdown::Shutdown;

/// What became of a question for an author's profile.
#[derive(Clone, Debug)]
pub enum Answer {
    Found(Box<AuthorProfile>),
    /// Nobody was asked (a replay without profiles): posts are decided on the network's defaults and stored hidden.
    Assumed(Box<AuthorProfile>),
    /// The network has no such author, or would not say after every attempt.
    Unknown(Network, AuthorId),
}

/// Asks the networks for profiles, in batches, with patience. One task a network; questions wait in a channel whose
/// bound is the hold's.
pub struct Lookups {
    questions: BTreeMap<Network, mpsc::Sender<AuthorId>>,
}

/// Questions that may wait. The hold holds fewer posts than this, so that only beside thousands of refreshes the channel is
/// the bound: then a question is not asked, and its author counts as unknown.
const QUESTIONS_MAX: usize = 8_192;
/// How long a batch gathers before it is asked.
const GATHER: Duration = Duration::from_millis(50);
/// An author missing from a whole answer is asked for again after this pause, doubled each time up to a minute: an
/// index may lag behind its network. How often, the settings say.
const MISSING_PAUSE: Duration = Duration::from_secs(2);
const PAUSE_MAX: Duration = Duration::from_secs(60);
/// Attempts while a network does not answer, the pauses doubling from a second to a minute: about 15 minutes at least.
const ATTEMPTS_MAX: u32 = 20;

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

    /// Returns false when the question can't be asked at all.
    pub fn ask(&self, network: Network, author: &AuthorId) -> bool {
        self.questions.get(&network).is_some_and(|questions| questions.try_send(author.clone()).is_ok())
    }
}

async fn ask_all(
    network: Arc<dyn AuthorLookup>,
    attempts: u32,
    mut questions: mpsc::Receiver<AuthorId>,
    answers: mpsc::Sender<Answer>,
    shutdown: Shutdown,
) {
    while let Some(first) = questions.recv().await {
        let mut batch = vec![first];
        let gathered = tokio::time::sleep(GATHER);
        tokio::pin!(gathered);
        while batch.len() < network.batch_max() {
            tokio::select! {
                Some(author) = questions.recv() => if !batch.contains(&author) { batch.push(author) },
                () = &mut gathered => break,
            }
        }
        let asked = tokio::select! {
            asked = ask(&*network, batch) => asked,
            () = shutdown.triggered() => return,
        };
        let (found, missing) = match asked {
            Ok(asked) => asked,
            Err(wanted) => (Vec::new(), wanted),
        };
        for profile in found {
            if answers.send(Answer::Found(Box::new(profile))).await.is_err() {
                return;
            }
        }
        if !missing.is_empty() {
            // Others do not wait for the missing: they are asked for again beside. Bounded, since the hold is.
            tokio::spawn(ask_again(network.clone(), attempts, missing, answers.clone(), shutdown.clone()));
        }
    }
}

/// Profiles found, and the authors that a whole answer left out.
type Asked = (Vec<AuthorProfile>, Vec<AuthorId>);

/// Asks until the network answers. The error gives the question back: the attempts are used up.
async fn ask(network: &dyn AuthorLookup, wanted: Vec<AuthorId>) -> Result<Asked, Vec<AuthorId>> {
    for attempt in 1..=ATTEMPTS_MAX {
        let actors = wanted.iter().map(|author| author.as_str().to_owned()).collect();
        let pause = match network.profiles(actors).await {
            Ok(found) => {
                let missing = wanted.into_iter().filter(|author| !found.iter().any(|profile| profile.id == *author));
                let missing = missing.collect();
                return Ok((found, missing));
            }
            Err(LookupError::Unavailable { reason, retry_after_s }) => {
                tracing::warn!(
                    network = network.network().as_str(),
                    attempt,
                    reason,
                    "Profiles can't be had; asking again."
                );
                // A pause asked for only lengthens ours: "at once" would use up the attempts within seconds.
                Duration::from_millis(500 << attempt.min(7)).max(Duration::from_secs(retry_after_s.unwrap_or(0)))
            }
        };
        tokio::time::sleep(pause.min(PAUSE_MAX)).await;
    }
    Err(wanted)
}

/// Asks for missing authors again, until they have been asked for `attempts` times; then gives them up as unknown.
async fn ask_again(
    network: Arc<dyn AuthorLookup>,
    attempts: u32,
    mut missing: Vec<AuthorId>,
    answers: mpsc::Sender<Answer>,
    shutdown: Shutdown,
) {
    for attempt in 1..attempts {
        let pause = MISSING_PAUSE.saturating_mul(1 << (attempt - 1).min(8)).min(PAUSE_MAX);
        let asked = tokio::select! {
            asked = async { tokio::time::sleep(pause).await; ask(&*network, missing.clone()).await } => asked,
            () = shutdown.triggered() => return,
        };
        let Ok((found, still_missing)) = asked else { break };
        for profile in found {
            if answers.send(Answer::Found(Box::new(profile))).await.is_err() {
                return;
            }
        }
        missing = still_missing;
        if missing.is_empty() {
            return;
        }
    }
    for author in missing {
        if answers.send(Answer::Unknown(network.network(), author)).await.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use futures_util::FutureExt;
    use futures_util::future::BoxFuture;

    use super::*;
    use crate::domain::{NativeId, PostCheck};

    /// A network whose first answers fail, and whose index then lags by some more.
    struct Slow {
        asked: AtomicU32,
        fails: u32,
        lags: u32,
        retry_after_s: Option<u64>,
    }

    impl AuthorLookup for Slow {
        fn network(&self) -> Network {
            Network::Bluesky
        }

        fn batch_max(&self) -> usize {
            25
        }

        fn profiles(&self, actors: Vec<String>) -> BoxFuture<'_, Result<Vec<AuthorProfile>, LookupError>> {
            let asked = self.asked.fetch_add(1, Ordering::SeqCst);
            let profile = |id| AuthorProfile::assumed(AuthorId::new(id), Network::Bluesky);
            let answer = if asked < self.fails {
                Err(LookupError::Unavailable { reason: "down".into(), retry_after_s: self.retry_after_s })
            } else if asked < self.fails + self.lags {
                Ok(Vec::new())
            } else {
                Ok(actors.into_iter().map(profile).collect())
            };
            futures_util::future::ready(answer).boxed()
        }

        fn posts(&self, _: Vec<NativeId>) -> BoxFuture<'_, Result<Vec<PostCheck>, LookupError>> {
            futures_util::future::ready(Ok(Vec::new())).boxed()
        }
    }

    /// Whether the author is found by a network that is asked three times for one missing from its answers.
    async fn is_found(fails: u32, lags: u32) -> bool {
        let network = Arc::new(Slow { asked: AtomicU32::default(), fails, lags, retry_after_s: None });
        let (lookups, mut answers) = Lookups::start(vec![(network, 3)], &Shutdown::new());
        assert!(lookups.ask(Network::Bluesky, &AuthorId::new("ana")));
        let answer = tokio::time::timeout(Duration::from_secs(7_200), answers.recv()).await;
        match answer.expect("every question is answered").expect("the channel is open") {
            Answer::Found(profile) => profile.id == AuthorId::new("ana"),
            Answer::Unknown(..) => false,
            Answer::Assumed(_) => panic!("nobody assumes here"),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_author_is_unknown_only_after_every_attempt() {
        assert!(is_found(0, 0).await);
        assert!(is_found(0, 2).await, "an index may lag");
        assert!(!is_found(0, 3).await);
        assert!(is_found(ATTEMPTS_MAX - 1, 0).await, "a network may be down for a while");
        assert!(!is_found(10 * ATTEMPTS_MAX, 0).await, "and is not waited for without end");
    }

    #[tokio::test(start_paused = true)]
    async fn l9_a_network_that_says_at_once_is_asked_as_patiently() {
        let started = tokio::time::Instant::now();
        let network = Slow { asked: AtomicU32::default(), fails: u32::MAX, lags: 0, retry_after_s: Some(0) };
        assert!(ask(&network, vec![AuthorId::new("ana")]).await.is_err());
        assert!(started.elapsed() >= Duration::from_secs(14 * 60), "held posts were given up at once");
    }
}
