use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::Value;

use crate::domain::{Cursor, Epoch, Filter, Head, Offset};

use super::super::fake::Step;
use super::super::*;
use super::{Reader, drain, stage, tagged};

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
async fn w3_batches_count_for_their_tail_and_give_way_before_its_entries() {
    let limits = LiveLimits { tail_bytes: 100_000, batch_entries: 8, ..LiveLimits::default() };
    let stage = stage(limits.clone());
    (0..40).for_each(|id| stage.put(id, &"m".repeat(232)));
    let all = stage.live.held.bytes();
    for from in 0..40 {
        let cursor = Cursor::new(&stage.log.city, stage.log.epoch, Offset(from));
        let mut comes_back = stage.open(Some(cursor), &Filter::default()).await;
        comes_back.next().await.unwrap();
        comes_back.next().await.unwrap();
    }
    // Forty slices, and the batches of all positions, nearly as large as eight slices each.
    let with_batches = stage.live.held.bytes();
    assert!(with_batches > all + 40_000 && with_batches <= limits.tail_bytes, "{all}, then {with_batches}");
    assert!(stage.live.channel(&stage.log.city).unwrap().holds(Offset(0)), "no entry has given way");
    // What nobody can come for any more is not kept.
    let without = |posts: std::ops::Range<u64>| posts.for_each(|id| stage.put(id, "m"));
    without(100..100 + limits.tail_entries as u64);
    let channel = stage.live.channel(&stage.log.city).unwrap();
    assert!(!channel.holds(Offset(40)) && stage.live.held.bytes() <= limits.tail_bytes);
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
            cities: None,
            polled: false,
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
