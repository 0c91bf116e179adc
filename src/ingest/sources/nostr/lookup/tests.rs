//! The lookup against real relays on the loopback.

use futures_util::{SinkExt, StreamExt};
use nostr_relay_builder::builder::RelayBuilder;
use nostr_relay_builder::local::LocalRelay;
use tokio_tungstenite::tungstenite::Message as Frame;

use super::*;
use crate::clock::ManualClock;
use crate::demo::nostr::{Draft, SignedEvent, pubkey};
use crate::domain::Timestamp;

const NOW: Timestamp = Timestamp::from_micros(1_795_600_000_000_000);
const AT: u64 = 1_795_500_000;

/// A relay that holds these events.
async fn relay(events: &[SignedEvent]) -> (LocalRelay, String) {
    let relay = LocalRelay::new(RelayBuilder::default());
    relay.run().await.unwrap();
    let url = relay.url().await.to_string();
    let (mut socket, _) = tokio_tungstenite::connect_async(&url).await.unwrap();
    for event in events {
        socket.send(Frame::text(format!("[\"EVENT\",{}]", event.json()))).await.unwrap();
        let answer = socket.next().await.unwrap().unwrap().into_text().unwrap();
        assert!(answer.contains("true"), "{answer}");
    }
    (relay, url)
}

fn lookup(relays: &[&str]) -> Profiles {
    let reading = |url: &&str| (Url::parse(url).unwrap(), Reading { relay: Some((*url).into()), ..Reading::default() });
    let clock = Arc::new(ManualClock::new(NOW));
    Profiles::new(relays.iter().map(reading).collect(), Outbound::new("", true).unwrap(), clock)
}

fn profile(by: &str, at: u64, name: &str) -> SignedEvent {
    Draft::new(by, at, 0, &[], &format!(r##"{{"name":"{name}","about":"#nobot"}}"##)).sign()
}

/// Port 9 is nobody's.
const NOBODY: &str = "ws://127.0.0.1:9";

#[tokio::test]
async fn l04_the_latest_profile_of_all_relays_counts_and_who_has_none_exists() {
    let (_one, first) = relay(&[profile("ana", AT, "Ana"), profile("bob", AT + 9, "Bob")]).await;
    let (_two, second) = relay(&[profile("ana", AT + 1, "Ana B."), profile("bob", AT, "vieux")]).await;
    let lookup = lookup(&[&first, &second]);
    let npub = nip19::npub(&pubkey("bob")).unwrap();
    let mut found = lookup.profiles(vec![pubkey("ana"), npub.clone(), pubkey("eva"), "nobody".into()]).await.unwrap();
    found.sort_by_key(|profile| profile.name.clone());
    let names: Vec<Option<&str>> = found.iter().map(|profile| profile.name.as_deref()).collect();
    assert_eq!(names, [None, Some("Ana B."), Some("Bob")]);
    assert!(found.iter().all(|profile| profile.checked_at == Some(NOW) && profile.status == AccountStatus::Active));
    assert_eq!((found[0].id.as_str(), found[2].handle.as_ref()), (&*pubkey("eva"), Some(&npub)));
    assert_eq!((found[1].bio.as_str(), found[0].bio.as_str()), ("#nobot", ""));
    assert!(lookup.profiles(vec!["nobody".into()]).await.unwrap().is_empty());
}

#[tokio::test]
async fn l04_nobody_is_assumed_to_object_to_nothing_while_a_relay_that_may_know_is_silent() {
    let (_one, url) = relay(&[profile("ana", AT, "Ana")]).await;
    let lookup = lookup(&[&url, NOBODY]);
    assert_eq!(lookup.profiles(vec![pubkey("ana")]).await.unwrap().len(), 1);
    let Err(LookupError::Unavailable { reason, .. }) = lookup.profiles(vec![pubkey("ana"), pubkey("eva")]).await else {
        panic!()
    };
    assert!(reason.contains("127.0.0.1 can't be asked"), "{reason}");
    assert!(super::tests::lookup(&[NOBODY]).profiles(vec![pubkey("ana")]).await.is_err());
}

#[tokio::test]
async fn l15_who_asked_to_vanish_is_gone_until_they_come_back() {
    let vanish = |by: &str, at: u64, relay: &str| Draft::new(by, at, 62, &[&["relay", relay]], "").sign();
    let events = [
        profile("ana", AT, "Ana"),
        vanish("bob", AT, "ALL_RELAYS"),
        vanish("dan", AT, "wss://elsewhere.example"),
        vanish("eva", AT, "ALL_RELAYS"),
    ];
    let (_one, first) = relay(&events).await;
    let (_two, second) = relay(&[profile("bob", AT, "Bob"), profile("eva", AT + 1, "Eva")]).await;
    let lookup = lookup(&[&first, &second]);
    let names = ["ana", "bob", "dan", "eva"].map(pubkey);
    let found = lookup.profiles(names.to_vec()).await.unwrap();
    let status = names.map(|key| found.iter().find(|profile| profile.id.as_str() == key).map(|profile| profile.status));
    let (active, deleted) = (Some(AccountStatus::Active), Some(AccountStatus::Deleted));
    assert_eq!(status, [active, deleted, active, active]);
}

#[tokio::test]
async fn l13_posts_that_still_stand_are_told_with_their_labels_and_those_taken_back_are_not() {
    let note = |by: &str, tags: &[&[&str]]| Draft::new(by, AT, 1, tags, "x").sign();
    let (kept, warned, gone) = (note("ana", &[]), note("bob", &[&["content-warning", "nudité"]]), note("eva", &[]));
    let event = |d: &str| Draft::new("ville", AT, 31_923, &[&["d", d]], "fête").sign();
    let deleted = Draft::new("eva", AT + 1, 5, &[&["e", &gone.id]], "").sign();
    let forged = Draft::new("mallory", AT + 1, 5, &[&["e", &kept.id]], "").sign();
    let (_one, first) = relay(&[kept.clone(), warned.clone(), gone.clone(), event("a:b")]).await;
    // Another relay knows that it was taken back.
    let (_two, second) = relay(&[deleted, forged]).await;
    let address = |d: &str| NativeId::new(format!("31923:{}:{d}", pubkey("ville")));
    let ids = vec![
        NativeId::new(kept.id.as_str()),
        NativeId::new(warned.id.as_str()),
        NativeId::new(gone.id.as_str()),
        address("a:b"),
        address("other"),
        NativeId::new("not ours"),
    ];
    let mut found = lookup(&[&first, &second]).posts(ids.clone()).await.unwrap();
    found.sort_by(|a, b| a.native_id.cmp(&b.native_id));
    let mut expected = vec![ids[0].clone(), ids[1].clone(), ids[3].clone()];
    expected.sort();
    assert_eq!(found.iter().map(|check| check.native_id.clone()).collect::<Vec<_>>(), expected);
    let labels = found.iter().find(|check| check.native_id == ids[1]).unwrap().labels.as_ref().unwrap();
    assert!(labels.iter().any(|label| label.value == "nudity"));
    // What one relay has not, a silent one may have: that is no answer.
    assert!(lookup(&[&first, NOBODY]).posts(ids[..2].to_vec()).await.is_ok());
    assert!(lookup(&[&first, NOBODY]).posts(vec![NativeId::new("11".repeat(32))]).await.is_err());
    assert!(lookup(&[&first]).posts(vec![NativeId::new("not ours")]).await.unwrap().is_empty());
}
