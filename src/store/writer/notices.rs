//! Notices that are written at a desk.

use super::Writer;
use crate::domain::{Act, Actor, CityId, NoticeState, NoticeWrite, StoreError};
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
        let (act, number) = match write {
            NoticeWrite::Draft(text) => ("notice_written", notices::add(connection, city, text, by, now).await?),
            NoticeWrite::Published { number, post } => {
                if !notices::turn(connection, city, *number, NoticeState::Published, by, Some(*post)).await? {
                    return Ok(None);
                }
                ("notice_published", *number)
            }
            NoticeWrite::Withdrawn { number } => {
                if !notices::turn(connection, city, *number, NoticeState::Withdrawn, by, None).await? {
                    return Ok(None);
                }
                ("notice_withdrawn", *number)
            }
            NoticeWrite::Discard { number } => {
                if !notices::discard(connection, city, *number).await? {
                    return Ok(None);
                }
                ("notice_discarded", *number)
            }
        };
        let act = Act { actor: by.0.clone(), act, subject: number.to_string(), reason: String::new() };
        self.chain.append(&mut self.connection, city, act, now).await?;
        Ok(Some(number))
    }
}
