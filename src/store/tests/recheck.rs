//! Which posts and authors are due to be asked for again (L-13), and that it is told of nobody.

use super::*;

#[tokio::test]
async fn l13_checked_posts_are_not_stale() {
    let place = Place::new().await;
    place.commit(vec![draft(&place, "a").upsert(), draft(&place, "b").upsert()]).await;
    let stale = |at| place.store.stale_posts(Network::Bluesky, at, at, &[], 10);
    assert!(stale(NOON).await.unwrap().is_empty());
    assert_eq!(stale(after_s(1)).await.unwrap().len(), 2);
    place.commit(vec![Change::Checked { post: place.id("a"), at: after_s(5) }]).await;
    let b = StalePost { id: place.id("b"), native_id: native("b"), author: profile("ana").id };
    assert_eq!(stale(after_s(1)).await.unwrap(), [b]);
    let waiting = [place.id("b")];
    let others = place.store.stale_posts(Network::Bluesky, after_s(1), after_s(1), &waiting, 10).await.unwrap();
    assert!(others.is_empty());
    assert!(place.heard.0.lock().unwrap().iter().all(|(_, entry)| entry.op == Op::Post));
}

#[tokio::test]
async fn d2_what_was_checked_before_the_end_of_a_gap_is_to_be_checked_again_at_once() {
    let place = Place::new().await;
    place.commit(vec![draft(&place, "a").upsert()]).await;
    let due = async || {
        let (since, now) = (after_s(-86_400), after_s(60));
        let posts = place.store.stale_posts(Network::Bluesky, since, now, &[], 10).await.unwrap().len();
        (posts, place.store.stale_authors(Network::Bluesky, since, now, 10).await.unwrap().len())
    };
    let gap = |network, until, told: i64| {
        let gap = Gap { from: after_s(-9), until: after_s(until) };
        Change::Gap { source: SourceId::new("x"), network, gap, at: after_s(told) }
    };
    place.commit(vec![gap(Network::Bluesky, -1, 0), gap(Network::Mastodon, 9, 9)]).await;
    assert_eq!(due().await, (0, 0), "they were seen after it, or are of another network");
    // The end is ahead of our clock: what is checked from now on is not checked over and over.
    place.commit(vec![gap(Network::Bluesky, 3_600, 5)]).await;
    assert_eq!(due().await, (1, 1));
    let seen = AuthorProfile { checked_at: Some(after_s(6)), ..profile("ana") };
    let checked = Change::Checked { post: place.id("a"), at: after_s(6) };
    place.commit(vec![author(seen, AuthorVerdict::Show), checked]).await;
    assert_eq!(due().await, (0, 0));
}

#[tokio::test]
async fn l13_the_posts_of_an_account_that_is_away_are_not_asked_for() {
    let place = Place::new().await;
    place.commit(vec![draft(&place, "a").upsert()]).await;
    place.commit(vec![author(profile("ana"), AuthorVerdict::Hide)]).await;
    let stale = || place.store.stale_posts(Network::Bluesky, after_s(1), after_s(1), &[], 10);
    assert!(stale().await.unwrap().is_empty(), "their origin shows none of them: they would be deleted");
    place.commit(vec![author(profile("ana"), AuthorVerdict::Show)]).await;
    assert_eq!(stale().await.unwrap().len(), 1);
}
