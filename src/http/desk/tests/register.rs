//! Saved searches, their public register, and how often the desk is looked at.

use super::numbers::Numbers;
use super::*;
use crate::http::page;

impl Place {
    /// The desk and the pages of citizens, as a server has them.
    async fn whole(
        &self,
    ) -> impl Service<Request, Response = ServiceResponse<impl MessageBody + use<>>, Error = Error> + use<> {
        let app = App::new().app_data(self.desk.clone()).app_data(self.pages.clone());
        test::init_service(app.configure(configure).configure(page::configure)).await
    }
}

/// A page as any citizen reads it.
async fn citizen<S, B>(app: &S, path: &str) -> (u16, String)
where
    S: Service<Request, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    let response = test::call_service(app, test::TestRequest::get().uri(path).to_request()).await;
    let status = response.status().as_u16();
    (status, String::from_utf8(test::read_body(response).await.to_vec()).unwrap())
}

const WATCH: &str = "/desk/nantes/watch";
const SERIES: &str = "/desk/nantes/watch/series?watch=1";
const WHY: &str = "Savoir si les travaux <gênent>";

fn fields<'a>(dimension: &'a str, value: &'a str, purpose: &'a str, days: &'a str) -> [(&'static str, &'a str); 5] {
    [("act", "save"), ("dimension", dimension), ("value", value), ("purpose", purpose), ("days", days)]
}

async fn place_with_numbers() -> Place {
    let mut place = Place::new().await;
    for (name, role) in [("lea", Role::Reader), ("pub", Role::Publisher)] {
        place.add(name, &[("nantes", role)]).await;
    }
    let mut desk = DeskState::new(Arc::new(place.store.clone()), TrustedProxies::default(), random).unwrap();
    desk.counts = Arc::new(Numbers);
    place.desk = Data::new(desk);
    place
}

#[actix_web::test]
async fn feature_19_a_search_is_public_at_once_with_its_purpose_its_role_and_its_runs_and_without_a_name() {
    let place = place_with_numbers().await;
    let app = place.whole().await;
    let (mut lea, mut publisher) = (Browser::new(&app), Browser::new(&app));
    lea.enter("lea", NOON).await;
    publisher.enter("pub", NOON).await;
    let (status, before) = citizen(&app, "/nantes/register").await;
    assert_eq!(status, 200);
    for words in ["Aucune recherche n’est en cours.", "n’a pas été ouvert ces jours-là", "<td>1</td>", "Lecture"]
    {
        assert!(before.contains(words), "{words} in {before}");
    }
    assert_eq!(
        publisher.post(WATCH, WATCH, &fields("tag", "#Tram", WHY, "30")).await.to,
        format!("{WATCH}?done=saved")
    );
    let (_, register) = citizen(&app, "/nantes/register").await;
    for words in [
        "Mot-clé #tram",
        "Savoir si les travaux &#60;gênent&#62;",
        "Enregistrée avec le rôle Publication",
        "Du vendredi 15 janvier au dimanche 14 février.",
        "Jamais consultée.",
        "Dernière ligne\u{a0}: n° ",
    ] {
        assert!(register.contains(words), "{words} in {register}");
    }
    for _ in 0..2 {
        assert_eq!(lea.get(SERIES).await.status, 200);
    }
    assert_eq!(lea.get(&SERIES.replace("series?", "series.csv?")).await.status, 200, "a file is a run too");
    assert_eq!(lea.get("/desk/nantes/people").await.status, 403);
    place.desk.write_looks().await;
    let (_, register) = citizen(&app, "/nantes/register").await;
    for words in [
        "3 consultations vendredi 15 janvier",
        "<td>Ce que montre une recherche</td><td>Lecture</td><td>2</td>",
        "<td>Ce que montre une recherche, fichier CSV</td><td>Lecture</td><td>1</td>",
    ] {
        assert!(register.contains(words), "{words} in {register}");
    }
    assert!(!register.contains(">Comptes</td>"), "what was refused is no look");
    for name in [">lea<", " lea ", ">pub<", " pub "] {
        assert!(!register.contains(name), "{name} in {register}");
    }
    assert!(!citizen(&app, "/rennes/register").await.1.contains("#tram"), "another city's");
    assert_eq!(citizen(&app, "/nulle-part/register").await.0, 404);
    let earlier = citizen(&app, "/nantes/register?before=2027-01-01").await.1;
    assert!(earlier.contains("Du vendredi 18 décembre au jeudi 31 décembre"), "{earlier}");
    assert!(earlier.contains("n’a pas été ouvert ces jours-là"));
}

