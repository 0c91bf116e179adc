//! A backup equals what it was made of, and brings nothing back (D9).

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::*;
use crate::clock::Clock;
use crate::store::{Copied, Lost, Restored, Retention, backup, backup_erasures, restore};

async fn copied(place: &Place, name: &str) -> Copied {
    backup(&url_of(&place.folder), &place.folder.path().join(name), NOON, |_, _| {}).await.unwrap()
}

/// Stops the instance and puts a backup into its place; what it holds is opened by the caller.
async fn restored(place: Place, name: &str, lost_journal: Lost) -> Result<(Restored, TempDir), StoreError> {
    place.store.close().await.unwrap();
    let options = StoreOptions { lost_journal, entropy: Some([7; 32]), ..StoreOptions::new(place.clock.clone()) };
    let from = place.folder.path().join(name);
    let done = restore(&url_of(&place.folder), &from, true, options, |_, _| {}).await?;
    Ok((done, place.folder))
}

/// The authors' networks answer: everybody may be shown.
async fn answered(place: &Place, authors: &[&str]) {
    let fresh = |name: &&str| AuthorProfile { checked_at: Some(after_s(60)), ..profile(name) };
    place.commit(authors.iter().map(|name| author(fresh(name), AuthorVerdict::Show)).collect()).await;
}

/// Texts of all posts in the file, shown or not.
async fn held(place: &Place) -> Vec<String> {
    sqlx::query_scalar("SELECT text FROM posts ORDER BY text").fetch_all(&place.store.reader().pool).await.unwrap()
}

#[tokio::test]
async fn d9_a_backup_equals_the_database_and_a_restored_one_equals_the_backup() {
    let place = Place::new().await;
    for name in ["a", "b", "c"] {
        place.ops(draft(&place, name).upsert()).await;
    }
    place.commit(vec![delete("b"), leave("eve")]).await;
    place.store.ask_to_leave(&nantes(), Network::Bluesky, "bob.example", NOON).await.unwrap();
    let first = copied(&place, "one").await;
    let mode = std::fs::metadata(place.folder.path().join("one")).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);
    let rows: Vec<(&str, u64)> = first.tables.iter().map(|table| (table.name.as_str(), table.rows)).collect();
    let expected = [("alert_dispatches", 0), ("alert_events", 0), ("alerts", 0)];
    assert_eq!(rows[..3], expected);
    let expected = [("audit", 0), ("authors", 1), ("checkpoints", 0), ("cities", 1), ("complaints", 0)];
    assert_eq!(rows[3..8], expected);
    assert_eq!(
        rows[8..],
        [
            ("decided_posts", 0),
            ("decisions", 0),
            ("desk_looks", 0),
            ("feed_log", 4),
            ("gaps", 0),
            ("leave_requests", 1),
            ("mentions", 0),
            ("notices", 0),
            ("placements", 2),
            ("posts", 2),
            ("receipts", 0),
            ("staff", 0),
            ("staff_roles", 0),
            ("suppressed", 1),
            ("tallies", 0),
            ("tally_cities", 0),
            ("tally_hours", 0),
            ("tally_keys", 0),
            ("tally_names", 0),
            ("tally_people", 0),
            ("tally_plain", 0),
            ("tombstones", 1),
            ("utterance_keys", 0),
            ("watches", 0)
        ]
    );
    // The same content gives the same sums, another one others.
    assert_eq!(copied(&place, "two").await.tables, first.tables);
    place.ops(draft(&place, "d").upsert()).await;
    assert_ne!(copied(&place, "three").await.tables, first.tables);
    let again = backup(&url_of(&place.folder), &place.folder.path().join("one"), NOON, |_, _| {}).await;
    assert!(matches!(&again, Err(StoreError::Unavailable(said)) if said.contains("not overwritten")), "{again:?}");
    // What is put back is compared with what was copied before it is touched.
    let (done, _folder) = restored(place, "one", Lost::Refused).await.unwrap();
    assert_eq!(done.copied.tables, first.tables);
}

