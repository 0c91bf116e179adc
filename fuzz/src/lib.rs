//! What is done with hostile bytes, and what must hold then (H1).
//!
//! Owns one function a parser: it takes any bytes, gives them to the product's own code, and panics when a promise is
//! broken. Does not own what feeds it: libFuzzer does (`fuzz_targets`, `make fuzz`), and so does `cargo test` with the
//! seeds and mutations of them (`tests/it/fuzz.rs`, which includes this file).
//! Invariant: a function is pure in its bytes, so that what was found once is found again.

pub mod appview;
pub mod boundary;
pub mod city_file;
pub mod client_frames;
pub mod cursor;
pub mod feed;
pub mod frame;
pub mod listed;
pub mod markup;
pub mod mastodon;
pub mod nostr;
pub mod push;
pub mod opendata;
pub mod query;
pub mod sound;
pub mod text;
pub mod town;

/// Does something with any bytes, and panics when a promise is broken.
pub type Target = fn(&[u8]);

/// Name and function of every target; a target's seeds are in `seeds/<name>`.
pub const TARGETS: [(&str, Target); 13] = [
    ("appview", appview::run),
    ("boundary", boundary::run),
    ("city_file", city_file::run),
    ("client_frames", client_frames::run),
    ("cursor", cursor::run),
    ("feed", feed::run),
    ("frame", frame::run),
    ("mastodon", mastodon::run),
    ("nostr", nostr::run),
    ("push", push::run),
    ("opendata", opendata::run),
    ("query", query::run),
    ("text", text::run),
];
