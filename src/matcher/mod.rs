//! Which cities a post concerns, by which rules, and where in the city.
//!
//! Owns the recipes of all cities, compiled into one immutable snapshot ([`CitySet`]) that is replaced whole when a
//! city file changes. Does not own any decision about who may be shown (`consent`), nor what becomes of an ambiguous
//! post. Invariant: the answer is that of `naive`, which asks every city in turn; the indexes only spare work.

mod addressed;
mod assembly;
mod city_set;
mod compiled;
mod geofence;
mod hashtag_index;
mod listed;
mod phrase_index;
mod terms;

#[cfg(test)]
mod naive;
#[cfg(test)]
mod tests;

pub use crate::domain::{ListedAs, Match, ZoneHit};
pub use assembly::is_dated_tag;
pub use city_set::{CitySet, Glimpse, MatchContext, Matches};
pub use compiled::{REASONS_MAX, lane_of};
pub use geofence::Geofence;
pub use listed::ListedAccounts;
