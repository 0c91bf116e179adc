//! SQLite: files, statements and rows.
//!
//! Owns all SQL. Does not own what a change means (`ledger`) or when it is applied (`writer`).
//! Invariant: every word shown to a reader is selected from the view `cards`.

pub(super) mod alerts;
pub(super) mod complaints;
pub(super) mod copy;
pub(super) mod mentions;
pub(super) mod export;
pub(super) mod flush;
pub(super) mod insert;
pub(super) mod journal;
pub(super) mod json;
pub(super) mod load;
pub(super) mod moderation;
pub(super) mod notices;
pub(super) mod lock;
pub(super) mod open;
pub(super) mod page;
pub(super) mod read;
pub(super) mod register;
pub(super) mod rows;
pub(super) mod search;
pub(super) mod sharing;
pub(super) mod staff;
pub(super) mod startup;
pub(super) mod statement;
pub(super) mod statements;
pub(super) mod sweep;
pub(super) mod tally;
