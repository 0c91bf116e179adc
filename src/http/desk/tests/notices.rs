use std::sync::Mutex;

use futures_util::future::BoxFuture;

use super::*;

/// Notes what goes to the page.
#[derive(Default)]
struct Page(Mutex<Vec<String>>);

impl Publisher for Page {
    fn publish<'a>(
        &'a self,
        city: &'a City,
        notice: &'a Notice,
    ) -> BoxFuture<'a, Result<Result<PostId, RefuseReason>, StoreError>> {
        let is_excluded = notice.text.what.contains("exclu");
        self.0.lock().unwrap().push(format!("{} + {}", city.id.as_str(), notice.text.text()));
        let answer = if is_excluded { Err(RefuseReason::Excluded) } else { Ok(PostId::from_u64(5)) };
        Box::pin(async move {
            // As long as others need to come in between.
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            Ok(answer)
        })
    }

    fn withdraw<'a>(&'a self, city: &'a City, notice: &'a Notice) -> BoxFuture<'a, Result<(), StoreError>> {
        self.0.lock().unwrap().push(format!("{} - {}", city.id.as_str(), notice.text.text()));
        Box::pin(async { Ok(()) })
    }
}

async fn place(approve_notices: bool) -> (Place, Arc<Page>) {
    let mut place = Place::new().await;
    let mut desk = DeskState::new(Arc::new(place.store.clone()), TrustedProxies::default(), random).unwrap();
    let page = Arc::new(Page::default());
    desk.publisher = Some(page.clone());
    place.desk = Data::new(desk);
    let city = City { approve_notices, timezone: "Europe/Paris".into(), ..crate::http::tests::city("nantes") };
    place.pages = Data::new(page_state(&place.store, &place.clock, vec![Arc::new(city)]));
    for (name, role) in [("con", Role::Contributor), ("pub", Role::Publisher), ("pub.b", Role::Publisher)] {
        place.add(name, &[("nantes", role)]).await;
    }
    (place, page)
}

const HERE: &str = "/desk/nantes/notices";

#[actix_web::test]
async fn a_contributor_writes_a_publisher_publishes_and_takes_back() {
    let (place, page) = place(false).await;
    let app = place.app().await;
    let mut writer = Browser::new(&app);
    writer.enter("con", NOON).await;
    // NOON is 2027-01-15 08:00 UTC, nine in Paris.
    let fields = [
        ("what", " Pont <b>fermé</b> "),
        ("place", "quai de la Fosse"),
        ("starts", "2027-01-15T18:00"),
        ("ends", "2027-01-16T06:30"),
    ];
    for (field, value, says) in [
        ("what", "  ", "Dites au moins quoi"),
        ("ends", "2027-01-15T09:00", "La fin doit venir après"),
        ("ends", "demain", "ne se lisent pas"),
        ("starts", "2027-06-01T09:00", "La fin doit venir après"),
    ] {
        let wrong = fields.map(|(name, good)| (name, if name == field { value } else { good }));
        let refused = writer.post(HERE, HERE, &wrong).await;
        assert_eq!(refused.status, 422, "{field}={value}");
        assert!(refused.body.contains(says), "{field}={value}: {}", refused.body);
        assert!(refused.body.contains("quai de la Fosse"), "what was typed is kept");
    }
    assert_eq!(writer.post(HERE, HERE, &fields).await.to, "/desk/nantes/notices?done=written");
    let seen = writer.get(HERE).await.body;
    assert!(seen.contains("Pont &#60;b&#62;fermé") && !seen.contains("value=\"publish\""), "{seen}");
    assert_eq!(writer.post(HERE, "/desk/nantes/notices/1", &[("act", "publish")]).await.status, 403);
    let mut publisher = Browser::new(&app);
    publisher.enter("pub", NOON).await;
    assert_eq!(
        publisher.post(HERE, "/desk/nantes/notices/1", &[("act", "publish")]).await.to,
        format!("{HERE}?done=published")
    );
    let again = publisher.post(HERE, "/desk/nantes/notices/1", &[("act", "publish")]).await;
    assert_eq!(again.status, 422);
    assert_eq!(publisher.post(HERE, "/desk/nantes/notices/9", &[("act", "publish")]).await.status, 422);
    assert_eq!(publisher.post(HERE, "/desk/nantes/notices/1", &[("act", "discard")]).await.status, 422);
    publisher.post(HERE, "/desk/nantes/notices/1", &[("act", "withdraw")]).await;
    let said = page.0.lock().unwrap().clone();
    assert_eq!(said, ["nantes + Pont <b>fermé</b>\nquai de la Fosse", "nantes - Pont <b>fermé</b>\nquai de la Fosse"]);
    let notice = place.store.notice(&CityId::new("nantes"), 1).await.unwrap().unwrap();
    assert_eq!(notice.text.starts_at, Timestamp::parse_rfc3339("2027-01-15T17:00:00Z"));
    let acts: Vec<String> = place
        .store
        .audit(&CityId::new("nantes"), None, 100)
        .await
        .unwrap()
        .into_iter()
        .filter(|line| line.act.starts_with("notice"))
        .map(|line| format!("{} {}", line.actor, line.act))
        .collect();
    assert_eq!(acts, ["pub notice_withdrawn", "pub notice_published", "con notice_written"]);
    assert!(place.store.notice(&CityId::new("rennes"), 1).await.unwrap().is_none(), "of its own city");
}

