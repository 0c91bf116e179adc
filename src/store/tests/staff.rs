//! Accounts, sessions and the desk's log.

use super::*;
use crate::store::Operator;

const OPERATOR: fn() -> Actor = Actor::operator;

fn name(text: &str) -> StaffName {
    StaffName::parse(text).unwrap()
}

fn roles(all: &[(&str, Role)]) -> Vec<(CityId, Role)> {
    all.iter().map(|(city, role)| (CityId::new(city), *role)).collect()
}

async fn write(place: &Place, write: StaffWrite) -> bool {
    place.store.write(OPERATOR(), write).await.unwrap()
}

async fn add(place: &Place, who: &str, of: &[(&str, Role)]) -> i64 {
    assert!(write(place, StaffWrite::Add { name: name(who), password: "$argon2id$x".into(), roles: roles(of) }).await);
    user(place, who).await.id
}

async fn user(place: &Place, who: &str) -> StaffUser {
    place.store.user(&name(who)).await.unwrap().unwrap()
}

async fn open_session(place: &Place, user: i64, session: u8, is_whole: bool) {
    assert!(write(place, StaffWrite::Open { user, session: [session; 32], is_whole, is_told: true }).await);
}

async fn is_open(place: &Place, session: u8) -> bool {
    place.store.session([session; 32]).await.unwrap().is_some()
}

/// The acts and subjects of a city's log, oldest first.
async fn log(place: &Place, city: &str) -> Vec<(String, String, String)> {
    let mut lines = place.store.audit(&CityId::new(city), None, 100).await.unwrap();
    lines.reverse();
    let numbers: Vec<i64> = lines.iter().map(|line| line.number).collect();
    assert!(numbers.is_sorted() && numbers.windows(2).all(|pair| pair[1] == pair[0] + 1), "{numbers:?}");
    lines.into_iter().map(|line| (line.act, line.subject, line.reason)).collect()
}

fn said(act: &str, subject: &str, reason: &str) -> (String, String, String) {
    (act.into(), subject.into(), reason.into())
}

/// What is wrong with each city's log.
async fn faults(place: &Place) -> Vec<(String, Vec<String>)> {
    let operator = Operator::open(&url_of(&place.folder), place.clock.clone()).await.unwrap();
    let verified = operator.verify_audit().await.unwrap();
    verified.into_iter().map(|(city, found)| (city.as_str().to_owned(), found.err().unwrap_or_default())).collect()
}

#[tokio::test]
async fn a7_every_change_of_an_account_is_in_the_log_of_its_cities() {
    let place = Place::new().await;
    add(&place, "lea", &[("nantes", Role::Moderator), ("tours", Role::Reader)]).await;
    let again = StaffWrite::Add { name: name("lea"), password: "$other".into(), roles: Vec::new() };
    assert!(!write(&place, again).await, "the name is taken");
    let more = roles(&[("tours", Role::Reader), ("tours", Role::Dpo)]);
    assert!(write(&place, StaffWrite::Grant { name: name("lea"), roles: more }).await);
    assert!(write(&place, StaffWrite::Revoke { name: name("lea"), roles: roles(&[("tours", Role::Reader)]) }).await);
    assert!(write(&place, StaffWrite::Disable { name: name("lea"), disabled: true }).await);
    assert!(!write(&place, StaffWrite::Disable { name: name("eva"), disabled: true }).await);
    assert_eq!(
        log(&place, "nantes").await,
        [said("role_given", "lea", "moderator"), said("account_disabled", "lea", "")]
    );
    assert_eq!(
        log(&place, "tours").await,
        [
            said("role_given", "lea", "reader"),
            said("role_given", "lea", "dpo"),
            said("role_taken", "lea", "reader"),
            said("account_disabled", "lea", "")
        ]
    );
    let place = place.reopened().await;
    let kept = user(&place, "lea").await;
    assert_eq!(kept.roles, roles(&[("nantes", Role::Moderator), ("tours", Role::Dpo)]));
    assert!(kept.disabled && kept.password == "$argon2id$x");
    assert_eq!(faults(&place).await, [("nantes".to_owned(), vec![]), ("tours".to_owned(), vec![])]);
}

