//! What citizens see of moderation: reporting a post, following what becomes of it, the reasons of a decision, contesting
//! one, and the public log.
//!
//! Owns these pages, their forms and handlers. Does not own what may be decided or asked (`domain::moderation`), nor the
//! desk's side. Invariant: of what moderators took away no text, word, name or account stands on any of these pages, and what
//! somebody who complains writes is for moderators alone.

mod appeal;
mod decisions;
mod followed;
mod form;
pub(super) mod handlers;
mod log;
mod report;
mod statement;

pub use appeal::{AppealPage, render_appeal};
pub use decisions::decisions_sheet;
pub use followed::{FollowedPage, render_followed};
pub use form::{COMPLAINT_FORM_BYTES_MAX, ComplaintForm, Problem};
pub use log::{LogPage, render_log};
pub use report::{ReportPage, render_report};
pub use statement::{Statement, render_withheld};

use crate::domain::{Ending, Measure, Motive};

use super::words::Words;

/// What is done, as a word.
pub fn measure_name(measure: Measure, w: Words) -> String {
    w.t(&format!("measure-{}", measure.as_str().replace('_', "-")))
}

/// Why, as part of a sentence.
pub fn motive_name(motive: Motive, w: Words) -> String {
    w.t(&format!("motive-{}", motive.as_str().replace('_', "-")))
}

/// How a measure ended, as part of a sentence.
pub fn ending_name(ending: Ending, w: Words) -> String {
    w.t(&format!("ending-{}", ending.as_str()))
}

/// Where it stands by itself.
pub(super) fn as_sentence(part: &str) -> String {
    let mut letters = part.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
