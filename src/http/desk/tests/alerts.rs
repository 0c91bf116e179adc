use std::collections::HashMap;

use futures_util::future::BoxFuture;

use super::numbers::past_of;
use super::*;
use crate::domain::alert::{Alert, Channel, Event, Kind, Look, Receiver, Sent, Webhook};
use crate::domain::desk::{Cell, Counts, Dimension, HourCount, Plain, Recent, Width};

/// A city that has been counted for so many days, three posts in each hour, and seventy on each day.
struct Past(i64);

const DAY_S: i64 = 86_400;

impl Counts for Past {
    fn since<'a>(&'a self, _: &'a CityId) -> BoxFuture<'a, Result<Option<Timestamp>, StoreError>> {
        Box::pin(async { Ok((self.0 >= 0).then(|| NOON.plus_seconds(-self.0 * DAY_S))) })
    }

    fn series<'a>(
        &'a self,
        _: &'a CityId,
        _: Width,
        _: Dimension,
        _: &'a str,
        _: Timestamp,
        _: Timestamp,
    ) -> BoxFuture<'a, Result<Vec<Cell>, StoreError>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn values<'a>(
        &'a self,
        _: &'a CityId,
        width: Width,
        dimension: Dimension,
        start: Timestamp,
    ) -> BoxFuture<'a, Result<Vec<Cell>, StoreError>> {
        let cell = |value: &str, posts| Cell { start, value: value.into(), posts, authors: Some(10) };
        let cells = match (width, dimension) {
            (Width::Week, Dimension::Tag) if self.0 > 20 => vec![cell("nantes", 80), cell("<tram>", 12)],
            (Width::Week, Dimension::Zone) if self.0 > 20 => vec![cell("Île de Nantes", 9)],
            _ => Vec::new(),
        };
        Box::pin(async move { Ok(cells) })
    }

    fn past_values<'a>(
        &'a self,
        city: &'a CityId,
        width: Width,
        dimension: Dimension,
        starts: &'a [Timestamp],
    ) -> BoxFuture<'a, Result<HashMap<String, Vec<u64>>, StoreError>> {
        Box::pin(past_of(self, city, width, dimension, starts))
    }

    fn plain<'a>(
        &'a self,
        _: &'a CityId,
        _: Width,
        _: Timestamp,
        until: Timestamp,
    ) -> BoxFuture<'a, Result<Vec<(Timestamp, Plain)>, StoreError>> {
        let plain = Plain { people: 70, ..Plain::default() };
        let days = (1..=self.0).rev().map(|ago| (until.plus_seconds(-ago * DAY_S), plain)).collect();
        Box::pin(async move { Ok(days) })
    }

    fn open<'a>(&'a self, _: &'a CityId, from: Timestamp, _: Timestamp) -> BoxFuture<'a, Result<Plain, StoreError>> {
        let people = if NOON.seconds_since(from) > 3_600 { 12 } else { 1 };
        Box::pin(async move { Ok(Plain { people, ..Plain::default() }) })
    }

    fn hours<'a>(&'a self, _: &'a CityId, _: Timestamp) -> BoxFuture<'a, Result<Vec<HourCount>, StoreError>> {
        let hours = (1..=self.0 * 24).rev().map(|ago| HourCount { start: NOON.plus_seconds(-ago * 3_600), posts: 3 });
        let hours = hours.collect();
        Box::pin(async move { Ok(hours) })
    }

    fn recent<'a>(&'a self, _: &'a CityId, _: Timestamp) -> BoxFuture<'a, Result<Recent, StoreError>> {
        Box::pin(async { Ok(Recent::default()) })
    }
}

async fn counted(days: i64) -> Place {
    let mut place = Place::new().await;
    place.add("lea", &[("nantes", Role::Reader), ("rennes", Role::Reader)]).await;
    let mut desk = DeskState::new(Arc::new(place.store.clone()), TrustedProxies::default(), random).unwrap();
    desk.counts = Arc::new(Past(days));
    place.desk = Data::new(desk);
    let mut with_recipe = crate::http::tests::city("nantes");
    with_recipe.recipe.hashtags = vec!["Nantes".into()];
    with_recipe.on_duty.webhook = Some(Webhook {
        url: "https://ville.example/alertes".into(),
        secret: crate::domain::SecretPlace::Env("X".into()),
    });
    let cities = vec![Arc::new(with_recipe), Arc::new(crate::http::tests::city("rennes"))];
    place.pages = Data::new(page_state(&place.store, &place.clock, cities));
    place
}

fn look(alert: bool, ends: bool) -> Look {
    let at = NOON.plus_seconds(-1_200);
    let event = Event { kind: Kind::Unusual, since: at, last: at.plus_seconds(600) };
    let alert = alert.then_some(Alert { kind: Kind::Unusual, at, posts: 45, authors: Some(40), usual: 2.5 });
    let mail = |address: &str| Receiver { channel: Channel::Mail, address: address.into() };
    let receivers = vec![mail("a@ville.example"), mail("b@ville.example")];
    Look { city: CityId::new("nantes"), event: (!ends).then_some(event), alert, receivers, due_at: at }
}

