use std::path::PathBuf;

use super::{AuthorId, CityId, Lane, OfficialKind, Outcome, PostId, RefuseReason, Timestamp};

/// Somebody who sends posts to a city signed, as its file lists them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushSender {
    /// Made of the name; unique in its city.
    pub key: String,
    /// Who speaks, as cards print it.
    pub name: String,
    pub kind: OfficialKind,
    pub lane: Lane,
    /// One secret, or two while one takes the other's place.
    pub secrets: Vec<SecretPlace>,
    /// Posts that are taken within an hour.
    pub per_hour: u32,
}

/// Where a secret is; it is never part of what a city is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SecretPlace {
    Env(String),
    File(PathBuf),
}

impl PushSender {
    /// The account that everything of this sender is of.
    pub fn author(&self, city: &CityId) -> AuthorId {
        AuthorId::new(format!("{}:{}", city.as_str(), self.key))
    }
}

/// A request to take posts in, as it came: nothing of it is believed yet.
#[derive(Clone, PartialEq, Eq)]
pub struct Delivery {
    pub city: CityId,
    /// The `webhook-…` headers.
    pub message: String,
    pub timestamp: String,
    pub signatures: String,
    pub body: Vec<u8>,
}

/// What a delivery is known by when it comes again: keyed hashes, of which one is the sender's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DeliveryId {
    pub sender: u64,
    pub message: u64,
}

/// What became of one item of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PushOutcome {
    Admitted,
    Queued,
    /// Taken back; also what was never held.
    Deleted,
    /// What is held says the same.
    Unchanged,
    /// What is held is a later version.
    Outdated,
    Refused(RefuseReason),
}

impl From<Outcome> for PushOutcome {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Admitted => Self::Admitted,
            // On no page yet, or ever: senders are listed, and what is listed addresses no desk.
            Outcome::Queued | Outcome::Addressed => Self::Queued,
            Outcome::Refused(reason) => Self::Refused(reason),
        }
    }
}

impl PushOutcome {
    /// The form in which it is stored: one word.
    pub const fn token(self) -> &'static str {
        match self {
            Self::Admitted => Outcome::Admitted.label(),
            Self::Queued => Outcome::Queued.label(),
            Self::Deleted => "deleted",
            Self::Unchanged => "unchanged",
            Self::Outdated => "outdated",
            Self::Refused(reason) => Outcome::Refused(reason).label(),
        }
    }

    /// The inverse of [`PushOutcome::token`].
    pub fn parse(token: &str) -> Option<Self> {
        let reasons = RefuseReason::ALL.iter().map(|reason| Self::Refused(*reason));
        [Self::Admitted, Self::Queued, Self::Deleted, Self::Unchanged, Self::Outdated]
            .into_iter()
            .chain(reasons)
            .find(|outcome| outcome.token() == token)
    }
}

/// What a delivery is answered, to be stored with what it changed. It names no post and holds no text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    pub delivery: DeliveryId,
    /// A keyed hash of the body: another one under the same id is no repeat.
    pub body: u64,
    pub at: Timestamp,
    pub items: Vec<ReceiptItem>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReceiptItem {
    /// As the pipeline decided; the store may know better.
    pub outcome: PushOutcome,
    /// Which of the batch's changes stores it.
    pub change: Option<usize>,
}

/// What one item of a delivery is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushResult {
    /// The sender's own id of it, if it has one.
    pub id: Option<String>,
    pub outcome: PushOutcome,
    /// What is wrong with it, in words for whoever writes the sending program.
    pub detail: Option<String>,
    /// Our id of what it is about, unless it was refused.
    pub post: Option<PostId>,
}

/// Why a whole delivery is not taken. Nothing of it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PushRefusal {
    /// A header that can't be one.
    BadHeader { name: &'static str, mend: &'static str },
    /// Its time is too far from ours.
    WrongTime,
    /// No sender of the city signed it.
    Unsigned,
    /// Its id is that of another delivery.
    Conflict,
    /// The body can't be read as a whole: why, and what would be right.
    Unreadable { fault: String, mend: &'static str },
    /// The sender has sent enough for now.
    TooMany { wait_s: u32 },
    /// It may be taken later.
    Busy(&'static str),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_outcome_is_read_back_as_it_is_stored() {
        let plain = [
            PushOutcome::Admitted,
            PushOutcome::Queued,
            PushOutcome::Deleted,
            PushOutcome::Unchanged,
            PushOutcome::Outdated,
        ];
        let refused = RefuseReason::ALL.iter().map(|reason| PushOutcome::Refused(*reason));
        for outcome in plain.into_iter().chain(refused) {
            assert_eq!(PushOutcome::parse(outcome.token()), Some(outcome));
            assert!(!outcome.token().contains(' '), "{outcome:?}");
        }
        assert_eq!(PushOutcome::parse("refused"), None);
    }
}