#[actix_web::test]
async fn feature_19_without_an_open_search_nothing_shows_one_value_over_time() {
    let place = place_with_numbers().await;
    let app = place.app().await;
    let (mut lea, mut publisher) = (Browser::new(&app), Browser::new(&app));
    lea.enter("lea", NOON).await;
    publisher.enter("pub", NOON).await;
    for path in [SERIES, "/desk/nantes/watch/series", "/desk/nantes/watch/series.csv?dimension=tag&value=tram"] {
        assert_eq!(lea.get(path).await.status, 404, "{path}");
    }
    // Nor does the page of numbers take a value.
    let whole = lea.get("/desk/nantes/numbers.csv?width=day&at=2027-01-13").await.body;
    let asked = lea.get("/desk/nantes/numbers.csv?width=day&at=2027-01-13&dimension=tag&value=tram").await.body;
    assert_eq!(whole, asked);
    publisher.post(WATCH, WATCH, &fields("tag", "tram", WHY, "1")).await;
    let page = lea.get(SERIES).await.body;
    for words in [
        "Mot-clé #tram",
        "data-value=\"12\"",
        "data-label=\"4\u{a0}janv.\"",
        "pas dit\u{a0}: personne, ou trop peu de personnes",
        "dit ce nombre au moins",
    ] {
        assert!(page.contains(words), "{words} in {page}");
    }
    // Told on every other day of five weeks: of 35 days the middle one is told.
    let by_day = lea.get("/desk/nantes/watch/series?watch=1&width=day").await.body;
    assert!(by_day.contains("D’ordinaire 12 messages") && !by_day.contains("dit ce nombre au moins"), "{by_day}");
    let csv = lea.get("/desk/nantes/watch/series.csv?watch=1&width=day").await.body;
    assert_eq!(csv.lines().next(), Some("period,dimension,value,posts,authors_at_least"));
    assert!(csv.contains("2027-01-12,tag,tram,12,10") && csv.contains("2027-01-13,tag,tram,,"), "{csv}");
    let json: Value =
        serde_json::from_str(&lea.get("/desk/nantes/watch/series.json?watch=1&width=day").await.body).unwrap();
    assert_eq!(json["rows"].as_array().unwrap().len() + 1, csv.lines().count());
    place.desk.write_looks().await;
    let ran = |runs: Vec<Looked>| runs.into_iter().map(|run| run.times).sum::<u64>();
    assert_eq!(ran(place.store.runs(&CityId::new("nantes")).await.unwrap()), 4);
    place.later(86_400);
    lea.enter("lea", NOON).await;
    let over = lea.get(SERIES).await;
    assert!(
        over.status == 200 && over.body.contains("ne montre plus rien") && !over.body.contains("data-value"),
        "{over:?}"
    );
    assert_eq!(lea.get("/desk/nantes/watch/series.csv?watch=1").await.status, 404);
    place.desk.write_looks().await;
    assert_eq!(ran(place.store.runs(&CityId::new("nantes")).await.unwrap()), 4, "and that is no run");
}

