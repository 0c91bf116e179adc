//! Open data and calendars of a real web server (nginx): events with their places and times, on every output; what is
//! cancelled, and what is taken out.

use std::path::Path;
use std::time::{Duration, Instant};

use jiff::fmt::strtime;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::support::network::SimulatedNetwork;
use crate::support::nginx::Nginx;
use crate::support::server::{CITY, Server};

const SQUARE: &str =
    r#"{"type":"Polygon","coordinates":[[[-1.6,47.1],[-1.4,47.1],[-1.4,47.3],[-1.6,47.3],[-1.6,47.1]]]}"#;
const RECORDS: &str = "api/explore/v2.1/catalog/datasets/agenda/records";

/// So many hours from now.
fn at(hours: i64) -> jiff::Timestamp {
    let now = parvis::clock::Clock::now(&parvis::clock::SystemClock).plus_seconds(hours * 3_600);
    jiff::Timestamp::from_second(now.as_micros() / 1_000_000).unwrap()
}

/// An event in so many hours, as OpenAgenda's dataset has it.
fn event(uid: &str, title: &str, hours: i64, state: &str) -> Value {
    json!({
        "uid": uid, "title_fr": title, "description_fr": "Entrée libre.",
        "canonicalurl": format!("https://openagenda.example/{uid}"),
        "firstdate_begin": at(hours).to_string(), "lastdate_end": at(hours + 2).to_string(),
        "location_name": "Salle des Tanneurs", "location_address": "3 rue du Quai",
        "location_coordinates": {"lon": -1.5536, "lat": 47.2184},
        "status": json!({"id": 1, "label": {"fr": state}}).to_string(),
    })
}

fn publish(site: &Path, events: &[Value]) {
    let answer = json!({"total_count": events.len(), "results": events});
    std::fs::create_dir_all(site.join(RECORDS).parent().unwrap()).unwrap();
    std::fs::write(site.join(RECORDS), answer.to_string()).unwrap();
}

fn calendar(site: &Path, title: &str, hours: i64, more: &str) {
    let zoned = at(hours).to_zoned(TimeZone::UTC);
    let start = strtime::format("%Y%m%dT%H%M%SZ", &zoned).unwrap();
    let text = format!(
        "BEGIN:VCALENDAR\r\nX-WR-CALNAME:Comité des fêtes\r\nBEGIN:VEVENT\r\nUID:1@fetes.example\r\nDTSTART:{start}\r\n\
         DURATION:PT3H\r\nSUMMARY:{title}\r\nLOCATION:Place\\, du Marché\r\nGEO:47.25;-1.45\r\n{more}END:VEVENT\r\nEND:VCALENDAR\r\n"
    );
    std::fs::write(site.join("agenda.ics"), text).unwrap();
}

