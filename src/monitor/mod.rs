//! The desk's numbers, and what of them is unusual.
//!
//! Owns what is usual for an hour, a day and a value, when to say that something is not, and what stands together in the view of a month.
//! Does not own what may be told about people (`domain::desk`), rows (`store`) or pages (`http`).
//! Invariant: numbers in, numbers out: nothing here is given a post or knows who wrote one.

pub mod alert;
pub mod look;
pub mod month;
pub mod past;
pub mod usual;

#[cfg(test)]
mod tests;

pub use crate::domain::alert::{Alert, Event, Kind};
pub use alert::{Pace, decide};
pub use look::{baseline, look};
pub use month::{MonthView, NoMonth, WeekView, month_view};
pub use past::{Past, UsualValue, usual_value};
pub use usual::{Baseline, Level, Usual};
