//! What the pages promise, checked on invented posts.

mod moderation;
mod notices;
mod pages;
mod people;
pub mod samples;
mod words;
