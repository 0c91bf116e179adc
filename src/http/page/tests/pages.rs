use std::sync::Arc;

use actix_web::{App, http::StatusCode, test, web};

use crate::{
    domain::{utterance::Bond, *},
    http::page::{
        AskPage, Charter, CityGlance, CityPage, LeavePage, PageRenderer, PageSettings, Trouble,
        card::render_card,
        render_about, render_accessibility, render_ask, render_cities, render_city, render_leave, render_people,
        render_privacy, render_recipe, render_sources, render_trouble, render_why,
        words::{Language, Words},
    },
};

use super::samples::{Samples, bluesky, card, city, context, now, page, state};

fn feed(page: &Page, filter: &Filter, sources: &[SourceHealth]) -> String {
    let times: Vec<Timestamp> = page.cards.iter().map(|card| card.received_at).collect();
    let (context, city) = (context(), city());
    let announced = None;
    render_city(&CityPage {
        context: &context,
        city: &city,
        page,
        announced,
        pins: &[],
        filter,
        before: None,
        times: &times,
        sources,
    })
}

fn every_page() -> Vec<(&'static str, String)> {
    let (context, city) = (context(), city());
    let one = page(vec![card(1, "Bonjour")], vec![]);
    let glance = CityGlance { city: Arc::new(city.clone()), times: vec![now()] };
    vec![
        ("cities", render_cities(&context, &[glance])),
        ("city", feed(&one, &Filter::default(), &[bluesky(SourceState::Live)])),
        ("why", render_why(&context, &city, &card(1, "Bonjour"), &[])),
        ("recipe", render_recipe(&context, &city)),
        ("people", render_people(&context, &city)),
        ("ask", render_ask(&context, &city, &AskPage::default())),
        ("sources", render_sources(&context, &city, &[bluesky(SourceState::Down)], &[], &[])),
        ("leave", render_leave(&context, &city, &LeavePage::default())),
        ("privacy", render_privacy(&context, &city)),
        ("accessibility", render_accessibility(&context, &city)),
        ("about", render_about(&context, &city, &Charter::default())),
        ("trouble", render_trouble(&context, None, &Trouble::NoCity("nante".into()), &[])),
    ]
}

#[actix_web::test]
async fn every_page_is_whole_and_holds_no_inline_style_or_script() {
    for (name, html) in every_page() {
        assert!(html.trim_end().ends_with("</html>"), "{name} is cut");
        assert!(html.contains("<h1"), "{name} has no title");
        assert!(html.contains("lang=\"fr\""), "{name} has no language");
        assert!(!html.contains(" style=") && !html.contains("<style"), "{name} has an inline style");
        assert!(!html.contains(" onclick") && !html.contains("javascript:"), "{name} has a handler");
        for script in html.split("<script").skip(1) {
            assert!(script.starts_with(" type=\"module\" src=\"/assets/"), "{name} has an inline script");
        }
    }
}

#[actix_web::test]
async fn l15_where_nostr_is_read_the_page_says_that_a_place_there_proves_no_presence() {
    let said = |network| {
        let source = SourceHealth { network, ..bluesky(SourceState::Live) };
        render_sources(&context(), &city(), &[source], &[], &[])
    };
    let (with, without) = (said(Network::Nostr), said(Network::Bluesky));
    assert!(with.contains("il ne prouve pas") && !with.contains("<dt>Nostr</dt>"), "{with}");
    assert!(!without.contains("il ne prouve pas") && without.contains("<dt>Nostr</dt>"), "{without}");
}

#[actix_web::test]
async fn the_sources_page_says_what_a_live_source_has_to_say() {
    let noted = SourceHealth { detail: "frames come uncompressed: HTTP 404".into(), ..bluesky(SourceState::Live) };
    let said = |source| render_sources(&context(), &city(), &[source], &[], &[]);
    assert!(said(noted).contains("frames come uncompressed: HTTP 404"));
    let well = said(SourceHealth { detail: String::new(), ..bluesky(SourceState::Live) });
    assert!(!well.contains("En détail"));
}

