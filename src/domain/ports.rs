use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::{
    AuthorId, AuthorProfile, Batch, Card, CityId, Delivery, FeedEntry, Filter, Head, Label, NativeId, Network, Offset,
    PostId, PushOutcome, PushRefusal, PushResult, Timestamp, Volume,
};

/// What went wrong in the store, by what its caller can do about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// No room, or busy: the same call may succeed later. Nothing was written.
    #[error("{0}")]
    Unavailable(String),
    /// The database can't be trusted or understood: the process stops.
    #[error("{0}")]
    Fatal(String),
}

/// One page of posts and the live position that goes with it, read in one snapshot.
#[derive(Clone, Debug)]
pub struct Page {
    /// Newest first by position.
    pub cards: Vec<Arc<Card>>,
    /// Replies that belong to the threads of `cards`, oldest first. Empty when they were not asked for.
    pub replies: Vec<Arc<Card>>,
    pub head: Head,
    /// The position to ask before for the next page; `None` at the end.
    pub next: Option<u64>,
}

/// What a city announces: the practical information in force and the events to come, without what people say.
#[derive(Clone, Debug, Default)]
pub struct Announced {
    /// Of lane `info`, newest first.
    pub notices: Vec<Arc<Card>>,
    /// Of lane `agenda`, soonest first; those that have begun and are not over come before.
    pub events: Vec<Arc<Card>>,
}

/// Reading side of the store. Every card it returns may be shown at the moment it is read: hidden, erased and queued
/// posts never pass it.
pub trait FeedLog: Send + Sync {
    /// The ends of a city's log; of a city without entries, offset 0.
    fn head<'a>(&'a self, city: &'a CityId) -> BoxFuture<'a, Result<Head, StoreError>>;

    /// Entries after `after`, oldest first, at most `limit`, contiguous.
    fn entries<'a>(
        &'a self,
        city: &'a CityId,
        after: Offset,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<FeedEntry>, StoreError>>;

    /// `before`: only posts of a smaller position. `threads`: replies of a thread are left out of `cards` and given
    /// in `replies` instead (the page); otherwise they stand among the cards (JSON).
    fn page<'a>(
        &'a self,
        city: &'a CityId,
        filter: &'a Filter,
        search: Option<&'a str>,
        before: Option<u64>,
        limit: usize,
        threads: bool,
    ) -> BoxFuture<'a, Result<Page, StoreError>>;

    fn card<'a>(&'a self, city: &'a CityId, post: PostId) -> BoxFuture<'a, Result<Option<Arc<Card>>, StoreError>>;

    /// Instants at which posts of a city were received, newest first, at most `limit`: the page's rhythm, which is
    /// people's, so that automatic posts are left out.
    fn recent_times<'a>(
        &'a self,
        city: &'a CityId,
        since: Timestamp,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<Timestamp>, StoreError>>;

    /// What each network, or site, brought to a city in the last four weeks, by what is shown now.
    fn volumes<'a>(&'a self, city: &'a CityId) -> BoxFuture<'a, Result<Vec<Volume>, StoreError>>;

    /// What is announced for a city and not over at `now`: cards that go by themselves. At most `limit` of each lane.
    fn announced<'a>(
        &'a self,
        city: &'a CityId,
        now: Timestamp,
        limit: usize,
    ) -> BoxFuture<'a, Result<Announced, StoreError>>;

    /// What moderators pinned in a city, newest first; [`super::PINS_MAX`] at most.
    fn pinned<'a>(&'a self, city: &'a CityId) -> BoxFuture<'a, Result<Vec<Arc<Card>>, StoreError>>;

    /// Keeps a request made on the leave page for the operator; at the bound of 10,000 open ones it is refused.
    fn ask_to_leave<'a>(
        &'a self,
        city: &'a CityId,
        network: Network,
        handle: &'a str,
        at: Timestamp,
    ) -> BoxFuture<'a, Result<(), StoreError>>;
}

