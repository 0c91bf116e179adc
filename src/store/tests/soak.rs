//! The write-ahead log stays small beside readers who never pause, and nobody is told that the database is busy (D8).
//!
//! `PARVIS_STORE_SECONDS` gives the seconds; without it a few are enough to see a log that is not emptied.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::*;
use crate::store::{Operator, Retention};

const WAL_MAX: u64 = 64 << 20;
const READ_MAX: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn d8_the_log_stays_small_beside_readers_and_nobody_is_told_busy() {
    let seconds = std::env::var("PARVIS_STORE_SECONDS").ok().and_then(|seconds| seconds.parse().ok()).unwrap_or(5);
    let place = Arc::new(Place::new().await);
    let (over, reads) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let readers: Vec<_> = (0..3)
        .map(|number| {
            let (store, over, reads) = (place.store.clone(), over.clone(), reads.clone());
            tokio::spawn(async move {
                let mut longest = Duration::ZERO;
                while !over.load(Ordering::Relaxed) {
                    let began = Instant::now();
                    let words = (number == 1).then_some("tram");
                    store.page(&nantes(), &Filter::default(), words, None, 1_000, number == 2).await.unwrap();
                    let head = store.head(&nantes()).await.unwrap().head;
                    store.entries(&nantes(), Offset(head.0.saturating_sub(500)), 500).await.unwrap();
                    longest = longest.max(began.elapsed());
                    reads.fetch_add(1, Ordering::Relaxed);
                }
                longest
            })
        })
        .collect();
    let wal = place.folder.path().join("data/parvis.db-wal");
    let (mut highest, mut posts) = (0, 0_usize);
    let mut operator = Operator::open(&url_of(&place.folder), place.clock.clone()).await.unwrap();
    let end = Instant::now() + Duration::from_secs(seconds);
    while Instant::now() < end {
        let batch: Vec<Change> = (0..500)
            .map(|_| {
                posts += 1;
                draft(&place, &format!("n{posts}"))
                    .text(&format!("{posts} {}", "tram pont marché ".repeat(20)))
                    .upsert()
            })
            .collect();
        place.commit(batch).await;
        place.commit(vec![delete(&format!("n{}", posts / 2))]).await;
        if posts % 10_000 == 0 {
            // A command line beside it writes and is answered, and the far end of the log is dropped.
            operator.hide(place.id(&format!("n{posts}")), true).await.unwrap();
            place.store.retain(after_s(3_700), Retention::from_days(30)).await.unwrap();
        }
        if posts % 2_500 == 0 {
            // A pass over the pages, too: what it writes goes through the log.
            let began = Instant::now();
            let pages = place.store.scrub().await.unwrap();
            let bytes = std::fs::metadata(database_of(&place.folder)).unwrap().len();
            eprintln!("{posts} posts, {bytes} bytes: {pages} pages cleared in {:?}", began.elapsed());
        }
        highest = highest.max(std::fs::metadata(&wal).map_or(0, |wal| wal.len()));
    }
    over.store(true, Ordering::Relaxed);
    for reader in readers {
        let longest = reader.await.unwrap();
        assert!(longest < READ_MAX, "a read took {longest:?}");
    }
    assert!(reads.load(Ordering::Relaxed) > 10 && posts > 1_000);
    assert!(highest <= WAL_MAX, "the write-ahead log grew to {highest} bytes with {posts} posts");
    eprintln!("{posts} posts beside {} reads: the log was {highest} bytes at most", reads.load(Ordering::Relaxed));
}

/// A backup's snapshot may stay for minutes, and the log grow over its bound meanwhile.
#[tokio::test]
async fn w2_commits_do_not_wait_for_a_snapshot_that_stays() {
    let place = Place::new().await;
    place.ops(draft(&place, "a").upsert()).await;
    let wal = place.folder.path().join("data/parvis.db-wal");
    let log = || std::fs::metadata(&wal).map_or(0, |wal| wal.len());
    let mut snapshot = place.store.reader().pool.begin().await.unwrap();
    sqlx::query("SELECT count(*) FROM posts").fetch_one(&mut *snapshot).await.unwrap();
    let filler = "CREATE TABLE filler AS WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 40)
        SELECT randomblob(1000000) AS bytes FROM n";
    place.store.execute_for_test(filler).await.unwrap();
    assert!(log() > 32 << 20);
    let (end, mut took) = (Instant::now() + Duration::from_secs(4), Vec::new());
    while Instant::now() < end {
        let number = took.len().to_string();
        // Each erases a text, which is to leave the log as soon as may be.
        let edit = draft(&place, "a").revision(&format!("2{number:0>6}")).text(&number).upsert();
        let began = Instant::now();
        assert_eq!(place.ops(edit).await.len(), 1);
        took.push(began.elapsed());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    took.sort();
    let (median, slowest) = (took[took.len() / 2], took[took.len() - 1]);
    eprintln!("{} commits beside a snapshot: {median:?} in the median, {slowest:?} at most", took.len());
    assert!(slowest < Duration::from_millis(600), "a commit took {slowest:?}");
    snapshot.rollback().await.unwrap();
    let freed = Instant::now();
    while log() > 0 {
        assert!(freed.elapsed() < Duration::from_secs(6), "the log still has {} bytes", log());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
