use std::collections::VecDeque;
use std::sync::Mutex;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::*;
use crate::clock::{ManualClock, SystemClock};
use crate::domain::{AuthorLookup, Event, Gap, Network, Observation, SourceState, Timestamp};
use crate::ingest::{ObservationReceiver, observations};

type Life = Box<dyn FnMut(SourceContext) -> BoxFuture<'static, Result<(), SourceError>> + Send>;
type Begun = Arc<Mutex<Vec<(Duration, Option<String>)>>>;

/// A source that lives the given lives one after another, then waits to be told to stop. Notes when each began, and
/// from where.
struct Scripted {
    name: &'static str,
    lives: VecDeque<Life>,
    zero: Instant,
    begun: Begun,
}

impl Source for Scripted {
    fn id(&self) -> SourceId {
        SourceId::new(self.name)
    }

    fn network(&self) -> Network {
        Network::Nostr
    }

    fn lookup(&self) -> Option<Arc<dyn AuthorLookup>> {
        None
    }

    fn silent_after(&self) -> Option<Duration> {
        Some(Duration::from_secs(30))
    }

    fn run(&mut self, context: SourceContext) -> BoxFuture<'_, Result<(), SourceError>> {
        let resume = context.resume.as_ref().map(|checkpoint| checkpoint.as_str().to_owned());
        self.begun.lock().unwrap().push((self.zero.elapsed(), resume));
        match self.lives.pop_front() {
            Some(mut life) => life(context),
            None => async move {
                context.shutdown.triggered().await;
                Ok(())
            }
            .boxed(),
        }
    }
}

struct Run {
    supervisor: Supervisor,
    begun: Begun,
    seen: ObservationReceiver,
    shutdown: Shutdown,
}

fn run(lives: Vec<Life>, stored: Option<&str>, capacity: usize) -> Run {
    let (out, seen) = observations(capacity);
    let begun = Begun::default();
    let scripted = Scripted { name: "scripted", lives: lives.into(), zero: Instant::now(), begun: begun.clone() };
    let shutdown = Shutdown::new();
    let stored = stored.map(|position| (SourceId::new("scripted"), Checkpoint::new(position)));
    let supervisor = start(
        vec![Box::new(scripted)],
        SupervisorOptions {
            out,
            checkpoints: stored.into_iter().collect(),
            gaps: Vec::new(),
            clock: Arc::new(SystemClock),
            shutdown: shutdown.clone(),
            rng: fastrand::Rng::with_seed(1),
        },
    );
    Run { supervisor, begun, seen, shutdown }
}

fn ends(result: Result<(), SourceError>) -> Life {
    Box::new(move |_| futures_util::future::ready(result.clone()).boxed())
}

fn observation(position: &str) -> Observation {
    Observation {
        source: SourceId::new("scripted"),
        network: Network::Nostr,
        checkpoint: Some(Checkpoint::new(position)),
        sent_at: None,
        event: Event::Other,
    }
}

/// Connects, hands one observation out, lives for a while and is cut.
fn says(position: &'static str, lasts: Duration) -> Life {
    Box::new(move |context: SourceContext| {
        async move {
            context.health.connected();
            if context.out.send(observation(position)).await.is_ok() {
                tokio::time::sleep(lasts).await;
            }
            Ok(())
        }
        .boxed()
    })
}

fn retry(after: Option<u64>) -> Result<(), SourceError> {
    Err(SourceError::Retry { reason: "cut".into(), after: after.map(Duration::from_secs) })
}

