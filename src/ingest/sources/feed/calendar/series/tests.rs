//! The dates of the accepted rules are those that python-dateutil 2.9 gives.

use super::*;

fn rule(text: &str) -> Option<Rule> {
    Rule::parse(text, |end| end.parse().ok())
}

fn dates(text: &str, start: &str, from: &str, to: &str) -> Vec<String> {
    let day = |text: &str| -> Date { text.parse().unwrap() };
    let start: DateTime = start.parse().unwrap();
    let times = rule(text).unwrap().times(start, day(from), day(to), 100, &mut Steps::default());
    assert!(times.iter().all(|time| time.time() == start.time()));
    times.iter().map(|time| time.date().to_string()).collect()
}

#[test]
fn feature_24_series_take_place_when_they_say() {
    for (text, start, from, to, expected) in [
        ("FREQ=DAILY", "2026-12-01T09:00", "2026-12-05", "2026-12-07", &["2026-12-05", "2026-12-06", "2026-12-07"][..]),
        (
            "FREQ=DAILY;INTERVAL=3;COUNT=4",
            "2026-12-01T09:00",
            "2026-12-01",
            "2027-12-31",
            &["2026-12-01", "2026-12-04", "2026-12-07", "2026-12-10"],
        ),
        (
            "FREQ=DAILY;BYDAY=SA,SU",
            "2020-01-01T09:00",
            "2026-12-01",
            "2026-12-14",
            &["2026-12-05", "2026-12-06", "2026-12-12", "2026-12-13"],
        ),
        (
            "FREQ=DAILY;BYMONTH=7;BYMONTHDAY=14,-1",
            "2020-01-01T09:00",
            "2026-07-01",
            "2026-08-31",
            &["2026-07-14", "2026-07-31"],
        ),
        ("FREQ=WEEKLY", "2016-01-06T09:00", "2026-12-01", "2026-12-20", &["2026-12-02", "2026-12-09", "2026-12-16"]),
        (
            "FREQ=WEEKLY;BYDAY=TU,SA;UNTIL=20261215T090000",
            "2026-12-01T09:00",
            "2026-12-01",
            "2027-01-20",
            &["2026-12-01", "2026-12-05", "2026-12-08", "2026-12-12", "2026-12-15"],
        ),
        (
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU;WKST=MO",
            "2026-12-01T09:00",
            "2026-12-01",
            "2027-01-10",
            &["2026-12-06", "2026-12-14", "2026-12-20", "2026-12-28", "2027-01-03"],
        ),
        (
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU;WKST=SU",
            "2026-12-01T09:00",
            "2026-12-01",
            "2027-01-10",
            &["2026-12-13", "2026-12-14", "2026-12-27", "2026-12-28", "2027-01-10"],
        ),
        (
            "FREQ=WEEKLY;BYDAY=WE;BYMONTH=9,10",
            "2020-01-01T09:00",
            "2026-08-20",
            "2026-09-20",
            &["2026-09-02", "2026-09-09", "2026-09-16"],
        ),
        (
            "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
            "2026-12-01T09:00",
            "2026-12-01",
            "2026-12-31",
            &["2026-12-04", "2026-12-11", "2026-12-18", "2026-12-25"],
        ),
        ("FREQ=MONTHLY", "2026-01-31T09:00", "2026-02-01", "2026-06-30", &["2026-03-31", "2026-05-31"]),
        (
            "FREQ=MONTHLY;BYDAY=1SA",
            "2020-01-01T09:00",
            "2026-12-01",
            "2027-02-28",
            &["2026-12-05", "2027-01-02", "2027-02-06"],
        ),
        (
            "FREQ=MONTHLY;BYDAY=-1FR;COUNT=3",
            "2026-11-01T09:00",
            "2026-11-01",
            "2027-12-28",
            &["2026-11-27", "2026-12-25", "2027-01-29"],
        ),
        (
            "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13",
            "2020-01-01T09:00",
            "2026-01-01",
            "2026-12-31",
            &["2026-02-13", "2026-03-13", "2026-11-13"],
        ),
        (
            "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1,-1",
            "2026-11-01T09:00",
            "2026-12-01",
            "2027-01-31",
            &["2026-12-01", "2026-12-31", "2027-01-01", "2027-01-29"],
        ),
        (
            "FREQ=MONTHLY;INTERVAL=2;BYMONTHDAY=-1",
            "2026-11-01T09:00",
            "2026-12-01",
            "2027-06-30",
            &["2027-01-31", "2027-03-31", "2027-05-31"],
        ),
        ("FREQ=YEARLY", "2000-07-21T18:00", "2026-01-01", "2028-01-01", &["2026-07-21", "2027-07-21"]),
        (
            "FREQ=YEARLY;BYMONTH=6;BYMONTHDAY=21",
            "2000-06-21T18:00",
            "2026-01-01",
            "2028-01-01",
            &["2026-06-21", "2027-06-21"],
        ),
        (
            "FREQ=YEARLY;BYMONTH=9;BYDAY=3SA,3SU",
            "2000-09-16T18:00",
            "2026-01-01",
            "2028-01-01",
            &["2026-09-19", "2026-09-20", "2027-09-18", "2027-09-19"],
        ),
        (
            "FREQ=YEARLY;BYMONTHDAY=1",
            "2025-01-01T18:00",
            "2026-10-01",
            "2027-02-02",
            &["2026-10-01", "2026-11-01", "2026-12-01", "2027-01-01", "2027-02-01"],
        ),
        (
            "FREQ=YEARLY;INTERVAL=4;BYMONTH=2;BYMONTHDAY=29",
            "2000-02-29T18:00",
            "2026-01-01",
            "2032-12-31",
            &["2028-02-29", "2032-02-29"],
        ),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "2000-01-01T18:00", "2026-01-01", "2032-12-31", &[][..]),
        (
            "FREQ=YEARLY;BYMONTH=12;BYDAY=SU;BYSETPOS=-2",
            "2000-12-01T18:00",
            "2026-01-01",
            "2028-12-31",
            &["2026-12-20", "2027-12-19", "2028-12-24"],
        ),
    ] {
        assert_eq!(dates(text, start, from, to), *expected, "{text}");
    }
}

