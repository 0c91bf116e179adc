//! The JSON shapes of the contract.
//!
//! Owns the structs that leave the server as JSON, and nothing of what they are made from. Does not own problem
//! documents (`http::error` does) nor the frames around live events (`live` does).
//! Invariant: every key of the contract is present in every object; what is not known is null, false or empty.

mod answers;
mod city;
mod post;
mod push;
mod source;

pub use answers::AnswersView;
pub use city::{BrokenFile, CitiesView, CityView, ReadyView};
pub use post::{PostView, PostsView, post_json};
pub use push::{PushAnswerView, PushBody};
pub use source::{SourceView, SourcesView, sources_json};

/// Serializes one of this module's structs. They have string keys and finite numbers only, so it can't fail.
fn to_json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
