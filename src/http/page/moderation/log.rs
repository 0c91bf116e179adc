use askama::Template;

use crate::domain::{City, Decision, InForce};
use crate::http::page::{address::Address, calendar::Calendar, context::PageContext, frame::Frame, words::Words};
use crate::http::sheet::{Files, files};

use super::statement::{by, ended};
use super::{as_sentence, measure_name, motive_name};

/// What a page of the public log shows (feature 12, S-58).
#[derive(Default)]
pub struct LogPage<'a> {
    pub in_force: &'a [InForce],
    /// Newest first.
    pub decisions: &'a [Decision],
    pub before: Option<i64>,
    /// The number to ask before for the next page.
    pub next: Option<i64>,
    /// The address of a post of which no decision is known.
    pub unknown: Option<&'a str>,
}

pub fn render_log(context: &PageContext, city: &City, page: &LogPage<'_>) -> String {
    let w = context.words();
    let calendar = Calendar::new(&city.timezone, w);
    let top = Address::below(city.id.as_str(), "moderation");
    let here = page.before.iter().fold(top.clone(), |here, before| here.with("before", before.to_string()));
    let frame = Frame::new(context, Some(city), &here, w.t("public-log-title"));
    let newest = top.clone().language(context.carried()).to_string();
    LogView {
        frame: if page.before.is_some() || page.unknown.is_some() { frame.hidden_from_search() } else { frame },
        w,
        action: top.to_string(),
        language: context.carried().map(super::super::words::Language::as_str),
        in_force: page
            .in_force
            .iter()
            .map(|one| (measure_name(one.measure, w), as_sentence(&motive_name(one.motive, w)), one.count))
            .collect(),
        unknown: page.unknown,
        lines: page.decisions.iter().map(|decision| Line::new(decision, &calendar, w)).collect(),
        older: page
            .next
            .map(|next| top.clone().with("before", next.to_string()).language(context.carried()).to_string()),
        newest: page.before.map(|_| newest),
        files: files(&top.to_string(), &page.before.map(|before| format!("?before={before}")).unwrap_or_default()),
    }
    .render()
    .unwrap_or_default()
}

#[derive(Template)]
#[template(path = "moderation.html")]
struct LogView<'a> {
    frame: Frame<'a>,
    w: Words,
    action: String,
    language: Option<&'static str>,
    /// Measure, motive, how many.
    in_force: Vec<(String, String, u64)>,
    unknown: Option<&'a str>,
    lines: Vec<Line>,
    older: Option<String>,
    newest: Option<String>,
    files: Files,
}

/// A decision as everybody may read of it: not on what, nor on whom.
struct Line {
    number: i64,
    at: String,
    at_machine: String,
    measure: String,
    motive: String,
    by: String,
    state: String,
}

impl Line {
    fn new(decision: &Decision, calendar: &Calendar, w: Words) -> Self {
        Self {
            number: decision.number,
            at: calendar.dated(decision.at),
            at_machine: decision.at.to_rfc3339(),
            measure: measure_name(decision.measure, w),
            motive: motive_name(decision.motive, w),
            by: by(decision, w),
            state: match (decision.ended, decision.until) {
                (Some((ending, at)), _) => ended(ending, at, calendar, w),
                (None, Some(until)) => w.with("public-log-until", "day", &calendar.dated(until)),
                (None, None) => w.t("public-log-in-force"),
            },
        }
    }
}
