//! The desk, asked as browsers ask, on a store of its own.

mod alerts;
mod inbox;
mod moderation;
mod notices;
mod numbers;
mod register;
mod speed;

use std::sync::Arc;
use std::time::Duration;

use actix_http::Request;
use actix_web::body::MessageBody;
use actix_web::dev::{Service, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{App, Error, test};
use serde_json::Value;
use tempfile::TempDir;

use super::{DeskState, Officer, ROUTES, configure};
use crate::clock::ManualClock;
use crate::desk::{code_at as code, hash};
use crate::domain::*;
use crate::http::page::{Cities, PageSettings, PageState};
use crate::http::{TrustedProxies, openapi_json};
use crate::store::{Store, StoreOptions, open};

const ORIGIN: &str = "https://parvis.example";
const PASSWORD: &str = "trois vaches bleues";
const NOON: Timestamp = Timestamp::from_micros(1_800_000_000_000_000);

struct Two(Vec<Arc<City>>);

impl Cities for Two {
    fn city(&self, id: &CityId) -> Option<Arc<City>> {
        self.0.iter().find(|city| city.id == *id).cloned()
    }

    fn all(&self) -> Vec<Arc<City>> {
        self.0.clone()
    }
}

struct Place {
    store: Store,
    clock: Arc<ManualClock>,
    desk: Data<DeskState>,
    pages: Data<PageState>,
    _folder: TempDir,
}

impl Place {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new(NOON));
        let options = StoreOptions { entropy: Some([7; 32]), ..StoreOptions::new(clock.clone()) };
        let store = open(&format!("sqlite://{}", folder.path().join("a.db").display()), options, None).await.unwrap();
        let desk = DeskState::new(Arc::new(store.clone()), TrustedProxies::default(), random).unwrap();
        let cities = ["nantes", "rennes"].map(|slug| Arc::new(crate::http::tests::city(slug)));
        let pages = Data::new(page_state(&store, &clock, cities.to_vec()));
        Self { store, clock, desk: Data::new(desk), pages, _folder: folder }
    }

    async fn add(&self, name: &str, roles: &[(&str, Role)]) {
        let roles = roles.iter().map(|(city, role)| (CityId::new(city), *role)).collect();
        let password = hash(PASSWORD, [3; 16]).unwrap();
        let write = StaffWrite::Add { name: StaffName::parse(name).unwrap(), password, roles };
        assert!(self.store.write(Actor::operator(), write).await.unwrap());
    }

    fn later(&self, seconds: i64) {
        self.clock.set(crate::clock::Clock::now(&*self.clock).plus_seconds(seconds));
    }

    async fn app(
        &self,
    ) -> impl Service<Request, Response = ServiceResponse<impl MessageBody + use<>>, Error = Error> + use<> {
        test::init_service(App::new().app_data(self.desk.clone()).app_data(self.pages.clone()).configure(configure))
            .await
    }
}

/// What a browser got.
#[derive(Debug)]
struct Got {
    status: u16,
    to: String,
    body: String,
    cookie: Option<String>,
}

/// A browser, with the cookie that it was given.
struct Browser<'a, S> {
    app: &'a S,
    cookie: String,
    headers: Vec<(&'static str, String)>,
}

