use super::{
    AccountStatus, AuthorId, AuthorProfile, FacetKind, Gap, Label, LocationOrigin, Media, NativeId, Network, PostId,
    RefuseReason, Reply, Schedule, Timestamp,
};

/// The name of one running source: `bluesky`, or `<network>:<server>` where there are several of a network.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceId(std::sync::Arc<str>);

impl SourceId {
    pub fn new(name: &str) -> Self {
        Self(name.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A source's position, in that source's own form. Opaque to everyone else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint(String);

impl Checkpoint {
    pub fn new(position: impl Into<String>) -> Self {
        Self(position.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One thing that a source saw, in the order in which it saw it. What a source's `decode` gives for one frame.
#[derive(Clone, Debug)]
pub struct Observation {
    pub source: SourceId,
    pub network: Network,
    /// Where the source may resume once this and all earlier observations are finished. `None`: it moves nothing.
    pub checkpoint: Option<Checkpoint>,
    /// The upstream server's own time of the event, where it gives one.
    pub sent_at: Option<Timestamp>,
    pub event: Event,
}

#[derive(Clone, Debug)]
pub enum Event {
    /// A post was made or changed. Which of the two the network says is in [`RawPost::edited`], and is only a hint.
    Post(Box<RawPost>),
    Delete {
        native_id: NativeId,
    },
    /// The same where the source remembers posts by our id alone, so that what it remembers names nobody. Not `for_good`:
    /// its origin no longer lists it, and may again.
    Withdrawn {
        post: PostId,
        for_good: bool,
    },
    /// An author takes posts back, on a network where anybody may name any post: those of others stay.
    Retract {
        author: AuthorId,
        native_ids: Vec<NativeId>,
    },
    /// A profile as the author's own record now states it: replaces name, bio and self-labels; handle and flags that
    /// the record does not carry are left as they are.
    Profile(Box<AuthorProfile>),
    Account {
        author: AuthorId,
        status: AccountStatus,
    },
    /// The account's handle may have changed: the network is to be asked, for what an account's own server says of it may be
    /// anybody's.
    Handle {
        author: AuthorId,
    },
    /// The source could not get what lay between two positions.
    Gap(Gap),
    /// Understood and of no concern here (likes, follows…); moves the checkpoint and is counted.
    Other,
    /// A frame that can't be read; counted by reason and dropped.
    Unreadable(RefuseReason),
}

impl Event {
    /// What it is counted as when it is no post: `event.<kind>`. Posts and unreadable frames have outcomes.
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Post(_) => "event.post",
            Self::Delete { .. } | Self::Withdrawn { .. } | Self::Retract { .. } => "event.delete",
            Self::Profile(_) => "event.profile",
            Self::Account { .. } => "event.account",
            Self::Handle { .. } => "event.identity",
            Self::Gap(_) => "event.gap",
            Self::Other => "event.other",
            Self::Unreadable(_) => "event.unreadable",
        }
    }

    /// The label without what all have in common.
    pub fn kind(&self) -> &'static str {
        self.label().strip_prefix("event.").unwrap_or_default()
    }
}

/// Who the author meant a post for, on networks that ask. Anything but `Public` is refused (L-01), but that the desk of a
/// city which an unlisted one addresses keeps a pointer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Visibility {
    #[default]
    Public,
    /// Anybody may read it, and it is on no public timeline.
    Unlisted,
    Restricted,
}

/// A range that a network claims to be marked. Nothing about it can be trusted: it may lie outside the text, be
/// inverted or cut a character. `normalize` keeps the sound ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawFacet {
    pub start: i64,
    pub end: i64,
    pub kind: FacetKind,
    pub value: String,
}

/// Where a post says it is. Its digits are withheld from `Debug`, as those of an exact point are.
#[derive(Clone, PartialEq)]
pub struct RawPlace {
    /// Longitude and latitude in degrees, unchecked.
    pub lon_lat: Option<(f64, f64)>,
    pub name: Option<String>,
    pub origin: LocationOrigin,
}

impl std::fmt::Debug for RawPlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let point = self.lon_lat.map(|_| "withheld");
        f.debug_struct("RawPlace")
            .field("lon_lat", &point)
            .field("name", &self.name)
            .field("origin", &self.origin)
            .finish()
    }
}

/// A post as decoded: read leniently, nothing checked but its form.
#[derive(Clone, Debug, PartialEq)]
pub struct RawPost {
    pub native_id: NativeId,
    pub author: AuthorId,
    /// The author's profile on networks that send it with each post; `None` where it must be looked up.
    pub profile: Option<Box<AuthorProfile>>,
    pub url: Option<String>,
    pub text: String,
    pub facets: Vec<RawFacet>,
    pub languages: Vec<String>,
    /// `None`: missing or unreadable.
    pub created_at: Option<Timestamp>,
    pub edited: bool,
    pub revision: String,
    /// Tags that stand outside the text.
    pub tags: Vec<String>,
    pub media: Vec<Media>,
    pub reply: Option<Reply>,
    pub place: Option<RawPlace>,
    pub schedule: Schedule,
    pub labels: Vec<Label>,
    pub visibility: Visibility,
    pub automated: bool,
    /// The post that this one copies over a bridge, as its network declares it: an identity (`at://…`, an ActivityPub
    /// `uri`, a Nostr event id) or a web address.
    pub copy_of: Option<String>,
    /// Whom it addresses by their account, as the network says: mentioned, or the author of the post that it answers. Bounded
    /// by the decoder.
    pub addressed: Vec<AuthorId>,
}

impl RawPost {
    /// A public post of nothing but a text.
    pub fn bare(author: AuthorId, native_id: NativeId, text: impl Into<String>, created_at: Timestamp) -> Self {
        Self {
            native_id,
            author,
            profile: None,
            url: None,
            text: text.into(),
            facets: Vec::new(),
            languages: Vec::new(),
            created_at: Some(created_at),
            edited: false,
            revision: String::new(),
            tags: Vec::new(),
            media: Vec::new(),
            reply: None,
            place: None,
            schedule: Schedule::default(),
            labels: Vec::new(),
            visibility: Visibility::Public,
            automated: false,
            copy_of: None,
            addressed: Vec::new(),
        }
    }
}