#[test]
fn feature_24_a_rule_that_is_not_followed_is_none() {
    for text in [
        "",
        "FREQ=HOURLY",
        "FREQ=YEARLY;BYWEEKNO=20",
        "FREQ=YEARLY;BYYEARDAY=100",
        "FREQ=YEARLY;BYDAY=20MO",
        "FREQ=WEEKLY;BYDAY=1SA",
        "FREQ=DAILY;BYHOUR=9,10",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;INTERVAL=-1",
        "FREQ=DAILY;COUNT=many",
        "FREQ=MONTHLY;BYMONTHDAY=32",
        "FREQ=MONTHLY;BYMONTHDAY=0",
        "FREQ=MONTHLY;BYDAY=6MO",
        "FREQ=MONTHLY;BYDAY=é",
        "FREQ=DAILY;UNTIL=tomorrow",
        "INTERVAL=2",
        "DAILY",
    ] {
        assert_eq!(rule(text), None, "{text}");
    }
}

#[test]
fn h2_no_rule_costs_more_steps_than_there_are() {
    let day = |text: &str| -> Date { text.parse().unwrap() };
    let start: DateTime = "1900-01-01T09:00".parse().unwrap();
    let times = |text: &str, steps: &mut Steps| {
        rule(text).unwrap().times(start, day("2026-12-01"), day("2027-12-31"), 100, steps)
    };
    // Without a count the past is passed over; with one it is followed, and not without end.
    let mut steps = Steps(200);
    assert_eq!(times("FREQ=DAILY", &mut steps).len(), 100);
    assert_eq!(times("FREQ=DAILY;COUNT=4000000000", &mut Steps::default()), []);
    let mut steps = Steps::default();
    for _ in 0..1_000 {
        times("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", &mut steps);
        times("FREQ=MONTHLY;COUNT=2000;BYDAY=MO,TU,WE,TH,FR,SA,SU", &mut steps);
    }
    assert_eq!(steps.0, 0);
    assert_eq!(times("FREQ=DAILY", &mut steps), [], "at the bound a series takes place no more");
}
