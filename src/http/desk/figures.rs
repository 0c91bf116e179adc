//! How what is told of one closed bucket reads, on the page and in files.
//!
//! Owns its words, tables and sheets. Does not own the numbers (`told`).
//! Invariant: a table of the page and the rows of a file are made of the same cells, and of all of them.

use super::told::{CellTold, DayTold, Told, level};
use crate::domain::desk::{AUTHORS_MIN, Bucket, Calendar as Buckets, Dimension, Plain, Width};
use crate::domain::{Network, Timestamp};
use crate::http::page::{Calendar, Words, language_name, network_name};
use crate::http::sheet::{Field, Sheet};
use crate::monitor::{Usual, UsualValue};

/// Values of one table that are seen at once; the others open below them.
const ROWS_MAX: usize = 15;

pub struct TableView {
    pub id: &'static str,
    pub title: String,
    pub of: String,
    pub rows: Vec<RowView>,
    pub more: Vec<RowView>,
    pub more_words: String,
    pub most: u64,
    /// What its drawing says of itself, where the rows follow each other in time.
    pub chart: Option<String>,
    pub has_usual: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowView {
    pub value: String,
    pub posts: u64,
    pub authors: String,
    pub usual: String,
}

pub fn period(bucket: &Bucket, calendar: &Calendar, w: Words) -> String {
    let (first, last) = (calendar.date(bucket.start), calendar.date(bucket.end.plus_seconds(-1)));
    match bucket.width {
        Width::Hour | Width::Day => format!("{} {}", calendar.day(first), first.year()),
        Width::Week | Width::Month => w.with2(
            "numbers-period",
            "from",
            &calendar.day(first),
            "until",
            &format!("{} {}", calendar.day(last), last.year()),
        ),
    }
}

pub fn number(value: u64) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}

pub fn people(authors: Option<u64>, w: Words) -> String {
    match authors {
        Some(authors) => w.count("numbers-people", number(authors)),
        None => w.count("numbers-few", AUTHORS_MIN),
    }
}

pub fn sentences(told: &Told, calendar: &Calendar, w: Words) -> Vec<String> {
    let Plain { people: posts, bodies, automatic, around } = told.plain;
    let mut said = vec![format!("{} {}", w.count("numbers-posts", number(posts)), people(told.authors, w))];
    said.extend(told.usual.map(|usual| usual_sentence(usual, told.bucket.start, calendar, w)));
    for (key, posts) in [("numbers-bodies", bodies), ("numbers-automatic", automatic), ("numbers-around", around)] {
        if posts > 0 {
            said.push(w.count(key, number(posts)));
        }
    }
    said
}

/// `D’ordinaire un mercredi : 24 messages.`
fn usual_sentence(usual: Usual, day: Timestamp, calendar: &Calendar, w: Words) -> String {
    match (level(usual), usual) {
        (Some(posts), _) => w.count_with("numbers-usual", number(posts), "day", calendar.weekday(calendar.date(day))),
        (None, Usual::NotEnoughPast { days }) => {
            w.count("numbers-usual-not-yet", usize::try_from(days).unwrap_or_default())
        }
        (None, Usual::Level(_)) => String::new(),
    }
}

pub fn absent(since: Option<Timestamp>, calendar: &Calendar, now: Timestamp, w: Words) -> String {
    match since {
        Some(since) => w.with("numbers-absent", "since", &calendar.since(since, now)),
        None => w.t("numbers-not-yet"),
    }
}

/// `period`: of the bucket, in words.
pub fn tables(told: &Told, period: &str, calendar: &Calendar, w: Words) -> Vec<TableView> {
    let mut tables = Vec::new();
    if !told.days.is_empty() {
        let row = |day: &DayTold| RowView {
            value: calendar.day(calendar.date(day.start)),
            posts: day.posts,
            authors: day.authors.map_or_else(|| w.count("numbers-few-short", AUTHORS_MIN), |some| some.to_string()),
            usual: day.usual.map(|usual| usual.to_string()).unwrap_or_default(),
        };
        let has_usual = told.days.iter().any(|day| day.usual.is_some());
        let chart = if has_usual { "chart-days" } else { "chart-days-alone" };
        tables.push(table("day", told.days.iter().map(row).collect(), Some(w.with(chart, "period", period)), w));
    }
    for (dimension, cells) in &told.by {
        let row = |CellTold { cell, usual }: &CellTold| RowView {
            value: value(*dimension, &cell.value, calendar, w),
            posts: cell.posts,
            authors: cell.authors.map_or_else(String::new, |authors| authors.to_string()),
            usual: usual.map(|usual| usual_short(usual, w)).unwrap_or_default(),
        };
        let usual = told.usual.map(|usual| usual_sentence(usual, told.bucket.start, calendar, w)).unwrap_or_default();
        let chart =
            (*dimension == Dimension::Hour).then(|| format!("{} {usual}", w.with("chart-hours", "period", period)));
        tables.push(table(dimension.as_str(), cells.iter().map(row).collect(), chart, w));
    }
    tables
}

