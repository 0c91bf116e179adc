//! What the pages promise, checked on invented posts.

mod pages;
mod preview;
mod samples;
mod words;
