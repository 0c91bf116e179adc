//! The public register of the desk.

use super::*;
use crate::domain::desk::Dimension;
use crate::store::{Operator, Retention};

const DAY_S: i64 = 86_400;

fn wanted(value: &str, days: i64) -> WatchAct {
    let purpose = "Suivre les travaux".to_owned();
    WatchAct::Save(Wanted { dimension: Dimension::Tag, value: value.into(), purpose, days })
}

async fn act(place: &Place, city: &CityId, act: WatchAct) -> WatchAnswer {
    let by = StaffName::parse("lea").unwrap();
    place.store.watch(city, by, Role::Publisher, act).await.unwrap()
}

/// Act, subject and reason of each line of a city's log, oldest first.
async fn log(place: &Place, city: &CityId) -> Vec<(String, String, String)> {
    let mut lines = place.store.audit(city, None, 1_000).await.unwrap();
    lines.reverse();
    assert!(lines.iter().all(|line| line.actor == "lea"));
    lines.into_iter().map(|line| (line.act, line.subject, line.reason)).collect()
}

fn look(city: CityId, day_s: i64, page: &str, role: Role, times: u64) -> Looked {
    Looked { city, day: after_s(day_s), page: page.into(), role, times }
}

#[tokio::test]
async fn l45_what_is_done_with_a_search_is_in_the_register_and_in_the_log_or_in_neither() {
    let place = Place::new().await;
    assert_eq!(act(&place, &nantes(), wanted("tram", 30)).await, WatchAnswer::Done(1));
    assert_eq!(act(&place, &nantes(), wanted("velo", 90)).await, WatchAnswer::Done(2));
    assert_eq!(act(&place, &tours(), wanted("tram", 1)).await, WatchAnswer::Done(1), "numbers are of their city");
    assert_eq!(act(&place, &nantes(), wanted("tram", 5)).await, WatchAnswer::Twice(1));
    place.clock.set(after_s(DAY_S));
    assert_eq!(act(&place, &nantes(), WatchAct::Renew { number: 1, days: 90 }).await, WatchAnswer::Done(1));
    assert_eq!(act(&place, &nantes(), WatchAct::End { number: 2 }).await, WatchAnswer::Done(2));
    for number in [2, 3] {
        assert_eq!(act(&place, &nantes(), WatchAct::End { number }).await, WatchAnswer::NotFound);
        assert_eq!(act(&place, &nantes(), WatchAct::Renew { number, days: 1 }).await, WatchAnswer::NotFound);
    }
    let place = place.reopened().await;
    let said: Vec<_> = place.store.watches(&nantes()).await.unwrap();
    let of = |watch: &Watch| (watch.number, watch.value.clone(), watch.since, watch.until);
    assert_eq!(
        said.iter().map(of).collect::<Vec<_>>(),
        [(2, "velo".into(), NOON, after_s(DAY_S)), (1, "tram".into(), NOON, after_s(91 * DAY_S))]
    );
    assert!(said[1].is_open(after_s(91 * DAY_S - 1)) && !said[1].is_open(after_s(91 * DAY_S)));
    let line = |act: &str, subject: &str, reason: &str| (act.to_owned(), subject.to_owned(), reason.to_owned());
    assert_eq!(
        log(&place, &nantes()).await,
        [
            line("watch_saved", "1", "tag tram: Suivre les travaux"),
            line("watch_saved", "2", "tag velo: Suivre les travaux"),
            line("watch_renewed", "1", &after_s(91 * DAY_S).to_rfc3339()),
            line("watch_ended", "2", ""),
        ]
    );
    let head = place.store.log_head(&nantes()).await.unwrap();
    assert_eq!(head.number, 4);
    assert_eq!(place.store.log_head(&CityId::new("bourg")).await.unwrap(), AuditHead::BEGINNING);
    let operator = Operator::open(&url_of(&place.folder), place.clock.clone()).await.unwrap();
    assert!(operator.verify_audit().await.unwrap().contains(&(nantes(), Ok(head))));
    // Nothing can be written: neither of both is.
    place
        .store
        .execute_for_test("CREATE TRIGGER no BEFORE INSERT ON audit BEGIN SELECT raise(ABORT, 'no'); END")
        .await
        .unwrap();
    let refused =
        place.store.watch(&nantes(), StaffName::parse("lea").unwrap(), Role::Publisher, wanted("bus", 3)).await;
    assert!(refused.is_err());
    assert_eq!(place.store.watches(&nantes()).await.unwrap().len(), 2);
}

