mod agrees;

use geo::{LineString, MultiPolygon, Polygon};

use super::*;
use crate::domain::{
    Around, AuthorId, City, CityId, ExactPoint, Hashtag, IdKey, KnownPost, Lane, Listing, LocationOrigin, Look,
    NativeId, Network, Official, OfficialKind, Post, PostId, Recipe, Reply, Schedule, Timestamp, Zone,
};

fn square(west: f64, south: f64, side: f64) -> MultiPolygon<f64> {
    let (east, north) = (west + side, south + side);
    let ring = vec![(west, south), (east, south), (east, north), (west, north), (west, south)];
    MultiPolygon::new(vec![Polygon::new(LineString::from(ring), Vec::new())])
}

fn strings(terms: &[&str]) -> Vec<String> {
    terms.iter().map(|&term| term.to_owned()).collect()
}

fn zone(name: &str, boundary: Option<MultiPolygon<f64>>, below_cell: bool, places: &[&str]) -> Zone {
    Zone { name: name.into(), boundary, below_cell, places: strings(places) }
}

fn city(slug: &str, recipe: Recipe) -> City {
    City {
        id: CityId::new(slug),
        name: slug.to_uppercase(),
        country: Some("FR".into()),
        timezone: "Europe/Paris".into(),
        languages: strings(&["fr"]),
        boundary: None,
        zones: Vec::new(),
        around: None,
        recipe,
        recipe_hash: "0123456789abcdef".into(),
        officials: Vec::new(),
        feeds: Vec::new(),
        mastodon: Vec::new(),
        pushes: Vec::new(),
        datasets: Vec::new(),
        participation: None,
        office_hours: Default::default(),
        approve_notices: false,
        on_duty: Default::default(),
        look: Look { accent: "#123456".into(), accent_dark: "#abcdef".into() },
        attribution: Vec::new(),
    }
}

/// A town with everything that a recipe can have.
fn nantes() -> City {
    City {
        boundary: Some(square(-1.6, 47.2, 0.1)),
        zones: vec![
            zone("Place Royale", Some(square(-1.56, 47.21, 0.002)), true, &[]),
            zone("Centre-ville", Some(square(-1.57, 47.2, 0.03)), false, &["Bouffay", "Commerce"]),
            zone("Île de Nantes", None, false, &["Machines de l'Île", "Nantes Sud"]),
        ],
        around: Some(Around {
            name: "Nantes Métropole".into(),
            boundary: Some(square(-1.8, 47.0, 0.5)),
            hashtags: strings(&["NantesMetropole"]),
        }),
        officials: vec![Official {
            name: "Le Journal".into(),
            group: "presse".into(),
            kind: OfficialKind::Press,
            accounts: Vec::new(),
            listing: Listing::default(),
        }],
        ..city(
            "nantes",
            Recipe {
                invite: Some("ParvisNantes".into()),
                hashtags: strings(&["Nantes", "naoned"]),
                words: strings(&["nantes", "cité des ducs"]),
                all_of: vec![strings(&["concert", "LoireAtlantique"])],
                ambiguous: strings(&["fcn", "erdre"]),
                context: strings(&["Loire", "fcn"]),
                assembly: strings(&["manif44"]),
                exclude_hashtags: strings(&["nantesusa"]),
                exclude_words: strings(&["nantes quebec"]),
                ..Recipe::default()
            },
        )
    }
}

fn post(text: &str) -> Post {
    let tags = text.split_whitespace().filter(|word| word.starts_with('#')).filter_map(Hashtag::new).collect();
    let native_id = NativeId::new("at://did:plc:ada/app.bsky.feed.post/1");
    Post {
        id: PostId::derive(&IdKey::new([0; 32]), Network::Bluesky, &native_id),
        network: Network::Bluesky,
        native_id,
        author: AuthorId::new("did:plc:ada"),
        url: None,
        text: text.to_owned(),
        facets: Vec::new(),
        languages: strings(&["fr"]),
        created_at: Timestamp::default(),
        edited_at: None,
        date_corrected: false,
        revision: String::new(),
        tags,
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
    }
}

fn reply(text: &str) -> Post {
    let parent = NativeId::new("at://did:plc:bob/app.bsky.feed.post/1");
    Post { reply: Some(Reply { root: parent.clone(), parent }), ..post(text) }
}

fn at(lon: f64, lat: f64, post: Post) -> Post {
    Post { point: ExactPoint::new(lon, lat).map(|point| (point, LocationOrigin::Geotag)), ..post }
}

fn listed_as(name: &str, body: Option<&str>) -> ListedAccounts {
    let mut listed = ListedAccounts::default();
    let listed_as = ListedAs { name: name.into(), body: body.map(str::to_owned), lane: None };
    listed.insert(Network::Bluesky, AuthorId::new("did:plc:ada"), CityId::new("nantes"), listed_as);
    listed
}

