//! Replies go where their thread goes (Q-7).

use super::*;

async fn with_thread() -> Place {
    let place = Place::new().await;
    let root = place.id("a");
    place.ops(draft(&place, "a").upsert()).await;
    // "b" is here for the thread alone, "c" by itself too.
    assert_eq!(place.ops(draft(&place, "b").by(&profile("bob")).in_thread(root).upsert()).await, ["post b"]);
    let mut c = draft(&place, "c").by(&profile("eve")).in_thread(root);
    c.placements[0].reasons.push(reason(Rule::Hashtag, "nantes"));
    assert_eq!(place.ops(c.upsert()).await, ["post c"]);
    place
}

async fn threads(place: &Place) -> Vec<(String, Option<PostId>, Option<PostId>)> {
    let cards = place.page(&nantes()).await;
    cards.iter().map(|card| (card.text.clone(), card.thread, card.reply_to)).collect()
}

#[tokio::test]
async fn q7_replies_of_a_deleted_thread_go_or_stand_alone() {
    let place = with_thread().await;
    assert_eq!(place.ops(delete("a")).await, ["remove a", "remove b", "update c"]);
    assert_eq!(threads(&place).await, [("c".into(), None, None)]);
    assert_eq!(place.store.counts().await.unwrap().posts, 1);
    // A reply that comes after its thread has gone is asked for by no recipe.
    let late = draft(&place, "d").by(&profile("bob")).in_thread(place.id("a"));
    assert_eq!(place.ops(late.upsert()).await, ["unmatched"]);
    assert_eq!(place.store.counts().await.unwrap().authors, 1);
}

#[tokio::test]
async fn q7_replies_of_a_hidden_thread_are_hidden_with_it() {
    let place = with_thread().await;
    let root = Some(place.id("a"));
    assert_eq!(place.ops(hide(&place, "a", true)).await, ["remove a", "remove b", "update c"]);
    assert_eq!(threads(&place).await, [("c".into(), None, None)]);
    // A reply that comes now waits with the others.
    let d = draft(&place, "d").by(&profile("bob")).in_thread(place.id("a"));
    assert!(place.ops(d.upsert()).await.is_empty());
    assert_eq!(place.ops(hide(&place, "a", false)).await, ["update a", "update b", "update c", "post d"]);
    let all = threads(&place).await;
    assert_eq!(all.iter().map(|(text, _, _)| text.as_str()).collect::<Vec<_>>(), ["d", "c", "b", "a"]);
    assert!(all[..3].iter().all(|(_, thread, reply_to)| *thread == root && *reply_to == root));
}

#[tokio::test]
async fn q7_after_a_restart_a_hidden_thread_still_has_its_cities() {
    let place = with_thread().await;
    place.ops(hide(&place, "a", true)).await;
    place.ops(draft(&place, "q").by(&profile("bob")).placed(vec![placement(nantes(), None)]).upsert()).await;
    let known = place.store.known_posts().await.unwrap();
    let cities = |name| known.iter().find(|post| post.id == place.id(name)).map(|post| post.cities.as_slice());
    assert_eq!(cities("a"), Some(&[nantes()][..]));
    assert_eq!(cities("q"), Some(&[][..]), "what waits for a moderator is placed nowhere");
}

#[tokio::test]
async fn q7_a_thread_that_leaves_one_city_takes_its_replies_there_only() {
    let place = Place::new().await;
    let both = || vec![placement(nantes(), Some(Tier::Public)), placement(tours(), Some(Tier::Public))];
    place.ops(draft(&place, "a").placed(both()).upsert()).await;
    place.ops(draft(&place, "b").by(&profile("bob")).placed(both()).in_thread(place.id("a")).upsert()).await;
    assert_eq!(place.ops(Change::Unplace { post: place.id("a"), city: nantes() }).await, ["remove a", "remove b"]);
    assert_eq!(place.page(&tours()).await.len(), 2);
    let known = place.store.known_posts().await.unwrap();
    let expected = |name, thread| KnownPost {
        id: place.id(name),
        thread: place.id(thread),
        cities: vec![tours()],
        queued: vec![],
    };
    assert_eq!(known, [expected("a", "a"), expected("b", "a")]);
}

#[tokio::test]
async fn q7_a_thread_whose_start_becomes_a_reply_hangs_on_the_new_start() {
    let place = with_thread().await;
    place.ops(draft(&place, "z").by(&profile("zoe")).upsert()).await;
    let moved = draft(&place, "a").revision("2").in_thread(place.id("z"));
    assert_eq!(place.ops(moved.upsert()).await, ["update a", "update b", "update c"]);
    let start = Some(place.id("z"));
    assert!(threads(&place).await.iter().all(|(text, thread, _)| text == "z" || *thread == start));
    assert_eq!(place.ops(delete("z")).await.len(), 4);
    assert_eq!(place.texts().await, ["c"]);
}

#[tokio::test]
async fn q7_the_page_gives_replies_apart() {
    let place = with_thread().await;
    place.ops(draft(&place, "z").by(&profile("zoe")).upsert()).await;
    let filter = Filter::default();
    let page = place.store.page(&nantes(), &filter, None, None, 1, true).await.unwrap();
    assert_eq!(page.cards.iter().map(|card| card.text.as_str()).collect::<Vec<_>>(), ["z"]);
    let page = place.store.page(&nantes(), &filter, None, page.next, 1, true).await.unwrap();
    assert_eq!(page.cards.iter().map(|card| card.text.as_str()).collect::<Vec<_>>(), ["a"]);
    assert_eq!(page.replies.iter().map(|card| card.text.as_str()).collect::<Vec<_>>(), ["b", "c"]);
    assert_eq!(page.next, None);
    // Where the filter hides the start, the reply stands by itself.
    let mut breton = draft(&place, "d").by(&profile("bob")).in_thread(place.id("a"));
    breton.post.languages = vec!["br".into()];
    place.ops(breton.upsert()).await;
    let filter = Filter { lang: Some("br".into()), ..Filter::default() };
    let page = place.store.page(&nantes(), &filter, None, None, 10, true).await.unwrap();
    assert_eq!(page.cards.iter().map(|card| card.text.as_str()).collect::<Vec<_>>(), ["d"]);
    assert!(page.replies.is_empty());
}

#[tokio::test]
async fn thread_and_replies_in_one_batch() {
    let place = Place::new().await;
    let reply = draft(&place, "b").in_thread(place.id("a")).upsert();
    let committed = place.commit(vec![draft(&place, "a").upsert(), reply]).await;
    assert_eq!(committed.entries[0].1.len(), 2);
    assert_eq!(threads(&place).await[0], ("b".into(), Some(place.id("a")), Some(place.id("a"))));
}

#[tokio::test]
async fn a_post_that_goes_and_comes_in_one_batch_keeps_what_points_at_it() {
    let place = with_thread().await;
    let gone = draft(&place, "a").placed(Vec::new()).upsert();
    let committed = place.commit(vec![gone, draft(&place, "z").upsert(), draft(&place, "a").upsert()]).await;
    assert_eq!(committed.entries[0].1.len(), 2);
    let start = Some(place.id("a"));
    let replies = threads(&place).await.into_iter().filter(|(text, _, _)| text == "b" || text == "c");
    assert!(replies.map(|(_, thread, _)| thread).eq([start, start]));
    assert_eq!(place.ops(delete("a")).await, ["remove a", "remove b", "update c"]);
}
