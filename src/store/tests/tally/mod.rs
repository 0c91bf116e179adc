//! The desk's numbers: what the store counts is what a recount from scratch gives, and nobody is left behind it.

mod recount;
mod speed;

use super::*;
use crate::domain::desk::{Calendar, Counts, Dimension, Fact, Recent, Spoken, Voice, Width};
use crate::monitor;
use crate::store::Retention;

const HOUR_S: i64 = 3_600;
const DAY_S: i64 = 86_400;
/// Where the first day that is counted begins: the test's store begins at noon of the day before, a Saturday.
const FIRST: i64 = DAY_S / 2;

fn utc() -> Calendar {
    Calendar::new("UTC")
}

async fn tally(place: &Place, seconds: i64) {
    place.clock.set(after_s(seconds));
    let cities = [nantes(), tours()].map(|city| (city, utc()));
    place.store.tally(after_s(seconds), Arc::new(cities)).await.unwrap();
}

/// Posts of several people, one each, in a day.
fn said(place: &Place, people: std::ops::Range<u64>, at: i64, zone: &str, assembly: bool) -> Vec<Change> {
    let said = |who| {
        let placed = Placement { zone: Some(zone.into()), assembly, ..placement(nantes(), Some(Tier::Public)) };
        let draft = draft(place, &format!("{zone}{who}at{at}")).by(&profile(&format!("p{who}"))).placed(vec![placed]);
        let mut draft = draft.at(after_s(at));
        draft.post.created_at = after_s(at);
        draft.upsert()
    };
    people.map(said).collect()
}

async fn zones(place: &Place, width: Width, start: i64) -> Vec<(String, u64, Option<u64>)> {
    let cells = place.store.values(&nantes(), width, Dimension::Zone, after_s(start)).await.unwrap();
    cells.into_iter().map(|cell| (cell.value, cell.posts, cell.authors)).collect()
}

async fn rows(place: &Place, sql: &'static str) -> i64 {
    let mut connection = place.store.reader().pool.acquire().await.unwrap();
    sqlx::query_scalar(sql).fetch_one(&mut *connection).await.unwrap()
}

const PEOPLE: &str = "SELECT count(*) FROM tally_people";
const KEYS: &str = "SELECT count(*) FROM tally_keys";

/// A city with one post, looked at, so that it is counted from [`FIRST`] on.
async fn counted() -> Place {
    let place = Place::new().await;
    place.commit(said(&place, 90..91, 0, "Nord", false)).await;
    tally(&place, 60).await;
    assert_eq!(place.store.since(&nantes()).await.unwrap(), Some(after_s(FIRST)));
    place
}

#[tokio::test]
async fn feature_11_what_is_too_little_for_a_day_is_told_with_its_week() {
    let place = counted().await;
    // Sunday; then Monday to Saturday: three people in the north each day, and six in the south.
    for day in 0..8 {
        let at = FIRST + day * DAY_S + 9 * HOUR_S;
        let north = said(&place, day as u64 % 3..day as u64 % 3 + 3, at, "Nord", false);
        place
            .commit([north, said(&place, 10..16, at, "Sud", false), said(&place, 20..25, at, "Ouest", false)].concat())
            .await;
        tally(&place, FIRST + (day + 1) * DAY_S + 119).await;
        assert!(zones(&place, Width::Day, FIRST + day * DAY_S).await.is_empty(), "it waits for what is on its way");
        tally(&place, FIRST + (day + 1) * DAY_S + 120).await;
        // The west is kept back with the north, which the total would give away.
        assert_eq!(zones(&place, Width::Day, FIRST + day * DAY_S).await, [("Sud".into(), 6, Some(5))]);
    }
    let week = FIRST + DAY_S;
    let told = |zone: &str, posts| (zone.to_owned(), posts, Some(5));
    assert_eq!(zones(&place, Width::Week, week).await, [told("Sud", 42), told("Ouest", 35), told("Nord", 21)]);
    let plain = place.store.plain(&nantes(), Width::Week, after_s(week), after_s(week + 1)).await.unwrap();
    assert_eq!(plain[0].1.people, 7 * 14);
    let all = place.store.series(&nantes(), Width::Day, Dimension::All, "", after_s(0), after_s(30 * DAY_S)).await;
    assert_eq!(all.unwrap().iter().map(|cell| (cell.posts, cell.authors)).collect::<Vec<_>>(), [(14, Some(10)); 8]);
    let south =
        place.store.series(&nantes(), Width::Day, Dimension::Zone, "Sud", after_s(0), after_s(30 * DAY_S)).await;
    assert_eq!(south.unwrap().len(), 8);
    let elsewhere =
        place.store.series(&tours(), Width::Day, Dimension::Zone, "Sud", after_s(0), after_s(30 * DAY_S)).await;
    assert!(elsewhere.unwrap().is_empty());
    // Of several buckets in one question: those of the week are days, and each value has as many numbers as days that tell it.
    let days: Vec<Timestamp> = (0..3).map(|day| after_s(FIRST + day * DAY_S)).collect();
    let past = async |city: CityId, width| place.store.past_values(&city, width, Dimension::Zone, &days).await.unwrap();
    assert_eq!(past(nantes(), Width::Day).await.into_iter().collect::<Vec<_>>(), [("Sud".to_owned(), vec![6; 3])]);
    let mut week = past(nantes(), Width::Week).await.into_iter().collect::<Vec<_>>();
    week.sort();
    assert_eq!(week, [("Nord".into(), vec![21]), ("Ouest".into(), vec![35]), ("Sud".into(), vec![42])]);
    assert!(past(tours(), Width::Day).await.is_empty());
    // Its hours are told too, where there is enough of the day beside them, or nothing.
    let hours = place.store.values(&nantes(), Width::Day, Dimension::Hour, after_s(FIRST)).await.unwrap();
    assert_eq!(hours.iter().map(|cell| cell.posts).collect::<Vec<_>>(), [14]);
}

