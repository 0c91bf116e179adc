use actix_web::{HttpRequest, HttpResponse, http::StatusCode};
use askama::Template;
use jiff::{Span, civil::Date};

use super::{
    address::Address,
    calendar::Calendar,
    context::PageContext,
    filters::language_name,
    frame::Frame,
    handlers::PageState,
    trouble::Trouble,
    visit::{Failure, Visit, html},
    words::Words,
};
use crate::domain::desk::{Calendar as Buckets, Dimension};
use crate::domain::{
    AUDIT_CODE_CHARS, AuditHead, City, Looked, Network, REGISTER_DAYS, Role, StoreError, Timestamp, Watch,
};
use crate::http::sheet::{Field, Files, Form, Sheet, file, files};

/// Days of looks on one page; earlier ones are a link away.
const DAYS: i64 = 14;
/// Runs of a search that are said: of so many days.
const RUNS_SAID: usize = 5;

#[derive(Template)]
#[template(path = "register.html")]
struct RegisterView<'a> {
    frame: Frame<'a>,
    w: Words,
    offices: Vec<(String, String, u64)>,
    open: Vec<WatchView>,
    ended: Vec<WatchView>,
    period: String,
    looks: Vec<(String, String, String, u64)>,
    earlier: Option<String>,
    head: Option<String>,
    /// Of each table: its name, and its files.
    files: [(String, Files); 3],
}

struct WatchView {
    said: String,
    purpose: String,
    by: String,
    times: String,
    runs: String,
}

/// What the register holds, as it is read.
pub struct RegisterPage {
    pub offices: Vec<(Role, u64)>,
    pub watches: Vec<Watch>,
    pub runs: Vec<Looked>,
    pub looks: Vec<Looked>,
    /// The days that `looks` are of: from the first on, and before the last.
    pub days: (Date, Date),
    pub head: AuditHead,
}

/// `GET /{city}/register` (feature 19).
pub(super) async fn register_page(request: &HttpRequest, state: &PageState) -> Result<HttpResponse, Box<Failure>> {
    let visit = Visit::of(request, state)?;
    let days = days(&visit.city, before(&visit), visit.context.now);
    match read(state, &visit.city, days).await {
        Ok(page) => Ok(html(&visit.context, StatusCode::OK, render_register(&visit.context, &visit.city, &page))),
        Err(_unreadable) => Err(visit.fails(Trouble::Unavailable)),
    }
}

/// `GET /{city}/register/{table}`: a table of the register as a file; the looks, of the days that the page shows.
pub(super) async fn register_file(request: &HttpRequest, state: &PageState) -> Result<HttpResponse, Box<Failure>> {
    let visit = Visit::of(request, state)?;
    let read = match request.match_info().get("table") {
        Some("looks") => looks_file(request, state, &visit).await,
        Some("searches") => searches_file(request, state, &visit.city).await,
        _ => roles_file(request, state, &visit.city).await,
    };
    read.map_err(|_unreadable| visit.fails(Trouble::Unavailable))
}

async fn looks_file(request: &HttpRequest, state: &PageState, visit: &Visit) -> Result<HttpResponse, StoreError> {
    let city = &visit.city;
    let days = days(city, before(visit), visit.context.now);
    let row = |look: Looked| {
        let day = day_name(city, look.day);
        [day.into(), look.page.into(), look.role.as_str().into(), look.times.into()]
    };
    let rows = looks(state, city, days).await?.into_iter().map(row).collect();
    Ok(file(city, "looks", Form::of(request), &Sheet { columns: ["day", "page", "role", "times"], rows }))
}

async fn searches_file(request: &HttpRequest, state: &PageState, city: &City) -> Result<HttpResponse, StoreError> {
    let (watches, runs) = (state.register.watches(&city.id).await?, state.register.runs(&city.id).await?);
    let rows = watches.iter().map(|watch| watch_row(watch, &runs, city)).collect();
    let columns = ["number", "dimension", "value", "purpose", "role", "since", "until", "runs"];
    Ok(file(city, "searches", Form::of(request), &Sheet { columns, rows }))
}

async fn roles_file(request: &HttpRequest, state: &PageState, city: &City) -> Result<HttpResponse, StoreError> {
    let offices = state.register.offices(&city.id).await?;
    let rows = offices.into_iter().map(|(role, accounts)| [role.as_str().into(), accounts.into()]).collect();
    Ok(file(city, "roles", Form::of(request), &Sheet { columns: ["role", "accounts"], rows }))
}

fn day_name(city: &City, at: Timestamp) -> String {
    Buckets::new(&city.timezone).day_name(at)
}

fn watch_row(watch: &Watch, runs: &[Looked], city: &City) -> [Field; 8] {
    [
        u64::try_from(watch.number).unwrap_or_default().into(),
        watch.dimension.as_str().into(),
        watch.value.as_str().into(),
        watch.purpose.as_str().into(),
        watch.role.as_str().into(),
        day_name(city, watch.since).into(),
        day_name(city, watch.until).into(),
        own_runs(watch, runs).map(|run| run.times).sum::<u64>().into(),
    ]
}

/// A later search of the same number can't be: numbers are used again when the looks at them have gone.
fn own_runs<'a>(watch: &'a Watch, runs: &'a [Looked]) -> impl Iterator<Item = &'a Looked> {
    runs.iter().filter(|run| run.watch() == Some(watch.number) && run.day.plus_seconds(86_400) > watch.since)
}

/// The day that is asked to be looked back from.
fn before(visit: &Visit) -> Option<Date> {
    visit.asked.before.as_deref().and_then(|before| before.parse().ok())
}

