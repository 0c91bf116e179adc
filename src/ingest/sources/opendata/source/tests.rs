//! A dataset of a portal that lives on the loopback for one test.

use std::sync::Mutex;

use jiff::tz::TimeZone;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::*;
use crate::domain::{Lane, Network, RefuseReason};
use crate::ingest::hosts::Hosts;
use crate::ingest::listing::news;
use crate::ingest::outbound::Outbound;

const NOW: Timestamp = Timestamp::from_micros(1_795_600_800_000_000);
const MINUTE: Duration = Duration::from_secs(60);

/// What is asked, as the query's pairs, and what is answered: status line and body.
type Answerer = Arc<dyn Fn(&[(String, String)]) -> (String, String) + Send + Sync>;

struct Portal {
    address: String,
    asked: Arc<Mutex<Vec<Url>>>,
    _tasks: JoinSet<()>,
}

impl Portal {
    async fn new(answer: Answerer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let asked: Arc<Mutex<Vec<Url>>> = Arc::default();
        let (noted, base) = (asked.clone(), Url::parse(&address).unwrap());
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                let mut request = vec![0; 8_192];
                let read = socket.read(&mut request).await.unwrap_or(0);
                let request = String::from_utf8_lossy(&request[..read]).into_owned();
                let Some(path) = request.split(' ').nth(1) else { continue };
                let url = base.join(path).unwrap();
                let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
                noted.lock().unwrap().push(url);
                let (status, body) = answer(&pairs);
                let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
                let _written = socket.write_all(head.as_bytes()).await;
                let _written = socket.write_all(body.as_bytes()).await;
            }
        });
        Self { address, asked, _tasks: tasks }
    }

    fn dataset(&self, entry: &str) -> Dataset {
        let dataset = crate::ingest::sources::opendata::decode::tests::dataset(&entry.replace("PORTAL", &self.address));
        let reading = Reading {
            network: Network::OpenData,
            url: dataset.address(),
            name: Some(dataset.title.clone()),
            lanes: vec![Lane::Agenda],
            zone: TimeZone::UTC,
        };
        let outbound = Outbound::new("", true).unwrap();
        let hosts = Hosts::with_pause(Duration::ZERO);
        let visitor = Visitor { outbound, hosts, every: MINUTE, bytes_max: PAGE_BYTES_MAX };
        Dataset::new(dataset, reading, Arc::from([CityId::new("ville")]), 1, visitor).unwrap()
    }

    fn asked(&self) -> Vec<Vec<(String, String)>> {
        let asked = self.asked.lock().unwrap();
        asked.iter().map(|url| url.query_pairs().into_owned().collect()).collect()
    }
}

const OPENAGENDA: &str = "preset = \"openagenda\"\ninsee = \"44999\"\nportal = \"PORTAL\"";

fn value<'a>(pairs: &'a [(String, String)], name: &str) -> &'a str {
    pairs.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
}

/// An answer with the records of these numbers, of so many in all.
fn answer(numbers: impl IntoIterator<Item = usize>, total: usize) -> (String, String) {
    let record = |number| {
        format!(
            "{{\"uid\":\"{number}\",\"title_fr\":\"Bal {number}\",\"firstdate_begin\":\"2026-12-01T18:00:00Z\",\"lastdate_end\":\"2026-12-01T20:00:00Z\"}}"
        )
    };
    let records: Vec<String> = numbers.into_iter().map(record).collect();
    ("200 OK".into(), format!("{{\"total_count\":{total},\"results\":[{}]}}", records.join(",")))
}

