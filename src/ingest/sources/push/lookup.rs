use futures_util::future::{BoxFuture, FutureExt, ready};

use super::doors::Doors;
use crate::domain::{AuthorLookup, AuthorProfile, LookupError, NativeId, Network, PostCheck};

/// Answers for senders out of the cities' files, so that what a restored backup holds of one that is still listed is shown
/// again. Of a post nobody can be asked: it stands until its sender takes it back or its time is over.
pub struct SenderLookup(pub(super) Doors);

impl AuthorLookup for SenderLookup {
    fn network(&self) -> Network {
        Network::Push
    }

    fn batch_max(&self) -> usize {
        1_000
    }

    fn profiles(&self, actors: Vec<String>) -> BoxFuture<'_, Result<Vec<AuthorProfile>, LookupError>> {
        ready(Ok(self.0.profiles(&actors))).boxed()
    }

    fn posts(&self, _: Vec<NativeId>) -> BoxFuture<'_, Result<Vec<PostCheck>, LookupError>> {
        let reason = "what was sent to us stands nowhere else".to_owned();
        ready(Err(LookupError::Unavailable { reason, retry_after_s: None })).boxed()
    }
}
