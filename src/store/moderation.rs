//! The moderation of a city, as the rest of the process asks for it.

use futures_util::future::{BoxFuture, FutureExt};

use super::handle::Store;
use super::sqlite::read::in_time;
use super::sqlite::staff::blob;
use super::sqlite::{complaints, moderation as sql, rows};
use super::writer::Job;
use crate::domain::{
    Actor, CityId, Complained, Complaint, ComplaintPage, Decided, Decision, DecisionQuery, Ending, FollowKey, InForce,
    ModeratedPost, Moderation, NewComplaint, NewDecision, PostId, Queued, StoreError, Waiting,
};

/// Rows of one answer.
const PAGE_MAX: usize = 100;

fn bounded(limit: usize) -> i64 {
    i64::try_from(limit.clamp(1, PAGE_MAX)).unwrap_or(1)
}

/// A request of moderation for the writer.
pub enum Asked {
    Decide { new: NewDecision, answer: String, by: Actor },
    Lift { number: i64, ending: Ending, answer: String, by: Actor },
    Reject { complaint: i64, answer: String, by: Actor },
}

impl Store {
    /// Folds what was reported often enough in a city where nobody is on duty.
    pub async fn fold_reported(&self, city: &CityId) -> Result<(), StoreError> {
        let city = city.clone();
        self.ask(self.desk(), |answer| Job::FoldReported { city, answer }).await
    }

    fn moderate<'a>(&'a self, city: &CityId, asked: Asked) -> BoxFuture<'a, Result<Decided, StoreError>> {
        let city = city.clone();
        self.ask(self.desk(), move |answer| Job::Moderate { city, asked, answer }).boxed()
    }
}

impl Moderation for Store {
    fn queue<'a>(
        &'a self,
        city: &'a CityId,
        after: i64,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<Queued>, StoreError>> {
        async move {
            let values = [city.as_str().into(), after.into(), bounded(limit).into()];
            sql::QUEUE.all(&mut *self.reader().pool.acquire().await?, values).await?.iter().map(sql::queued).collect()
        }
        .boxed()
    }

