use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use proptest::prelude::*;
use serde_json::Value;

use crate::domain::{CommitListener, Cursor, Epoch, Filter, Head, Offset};

use super::fake::{CountingRenderer, FakeLog, Step};
use super::*;

/// A reader of SSE blocks: the page it shows, and the cursor it would come back with.
#[derive(Default)]
struct Reader {
    shown: BTreeMap<String, String>,
    cursor: Option<Cursor>,
    recovered: bool,
    messages: Vec<Value>,
}

impl Reader {
    fn opened(log: &FakeLog, filter: &Filter) -> Self {
        let ends = log.ends();
        let cursor = Some(Cursor::new(&log.city, ends.epoch, ends.head));
        Self { shown: log.visible(filter), cursor, ..Self::default() }
    }

    fn take(&mut self, block: &[u8]) {
        let block = String::from_utf8(block.to_vec()).unwrap();
        let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
        let message: Value = serde_json::from_str(&field("data: ").unwrap()).unwrap();
        if let Some(token) = field("id: ") {
            assert_eq!(message["cursor"], token.as_str());
            self.cursor = Some(Cursor::parse(&token).unwrap());
        }
        match message["type"].as_str().unwrap() {
            "hello" => self.recovered = message["recovered"].as_bool().unwrap(),
            "batch" => message["events"].as_array().unwrap().iter().for_each(|event| self.apply(event)),
            _ => {}
        }
        self.messages.push(message);
    }

    fn apply(&mut self, event: &Value) {
        match event["op"].as_str().unwrap() {
            "remove" => {
                self.shown.remove(event["id"].as_str().unwrap());
            }
            _ => {
                let text = |key: &str| event["post"][key].as_str().unwrap().to_owned();
                self.shown.insert(text("id"), text("text"));
            }
        }
    }
}

struct Stage {
    log: Arc<FakeLog>,
    renderer: Arc<CountingRenderer>,
    live: Arc<Live>,
}

fn stage(limits: LiveLimits) -> Stage {
    let log = FakeLog::new("nantes");
    let renderer = Arc::new(CountingRenderer::default());
    let live = Live::new(log.clone(), renderer.clone(), |health| format!("[{}]", health.len()), limits);
    live.open_city(&log.city, log.ends());
    Stage { log, renderer, live }
}

impl Stage {
    fn step(&self, step: Step) {
        self.live.committed(&self.log.apply(step));
    }

    fn put(&self, id: u64, text: &str) {
        self.step(Step::Put { id, text: text.into(), tag: "nantes" });
    }

    async fn open(&self, cursor: Option<Cursor>, filter: &Filter) -> Subscription {
        let request = Request { cursor, filter: filter.clone(), form: Form::Json, framing: Framing::Sse };
        self.live.subscribe(&self.log.city, request).await.unwrap()
    }
}

/// Takes frames until nothing comes for a while (of paused time).
async fn drain(subscription: &mut Subscription, reader: &mut Reader) {
    while let Ok(frame) = tokio::time::timeout(Duration::from_millis(1), subscription.next()).await {
        reader.take(&frame.unwrap());
    }
}

fn tagged(tag: &str) -> Filter {
    Filter { tag: Some(tag.into()), ..Filter::default() }
}

fn small() -> LiveLimits {
    LiveLimits { tail_entries: 12, batch_entries: 5, batch_bytes: 300, page_entries: 4, ..LiveLimits::default() }
}

