//! Notices that are written at a desk.

use super::Writer;
use crate::domain::NoticeState::{Draft, Published, Withdrawn};
use crate::domain::{Act, Actor, CityId, NoticeWrite, StoreError, Timestamp};
use crate::store::sqlite::notices;

impl Writer {
    /// The notice's number; `None` where it is not there. With a line of the log, or neither.
    pub(super) async fn write_notice(
        &mut self,
        city: &CityId,
        write: &NoticeWrite,
        by: &Actor,
    ) -> Result<Option<i64>, StoreError> {
        self.begin().await?;
        let done = self.notice(city, write, by).await;
        self.end(done).await
    }

    async fn notice(&mut self, city: &CityId, write: &NoticeWrite, by: &Actor) -> Result<Option<i64>, StoreError> {
        let (now, connection) = (self.clock.now(), &mut self.connection);
        let (act, number, turns) = match write {
            NoticeWrite::Draft(text) => {
                let number = notices::add(connection, city, text, by, now).await?;
                return self.told("notice_written", city, number, by, now).await;
            }
            NoticeWrite::Discard { number } => {
                let is_gone = notices::discard(connection, city, *number).await?;
                return if is_gone { self.told("notice_discarded", city, *number, by, now).await } else { Ok(None) };
            }
            // What the line of its publication said.
            NoticeWrite::Published { number, post } => {
                let is_noted = notices::note_post(connection, city, *number, *post).await?;
                return Ok(is_noted.then_some(*number));
            }
            NoticeWrite::Publish { number } => ("notice_published", *number, (&[Draft, Withdrawn][..], Published)),
            NoticeWrite::Refused { number, was } => ("notice_refused", *number, (&[Published][..], *was)),
            NoticeWrite::Withdrawn { number } => ("notice_withdrawn", *number, (&[Published][..], Withdrawn)),
        };
        match notices::turn(connection, city, number, turns, by, now).await? {
            true => self.told(act, city, number, by, now).await,
            false => Ok(None),
        }
    }

    async fn told(
        &mut self,
        act: &'static str,
        city: &CityId,
        number: i64,
        by: &Actor,
        now: Timestamp,
    ) -> Result<Option<i64>, StoreError> {
        let act = Act { actor: by.0.clone(), act, subject: number.to_string(), reason: String::new() };
        self.chain.append(&mut self.connection, city, act, now).await?;
        Ok(Some(number))
    }
}
