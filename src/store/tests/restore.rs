//! What a restore does to the database that it replaces, and to what lies beside it (D9).

use std::path::PathBuf;

use super::*;
use crate::store::{backup, restore};

/// The file `backup` in the place's folder.
async fn copied(place: &Place) -> PathBuf {
    let file = place.folder.path().join("backup");
    backup(&url_of(&place.folder), &file, NOON, |_, _| {}).await.unwrap();
    file
}

async fn refused(place: &Place, copy: &std::path::Path) -> String {
    match restore(&url_of(&place.folder), copy, true, StoreOptions::new(place.clock.clone()), |_, _| {}).await {
        Err(StoreError::Fatal(said) | StoreError::Unavailable(said)) => said,
        Ok(done) => panic!("{done:?}"),
    }
}

/// A database that holds `b`, with a backup of when it held `a` too.
async fn with_an_older_copy() -> (Place, PathBuf) {
    let place = Place::new().await;
    for name in ["a", "b"] {
        place.ops(draft(&place, name).upsert()).await;
    }
    let copy = copied(&place).await;
    place.commit(vec![delete("a")]).await;
    (place, copy)
}

#[tokio::test]
async fn d9_a_copy_that_may_not_be_used_replaces_nothing() {
    let (place, copy) = with_an_older_copy().await;
    let epoch = place.head().await.epoch;
    place.store.close().await.unwrap();
    let journal = place.folder.path().join("data/parvis.db.erasures");
    let whole = std::fs::read(&journal).unwrap();
    std::fs::remove_file(&journal).unwrap();
    assert!(refused(&place, &copy).await.contains("--erasures-lost"), "the journal is missing");
    std::fs::write(&journal, whole).unwrap();

    // A copy of another instance, beside the journal of this one.
    let other = tempfile::tempdir().unwrap();
    let options = StoreOptions { entropy: Some([8; 32]), ..StoreOptions::new(place.clock.clone()) };
    let store = open(&url_of(&other), options, None).await.unwrap();
    let theirs = other.path().join("backup");
    backup(&url_of(&other), &theirs, NOON, |_, _| {}).await.unwrap();
    store.close().await.unwrap();
    assert!(refused(&place, &theirs).await.contains("belongs to another database"));

    let place = Place::within(place.folder).await;
    assert_eq!((place.texts().await, place.head().await.epoch), (vec!["b".to_owned()], epoch));
}

/// Without its journal another instance's database says nothing of the copy, and stands in nobody's way.
#[tokio::test]
async fn d9_a_copy_replaces_the_database_of_another_instance() {
    let (other, copy) = with_an_older_copy().await;
    other.store.close().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let options = || StoreOptions { entropy: Some([8; 32]), ..StoreOptions::new(other.clock.clone()) };
    open(&url_of(&folder), options(), None).await.unwrap().close().await.unwrap();
    let journal = folder.path().join("data/parvis.db.erasures");
    std::fs::copy(other.folder.path().join("data/parvis.db.erasures"), &journal).unwrap();
    let done = restore(&url_of(&folder), &copy, true, options(), |_, _| {}).await.unwrap();
    assert!(done.erasures >= 1 && !done.journal_lost, "{done:?}");
}

#[tokio::test]
async fn d9_a_database_that_can_not_be_read_just_now_is_not_replaced() {
    let (place, copy) = with_an_older_copy().await;
    place.store.close().await.unwrap();
    let path = database_of(&place.folder);
    let before = std::fs::read(&path).unwrap();
    let url = format!("sqlite://{}", path.display());
    let mut holder = <sqlx::SqliteConnection as sqlx::Connection>::connect(&url).await.unwrap();
    for sql in ["PRAGMA locking_mode = EXCLUSIVE", "BEGIN EXCLUSIVE"] {
        sqlx::query(sql).execute(&mut holder).await.unwrap();
    }
    assert!(refused(&place, &copy).await.contains("move it away"));
    assert_eq!(std::fs::read(&path).unwrap(), before);
    sqlx::Connection::close(holder).await.unwrap();
    assert_eq!(Place::within(place.folder).await.texts().await, ["b"]);
}

/// SQLite plays any log into the database that it lies beside.
#[tokio::test]
async fn d9_what_lies_beside_a_database_that_is_gone_is_not_played_into_the_copy() {
    let (place, copy) = with_an_older_copy().await;
    place.ops(draft(&place, "c").upsert()).await;
    let (path, side) = (database_of(&place.folder), |ending| database_of(&place.folder).with_extension(ending));
    let log = std::fs::read(side("db-wal")).unwrap();
    assert!(!log.is_empty());
    place.store.close().await.unwrap();
    std::fs::remove_file(&path).unwrap();
    for ending in ["db-wal", "db-shm", "db-journal"] {
        std::fs::write(side(ending), &log).unwrap();
    }
    let options = StoreOptions::new(place.clock.clone());
    restore(&url_of(&place.folder), &copy, false, options, |_, _| {}).await.unwrap();
    for ending in ["db-wal", "db-shm", "db-journal"] {
        assert!(!side(ending).exists(), "{ending}");
    }
    let place = Place::within(place.folder).await;
    let held = place.store.known_posts().await.unwrap();
    assert_eq!(held.iter().map(|post| post.id).collect::<Vec<_>>(), [place.id("b")]);
}