/// `12`, or that they are too few.
pub fn usual_short(usual: UsualValue, w: Words) -> String {
    match usual {
        UsualValue::Posts(posts) => posts.to_string(),
        UsualValue::TooFew => w.t("numbers-usual-few"),
    }
}

fn table(id: &'static str, mut rows: Vec<RowView>, chart: Option<String>, w: Words) -> TableView {
    // What follows each other in time is not cut.
    let shown = if chart.is_some() { rows.len() } else { ROWS_MAX.min(rows.len()) };
    let most = rows.iter().map(|row| row.posts).max().unwrap_or(0).max(1);
    let more = rows.split_off(shown);
    TableView {
        id,
        title: w.t(&format!("numbers-{id}")),
        of: w.t(&format!("numbers-of-{id}")),
        has_usual: rows.iter().chain(&more).any(|row| !row.usual.is_empty()),
        more_words: w.count("numbers-more", more.len()),
        chart: chart.filter(|_| rows.len() > 1),
        rows,
        more,
        most,
    }
}

pub fn value(dimension: Dimension, value: &str, calendar: &Calendar, w: Words) -> String {
    match dimension {
        Dimension::Hour => Timestamp::parse_rfc3339(value).map_or_else(|| value.to_owned(), |at| calendar.clock(at)),
        Dimension::Tag => format!("#{value}"),
        Dimension::Network => {
            Network::parse(value).map_or_else(|| value.to_owned(), |network| network_name(network, w))
        }
        Dimension::Language => language_name(value, w),
        Dimension::All | Dimension::Zone | Dimension::Link => value.to_owned(),
    }
}

