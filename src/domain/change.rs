use super::{
    Actor, Addressed, Answer, AuthorId, AuthorProfile, Checkpoint, CityId, CoarseLocation, DeskAct, Ending, Gap, IdKey,
    Lane, NativeId, Network, NewDecision, Post, PostId, Reason, Receipt, SourceId, StaffName, Tier, Timestamp,
};

/// What a post is in one city.
#[derive(Clone, Debug, PartialEq)]
pub struct Placement {
    pub city: CityId,
    /// `None`: queued for a moderator, shown nowhere.
    pub tier: Option<Tier>,
    pub reasons: Vec<Reason>,
    pub recipe: String,
    pub zone: Option<String>,
    pub zone_from_text: bool,
    pub location: Option<CoarseLocation>,
    pub lane: Lane,
    /// When it goes by itself, before its tier's time is over.
    pub expires_at: Option<Timestamp>,
    pub thread: Option<PostId>,
    pub reply_to: Option<PostId>,
    /// The listed body's name, when the city lists the author.
    pub official: Option<String>,
    /// It carries an assembly tag: it is shown like any post, and counts for no author (L-42).
    pub assembly: bool,
}

/// What a fresh look at an author means for all of their stored posts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthorVerdict {
    /// May be shown: un-hides what an inactive or unchecked account had hidden.
    Show,
    /// Hidden until the account comes back.
    Hide,
    /// Signed-in readers of their network alone may see them: as `Purge`, but what addresses a city's desk stays for it as
    /// a pointer.
    Point,
    /// Refused or gone: everything of theirs is erased.
    Purge,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HideReason {
    /// The operator or a moderator hid this post.
    Moderated,
    /// The author's account is not active.
    AuthorInactive,
    /// The author's profile was never asked for (a replay without profiles).
    AuthorUnchecked,
    /// It came from a backup, and its origin has not been asked for it since.
    PostUnchecked,
}

/// A keyed hash of network and author id: the only thing kept of somebody who left (L-24).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SubjectHash(pub u64);

impl SubjectHash {
    pub fn derive(key: &IdKey, network: Network, author: &AuthorId) -> Self {
        Self(key.hash64(&["subject", network.as_str(), author.as_str()]))
    }
}

/// One change to the store. The store's state decides what entries it appends to the feed logs: none when nothing
/// that a reader sees has changed, so every change can be applied again.
#[derive(Clone, Debug)]
pub enum Change {
    /// Store a post, or replace it when `post.revision` is later. `placements` and `mentions` are the whole truth: a city
    /// in which the post was and is no longer gets a `remove`, a desk that it no longer addresses has it no more. Neither:
    /// the post is forgotten without a tombstone. The exact point in `post` is ignored; `placements` carries the coarse one.
    /// Of a post that is a pointer nothing is stored but where it is, whatever `post` says.
    Upsert {
        post: Box<Post>,
        author: Box<AuthorProfile>,
        placements: Vec<Placement>,
        mentions: Vec<Addressed>,
        received_at: Timestamp,
    },
    /// The author deleted it: erase it and leave a tombstone. `by`: who says so, where anybody may; of somebody else's
    /// post it says nothing.
    Delete { network: Network, native_id: NativeId, by: Option<AuthorId>, at: Timestamp },
    /// What is known of an author has changed, or was asked again. Ignored for authors without stored posts.
    Author { profile: Box<AuthorProfile>, verdict: AuthorVerdict, at: Timestamp },
    /// A stored post was found unchanged at its origin (L-13).
    Checked { post: PostId, at: Timestamp },
    /// The operator hides a post, or shows it again, and with it everything that is one utterance with it.
    Hide { post: PostId, hidden: bool },
    /// The operator erases a post for good, or its origin does where only our id of it is known; a replay does not bring it
    /// back.
    /// `whole`: with everything that is one utterance with it, for it is the words that the operator erases.
    Erase { post: PostId, whole: bool, at: Timestamp },
    /// A post that may not be shown, be it held or not, takes with it what declares to be its copy. `name`: its id, or the
    /// hash of its page (`utterance::names`).
    OriginRefused { name: u64, at: Timestamp },
    /// Somebody asked to be left out: erase everything and never store them again.
    Leave { network: Network, author: AuthorId, at: Timestamp },
    /// A recipe changed: a stored post is no longer asked for by a city (it keeps its other cities).
    Unplace { post: PostId, city: CityId },
    /// A desk has it no longer: its time is over, or it is no more what its author says. It keeps its pages.
    Unmention { post: PostId, city: CityId },
    /// Signed-in readers of its network alone may see a stored post: what a desk has of it becomes a pointer, all else goes.
    Point { post: PostId },
    /// A listed body of the city has answered in public. Nothing of a post that is not in the city's inbox.
    Answered { post: PostId, city: CityId, answer: Answer },
    /// Somebody at the desk does something with an item. Nothing where it does not follow on what the item is by then.
    Desk { post: PostId, city: CityId, act: DeskAct, by: StaffName, at: Timestamp },
    /// A moderator's decision, under its number in the city, which is new. `author`: whom [`Measure::BlockAuthor`] blocks.
    /// `answer`: to those who had complained of the post.
    ///
    /// [`Measure::BlockAuthor`]: super::Measure::BlockAuthor
    Decide {
        city: CityId,
        number: i64,
        new: Box<NewDecision>,
        author: Option<SubjectHash>,
        by: Actor,
        at: Timestamp,
        answer: String,
    },
    /// A decision ends.
    Lift { city: CityId, number: i64, ending: Ending, by: Actor, at: Timestamp, answer: String },
    /// A recipe changed: a stored post has another tier, badge or lane in a city, by other reasons. Nothing where it is
    /// queued, is no longer placed, or has been placed by that recipe since.
    Replace { post: PostId, placement: Box<Placement> },
    /// Something could not be read: what of the network was asked for before its end is to be asked for again.
    Gap { source: SourceId, network: Network, gap: Gap, at: Timestamp },
}

/// What one transaction writes: changes, the checkpoints below which every observation is finished, and receipts.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    pub changes: Vec<Change>,
    pub checkpoints: Vec<(SourceId, Checkpoint)>,
    /// What the deliveries are answered that the changes came with.
    pub receipts: Vec<Receipt>,
}

impl Batch {
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.checkpoints.is_empty() && self.receipts.is_empty()
    }
}
