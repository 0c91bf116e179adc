/// The part of a recipe that admitted a post.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Rule {
    /// The city's invitation tag: consent given for that post.
    Invite,
    Hashtag,
    Word,
    /// Tags that count only together; the value is the tags joined by `+`.
    AllOf,
    /// An ambiguous tag or word beside a local term; the value is `term + local term`.
    Ambiguous,
    /// The post's own point lies in the city. The value is the city's or zone's name, never coordinates.
    Geotag,
    /// The author is an account the city lists; the value is its listed name or handle.
    Account,
    /// A reply in the thread of an admitted post; the value is that post's id.
    Thread,
    /// Admitted for the neighbourhood lane; the value is the tag or the area's name.
    Around,
    /// What waited for a moderator was found to be about the city; beside the rule that had it wait. No value.
    Moderator,
}

impl Rule {
    pub const ALL: [Self; 10] = [
        Self::Invite,
        Self::Hashtag,
        Self::Word,
        Self::AllOf,
        Self::Ambiguous,
        Self::Geotag,
        Self::Account,
        Self::Thread,
        Self::Around,
        Self::Moderator,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Invite => "invite",
            Self::Hashtag => "hashtag",
            Self::Word => "word",
            Self::AllOf => "all_of",
            Self::Ambiguous => "ambiguous",
            Self::Geotag => "geotag",
            Self::Account => "account",
            Self::Thread => "thread",
            Self::Around => "around",
            Self::Moderator => "moderator",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.as_str() == text)
    }
}

/// Why a post is here: shown on every card, and enough to take the decision again (feature 6).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Reason {
    pub rule: Rule,
    pub value: String,
}

/// How far an author's consent goes (consent.md, the table of outcomes).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tier {
    /// A: listed account, or a post with the invitation tag.
    Invited,
    /// B: public, matched, no refusal.
    Public,
    /// B−: public, but its author asked not to be searched.
    Quiet,
}

impl Tier {
    pub const ALL: [Self; 3] = [Self::Invited, Self::Public, Self::Quiet];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Invited => "invited",
            Self::Public => "public",
            Self::Quiet => "quiet",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tier| tier.as_str() == text)
    }
}

macro_rules! refuse_reasons {
    ($($(#[$doc:meta])* $name:ident = $label:literal,)*) => {
        /// Why something was dropped. The label is the metric label and the `refused.<reason>` of a replay; nothing
        /// else of what was refused is kept (L-21).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum RefuseReason { $($(#[$doc])* $name,)* }

        impl RefuseReason {
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $label,)* }
            }

            const fn outcome(self) -> &'static str {
                match self { $(Self::$name => concat!("refused.", $label),)* }
            }
        }
    };
}

refuse_reasons! {
    // decode
    /// Not the format the source speaks.
    Malformed = "malformed",
    /// Larger than the decode limit of 1 MiB.
    Oversized = "oversized",
    /// Nested deeper than 128 levels.
    TooDeep = "too_deep",
    /// It does not have the identity, or the signature, that what it says would have.
    BadSignature = "bad_signature",
    // normalize
    /// No identity, or one longer than 1,024 bytes.
    BadId = "bad_id",
    /// `created_at` missing or unreadable.
    BadDate = "bad_date",
    /// `created_at` more than 48 h before arrival, or 30 days for an item of a feed or of a signed delivery.
    TooOld = "too_old",
    /// `created_at` more than 24 h after arrival.
    FromTheFuture = "from_the_future",
    /// Neither text nor media.
    Empty = "empty",
    // match
    /// No city's recipe admits it.
    Unmatched = "unmatched",
    /// A city's `exclude` refuses it, and no other city admits it.
    Excluded = "excluded",
    // consent
    /// Not meant for the public timeline.
    NotPublic = "not_public",
    /// The author asked not to be indexed.
    NoIndex = "noindex",
    /// The author asked not to be discoverable.
    NotDiscoverable = "not_discoverable",
    /// `#nobot` or its like in the author's bio.
    NoBot = "nobot",
    /// The author asked to be shown to signed-in readers only.
    NoUnauthenticated = "no_unauthenticated",
    /// An adult, graphic, hidden or warned-about label on the post or the author.
    Labelled = "labelled",
    /// Deactivated, suspended or taken down.
    AuthorInactive = "author_inactive",
    /// The author asked this instance to leave them out.
    AuthorLeft = "author_left",
    /// The network gives no profile for the author.
    AuthorUnknown = "author_unknown",
    /// What it declares to copy may not be shown (L-14).
    OriginRefused = "origin_refused",
    /// `strict`: a positive flag is missing.
    NotOptedIn = "not_opted_in",
    /// Its end is over, or a notice without one is older than such a notice holds.
    Expired = "expired",
    // store
    /// Deleted earlier; a replay does not bring it back.
    Deleted = "deleted",
    /// Moderators of this instance removed it for good.
    Erased = "erased",
    /// Its identifier is that of another post (a 64-bit collision), or of another author's.
    Collision = "collision",
}

impl RefuseReason {
    /// Whether its author's or its network's word keeps a post off, so that it does a copy too.
    pub const fn is_consent(self) -> bool {
        match self {
            Self::NotPublic
            | Self::NoIndex
            | Self::NotDiscoverable
            | Self::NoBot
            | Self::NoUnauthenticated
            | Self::Labelled
            | Self::AuthorInactive
            | Self::AuthorLeft
            | Self::AuthorUnknown
            | Self::OriginRefused
            | Self::NotOptedIn => true,
            Self::Malformed
            | Self::Oversized
            | Self::TooDeep
            | Self::BadSignature
            | Self::BadId
            | Self::BadDate
            | Self::TooOld
            | Self::FromTheFuture
            | Self::Empty
            | Self::Unmatched
            | Self::Excluded
            | Self::Expired
            | Self::Deleted
            | Self::Erased
            | Self::Collision => false,
        }
    }
}

/// What became of one post across all cities.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Outcome {
    /// Shown in at least one city.
    Admitted,
    /// Shown nowhere; waits for a moderator of at least one city.
    Queued,
    /// On no page; kept for the desk of at least one city that it addresses, in full or as a pointer.
    Addressed,
    Refused(RefuseReason),
}

impl Outcome {
    /// `admitted`, `queued`, `addressed` or `refused.<reason>`.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Admitted => "admitted",
            Self::Queued => "queued",
            Self::Addressed => "addressed",
            Self::Refused(reason) => reason.outcome(),
        }
    }
}
