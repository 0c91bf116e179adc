//! What is unusual in a city, in words, and the page of past alerts.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;

use super::figures::{number, people};
use super::gate::{Asked, refused_page, to};
use super::pages::{Bar, Refused, frame};
use crate::domain::alert::{ALERTS_KEPT_S, Alert, Channel, Event, Kind, OnDuty, PastAlert, Unsent};
use crate::domain::{City, StoreError, Timestamp};
use crate::http::page::{Calendar, Frame, PageContext, Words};
use crate::http::sheet::{Files, Form, Sheet, file, files};
use crate::monitor::usual::DAYS_MIN;
use crate::monitor::{Baseline, Pace, Usual, baseline};

/// Alerts on one page; older ones are a link away.
const ALERTS_PER_PAGE: usize = 50;
/// Alerts of a file: as many as are kept.
const ALERTS_PER_FILE: usize = 500;
/// For how long an alert that could not be sent is told of.
const UNSENT_TOLD_S: i64 = 7 * 86_400;

/// What is said of now.
pub struct NowSaid {
    /// What goes on: its title, and what is known of it.
    pub alert: Option<(String, Vec<String>)>,
    /// Else why there is nothing to say.
    pub calm: String,
    pub unsent: Vec<String>,
    pub baseline: Baseline,
    /// Of a demonstration, whose hours are shorter.
    pub demo: Option<String>,
}

/// What is unusual now, and what is usual.
pub async fn now_said(asked: &Asked, city: &City, calendar: &Calendar) -> Result<NowSaid, StoreError> {
    let (w, now, state) = (asked.context.words(), asked.context.now, &asked.state);
    let buckets = crate::domain::desk::Calendar::new(&city.timezone);
    let baseline = baseline(&*state.counts, &city.id, &buckets, now).await?;
    let event = state.alerts.event(&city.id).await?;
    let newest = state.alerts.alerts(&city.id, None, 1).await?;
    let going = event.zip(newest.into_iter().next().filter(|past| past.ended_at.is_none()));
    let calm = match (state.counts.since(&city.id).await?, baseline.usual) {
        (None, _) => w.t("numbers-not-yet"),
        (_, Usual::NotEnoughPast { days }) => {
            w.count_with("alert-too-early", usize::try_from(days).unwrap_or(0), "days", &DAYS_MIN.to_string())
        }
        (Some(since), Usual::Level(_)) => w.with("alert-none", "since", &calendar.day(calendar.date(since))),
    };
    let unsent = state.alerts.unsent(&city.id, now.plus_seconds(-UNSENT_TOLD_S)).await?;
    Ok(NowSaid {
        alert: going.map(|(event, past)| going_words(event, &past.alert, calendar, now, w)),
        calm,
        unsent: unsent.iter().map(|unsent| unsent_words(unsent, calendar, now, w)).collect(),
        baseline,
        demo: demo_words(&asked.context),
    })
}

/// Of a demonstration, in which an hour passes in seconds.
fn demo_words(context: &PageContext) -> Option<String> {
    let pace = pace(context);
    let seconds = usize::try_from(pace.window_s()).unwrap_or(usize::MAX);
    (pace != Pace::LIFE).then(|| context.words().count("alert-demo", seconds))
}

/// How fast the posts of this instance come.
pub fn pace(context: &PageContext) -> Pace {
    context.settings.demo.as_ref().map_or(Pace::LIFE, |demo| Pace::times(demo.speed))
}

fn going_words(event: Event, alert: &Alert, calendar: &Calendar, now: Timestamp, w: Words) -> (String, Vec<String>) {
    let title = w.with("alert-since", "when", &calendar.since(event.since, now));
    let mut said = vec![alert_words(alert, calendar, w)];
    if event.last > event.since {
        said.push(w.with("alert-last", "time", &calendar.since(event.last, now)));
    }
    (title, said)
}

/// How many, in which time, and what is usual.
pub fn alert_words(alert: &Alert, calendar: &Calendar, w: Words) -> String {
    let usual = w.count_with("alert-usual", whole(alert.usual), "when", &usual_when(calendar, alert.at, w));
    format!("{} {} {usual}", w.count("alert-posts", number(alert.posts)), people(alert.authors, w))
}

/// The hour of the week that an instant lies in.
pub fn usual_when(calendar: &Calendar, at: Timestamp, w: Words) -> String {
    w.with2("usual-when", "day", calendar.weekday(calendar.date(at)), "hour", &calendar.hour(at).to_string())
}

/// Posts as people count them.
pub fn whole(posts: f64) -> usize {
    posts.round().max(0.0) as usize
}

fn unsent_words(unsent: &Unsent, calendar: &Calendar, now: Timestamp, w: Words) -> String {
    let when = calendar.short(unsent.at);
    match (unsent.channel, unsent.again_at) {
        (Channel::Mail, None) => w.with("alert-unsent-mail", "when", &when),
        (Channel::Webhook, None) => w.with("alert-unsent-webhook", "when", &when),
        (Channel::Mail, Some(at)) => w.with2("alert-later-mail", "when", &when, "time", &calendar.since(at, now)),
        (Channel::Webhook, Some(at)) => w.with2("alert-later-webhook", "when", &when, "time", &calendar.since(at, now)),
    }
}

