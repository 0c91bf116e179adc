//! The file: its lock, its mode, its version, its damage, a full disk.

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use super::*;
use crate::store::sqlite::{
    alerts, complaints, copy, journal, moderation, notices, register, staff, statements, tally,
};

async fn failure(folder: &TempDir) -> String {
    let options = StoreOptions::new(Arc::new(ManualClock::new(NOON)));
    match open(&url_of(folder), options, None).await.map(|_| ()) {
        Err(StoreError::Fatal(said)) => said,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_database_is_for_its_owner_and_for_one_process() {
    let place = Place::new().await;
    place.ops(draft(&place, "a").upsert()).await;
    for file in std::fs::read_dir(place.folder.path().join("data")).unwrap() {
        let file = file.unwrap();
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", file.path());
    }
    let said = failure(&place.folder).await;
    assert!(said.contains("parvis.db is served by another parvis"), "{said}");
    let place = place.reopened().await;
    assert_eq!(place.texts().await, ["a"]);
}

#[tokio::test]
async fn identity_is_made_once_and_differs_between_instances() {
    let place = Place::new().await;
    let (id, epoch) = (place.id("a"), place.head().await.epoch);
    let place = place.reopened().await;
    assert_eq!((place.id("a"), place.head().await.epoch), (id, epoch));
    let folder = tempfile::tempdir().unwrap();
    let store = open(&url_of(&folder), StoreOptions::new(Arc::new(ManualClock::new(NOON))), None).await.unwrap();
    assert_ne!(PostId::derive(&store.id_key(), Network::Bluesky, &native("a")), id);
    assert_ne!(store.head(&nantes()).await.unwrap().epoch, epoch);
}

#[tokio::test]
async fn what_is_no_database_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("data")).unwrap();
    let text = "this is not a database, whatever its name says\n".repeat(100);
    std::fs::write(database_of(&folder), &text).unwrap();
    let said = failure(&folder).await;
    assert!(said.contains("is damaged or is no database") && said.contains("restore the last backup"), "{said}");
    assert_eq!(std::fs::read_to_string(database_of(&folder)).unwrap(), text);
}

#[tokio::test]
async fn a_damaged_database_is_refused() {
    let place = Place::new().await;
    let names: Vec<String> = (0..300).map(|number| format!("n{number}")).collect();
    place.commit(names.iter().map(|name| draft(&place, name).text(&name.repeat(50)).upsert()).collect()).await;
    place.store.close().await.unwrap();
    let mut bytes = std::fs::read(database_of(&place.folder)).unwrap();
    let middle = bytes.len() / 8_192 / 2 * 8_192;
    bytes[middle..middle + 8_192].fill(0xa5);
    std::fs::write(database_of(&place.folder), bytes).unwrap();
    let said = failure(&place.folder).await;
    assert!(said.contains("is damaged"), "{said}");
}

/// To read a large database through takes seconds, so one that we closed and nobody touched is not: that is seen here by
/// damage that leaves no trace outside.
#[tokio::test]
async fn d8_only_a_database_that_we_closed_ourselves_is_opened_without_being_read_through() {
    let place = Place::new().await;
    let names: Vec<String> = (0..300).map(|number| format!("n{number}")).collect();
    place.commit(names.iter().map(|name| draft(&place, name).text(&name.repeat(50)).upsert()).collect()).await;
    place.store.close().await.unwrap();
    let path = database_of(&place.folder);
    let changed = std::fs::metadata(&path).unwrap().modified().unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    // Of the posts, and of nothing that a start reads.
    let late = bytes.len() / 8_192 * 3 / 4 * 8_192;
    bytes[late..late + 8_192].fill(0xa5);
    std::fs::write(&path, bytes).unwrap();
    std::fs::File::options().write(true).open(&path).unwrap().set_modified(changed).unwrap();
    let options = || StoreOptions::new(Arc::new(ManualClock::new(NOON)));
    let trusting = open(&url_of(&place.folder), options(), None).await;
    assert!(trusting.is_ok(), "it was read through");
    // As after a kill: nothing says how it was left.
    drop(trusting);
    let lock = place.folder.path().join("data/parvis.db.lock");
    for _ in 0..100 {
        tokio::time::sleep(Duration::from_millis(20)).await;
        if std::fs::File::open(&lock).unwrap().try_lock().is_ok() {
            break;
        }
    }
    std::fs::write(&lock, "").unwrap();
    let said = failure(&place.folder).await;
    assert!(said.contains("is damaged"), "{said}");
}