fn steps() -> impl Strategy<Value = Vec<(Step, bool)>> {
    let step = (0_u64..12, 0_u8..10, "[a-z]{1,60}", any::<bool>()).prop_map(|(id, kind, text, tagged)| match kind {
        0..=5 => Step::Put { id, text, tag: if tagged { "nantes" } else { "rennes" } },
        6 | 7 => Step::Remove { id },
        8 => Step::Hide { id },
        _ => Step::Show { id },
    });
    prop::collection::vec((step, prop::bool::weighted(0.2)), 1..80)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// Whoever leaves and comes back, at any moment and however far behind, ends where one who stayed ends.
    #[test]
    fn w1_any_number_of_disconnects_ends_in_the_same_state(steps in steps(), filtered: bool, warm: bool) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let filter = if filtered { tagged("nantes") } else { Filter::default() };
            let stage = stage(small());
            let mut reader = Reader::opened(&stage.log, &filter);
            for (step, comes_back) in steps {
                stage.step(step);
                if comes_back {
                    if warm {
                        stage.live.warm_city(&stage.log.city).await.unwrap();
                    }
                    let before = reader.cursor;
                    let mut subscription = stage.open(before, &filter).await;
                    // Now and then it is cut off after a single frame.
                    reader.take(&subscription.next().await.unwrap());
                    prop_assert!(reader.recovered);
                    prop_assert_eq!(reader.cursor, before);
                    if !stage.log.ends().head.0.is_multiple_of(3) {
                        drain(&mut subscription, &mut reader).await;
                    }
                }
            }
            let mut last = stage.open(reader.cursor, &filter).await;
            drain(&mut last, &mut reader).await;
            prop_assert_eq!(&reader.shown, &stage.log.visible(&filter));
            Ok(())
        })?;
    }
}

#[tokio::test(start_paused = true)]
async fn w1_a_restart_goes_on_from_the_store_without_a_hole() {
    let first = stage(LiveLimits::default());
    let mut reader = Reader::opened(&first.log, &Filter::default());
    (0..30).for_each(|id| first.put(id, "avant"));
    let again = Live::new(first.log.clone(), first.renderer.clone(), |_| String::new(), small());
    again.open_city(&first.log.city, first.log.ends());
    let second = Stage { live: again, ..first };
    let mut subscription = second.open(reader.cursor, &Filter::default()).await;
    (30..35).for_each(|id| second.put(id, "après"));
    drain(&mut subscription, &mut reader).await;
    assert_eq!(reader.shown, second.log.visible(&Filter::default()));
    assert!(second.log.reads.load(Ordering::SeqCst) > 0);
}

#[tokio::test(start_paused = true)]
async fn w1_a_warm_tail_spares_the_store() {
    let first = stage(LiveLimits::default());
    let mut reader = Reader::opened(&first.log, &Filter::default());
    (0..30).for_each(|id| first.put(id, "avant"));
    let live = Live::new(first.log.clone(), first.renderer.clone(), |_| String::new(), LiveLimits::default());
    live.open_city(&first.log.city, first.log.ends());
    live.warm_city(&first.log.city).await.unwrap();
    let reads = first.log.reads.load(Ordering::SeqCst);
    let second = Stage { live, ..first };
    drain(&mut second.open(reader.cursor, &Filter::default()).await, &mut reader).await;
    assert_eq!(reader.shown.len(), 30);
    assert_eq!(second.log.reads.load(Ordering::SeqCst), reads);
}

#[tokio::test(start_paused = true)]
async fn d5_what_goes_while_a_tail_is_warmed_is_not_in_it() {
    let first = stage(LiveLimits::default());
    let mut reader = Reader::opened(&first.log, &Filter::default());
    first.put(1, "le secret");
    first.put(2, "avant");
    let live = Live::new(first.log.clone(), first.renderer.clone(), |_| String::new(), LiveLimits::default());
    live.open_city(&first.log.city, first.log.ends());
    let second = Stage { live, ..first };
    let commits = async {
        second.step(Step::Remove { id: 1 });
        second.put(2, "après");
    };
    futures_util::future::join(second.live.warm_city(&second.log.city), commits).await.0.unwrap();
    let reads = second.log.reads.load(Ordering::SeqCst);
    drain(&mut second.open(reader.cursor, &Filter::default()).await, &mut reader).await;
    let told = format!("{:?}", reader.messages);
    assert!(!told.contains("secret") && !told.contains("avant"), "{told}");
    assert_eq!(reader.shown, second.log.visible(&Filter::default()));
    assert_eq!(second.log.reads.load(Ordering::SeqCst), reads, "served from memory");
}

