use futures_util::future::{BoxFuture, FutureExt};

use crate::domain::{AuthorLookup, AuthorProfile, LookupError, NativeId, Network, PostCheck};

/// A network that never answers.
pub(super) struct Silent;

impl AuthorLookup for Silent {
    fn network(&self) -> Network {
        Network::Bluesky
    }

    fn batch_max(&self) -> usize {
        25
    }

    fn profiles(&self, _: Vec<String>) -> BoxFuture<'_, Result<Vec<AuthorProfile>, LookupError>> {
        futures_util::future::pending().boxed()
    }

    fn posts(&self, _: Vec<NativeId>) -> BoxFuture<'_, Result<Vec<PostCheck>, LookupError>> {
        futures_util::future::pending().boxed()
    }
}
