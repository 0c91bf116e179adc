use super::*;

const SQUARE: &str = r#"{"type":"Feature","properties":{"source":"S","licence":"L"},"geometry":{"type":"Polygon","coordinates":[[[-1.6,47.1],[-1.4,47.1],[-1.4,47.3],[-1.6,47.3],[-1.6,47.1]]]}}"#;

pub(super) fn read(toml: &str, geojson: &str) -> CityRead {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("ville.geojson"), geojson).unwrap();
    let file = folder.path().join("ville.toml");
    std::fs::write(&file, toml).unwrap();
    read_city(&file)
}

pub(super) fn refusal(toml: &str, geojson: &str) -> (usize, usize, String) {
    let problem = read(toml, geojson).unwrap_err().into_iter().find(|problem| !problem.warning).unwrap();
    (problem.line, problem.column, problem.reason)
}

const MINIMAL: &str = "name = \"Ville\"\nboundary = \"ville.geojson\"\n[recipe]\nhashtags = [\"ville\"]\n";

#[test]
fn s07_a_name_and_a_hashtag_are_enough() {
    let (city, warnings) = read("name = \"Ville\"\n[recipe]\nhashtags = [\"villefictive\"]\n", "{}").unwrap();
    assert_eq!((city.id.as_str(), city.timezone.as_str()), ("ville", "Europe/Paris"));
    let spoken = "name = \"Ville\"\nlanguages = [\"fr-CA\", \"nob\"]\n[recipe]\nhashtags = [\"villefictive\"]\n";
    assert_eq!(read(spoken, "{}").unwrap().0.languages, ["fr", "no"]);
    assert!(warnings.is_empty(), "{warnings:?}");
    let (city, _) = read(MINIMAL, SQUARE).unwrap();
    assert_eq!(city.attribution, ["S · L"]);
}

#[test]
fn every_mistake_is_named_with_its_place_and_its_mend() {
    let official = |line: &str| {
        let body = "name = \"M\"\nkind = \"institution\"\naccounts = [\"bsky:m.example\"]";
        format!("name = \"V\"\n[recipe]\nhashtags=[\"ville\"]\n[[official]]\n{body}\n{line}\n")
    };
    for (toml, line, words) in [
        ("name = \"V\"\nhastags = []\n", 2, "hastags"),
        ("name = \"V\"\ntimezone = \"Europe/Nantes\"\n[recipe]\nhashtags = [\"ville\"]\n", 2, "time zone"),
        ("name = \"V\"\n[recipe]\nhashtags = [\"--\"]\n", 3, "folded"),
        ("name = \"V\"\n", 1, "hashtag"),
        ("name = \"V\"\n[recipe]\nhashtags=[\"ville\"]\naccounts = [\"nantes.fr\"]\n", 4, "bsky:nantes.fr"),
        ("name = \"V\"\n[recipe]\nhashtags=[\"ville\"]\naccounts = [\"bsky:nantes\"]\n", 4, "whole name"),
        ("name = \"V\"\n[recipe]\nhashtags=[\"ville\"]\naccounts = [\"mastodon:ville\"]\n", 4, "whole name"),
        ("name = \"V\"\nmastodon = [\"piaille.fr\"]\n[recipe]\nhashtags=[\"ville\"]\n", 2, "not an address"),
        (
            "name = \"V\"\nmastodon = [\"https://s.example\", \"https://S.example/\"]\n[recipe]\nhashtags=[\"ville\"]\n",
            2,
            "listed already",
        ),
        ("name = \"V\"\n[recipe]\nhashtags=[\"ville\"]\n[desk]\nhours = \"mon-fri 9-17\"\n", 5, "09:00-12:30"),
        ("name = \"V\"\n[recipe]\nhashtags=[\"ville\"]\n[desk]\nclosed = [\"2026-02-30\"]\n", 5, "no such day"),
        ("name = \"V\"\n[recipe]\nhashtags=[\"ville\"]\n[desk]\nopen = true\n", 5, "open"),
        (&official("site = \"nantes.fr\""), 8, "https://ville.example"),
        (&official("site = \"https://192.0.2.1/\""), 8, "https://ville.example"),
        (&official("until = \"2026-02-30\""), 8, "no such day"),
        (&official("since = \"2026-12-31\"\nuntil = \"2026-01-01\""), 9, "before `since`"),
        (&official(&format!("reason = \"{}\"", "a".repeat(301))), 8, "at a glance"),
        ("name = \"V\"\nlanguages = [\"français\"]\n[recipe]\nhashtags=[\"ville\"]\n", 2, "BCP 47"),
        ("name = \"V\"\n[look]\naccent = \"#eeeeee\"\n[recipe]\nhashtags=[\"ville\"]\n", 3, "4.5:1"),
        ("name = \"V\"\nboundary = \"nowhere.geojson\"\n[recipe]\nhashtags=[\"ville\"]\n", 2, "nowhere.geojson"),
    ] {
        let (found, _, reason) = refusal(toml, SQUARE);
        assert_eq!(found, line, "{reason}");
        assert!(reason.contains(words), "{reason}");
    }
}