#[tokio::test(start_paused = true)]
async fn w1_what_cannot_be_recovered_is_said_and_starts_at_now() {
    let stage = stage(LiveLimits { tail_entries: 5, ..LiveLimits::default() });
    (0..20).for_each(|id| stage.put(id, "x"));
    stage.log.set_floor(10);
    let ends = stage.log.ends();
    let here = |epoch, offset| Cursor::new(&stage.log.city, epoch, Offset(offset));
    let elsewhere = Cursor::new(&crate::domain::CityId::new("rennes"), ends.epoch, Offset(15));
    for cursor in [here(Epoch(8), 15), here(ends.epoch, 21), here(ends.epoch, 9), elsewhere] {
        let mut reader = Reader::default();
        drain(&mut stage.open(Some(cursor), &Filter::default()).await, &mut reader).await;
        assert!(!reader.recovered, "{cursor:?}");
        assert_eq!(reader.cursor, Some(here(ends.epoch, 20)));
    }
    for cursor in [here(ends.epoch, 10), here(ends.epoch, 20)] {
        let mut reader = Reader::default();
        drain(&mut stage.open(Some(cursor), &Filter::default()).await, &mut reader).await;
        assert!(reader.recovered, "{cursor:?}");
        assert_eq!(reader.messages[0]["cursor"], cursor.token());
    }
}

#[tokio::test(start_paused = true)]
async fn w1_a_floor_that_passes_a_reader_is_told() {
    let stage = stage(LiveLimits { tail_entries: 2, ..LiveLimits::default() });
    let mut subscription = stage.open(None, &Filter::default()).await;
    let mut reader = Reader::default();
    reader.take(&subscription.next().await.unwrap());
    (0..20).for_each(|id| stage.put(id, "x"));
    stage.log.set_floor(12);
    drain(&mut subscription, &mut reader).await;
    assert!(!reader.recovered);
    assert_eq!(reader.cursor.map(|cursor| cursor.offset), Some(Offset(20)));
}

#[tokio::test(start_paused = true)]
async fn d5_removals_reach_filtered_readers_and_no_replay_carries_what_has_gone() {
    let stage = stage(LiveLimits::default());
    let filter = tagged("nantes");
    let start = Reader::opened(&stage.log, &filter).cursor;
    stage.put(1, "le secret");
    stage.put(2, "première version");
    // A group encodes (and keeps) a batch with the texts that go afterwards.
    let mut live_reader = Reader::default();
    let mut live = stage.open(start, &filter).await;
    drain(&mut live, &mut live_reader).await;
    assert_eq!(live_reader.shown.len(), 2);

    stage.step(Step::Remove { id: 1 });
    stage.put(2, "seconde version");
    stage.step(Step::Put { id: 3, text: "ailleurs".into(), tag: "rennes" });
    stage.step(Step::Remove { id: 3 });
    drain(&mut live, &mut live_reader).await;
    assert_eq!(live_reader.shown.values().collect::<Vec<_>>(), ["seconde version"]);

    let mut late = Reader::default();
    drain(&mut stage.open(start, &filter).await, &mut late).await;
    let told = format!("{:?}", late.messages);
    assert!(!told.contains("le secret") && !told.contains("première version"), "{told}");
    assert_eq!(late.shown, live_reader.shown);
    // The removal of post 3, which this filter never admitted, came all the same.
    assert!(told.contains(&crate::domain::PostId::from_u64(3).token()));
}

#[tokio::test(start_paused = true)]
async fn an_update_that_no_longer_matches_is_a_removal() {
    let stage = stage(LiveLimits::default());
    let filter = tagged("nantes");
    let mut reader = Reader::opened(&stage.log, &filter);
    let mut subscription = stage.open(None, &filter).await;
    stage.put(1, "ici");
    drain(&mut subscription, &mut reader).await;
    stage.step(Step::Put { id: 1, text: "plus ici".into(), tag: "rennes" });
    drain(&mut subscription, &mut reader).await;
    assert!(reader.shown.is_empty());
    let last = reader.messages.last().unwrap();
    assert_eq!(last["events"][0]["op"], "remove");
}

