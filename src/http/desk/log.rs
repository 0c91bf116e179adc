use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;

use super::gate::{Asked, refused_page, to};
use super::pages::{Bar, Refused, frame};
use crate::domain::{Actor, AuditLine, Role};
use crate::http::page::{Calendar, Frame, Words};
use crate::http::sheet::{Files, Form, Sheet, file, files};

/// Lines on one page; older ones are a link away.
const LINES_PER_PAGE: usize = 100;
/// Lines of a file, the newest; `before` gives earlier ones.
const LINES_PER_FILE: usize = 10_000;

#[derive(Template)]
#[template(path = "desk_log.html")]
struct LogView<'a> {
    frame: Frame<'a>,
    w: Words,
    bar: Option<Bar>,
    lines: Vec<LineView>,
    older: Option<String>,
    files: Files,
}

struct LineView {
    number: i64,
    at: String,
    actor: String,
    act: String,
    subject: String,
    reason: String,
}

/// `GET /desk/{city}/log`.
pub async fn page(asked: Asked) -> HttpResponse {
    let Some(city) = asked.city.clone() else { return to("/desk") };
    let before = asked.query("before").and_then(|before| before.parse().ok());
    let Ok(lines) = asked.state.staff.audit(&city.id, before, LINES_PER_PAGE + 1).await else {
        return refused_page(&asked.context, Refused::TryLater);
    };
    let w = asked.context.words();
    let calendar = Calendar::new(&city.timezone, w);
    let here = format!("/{}/log", city.id.as_str());
    let has_more = lines.len() > LINES_PER_PAGE;
    let lines: Vec<LineView> =
        lines.into_iter().take(LINES_PER_PAGE).map(|line| line_view(line, &calendar, &asked, w)).collect();
    let last = lines.last().filter(|_| has_more).map(|line| line.number);
    let view = LogView {
        frame: frame(&asked, &here, w.t("desk-log-title")),
        w,
        bar: Bar::new(&asked, &format!("/desk{here}")),
        lines,
        older: last.map(|number| format!("/desk{here}?before={number}")),
        files: files(&format!("/desk{here}"), ""),
    };
    asked.page(StatusCode::OK, view.render().unwrap_or_default())
}

/// `GET /desk/{city}/log.csv` and `.json`: the lines as they are kept.
pub async fn export(asked: Asked) -> HttpResponse {
    let Some(city) = asked.city.clone() else { return to("/desk") };
    let before = asked.query("before").and_then(|before| before.parse().ok());
    let Ok(lines) = asked.state.staff.audit(&city.id, before, LINES_PER_FILE).await else {
        return refused_page(&asked.context, Refused::TryLater);
    };
    let row = |AuditLine { number, at, actor, act, subject, reason, .. }: AuditLine| {
        let number = u64::try_from(number).unwrap_or_default();
        [number.into(), at.to_rfc3339().into(), actor.into(), act.into(), subject.into(), reason.into()]
    };
    let sheet = Sheet {
        columns: ["number", "at", "who", "act", "subject", "reason"],
        rows: lines.into_iter().map(row).collect(),
    };
    file(&city, "log", Form::of(&asked.request), &sheet)
}

fn line_view(line: AuditLine, calendar: &Calendar, asked: &Asked, w: Words) -> LineView {
    LineView {
        number: line.number,
        at: calendar.since(line.at, asked.context.now),
        act: w.t(&format!("act-{}", line.act.replace('_', "-"))),
        reason: Role::parse(&line.reason)
            .map_or_else(|| line.reason.clone(), |role| w.t(&format!("role-{}", role.as_str()))),
        actor: if line.actor == Actor::operator().0 { w.t("actor-operator") } else { line.actor },
        subject: line.subject,
    }
}