pub fn kind_words(kind: Kind, w: Words) -> String {
    match kind {
        Kind::Unusual => w.t("alert-kind-unusual"),
        Kind::AnyPost => w.t("alert-kind-any-post"),
    }
}

#[derive(Template)]
#[template(path = "desk_alerts.html")]
struct AlertsView<'a> {
    frame: Frame<'a>,
    w: Words,
    bar: Option<Bar>,
    rows: Vec<RowView>,
    none: String,
    older: Option<String>,
    /// Who is told.
    told: Vec<String>,
    unsent: Vec<String>,
    demo: Option<String>,
    square: String,
    files: Files,
}

struct RowView {
    begun: String,
    ended: String,
    what: String,
    posts: u64,
    authors: String,
    usual: usize,
}

/// `GET /desk/{city}/alerts`.
pub async fn page(asked: Asked) -> HttpResponse {
    let Some(city) = asked.city.clone() else { return to("/desk") };
    let (w, now) = (asked.context.words(), asked.context.now);
    let before = asked.query("before").and_then(|before| before.parse().ok());
    let read = async {
        let alerts = asked.state.alerts.alerts(&city.id, before, ALERTS_PER_PAGE + 1).await?;
        let unsent = asked.state.alerts.unsent(&city.id, now.plus_seconds(-ALERTS_KEPT_S)).await?;
        Ok::<_, StoreError>((alerts, unsent, asked.state.counts.since(&city.id).await?))
    };
    let Ok((alerts, unsent, since)) = read.await else { return refused_page(&asked.context, Refused::TryLater) };
    let calendar = Calendar::new(&city.timezone, w);
    let here = format!("/{}/alerts", city.id.as_str());
    let has_more = alerts.len() > ALERTS_PER_PAGE;
    let shown = alerts.iter().take(ALERTS_PER_PAGE);
    let last = shown.clone().next_back().filter(|_| has_more).map(|past| past.number);
    let view = AlertsView {
        frame: frame(&asked, &here, w.t("alerts-title")),
        w,
        bar: Bar::new(&asked, &format!("/desk{here}")),
        rows: shown.map(|past| row(past, &calendar, now, w)).collect(),
        none: match since {
            Some(since) => w.with("alerts-none", "since", &calendar.day(calendar.date(since))),
            None => w.t("numbers-not-yet"),
        },
        older: last.map(|number| format!("/desk{here}?before={number}")),
        told: told(&city.on_duty, w),
        unsent: unsent.iter().map(|unsent| unsent_words(unsent, &calendar, now, w)).collect(),
        demo: demo_words(&asked.context),
        square: format!("/{}", city.id.as_str()),
        files: files(&format!("/desk{here}"), ""),
    };
    asked.page(StatusCode::OK, view.render().unwrap_or_default())
}

/// `GET /desk/{city}/alerts.csv` and `.json`.
pub async fn export(asked: Asked) -> HttpResponse {
    let Some(city) = asked.city.clone() else { return to("/desk") };
    let Ok(alerts) = asked.state.alerts.alerts(&city.id, None, ALERTS_PER_FILE).await else {
        return refused_page(&asked.context, Refused::TryLater);
    };
    let row = |past: PastAlert| {
        let alert = &past.alert;
        let ended = past.ended_at.map(Timestamp::to_rfc3339).unwrap_or_default();
        let usual = u64::try_from(whole(alert.usual)).unwrap_or_default();
        let begun = alert.at.to_rfc3339();
        [begun.into(), ended.into(), alert.kind.as_str().into(), alert.posts.into(), usual.into(), alert.authors.into()]
    };
    let sheet = Sheet {
        columns: ["begun", "ended", "kind", "posts", "usual_posts", "authors_at_least"],
        rows: alerts.into_iter().map(row).collect(),
    };
    file(&city, "alerts", Form::of(&asked.request), &sheet)
}

fn row(past: &PastAlert, calendar: &Calendar, now: Timestamp, w: Words) -> RowView {
    let alert = &past.alert;
    RowView {
        begun: calendar.since(alert.at, now),
        ended: past.ended_at.map_or_else(|| w.t("alerts-goes-on"), |at| calendar.since(at, now)),
        what: kind_words(alert.kind, w),
        posts: alert.posts,
        authors: alert.authors.map_or_else(String::new, |authors| authors.to_string()),
        usual: whole(alert.usual),
    }
}

/// Who is told, and when; never an address, for whoever may look at the desk.
fn told(on_duty: &OnDuty, w: Words) -> Vec<String> {
    if on_duty.mail.is_empty() && on_duty.webhook.is_none() {
        return vec![w.t("alerts-told-nobody")];
    }
    let mail = (!on_duty.mail.is_empty()).then(|| w.count("alerts-told-mail", on_duty.mail.len()));
    let webhook = on_duty.webhook.as_ref().map(|_| w.t("alerts-told-webhook"));
    mail.into_iter().chain(webhook).chain([w.t("alerts-told-duty")]).collect()
}
