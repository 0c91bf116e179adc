//! What the pages promise, checked on invented posts.

mod pages;
pub mod samples;
mod words;
