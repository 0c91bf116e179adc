use std::sync::Mutex;

use super::*;
use crate::app::fake::Silent;
use crate::clock::ManualClock;
use crate::consent::Policy;
use crate::domain::{
    Checkpoint, City, DeliveryId, Event, Gap, IdKey, KnownPost, NativeId, Observation, Outcome, PostId, RawPost,
    RefuseReason, SourceId, Timestamp,
};
use crate::ingest::{self, ObservationSender};
use crate::intake::{Authors, KnownPosts};

const NOW: Timestamp = Timestamp::from_micros(1_790_000_000_000_000);

/// A journal that remembers what it was given, or has no room.
#[derive(Default)]
struct FakeJournal {
    is_full: bool,
    /// So many commits fail before one is made.
    fails: usize,
    refuses: Vec<(Outcome, RefuseReason)>,
    /// What each commit stores, and who is told of it after a while.
    stores: Option<(PostId, Forgotten)>,
    batches: Mutex<Vec<Arc<Batch>>>,
}

impl Journal for FakeJournal {
    fn commit(&self, batch: Arc<Batch>) -> BoxFuture<'_, Result<Committed, StoreError>> {
        let full = || StoreError::Unavailable("no room".into());
        let items = |receipt: &crate::domain::Receipt| receipt.items.iter().map(|item| item.outcome).collect();
        let receipts = batch.receipts.iter().map(items).collect();
        self.batches.lock().unwrap().push(batch);
        async move {
            if let Some((post, forgotten)) = &self.stores {
                tokio::time::sleep(Duration::from_millis(500)).await;
                forgotten.told(&Committed { stored: vec![*post], ..Committed::default() });
            }
            if self.is_full || self.batches.lock().unwrap().len() <= self.fails {
                Err(full())
            } else {
                Ok(Committed { refused: self.refuses.clone(), receipts, ..Committed::default() })
            }
        }
        .boxed()
    }
}

const HELD: PostId = PostId::from_u64(1);

fn intake() -> Intake {
    let key = IdKey::new([7; 32]);
    let authors = Authors::new(key, [], Default::default());
    let known = KnownPosts::new([KnownPost { id: HELD, thread: HELD, cities: vec![], queued: vec![] }]);
    Intake::new(key, Policy::Standard, Arc::new(CitySet::compile(Vec::<City>::new())), known, authors)
}

fn observation(number: u32) -> Observation {
    Observation {
        source: SourceId::new("bluesky"),
        network: Network::Bluesky,
        checkpoint: Some(Checkpoint::new(number.to_string())),
        sent_at: None,
        event: Event::Other,
    }
}

fn gap() -> Change {
    let gap = Gap { from: NOW, until: NOW };
    Change::Gap { source: SourceId::new("bluesky"), network: Network::Bluesky, gap, at: NOW }
}

fn raw(author: &str) -> Box<RawPost> {
    let id = NativeId::new(format!("at://{author}/app.bsky.feed.post/1"));
    Box::new(RawPost::bare(AuthorId::new(author), id, "Bonjour", NOW))
}

struct Run {
    observations: ObservationSender,
    control: mpsc::Sender<Control>,
    deliveries: mpsc::Sender<Arrival>,
    waiting: watch::Receiver<bool>,
    unwritten: watch::Receiver<String>,
    shutdown: Shutdown,
    driving: tokio::task::JoinHandle<Result<Intake, StoreError>>,
}

fn start(journal: Arc<FakeJournal>) -> Run {
    let shutdown = Shutdown::new();
    let lookups = Lookups::start(Vec::new(), &shutdown);
    start_with(journal, intake(), lookups, shutdown)
}

