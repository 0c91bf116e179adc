use super::{Network, Tier, Timestamp};

/// An account's lasting identity on its network (a DID, an actor address), never its changeable handle.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AuthorId(String);

impl AuthorId {
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether an account may be shown at all, as its network says now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountStatus {
    Active,
    /// Deactivated, suspended or taken down: hidden at once, and shown again when it comes back (L-11).
    Hidden,
    /// Gone: everything of it is purged.
    Deleted,
}

impl AccountStatus {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Hidden => "hidden",
            Self::Deleted => "deleted",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Active, Self::Hidden, Self::Deleted].into_iter().find(|status| status.as_str() == text)
    }
}

/// A label on a profile or a post: a self-label, or one that the network's moderation put there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    pub value: String,
    /// A negation takes back an earlier label of the same value (L-10).
    pub negated: bool,
    pub expires_at: Option<Timestamp>,
}

impl Label {
    /// Labels that are judged of one account or one post; far more than networks put there, for one that refuses must not be
    /// cut off. An answer of the network with more counts as unreadable; of a post's own, negations are left out first.
    pub const COUNT_MAX: usize = 100;

    pub fn plain(value: impl Into<String>) -> Self {
        Self { value: value.into(), negated: false, expires_at: None }
    }

    /// The values in force at `now`: not expired, and not taken back by a negation of the same value.
    pub fn in_force(labels: &[Self], now: Timestamp) -> impl Iterator<Item = &str> {
        labels
            .iter()
            .filter(move |label| !label.negated && label.expires_at.is_none_or(|end| now < end))
            .filter(move |label| !labels.iter().any(|other| other.negated && other.value == label.value))
            .map(|label| label.value.as_str())
    }
}

/// What consent needs to know of an author, and what a card shows of one. `None` in a flag means that the network
/// has no such flag or that the author left it at its default.
#[derive(Clone, Debug, PartialEq)]
pub struct AuthorProfile {
    pub id: AuthorId,
    pub network: Network,
    pub handle: Option<String>,
    pub name: Option<String>,
    /// Plain text; read for opt-out marks (L-04), never shown and never stored.
    pub bio: String,
    pub labels: Vec<Label>,
    pub discoverable: Option<bool>,
    pub indexable: Option<bool>,
    pub noindex: Option<bool>,
    pub locked: bool,
    pub automated: bool,
    pub status: AccountStatus,
    /// When the network last answered for this profile. `None`: never asked (a replay without profiles); posts of
    /// such an author are stored hidden until it has been.
    pub checked_at: Option<Timestamp>,
}

impl AuthorProfile {
    /// How far consent goes for what is public and neither listed nor invited.
    pub fn uninvited_tier(&self) -> Tier {
        if self.network.has_search_flag() && self.indexable == Some(false) { Tier::Quiet } else { Tier::Public }
    }

    /// A profile of which nothing is known but that its flags are the network's defaults.
    pub fn assumed(id: AuthorId, network: Network) -> Self {
        Self {
            id,
            network,
            handle: None,
            name: None,
            bio: String::new(),
            labels: Vec::new(),
            discoverable: None,
            indexable: None,
            noindex: None,
            locked: false,
            automated: false,
            status: AccountStatus::Active,
            checked_at: None,
        }
    }
}
