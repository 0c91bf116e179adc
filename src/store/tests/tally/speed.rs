//! The day view costs the same after a year.
//!
//! `PARVIS_TALLY_DAYS` gives the days that are filled, each with all values that a day may have; 400 of 12,500 posts are the
//! rollups of five million. Without it there are fewer.

use std::time::{Duration, Instant};

use super::*;

const VIEW_MAX: Duration = Duration::from_millis(100);

#[tokio::test]
async fn feature_11_the_day_view_reads_no_more_after_a_year() {
    let days: i64 = std::env::var("PARVIS_TALLY_DAYS").ok().and_then(|days| days.parse().ok()).unwrap_or(40);
    let place = counted().await;
    for sql in [
        "CREATE TEMP TABLE dims (name, count); INSERT INTO dims VALUES ('all', 1), ('hour', 24), ('zone', 500), ('tag', 500),
         ('language', 50), ('network', 7), ('link', 500); CREATE TEMP TABLE days AS
         WITH RECURSIVE n (x) AS (SELECT 0 UNION ALL SELECT x + 1 FROM n WHERE x < 499) SELECT x FROM n",
        "CREATE TEMP TABLE filled (days)",
    ] {
        place.store.execute_for_test(sql).await.unwrap();
    }
    for _ in 0..days {
        place.store.execute_for_test("INSERT INTO filled SELECT count(*) FROM filled").await.unwrap();
    }
    let fill = [
        "INSERT INTO tallies SELECT 1, 'day', d.name, 1783209600000000 + f.days * 86400000000, CASE d.name WHEN 'all' THEN ''
            ELSE d.name || n.x END, 12500, 1000 FROM dims AS d JOIN filled AS f JOIN days AS n ON n.x < d.count",
        "INSERT INTO tally_plain SELECT 1, 'day', 1783209600000000 + days * 86400000000, 12500, 40, 100, 0 FROM filled",
    ];
    for sql in fill {
        place.store.execute_for_test(sql).await.unwrap();
    }
    let mut took = Vec::new();
    for round in 0..40 {
        let day = after_s(FIRST + (days - 1 - round % days.min(20)) * DAY_S);
        let began = Instant::now();
        let view = monitor::day_view(&place.store, &nantes(), &utc(), day).await.unwrap().unwrap();
        took.push(began.elapsed());
        assert_eq!((view.plain.people, view.by.iter().map(|(_, cells)| cells.len()).sum::<usize>()), (12_500, 1_581));
    }
    let began = Instant::now();
    let year =
        place.store.series(&nantes(), Width::Day, Dimension::Tag, "tag7", after_s(0), after_s(500 * DAY_S)).await;
    let series = began.elapsed();
    assert_eq!(year.unwrap().len() as i64, days.min(400));
    took.sort();
    let (median, slowest) = (took[took.len() / 2], took[took.len() - 1]);
    eprintln!(
        "{days} days of {} posts: a day in {median:?}, {slowest:?} at most; a tag's days in {series:?}",
        days * 12_500
    );
    assert!(median < VIEW_MAX && series < VIEW_MAX, "{median:?} {series:?}");
}

/// What it costs to close a day of many posts, once a day: `PARVIS_TALLY_POSTS` of them.
#[tokio::test]
async fn w2_a_day_is_closed_in_a_moment() {
    let posts: u64 = std::env::var("PARVIS_TALLY_POSTS").ok().and_then(|posts| posts.parse().ok()).unwrap_or(1_000);
    let place = counted().await;
    for part in (0..posts).step_by(500) {
        let said = (part..(part + 500).min(posts)).map(|number| {
            let placed =
                Placement { zone: Some(format!("z{}", number % 20)), ..placement(nantes(), Some(Tier::Public)) };
            let by = profile(&format!("p{}", number * 7 % (posts / 3 + 1)));
            let mut draft = draft(&place, &format!("n{number}")).by(&by).placed(vec![placed]);
            draft.post.tags =
                [number % 300, number % 11].iter().filter_map(|tag| Hashtag::new(&format!("t{tag}"))).collect();
            draft.at(after_s(FIRST + i64::try_from(number).unwrap() % DAY_S)).upsert()
        });
        place.commit(said.collect()).await;
    }
    tally(&place, FIRST + DAY_S - 1).await;
    let began = Instant::now();
    tally(&place, FIRST + DAY_S + 120).await;
    let took = began.elapsed();
    let people = rows(&place, PEOPLE).await;
    eprintln!("a day of {posts} posts was closed in {took:?}, with {people} notes of people");
    assert!(took < Duration::from_secs(4), "{took:?}");
}
