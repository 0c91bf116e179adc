//! Coming in and going out: passwords, second factors, sessions, and who tries too often (A1 to A3).

use super::*;

#[actix_web::test]
async fn a3_a_reader_signs_in_and_out() {
    let place = Place::new().await;
    place.add("lea", &[("nantes", Role::Reader)]).await;
    let app = place.app().await;
    let mut browser = Browser::new(&app);
    let asked = browser.get("/desk/nantes").await;
    assert_eq!((asked.status, &*asked.to), (303, "/desk?to=%2Fdesk%2Fnantes"));
    let got = browser.sign_in("Lea", PASSWORD).await;
    assert_eq!((got.status, &*got.to), (303, "/desk"));
    let cookie = got.cookie.unwrap();
    for part in ["__Host-parvis=", "HttpOnly", "Secure", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(part), "{part} in {cookie}");
    }
    assert_eq!(browser.get("/desk").await.to, "/desk/nantes", "one desk alone is where one is led to");
    let now = browser.get("/desk/nantes").await;
    assert!(now.status == 200 && now.body.contains("Le bureau de NANTES") && now.body.contains(">lea</a>"), "{now:?}");
    assert!(!now.body.contains("/desk/nantes/log"), "what a reader may not open is not offered");
    // Whoever had the browser before does not share what comes (fixation).
    let before = browser.cookie.clone();
    let again = [("name", "lea"), ("password", PASSWORD)];
    assert_eq!(browser.post("/desk/account", "/desk/sign-in", &again).await.status, 303);
    let after = browser.cookie.clone();
    assert_ne!(before, after);
    let mut old = Browser { cookie: before, ..Browser::new(&app) };
    assert_eq!(old.get("/desk/nantes").await.status, 303, "the session that was there has ended");
    let out = browser.post("/desk/account", "/desk/sign-out", &[]).await;
    assert!(out.cookie.unwrap().contains("Max-Age=0"));
    let mut again = Browser { cookie: after, ..Browser::new(&app) };
    assert_eq!(again.get("/desk/nantes").await.status, 303, "the session itself has ended");
}

#[actix_web::test]
async fn a3_a_session_ends_by_rest_and_by_age() {
    let place = Place::new().await;
    place.add("lea", &[("nantes", Role::Reader)]).await;
    let app = place.app().await;
    let mut browser = Browser::new(&app);
    browser.enter("lea", NOON).await;
    place.later(29 * 60);
    assert_eq!(browser.get("/desk/nantes").await.status, 200);
    place.later(29 * 60);
    assert_eq!(browser.get("/desk/nantes").await.status, 200, "used meanwhile");
    place.later(30 * 60);
    let over = browser.get("/desk/nantes").await;
    assert_eq!((over.status, &*over.to), (303, "/desk?to=%2Fdesk%2Fnantes"), "left alone for half an hour");
    let words = "Votre session s’est fermée";
    assert!(browser.get(&over.to).await.body.contains(words), "whoever was signed in is told why they no longer are");
    assert!(!Browser::new(&app).get(&over.to).await.body.contains(words), "and who never was is not");
    browser.enter("lea", NOON).await;
    for _ in 0..35 {
        place.later(20 * 60);
        assert_eq!(browser.get("/desk/nantes").await.status, 200);
    }
    place.later(20 * 60);
    assert_eq!(browser.get("/desk/nantes").await.status, 303, "twelve hours in all");
}

#[actix_web::test]
async fn a1_a_name_that_there_is_and_one_that_there_is_not_are_answered_alike() {
    let place = Place::new().await;
    place.add("lea", &[("nantes", Role::Reader)]).await;
    place.add("fermee", &[("nantes", Role::Reader)]).await;
    let disable = StaffWrite::Disable { name: StaffName::parse("fermee").unwrap(), disabled: true };
    place.store.write(Actor::operator(), disable).await.unwrap();
    let app = place.app().await;
    let mut answers = Vec::new();
    for (name, password) in [("lea", "faux"), ("inconnue", "faux"), ("fermee", PASSWORD), ("<script>", "faux")] {
        let mut browser = Browser::new(&app);
        let got = browser.sign_in(name, password).await;
        assert!(got.cookie.is_none());
        let token = token_of(&got.body);
        let shown = if name == "<script>" { "&#60;script&#62;" } else { name };
        let typed = format!("value=\"{shown}\"");
        assert!(got.body.contains(&typed), "{typed}");
        answers.push((got.status, got.body.replace(&typed, "NAME").replace(&token, "TOKEN")));
    }
    assert!(answers.iter().all(|answer| answer.0 == 401 && *answer == answers[0]), "{answers:#?}");
    assert!(answers[0].1.contains("ne vont pas ensemble") && !answers[0].1.contains(PASSWORD));
}

