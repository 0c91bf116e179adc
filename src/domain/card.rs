use super::utterance::Bond;
use super::{
    AuthorId, CityId, CoarseLocation, Facet, Lane, Media, Motive, NativeId, Network, PostId, Reason, Schedule, Tier,
    Timestamp,
};

/// The author as a card shows one. Nothing else of a profile is stored for showing.
#[derive(Clone, Debug, PartialEq)]
pub struct CardAuthor {
    pub id: AuthorId,
    pub handle: Option<String>,
    pub name: Option<String>,
    /// The listed body's name, when the city lists this account.
    pub official: Option<String>,
}

/// Where else an utterance can be read, and by what it is known to be the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CardCopy {
    pub network: Network,
    pub url: String,
    pub bond: Bond,
}

impl CardCopy {
    pub const MAX: usize = 8;
}

/// A post as one city shows it: what every reader, feed and page is made from.
#[derive(Clone, Debug, PartialEq)]
pub struct Card {
    pub id: PostId,
    pub city: CityId,
    /// Sorts the page; given at first admission and kept for ever, also through hiding and un-hiding.
    pub position: u64,
    pub network: Network,
    pub native_id: NativeId,
    pub url: Option<String>,
    pub author: CardAuthor,
    pub text: String,
    pub facets: Vec<Facet>,
    pub lang: Option<String>,
    pub created_at: Timestamp,
    pub received_at: Timestamp,
    pub edited_at: Option<Timestamp>,
    /// The author's own date lay ahead; `created_at` is when the post was read.
    pub date_corrected: bool,
    /// As written, without `#`.
    pub tags: Vec<String>,
    pub media: Vec<Media>,
    /// The card this one answers, where we hold it.
    pub reply_to: Option<PostId>,
    /// The admitted post whose thread this one belongs to: the page shows it there and not by itself.
    pub thread: Option<PostId>,
    pub location: Option<CoarseLocation>,
    pub zone: Option<String>,
    /// The zone was read from the words of the text, not from a point; the card says so.
    pub zone_from_text: bool,
    pub lane: Lane,
    pub schedule: Schedule,
    /// When it goes by itself, before its tier's time is over.
    pub expires_at: Option<Timestamp>,
    pub sensitive: bool,
    pub automated: bool,
    pub tier: Tier,
    /// The same utterance elsewhere, in the order of networks and addresses; [`CardCopy::MAX`] at most, the first.
    pub copies: Vec<CardCopy>,
    pub reasons: Vec<Reason>,
    /// Moderators folded it, for this: it is read behind a line that says so.
    pub covered: Option<Motive>,
    /// Moderators pinned it.
    pub pinned: bool,
    /// Hash of the recipe that admitted it.
    pub recipe: String,
}