#[tokio::test(start_paused = true)]
async fn w2_a_batch_is_encoded_once_for_all_sessions_of_a_group() {
    let stage = stage(LiveLimits::default());
    let mut sessions = Vec::new();
    for _ in 0..100 {
        let mut subscription = stage.open(None, &Filter::default()).await;
        subscription.next().await.unwrap();
        sessions.push(subscription);
    }
    (0..10).for_each(|id| stage.put(id, "bonjour"));
    let mut frames = Vec::new();
    for subscription in &mut sessions {
        frames.push(subscription.next().await.unwrap());
    }
    assert_eq!(stage.renderer.calls.load(Ordering::SeqCst), 10);
    let first = frames.first().unwrap();
    assert!(frames.iter().all(|frame| std::ptr::eq(frame.as_ptr(), first.as_ptr())), "one buffer for all");
    // Another filter joins the same slices.
    let mut filtered = Reader::default();
    let cursor = Cursor::new(&stage.log.city, stage.log.epoch, Offset(0));
    drain(&mut stage.open(Some(cursor), &tagged("nantes")).await, &mut filtered).await;
    assert_eq!(filtered.shown.len(), 10);
    assert_eq!(stage.renderer.calls.load(Ordering::SeqCst), 10);
}

/// While sessions take their turns, more is committed: for a moment they take the same steps all the same, unless a text
/// in them goes.
#[tokio::test(start_paused = true)]
async fn w2_a_pass_goes_on_for_a_moment_with_the_batch_it_began_with() {
    let stage = stage(LiveLimits::default());
    let mut sessions = Vec::new();
    for _ in 0..4 {
        let mut subscription = stage.open(None, &Filter::default()).await;
        subscription.next().await.unwrap();
        sessions.push(subscription);
    }
    stage.put(1, "le premier");
    stage.put(2, "le secret");
    let first = sessions[0].next().await.unwrap();
    stage.put(3, "entre-temps");
    let second = sessions[1].next().await.unwrap();
    assert!(std::ptr::eq(first.as_ptr(), second.as_ptr()), "the same step");
    tokio::time::advance(Duration::from_millis(1)).await;
    let third = sessions[2].next().await.unwrap();
    assert!(String::from_utf8_lossy(&third).contains("entre-temps"), "all there is, after a moment");
    stage.step(Step::Remove { id: 2 });
    let fourth = sessions[3].next().await.unwrap();
    assert!(!String::from_utf8_lossy(&fourth).contains("secret"));
    let mut reader = Reader::opened(&stage.log, &Filter::default());
    reader.shown.clear();
    reader.take(&first);
    drain(&mut sessions[0], &mut reader).await;
    assert_eq!(reader.shown, stage.log.visible(&Filter::default()));
}

#[tokio::test(start_paused = true)]
async fn w1_empty_batches_advance_a_filtered_reader() {
    let stage = stage(LiveLimits::default());
    let mut subscription = stage.open(None, &tagged("rennes")).await;
    subscription.next().await.unwrap();
    stage.put(1, "x");
    let started = tokio::time::Instant::now();
    let mut reader = Reader::default();
    reader.take(&subscription.next().await.unwrap());
    assert_eq!(started.elapsed().as_secs(), 10);
    assert_eq!(reader.cursor.map(|cursor| cursor.offset), Some(Offset(1)));
    assert_eq!(reader.messages[0]["events"], serde_json::json!([]));
    // Nothing was skipped since: nothing is said.
    assert!(tokio::time::timeout(Duration::from_secs(60), subscription.next()).await.is_err());
    (10..110).for_each(|id| stage.put(id, "x"));
    let frame = tokio::time::timeout(Duration::from_millis(1), subscription.next()).await.unwrap();
    reader.take(&frame.unwrap());
    assert_eq!(reader.cursor.map(|cursor| cursor.offset), Some(Offset(101)));
}

