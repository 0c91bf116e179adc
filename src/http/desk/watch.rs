//! Saved searches: one value over time, with a purpose that everybody can read.
//!
//! Owns their pages. Does not own what may be saved (`domain::register`) nor the numbers (`domain::desk`).
//! Invariant: this is the only place of the interface that asks for one value over time, and it asks for none outside an open
//! search; each time it shows one, that is counted as a run of the search.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;

use super::figures::{number, period, value};
use super::gate::{Asked, refused_page, to};
use super::pages::{Bar, Refused, frame};
use super::series::{Point, Series, read};
use crate::domain::desk::{AUTHORS_MIN, Calendar as Buckets, Dimension, Width};
use crate::domain::{
    City, Looked, PURPOSE_MAX, PURPOSE_MIN, Right, Timestamp, WATCH_DAYS_MAX, WATCHED, WATCHES_MAX, Wanted, Watch,
    WatchAct, WatchAnswer, WatchFault, days_of, fold_tag,
};
use crate::http::page::{Calendar, Frame, Words};
use crate::http::sheet::{Files, Form, Sheet, file, files};
use crate::matcher::is_dated_tag;
use crate::monitor::UsualValue;

/// How long a search lasts where nothing else is chosen.
const DAYS_USUAL: i64 = 30;

#[derive(Template)]
#[template(path = "desk_watch.html")]
struct WatchView<'a> {
    frame: Frame<'a>,
    w: Words,
    bar: Option<Bar>,
    here: String,
    register: String,
    token: String,
    open: Vec<WatchRow>,
    ended: Vec<WatchRow>,
    may_save: bool,
    dimensions: Vec<(&'static str, String, bool)>,
    zones: Vec<String>,
    typed: Typed,
    purpose_max: usize,
    days_max: i64,
    problem: Option<String>,
    done: Option<String>,
}

/// What stands in the form.
struct Typed {
    value: String,
    purpose: String,
    days: String,
}

struct WatchRow {
    number: i64,
    said: String,
    purpose: String,
    role: String,
    since: String,
    until: String,
    href: String,
}

/// `GET /desk/{city}/watch`.
pub async fn page(asked: Asked) -> HttpResponse {
    let done = match asked.query("done").as_deref() {
        Some("saved") => Some("watch-saved"),
        Some("renewed") => Some("watch-renewed"),
        Some("ended") => Some("watch-ended"),
        _ => None,
    };
    shown(&asked, done, None).await
}

/// `POST /desk/{city}/watch`.
pub async fn sent(asked: Asked) -> HttpResponse {
    let (Some(city), Some(signed)) = (asked.city.clone(), asked.signed.clone()) else { return to("/desk") };
    let Some(role) = signed.session.user.role_with(&city.id, Right::Publish) else {
        return refused_page(&asked.context, Refused::NoRight);
    };
    let number = asked.field("watch").parse().unwrap_or(0);
    let (act, done) = match (asked.field("act"), days_of(asked.field("days"))) {
        ("save", _) => match wanted(&asked, &city) {
            Ok(wanted) => (WatchAct::Save(wanted), "saved"),
            Err(problem) => return shown(&asked, None, Some(problem)).await,
        },
        ("renew", Some(days)) => (WatchAct::Renew { number, days }, "renewed"),
        ("end", _) => (WatchAct::End { number }, "ended"),
        _ => return refused_page(&asked.context, Refused::NotFound),
    };
    let w = asked.context.words();
    match asked.state.register.watch(&city.id, signed.session.user.name.clone(), role, act).await {
        Ok(WatchAnswer::Done(_)) => to(&format!("/desk/{}/watch?done={done}", city.id.as_str())),
        Ok(WatchAnswer::NotFound) => shown(&asked, None, Some(w.t("watch-gone"))).await,
        Ok(WatchAnswer::TooMany) => shown(&asked, None, Some(w.count("watch-too-many", WATCHES_MAX))).await,
        Ok(WatchAnswer::Twice(same)) => {
            let same = usize::try_from(same).unwrap_or_default();
            shown(&asked, None, Some(w.count("watch-twice", same))).await
        }
        Err(_unwritten) => refused_page(&asked.context, Refused::TryLater),
    }
}

/// What the form asks for, or in words what is wrong with it.
fn wanted(asked: &Asked, city: &City) -> Result<Wanted, String> {
    let w = asked.context.words();
    let [dimension, value, purpose, days] = ["dimension", "value", "purpose", "days"].map(|name| asked.field(name));
    let wanted = Wanted::parse(&city.zones, dimension, value, purpose, days).map_err(|fault| match fault {
        WatchFault::Dimension => w.t("watch-no-dimension"),
        WatchFault::Value => w.t("watch-no-value"),
        WatchFault::Purpose => {
            w.with2("watch-no-purpose", "least", &PURPOSE_MIN.to_string(), "most", &PURPOSE_MAX.to_string())
        }
        WatchFault::Days => w.count("watch-no-days", usize::try_from(WATCH_DAYS_MAX).unwrap_or_default()),
    })?;
    if is_assembly(city, wanted.dimension, &wanted.value) { Err(w.t("watch-assembly")) } else { Ok(wanted) }
}