impl<'a, S, B> Browser<'a, S>
where
    S: Service<Request, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    fn new(app: &'a S) -> Self {
        Self { app, cookie: String::new(), headers: vec![("sec-fetch-site", "same-origin".into())] }
    }

    async fn send(&mut self, request: test::TestRequest) -> Got {
        let request =
            self.headers.iter().fold(request, |request, (name, value)| request.insert_header((*name, value.clone())));
        let request = request.insert_header(("cookie", self.cookie.clone()));
        let response = test::call_service(self.app, request.to_request()).await;
        let header = |name: &str| {
            response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
        };
        assert_eq!(header("cache-control"), "no-store");
        let (status, to, set) = (response.status().as_u16(), header("location"), header("set-cookie"));
        let cookie = (!set.is_empty()).then_some(set);
        if let Some(set) = &cookie {
            self.cookie = set.split(';').next().unwrap().to_owned();
        }
        let body = String::from_utf8(test::read_body(response).await.to_vec()).unwrap();
        Got { status, to, body, cookie }
    }

    async fn get(&mut self, path: &str) -> Got {
        self.send(test::TestRequest::get().uri(path)).await
    }

    /// Sends a form with the token of the page that it stands on.
    async fn post(&mut self, page: &str, path: &str, fields: &[(&str, &str)]) -> Got {
        let token = token_of(&self.get(page).await.body);
        let mut fields = fields.to_vec();
        fields.push(("token", &token));
        self.post_raw(path, &fields).await
    }

    async fn post_raw(&mut self, path: &str, fields: &[(&str, &str)]) -> Got {
        self.send(test::TestRequest::post().uri(path).set_form(fields)).await
    }

    async fn sign_in(&mut self, name: &str, password: &str) -> Got {
        self.post("/desk", "/desk/sign-in", &[("name", name), ("password", password)]).await
    }

    /// Signs in to the end, setting the second factor up where one is asked for.
    async fn enter(&mut self, name: &str, now: Timestamp) {
        let got = self.sign_in(name, PASSWORD).await;
        assert_eq!(got.status, 303, "{got:?}");
        if got.to.starts_with("/desk/code") {
            let secret = secret_of(&self.get("/desk/code").await.body);
            let got = self.post("/desk/code", "/desk/code", &[("code", &code(&secret, now))]).await;
            assert_eq!(got.status, 303, "{got:?}");
        }
    }
}

fn page_state(store: &Store, clock: &Arc<ManualClock>, cities: Vec<Arc<City>>) -> PageState {
    PageState {
        log: Arc::new(store.clone()),
        cities: Arc::new(Two(cities)),
        moderation: Arc::new(store.clone()),
        mentions: Arc::new(store.clone()),
        sources: Arc::new(Vec::new),
        register: Arc::new(store.clone()),
        clock: clock.clone(),
        trusted_proxies: TrustedProxies::default(),
        entropy: random,
        settings: Arc::new(PageSettings { public_url: ORIGIN.into(), ..PageSettings::default() }),
    }
}

fn token_of(body: &str) -> String {
    let rest = body.split("name=\"token\" value=\"").last().unwrap();
    rest.split('"').next().unwrap().to_owned()
}

fn secret_of(body: &str) -> Vec<u8> {
    let typed = body.split("class=\"code secret\">").nth(1).unwrap().split('<').next().unwrap().replace(' ', "");
    data_encoding::BASE32_NOPAD.decode(typed.as_bytes()).unwrap()
}

fn random() -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).ok().map(|()| bytes)
}

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

/// Every address of the desk, as the description of the interface has them: path, method, what it needs.
fn described() -> Vec<(String, String, String)> {
    let document: Value = serde_json::from_str(&openapi_json()).unwrap();
    let paths = document["paths"].as_object().unwrap();
    let of_desk = paths.iter().filter(|(path, _)| path.starts_with("/desk"));
    let routes = of_desk.flat_map(|(path, methods)| {
        let methods = methods.as_object().unwrap().iter();
        methods.map(|(method, route)| (path.clone(), method.clone(), route["x-needs"].as_str().unwrap().to_owned()))
    });
    let routes: Vec<_> = routes.collect();
    assert_eq!(routes.len(), ROUTES.len());
    routes
}