#[tokio::test]
async fn d9_nothing_that_went_after_the_backup_comes_back() {
    let place = Place::new().await;
    let bob = profile("bob");
    for name in ["a", "b", "c", "d", "e", "h", "u"] {
        place.ops(draft(&place, name).upsert()).await;
    }
    place.ops(draft(&place, "f").by(&bob).upsert()).await;
    place.ops(draft(&place, "m").by(&profile("eve")).upsert()).await;
    place.commit(vec![hide(&place, "u", true)]).await;
    let (old_epoch, old_head) = (place.head().await.epoch, place.head().await.head);
    copied(&place, "backup").await;

    place.commit(vec![delete("a")]).await;
    place.store.operate(Command::Erase(place.id("b"))).await.unwrap();
    place.ops(draft(&place, "c").revision("2").text("better").upsert()).await;
    place.ops(draft(&place, "d").placed(vec![]).revision("2").upsert()).await;
    place.store.operate(Command::Hide(place.id("h"))).await.unwrap();
    place.store.operate(Command::Unhide(place.id("u"))).await.unwrap();
    place.store.operate(Command::PersonErase(Person::parse("bob.example"))).await.unwrap();
    place.ops(author(profile("eve"), AuthorVerdict::Purge)).await;
    place.store.ask_to_leave(&nantes(), Network::Bluesky, "zoe.example", NOON).await.unwrap();
    place.ops(draft(&place, "n").upsert()).await;

    let (done, folder) = restored(place, "backup", Lost::Refused).await.unwrap();
    assert!(done.erasures >= 8, "{done:?}");
    let place = Place::within(folder).await;
    assert_ne!(place.head().await.epoch, old_epoch, "a cursor of before must not be taken");
    assert!(place.head().await.head >= old_head);
    assert!(place.texts().await.is_empty(), "nothing is shown before the networks were asked");
    assert_eq!(held(&place).await, ["e", "h", "u"]);
    for text in ["did:plc:bob", "bob.example"] {
        assert!(!place.holds_bytes(text), "{text}");
    }
    answered(&place, &["ana", "bob", "eve"]).await;
    assert_eq!(place.texts().await, ["u", "e"], "hidden stays hidden, shown again stays shown");
    let requests = place.store.leave_requests().await.unwrap();
    assert_eq!(requests.iter().map(|request| request.handle.as_str()).collect::<Vec<_>>(), ["zoe.example"]);
    // The network says everything again.
    assert_eq!(place.ops(draft(&place, "a").upsert()).await, ["deleted"]);
    assert_eq!(place.ops(draft(&place, "b").upsert()).await, ["erased"]);
    assert_eq!(place.ops(draft(&place, "f").by(&bob).upsert()).await, ["author_left"]);
    assert_eq!(place.ops(draft(&place, "m").by(&profile("eve")).upsert()).await, ["deleted"]);
    assert_eq!(place.ops(draft(&place, "c").revision("2").text("better").upsert()).await, ["post better"]);

    // The same backup once more, after more has gone: the journal reaches back over both lives.
    let epoch = place.head().await.epoch;
    place.commit(vec![delete("e")]).await;
    let (_, folder) = restored(place, "backup", Lost::Refused).await.unwrap();
    let place = Place::within(folder).await;
    assert_ne!(place.head().await.epoch, epoch);
    assert_ne!(place.head().await.epoch, old_epoch);
    assert_eq!(held(&place).await, ["h", "u"]);
}

#[tokio::test]
async fn d9_an_old_file_put_back_by_hand_is_noticed() {
    let place = Place::new().await;
    for name in ["a", "b"] {
        place.ops(draft(&place, name).upsert()).await;
    }
    let (place, epoch) = (place.reopened().await, Place::head);
    let epoch = epoch(&place).await.epoch;
    place.store.close().await.unwrap();
    let old = std::fs::read(database_of(&place.folder)).unwrap();
    let place = Place::within(place.folder).await;
    assert_eq!(place.head().await.epoch, epoch, "a restart is no restore");
    place.commit(vec![delete("a")]).await;
    place.store.close().await.unwrap();
    std::fs::write(database_of(&place.folder), old).unwrap();
    let place = Place::within(place.folder).await;
    assert_ne!(place.head().await.epoch, epoch);
    assert_eq!(held(&place).await, ["b"]);
}