async fn listing(dataset: &Dataset) -> Listing {
    match dataset.visit(&mut Memory::default(), NOW).await {
        Ok((Visit::Read(listing), _)) => *listing,
        Ok((Visit::Unreadable(reason), _)) => panic!("{reason:?}"),
        Ok((Visit::Unchanged, _)) => panic!("unchanged"),
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test]
async fn feature_24_a_portal_is_asked_for_what_is_shown_and_no_more() {
    let portal = Portal::new(Arc::new(|_| answer([1], 1))).await;
    listing(&portal.dataset(OPENAGENDA)).await;
    let works = "portal = \"PORTAL\"\ndataset = \"travaux\"\nlane = \"info\"\nwhere = \"fin >= now()\"\nfields = { id = \"uid\", title = \"title_fr\", updated = \"maj\" }";
    listing(&portal.dataset(works)).await;
    let asked = portal.asked();
    let [agenda, works] = &asked[..] else { panic!("{asked:?}") };
    assert_eq!(
        value(agenda, "where"),
        "(location_insee=\"44999\") and lastdate_end >= date'2026-11-24' and firstdate_begin <= date'2026-12-24'"
    );
    assert_eq!(
        value(agenda, "select"),
        "uid,title_fr,description_fr,location_name,location_address,firstdate_begin,lastdate_end,timings,location_coordinates,canonicalurl,updatedat,status,keywords_fr"
    );
    assert_eq!(
        (value(agenda, "order_by"), value(agenda, "limit"), value(agenda, "offset")),
        ("lastdate_end", "100", "0")
    );
    assert_eq!((value(works, "where"), value(works, "order_by")), ("(fin >= now())", "maj desc"));
    let paths: Vec<String> = portal.asked.lock().unwrap().iter().map(|url| url.path().to_owned()).collect();
    assert_eq!(
        paths,
        [
            "/api/explore/v2.1/catalog/datasets/evenements-publics-openagenda/records",
            "/api/explore/v2.1/catalog/datasets/travaux/records"
        ]
    );
}

#[tokio::test]
async fn h2_pages_are_read_up_to_the_bound_and_only_a_whole_list_says_what_is_missing() {
    let of_all = |all: usize| -> Answerer {
        Arc::new(move |pairs| {
            let offset: usize = value(pairs, "offset").parse().unwrap();
            answer((offset..all).take(100), all)
        })
    };
    for (all, records, requests, holds) in [
        (0, 0, 1, Holds::All),
        (7, 7, 1, Holds::All),
        (100, 100, 1, Holds::All),
        (250, 250, 3, Holds::All),
        (1_000, 1_000, 10, Holds::All),
        (1_001, 1_000, 10, Holds::Some),
    ] {
        let portal = Portal::new(of_all(all)).await;
        let listing = listing(&portal.dataset(OPENAGENDA)).await;
        assert_eq!((listing.items.len(), portal.asked().len(), listing.holds), (records, requests, holds), "{all}");
    }
    // What comes or goes while it is read shifts the rest; a portal that says no number never has it all.
    let shifting: Answerer = Arc::new(|pairs| match value(pairs, "offset") {
        "0" => answer(0..100, 150),
        _ => answer(99..150, 151),
    });
    let twice: Answerer = Arc::new(|pairs| match value(pairs, "offset") {
        "0" => answer(0..100, 150),
        _ => answer(99..149, 150),
    });
    let silent: Answerer = Arc::new(|_| {
        let (status, body) = answer(0..3, 3);
        (status, body.replace("total_count", "count"))
    });
    for portal in [shifting, twice, silent] {
        let portal = Portal::new(portal).await;
        assert_eq!(listing(&portal.dataset(OPENAGENDA)).await.holds, Holds::Some);
    }
}

#[tokio::test]
async fn d5_what_is_taken_out_of_a_dataset_goes_and_a_cancelled_event_says_so_at_the_next_visit() {
    let round = Arc::new(Mutex::new(0_usize));
    let asked = round.clone();
    let portal = Portal::new(Arc::new(move |_| match *asked.lock().unwrap() {
        0 => answer([1, 2], 2),
        1 => {
            let (status, body) = answer([1, 2], 2);
            (
                status,
                body.replacen(
                    "\"title_fr\":\"Bal 1\"",
                    "\"title_fr\":\"Bal 1\",\"status\":\"{\\\"id\\\":6,\\\"label\\\":{\\\"fr\\\":\\\"Annulé\\\"}}\"",
                    1,
                ),
            )
        }
        2 => answer([2], 1),
        _ => answer([], 0),
    }))
    .await;
    let dataset = portal.dataset(OPENAGENDA);
    let mut memory = Memory::default();
    let mut told = Vec::new();
    for number in 0..4 {
        *round.lock().unwrap() = number;
        let news = news(listing(&dataset).await, &memory, &dataset.reading, NOW);
        memory = news.memory;
        let posts = news.posts.into_iter();
        told.push(posts.map(|post| (post.text, post.schedule.cancelled, post.visibility)).collect::<Vec<_>>());
    }
    use crate::domain::Visibility::{Public, Restricted};
    let ball = |number: usize, cancelled| (format!("Bal {number}"), cancelled, Public);
    assert_eq!(told[0], [ball(2, false), ball(1, false)]);
    assert_eq!(told[1], [ball(1, true)]);
    assert_eq!(told[2], [(String::new(), false, Restricted)]);
    assert_eq!(told[3], [], "a dataset that is empty for once lost nothing");
}

#[tokio::test]
async fn what_a_portal_answers_decides_when_it_is_asked_again() {
    let refused = |reason: &str, after| Some(SourceError::Refused { reason: reason.into(), after });
    for (status, body, expected) in [
        (
            "400 Bad Request",
            "{\"error_code\":\"ODSQLError\",\"message\":\"Unknown field:\\n lastdate_end\"}",
            refused("the server answers 400: Unknown field: lastdate_end", None),
        ),
        ("429 Slow\r\nretry-after: 1800", "", refused("the server answers 429", Some(Duration::from_secs(1_800)))),
        (
            "404 Not Found",
            "",
            Some(SourceError::Retry { reason: "the server answers 404".into(), after: Some(MINUTE) }),
        ),
    ] {
        let portal = Portal::new(Arc::new(move |_| (status.into(), body.into()))).await;
        assert_eq!(portal.dataset(OPENAGENDA).visit(&mut Memory::default(), NOW).await.err(), expected, "{status}");
    }
    let portal = Portal::new(Arc::new(|_| ("200 OK".into(), "<html>".into()))).await;
    let visit = portal.dataset(OPENAGENDA).visit(&mut Memory::default(), NOW).await;
    assert!(matches!(visit, Ok((Visit::Unreadable(RefuseReason::Malformed), _))));
    let portal = Portal::new(Arc::new(|_| ("200 OK".into(), " ".repeat(PAGE_BYTES_MAX + 1)))).await;
    let visit = portal.dataset(OPENAGENDA).visit(&mut Memory::default(), NOW).await;
    assert!(matches!(visit, Err(SourceError::Retry { .. })));
}

#[tokio::test]
async fn h4_a_dataset_and_a_feed_of_one_host_take_turns() {
    let portal = Portal::new(Arc::new(|_| ("503 Away\r\nretry-after: 3600".into(), String::new()))).await;
    let dataset = portal.dataset(OPENAGENDA);
    assert!(dataset.visit(&mut Memory::default(), NOW).await.is_err());
    let host = dataset.url.host_str().unwrap();
    let waits = tokio::time::timeout(Duration::from_millis(300), dataset.visitor.hosts.turn(host)).await;
    assert!(waits.is_err(), "whoever asks the host next is kept waiting");
}
