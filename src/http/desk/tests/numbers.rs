use std::collections::HashMap;

use futures_util::future::BoxFuture;

use super::*;
use crate::domain::desk::{Calendar, Cell, Counts, Dimension, HourCount, Plain, Recent, Width};

/// What numbers that are invented tell of some buckets, one after the other.
pub async fn past_of(
    counts: &dyn Counts,
    city: &CityId,
    width: Width,
    dimension: Dimension,
    starts: &[Timestamp],
) -> Result<HashMap<String, Vec<u64>>, StoreError> {
    let mut told: HashMap<String, Vec<u64>> = HashMap::new();
    for start in starts {
        for cell in counts.values(city, width, dimension, *start).await? {
            told.entry(cell.value).or_default().push(cell.posts);
        }
    }
    Ok(told)
}

/// Numbers that are the same in each bucket of eighty days, until the 13th of January 2027; of the tag `tram` those of every
/// other one, and one tag that came up in January alone.
pub struct Numbers;

impl Counts for Numbers {
    fn since<'a>(&'a self, _: &'a CityId) -> BoxFuture<'a, Result<Option<Timestamp>, StoreError>> {
        Box::pin(async { Ok(Some(NOON.plus_seconds(-80 * 86_400))) })
    }

    fn series<'a>(
        &'a self,
        _: &'a CityId,
        width: Width,
        dimension: Dimension,
        value: &'a str,
        from: Timestamp,
        until: Timestamp,
    ) -> BoxFuture<'a, Result<Vec<Cell>, StoreError>> {
        let days = if width == Width::Day { 1 } else { 7 };
        let starts = (0..100).map(|number| from.plus_seconds(number * days * 86_400)).step_by(2);
        let is_known = dimension == Dimension::Tag && value == "tram";
        let cell = |start| Cell { start, value: value.into(), posts: 12, authors: Some(10) };
        let cells = starts.take_while(|start| is_known && *start < until).map(cell).collect();
        Box::pin(async move { Ok(cells) })
    }

    fn values<'a>(
        &'a self,
        _: &'a CityId,
        _: Width,
        dimension: Dimension,
        start: Timestamp,
    ) -> BoxFuture<'a, Result<Vec<Cell>, StoreError>> {
        let cell = |value: &str, posts| Cell { start, value: value.into(), posts, authors: Some(10) };
        let cells = match dimension {
            Dimension::All => vec![cell("", 23)],
            Dimension::Tag if start < NOON.plus_seconds(-14 * 86_400) => vec![cell("=nantes", 14)],
            Dimension::Tag => vec![cell("=nantes", 12), cell("<b>", 11)],
            Dimension::Network => vec![cell("bluesky", 23)],
            _ => Vec::new(),
        };
        Box::pin(async move { Ok(cells) })
    }

    fn past_values<'a>(
        &'a self,
        city: &'a CityId,
        width: Width,
        dimension: Dimension,
        starts: &'a [Timestamp],
    ) -> BoxFuture<'a, Result<HashMap<String, Vec<u64>>, StoreError>> {
        Box::pin(past_of(self, city, width, dimension, starts))
    }

    fn plain<'a>(
        &'a self,
        city: &'a CityId,
        width: Width,
        from: Timestamp,
        until: Timestamp,
    ) -> BoxFuture<'a, Result<Vec<(Timestamp, Plain)>, StoreError>> {
        let last = Timestamp::parse_rfc3339("2027-01-14T00:00:00+01:00").unwrap();
        let plain = Plain { people: 23, bodies: 4, automatic: 1, around: 0 };
        let (mut next, mut closed) = (Some(from), Vec::new());
        while let Some(bucket) = next.and_then(|at| Calendar::new("Europe/Paris").bucket(width, at)) {
            next = Some(bucket.end).filter(|end| *end < until);
            if city.as_str() == "nantes" && bucket.start >= NOON.plus_seconds(-80 * 86_400) && bucket.end <= last {
                closed.push((bucket.start, plain));
            }
        }
        Box::pin(async move { Ok(closed) })
    }

    fn open<'a>(&'a self, _: &'a CityId, _: Timestamp, _: Timestamp) -> BoxFuture<'a, Result<Plain, StoreError>> {
        Box::pin(async { Ok(Plain::default()) })
    }

    fn hours<'a>(&'a self, _: &'a CityId, _: Timestamp) -> BoxFuture<'a, Result<Vec<HourCount>, StoreError>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn recent<'a>(&'a self, _: &'a CityId, _: Timestamp) -> BoxFuture<'a, Result<Recent, StoreError>> {
        Box::pin(async { Ok(Recent::default()) })
    }
}

