use jiff::tz::TimeZone;

use super::*;
use crate::domain::{NativeId, Network};
use crate::ingest::html;

const NOW: Timestamp = Timestamp::from_micros(1_790_000_000_000_000);
const HOUR: i64 = 3_600;

fn reading(lanes: &[Lane]) -> Reading {
    Reading {
        network: Network::Feed,
        url: "https://www.ville.example/actualites.rss?x=1".into(),
        name: None,
        lanes: lanes.to_vec(),
        zone: TimeZone::get("Europe/Paris").unwrap(),
    }
}

/// An item of so many hours ago.
fn item(id: &str, hours: i64) -> Item {
    Item {
        id: id.into(),
        link: Some(format!("https://www.ville.example/{id}")),
        title: format!("Titre {id}"),
        summary: html::to_text("Un <a href='https://ville.example/plan'>plan</a>."),
        published: Some(NOW.plus_seconds(-hours * HOUR)),
        updated: None,
        tags: vec!["voirie".into()],
        language: Some("fr".into()),
        ..Item::default()
    }
}

fn document(items: Vec<Item>) -> Listing {
    Listing { title: Some("Ville, actualités".into()), items, ..Listing::default() }
}

fn texts(news: &News) -> Vec<&str> {
    news.posts.iter().map(|post| post.text.lines().next().unwrap_or_default()).collect()
}

/// Reads the documents one after another, an hour apart; gives what was told of each.
fn read(reading: &Reading, documents: Vec<Vec<Item>>) -> Vec<News> {
    let mut memory = Memory::default();
    let mut all = Vec::new();
    for (hour, items) in (0..).zip(documents) {
        let told = news(document(items), &memory, reading, NOW.plus_seconds(hour * HOUR));
        memory = told.memory.clone();
        all.push(told);
    }
    all
}

#[test]
fn s10_an_item_is_told_with_its_publisher_and_what_is_known_of_it() {
    let one = Item { lon_lat: Some((-1.5, 47.2)), ..item("a", 3) };
    let told = &read(&reading(&[Lane::Info]), vec![vec![one]])[0];
    let post = &told.posts[0];
    assert_eq!(post.text, "Titre a\nUn plan.");
    let link = &post.facets[0];
    assert_eq!(
        (&post.text[link.start as usize..link.end as usize], &*link.value),
        ("plan", "https://ville.example/plan")
    );
    let profile = post.profile.as_deref().unwrap();
    assert_eq!(profile.name.as_deref(), Some("Ville, actualités"));
    assert_eq!(profile.handle.as_deref(), Some("ville.example"));
    assert!(profile.automated && post.automated && profile.id == post.author, "S-11: a feed says that it is one");
    assert_eq!(post.author.as_str(), "https://www.ville.example/actualites.rss?x=1");
    assert_eq!(
        (post.created_at, post.url.as_deref()),
        (Some(NOW.plus_seconds(-3 * HOUR)), Some("https://www.ville.example/a"))
    );
    assert_eq!((&post.languages[..], &post.tags[..]), (&["fr".to_owned()][..], &["voirie".to_owned()][..]));
    assert_eq!(post.place.as_ref().unwrap().lon_lat, Some((-1.5, 47.2)));
}

#[test]
fn d3_only_what_is_new_or_changed_is_told_and_the_oldest_first() {
    let changed = Item { title: "Titre corrigé".into(), ..item("a", 3) };
    let told = read(
        &reading(&[Lane::Info]),
        vec![
            vec![item("b", 2), item("a", 3)],
            vec![item("b", 2), item("a", 3)],
            vec![item("c", 1), item("b", 2), changed],
        ],
    );
    assert_eq!(
        told.iter().map(texts).collect::<Vec<_>>(),
        [vec!["Titre a", "Titre b"], vec![], vec!["Titre corrigé", "Titre c"]]
    );
    let revisions: Vec<&str> = told.iter().flat_map(|news| &news.posts).map(|post| &*post.revision).collect();
    assert!(revisions.is_sorted() && revisions.windows(2).all(|pair| pair[0] != pair[1]), "{revisions:?}");
    let ids: Vec<&NativeId> = [&told[0].posts[0], &told[2].posts[0]].map(|post| &post.native_id).to_vec();
    assert_eq!(ids[0], ids[1], "a changed item is the same post");
    assert!(told.iter().all(|news| news.gap.is_none()));
}

