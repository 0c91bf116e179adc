//! The look for an alert.
//!
//! Owns which questions are asked of the port for it. Does not own the answers.
//! Invariant: the number of questions, and of the rows of each, is the same after a year.

use super::alert::{Pace, decide};
use super::usual::{Baseline, PAST_S};
use crate::domain::alert::{Alert, Event};
use crate::domain::desk::{Calendar, Counts};
use crate::domain::{CityId, StoreError, Timestamp};

/// Looks at a city's last hour: to be done every minute or so.
pub async fn look(
    counts: &dyn Counts,
    city: &CityId,
    calendar: &Calendar,
    event: Option<Event>,
    now: Timestamp,
    pace: Pace,
) -> Result<(Option<Event>, Option<Alert>), StoreError> {
    let recent = counts.recent(city, now.plus_seconds(-pace.window_s())).await?;
    // Of a thousand cities most are quiet, and of those no past is read.
    if event.is_none() && recent.posts == 0 {
        return Ok((None, None));
    }
    let baseline = baseline(counts, city, calendar, now).await?;
    Ok(decide(event, &baseline, recent, now, pace))
}

/// What is usual now.
pub async fn baseline(
    counts: &dyn Counts,
    city: &CityId,
    calendar: &Calendar,
    now: Timestamp,
) -> Result<Baseline, StoreError> {
    let hours = counts.hours(city, now.plus_seconds(-PAST_S)).await?;
    Ok(Baseline::of(&hours, calendar, now))
}
