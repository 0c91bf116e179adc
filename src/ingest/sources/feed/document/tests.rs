use super::*;

const NOW: Timestamp = Timestamp::from_micros(1_795_600_800_000_000);

/// As it would be read today.
fn read(bytes: &[u8], address: &Url) -> Result<Listing, RefuseReason> {
    super::read(bytes, address, &TimeZone::UTC, NOW)
}

fn fixture(name: &str) -> Listing {
    let path = format!("{}/tests/fixtures/feed/{name}", env!("CARGO_MANIFEST_DIR"));
    read(&std::fs::read(path).unwrap(), &Url::parse("https://www.saint-exemple.example/rss").unwrap()).unwrap()
}

fn at(text: &str) -> Option<Timestamp> {
    Some(Timestamp::parse_rfc3339(text).unwrap())
}

#[test]
fn s10_an_rss_feed_is_read_with_its_places_and_without_its_markup() {
    let feed = fixture("ville.rss");
    assert_eq!(feed.title.as_deref(), Some("Ville de Saint-Exemple : actualités"));
    assert_eq!((feed.items.len(), feed.ttl_minutes), (2, Some(60)));
    let [works, trees] = &feed.items[..] else { panic!() };
    assert_eq!(works.title, "Rue des Tanneurs : circulation coupée");
    assert_eq!(works.summary.text, "La rue est coupée jusqu'au 12 décembre.\n\nDéviation par le quai.");
    assert_eq!(works.id, "actu-1234");
    assert_eq!(works.link.as_deref(), Some("https://www.saint-exemple.example/actu/1234"));
    assert_eq!((works.published, works.updated), (at("2026-11-28T08:00:00Z"), None));
    assert_eq!(
        (&works.tags[..], works.language.as_deref()),
        (&["Travaux".to_owned(), "Voirie".to_owned()][..], Some("fr-fr"))
    );
    assert_eq!((works.lon_lat, trees.lon_lat), (Some((-1.5536, 47.2184)), None));
    assert_eq!((trees.published, trees.id.is_empty()), (None, false), "without a guid an id is made");
    assert_eq!(trees.id, fixture("ville.rss").items[1].id, "and the same one each time");
}

#[test]
fn s10_atom_gives_the_page_and_not_the_sound_and_the_summary_before_the_article() {
    let feed = fixture("journal.atom");
    let [item] = &feed.items[..] else { panic!() };
    assert_eq!(item.title, "Le tram revient à la gare");
    assert_eq!(item.link.as_deref(), Some("https://petit-exemple.example/88"));
    assert_eq!(item.summary.text, "Après trois mois de travaux.");
    assert_eq!((item.published, item.updated), (at("2026-11-27T18:00:00Z"), at("2026-11-28T08:30:00Z")));
}

#[test]
fn s10_json_feed_and_the_old_rss_in_an_old_encoding() {
    let feed = fixture("asso.json");
    assert_eq!(feed.title.as_deref(), Some("Les Amis du canal"));
    let [walk, bare] = &feed.items[..] else { panic!() };
    assert_eq!(
        (walk.title.as_str(), walk.summary.text.as_str()),
        ("Balade dimanche", "Rendez-vous à l'écluse. #balade")
    );
    assert_eq!((bare.title.as_str(), bare.summary.text.as_str(), bare.published), ("", "Sans titre ni date.", None));

    let feed = fixture("ancien.rdf");
    assert_eq!(feed.title.as_deref(), Some("Paroisse d'Hérémence"));
    assert_eq!(feed.items[0].title, "Fête patronale à l'église");
    assert_eq!((feed.items[0].lon_lat, feed.items[0].published), (Some((7.40, 46.18)), at("2026-11-25T07:00:00Z")));
}

#[test]
fn h2_what_is_no_feed_is_told_and_a_long_one_is_cut() {
    let address = Url::parse("https://exemple.example/").unwrap();
    for bytes in
        [&b""[..], b"<html><body>404</body></html>", b"{}", b"\xff\xfe", b"<rss version=\"2.0\"><channel><item>"]
    {
        assert_eq!(read(bytes, &address), Err(RefuseReason::Malformed), "{:?}", String::from_utf8_lossy(bytes));
    }
    let deep = format!("<rss version=\"2.0\"><channel><item><title>{}", "<b>".repeat(100));
    assert_eq!(read(deep.as_bytes(), &address), Err(RefuseReason::TooDeep));
    let items: String = (0..500).map(|number| format!("<item><guid>{number}</guid><title>t</title></item>")).collect();
    let long = format!("<rss version=\"2.0\"><channel><title>x</title>{items}</channel></rss>");
    let feed = read(long.as_bytes(), &address).unwrap();
    assert_eq!((feed.items.len(), feed.items[0].id.as_str()), (ITEMS_MAX, "0"));
    // Entities of the document's own, and files, are not resolved.
    let xxe = b"<!DOCTYPE r [<!ENTITY x SYSTEM \"file:///etc/hostname\"><!ENTITY y \"boum\">]><rss version=\"2.0\"><channel><title>a&x;&y;</title></channel></rss>";
    let title = read(xxe, &address).ok().and_then(|feed| feed.title).unwrap_or_default();
    assert!(!title.contains("boum") && title.len() < 12, "{title:?}");
}

/// Feeds saved from the wild, where they lie beside the checkout: each is read, or refused for a reason.
#[test]
fn real_feeds_are_read() {
    let Ok(samples) = std::env::var("PARVIS_SAMPLES") else {
        println!("PARVIS_SAMPLES is not set: the real feeds are not read here");
        return;
    };
    let address = Url::parse("https://exemple.example/").unwrap();
    let (mut read_well, mut refused) = (0, Vec::new());
    for form in std::fs::read_dir(format!("{samples}/rss/feed-rs")).unwrap() {
        for file in std::fs::read_dir(form.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            match read(&std::fs::read(&path).unwrap(), &address) {
                Ok(_) => read_well += 1,
                Err(reason) => refused.push((path.file_name().unwrap().to_owned(), reason)),
            }
        }
    }
    println!("{read_well} read, refused: {refused:?}");
    assert!(read_well > 60 && refused.len() < 6, "{read_well} read, refused: {refused:?}");
}
