use std::sync::Arc;

use actix_web::{App, test, web};

use crate::config::PrivacySettings;
use crate::domain::*;
use crate::http::page::words::Language;
use crate::http::page::{AskPage, Charter, PageContext, PageSettings, render_about, render_ask, render_people};

use super::samples::{Samples, city, context, now, state};

fn body(kind: OfficialKind, name: &str, accounts: &[(Network, &str)]) -> Official {
    let account = |(network, handle): &(Network, &str)| AccountRef { network: *network, handle: (*handle).into() };
    Official {
        name: name.into(),
        group: "ville".into(),
        kind,
        accounts: accounts.iter().map(account).collect(),
        listing: Listing::default(),
    }
}

/// A town hall on three networks, the mayor, a paper, an account of which nothing is said, a site.
fn listing() -> City {
    let mut city = city();
    city.officials = vec![
        body(
            OfficialKind::Institution,
            "Ville de Port-Fictif",
            &[(Network::Bluesky, "port-fictif.example"), (Network::Mastodon, "ville@social.example")],
        ),
        body(OfficialKind::Elected, "Ana Fictive", &[(Network::Bluesky, "ana.example")]),
        body(OfficialKind::Press, "Le Phare", &[(Network::Bluesky, "phare.example")]),
    ];
    city.recipe.accounts = ["port-fictif.example", "inconnu.example"]
        .map(|handle| AccountRef { network: Network::Bluesky, handle: handle.into() })
        .into();
    city.feeds = vec![FeedRef { url: "https://www.mairie.example/rss".into(), lane: Lane::Info }];
    city
}

fn english() -> PageContext {
    PageContext { language: Language::English, language_asked: true, ..context() }
}

fn of_operator() -> PageContext {
    let privacy = PrivacySettings {
        controller: "Association <du Port>".into(),
        contact: "parvis@port.example".into(),
        ..PrivacySettings::default()
    };
    let settings = PageSettings { privacy, ..PageSettings::default() };
    PageContext { settings: Arc::new(settings), ..context() }
}

fn read() -> AskPage {
    AskPage {
        read: vec![Network::Bluesky, Network::Mastodon],
        answers: Some(Answers::default()),
        offices: Some(vec![(Role::Contributor, 2)]),
    }
}

/// What stands under a heading.
fn under<'a>(html: &'a str, heading: &str) -> &'a str {
    let section = html.split("<h2>").find(|section| section.starts_with(heading));
    section.unwrap_or_else(|| panic!("no {heading} in {html}"))
}

#[actix_web::test]
async fn s34_everyone_listed_stands_under_their_kind_with_a_link_and_an_unknown_kind_is_said() {
    let html = render_people(&context(), &listing());
    for (kind, link, name) in [
        ("Institutions", "https://bsky.app/profile/port-fictif.example", "<strong>Ville de Port-Fictif</strong>"),
        ("Institutions", "https://social.example/@ville", "@ville@social.example sur Mastodon"),
        ("Élues et élus", "https://bsky.app/profile/ana.example", "<strong>Ana Fictive</strong>"),
        ("Presse", "https://bsky.app/profile/phare.example", "<strong>Le Phare</strong>"),
        ("Nature inconnue", "https://bsky.app/profile/inconnu.example", "@inconnu.example sur Bluesky"),
        ("Flux de sites", "https://www.mairie.example/rss", "mairie.example</a> <span class=\"hint\">Infos</span>"),
    ] {
        let section = under(&html, kind);
        assert!(section.contains(&format!("href=\"{link}\"")) && section.contains(name), "{kind}: {section}");
    }
    assert!(!under(&html, "Nature inconnue").contains("port-fictif.example"), "of this one the kind is said");
    assert!(!html.contains("<h2>Associations") && !html.contains("<h2>Services publics"), "none is listed");
    assert!(under(&html, "Institutions").contains("<span class=\"hint\">ville</span>"), "the city's own word");
    assert!(under(&html, "Institutions").contains("href=\"/port-fictif/ask\""));
    assert!(!under(&html, "Élues et élus").contains("href=\"/port-fictif/ask\""), "they are no town hall");
}

