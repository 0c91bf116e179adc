//! The desk, asked as browsers ask, on a store of its own.

mod alerts;
mod inbox;
mod moderation;
mod notices;
mod numbers;
mod register;
mod sign_in;
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
