use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;
use jiff::civil::Date;

use super::figures::{TableView, absent, period, sentences, sheet, tables};
use super::gate::{Asked, refused_page, to};
use super::pages::{Bar, Refused, frame};
use super::told::{Told, told};
use crate::domain::desk::{AUTHORS_MIN, Bucket, Calendar as Buckets, Dimension, Width};
use crate::domain::{City, StoreError, Timestamp};
use crate::http::page::{Calendar, Frame, Words};
use crate::http::sheet::{Files, Form, file, files};

#[derive(Template)]
#[template(path = "desk_numbers.html")]
struct NumbersView<'a> {
    frame: Frame<'a>,
    w: Words,
    bar: Option<Bar>,
    /// Each width: its words, its address, whether it is the one that is shown.
    widths: Vec<(String, String, bool)>,
    period: String,
    said: Vec<String>,
    tables: Vec<TableView>,
    before: Option<String>,
    after: Option<String>,
    files: Files,
    watch: String,
    note: String,
    /// What the numbers of values are, and what is usual of them.
    of_values: Option<String>,
}

/// `GET /desk/{city}/numbers`.
pub async fn page(asked: Asked) -> HttpResponse {
    let Some(city) = asked.city.clone() else { return to("/desk") };
    let w = asked.context.words();
    let buckets = Buckets::new(&city.timezone);
    let (width, bucket) = wanted(&asked, &city, &buckets);
    let (Ok(told), Ok(since)) = (read(&asked, &city, bucket).await, asked.state.counts.since(&city.id).await) else {
        return refused_page(&asked.context, Refused::TryLater);
    };
    let calendar = Calendar::new(&city.timezone, w);
    let here = format!("/{}/numbers", city.id.as_str());
    let query = |width: Width, at: Option<Timestamp>| {
        let day = at.map(|at| format!("&at={}", calendar.date(at))).unwrap_or_default();
        format!("?width={}{day}", width.as_str())
    };
    let address = |width: Width, at: Option<Timestamp>| format!("/desk{here}{}", query(width, at));
    let neighbour = |at: Timestamp| buckets.bucket(width, at).map(|bucket| address(width, Some(bucket.start)));
    let period = bucket.map(|bucket| period(&bucket, &calendar, w)).unwrap_or_default();
    let (said, tables) = match &told {
        Some(told) => (sentences(told, &calendar, w), tables(told, &period, &calendar, w)),
        None => (vec![absent(since, &calendar, asked.context.now, w)], Vec::new()),
    };
    let mut values = told.iter().flat_map(|told| &told.by).filter(|(of, _)| *of != Dimension::Hour);
    let of_values = match width {
        Width::Hour | Width::Day => values.any(|(_, cells)| cells.iter().any(|cell| cell.usual.is_some())),
        Width::Week | Width::Month => values.any(|(_, cells)| !cells.is_empty()),
    };
    let of_values_key = if width == Width::Day { "numbers-usual-note" } else { "numbers-partial" };
    let view = NumbersView {
        frame: frame(&asked, &here, w.t("numbers-title")),
        w,
        bar: Bar::new(&asked, &format!("/desk{here}")),
        widths: [Width::Day, Width::Week, Width::Month]
            .map(|of| (w.t(&format!("numbers-by-{}", of.as_str())), address(of, None), of == width))
            .into(),
        period,
        said,
        tables,
        before: bucket.and_then(|bucket| neighbour(bucket.start.plus_seconds(-1))),
        after: bucket.filter(|bucket| bucket.end < asked.context.now).and_then(|bucket| {
            let next = buckets.bucket(width, bucket.end)?;
            (next.end <= asked.context.now).then(|| address(width, Some(next.start)))
        }),
        files: files(&format!("/desk{here}"), &query(width, bucket.map(|bucket| bucket.start))),
        watch: format!("/desk/{}/watch", city.id.as_str()),
        note: w.count("numbers-note", AUTHORS_MIN),
        of_values: of_values.then(|| w.t(of_values_key)),
    };
    asked.page(StatusCode::OK, view.render().unwrap_or_default())
}

/// `GET /desk/{city}/numbers.csv` and `.json`: the same cells, and no others.
pub async fn export(asked: Asked) -> HttpResponse {
    let Some(city) = asked.city.clone() else { return to("/desk") };
    let buckets = Buckets::new(&city.timezone);
    let (_, bucket) = wanted(&asked, &city, &buckets);
    let Ok(told) = read(&asked, &city, bucket).await else { return refused_page(&asked.context, Refused::TryLater) };
    let Some(told) = told else { return refused_page(&asked.context, Refused::NotFound) };
    let name = buckets.name(&told.bucket).unwrap_or_default();
    file(&city, &name, Form::of(&asked.request), &sheet(&told, &buckets))
}

async fn read(asked: &Asked, city: &City, bucket: Option<Bucket>) -> Result<Option<Told>, StoreError> {
    match bucket {
        Some(bucket) => told(&*asked.state.counts, city, bucket).await,
        None => Ok(None),
    }
}

/// The width and bucket that are asked for: else the last day that is closed.
fn wanted(asked: &Asked, city: &City, buckets: &Buckets) -> (Width, Option<Bucket>) {
    let width = asked.query("width").and_then(|width| Width::parse(&width)).filter(|width| *width != Width::Hour);
    let width = width.unwrap_or(Width::Day);
    let zone = city.zone();
    let noon = |day: Date| day.at(12, 0, 0, 0).to_zoned(zone.clone()).ok();
    let at = asked.query("at").and_then(|at| at.parse::<Date>().ok()).and_then(noon);
    let at = at.map(|at| Timestamp::from_micros(at.timestamp().as_microsecond()));
    let last = || buckets.bucket(width, buckets.bucket(width, asked.context.now)?.start.plus_seconds(-1));
    (width, at.map_or_else(last, |at| buckets.bucket(width, at)))
}