#[tokio::test]
async fn d9_without_its_journal_a_backup_is_refused_or_each_post_is_asked_for() {
    let place = Place::new().await;
    for name in ["a", "b"] {
        place.ops(draft(&place, name).upsert()).await;
    }
    copied(&place, "backup").await;
    place.commit(vec![delete("a")]).await;
    place.store.close().await.unwrap();
    for file in std::fs::read_dir(place.folder.path().join("data")).unwrap() {
        std::fs::remove_file(file.unwrap().path()).unwrap();
    }
    let clock = place.clock.clone();
    let again = |lost_journal| StoreOptions { lost_journal, ..StoreOptions::new(clock.clone()) };
    let (url, from) = (url_of(&place.folder), place.folder.path().join("backup"));
    for by_hand in [false, true, true] {
        if by_hand {
            std::fs::copy(&from, database_of(&place.folder)).unwrap();
            let refused = open(&url, again(Lost::Refused), None).await.map(|_| ());
            let said = matches!(&refused, Err(StoreError::Fatal(said)) if said.contains("--erasures-lost"));
            assert!(said, "{refused:?}");
        }
        // The second time finds a journal that knows nothing: that is no consent.
        let refused = restore(&url, &from, true, again(Lost::Refused), |_, _| {}).await;
        assert!(matches!(&refused, Err(StoreError::Fatal(said)) if said.contains("--erasures-lost")), "{refused:?}");
    }
    restore(&url, &from, true, again(Lost::Accepted), |_, _| {}).await.unwrap();
    let place = Place::within(place.folder).await;
    answered(&place, &["ana"]).await;
    assert!(place.texts().await.is_empty(), "the author is known, the posts are not");
    let due = place.store.stale_posts(Network::Bluesky, NOON, NOON, &[], 10).await.unwrap();
    assert_eq!(due.len(), 2);
    place.commit(vec![delete("a"), Change::Checked { post: place.id("b"), at: after_s(60) }]).await;
    assert_eq!(place.texts().await, ["b"]);
    // From here on the journal is whole again.
    let place = place.reopened().await;
    assert_eq!(place.texts().await, ["b"]);
}

#[tokio::test]
async fn d9_a_copy_of_the_journal_on_another_disk_is_as_good() {
    let place = Place::new().await;
    for name in ["a", "b", "c"] {
        place.ops(draft(&place, name).upsert()).await;
    }
    copied(&place, "backup").await;
    let (url, copy) = (url_of(&place.folder), place.folder.path().join("elsewhere"));
    for name in ["a", "b"] {
        place.commit(vec![delete(name)]).await;
        backup_erasures(&url, &copy).await.unwrap();
    }
    assert_eq!(std::fs::metadata(&copy).unwrap().permissions().mode() & 0o777, 0o600);
    place.store.close().await.unwrap();
    std::fs::remove_dir_all(place.folder.path().join("data")).unwrap();
    std::fs::create_dir(place.folder.path().join("data")).unwrap();
    std::fs::copy(&copy, place.folder.path().join("data/parvis.db.erasures")).unwrap();
    let options = StoreOptions::new(place.clock.clone());
    let done = restore(&url, &place.folder.path().join("backup"), false, options, |_, _| {}).await.unwrap();
    assert!(!done.journal_lost);
    assert_eq!(held(&Place::within(place.folder).await).await, ["c"]);
}

#[tokio::test]
async fn d9_what_is_over_its_time_is_swept_before_anything_is_shown() {
    let place = Place::new().await;
    place.ops(draft(&place, "a").tier(Some(Tier::Invited)).upsert()).await;
    place.ops(draft(&place, "b").tier(Some(Tier::Public)).upsert()).await;
    copied(&place, "backup").await;
    place.clock.set(after_s(8 * 86_400));
    place.store.retain(place.clock.now(), Retention::from_days(30)).await.unwrap();
    let (done, folder) = restored(place, "backup", Lost::Refused).await.unwrap();
    assert_eq!((done.expired, done.erasures), (1, 0));
    assert_eq!(held(&Place::within(folder).await).await, ["a"]);
}

/// Their posts had been swept when they left, so that the journal has nothing but the hash of who they are.
#[tokio::test]
async fn d9_who_left_is_erased_also_where_only_their_hash_is_known() {
    let place = Place::new().await;
    place.ops(draft(&place, "a").tier(Some(Tier::Invited)).upsert()).await;
    place.ops(draft(&place, "f").tier(Some(Tier::Invited)).by(&profile("bob")).upsert()).await;
    copied(&place, "backup").await;
    place.clock.set(after_s(2 * 86_400));
    place.store.retain(place.clock.now(), Retention::from_days(1)).await.unwrap();
    place.store.operate(Command::PersonErase(Person::parse("did:plc:bob"))).await.unwrap();
    let (done, folder) = restored(place, "backup", Lost::Refused).await.unwrap();
    assert_eq!((done.expired, done.erasures), (0, 1));
    let place = Place::within(folder).await;
    assert_eq!(held(&place).await, ["a"]);
    assert!(!place.holds_bytes("did:plc:bob"));
}

