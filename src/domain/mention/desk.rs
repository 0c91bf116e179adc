use futures_util::future::BoxFuture;

use super::{Asked, DeskAct, Mention, MentionStatus};
use crate::domain::{CityId, Facet, Media, NativeId, Network, PostId, StaffName, StoreError, Timestamp};

/// What an item says, where its author lets everybody read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MentionWords {
    pub handle: Option<String>,
    pub name: Option<String>,
    pub text: String,
    pub facets: Vec<Facet>,
    pub lang: Option<String>,
    pub media: Vec<Media>,
    pub edited_at: Option<Timestamp>,
}

/// An item as the desk sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MentionItem {
    pub post: PostId,
    /// The place to ask before for the next page.
    pub number: u64,
    pub network: Network,
    pub native_id: NativeId,
    /// The post on its network: there it is read and answered.
    pub url: Option<String>,
    pub mention: Mention,
    /// `None`: a pointer, opened on the network by whoever answers; or the operator has hidden it.
    pub words: Option<MentionWords>,
    /// The city's page shows it too.
    pub on_page: bool,
    /// Earlier items of the same author that were answered. A number and no list: nobody's posts are looked through (L-44).
    pub earlier_exchanges: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MentionQuery {
    pub status: Option<MentionStatus>,
    /// Only items of a smaller number.
    pub before: Option<u64>,
    /// At most 100, whatever is asked for.
    pub limit: usize,
}

/// Items, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MentionPage {
    pub items: Vec<MentionItem>,
    /// `None` at the end.
    pub next: Option<u64>,
}

/// What became of an act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeskAnswer {
    /// What the item is now.
    Done(Mention),
    /// It is something on which the act does not follow.
    NotAllowed(MentionStatus),
    /// The city's inbox has no such item, or has it no longer.
    NotFound,
}

/// The inbox of a city's desk. Nothing that it gives is for citizens, but for what [`super::Answers`] makes of
/// [`MentionDesk::asked`]. Items of an account that is away, or that was not asked yet, are held back as on the page.
pub trait MentionDesk: Send + Sync {
    fn mentions<'a>(&'a self, city: &'a CityId, query: MentionQuery) -> BoxFuture<'a, Result<MentionPage, StoreError>>;

    fn mention<'a>(&'a self, city: &'a CityId, post: PostId) -> BoxFuture<'a, Result<Option<MentionItem>, StoreError>>;

    /// Durable when it returns.
    fn act<'a>(
        &'a self,
        city: &'a CityId,
        post: PostId,
        act: DeskAct,
        by: StaffName,
    ) -> BoxFuture<'a, Result<DeskAnswer, StoreError>>;

    /// What was asked of a city since, newest first; at most as many as its inbox holds.
    fn asked<'a>(&'a self, city: &'a CityId, since: Timestamp) -> BoxFuture<'a, Result<Vec<Asked>, StoreError>>;
}
