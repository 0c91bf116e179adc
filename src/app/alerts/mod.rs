//! Looks at each city every minute, and has told whoever is to be told of what is unusual.
//!
//! Owns when a city is looked at, and that nothing is noted or sent by a clock that may be wrong. Does not own what is unusual
//! (`monitor`), rows (`store`), nor the sending (`send`).
//! Invariant: what a look gives is noted before the next, with all that is to be sent of it; so that no alert is given twice, and
//! none is forgotten. A receiver that does not answer holds up no look.

mod send;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::clock_guard::ClockGuard;
use crate::clock::Clock;
use crate::domain::alert::{AlertDesk, Look};
use crate::domain::desk::Calendar;
use crate::domain::{City, StoreError, Timestamp};
use crate::http::CityDirectory;
use crate::monitor::{self, Pace};
use crate::shutdown::Shutdown;
use crate::store::Store;
pub use send::Sender;

const EVERY: Duration = Duration::from_secs(60);
/// Where the duty never begins within a year, as when all its days are closed ones, it is looked for again after this.
const DUTY_AGAIN_S: i64 = 86_400;

#[derive(Clone)]
pub struct Alerts {
    pub store: Store,
    pub directory: Arc<ArcSwap<CityDirectory>>,
    pub clock: Arc<dyn Clock>,
    pub pace: Pace,
    pub sender: Sender,
    pub shutdown: Shutdown,
}

impl Alerts {
    pub async fn run(self) {
        let due = Arc::new(Notify::new());
        let sending = tokio::spawn(self.clone().send_when(due.clone()));
        self.watch(&due).await;
        sending.await.ok();
    }

    async fn watch(&self, due: &Notify) {
        let began = Instant::now();
        let mut guard = ClockGuard::new(self.store.newest_arrival().await.unwrap_or_default());
        // In a demonstration an hour may pass within the minute.
        let hour = Duration::from_secs(self.pace.window_s().unsigned_abs());
        loop {
            let now = self.clock.now();
            if guard.believes(now, began.elapsed()) {
                self.look_at_all(now).await;
                due.notify_one();
            }
            tokio::select! {
                () = tokio::time::sleep(EVERY.min(hour)) => {}
                () = self.shutdown.triggered() => return,
            }
        }
    }

    async fn look_at_all(&self, now: Timestamp) {
        let cities = self.directory.load().cities.clone();
        for city in cities {
            if let Err(error) = self.look_at(&city, now).await {
                tracing::warn!(city = city.id.as_str(), %error, "What is unusual can't be told now; it is tried again in a minute.");
            }
        }
    }

    async fn look_at(&self, city: &City, now: Timestamp) -> Result<(), StoreError> {
        let before = self.store.event(&city.id).await?;
        let calendar = Calendar::new(&city.timezone);
        let (event, alert) = monitor::look(&self.store, &city.id, &calendar, before, now, self.pace).await?;
        if event == before && alert.is_none() {
            return Ok(());
        }
        if let Some(alert) = &alert {
            metrics::counter!("parvis_alerts_total", "kind" => alert.kind.as_str()).increment(1);
            tracing::info!(city = city.id.as_str(), kind = alert.kind.as_str(), "Something unusual is being said.");
        }
        let receivers = city.on_duty.receivers();
        self.store.looked(Look { city: city.id.clone(), event, alert, receivers, due_at: next_duty(city, now) }).await
    }

    async fn send_when(self, due: Arc<Notify>) {
        loop {
            tokio::select! {
                () = due.notified() => {}
                () = self.shutdown.triggered() => return,
            }
            // What is being sent when the process stops is sent again by the next, under the same id.
            tokio::select! {
                () = self.send_all(self.clock.now()) => {}
                () = self.shutdown.triggered() => return,
            }
        }
    }
}

/// From when on somebody of a city may be told.
fn next_duty(city: &City, at: Timestamp) -> Timestamp {
    city.on_duty.hours.next(&city.zone(), at).unwrap_or_else(|| at.plus_seconds(DUTY_AGAIN_S))
}
