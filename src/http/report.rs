//! The month's report for the municipal council, in three forms.
//!
//! Owns its words and forms. Does not own its numbers (`monitor::month`, `domain`), nor who asks for it (`cli`).
//! Invariant: every form tells the same numbers, and no other than the desk's pages do.

use askama::Template;
use serde_json::{Value, json};

use super::desk::figures::{number, value};
use super::page::{Calendar, Language, Words, duration, network_name};
use crate::domain::desk::{AUTHORS_MIN, Calendar as Buckets, Cell, Dimension, Plain, Width};
use crate::domain::{Answers, City, Gap, Network, Timestamp};
use crate::monitor::{MonthView, WeekView};

/// Values of a dimension that a report names; the others are on the desk's page.
const VALUES_NAMED: usize = 10;

/// What is known of a month, beside its numbers.
#[derive(Clone, Debug)]
pub struct MonthReport {
    pub month: MonthView,
    /// The answers to what was asked in the month, and since when that is still kept. `None`: none of it is.
    pub answers: Option<(Timestamp, Answers)>,
    /// When a network could not be read, as far as it lies in the month.
    pub gaps: Vec<(Network, Gap)>,
    /// How often each act of the desk was done.
    pub acts: Vec<(String, u64)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportForm {
    Markdown,
    Html,
    Json,
}

/// A part of the report: sentences, then a table.
struct Part {
    title: String,
    said: Vec<String>,
    heads: Vec<String>,
    rows: Vec<Vec<String>>,
}

#[derive(Template)]
#[template(path = "month_report.html")]
struct ReportView {
    w: Words,
    title: String,
    lead: Vec<String>,
    parts: Vec<Part>,
}

/// In the first language of the city that is one of the interface's.
pub fn render(report: &MonthReport, city: &City, form: ReportForm, now: Timestamp) -> String {
    let language = city.languages.iter().find_map(|language| Language::parse(language)).unwrap_or_default();
    let w = Words::new(language);
    let calendar = Calendar::new(&city.timezone, w);
    match form {
        ReportForm::Json => as_json(report, city),
        ReportForm::Html => {
            let (title, lead) = beginning(report, city, &calendar, now, w);
            ReportView { w, title, lead, parts: parts(report, &calendar, w) }.render().unwrap_or_default()
        }
        ReportForm::Markdown => {
            let (title, lead) = beginning(report, city, &calendar, now, w);
            as_markdown(&title, &lead, &parts(report, &calendar, w))
        }
    }
}

fn name_of(report: &MonthReport, city: &City) -> String {
    Buckets::new(&city.timezone).name(&report.month.bucket).unwrap_or_default()
}

fn beginning(
    report: &MonthReport,
    city: &City,
    calendar: &Calendar,
    now: Timestamp,
    w: Words,
) -> (String, Vec<String>) {
    let MonthView { bucket, since, .. } = &report.month;
    let last = calendar.date(bucket.end.plus_seconds(-1));
    // A month is named by its Thursdays.
    let thursday = calendar.date(bucket.start.plus_seconds(3 * 86_400 + 43_200));
    let title = w.with2("report-month-title", "city", &city.name, "month", &calendar.month(thursday));
    let from = calendar.day(calendar.date(bucket.start));
    let mut lead =
        vec![w.with2("report-lead", "from", &from, "until", &format!("{} {}", calendar.day(last), last.year()))];
    if *since > bucket.start {
        lead.push(w.with("report-part", "since", &calendar.day(calendar.date(*since))));
    }
    lead.push(w.with("report-made", "when", &calendar.full(now)));
    (title, lead)
}

fn parts(report: &MonthReport, calendar: &Calendar, w: Words) -> Vec<Part> {
    let mut parts = vec![said(report, calendar, w)];
    for (dimension, cells) in &report.month.by {
        parts.push(named(*dimension, cells, calendar, w));
    }
    parts.push(Part { title: w.t("answers-title"), said: answered(report, calendar, w), heads: vec![], rows: vec![] });
    let gap = |(network, gap): &(Network, Gap)| {
        vec![network_name(*network, w), calendar.full(gap.from), calendar.full(gap.until)]
    };
    parts.push(Part {
        title: w.t("report-gaps"),
        said: vec![w.t(if report.gaps.is_empty() { "report-no-gaps" } else { "report-gaps-text" })],
        heads: [w.t("numbers-of-network"), w.t("report-from"), w.t("report-until")].into(),
        rows: report.gaps.iter().map(gap).collect(),
    });
    let act = |(act, times): &(String, u64)| vec![w.t(&format!("act-{}", act.replace('_', "-"))), times.to_string()];
    parts.push(Part {
        title: w.t("report-acts"),
        said: vec![w.t(if report.acts.is_empty() { "report-no-acts" } else { "report-acts-text" })],
        heads: [w.t("log-what"), w.t("register-times")].into(),
        rows: report.acts.iter().map(act).collect(),
    });
    parts.push(Part {
        title: w.t("report-how"),
        said: vec![w.count("numbers-note", AUTHORS_MIN)],
        heads: vec![],
        rows: vec![],
    });
    parts
}

fn people(authors: Option<u64>, w: Words) -> String {
    authors.map_or_else(|| w.count("numbers-few-short", AUTHORS_MIN), |authors| authors.to_string())
}

fn said(report: &MonthReport, calendar: &Calendar, w: Words) -> Part {
    let MonthView { plain, authors, weeks, usual_week, .. } = &report.month;
    let Plain { people: posts, bodies, automatic, around } = *plain;
    let who = match authors {
        Some(authors) => w.count("numbers-people", number(*authors)),
        None => w.count("numbers-few", AUTHORS_MIN),
    };
    let mut said = vec![format!("{} {who}", w.count("numbers-posts", number(posts)))];
    for (key, posts) in [("numbers-bodies", bodies), ("numbers-automatic", automatic), ("numbers-around", around)] {
        if posts > 0 {
            said.push(w.count(key, number(posts)));
        }
    }
    said.push(match usual_week {
        Some(usual) => w.count("report-usual", number(*usual)),
        None => w.t("report-usual-not-yet"),
    });
    let week = |week: &WeekView| {
        vec![calendar.day(calendar.date(week.start)), week.plain.people.to_string(), people(week.authors, w)]
    };
    Part {
        title: w.t("report-said"),
        said,
        heads: [w.t("report-week-of"), w.t("desk-posts"), w.t("numbers-authors")].into(),
        rows: weeks.iter().map(week).collect(),
    }
}

fn named(dimension: Dimension, cells: &[Cell], calendar: &Calendar, w: Words) -> Part {
    let name = dimension.as_str();
    let more = cells.len().saturating_sub(VALUES_NAMED);
    let row =
        |cell: &Cell| vec![value(dimension, &cell.value, calendar, w), cell.posts.to_string(), people(cell.authors, w)];
    let mut said = Vec::new();
    said.extend(cells.is_empty().then(|| w.t("numbers-none")));
    said.extend((more > 0).then(|| w.count("report-more", more)));
    Part {
        title: w.t(&format!("numbers-{name}")),
        said,
        heads: [w.t(&format!("numbers-of-{name}")), w.t("desk-posts"), w.t("numbers-authors")].into(),
        rows: cells.iter().take(VALUES_NAMED).map(row).collect(),
    }
}

fn answered(report: &MonthReport, calendar: &Calendar, w: Words) -> Vec<String> {
    let Some((since, answers)) = report.answers else { return vec![w.t("report-answers-gone")] };
    let mut said = Vec::new();
    if since > report.month.bucket.start {
        said.push(w.with("report-answers-since", "since", &calendar.day(calendar.date(since))));
    }
    said.push(w.with2(
        "report-answers",
        "answered",
        &answers.answered.to_string(),
        "asked",
        &answers.asked.to_string(),
    ));
    said.push(match answers.usual_delay_minutes {
        Some(minutes) => w.with("inbox-delay", "delay", &duration(minutes, w)),
        None => w.t("inbox-delay-unknown"),
    });
    said
}

fn as_markdown(title: &str, lead: &[String], parts: &[Part]) -> String {
    let mut text = format!("# {}\n", escaped(title));
    let paragraphs = |text: &mut String, said: &[String]| {
        for sentence in said {
            text.push_str(&format!("\n{}\n", escaped(sentence)));
        }
    };
    paragraphs(&mut text, lead);
    for part in parts {
        text.push_str(&format!("\n## {}\n", escaped(&part.title)));
        paragraphs(&mut text, &part.said);
        if part.rows.is_empty() {
            continue;
        }
        let line = |cells: &[String]| {
            format!("| {} |\n", cells.iter().map(|cell| escaped(cell)).collect::<Vec<_>>().join(" | "))
        };
        text.push('\n');
        text.push_str(&line(&part.heads));
        text.push_str(&format!("|{}\n", " --- |".repeat(part.heads.len())));
        for row in &part.rows {
            text.push_str(&line(row));
        }
    }
    text
}

/// Words in which nothing is a sign of Markdown's; what is of several lines is of one.
fn escaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        let is_sign = matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '~' | '&');
        if is_sign || (at == 0 && matches!(c, '#' | '+' | '-')) {
            plain.push('\\');
        }
        plain.push(if c.is_control() { ' ' } else { c });
    }
    plain
}

