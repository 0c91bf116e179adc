//! What citizens see of moderation (feature 12, Q-12, L-50, L-51, S-58, A8), on samples and on a store of its own.

use std::sync::Arc;

use actix_http::Request;
use actix_web::body::MessageBody;
use actix_web::dev::{Service, ServiceResponse};
use actix_web::{App, Error, test, web};

use super::samples::{Samples, card, city, now, page, state};
use crate::domain::*;
use crate::http::page::{CityPage, PageSettings, PageState, card::render_card, render_city, words::*};
use crate::http::view::post_json;
use crate::store::tests::{Place, after_s, draft, nantes, reason};

/// What a browser got.
#[derive(Debug)]
struct Got {
    status: u16,
    to: String,
    cached: String,
    body: String,
}

impl Got {
    fn says(&self, words: &str) -> bool {
        self.body.contains(words)
    }
}

async fn app(
    state: PageState,
) -> impl Service<Request, Response = ServiceResponse<impl MessageBody + use<>>, Error = Error> + use<> {
    test::init_service(App::new().app_data(web::Data::new(state)).configure(super::super::configure)).await
}

async fn send<S, B>(app: &S, request: test::TestRequest) -> Got
where
    S: Service<Request, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    let response = test::call_service(app, request.to_request()).await;
    let header =
        |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let (status, to, cached) = (response.status().as_u16(), header("location"), header("cache-control"));
    let body = String::from_utf8(test::read_body(response).await.to_vec()).unwrap();
    Got { status, to, cached, body }
}

fn get(path: &str) -> test::TestRequest {
    test::TestRequest::get().uri(path)
}

fn form(path: &str, fields: &[(&str, &str)]) -> test::TestRequest {
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    test::TestRequest::post()
        .uri(path)
        .insert_header(("content-type", "application/x-www-form-urlencoded"))
        .insert_header(("sec-fetch-site", "same-origin"))
        .set_payload(body)
}

fn settings() -> PageSettings {
    PageSettings { public_url: "https://parvis.example".into(), ..PageSettings::default() }
}

fn samples() -> Samples {
    let cards = vec![Arc::new(card(3, "Le marché ferme"))];
    Samples { cities: vec![Arc::new(city())], cards, ..Samples::default() }
}

fn post() -> String {
    PostId::from_u64(3).token()
}

fn decision(number: i64, measure: Measure, motive: Motive) -> Decision {
    Decision {
        number,
        measure,
        motive,
        post: Some(PostId::from_u64(u64::try_from(number).unwrap() + 100)),
        word: None,
        by: Actor("camille-du-bureau".into()),
        at: now(),
        until: None,
        ended: None,
    }
}

