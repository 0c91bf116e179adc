use std::sync::Mutex;

use futures_util::future::BoxFuture;

use super::*;

/// An inbox with one item of words and one pointer, which notes what is done with them.
#[derive(Default)]
struct Inbox {
    acts: Mutex<Vec<(String, String, String)>>,
    answer: Mutex<Option<DeskAnswer>>,
}

fn item(number: u64, words: Option<&str>) -> MentionItem {
    let asked_at = NOON.plus_seconds(-3_600);
    let form = if words.is_some() { MentionForm::Words } else { MentionForm::Pointer };
    MentionItem {
        post: PostId::from_u64(number),
        number,
        network: Network::Bluesky,
        native_id: NativeId::new("at://did:plc:ana/app.bsky.feed.post/1"),
        url: Some("https://bsky.app/profile/did:plc:ana/post/1".into()),
        mention: Mention::new(form, asked_at, asked_at, None),
        words: words.map(|text| MentionWords {
            handle: Some("ana.example".into()),
            name: Some("Ana <b>".into()),
            text: text.into(),
            facets: Vec::new(),
            lang: Some("fr".into()),
            media: Vec::new(),
            edited_at: None,
        }),
        on_page: words.is_some(),
        earlier_exchanges: 2,
    }
}

impl MentionDesk for Inbox {
    fn mentions<'a>(&'a self, city: &'a CityId, query: MentionQuery) -> BoxFuture<'a, Result<MentionPage, StoreError>> {
        let is_shown = query.status.is_none_or(|status| status == MentionStatus::New);
        let of_nantes = city.as_str() == "nantes" && is_shown;
        let items = vec![item(2, Some("Un lampadaire <script>taken()</script> éteint @ville")), item(1, None)];
        Box::pin(async move { Ok(MentionPage { items: if of_nantes { items } else { Vec::new() }, next: None }) })
    }

    fn mention<'a>(&'a self, _: &'a CityId, _: PostId) -> BoxFuture<'a, Result<Option<MentionItem>, StoreError>> {
        Box::pin(async { Ok(None) })
    }

    fn act<'a>(
        &'a self,
        city: &'a CityId,
        post: PostId,
        act: DeskAct,
        by: StaffName,
    ) -> BoxFuture<'a, Result<DeskAnswer, StoreError>> {
        let act = match &act {
            DeskAct::Assign(name) => format!("assign {}", name.as_str()),
            other => other.as_str().to_owned(),
        };
        self.acts.lock().unwrap().push((format!("{} {}", city.as_str(), post.token()), act, by.as_str().to_owned()));
        let answer = self.answer.lock().unwrap().clone();
        Box::pin(async move { Ok(answer.unwrap_or_else(|| DeskAnswer::Done(item(2, None).mention))) })
    }

    fn asked<'a>(&'a self, _: &'a CityId, since: Timestamp) -> BoxFuture<'a, Result<Vec<Asked>, StoreError>> {
        let answering = Answering::InPublic(NOON);
        Box::pin(async move { Ok(vec![Asked { at: since.plus_seconds(60), answering }; 6]) })
    }
}

#[actix_web::test]
async fn s51_the_inbox_shows_words_points_to_others_and_says_who_did_what() {
    let mut place = Place::new().await;
    place.add("lea", &[("nantes", Role::Contributor)]).await;
    place.add("max", &[("nantes", Role::Reader)]).await;
    place.add("zoe", &[("nantes", Role::Publisher)]).await;
    place.add("ana", &[("rennes", Role::Publisher)]).await;
    let inbox = Arc::new(Inbox::default());
    let mut desk = DeskState::new(Arc::new(place.store.clone()), TrustedProxies::default(), random).unwrap();
    desk.mentions = inbox.clone();
    place.desk = Data::new(desk);
    let app = place.app().await;
    let mut lea = Browser::new(&app);
    lea.enter("lea", NOON).await;
    let now = lea.get("/desk/nantes").await.body;
    assert!(now.contains("Personne n’attend de réponse") && now.contains("30 jours\u{a0}: 6 sur 6."), "{now}");
    for words in ["Ana &#60;b&#62;", "Un lampadaire &#60;script&#62;", "ne montre pas ce message à tout le monde"] {
        assert!(now.contains(words), "what is new is read without a click: {words} in {now}");
    }
    let page = lea.get("/desk/nantes/inbox").await.body;
    for words in [
        "Un lampadaire &#60;script&#62;",
        "Ana &#60;b&#62;",
        "ne montre pas ce message à tout le monde",
        "2 échanges antérieurs",
        "href=\"https://bsky.app/profile/did:plc:ana/post/1\"",
        "Lire et répondre sur Bluesky",
        "Aussi sur la place",
    ] {
        assert!(page.contains(words), "{words} in {page}");
    }
    assert!(!page.contains("<script>taken"));
    // From eight to nine on a Friday morning, before the office opens; no word, no name, no address.
    assert!(page.contains("href=\"/desk/nantes/inbox.csv\""), "{page}");
    let csv = lea.get("/desk/nantes/inbox.csv").await.body;
    let row = "bluesky,2027-01-15T07:00:00.000Z,new,2027-01-15T07:00:00.000Z";
    assert_eq!(
        csv.lines().collect::<Vec<_>>(),
        ["number,network,asked_at,state,since,office_minutes", &format!("2,{row},0"), &format!("1,{row},0")]
    );
    let post = format!("/desk/nantes/inbox/{}", PostId::from_u64(2).token());
    let done = lea.post("/desk/nantes/inbox", &post, &[("act", "assign"), ("status", "new")]).await;
    assert_eq!((done.status, &*done.to), (303, "/desk/nantes/inbox?status=new"));
    let at = format!("nantes {}", PostId::from_u64(2).token());
    assert_eq!(*inbox.acts.lock().unwrap(), [(at, "assign lea".to_owned(), "lea".to_owned())]);
    for (to, said) in [("zoe", Some("assign zoe")), ("max", None), ("ana", None), ("nulle", None)] {
        inbox.acts.lock().unwrap().clear();
        let given = lea.post("/desk/nantes/inbox", &post, &[("act", "assign_to"), ("to", to), ("status", "new")]).await;
        assert_eq!(given.status, if said.is_some() { 303 } else { 409 }, "{to}: {given:?}");
        assert_eq!(inbox.acts.lock().unwrap().first().map(|(_, act, _)| &**act), said);
    }
    *inbox.answer.lock().unwrap() = Some(DeskAnswer::NotAllowed(MentionStatus::Answered));
    let late = lea.post("/desk/nantes/inbox", &post, &[("act", "no_answer_needed"), ("status", "new")]).await;
    assert!(late.status == 409 && late.body.contains("déjà traité"), "{late:?}");
    let odd = lea.post("/desk/nantes/inbox", &post, &[("act", "erase")]).await;
    assert_eq!(odd.status, 404);
    assert!(lea.get("/desk/nantes/inbox?status=answered").await.body.contains("aucun dans cet état"));
    let mut max = Browser::new(&app);
    max.enter("max", NOON).await;
    assert_eq!(max.get("/desk/nantes/inbox").await.status, 403);
    let now = max.get("/desk/nantes").await.body;
    assert!(!now.contains("attend de réponse") && !now.contains("Un lampadaire"), "nor its numbers");
}
