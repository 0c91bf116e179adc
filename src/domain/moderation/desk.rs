use futures_util::future::BoxFuture;

use super::{Complaint, Decision, Ending, FollowKey, Measure, Motive, NewComplaint, NewDecision};
use crate::domain::{Actor, CityId, Network, PostId, Reason, StoreError, Timestamp};

/// How a post stands in a city.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Shown,
    /// By a measure, or by the operator.
    Hidden,
    Queued,
}

/// A post as a moderator sees it: one that citizens see, one that waits for a moderator, or one that moderation hid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModeratedPost {
    pub post: PostId,
    pub network: Network,
    pub url: Option<String>,
    pub handle: Option<String>,
    pub name: Option<String>,
    pub text: String,
    pub lang: Option<String>,
    pub received_at: Timestamp,
    pub standing: Standing,
    pub reasons: Vec<Reason>,
}

/// A post that waits for a moderator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queued {
    /// The place to ask before for the next page.
    pub number: i64,
    pub post: ModeratedPost,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DecisionQuery {
    pub before: Option<i64>,
    /// At most 100, whatever is asked for.
    pub limit: usize,
}

/// Decisions of a city that stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InForce {
    pub measure: Measure,
    pub motive: Motive,
    pub count: u64,
}

/// Complaints, the oldest that waits first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ComplaintPage {
    pub complaints: Vec<Complaint>,
    /// All that wait.
    pub open: u64,
}

/// How much waits for a moderator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    pub complaints: u64,
    pub queued: u64,
}

/// Why nothing was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotDecided {
    /// The post, the decision or the complaint is not there (any more).
    NotFound,
    /// It goes with no such motive, or end; or the post is not what it can be done to.
    Unsound,
    /// It stands already.
    Standing,
    /// As many as there may be.
    TooMany,
    /// Whoever decided does not decide on the appeal against it.
    OwnDecision,
    /// A notice or an appeal is not rejected without reasons.
    ReasonsMissing,
}

/// What came of a decision: its number.
pub type Decided = Result<i64, NotDecided>;

/// What came of a complaint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Complained {
    Taken,
    /// The same address has reported this post already; nothing was added.
    Again,
    /// The post or the decision is not there.
    NotFound,
    /// More wait than a city can have: write to its contact.
    TooMany,
}

/// The moderation of one city, which every question names. Writing is durable, and on every reader's screen, when it returns.
pub trait Moderation: Send + Sync {
    /// Posts that wait, oldest first, after a number.
    fn queue<'a>(
        &'a self,
        city: &'a CityId,
        after: i64,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<Queued>, StoreError>>;

    /// A post as a moderator sees it; `None` of what they may not see either.
    fn moderated<'a>(
        &'a self,
        city: &'a CityId,
        post: PostId,
    ) -> BoxFuture<'a, Result<Option<ModeratedPost>, StoreError>>;

    /// The post of this address on its network, held in this city.
    fn post_at<'a>(&'a self, city: &'a CityId, url: &'a str) -> BoxFuture<'a, Result<Option<PostId>, StoreError>>;

    /// Newest first.
    fn decisions<'a>(
        &'a self,
        city: &'a CityId,
        query: DecisionQuery,
    ) -> BoxFuture<'a, Result<Vec<Decision>, StoreError>>;

    /// How many decisions stand, by what is done and why.
    fn in_force<'a>(&'a self, city: &'a CityId) -> BoxFuture<'a, Result<Vec<InForce>, StoreError>>;

    fn decision<'a>(&'a self, city: &'a CityId, number: i64) -> BoxFuture<'a, Result<Option<Decision>, StoreError>>;

    /// Those on a post, newest first, also on what is one utterance with it, also those that block its author or its words.
    fn decisions_on<'a>(&'a self, city: &'a CityId, post: PostId) -> BoxFuture<'a, Result<Vec<Decision>, StoreError>>;

    /// Takes a measure. It answers every open report and notice on its post; `answer` is what those who sent them read.
    fn decide<'a>(
        &'a self,
        city: &'a CityId,
        new: NewDecision,
        answer: String,
        by: Actor,
    ) -> BoxFuture<'a, Result<Decided, StoreError>>;

    /// Ends a measure. By [`Ending::Appeal`] every open appeal against it is answered, and only by another than who took it.
    fn lift<'a>(
        &'a self,
        city: &'a CityId,
        number: i64,
        ending: Ending,
        answer: String,
        by: Actor,
    ) -> BoxFuture<'a, Result<Decided, StoreError>>;

    /// Leaves things as they are, and so answers a complaint; of reports all on the same post, which opens what they folded by
    /// themselves, and of appeals all against the same decision.
    fn reject<'a>(
        &'a self,
        city: &'a CityId,
        complaint: i64,
        answer: String,
        by: Actor,
    ) -> BoxFuture<'a, Result<Decided, StoreError>>;

    /// Those that wait, reports last, the oldest first, after so many.
    fn complaints<'a>(
        &'a self,
        city: &'a CityId,
        skipped: usize,
        limit: usize,
    ) -> BoxFuture<'a, Result<ComplaintPage, StoreError>>;

    fn waiting<'a>(&'a self, city: &'a CityId) -> BoxFuture<'a, Result<Waiting, StoreError>>;

    /// `from`: the address block that it comes from, of which a keyed hash for this one post is kept. `on_duty`: a moderator
    /// is there to look; else reports may fold the post by themselves.
    fn complain<'a>(
        &'a self,
        city: &'a CityId,
        new: NewComplaint,
        key: FollowKey,
        from: &'a str,
        on_duty: bool,
    ) -> BoxFuture<'a, Result<Complained, StoreError>>;

    /// What became of a complaint, for whoever holds its key.
    fn followed<'a>(&'a self, city: &'a CityId, key: FollowKey)
    -> BoxFuture<'a, Result<Option<Complaint>, StoreError>>;
}
