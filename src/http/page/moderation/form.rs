use actix_web::http::StatusCode;
use serde::Deserialize;

use crate::domain::{COMPLAINT_WORDS_CHARS_MAX, ComplaintKind, Decision, Motive, NewComplaint, PostId, Unfit};
use crate::http::page::words::Words;

use super::motive_name;

/// A longer body is refused before it is read. The longest words take 12 kB with each byte written as `%C3`.
pub const COMPLAINT_FORM_BYTES_MAX: usize = 16 * 1024;

/// What the forms send. Nothing about it can be trusted.
#[derive(Debug, Default, Deserialize)]
pub struct ComplaintForm {
    /// Which of the two forms of the report's page.
    #[serde(default)]
    pub kind: String,
    #[serde(default)]
    pub motive: String,
    #[serde(default)]
    pub words: String,
    #[serde(default)]
    pub contact: String,
    #[serde(default)]
    pub good_faith: String,
    /// Of an appeal: the post whose page it comes from.
    #[serde(default)]
    pub post: String,
}

/// Why a complaint was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    Unfit(Unfit),
    /// Sent from another site's page.
    ForeignPage,
    /// It has come from here already.
    Again,
    /// As many wait as a city can have.
    TooMany,
    /// The store can't keep it now.
    TryLater,
    /// The post or the decision has gone meanwhile.
    Gone,
}

impl ComplaintForm {
    pub fn kind(&self) -> ComplaintKind {
        if self.kind == ComplaintKind::Notice.as_str() { ComplaintKind::Notice } else { ComplaintKind::Report }
    }

    /// A browser ends lines with two signs and counts them as one.
    fn words(&self) -> String {
        self.words.replace("\r\n", "\n")
    }

    pub fn complaint(&self, post: PostId) -> Result<NewComplaint, Unfit> {
        let (motive, words) = (self.motive.trim(), self.words());
        match self.kind() {
            ComplaintKind::Notice => {
                NewComplaint::notice(post, motive, &words, &self.contact, !self.good_faith.is_empty())
            }
            ComplaintKind::Report | ComplaintKind::Appeal => NewComplaint::report(post, motive, &words),
        }
    }

    pub fn appeal(&self, post: PostId, decision: &Decision) -> Result<NewComplaint, Unfit> {
        NewComplaint::appeal(post, decision.number, decision.motive, &self.words(), &self.contact)
    }
}

impl Problem {
    pub const fn status(self) -> StatusCode {
        match self {
            Self::Unfit(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::ForeignPage => StatusCode::FORBIDDEN,
            Self::Again => StatusCode::CONFLICT,
            Self::TooMany | Self::TryLater => StatusCode::SERVICE_UNAVAILABLE,
            Self::Gone => StatusCode::NOT_FOUND,
        }
    }

    /// What to do. `contact`: of who answers for the instance; may be empty.
    pub(super) fn words(self, contact: &str, w: Words) -> String {
        let to_contact = |key: &str| match contact {
            "" => w.t(&format!("{key}-nobody")),
            contact => w.with(key, "contact", contact),
        };
        match self {
            Self::Unfit(Unfit::MotiveMissing) => w.t("complaint-problem-motive"),
            Self::Unfit(Unfit::WordsMissing) => w.t("complaint-problem-words"),
            Self::Unfit(Unfit::WordsTooLong) => w.count("complaint-problem-long", COMPLAINT_WORDS_CHARS_MAX),
            Self::Unfit(Unfit::ContactMissing) => w.t("complaint-problem-contact"),
            Self::Unfit(Unfit::GoodFaithMissing) => w.t("complaint-problem-faith"),
            Self::ForeignPage => w.t("complaint-problem-foreign"),
            Self::Again => to_contact("complaint-problem-again"),
            Self::TooMany => to_contact("complaint-problem-many"),
            Self::TryLater | Self::Gone => w.t("complaint-problem-later"),
        }
    }

    /// The field that it is about, by its name.
    pub(super) const fn field(self) -> &'static str {
        match self {
            Self::Unfit(Unfit::MotiveMissing) => "motive",
            Self::Unfit(Unfit::WordsMissing | Unfit::WordsTooLong) => "words",
            Self::Unfit(Unfit::ContactMissing) => "contact",
            Self::Unfit(Unfit::GoodFaithMissing) => "good_faith",
            Self::ForeignPage | Self::Again | Self::TooMany | Self::TryLater | Self::Gone => "",
        }
    }
}

/// A motive that can be chosen.
pub(super) struct Choice {
    pub value: &'static str,
    pub name: String,
    pub chosen: bool,
}

/// What a form offers: a notice, what a law may be against.
pub(super) fn motives(kind: ComplaintKind, chosen: &str, w: Words) -> Vec<Choice> {
    let is_offered =
        |motive: &Motive| kind != ComplaintKind::Notice || !matches!(motive, Motive::Unrelated | Motive::Advertising);
    let choice = |motive: Motive| Choice {
        value: motive.as_str(),
        name: super::as_sentence(&motive_name(motive, w)),
        chosen: motive.as_str() == chosen,
    };
    Motive::REPORTABLE.into_iter().filter(is_offered).map(choice).collect()
}