#[tokio::test]
async fn d9_what_is_no_sound_backup_is_refused_and_the_database_stays() {
    let place = Place::new().await;
    place.ops(draft(&place, "a").text("quartz basalte").upsert()).await;
    copied(&place, "backup").await;
    let (url, from) = (url_of(&place.folder), place.folder.path().join("backup"));
    let served = restore(&url, &from, true, StoreOptions::new(place.clock.clone()), |_, _| {}).await;
    assert!(matches!(&served, Err(StoreError::Unavailable(said)) if said.contains("stop that parvis")), "{served:?}");
    place.store.close().await.unwrap();
    let whole = std::fs::read(place.folder.path().join("backup")).unwrap();
    let refusal = async |replace, bytes: &[u8]| {
        let from = place.folder.path().join("other");
        std::fs::write(&from, bytes).unwrap();
        let options = StoreOptions::new(place.clock.clone());
        match restore(&url_of(&place.folder), &from, replace, options, |_, _| {}).await {
            Err(StoreError::Fatal(said) | StoreError::Unavailable(said)) => said,
            Ok(done) => panic!("{done:?}"),
        }
    };
    assert!(refusal(false, &whole).await.contains("not overwritten"));
    let mut changed = whole.clone();
    let at = changed.windows(6).position(|window| window == b"quartz").unwrap();
    changed[at] = b'Q';
    assert!(refusal(true, &changed).await.contains("table posts"), "a changed byte is seen");
    let original = std::fs::read(database_of(&place.folder)).unwrap();
    assert!(refusal(true, &original).await.contains("is no backup"));
    assert!(refusal(true, b"nothing").await.contains("no database"));
    assert!(!Path::new(&format!("{}.restoring", database_of(&place.folder).display())).exists());
    assert_eq!(Place::within(place.folder).await.texts().await, ["quartz basalte"]);
}

#[tokio::test]
async fn d9_nobody_can_serve_the_database_that_is_being_replaced() {
    use std::os::unix::fs::MetadataExt;
    let place = Place::new().await;
    place.ops(draft(&place, "a").upsert()).await;
    copied(&place, "backup").await;
    place.store.close().await.unwrap();
    let (from, path) = (place.folder.path().join("backup"), database_of(&place.folder));
    let file = move || std::fs::metadata(&path).unwrap().ino();
    let (before, lock) = (file(), format!("{}.lock", database_of(&place.folder).display()));
    let mut watching = None;
    restore(&url_of(&place.folder), &from, true, StoreOptions::new(place.clock.clone()), |_, _| {
        let (file, lock) = (file.clone(), lock.clone());
        watching.get_or_insert_with(|| {
            std::thread::spawn(move || {
                while file() == before {
                    let lock = std::fs::File::open(&lock).unwrap();
                    if lock.try_lock().is_ok() && file() == before {
                        return true;
                    }
                }
                false
            })
        });
    })
    .await
    .unwrap();
    let was_free = watching.expect("the copying is told").join().unwrap();
    assert!(!was_free, "a server could have begun on the old file");
}

#[tokio::test]
async fn d9_what_a_crash_kept_from_the_journal_is_carried_at_the_next_start() {
    let place = Place::new().await;
    for name in ["a", "b"] {
        place.ops(draft(&place, name).upsert()).await;
    }
    copied(&place, "backup").await;
    // The journal as it was before the deletion, as if the process had died between the two files.
    let journal = place.folder.path().join("data/parvis.db.erasures");
    let before = std::fs::read(&journal).unwrap();
    place
        .store
        .execute_for_test("CREATE TRIGGER kept BEFORE DELETE ON erasures BEGIN SELECT RAISE(IGNORE); END")
        .await
        .unwrap();
    place.commit(vec![delete("a")]).await;
    place.store.close().await.unwrap();
    std::fs::write(&journal, before).unwrap();
    let place = Place::within(place.folder).await;
    assert_eq!(place.texts().await, ["b"], "no restore is seen in it");
    let (done, folder) = restored(place, "backup", Lost::Refused).await.unwrap();
    assert!(done.erasures >= 1);
    assert_eq!(held(&Place::within(folder).await).await, ["b"]);
}