#[tokio::test]
async fn feature_19_fifty_searches_are_open_at_once_and_what_has_ended_is_kept_for_400_days() {
    let place = Place::new().await;
    for number in 0..WATCHES_MAX {
        assert!(matches!(act(&place, &nantes(), wanted(&format!("t{number}"), 1)).await, WatchAnswer::Done(_)));
    }
    assert_eq!(act(&place, &nantes(), wanted("more", 1)).await, WatchAnswer::TooMany);
    assert!(matches!(act(&place, &tours(), wanted("more", 1)).await, WatchAnswer::Done(1)), "another city's");
    place.clock.set(after_s(DAY_S));
    assert_eq!(act(&place, &nantes(), wanted("more", 90)).await, WatchAnswer::Done(51), "those have ended");
    for number in 0..WATCHES_KEPT {
        place.clock.set(after_s(DAY_S + number as i64));
        let WatchAnswer::Done(number) = act(&place, &nantes(), wanted("again", 1)).await else { panic!() };
        act(&place, &nantes(), WatchAct::End { number }).await;
    }
    let kept = place.store.watches(&nantes()).await.unwrap();
    assert_eq!(kept.len(), WATCHES_KEPT);
    assert!(kept.iter().any(|watch| watch.value == "more"), "an open one does not go for ended ones");
    let retention = Retention::from_days(30);
    let over = after_s(DAY_S + WATCHES_KEPT as i64 + REGISTER_DAYS * DAY_S);
    place.store.retain(over, retention).await.unwrap();
    let values: Vec<String> =
        place.store.watches(&nantes()).await.unwrap().into_iter().map(|watch| watch.value).collect();
    assert_eq!(values, ["more"], "it ended 89 days later");
}

#[tokio::test]
async fn l45_looks_add_up_by_day_page_and_role_and_go_after_400_days() {
    let place = Place::new().await;
    let looks = vec![
        look(nantes(), 0, "numbers", Role::Reader, 2),
        look(nantes(), DAY_S, "numbers", Role::Reader, 1),
        look(nantes(), DAY_S, "numbers", Role::Publisher, 1),
        look(nantes(), DAY_S, &Looked::at_watch(7), Role::Publisher, 4),
        look(tours(), DAY_S, "numbers", Role::Reader, 9),
    ];
    Register::looked(&place.store, looks).await.unwrap();
    Register::looked(&place.store, vec![look(nantes(), DAY_S, "numbers", Role::Reader, 5)]).await.unwrap();
    let place = place.reopened().await;
    let all = place.store.looks(&nantes(), after_s(0), after_s(2 * DAY_S)).await.unwrap();
    assert_eq!(
        all,
        [
            look(nantes(), DAY_S, "numbers", Role::Publisher, 1),
            look(nantes(), DAY_S, "numbers", Role::Reader, 6),
            look(nantes(), 0, "numbers", Role::Reader, 2),
        ]
    );
    assert_eq!(place.store.looks(&nantes(), after_s(0), after_s(DAY_S)).await.unwrap().len(), 1);
    let runs = place.store.runs(&nantes()).await.unwrap();
    assert_eq!(runs, [look(nantes(), DAY_S, "watch:7", Role::Publisher, 4)]);
    assert_eq!(runs[0].watch(), Some(7));
    place.store.retain(after_s(REGISTER_DAYS * DAY_S + 1), Retention::from_days(30)).await.unwrap();
    assert_eq!(place.store.looks(&nantes(), after_s(0), after_s(2 * DAY_S)).await.unwrap().len(), 2);
}

#[tokio::test]
async fn feature_19_the_register_counts_accounts_that_can_sign_in_and_names_none() {
    let place = Place::new().await;
    for (name, role) in [("lea", Role::Reader), ("eva", Role::Reader), ("max", Role::Dpo), ("gone", Role::Dpo)] {
        let name = StaffName::parse(name).unwrap();
        let add =
            StaffWrite::Add { name, password: "$".into(), roles: vec![(nantes(), role), (tours(), Role::Reader)] };
        assert!(place.store.write(Actor::operator(), add).await.unwrap());
    }
    let disable = StaffWrite::Disable { name: StaffName::parse("gone").unwrap(), disabled: true };
    place.store.write(Actor::operator(), disable).await.unwrap();
    assert_eq!(place.store.offices(&nantes()).await.unwrap(), [(Role::Reader, 2), (Role::Dpo, 1)]);
    assert_eq!(place.store.offices(&tours()).await.unwrap(), [(Role::Reader, 3)]);
}