impl Run {
    async fn pauses(&self, lives: usize) -> Vec<f64> {
        while self.begun.lock().unwrap().len() < lives {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let begun = self.begun.lock().unwrap();
        begun.windows(2).map(|pair| (pair[1].0 - pair[0].0).as_secs_f64()).collect()
    }

    fn health(&self) -> SourceHealth {
        self.supervisor.health().borrow()[0].clone()
    }
}

#[tokio::test(start_paused = true)]
async fn pauses_grow_and_begin_anew_after_a_good_stretch() {
    let mut lives: Vec<Life> = (0..4).map(|_| ends(retry(None))).collect();
    lives.push(says("7", Duration::from_secs(61)));
    let run = run(lives, None, 8);
    let pauses = run.pauses(6).await;
    for (pause, step) in pauses.iter().zip([1.0, 2.0, 4.0, 8.0]) {
        assert!(*pause >= step / 2.0 && *pause <= step + 0.01, "{pause} of {step}");
    }
    // The fifth life lasted 61 s; without the reset the pause after it would be 8 to 16 s.
    let after_good = pauses[4] - 61.0;
    assert!((0.5..=1.01).contains(&after_good), "{after_good}");
}

#[tokio::test(start_paused = true)]
async fn an_asked_pause_is_honoured_and_bounded() {
    let run = run(vec![ends(retry(Some(90))), ends(retry(Some(1_000_000)))], None, 8);
    let pauses = run.pauses(3).await;
    assert!((90.0..=91.1).contains(&pauses[0]), "{}", pauses[0]);
    assert!((3_600.0..=3_601.1).contains(&pauses[1]), "{}", pauses[1]);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_waits_long_unless_it_names_its_end() {
    let refused = |after: Option<u64>| {
        ends(Err(SourceError::Refused { reason: "HTTP 401".into(), after: after.map(Duration::from_secs) }))
    };
    let run = run(vec![refused(None), refused(Some(20))], None, 8);
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!((run.health().state, run.health().detail), (SourceState::Refused, "HTTP 401".to_owned()));
    let pauses = run.pauses(3).await;
    assert!((150.0..=300.1).contains(&pauses[0]), "{}", pauses[0]);
    assert!((20.0..=21.1).contains(&pauses[1]), "{}", pauses[1]);
}

#[tokio::test(start_paused = true)]
async fn a_fatal_end_is_not_tried_again() {
    let run = run(vec![ends(Err(SourceError::Fatal("bad position".into())))], None, 8);
    tokio::time::sleep(Duration::from_secs(10_000)).await;
    assert_eq!(run.begun.lock().unwrap().len(), 1);
    assert_eq!((run.health().state, run.health().detail), (SourceState::Stopped, "bad position".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn d1_the_first_life_resumes_from_the_store_and_later_ones_from_what_was_handed_out() {
    let lives = vec![ends(retry(None)), says("42", Duration::ZERO)];
    let mut run = run(lives, Some("17"), 8);
    run.pauses(3).await;
    let resumed: Vec<_> = run.begun.lock().unwrap().iter().map(|(_, resume)| resume.clone()).collect();
    assert_eq!(resumed, [Some("17".to_owned()), Some("17".to_owned()), Some("42".to_owned())]);
    assert_eq!(run.seen.recv().await.and_then(|seen| seen.checkpoint), Some(Checkpoint::new("42")));
}

#[tokio::test(start_paused = true)]
async fn d1_what_was_not_taken_is_not_remembered_as_handed_out() {
    // The channel holds one observation and nobody reads: the second waits, and its life is ended by the shutdown.
    let life: Life = Box::new(|context: SourceContext| {
        async move {
            for position in ["1", "2"] {
                if context.out.send(observation(position)).await.is_err() {
                    assert_eq!(context.out.position(), Some(Checkpoint::new("1")));
                    return Ok(());
                }
            }
            panic!("nobody could take the second");
        }
        .boxed()
    });
    let run = run(vec![life], None, 1);
    tokio::time::sleep(Duration::from_secs(1)).await;
    run.shutdown.trigger();
    let health = run.supervisor.health();
    run.supervisor.stopped().await;
    assert_eq!(health.borrow()[0].state, SourceState::Stopped);
}

#[tokio::test(start_paused = true)]
async fn a_source_that_does_not_heed_the_shutdown_is_dropped() {
    let run = run(vec![Box::new(|_| futures_util::future::pending().boxed())], None, 8);
    tokio::time::sleep(Duration::from_secs(1)).await;
    let asked = Instant::now();
    run.shutdown.trigger();
    run.supervisor.stopped().await;
    assert!(asked.elapsed() <= Duration::from_secs(3), "{:?}", asked.elapsed());
}

#[tokio::test(start_paused = true)]
async fn sources_stop_when_the_pipeline_is_gone() {
    let run = run(vec![says("1", Duration::ZERO)], None, 8);
    drop(run.seen);
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(run.supervisor.health().borrow()[0].state, SourceState::Stopped);
}

/// Tells of a gap, and lives on.
fn tells(gap: Gap) -> Life {
    Box::new(move |context: SourceContext| {
        let event = Event::Gap(gap.clone());
        async move {
            let gap = Observation { checkpoint: None, event, ..observation("0") };
            let _closed = context.out.send(gap).await;
            context.shutdown.triggered().await;
            Ok(())
        }
        .boxed()
    })
}

const GAP: Gap = Gap { from: Timestamp::from_micros(1), until: Timestamp::from_micros(2) };

#[tokio::test(start_paused = true)]
async fn d2_a_gap_that_is_handed_out_is_on_the_board() {
    let run = run(vec![tells(GAP)], None, 8);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(run.health().gaps, [GAP]);
}

#[tokio::test(start_paused = true)]
async fn d2_a_stored_gap_is_told_after_a_restart_and_once() {
    let (out, _seen) = observations(8);
    let lives = vec![tells(GAP)].into();
    let scripted = Scripted { name: "scripted", lives, zero: Instant::now(), begun: Begun::default() };
    let earlier = Gap { from: Timestamp::from_micros(0), ..GAP };
    let elsewhere = (SourceId::new("elsewhere"), Gap { until: Timestamp::from_micros(9), ..GAP });
    let stored = [&earlier, &GAP].map(|gap| (SourceId::new("scripted"), gap.clone()));
    let supervisor = start(
        vec![Box::new(scripted)],
        SupervisorOptions {
            out,
            checkpoints: HashMap::new(),
            gaps: stored.into_iter().chain([elsewhere]).collect(),
            clock: Arc::new(ManualClock::default()),
            shutdown: Shutdown::new(),
            rng: fastrand::Rng::with_seed(1),
        },
    );
    let gaps = || supervisor.health().borrow()[0].gaps.clone();
    assert_eq!(gaps(), [earlier.clone(), GAP]);
    // The stream resumes before the gap once more, and finds it again.
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(gaps(), [earlier, GAP]);
}

#[tokio::test(start_paused = true)]
async fn one_sources_trouble_is_its_own() {
    let (out, _seen) = observations(8);
    let zero = Instant::now();
    let begun = [Begun::default(), Begun::default()];
    let scripted = |name, lives: Vec<Life>, begun: &Begun| -> Box<dyn Source> {
        Box::new(Scripted { name, lives: lives.into(), zero, begun: begun.clone() })
    };
    let panics: Life = Box::new(|_| async { panic!("a bug") }.boxed());
    let supervisor = start(
        vec![scripted("bad", vec![panics], &begun[0]), scripted("good", vec![ends(Ok(()))], &begun[1])],
        SupervisorOptions {
            out,
            checkpoints: HashMap::new(),
            gaps: Vec::new(),
            clock: Arc::new(ManualClock::default()),
            shutdown: Shutdown::new(),
            rng: fastrand::Rng::with_seed(1),
        },
    );
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(begun[1].lock().unwrap().len(), 2);
    drop(supervisor);
}

#[tokio::test(start_paused = true)]
async fn sources_come_and_go_while_others_run() {
    let mut run = run(vec![], None, 8);
    let begun = [Begun::default(), Begun::default()];
    let added = |begun: &Begun| -> Box<dyn Source> {
        let lives = vec![tells(GAP)].into();
        Box::new(Scripted { name: "added", lives, zero: Instant::now(), begun: begun.clone() })
    };
    let told = Gap { from: Timestamp::from_micros(0), ..GAP };
    run.supervisor.add(added(&begun[0]), Some(Checkpoint::new("7")), [told.clone()]);
    // One that runs goes on as it is.
    run.supervisor.add(added(&begun[1]), None, []);
    tokio::time::sleep(Duration::from_secs(1)).await;
    let board = |run: &Run| -> Vec<(String, usize)> {
        let health = run.supervisor.health().borrow().clone();
        health.iter().map(|row| (row.source.as_str().to_owned(), row.gaps.len())).collect()
    };
    assert_eq!(board(&run), [("scripted".into(), 0), ("added".into(), 2)]);
    assert_eq!(begun[0].lock().unwrap()[0].1.as_deref(), Some("7"));
    assert!(begun[1].lock().unwrap().is_empty());
    run.supervisor.keep_only(&[SourceId::new("scripted"), SourceId::new("other")].into());
    assert_eq!(board(&run), [("scripted".into(), 0)]);
    // It may come back.
    run.supervisor.add(added(&begun[1]), Some(Checkpoint::new("8")), []);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(board(&run), [("scripted".into(), 0), ("added".into(), 1)]);
    assert_eq!((begun[0].lock().unwrap().len(), begun[1].lock().unwrap()[0].1.as_deref()), (1, Some("8")));
    run.shutdown.trigger();
    tokio::time::timeout(Duration::from_secs(5), run.supervisor.stopped()).await.expect("all stop");
}