fn start_with(
    journal: Arc<FakeJournal>,
    intake: Intake,
    (lookups, answers): (Lookups, mpsc::Receiver<Answer>),
    shutdown: Shutdown,
) -> Run {
    let (observations, observed) = ingest::observations(16);
    let (control, controlled) = mpsc::channel(16);
    let forgotten = journal.stores.as_ref().map(|(_, forgotten)| forgotten.clone()).unwrap_or_default();
    let (deliveries, delivered) = mpsc::channel(16);
    let inputs = Inputs { observations: observed, answers, control: controlled, deliveries: delivered, forgotten };
    let (waiting, is_waiting) = watch::channel(false);
    let (unwritten, is_unwritten) = watch::channel(String::new());
    let outputs = Outputs { journal, lookups, waiting, unwritten };
    let clock = Arc::new(ManualClock::new(NOW));
    let driving = tokio::spawn(drive(intake, inputs, outputs, clock, shutdown.clone()));
    Run { observations, control, deliveries, waiting: is_waiting, unwritten: is_unwritten, shutdown, driving }
}

#[tokio::test(start_paused = true)]
async fn w06_a_full_disk_does_not_keep_the_process_from_stopping() {
    let journal = Arc::new(FakeJournal { is_full: true, ..FakeJournal::default() });
    let run = start(journal.clone());
    run.control.send(Control::Changes(vec![gap()])).await.unwrap();
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert!(journal.batches.lock().unwrap().len() > 3, "it is tried again");
    run.shutdown.trigger();
    let ended = tokio::time::timeout(Duration::from_secs(5), run.driving).await.expect("it stops");
    assert!(matches!(ended.unwrap(), Err(StoreError::Unavailable(_))), "and says that something is not written");
}

#[tokio::test(start_paused = true)]
async fn d1_the_last_checkpoint_is_written_when_the_process_stops() {
    let journal = Arc::new(FakeJournal::default());
    let run = start(journal.clone());
    run.observations.send(observation(1)).await.unwrap();
    tokio::time::sleep(Duration::from_millis(10)).await;
    run.shutdown.trigger();
    run.driving.await.unwrap().unwrap();
    let batches = journal.batches.lock().unwrap();
    let last = batches.last().and_then(|batch| batch.checkpoints.first()).map(|(_, at)| at.as_str().to_owned());
    assert_eq!(last.as_deref(), Some("1"));
}

#[tokio::test(start_paused = true)]
async fn d5_a_post_that_was_dropped_and_is_stored_again_stays_known() {
    for (stored, is_known) in [(HELD, true), (PostId::from_u64(2), false)] {
        let forgotten = Forgotten::default();
        let journal = Arc::new(FakeJournal { stores: Some((stored, forgotten.clone())), ..FakeJournal::default() });
        let run = start(journal);
        run.observations.send(observation(1)).await.unwrap();
        tokio::time::sleep(CHECKPOINT_EVERY + Duration::from_millis(100)).await;
        forgotten.told(&Committed { forgotten: vec![HELD], ..Committed::default() });
        run.observations.send(observation(2)).await.unwrap();
        tokio::time::sleep(Duration::from_secs(20)).await;
        run.shutdown.trigger();
        let intake = run.driving.await.unwrap().unwrap();
        assert_eq!(intake.known.contains(HELD), is_known, "else its author's deletion would pass it by");
    }
}

#[tokio::test(start_paused = true)]
async fn d6_the_sources_wait_while_too_much_is_not_written() {
    let run = start(Arc::new(FakeJournal { is_full: true, ..FakeJournal::default() }));
    run.control.send(Control::Changes(vec![gap()])).await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(!*run.waiting.borrow());
    run.control.send(Control::Changes(vec![gap(); 2_000])).await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(*run.waiting.borrow());
    run.observations.send(observation(1)).await.unwrap();
    run.control.send(Control::Changes(vec![gap(); 2_000])).await.unwrap();
    tokio::time::sleep(Duration::from_secs(30)).await;
    assert_eq!(run.observations.waiting(), 1, "it is not taken");
    assert_eq!(run.control.capacity(), run.control.max_capacity() - 1, "nor is what we re-check ourselves");
}