fn ask(post: &Post, listed: &ListedAccounts, thread: Option<&KnownPost>) -> Matches {
    let cities = CitySet::compile(vec![nantes()]);
    let context = MatchContext { listed, thread };
    let matches = cities.matches(post, &context);
    assert_eq!(matches, naive::matches(cities.cities(), post, &context));
    matches
}

fn matched(post: &Post) -> Option<Match> {
    ask(post, &ListedAccounts::default(), None).found.pop()
}

/// The reasons as a list of `rule:value`.
fn why(found: Option<&Match>) -> Vec<String> {
    let reasons = found.map(|found| found.reasons.as_slice()).unwrap_or_default();
    reasons.iter().map(|reason| format!("{}:{}", reason.rule.as_str(), reason.value)).collect()
}

fn reasons(post: &Post) -> Vec<String> {
    why(matched(post).as_ref())
}

#[test]
fn each_rule_admits_by_itself_and_says_so() {
    assert_eq!(reasons(&post("Bonjour #parvisnantes")), ["invite:ParvisNantes"]);
    assert_eq!(reasons(&reply("#NAONED #nantes")), ["hashtag:Nantes", "hashtag:naoned"]);
    assert_eq!(reasons(&post("Le château, la Cité des Ducs, à NANTES")), ["word:cité des ducs", "word:nantes"]);
    assert_eq!(reasons(&post("#concert #loireatlantique")), ["all_of:concert+LoireAtlantique"]);
    assert_eq!(reasons(&post("#concert à Paris")), Vec::<String>::new());
    assert_eq!(reasons(&at(-1.59, 47.29, post("Bonjour"))), ["geotag:NANTES"]);
    assert_eq!(reasons(&post("Le nantais, la nantaise")), Vec::<String>::new(), "whole words only");
}

#[test]
fn q01_words_are_guarded_by_network_thread_and_language() {
    let text = "Un matin à Nantes";
    assert_eq!(reasons(&post(text)), ["word:nantes"]);
    assert_eq!(reasons(&reply(text)), Vec::<String>::new());
    assert_eq!(reasons(&Post { network: Network::Mastodon, ..post(text) }), Vec::<String>::new());
    assert_eq!(reasons(&Post { languages: strings(&["en"]), ..post(text) }), Vec::<String>::new());
    assert_eq!(reasons(&Post { languages: Vec::new(), ..post(text) }), Vec::<String>::new());
    assert_eq!(reasons(&Post { languages: strings(&["en", "fr"]), ..post(text) }), ["word:nantes"]);
}

#[test]
fn s04_an_ambiguous_term_needs_something_local_beside_it() {
    assert_eq!(reasons(&post("Allez #FCN, un soir de Loire")), ["ambiguous:fcn + Loire"]);
    assert_eq!(reasons(&post("#fcn #Bouffay")), ["ambiguous:fcn + Bouffay"]);
    assert_eq!(reasons(&post("#fcn #nantesmetropole")), ["ambiguous:fcn + Nantes Métropole"]);
    assert_eq!(reasons(&post("le fcn place royale")), ["ambiguous:fcn + Place Royale"]);
    let alone = matched(&post("#fcn ce soir")).expect("it waits for a moderator");
    assert!(alone.ambiguous && why(Some(&alone)) == ["ambiguous:fcn"], "a term does not vouch for itself");
    assert_eq!(reasons(&reply("le fcn sur la Loire")), Vec::<String>::new(), "as a word it is guarded like words");
    assert_eq!(reasons(&post("#fcn #naoned")), ["hashtag:naoned"], "something else admits it");
    let geotagged = reasons(&at(-1.59, 47.29, post("#fcn")));
    assert_eq!(geotagged, ["ambiguous:fcn + NANTES", "geotag:NANTES"]);
    let by_listed = ask(&reply("#fcn"), &listed_as("Ville", None), None).found;
    assert_eq!(why(by_listed.first()), ["ambiguous:fcn + Ville"]);
}

#[test]
fn exclude_refuses_what_anything_admits() {
    for text in ["#nantes #NantesUSA", "#parvisnantes à Nantes (Québec)"] {
        let matches = ask(&post(text), &listed_as("Ville", None), None);
        assert!(matches.found.is_empty() && matches.excluded, "{text}");
    }
    assert!(!ask(&post("#nantesusa"), &ListedAccounts::default(), None).excluded, "nothing admitted it");
}

