use std::sync::atomic::Ordering;

use proptest::prelude::*;

use crate::domain::{Cursor, Epoch, Filter, Offset};

use super::super::fake::Step;
use super::super::*;
use super::{Reader, Stage, drain, small, stage, tagged};

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
    let again = Live::new(first.log.clone(), first.renderer.clone(), |_, _| String::new(), small());
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
    let live = Live::new(first.log.clone(), first.renderer.clone(), |_, _| String::new(), LiveLimits::default());
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
    let live = Live::new(first.log.clone(), first.renderer.clone(), |_, _| String::new(), LiveLimits::default());
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
async fn w1_what_a_tail_was_not_told_while_it_was_opened_is_read() {
    let stage = stage(small());
    let mut subscription = stage.open(None, &Filter::default()).await;
    let mut reader = Reader::default();
    (0..9).for_each(|id| _ = stage.log.apply(Step::Put { id, text: "entre-temps".into(), tag: "nantes" }));
    drain(&mut subscription, &mut reader).await;
    assert!(reader.shown.is_empty());
    stage.live.catch_up(&stage.log.city).await.unwrap();
    stage.put(9, "ensuite");
    drain(&mut subscription, &mut reader).await;
    assert_eq!(reader.shown, stage.log.visible(&Filter::default()));
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
