//! How much a town of a given size says in a day.
//!
//! Owns the honest volumes and the figures of play that follow from them. Does not own who speaks or what.
//! Invariant: every full day of every city lies inside [`Rate::posts_a_day`].

use std::ops::RangeInclusive;
use std::str::FromStr;

const HOUR: i64 = 3600;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rate {
    /// A métropole and its tag: busy all day.
    Metropole,
    /// A town of some 100,000.
    Ville,
    /// A few posts a day.
    Village,
}

impl Rate {
    pub const ALL: [Self; 3] = [Self::Metropole, Self::Ville, Self::Village];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Metropole => "metropole",
            Self::Ville => "ville",
            Self::Village => "village",
        }
    }

    /// Posts and replies of one city in one day of its own time zone.
    pub const fn posts_a_day(self) -> RangeInclusive<usize> {
        match self {
            Self::Metropole => 60..=140,
            Self::Ville => 25..=60,
            Self::Village => 3..=8,
        }
    }

    /// Posts a day of the background that concerns no city. The real network has a million times more; this much
    /// shows that it is left aside.
    pub(super) const fn noise_a_day(self) -> RangeInclusive<usize> {
        match self {
            Self::Metropole => 90..=150,
            Self::Ville => 50..=90,
            Self::Village => 20..=40,
        }
    }

    /// One in so many of the hand-written statuses of Mastodon is said: a few a day and city, beside the posts above.
    pub(super) const fn one_toot_in(self) -> usize {
        match self {
            Self::Metropole => 1,
            Self::Ville => 2,
            Self::Village => 3,
        }
    }

    /// How many times faster than honest the live part plays unless told otherwise: a city then gets a post about
    /// every 15 s, 20 s and 60 s.
    pub const fn default_speed(self) -> f64 {
        match self {
            Self::Metropole => 60.0,
            Self::Ville => 80.0,
            Self::Village => 240.0,
        }
    }

    /// How many seconds before now the past begins that a demonstration opens with.
    pub const fn backlog_seconds(self) -> i64 {
        match self {
            Self::Metropole | Self::Ville => 36 * HOUR,
            Self::Village => 6 * 24 * HOUR,
        }
    }

    /// When played faster than honest, a longer silence of a city passes as this many simulated seconds: whoever
    /// looks at night need not wait for the morning.
    pub const fn longest_silence_seconds(self) -> i64 {
        match self {
            Self::Metropole => 45 * 60,
            Self::Ville => 90 * 60,
            Self::Village => 6 * HOUR,
        }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not a rate: metropole, ville or village")]
pub struct UnknownRate(String);

impl FromStr for Rate {
    type Err = UnknownRate;

    fn from_str(text: &str) -> Result<Self, UnknownRate> {
        Self::ALL.into_iter().find(|rate| rate.as_str() == text).ok_or_else(|| UnknownRate(text.to_owned()))
    }
}