#[actix_web::test]
async fn feature_16_s52_what_is_proven_and_why_and_until_when_is_said_of_whom_it_is_known() {
    let mut city = listing();
    city.officials[0].listing = Listing {
        site: Some("port-fictif.example".into()),
        reason: "Répond aux <habitants>.".into(),
        since: "2026-09-01".parse().ok(),
        until: "2026-12-31".parse().ok(),
    };
    let html = render_people(&context(), &city);
    let institutions = under(&html, "Institutions");
    let proven = "<span class=\"hint\">prouvé par le domaine port-fictif.example</span>";
    assert_eq!(institutions.matches(proven).count(), 1, "of its own name alone: {institutions}");
    assert!(institutions.contains(&format!("@port-fictif.example sur Bluesky</a> {proven}")), "{institutions}");
    let why = "Répond aux &#60;habitants&#62;. Du mardi 1er septembre 2026 au jeudi 31\u{a0}décembre 2026.";
    let plain = |text: &str| text.replace(['\u{202f}', '\u{a0}'], " ");
    assert!(plain(institutions).contains(&plain(why)), "{institutions}");
    assert!(!under(&html, "Presse").contains("class=\"help\"") && !under(&html, "Presse").contains("prouvé"));
}

#[actix_web::test]
async fn a_sender_stands_under_its_kind() {
    let sender = PushSender {
        key: "transport".into(),
        name: "Transports du Port".into(),
        kind: OfficialKind::Service,
        lane: Lane::Info,
        secrets: Vec::new(),
        per_hour: 1,
    };
    let html = render_people(&context(), &City { pushes: vec![sender], ..city() });
    let services = under(&html, "Services publics");
    assert!(services.contains("Transports du Port") && services.contains("envoi direct, signé"), "{services}");
}

#[actix_web::test]
async fn s53_the_list_is_no_approval_is_the_operators_word_and_tells_how_to_be_on_it() {
    for city in [listing(), city()] {
        let html = render_people(&of_operator(), &city);
        for said in [
            "Être listé n’est pas une approbation",
            "ne veut pas dire «\u{a0}bruit\u{a0}»",
            "Publier un message n’y fait entrer personne.",
            "La liste est tenue par Association &#60;du Port&#62;, dans le fichier de la ville.",
            "reste la parole de qui tient la liste",
            "Écrivez à parvis@port.example",
            "href=\"/port-fictif/recipe\"",
            "href=\"/port-fictif/leave\"",
        ] {
            assert!(html.contains(said), "{said} in {html}");
        }
    }
    let nobody = render_people(&context(), &city());
    assert!(nobody.contains("par qui administre ce serveur") && nobody.contains("Aucune adresse n’est indiquée"));
    assert!(nobody.contains("ne liste aucun compte"), "{nobody}");
    assert!(!render_people(&context(), &listing()).contains("ne liste aucun compte"));
}

#[actix_web::test]
async fn s47_the_town_hall_is_asked_on_each_of_its_networks_and_nobody_else_is() {
    let html = render_ask(&context(), &listing(), &read());
    let who = under(&html, "À qui écrire");
    for said in [
        "href=\"https://bsky.app/profile/port-fictif.example\"",
        "href=\"https://bsky.app/intent/compose?text=%40port-fictif.example%20\"",
        "href=\"https://social.example/@ville\"",
        "ajoutez #ParvisPortFictif",
        "Sur Bluesky, tout message public",
    ] {
        assert!(who.contains(said), "{said} in {who}");
    }
    assert!(!html.contains("ana.example") && !html.contains("phare.example"), "{html}");
    assert_eq!(html.matches("intent/compose").count(), 1, "none on Mastodon");
    let unread = render_ask(&context(), &listing(), &AskPage { read: vec![Network::Mastodon], ..read() });
    assert!(unread.contains("Bluesky n’est pas lu ici") && !unread.contains("intent/compose"), "{unread}");
}

