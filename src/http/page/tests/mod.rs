//! What the pages promise, checked on invented posts.

mod pages;
mod preview;
pub mod samples;
mod words;
