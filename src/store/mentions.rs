use futures_util::future::BoxFuture;

use super::handle::Store;
use super::writer::Job;
use crate::domain::{
    Asked, CityId, DeskAct, DeskAnswer, MentionDesk, MentionItem, MentionPage, MentionQuery, PostId, StaffName,
    StoreError, Timestamp,
};

impl MentionDesk for Store {
    fn mentions<'a>(&'a self, city: &'a CityId, query: MentionQuery) -> BoxFuture<'a, Result<MentionPage, StoreError>> {
        Box::pin(self.reader.mentions(city, query))
    }

    fn mention<'a>(&'a self, city: &'a CityId, post: PostId) -> BoxFuture<'a, Result<Option<MentionItem>, StoreError>> {
        Box::pin(self.reader.mention(city, post))
    }

    fn act<'a>(
        &'a self,
        city: &'a CityId,
        post: PostId,
        act: DeskAct,
        by: StaffName,
    ) -> BoxFuture<'a, Result<DeskAnswer, StoreError>> {
        let city = city.clone();
        Box::pin(self.ask(&self.queues.desk, move |answer| Job::Desk { city, post, act, by, answer }))
    }

    fn asked<'a>(&'a self, city: &'a CityId, since: Timestamp) -> BoxFuture<'a, Result<Vec<Asked>, StoreError>> {
        Box::pin(self.reader.asked(city, since))
    }
}