#[actix_web::test]
async fn a1_after_ten_failures_one_waits_whoever_one_is_and_is_let_in_later() {
    let place = Place::new().await;
    place.add("lea", &[("nantes", Role::Reader)]).await;
    let app = place.app().await;
    for name in ["lea", "inconnue"] {
        let mut statuses = Vec::new();
        for _ in 0..11 {
            statuses.push(Browser::new(&app).sign_in(name, "faux").await.status);
        }
        assert_eq!(statuses[..10], [401; 10]);
        assert_eq!(statuses[10], 429);
        // The address waits too; another minute is another try.
        place.later(3_600);
    }
    for _ in 0..10 {
        Browser::new(&app).sign_in("lea", "faux").await;
    }
    assert_eq!(Browser::new(&app).sign_in("lea", PASSWORD).await.status, 429, "the right one waits as well");
    place.later(3);
    assert_eq!(Browser::new(&app).sign_in("lea", PASSWORD).await.status, 303, "and nobody is locked out");
}

#[actix_web::test]
async fn a2_whoever_may_moderate_needs_a_second_factor() {
    let place = Place::new().await;
    place.add("max", &[("nantes", Role::Moderator)]).await;
    let app = place.app().await;
    let mut browser = Browser::new(&app);
    assert_eq!(browser.sign_in("max", PASSWORD).await.to, "/desk/code?to=%2Fdesk");
    for path in ["/desk", "/desk/nantes", "/desk/account"] {
        assert_eq!(browser.get(path).await.to, "/desk/code", "half a session opens nothing: {path}");
    }
    let page = browser.get("/desk/code").await.body;
    let secret = secret_of(&page);
    assert!(page.contains("<svg") && page.contains("otpauth://totp/Parvis%20parvis.example:max?secret="));
    assert_eq!(secret_of(&browser.get("/desk/code").await.body), secret, "the same each time the page is shown");
    let wrong = browser.post("/desk/code", "/desk/code", &[("code", "000000")]).await;
    assert!(wrong.status == 401 && wrong.body.contains("bon, ou il a déjà servi"), "{wrong:?}");
    let half = browser.cookie.clone();
    let right = code(&secret, NOON);
    let got = browser.post("/desk/code", "/desk/code", &[("code", &right)]).await;
    assert_eq!((got.status, &*got.to), (303, "/desk"));
    assert_ne!(browser.cookie, half, "a session that becomes more has another name");
    assert_eq!(browser.get("/desk/nantes").await.status, 200);
    // The next time it is asked for, and a code that was used is used up.
    let mut next = Browser::new(&app);
    next.sign_in("max", PASSWORD).await;
    let page = next.get("/desk/code").await.body;
    assert!(!page.contains("otpauth:") && !page.contains("<svg"), "what was set up is not shown again");
    assert_eq!(next.post("/desk/code", "/desk/code", &[("code", &right)]).await.status, 401);
    place.later(30);
    let later = code(&secret, NOON.plus_seconds(30));
    assert_eq!(next.post("/desk/code", "/desk/code", &[("code", &later)]).await.status, 303);
    // Half a session is not kept for long.
    let mut slow = Browser::new(&app);
    slow.sign_in("max", PASSWORD).await;
    place.later(601);
    assert_eq!(slow.get("/desk/code").await.to, "/desk");
}