#[tokio::test]
async fn a_newer_database_is_refused() {
    let place = Place::new().await;
    place
        .store
        .execute_for_test(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
             VALUES (9999, 'later', true, x'00', 0)",
        )
        .await
        .unwrap();
    place.store.close().await.unwrap();
    let said = failure(&place.folder).await;
    assert!(said.contains("written by a newer parvis") && said.contains("9999"), "{said}");
}

#[tokio::test]
async fn other_addresses_are_refused() {
    for url in ["postgres://localhost/parvis", "sqlite::memory:", "sqlite://", "sqlite://x?mode=ro"] {
        let options = StoreOptions::new(Arc::new(ManualClock::new(NOON)));
        assert!(matches!(open(url, options, None).await, Err(StoreError::Fatal(_))), "{url}");
    }
}

#[tokio::test]
async fn d6_a_full_disk_writes_nothing_keeps_reading_and_heals() {
    let place = Place::new().await;
    place.ops(draft(&place, "a").upsert()).await;
    let source = SourceId::new("bluesky");
    place.store.execute_for_test("PRAGMA max_page_count = 1").await.unwrap();
    let big = draft(&place, "b").text(&"tram ".repeat(20_000)).upsert();
    let batch = Arc::new(Batch {
        changes: vec![big],
        checkpoints: vec![(source.clone(), Checkpoint::new("7"))],
        ..Batch::default()
    });
    let full = place.store.commit(batch.clone()).await;
    assert!(matches!(&full, Err(StoreError::Unavailable(said)) if said.contains("full")), "{full:?}");
    assert_eq!(place.texts().await, ["a"]);
    assert_eq!(place.store.checkpoint(&source).await.unwrap(), None);
    assert_eq!(place.heard.0.lock().unwrap().len(), 1);
    place.store.execute_for_test("PRAGMA max_page_count = 1000000").await.unwrap();
    place.store.commit(batch).await.unwrap();
    assert_eq!(place.head().await.head, Offset(2));
    assert_eq!(place.store.checkpoint(&source).await.unwrap(), Some(Checkpoint::new("7")));
}

#[tokio::test]
async fn d8_settings_are_in_force() {
    let place = Place::new().await;
    let pool = &place.store.reader().pool;
    let journal: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(pool).await.unwrap();
    let mapped: Option<i64> = sqlx::query_scalar("PRAGMA mmap_size").fetch_optional(pool).await.unwrap();
    assert_eq!((journal.as_str(), mapped.unwrap_or(0)), ("wal", 0));
    let written = sqlx::query("INSERT INTO suppressed VALUES (1, 1)").execute(pool).await;
    assert!(written.is_err(), "the readers' connections can't write");
    let fts: i64 =
        sqlx::query_scalar("SELECT v FROM posts_text_config WHERE k = 'secure-delete'").fetch_one(pool).await.unwrap();
    assert_eq!(fts, 1);
    // The writer's own settings are asserted where they can be seen: from its connection.
    for holds in [
        "INSERT INTO suppressed SELECT 1, 1 WHERE (SELECT secure_delete FROM pragma_secure_delete) <> 1",
        "INSERT INTO suppressed SELECT 2, 1 WHERE (SELECT synchronous FROM pragma_synchronous) <> 2",
        "INSERT INTO suppressed SELECT 3, 1 WHERE (SELECT foreign_keys FROM pragma_foreign_keys) <> 1",
        "INSERT INTO suppressed SELECT 4, 1 WHERE
            (SELECT journal_size_limit FROM pragma_journal_size_limit) <> 67108864",
        "INSERT INTO suppressed SELECT 5, 1 WHERE (SELECT temp_store FROM pragma_temp_store) <> 2",
        // Also once the log has been emptied, for which it is shortened.
        "INSERT INTO suppressed SELECT 6, 1 WHERE (SELECT timeout FROM pragma_busy_timeout) <> 1000",
    ] {
        place.store.execute_for_test(holds).await.unwrap();
    }
    assert!(place.store.suppressed().await.unwrap().is_empty());
}