#[test]
fn q04_the_neighbourhood_has_its_own_lane() {
    let around = matched(&post("Bonjour #nantesmetropole")).expect("admitted");
    assert_eq!((why(Some(&around)), around.lane), (vec!["around:NantesMetropole".to_owned()], Lane::Around));
    let around = matched(&at(-1.7, 47.1, post("Bouffay"))).expect("admitted");
    assert_eq!((why(Some(&around)), around.located), (vec!["around:Nantes Métropole".to_owned()], true));
    assert_eq!(around.zone, None, "it is not in the city");
    let inside = matched(&at(-1.7, 47.1, post("#nantes #nantesmetropole"))).expect("admitted");
    assert_eq!(inside.lane, Lane::People, "the city itself comes first");
}

#[test]
fn q06_a_place_named_in_the_text_gives_a_zone_and_never_a_point() {
    let zone = |text: &str| matched(&post(text)).and_then(|found| found.zone);
    let from_text = |name: &str| Some(ZoneHit { name: name.into(), from_text: true });
    assert_eq!(zone("#nantes marché du BOUFFAY"), from_text("Centre-ville"));
    assert_eq!(zone("#nantes Bouffay et Commerce, au centre ville"), from_text("Centre-ville"));
    assert_eq!(zone("#nantes du Bouffay aux Machines de l'île"), None, "two zones");
    assert_eq!(zone("#nantes la bouffayette"), None);
    let found = matched(&post("#nantes Bouffay")).expect("admitted");
    assert!(!found.located);
}

#[test]
fn l29_a_point_gives_its_zone_unless_that_zone_is_too_small_for_a_person() {
    let in_both = at(-1.559, 47.211, post("#naoned"));
    let zone = matched(&in_both).and_then(|found| found.zone);
    assert_eq!(zone, Some(ZoneHit { name: "Centre-ville".into(), from_text: false }));
    assert_eq!(reasons(&in_both), ["hashtag:naoned", "geotag:Centre-ville"]);
    let listed = ask(&in_both, &listed_as("Ville", None), None).found;
    let zone = listed.first().and_then(|found| found.zone.clone());
    assert_eq!(zone, Some(ZoneHit { name: "Place Royale".into(), from_text: false }));
}

#[test]
fn l42_assembly_tags_give_no_zone() {
    for text in ["#naoned #manif44 au Bouffay", "#naoned #dd1302 au Bouffay"] {
        let found = matched(&at(-1.559, 47.211, post(text))).expect("admitted");
        assert!(found.assembly && found.zone.is_none(), "{text}");
        assert_eq!(why(Some(&found)), ["hashtag:naoned", "geotag:NANTES"]);
    }
    assert!(!matched(&post("#nantes #nantes2026")).expect("admitted").assembly);
}

#[test]
fn q07_replies_in_an_admitted_thread_belong_to_it() {
    let root = PostId::from_u64(42);
    let known =
        KnownPost { id: PostId::from_u64(7), thread: root, cities: vec![CityId::new("nantes")], queued: vec![] };
    let ask = |post: &Post, known: &KnownPost| ask(post, &ListedAccounts::default(), Some(known)).found.pop();
    let found = ask(&reply("merci !"), &known).expect("admitted");
    assert_eq!((why(Some(&found)), found.thread), (vec![format!("thread:{}", root.token())], Some(root)));
    let found = ask(&reply("merci #nantes"), &known).expect("admitted");
    assert_eq!((found.reasons.len(), found.thread), (2, None), "it would be here without its thread");
    assert_eq!(ask(&post("merci !"), &known), None, "no reply");
    let elsewhere = KnownPost { cities: vec![CityId::new("rennes")], ..known };
    assert_eq!(ask(&reply("merci !"), &elsewhere), None);
}

#[test]
fn s10_what_has_a_beginning_stands_in_the_agenda_unless_its_city_says_where() {
    let schedule = Schedule { starts_at: Some(Timestamp::default()), ..Schedule::default() };
    let concert = Post { schedule, ..post("Concert #nantes") };
    let found = ask(&concert, &ListedAccounts::default(), None).found.pop().expect("admitted");
    assert_eq!(found.lane, Lane::Agenda);
    let found = ask(&concert, &listed_as("Le Journal", Some("Le Journal")), None).found.pop().expect("admitted");
    assert_eq!(found.lane, Lane::Agenda, "whoever announces it");
    let mut in_info = ListedAccounts::default();
    let listed = ListedAs { name: "feed".into(), body: None, lane: Some(Lane::Info) };
    in_info.insert(concert.network, concert.author.clone(), CityId::new("nantes"), listed);
    assert_eq!(ask(&concert, &in_info, None).found.pop().expect("admitted").lane, Lane::Info);
}

