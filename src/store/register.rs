use futures_util::future::{BoxFuture, FutureExt};

use super::handle::Store;
use super::sqlite::read::in_time;
use super::sqlite::register;
use super::writer::Job;
use crate::domain::{
    AuditHead, CityId, Looked, Register, Role, StaffName, StoreError, Timestamp, Watch, WatchAct, WatchAnswer,
};

impl Register for Store {
    fn watches<'a>(&'a self, city: &'a CityId) -> BoxFuture<'a, Result<Vec<Watch>, StoreError>> {
        in_time(async move { register::watches(&mut self.reader().limited().await?.connection, city).await }).boxed()
    }

    fn watch<'a>(
        &'a self,
        city: &'a CityId,
        by: StaffName,
        role: Role,
        act: WatchAct,
    ) -> BoxFuture<'a, Result<WatchAnswer, StoreError>> {
        let city = city.clone();
        self.ask(self.desk(), move |answer| Job::Watch { city, by, role, act, answer }).boxed()
    }

    fn looks<'a>(
        &'a self,
        city: &'a CityId,
        from: Timestamp,
        until: Timestamp,
    ) -> BoxFuture<'a, Result<Vec<Looked>, StoreError>> {
        in_time(async move { register::looks(&mut self.reader().limited().await?.connection, city, from, until).await })
            .boxed()
    }

    fn runs<'a>(&'a self, city: &'a CityId) -> BoxFuture<'a, Result<Vec<Looked>, StoreError>> {
        in_time(async move { register::runs(&mut self.reader().limited().await?.connection, city).await }).boxed()
    }

    fn looked(&self, looks: Vec<Looked>) -> BoxFuture<'_, Result<(), StoreError>> {
        self.ask(self.desk(), |answer| Job::Looked { looks, answer }).boxed()
    }

    fn offices<'a>(&'a self, city: &'a CityId) -> BoxFuture<'a, Result<Vec<(Role, u64)>, StoreError>> {
        in_time(async move { register::offices(&mut self.reader().limited().await?.connection, city).await }).boxed()
    }

    fn log_head<'a>(&'a self, city: &'a CityId) -> BoxFuture<'a, Result<AuditHead, StoreError>> {
        in_time(async move { register::log_head(&mut self.reader().limited().await?.connection, city).await }).boxed()
    }
}
