//! The notices of a desk, as the rest of the process asks for them.

use futures_util::future::{BoxFuture, FutureExt};

use super::handle::Store;
use super::sqlite::notices;
use super::writer::Job;
use crate::domain::{Actor, CityId, Notice, NoticeWrite, Notices, StoreError};

impl Notices for Store {
    fn notices<'a>(&'a self, city: &'a CityId, limit: usize) -> BoxFuture<'a, Result<Vec<Notice>, StoreError>> {
        async move { notices::newest(&mut *self.reader().pool.acquire().await?, city, limit).await }.boxed()
    }

    fn notice<'a>(&'a self, city: &'a CityId, number: i64) -> BoxFuture<'a, Result<Option<Notice>, StoreError>> {
        async move { notices::one(&mut *self.reader().pool.acquire().await?, city, number).await }.boxed()
    }

    fn write_notice<'a>(
        &'a self,
        city: &'a CityId,
        write: NoticeWrite,
        by: Actor,
    ) -> BoxFuture<'a, Result<Option<i64>, StoreError>> {
        let city = city.clone();
        self.ask(self.desk(), move |answer| Job::Notice { city, write, by, answer }).boxed()
    }
}