#[actix_web::test]
async fn s50_the_sources_page_says_who_is_heard_by_the_desk_of_a_city_that_has_one() {
    let kinds = [(Some(OfficialKind::Service), true), (Some(OfficialKind::Press), false), (None, false)];
    for (kind, expected) in kinds {
        let official = |kind| Official {
            name: "X".into(),
            group: String::new(),
            kind,
            accounts: Vec::new(),
            listing: Listing::default(),
        };
        let city = City { officials: kind.map(official).into_iter().collect(), ..city() };
        let said = render_sources(&context(), &city, &[bluesky(SourceState::Live)], &[], &[]);
        assert_eq!(said.contains("est entendu de son bureau"), expected, "{kind:?}");
    }
}

#[actix_web::test]
async fn feature_7_what_is_not_read_yet_is_named_and_no_heading_stands_over_nothing() {
    let said = |networks: &[Network]| {
        let of = |network: &Network| SourceHealth { network: *network, ..bluesky(SourceState::Live) };
        let sources: Vec<SourceHealth> = networks.iter().map(of).collect();
        render_sources(&context(), &city(), &sources, &[], &[])
    };
    let one = said(&[Network::Bluesky]);
    assert!(
        one.contains("<h2>Pas encore lu ici</h2>")
            && one.contains("<dt>Nostr</dt>")
            && one.contains("<dt>Envoi direct</dt>")
    );
    assert!(!said(&[Network::Bluesky, Network::Nostr]).contains("<dt>Nostr</dt>"));
    assert!(!said(&Network::ALL).contains("<h2>Pas encore lu ici</h2>"));
}

#[actix_web::test]
async fn feature_7_the_sources_page_says_what_a_source_usually_brings_and_what_is_missing() {
    let url = "https://mairie.example/rss";
    let feed = SourceHealth {
        source: SourceId::new(&format!("feed:{url}")),
        network: Network::Feed,
        since: now().plus_seconds(-4 * 86_400),
        ..bluesky(SourceState::Refused)
    };
    let volume = |network, site, posts| Volume { network, site, posts, last_at: now().plus_seconds(-3_600) };
    let volumes = [volume(Network::Bluesky, None, 30), volume(Network::Feed, Some(AuthorId::new(url)), 10)];
    let times = [now(), now().plus_seconds(-20 * 86_400)];
    let html = render_sources(&context(), &city(), &[bluesky(SourceState::Live), feed], &times, &volumes);
    let of = |name: &str| html.split("<section").find(|section| section.contains(name)).unwrap().to_owned();
    assert!(of("Bluesky").contains("75\u{a0}% de ce qui est paru ici"), "{html}");
    let mairie = of("mairie.example");
    // Ten in twenty days, four of them missed.
    for said in ["25\u{a0}% de ce qui est paru ici", "il manque environ 2 messages", "Dernier message paru", "refus"] {
        assert!(mairie.contains(said), "{said}: {mairie}");
    }
}

#[actix_web::test]
async fn h3_what_a_post_says_stays_text() {
    let hostile = "\"><img src=x onerror=alert(1)><script>alert(2)</script>{{7*7}}</div>";
    let mut card = card(1, hostile);
    card.author.name = Some(hostile.into());
    card.author.handle = Some(hostile.into());
    card.author.official = Some(hostile.into());
    card.lang = Some(hostile.into());
    card.zone = Some(hostile.into());
    card.tags = vec![hostile.into()];
    card.url = Some("javascript://x.example/%0aalert(3)".into());
    card.media = vec![Media { kind: MediaKind::Link, url: Some("data:text/html,x".into()), alt: hostile.into() }];
    card.facets =
        vec![Facet { start: 0, end: 2, kind: FacetKind::Link, value: "javascript://x.example/%0aalert(4)".into() }];
    card.reasons = vec![Reason { rule: Rule::Word, value: hostile.into() }];
    let context = context();
    for html in [
        render_card(&card, &city(), Words::new(Language::French)),
        render_why(&context, &city(), &card, &[]),
        render_trouble(&context, None, &Trouble::NoCity(hostile.into()), &[]),
        feed(&page(vec![card.clone()], vec![]), &Filter { tag: Some(hostile.into()), ..Filter::default() }, &[]),
    ] {
        assert!(!html.contains("<img") && !html.contains("<script>"), "{html}");
        assert!(!html.contains("javascript:") && !html.contains("data:text"), "{html}");
    }
}

