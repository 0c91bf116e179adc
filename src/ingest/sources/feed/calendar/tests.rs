use super::event::EVENTS_MAX;
use super::*;

/// A Saturday evening.
fn now() -> Timestamp {
    Timestamp::parse_rfc3339("2026-11-28T18:00:00Z").unwrap()
}

fn document(bytes: &[u8], now: Timestamp) -> Result<Listing, RefuseReason> {
    let address = Url::parse("https://fetes.example/agenda.ics").unwrap();
    read(bytes, &address, &TimeZone::get("Europe/Paris").unwrap(), now)
}

fn events(text: &str, now: Timestamp) -> Vec<Item> {
    document(format!("BEGIN:VCALENDAR\n{text}\nEND:VCALENDAR\n").as_bytes(), now).unwrap().items
}

fn fixture(now: Timestamp) -> Listing {
    let path = format!("{}/tests/fixtures/feed/agenda.ics", env!("CARGO_MANIFEST_DIR"));
    document(&std::fs::read(path).unwrap(), now).unwrap()
}

fn titles(items: &[Item]) -> Vec<&str> {
    items.iter().map(|item| &*item.title).collect()
}

fn times(item: &Item) -> (String, Option<String>) {
    let schedule = item.schedule.unwrap();
    (schedule.starts_at.unwrap().to_rfc3339(), schedule.ends_at.map(Timestamp::to_rfc3339))
}

fn from_to(from: &str, to: &str) -> (String, Option<String>) {
    (format!("{from}:00.000Z"), Some(to).filter(|to| !to.is_empty()).map(|to| format!("{to}:00.000Z")))
}

#[test]
fn feature_24_an_agenda_is_read_with_its_places_and_times() {
    let agenda = fixture(now());
    assert_eq!((agenda.title.as_deref(), agenda.ttl_minutes), (Some("Fêtes de Saint-Exemple"), Some(120)));
    assert_eq!(agenda.holds, Holds::All);
    assert_eq!(
        titles(&agenda.items),
        ["Exposition : cent ans de barques", "Foire aux arbres", "Marché", "Concert d'hiver, avec la chorale"]
    );
    let [expo, fair, market, concert] = &agenda.items[..] else { panic!() };
    assert_eq!(times(concert), from_to("2026-12-12T19:30", "2026-12-12T21:30"));
    assert_eq!(concert.summary.text, "Entrée libre. \nRenseignements à l'accueil; venir avec une écharpe.");
    assert_eq!(concert.place.as_deref(), Some("Salle des Tanneurs, 3 rue du Quai"));
    assert_eq!(
        (concert.lon_lat, concert.link.as_deref()),
        (Some((-1.5536, 47.2184)), Some("https://fetes.example/concert"))
    );
    assert_eq!(
        (&concert.tags[..], concert.language.as_deref()),
        (&["Musique".to_owned(), "Jeune public".to_owned()][..], Some("fr"))
    );
    assert_eq!(concert.published, Timestamp::parse_rfc3339("2026-09-01T08:00:00Z"));
    assert!(!concert.again && market.again);
    assert_eq!(times(expo), from_to("2026-10-31T23:00", "2027-01-02T23:00"), "whole days, the last one left out");
    assert_eq!(expo.summary.text, "À la halle & au musée");
    assert_eq!(times(fair), from_to("2026-12-04T23:00", "2026-12-05T23:00"), "a day without an end is that day");
}

#[test]
fn feature_24_a_series_is_one_item_for_its_next_time() {
    let market = |now: &str| {
        let items = fixture(Timestamp::parse_rfc3339(now).unwrap()).items;
        let item = items.into_iter().find(|item| item.title == "Marché").unwrap();
        (times(&item), item.schedule.unwrap().cancelled)
    };
    let at = |day: &str, cancelled| (from_to(&format!("{day}T07:00"), &format!("{day}T12:00")), cancelled);
    for (now, expected) in [
        // Under way it is still the next, and over at its end.
        ("2026-11-28T11:59:00Z", at("2026-11-28", false)),
        // The second of December is left out, the fifth is cancelled and says so.
        ("2026-11-28T12:00:00Z", at("2026-12-05", true)),
        ("2026-12-05T12:00:00Z", at("2026-12-09", false)),
        // By the clock on the wall, through the change of the hour.
        ("2027-03-28T12:00:00Z", (from_to("2027-03-31T06:00", "2027-03-31T11:00"), false)),
    ] {
        assert_eq!(market(now), expected, "{now}");
    }
}

#[test]
fn feature_24_one_time_of_a_series_moved_takes_place_where_it_was_moved_to() {
    let series = "BEGIN:VEVENT\nUID:a\nDTSTART:20261201T180000Z\nDTEND:20261201T190000Z\nRRULE:FREQ=DAILY;COUNT=3\nRDATE:20261210T180000Z\nSUMMARY:Cours\nEND:VEVENT\n\
        BEGIN:VEVENT\nUID:a\nRECURRENCE-ID:20261202T180000Z\nDTSTART:20261205T090000Z\nDTEND:20261205T100000Z\nSUMMARY:Cours (déplacé)\nEND:VEVENT";
    let next = |now: &str| {
        let items = events(series, Timestamp::parse_rfc3339(now).unwrap());
        items.iter().map(|item| (item.title.clone(), times(item).0, item.again)).collect::<Vec<_>>()
    };
    let one = |title: &str, at: &str| vec![(title.to_owned(), format!("{at}:00.000Z"), true)];
    assert_eq!(next("2026-12-01T18:30:00Z"), one("Cours", "2026-12-01T18:00"));
    assert_eq!(next("2026-12-01T19:00:00Z"), one("Cours", "2026-12-03T18:00"));
    assert_eq!(next("2026-12-03T19:00:00Z"), one("Cours (déplacé)", "2026-12-05T09:00"));
    assert_eq!(next("2026-12-05T10:00:00Z"), one("Cours", "2026-12-10T18:00"));
    assert_eq!(next("2026-12-10T19:00:00Z"), [], "all are over");
}

