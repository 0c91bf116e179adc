use super::*;
use crate::domain::DatasetRef;

/// A Saturday evening.
fn now() -> Timestamp {
    Timestamp::parse_rfc3339("2026-11-28T18:00:00Z").unwrap()
}

fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/fixtures/opendata/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// As a city's file has it.
pub fn dataset(entry: &str) -> DatasetRef {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ville.toml");
    std::fs::write(&file, format!("name = \"V\"\n[recipe]\nhashtags = [\"ville\"]\n[[opendata]]\n{entry}\n")).unwrap();
    crate::config::read_city(&file).unwrap().0.datasets.remove(0)
}

fn openagenda() -> Fields {
    dataset("preset = \"openagenda\"\ninsee = \"44999\"").fields
}

fn works() -> Fields {
    dataset(
        "portal = \"https://data.saint-exemple.example\"\ndataset = \"travaux\"\nlane = \"info\"\n[opendata.fields]\nid = \"numero\"\ntitle = \"objet\"\n\
         text = [\"nature\", \"gene\"]\nplace = \"rue\"\nstarts = \"date_debut\"\nends = \"date_fin\"\npoint = \"geo_shape\"\ncancelled = \"etat\"",
    )
    .fields
}

fn read_as(bytes: &[u8], fields: &Fields) -> Result<Page, RefuseReason> {
    read(bytes, fields, &TimeZone::get("Europe/Paris").unwrap(), now())
}

fn times(item: &Item) -> (Option<String>, Option<String>) {
    let schedule = item.schedule.unwrap();
    (schedule.starts_at.map(Timestamp::to_rfc3339), schedule.ends_at.map(Timestamp::to_rfc3339))
}

fn from_to(from: &str, to: &str) -> (Option<String>, Option<String>) {
    (Some(format!("{from}:00.000Z")), Some(format!("{to}:00.000Z")))
}

#[test]
fn feature_24_openagenda_is_read_with_its_places_and_the_next_of_its_times() {
    let page = read_as(&bytes("openagenda.json"), &openagenda()).unwrap();
    assert_eq!((page.records, page.total, page.items.len()), (5, Some(5), 5));
    let [ball, lock, reading, ..] = &page.items[..] else { panic!() };
    assert_eq!((&*ball.id, &*ball.title), ("10000001", "Bal de la Saint-Nicolas"));
    assert_eq!(ball.summary.text, "Orchestre & buvette. Entrée libre.");
    assert_eq!(ball.place.as_deref(), Some("Salle des Tanneurs, 3 rue du Quai 44999 Saint-Exemple"));
    assert_eq!(ball.lon_lat, Some((-1.5536, 47.2184)));
    assert_eq!(times(ball), from_to("2026-12-05T19:30", "2026-12-06T00:00"));
    assert_eq!(ball.link.as_deref(), Some("https://openagenda.example/saint-exemple/events/10000001"));
    assert_eq!(ball.tags, ["bal", "musique"]);
    assert_eq!((ball.again, ball.schedule.unwrap().cancelled), (false, false));
    assert_eq!((times(lock), lock.again), (from_to("2026-12-05T09:00", "2026-12-05T10:00"), true));
    assert!(reading.schedule.unwrap().cancelled);
    let all = format!("{page:?}");
    assert!(!all.contains("personne.privee"), "what no key names is not read");
}

#[test]
fn feature_24_the_older_interface_and_a_record_a_line_say_the_same() {
    let items = |bytes: &[u8]| read_as(bytes, &openagenda()).unwrap().items;
    let now = items(&bytes("openagenda.json"));
    let older = bytes("openagenda_v1.json");
    assert_eq!(items(&older), now);
    let older: Value = serde_json::from_slice(&older).unwrap();
    let lines: Vec<String> = older["records"].as_array().unwrap().iter().map(Value::to_string).collect();
    assert_eq!(items(lines.join("\n").as_bytes()), now);
    assert_eq!(items(format!("[{}]", lines.join(",")).as_bytes()), now);
}

