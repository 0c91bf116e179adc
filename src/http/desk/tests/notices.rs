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
        Box::pin(async move { Ok(answer) })
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