#[actix_web::test]
async fn a3_a_password_is_changed_by_whoever_knows_it_and_other_sessions_end() {
    let place = Place::new().await;
    place.add("lea", &[("nantes", Role::Reader)]).await;
    let app = place.app().await;
    let (mut here, mut there) = (Browser::new(&app), Browser::new(&app));
    here.enter("lea", NOON).await;
    there.enter("lea", NOON).await;
    let change = async |browser: &mut Browser<'_, _>, old: &str, new: &str| {
        browser.post("/desk/account", "/desk/account/password", &[("old", old), ("new", new)]).await
    };
    for (old, new, says) in [
        ("faux", "quatre chats gris", "actuel n’est pas"),
        (PASSWORD, "court", "12 caractères"),
        (PASSWORD, "lea lea lea lea", "Trop facile"),
    ] {
        let got = change(&mut here, old, new).await;
        assert!(got.status == 422 && got.body.contains(says), "{got:?}");
    }
    assert_eq!(change(&mut here, PASSWORD, "quatre chats gris").await.to, "/desk/account?done=password");
    assert!(here.get("/desk/account?done=password").await.body.contains("est changé"));
    assert_eq!(there.get("/desk/nantes").await.status, 303);
    assert_eq!(Browser::new(&app).sign_in("lea", PASSWORD).await.status, 401);
    assert_eq!(there.sign_in("lea", "quatre chats gris").await.status, 303);
    assert_eq!(here.post("/desk/account", "/desk/account/sessions", &[]).await.status, 303);
    assert_eq!(there.get("/desk/nantes").await.status, 303);
    assert_eq!(here.get("/desk/nantes").await.status, 200);
}

#[actix_web::test]
async fn a3_one_sees_ones_own_sessions_and_ends_any() {
    let place = Place::new().await;
    place.add("lea", &[("nantes", Role::Reader)]).await;
    place.add("eva", &[("nantes", Role::Reader)]).await;
    let app = place.app().await;
    let (mut here, mut there, mut others) = (Browser::new(&app), Browser::new(&app), Browser::new(&app));
    here.enter("lea", NOON).await;
    place.later(60);
    there.enter("lea", NOON).await;
    place.later(60);
    others.enter("eva", NOON).await;
    let numbers = |page: &str| -> Vec<String> {
        let after = page.split("action=\"/desk/account/sessions/").skip(1);
        after.map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
    };
    let page = here.get("/desk/account").await.body;
    let own = numbers(&page);
    assert_eq!((own.len(), page.matches("celle-ci").count()), (2, 1), "{page}");
    assert!(page.contains("Fermer la session ouverte"), "{page}");
    let evas = numbers(&others.get("/desk/account").await.body);
    let end = |number: &str| format!("/desk/account/sessions/{number}");
    here.post("/desk/account", &end(&evas[0]), &[]).await;
    assert_eq!(others.get("/desk/nantes").await.status, 200, "another's number does nothing");
    assert_eq!(here.post("/desk/account", &end(&own[0]), &[]).await.to, "/desk/account?done=session");
    assert_eq!(there.get("/desk/nantes").await.status, 303);
    let page = here.get("/desk/account?done=session").await.body;
    assert!(page.contains("La session est fermée") && numbers(&page) == own[1..], "{page}");
    let out = here.post("/desk/account", &end(&own[1]), &[]).await;
    assert!(out.to == "/desk" && out.cookie.unwrap().contains("Max-Age=0"), "one's own is left");
}

/// The statuses of so many tries at once, each by a name from an address.
async fn at_once(place: &Place, count: u8, of: impl Fn(u8) -> (String, u8)) -> Vec<u16> {
    let app = place.app().await;
    let token = token_of(&Browser::new(&app).get("/desk").await.body);
    let tries = (0..count).map(async |number| {
        let (name, address) = of(number);
        let fields = [("name", &*name), ("password", "faux"), ("token", &*token)];
        let request = test::TestRequest::post().uri("/desk/sign-in").set_form(fields);
        Browser::new(&app).send(request.peer_addr(([192, 0, 2, address], 443).into())).await.status
    });
    tokio::time::timeout(Duration::from_secs(60), futures_util::future::join_all(tries)).await.unwrap()
}

