//! Changes of the public register of the desk.
//!
//! Owns their transactions. Does not own what may be saved (`domain::register`), nor rows (`sqlite::register`).
//! Invariant: what is done with a search and its line of the log are committed together, or neither is.

use super::Writer;
use crate::domain::{Act, CityId, Looked, Role, StaffName, StoreError, Timestamp, WATCHES_MAX, WatchAct, WatchAnswer};
use crate::store::sqlite::register;

const DAY_S: i64 = 86_400;

impl Writer {
    pub(super) async fn change_watch(
        &mut self,
        city: &CityId,
        by: &StaffName,
        role: Role,
        act: &WatchAct,
    ) -> Result<WatchAnswer, StoreError> {
        self.begin().await?;
        let done = self.write_watch(city, by, role, act, self.clock.now()).await;
        self.end(done).await
    }

    async fn write_watch(
        &mut self,
        city: &CityId,
        by: &StaffName,
        role: Role,
        act: &WatchAct,
        now: Timestamp,
    ) -> Result<WatchAnswer, StoreError> {
        let (number, what, reason) = match act {
            WatchAct::Save(wanted) => {
                if let Some(same) = register::same_watch(&mut self.connection, city, wanted, now).await? {
                    return Ok(WatchAnswer::Twice(same));
                }
                if register::open_watches(&mut self.connection, city, now).await? >= WATCHES_MAX as u64 {
                    return Ok(WatchAnswer::TooMany);
                }
                let times = (now, now.plus_seconds(wanted.days.saturating_mul(DAY_S)));
                let number = register::save(&mut self.connection, city, wanted, role, times).await?;
                // The search goes from the register in time; what it was stays here.
                let said = format!("{} {}: {}", wanted.dimension.as_str(), wanted.value, wanted.purpose);
                (number, "watch_saved", said)
            }
            WatchAct::Renew { number, days } => {
                let until = now.plus_seconds(days.saturating_mul(DAY_S));
                if !register::end_at(&mut self.connection, city, *number, until, now).await? {
                    return Ok(WatchAnswer::NotFound);
                }
                (*number, "watch_renewed", until.to_rfc3339())
            }
            WatchAct::End { number } => {
                if !register::end_at(&mut self.connection, city, *number, now, now).await? {
                    return Ok(WatchAnswer::NotFound);
                }
                (*number, "watch_ended", String::new())
            }
        };
        let line = Act { actor: by.as_str().to_owned(), act: what, subject: number.to_string(), reason };
        self.chain.append(&mut self.connection, city, line, now).await?;
        Ok(WatchAnswer::Done(number))
    }

    /// No line of the log: nothing was done.
    pub(super) async fn note_looks(&mut self, looks: &[Looked]) -> Result<(), StoreError> {
        self.begin().await?;
        let done = register::looked(&mut self.connection, looks).await;
        self.end(done).await
    }
}
