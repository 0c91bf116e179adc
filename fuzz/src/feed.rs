//! Feeds in every format, down to the posts that are made of their items and what is remembered of them.

use jiff::tz::TimeZone;
use parvis::domain::{Lane, Network, Visibility};
use parvis::ingest::sources::feed::{ITEMS_KEPT, ITEMS_MAX, Memory, Reading, news, read};
use parvis::normalize::normalize;

use super::sound;
use super::town::NOW;

pub fn run(data: &[u8]) {
    let address = url::Url::parse("https://ville.example/rss").expect("an address");
    let Ok(document) = read(data, &address) else { return };
    assert!(document.items.len() <= ITEMS_MAX);
    for lane in [Lane::Info, Lane::Press, Lane::Agenda] {
        let reading = Reading { url: address.to_string(), lanes: vec![lane], zone: TimeZone::UTC };
        let first = news(read(data, &address).expect("it was read"), &Memory::default(), &reading, NOW);
        assert!(first.gap.is_none() && first.posts.len() <= ITEMS_MAX && first.memory.items.len() <= ITEMS_KEPT);
        assert!(first.posts.windows(2).all(|pair| pair[0].revision < pair[1].revision));
        for post in &first.posts {
            assert!(post.visibility == Visibility::Public && post.text.chars().count() <= 20_000);
            if let Ok(draft) = normalize(Box::new(post.clone()), Network::Feed, None, NOW) {
                sound::post(&draft.complete(parvis::domain::PostId::from_u64(1)));
            }
        }
        let stored = first.memory.checkpoint();
        let again = Memory::resume(Some(&stored), 0, NOW);
        assert_eq!(again, first.memory, "what is remembered is what was stored");
        let second = news(read(data, &address).expect("it was read"), &again, &reading, NOW.plus_seconds(60));
        assert_eq!((second.posts, second.gap), (Vec::new(), None), "the same document is no news");
    }
}