#[actix_web::test]
async fn l50_each_form_says_what_it_misses_and_keeps_what_was_typed() {
    let samples = Arc::new(samples());
    let app = app(state(samples.clone(), settings())).await;
    let path = format!("/port-fictif/report/{}", post());
    let long = "é".repeat(1_001);
    let notice = [
        ("kind", "notice"),
        ("motive", "illegal"),
        ("words", "Voici <b>pourquoi</b>."),
        ("contact", "lea@exemple.fr"),
        ("good_faith", "yes"),
    ];
    let but = |name: &str, value: &'static str| notice.map(|(key, old)| (key, if key == name { value } else { old }));
    let without = |name: &str| notice.into_iter().filter(|(key, _)| *key != name).collect::<Vec<_>>();
    for (fields, says) in [
        (vec![("kind", "report")], "Choisissez un motif"),
        (vec![("kind", "report"), ("motive", "reports")], "Choisissez un motif"),
        (vec![("kind", "report"), ("motive", "abuse"), ("words", &long)], "dépasse 1000"),
        (without("motive"), "Choisissez un motif"),
        (but("motive", "useful").to_vec(), "Choisissez un motif"),
        (without("words"), "Écrivez une explication"),
        (but("words", " \r\n ").to_vec(), "Écrivez une explication"),
        (without("contact"), "adresse électronique complète"),
        (but("contact", "lea").to_vec(), "adresse électronique complète"),
        (without("good_faith"), "bonne foi"),
    ] {
        let got = send(&app, form(&path, &fields)).await;
        assert!(got.status == 422 && got.says(says) && got.says("aria-invalid"), "{fields:?}: {got:?}");
        if fields.contains(&("words", "Voici <b>pourquoi</b>.")) {
            assert!(got.says("Voici &#60;b&#62;pourquoi&#60;/b&#62;."), "{got:?}");
        }
    }
    for header in [("sec-fetch-site", "cross-site"), ("sec-fetch-site", "none")] {
        let got = send(&app, form(&path, &notice).insert_header(header)).await;
        assert!(got.status == 403 && got.says("venait d’une autre page"), "{got:?}");
    }
    let flood = "a".repeat(17_000);
    assert_eq!(send(&app, form(&path, &[("motive", "abuse"), ("words", &flood)])).await.status, 413);
    assert!(samples.complaints.lock().unwrap().is_empty(), "nothing of it was taken");
    let taken = send(&app, form(&path, &notice)).await;
    assert_eq!((taken.status, &*taken.cached), (303, "no-store"));
    assert_eq!(taken.to, format!("/port-fictif/followed/{}", FollowKey([7; 32]).text()));
    let report = [("kind", "report"), ("motive", "abuse"), ("words", "ligne\r\nligne")];
    let report = form(&path, &report).peer_addr("198.51.100.7:443".parse().unwrap());
    assert_eq!(send(&app, report).await.status, 303);
    let complaints = samples.complaints.lock().unwrap();
    let [(notice, _, on_duty), (report, from, _)] = &complaints[..] else { panic!("{complaints:?}") };
    assert_eq!((notice.kind, notice.contact.as_deref()), (ComplaintKind::Notice, Some("lea@exemple.fr")));
    assert_eq!(
        (report.kind, &*report.words, report.post),
        (ComplaintKind::Report, "ligne\nligne", PostId::from_u64(3))
    );
    assert_eq!((&**from, *on_duty), ("c6336407", false), "a Saturday; the whole address of IPv4");
}

#[actix_web::test]
async fn l50_what_is_not_taken_says_what_to_do() {
    let path = format!("/port-fictif/report/{}", post());
    let fields = [("kind", "report"), ("motive", "abuse")];
    for (complained, status, says) in [
        (Complained::Again, 409, "déjà venue d’ici"),
        (Complained::TooMany, 503, "Écrivez à mairie@port-fictif.example"),
        (Complained::NotFound, 404, "Ce message n’est pas ici"),
    ] {
        let mut settings = settings();
        settings.privacy.contact = "mairie@port-fictif.example".into();
        let samples = Samples { complained: Some(complained), ..samples() };
        let got = send(&app(state(Arc::new(samples), settings)).await, form(&path, &fields)).await;
        assert!(got.status == status && got.says(says), "{complained:?}: {got:?}");
    }
    let nobody = Samples { complained: Some(Complained::TooMany), ..samples() };
    assert!(send(&app(state(Arc::new(nobody), settings())).await, form(&path, &fields)).await.says("Revenez demain"));
    let dumb = PageState { entropy: || None, ..state(Arc::new(samples()), settings()) };
    let got = send(&app(dumb).await, form(&path, &fields)).await;
    assert!(got.status == 503 && got.says("Réessayez dans une minute"), "{got:?}");
    let broken = Samples { broken: true, ..samples() };
    let broken = app(state(Arc::new(broken), settings())).await;
    for path in [&*path, "/port-fictif/moderation", "/port-fictif/appeal/1"] {
        assert_eq!(send(&broken, get(path)).await.status, 503, "{path}");
    }
}

