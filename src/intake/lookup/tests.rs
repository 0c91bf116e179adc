use std::sync::atomic::{AtomicU32, Ordering};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::*;
use crate::domain::{NativeId, PostCheck};

/// A network whose first answers fail, and whose index then lags by some more. It never answers for `slow`, and nothing
/// for those who are asked for beside `poison`.
#[derive(Default)]
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
        let names = |name: &str| actors.iter().any(|actor| actor == name);
        let answer = if asked < self.fails || names("poison") {
            Err(LookupError::Unavailable { reason: "down".into(), retry_after_s: self.retry_after_s })
        } else if asked < self.fails + self.lags {
            Ok(Vec::new())
        } else if names("slow") {
            return futures_util::future::pending().boxed();
        } else {
            let profile = |id| AuthorProfile::assumed(AuthorId::new(id), Network::Bluesky);
            Ok(actors.into_iter().map(profile).collect())
        };
        futures_util::future::ready(answer).boxed()
    }

    fn posts(&self, _: Vec<NativeId>) -> BoxFuture<'_, Result<Vec<PostCheck>, LookupError>> {
        futures_util::future::ready(Ok(Vec::new())).boxed()
    }
}

/// Asks for these authors of a network that is asked three times for one missing from its answers; who was answered for
/// within the time, an unknown one with a `!` before.
async fn answered_within(network: Slow, authors: &[&str], within: Duration) -> (Vec<String>, u32) {
    let (network, shutdown) = (Arc::new(network), Shutdown::new());
    let (lookups, mut answers) = Lookups::start(vec![(network.clone(), 3)], &shutdown);
    for author in authors {
        lookups.ask(Network::Bluesky, &AuthorId::new(*author)).unwrap();
    }
    let mut said = Vec::new();
    let until = Instant::now() + within;
    while let Ok(Some(answer)) = tokio::time::timeout_at(until, answers.recv()).await {
        said.push(match answer {
            Answer::Found(profile) => profile.id.as_str().to_owned(),
            Answer::Unknown(_, author) => format!("!{}", author.as_str()),
            Answer::Assumed(_) => panic!("nobody assumes here"),
        });
    }
    said.sort();
    said.dedup();
    (said, network.asked.load(Ordering::SeqCst))
}

const DAY: Duration = Duration::from_secs(86_400);

#[tokio::test(start_paused = true)]
async fn an_author_is_unknown_only_after_every_attempt() {
    for (fails, lags, expected) in [(0, 0, "ana"), (0, 2, "ana"), (0, 3, "!ana"), (19, 0, "ana"), (2, 2, "ana")] {
        let network = Slow { fails, lags, ..Slow::default() };
        assert_eq!(answered_within(network, &["ana"], DAY).await.0, [expected], "{fails} failures, {lags} lags");
    }
}

#[tokio::test(start_paused = true)]
async fn d1_an_outage_of_half_a_day_gives_up_nobody_and_is_asked_seldom() {
    let names: Vec<String> = (0..2_000).map(|number| format!("a{number}")).collect();
    let authors: Vec<&str> = names.iter().map(String::as_str).collect();
    for retry_after_s in [None, Some(0), Some(600)] {
        let outage = || Slow { fails: 720, retry_after_s, ..Slow::default() };
        let (said, asked) = answered_within(outage(), &authors, DAY / 3).await;
        assert!(said.is_empty(), "{} were given up", said.len());
        assert!((400..500).contains(&asked), "{asked} questions in eight hours");
        assert_eq!(answered_within(outage(), &authors, DAY).await.0.len(), authors.len());
    }
}

#[tokio::test(start_paused = true)]
async fn d1_a_profile_that_spoils_its_batch_spoils_only_itself() {
    let names: Vec<String> = (0..40).map(|number| format!("a{number}")).collect();
    let mut authors: Vec<&str> = names.iter().map(String::as_str).collect();
    authors.insert(7, "poison");
    let (said, _) = answered_within(Slow::default(), &authors, Duration::from_secs(60)).await;
    assert_eq!(said.len(), 40, "{said:?}");
    let (said, _) = answered_within(Slow::default(), &authors, DAY).await;
    assert_eq!((said.len(), said[0].as_str()), (41, "!poison"));
    // Of whom nothing is known but that the network answers for nobody, is not given up.
    assert!(answered_within(Slow::default(), &["poison"], DAY).await.0.is_empty());
}

#[tokio::test(start_paused = true)]
async fn d1_a_batch_that_is_not_answered_does_not_hold_the_others_up() {
    let names: Vec<String> = (0..100).map(|number| format!("a{number}")).collect();
    let mut authors: Vec<&str> = names.iter().map(String::as_str).collect();
    authors.insert(0, "slow");
    let (said, _) = answered_within(Slow::default(), &authors, Duration::from_secs(1)).await;
    assert_eq!(said.len(), 100 - 24);
}

#[tokio::test(start_paused = true)]
async fn d1_a_question_that_finds_no_room_stands() {
    let shutdown = Shutdown::new();
    let (lookups, _answers) = Lookups::start(vec![(Arc::new(Slow::default()), 3)], &shutdown);
    let ana = AuthorId::new("ana");
    assert_eq!(lookups.ask(Network::Mastodon, &ana), Err(NotAsked::Never));
    for _ in 0..QUESTIONS_MAX {
        lookups.ask(Network::Bluesky, &ana).unwrap();
    }
    assert_eq!(lookups.ask(Network::Bluesky, &ana), Err(NotAsked::Later));
    shutdown.trigger();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(lookups.ask(Network::Bluesky, &ana), Err(NotAsked::Later), "the process stops: it is read again");
}
