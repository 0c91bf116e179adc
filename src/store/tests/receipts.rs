//! What signed deliveries were answered (D3).

use super::*;
use crate::store::Retention;
use crate::store::retention::{RECEIPT_S, RECEIPTS_MAX};

fn item(outcome: PushOutcome, change: Option<usize>) -> ReceiptItem {
    ReceiptItem { outcome, change }
}

fn delivery(sender: u64, message: u64) -> DeliveryId {
    DeliveryId { sender, message }
}

fn receipt(delivery: DeliveryId, items: Vec<ReceiptItem>) -> Receipt {
    Receipt { delivery, body: delivery.message + 1, at: NOON, items }
}

async fn stored(place: &Place, delivery: DeliveryId) -> Option<Vec<PushOutcome>> {
    let (body, outcomes) = place.store.receipt(delivery).await.unwrap()?;
    assert_eq!(body, delivery.message + 1);
    Some(outcomes)
}

#[tokio::test]
async fn d3_a_receipt_says_what_the_store_knows_better_and_is_there_after_a_restart() {
    use PushOutcome::*;
    let place = Place::new().await;
    place.ops(draft(&place, "a").revision("3").text("alpha").upsert()).await;
    place.ops(draft(&place, "z").upsert()).await;
    place.commit(vec![delete("z")]).await;
    let changes = vec![
        draft(&place, "b").upsert(),
        draft(&place, "a").revision("3").text("alpha").upsert(),
        draft(&place, "a").revision("2").text("earlier").upsert(),
        draft(&place, "a").revision("4").text("later").upsert(),
        draft(&place, "z").upsert(),
        delete("b"),
    ];
    let mut items: Vec<ReceiptItem> = (0..5).map(|change| item(Admitted, Some(change))).collect();
    items.push(item(Deleted, None));
    items.push(item(Refused(RefuseReason::Malformed), None));
    items.push(item(Refused(RefuseReason::Expired), Some(1)));
    let expected = vec![
        Admitted,
        Unchanged,
        Outdated,
        Admitted,
        Refused(RefuseReason::Deleted),
        Deleted,
        Refused(RefuseReason::Malformed),
        Refused(RefuseReason::Expired),
    ];
    let receipts = vec![receipt(delivery(1, 1), items), receipt(delivery(1, 2), Vec::new())];
    let committed = place.store.commit(Arc::new(Batch { changes, receipts, ..Batch::default() })).await.unwrap();
    assert_eq!(committed.receipts, [expected.clone(), Vec::new()]);
    let place = place.reopened().await;
    assert_eq!(stored(&place, delivery(1, 1)).await, Some(expected));
    assert_eq!(stored(&place, delivery(1, 2)).await, Some(Vec::new()));
    assert_eq!(stored(&place, delivery(2, 1)).await, None, "another sender's");
}

#[tokio::test]
async fn d3_the_first_receipt_of_a_message_stays() {
    let place = Place::new().await;
    for outcome in [PushOutcome::Admitted, PushOutcome::Unchanged] {
        let receipts = vec![receipt(delivery(1, 1), vec![item(outcome, None)])];
        place.store.commit(Arc::new(Batch { receipts, ..Batch::default() })).await.unwrap();
        assert_eq!(stored(&place, delivery(1, 1)).await, Some(vec![PushOutcome::Admitted]));
    }
}

#[tokio::test]
async fn receipts_go_with_their_time_and_beyond_their_number_each_senders_own() {
    let place = Place::new().await;
    let bound = u64::try_from(RECEIPTS_MAX).unwrap();
    let receipts: Vec<Receipt> = (0..bound + 3).map(|n| receipt(delivery(1, n), Vec::new())).collect();
    for receipts in [vec![receipt(delivery(2, 0), Vec::new())], receipts] {
        place.store.commit(Arc::new(Batch { receipts, ..Batch::default() })).await.unwrap();
    }
    for (message, is_there) in [(0, false), (2, false), (3, true), (bound + 2, true)] {
        assert_eq!(stored(&place, delivery(1, message)).await.is_some(), is_there, "{message}");
    }
    assert!(stored(&place, delivery(2, 0)).await.is_some(), "another's are not counted");
    for (seconds, is_there) in [(RECEIPT_S, true), (RECEIPT_S + 1, false)] {
        place.store.retain(after_s(seconds), Retention::from_days(30)).await.unwrap();
        assert_eq!(stored(&place, delivery(2, 0)).await.is_some(), is_there, "{seconds}");
    }
}
