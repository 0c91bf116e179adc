use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt};
use reqwest::header::{self, HeaderMap, HeaderValue};
use url::Url;

use super::decode;
use crate::domain::{CityId, DatasetRef, Timestamp};
use crate::ingest::listing::{HORIZON_S, Holds, LISTED_MAX, Listing, Lists, Memory, Reading, Visit, hash};
use crate::ingest::visit::{Found, Visitor};
use crate::ingest::{DECODE_LIMIT, SourceError};

/// Records of one answer: as many as the interface gives.
const PAGE_RECORDS: usize = 100;
/// Bytes of one answer.
pub const PAGE_BYTES_MAX: usize = DECODE_LIMIT;

/// One dataset, or a selection of it, visited again and again.
pub struct Dataset {
    dataset: DatasetRef,
    url: Url,
    reading: Reading,
    cities: Arc<[CityId]>,
    readers: u64,
    visitor: Visitor,
}

impl Dataset {
    /// `readers`: of the cities that list it, and how.
    pub fn new(
        dataset: DatasetRef,
        reading: Reading,
        cities: Arc<[CityId]>,
        readers: u64,
        visitor: Visitor,
    ) -> Result<Self, String> {
        let url = format!("{}/api/explore/v2.1/catalog/datasets/{}/records", dataset.portal, dataset.dataset);
        let url = Url::parse(&url).map_err(|error| format!("{url:?} is not an address: {error}"))?;
        Ok(Self { dataset, url, reading, cities, readers, visitor })
    }

    /// Page after page, up to the bound: what of the selection is in force or to come.
    async fn ask(&self, now: Timestamp) -> Result<(Visit, Duration), SourceError> {
        let (mut items, mut records, mut total) = (Vec::new(), 0_usize, None);
        let mut is_one_state = true;
        loop {
            let headers = HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static("application/json"))]);
            let Found { answer, .. } = self.visitor.get(self.query(records, now), headers, now).await?;
            let page = match decode::read(&answer.body, &self.dataset.fields, &self.reading.zone, now) {
                Ok(page) => page,
                Err(reason) => return Ok((Visit::Unreadable(reason), self.visitor.every)),
            };
            is_one_state &= records == 0 || page.total == total;
            total = page.total;
            records = records.saturating_add(page.records);
            items.extend(page.items);
            if page.records < PAGE_RECORDS || records >= LISTED_MAX || total == Some(records) {
                break;
            }
        }
        // Records that came or went between two pages move the others: one may be there twice, and another not at all.
        let mut ids = HashSet::new();
        let are_distinct = items.iter().all(|item| ids.insert(hash(&item.id)));
        let is_whole = is_one_state && are_distinct && total == Some(records);
        let holds = if is_whole { Holds::All } else { Holds::Some };
        let listing = Listing { title: None, items, holds, ttl_minutes: None };
        Ok((Visit::Read(Box::new(listing)), self.visitor.every))
    }

    /// Only the fields that are shown are asked for. Days and no times, so that an answer may come from a cache.
    fn query(&self, offset: usize, now: Timestamp) -> Url {
        let DatasetRef { filter, fields, window, .. } = &self.dataset;
        let mut conditions: Vec<String> = Vec::new();
        if !filter.is_empty() {
            conditions.push(format!("({filter})"));
        }
        if let Some((first, last)) = window {
            let day = |at: Timestamp| at.to_rfc3339().get(..10).unwrap_or_default().to_owned();
            let (from, until) = (now.plus_seconds(-86_400), now.plus_seconds(HORIZON_S + 86_400));
            conditions.push(format!("{last} >= date'{}' and {first} <= date'{}'", day(from), day(until)));
        }
        let mut url = self.url.clone();
        let mut query = url.query_pairs_mut();
        query.append_pair("select", &fields.names().join(","));
        if !conditions.is_empty() {
            query.append_pair("where", &conditions.join(" and "));
        }
        // What ends first is what is left when there is more than is read; elsewhere, what changed last.
        let order = window.as_ref().map(|(_, last)| last.clone());
        let order = order.or_else(|| fields.updated.as_ref().map(|updated| format!("{updated} desc")));
        if let Some(order) = order {
            query.append_pair("order_by", &order);
        }
        query.append_pair("limit", &PAGE_RECORDS.to_string()).append_pair("offset", &offset.to_string());
        drop(query);
        url
    }
}

impl Lists for Dataset {
    fn reading(&self) -> &Reading {
        &self.reading
    }

    fn cities(&self) -> Arc<[CityId]> {
        self.cities.clone()
    }

    fn readers(&self) -> u64 {
        self.readers
    }

    fn every(&self) -> Duration {
        self.visitor.every
    }

    fn visit<'a>(
        &'a self,
        _memory: &'a mut Memory,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<(Visit, Duration), SourceError>> {
        self.ask(now).boxed()
    }
}

#[cfg(test)]
mod tests;