fn arrival(message: u64, events: Vec<Event>) -> (Arrival, oneshot::Receiver<Vec<PushOutcome>>) {
    let (answer, answered) = oneshot::channel();
    let seen = |event| Observation { network: Network::Push, checkpoint: None, event, ..observation(1) };
    let observations = events.into_iter().map(seen).collect();
    (Arrival { delivery: DeliveryId { sender: 1, message }, body: 2, observations, answer }, answered)
}

#[tokio::test(start_paused = true)]
async fn d3_a_delivery_is_answered_after_the_commit_that_holds_it_and_not_before() {
    let journal = Arc::new(FakeJournal { fails: 2, ..FakeJournal::default() });
    let run = start(journal.clone());
    let native_id = NativeId::new("nantes:voirie a");
    let events = vec![Event::Unreadable(RefuseReason::Malformed), Event::Delete { native_id }];
    let (arrival, mut answered) = arrival(7, events);
    run.deliveries.send(arrival).await.unwrap();
    tokio::time::sleep(RETRY_EVERY).await;
    assert!(answered.try_recv().is_err(), "nothing is written yet");
    tokio::time::sleep(2 * RETRY_EVERY).await;
    let outcomes = [PushOutcome::Refused(RefuseReason::Malformed), PushOutcome::Deleted];
    assert_eq!(answered.try_recv().unwrap(), outcomes);
    let batches = journal.batches.lock().unwrap();
    let last = batches.last().unwrap();
    assert_eq!((last.changes.len(), last.receipts.len(), last.receipts[0].delivery.message), (1, 1, 7));
}

#[tokio::test(start_paused = true)]
async fn d3_what_changes_nothing_is_receipted_too_and_what_can_not_be_written_is_not_answered() {
    for is_full in [false, true] {
        let journal = Arc::new(FakeJournal { is_full, ..FakeJournal::default() });
        let run = start(journal.clone());
        let (arrival, answered) = arrival(1, vec![Event::Unreadable(RefuseReason::Malformed)]);
        run.deliveries.send(arrival).await.unwrap();
        tokio::time::sleep(Duration::from_secs(1)).await;
        run.shutdown.trigger();
        _ = run.driving.await.unwrap();
        assert_eq!(answered.await.is_ok(), !is_full);
        assert_eq!(journal.batches.lock().unwrap()[0].receipts.len(), 1);
    }
}

/// The clock of this machine is three days ahead of the network's.
#[tokio::test(start_paused = true)]
async fn d1_our_own_clock_refuses_no_post_for_its_age() {
    let run = start(Arc::new(FakeJournal::default()));
    let sent_at = NOW.plus_seconds(-3 * 86_400);
    let post = Box::new(RawPost { created_at: Some(sent_at), ..*raw("did:plc:ana") });
    let seen = Observation { sent_at: Some(sent_at), event: Event::Post(post), ..observation(1) };
    run.observations.send(seen).await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    run.shutdown.trigger();
    let intake = run.driving.await.unwrap().unwrap();
    assert_eq!(
        intake.tally.counts().collect::<Vec<_>>(),
        [("refused.unmatched", 1)],
        "matching was asked, with no city"
    );
}