#[test]
fn d7_revisions_grow_though_the_clock_goes_back() {
    let first = news(document(vec![item("a", 1)]), &Memory::default(), &reading(&[Lane::Info]), NOW);
    let changed = document(vec![Item { title: "Autre".into(), ..item("a", 1) }]);
    let second = news(changed, &first.memory, &reading(&[Lane::Info]), NOW.plus_seconds(-HOUR));
    assert!(first.posts[0].revision < second.posts[0].revision);
}

#[test]
fn s10_of_the_press_only_title_and_link_are_kept() {
    for lanes in [&[Lane::Press][..], &[Lane::Info, Lane::Press]] {
        let told = &read(&reading(lanes), vec![vec![item("a", 1)]])[0];
        assert_eq!((&*told.posts[0].text, told.posts[0].facets.len()), ("Titre a", 0));
    }
    // What is not kept is no change.
    let longer = Item { summary: html::to_text("Autre chose."), ..item("a", 1) };
    let told = read(&reading(&[Lane::Press]), vec![vec![item("a", 1)], vec![longer]]);
    assert_eq!(told[1].posts, []);
}

#[test]
fn s18_a_notice_says_until_when_it_holds() {
    let until = Item { title: "Rue fermée jusqu'au 30/09/2026".into(), published: Some(NOW), ..item("a", 0) };
    let told = &read(&reading(&[Lane::Info]), vec![vec![until]])[0];
    assert_eq!(told.posts[0].schedule.ends_at.map(Timestamp::to_rfc3339).as_deref(), Some("2026-09-30T22:00:00.000Z"));
}

#[test]
fn a_date_that_lies_ahead_is_that_of_an_event() {
    let ahead = NOW.plus_seconds(48 * HOUR);
    let event = || Item { published: Some(ahead), ..item("a", 0) };
    let told = |lane: Lane| read(&reading(&[lane]), vec![vec![event()], vec![event()]]).remove(0).posts.remove(0);
    let (agenda, info) = (told(Lane::Agenda), told(Lane::Info));
    assert_eq!((agenda.created_at, agenda.schedule.starts_at), (Some(NOW), Some(ahead)));
    assert_eq!((info.created_at, info.schedule.starts_at), (Some(NOW), None));
    // An item without any date keeps that of its first reading.
    let undated = || Item { published: None, title: "Un".into(), ..item("a", 0) };
    let later = Item { title: "Deux".into(), ..undated() };
    let told = read(&reading(&[Lane::Info]), vec![vec![undated()], vec![later]]);
    assert_eq!((told[0].posts[0].created_at, told[1].posts[0].created_at), (Some(NOW), Some(NOW)));
}

#[test]
fn d5_what_its_publisher_took_out_goes_and_what_slid_out_stays() {
    let three = || vec![item("c", 1), item("b", 2), item("a", 3)];
    let told = read(&reading(&[Lane::Info]), vec![three(), vec![item("c", 1), item("a", 3)], three()]);
    let withdrawn = &told[1].posts[..];
    assert_eq!(withdrawn.len(), 1);
    assert_eq!(
        (withdrawn[0].visibility, &withdrawn[0].native_id),
        (Visibility::Restricted, &told[0].posts[1].native_id)
    );
    assert_eq!(texts(&told[2]), ["Titre b"], "what comes back is told again");
    // A window that goes on, whichever way its items are ordered, and one that was empty for once.
    for (one, two) in [
        (three(), vec![item("d", 0), item("c", 1), item("b", 2)]),
        (vec![item("a", 3), item("b", 2), item("c", 1)], vec![item("b", 2), item("c", 1), item("d", 0)]),
    ] {
        let told = read(&reading(&[Lane::Info]), vec![one, two, vec![], three()]);
        assert_eq!(told[1..].iter().map(texts).collect::<Vec<_>>(), [vec!["Titre d"], vec![], vec![]]);
    }
}

