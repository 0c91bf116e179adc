//! The desk's numbers, as the store gives them.
//!
//! Owns nothing but the port. Does not own the reads (`sqlite::tally::read`), nor the closing of buckets ([`Store::tally`]).
//! Invariant: each answer is of one city, which its question names.

use std::collections::HashMap;

use futures_util::future::BoxFuture;

use super::Store;
use crate::domain::desk::{Cell, Counts, Dimension, HourCount, Plain, Recent, Width};
use crate::domain::{CityId, StoreError, Timestamp};

impl Counts for Store {
    fn since<'a>(&'a self, city: &'a CityId) -> BoxFuture<'a, Result<Option<Timestamp>, StoreError>> {
        Box::pin(self.reader.since(city))
    }

    fn series<'a>(
        &'a self,
        city: &'a CityId,
        width: Width,
        dimension: Dimension,
        value: &'a str,
        from: Timestamp,
        until: Timestamp,
    ) -> BoxFuture<'a, Result<Vec<Cell>, StoreError>> {
        Box::pin(self.reader.series(city, width, (dimension, value), from, until))
    }

    fn values<'a>(
        &'a self,
        city: &'a CityId,
        width: Width,
        dimension: Dimension,
        start: Timestamp,
    ) -> BoxFuture<'a, Result<Vec<Cell>, StoreError>> {
        Box::pin(self.reader.values(city, width, dimension, start))
    }

    fn past_values<'a>(
        &'a self,
        city: &'a CityId,
        width: Width,
        dimension: Dimension,
        starts: &'a [Timestamp],
    ) -> BoxFuture<'a, Result<HashMap<String, Vec<u64>>, StoreError>> {
        Box::pin(self.reader.past_values(city, width, dimension, starts))
    }

    fn plain<'a>(
        &'a self,
        city: &'a CityId,
        width: Width,
        from: Timestamp,
        until: Timestamp,
    ) -> BoxFuture<'a, Result<Vec<(Timestamp, Plain)>, StoreError>> {
        Box::pin(self.reader.plain(city, width, from, until))
    }

    fn open<'a>(
        &'a self,
        city: &'a CityId,
        from: Timestamp,
        until: Timestamp,
    ) -> BoxFuture<'a, Result<Plain, StoreError>> {
        Box::pin(self.reader.open(city, from, until))
    }

    fn hours<'a>(&'a self, city: &'a CityId, since: Timestamp) -> BoxFuture<'a, Result<Vec<HourCount>, StoreError>> {
        Box::pin(self.reader.hours(city, since))
    }

    fn recent<'a>(&'a self, city: &'a CityId, since: Timestamp) -> BoxFuture<'a, Result<Recent, StoreError>> {
        Box::pin(self.reader.recent(city, since))
    }
}