/// One row a cell.
pub fn sheet(told: &Told, buckets: &Buckets) -> Sheet<6> {
    let columns = ["period", "dimension", "value", "posts", "authors_at_least", "usual_posts"];
    let period = buckets.name(&told.bucket).unwrap_or_default();
    let row = |dimension: &str, value: &str, posts: u64, authors: Option<u64>, usual: Option<u64>| -> [Field; 6] {
        [period.as_str().into(), dimension.into(), value.into(), posts.into(), authors.into(), usual.into()]
    };
    let Plain { people, bodies, automatic, around } = told.plain;
    let mut rows = vec![row("all", "people", people, told.authors, told.usual.and_then(level))];
    for (value, posts) in [("bodies", bodies), ("automatic", automatic), ("around", around)] {
        rows.push(row("all", value, posts, None, None));
    }
    for day in &told.days {
        rows.push(row("day", &buckets.day_name(day.start), day.posts, day.authors, day.usual));
    }
    for (dimension, cells) in &told.by {
        rows.extend(cells.iter().map(|CellTold { cell, usual }| {
            let usual = match usual {
                Some(UsualValue::Posts(posts)) => Some(*posts),
                Some(UsualValue::TooFew) | None => None,
            };
            row(dimension.as_str(), &cell.value, cell.posts, cell.authors, usual)
        }));
    }
    Sheet { columns, rows }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::super::told::SHOWN;
    use super::*;
    use crate::domain::desk::Cell;
    use crate::http::page::Language;

    /// A row without its period, as page and file both have it: where, what, how many, of how many, how many usually.
    type Row = (String, String, u64, Option<u64>, Option<u64>);

    fn a_cell() -> impl Strategy<Value = CellTold> {
        let value = "[-=+@,;\"'a-zé\n\r<&]{0,12}";
        let usual = prop::option::of(prop::option::of(1_u64..99));
        (value, 1_u64..2_000, 1_u64..40, usual).prop_map(|(value, posts, fives, usual)| CellTold {
            cell: Cell { start: Timestamp::from_micros(0), value, posts, authors: Some(fives * 5) },
            usual: usual.map(|posts| posts.map_or(UsualValue::TooFew, UsualValue::Posts)),
        })
    }

    /// Reads RFC 4180, with the apostrophe of what would be a formula taken off.
    fn read_csv(text: &str) -> Vec<Vec<String>> {
        let (mut rows, mut row, mut cell) = (Vec::new(), Vec::new(), String::new());
        let (mut quoted, mut chars) = (false, text.chars().peekable());
        while let Some(c) = chars.next() {
            match c {
                '"' if quoted && chars.peek() == Some(&'"') => cell.extend(chars.next()),
                '"' => quoted = !quoted,
                ',' if !quoted => row.push(std::mem::take(&mut cell)),
                '\r' if !quoted && chars.next_if_eq(&'\n').is_some() => {
                    row.push(std::mem::take(&mut cell));
                    rows.push(std::mem::take(&mut row));
                }
                _ => cell.push(c),
            }
        }
        for cell in rows.iter_mut().flatten() {
            if cell.starts_with('\'') {
                cell.remove(0);
            }
        }
        rows
    }

    #[test]
    fn a_value_stands_beside_what_is_usual_on_the_page_and_in_files() {
        let buckets = Buckets::new("UTC");
        let start = Timestamp::parse_rfc3339("2027-01-10T00:00:00Z").unwrap();
        let cell = |value: &str, usual| CellTold {
            cell: Cell { start, value: value.into(), posts: 9, authors: Some(5) },
            usual,
        };
        let tags = [Some(UsualValue::Posts(4)), Some(UsualValue::TooFew), None].map(|usual| cell("tram", usual));
        let told = Told {
            bucket: buckets.bucket(Width::Day, start).unwrap(),
            plain: Plain::default(),
            authors: None,
            usual: None,
            days: Vec::new(),
            by: vec![(Dimension::Tag, tags.into()), (Dimension::Zone, vec![cell("Centre", None)])],
        };
        let w = Words::new(Language::French);
        let tables = tables(&told, "", &Calendar::new("UTC", w), w);
        let usual: Vec<&str> = tables[0].rows.iter().map(|row| &*row.usual).collect();
        assert_eq!(usual, ["4", "peu", ""]);
        assert_eq!((tables[0].has_usual, tables[1].has_usual), (true, false));
        let csv = read_csv(&sheet(&told, &buckets).csv());
        assert_eq!(csv[5..].iter().map(|row| &*row[5]).collect::<Vec<_>>(), ["4", "", "", ""]);
    }

    proptest! {
        #[test]
        fn l27_page_csv_and_json_tell_the_same_cells(
            by in prop::collection::vec(prop::collection::vec(a_cell(), 0..40), 5),
            days in prop::collection::vec((0_u64..500, prop::option::of(1_u64..9)), 0..8),
        ) {
            let buckets = Buckets::new("Europe/Paris");
            let start = Timestamp::parse_rfc3339("2027-01-10T23:00:00Z").unwrap();
            let day = |(number, (posts, fives)): (i64, (u64, Option<u64>))| DayTold {
                start: start.plus_seconds(number * 86_400),
                posts,
                authors: fives.map(|fives| fives * 5),
                usual: None,
            };
            let told = Told {
                bucket: buckets.bucket(Width::Week, start).unwrap(),
                plain: Plain::default(),
                authors: None,
                usual: None,
                days: (0..).zip(days).map(day).collect(),
                by: SHOWN.into_iter().skip(1).zip(by).collect(),
            };
            let w = Words::new(Language::French);
            let calendar = Calendar::new("Europe/Paris", w);
            let mut on_page: Vec<Row> = Vec::new();
            for table in tables(&told, "", &calendar, w) {
                for row in table.rows.into_iter().chain(table.more) {
                    let (authors, usual) = (row.authors.parse().ok(), row.usual.parse().ok());
                    on_page.push((table.id.to_owned(), row.value, row.posts, authors, usual));
                }
            }
            let sheet = sheet(&told, &buckets);
            let in_words = |dimension: &str, written: &str| match Dimension::parse(dimension) {
                Some(of) => value(of, written, &calendar, w),
                None => calendar.day(written.parse().unwrap()),
            };
            let of_csv = read_csv(&sheet.csv()).into_iter().skip(5).map(|row| {
                let [_, dimension, written, posts, authors, usual] = &row[..] else { panic!("{row:?}") };
                let (authors, usual) = (authors.parse().ok(), usual.parse().ok());
                (dimension.clone(), in_words(dimension, written), posts.parse().unwrap(), authors, usual)
            });
            prop_assert_eq!(of_csv.collect::<Vec<Row>>(), on_page.clone());
            let json: Value = serde_json::from_str(&sheet.json(&crate::http::tests::city("x"), "x")).unwrap();
            let of_json = json["rows"].as_array().unwrap().iter().skip(4).map(|row| {
                let dimension = row["dimension"].as_str().unwrap();
                let written = in_words(dimension, row["value"].as_str().unwrap());
                let posts = row["posts"].as_u64().unwrap();
                (dimension.to_owned(), written, posts, row["authors_at_least"].as_u64(), row["usual_posts"].as_u64())
            });
            prop_assert_eq!(of_json.collect::<Vec<Row>>(), on_page);
        }
    }
}