#[actix_web::test]
async fn facets_become_links_and_unsound_ones_stay_text() {
    let mut post = card(1, "Été à #PortFictif avec @ana : nantes.example");
    post.facets = vec![
        Facet { start: 9, end: 20, kind: FacetKind::Tag, value: "PortFictif".into() },
        Facet { start: 26, end: 30, kind: FacetKind::Mention, value: "did:plc:ana".into() },
        Facet { start: 33, end: 47, kind: FacetKind::Link, value: "https://nantes.example/a".into() },
        Facet { start: 30, end: 900, kind: FacetKind::Link, value: "https://x.example".into() },
        Facet { start: 1, end: 2, kind: FacetKind::Link, value: "https://cuts-a-letter.example".into() },
    ];
    let html = render_card(&post, &city(), Words::new(Language::English));
    assert!(html.contains("href=\"/port-fictif?tag=portfictif&#38;hl=en\" rel=\"nofollow\">#PortFictif</a>"), "{html}");
    assert!(html.contains("https://bsky.app/profile/did:plc:ana"), "{html}");
    assert!(html.contains("rel=\"nofollow ugc noopener\">nantes.example</a>"), "{html}");
    assert!(!html.contains("x.example") && !html.contains("cuts-a-letter"), "{html}");
}

#[actix_web::test]
async fn l23_every_card_says_why_and_how_to_leave() {
    for lane in [Lane::People, Lane::Info, Lane::Press, Lane::Around, Lane::Event("conseil".into())] {
        let card = Card { lane, ..card(3, "Bonjour") };
        let html = render_card(&card, &city(), Words::new(Language::French));
        assert!(html.contains(&format!("/port-fictif/why/{}", card.id.token())), "{html}");
        assert!(html.contains(&format!("/port-fictif/leave?post={}", card.id.token())), "{html}");
    }
}

#[actix_web::test]
async fn d7_a_date_that_is_not_the_authors_own_is_said_so() {
    let why = |date_corrected| render_why(&context(), &city(), &Card { date_corrected, ..card(3, "Bonjour") }, &[]);
    assert!(why(true).contains("daté d’un moment à venir"), "{}", why(true));
    assert!(!why(false).contains("daté d’un moment à venir"));
}

#[actix_web::test]
async fn l63_descriptions_are_shown_their_absence_is_said_and_texts_carry_their_language() {
    let mut post = card(1, "Glav a ra");
    post.lang = Some("br".into());
    post.media = vec![
        Media { kind: MediaKind::Image, url: None, alt: "Un quai sous la pluie".into() },
        Media { kind: MediaKind::Image, url: Some("https://cdn.example/x.jpg".into()), alt: String::new() },
    ];
    let html = render_card(&post, &city(), Words::new(Language::French));
    assert!(html.contains("Un quai sous la pluie") && html.contains("Image sans description"), "{html}");
    assert!(html.contains("class=\"text\" dir=\"auto\" lang=\"br\""), "{html}");
    assert!(!html.contains("cdn.example"), "nothing is asked of a third party: {html}");
}

#[actix_web::test]
async fn l62_author_text_and_time_come_in_that_order() {
    let html = render_card(&card(1, "LE TEXTE"), &city(), Words::new(Language::French));
    let at = |needle: &str| html.find(needle).expect("present");
    assert!(at("Léa Fictive") < at("LE TEXTE") && at("LE TEXTE") < at("<time"));
}

#[actix_web::test]
async fn l60_the_pause_control_comes_first_in_main() {
    let html = feed(&page(vec![card(1, "Bonjour")], vec![]), &Filter::default(), &[]);
    let main = html.split("<main").nth(1).expect("main");
    let first = main.split("<button").nth(1).expect("a button");
    assert!(first.contains("data-pause"), "{first}");
    assert!(main.find("<a ").expect("a link") > main.find("<button").expect("a button"));
}

