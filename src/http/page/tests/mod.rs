//! What the pages promise, checked on invented posts.

mod moderation;
mod notices;
mod pages;
pub mod samples;
mod words;