#[tokio::test(start_paused = true)]
async fn d6_a_commit_that_can_not_be_made_is_told_until_one_is_made() {
    let run = start(Arc::new(FakeJournal { fails: 3, ..FakeJournal::default() }));
    run.control.send(Control::Changes(vec![gap()])).await.unwrap();
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(*run.unwritten.borrow(), "no room");
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(*run.unwritten.borrow(), "");
    run.shutdown.trigger();
    run.driving.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_the_store_refuses_is_counted_so() {
    let refuses = vec![(Outcome::Admitted, RefuseReason::Erased)];
    let run = start(Arc::new(FakeJournal { refuses, ..FakeJournal::default() }));
    run.control.send(Control::Changes(vec![gap()])).await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    run.shutdown.trigger();
    let intake = run.driving.await.unwrap().unwrap();
    assert_eq!(intake.tally.counts().collect::<Vec<_>>(), [("refused.erased", 1)]);
}

#[test]
fn l13_whom_the_network_no_longer_shows_is_hidden() {
    let mut intake = intake();
    let author = AuthorId::new("ana");
    intake.authors.put(AuthorProfile::assumed(author.clone(), Network::Bluesky));
    let asked = vec![author, AuthorId::new("unknown")];
    let rechecked = Control::Rechecked { network: Network::Bluesky, asked, found: vec![] };
    apply(&mut intake, rechecked, &ManualClock::new(NOW));
    let [Change::Author { verdict, profile, .. }] = &intake.pending[..] else { panic!("{:?}", intake.pending) };
    assert_eq!((*verdict, profile.checked_at), (crate::domain::AuthorVerdict::Hide, Some(NOW)));
}

#[test]
fn a_rechecked_profile_is_cleaned_and_believes_a_later_account_event() {
    let mut intake = intake();
    let author = AuthorId::new("ana");
    let known = AuthorProfile { checked_at: Some(NOW), ..AuthorProfile::assumed(author.clone(), Network::Bluesky) };
    intake.authors.put(known.clone());
    let rechecked = || Control::Rechecked {
        network: Network::Bluesky,
        asked: vec![author.clone()],
        found: vec![AuthorProfile { name: Some(" a\u{202e}na\n ".into()), ..known.clone() }],
    };
    let clock = ManualClock::new(NOW);
    apply(&mut intake, rechecked(), &clock);
    let now_known = intake.authors.get(Network::Bluesky, &author).unwrap();
    assert!(!now_known.name.as_deref().unwrap().contains(['\n', '\u{202e}']), "{now_known:?}");
    // The account went while the network was being asked.
    intake.account(Network::Bluesky, author.clone(), AccountStatus::Hidden, NOW);
    apply(&mut intake, rechecked(), &clock);
    let verdicts: Vec<_> = intake.pending.iter().map(|change| format!("{change:?}")).collect();
    assert!(verdicts.last().unwrap().contains("verdict: Hide"), "{verdicts:?}");
}

/// Without their objection at hand: at the bound none is remembered.
#[test]
fn l13_who_went_while_they_were_asked_for_is_not_put_back() {
    let mut intake = intake();
    let profile = AuthorProfile::assumed(AuthorId::new("ana"), Network::Bluesky);
    let (asked, found) = (vec![profile.id.clone()], vec![profile.clone()]);
    apply(&mut intake, Control::Rechecked { network: Network::Bluesky, asked, found }, &ManualClock::new(NOW));
    assert!(intake.authors.fresh(Network::Bluesky, &profile.id, NOW).is_none());
    assert!(intake.pending.is_empty(), "{:?}", intake.pending);
}

#[tokio::test(start_paused = true)]
async fn d1_what_can_not_be_asked_yet_holds_the_networks_back_and_is_not_given_up() {
    let stopped = Shutdown::new();
    stopped.trigger();
    let lookups = Lookups::start(vec![(Arc::new(Silent), 3)], &stopped);
    let mut intake = intake();
    intake.authors.put(AuthorProfile::assumed(AuthorId::new("ana"), Network::Bluesky));
    tokio::time::sleep(Duration::from_secs(1)).await;
    let run = start_with(Arc::new(FakeJournal::default()), intake, lookups, Shutdown::new());
    let event = Event::Handle { author: AuthorId::new("ana") };
    run.observations.send(Observation { event, ..observation(1) }).await.unwrap();
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert!(*run.waiting.borrow());
    run.shutdown.trigger();
    assert_eq!(run.driving.await.unwrap().unwrap().questions, [(Network::Bluesky, AuthorId::new("ana"))]);
}