/// SQLite takes a missing value for NULL; the type of a statement makes its calls complete, and this its text.
#[tokio::test]
async fn every_statement_is_sound_and_names_its_parameters() {
    use sqlx::{Either, Executor, SqlSafeStr, Statement};
    let place = Place::new().await;
    let mut connection = place.store.reader().pool.acquire().await.unwrap();
    let journal = format!("sqlite://{}.erasures", database_of(&place.folder).display());
    let mut journal = <sqlx::SqliteConnection as sqlx::Connection>::connect(&journal).await.unwrap();
    let (all, of_journal) = (statements::all(), journal::all());
    assert!(all.len() > 60 && of_journal.len() > 5);
    let all = all
        .into_iter()
        .chain(copy::all())
        .chain(staff::all())
        .chain(moderation::all())
        .chain(complaints::all())
        .chain(notices::all())
        .chain(tally::statements::all())
        .chain(alerts::all())
        .chain(register::all());
    let all = all.map(|statement| (false, statement));
    for (is_journal, (name, sql, parameters)) in all.chain(of_journal.into_iter().map(|statement| (true, statement))) {
        let connection = if is_journal { &mut journal } else { &mut *connection };
        let statement = connection.prepare(sql.into_sql_str()).await.unwrap_or_else(|error| panic!("{name}: {error}"));
        let Some(Either::Right(counted)) = statement.parameters() else { panic!("{name}") };
        assert_eq!(counted, parameters, "{name}");
        let named = (1..=parameters).all(|number| sql.contains(&format!("${number}")));
        assert!(named, "{name}");
    }
}

/// The statements of every batch and every page find their rows by an index, whatever the table holds.
#[tokio::test]
async fn no_hot_statement_reads_a_table_through() {
    use sqlx::{AssertSqlSafe, Executor, Row, SqlSafeStr};
    let place = Place::new().await;
    let mut connection = place.store.reader().pool.acquire().await.unwrap();
    let mut plans = std::collections::BTreeMap::new();
    for (name, sql, _) in statements::all().into_iter().chain(tally::statements::all()) {
        if sql.starts_with("SELECT") || sql.starts_with("DELETE") || sql.starts_with("UPDATE") {
            let explained = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}")).into_sql_str();
            let rows = connection.fetch_all(explained).await.unwrap();
            plans.insert(name, rows.iter().map(|row| row.get("detail")).collect::<Vec<String>>().join("\n"));
        }
    }
    for name in [
        "LAST_ROWS",
        "POSTS",
        "PLACEMENTS",
        "AUTHORS",
        "POSTS_OF_AUTHORS",
        "LATEST_OF_AUTHOR",
        "DEPENDENTS",
        "TOMBSTONES",
        "KEYS",
        "POSTS_OF_KEYS",
        "SHARING",
        "DELETE_KEYS_OF",
        "SUPPRESSED",
        "CITIES",
        "DELETE_PLACEMENTS",
        "DELETE_PLACEMENTS_OF",
        "DELETE_POSTS",
        "DELETE_AUTHORS",
        "WRITE_CHECKED",
        "CITY",
        "ENTRIES",
        "CARDS",
        "PAGE",
        "PAGE_OF_THREADS",
        "REPLIES",
        "SEARCH",
        "TIMES",
        "CHECKPOINT",
        "STALE_AUTHORS",
        "STALE_POSTS",
        "IDS_OF_CITY",
        "EXPIRED",
        "AHEAD",
        "SET_BACK_POSTS",
        "SET_BACK_PLACEMENTS",
        "LOG_PREFIX",
        "DROP_LOG",
        "POST_EXISTS",
        "PLACES",
        "HOUR",
        "DAY",
        "PEOPLE",
        "TAKE_BACK",
        "DROP_EMPTY",
        "DROP_DAYS",
        "DROP_HOURS",
        "SERIES",
        "VALUES",
        "PLAIN",
        "HOURS",
        "OPEN",
        "RECENT",
    ] {
        let plan = &plans[name];
        for table in [
            "posts",
            "placements",
            "feed_log",
            "authors",
            "tombstones",
            "s",
            "p",
            "a",
            "t",
            "b",
            "tallies",
            "tally_people",
            "tally_hours",
        ] {
            let scans = plan
                .lines()
                .any(|line| line == format!("SCAN {table}") || line.starts_with(&format!("SCAN {table} USING")));
            assert!(!scans, "{name}:\n{plan}");
        }
    }
    for (name, index) in [
        ("CARDS", "sqlite_autoindex_posts_1 (id=?)"),
        ("REPLIES", "placements_by_thread"),
        ("PAGE", "placements_by_position (city=? AND position<?)"),
        ("PAGE_OF_THREADS", "placements_by_position (city=? AND position<?)"),
    ] {
        assert!(plans[name].contains(index), "{name}:\n{}", plans[name]);
    }
}

#[tokio::test]
async fn d6_a_writer_that_is_gone_is_no_passing_trouble() {
    let place = Place::new().await;
    place.store.close().await.unwrap();
    let batch = Batch { changes: vec![draft(&place, "a").upsert()], ..Batch::default() };
    let done = place.store.commit(std::sync::Arc::new(batch)).await;
    assert!(matches!(done, Err(StoreError::Fatal(_))), "it would be tried again without end: {done:?}");
}
