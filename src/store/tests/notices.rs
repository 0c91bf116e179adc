//! The notices of a desk, as rows.

use super::*;
use crate::store::Retention;
use NoticeWrite::{Discard, Draft, Publish, Published, Refused, Withdrawn};

async fn write(place: &Place, write: NoticeWrite) -> bool {
    place.store.write_notice(&nantes(), write, Actor("pub".into())).await.unwrap().is_some()
}

async fn draft(place: &Place, ends_at: Option<Timestamp>) {
    let text = NoticeText { what: "Pont fermé".into(), place: String::new(), starts_at: None, ends_at };
    assert!(write(place, Draft(text)).await);
}

async fn acts(place: &Place) -> Vec<String> {
    place.store.audit(&nantes(), None, 100).await.unwrap().into_iter().rev().map(|line| line.act).collect()
}

#[tokio::test]
async fn a_notice_comes_to_each_state_from_those_that_lead_to_it_alone() {
    let place = Place::new().await;
    draft(&place, None).await;
    let (number, post) = (1, PostId::from_u64(5));
    for (what, is_taken, says) in [
        (Withdrawn { number }, false, "nothing is there"),
        (Published { number, post }, false, "it was not told to go there"),
        (Refused { number, was: NoticeState::Draft }, false, "nor was it sent"),
        (Publish { number }, true, ""),
        (Publish { number }, false, "somebody else did"),
        (Discard { number }, false, "what goes to the page can be taken back, and so is not lost"),
        (Refused { number, was: NoticeState::Draft }, true, ""),
        (Publish { number }, true, ""),
        (Published { number, post }, true, ""),
        (Withdrawn { number }, true, ""),
        (Withdrawn { number }, false, "it is taken back"),
        (Published { number, post }, false, "and not told of as there"),
        (Discard { number }, false, "it was there once"),
        (Publish { number }, true, ""),
        (Withdrawn { number: 9 }, false, "no such notice"),
    ] {
        assert_eq!(write(&place, what.clone()).await, is_taken, "{what:?}: {says}");
    }
    let kept = place.store.notice(&nantes(), number).await.unwrap().unwrap();
    assert_eq!((kept.state, kept.post), (NoticeState::Published, Some(post)));
    draft(&place, None).await;
    assert!(write(&place, Discard { number: 2 }).await && !write(&place, Publish { number: 2 }).await, "it is gone");
    let told = ["written", "published", "refused", "published", "withdrawn", "published", "written", "discarded"];
    assert_eq!(acts(&place).await, told.map(|act| format!("notice_{act}")), "what was not done is not told");
}

#[tokio::test]
async fn a_notice_is_kept_for_three_months_after_it_is_over() {
    let place = Place::new().await;
    const DAY_S: i64 = 86_400;
    draft(&place, Some(after_s(DAY_S))).await;
    draft(&place, Some(after_s(20 * DAY_S))).await;
    draft(&place, None).await;
    assert!(write(&place, Publish { number: 1 }).await);
    place.clock.set(after_s(10 * DAY_S));
    assert!(write(&place, Publish { number: 3 }).await);
    for (days, left) in [(90, vec![3, 2, 1]), (91, vec![3, 2]), (106, vec![3, 2]), (107, vec![2]), (110, vec![])] {
        place.clock.set(after_s(days * DAY_S));
        place.store.retain(after_s(days * DAY_S), Retention::from_days(30)).await.unwrap();
        let found: Vec<i64> =
            place.store.notices(&nantes(), 50).await.unwrap().iter().map(|notice| notice.number).collect();
        assert_eq!(found, left, "after {days} days");
    }
}