#[actix_web::test]
async fn feature_11_numbers_are_those_of_closed_buckets_on_the_page_and_in_the_file() {
    let mut place = Place::new().await;
    place.add("lea", &[("nantes", Role::Reader), ("rennes", Role::Reader)]).await;
    let mut desk = DeskState::new(Arc::new(place.store.clone()), TrustedProxies::default(), random).unwrap();
    desk.counts = Arc::new(Numbers);
    place.desk = Data::new(desk);
    let app = place.app().await;
    let mut lea = Browser::new(&app);
    lea.enter("lea", NOON).await;
    let page = lea.get("/desk/nantes/numbers?width=day&at=2027-01-13").await.body;
    for words in [
        "mercredi 13 janvier 2027",
        "23 messages d’habitants. 10 personnes au moins.",
        "D’ordinaire un mercredi\u{a0}: 23 messages.",
        "4 messages d’organismes",
        "#=nantes",
        "#&#60;b&#62;",
        ">Bluesky</th>",
        "sans parler de trop peu de personnes",
        "data-usual=\"14\"",
        "data-usual=\"peu\"",
        "d’avant, dès que quatre sont comptés",
        "/desk/nantes/numbers?width=day&#38;at=2027-01-12",
        "/desk/nantes/numbers.csv?width=day&#38;at=2027-01-13",
        "/desk/nantes/numbers.json?width=day&#38;at=2027-01-13",
    ] {
        assert!(page.contains(words), "{words} in {page}");
    }
    let file = lea.get("/desk/nantes/numbers.csv?width=day&at=2027-01-13").await.body;
    assert_eq!(
        file.lines().collect::<Vec<_>>(),
        [
            "period,dimension,value,posts,authors_at_least,usual_posts",
            "2027-01-13,all,people,23,10,23",
            "2027-01-13,all,bodies,4,,",
            "2027-01-13,all,automatic,1,,",
            "2027-01-13,all,around,0,,",
            "2027-01-13,tag,\"'=nantes\",12,10,14",
            "2027-01-13,tag,<b>,11,10,",
            "2027-01-13,network,bluesky,23,10,23",
        ]
    );
    // What is open, was not counted, or is no date at all says so, and has no file.
    for query in ["", "?width=week&at=2027-01-13", "?at=2031-01-01", "?width=hour&at=x"] {
        let page = lea.get(&format!("/desk/nantes/numbers{query}")).await;
        assert!(page.status == 200 && page.body.contains("n’est pas close, ou elle n’a pas été comptée"), "{query}");
        assert_eq!(lea.get(&format!("/desk/nantes/numbers.csv{query}")).await.status, 404, "{query}");
    }
    assert_eq!(lea.get("/desk/rennes/numbers.csv?width=day&at=2027-01-13").await.status, 404, "another city's");
    // A week is told day by day too, each with what is usual, as a drawing and as a table.
    let week = lea.get("/desk/nantes/numbers?width=week&at=2027-01-06").await.body;
    let says = "Messages d’habitants par jour. Du lundi 4 janvier au dimanche 10 janvier 2027. Le trait est";
    assert!(week.contains(&format!("<time-chart data-says=\"{says}")), "{week}");
    assert_eq!(week.matches("data-value=\"23\"").count(), 8, "seven days, and one network: {week}");
    assert_eq!(week.matches("data-usual=\"23\"").count(), 7, "of values nothing is usual, for a week may tell a part");
    assert!(week.contains("dit ce nombre au moins") && !page.contains("dit ce nombre au moins"), "{week}");
    let json = lea.get("/desk/nantes/numbers.json?width=week&at=2027-01-06").await.body;
    let json: Value = serde_json::from_str(&json).unwrap();
    let day = serde_json::json!({ "period": "2027-W01", "dimension": "day", "value": "2027-01-04", "posts": 23,
        "authors_at_least": null, "usual_posts": 23 });
    assert_eq!(json["rows"][4], day);
}
