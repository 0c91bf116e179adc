use std::sync::Arc;

use super::{CityId, Network, SourceId, Timestamp};

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
