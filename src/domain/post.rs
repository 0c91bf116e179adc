use super::{AuthorId, ExactPoint, Hashtag, Label, LocationOrigin, Network, Schedule, Timestamp};

/// A post's lasting identity on its network (an `at://` address, an ActivityPub `uri`, an event id).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NativeId(String);

impl NativeId {
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The instance's secret for identifiers. Kept in the database, so that ids and tombstones of two instances
/// can't be compared.
#[derive(Clone, Copy)]
pub struct IdKey([u8; 32]);

impl IdKey {
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The first 8 bytes of a keyed BLAKE3 over the parts, each preceded by its length.
    pub fn hash64(&self, parts: &[&str]) -> u64 {
        // In one piece, which is the hasher's fastest way.
        let mut input = Vec::with_capacity(256);
        for part in parts {
            input.extend_from_slice(&(part.len() as u64).to_le_bytes());
            input.extend_from_slice(part.as_bytes());
        }
        let hash = blake3::keyed_hash(&self.0, &input);
        hash.as_bytes().first_chunk().map_or(0, |first| u64::from_le_bytes(*first))
    }
}

/// The opaque public identifier of a card: a keyed 64-bit hash of network and native id.
/// Two posts with one hash are told apart by their native id when stored; the later one is refused and counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PostId(u64);

impl PostId {
    pub fn derive(key: &IdKey, network: Network, native_id: &NativeId) -> Self {
        Self(key.hash64(&["post", network.as_str(), native_id.as_str()]))
    }

    pub const fn from_u64(value: u64) -> Self {
        Self(value)
    }

    pub const fn as_u64(self) -> u64 {
        self.0
    }

    /// 13 characters of lower-case base 32.
    pub fn token(self) -> String {
        data_encoding::BASE32_NOPAD.encode(&self.0.to_be_bytes()).to_ascii_lowercase()
    }

    /// The inverse of [`PostId::token`]; `None` for anything else.
    pub fn parse(token: &str) -> Option<Self> {
        let bytes = data_encoding::BASE32_NOPAD.decode(token.to_ascii_uppercase().as_bytes()).ok()?;
        bytes.try_into().ok().map(|bytes| Self(u64::from_be_bytes(bytes)))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FacetKind {
    Tag,
    Mention,
    Link,
}

impl FacetKind {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tag => "tag",
            Self::Mention => "mention",
            Self::Link => "link",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Tag, Self::Mention, Self::Link].into_iter().find(|kind| kind.as_str() == text)
    }
}

/// A marked range of a text: UTF-8 byte offsets on character borders, `start < end`, ranges in order and apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facet {
    pub start: usize,
    pub end: usize,
    pub kind: FacetKind,
    /// A tag without `#`, an account id, or an `http(s)` address.
    pub value: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaKind {
    Image,
    Video,
    Link,
}

impl MediaKind {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Video => "video",
            Self::Link => "link",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Image, Self::Video, Self::Link].into_iter().find(|kind| kind.as_str() == text)
    }
}

/// A medium that a post carries. We never fetch or re-host it: a card shows its description and leads to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Media {
    pub kind: MediaKind,
    /// `http(s)` address, or the post's own address when the medium has none of its own.
    pub url: Option<String>,
    /// The author's description; empty when there is none, and the card says so (L-63).
    pub alt: String,
}

/// The post that a post answers, by the network's identities.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    pub parent: NativeId,
    pub root: NativeId,
}

/// Where a card stands on the page. Lanes are never mixed silently (S-10).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Lane {
    People,
    Info,
    Press,
    Agenda,
    Around,
    Event(String),
}

impl Lane {
    /// The name used in JSON, filters and the database; an event lane is `event:<slug>`.
    pub fn to_token(&self) -> String {
        match self {
            Self::People => "people".into(),
            Self::Info => "info".into(),
            Self::Press => "press".into(),
            Self::Agenda => "agenda".into(),
            Self::Around => "around".into(),
            Self::Event(slug) => format!("event:{slug}"),
        }
    }

    pub fn parse(token: &str) -> Option<Self> {
        Some(match token {
            "people" => Self::People,
            "info" => Self::Info,
            "press" => Self::Press,
            "agenda" => Self::Agenda,
            "around" => Self::Around,
            other => Self::Event(other.strip_prefix("event:").filter(|slug| !slug.is_empty())?.to_owned()),
        })
    }
}

/// A normalized post: network-agnostic, bounded, valid. What match and consent decide on.
/// The exact point is here and nowhere later.
#[derive(Clone, Debug, PartialEq)]
pub struct Post {
    pub id: PostId,
    pub network: Network,
    pub native_id: NativeId,
    pub author: AuthorId,
    pub url: Option<String>,
    pub text: String,
    pub facets: Vec<Facet>,
    /// BCP 47 primary subtags in lower case, the author's own declaration first; detected when there was none.
    pub languages: Vec<String>,
    pub created_at: Timestamp,
    /// When the author last changed it, if it was changed.
    pub edited_at: Option<Timestamp>,
    /// Its author dated it ahead of our clock: `created_at` is when it was read (D7).
    pub date_corrected: bool,
    /// Orders versions of one post: byte-wise greater is later. Empty where a network has none.
    pub revision: String,
    pub tags: Vec<Hashtag>,
    pub media: Vec<Media>,
    pub reply: Option<Reply>,
    pub point: Option<(ExactPoint, LocationOrigin)>,
    /// The name of the place that the post is attached to, if it says one.
    pub place_name: Option<String>,
    pub schedule: Schedule,
    pub labels: Vec<Label>,
    pub automated: bool,
    /// The post that this one copies over a bridge, as its network declares it. Not stored: `utterance` makes keys of it.
    pub copy_of: Option<String>,
    /// Whom it addresses by their account: those it mentions, and whose post it answers where that is known. Not stored.
    pub addressed: Vec<AuthorId>,
    /// Public, and kept off public timelines by its author: for the desk that it addresses alone. Not stored.
    pub unlisted: bool,
}

impl Post {
    /// Where it is and when it was written, and nothing that it says.
    #[must_use]
    pub fn pointer(&self) -> Self {
        Self {
            id: self.id,
            network: self.network,
            native_id: self.native_id.clone(),
            author: self.author.clone(),
            url: self.url.clone(),
            text: String::new(),
            facets: Vec::new(),
            languages: Vec::new(),
            created_at: self.created_at,
            edited_at: self.edited_at,
            date_corrected: self.date_corrected,
            revision: self.revision.clone(),
            tags: Vec::new(),
            media: Vec::new(),
            reply: None,
            point: None,
            place_name: None,
            schedule: Schedule::default(),
            labels: Vec::new(),
            automated: false,
            copy_of: None,
            addressed: Vec::new(),
            unlisted: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn post_ids_round_trip_and_depend_on_the_key() {
        let native = NativeId::new("at://did:plc:x/app.bsky.feed.post/1");
        let id = PostId::derive(&IdKey::new([1; 32]), Network::Bluesky, &native);
        assert_eq!(PostId::parse(&id.token()), Some(id));
        assert_eq!(id.token().len(), 13);
        assert_ne!(id, PostId::derive(&IdKey::new([2; 32]), Network::Bluesky, &native));
        assert_eq!(PostId::parse("nonsense!"), None);
    }
}
