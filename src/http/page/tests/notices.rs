use std::sync::Arc;

use crate::domain::*;
use crate::http::page::{CityPage, render_city};

use super::samples::{card, city, context, now, page};

fn item(n: u64, lane: Lane, text: &str) -> Card {
    let mut card = card(n, text);
    card.network = Network::Feed;
    card.author.name = Some("Ville de Port-Fictif".into());
    card.author.handle = Some("port-fictif.example".into());
    card.lane = lane;
    card.automated = true;
    card.expires_at = Some(now().plus_seconds(86_400));
    card
}

fn shown(cards: Vec<Card>, announced: &Announced, filter: &Filter, per_day: usize) -> String {
    let times: Vec<Timestamp> = (0..per_day * 28).map(|_| now().plus_seconds(-27 * 86_400)).collect();
    let page = page(cards, vec![]);
    render_city(&CityPage {
        context: &context(),
        city: &city(),
        page: &page,
        announced: Some(announced),
        pins: &[],
        filter,
        before: None,
        times: &times,
        sources: &[],
    })
}

#[actix_web::test]
async fn q3_what_sites_say_by_themselves_is_at_most_a_third_and_the_rest_is_a_line_away() {
    let mixed = |kinds: &str| {
        let cards = kinds.chars().zip((0..1_000).rev()).map(|(kind, n)| match kind {
            'p' => card(n, "bonjour"),
            _ => item(n, Lane::Press, "Un titre"),
        });
        cards.collect::<Vec<_>>()
    };
    for (kinds, standing, line) in [
        ("aaaa", 4, ""),
        ("aaaapp", 1, "3 autres infos automatiques"),
        ("aapp", 1, "Une autre info automatique"),
        ("appappa", 3, ""),
        ("papappaa", 2, "2 autres infos automatiques"),
    ] {
        let html = shown(mixed(kinds), &Announced::default(), &Filter::default(), 5);
        let folded: usize = html
            .split("<details class=\"folded\">")
            .skip(1)
            .filter_map(|rest| rest.split("</details>").next())
            .map(|folded| folded.matches(" data-automated").count())
            .sum();
        let all = html.matches(" data-automated").count();
        assert_eq!((all, all - folded), (kinds.matches('a').count(), standing), "{kinds}");
        assert!(html.contains(line) && html.contains("class=\"folded\"") != line.is_empty(), "{kinds}");
    }
    let press = Filter { lane: Some(Lane::Press), ..Filter::default() };
    let html = shown(mixed("aaapp"), &Announced::default(), &press, 5);
    assert!(!html.contains("class=\"folded\"") && !html.contains("data-folds"), "who asks for the press gets it");
}

#[actix_web::test]
async fn s18_what_is_in_force_stands_above_and_open_on_a_quiet_square() {
    let ends_at = Some(now().plus_seconds(2 * 86_400));
    let works = Card {
        schedule: Schedule { ends_at, ..Schedule::default() },
        ..item(7, Lane::Info, "Pont fermé <b>\nLa suite du texte.")
    };
    let starts_at = Some(now().plus_seconds(86_400));
    let fair = Card { schedule: Schedule { starts_at, ..Schedule::default() }, ..item(8, Lane::Agenda, "Fête") };
    let announced = Announced { notices: vec![Arc::new(works.clone())], events: vec![Arc::new(fair)] };
    let html = shown(vec![works.clone()], &announced, &Filter::default(), 1);
    let notices = html.split("class=\"notices\"").nth(1).and_then(|rest| rest.split("</details>").next()).unwrap();
    assert!(notices.starts_with(" open>"), "{notices}");
    for said in [
        "une info pratique, un rendez-vous",
        "jusqu’au ",
        "port-fictif.example",
        "lane=info#post-",
        "Pont fermé &#60;b&#62;</a>",
    ] {
        assert!(notices.contains(said), "{said}: {notices}");
    }
    assert!(!notices.contains("La suite"), "a line is a title");
    // The title is the card's name, and who says it stands behind.
    let card = html.split("<article").nth(1).unwrap();
    assert!(
        card.contains("Pont fermé &#60;b&#62;</h3>") && card.contains("flux automatique de port-fictif.example"),
        "{card}"
    );
    let busy = shown(vec![works.clone()], &announced, &Filter::default(), 40);
    assert!(busy.contains("class=\"notices\"><summary>"), "one line above a busy square");
    let filter = Filter { tag: Some("pont".into()), ..Filter::default() };
    assert!(!shown(vec![works], &announced, &filter, 1).contains("class=\"notices\""));
}

#[actix_web::test]
async fn the_agenda_is_in_the_order_of_its_days_and_what_has_begun_is_today() {
    let event = |n: u64, days: i64| {
        let starts_at = Some(now().plus_seconds(days * 86_400));
        Arc::new(Card { schedule: Schedule { starts_at, ..Schedule::default() }, ..item(n, Lane::Agenda, "Fête") })
    };
    let announced = Announced { notices: vec![], events: vec![event(3, -4), event(1, 0), event(9, 2)] };
    let agenda = Filter { lane: Some(Lane::Agenda), ..Filter::default() };
    let html = shown(vec![item(9, Lane::Agenda, "Fête")], &announced, &agenda, 1);
    let days: Vec<&str> = html.split("class=\"day\" data-key=\"").skip(1).filter_map(|rest| rest.get(..10)).collect();
    assert_eq!(days.len(), 2, "{days:?}");
    assert!(days.is_sorted());
    assert_eq!(html.matches("<article").count(), 3);
    assert!(html.contains("data-older"), "nothing is put at its top by arrival");
}