    fn moderated<'a>(
        &'a self,
        city: &'a CityId,
        post: PostId,
    ) -> BoxFuture<'a, Result<Option<ModeratedPost>, StoreError>> {
        async move { sql::post(&mut *self.reader().pool.acquire().await?, &self.id_key(), city, post).await }.boxed()
    }

    fn post_at<'a>(&'a self, city: &'a CityId, url: &'a str) -> BoxFuture<'a, Result<Option<PostId>, StoreError>> {
        // Anybody may ask, and it looks through the city.
        in_time(async move {
            let mut limited = self.reader().limited().await?;
            let row = sql::POST_AT.first(&mut limited.connection, [city.as_str().into(), url.into()]).await?;
            row.map(|row| sql::moderated(&row).map(|post| post.post)).transpose()
        })
        .boxed()
    }

    fn decisions<'a>(
        &'a self,
        city: &'a CityId,
        query: DecisionQuery,
    ) -> BoxFuture<'a, Result<Vec<Decision>, StoreError>> {
        async move {
            let before = query.before.unwrap_or(i64::MAX);
            let values = [city.as_str().into(), before.into(), bounded(query.limit).into()];
            let found = sql::DECISIONS.all(&mut *self.reader().pool.acquire().await?, values).await?;
            found.iter().map(sql::decision).collect()
        }
        .boxed()
    }

    fn in_force<'a>(&'a self, city: &'a CityId) -> BoxFuture<'a, Result<Vec<InForce>, StoreError>> {
        async move {
            let mut connection = self.reader().pool.acquire().await?;
            let found = sql::IN_FORCE.all(&mut connection, [city.as_str().into()]).await?;
            found.iter().map(sql::in_force).collect()
        }
        .boxed()
    }

    fn decision<'a>(&'a self, city: &'a CityId, number: i64) -> BoxFuture<'a, Result<Option<Decision>, StoreError>> {
        async move {
            let values = [city.as_str().into(), number.into()];
            let row = sql::DECISION.first(&mut *self.reader().pool.acquire().await?, values).await?;
            row.map(|row| sql::decision(&row)).transpose()
        }
        .boxed()
    }

    fn decisions_on<'a>(&'a self, city: &'a CityId, post: PostId) -> BoxFuture<'a, Result<Vec<Decision>, StoreError>> {
        async move { sql::decisions_on(&mut *self.reader().pool.acquire().await?, &self.id_key(), city, post).await }
            .boxed()
    }

    fn decide<'a>(
        &'a self,
        city: &'a CityId,
        new: NewDecision,
        answer: String,
        by: Actor,
    ) -> BoxFuture<'a, Result<Decided, StoreError>> {
        self.moderate(city, Asked::Decide { new, answer, by })
    }

    fn lift<'a>(
        &'a self,
        city: &'a CityId,
        number: i64,
        ending: Ending,
        answer: String,
        by: Actor,
    ) -> BoxFuture<'a, Result<Decided, StoreError>> {
        self.moderate(city, Asked::Lift { number, ending, answer, by })
    }

    fn reject<'a>(
        &'a self,
        city: &'a CityId,
        complaint: i64,
        answer: String,
        by: Actor,
    ) -> BoxFuture<'a, Result<Decided, StoreError>> {
        self.moderate(city, Asked::Reject { complaint, answer, by })
    }

    fn complaints<'a>(
        &'a self,
        city: &'a CityId,
        skipped: usize,
        limit: usize,
    ) -> BoxFuture<'a, Result<ComplaintPage, StoreError>> {
        async move {
            let mut connection = self.reader().pool.acquire().await?;
            let skipped = i64::try_from(skipped).unwrap_or(i64::MAX);
            let values = [city.as_str().into(), skipped.into(), bounded(limit).into()];
            let found = complaints::OPEN_COMPLAINTS.all(&mut connection, values).await?;
            let complaints = found.iter().map(complaints::complaint).collect::<Result<_, _>>()?;
            let row = complaints::COUNT_OPEN.first(&mut connection, [city.as_str().into()]).await?;
            let open = row.map_or(Ok(0), |row| rows::count(&row, "complaints"))?;
            Ok(ComplaintPage { complaints, open })
        }
        .boxed()
    }

    fn waiting<'a>(&'a self, city: &'a CityId) -> BoxFuture<'a, Result<Waiting, StoreError>> {
        async move {
            let mut connection = self.reader().pool.acquire().await?;
            let row = complaints::COUNT_OPEN.first(&mut connection, [city.as_str().into()]).await?;
            let complaints = row.map_or(Ok(0), |row| rows::count(&row, "complaints"))?;
            let row = sql::COUNT_QUEUED.first(&mut connection, [city.as_str().into()]).await?;
            Ok(Waiting { complaints, queued: row.map_or(Ok(0), |row| rows::count(&row, "posts"))? })
        }
        .boxed()
    }

    fn complain<'a>(
        &'a self,
        city: &'a CityId,
        new: NewComplaint,
        key: FollowKey,
        from: &'a str,
        on_duty: bool,
    ) -> BoxFuture<'a, Result<Complained, StoreError>> {
        let (city, from) = (city.clone(), from.to_owned());
        self.ask(self.desk(), move |answer| Job::Complain { city, new, key, from, on_duty, answer }).boxed()
    }

    fn followed<'a>(
        &'a self,
        city: &'a CityId,
        key: FollowKey,
    ) -> BoxFuture<'a, Result<Option<Complaint>, StoreError>> {
        async move {
            let values = [city.as_str().into(), blob(&key.hash())];
            let row = complaints::FOLLOWED.first(&mut *self.reader().pool.acquire().await?, values).await?;
            row.map(|row| complaints::complaint(&row)).transpose()
        }
        .boxed()
    }
}