#[test]
fn feature_10_works_are_read_from_fields_of_the_towns_own() {
    let page = read_as(&bytes("works.json"), &works()).unwrap();
    let [street, bridge, done] = &page.items[..] else { panic!() };
    assert_eq!((&*street.id, &*street.title), ("4071", "Rue des Tanneurs : circulation alternée"));
    assert_eq!(
        (&*street.summary.text, street.place.as_deref()),
        ("Réseau d'eau\nUne voie sur deux", Some("Rue des Tanneurs"))
    );
    let (lon, lat) = street.lon_lat.unwrap();
    assert!((lon + 1.554).abs() < 1e-9 && (lat - 47.219).abs() < 1e-9);
    assert_eq!(times(street), from_to("2026-11-22T23:00", "2026-12-12T23:00"), "the last day is whole");
    assert_eq!(
        (times(bridge), bridge.schedule.unwrap().cancelled),
        (from_to("2026-11-28T20:00", "2026-11-29T05:00"), true)
    );
    assert_eq!(done.lon_lat, None);
}

#[test]
fn h1_hostile_records_break_nothing_but_themselves() {
    let hostile = bytes("hostile.json");
    let page = read_as(&hostile, &openagenda()).unwrap();
    let ids: Vec<&str> = page.items.iter().map(|item| &*item.id).collect();
    assert_eq!(ids, ["h3", "h4", "h5", "h6", "h7", "h8", "h9", "h10", "h11", "h13"]);
    assert_eq!((page.records, page.total), (19, None));
    let of = |id: &str| page.items.iter().find(|item| item.id == id).unwrap();
    assert_eq!((&*of("h3").title, &*of("h3").summary.text), ("Titre", "Texte"));
    assert_eq!(of("h5").schedule, None);
    assert!(of("h9").schedule.is_none() && of("h10").title.len() <= 2_000);
}

#[test]
fn h2_what_is_no_answer_is_told_and_a_long_one_is_cut() {
    for bytes in [&b""[..], b"<html>", b"{", b"null", b"7", b"[]", b"{\"results\": []", b"\xff"] {
        assert_eq!(read_as(bytes, &openagenda()), Err(RefuseReason::Malformed), "{:?}", String::from_utf8_lossy(bytes));
    }
    let none = read_as(b"{\"total_count\": 0, \"results\": []}", &openagenda()).unwrap();
    assert_eq!((none.items.len(), none.total), (0, Some(0)));
    let deep = format!("{{\"results\":{}{}}}", "[".repeat(200), "]".repeat(200));
    assert_eq!(read_as(deep.as_bytes(), &openagenda()), Err(RefuseReason::TooDeep));
    let long = vec![b' '; crate::ingest::DECODE_LIMIT + 1];
    assert_eq!(read_as(&long, &openagenda()), Err(RefuseReason::Oversized));
    let many = vec!["{\"uid\":\"a\",\"title_fr\":\"b\"}"; 2_000].join("\n");
    assert_eq!(read_as(many.as_bytes(), &openagenda()).unwrap().records, LISTED_MAX);
    let wide = format!("{{\"uid\":\"a\",\"title_fr\":\"b\",\"description_fr\":\"{}\"}}", "x".repeat(100_000));
    assert_eq!(read_as(wide.as_bytes(), &openagenda()).unwrap().items[0].summary.text, "");
}

/// Records that others captured, where they lie beside the checkout: each is read with its place and times.
#[test]
fn real_events_are_read() {
    let Ok(samples) = std::env::var("PARVIS_SAMPLES") else {
        println!("PARVIS_SAMPLES is not set: the real events are not read here");
        return;
    };
    let path = format!("{samples}/openagenda/openagenda.jsonl");
    let spring = Timestamp::parse_rfc3339("2026-03-01T00:00:00Z").unwrap();
    let page = read(&std::fs::read(path).unwrap(), &openagenda(), &TimeZone::UTC, spring).unwrap();
    let whole = page.items.iter().filter(|item| {
        let times = item.schedule.is_some_and(|schedule| schedule.starts_at.is_some() && schedule.ends_at.is_some());
        times && item.lon_lat.is_some() && item.place.is_some() && item.link.is_some() && !item.title.is_empty()
    });
    println!("{} records, {} items, {} whole", page.records, page.items.len(), whole.clone().count());
    assert!(page.records > 80 && whole.count() == page.records);
}