#[actix_web::test]
async fn l42_posts_of_an_assembly_count_on_no_map() {
    let mut post = card(1, "Rendez-vous #ManifPortFictif");
    post.zone = Some("Le Port".into());
    let with_tag = Card { tags: vec!["ManifPortFictif".into()], ..post.clone() };
    assert!(render_card(&post, &city(), Words::new(Language::French)).contains("data-zone="));
    assert!(!render_card(&with_tag, &city(), Words::new(Language::French)).contains("data-zone="));
    let html = feed(&page(vec![with_tag.clone(), with_tag], vec![]), &Filter::default(), &[]);
    assert!(html.contains("Aucun des messages affichés n’est situé"), "{html}");
    assert!(!html.contains("?tag=manifportfictif"), "no filter is offered for it");
}

#[actix_web::test]
async fn q7_replies_stand_in_the_thread_of_their_root() {
    let root = card(5, "La question");
    let reply = Card { thread: Some(root.id), reply_to: Some(root.id), ..card(6, "La réponse") };
    let html = feed(&page(vec![root], vec![reply]), &Filter::default(), &[]);
    let thread = html.split("<details class=\"thread\">").nth(1).expect("a thread");
    assert!(thread.contains("<summary>1 réponse</summary>") && thread.contains("La réponse"), "{thread}");
}

#[actix_web::test]
async fn q3_a_quiet_square_says_so_and_why_and_a_busy_one_does_not() {
    let few = page(vec![card(900, "un"), card(899, "deux")], vec![]);
    let quiet = feed(&few, &Filter::default(), &[bluesky(SourceState::Live)]);
    for needle in ["2 messages en 7 jours", "Place tranquille", "Pourquoi si peu", "#ParvisPortFictif", "lane=around"] {
        assert!(quiet.contains(needle), "{needle}: {quiet}");
    }
    assert!(quiet.contains("samedi 21 novembre"), "its posts stand under their day: {quiet}");
    let filtered = feed(&few, &Filter { lane: Some(Lane::People), ..Filter::default() }, &[]);
    assert!(!filtered.contains("Pourquoi si peu"), "a choice of the reader's says nothing of the square: {filtered}");
    let cards = (0..40).rev().map(|n| card(900 + n, "encore")).collect();
    let busy = feed(&page(cards, vec![]), &Filter::default(), &[]);
    assert!(busy.contains("40 messages en 24 heures") && !busy.contains("Place tranquille"), "{busy}");
}

#[actix_web::test]
async fn only_lanes_that_can_hold_something_have_a_tab() {
    let one = page(vec![card(900, "un")], vec![]);
    let tabs = |city: &City, filter: &Filter| {
        let (context, times) = (context(), [now()]);
        let page = CityPage {
            context: &context,
            city,
            page: &one,
            announced: None,
            pins: &[],
            filter,
            before: None,
            times: &times,
            sources: &[],
        };
        render_city(&page).matches("?lane=").count()
    };
    let mut town = City { around: None, ..city() };
    assert_eq!(tabs(&town, &Filter::default()), 0, "nobody is listed: all and residents are the same");
    let official = |kind| Official {
        name: "Mairie".into(),
        group: String::new(),
        kind,
        accounts: vec![],
        listing: Listing::default(),
    };
    town.officials = vec![official(OfficialKind::Association)];
    assert_eq!(tabs(&town, &Filter::default()), 0);
    town.officials = vec![official(OfficialKind::Service)];
    assert_eq!(tabs(&town, &Filter::default()), 2, "residents and information");
    town.officials.push(official(OfficialKind::Press));
    assert_eq!(tabs(&town, &Filter::default()), 3);
    let url = String::from("https://mairie.example/rss");
    let alone = City { feeds: vec![FeedRef { url, lane: Lane::Agenda }], officials: Vec::new(), ..town };
    assert_eq!(tabs(&alone, &Filter::default()), 2, "residents and agenda");
}