#[actix_web::test]
async fn s58_the_public_log_counts_and_gives_no_text_word_name_or_account() {
    let word =
        Decision { post: None, word: Some("motinterdit".into()), ..decision(2, Measure::BlockWord, Motive::Abuse) };
    let automatic = Decision { by: Actor::automatic(), ..decision(3, Measure::Fold, Motive::Reports) };
    let over = Decision { ended: Some((Ending::Appeal, now())), ..decision(4, Measure::Hide, Motive::Advertising) };
    let pin = Decision { until: Some(now().plus_seconds(86_400)), ..decision(5, Measure::Pin, Motive::Useful) };
    let decisions = vec![pin, over, automatic, word, decision(1, Measure::BlockAuthor, Motive::Abuse)];
    let posts: Vec<String> = decisions.iter().filter_map(|decision| decision.post).map(PostId::token).collect();
    let app = app(state(Arc::new(Samples { decisions, ..samples() }), settings())).await;
    let log = send(&app, get("/port-fictif/moderation")).await;
    for words in [
        "<tr><th scope=\"row\">Blocage d’un compte</th><td>Injure, haine ou harcèlement</td><td class=\"figure\">1</td></tr>",
        "Levé après un recours, le 21\u{a0}nov.\u{a0}2026, 16:42",
        "En vigueur jusqu’au 22\u{a0}nov.\u{a0}2026, 16:42",
        "automatiquement, après plusieurs signalements",
        "par une personne de la modération",
    ] {
        assert!(log.says(words), "{words} in {}", log.body);
    }
    for hidden in posts.iter().map(String::as_str).chain(["motinterdit", "camille", "Léa", "did:plc", "marché"]) {
        assert!(!log.says(hidden), "{hidden} in {}", log.body);
    }
    assert!(!log.says("noindex") && send(&app, get("/port-fictif/moderation?before=3")).await.says("noindex"));
}

#[actix_web::test]
async fn feature12_the_log_is_paged_and_an_empty_one_says_so() {
    let decisions: Vec<Decision> =
        (1..=120).rev().map(|number| decision(number, Measure::Hide, Motive::Abuse)).collect();
    let app = app(state(Arc::new(Samples { decisions, ..samples() }), settings())).await;
    let (mut path, mut seen) = ("/port-fictif/moderation".to_owned(), 0);
    for has_more in [true, true, false] {
        let page = send(&app, get(&path)).await;
        seen += page.body.matches("class=\"number\"").count();
        let before = page.body.split("href=\"/port-fictif/moderation?before=").skip(1);
        // The same page in another language has an address of that form too.
        let older = before.filter_map(|rest| rest.split('"').next()).find(|older| !older.contains("hl="));
        assert_eq!(older.is_some(), has_more, "{path}");
        path = format!("/port-fictif/moderation?before={}", older.unwrap_or_default());
    }
    assert_eq!(seen, 120);
    // As a file all of them, or those before a number, and of nobody but moderators.
    let csv = send(&app, get("/port-fictif/moderation.csv")).await.body;
    assert_eq!(csv.lines().next(), Some("number,at,who,measure,motive,until,ended_at,ended"));
    assert!(
        csv.lines().count() == 121 && csv.lines().skip(1).all(|line| line.contains(",moderator,hide,abuse,")),
        "{csv}"
    );
    let earlier = send(&app, get("/port-fictif/moderation.json?before=3")).await.body;
    let earlier: serde_json::Value = serde_json::from_str(&earlier).unwrap();
    assert_eq!((&earlier["table"], earlier["rows"].as_array().unwrap().len()), (&"moderation".into(), 2));
    let empty = super::moderation::app(state(Arc::new(samples()), settings())).await;
    let page = send(&empty, get("/port-fictif/moderation?before=x&url=%20")).await;
    assert!(page.status == 200 && page.says("n’a encore rien décidé") && page.says("Aucune décision n’est en vigueur"));
}

#[actix_web::test]
async fn feature12_whoever_misses_their_post_finds_why() {
    let app = app(state(Arc::new(samples()), settings())).await;
    let look = |url: &str| {
        let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("url", url).finish();
        get(&format!("/port-fictif/moderation?{query}"))
    };
    let known = card(3, "").url.unwrap();
    let found = send(&app, look(&format!(" {known} "))).await;
    assert_eq!((found.status, found.to), (303, format!("/port-fictif/why/{}", post())));
    let long = format!("https://bsky.app/{}", "a".repeat(3_000));
    for unknown in ["https://bsky.app/x\"><script>", "nonsense", &long] {
        let got = send(&app, look(unknown)).await;
        assert!(got.status == 200 && got.says("Aucune décision n’est connue") && !got.says("<script>"), "{got:?}");
    }
}

