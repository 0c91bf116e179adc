//! What the rollups cost.

use std::time::{Duration, Instant};

use super::*;

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