#[actix_web::test]
async fn feature_14_the_first_screen_says_whether_anything_is_unusual_and_why_it_can_not_know() {
    for (days, said) in [
        (-1, "La ville n’est pas encore comptée"),
        (0, "il faut 14 jours de comptes pour savoir ce qui est habituel, et ils commencent à peine"),
        (5, "et la ville en a 5."),
        (28, "Rien d’inhabituel. La ville est comptée depuis vendredi 18 décembre."),
    ] {
        let place = counted(days).await;
        let app = place.app().await;
        let mut lea = Browser::new(&app);
        lea.enter("lea", NOON).await;
        let page = lea.get("/desk/nantes").await.body;
        assert!(page.contains(said), "{days} days: {page}");
        assert!(page.contains("12 messages aujourd’hui, à 09:00."), "{page}");
        let usual = "Un message dans la dernière heure. D’habitude, un vendredi vers 9\u{a0}h\u{a0}: 3.";
        assert_eq!(page.contains(usual), days == 28, "{page}");
        assert_eq!(page.contains("D’habitude, un vendredi entier\u{a0}: 70 messages."), days == 28);
        assert_eq!(page.contains("#&#60;tram&#62; (12)"), days == 28, "{page}");
        let file = lea.get("/desk/nantes/days.csv").await.body;
        let lines: Vec<&str> = file.lines().take(3).collect();
        let told =
            ["day,state,posts,authors_at_least,usual_posts", "2027-01-15,open,12,,70", "2027-01-14,closed,70,,70"];
        assert!(days != 28 || lines == told, "{file}");
        assert!(!page.contains("#nantes (80)"), "the tag of the recipe says nothing");
        assert_eq!(page.contains("aucun sujet ne réunit assez de personnes"), days != 28);
        let alerts = lea.get("/desk/nantes/alerts").await.body;
        let none = if days < 0 { "pas encore comptée" } else { "Aucune alerte en quatre-vingt-dix jours" };
        assert!(alerts.contains(none) && alerts.contains("Un programme, par requêtes signées."), "{alerts}");
        let nobody = lea.get("/desk/rennes/alerts").await.body;
        assert!(nobody.contains("ne liste ni adresse de courriel, ni programme"), "{nobody}");
    }
}

#[actix_web::test]
async fn feature_14_an_alert_stands_on_the_first_screen_while_it_goes_on_and_then_in_the_list() {
    let place = counted(28).await;
    place.store.looked(look(true, false)).await.unwrap();
    let app = place.app().await;
    let mut lea = Browser::new(&app);
    lea.enter("lea", NOON).await;
    let page = lea.get("/desk/nantes").await.body;
    for words in [
        "Inhabituel depuis 08:40",
        "45 messages d’habitants en une heure. 40 personnes au moins. D’habitude, un vendredi vers 8\u{a0}h\u{a0}: 3.",
        "Encore au-dessus de l’habitude à 08:50.",
        "href=\"/nantes\"",
        "href=\"/desk/nantes/alerts\"",
    ] {
        assert!(page.contains(words), "{words} in {page}");
    }
    assert!(!page.contains("Rien d’inhabituel") && !page.contains("n’est pas parti"), "{page}");
    assert!(lea.get("/desk/nantes/alerts").await.body.contains("<td>en cours</td>"));
    assert!(lea.get("/desk/rennes").await.body.contains("Rien d’inhabituel"), "another city's");
    // One mail is late, the other is given up.
    let due = place.store.due(NOON).await.unwrap();
    place.store.dispatched(due[0].clone(), Sent::Later(NOON.plus_seconds(300))).await.unwrap();
    let page = lea.get("/desk/nantes").await.body;
    let late = "Le courriel de l’alerte du 15\u{a0}janv., 08:40 n’est pas encore parti\u{a0}; nouvel essai à 09:05.";
    assert!(page.contains(late), "{page}");
    for dispatch in due {
        place.store.dispatched(dispatch, Sent::GivenUp).await.unwrap();
    }
    let gone = "Le courriel de l’alerte du 15\u{a0}janv., 08:40 n’est pas parti. Dites-le à l’administrateur";
    assert!(lea.get("/desk/nantes").await.body.contains(gone));
    assert!(!lea.get("/desk/rennes").await.body.contains("Le courriel"));
    place.store.looked(look(false, true)).await.unwrap();
    assert!(lea.get("/desk/nantes").await.body.contains("Rien d’inhabituel"));
    let list = lea.get("/desk/nantes/alerts?hl=en").await.body;
    let words =
        "<th scope=\"row\">08:40</th><td>08:50</td><td>Far more people than usual</td><td>45</td><td>3</td><td>40</td>";
    assert!(list.contains(words), "{list}");
    assert!(!list.contains("ville.example"), "whoever looks is told how many are told, not who");
}
