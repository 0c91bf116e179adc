use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::{PostId, PushOutcome, PushResult};

/// A post, `{"posts": […]}`, or CloudEvents. Described in words, for it is one of several things: see the examples, and
/// docs/push.md for each field.
#[derive(ToSchema)]
#[schema(value_type = Object)]
pub struct PushBody(());

#[derive(Serialize, ToSchema)]
#[schema(as = PushAnswer)]
pub struct PushAnswerView<'a> {
    results: Vec<PushResultView<'a>>,
}

/// What became of one item.
#[derive(Serialize, ToSchema)]
#[schema(as = PushResult)]
struct PushResultView<'a> {
    /// The sender's id of it; null where none could be read.
    #[schema(required)]
    id: Option<&'a str>,
    /// `admitted`, `queued`, `unchanged`, `deleted` or `refused`.
    outcome: &'static str,
    /// Why it was refused (`malformed`, `expired`, …); `outdated` where a later version is held.
    #[schema(required)]
    reason: Option<&'static str>,
    /// What is wrong with it, in words.
    #[schema(required)]
    detail: Option<&'a str>,
    /// The id of the post here; null for what was refused.
    #[schema(required)]
    post: Option<String>,
}

impl<'a> PushAnswerView<'a> {
    pub fn new(results: &'a [PushResult]) -> Self {
        Self { results: results.iter().map(PushResultView::new).collect() }
    }
}

impl<'a> PushResultView<'a> {
    fn new(result: &'a PushResult) -> Self {
        let (outcome, reason) = match result.outcome {
            PushOutcome::Admitted => ("admitted", None),
            PushOutcome::Queued => ("queued", None),
            PushOutcome::Deleted => ("deleted", None),
            PushOutcome::Unchanged => ("unchanged", None),
            PushOutcome::Outdated => ("unchanged", Some("outdated")),
            PushOutcome::Refused(reason) => ("refused", Some(reason.as_str())),
        };
        Self {
            id: result.id.as_deref(),
            outcome,
            reason,
            detail: result.detail.as_deref(),
            post: result.post.map(PostId::token),
        }
    }
}