/// Waits until the city's posts are these, by the first line of each; returns them in this order.
async fn shown(server: &Server, titles: &[&str], holds: impl Fn(&[Value]) -> bool) -> Vec<Value> {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let posts = server.posts().await;
        let is_of = |post: &&Value, title: &str| post["text"].as_str().unwrap().lines().next() == Some(title);
        let found: Vec<Value> =
            titles.iter().filter_map(|title| posts.iter().find(|post| is_of(post, title)).cloned()).collect();
        if found.len() == titles.len() && posts.len() == titles.len() && holds(&found) {
            return found;
        }
        assert!(Instant::now() < deadline, "{posts:#?} instead of {titles:?}; log: {}", server.log_text());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn feature_24_an_agenda_is_shown_with_its_places_and_follows_its_sources() {
    let site = tempfile::tempdir().unwrap();
    publish(
        site.path(),
        &[
            event("1", "Bal", 5, "Programmé"),
            event("2", "Conte", 30, "Programmé"),
            event("3", "Dans deux mois", 1_500, "Programmé"),
        ],
    );
    calendar(site.path(), "Marché de nuit", 8, "");
    let nginx = Nginx::serve(site.path(), "types { text/calendar ics; } default_type application/json;");
    let network = SimulatedNetwork::start().await;
    let mut server = Server::prepare_with(&network, "[source.feed]\n[source.opendata]\nevery_seconds = 60\n");
    let cities = server.folder.path().join("cities");
    std::fs::write(cities.join("ville.geojson"), SQUARE).unwrap();
    let city = CITY.replacen("languages", "insee = \"44999\"\nboundary = \"ville.geojson\"\nlanguages", 1);
    let (portal, ics) = (nginx.url("portail", ""), nginx.url("fetes", "/agenda.ics"));
    let file = format!(
        "{city}[[opendata]]\npreset = \"openagenda\"\nportal = \"{portal}\"\ndataset = \"agenda\"\nname = \"Ville\"\n\
         [[feed]]\nurl = \"{ics}\"\nlane = \"agenda\"\n"
    );
    std::fs::write(cities.join("ville.toml"), &file).unwrap();
    server.start();
    let posts = shown(&server, &["Bal", "Conte", "Marché de nuit"], |_| true).await;
    let [ball, _, market] = &posts[..] else { panic!() };
    assert_eq!(ball["text"], "Bal\nSalle des Tanneurs, 3 rue du Quai\nEntrée libre.");
    assert_eq!(
        (&ball["network"], &ball["lane"], &ball["tier"]),
        (&json!("opendata"), &json!("agenda"), &json!("invited"))
    );
    assert_eq!((&ball["author"]["name"], &ball["author"]["official"]), (&json!("Ville"), &json!("Ville")));
    let rules: Vec<&Value> = ball["reasons"].as_array().unwrap().iter().map(|reason| &reason["rule"]).collect();
    assert_eq!(rules, ["geotag", "account"]);
    assert_eq!((&ball["cancelled"], &ball["automated"]), (&json!(false), &json!(true)));
    assert!(ball["starts_at"].is_string() && ball["ends_at"] == ball["expires_at"], "{ball}");
    let near = |post: &Value, lat: f64| (post["location"]["lat"].as_f64().unwrap() - lat).abs() < 0.01;
    assert!(near(ball, 47.2184) && ball["location"]["precision_m"] == 1_000, "{ball}");
    assert_eq!((&market["network"], &market["author"]["name"]), (&json!("feed"), &json!("Comité des fêtes")));
    assert!(near(market, 47.25) && market["text"] == "Marché de nuit\nPlace, du Marché", "{market}");
    let page = server.text("/ville?lane=agenda").await.1;
    assert!(page.contains("Salle des Tanneurs") && page.contains("données ouvertes de portail.localhost"), "{page}");
    let sources = server.text("/ville/sources").await.1;
    assert!(sources.contains("portail.localhost") && !sources.contains("Aucun jeu de données"), "{sources}");

    // Cancelled in one, taken out of the other, and one that has gone on: all in one round.
    server.kill();
    publish(site.path(), &[event("1", "Bal", 5, "Annulé"), event("3", "Dans deux mois", 1_500, "Programmé")]);
    calendar(site.path(), "Marché de nuit", 8, "STATUS:CANCELLED\r\n");
    server.start();
    let off = |posts: &[Value]| posts.iter().all(|post| post["cancelled"] == true);
    let again = shown(&server, &["Bal", "Marché de nuit"], off).await;
    assert_eq!((&again[0]["id"], &again[1]["id"]), (&ball["id"], &market["id"]), "and they are the same cards");
    server.wait_until_erased("Conte").await;
    let page = server.text("/ville?lane=agenda").await.1;
    assert!(page.contains("Annulé. Le "), "{page}");
    let asked = nginx.answered();
    assert!(asked.iter().any(|line| line.contains("location_insee") && line.contains("Parvis/")), "{asked:#?}");
    server.stop();

    // The same answer from a file, as this city's selection of the dataset.
    let recorded = site.path().join(RECORDS).display().to_string();
    let address = format!("{portal}/explore/dataset/agenda/?where=location_insee%3D%2244999%22");
    let replay = |address: &str| {
        let output = server.command(&["replay", "--source", "opendata", &recorded, "--address", address, "--json"]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice::<Value>(&output.stdout).unwrap()
    };
    assert_eq!(replay(&address), json!({"frames": 2, "outcomes": {"admitted": 1, "event.other": 1}}));
    assert_eq!(
        replay("https://ailleurs.example/"),
        json!({"frames": 2, "outcomes": {"refused.malformed": 2}}),
        "nobody's fields are known there"
    );
}
