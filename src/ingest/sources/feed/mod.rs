//! Feeds: RSS, Atom, JSON Feed, GeoRSS.
//!
//! Owns how a feed's document is read. Invariant: what is read of a document is a pure function of its bytes.

mod document;
mod places;
mod until;

pub use document::{Document, ITEMS_MAX, Item, read};
pub use until::end_of;
