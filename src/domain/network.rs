/// The open networks that posts come from. A network's own code is in `ingest/sources/<network>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Network {
    Bluesky,
    Mastodon,
    Nostr,
    Feed,
    OpenData,
    Push,
    X,
}

impl Network {
    pub const ALL: [Self; 7] =
        [Self::Bluesky, Self::Mastodon, Self::Nostr, Self::Feed, Self::OpenData, Self::Push, Self::X];

    /// The name used in JSON, configuration, metric labels and the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bluesky => "bluesky",
            Self::Mastodon => "mastodon",
            Self::Nostr => "nostr",
            Self::Feed => "feed",
            Self::OpenData => "opendata",
            Self::Push => "push",
            Self::X => "x",
        }
    }

    /// Whether it is no network of people but lists that bodies publish: feeds, calendars, datasets.
    pub const fn is_listing(self) -> bool {
        matches!(self, Self::Feed | Self::OpenData)
    }

    /// Whether `discoverable` and `indexable` exist on it, the latter as a search flag that is off until switched on.
    pub const fn has_search_flag(self) -> bool {
        matches!(self, Self::Mastodon)
    }

    /// The inverse of [`Network::as_str`]; also takes the short form `bsky` used in account references.
    pub fn parse(text: &str) -> Option<Self> {
        if text == "bsky" {
            return Some(Self::Bluesky);
        }
        Self::ALL.into_iter().find(|network| network.as_str() == text)
    }
}