#[actix_web::test]
async fn s47_a_town_without_an_account_says_so_and_where_else_it_is() {
    let mut without = listing();
    without.officials.remove(0);
    without.participation = Some("https://participer.example".into());
    let html = render_ask(&context(), &without, &read());
    assert!(html.contains("ne donne aucun compte de la mairie"), "{html}");
    for hidden in ["À qui écrire", "Ce que devient", "Quand le bureau", "Comment la ville répond"] {
        assert!(!html.contains(hidden), "{hidden}");
    }
    let other = under(&html, "Autrement");
    for said in ["https://participer.example", "https://www.mairie.example/rss", "/port-fictif/people"] {
        assert!(other.contains(said), "{said} in {other}");
    }
}

#[actix_web::test]
async fn s48_the_share_and_the_delay_are_told_when_there_is_enough_to_tell() {
    let said = |asked, answered, usual_delay_minutes| {
        let answers = Some(Answers { asked, answered, usual_delay_minutes });
        let html = render_ask(&context(), &listing(), &AskPage { answers, ..read() });
        under(&html, "Comment la ville répond").to_owned()
    };
    let enough = said(6, 5, Some(90));
    assert!(enough.contains("<dd>5, soit 83\u{a0}%</dd>") && enough.contains("<dd>2 heures</dd>"), "{enough}");
    assert!(enough.contains("/api/v1/cities/port-fictif/answers") && enough.contains("calculés, pas saisis"));
    let few = said(4, 3, None);
    assert!(few.contains("<dd>3</dd>") && few.contains("trop peu de réponses publiques"), "{few}");
    assert!(!few.contains("soit"), "no share of four: {few}");
    let none = said(0, 0, None);
    assert!(none.contains("aucun message n’attendait de réponse") && !none.contains("<dd>"), "{none}");
    let unread = render_ask(&context(), &listing(), &AskPage { answers: None, ..read() });
    assert!(!unread.contains("Comment la ville répond"), "{unread}");
}

#[actix_web::test]
async fn s48_the_hours_are_the_towns_own_and_it_is_said_where_they_are_not() {
    let mut city = listing();
    let assumed = render_ask(&context(), &city, &read());
    assert!(under(&assumed, "Quand le bureau").contains("La ville n’a pas donné d’horaires"));
    city.office_hours = OfficeHours::parse("sat 09:00-12:00").unwrap();
    let own = render_ask(&context(), &city, &read());
    let hours = under(&own, "Quand le bureau");
    assert!(hours.contains("<dt>Samedi</dt><dd>de 09:00 à 12:00</dd>") && !hours.contains("n’a pas donné"), "{hours}");
}

#[actix_web::test]
async fn nobody_at_the_desk_is_said_before_somebody_waits_for_an_answer() {
    for (offices, expected) in [
        (Some(vec![]), true),
        (Some(vec![(Role::Moderator, 2), (Role::Publisher, 0)]), true),
        (Some(vec![(Role::Publisher, 1)]), false),
        (None, false),
    ] {
        let html = render_ask(&context(), &listing(), &AskPage { offices: offices.clone(), ..read() });
        assert_eq!(html.contains("n’attendez pas de réponse"), expected, "{offices:?}");
    }
}

#[actix_web::test]
async fn emergencies_are_sent_to_the_numbers_of_the_country_where_it_is_known() {
    for (country, said, unsaid) in [
        (Some("FR"), "112, ou le 15", "911"),
        (Some("CA"), "appelez le 911", "112"),
        (Some("CH"), "144", "911"),
        (Some("XX"), "appelez les secours", "112"),
        (None, "appelez les secours", "112"),
    ] {
        let city = City { country: country.map(str::to_owned), ..listing() };
        let html = render_ask(&context(), &city, &read());
        let warning = html.split("class=\"warning\">").nth(1).unwrap().split("</p>").next().unwrap();
        assert!(warning.contains(said) && !warning.contains(unsaid), "{country:?}: {warning}");
    }
}

