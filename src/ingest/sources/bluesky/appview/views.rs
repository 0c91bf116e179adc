//! The AppView's JSON.
//!
//! Owns the shape of its answers and of recorded profile files. Does not own the asking.
//! Invariant: a view whose identity or labels can't be read is dropped, and its author counts as unknown: nobody is shown
//! because a wish could not be read.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::domain::{AuthorProfile, Label, NativeId, Network, PostCheck, Timestamp};
use crate::ingest::sources::ProfilesError;
use crate::ingest::sources::bluesky::decode::{self, AUTOMATED};
use crate::ingest::sources::bluesky::lenient;

/// The list must be there: an answer without it is not an answer about nobody. Views are read one by one, so that an odd
/// one costs its own author only.
#[derive(Deserialize)]
pub struct ProfilesAnswer {
    pub profiles: Vec<Box<RawValue>>,
}

#[derive(Deserialize)]
pub struct PostsAnswer {
    pub posts: Vec<Box<RawValue>>,
}

/// `app.bsky.actor.defs#profileView`, of any detail.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProfileView {
    did: String,
    #[serde(default, deserialize_with = "lenient::value")]
    handle: Option<String>,
    #[serde(default, deserialize_with = "lenient::value")]
    display_name: Option<String>,
    #[serde(default, deserialize_with = "lenient::value")]
    description: Option<String>,
    labels: Option<Vec<LabelView>>,
}

/// `app.bsky.feed.defs#postView`.
#[derive(Deserialize)]
pub struct PostView {
    uri: String,
    labels: Option<Vec<LabelView>>,
}

/// `com.atproto.label.defs#label`: a self-label has the account as its source, others a moderation service.
#[derive(Clone, Debug, Deserialize)]
pub struct LabelView {
    val: String,
    #[serde(default, deserialize_with = "lenient::value")]
    src: Option<String>,
    #[serde(default, deserialize_with = "lenient::value")]
    neg: Option<bool>,
    #[serde(default, deserialize_with = "lenient::value")]
    exp: Option<String>,
}

impl ProfileView {
    /// `None` for a view whose `did` is none.
    pub fn into_profile(self, checked_at: Timestamp) -> Option<AuthorProfile> {
        let labels = labels(self.labels.unwrap_or_default());
        let automated = Label::in_force(&labels, checked_at).any(|value| value == AUTOMATED);
        Some(AuthorProfile {
            // `handle.invalid` is what the AppView says of a handle that no longer leads to the account.
            handle: self.handle.as_deref().and_then(decode::handle),
            name: self.display_name.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()),
            bio: self.description.unwrap_or_default(),
            automated,
            labels,
            checked_at: Some(checked_at),
            ..AuthorProfile::assumed(decode::author(&self.did)?, Network::Bluesky)
        })
    }
}

impl PostView {
    pub fn into_check(self) -> Option<PostCheck> {
        let sound = self.uri.starts_with("at://");
        sound.then(|| PostCheck { native_id: NativeId::new(self.uri), labels: labels(self.labels.unwrap_or_default()) })
    }
}

/// The labels as `consent` reads them.
///
/// A negation takes back the same source's label only, and `Label` does not say whose it is. So negations are settled
/// here; one is handed on only where nobody else's label of that value stands, since it would take that back too.
fn labels(views: Vec<LabelView>) -> Vec<Label> {
    let negated = |view: &LabelView| view.neg == Some(true);
    let taken_back =
        |view: &LabelView| views.iter().any(|other| negated(other) && other.val == view.val && other.src == view.src);
    let stands = |view: &LabelView| !negated(view) && !taken_back(view);
    let stands_elsewhere = |value: &str| views.iter().any(|view| stands(view) && view.val == value);
    let kept = views.iter().filter(|view| stands(view) || (negated(view) && !stands_elsewhere(&view.val)));
    kept.map(|view| Label {
        value: view.val.clone(),
        negated: negated(view),
        // An end that can't be read is no end: the label stays in force.
        expires_at: view.exp.as_deref().and_then(Timestamp::parse_rfc3339),
    })
    .collect()
}

/// Reads the answer of `getProfiles`, a JSON array of profile views, or one view a line.
pub fn profiles_from_file(text: &str, checked_at: Timestamp) -> Result<Vec<AuthorProfile>, ProfilesError> {
    let whole = serde_json::from_str::<&RawValue>(text).ok();
    let answer = whole.and_then(|raw| serde_json::from_str::<Answer<'_>>(raw.get()).ok());
    let list = whole.and_then(|raw| serde_json::from_str::<Vec<&RawValue>>(raw.get()).ok());
    match answer.map(|answer| answer.profiles).or(list) {
        Some(views) => views.into_iter().map(|raw| one(raw.get(), line_of(text, raw.get()), checked_at)).collect(),
        None => text
            .lines()
            .enumerate()
            .filter(|(_, line)| !line.trim().is_empty())
            .map(|(index, line)| one(line, index + 1, checked_at))
            .collect(),
    }
}

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    profiles: Vec<&'a RawValue>,
}

/// A file is somebody's own: unlike the network's answers, it is told where it is wrong.
fn one(json: &str, line: usize, checked_at: Timestamp) -> Result<AuthorProfile, ProfilesError> {
    let unreadable = |reason: String| ProfilesError::Unreadable { line, reason };
    let view: ProfileView = serde_json::from_str(json).map_err(|error| unreadable(error.to_string()))?;
    view.into_profile(checked_at).ok_or_else(|| unreadable("\"did\" is not a DID".into()))
}

/// The line of `text` on which `part`, a slice of it, begins.
fn line_of(text: &str, part: &str) -> usize {
    let offset = (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
    1 + text.bytes().take(offset).filter(|byte| *byte == b'\n').count()
}
