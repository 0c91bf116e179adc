use super::posts::load;
use super::*;
use crate::clock::ManualClock;
use crate::demo::script::Scripts;
use crate::demo::{Past, Rate};
use crate::domain::{AccountResolver, Event, Network, RawPost};
use crate::ingest::sources::decoder;

const NOW: Timestamp = Timestamp::from_micros(1_795_600_800_000_000);

async fn simulator(shutdown: &Shutdown) -> MastodonSimulator {
    MastodonSimulator::start(Arc::new(ManualClock::new(NOW)), shutdown.clone()).await.unwrap()
}

#[test]
fn what_is_written_is_what_is_read() {
    let person = Person { bio: "Je lis.\n#nobot".into(), ..Person::new("ana@ailleurs.example") };
    let mut written = status(&person, "Un <b> & deux\n\n#Été, #nantes_sud. Et # seul", NOW);
    entity::name(&mut written, "127.0.0.1:1", "12");
    let seen = decoder(Network::Mastodon).unwrap().decode(written.to_string().as_bytes());
    let Event::Post(post) = seen.event else { panic!("{seen:?}") };
    assert_eq!(post.text, "Un <b> & deux\n\n#Été, #nantes_sud. Et # seul");
    assert_eq!(post.tags, ["été", "nantes_sud"]);
    assert_eq!(post.native_id.as_str(), "https://ailleurs.example/users/ana/statuses/12");
    assert_eq!(post.profile.unwrap().bio.lines().last(), Some("#nobot"));
}

/// Status and body.
async fn get(url: &str) -> (u16, Vec<u8>) {
    let outbound = crate::ingest::Outbound::new("", true).unwrap();
    let answer = outbound.get(url.parse().unwrap(), Default::default()).await.unwrap();
    (answer.status, answer.body)
}

#[tokio::test]
async fn timelines_are_paged_as_the_real_ones_are() {
    let shutdown = Shutdown::new();
    let simulator = simulator(&shutdown).await;
    let person = Person::new("ana");
    let ids: Vec<String> =
        (0..7).map(|number| simulator.post(status(&person, &format!("{number} #ville"), NOW))).collect();
    simulator.post(status(&person, "plus tard #ville", NOW.plus_seconds(60)));
    simulator.post(status(&person, "autre #bourg", NOW));
    let page = async |query: &str| {
        let url = format!("{}/api/v1/timelines/tag/Ville?limit=3{query}", simulator.url());
        let page: Value = serde_json::from_slice(&get(&url).await.1).unwrap();
        let found = page.as_array().unwrap().iter();
        found.map(|status| ids.iter().position(|id| id == entity::id(status)).unwrap_or(9)).collect::<Vec<_>>()
    };
    assert_eq!(page("").await, [6, 5, 4]);
    assert_eq!(page(&format!("&max_id={}", ids[2])).await, [1, 0]);
    assert_eq!(page(&format!("&since_id={}", ids[1])).await, [6, 5, 4], "the newest: a hole may be left");
    assert_eq!(page(&format!("&min_id={}", ids[1])).await, [4, 3, 2], "the page right above");
    assert_eq!(page("&any[]=bourg").await, [9, 6, 5]);
    assert!(page("&remote=true").await.is_empty());
    simulator.delete(&ids[5]);
    simulator.fail_next([Fault { status: 404, headers: vec![] }]);
    assert_eq!(get(&format!("{}/api/v1/timelines/tag/x", simulator.url())).await.0, 404);
    assert_eq!(page("").await, [6, 4, 3]);
    assert_eq!(simulator.asked().len(), 8);
    shutdown.trigger();
}

