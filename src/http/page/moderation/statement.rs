use askama::Template;

use crate::domain::{City, Decision, Ending, Measure, PostId, Timestamp};
use crate::http::page::{address::Address, calendar::Calendar, context::PageContext, frame::Frame, words::Words};

use super::{as_sentence, ending_name, measure_name, motive_name};

/// The statement of reasons of a decision (L-51).
pub struct Statement {
    pub measure: String,
    /// What follows for the post; empty of what restricts none.
    pub does: String,
    pub motive: String,
    pub decided: String,
    pub by: String,
    /// Until when, or how it ended.
    pub until: String,
    /// Its number, and the log in which it stands.
    pub number: String,
    pub log: String,
    /// Where it is contested; `None` where it is no more.
    pub appeal: Option<String>,
}

impl Statement {
    /// `post`: on whose page it is read.
    pub fn new(decision: &Decision, post: Option<PostId>, city: &City, context: &PageContext) -> Self {
        let w = context.words();
        let calendar = Calendar::new(&city.timezone, w);
        let slug = city.id.as_str();
        let appeal = || {
            let address = Address::below(slug, &format!("appeal/{}", decision.number));
            let of_post = post.filter(|post| decision.post != Some(*post));
            let address = of_post.iter().fold(address, |address, post| address.with("post", post.token()));
            address.language(context.carried()).to_string()
        };
        Self {
            measure: measure_name(decision.measure, w),
            does: does(decision.measure).map(|key| w.t(key)).unwrap_or_default(),
            motive: as_sentence(&motive_name(decision.motive, w)),
            decided: calendar.full(decision.at),
            by: by(decision, w),
            until: match (decision.ended, decision.until) {
                (Some((ending, at)), _) => ended(ending, at, &calendar, w),
                (None, Some(until)) => w.with("statement-until", "day", &calendar.full(until)),
                (None, None) => w.t("statement-no-end"),
            },
            number: w.with("statement-number", "number", &decision.number.to_string()),
            log: Address::below(slug, "moderation").language(context.carried()).to_string(),
            appeal: (decision.ended.is_none() && decision.measure.restricts()).then(appeal),
        }
    }
}

const fn does(measure: Measure) -> Option<&'static str> {
    match measure {
        Measure::Hide => Some("statement-does-hide"),
        Measure::Fold => Some("statement-does-fold"),
        Measure::BlockAuthor => Some("statement-does-block-author"),
        Measure::BlockWord => Some("statement-does-block-word"),
        Measure::Pin | Measure::Admit => None,
    }
}

/// Who took it, without a name.
pub(super) fn by(decision: &Decision, w: Words) -> String {
    w.t(if decision.is_automatic() { "statement-by-itself" } else { "statement-by-moderator" })
}

pub(super) fn ended(ending: Ending, at: Timestamp, calendar: &Calendar, w: Words) -> String {
    w.with2("statement-ended", "how", &as_sentence(&ending_name(ending, w)), "when", &calendar.dated(at))
}

/// In the place of a post that moderators don't let be seen: why, and how to contest it.
pub fn render_withheld(context: &PageContext, city: &City, post: PostId, decisions: &[Decision]) -> String {
    let w = context.words();
    let here = Address::why(city.id.as_str(), post);
    WithheldView {
        frame: Frame::new(context, Some(city), &here, w.t("withheld-title")).hidden_from_search(),
        w,
        statements: decisions.iter().map(|decision| Statement::new(decision, Some(post), city, context)).collect(),
    }
    .render()
    .unwrap_or_default()
}

#[derive(Template)]
#[template(path = "withheld.html")]
struct WithheldView<'a> {
    frame: Frame<'a>,
    w: Words,
    statements: Vec<Statement>,
}