#[actix_web::test]
async fn a4_every_form_is_refused_without_its_token_and_from_another_site() {
    let place = Place::new().await;
    place.add("lea", &[("nantes", Role::Reader)]).await;
    place.add("eva", &[("nantes", Role::Reader)]).await;
    let app = place.app().await;
    let (mut lea, mut eva) = (Browser::new(&app), Browser::new(&app));
    lea.enter("lea", NOON).await;
    eva.enter("eva", NOON).await;
    let own = token_of(&lea.get("/desk/account").await.body);
    let others = token_of(&eva.get("/desk/account").await.body);
    let nobodys = token_of(&Browser::new(&app).get("/desk").await.body);
    let mut asked = 0;
    for (path, _, _) in described().into_iter().filter(|(_, method, _)| method == "post") {
        let path = path.replace("{city}", "nantes").replace("{post}", "aaaaaaaaaaaaa").replace("{number}", "1");
        for token in ["", "x", &others, &nobodys] {
            let got = lea.post_raw(&path, &[("token", token)]).await;
            assert_eq!(got.status, 403, "{path} {token}");
        }
        assert_eq!(lea.post_raw(&path, &[]).await.status, 403, "{path}");
        for headers in [
            vec![("sec-fetch-site", "cross-site".to_owned())],
            vec![("sec-fetch-site", "same-site".to_owned())],
            vec![("origin", "https://x.example".to_owned())],
            vec![("origin", "null".to_owned())],
        ] {
            let mut foreign = Browser { headers, cookie: lea.cookie.clone(), app: &app };
            assert_eq!(foreign.post_raw(&path, &[("token", &own)]).await.status, 403, "{path}");
        }
        asked += 1;
    }
    assert!(asked >= 5, "{asked} forms");
    assert_eq!(lea.get("/desk/nantes").await.status, 200, "nothing of it was done");
    let mut by_origin = Browser { headers: vec![("origin", ORIGIN.into())], cookie: lea.cookie.clone(), app: &app };
    assert_eq!(by_origin.post_raw("/desk/sign-out", &[("token", &own)]).await.status, 303, "and its own is taken");
}

#[actix_web::test]
async fn a5_every_route_opens_to_the_roles_that_have_its_right_in_that_city_and_to_nobody_else() {
    let place = Place::new().await;
    let app = place.app().await;
    for role in Role::ALL {
        let name = format!("of-{}", role.as_str());
        place.add(&name, &[("nantes", role)]).await;
        let mut browser = Browser::new(&app);
        browser.enter(&name, NOON).await;
        let token = token_of(&browser.get("/desk/account").await.body);
        for (path, method, needs) in described() {
            if !path.contains("{city}") {
                continue;
            }
            let right = Right::ALL.into_iter().find(|right| right.as_str() == needs).expect("a right in a city");
            for (city, is_own) in [("nantes", true), ("rennes", false), ("nulle-part", false)] {
                let path = path.replace("{city}", city).replace("{post}", "aaaaaaaaaaaaa").replace("{number}", "1");
                let got = match &*method {
                    "post" => browser.post_raw(&path, &[("token", &token)]).await,
                    _ => browser.get(&path).await,
                };
                let may = is_own && role.rights().contains(&right);
                // A file of numbers that there are not yet is not there.
                let expected = match city {
                    "nulle-part" => 404,
                    _ if may => 200,
                    _ => 403,
                };
                // Nothing of that name to act on is an answer of whoever was let through.
                let is_taken = may && matches!(got.status, 200 | 303 | 404 | 409 | 422);
                assert!(got.status == expected || is_taken, "{role:?} {method} {path}: {}", got.status);
            }
        }
    }
    let mut nobody = Browser::new(&app);
    for (path, method, needs) in described().into_iter().filter(|(_, method, _)| method == "get") {
        let got = nobody.get(&path.replace("{city}", "nantes")).await;
        assert_eq!(got.status == 200, needs == "nobody", "{method} {path}");
    }
    assert_eq!(nobody.get("/desk/nantes/nulle-part").await.status, StatusCode::NOT_FOUND.as_u16());
}