/// Posts of people who asked for the bridge, as the simulated Bluesky has them, and what of it stands on the server.
#[tokio::test]
async fn a_bridge_carries_what_some_people_say_and_goes_on_following_it() {
    let shutdown = Shutdown::new();
    let simulator = simulator(&shutdown).await;
    let Past { frames, world, .. } = Past::play(&Scripts::load().unwrap(), Rate::Metropole, 1, NOW);
    let mut bridge = Bridge::new(world, simulator.clone());
    frames.iter().for_each(|frame| bridge.carry(frame));
    let standing = || simulator.state.lock().statuses.clone();
    assert!((20..frames.len() / 3).contains(&standing().len()), "{} of {} frames", standing().len(), frames.len());
    let mut decoder = decoder(Network::Mastodon).unwrap();
    for status in standing() {
        let Event::Post(post) = decoder.decode(status.to_string().as_bytes()).event else { panic!("{status}") };
        let origin = post.copy_of.unwrap();
        let said = frames.iter().rfind(|frame| {
            let frame: Value = serde_json::from_str(frame).unwrap();
            let commit = &frame["commit"];
            let of = |name: &str| commit[name].as_str().unwrap_or_default().to_owned();
            origin == format!("at://{}/{}/{}", frame["did"].as_str().unwrap(), of("collection"), of("rkey"))
        });
        let said: Value = serde_json::from_str(said.unwrap()).unwrap();
        assert_eq!(said["commit"]["record"]["text"], post.text, "a copy says what its origin last said");
        assert!(said["commit"]["record"].get("reply").is_none() && said["commit"]["operation"] != "delete");
    }
    shutdown.trigger();
}

#[test]
fn every_city_is_spoken_of_at_every_rate_and_carries_a_tag() {
    for rate in Rate::ALL {
        let posts = load(rate).unwrap();
        assert!(posts.len() >= 7 && posts.is_sorted_by_key(|post| post.hours), "{rate:?}: {}", posts.len());
        assert!(posts.iter().all(|said| said.post.text.contains('#') && said.hours.abs() <= 40.0));
    }
    let all = load(Rate::Metropole).unwrap();
    for city in ["nantes", "rennes", "tours", "lausanne", "montreal", "le-pellerin"] {
        assert!(all.iter().any(|said| said.post.city == city && said.hours < 0.0), "{city}");
    }
}

#[tokio::test]
async fn feature_5_each_town_is_asked_at_every_rate_and_replies_to_some_of_it_before_the_start() {
    for rate in Rate::ALL {
        let shutdown = Shutdown::new();
        let simulator = simulator(&shutdown).await;
        perform(&simulator, rate, 1.0, Arc::new(ManualClock::new(NOW)), shutdown.clone()).unwrap();
        let mut decoder = decoder(Network::Mastodon).unwrap();
        let standing: Vec<_> = simulator.state.lock().statuses.iter().map(Value::to_string).collect();
        let posts: Vec<_> = standing
            .iter()
            .map(|status| match decoder.decode(status.as_bytes()).event {
                Event::Post(post) => *post,
                seen => panic!("{seen:?}"),
            })
            .collect();
        assert!(posts.is_sorted_by_key(|post| post.created_at));
        let holders = TownHolders(towns().unwrap());
        for town in towns().unwrap() {
            let held = holders.holders(vec![town.account.clone(), "ana@ailleurs.example".into()]).await.unwrap();
            let [(_, town_is), (_, nobody)] = held.as_slice() else { panic!("{held:?}") };
            assert!(nobody.is_empty());
            let is_to_town = |post: &&RawPost| post.addressed.iter().any(|account| town_is.contains(account));
            let answer_to = |asked: &RawPost| {
                let is_answer = |post: &&RawPost| post.reply.as_ref().is_some_and(|it| it.parent == asked.native_id);
                posts.iter().find(is_answer).map(|answer| town_is.contains(&answer.author))
            };
            let answered: Vec<_> = posts.iter().filter(is_to_town).map(answer_to).collect();
            assert_eq!(answered, [Some(true), None], "{} at {rate:?}", town.city);
        }
        shutdown.trigger();
    }
}