#[actix_web::test]
async fn feature12_a_folded_card_stands_behind_one_line_with_its_title_and_media() {
    let words = Words::new(Language::French);
    let shown = |card: Card| render_card(&card, &city(), words);
    let behind = |html: &str, text: &str| html.find("<details").unwrap() < html.find(text).unwrap();
    let folded = Card { covered: Some(Motive::Advertising), ..card(1, "Achetez ceci") };
    let html = shown(folded.clone());
    assert!(html.contains("class=\"covered\"><summary>Replié par la modération\u{a0}: publicité. Afficher"), "{html}");
    assert!(behind(&html, "Achetez ceci") && html.matches("<details").count() == 1);
    let both = shown(Card { sensitive: true, ..folded.clone() });
    assert!(both.matches("<details").count() == 1 && both.contains("publicité. Contenu signalé sensible"), "{both}");
    let reported = shown(Card { covered: Some(Motive::Reports), ..folded.clone() });
    assert!(reported.contains("Signalé par plusieurs personnes, en attente d’un modérateur."), "{reported}");
    let item = shown(Card { network: Network::Feed, ..folded.clone() });
    assert!(behind(&item, "Achetez ceci"), "nor does a title stand above the line: {item}");
    let json: serde_json::Value = serde_json::from_str(&post_json(&Card { pinned: true, ..folded })).unwrap();
    assert_eq!((&json["folded"], &json["pinned"]), (&"advertising".into(), &true.into()));
}

#[actix_web::test]
async fn feature12_what_is_pinned_is_named_above_the_feed_and_what_is_folded_is_not() {
    let pinned = |n, text: &str| Arc::new(Card { pinned: true, ..card(n, text) });
    let pins = [
        pinned(1, "Pont fermé\nDétails"),
        pinned(2, "Ailleurs"),
        Arc::new(Card { covered: Some(Motive::Abuse), ..(*pinned(3, "Repliée")).clone() }),
        Arc::new(Card { sensitive: true, ..(*pinned(4, "Sensible")).clone() }),
    ];
    let here = page(vec![(*pins[0]).clone()], vec![]);
    let (context, city) = (super::samples::context(), city());
    let feed = |filter: &Filter| {
        render_city(&CityPage {
            context: &context,
            city: &city,
            page: &here,
            announced: None,
            pins: &pins,
            filter,
            before: None,
            times: &[],
            sources: &[],
        })
    };
    let html = feed(&Filter::default());
    let list = html.split("data-pins").nth(1).unwrap().split("</section>").next().unwrap();
    let id = |n| PostId::from_u64(n).token();
    assert!(list.contains(&format!("href=\"#post-{}\"", id(1))) && list.contains(">Pont fermé</a>"), "{list}");
    assert!(list.contains(&format!("href=\"/port-fictif/why/{}", id(2))) && list.contains(">Ailleurs</a>"), "{list}");
    assert!(!list.contains("Repliée") && !list.contains("Sensible") && list.contains(">Léa Fictive</a>"), "{list}");
    assert!(html.contains("data-pinned=\"Pont fermé\"") && html.contains("Épinglé par la mairie</span>"));
    assert!(!feed(&Filter { lang: Some("fr".into()), ..Filter::default() }).contains("data-pins"));
}

#[actix_web::test]
async fn q12_why_says_that_a_moderator_admitted_it() {
    let admitted = Card { reasons: vec![reason(Rule::Moderator, "")], ..card(3, "Bonjour") };
    let samples = Samples { cards: vec![Arc::new(admitted)], ..samples() };
    let why =
        send(&app(state(Arc::new(samples), settings())).await, get(&format!("/port-fictif/why/{}", post()))).await;
    assert!(why.says("Une personne de la modération a jugé qu’il concerne Port-Fictif"), "{}", why.body);
}

