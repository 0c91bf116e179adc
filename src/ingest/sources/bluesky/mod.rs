//! Bluesky: posts through a Jetstream server, profiles through an AppView.
//!
//! Owns one source. Does not own matching or consent: all of the network's posts are handed on.
//! Invariant: the stream is asked for posts, and for profiles too, since an author's wish not to be shown to the
//! signed-out is only there (L-09).

mod appview;
mod config;
mod connector;
mod decode;
mod inflate;
mod resume;
mod wire;

pub use appview::{AppView, posts_answer, profiles_answer, profiles_from_file};
pub use config::{BlueskySettings, DEFAULT_PROFILE_ATTEMPTS, Wire};
pub use connector::Bluesky;
pub use decode::Decoder;
