//! The moderators' pages: what waits for them, one post with what can be done to it, and what was decided.
//!
//! Owns the forms. Does not own which decision may be taken (`domain::moderation`, the store). Invariant: a moderator sees the
//! posts that citizens see, those that wait, and those that moderation hid, and no others (L-40).

mod acts;
mod lists;
mod post;

use super::gate::Asked;
use crate::domain::{ComplaintKind, Decision, ModeratedPost, NotDecided, Standing, Timestamp};
use crate::http::page::{Calendar, Words, ending_name, measure_name, motive_name, network_name, web_address};

pub use acts::{answered, decided, word_blocked};
pub use lists::{export, in_brief, page};
pub use post::page as post_page;

/// A post as the pages show it.
struct PostView {
    id: String,
    who: String,
    origin: String,
    lang: Option<String>,
    text: String,
    href: Option<String>,
    /// Nothing where citizens see it.
    standing: Option<String>,
    /// Why it matched.
    reasons: Vec<String>,
}

impl PostView {
    fn new(post: ModeratedPost, calendar: &Calendar, now: Timestamp, w: Words) -> Self {
        let name = post.name.filter(|name| !name.trim().is_empty()).or(post.handle);
        Self {
            id: post.post.token(),
            who: name.unwrap_or_default(),
            origin: w.with2(
                "moderation-origin",
                "network",
                &network_name(post.network, w),
                "when",
                &calendar.since(post.received_at, now),
            ),
            lang: post.lang,
            text: post.text,
            href: post.url.as_deref().and_then(web_address),
            standing: match post.standing {
                Standing::Shown => None,
                Standing::Hidden => Some(w.t("moderation-is-hidden")),
                Standing::Queued => Some(w.t("moderation-is-queued")),
            },
            reasons: post
                .reasons
                .into_iter()
                .map(|reason| w.with("moderation-ambiguous", "value", &reason.value))
                .collect(),
        }
    }
}

/// A decision as the pages show it.
struct DecisionView {
    number: String,
    says: String,
    word: Option<String>,
    /// The post that it was taken on.
    post: Option<String>,
    by: String,
    when: String,
    until: Option<String>,
    ended: Option<String>,
}

impl DecisionView {
    fn new(decision: Decision, calendar: &Calendar, now: Timestamp, w: Words) -> Self {
        let ended =
            decision.ended.map(|(ending, at)| format!("{}, {}", ending_name(ending, w), calendar.since(at, now)));
        Self {
            number: decision.number.to_string(),
            says: format!(
                "{}{}",
                measure_name(decision.measure, w),
                w.with("moderation-for", "motive", &motive_name(decision.motive, w))
            ),
            by: if decision.is_automatic() { w.t("moderation-automatic") } else { decision.by.0 },
            word: decision.word,
            post: decision.post.map(|post| post.token()),
            when: calendar.since(decision.at, now),
            until: decision
                .until
                .filter(|_| ended.is_none())
                .map(|until| w.with("moderation-until", "when", &calendar.full(until))),
            ended,
        }
    }
}

fn kind_name(kind: ComplaintKind, w: Words) -> String {
    w.t(&format!("complaint-{}", kind.as_str()))
}

const fn problem(refused: NotDecided) -> &'static str {
    match refused {
        NotDecided::NotFound => "moderation-gone",
        NotDecided::Unsound => "moderation-unsound",
        NotDecided::Standing => "moderation-standing",
        NotDecided::TooMany => "moderation-too-many",
        NotDecided::OwnDecision => "moderation-own",
        NotDecided::ReasonsMissing => "moderation-reasons-missing",
    }
}

/// The address of the moderators' pages of the city that is asked for; empty where none is.
fn base(asked: &Asked) -> String {
    asked.city.as_ref().map(|city| format!("/desk/{}/moderation", city.id.as_str())).unwrap_or_default()
}
