//! How somebody outside of this server is told of something.
//!
//! Owns the two ways, mail and signed requests: each takes what is to be said, and says whether it was taken. Does not own what is
//! said, to whom, when, or how often it is tried.
//! Invariant: nothing that is said can become a header, and an error names no secret.

pub mod mail;
pub mod webhook;