#[actix_web::test]
async fn l42_l44_what_may_not_be_watched_is_refused_with_the_reason() {
    let mut place = place_with_numbers().await;
    let mut city = crate::http::tests::city("nantes");
    city.recipe.assembly = vec!["Manif44".into()];
    place.pages = Data::new(page_state(&place.store, &place.clock, vec![Arc::new(city)]));
    let app = place.app().await;
    let (mut lea, mut publisher) = (Browser::new(&app), Browser::new(&app));
    lea.enter("lea", NOON).await;
    publisher.enter("pub", NOON).await;
    for (dimension, value, purpose, days, says) in [
        ("tag", "#manif44", WHY, "3", "surveiller ceux qui s’y rendent"),
        ("tag", "dd1302", WHY, "3", "surveiller ceux qui s’y rendent"),
        ("author", "lea", WHY, "3", "pas de recherche par auteur"),
        ("link", "https://bsky.app/profile/lea", WHY, "3", "Aucun message de la ville"),
        ("tag", "tram", "court", "3", "en 10 à 200 caractères"),
        ("tag", "tram", WHY, "91", "de 1 à 90 jours"),
    ] {
        let got = publisher.post(WATCH, WATCH, &fields(dimension, value, purpose, days)).await;
        assert!(got.status == 422 && got.body.contains(says), "{value}: {got:?}");
        assert!(got.body.contains(&format!("value=\"{value}\"")), "what was typed stays: {got:?}");
    }
    let page = lea.get(WATCH).await;
    assert!(page.status == 200 && !page.body.contains("<select"), "a reader saves none");
    let own = token_of(&page.body);
    let mut sent = fields("tag", "tram", WHY, "3").to_vec();
    sent.push(("token", &own));
    assert_eq!(lea.post_raw(WATCH, &sent).await.status, 403);
    assert!(place.store.watches(&CityId::new("nantes")).await.unwrap().is_empty());
    // Renewed, ended, and gone.
    publisher.post(WATCH, WATCH, &fields("zone", "Centre-ville", WHY, "3")).await;
    assert!(publisher.post(WATCH, WATCH, &fields("zone", "Centre-ville", WHY, "3")).await.body.contains("n° 1"));
    let renew = |act| [("act", act), ("watch", "1"), ("days", "90")];
    assert_eq!(publisher.post(WATCH, WATCH, &renew("renew")).await.to, format!("{WATCH}?done=renewed"));
    assert_eq!(publisher.post(WATCH, WATCH, &renew("end")).await.to, format!("{WATCH}?done=ended"));
    assert_eq!(publisher.post(WATCH, WATCH, &renew("renew")).await.status, 422);
    assert_eq!(publisher.post(WATCH, WATCH, &renew("steal")).await.status, 404);
}

#[actix_web::test]
async fn every_page_of_the_desk_has_a_name_in_the_register() {
    for language in page::Language::ALL {
        let w = page::Words::new(language);
        for route in ROUTES.iter().filter(|route| route.path.contains("{city}") && !route.sends) {
            let key = format!("look-{}", route.page_name().replace(['.', '/'], "-"));
            assert_ne!(w.t(&key), key, "{}", route.path);
        }
    }
}

#[actix_web::test]
async fn the_log_and_the_answers_are_files_too() {
    let place = Place::new().await;
    place.add("dpo", &[("nantes", Role::Dpo)]).await;
    let app = place.app().await;
    let mut browser = Browser::new(&app);
    browser.enter("dpo", NOON).await;
    let csv = browser.get("/desk/nantes/log.csv").await.body;
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(lines[0], "number,at,who,act,subject,reason");
    assert!(
        lines[3].starts_with("1,2027-01-15T08:00:00") && lines[3].ends_with("operator,role_given,dpo,dpo"),
        "{csv}"
    );
    let json: Value = serde_json::from_str(&browser.get("/desk/nantes/log.json").await.body).unwrap();
    assert_eq!(json["rows"].as_array().unwrap().len() + 1, lines.len());
    assert_eq!(json["rows"][2]["act"], "role_given");
    assert_eq!(browser.get("/desk/nantes/log.csv?before=2").await.body.lines().count(), 2);
    let answers = browser.get("/desk/nantes/answers").await.body;
    assert!(answers.contains("Sur les 30 derniers jours.") && answers.contains("<td>0</td>"), "{answers}");
    let csv = browser.get("/desk/nantes/answers.csv").await.body;
    assert_eq!(csv, "days,asked,answered,usual_delay_office_minutes\r\n30,0,0,\r\n");
    let json: Value = serde_json::from_str(&browser.get("/desk/nantes/answers.json").await.body).unwrap();
    assert_eq!(json["rows"][0]["usual_delay_office_minutes"], Value::Null);
}