#[test]
fn feature_24_a_cancelled_event_says_so_and_past_ones_are_none() {
    let event = |more: &str| events(&format!("BEGIN:VEVENT\nUID:a\nSUMMARY:Bal\n{more}\nEND:VEVENT"), now());
    assert!(event("DTSTART:20261201T180000Z\nSTATUS:CANCELLED")[0].schedule.unwrap().cancelled);
    assert!(!event("DTSTART:20261201T180000Z\nSTATUS:CONFIRMED")[0].schedule.unwrap().cancelled);
    // Without an end it is taken to last for some hours; an end before the beginning is none.
    for (more, is_there) in [
        ("DTSTART:20261128T130000Z", true),
        ("DTSTART:20261128T120000Z", false),
        ("DTSTART:20261128T130000Z\nDTEND:20261128T110000Z", true),
        ("DTSTART:20261128T130000Z\nDTEND:20261128T180000Z", false),
        ("DTSTART:20261128T130000Z\nDURATION:PT5H1M", true),
        ("DTSTART:20200101T130000Z\nRRULE:FREQ=WEEKLY;UNTIL=20261120T130000Z", false),
        ("DTSTART:20261201T130000Z\nRRULE:FREQ=HOURLY", true),
        ("DTSTART:nie", false),
        ("", false),
    ] {
        assert_eq!(event(more).len(), usize::from(is_there), "{more}");
    }
}

#[test]
fn l01_what_is_marked_private_is_no_event_and_nobody_is_named() {
    let agenda = format!("{:?}", fixture(now()));
    for hidden in ["Veillée", "Odile", "Privée", "mailto", "06 00", "Rappel", "chaises"] {
        assert!(!agenda.contains(hidden), "{hidden}");
    }
    let private = "BEGIN:VEVENT\nUID:a\nDTSTART:20261201T180000Z\nRRULE:FREQ=DAILY\nCLASS:CONFIDENTIAL\nSUMMARY:x\nEND:VEVENT\n\
        BEGIN:VEVENT\nUID:a\nRECURRENCE-ID:20261202T180000Z\nDTSTART:20261202T180000Z\nSUMMARY:x\nEND:VEVENT";
    assert_eq!(events(private, now()), []);
}

#[test]
fn h1_half_a_calendar_is_read_as_far_as_it_goes() {
    let event = "BEGIN:VEVENT\nUID:a\nSUMMARY:Bal\nDTSTART:20261201T180000Z\nEND:VEVENT\n";
    for (text, count) in [
        ("BEGIN:VCALENDAR".to_owned(), 0),
        (format!("BEGIN:VCALENDAR\n{event}"), 1),
        (format!("BEGIN:VCALENDAR\n{event}BEGIN:VEVENT\nUID:b"), 1),
        (format!("BEGIN:VCALENDAR\nEND:VEVENT\nEND:X\n{event}"), 1),
        // An event that is never closed takes in the next.
        (format!("BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:b\nDTSTART:20261202\nBEGIN:VALARM\n{event}"), 0),
        (format!("begin:vcalendar\n{}", event.to_lowercase()), 1),
        (format!("BEGIN:VCALENDAR\n{0}END:VCALENDAR\nBEGIN:VCALENDAR\n{0}", event.replace("UID:a", "X:y")), 1),
    ] {
        assert_eq!(document(text.as_bytes(), now()).unwrap().items.len(), count, "{text}");
    }
}

#[test]
fn h2_a_calendar_without_end_is_cut_or_refused() {
    let many = |count: usize, day: &str| {
        let event = |n: usize| format!("BEGIN:VEVENT\nUID:{n}\nSUMMARY:Bal {n}\nDTSTART:{day}\nEND:VEVENT\n");
        format!("BEGIN:VCALENDAR\n{}", (0..count).map(event).collect::<String>())
    };
    let cut = document(many(LISTED_MAX + 1, "20261201").as_bytes(), now()).unwrap();
    assert_eq!((cut.items.len(), cut.holds), (LISTED_MAX, Holds::Some));
    assert_eq!(document(many(EVENTS_MAX + 1, "20261201").as_bytes(), now()), Err(RefuseReason::Oversized));
    assert_eq!(
        document(many(EVENTS_MAX + 1, "20201201").as_bytes(), now()).map(|read| read.items),
        Ok(vec![]),
        "what is past is not held"
    );
    let deep = "BEGIN:X\n".repeat(100);
    assert_eq!(document(format!("BEGIN:VCALENDAR\n{deep}").as_bytes(), now()), Err(RefuseReason::TooDeep));
}