#[test]
fn a6_senders_of_deliveries_are_checked_and_no_secret_is_told() {
    let sender =
        |more: &str| format!("{MINIMAL}[[push]]\nname = \"Voirie\"\nkind = \"service\"\nlane = \"info\"\n{more}");
    let place = "secrets = [{ env = \"PARVIS_TEST_NO_SUCH_SECRET\" }]\n";
    let (city, warnings) = read(&sender(place), SQUARE).unwrap();
    let [sender_read] = &city.pushes[..] else { panic!("{:?}", city.pushes) };
    assert_eq!((&*sender_read.key, sender_read.per_hour), ("voirie", 200));
    assert_eq!(sender_read.author(&city.id).as_str(), "ville:voirie");
    assert!(warnings.iter().any(|warning| warning.reason.contains("PARVIS_TEST_NO_SUCH_SECRET is not set")));
    let again = format!("{}[[push]]\nname = \"VOIRIE !\"\nkind = \"service\"\nlane = \"info\"\n{place}", sender(place));
    let many = (0..33).map(|n| format!("[[push]]\nname = \"V{n}\"\nkind = \"service\"\nlane = \"info\"\n{place}"));
    for (toml, words) in [
        (sender("secrets = \"whsec_canary\"\n"), "a secret is not written here"),
        (sender("secrets = [\"whsec_canary\"]\n"), "a secret is not written here"),
        (sender("secrets = [{ value = \"whsec_canary\" }]\n"), "a secret is not written here"),
        (sender(&format!("{place}secret = \"whsec_canary\"\n")), "unknown field `secret`"),
        (sender("secrets = []\n"), "one secret, or two"),
        (sender("secrets = [{ env = \"A\" }, { env = \"B\" }, { env = \"C\" }]\n"), "one secret, or two"),
        (sender(""), "missing field `secrets`"),
        (sender(place).replace("info", "around"), "one of info, press"),
        (sender(place).replace("service", "council"), "one of institution"),
        (sender(place).replace("Voirie", "—"), "a letter in it"),
        (sender(&format!("{place}per_hour = 99\n")), "between 100 and 100000"),
        (again, "another sender has this name"),
        (format!("{MINIMAL}{}", many.collect::<String>()), "more than 32 senders"),
    ] {
        let (_, _, reason) = refusal(&toml, SQUARE);
        assert!(reason.contains(words) && !reason.contains("canary"), "{words}: {reason}");
    }
}

