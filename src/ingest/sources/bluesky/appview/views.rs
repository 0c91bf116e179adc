//! The AppView's JSON.
//!
//! Owns the shape of its answers and of recorded profile files. Does not own the asking.
//! Invariant: a profile whose identity or labels can't be read is dropped, and its author counts as unknown: nobody is shown
//! because a wish could not be read. Of a post it is no answer: nothing is erased because a word could not be read.

use serde::{Deserialize, Deserializer, de};
use serde_json::value::RawValue;

use crate::domain::{AuthorProfile, Label, NativeId, Network, PostCheck, Timestamp};
use crate::ingest::lenient;
use crate::ingest::sources::ProfilesError;
use crate::ingest::sources::bluesky::decode::{self, AUTOMATED};

/// The most actors or posts that the AppView takes in one question, and so the most views of an honest answer: what an
/// answer holds beyond them is passed over, for a small view takes many times its size in memory (H2).
pub const BATCH_MAX: usize = 25;

/// The list must be there: an answer without it is not an answer about nobody. Views are read one by one, so that an odd
/// one costs its own author only.
#[derive(Deserialize)]
struct ProfilesAnswer<'a> {
    #[serde(borrow)]
    profiles: lenient::First<'a, BATCH_MAX>,
}

#[derive(Deserialize)]
struct PostsAnswer<'a> {
    #[serde(borrow)]
    posts: lenient::First<'a, BATCH_MAX>,
}

/// Reads the answer of `getProfiles`; `None` when it is none.
pub fn profiles(answer: &[u8], checked_at: Timestamp) -> Option<Vec<AuthorProfile>> {
    let answer: ProfilesAnswer<'_> = serde_json::from_slice(answer).ok()?;
    let views = answer.profiles.0.into_iter().filter_map(lenient::read);
    Some(views.filter_map(|view: ProfileView| view.into_profile(checked_at)).collect())
}

/// Reads the answer of `getPosts`; `None` when it is none.
pub fn posts(answer: &[u8]) -> Option<Vec<PostCheck>> {
    let answer: PostsAnswer<'_> = serde_json::from_slice(answer).ok()?;
    Some(answer.posts.0.into_iter().filter_map(lenient::read).filter_map(PostView::into_check).collect())
}

/// `app.bsky.actor.defs#profileView`, of any detail.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ProfileView {
    did: String,
    #[serde(default, deserialize_with = "lenient::value")]
    handle: Option<String>,
    #[serde(default, deserialize_with = "lenient::value")]
    display_name: Option<String>,
    #[serde(default, deserialize_with = "lenient::value")]
    description: Option<String>,
    #[serde(default, deserialize_with = "some_labels")]
    labels: Vec<LabelView>,
}

/// `app.bsky.feed.defs#postView`.
#[derive(Deserialize)]
struct PostView<'a> {
    uri: String,
    #[serde(borrow, default)]
    labels: Option<&'a RawValue>,
}

/// Null is no label. One label that can't be read, or more than can be judged, spoil the view: see the invariant.
fn some_labels<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<LabelView>, D::Error> {
    const READ: usize = Label::COUNT_MAX + 1;
    let Some(lenient::First::<READ>(raw)) = Option::deserialize(deserializer)? else { return Ok(Vec::new()) };
    if raw.len() > Label::COUNT_MAX {
        return Err(de::Error::custom("too many labels"));
    }
    raw.into_iter().map(|raw| serde_json::from_str(raw.get()).map_err(de::Error::custom)).collect()
}

/// `com.atproto.label.defs#label`: a self-label has the account as its source, others a moderation service.
#[derive(Clone, Debug, Deserialize)]
struct LabelView {
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
    fn into_profile(self, checked_at: Timestamp) -> Option<AuthorProfile> {
        let labels = labels(self.labels);
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

impl PostView<'_> {
    fn into_check(self) -> Option<PostCheck> {
        let sound = self.uri.starts_with("at://");
        let views =
            self.labels.map_or(Ok(Vec::new()), |raw| some_labels(&mut serde_json::Deserializer::from_str(raw.get())));
        sound.then(|| PostCheck { native_id: NativeId::new(self.uri), labels: views.ok().map(labels) })
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