#[tokio::test(start_paused = true)]
async fn w3_the_tail_and_the_frames_are_bounded() {
    let limits = LiveLimits { tail_bytes: 20_000, batch_bytes: 4_000, ..LiveLimits::default() };
    let stage = stage(limits);
    let start = Reader::opened(&stage.log, &Filter::default()).cursor;
    let mut stalled = stage.open(start, &Filter::default()).await;
    (0..200).for_each(|id| stage.put(id, &"m".repeat(500)));
    let channel = stage.live.channel(&stage.log.city).unwrap();
    assert!(!channel.holds(Offset(150)) && channel.holds(Offset(199)));
    let mut reader = Reader::default();
    let mut largest = 0;
    for _ in 0..400 {
        let Ok(frame) = tokio::time::timeout(Duration::from_millis(1), stalled.next()).await else { break };
        let frame = frame.unwrap();
        largest = largest.max(frame.len());
        reader.take(&frame);
    }
    assert_eq!(reader.shown.len(), 200);
    assert!(largest < 5_000, "{largest}");
}

#[tokio::test(start_paused = true)]
async fn w3_tails_are_bounded_together_and_each_keeps_its_share() {
    let stage = stage(LiveLimits { tail_bytes: 20_000, tails_bytes: 24_000, ..LiveLimits::default() });
    let channel = stage.live.channel(&stage.log.city).unwrap();
    let held = |from: u64| channel.holds(Offset(from));
    // Alone it may hold all that one may.
    (0..200).for_each(|id| stage.put(id, &"m".repeat(232)));
    assert!(held(181) && !held(179), "twenty of a thousand bytes each");
    // With another it gives way as far as it must, but keeps its half.
    let elsewhere = held::Held::new(&stage.live.held);
    elsewhere.add(6_000);
    stage.put(200, &"m".repeat(232));
    assert!(held(183) && !held(182), "eighteen");
    elsewhere.add(30_000);
    stage.put(201, &"m".repeat(232));
    assert!(held(190) && !held(189), "twelve");
    elsewhere.remove(36_000);
    (202..220).for_each(|id| stage.put(id, &"m".repeat(232)));
    assert!(held(201) && !held(199));
}

#[tokio::test(start_paused = true)]
async fn w3_a_reader_that_stays_behind_is_closed() {
    let stage = stage(LiveLimits { tail_entries: 10, batch_bytes: 1, ..LiveLimits::default() });
    let mut subscription = stage.open(None, &Filter::default()).await;
    subscription.next().await.unwrap();
    (0..100).for_each(|id| stage.put(id, "x"));
    let mut ended = None;
    for _ in 0..10 {
        tokio::time::advance(Duration::from_secs(15)).await;
        if let Err(end) = subscription.next().await {
            ended = Some(end);
            break;
        }
    }
    assert_eq!(ended, Some(End::TooSlow));
}

#[tokio::test(start_paused = true)]
async fn w6_a_drain_spreads_the_sessions_and_refuses_new_ones() {
    let stage = stage(LiveLimits { drain_each: Duration::from_millis(200), ..LiveLimits::default() });
    let (mut leaving, mut permits) = (Vec::new(), Vec::new());
    for _ in 0..50 {
        let address = std::net::IpAddr::from([192, 0, 2, 1]);
        permits.push(stage.live.sessions().admit(AddressBlock::from(address)).ok().unwrap());
        let mut subscription = stage.open(None, &Filter::default()).await;
        subscription.next().await.unwrap();
        leaving.push(tokio::spawn(async move {
            let end = subscription.next().await;
            (end.err(), tokio::time::Instant::now())
        }));
    }
    tokio::task::yield_now().await;
    let started = tokio::time::Instant::now();
    stage.live.drain();
    let mut seconds = [0; 11];
    for task in leaving {
        let (end, at) = task.await.unwrap();
        assert_eq!(end, Some(End::GoingAway));
        seconds[usize::try_from((at - started).as_secs()).unwrap()] += 1;
    }
    assert!(seconds[..10].iter().all(|count| (3..=8).contains(count)), "{seconds:?}");
    let request = Request { cursor: None, filter: Filter::default(), form: Form::Json, framing: Framing::Sse };
    let refused = stage.live.subscribe(&stage.log.city, request).await;
    assert_eq!(refused.err(), Some(SubscribeError::Draining));
}

