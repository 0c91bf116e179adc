//! What is over its time goes (L-28).

use super::*;
use crate::store::{AHEAD_S, Retention};

const DAY_S: i64 = 86_400;

async fn kept_after(place: &Place, seconds: i64, days: u32) -> Vec<String> {
    place.store.retain(after_s(seconds), Retention::from_days(days)).await.unwrap();
    let mut texts = place.texts().await;
    texts.reverse();
    texts
}

async fn one_of_each() -> Place {
    let place = Place::new().await;
    place.ops(draft(&place, "a").tier(Some(Tier::Invited)).upsert()).await;
    place.ops(draft(&place, "b").tier(Some(Tier::Public)).upsert()).await;
    place.ops(draft(&place, "c").tier(Some(Tier::Quiet)).by(&profile("eve")).upsert()).await;
    place.ops(draft(&place, "q").tier(None).text("queuedtextum").upsert()).await;
    place
}

#[tokio::test]
async fn l28_each_tier_is_kept_for_its_time() {
    let place = one_of_each().await;
    assert_eq!(kept_after(&place, 3 * DAY_S, 30).await, ["a", "b", "c"]);
    assert_eq!(place.store.counts().await.unwrap().queued, 1);
    assert_eq!(kept_after(&place, 3 * DAY_S + 1, 30).await, ["a", "b"]);
    let counts = place.store.counts().await.unwrap();
    assert_eq!((counts.queued, counts.posts, counts.authors), (0, 2, 1));
    assert_eq!(kept_after(&place, 7 * DAY_S + 1, 30).await, ["a"]);
    assert_eq!(kept_after(&place, 30 * DAY_S, 300).await, ["a"]);
    assert!(kept_after(&place, 30 * DAY_S + 1, 300).await.is_empty());
    assert_eq!(place.store.counts().await.unwrap().posts, 0);
    // Readers were told of each: three shown, three removed. The queued one was never theirs.
    let ops: Vec<Op> = place.heard.0.lock().unwrap().iter().map(|(_, entry)| entry.op).collect();
    assert_eq!(ops.iter().filter(|op| **op == Op::Remove).count(), 3);
    assert_eq!(ops.len(), 6);
}

#[tokio::test]
async fn s18_a_notice_goes_at_its_end_to_the_second_where_it_ends() {
    let place = Place::new().await;
    let until =
        |city, seconds| Placement { expires_at: Some(after_s(seconds)), ..placement(city, Some(Tier::Invited)) };
    place
        .ops(draft(&place, "a").placed(vec![until(nantes(), 100), placement(tours(), Some(Tier::Invited))]).upsert())
        .await;
    place.ops(draft(&place, "b").placed(vec![until(nantes(), 200)]).upsert()).await;
    assert_eq!(place.store.next_end().await.unwrap(), Some(after_s(100)));
    assert_eq!(
        place.page(&nantes()).await.iter().map(|card| card.expires_at).collect::<Vec<_>>(),
        [Some(after_s(200)), Some(after_s(100))]
    );
    assert_eq!(kept_after(&place, 99, 30).await, ["a", "b"]);
    assert_eq!(kept_after(&place, 100, 30).await, ["b"]);
    assert_eq!(place.page(&tours()).await.len(), 1, "another city may say nothing of an end");
    assert!(kept_after(&place, 200, 30).await.is_empty());
    assert_eq!(place.store.next_end().await.unwrap(), None);
}

#[tokio::test]
async fn l28_a_shorter_time_may_be_set() {
    let place = one_of_each().await;
    assert!(kept_after(&place, DAY_S + 1, 1).await.is_empty());
}

/// The clock was forty days ahead for a while: what arrived then is not kept for forty days more.
#[tokio::test]
async fn l28_what_a_clock_that_was_ahead_received_is_kept_no_longer() {
    let place = Place::new().await;
    let (ahead, mended) = (40 * DAY_S, 1_800);
    for (name, tier) in [("a", Some(Tier::Invited)), ("b", Some(Tier::Public)), ("c", Some(Tier::Quiet)), ("q", None)] {
        let both = vec![placement(nantes(), tier), placement(tours(), tier)];
        place.ops(draft(&place, name).placed(both).at(after_s(ahead)).upsert()).await;
    }
    place.ops(draft(&place, "d").at(after_s(mended + AHEAD_S)).upsert()).await;
    assert_eq!(place.store.newest_arrival().await.unwrap(), Some(after_s(mended + AHEAD_S)));
    assert_eq!(kept_after(&place, mended, 30).await, ["a", "b", "c", "d"]);
    for city in [nantes(), tours()] {
        let page = place.page(&city).await;
        let arrived = |position: u64| page.iter().find(|card| card.position == position).map(|card| card.received_at);
        assert_eq!([1, 2, 3].map(arrived), [Some(after_s(mended)); 3], "what is a day ahead may be right");
    }
    let held = place.store.posts_of_city(&tours(), None, 10).await.unwrap();
    assert!(held.len() == 4 && held.iter().all(|post| post.received_at == after_s(mended)));
    assert_eq!(kept_after(&place, mended + 3 * DAY_S + 1, 30).await, ["a", "b", "d"]);
    assert_eq!(place.store.counts().await.unwrap().queued, 0);
    assert_eq!(kept_after(&place, mended + 7 * DAY_S + 1, 30).await, ["a", "d"]);
    assert!(kept_after(&place, mended + 30 * DAY_S + 1, 30).await.is_empty());
    assert_eq!(place.store.counts().await.unwrap().posts, 0);
}

