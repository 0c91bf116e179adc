//! What must hold of any list, whatever it was written in.

use parvis::domain::{Lane, PostId, Timestamp, Visibility};
use parvis::ingest::listing::{LISTED_MAX, Listing, Memory, Reading, news};
use parvis::normalize::normalize;

use super::sound;
use super::town::NOW;

/// `listing` gives the same list at any time.
pub fn check(reading: &Reading, listing: &dyn Fn(Timestamp) -> Listing) {
    let first = news(listing(NOW), &Memory::default(), reading, NOW);
    assert!(first.gap.is_none() && first.posts.len() <= LISTED_MAX && first.memory.items.len() <= LISTED_MAX);
    assert!(first.posts.windows(2).all(|pair| pair[0].revision < pair[1].revision));
    for post in &first.posts {
        assert!(post.visibility == Visibility::Public && post.text.chars().count() <= 20_000);
        let is_over = post.schedule.over_at().is_some_and(|end| end <= NOW);
        assert!(
            !is_over || reading.lanes != [Lane::Agenda] || post.schedule.starts_at.is_none(),
            "what is over is not told"
        );
        if let Ok(draft) = normalize(Box::new(post.clone()), reading.network, None, NOW) {
            sound::post(&draft.complete(PostId::from_u64(1)));
        }
    }
    let stored = first.memory.checkpoint();
    let again = Memory::resume(Some(&stored), 0, NOW);
    assert_eq!(again, first.memory, "what is remembered is what was stored");
    let second = news(listing(NOW), &again, reading, NOW);
    assert_eq!((second.posts, second.gap), (Vec::new(), None), "the same list is no news");
    // Time passes: what is told then is what was told, later, or nothing.
    let later = NOW.plus_seconds(30 * 86_400);
    let third = news(listing(later), &first.memory, reading, later);
    assert!(third.memory.items.len() <= LISTED_MAX && third.memory.revision >= first.memory.revision);
}