#[actix_web::test]
async fn titles_tell_pages_apart() {
    let one = page(vec![card(900, "un")], vec![]);
    let title =
        |html: &str| html.split("<title>").nth(1).and_then(|rest| rest.split("</title>").next()).map(str::to_owned);
    let filtered = Filter { zone: Some("Le Port".into()), lane: Some(Lane::Around), ..Filter::default() };
    for (html, expected) in [
        (feed(&one, &Filter::default(), &[]), "Port-Fictif, en ce moment · Parvis"),
        (feed(&one, &filtered, &[]), "Alentours, Le Port · Port-Fictif, en ce moment · Parvis"),
        (render_privacy(&context(), &city()), "Données personnelles · Port-Fictif · Parvis"),
        (render_recipe(&context(), &city()), "Ce que Port-Fictif recherche · Parvis"),
    ] {
        assert_eq!(title(&html).as_deref(), Some(expected));
    }
}

#[actix_web::test]
async fn feature7_an_empty_square_says_why_since_when_and_what_to_do() {
    let empty = page(vec![], vec![]);
    let html = feed(&empty, &Filter::default(), &[bluesky(SourceState::Live)]);
    assert!(html.contains("est lu depuis 15:10") && html.contains("#ParvisPortFictif"), "{html}");
    let down = feed(&empty, &Filter::default(), &[bluesky(SourceState::Down)]);
    assert!(down.contains("coupé depuis 15:10"), "{down}");
    let none = feed(&empty, &Filter::default(), &[]);
    assert!(none.contains("Aucun réseau"), "{none}");
    let filtered = feed(&empty, &Filter { zone: Some("Le Port".into()), ..Filter::default() }, &[]);
    assert!(filtered.contains("Tout montrer"), "{filtered}");
}

#[actix_web::test]
async fn feature6_why_gives_every_reason_with_its_rule_and_the_recipe() {
    for rule in Rule::ALL {
        let card = Card {
            reasons: vec![Reason { rule, value: "valeur-témoin".into() }],
            tier: Tier::Quiet,
            ..card(1, "Bonjour")
        };
        let html = render_why(&context(), &city(), &card, &[]);
        assert!(html.contains("valeur-témoin") && html.contains(rule.as_str()), "{rule:?}: {html}");
        assert!(html.contains("0123456789abcdef") && html.contains("/port-fictif/recipe"), "{html}");
        assert!(html.contains("soit 3 jours"), "kept until when: {html}");
    }
}

#[actix_web::test]
async fn feature8_a_card_says_where_else_it_is_and_why_says_by_what_that_is_known() {
    let copy = |network, url: &str, bond| CardCopy { network, url: url.into(), bond };
    let said = Card {
        copies: vec![
            copy(Network::Mastodon, "https://ville.example/@lea/1", Bond::Declared),
            copy(Network::Nostr, "javascript:alert(1)", Bond::Declared),
            copy(Network::Feed, "https://www.asso.example/blog", Bond::Article),
        ],
        ..card(1, "Bonjour")
    };
    let (city, words) = (city(), |language| Words::new(language));
    let html = render_card(&said, &city, words(Language::French));
    let line = "Aussi sur <a href=\"https://ville.example/@lea/1\" rel=\"nofollow ugc noopener\">Mastodon</a>, \
                <a href=\"https://www.asso.example/blog\" rel=\"nofollow ugc noopener\">asso.example</a></span>";
    assert!(html.contains(line) && !html.contains("javascript:"), "{html}");
    assert!(render_card(&said, &city, words(Language::English)).contains("Also on <a "));
    assert!(!render_card(&card(1, "Bonjour"), &city, words(Language::French)).contains("Aussi sur"));
    let why = render_why(&context(), &city, &said, &[]);
    assert!(
        why.contains("une copie qui déclare son origine") && why.contains("declared : https://ville.example"),
        "{why}"
    );
    assert!(why.contains("le même article") && !why.contains("href=\"javascript"), "{why}");
    assert!(!render_why(&context(), &city, &card(1, "Bonjour"), &[]).contains("Où il est aussi"));
}