/// The pages of Nantes on a store, and the posts `a` and `b` in it.
async fn nantes_pages() -> (Place, PageState) {
    let place = Place::new().await;
    for (name, text) in [("a", "un secret bien gardé"), ("b", "bonjour")] {
        place.ops(draft(&place, name).text(text).upsert()).await;
    }
    let store = Arc::new(place.store.clone());
    let cities = Samples { cities: vec![Arc::new(crate::http::tests::city("nantes"))], ..Samples::default() };
    let pages = PageState {
        log: store.clone(),
        moderation: store,
        clock: place.clock.clone(),
        entropy: || {
            let mut bytes = [0; 32];
            getrandom::fill(&mut bytes).ok().map(|()| bytes)
        },
        ..state(Arc::new(cities), settings())
    };
    (place, pages)
}

async fn decide(place: &Place, measure: Measure, target: Target) -> i64 {
    let until = (measure == Measure::Pin).then(|| after_s(86_400));
    let new = NewDecision { measure, target, motive: measure.motives()[0], until };
    place.store.decide(&nantes(), new, "Merci à vous.".into(), Actor("lea".into())).await.unwrap().unwrap()
}

#[actix_web::test]
async fn a8_l51_of_a_hidden_post_every_page_says_why_and_none_what_it_said() {
    let (place, pages) = nantes_pages().await;
    let app = app(pages).await;
    let id = place.id("a").token();
    let (report, why) = (format!("/nantes/report/{id}"), format!("/nantes/why/{id}"));
    assert!(send(&app, get(&report)).await.says("un secret bien gardé"));
    assert!(send(&app, get(&why)).await.says(&format!("href=\"{report}?hl=fr\"")));
    let sent =
        send(&app, form(&report, &[("kind", "report"), ("motive", "abuse"), ("words", "c’est un secret")])).await;
    let followed = sent.to;
    let open = send(&app, get(&followed)).await;
    assert!(open.says("Votre signalement est reçu") && open.says(&format!("https://parvis.example{followed}")));
    assert!(open.says("noindex") && open.cached == "no-store" && !open.says("secret"), "{open:?}");
    let again = send(&app, form(&report, &[("kind", "report"), ("motive", "illegal")])).await;
    assert_eq!(again.status, 409);
    let number = decide(&place, Measure::Hide, Target::Post(place.id("a"))).await;
    let withheld = send(&app, get(&why)).await;
    assert!(withheld.status == 200 && withheld.says("noindex"), "{withheld:?}");
    for words in ["Ce message n’est pas montré ici", "Sans rapport avec la ville", "par une personne de la modération"]
    {
        assert!(withheld.says(words), "{words} in {withheld:?}");
    }
    let appeal = format!("/nantes/appeal/{number}");
    assert!(withheld.says(&format!("href=\"{appeal}\"")), "{withheld:?}");
    let closed = send(&app, get(&followed)).await;
    for words in ["a sa réponse", "vous a suivi", "Merci à vous.", "Sans rapport avec la ville", "saisir le juge"] {
        assert!(closed.says(words), "{words} in {closed:?}");
    }
    assert_eq!(send(&app, get(&report)).await.status, 404);
    let url = url::form_urlencoded::byte_serialize(b"https://example.org/a").collect::<String>();
    let looked = send(&app, get(&format!("/nantes/moderation?url={url}"))).await;
    assert_eq!((looked.status, &looked.to), (303, &why));
    // An appeal needs words, and is followed too.
    let bare = send(&app, form(&appeal, &[("words", "")])).await;
    assert!(bare.status == 422 && bare.says("Écrivez une explication"), "{bare:?}");
    let odd = send(&app, form(&appeal, &[("words", "Non."), ("contact", "lea")])).await;
    assert!(odd.status == 422 && odd.says("adresse électronique complète") && odd.says(">Non.</textarea>"), "{odd:?}");
    let foreign = form(&appeal, &[("words", "Non.")]).insert_header(("sec-fetch-site", "cross-site"));
    assert_eq!(send(&app, foreign).await.status, 403);
    let contested = send(&app, form(&appeal, &[("words", "Il parle de Nantes.")])).await;
    let contested = contested.to;
    assert!(send(&app, get(&contested)).await.says("Ce ne sera pas celle qui a pris la décision."));
    let mut pages = vec!["/".to_owned(), "/nantes".into(), "/nantes?hl=en".into(), "/nantes/moderation".into()];
    pages.extend(["/nantes/sources", "/nantes/about", "/nantes/leave"].map(str::to_owned));
    pages.push(format!("/nantes/leave?post={id}"));
    pages.extend([report, why.clone(), followed, contested.clone(), appeal.clone()]);
    for path in pages {
        let got = send(&app, get(&path)).await;
        for words in ["secret", "bien gardé", "example.org/a"] {
            assert!(!got.says(words), "{words} on {path}: {}", got.body);
        }
    }
    let by = Actor("zoe".into());
    place.store.lift(&nantes(), number, Ending::Appeal, String::new(), by).await.unwrap().unwrap();
    assert!(send(&app, get(&contested)).await.says("La décision que vous contestiez est levée."));
    assert!(send(&app, get(&appeal)).await.says("il n’y a plus rien à contester"));
    assert!(send(&app, get(&why)).await.says("un secret bien gardé"));
}

