use super::*;
use crate::domain::Journal;
use crate::store::tests::placement;

pub fn post(place: &Place, name: &str, text: &str, tier: Option<Tier>) -> Change {
    let native_id = NativeId::new(format!("at://did:plc:ana/app.bsky.feed.post/{name}"));
    let author = AuthorProfile {
        handle: Some("ana.example".into()),
        name: Some("Ana <b>".into()),
        checked_at: Some(NOON),
        ..AuthorProfile::assumed(AuthorId::new("did:plc:ana"), Network::Bluesky)
    };
    let post = Post {
        id: PostId::derive(&place.store.id_key(), Network::Bluesky, &native_id),
        network: Network::Bluesky,
        native_id,
        author: author.id.clone(),
        url: Some(format!("https://example.org/{name}")),
        text: text.into(),
        facets: Vec::new(),
        languages: vec!["fr".into()],
        created_at: NOON,
        edited_at: None,
        date_corrected: false,
        revision: "1".into(),
        tags: Vec::new(),
        media: Vec::new(),
        reply: None,
        point: None,
        place_name: None,
        schedule: Schedule::default(),
        labels: Vec::new(),
        automated: false,
        copy_of: None,
        addressed: Vec::new(),
        unlisted: false,
    };
    let reasons = vec![Reason { rule: Rule::Ambiguous, value: "fcn".into() }];
    let placement = Placement { reasons, ..placement(CityId::new("nantes"), tier) };
    Change::Upsert {
        post: Box::new(post),
        author: Box::new(author),
        placements: vec![placement],
        mentions: Vec::new(),
        received_at: NOON,
    }
}

fn id(place: &Place, name: &str) -> PostId {
    let native_id = NativeId::new(format!("at://did:plc:ana/app.bsky.feed.post/{name}"));
    PostId::derive(&place.store.id_key(), Network::Bluesky, &native_id)
}

/// A shown post, and one that waits.
async fn moderated() -> Place {
    let place = Place::new().await;
    let changes = vec![
        post(&place, "a", "Le tram <script>taken()</script>", Some(Tier::Public)),
        post(&place, "b", "Le FCN a gagné", None),
    ];
    place.store.commit(Arc::new(Batch { changes, ..Batch::default() })).await.unwrap();
    place.add("mod.a", &[("nantes", Role::Moderator)]).await;
    place.add("mod.b", &[("nantes", Role::Moderator)]).await;
    place.add("elsewhere", &[("rennes", Role::Moderator)]).await;
    place
}

async fn texts(place: &Place) -> Vec<String> {
    let page = place.store.page(&CityId::new("nantes"), &Filter::default(), None, None, 10, false).await.unwrap();
    page.cards.iter().map(|card| card.text.clone()).collect()
}

#[actix_web::test]
async fn a_moderator_sees_what_waits_and_decides_with_a_motive_and_an_end() {
    let place = moderated().await;
    let app = place.app().await;
    let mut browser = Browser::new(&app);
    browser.enter("mod.a", NOON).await;
    let queue = browser.get("/desk/nantes/moderation").await;
    assert!(queue.body.contains("Le FCN a gagné") && queue.body.contains("fcn</span>"), "{}", queue.body);
    let b = id(&place, "b").token();
    let fields = [("measure", "admit"), ("list", "queue")];
    let path = format!("/desk/nantes/moderation/{b}");
    let done = browser.post("/desk/nantes/moderation", &path, &fields).await;
    assert_eq!((done.status, done.to.as_str()), (303, "/desk/nantes/moderation?list=queue&done=admit"));
    assert!(texts(&place).await.contains(&"Le FCN a gagné".to_owned()));

    let latest = browser.get("/desk/nantes/moderation?list=latest").await;
    assert!(
        latest.body.contains("Le tram &#60;script&#62;") && !latest.body.contains("<script>taken"),
        "{}",
        latest.body
    );
    let a = id(&place, "a").token();
    let page = format!("/desk/nantes/moderation/{a}");
    let shown = browser.get(&page).await;
    assert!(shown.body.contains("name=\"measure\" value=\"hide\"") && !shown.body.contains("value=\"admit\""));
    // A motive that does not go with it, an end that is none, a measure that is none.
    for (fields, status) in [
        (vec![("measure", "hide"), ("motive", "useful")], 409),
        (vec![("measure", "hide"), ("motive", "reports")], 409),
        (vec![("measure", "hide"), ("motive", "nothing")], 409),
        (vec![("measure", "hide"), ("motive", "abuse"), ("days", "-1")], 409),
        (vec![("measure", "hide"), ("motive", "abuse"), ("days", "400")], 409),
        (vec![("measure", "pin"), ("days", "")], 409),
        (vec![("measure", "erase"), ("motive", "abuse")], 404),
        (vec![("act", "reject"), ("complaint", "x")], 404),
        (vec![("act", "reject"), ("complaint", "7")], 409),
    ] {
        let refused = browser.post(&page, &page, &fields).await;
        assert_eq!(refused.status, status, "{fields:?}: {}", refused.body);
    }
    assert_eq!(texts(&place).await.len(), 2);
    let fields = [("measure", "hide"), ("motive", "abuse"), ("days", "7"), ("list", "latest")];
    let done = browser.post(&page, &page, &fields).await;
    assert_eq!((done.status, done.to.as_str()), (303, "/desk/nantes/moderation?list=latest&done=hide"));
    assert_eq!(texts(&place).await, ["Le FCN a gagné"]);
    let told = browser.get(&done.to).await;
    assert!(told.body.contains("C’est retiré, sur tous les écrans."));
    let again = browser.post("/desk/nantes/moderation", &page, &fields).await;
    assert_eq!(again.status, 409);
    assert!(again.body.contains("C’est déjà fait"));
    let decisions = browser.get("/desk/nantes/moderation?list=decisions").await;
    assert!(decisions.body.contains("Retrait\u{a0}: injure"), "{}", decisions.body);
    let file = browser.get("/desk/nantes/decisions.csv").await.body;
    let lines: Vec<&str> = file.lines().collect();
    assert_eq!(lines[0], "number,at,who,measure,motive,until,ended_at,ended");
    assert!(
        lines.len() == 3 && lines[1].starts_with("2,2027-01-15T08:00:00.000Z,mod.a,hide,abuse,2027-01-22"),
        "{file}"
    );
    assert!(!file.contains("tram") && !file.contains(&a), "neither text nor post");
    let lifted =
        browser.post("/desk/nantes/moderation?list=decisions", "/desk/nantes/decisions/2", &[("act", "lift")]).await;
    assert_eq!(lifted.status, 303);
    assert_eq!(texts(&place).await.len(), 2);
}

