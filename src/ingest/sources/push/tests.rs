use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::doors::Key;
use super::*;
use crate::clock::ManualClock;
use crate::domain::{CityId, PushRefusal};
use crate::ingest::{Outlet, observations};

const KEY: &[u8] = b"a key of twenty-four byte";

fn sender(key: &str) -> Sender {
    Sender { author: AuthorId::new(format!("nantes:{key}")), name: key.to_uppercase() }
}

fn nantes() -> CityId {
    CityId::new("nantes")
}

fn now() -> Timestamp {
    Timestamp::from_micros(1_796_040_000_000_000)
}

fn outlet() -> Outlet {
    let city = Arc::new(listing("name = \"V\"\n[recipe]\nhashtags = [\"ville\"]\n"));
    let sources = Senders::default().of(&[city]);
    Outlet::for_test(&*sources[0].0, observations(1).0, Arc::new(ManualClock::new(now())))
}

/// A city of this file with one sender, whose secret is in no place.
fn listing(toml: &str) -> City {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("nantes.toml");
    let push = "[[push]]\nname = \"Voirie\"\nkind = \"service\"\nlane = \"info\"\nsecrets = [{ env = \"PARVIS_TEST_NO_SUCH_SECRET\" }]\n";
    std::fs::write(&path, format!("{toml}{push}")).unwrap();
    crate::config::read_city(&path).unwrap().0
}

fn enter(doors: &Doors, city: &str, key: &[u8]) -> Result<String, PushRefusal> {
    let (message, timestamp) = ("m1", "1796040000");
    let signatures = sign(key, message, timestamp, b"{}");
    let signed = Signed { message, timestamp, signatures: &signatures, body: b"{}" };
    doors.enter(&CityId::new(city), &signed, now()).map(|entered| entered.sender.name)
}

#[test]
fn h5_a_citys_own_senders_are_verified_and_nobody_else() {
    let doors = Doors::default();
    let both = vec![
        (nantes(), sender("voirie"), 200),
        (nantes(), sender("piscines"), 200),
        (CityId::new("tours"), sender("voirie"), 200),
    ];
    doors.keep(both);
    let busy = Err(PushRefusal::Busy("A sender of this city can't be verified now."));
    assert_eq!(enter(&doors, "nantes", KEY), busy, "none can be verified yet");
    assert_eq!(enter(&doors, "rennes", KEY), Err(PushRefusal::Unsigned));
    let other = [1; 32];
    let voirie = doors.open(&nantes(), &sender("voirie"), vec![Key(vec![2; 32]), Key(KEY.to_vec())], outlet(), 1);
    assert_eq!(enter(&doors, "nantes", KEY), Ok("VOIRIE".into()));
    assert_eq!(enter(&doors, "nantes", &other), busy, "it may be of the one that is not there");
    let _piscines = doors.open(&nantes(), &sender("piscines"), vec![Key(other.to_vec())], outlet(), 2);
    assert_eq!(enter(&doors, "nantes", &other), Ok("PISCINES".into()));
    assert_eq!(enter(&doors, "nantes", &[3; 32]), Err(PushRefusal::Unsigned));
    assert_eq!(enter(&doors, "tours", KEY), busy, "a secret is good for its own city");
    // Secrets change: the new life's stand, whenever the old one goes.
    let again = doors.open(&nantes(), &sender("voirie"), vec![Key(vec![4; 32])], outlet(), 3);
    drop(voirie);
    assert_eq!(
        (enter(&doors, "nantes", &[4; 32]), enter(&doors, "nantes", KEY)),
        (Ok("VOIRIE".into()), Err(PushRefusal::Unsigned))
    );
    drop(again);
    assert_eq!(enter(&doors, "nantes", &[4; 32]), busy);
    doors.keep(Vec::new());
    assert_eq!(enter(&doors, "nantes", &other), Err(PushRefusal::Unsigned), "the city lists it no more");
}

#[test]
fn a_sender_may_send_so_much_an_hour_and_that_is_not_forgotten_when_its_file_changes() {
    let doors = Doors::default();
    let keep = |per_hour| doors.keep(vec![(nantes(), sender("voirie"), per_hour), (nantes(), sender("piscines"), 100)]);
    keep(200);
    let begun = Instant::now();
    let charge =
        |key: &str, posts, seconds| doors.charge(&nantes(), &sender(key), posts, begun + Duration::from_secs(seconds));
    assert_eq!((charge("voirie", 100, 0), charge("voirie", 100, 0)), (Ok(()), Ok(())));
    assert_eq!(charge("voirie", 1, 0), Err(PushRefusal::TooMany { wait_s: 18 }));
    assert_eq!(charge("piscines", 100, 0), Ok(()), "another's is another's");
    keep(200);
    assert_eq!(charge("voirie", 2, 0), Err(PushRefusal::TooMany { wait_s: 36 }));
    assert_eq!(charge("voirie", 1, 18), Ok(()));
    assert_eq!(charge("voirie", 100, 3_618), Ok(()));
    assert_eq!(charge("gone", 1, 0), Err(PushRefusal::Unsigned));
}

#[tokio::test]
async fn l13_a_sender_is_who_the_citys_file_says_and_its_posts_can_be_asked_of_nobody() {
    let senders = Senders::default();
    senders.doors().keep(vec![(nantes(), sender("voirie"), 200)]);
    let lookup = senders.lookup();
    let asked = ["nantes:voirie", "nantes:gone", "tours:voirie", "nantes"].map(str::to_owned).to_vec();
    let found = lookup.profiles(asked).await.unwrap();
    assert_eq!(found.iter().map(|profile| profile.name.as_deref()).collect::<Vec<_>>(), [Some("VOIRIE")]);
    assert!(lookup.posts(vec![]).await.is_err(), "silence would have them erased, and a word shown");
}

#[test]
fn recorded_bodies_are_read_line_by_line() {
    let lines = "{\"id\":\"a\",\"text\":\"b\",\"created_at\":\"2026-11-29T08:00:00Z\"}\n\n{\"posts\":[{\"id\":\"a\",\"deleted\":true},{}]}\nnonsense\n";
    let kinds: Vec<String> = recorded(lines.as_bytes(), "nantes:voirie", &[], now())
        .iter()
        .map(|observation| format!("{} {}", observation.source.as_str(), observation.event.kind()))
        .collect();
    assert_eq!(kinds, ["post", "delete", "unreadable", "unreadable"].map(|kind| format!("push:nantes:voirie {kind}")));
}