#[actix_web::test]
async fn a1_many_who_try_at_once_are_asked_to_come_again_and_hold_nobody_up() {
    let place = Place::new().await;
    let statuses = at_once(&place, 60, |number| (format!("nom{number}"), number)).await;
    let of = |status: u16| statuses.iter().filter(|found| **found == status).count();
    assert_eq!(of(401) + of(503), 60, "{statuses:?}");
    assert!(of(503) >= 25, "{statuses:?}");
    // To be asked to come again is no failure.
    place.add("nom0", &[("nantes", Role::Reader)]).await;
    let app = place.app().await;
    assert_eq!(Browser::new(&app).sign_in("nom0", PASSWORD).await.status, 303);
}

#[actix_web::test]
async fn a1_of_tries_at_once_ten_are_free_of_one_name_and_of_one_address() {
    type Of = fn(u8) -> (String, u8);
    let of: [(&str, Of); 2] = [
        ("one name from everywhere", |number| ("lea".into(), number)),
        ("every name from one address", |number| (format!("nom{number}"), 1)),
    ];
    for (whose, of) in of {
        let place = Place::new().await;
        place.add("lea", &[("nantes", Role::Reader)]).await;
        let statuses = at_once(&place, 30, of).await;
        let of = |status: u16| statuses.iter().filter(|found| **found == status).count();
        assert_eq!((of(401), of(429)), (10, 20), "{whose}: {statuses:?}");
    }
}

/// A1 asks that a name that there is takes as long as one that there is not. How long is noise on a busy machine; the work is
/// not, and what takes the time is the hash: so the blocks that it fills are counted.
#[actix_web::test]
async fn a1_a_name_that_there_is_costs_the_same_hash_as_one_that_there_is_not() {
    let place = Place::new().await;
    place.add("lea", &[("nantes", Role::Reader)]).await;
    place.add("fermee", &[("nantes", Role::Reader)]).await;
    let disable = StaffWrite::Disable { name: StaffName::parse("fermee").unwrap(), disabled: true };
    place.store.write(Actor::operator(), disable).await.unwrap();
    let app = place.app().await;
    let mut done = place.desk.passwords.work();
    let long = "x".repeat(300);
    for (password, blocks) in [("faux", 2 * 19 * 1_024), (&*long, 0)] {
        for name in ["lea", "inconnue", "fermee", "<script>"] {
            assert_eq!(Browser::new(&app).sign_in(name, password).await.status, 401);
            let now = place.desk.passwords.work();
            assert_eq!(now - done, blocks, "{name}");
            done = now;
        }
    }
}

#[actix_web::test]
async fn only_a_demonstration_lets_anybody_in_by_a_click() {
    let mut place = Place::new().await;
    let app = place.app().await;
    let got = Browser::new(&app).post("/desk", "/desk/try", &[("role", "moderator")]).await;
    assert!(got.status == 404 && got.cookie.is_none(), "{got:?}");
    assert!(!Browser::new(&app).get("/desk").await.body.contains("/desk/try"));
    let officers = Officer::all();
    for officer in &officers {
        let account = officer.account([CityId::new("nantes"), CityId::new("rennes")]);
        assert!(place.store.write(Actor::operator(), account).await.unwrap());
    }
    let mut desk = DeskState::new(Arc::new(place.store.clone()), TrustedProxies::default(), random).unwrap();
    desk.officers = officers;
    place.desk = Data::new(desk);
    let app = place.app().await;
    let mut browser = Browser::new(&app);
    let page = browser.get("/desk").await.body;
    assert_eq!(page.matches("action=\"/desk/try\"").count(), Role::ALL.len());
    assert_eq!(
        browser.post("/desk", "/desk/try", &[("role", "moderator"), ("to", "/desk/rennes")]).await.to,
        "/desk/rennes"
    );
    assert_eq!(browser.get("/desk/rennes").await.status, 200);
    assert_eq!(browser.get("/desk/rennes/log").await.status, 403);
    assert_eq!(Browser::new(&app).sign_in("demo-moderator", "none").await.status, 401, "and by no password");
}