#[actix_web::test]
async fn a_word_is_blocked_and_what_is_no_word_is_said() {
    let place = moderated().await;
    let app = place.app().await;
    let mut browser = Browser::new(&app);
    browser.enter("mod.a", NOON).await;
    let page = "/desk/nantes/moderation?list=decisions";
    for word in ["", "a", "un deux trois quatre cinq six sept"] {
        let refused = browser.post(page, "/desk/nantes/words", &[("word", word), ("motive", "abuse")]).await;
        assert_eq!(refused.status, 422, "{word}");
    }
    let block = [("word", "Tram"), ("motive", "abuse"), ("days", "7")];
    let done = browser.post(page, "/desk/nantes/words", &block).await;
    assert_eq!(done.status, 303);
    assert!(texts(&place).await.is_empty());
    let told = browser.get(page).await.body;
    assert!(told.contains("<span class=\"code\">tram</span>") && told.contains("jusqu’au"), "{told}");
}

#[actix_web::test]
async fn l50_an_appeal_is_decided_by_another_moderator() {
    let place = moderated().await;
    let app = place.app().await;
    let (nantes, a) = (CityId::new("nantes"), id(&place, "a"));
    let mut first = Browser::new(&app);
    first.enter("mod.a", NOON).await;
    let page = format!("/desk/nantes/moderation/{}", a.token());
    first.post(&page, &page, &[("measure", "hide"), ("motive", "misleading")]).await;
    let appeal = NewComplaint::appeal(a, 1, Motive::Misleading, "C’est <b>vrai</b>.", "ana@exemple.fr").unwrap();
    let key = FollowKey([5; 32]);
    place.store.complain(&nantes, appeal, key, "192.0.2.1", true).await.unwrap();
    let list = "/desk/nantes/moderation";
    let own = first.get(list).await.body;
    assert!(own.contains("Vous avez pris cette décision") && !own.contains("value=\"grant\""), "{own}");
    assert!(own.contains("C’est &#60;b&#62;vrai"));
    let grant = [("act", "grant"), ("complaint", "1"), ("answer", "Vous avez raison.")];
    let refused = first.post(list, "/desk/nantes/decisions/1", &grant).await;
    assert_eq!(refused.status, 409);
    let mut second = Browser::new(&app);
    second.enter("mod.b", NOON).await;
    let done = second.post(list, "/desk/nantes/decisions/1", &grant).await;
    assert_eq!(done.status, 303);
    let ComplaintState::Closed(closed) = place.store.followed(&nantes, key).await.unwrap().unwrap().state else {
        panic!("it is answered")
    };
    assert_eq!((closed.upheld, closed.answer.as_str()), (true, "Vous avez raison."));
    assert!(texts(&place).await.len() == 1);
}

#[actix_web::test]
async fn a5_a_moderator_of_another_city_moderates_nothing_here() {
    let place = moderated().await;
    let app = place.app().await;
    let a = id(&place, "a").token();
    let mut browser = Browser::new(&app);
    browser.enter("elsewhere", NOON).await;
    let own = browser.get(&format!("/desk/rennes/moderation/{a}")).await;
    assert_eq!(own.status, 404, "it is not in their city");
    let hide = [("measure", "hide"), ("motive", "abuse")];
    let done = browser.post("/desk/rennes/moderation", &format!("/desk/rennes/moderation/{a}"), &hide).await;
    assert_eq!(done.status, 409);
    let done = browser.post("/desk/rennes/moderation", &format!("/desk/nantes/moderation/{a}"), &hide).await;
    assert_eq!(done.status, 403);
    assert_eq!(texts(&place).await.len(), 1);
}

#[actix_web::test]
async fn a_post_is_found_by_its_address() {
    let place = moderated().await;
    let app = place.app().await;
    let mut browser = Browser::new(&app);
    browser.enter("mod.a", NOON).await;
    let a = id(&place, "a").token();
    let to = format!("/desk/nantes/moderation/{a}");
    for address in
        ["https%3A%2F%2Fexample.org%2Fa", &format!("https%3A%2F%2Fparvis.example%2Fnantes%2Fwhy%2F{a}%3Fhl%3Dfr")]
    {
        let found = browser.get(&format!("/desk/nantes/moderation?url={address}")).await;
        assert_eq!((found.status, found.to.as_str()), (303, to.as_str()), "{address}");
    }
    assert_eq!(browser.get("/desk/nantes/moderation?url=nothing").await.status, 404);
}
