use askama::Template;

use crate::domain::{City, Complaint, ComplaintKind, ComplaintState, Decision, FollowKey};
use crate::http::page::{address::Address, calendar::Calendar, context::PageContext, frame::Frame, words::Words};

use super::statement::Statement;
use super::{as_sentence, motive_name};

/// A complaint, for whoever holds its key.
pub struct FollowedPage<'a> {
    pub key: FollowKey,
    pub complaint: &'a Complaint,
    /// What was decided on it, or what it contests.
    pub decision: Option<&'a Decision>,
}

pub fn render_followed(context: &PageContext, city: &City, page: &FollowedPage<'_>) -> String {
    let w = context.words();
    let calendar = Calendar::new(&city.timezone, w);
    let complaint = page.complaint;
    let kind = complaint.kind.as_str();
    let here = Address::below(city.id.as_str(), &format!("followed/{}", page.key.text()));
    let (state, outcome, closed, answer) = match &complaint.state {
        ComplaintState::Open => ("open", None, None, ""),
        ComplaintState::Closed(closed) => {
            let outcome = match (complaint.kind, closed.upheld) {
                (ComplaintKind::Appeal, true) => "followed-appeal-upheld",
                (ComplaintKind::Appeal, false) => "followed-appeal-rejected",
                (_, true) => "followed-upheld",
                (_, false) => "followed-rejected",
            };
            ("closed", Some(outcome), Some(closed.at), closed.answer.trim())
        }
    };
    let contact = context.settings.privacy.contact.as_str();
    FollowedView {
        frame: Frame::new(context, Some(city), &here, w.t(&format!("followed-{kind}-{state}"))).hidden_from_search(),
        w,
        address: format!("{}{here}", context.settings.public_url),
        received: calendar.full(complaint.at),
        motive: as_sentence(&motive_name(complaint.motive, w)),
        post: Address::why(city.id.as_str(), complaint.post).language(context.carried()).to_string(),
        is_appeal: complaint.kind == ComplaintKind::Appeal,
        has_contact: complaint.contact.is_some(),
        outcome: outcome.map(|key| w.t(key)),
        closed: closed.map(|at| calendar.full(at)),
        answer: Some(answer).filter(|answer| !answer.is_empty()),
        statement: page.decision.map(|decision| Statement::new(decision, Some(complaint.post), city, context)),
        contact: Some(contact).filter(|contact| !contact.is_empty()),
    }
    .render()
    .unwrap_or_default()
}

#[derive(Template)]
#[template(path = "followed.html")]
struct FollowedView<'a> {
    frame: Frame<'a>,
    w: Words,
    address: String,
    received: String,
    motive: String,
    post: String,
    is_appeal: bool,
    /// Its sender left an address.
    has_contact: bool,
    /// What came of it; `None` while it is open.
    outcome: Option<String>,
    closed: Option<String>,
    answer: Option<&'a str>,
    statement: Option<Statement>,
    contact: Option<&'a str>,
}
