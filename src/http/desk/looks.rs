//! How often the desk's pages are looked at, until it is written down.
//!
//! Owns the counters of the last minute. Does not own what is written (`domain::register`), nor when ([`DeskState::write_looks`]'s
//! caller). Invariant: a look is a number of a city, a day, a page and a role; who looked is never here.
//!
//! They are written together, each minute and when the server stops: a process that is killed loses what it counted in its last
//! minute, and nothing else.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::state::DeskState;
use crate::domain::desk::{Calendar, Width};
use crate::domain::{City, CityId, Looked, Role, Timestamp};

/// Counters of one minute: of many more pages than are opened in one. At the bound what is new is not counted, which is.
const COUNTERS_MAX: usize = 4_096;

type Counted = (CityId, Timestamp, String, Role);

/// The counters that are not written yet.
#[derive(Default)]
pub struct Looks(Mutex<BTreeMap<Counted, u64>>);

impl Looks {
    /// Counts a look. A day that the calendar does not have is that of the instant itself.
    pub fn note(&self, city: &City, page: &str, role: Role, now: Timestamp) {
        let day = Calendar::new(&city.timezone).bucket(Width::Day, now).map_or(now, |day| day.start);
        self.add((city.id.clone(), day, page.to_owned(), role), 1);
    }

    fn add(&self, counted: Counted, times: u64) {
        let mut counters = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if counters.len() >= COUNTERS_MAX && !counters.contains_key(&counted) {
            metrics::counter!("parvis_desk_looks_uncounted_total").increment(times);
            return;
        }
        let counter = counters.entry(counted).or_default();
        *counter = counter.saturating_add(times);
    }

    fn take(&self) -> Vec<Looked> {
        let counters = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        let looked = |((city, day, page, role), times)| Looked { city, day, page, role, times };
        counters.into_iter().map(looked).collect()
    }
}

impl DeskState {
    /// Writes down what was counted since the last time. What can't be written waits for the next.
    pub async fn write_looks(&self) {
        let looks = self.looks.take();
        if looks.is_empty() {
            return;
        }
        if let Err(error) = self.register.looked(looks.clone()).await {
            tracing::warn!(%error, "Looks at the desk can't be counted yet; it is tried again in a minute.");
            for Looked { city, day, page, role, times } in looks {
                self.looks.add((city, day, page, role), times);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_are_counted_by_the_citys_day_and_within_a_bound() {
        let looks = Looks::default();
        let city = crate::http::tests::city("nantes");
        let at = |text: &str| Timestamp::parse_rfc3339(text).unwrap();
        // In Paris the second of them is of the next day.
        for instant in ["2026-11-29T22:59:59Z", "2026-11-29T23:00:00Z", "2026-11-30T12:00:00Z"] {
            looks.note(&city, "numbers", Role::Reader, at(instant));
        }
        let taken: Vec<_> = looks.take().into_iter().map(|look| (look.day, look.times)).collect();
        assert_eq!(taken, [(at("2026-11-28T23:00:00Z"), 1), (at("2026-11-29T23:00:00Z"), 2)]);
        assert!(looks.take().is_empty());
        for number in 0..COUNTERS_MAX + 10 {
            looks.note(&city, &number.to_string(), Role::Reader, at("2026-11-30T12:00:00Z"));
            looks.note(&city, "0", Role::Reader, at("2026-11-30T12:00:00Z"));
        }
        let taken = looks.take();
        assert_eq!(taken.len(), COUNTERS_MAX);
        let first = taken.iter().find(|look| look.page == "0").unwrap();
        assert_eq!(first.times, COUNTERS_MAX as u64 + 11, "what is there goes on being counted");
    }
}