#[actix_web::test]
async fn h3_what_a_citys_file_says_stays_text() {
    let hostile = "\"><script>alert(1)</script>";
    let mut city = listing();
    city.name = hostile.into();
    city.participation = Some("javascript:alert(1)".into());
    city.feeds.push(FeedRef { url: format!("javascript:{hostile}"), lane: Lane::Info });
    city.recipe.accounts.push(AccountRef { network: Network::Bluesky, handle: hostile.into() });
    let accounts = [(Network::Bluesky, hostile), (Network::Mastodon, "a@b.example/\"><script>")];
    city.officials.push(Official { group: hostile.into(), ..body(OfficialKind::Service, hostile, &accounts) });
    for html in [
        render_people(&context(), &city),
        render_ask(&context(), &city, &read()),
        render_about(&context(), &city, &Charter::default()),
    ] {
        assert!(!html.contains("<script>") && !html.contains("href=\"javascript"), "{html}");
    }
}

#[actix_web::test]
async fn s54_s58_the_charter_says_who_keeps_the_desk_when_and_how_much_is_blocked() {
    let one = |measure, count| InForce { measure, motive: Motive::ALL[0], count };
    let charter = Charter {
        offices: Some(vec![(Role::Moderator, 2)]),
        in_force: Some(vec![one(Measure::Hide, 2), one(Measure::BlockAuthor, 1), one(Measure::BlockAuthor, 2)]),
    };
    let html = render_about(&context(), &listing(), &charter);
    for said in [
        "Modération\u{a0}: 2 comptes",
        "Du lundi au vendredi\u{a0}: de 09:00 à 17:00.",
        "5 décisions sont en vigueur. 3 comptes sont bloqués.",
        "href=\"/port-fictif/moderation\"",
        "href=\"/port-fictif/people\"",
        "href=\"/port-fictif/ask\"",
    ] {
        assert!(html.contains(said), "{said} in {html}");
    }
    let none = Charter { offices: Some(Vec::new()), in_force: Some(Vec::new()) };
    let html = render_about(&context(), &listing(), &none);
    assert!(
        html.contains("Personne n’a encore de compte à ce bureau") && html.contains("Aucune décision n’est en vigueur")
    );
    let unread = render_about(&context(), &listing(), &Charter::default());
    assert!(!unread.contains("en vigueur") && !unread.contains("Personne n’a encore"), "{unread}");
}

#[actix_web::test]
async fn both_pages_are_served_in_both_languages_and_without_the_store() {
    let waiting = || Asked { at: now().plus_seconds(-3_600), answering: Answering::Open };
    for broken in [false, true] {
        let asked = (0..7).map(|_| waiting()).collect();
        let samples = Samples { cities: vec![Arc::new(listing())], asked, broken, ..Samples::default() };
        let pages = state(Arc::new(samples), PageSettings::default());
        let app = App::new().app_data(web::Data::new(pages)).configure(super::super::configure);
        let app = test::init_service(app).await;
        for (address, title) in [
            ("people", "<h1>Qui est listé sur la place de Port-Fictif</h1>"),
            ("people?hl=en", "<h1>Who is listed on the square of Port-Fictif</h1>"),
            ("ask", "<h1>Poser une question à la mairie</h1>"),
            ("ask?hl=en", "<h1>Ask the town hall</h1>"),
        ] {
            let request = test::TestRequest::get().uri(&format!("/port-fictif/{address}")).to_request();
            let answer = test::call_service(&app, request).await;
            assert_eq!(answer.status().as_u16(), 200, "{address}");
            let policy = answer.headers().get("content-security-policy").unwrap().to_str().unwrap();
            assert!(policy.contains("default-src 'none'"));
            let html = String::from_utf8(test::read_body(answer).await.to_vec()).unwrap();
            let language = if address.ends_with("en") { "<html lang=\"en\"" } else { "<html lang=\"fr\"" };
            assert!(html.contains(title) && html.contains(language), "{address}: {html}");
            // Nothing of it is fetched from elsewhere.
            assert!(
                !html.contains("src=\"http") && !html.contains("<link rel=\"stylesheet\" href=\"http"),
                "{address}"
            );
            assert_eq!(html.contains("<dd>7</dd>"), address.starts_with("ask") && !broken, "{address} {broken}");
        }
    }
    let carried = render_people(&english(), &listing());
    assert!(carried.contains("href=\"/port-fictif/ask?hl=en\""), "{carried}");
}