#[tokio::test]
async fn a3_what_ends_a_right_to_come_in_ends_the_sessions() {
    let place = Place::new().await;
    let lea = add(&place, "lea", &[("nantes", Role::Reader)]).await;
    let eva = add(&place, "eva", &[("nantes", Role::Reader)]).await;
    open_session(&place, eva, 9, true).await;
    let ends = [
        StaffWrite::Disable { name: name("lea"), disabled: true },
        StaffWrite::Disable { name: name("lea"), disabled: false },
        StaffWrite::Grant { name: name("lea"), roles: roles(&[("nantes", Role::Dpo)]) },
        StaffWrite::Password { name: name("lea"), password: "$".into(), forget_second: false, keep: None },
    ];
    for end in ends {
        open_session(&place, lea, 1, true).await;
        assert!(write(&place, end).await);
        assert!(!is_open(&place, 1).await && is_open(&place, 9).await);
    }
    open_session(&place, lea, 1, true).await;
    open_session(&place, lea, 2, true).await;
    let kept =
        StaffWrite::Password { name: name("lea"), password: "$new".into(), forget_second: false, keep: Some([1; 32]) };
    assert!(write(&place, kept).await);
    assert!(is_open(&place, 1).await && !is_open(&place, 2).await, "who changed it stays");
    assert!(write(&place, StaffWrite::Close { session: [1; 32] }).await);
    assert!(!is_open(&place, 1).await);
    for session in 30..52 {
        place.clock.set(after_s(i64::from(session)));
        open_session(&place, lea, session, true).await;
    }
    assert!(!is_open(&place, 31).await && is_open(&place, 32).await && is_open(&place, 51).await, "twenty at most");
}

#[tokio::test]
async fn a2_a_second_factor_is_set_up_once_and_a_code_is_used_once() {
    let place = Place::new().await;
    let lea = add(&place, "lea", &[("nantes", Role::Dpo)]).await;
    open_session(&place, lea, 1, false).await;
    let set_up =
        |to: u8| StaffWrite::SetUpSecond { user: lea, secret: vec![5; 20], step: 70, from: [1; 32], to: [to; 32] };
    assert!(write(&place, set_up(2)).await);
    let session = place.store.session([2; 32]).await.unwrap().unwrap();
    assert!(session.is_whole && session.user.second == Some(vec![5; 20]) && session.user.second_step == 70);
    assert!(!is_open(&place, 1).await, "a session gets another name when it becomes more");
    open_session(&place, lea, 1, false).await;
    assert!(place.store.write(OPERATOR(), set_up(3)).await.is_err(), "it is set up already");
    let give = |step: i64| StaffWrite::GiveSecond { user: lea, step, from: [1; 32], to: [4; 32] };
    assert!(!write(&place, give(70)).await && !is_open(&place, 4).await, "used");
    assert!(write(&place, give(71)).await && is_open(&place, 4).await);
    let reset = StaffWrite::Password { name: name("lea"), password: "$".into(), forget_second: true, keep: None };
    assert!(write(&place, reset).await);
    assert!(user(&place, "lea").await.second.is_none());
}

#[tokio::test]
async fn a3_one_sees_and_ends_ones_own_sessions_and_nobody_elses() {
    let place = Place::new().await;
    let lea = add(&place, "lea", &[("nantes", Role::Reader)]).await;
    let eva = add(&place, "eva", &[("nantes", Role::Reader)]).await;
    for (at, user, session) in [(1, lea, 1), (2, eva, 2), (3, lea, 3)] {
        place.clock.set(after_s(at));
        open_session(&place, user, session, true).await;
    }
    let own = place.store.sessions_of(lea, [1; 32]).await.unwrap();
    let own: Vec<_> = own.iter().map(|session| (session.opened_at, session.is_whole, session.is_this)).collect();
    assert_eq!(own, [(after_s(3), true, false), (after_s(1), true, true)]);
    let close = |user: i64, at: i64| StaffWrite::CloseOwn { user, opened_at: after_s(at) };
    let before = log(&place, "nantes").await.len();
    assert!(!write(&place, close(lea, 2)).await && is_open(&place, 2).await, "another's");
    assert!(!write(&place, close(lea, 9)).await);
    assert_eq!(log(&place, "nantes").await.len(), before, "nothing was done, nothing is told");
    assert!(write(&place, close(lea, 3)).await);
    assert!(!is_open(&place, 3).await && is_open(&place, 1).await && is_open(&place, 2).await);
    assert_eq!(log(&place, "nantes").await.last(), Some(&said("sessions_ended", "lea", "")));
}