#[tokio::test]
async fn l12_who_leaves_is_out_of_what_is_not_told_and_numbers_that_are_told_stay() {
    let place = counted().await;
    let at = FIRST + DAY_S + 9 * HOUR_S;
    for (day, few) in [(0, 0..4), (1, 4..8)] {
        let at = at + day * DAY_S;
        let many = [said(&place, 10..30, at, "Sud", false), said(&place, 40..46, at, "Place", true)].concat();
        place.commit([said(&place, few, at, "Nord", false), many].concat()).await;
    }
    tally(&place, FIRST + 3 * DAY_S + 120).await;
    let hash_rows = rows(&place, PEOPLE).await;
    place.commit(vec![leave("p0"), leave("p10")]).await;
    let gone = hash_rows - rows(&place, PEOPLE).await;
    assert!(gone > 0, "the rest is without the one");
    let name = |who: u64, day: i64| format!("Nord{who}at{}", at + day * DAY_S);
    let before = rows(&place, PEOPLE).await;
    place.commit(vec![delete(&name(1, 0)), delete(&name(4, 1))]).await;
    assert!(rows(&place, PEOPLE).await < before);
    // Six were left of eight; the week's south is the sum of its days all the same.
    tally(&place, FIRST + 8 * DAY_S + 120).await;
    let week = FIRST + DAY_S;
    let told = zones(&place, Width::Week, week).await;
    assert_eq!(told, [("Sud".into(), 40, Some(20)), ("Nord".into(), 5, Some(5))]);
    assert!(rows(&place, KEYS).await > 0);
    // The month is July's: it ends on the second of August.
    tally(&place, FIRST + 29 * DAY_S + 120).await;
    assert_eq!((rows(&place, PEOPLE).await, rows(&place, KEYS).await), (0, 0), "nobody is behind a closed month");
    let month = place.store.values(&nantes(), Width::Month, Dimension::Zone, after_s(FIRST - 6 * DAY_S)).await.unwrap();
    assert_eq!(month.iter().map(|cell| cell.posts).collect::<Vec<_>>(), [40, 5]);
}

