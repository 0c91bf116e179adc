//! The posts files as they are written, `posts/<city>.toml`.
//!
//! Owns the keys of the files. Does not own what they must agree on; that is `check`.
//! Invariant: an unknown key is an error, so a misspelt one can't be lost in silence.

use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    #[serde(default, rename = "author")]
    pub authors: Vec<Author>,
    #[serde(default, rename = "post")]
    pub posts: Vec<Post>,
}

/// A person or a body. All are invented.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Author {
    /// Names the author inside the file.
    pub key: String,
    pub name: String,
    /// The first label of the handle; `.demo.example` follows it.
    pub handle: String,
    #[serde(default)]
    pub bio: String,
    /// A body that the city lists: keeps its DID and handle for ever.
    #[serde(default)]
    pub official: bool,
    /// Of official bodies: ville, service, presse, association…
    pub group: Option<String>,
    /// Deletes the account some hours after their last post.
    #[serde(default)]
    pub leaves: bool,
    /// Self-labels of the profile.
    #[serde(default)]
    pub labels: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Post {
    /// Unique over all files.
    pub key: String,
    pub author: String,
    pub lang: String,
    /// The hour of the day in the city, 0 to 23.
    pub hour: u8,
    pub text: String,
    pub expect: Expect,
    /// The key of the post that this one answers.
    pub reply_to: Option<String>,
    pub place: Option<Place>,
    /// An image with this description.
    pub image: Option<String>,
    /// An image without a description.
    #[serde(default)]
    pub image_no_alt: bool,
    pub edit: Option<Edit>,
    pub delete_after_minutes: Option<u16>,
    /// Self-labels of the post.
    #[serde(default)]
    pub labels: Vec<String>,
    /// Hashtags that stand beside the text, not in it.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Fits a small town's square, where few speak.
    #[serde(default)]
    pub village: bool,
}

/// What the city's shipped recipe and the standard policy are to decide on a post.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Hash)]
#[serde(rename_all = "snake_case")]
pub enum Expect {
    Admitted,
    Queued,
    /// Not matched, or matched and refused.
    Refused,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    pub lat: f64,
    pub lon: f64,
    pub name: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edit {
    pub after_minutes: u16,
    pub text: String,
}