#[tokio::test]
async fn a7_whoever_comes_in_is_in_the_log_of_each_of_their_cities_once_they_are_in() {
    let place = Place::new().await;
    let lea = add(&place, "lea", &[("nantes", Role::Dpo), ("tours", Role::Reader)]).await;
    let acts = async |city: &str| {
        let lines = log(&place, city).await.into_iter();
        lines.filter(|line| line.0 != "role_given").map(|line| line.0).collect::<Vec<_>>()
    };
    open_session(&place, lea, 1, false).await;
    assert!(acts("nantes").await.is_empty(), "half is not in");
    let set_up = StaffWrite::SetUpSecond { user: lea, secret: vec![5; 20], step: 70, from: [1; 32], to: [2; 32] };
    assert!(write(&place, set_up).await);
    open_session(&place, lea, 3, false).await;
    let give = |step: i64| StaffWrite::GiveSecond { user: lea, step, from: [3; 32], to: [4; 32] };
    assert!(!write(&place, give(70)).await && write(&place, give(71)).await);
    open_session(&place, lea, 5, true).await;
    let untold = StaffWrite::Open { user: lea, session: [6; 32], is_whole: true, is_told: false };
    assert!(write(&place, untold).await);
    assert!(write(&place, StaffWrite::CloseOthers { user: lea, keep: [6; 32] }).await);
    assert!(!write(&place, StaffWrite::CloseOthers { user: lea, keep: [6; 32] }).await, "there was no other");
    let told = ["second_factor_set_up", "signed_in", "signed_in", "signed_in", "sessions_ended"];
    for city in ["nantes", "tours"] {
        assert_eq!(acts(city).await, told, "{city}");
    }
    assert_eq!(faults(&place).await, [("nantes".to_owned(), vec![]), ("tours".to_owned(), vec![])]);
}

#[tokio::test]
async fn a7_whoever_changes_takes_out_or_reorders_lines_in_the_database_is_found() {
    for (sql, fault) in [
        (
            "UPDATE audit SET reason = 'publisher' WHERE city = 'nantes' AND number = 1",
            "line 1 is not as it was written",
        ),
        ("UPDATE audit SET at = at + 1 WHERE city = 'nantes' AND number = 3", "line 3 is not as it was written"),
        ("DELETE FROM audit WHERE city = 'nantes' AND number = 2", "line 2 is missing, or others were put before it"),
        ("DELETE FROM audit WHERE city = 'nantes' AND number = 3", "the lines from 3 to 3 were written, and are gone"),
        ("DELETE FROM audit WHERE city = 'nantes'", "the lines from 1 to 3 were written, and are gone"),
        (
            "UPDATE audit SET number = -number WHERE city = 'nantes' AND number = 1",
            "line 1 is missing, or others were put before it",
        ),
    ] {
        let place = Place::new().await;
        for who in ["lea", "eva", "zoe"] {
            add(&place, who, &[("nantes", Role::Reader)]).await;
        }
        assert_eq!(faults(&place).await, [("nantes".to_owned(), vec![])]);
        place.store.execute_for_test(sql).await.unwrap();
        assert_eq!(faults(&place).await, [("nantes".to_owned(), vec![fault.to_owned()])], "{sql}");
    }
}

#[tokio::test]
async fn a7_a_log_that_is_cut_while_nobody_serves_says_so_for_ever() {
    let place = Place::new().await;
    for who in ["lea", "eva", "zoe"] {
        add(&place, who, &[("nantes", Role::Reader)]).await;
    }
    place.store.execute_for_test("DELETE FROM audit WHERE number > 1").await.unwrap();
    let place = place.reopened().await;
    add(&place, "noe", &[("nantes", Role::Reader)]).await;
    assert_eq!(log(&place, "nantes").await[1..], [said("rewound", "2-3", ""), said("role_given", "noe", "reader")]);
    let told = "line 2: the lines 2-3 were lost by then, for an earlier state of the database was put back";
    assert_eq!(faults(&place).await, [("nantes".to_owned(), vec![told.to_owned()])]);
}