#[tokio::test]
async fn many_posts_are_set_back_in_steps() {
    let place = Place::new().await;
    let names: Vec<String> = (0..1_200).map(|number| format!("n{number}")).collect();
    let late = |name| draft(&place, name).at(after_s(40 * DAY_S)).upsert();
    place.commit(names.iter().map(|name| late(name)).collect()).await;
    place.store.retain(NOON, Retention::from_days(30)).await.unwrap();
    let page = place.store.page(&nantes(), &Filter::default(), None, None, 1_000, false).await.unwrap();
    assert!(page.cards.iter().all(|card| card.received_at == NOON));
    assert_eq!(place.store.newest_arrival().await.unwrap(), Some(NOON));
    assert!(kept_after(&place, 7 * DAY_S + 1, 30).await.is_empty());
}

#[tokio::test]
async fn a_thread_takes_its_replies_along() {
    let place = Place::new().await;
    place.ops(draft(&place, "a").upsert()).await;
    let reply = draft(&place, "b").by(&profile("bob")).at(after_s(6 * DAY_S)).in_thread(place.id("a"));
    place.ops(reply.upsert()).await;
    assert!(kept_after(&place, 7 * DAY_S + 1, 30).await.is_empty());
}

#[tokio::test]
async fn many_posts_go_in_short_transactions_that_let_others_between() {
    let place = Place::new().await;
    let names: Vec<String> = (0..1_200).map(|number| format!("n{number}")).collect();
    place.commit(names.iter().map(|name| draft(&place, name).upsert()).collect()).await;
    let retaining = place.store.retain(after_s(8 * DAY_S), Retention::from_days(30));
    let late = draft(&place, "a").at(after_s(8 * DAY_S)).upsert();
    let (retained, _) = tokio::join!(retaining, place.commit(vec![late]));
    let removed: Vec<u64> = retained.unwrap().entries[0].1.iter().map(|entry| entry.offset.0).collect();
    assert_eq!(removed.len(), 1_200);
    assert!(removed.is_sorted() && removed.last() == Some(&place.head().await.head.0));
    assert_eq!(place.texts().await, ["a"]);
}

#[tokio::test]
async fn w1_the_log_is_kept_for_an_hour_and_ten_thousand_entries() {
    let place = Place::new().await;
    let flip = |hidden| hide(&place, "a", hidden);
    place.ops(draft(&place, "a").upsert()).await;
    // Entries of old, written straight into the log: a hundred more than are kept.
    place
        .store
        .execute_for_test(
            "WITH RECURSIVE n(x) AS (SELECT 2 UNION ALL SELECT x + 1 FROM n WHERE x < 10100)
             INSERT INTO feed_log SELECT 1, x, 'update', (SELECT id FROM posts), (SELECT at FROM feed_log) FROM n",
        )
        .await
        .unwrap();
    place.store.execute_for_test("UPDATE cities SET head = 10100").await.unwrap();
    place.ops(flip(true)).await;
    let retain = |seconds| place.store.retain(after_s(seconds), Retention::from_days(30));
    retain(3_600).await.unwrap();
    assert_eq!(place.head().await.floor, Offset(0));
    retain(3_601).await.unwrap();
    let head = place.head().await;
    assert_eq!((head.head, head.floor), (Offset(10_101), Offset(101)));
    let first = place.store.entries(&nantes(), Offset(101), 1).await.unwrap();
    assert_eq!(first[0].offset, Offset(102));
    assert!(place.store.entries(&nantes(), Offset(100), 1).await.unwrap().is_empty());
    assert_eq!(place.ops(flip(false)).await, ["update a"]);
}