/// The days that are shown: from the first on, and before the last.
fn days(city: &City, before: Option<Date>, now: Timestamp) -> (Date, Date) {
    let today = Calendar::new(&city.timezone, Words::new(Default::default())).date(now);
    let tomorrow = today.tomorrow().unwrap_or(today);
    let until = before.filter(|before| *before <= tomorrow).unwrap_or(tomorrow);
    (until.checked_sub(Span::new().days(DAYS)).unwrap_or(until), until)
}

async fn looks(state: &PageState, city: &City, (from, until): (Date, Date)) -> Result<Vec<Looked>, StoreError> {
    let zone = city.zone();
    let midnight = |day: Date| {
        let at = day.to_zoned(zone.clone()).map_or(0, |at| at.timestamp().as_microsecond());
        Timestamp::from_micros(at)
    };
    state.register.looks(&city.id, midnight(from), midnight(until)).await
}

async fn read(state: &PageState, city: &City, days: (Date, Date)) -> Result<RegisterPage, StoreError> {
    let register = &*state.register;
    Ok(RegisterPage {
        offices: register.offices(&city.id).await?,
        watches: register.watches(&city.id).await?,
        runs: register.runs(&city.id).await?,
        looks: looks(state, city, days).await?,
        days,
        head: register.log_head(&city.id).await?,
    })
}

pub fn render_register(context: &PageContext, city: &City, page: &RegisterPage) -> String {
    let (w, now) = (context.words(), context.now);
    let calendar = Calendar::new(&city.timezone, w);
    let here = Address::below(city.id.as_str(), "register");
    let (from, until) = page.days;
    let oldest = calendar.date(now.plus_seconds(-REGISTER_DAYS * 86_400));
    let last = until.yesterday().unwrap_or(until);
    let (open, ended): (Vec<&Watch>, Vec<&Watch>) = page.watches.iter().partition(|watch| watch.is_open(now));
    let view = |watch: &Watch| watch_view(watch, page, &calendar, now, w);
    let head = page.head;
    // The page of the newest days ends with today.
    let query = if until > calendar.date(now) { String::new() } else { format!("?before={until}") };
    let of_table = |table: &str| {
        (w.t(&format!("register-file-{table}")), files(&format!("/{}/register/{table}", city.id.as_str()), &query))
    };
    let code = data_encoding::HEXLOWER.encode(&head.mac);
    RegisterView {
        frame: Frame::new(context, Some(city), &here, w.with("register-title", "city", &city.name)),
        w,
        offices: page
            .offices
            .iter()
            .map(|(role, accounts)| {
                let role = role.as_str();
                (w.t(&format!("role-{role}")), w.t(&format!("role-does-{role}")), *accounts)
            })
            .collect(),
        open: open.into_iter().map(view).collect(),
        ended: ended.into_iter().map(view).collect(),
        period: w.with2("register-days", "from", &calendar.day(from), "until", &calendar.day(last)),
        looks: page.looks.iter().map(|look| look_view(look, &calendar, w)).collect(),
        earlier: (from > oldest)
            .then(|| here.clone().with("before", from.to_string()).language(context.carried()).to_string()),
        head: (head.number > 0).then(|| {
            let code = code.get(..AUDIT_CODE_CHARS).unwrap_or_default();
            w.with2("register-head", "number", &head.number.to_string(), "code", code)
        }),
        files: ["roles", "searches", "looks"].map(of_table),
    }
    .render()
    .unwrap_or_default()
}

fn watch_view(watch: &Watch, page: &RegisterPage, calendar: &Calendar, now: Timestamp, w: Words) -> WatchView {
    let of = w.t(&format!("numbers-of-{}", watch.dimension.as_str()));
    let value = match watch.dimension {
        Dimension::Tag => format!("#{}", watch.value),
        Dimension::Network => {
            Network::parse(&watch.value).map(|network| super::network_name(network, w)).unwrap_or_default()
        }
        Dimension::Language => language_name(&watch.value, w),
        Dimension::Zone | Dimension::Link | Dimension::All | Dimension::Hour => watch.value.clone(),
    };
    let day = |at: Timestamp| calendar.day(calendar.date(at));
    let times = if watch.is_open(now) { "register-runs-until" } else { "register-ran-until" };
    let mut days: Vec<(Timestamp, u64)> = Vec::new();
    for run in own_runs(watch, &page.runs) {
        match days.last_mut().filter(|(day, _)| *day == run.day) {
            Some((_, times)) => *times = times.saturating_add(run.times),
            None => days.push((run.day, run.times)),
        }
    }
    let said = |(at, times): &(Timestamp, u64)| {
        w.count_with("register-run", usize::try_from(*times).unwrap_or(usize::MAX), "day", &day(*at))
    };
    let runs: Vec<String> = days.iter().take(RUNS_SAID).map(said).collect();
    WatchView {
        said: format!("{of} {value}"),
        purpose: watch.purpose.clone(),
        by: w.with("register-by", "role", &w.t(&format!("role-{}", watch.role.as_str()))),
        times: w.with2(times, "since", &day(watch.since), "until", &day(watch.until)),
        runs: if runs.is_empty() { w.t("register-no-run") } else { runs.join(", ") },
    }
}

fn look_view(look: &Looked, calendar: &Calendar, w: Words) -> (String, String, String, u64) {
    let page = look.page.replace(['.', '/'], "-");
    let role = w.t(&format!("role-{}", look.role.as_str()));
    (calendar.day(calendar.date(look.day)), w.t(&format!("look-{page}")), role, look.times)
}
