//! Nostr: notes and calendar events, from the relays that the operator lists.
//!
//! Owns how relays are asked and what their events mean. Does not own matching or consent; nor does it answer a relay that
//! wants to know who reads. Invariant: nothing of an event is looked at before its id and signature were found right.

mod config;
mod decode;
mod event;
mod geohash;
mod message;
mod nip19;

pub(super) use config::relays;
pub use config::{DEFAULT_PAGE, NostrSettings};
pub use decode::{Decoder, Reading, profiles_from_file};
