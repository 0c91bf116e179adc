//! The store: what the instance holds, and the log of what each city's readers were shown.
//!
//! Owns every row, every deletion, and the rule that nothing is published that is not committed.
//! Does not own what may be shown (`consent`), nor how a reader is reached (`live`), nor any wire format.
//! Invariant: applying a city's log entries from any offset above its floor gives what a page of it shows.

mod alerts;
mod backup;
mod chain;
mod command;
mod counts;
mod error;
mod handle;
mod held;
mod ledger;
mod mentions;
mod moderation;
mod notices;
mod operator;
mod register;
mod restored;
mod retention;
mod sqlite;
mod staff;
mod writer;

#[cfg(test)]
pub(crate) mod tests;

pub use backup::{Copied, Restored, TableSum, backup, backup_erasures, restore};
pub use command::{Command, Person, Report};
pub use handle::{Store, StoreOptions, open, open_beside};
pub use held::{Counts, LeaveRequest, Room, StalePost, StoredPost};
pub use operator::Operator;
pub use restored::Lost;
pub use retention::{AHEAD_S, Retention};