#[actix_web::test]
async fn a7_the_officer_for_data_protection_reads_what_was_done() {
    let place = Place::new().await;
    place.add("dpo", &[("nantes", Role::Dpo)]).await;
    place.add("max", &[("nantes", Role::Moderator), ("rennes", Role::Moderator)]).await;
    let app = place.app().await;
    let mut browser = Browser::new(&app);
    browser.enter("dpo", NOON).await;
    let log = browser.get("/desk/nantes/log").await.body;
    for words in [
        "Rôle donné",
        "Protection des données",
        "Modération",
        "Second facteur réglé",
        "Session ouverte",
        "administrateur du serveur",
        "max",
    ] {
        assert!(log.contains(words), "{words} in {log}");
    }
    assert_eq!(log.matches("<tr><td>").count(), 4, "of this city alone");
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

#[actix_web::test]
async fn an_administrator_makes_accounts_gives_roles_and_takes_them_in_their_own_city_alone() {
    let place = Place::new().await;
    place.add("adm", &[("nantes", Role::Administrator)]).await;
    place.add("ailleurs", &[("rennes", Role::Reader)]).await;
    let app = place.app().await;
    let mut adm = Browser::new(&app);
    adm.enter("adm", NOON).await;
    let people = "/desk/nantes/people";
    let made = adm.post(people, people, &[("name", "Lea"), ("role", "contributor")]).await;
    assert_eq!(made.status, 200, "{made:?}");
    let password = made.body.split("class=\"code secret\">").nth(1).unwrap().split('<').next().unwrap().to_owned();
    let mut lea = Browser::new(&app);
    assert_eq!(lea.sign_in("lea", &password).await.to, "/desk", "the password that was shown opens");
    for (name, role, says) in
        [("ailleurs", "reader", "autre bureau"), ("Léa", "reader", "2 à 64"), ("max", "king", "Choisissez un rôle")]
    {
        let got = adm.post(people, people, &[("name", name), ("role", role)]).await;
        assert!(got.status == 422 && got.body.contains(says), "{name}: {got:?}");
    }
    assert_eq!(
        adm.post(people, people, &[("name", "lea"), ("role", "moderator")]).await.to,
        "/desk/nantes/people?done=given"
    );
    assert_eq!(lea.get("/desk/nantes").await.status, 303, "whoever gains a role signs in anew");
    assert_eq!(lea.sign_in("lea", &password).await.to, "/desk/code?to=%2Fdesk", "and needs more than a password now");
    let take = "/desk/nantes/people/take";
    let own = adm.post(people, take, &[("name", "adm"), ("role", "administrator")]).await;
    assert!(own.status == 422 && own.body.contains("vous-même") || own.body.contains("vous retirer"), "{own:?}");
    assert_eq!(adm.post(people, take, &[("name", "lea"), ("role", "moderator")]).await.status, 303);
    let mut elsewhere = Browser::new(&app);
    elsewhere.enter("ailleurs", NOON).await;
    let unknown = adm.post(people, take, &[("name", "nulle"), ("role", "reader")]).await;
    let others = adm.post(people, take, &[("name", "ailleurs"), ("role", "reader")]).await;
    assert_eq!((unknown.status, others.status), (422, 422), "who is at another city's desk is nobody here");
    assert_eq!(elsewhere.get("/desk/rennes").await.status, 200, "and stays signed in");
    let page = adm.get(people).await.body;
    assert!(page.contains(">lea</td>") && !page.contains("Modération</") && !page.contains("ailleurs"), "{page}");
    let lines = place.store.audit(&CityId::new("nantes"), None, 20).await.unwrap();
    let by_adm: Vec<(&str, &str)> =
        lines.iter().rev().filter(|line| line.actor == "adm").map(|line| (&*line.act, &*line.subject)).collect();
    assert_eq!(
        by_adm,
        [
            ("second_factor_set_up", "adm"),
            ("signed_in", "adm"),
            ("role_given", "lea"),
            ("role_given", "lea"),
            ("role_taken", "lea")
        ]
    );
}