fn as_json(report: &MonthReport, city: &City) -> String {
    let MonthReport { month, answers, gaps, acts } = report;
    let calendar = Buckets::new(&city.timezone);
    let plain = |plain: &Plain| {
        let Plain { people, bodies, automatic, around } = plain;
        json!({ "people": people, "bodies": bodies, "automatic": automatic, "around": around })
    };
    let week = |week: &WeekView| {
        let name = calendar.bucket(Width::Week, week.start);
        let name = name.and_then(|week| calendar.name(&week));
        json!({ "week": name, "posts": plain(&week.plain), "authors_at_least": week.authors })
    };
    let cell = |cell: &Cell| json!({ "value": cell.value, "posts": cell.posts, "authors_at_least": cell.authors });
    let by = month.by.iter().map(|(dimension, cells)| {
        let named: Vec<Value> = cells.iter().take(VALUES_NAMED).map(cell).collect();
        let more = cells.len().saturating_sub(VALUES_NAMED);
        (dimension.as_str().to_owned(), json!({ "told": named, "more": more }))
    });
    let answers = answers.map(|(since, answers)| {
        json!({ "since": since.to_rfc3339(), "asked": answers.asked, "answered": answers.answered,
            "usual_delay_office_minutes": answers.usual_delay_minutes })
    });
    let gap = |(network, gap): &(Network, Gap)| json!({ "network": network.as_str(), "from": gap.from.to_rfc3339(), "until": gap.until.to_rfc3339() });
    let acts = acts.iter().map(|(act, times)| (act.clone(), json!(times)));
    let report = json!({
        "city": city.id.as_str(),
        "month": name_of(report, city),
        "from": month.bucket.start.to_rfc3339(),
        "until": month.bucket.end.to_rfc3339(),
        "counted_since": month.since.to_rfc3339(),
        "posts": plain(&month.plain),
        "authors_at_least": month.authors,
        "usual_posts_per_week": month.usual_week,
        "weeks": month.weeks.iter().map(week).collect::<Vec<_>>(),
        "by": by.collect::<serde_json::Map<_, _>>(),
        "answers": answers,
        "gaps": gaps.iter().map(gap).collect::<Vec<_>>(),
        "acts": acts.collect::<serde_json::Map<_, _>>(),
    });
    let mut text = serde_json::to_string_pretty(&report).unwrap_or_default();
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn nothing_that_is_said_is_a_sign_of_markdown() {
        for (text, plain) in [
            ("#tram", "\\#tram"),
            ("a|b", "a\\|b"),
            ("[x](y)", "\\[x\\](y)"),
            ("<b>&amp;", "\\<b\\>\\&amp;"),
            ("a\nb", "a b"),
            ("a-b, 1 * 2", "a-b, 1 \\* 2"),
        ] {
            assert_eq!(escaped(text), plain);
        }
    }
}