#[actix_web::test]
async fn where_a_city_wants_it_another_publishes_than_who_wrote() {
    let (place, page) = place(true).await;
    let app = place.app().await;
    let mut first = Browser::new(&app);
    first.enter("pub", NOON).await;
    first.post(HERE, HERE, &[("what", "Pont fermé")]).await;
    assert!(first.get(HERE).await.body.contains("une autre personne relise"));
    assert_eq!(first.post(HERE, "/desk/nantes/notices/1", &[("act", "publish")]).await.status, 422);
    assert!(page.0.lock().unwrap().is_empty());
    let mut second = Browser::new(&app);
    second.enter("pub.b", NOON).await;
    assert_eq!(second.post(HERE, "/desk/nantes/notices/1", &[("act", "publish")]).await.status, 303);
    assert_eq!(page.0.lock().unwrap().len(), 1);
}

#[actix_web::test]
async fn what_the_recipe_refuses_is_said_and_stays_a_draft() {
    let (place, _page) = place(false).await;
    let app = place.app().await;
    let mut publisher = Browser::new(&app);
    publisher.enter("pub", NOON).await;
    publisher.post(HERE, HERE, &[("what", "Un mot exclu")]).await;
    let refused = publisher.post(HERE, "/desk/nantes/notices/1", &[("act", "publish")]).await;
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("refuse elle-même"), "{}", refused.body);
    let notice = place.store.notice(&CityId::new("nantes"), 1).await.unwrap().unwrap();
    assert_eq!(notice.state, NoticeState::Draft);
}

#[actix_web::test]
async fn what_is_on_its_way_to_the_square_is_not_thrown_away_meanwhile() {
    let (place, page) = place(false).await;
    let app = place.app().await;
    let (mut one, mut other) = (Browser::new(&app), Browser::new(&app));
    one.enter("pub", NOON).await;
    other.enter("pub.b", NOON).await;
    one.post(HERE, HERE, &[("what", "Pont fermé")]).await;
    let (published, discarded) = tokio::join!(
        one.post(HERE, "/desk/nantes/notices/1", &[("act", "publish")]),
        other.post(HERE, "/desk/nantes/notices/1", &[("act", "discard")]),
    );
    let is_there = place.store.notice(&CityId::new("nantes"), 1).await.unwrap().is_some();
    assert_eq!(is_there, page.0.lock().unwrap().len() == 1, "{published:?} {discarded:?}");
    assert_eq!([published.status, discarded.status].iter().filter(|status| **status == 303).count(), 1);
}

#[actix_web::test]
async fn s18_a_notice_that_is_over_says_so_and_offers_nothing() {
    let (place, _page) = place(false).await;
    let app = place.app().await;
    let mut publisher = Browser::new(&app);
    publisher.enter("pub", NOON).await;
    for fields in [vec![("what", "Pont fermé")], vec![("what", "Pont fermé"), ("ends", "2027-01-15T09:20")]] {
        publisher.post(HERE, HERE, &fields).await;
    }
    for number in 1..=2 {
        publisher.post(HERE, &format!("{HERE}/{number}"), &[("act", "publish")]).await;
    }
    let offered = |page: &str| page.matches("value=\"withdraw\"").count();
    let seen = publisher.get(HERE).await.body;
    assert_eq!((seen.matches("Publiée (pub)").count(), offered(&seen)), (2, 2), "{seen}");
    place.later(20 * 60);
    let seen = publisher.get(HERE).await.body;
    assert_eq!((seen.matches("Publiée (pub)").count(), offered(&seen)), (1, 1), "{seen}");
    assert!(seen.contains("Terminée (pub)"), "{seen}");
}