#[test]
fn d1_what_a_crash_cut_off_is_told_again_or_taken_back_by_a_later_version() {
    let reading = reading(&[Lane::Info]);
    let old = news(document(vec![item("a", 5)]), &Memory::default(), &reading, NOW).memory;
    // By a clock that is put right after the crash.
    let three = vec![item("c", 1), item("b", 2), item("a", 5)];
    let told = news(document(three), &old, &reading, NOW.plus_seconds(20 * HOUR));
    assert_eq!(texts(&told), ["Titre b", "Titre c"]);
    let announced = told.announced(&old);
    let next = news(document(vec![item("c", 1), item("a", 5)]), &announced, &reading, NOW.plus_seconds(HOUR));
    let is_back = |post: &RawPost| (post.native_id == told.posts[0].native_id, post.visibility);
    let seen: Vec<_> = next.posts.iter().map(is_back).collect();
    assert_eq!(seen, [(true, Visibility::Restricted), (false, Visibility::Public)], "b was taken out meanwhile");
    assert!(next.posts.iter().all(|post| post.revision > told.posts[1].revision));
    assert_eq!(next.posts[1].native_id, told.posts[1].native_id);
}

#[test]
fn d2_a_window_that_was_overrun_is_a_gap() {
    let told = read(&reading(&[Lane::Info]), vec![vec![item("a", 3)], vec![item("c", 1), item("b", 2)]]);
    let gap = Gap { from: NOW, until: NOW.plus_seconds(HOUR) };
    assert_eq!((told[0].gap.clone(), told[1].gap.clone()), (None, Some(gap)));
    let told = read(&reading(&[Lane::Info]), vec![vec![item("a", 3)], vec![], vec![item("b", 2)]]);
    assert!(told.iter().all(|news| news.gap.is_none()), "a feed that was emptied lost nothing");
}

#[test]
fn h2_what_is_remembered_is_bounded_and_an_item_counts_once() {
    let mut memory = Memory::default();
    for round in 0..9 {
        let items = (0..200).map(|number| item(&format!("{round}-{number}"), 1)).collect();
        memory = news(document(items), &memory, &reading(&[Lane::Info]), NOW).memory;
    }
    assert_eq!(memory.items.len(), LATEST_KEPT);
    let told = &read(&reading(&[Lane::Info]), vec![vec![item("a", 1), item("a", 2)]])[0];
    assert_eq!(told.posts.len(), 1);
    let long = Item { summary: html::to_text(&"mot ".repeat(5_000)), ..item("a", 1) };
    let told = &read(&reading(&[Lane::Info]), vec![vec![long]])[0];
    assert!(told.posts[0].text.chars().count() < 650 && told.posts[0].text.ends_with("mot …"));
}

#[test]
fn a_summary_that_repeats_its_title_stands_alone() {
    let summary = html::to_text("Titre a, et la suite.");
    let told = &read(&reading(&[Lane::Info]), vec![vec![Item { summary, ..item("a", 1) }]])[0];
    assert_eq!(told.posts[0].text, "Titre a, et la suite.");
}

const DAY: i64 = 24 * HOUR;

/// An event that begins in so many hours and lasts for two.
fn event(id: &str, hours: i64) -> Item {
    let starts_at = NOW.plus_seconds(hours * HOUR);
    let schedule =
        Schedule { starts_at: Some(starts_at), ends_at: Some(starts_at.plus_seconds(2 * HOUR)), cancelled: false };
    Item { title: format!("Bal {id}"), schedule: Some(schedule), ..item(id, 24) }
}

fn agenda(items: Vec<Item>, holds: Holds) -> Listing {
    Listing { title: None, items, holds, ttl_minutes: None }
}