/// A post that the store holds, as the pipeline remembers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownPost {
    pub id: PostId,
    /// The thread it belongs to: itself, unless it was admitted as a reply.
    pub thread: PostId,
    /// The cities that admitted it; they show it unless its author is away or the operator hides it.
    pub cities: Vec<CityId>,
    /// The cities where it waits to be admitted.
    pub queued: Vec<CityId>,
}

/// What a commit did to the logs.
#[derive(Clone, Debug, Default)]
pub struct Committed {
    /// Per city, in offset order.
    pub entries: Vec<(CityId, Vec<FeedEntry>)>,
    /// Posts refused by the store's state: as what the pipeline had counted each, and why.
    pub refused: Vec<(super::Outcome, super::RefuseReason)>,
    /// Posts that were stored, or stored anew, and are held now.
    pub stored: Vec<PostId>,
    /// Posts that are not, or no longer, in the store, whatever kept them out or removed them.
    pub forgotten: Vec<PostId>,
    /// Authors of the posts in `stored`.
    pub stored_authors: Vec<(Network, AuthorId)>,
    /// Authors of whom nothing is stored, or no longer.
    pub forgotten_authors: Vec<(Network, AuthorId)>,
    /// What became of each item of the batch's receipts, in their order.
    pub receipts: Vec<Vec<PushOutcome>>,
}

/// Writing side of the store. One transaction a batch; when it returns, the batch is durable and its entries have been
/// handed to the live tail.
pub trait Journal: Send + Sync {
    fn commit(&self, batch: Arc<Batch>) -> BoxFuture<'_, Result<Committed, StoreError>>;
}

/// Takes signed deliveries in. An answer means that what it says is durable, and that the same delivery is answered the
/// same; it may be given up waiting for, which ends nothing.
pub trait PushDesk: Send + Sync {
    fn deliver(&self, delivery: Delivery) -> BoxFuture<'_, Result<Vec<PushResult>, PushRefusal>>;
}

/// Who is told of committed entries, in commit order, before `commit` returns. Must not block.
pub trait CommitListener: Send + Sync {
    fn committed(&self, committed: &Committed);
}

/// A profile or post could not be asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LookupError {
    /// Out of reach, overloaded, or answering nonsense: ask again later, not before the given seconds.
    #[error("{reason}")]
    Unavailable { reason: String, retry_after_s: Option<u64> },
}

/// A stored post as its origin states it now.
#[derive(Clone, Debug, PartialEq)]
pub struct PostCheck {
    pub native_id: NativeId,
    /// `None`: the network says something of the post that can't be read, which is no answer about it.
    pub labels: Option<Vec<Label>>,
}

/// A network's answers about its authors and posts. Batches are the caller's: at most `batch_max` at once.
pub trait AuthorLookup: Send + Sync {
    fn network(&self) -> Network;

    fn batch_max(&self) -> usize;

    /// Profiles for ids or handles; what was asked for and is not in the answer does not exist (or is not shown).
    fn profiles(&self, actors: Vec<String>) -> BoxFuture<'_, Result<Vec<AuthorProfile>, LookupError>>;

    /// The posts that still exist among those asked for.
    fn posts(&self, ids: Vec<NativeId>) -> BoxFuture<'_, Result<Vec<PostCheck>, LookupError>>;
}

/// Says whose the accounts are that cities list by a handle.
pub trait AccountResolver: Send + Sync {
    fn network(&self) -> Network;

    /// Handles of one question.
    fn batch_max(&self) -> usize;

    /// For each handle that could be asked for, every identity under which its holder's posts come; none when nobody holds
    /// it.
    fn holders(&self, handles: Vec<String>) -> BoxFuture<'_, Result<Holders, LookupError>>;
}

/// Handles, each with every identity of its holder.
pub type Holders = Vec<(String, Vec<AuthorId>)>;

/// Renders a card in the forms in which readers get one. Pure: the same card gives the same bytes.
pub trait CardRenderer: Send + Sync {
    /// The post object of the HTTP and WebSocket contract.
    fn json(&self, card: &Card) -> String;

    /// The card as the page shows it, in one of the interface's languages (`fr`, `en`).
    fn html(&self, card: &Card, language: &'static str) -> String;
}