/// Their posts went with their time; in the rest of a week, and in what is told, their hashes were still.
#[tokio::test]
async fn l24_who_leaves_after_their_posts_have_gone_is_out_too() {
    let place = counted().await;
    let at = FIRST + DAY_S + 9 * HOUR_S;
    place.commit([said(&place, 0..3, at, "Est", false), said(&place, 10..30, at, "Sud", true)].concat()).await;
    tally(&place, FIRST + 9 * DAY_S).await;
    place.store.retain(after_s(FIRST + 9 * DAY_S), Retention::from_days(30)).await.unwrap();
    assert!(place.page(&nantes()).await.is_empty());
    let named = "SELECT count(*) FROM tally_people WHERE side = 'rest' AND dimension = 'zone'";
    assert_eq!(rows(&place, named).await, 3);
    place.commit(vec![leave("p1")]).await;
    assert_eq!(rows(&place, named).await, 2);
    let (all, copy) = (rows(&place, PEOPLE).await, place.folder.path().join("copy"));
    crate::store::backup(&url_of(&place.folder), &copy, NOON, |_, _| {}).await.unwrap();
    place.commit(vec![leave("p2")]).await;
    place.store.close().await.unwrap();
    let options = StoreOptions { entropy: Some([7; 32]), ..StoreOptions::new(place.clock.clone()) };
    crate::store::restore(&url_of(&place.folder), &copy, true, options, |_, _| {}).await.unwrap();
    let place = Place::within(place.folder).await;
    assert_eq!(rows(&place, named).await, 1, "also where a backup had them");
    assert!(rows(&place, PEOPLE).await < all);
}

#[tokio::test]
async fn d5_no_word_of_a_few_people_outlives_their_posts_in_a_count() {
    let place = counted().await;
    let tagged = |who: u64, tag: &str| {
        let mut draft =
            draft(&place, &format!("{tag}{who}")).by(&profile(&format!("p{who}"))).at(after_s(FIRST + HOUR_S));
        draft.post.tags = vec![Hashtag::new(tag).unwrap()];
        draft.upsert()
    };
    let few = (0..4).map(|who| tagged(who, "xylophonequartz"));
    place.commit(few.chain((10..20).map(|who| tagged(who, "tramway"))).collect()).await;
    tally(&place, FIRST + DAY_S + 120).await;
    place.commit((0..4).map(|who| delete(&format!("xylophonequartz{who}"))).collect()).await;
    place.store.scrub().await.unwrap();
    assert!(super::erasure::gone(&place, "xylophonequartz").await);
    assert!(place.holds_bytes("tramway"));
}

#[tokio::test]
async fn feature_14_what_comes_late_after_an_outage_is_no_event_of_now() {
    let place = counted().await;
    for when_said in [-3 * HOUR_S, -60] {
        let mut late = said(&place, 0..20, FIRST + when_said.abs(), "Nord", false);
        for change in &mut late {
            let Change::Upsert { post, received_at, .. } = change else { continue };
            (post.created_at, *received_at) = (after_s(FIRST + when_said), after_s(FIRST));
        }
        place.commit(late).await;
        let recent = place.store.recent(&nantes(), after_s(FIRST - HOUR_S)).await.unwrap();
        assert_eq!(recent.authors, if when_said < -HOUR_S { 0 } else { 20 });
    }
}

#[tokio::test]
async fn l42_an_assembly_raises_no_alert_where_the_same_of_others_does() {
    for assembly in [false, true] {
        let place = counted().await;
        for day in 0..20 {
            place.commit(said(&place, 0..8, FIRST + day * DAY_S + 9 * HOUR_S, "Nord", false)).await;
            tally(&place, FIRST + (day + 1) * DAY_S + 120).await;
        }
        let now = FIRST + 20 * DAY_S + 10 * HOUR_S;
        tally(&place, now).await;
        assert_eq!(look(&place, now).await, None);
        place.commit(said(&place, 100..140, now - 300, "Place", assembly)).await;
        let recent = place.store.recent(&nantes(), after_s(now - HOUR_S)).await.unwrap();
        let alert = look(&place, now).await;
        if assembly {
            assert_eq!((recent, alert), (Recent::default(), None));
            assert!(place.page(&nantes()).await.len() > 40, "and is shown as any post");
        } else {
            assert_eq!(recent, Recent { posts: 40, authors: 40 });
            assert_eq!(alert.map(|alert| (alert.kind, alert.authors)), Some((monitor::Kind::Unusual, Some(40))));
        }
    }
}

async fn look(place: &Place, now: i64) -> Option<monitor::Alert> {
    monitor::look(&place.store, &nantes(), &utc(), None, after_s(now), monitor::Pace::LIFE).await.unwrap().1
}