#[test]
fn bad_outlines_are_refused_with_the_mend() {
    let polygon = |ring: &str| format!(r#"{{"type":"Polygon","coordinates":[{ring}]}}"#);
    for (geojson, words) in [
        (polygon("[[-1.6,47.1],[-1.4,47.3],[-1.4,47.1],[-1.6,47.3],[-1.6,47.1]]"), "crosses itself"),
        (polygon("[[47.1,-1.6],[47.1,-1.4],[47.3,-1.4],[47.3,-1.6],[47.1,-1.6]]"), "swapped"),
        (r#"{"type":"FeatureCollection","features":[]}"#.into(), "empty"),
        (r#"{"type":"Point","coordinates":[1,2]}"#.into(), "Polygon"),
        (polygon("[[350000,6690000],[351000,6690000],[351000,6691000],[350000,6690000]]"), "WGS 84"),
        ("not json".into(), "GeoJSON"),
        (format!(r#"{{"type":"{}"}}"#, "x".repeat(10_000)), "GeoJSON"),
        (polygon("[[47.1],[],[47.3],[47.1]]"), "fewer than two numbers"),
    ] {
        let (line, _, reason) = refusal(MINIMAL, &geojson);
        assert_eq!(line, 2);
        assert!(reason.contains(words) && reason.len() < 500, "{words}: {reason}");
    }
}

#[test]
fn homonyms_and_self_vouching_terms_are_warned_of() {
    let toml = "name = \"T\"\n[recipe]\nwords = [\"tours\"]\nhashtags = [\"tours\"]\nambiguous = [\"sanitas\"]\ncontext = [\"quartier Sanitas\"]\n";
    let (_, warnings) = read(toml, "{}").unwrap();
    let reasons: Vec<&str> = warnings.iter().map(|warning| warning.reason.as_str()).collect();
    let common: Vec<usize> =
        warnings.iter().filter(|warning| warning.reason.contains("common word")).map(|warning| warning.line).collect();
    assert_eq!(common, [3, 4], "{reasons:?}");
    assert!(reasons.iter().any(|reason| reason.contains("vouch for itself")), "{reasons:?}");
}

#[test]
fn s07_zones_that_overlap_or_lie_outside_or_are_tiny_are_warned_of() {
    let square = |x: f64, y: f64, side: f64| {
        let (a, b) = (x + side, y + side);
        format!(r#"{{"type":"Polygon","coordinates":[[[{x},{y}],[{a},{y}],[{a},{b}],[{x},{b}],[{x},{y}]]]}}"#)
    };
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("ville.geojson", &square(0.0, 47.0, 0.2));
    write("large.geojson", &square(0.0, 47.0, 0.2));
    // Wholly inside the large one, though it is little of it.
    write("small.geojson", &square(0.1, 47.1, 0.02));
    write("tiny.geojson", &square(0.3, 47.0, 0.005));
    let zone = |name: &str| format!("[[zone]]\nname = \"{name}\"\nboundary = \"{name}.geojson\"\n");
    let text =
        format!("name = \"V\"\nboundary = \"ville.geojson\"\n{}{}{}", zone("large"), zone("small"), zone("tiny"));
    write("ville.toml", &text);
    let (_, warnings) = read_city(&folder.path().join("ville.toml")).unwrap();
    let told: Vec<(usize, &str)> = warnings.iter().map(|warning| (warning.line, warning.reason.as_str())).collect();
    for (line, words) in
        [(4, "overlaps the zone \"small\""), (10, "privacy cell"), (10, "100 % of this zone lies outside")]
    {
        assert!(told.iter().any(|(at, reason)| *at == line && reason.contains(words)), "{words}: {told:?}");
    }
    assert_eq!(told.len(), 3, "{told:?}");
}

#[test]
fn the_recipe_hash_follows_what_decides_and_nothing_else() {
    let hash = |toml: &str| read(toml, SQUARE).unwrap().0.recipe_hash;
    let base = hash(MINIMAL);
    assert_eq!(base, hash(&MINIMAL.replace("name = \"Ville\"", "# a comment\nname = \"Autre\"")));
    assert_ne!(base, hash(&MINIMAL.replace("[\"ville\"]", "[\"ville\", \"bourg\"]")));
    let official = "\n[[official]]\nname = \"Mairie\"\nkind = \"institution\"\naccounts = [\"bsky:mairie.example\"]\n";
    assert_ne!(base, hash(&format!("{MINIMAL}{official}")), "a public body's account admits its posts");
    let outlined = |toml: &str, outline: &str| read(toml, outline).unwrap().0.recipe_hash;
    let wider = SQUARE.replace("-1.4", "-1.3");
    let tail = "[recipe]\nhashtags = [\"ville\"]\n";
    for head in ["", "[[zone]]\nname = \"Z\"\n", "[around]\nname = \"Pays\"\n"] {
        let toml = format!("name = \"Ville\"\n{head}boundary = \"ville.geojson\"\n{tail}");
        assert_eq!(outlined(&toml, SQUARE), outlined(&toml, &SQUARE.replace("\"S\"", "\"T\"")));
        assert_ne!(outlined(&toml, SQUARE), outlined(&toml, &wider), "an outline decides what lies in it: {toml}");
    }
}

#[test]
fn s52_a_listed_body_says_whose_site_is_theirs_why_they_are_listed_and_until_when() {
    let body = "[[official]]\nname = \"Mairie\"\nkind = \"institution\"\naccounts = [\"bsky:ville.example\"]\n";
    let why = "site = \"https://www.Ville.example/accueil\"\nreason = \" Répond \"\nsince = \"2026-09-01\"\nuntil = \"2026-09-01\"\n";
    let (city, warnings) = read(&format!("{MINIMAL}{body}{why}"), SQUARE).unwrap();
    assert!(warnings.is_empty(), "{warnings:?}");
    let listing = &city.officials[0].listing;
    assert_eq!((listing.site.as_deref(), &*listing.reason), (Some("ville.example"), "Répond"));
    assert_eq!((listing.since, listing.until), ("2026-09-01".parse().ok(), "2026-09-01".parse().ok()));
    assert!(listing.proves(&city.officials[0].accounts[0]));
    let (bare, _) = read(&format!("{MINIMAL}{body}"), SQUARE).unwrap();
    assert_eq!(bare.officials[0].listing, crate::domain::Listing::default());
}

#[test]
fn addresses_of_the_server_are_no_cities() {
    assert!(check_slug("api").is_err() && check_slug("Nantes").is_err() && check_slug("-x").is_err());
    assert!(check_slug("le-pellerin").is_ok());
}

#[test]
fn s06_the_six_shipped_cities_are_sound() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/cities");
    let files =
        CityFiles::read(&folder, &|_| {}, crate::domain::Timestamp::from_micros(1_790_000_000_000_000)).unwrap();
    assert_eq!(files.broken().count(), 0, "{:?}", files.broken().collect::<Vec<_>>());
    let slugs: Vec<&str> = files.cities().map(|city| city.id.as_str()).collect();
    assert_eq!(slugs, ["lausanne", "le-pellerin", "montreal", "nantes", "rennes", "tours"]);
    for city in files.cities() {
        use geo::CoordsIter;
        let outline = city.boundary.as_ref().unwrap();
        assert!(outline.coords_count() <= 200, "{} has {} vertices", city.name, outline.coords_count());
        assert!(!city.attribution.is_empty(), "{} names no source", city.name);
    }
    let nantes = files.cities().find(|city| city.id.as_str() == "nantes").unwrap();
    assert_eq!(nantes.zones.len(), 11);
}

#[test]
fn h1_lists_without_end_are_refused_and_soon() {
    let list = |entry: &str, times: usize| vec![entry; times].join(",");
    let recipe = |lists: String| format!("name = \"V\"\n[recipe]\nhashtags = [\"ville\"]\n{lists}\n");
    let begun = std::time::Instant::now();
    for (toml, words) in [
        (recipe("[[zone]]\nname = \"Z\"\nboundary = \"ville.geojson\"\n".repeat(10_000)), "more than 128 zones"),
        (recipe(format!("ambiguous = [{0}]\ncontext = [{0}]", list("\"a b\"", 50_000))), "more than 1000 entries"),
        (recipe(format!("words = [{}]", list("\"-\"", 100_000))), "more than 1000 entries"),
        (recipe(format!("words = [\"{}\"]", "a".repeat(1_000))), "more than 640 bytes"),
        (
            recipe("[[official]]\nname = \"O\"\nkind = \"x\"\naccounts = [\"x\"]\n".repeat(10_000)),
            "more than 1000 entries",
        ),
    ] {
        let (_, _, reason) = refusal(&toml, SQUARE);
        assert_eq!(reason, words);
    }
    // A file that is within the bounds and wrong in every entry.
    let wrong = list("\"-\"", 1_000);
    let problems = read(&recipe(format!("words = [{wrong}]\nambiguous = [{wrong}]")), SQUARE).unwrap_err();
    assert!(problems.len() <= 200 && problems.iter().any(|problem| !problem.warning), "{}", problems.len());
    assert!(begun.elapsed().as_secs() < 30, "{:?}", begun.elapsed());
}

#[test]
fn s51_the_desks_hours_are_read_and_decide_nothing_of_the_recipe() {
    let (bare, _) = read(MINIMAL, SQUARE).unwrap();
    assert_eq!(bare.office_hours, crate::domain::OfficeHours::default());
    let desk = "[desk]\nhours = \"mon-fri 09:00-12:30  13:30-17:00\"\nclosed = [\"2026-12-25\"]\n";
    let (city, warnings) = read(&format!("{MINIMAL}{desk}"), SQUARE).unwrap();
    assert!(warnings.is_empty(), "{warnings:?}");
    assert_eq!(city.office_hours.as_str(), "mon-fri 09:00-12:30 13:30-17:00");
    assert_eq!(city.recipe_hash, bare.recipe_hash);
    let zone = jiff::tz::TimeZone::get(&city.timezone).unwrap();
    let day = |day: u8| {
        let at = |hour| crate::domain::Timestamp::parse_rfc3339(&format!("2026-12-{day}T{hour}:00:00+01:00")).unwrap();
        city.office_hours.minutes_between(&zone, at("08"), at("20"))
    };
    assert_eq!((day(24), day(25)), (7 * 60, 0));
}

#[test]
fn l74_who_is_told_and_when_is_read_and_every_mistake_is_named() {
    let read_desk = |desk: &str| read(&format!("{MINIMAL}[desk]\n{desk}\n"), SQUARE);
    let (plain, _) = read_desk("hours = \"mon 09:00-12:00\"\nclosed = [\"2026-12-25\"]").unwrap();
    assert_eq!(plain.on_duty.hours, plain.office_hours, "as the office, unless the town says more");
    assert!(plain.on_duty.receivers().is_empty());
    let (city, warnings) = read_desk(
        "closed = [\"2026-12-25\"]\nduty = \"mon-sun 00:00-24:00\"\nmail = [\"veille@ville.example\", \"veille@ville.example\"]\n\
         webhook = { url = \"https://ville.example/alertes\", secret = { env = \"NO_SUCH_SECRET_HERE\" } }",
    )
    .unwrap();
    let said: Vec<&str> = warnings.iter().map(|warning| warning.reason.as_str()).collect();
    assert_eq!(said, ["the environment variable NO_SUCH_SECRET_HERE is not set; nothing is sent with it"]);
    let receivers: Vec<String> = city.on_duty.receivers().into_iter().map(|receiver| receiver.address).collect();
    assert_eq!(receivers, ["veille@ville.example", "https://ville.example/alertes"]);
    let zone = jiff::tz::TimeZone::get(&city.timezone).unwrap();
    let christmas = crate::domain::Timestamp::parse_rfc3339("2026-12-25T03:00:00Z").unwrap();
    assert!(city.on_duty.hours.is_open(&zone, christmas) && !city.office_hours.is_open(&zone, christmas));
    let eleven = (0..11).map(|number| format!("\"v{number}@ville.example\"")).collect::<Vec<_>>().join(",");
    for (desk, words) in [
        ("duty = \"lun 9:00-17:00\"".to_owned(), "no day"),
        ("mail = [\"veille\"]".to_owned(), "no address of mail"),
        ("mail = [\"a@b.example\\r\\nBcc: evil@example.org\"]".to_owned(), "no address of mail"),
        (format!("mail = [{eleven}]"), "10 addresses at most"),
        ("webhook = { url = \"ftp://ville.example\", secret = { env = \"X\" } }".to_owned(), "no address of the web"),
        (
            "webhook = { url = \"https://ville.example\", secret = \"whsec_x\" }".to_owned(),
            "a secret is not written here",
        ),
    ] {
        let problems = read_desk(&desk).unwrap_err();
        assert!(problems[0].reason.contains(words) && !problems[0].reason.contains("whsec"), "{desk}: {problems:?}");
    }
}
