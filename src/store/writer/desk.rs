use super::Writer;
use crate::domain::{Batch, Change, CityId, DeskAct, DeskAnswer, NotAllowed, PostId, StaffName, StoreError};
use crate::store::sqlite::mentions;

impl Writer {
    /// The one way in which somebody at the desk changes an item: whether it is done is known before the transaction, for the
    /// writer is the only one who changes anything. What is to be written of who did what is in the batch, as
    /// [`Change::Desk`]; nothing is where nothing changes.
    pub(super) async fn act_at_desk(
        &mut self,
        city: &CityId,
        post: PostId,
        act: &DeskAct,
        by: &StaffName,
    ) -> Result<DeskAnswer, StoreError> {
        let Some(item) = mentions::item(&mut self.connection, city, post).await? else {
            return Ok(DeskAnswer::NotFound);
        };
        let at = self.clock.now();
        let done = match item.mention.act(act, by, at) {
            Ok(done) => done,
            Err(NotAllowed(status)) => return Ok(DeskAnswer::NotAllowed(status)),
        };
        if done != item.mention {
            let change = Change::Desk { post, city: city.clone(), act: act.clone(), by: by.clone(), at };
            self.commit(&Batch { changes: vec![change], ..Batch::default() }).await?;
        }
        Ok(DeskAnswer::Done(done))
    }
}