#[actix_web::test]
async fn the_renderer_gives_the_page_and_the_session_the_same_card() {
    let samples = Arc::new(Samples { cities: vec![Arc::new(city())], ..Samples::default() });
    let renderer = PageRenderer::new(samples, |card| card.id.token());
    let html = renderer.html(&card(1, "Bonjour"), "fr");
    assert!(feed(&page(vec![card(1, "Bonjour")], vec![]), &Filter::default(), &[]).contains(&html));
    assert_ne!(html, renderer.html(&card(1, "Bonjour"), "en"));
    assert_eq!(renderer.json(&card(1, "x")), card(1, "x").id.token());
    let elsewhere = Card { city: CityId::new("gone"), ..card(1, "x") };
    assert_eq!(renderer.html(&elsewhere, "fr"), "");
}

macro_rules! app {
    ($samples:expr) => {
        test::init_service(
            App::new()
                .app_data(web::Data::new(state(
                    $samples,
                    PageSettings { public_url: "https://parvis.example".into(), ..PageSettings::default() },
                )))
                .configure(super::super::configure),
        )
        .await
    };
}

fn samples() -> Arc<Samples> {
    Arc::new(Samples {
        cities: vec![Arc::new(city())],
        cards: (1..=120).rev().map(|n| Arc::new(card(n, "Bonjour"))).collect(),
        ..Samples::default()
    })
}

#[actix_web::test]
async fn addresses_answer_as_they_should() {
    let app = app!(samples());
    for (address, status) in [
        ("/", 200),
        ("/port-fictif", 200),
        ("/port-fictif?before=60&hl=en", 200),
        ("/port-fictif?network=nonsense&before=-1&lane=%00", 200),
        (&format!("/port-fictif/why/{}", PostId::from_u64(3).token()), 200),
        ("/port-fictif/why/nothing", 404),
        ("/port-fictif/recipe", 200),
        ("/port-fictif/sources", 200),
        ("/port-fictif/register", 200),
        ("/port-fictif/register?before=nonsense&hl=en", 200),
        ("/port-fictif/privacy", 200),
        ("/port-fictif/accessibility", 200),
        ("/port-fictif/about", 200),
        ("/port-fictif/people", 200),
        ("/port-fictif/people?hl=en", 200),
        ("/port-fictif/ask", 200),
        ("/port-fictif/ask?hl=en", 200),
        ("/port-fictif/leave", 200),
        ("/port-fictif/theme.css", 200),
        ("/port-fictif/icon.svg", 200),
        ("/port-fictif/nothing", 404),
        ("/port-fictiv", 404),
        ("/Port-Fictif", 308),
        ("/port-fictif/", 308),
        ("/assets/nothing.js", 404),
        ("/assets/..%2fmanifest.json", 404),
    ] {
        let answer = test::call_service(&app, test::TestRequest::get().uri(address).to_request()).await;
        assert_eq!(answer.status().as_u16(), status, "{address}");
    }
}

#[actix_web::test]
async fn an_unknown_city_is_answered_with_near_names() {
    let app = app!(samples());
    let answer = test::call_and_read_body(&app, test::TestRequest::get().uri("/port-fictiv").to_request()).await;
    let html = String::from_utf8_lossy(&answer);
    assert!(html.contains("href=\"/port-fictif\""), "{html}");
}

#[actix_web::test]
async fn a_store_in_trouble_is_a_page_that_says_so() {
    let app = app!(Arc::new(Samples { cities: vec![Arc::new(city())], broken: true, ..Samples::default() }));
    for address in ["/", "/port-fictif"] {
        let answer = test::call_service(&app, test::TestRequest::get().uri(address).to_request()).await;
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(answer.headers().contains_key("retry-after"));
    }
}

