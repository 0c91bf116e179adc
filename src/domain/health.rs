use std::sync::Arc;

use super::{AuthorId, CityId, Network, SourceId, Timestamp};

/// What a source is doing, in the words of the sources page (feature 7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SourceState {
    Connecting,
    Live,
    /// Connected, and reading what was missed.
    CatchingUp,
    /// Reading is paused until authors' profiles can be had.
    WaitingForProfiles,
    /// Connected, but nothing comes.
    Silent,
    /// Cut off; trying again.
    Down,
    /// The network says no (401, 403, 429…).
    Refused,
    Stopped,
}

impl SourceState {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Live => "live",
            Self::CatchingUp => "catching_up",
            Self::WaitingForProfiles => "waiting_for_profiles",
            Self::Silent => "silent",
            Self::Down => "down",
            Self::Refused => "refused",
            Self::Stopped => "stopped",
        }
    }
}

/// A stretch of a source's time that could not be read (D2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    pub from: Timestamp,
    pub until: Timestamp,
}

/// One source's health, as citizens and operators see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceHealth {
    pub source: SourceId,
    pub network: Network,
    /// The cities that it is read for; `None`: all.
    pub cities: Option<Arc<[CityId]>>,
    /// It is asked now and then, and does not speak by itself.
    pub polled: bool,
    pub state: SourceState,
    pub since: Timestamp,
    /// The last frame of any kind.
    pub last_event_at: Option<Timestamp>,
    /// Recent gaps, oldest first, at most 20.
    pub gaps: Vec<Gap>,
    /// The last error in plain words, without addresses of persons; empty when all is well.
    pub detail: String,
}

impl SourceHealth {
    pub fn concerns(&self, city: &CityId) -> bool {
        self.cities.as_ref().is_none_or(|cities| cities.contains(city))
    }
}

impl SourceHealth {
    /// What tells this source apart from others of its network: the address of a server or of a feed.
    pub fn own_name(&self) -> Option<&str> {
        self.source.as_str().strip_prefix(self.network.as_str())?.strip_prefix(':')
    }
}

/// How many of a city's posts of the last four weeks came over a network, or from one site where sites are sources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Volume {
    pub network: Network,
    /// The list's address, or the sender's account, which is its author.
    pub site: Option<AuthorId>,
    pub posts: usize,
    pub last_at: Timestamp,
}

/// What a source usually brings to a city.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Usual {
    /// Its part of the city's posts, from 0 to 1; `None` while there are too few to tell.
    pub share: Option<f64>,
    pub posts: usize,
    pub last_at: Option<Timestamp>,
}

/// Fewer posts than this tell nothing of shares.
const POSTS_TO_TELL: usize = 10;

impl Usual {
    /// Of several servers of one network, each is told what the network brings: which of them it was is not kept.
    pub fn of(source: &SourceHealth, volumes: &[Volume]) -> Self {
        let all: usize = volumes.iter().map(|volume| volume.posts).sum();
        let is_own = |site: &AuthorId| source.own_name() == Some(site.as_str());
        let own =
            volumes.iter().filter(|volume| volume.network == source.network && volume.site.as_ref().is_none_or(is_own));
        let (mut posts, mut last_at) = (0, None);
        for volume in own {
            posts += volume.posts;
            last_at = last_at.max(Some(volume.last_at));
        }
        let share = (all >= POSTS_TO_TELL).then(|| posts as f64 / all as f64);
        Self { share, posts, last_at }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn feature_7_a_source_is_told_what_it_usually_brings() {
        let at = |seconds: i64| Timestamp::from_micros(seconds * 1_000_000);
        let source = |name: &str, network| SourceHealth {
            source: SourceId::new(name),
            network,
            cities: None,
            polled: false,
            state: SourceState::Live,
            since: at(0),
            last_event_at: None,
            gaps: Vec::new(),
            detail: String::new(),
        };
        let volume = |network, site: Option<&str>, posts, last| Volume {
            network,
            site: site.map(AuthorId::new),
            posts,
            last_at: at(last),
        };
        let volumes = [
            volume(Network::Bluesky, None, 12, 50),
            volume(Network::Feed, Some("https://ville.example/rss"), 3, 70),
            volume(Network::Feed, Some("https://presse.example/rss"), 1, 90),
        ];
        for (name, network, expected) in [
            ("bluesky", Network::Bluesky, Usual { share: Some(0.75), posts: 12, last_at: Some(at(50)) }),
            (
                "feed:https://presse.example/rss",
                Network::Feed,
                Usual { share: Some(0.0625), posts: 1, last_at: Some(at(90)) },
            ),
            ("feed:https://autre.example/rss", Network::Feed, Usual { share: Some(0.0), posts: 0, last_at: None }),
            ("mastodon:m.example", Network::Mastodon, Usual { share: Some(0.0), posts: 0, last_at: None }),
        ] {
            assert_eq!(Usual::of(&source(name, network), &volumes), expected, "{name}");
        }
        assert_eq!(
            Usual::of(&source("bluesky", Network::Bluesky), &volumes[1..]).share,
            None,
            "four posts tell nothing"
        );
    }
}
