//! What readers are given: filters, search, pages, entries.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;

#[tokio::test]
async fn pages_follow_each_other_without_gap() {
    let place = Place::new().await;
    let names: Vec<String> = (0..25).map(|number| format!("n{number}")).collect();
    place.commit(names.iter().map(|name| draft(&place, name).upsert()).collect()).await;
    let (mut seen, mut before) = (Vec::new(), None);
    loop {
        let page = place.store.page(&nantes(), &Filter::default(), None, before, 10, false).await.unwrap();
        assert_eq!(page.head.head, Offset(25));
        seen.extend(page.cards.iter().map(|card| card.position));
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    assert_eq!(seen, (1..=25).rev().collect::<Vec<u64>>());
    let empty = place.store.page(&tours(), &Filter::default(), Some("x"), None, 10, true).await.unwrap();
    assert!(empty.cards.is_empty() && empty.head.head == Offset(0));
}

#[tokio::test]
async fn d7_a_page_stands_in_the_order_of_arrival_whatever_a_clock_says() {
    const YEAR_S: i64 = 365 * 86_400;
    let place = Place::new().await;
    let (mut last, mut names) = (Offset(0), Vec::new());
    for (number, step) in [0, 60, -3_600, 10 * YEAR_S, -10 * YEAR_S, 1, 10 * YEAR_S].into_iter().enumerate() {
        let now = after_s(step);
        place.clock.set(now);
        let name = char::from(b'a' + number as u8).to_string();
        let mut new = draft(&place, &name).at(now);
        new.post.created_at = now;
        let committed = place.commit(vec![new.upsert()]).await;
        let offsets: Vec<Offset> = committed.entries[0].1.iter().map(|entry| entry.offset).collect();
        assert_eq!(offsets, [last.next()], "after a step of {step} s");
        (last, _) = (last.next(), names.insert(0, name));
    }
    assert_eq!(place.texts().await, names);
    let positions: Vec<u64> = place.page(&nantes()).await.iter().map(|card| card.position).collect();
    assert_eq!(positions, (1..=7).rev().collect::<Vec<u64>>());
    // The log reads the same after a restart, on a clock of another year.
    let place = place.reopened().await;
    place.clock.set(after_s(-10 * YEAR_S));
    let entries = place.store.entries(&nantes(), Offset(0), 100).await.unwrap();
    assert!(entries.iter().map(|entry| entry.offset.0).eq(1..=7));
    assert_eq!(place.ops(draft(&place, "z").upsert()).await, ["post z"]);
    assert_eq!(place.head().await.head, Offset(8));
}

/// A statement that finds nothing gives its reader no occasion to notice that nobody waits for it.
#[tokio::test]
async fn d8_a_read_that_is_given_up_ends_at_once_with_its_snapshot() {
    const ENDLESS: &str =
        "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x FROM n WHERE x < 0";
    let place = Place::new().await;
    place.ops(draft(&place, "a").upsert()).await;
    let reader = place.store.reader();
    let endless = async || {
        let mut limited = reader.limited().await.unwrap();
        let mut snapshot = sqlx::Connection::begin(&mut *limited.connection).await.unwrap();
        sqlx::query("SELECT * FROM posts").fetch_all(&mut *snapshot).await.unwrap();
        sqlx::query(ENDLESS).fetch_all(&mut *snapshot).await.map(|rows| rows.len())
    };
    let given_up = async || tokio::time::timeout(Duration::from_millis(200), endless()).await;
    // More than there are connections.
    for _ in 0..3 {
        let ended = tokio::join!(given_up(), given_up(), given_up(), given_up());
        assert!(ended.0.is_err() && ended.1.is_err() && ended.2.is_err() && ended.3.is_err(), "{ended:?}");
        let began = Instant::now();
        assert_eq!(place.texts().await, ["a"]);
        assert!(began.elapsed() < Duration::from_secs(1), "the connections took {:?}", began.elapsed());
    }
    // No snapshot is left: the log can be emptied.
    place.ops(delete("a")).await;
    let began = Instant::now();
    while std::fs::metadata(place.folder.path().join("data/parvis.db-wal")).is_ok_and(|log| log.len() > 0) {
        assert!(began.elapsed() < Duration::from_secs(4), "a snapshot holds the log");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // Nor is a limit left on a connection for whoever has it next.
    let mut reads = Vec::new();
    for _ in 0..4 {
        reads.push(reader.pool.acquire().await.unwrap());
    }
    for read in &mut reads {
        let counted = "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 100000)
            SELECT count(*) FROM n";
        let counted: i64 = sqlx::query_scalar(counted).fetch_one(&mut **read).await.unwrap();
        assert_eq!(counted, 100_000);
    }
}

#[tokio::test]
async fn entries_are_contiguous_and_stand_as_they_are_now() {
    let place = Place::new().await;
    place.commit(vec![draft(&place, "a").upsert(), draft(&place, "b").upsert(), draft(&place, "c").upsert()]).await;
    place.ops(delete("a")).await;
    place.ops(draft(&place, "b").revision("2").text("B").upsert()).await;
    let entries = place.store.entries(&nantes(), Offset(0), 100).await.unwrap();
    let said: Vec<_> = entries.iter().map(|e| (e.offset.0, e.op, e.card.as_ref().map(|c| c.text.as_str()))).collect();
    let expected = [
        (1, Op::Remove, None),
        (2, Op::Post, Some("B")),
        (3, Op::Post, Some("c")),
        (4, Op::Remove, None),
        (5, Op::Update, Some("B")),
    ];
    assert_eq!(said, expected);
    assert_eq!(place.store.entries(&nantes(), Offset(3), 1).await.unwrap()[0].offset, Offset(4));
    for after in [5, 6, u64::MAX] {
        assert!(place.store.entries(&nantes(), Offset(after), 10).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn l28_search_reaches_what_it_may() {
    let place = Place::new().await;
    place.clock.set(after_s(72 * 3_600));
    let old = after_s(-1);
    let said = "Le tram de l'Île-de-Nantes";
    for (name, tier, at) in [
        ("a", Some(Tier::Invited), old),
        ("b", Some(Tier::Public), old),
        ("c", Some(Tier::Public), NOON),
        ("d", Some(Tier::Quiet), NOON),
        ("e", None, NOON),
    ] {
        place.ops(draft(&place, name).tier(tier).at(at).text(&format!("{said} {name}")).upsert()).await;
    }
    let search = async |text: &str| {
        let page = place.store.page(&nantes(), &Filter::default(), Some(text), None, 10, true).await.unwrap();
        page.cards.iter().map(|card| card.text.split(' ').next_back().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(search("tram").await, ["c", "a"]);
    assert_eq!(search("ILE nantes").await, ["c", "a"]);
    assert_eq!(search("i\u{302}le").await, ["c", "a"]);
    assert!(search("tram bus").await.is_empty());
    // Never handles, names or network ids.
    for word in ["ana", "example", "did:plc:ana"] {
        assert!(search(word).await.is_empty(), "{word}");
    }
    for word in ["", "\"", "tram AND", "NEAR(", "text:tram", "*", "-", "Ⓐ", "tram\0", "'; DROP TABLE posts --"] {
        search(word).await;
    }
    place.ops(hide(&place, "c", true)).await;
    assert_eq!(search("tram").await, ["a"]);
    let filter = Filter { lang: Some("br".into()), ..Filter::default() };
    assert!(place.store.page(&nantes(), &filter, Some("tram"), None, 10, false).await.unwrap().cards.is_empty());
}

#[tokio::test]
async fn nothing_hidden_is_in_any_read() {
    let place = Place::new().await;
    place.ops(draft(&place, "a").text("secretword one").tier(Some(Tier::Invited)).upsert()).await;
    place.ops(draft(&place, "b").text("secretword two").tier(None).upsert()).await;
    place.ops(hide(&place, "a", true)).await;
    for threads in [true, false] {
        for search in [None, Some("secretword")] {
            let page = place.store.page(&nantes(), &Filter::default(), search, None, 10, threads).await.unwrap();
            assert!(page.cards.is_empty() && page.replies.is_empty());
        }
    }
    assert!(place.store.entries(&nantes(), Offset(0), 10).await.unwrap().iter().all(|entry| entry.card.is_none()));
    assert!(place.store.card(&nantes(), place.id("a")).await.unwrap().is_none());
    assert!(place.store.card(&nantes(), place.id("b")).await.unwrap().is_none());
    assert!(place.store.recent_times(&nantes(), NOON, 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn feature_7_volumes_are_by_network_and_by_site_of_what_is_shown() {
    let place = Place::new().await;
    let site = |name: &str| AuthorProfile {
        network: Network::Feed,
        ..AuthorProfile { id: AuthorId::new(format!("https://{name}.example/rss")), ..profile("ana") }
    };
    for (name, by, seconds) in [("a", None, 1), ("b", None, 5), ("c", Some("ville"), 2), ("d", Some("presse"), 3)] {
        let mut draft = draft(&place, name).at(after_s(seconds));
        if let Some(by) = by {
            draft = draft.by(&site(by));
            draft.post.network = Network::Feed;
        }
        place.ops(draft.upsert()).await;
    }
    place.ops(hide(&place, "d", true)).await;
    let volume = |network, site: Option<&str>, posts, seconds| Volume {
        network,
        site: site.map(AuthorId::new),
        posts,
        last_at: after_s(seconds),
    };
    let expected =
        [volume(Network::Bluesky, None, 2, 5), volume(Network::Feed, Some("https://ville.example/rss"), 1, 2)];
    assert_eq!(place.store.volumes(&nantes()).await.unwrap(), expected);
    assert!(place.store.volumes(&CityId::new("nowhere")).await.unwrap().is_empty());
}

#[tokio::test]
async fn s18_what_is_announced_is_what_is_not_over_events_by_their_beginning() {
    let place = Place::new().await;
    let placed = |lane, seconds| Placement {
        lane,
        expires_at: Some(after_s(seconds)),
        ..placement(nantes(), Some(Tier::Invited))
    };
    for (name, lane, starts, over) in [
        ("long", Lane::Info, None, 900),
        ("short", Lane::Info, None, 100),
        ("later", Lane::Agenda, Some(500), 900),
        ("sooner", Lane::Agenda, Some(300), 800),
        ("begun", Lane::Agenda, Some(-50), 700),
        ("talk", Lane::People, None, 900),
    ] {
        let mut draft = draft(&place, name).placed(vec![placed(lane, over)]);
        draft.post.schedule.starts_at = starts.map(after_s);
        place.ops(draft.upsert()).await;
    }
    place
        .ops(draft(&place, "endless").placed(vec![Placement { expires_at: None, ..placed(Lane::Info, 1) }]).upsert())
        .await;
    let at = async |seconds, limit| {
        let announced = place.store.announced(&nantes(), after_s(seconds), limit).await.unwrap();
        let texts = |cards: &[Arc<Card>]| cards.iter().map(|card| card.text.clone()).collect::<Vec<_>>().join(" ");
        (texts(&announced.notices), texts(&announced.events))
    };
    let (notices, events) = at(0, 10).await;
    assert_eq!((notices.len(), events.as_str()), ("long short".len(), "begun sooner later"));
    assert_eq!(at(100, 10).await, ("long".into(), "begun sooner later".into()));
    assert_eq!(at(100, 1).await, ("long".into(), "begun".into()));
    place.ops(hide(&place, "sooner", true)).await;
    assert_eq!(at(700, 10).await, ("long".into(), "later".into()));
    assert!(place.store.announced(&CityId::new("nowhere"), NOON, 10).await.unwrap().events.is_empty());
}

#[tokio::test]
async fn q3_recent_times_are_newest_first() {
    let place = Place::new().await;
    for (name, at) in [("a", 0), ("b", 20), ("c", 10)] {
        place.ops(draft(&place, name).at(after_s(at)).upsert()).await;
    }
    let mut by_itself = draft(&place, "feed").at(after_s(15));
    by_itself.post.automated = true;
    place.ops(by_itself.upsert()).await;
    let times = place.store.recent_times(&nantes(), after_s(5), 10).await.unwrap();
    assert_eq!(times, [after_s(20), after_s(10)]);
    assert_eq!(place.store.recent_times(&nantes(), NOON, 1).await.unwrap(), [after_s(20)]);
}

fn some<T: std::fmt::Debug + Clone + 'static>(values: &'static [T]) -> impl Strategy<Value = Option<T>> {
    proptest::option::weighted(0.4, proptest::sample::select(values))
}

const TAGS: [&str; 5] = ["Nantes", "île", "a b", "x,\"y", "42"];
const LANGS: [&str; 3] = ["fr", "br", ""];
const ZONES: [&str; 3] = ["Centre-ville", "Île de Nantes", ""];

fn filters() -> impl Strategy<Value = Filter> {
    let keys = &["nantes", "ile", "ab", "xy", "42", "a b", "", "zz"];
    let lanes = proptest::sample::select(vec![Lane::People, Lane::Press, Lane::Event("x".into())]);
    (some(keys), some(&ZONES), some(&Network::ALL), some(&LANGS), proptest::option::weighted(0.3, lanes)).prop_map(
        |(tag, zone, network, lang, lane)| Filter {
            tag: tag.map(str::to_owned),
            zone: zone.map(str::to_owned),
            network,
            lang: lang.map(str::to_owned),
            lane,
        },
    )
}

#[tokio::test]
async fn filters_in_sql_agree_with_filters_in_memory() {
    let place = Place::new().await;
    let mut changes = Vec::new();
    let mut random = fastrand::Rng::with_seed(5);
    for number in 0..150 {
        let mut own = draft(&place, &format!("n{number}"));
        own.post.tags = TAGS.iter().filter(|_| random.bool()).filter_map(|tag| Hashtag::new(tag)).collect();
        own.post.languages = LANGS.iter().filter(|_| random.bool()).map(|&lang| lang.to_owned()).collect();
        own.post.network = if random.bool() { Network::Bluesky } else { Network::Feed };
        own.placements[0].zone = random.choice(ZONES).filter(|_| random.bool()).map(str::to_owned);
        own.placements[0].lane =
            random.choice([Lane::People, Lane::Press, Lane::Event("x".into()), Lane::Event("y".into())]).unwrap();
        changes.push(own.upsert());
    }
    place.commit(changes).await;
    let all = place.page(&nantes()).await;
    assert_eq!(all.len(), 150);
    let mut runner = proptest::test_runner::TestRunner::default();
    let handle = tokio::runtime::Handle::current();
    tokio::task::spawn_blocking(move || {
        runner
            .run(&filters(), |filter| {
                let page = handle.block_on(place.store.page(&nantes(), &filter, None, None, 1_000, false)).unwrap();
                let expected: Vec<_> = all.iter().filter(|card| filter.admits(card)).cloned().collect();
                prop_assert_eq!(page.cards, expected);
                Ok(())
            })
            .unwrap();
    })
    .await
    .unwrap();
}
