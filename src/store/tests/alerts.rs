//! Alerts and what is to be sent of them: across a restart, within their bounds, and each to its own city.

use super::*;
use crate::domain::alert::{
    ALERTS_KEPT_S, ALERTS_MAX, Alert, AlertDesk, Channel, Dispatch, Event as Going, Kind, Look, Receiver, Sent, Unsent,
};
use crate::store::Retention;

fn alert(at: i64) -> Alert {
    Alert { kind: Kind::Unusual, at: after_s(at), posts: 45, authors: Some(40), usual: 2.5 }
}

fn going(since: i64, last: i64) -> Going {
    Going { kind: Kind::Unusual, since: after_s(since), last: after_s(last) }
}

fn to(address: &str) -> Receiver {
    Receiver { channel: Channel::Mail, address: address.into() }
}

fn look(event: Option<Going>, alert: Option<Alert>, receivers: &[Receiver], due_at: i64) -> Look {
    Look { city: nantes(), event, alert, receivers: receivers.to_vec(), due_at: after_s(due_at) }
}

async fn numbers(place: &Place) -> Vec<(Timestamp, Option<Timestamp>)> {
    let alerts = place.store.alerts(&nantes(), None, 1_000).await.unwrap();
    alerts.into_iter().map(|past| (past.alert.at, past.ended_at)).collect()
}

#[tokio::test]
async fn feature_14_an_alert_and_what_goes_on_are_there_after_a_restart() {
    let place = Place::new().await;
    let webhook = Receiver { channel: Channel::Webhook, address: "https://ville.example".into() };
    place.store.looked(look(Some(going(0, 0)), Some(alert(0)), &[to("a@b.example"), webhook], 60)).await.unwrap();
    place.store.looked(look(Some(going(0, 300)), None, &[], 0)).await.unwrap();
    let place = place.reopened().await;
    assert_eq!(place.store.event(&nantes()).await.unwrap(), Some(going(0, 300)));
    let [past] = place.store.alerts(&nantes(), None, 9).await.unwrap()[..] else { panic!("one alert") };
    assert_eq!((past.alert, past.ended_at), (alert(0), None));
    assert!(place.store.due(after_s(59)).await.unwrap().is_empty());
    let due = place.store.due(after_s(60)).await.unwrap();
    assert_eq!(
        due.iter().map(|due| (due.receiver.channel, due.alerts.len())).collect::<Vec<_>>(),
        [(Channel::Mail, 1), (Channel::Webhook, 1)]
    );
    // It is over: it ended when there was last more than is usual.
    place.store.looked(look(None, None, &[], 0)).await.unwrap();
    assert_eq!(place.store.event(&nantes()).await.unwrap(), None);
    assert_eq!(numbers(&place).await, [(after_s(0), Some(after_s(300)))]);
    // Another city knows nothing of it.
    assert!(place.store.alerts(&tours(), None, 9).await.unwrap().is_empty());
    assert!(place.store.unsent(&tours(), NOON).await.unwrap().is_empty());
}

#[tokio::test]
async fn feature_14_the_same_alert_is_one_and_one_alone_goes_on() {
    let place = Place::new().await;
    for _ in 0..2 {
        place.store.looked(look(Some(going(0, 0)), Some(alert(0)), &[to("a@b.example")], 0)).await.unwrap();
    }
    assert_eq!(place.store.due(NOON).await.unwrap()[0].alerts.len(), 1);
    place.store.looked(look(Some(going(600, 600)), Some(alert(600)), &[to("a@b.example")], 600)).await.unwrap();
    assert_eq!(numbers(&place).await, [(after_s(600), None), (after_s(0), Some(after_s(0)))]);
    let due = place.store.due(after_s(600)).await.unwrap();
    assert_eq!(due[0].alerts.iter().map(|past| past.alert.at).collect::<Vec<_>>(), [after_s(0), after_s(600)]);
    let newest = place.store.alerts(&nantes(), None, 1).await.unwrap()[0].number;
    let older = place.store.alerts(&nantes(), Some(newest), 9).await.unwrap();
    assert_eq!(older.iter().map(|past| past.alert.at).collect::<Vec<_>>(), [after_s(0)]);
}