#[actix_web::test]
async fn a4_leave_is_taken_from_our_own_page_only() {
    let samples = samples();
    let app = app!(Arc::clone(&samples));
    let send = |header: Option<(&'static str, &'static str)>, body: &'static str| {
        let mut request = test::TestRequest::post()
            .uri("/port-fictif/leave")
            .insert_header(("content-type", "application/x-www-form-urlencoded"))
            .set_payload(body);
        if let Some(header) = header {
            request = request.insert_header(header);
        }
        request.to_request()
    };
    let good = "network=bluesky&handle=%40lea.example&post=";
    for (header, status) in [
        (Some(("sec-fetch-site", "cross-site")), 403),
        (Some(("sec-fetch-site", "same-site")), 403),
        (Some(("origin", "https://evil.example")), 403),
        (Some(("origin", "null")), 403),
        (Some(("origin", "https://parvis.example")), 200),
        (Some(("sec-fetch-site", "same-origin")), 200),
    ] {
        let answer = test::call_service(&app, send(header, good)).await;
        assert_eq!(answer.status().as_u16(), status, "{header:?}");
    }
    assert_eq!(*samples.asked_to_leave.lock().expect("no panic"), vec![(Network::Bluesky, "lea.example".into()); 2]);
    let answer = test::call_service(&app, send(None, "network=bluesky&handle=")).await;
    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let flood: &'static str = Box::leak(format!("network=bluesky&handle={}", "a".repeat(5_000)).into_boxed_str());
    assert_eq!(test::call_service(&app, send(None, flood)).await.status(), StatusCode::PAYLOAD_TOO_LARGE);
}

#[actix_web::test]
async fn feature_19_the_register_tells_runs_by_their_day_and_nobody_by_name() {
    let app = app!(samples());
    let answer =
        test::call_and_read_body(&app, test::TestRequest::get().uri("/port-fictif/register").to_request()).await;
    let said = String::from_utf8(answer.to_vec()).expect("a text");
    for words in [
        "<bdi>Mot-clé #tram</bdi>",
        "Savoir ce qui &#60;gêne&#62; sur la ligne 1",
        "Du vendredi 20 novembre au dimanche 22 novembre.",
        "3 consultations samedi 21 novembre, une consultation vendredi 20 novembre</p>",
        "Une recherche finie",
        "Jamais consultée",
        "<th scope=\"row\">Lecture</th><td>lit les chiffres</td><td>3</td>",
        "<td>vendredi 20 novembre</td><td>Chiffres</td><td>Lecture</td><td>7</td>",
        "n° 12, code abababababab.",
        "/port-fictif/register?before=2026-11-08",
    ] {
        assert!(said.contains(words), "{words} in {said}");
    }
    let file = async |name: &str| {
        let request = test::TestRequest::get().uri(&format!("/port-fictif/register/{name}")).to_request();
        String::from_utf8(test::call_and_read_body(&app, request).await.to_vec()).expect("a text")
    };
    for name in ["roles.csv", "searches.csv", "looks.csv", "roles.json", "searches.json", "looks.json"] {
        assert!(said.contains(&format!("href=\"/port-fictif/register/{name}\"")), "{name}");
    }
    assert_eq!(file("roles.csv").await, "role,accounts\r\nreader,3\r\npublisher,1\r\n");
    assert_eq!(file("looks.csv").await, "day,page,role,times\r\n2026-11-20,numbers,reader,7\r\n");
    let searches = file("searches.csv").await;
    let row = "2,tag,tram,Savoir ce qui <gêne> sur la ligne 1,publisher,2026-11-20,2026-11-22,4";
    assert_eq!(searches.lines().nth(1), Some(row), "{searches}");
    assert!(searches.lines().nth(2).unwrap().ends_with(",0"), "of another search: {searches}");
    let json: serde_json::Value = serde_json::from_str(&file("looks.json").await).unwrap();
    assert_eq!(json["rows"][0]["times"], 7);
}

#[actix_web::test]
async fn l45_the_register_is_linked_from_every_page_of_the_city_and_from_where_its_limits_are_said() {
    for (name, html) in every_page().into_iter().filter(|(name, _)| !["cities", "trouble"].contains(name)) {
        let links = html.matches("href=\"/port-fictif/register\"").count();
        assert_eq!(links, if ["sources", "about"].contains(&name) { 2 } else { 1 }, "{name}");
    }
}