/// A gathering of people is watched by nobody (L-42): neither a tag that the city lists as one's, nor one with its date.
fn is_assembly(city: &City, dimension: Dimension, value: &str) -> bool {
    let listed = || city.recipe.assembly.iter().any(|tag| fold_tag(tag) == value);
    dimension == Dimension::Tag && (is_dated_tag(value) || listed())
}

async fn shown(asked: &Asked, done: Option<&str>, problem: Option<String>) -> HttpResponse {
    let Some(city) = &asked.city else { return to("/desk") };
    let (w, now) = (asked.context.words(), asked.context.now);
    let Ok(watches) = asked.state.register.watches(&city.id).await else {
        return refused_page(&asked.context, Refused::TryLater);
    };
    let calendar = Calendar::new(&city.timezone, w);
    let here = format!("/{}/watch", city.id.as_str());
    let row = |watch: &Watch| WatchRow {
        number: watch.number,
        said: said(watch, &calendar, w),
        purpose: watch.purpose.clone(),
        role: w.t(&format!("role-{}", watch.role.as_str())),
        since: calendar.day(calendar.date(watch.since)),
        until: calendar.day(calendar.date(watch.until)),
        href: format!("/desk{here}/series?watch={}", watch.number),
    };
    let (open, ended): (Vec<&Watch>, Vec<&Watch>) = watches.iter().partition(|watch| watch.is_open(now));
    // What was sent to renew a search is nothing that was typed into the form.
    let sent = Some(&asked.fields).filter(|_| asked.field("act") == "save");
    let typed =
        |name: &str| sent.and_then(|sent| sent.get(name).cloned()).or_else(|| asked.query(name)).unwrap_or_default();
    let chosen = typed("dimension");
    let dimension = |of: Dimension| (of.as_str(), w.t(&format!("numbers-of-{}", of.as_str())), of.as_str() == chosen);
    let view = WatchView {
        frame: frame(asked, &here, w.t("watch-title")),
        w,
        bar: Bar::new(asked, &format!("/desk{here}")),
        here: format!("/desk{here}"),
        register: format!("/{}/register", city.id.as_str()),
        token: asked.form_token(),
        open: open.into_iter().map(row).collect(),
        ended: ended.into_iter().map(row).collect(),
        may_save: asked.signed.as_ref().is_some_and(|signed| signed.session.user.has(&city.id, Right::Publish)),
        dimensions: WATCHED.map(dimension).into(),
        zones: city.zones.iter().map(|zone| zone.name.clone()).collect(),
        typed: Typed {
            value: typed("value"),
            purpose: typed("purpose"),
            days: Some(typed("days")).filter(|days| !days.is_empty()).unwrap_or_else(|| DAYS_USUAL.to_string()),
        },
        purpose_max: PURPOSE_MAX,
        days_max: WATCH_DAYS_MAX,
        done: done.map(|key| w.t(key)),
        problem,
    };
    let code = if view.problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    asked.page(code, view.render().unwrap_or_default())
}

/// `Mot-clé #tram`
fn said(watch: &Watch, calendar: &Calendar, w: Words) -> String {
    let of = w.t(&format!("numbers-of-{}", watch.dimension.as_str()));
    format!("{of} {}", value(watch.dimension, &watch.value, calendar, w))
}

#[derive(Template)]
#[template(path = "desk_series.html")]
struct SeriesView<'a> {
    frame: Frame<'a>,
    w: Words,
    bar: Option<Bar>,
    purpose: String,
    until: String,
    /// Why there are no numbers.
    closed: Option<String>,
    widths: Vec<(String, String, bool)>,
    rows: Vec<SeriesRow>,
    most: u64,
    usual: String,
    chart: Option<String>,
    files: Files,
    note: String,
    list: String,
    register: String,
}

struct SeriesRow {
    period: String,
    /// What the drawing has room for: when it begins.
    label: String,
    posts: Option<u64>,
    authors: String,
}

