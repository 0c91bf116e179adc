//! The desk's pages cost the same after a year.
//!
//! `PARVIS_TALLY_DAYS` gives the closed days that are filled, each with all values that a day may have: 400 of 12,500 posts are the
//! rollups of five million. `PARVIS_TALLY_POSTS` gives the posts of the day that is open. Without them there are fewer.

use std::time::Instant;

use super::moderation::post;
use super::*;

/// Of a program that is built to be quick; any other may take longer.
const PAGE_MAX: Duration = Duration::from_millis(if cfg!(debug_assertions) { 2_000 } else { 100 });
const ROUNDS: usize = 20;

fn from_environment(name: &str, otherwise: i64) -> i64 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(otherwise)
}

/// Midnight of the open day in Paris is 32,400 s before noon: nine in the morning there.
const FILL: [&str; 7] = [
    "CREATE TEMP TABLE dims (name, count); INSERT INTO dims VALUES ('all', 1), ('zone', 500), ('tag', 500), ('language', 50),
        ('network', 7), ('link', 500)",
    "CREATE TEMP TABLE numbers AS WITH RECURSIVE n (x) AS (SELECT 0 UNION ALL SELECT x + 1 FROM n WHERE x < 1999) SELECT x FROM n",
    "CREATE TEMP TABLE filled AS SELECT 1799967600000000 - x * 86400000000 AS start FROM numbers, wanted WHERE x BETWEEN 1 AND days",
    "INSERT INTO tallies SELECT 1, 'day', d.name, f.start, CASE d.name WHEN 'all' THEN '' ELSE d.name || n.x END, 12500, 1000
        FROM dims AS d JOIN filled AS f JOIN numbers AS n ON n.x < d.count",
    "INSERT INTO tallies SELECT 1, 'day', 'hour', f.start, strftime('%Y-%m-%dT%H:%M:%SZ', f.start / 1000000 + n.x * 3600, 'unixepoch'),
        500, 300 FROM filled AS f JOIN numbers AS n ON n.x < 24",
    "INSERT INTO tally_plain SELECT 1, 'day', start, 12500, 40, 100, 0 FROM filled",
    "INSERT INTO tally_hours SELECT 1, 1799967600000000 - (x + 1) * 3600000000, 500, 0, 0, 0 FROM numbers WHERE x < 70 * 24",
];

#[actix_web::test]
async fn feature_11_the_pages_of_numbers_cost_the_same_after_a_year() {
    let days = from_environment("PARVIS_TALLY_DAYS", 40);
    let posts = from_environment("PARVIS_TALLY_POSTS", 200);
    let place = Place::new().await;
    for part in (0..posts).step_by(500) {
        let changes =
            (part..(part + 500).min(posts)).map(|number| post(&place, &number.to_string(), "x", Some(Tier::Public)));
        let batch = Batch { changes: changes.collect(), ..Batch::default() };
        place.store.commit(Arc::new(batch)).await.unwrap();
    }
    place.store.execute_for_test("CREATE TEMP TABLE wanted (days); INSERT INTO wanted VALUES (0)").await.unwrap();
    for _ in 0..days {
        place.store.execute_for_test("UPDATE wanted SET days = days + 1").await.unwrap();
    }
    for sql in FILL {
        place.store.execute_for_test(sql).await.unwrap();
    }
    place.add("max", &[("nantes", Role::Reader)]).await;
    let app = place.app().await;
    let mut max = Browser::new(&app);
    max.enter("max", NOON).await;
    let (mut day, mut now) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let began = Instant::now();
        let page = max.get(&format!("/desk/nantes/numbers?width=day&at=2027-01-{:02}", 14 - round % 12)).await;
        day.push(began.elapsed());
        assert!(
            page.body.contains("link499") && page.body.contains("d’ordinaire") || page.body.contains("D’ordinaire")
        );
        let began = Instant::now();
        let page = max.get("/desk/nantes").await;
        now.push(began.elapsed());
        let said = page.body.replace(['\u{a0}', '\u{202f}'], "");
        assert!(said.contains(&posts.to_string()) && said.contains("12500"), "{said}");
    }
    let median = |took: &mut Vec<Duration>| {
        took.sort();
        took[took.len() / 2]
    };
    let (day, now) = (median(&mut day), median(&mut now));
    eprintln!(
        "after {days} days of {} posts, {posts} of them today: a day in {day:?}, the first screen in {now:?}",
        days * 12_500
    );
    assert!(day < PAGE_MAX && now < PAGE_MAX, "{day:?} {now:?}");
}