/// Reads one listing after another at these hours; gives what each told, and the memory at the end.
fn visits(listings: Vec<(i64, Listing)>) -> (Vec<Vec<RawPost>>, Memory) {
    let (mut memory, mut told) = (Memory::default(), Vec::new());
    for (hours, listing) in listings {
        let news = news(listing, &memory, &reading(&[Lane::Agenda]), NOW.plus_seconds(hours * HOUR));
        memory = news.memory;
        told.push(news.posts);
    }
    (told, memory)
}

#[test]
fn feature_24_an_event_is_told_with_its_place_and_times_and_again_when_it_changes() {
    let one = || Item { place: Some("Salle des Tanneurs".into()), lon_lat: Some((-1.5, 47.2)), ..event("a", 5) };
    let off = || Item { schedule: one().schedule.map(|schedule| Schedule { cancelled: true, ..schedule }), ..one() };
    let all = |item| agenda(vec![item], Holds::All);
    let (told, _) = visits(vec![(0, all(one())), (1, all(one())), (2, all(off()))]);
    assert_eq!(told.iter().map(Vec::len).collect::<Vec<_>>(), [1, 0, 1]);
    let (first, second) = (&told[0][0], &told[2][0]);
    assert_eq!(first.text, "Bal a\nSalle des Tanneurs\nUn plan.");
    let link = &first.facets[0];
    assert_eq!(&first.text[link.start as usize..link.end as usize], "plan");
    let place = first.place.as_ref().unwrap();
    assert_eq!((place.lon_lat, place.name.as_deref()), (Some((-1.5, 47.2)), Some("Salle des Tanneurs")));
    assert_eq!(first.schedule, one().schedule.unwrap());
    assert!(second.schedule.cancelled && second.native_id == first.native_id && second.revision > first.revision);
    assert_eq!(first.profile.as_ref().unwrap().name.as_deref(), Some("ville.example"));
}

#[test]
fn feature_24_what_is_over_is_not_told_and_goes_without_a_word() {
    let two = || agenda(vec![event("a", 1), event("b", 9)], Holds::All);
    let (told, memory) = visits(vec![(0, two()), (2, agenda(vec![event("b", 9)], Holds::All)), (4, two())]);
    assert_eq!(told.iter().map(Vec::len).collect::<Vec<_>>(), [2, 1, 0]);
    assert_eq!(told[1][0].visibility, Visibility::Restricted, "it was taken out before it was over");
    assert_eq!(memory.items.len(), 1);
    let (told, _) = visits(vec![(0, two()), (3, agenda(vec![event("b", 9)], Holds::All))]);
    assert_eq!(told[1], [], "it was over, and was taken out then");
}

#[test]
fn d5_only_a_list_that_has_all_says_what_is_missing() {
    let two = || vec![event("a", 5), event("b", 9)];
    let one = || vec![event("b", 9)];
    for (holds, missing, withdrawn) in
        [(Holds::All, one(), 1), (Holds::Some, one(), 0), (Holds::All, vec![], 0), (Holds::Some, vec![], 0)]
    {
        let (told, memory) =
            visits(vec![(0, agenda(two(), holds)), (1, agenda(missing, holds)), (2, agenda(two(), holds))]);
        assert_eq!((told[1].len(), told[2].len()), (withdrawn, withdrawn), "{holds:?}");
        assert_eq!(memory.items.iter().filter(|seen| seen.is_here).count(), 2);
    }
    // Empty once more, it is empty; and it is asked for once more at once.
    let nothing = || agenda(vec![], Holds::All);
    let (told, memory) = visits(vec![(0, agenda(two(), Holds::All)), (1, nothing()), (2, nothing()), (3, nothing())]);
    assert_eq!(told.iter().map(Vec::len).collect::<Vec<_>>(), [2, 0, 2, 0]);
    assert!(told[2].iter().all(|post| post.visibility == Visibility::Restricted) && memory.items.is_empty());
    let (_, memory) = visits(vec![(0, agenda(two(), Holds::All)), (1, nothing())]);
    assert_eq!(memory.again_at, Some(NOW.plus_seconds(HOUR).as_micros()));
}