/// `GET /desk/{city}/watch/series`: what an open search shows.
pub async fn series(asked: Asked) -> HttpResponse {
    let Some(city) = asked.city.clone() else { return to("/desk") };
    let w = asked.context.words();
    let watch = match found(&asked, &city).await {
        Ok(watch) => watch,
        Err(refused) => return refused_page(&asked.context, refused),
    };
    let (calendar, now) = (Calendar::new(&city.timezone, w), asked.context.now);
    let closed = why_closed(&watch, &city, now).map(|key| w.t(key));
    let width = width(&asked);
    let series = match closed {
        Some(_) => Series::default(),
        None => match run(&asked, &city, &watch, width).await {
            Ok(series) => series,
            Err(refused) => return refused_page(&asked.context, refused),
        },
    };
    let here = format!("/{}/watch/series", city.id.as_str());
    let query = |of: Width| format!("?watch={}&width={}", watch.number, of.as_str());
    let usual = match series.usual {
        Some(UsualValue::Posts(posts)) => w.count("watch-usual", number(posts)),
        Some(UsualValue::TooFew) => w.t("watch-usual-few"),
        None if width == Width::Day => w.t("watch-usual-not-yet"),
        None => w.t("numbers-partial"),
    };
    let rows: Vec<SeriesRow> = series
        .points
        .iter()
        .map(|point| SeriesRow {
            period: period(&point.bucket, &calendar, w),
            label: calendar.short_day(calendar.date(point.bucket.start)),
            posts: point.posts,
            authors: point.authors.map(|authors| authors.to_string()).unwrap_or_default(),
        })
        .collect();
    let title = said(&watch, &calendar, w);
    let chart = format!("{} {usual}", w.t(&format!("chart-watch-{}", width.as_str())));
    let view = SeriesView {
        frame: frame(&asked, &here, title),
        w,
        bar: Bar::new(&asked, &format!("/desk/{}/watch", city.id.as_str())),
        purpose: watch.purpose.clone(),
        until: calendar.day(calendar.date(watch.until)),
        widths: [Width::Day, Width::Week, Width::Month]
            .map(|of| (w.t(&format!("numbers-by-{}", of.as_str())), format!("/desk{here}{}", query(of)), of == width))
            .into(),
        most: rows.iter().filter_map(|row| row.posts).max().unwrap_or(0).max(1),
        chart: (rows.iter().filter(|row| row.posts.is_some()).count() > 1).then_some(chart),
        usual,
        files: files(&format!("/desk{here}"), &query(width)),
        closed,
        rows,
        note: w.count("watch-note", AUTHORS_MIN),
        list: format!("/desk/{}/watch", city.id.as_str()),
        register: format!("/{}/register", city.id.as_str()),
    };
    asked.page(StatusCode::OK, view.render().unwrap_or_default())
}

/// `GET /desk/{city}/watch/series.csv` and `.json`: the same, which is a run too.
pub async fn export(asked: Asked) -> HttpResponse {
    let Some(city) = asked.city.clone() else { return to("/desk") };
    let watch = match found(&asked, &city).await {
        Ok(watch) if why_closed(&watch, &city, asked.context.now).is_none() => watch,
        Ok(_) => return refused_page(&asked.context, Refused::NotFound),
        Err(refused) => return refused_page(&asked.context, refused),
    };
    let width = width(&asked);
    let series = match run(&asked, &city, &watch, width).await {
        Ok(series) => series,
        Err(refused) => return refused_page(&asked.context, refused),
    };
    let buckets = Buckets::new(&city.timezone);
    let name = |point: &Point| buckets.name(&point.bucket).unwrap_or_default();
    let row = |point: &Point| {
        let (dimension, value) = (watch.dimension.as_str(), watch.value.as_str());
        [name(point).into(), dimension.into(), value.into(), point.posts.into(), point.authors.into()]
    };
    let sheet = Sheet {
        columns: ["period", "dimension", "value", "posts", "authors_at_least"],
        rows: series.points.iter().map(row).collect(),
    };
    let name = format!("watch-{}-by-{}", watch.number, width.as_str());
    file(&city, &name, Form::of(&asked.request), &sheet)
}

async fn found(asked: &Asked, city: &City) -> Result<Watch, Refused> {
    let number: Option<i64> = asked.query("watch").and_then(|number| number.parse().ok());
    let watches = asked.state.register.watches(&city.id).await.map_err(|_unreadable| Refused::TryLater)?;
    watches.into_iter().find(|watch| Some(watch.number) == number).ok_or(Refused::NotFound)
}

/// Why a search shows nothing: it has ended, or its tag has become one of an assembly.
fn why_closed(watch: &Watch, city: &City, now: Timestamp) -> Option<&'static str> {
    if !watch.is_open(now) {
        return Some("watch-is-over");
    }
    is_assembly(city, watch.dimension, &watch.value).then_some("watch-assembly")
}

fn width(asked: &Asked) -> Width {
    let width = asked.query("width").and_then(|width| Width::parse(&width)).filter(|width| *width != Width::Hour);
    width.unwrap_or(Width::Week)
}

/// Reads what a search shows, and counts that it was run.
async fn run(asked: &Asked, city: &City, watch: &Watch, width: Width) -> Result<Series, Refused> {
    let counts = &*asked.state.counts;
    let series = read(counts, city, width, (watch.dimension, &watch.value), asked.context.now)
        .await
        .map_err(|_unreadable| Refused::TryLater)?;
    let signed = asked.signed.as_ref().and_then(|signed| signed.session.user.role_with(&city.id, Right::See));
    if let Some(role) = signed {
        asked.state.looks.note(city, &Looked::at_watch(watch.number), role, asked.context.now);
    }
    Ok(series)
}