#[tokio::test(start_paused = true)]
async fn a_closed_city_ends_its_sessions_and_a_new_epoch_does_too() {
    let stage = stage(LiveLimits::default());
    let mut a = stage.open(None, &Filter::default()).await;
    a.next().await.unwrap();
    stage.live.open_city(&stage.log.city, stage.log.ends());
    assert!(tokio::time::timeout(Duration::from_secs(1), a.next()).await.is_err(), "same epoch: nothing happens");
    stage.live.open_city(&stage.log.city, Head { epoch: Epoch(8), head: Offset(0), floor: Offset(0) });
    assert_eq!(a.next().await, Err(End::CityClosed));
    let mut b = stage.open(None, &Filter::default()).await;
    b.next().await.unwrap();
    stage.live.close_city(&stage.log.city);
    assert_eq!(b.next().await, Err(End::CityClosed));
}

#[tokio::test(start_paused = true)]
async fn sources_are_sent_when_something_but_their_last_frame_changes() {
    use crate::domain::{Network, SourceHealth, SourceId, SourceState, Timestamp};
    let stage = stage(LiveLimits::default());
    let health = |state, seconds| {
        Arc::new(vec![SourceHealth {
            source: SourceId::new("bluesky"),
            network: Network::Bluesky,
            state,
            since: Timestamp::from_micros(0),
            last_event_at: Some(Timestamp::default().plus_seconds(seconds)),
            gaps: Vec::new(),
            detail: String::new(),
        }])
    };
    let (sender, receiver) = watch::channel(health(SourceState::Connecting, 0));
    let live = stage.live.clone();
    let follower = tokio::spawn(async move { live.follow_sources(receiver).await });
    tokio::task::yield_now().await;
    let mut subscription = stage.open(None, &Filter::default()).await;
    let mut reader = Reader::default();
    sender.send(health(SourceState::Connecting, 5)).unwrap();
    drain(&mut subscription, &mut reader).await;
    assert_eq!(reader.messages.len(), 1, "only hello");
    sender.send(health(SourceState::Live, 6)).unwrap();
    drain(&mut subscription, &mut reader).await;
    assert_eq!(reader.messages[1], serde_json::json!({ "type": "sources", "sources": [1] }));
    drop(sender);
    follower.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_store_that_fails_ends_the_session_with_its_cursor_intact() {
    let stage = stage(LiveLimits { tail_entries: 1, ..LiveLimits::default() });
    let start = Reader::opened(&stage.log, &Filter::default()).cursor;
    let mut subscription = stage.open(start, &Filter::default()).await;
    subscription.next().await.unwrap();
    (0..5).for_each(|id| stage.put(id, "x"));
    stage.log.broken.store(true, Ordering::SeqCst);
    assert_eq!(subscription.next().await, Err(End::Unavailable));
}

#[tokio::test(start_paused = true)]
async fn html_events_carry_id_position_and_card() {
    let stage = stage(LiveLimits::default());
    let request = Request { cursor: None, filter: Filter::default(), form: Form::Html("en"), framing: Framing::Sse };
    let mut subscription = stage.live.subscribe(&stage.log.city, request).await.unwrap();
    stage.put(1, "a \"quoted\" text");
    let mut reader = Reader::default();
    reader.take(&subscription.next().await.unwrap());
    let frame = subscription.next().await.unwrap();
    let block = String::from_utf8(frame.to_vec()).unwrap();
    let message: Value = serde_json::from_str(block.lines().find_map(|l| l.strip_prefix("data: ")).unwrap()).unwrap();
    let event = &message["events"][0];
    assert_eq!(event["op"], "post");
    assert_eq!(event["position"], 1);
    assert_eq!(event["html"], "<article lang=\"en\">a \"quoted\" text</article>");
}