#[tokio::test]
async fn s11_bodies_and_programs_are_counted_plainly_and_apart() {
    let place = counted().await;
    let at = FIRST + HOUR_S;
    let listed =
        Placement { official: Some("Ville".into()), lane: Lane::Info, ..placement(nantes(), Some(Tier::Invited)) };
    let near = Placement { lane: Lane::Around, ..placement(nantes(), Some(Tier::Public)) };
    let mut robot = draft(&place, "r").at(after_s(at));
    robot.post.automated = true;
    let others = vec![
        draft(&place, "b").placed(vec![listed]).at(after_s(at)).upsert(),
        draft(&place, "n").placed(vec![near]).at(after_s(at)).upsert(),
        robot.upsert(),
    ];
    place.commit([others, said(&place, 0..6, at, "Nord", false), said(&place, 6..9, at, "Sud", true)].concat()).await;
    place.commit(vec![hide(&place, &format!("Nord5at{at}"), true)]).await;
    tally(&place, FIRST + DAY_S + 120).await;
    let (day, next) = (after_s(FIRST), after_s(FIRST + DAY_S));
    let [(_, plain)] = place.store.plain(&nantes(), Width::Day, day, next).await.unwrap()[..] else {
        panic!("one day")
    };
    assert_eq!((plain.people, plain.bodies, plain.automatic, plain.around), (8, 1, 1, 1));
    let all = place.store.values(&nantes(), Width::Day, Dimension::All, day).await.unwrap();
    assert_eq!(all[0].authors, Some(5));
    let hours = place.store.hours(&nantes(), after_s(FIRST)).await.unwrap();
    assert_eq!(hours.iter().map(|hour| hour.posts).collect::<Vec<_>>()[..3], [0, 5, 0]);
    assert!(
        place.store.plain(&nantes(), Width::Day, next, after_s(FIRST + 2 * DAY_S)).await.unwrap().is_empty(),
        "it is open"
    );
    assert_eq!(place.store.open(&nantes(), after_s(FIRST), after_s(FIRST + DAY_S)).await.unwrap(), plain);
}

/// A database of before, with posts, is brought up to date; what was placed then is counted nowhere.
#[tokio::test]
async fn a_database_of_before_is_counted_from_its_next_day_on() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("data")).unwrap();
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(database_of(&folder)).create_if_missing(true);
    let mut old = sqlx::ConnectOptions::connect(&options).await.unwrap();
    let first = sqlx::migrate!("migrations/sqlite").iter().next().cloned().unwrap();
    sqlx::migrate::Migrator::with_migrations(vec![first]).run_direct(None, &mut old, false).await.unwrap();
    let row = "INSERT INTO cities VALUES (1, 'nantes', 0, 0, 1);
        INSERT INTO authors VALUES (1, 'bluesky', 'did:plc:ana', NULL, NULL, '[]', NULL, NULL, NULL, 0, 0, 'active', 1, 0);
        INSERT INTO posts VALUES (1, 1, 'bluesky', 'x', 1, NULL, 'x', '[]', '[]', '[]', '[]', '[]', 1783166400000000, NULL, 0,
            1783166400000000, '1', NULL, NULL, NULL, NULL, NULL, 0, 0, 0, 0, 1783166400000000);
        INSERT INTO placements VALUES (1, 1, 'public', 1, 1, 1, 1783166400000000, 'people', NULL, NULL, NULL, NULL, '[]', NULL, 0,
            NULL, NULL, NULL, NULL, NULL, '[]', 'r');";
    sqlx::raw_sql(row).execute(&mut old).await.unwrap();
    sqlx::Connection::close(old).await.unwrap();
    let place = Place::within(folder).await;
    assert_eq!(place.texts().await, ["x"]);
    tally(&place, 60).await;
    tally(&place, FIRST + 2 * DAY_S + 120).await;
    assert_eq!(place.store.since(&nantes()).await.unwrap(), Some(after_s(FIRST)));
    let plain = place.store.plain(&nantes(), Width::Day, after_s(-DAY_S), after_s(9 * DAY_S)).await.unwrap();
    assert_eq!(
        plain.iter().map(|(start, plain)| (*start, plain.people)).collect::<Vec<_>>(),
        [(after_s(FIRST), 0), (after_s(FIRST + DAY_S), 0)]
    );
}

