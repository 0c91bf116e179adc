//! The operator's acts, beside a serving process and without one.

use super::*;
use crate::store::Operator;

async fn operator(place: &Place) -> Operator {
    Operator::open(&url_of(&place.folder), place.clock.clone()).await.unwrap()
}

#[tokio::test]
async fn acts_reach_the_serving_process() {
    let place = Place::new().await;
    place.commit(vec![draft(&place, "a").upsert(), draft(&place, "b").by(&profile("bob")).upsert()]).await;
    let mut operator = operator(&place).await;
    assert!(operator.hide(place.id("a"), true).await.unwrap().found);
    assert_eq!(place.texts().await, ["b"]);
    assert!(operator.hide(place.id("a"), false).await.unwrap().found);
    assert_eq!(place.texts().await, ["b", "a"]);
    assert!(!operator.hide(place.id("z"), true).await.unwrap().found);
    assert!(operator.erase(place.id("a")).await.unwrap().found);
    let report = operator.person_erase("BSKY:@Bob.Example").await.unwrap();
    assert!(report.found && report.summary.contains("1 posts of 1 account"), "{report:?}");
    assert!(!operator.person_erase("nobody.example").await.unwrap().found);
    assert!(operator.person_erase("did:plc:never-seen").await.unwrap().found);
    assert!(place.texts().await.is_empty());
    assert_eq!(place.ops(draft(&place, "c").by(&profile("never-seen")).upsert()).await, ["author_left"]);
    let waiting: i64 =
        sqlx::query_scalar("SELECT count(*) FROM commands").fetch_one(&place.store.reader().pool).await.unwrap();
    assert_eq!(waiting, 0);
    operator.close().await.unwrap();
    // Not even the command that named them.
    for trace in ["bob.example", "Bob.Example", "did:plc:bob", "never-seen"] {
        assert!(erasure::gone(&place, trace).await, "{trace}");
    }
}

#[tokio::test]
async fn acts_are_done_directly_when_nobody_serves() {
    let place = Place::new().await;
    place.ops(draft(&place, "a").upsert()).await;
    let id = place.id("a");
    let url = url_of(&place.folder);
    place.store.close().await.unwrap();
    let mut operator = Operator::open(&url, place.clock.clone()).await.unwrap();
    assert!(operator.erase(id).await.unwrap().found);
    operator.close().await.unwrap();
    let place = Place::within(place.folder).await;
    assert!(place.texts().await.is_empty());
    assert_eq!(place.ops(draft(&place, "a").upsert()).await, ["erased"]);
}

#[tokio::test]
async fn a_server_that_stops_leaves_the_act_to_the_command_line() {
    let place = Place::new().await;
    place.ops(draft(&place, "a").upsert()).await;
    let mut operator = operator(&place).await;
    let id = place.id("a");
    place.store.close().await.unwrap();
    assert!(operator.hide(id, true).await.unwrap().found);
    operator.close().await.unwrap();
    let place = Place::within(place.folder).await;
    assert!(place.texts().await.is_empty());
}

#[tokio::test]
async fn there_must_be_a_database() {
    let folder = tempfile::tempdir().unwrap();
    let opened = Operator::open(&url_of(&folder), Arc::new(ManualClock::new(NOON))).await;
    assert!(matches!(opened, Err(StoreError::Fatal(_))));
    assert!(!database_of(&folder).exists());
}

#[tokio::test]
async fn l25_an_export_is_everything_held() {
    let place = Place::new().await;
    let mut located = draft(&place, "a").text("Bonjour Nantes");
    located.placements.push(placement(tours(), None));
    place.commit(vec![located.upsert(), draft(&place, "b").upsert(), hide(&place, "b", true)]).await;
    place.ops(draft(&place, "x").by(&profile("bob")).text("of somebody else").upsert()).await;
    place.store.ask_to_leave(&nantes(), Network::Bluesky, "@ana.example", NOON).await.unwrap();
    let operator = operator(&place).await;
    let whole = operator.person_export("@ANA.example").await.unwrap();
    insta::assert_snapshot!(whole);
    assert!(!whole.contains("somebody else"));
    // By lasting id too, and by network.
    assert!(operator.person_export("did:plc:ana").await.unwrap().contains("Bonjour Nantes"));
    assert!(!operator.person_export("mastodon:ana.example").await.unwrap().contains("Bonjour Nantes"));
}

#[tokio::test]
async fn requests_to_leave_wait_for_the_operator() {
    let place = Place::new().await;
    for handle in ["@ana.example", "Ana.Example ", "bob.example"] {
        place.store.ask_to_leave(&nantes(), Network::Bluesky, handle, NOON).await.unwrap();
    }
    assert!(place.store.ask_to_leave(&nantes(), Network::Bluesky, " @ ", NOON).await.is_err());
    let mut operator = operator(&place).await;
    let requests = operator.leave_requests().await.unwrap();
    let handles: Vec<&str> = requests.iter().map(|request| request.handle.as_str()).collect();
    assert_eq!(handles, ["@ana.example", "bob.example"]);
    assert!(operator.close_leave_request(requests[0].id).await.unwrap().found);
    assert_eq!(place.store.leave_requests().await.unwrap(), [requests[1].clone()]);
    place
        .store
        .execute_for_test(
            "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 9999)
             INSERT INTO leave_requests (city, network, handle, person, at) SELECT 'nantes', 'bluesky', x, x, 1 FROM n",
        )
        .await
        .unwrap();
    let refused = place.store.ask_to_leave(&nantes(), Network::Bluesky, "eve.example", NOON).await;
    assert!(matches!(refused, Err(StoreError::Unavailable(_))));
}