#[tokio::test]
async fn feature_14_what_can_not_be_sent_is_tried_again_and_told_of() {
    let place = Place::new().await;
    let receivers = ["a@b.example", "c@d.example", "e@f.example"].map(to);
    place.store.looked(look(Some(going(0, 0)), Some(alert(0)), &receivers, 0)).await.unwrap();
    let due: Vec<Dispatch> = place.store.due(NOON).await.unwrap();
    assert_eq!(due.len(), 3);
    assert!(place.store.unsent(&nantes(), NOON).await.unwrap().is_empty(), "nothing has failed yet");
    place.store.dispatched(due[0].clone(), Sent::Yes).await.unwrap();
    place.store.dispatched(due[1].clone(), Sent::Later(after_s(60))).await.unwrap();
    place.store.dispatched(due[2].clone(), Sent::Waits(after_s(900))).await.unwrap();
    assert!(place.store.due(after_s(59)).await.unwrap().is_empty());
    let unsent = |again_at| Unsent { at: NOON, channel: Channel::Mail, again_at };
    assert_eq!(place.store.unsent(&nantes(), NOON).await.unwrap(), [unsent(Some(after_s(60)))]);
    let again = place.store.due(after_s(60)).await.unwrap();
    assert_eq!((again.len(), again[0].tries, &*again[0].receiver.address), (1, 1, "c@d.example"));
    place.store.dispatched(again[0].clone(), Sent::GivenUp).await.unwrap();
    assert_eq!(place.store.unsent(&nantes(), NOON).await.unwrap(), [unsent(None)]);
    assert!(place.store.unsent(&nantes(), after_s(1)).await.unwrap().is_empty());
    let waited = place.store.due(after_s(900)).await.unwrap();
    assert_eq!((waited.len(), waited[0].tries), (1, 0), "to wait for the hours of duty is no failure");
    place.store.dispatched(waited[0].clone(), Sent::Unlisted).await.unwrap();
    assert!(place.store.due(after_s(10_000)).await.unwrap().is_empty());
}

#[tokio::test]
async fn feature_14_a_new_alert_is_not_given_up_for_an_old_one() {
    let place = Place::new().await;
    place.store.looked(look(Some(going(0, 0)), Some(alert(0)), &[to("a@b.example")], 0)).await.unwrap();
    for tried in 0..3 {
        let due = place.store.due(NOON).await.unwrap();
        assert_eq!((due.len(), due[0].tries), (1, tried));
        place.store.dispatched(due[0].clone(), Sent::Later(NOON)).await.unwrap();
    }
    place.store.looked(look(Some(going(600, 600)), Some(alert(600)), &[to("a@b.example")], 600)).await.unwrap();
    let due = place.store.due(after_s(600)).await.unwrap();
    assert_eq!((due.len(), due[0].alerts.len(), due[0].tries), (1, 2, 0));
}

#[tokio::test]
async fn l28_alerts_go_with_their_time_and_the_oldest_beyond_their_number() {
    let place = Place::new().await;
    for number in 0..=ALERTS_MAX {
        let at = number * 60;
        place.store.looked(look(Some(going(at, at)), Some(alert(at)), &[to("a@b.example")], 0)).await.unwrap();
    }
    let all = numbers(&place).await;
    assert_eq!((all.len() as i64, all.last().unwrap().0), (ALERTS_MAX, after_s(60)));
    let until = after_s(ALERTS_KEPT_S + 120);
    place.clock.set(until);
    place.store.retain(until, Retention::from_days(30)).await.unwrap();
    let left = numbers(&place).await;
    assert_eq!((left.len() as i64, left.last().unwrap().0), (ALERTS_MAX - 1, after_s(120)));
    let due = place.store.due(until).await.unwrap();
    assert_eq!(due[0].alerts.len() as i64, ALERTS_MAX - 1, "what was to be sent of them goes with them");
}