/// The demonstration's way in: days that are counted from a list are told as those that are counted from the posts.
#[tokio::test]
async fn feature_11_a_past_that_is_given_is_counted_as_posts_are() {
    let posts = |place: &Place| -> Vec<Change> {
        let day = |day: i64| {
            let at = FIRST + day * DAY_S + 9 * HOUR_S;
            let few = said(place, day as u64 % 3..day as u64 % 3 + 3, at, "Nord", false);
            [few, said(place, 10..16, at + HOUR_S, "Sud", false), said(place, 30..37, at, "Place", true)].concat()
        };
        (0..9).flat_map(day).collect()
    };
    let stored = counted().await;
    stored.commit(posts(&stored)).await;
    tally(&stored, FIRST + 9 * DAY_S + 120).await;
    let given = Place::new().await;
    given.commit(said(&given, 90..91, 0, "Nord", false)).await;
    let spoken = |change: Change| {
        let Change::Upsert { post, placements, received_at, .. } = change else { panic!("posts alone") };
        let (zone, tags) = (placements[0].zone.as_deref(), post.tags.iter().map(|tag| tag.key.clone()));
        let language = post.languages.first().map(String::as_str);
        let fact = Fact {
            who: SubjectHash::derive(&given.store.id_key(), post.network, &post.author),
            assembly: placements[0].assembly,
            values: crate::domain::desk::values_of(zone, tags, language, post.network, &post.facets),
        };
        Spoken { at: received_at, voice: Voice::People, fact }
    };
    let list: Vec<Spoken> = posts(&given).into_iter().map(spoken).collect();
    let days = (after_s(FIRST), after_s(FIRST + 9 * DAY_S));
    given.store.count_past(nantes(), utc(), days, list.clone()).await.unwrap();
    // What is counted is counted once.
    given.store.count_past(nantes(), utc(), days, list).await.unwrap();
    for width in [Width::Day, Width::Week] {
        let plain = |place: &Place| {
            let store = place.store.clone();
            async move { store.plain(&nantes(), width, after_s(0), after_s(30 * DAY_S)).await.unwrap() }
        };
        assert_eq!(plain(&stored).await, plain(&given).await);
        assert!(!plain(&given).await.is_empty());
        for day in 0..9 {
            for dimension in Dimension::ALL {
                let start = after_s(FIRST + day * DAY_S);
                let told = stored.store.values(&nantes(), width, dimension, start).await.unwrap();
                assert_eq!(
                    told,
                    given.store.values(&nantes(), width, dimension, start).await.unwrap(),
                    "{dimension:?}"
                );
            }
        }
    }
    assert_eq!(zones(&given, Width::Week, FIRST + DAY_S).await[0].0, "Sud");
    let hours = given.store.hours(&nantes(), after_s(FIRST)).await.unwrap();
    assert_eq!(hours, stored.store.hours(&nantes(), after_s(FIRST)).await.unwrap()[..hours.len()]);
    assert_eq!(hours.iter().map(|hour| hour.posts).sum::<u64>(), 9 * 9);
}

#[tokio::test]
async fn l28_hours_and_days_go_with_their_time_and_weeks_stay() {
    let place = counted().await;
    place.commit(said(&place, 0..9, FIRST + DAY_S, "Nord", false)).await;
    tally(&place, FIRST + 9 * DAY_S + 120).await;
    let count = |sql| rows(&place, sql);
    let days = "SELECT count(*) FROM tallies WHERE width = 'day' AND dimension = 'zone'";
    let hours = "SELECT count(*) FROM tallies WHERE dimension = 'hour'";
    let weeks = "SELECT count(*) FROM tallies WHERE width = 'week' AND dimension = 'zone'";
    assert_eq!((count(days).await, count(hours).await, count(weeks).await), (1, 1, 1));
    // Nothing is counted of the time in which nobody counted.
    tally(&place, FIRST + 120 * DAY_S).await;
    place.store.retain(after_s(FIRST + 120 * DAY_S), Retention::from_days(30)).await.unwrap();
    assert_eq!((count(days).await, count(hours).await, count(weeks).await), (1, 0, 1));
    let kept = count("SELECT count(*) FROM tally_hours").await;
    assert!((30 * 24..=32 * 24).contains(&kept), "{kept} hours");
    tally(&place, FIRST + 500 * DAY_S).await;
    assert_eq!((count(days).await, count(weeks).await), (0, 1));
}