#[actix_web::test]
async fn l51_of_a_folded_post_why_says_so_and_of_a_block_only_where_the_post_is_held() {
    let (place, pages) = nantes_pages().await;
    let app = app(pages).await;
    let fold = decide(&place, Measure::Fold, Target::Post(place.id("a"))).await;
    let why = send(&app, get(&format!("/nantes/why/{}", place.id("a").token()))).await;
    assert!(why.says("Pourquoi il est replié") && why.says(&format!("/nantes/appeal/{fold}\"")), "{}", why.body);
    let word = decide(&place, Measure::BlockWord, Target::Word(Phrase::parse("bonjour").unwrap())).await;
    let id = place.id("b").token();
    let withheld = send(&app, get(&format!("/nantes/why/{id}"))).await;
    let appeal = format!("/nantes/appeal/{word}?post={id}");
    assert!(
        withheld.status == 200 && withheld.says("Blocage d’un mot") && withheld.says(&format!("href=\"{appeal}\""))
    );
    assert!(!withheld.says("onjour"), "{}", withheld.body);
    assert_eq!(send(&app, get(&format!("/nantes/appeal/{word}"))).await.status, 404, "it is contested from a post");
    assert!(send(&app, get(&appeal)).await.says(&format!("name=\"post\" value=\"{id}\"")));
    let sent = send(&app, form(&format!("/nantes/appeal/{word}"), &[("words", "Un salut."), ("post", &id)])).await;
    assert_eq!(sent.status, 303, "{sent:?}");
    // Of what waits in the queue, or was never here, nothing is told: not even that its author is blocked.
    place.ops(draft(&place, "c").tier(None).upsert()).await;
    decide(&place, Measure::BlockAuthor, Target::Post(place.id("a"))).await;
    for name in ["c", "z"] {
        assert_eq!(send(&app, get(&format!("/nantes/why/{}", place.id(name).token()))).await.status, 404, "{name}");
    }
    let url = url::form_urlencoded::byte_serialize(b"https://example.org/c").collect::<String>();
    assert!(send(&app, get(&format!("/nantes/moderation?url={url}"))).await.says("Aucune décision n’est connue"));
    for path in ["appeal/999", "appeal/x", "followed/x", "report/x"] {
        assert_eq!(send(&app, get(&format!("/nantes/{path}"))).await.status, 404, "{path}");
    }
}

#[actix_web::test]
async fn feature12_a_pin_comes_from_the_store_and_goes_with_it() {
    let (place, pages) = nantes_pages().await;
    let app = app(pages).await;
    let pin = decide(&place, Measure::Pin, Target::Post(place.id("b"))).await;
    assert!(send(&app, get("/nantes")).await.says(">bonjour</a></li>"));
    place.store.lift(&nantes(), pin, Ending::Lifted, String::new(), Actor("lea".into())).await.unwrap().unwrap();
    let page = send(&app, get("/nantes")).await;
    assert!(page.says("data-pins hidden") && !page.says(">bonjour</a></li>"), "{}", page.body);
}