#[actix_web::test]
async fn the_accounts_are_a_file_with_a_row_for_each_role_here() {
    let place = Place::new().await;
    place.add("ada", &[("nantes", Role::Administrator), ("rennes", Role::Reader)]).await;
    place.add("lea", &[("nantes", Role::Reader), ("nantes", Role::Moderator)]).await;
    place.add("max", &[("rennes", Role::Reader)]).await;
    let app = place.app().await;
    let mut ada = Browser::new(&app);
    ada.enter("ada", NOON).await;
    let csv = ada.get("/desk/nantes/people.csv").await.body;
    let mut lines: Vec<&str> = csv.lines().collect();
    assert_eq!(lines.remove(0), "name,role,state");
    lines.sort_unstable();
    assert_eq!(lines, ["ada,administrator,second", "lea,moderator,second-missing", "lea,reader,second-missing"]);
    let page = ada.get("/desk/nantes/people").await.body;
    assert!(page.contains("href=\"/desk/nantes/people.json\"") && page.contains("mot de passe"), "{page}");
}

#[actix_web::test]
async fn the_desk_says_how_each_source_does_and_what_is_to_be_done() {
    let mut place = Place::new().await;
    place.add("lea", &[("nantes", Role::Reader)]).await;
    let source = |network: Network, state, detail: &str| SourceHealth {
        source: SourceId::new(network.as_str()),
        network,
        cities: None,
        polled: false,
        state,
        since: NOON.plus_seconds(-600),
        last_event_at: Some(NOON.plus_seconds(-700)),
        gaps: vec![Gap { from: NOON.plus_seconds(-9_000), until: NOON.plus_seconds(-7_000) }],
        detail: detail.into(),
    };
    let sources = vec![
        source(Network::Bluesky, SourceState::Live, ""),
        source(Network::Mastodon, SourceState::Refused, "the server answers 401"),
    ];
    let pages = Data::into_inner(place.pages.clone());
    let state = page_state(&place.store, &place.clock, pages.cities.all());
    place.pages = Data::new(PageState { sources: Arc::new(move || sources.clone()), ..state });
    let app = place.app().await;
    let mut lea = Browser::new(&app);
    lea.enter("lea", NOON).await;
    let page = lea.get("/desk/nantes/sources").await.body;
    for words in [
        "Une source demande votre attention",
        "le jeton d’accès n’est plus accepté",
        "Lacunes récentes",
        "the server answers 401",
    ] {
        assert!(page.contains(words), "{words} in {page}");
    }
    let (refused, live) = (page.find("Mastodon\u{a0}: ").unwrap(), page.find("Bluesky\u{a0}: ").unwrap());
    assert!(refused < live, "what asks for something stands first");
    assert!(page.contains("href=\"/desk/nantes/sources.csv\""), "{page}");
    assert_eq!(
        lea.get("/desk/nantes/sources.csv").await.body.lines().collect::<Vec<_>>(),
        [
            "source,network,what,from,until",
            "bluesky,bluesky,live,2027-01-15T07:50:00.000Z,",
            "bluesky,bluesky,gap,2027-01-15T05:30:00.000Z,2027-01-15T06:03:20.000Z",
            "mastodon,mastodon,refused,2027-01-15T07:50:00.000Z,",
            "mastodon,mastodon,gap,2027-01-15T05:30:00.000Z,2027-01-15T06:03:20.000Z",
        ]
    );
}