#[test]
fn listed_accounts_speak_for_the_city_and_the_press_has_its_lane() {
    let ask = |post: &Post, body| ask(post, &listed_as("Ville", body), None).found.pop();
    let found = ask(&post("Travaux"), None).expect("admitted");
    assert_eq!((why(Some(&found)), &found.lane), (vec!["account:Ville".to_owned()], &Lane::People));
    assert_eq!(found.listed.map(|listed| listed.name).as_deref(), Some("Ville"));
    assert_eq!(ask(&post("Une"), Some("Le Journal")).map(|found| found.lane), Some(Lane::Press));
    assert_eq!(ask(&post("Une"), Some("Autre")).map(|found| found.lane), Some(Lane::People));
    assert_eq!(ask(&reply("Oui"), None), None, "top-level posts only");
    assert!(ask(&reply("Oui #nantes"), None).is_some_and(|found| found.listed.is_some()));
}

#[test]
fn reasons_are_bounded_and_in_the_order_of_the_rules() {
    let tags: Vec<String> = (0..20).map(|number| format!("tag{number:02}")).collect();
    let text: String = tags.iter().map(|tag| format!("#{tag} ")).collect();
    let recipe = Recipe { hashtags: tags, invite: Some("#Tag19".into()), ..Recipe::default() };
    let cities = CitySet::compile(vec![city("ville", recipe)]);
    let context = MatchContext { listed: &ListedAccounts::default(), thread: None };
    let found = cities.matches(&post(&text), &context).found;
    let reasons = why(found.first());
    assert_eq!(reasons.len(), 8);
    assert_eq!(reasons.first().map(String::as_str), Some("invite:Tag19"));
}

#[test]
fn a_snapshot_is_asked_for_cities_by_slug() {
    let cities = CitySet::compile(vec![nantes(), city("rennes", Recipe::default())]);
    assert_eq!(cities.cities().len(), 2);
    assert_eq!(cities.city(&CityId::new("rennes")).map(|city| city.name.as_str()), Some("RENNES"));
    assert!(cities.city(&CityId::new("brest")).is_none());
}

// Small alphabets, so that terms, places and outlines of several cities collide all the time.

#[test]
fn s50_a_desk_is_addressed_by_lasting_identity_whatever_the_recipe_says() {
    let official = |name: &str, kind| Official {
        name: name.into(),
        group: String::new(),
        kind,
        accounts: Vec::new(),
        listing: Listing::default(),
    };
    let bodies = [
        ("Ville", OfficialKind::Institution),
        ("Voirie", OfficialKind::Service),
        ("La maire", OfficialKind::Elected),
        ("Journal", OfficialKind::Press),
        ("Comité", OfficialKind::Association),
    ];
    let officials = bodies.map(|(name, kind)| official(name, kind)).to_vec();
    let other = City { officials: officials.clone(), ..city("tours", Recipe::default()) };
    let cities = CitySet::compile(vec![City { officials, ..city("nantes", Recipe::default()) }, other]);
    let mut listed = ListedAccounts::default();
    let mut list = |account: &str, body: Option<&str>, of: &str| {
        let listing = ListedAs { name: account.into(), body: body.map(str::to_owned), lane: None };
        listed.insert(Network::Bluesky, AuthorId::new(account), CityId::new(of), listing);
    };
    bodies.into_iter().for_each(|(body, _)| list(body, Some(body), "nantes"));
    list("friend", None, "nantes");
    list("Ville", Some("Ville"), "tours");
    let ask = |from: &str, to: &[&str]| {
        let addressed = to.iter().map(|account| AuthorId::new(*account)).collect();
        let post = Post { author: AuthorId::new(from), addressed, ..post("Bonjour @nantes.fr") };
        let matches = cities.matches(&post, &MatchContext { listed: &listed, thread: None });
        assert_eq!(matches, naive::matches(cities.cities(), &post, &MatchContext { listed: &listed, thread: None }));
        matches.addressed.iter().map(|city| city.as_str().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(ask("ada", &["Voirie", "stranger", "Voirie"]), ["nantes"]);
    assert_eq!(ask("ada", &["Ville"]), ["nantes", "tours"], "two cities may list one account");
    for nobody in [&["La maire"][..], &["Journal"], &["Comité"], &["friend"], &["stranger"], &[]] {
        assert!(ask("ada", nobody).is_empty(), "{nobody:?}");
    }
    assert!(ask("La maire", &["Voirie"]).is_empty(), "what the city's own bodies say is no question");
    assert_eq!(ask("La maire", &["Ville"]), ["tours"]);
    assert_eq!(ask("friend", &["Voirie"]), ["nantes"], "who is listed alone is a citizen");
    let elsewhere = Post { network: Network::Mastodon, addressed: vec![AuthorId::new("Ville")], ..post("Bonjour") };
    assert!(cities.matches(&elsewhere, &MatchContext { listed: &listed, thread: None }).is_nothing());
}