#[test]
fn of_two_items_of_one_identity_the_near_one_is_told_and_the_same_list_is_no_news() {
    for hours in [[40 * 24, 5], [5, 40 * 24]] {
        let list = || agenda(hours.map(|hours| event("a", hours)).into(), Holds::All);
        let (told, _) = visits(vec![(0, list()), (1, list()), (2, list())]);
        let starts: Vec<Vec<Schedule>> =
            told.iter().map(|posts| posts.iter().map(|post| post.schedule).collect()).collect();
        assert_eq!(starts, [vec![event("a", 5).schedule.unwrap()], Vec::new(), Vec::new()]);
    }
}

#[test]
fn feature_24_what_is_far_ahead_is_told_when_it_has_come_near_and_an_event_put_off_at_once() {
    let far = 40 * 24;
    let (told, memory) = visits(vec![(0, agenda(vec![event("a", far)], Holds::All))]);
    assert_eq!(told[0], []);
    let near_at = NOW.plus_seconds(40 * DAY - HORIZON_S);
    assert_eq!(memory.again_at, Some(near_at.as_micros()), "by then it is to be read again");
    let near = near_at.seconds_since(NOW) / HOUR;
    let (told, _) =
        visits(vec![(0, agenda(vec![event("a", far)], Holds::All)), (near, agenda(vec![event("a", far)], Holds::All))]);
    assert_eq!(told[1].len(), 1);
    let (told, _) =
        visits(vec![(0, agenda(vec![event("a", 5)], Holds::All)), (1, agenda(vec![event("a", far)], Holds::All))]);
    assert_eq!(told[1][0].schedule, event("a", far).schedule.unwrap());
    // A yearly one that has taken place is not put off: its next time is far.
    let (told, _) =
        visits(vec![(0, agenda(vec![event("a", 5)], Holds::All)), (8, agenda(vec![event("a", far)], Holds::All))]);
    assert_eq!(told[1], []);
}

#[test]
fn feature_24_what_lasts_is_told_again_before_its_age_takes_it_from_the_page() {
    let lasting = || {
        let schedule = Schedule { starts_at: Some(NOW), ends_at: Some(NOW.plus_seconds(60 * DAY)), cancelled: false };
        agenda(vec![Item { schedule: Some(schedule), ..event("a", 0) }, event("b", 24 * 3)], Holds::All)
    };
    let week = TELL_AGAIN_S / HOUR;
    let (told, memory) = visits(vec![(0, lasting()), (1, lasting()), (week, lasting()), (week + 1, lasting())]);
    assert_eq!(told.iter().map(Vec::len).collect::<Vec<_>>(), [2, 0, 1, 0]);
    assert_eq!(memory.again_at, Some(NOW.plus_seconds(2 * TELL_AGAIN_S).as_micros()));
    let (_, short) = visits(vec![(0, agenda(vec![event("b", 24 * 3)], Holds::All))]);
    assert_eq!(short.again_at, None);
}

#[test]
fn feature_24_what_takes_place_again_is_one_item_and_is_looked_at_when_it_is_over() {
    let course = |hours| agenda(vec![Item { again: true, ..event("a", hours) }], Holds::All);
    let (told, memory) = visits(vec![(0, course(1)), (3, course(25))]);
    let begins: Vec<_> = told.iter().flatten().map(|post| (post.schedule.starts_at, &post.native_id)).collect();
    assert_eq!(begins.len(), 2);
    assert_eq!((begins[0].0, begins[1].0), (Some(NOW.plus_seconds(HOUR)), Some(NOW.plus_seconds(25 * HOUR))));
    assert_eq!(begins[0].1, begins[1].1);
    assert_eq!(memory.again_at, Some(NOW.plus_seconds(27 * HOUR).as_micros()));
}

#[test]
fn h2_of_a_list_without_end_so_much_is_told_and_remembered() {
    let many = (0..LISTED_MAX + 50).map(|number| event(&number.to_string(), 5)).collect();
    let (told, memory) = visits(vec![(0, agenda(many, Holds::Some))]);
    assert_eq!((told[0].len(), memory.items.len()), (LISTED_MAX, LISTED_MAX));
}
