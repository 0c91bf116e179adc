//! Alerts, as the store gives and takes them.

use futures_util::future::BoxFuture;

use super::handle::Store;
use super::writer::Job;
use crate::domain::alert::{AlertDesk, Dispatch, Event, Look, PastAlert, Sent, Unsent};
use crate::domain::{CityId, StoreError, Timestamp};

/// What is written of alerts, each in a transaction of its own.
pub enum AlertWrite {
    Looked(Look),
    Dispatched(Dispatch, Sent),
}

impl Store {
    /// Notes what came of a look at a city. An alert is there with all that is to be sent of it, or is not there.
    pub async fn looked(&self, look: Look) -> Result<(), StoreError> {
        self.ask(self.desk(), |answer| Job::Alert { write: AlertWrite::Looked(look), answer }).await
    }

    /// What is to be sent now.
    pub async fn due(&self, now: Timestamp) -> Result<Vec<Dispatch>, StoreError> {
        self.reader().due(now).await
    }

    /// Notes what became of a dispatch. A process that dies before it has sends it again, under the same id.
    pub async fn dispatched(&self, dispatch: Dispatch, sent: Sent) -> Result<(), StoreError> {
        self.ask(self.desk(), |answer| Job::Alert { write: AlertWrite::Dispatched(dispatch, sent), answer }).await
    }
}

impl AlertDesk for Store {
    fn event<'a>(&'a self, city: &'a CityId) -> BoxFuture<'a, Result<Option<Event>, StoreError>> {
        Box::pin(self.reader().event(city))
    }

    fn alerts<'a>(
        &'a self,
        city: &'a CityId,
        before: Option<i64>,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<PastAlert>, StoreError>> {
        Box::pin(self.reader().alerts(city, before, limit))
    }

    fn unsent<'a>(&'a self, city: &'a CityId, since: Timestamp) -> BoxFuture<'a, Result<Vec<Unsent>, StoreError>> {
        Box::pin(self.reader().unsent(city, since))
    }
}
