//! Deletion is real (D5): the bytes are gone, from the index and the write-ahead log too.

use std::time::Duration;

use super::*;

const WORD: &str = "xylophonequartz";

/// Whether a text leaves the files within three seconds.
pub async fn gone(place: &Place, text: &str) -> bool {
    for _ in 0..60 {
        if !place.holds_bytes(text) {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    false
}

/// Enough posts that the word is in pages of its own, shared pages and several segments of the index.
async fn crowded() -> Place {
    let place = Place::new().await;
    for round in 0..3 {
        let names: Vec<String> = (0..120).map(|number| format!("p{round}x{number}")).collect();
        let drafts = names.iter().enumerate().map(|(number, name)| {
            let zoe = AuthorProfile { name: Some("Zoe Vibraphone".into()), ..profile("zoe") };
            let own = draft(&place, name);
            let filler = format!("mot{number} {}", "tram pont marché ".repeat(30));
            if number % 3 == 0 {
                own.by(&zoe).text(&format!("{filler} {WORD} {number}")).upsert()
            } else {
                own.text(&filler).upsert()
            }
        });
        place.commit(drafts.collect()).await;
    }
    assert!(place.holds_bytes(WORD));
    place
}

#[tokio::test]
async fn d5_deleting_every_post_with_a_word_leaves_no_byte_of_it() {
    let place = crowded().await;
    let doomed: Vec<String> =
        (0..3).flat_map(|round| (0..120).step_by(3).map(move |number| format!("p{round}x{number}"))).collect();
    for name in &doomed[1..] {
        place.commit(vec![delete(name)]).await;
    }
    assert!(place.holds_bytes(WORD));
    place.commit(vec![delete(&doomed[0])]).await;
    assert!(gone(&place, WORD).await);
    assert!(gone(&place, "Vibraphone").await, "an author without posts is erased with them");
    place.store.execute_for_test("INSERT INTO posts_text (posts_text) VALUES ('integrity-check')").await.unwrap();
}

#[tokio::test]
async fn d5_erasing_a_person_leaves_no_byte_of_them_but_a_hash() {
    let place = crowded().await;
    place.store.ask_to_leave(&nantes(), Network::Bluesky, "zoe.example", NOON).await.unwrap();
    let report = place.store.operate(Command::PersonErase(Person::parse("@ZOE.example"))).await.unwrap();
    assert!(report.found, "{report:?}");
    for trace in [WORD, "Vibraphone", "zoe.example", "did:plc:zoe"] {
        assert!(gone(&place, trace).await, "{trace}");
    }
    assert_eq!(place.ops(draft(&place, "a").by(&profile("zoe")).upsert()).await, ["author_left"]);
}

#[tokio::test]
async fn d5_an_edit_leaves_no_byte_of_the_earlier_text() {
    let place = crowded().await;
    place.ops(draft(&place, "a").text("glockenspielbasalt").upsert()).await;
    place.ops(draft(&place, "a").revision("2").text("better").upsert()).await;
    assert!(gone(&place, "glockenspielbasalt").await);
    place.store.execute_for_test("INSERT INTO posts_text (posts_text) VALUES ('integrity-check')").await.unwrap();
}

#[tokio::test]
async fn d5_a_reader_delays_the_emptying_of_the_log_but_does_not_prevent_it() {
    let place = crowded().await;
    let snapshot = place.store.reader().pool.begin().await.unwrap();
    let mut snapshot = snapshot;
    sqlx::query("SELECT count(*) FROM posts").fetch_one(&mut *snapshot).await.unwrap();
    place.commit(vec![leave("zoe")]).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(place.holds_bytes(WORD));
    snapshot.rollback().await.unwrap();
    assert!(gone(&place, WORD).await);
}

#[tokio::test]
async fn l29_exact_digits_are_in_no_byte() {
    let place = Place::new().await;
    let mut located = draft(&place, "a");
    let point = ExactPoint::new(-1.553_621, 47.218_371).unwrap();
    located.post.point = Some((point, LocationOrigin::Geotag));
    located.placements[0].location = Some(CoarseLocation::coarsen(point, LocationOrigin::Geotag));
    place.ops(located.upsert()).await;
    for digits in ["1.553621", "553621", "47.218371", "218371"] {
        assert!(!place.holds_bytes(digits));
    }
    for exact in [-1.553_621_f64, 47.218_371] {
        let bytes = place.bytes();
        assert!(!bytes.windows(8).any(|window| window == exact.to_be_bytes()));
    }
}

#[tokio::test]
async fn l29_the_schema_has_no_place_but_a_coarse_one_of_a_placement() {
    let place = Place::new().await;
    let columns: Vec<(String, String)> = sqlx::query_as(
        "SELECT m.name, c.name FROM sqlite_schema AS m, pragma_table_info(m.name) AS c WHERE m.type = 'table'",
    )
    .fetch_all(&place.store.reader().pool)
    .await
    .unwrap();
    let places = ["lon", "lat", "geo", "point", "coord", "precision", "zone", "place", "address", "location"];
    let mut found: Vec<String> = columns
        .iter()
        .filter(|(_, column)| column.split('_').any(|part| places.contains(&part)))
        .map(|(table, column)| format!("{table}.{column}"))
        .collect();
    found.sort();
    assert_eq!(
        found,
        [
            // Of what a town hall announces itself, as it wrote it.
            "notices.place",
            "placements.lat",
            "placements.lon",
            "placements.precision_m",
            "placements.zone",
            "placements.zone_from_text",
            "posts.place_name"
        ]
    );
    // A place and a person never stand in one row, so that there is no history of places to read off.
    let persons: Vec<&str> = columns
        .iter()
        .filter(|(_, column)| column == "author" || column == "handle")
        .map(|(table, _)| &**table)
        .collect();
    assert!(!persons.contains(&"placements"));
}
