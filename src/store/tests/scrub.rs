//! What a split of a page leaves of erased texts is cleared (D5).

use std::time::Duration;

use sqlx::{ConnectOptions, Connection};

use super::*;

const POSTS: usize = 400;

fn marker(number: usize) -> String {
    format!("qz{number:04}x")
}

/// Posts whose pages were split again and again by edits that made them longer, out of order; then every second one and
/// its author is erased. Gives back what may be in no byte, and what must be.
async fn split_and_erased() -> (Place, Vec<String>, Vec<String>) {
    let place = Place::new().await;
    let names: Vec<String> = (0..POSTS).map(|number| format!("n{number}")).collect();
    let post = |number: usize, revision: u32| {
        let text = format!("{} {}", marker(number), "tram pont ".repeat(revision as usize * 20));
        let author = profile(&format!("w{}", marker(number)));
        draft(&place, &names[number]).by(&author).revision(&revision.to_string()).text(&text).upsert()
    };
    for batch in 0..8 {
        place.commit((batch * 50..batch * 50 + 50).map(|number| post(number, 1)).collect()).await;
    }
    for revision in 2..6 {
        for start in 0..13 {
            let batch: Vec<Change> = (start..POSTS).step_by(13).map(|number| post(number, revision)).collect();
            place.commit(batch).await;
        }
    }
    for number in (0..POSTS).step_by(2) {
        place.commit(vec![delete(&names[number])]).await;
    }
    let (gone, kept) = (0..POSTS).map(marker).partition(|marker| marker[2..6].parse::<usize>().unwrap() % 2 == 0);
    (place, gone, kept)
}

impl Place {
    fn held<'a>(&self, texts: &'a [String]) -> Vec<&'a str> {
        let bytes = self.bytes();
        let starts: std::collections::HashSet<&[u8]> =
            bytes.windows(7).filter(|window| &window[..2] == b"qz").collect();
        texts.iter().map(String::as_str).filter(|text| starts.contains(text.as_bytes())).collect()
    }

    /// Waits until the write-ahead log was emptied after an erasure.
    async fn emptied(&self) {
        for _ in 0..200 {
            tokio::time::sleep(Duration::from_millis(50)).await;
            if std::fs::metadata(self.folder.path().join("data/parvis.db-wal")).unwrap().len() == 0 {
                return;
            }
        }
        panic!("the log is not emptied");
    }

    async fn is_sound(&self) {
        let said: String =
            sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&self.store.reader().pool).await.unwrap();
        assert_eq!(said, "ok");
        self.store.execute_for_test("INSERT INTO posts_text (posts_text) VALUES ('integrity-check')").await.unwrap();
    }
}

#[tokio::test]
async fn d5_a_pass_clears_what_split_pages_keep_of_erased_texts_and_nothing_else() {
    let (place, gone, kept) = split_and_erased().await;
    place.emptied().await;
    assert!(!place.held(&gone).is_empty(), "SQLite leaves nothing any more: the pass can go");
    let before = place.page(&nantes()).await;

    assert!(place.store.scrub().await.unwrap() > 0);
    assert_eq!(place.held(&gone), Vec::<&str>::new());
    assert_eq!(place.held(&kept).len(), kept.len());
    assert_eq!(place.page(&nantes()).await, before);
    place.is_sound().await;
    // Nothing was erased since: nothing is read. After an erasure it is again, in a database that goes on living.
    assert_eq!(place.store.scrub().await.unwrap(), 0);
    for number in (1..POSTS).step_by(2) {
        place.commit(vec![delete(&format!("n{number}"))]).await;
    }
    place.store.scrub().await.unwrap();
    assert_eq!(place.held(&kept), Vec::<&str>::new());
    place.is_sound().await;
}

#[tokio::test]
async fn d5_a_pass_that_fails_is_made_anew_and_one_after_a_start_too() {
    let (place, gone, _) = split_and_erased().await;
    place.emptied().await;
    // Somebody else holds the database, for longer than the writer waits.
    let other = sqlx::sqlite::SqliteConnectOptions::new().filename(database_of(&place.folder));
    let mut other = other.connect().await.unwrap();
    let held = other.begin_with("BEGIN IMMEDIATE").await.unwrap();
    assert!(matches!(place.store.scrub().await, Err(StoreError::Unavailable(_))));
    held.rollback().await.unwrap();
    other.close().await.unwrap();
    assert!(!place.held(&gone).is_empty());

    let place = place.reopened().await;
    assert!(place.store.scrub().await.unwrap() > 0);
    assert_eq!(place.held(&gone), Vec::<&str>::new());
}

/// A backup and a reader of long ago read on while the pages change under them.
#[tokio::test]
async fn d5_a_pass_disturbs_no_reader_and_no_backup() {
    let (place, gone, kept) = split_and_erased().await;
    place.emptied().await;
    let mut snapshot = place.store.reader().pool.begin().await.unwrap();
    let count = "SELECT count(*) FROM posts WHERE text LIKE 'qz%'";
    assert_eq!(sqlx::query_scalar::<_, i64>(count).fetch_one(&mut *snapshot).await.unwrap(), kept.len() as i64);
    let copy = place.folder.path().join("copy.db");
    let url = url_of(&place.folder);
    let backup = crate::store::backup(&url, &copy, NOON, |_, _| {});
    let late = draft(&place, "late").upsert();
    let (pages, copied, _) = tokio::join!(place.store.scrub(), backup, place.commit(vec![late]));
    assert!(pages.unwrap() > 0);
    copied.unwrap();
    assert_eq!(sqlx::query_scalar::<_, i64>(count).fetch_one(&mut *snapshot).await.unwrap(), kept.len() as i64);
    snapshot.rollback().await.unwrap();
    place.emptied().await;
    assert_eq!(place.held(&gone), Vec::<&str>::new());
    place.is_sound().await;
}
