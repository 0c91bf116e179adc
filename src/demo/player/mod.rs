//! The play: an endless, seeded sequence of what happens in all cities and elsewhere.
//!
//! Owns the order of events and the pace at which they are performed. Does not own frames, sockets or clocks.
//! Invariant: the same scripts, seed, rate and start give the same events, on every machine.

mod cast;
mod city;
mod event;

use std::sync::Arc;

use fastrand::Rng;

use cast::Cast;
pub(super) use cast::persona;
use city::CityPlayer;
pub use event::{Act, Event, Fault, Persona, PostRef, Status, Utterance};

use super::Rate;
use super::script::Scripts;
use crate::domain::Timestamp;

/// All scripts being played together. As an iterator it never ends and gives events in time order.
#[derive(Debug)]
pub struct Player {
    streams: Vec<CityPlayer>,
}

impl Player {
    /// Begins at midnight, local to each city, of the day of `from`.
    pub fn new(scripts: &Scripts, seed: u64, rate: Rate, from: Timestamp) -> Self {
        let streams = scripts.all().iter().map(|script| CityPlayer::new(Arc::clone(script), seed, rate, from));
        Self { streams: streams.collect() }
    }

    /// The next event if it happens at `until` or before.
    pub fn next_until(&mut self, until: Timestamp) -> Option<Event> {
        let first = self.streams.iter_mut().min_by_key(|stream| stream.peek())?;
        if first.peek() <= until { first.next() } else { None }
    }
}

impl Iterator for Player {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        self.next_until(Timestamp::from_micros(i64::MAX))
    }
}

/// Every post of every city as its first round says it, parents before replies, with the city's slug.
pub(super) fn every_post_once(scripts: &Scripts, seed: u64) -> Vec<(&'static str, Utterance)> {
    let mut said = Vec::new();
    for script in scripts.cities() {
        let cast = Cast::new(script, seed, 1, &script.threads, &mut Rng::with_seed(seed));
        for thread in &script.threads {
            let utterances = thread.lines.iter().filter_map(|line| cast.utter(line, thread, seed));
            said.extend(utterances.map(|utterance| (script.slug, utterance)));
        }
    }
    said
}

/// The rest of a play as a live performance: how long after its beginning each event is due.
#[derive(Debug)]
pub struct Performance {
    streams: Vec<Paced>,
    speed: f64,
    longest_silence: i64,
}

#[derive(Debug)]
struct Paced {
    stream: CityPlayer,
    last: Timestamp,
    /// Simulated microseconds, cut silences left out, from the beginning to `last`.
    elapsed: i64,
    /// Events that were performed, of a city in which everybody now and then speaks at once.
    rushing: Option<u32>,
}

/// Where so much is said that a flood of it can be told from the rest: the city of a métropole, of whose events so many of so
/// many follow each other so much faster. So the desk has something unusual to show, some minutes after the start and again.
const RUSHES: &str = "nantes";
const RUSH_EVERY: u32 = 240;
const RUSH: std::ops::Range<u32> = 6..126;
const RUSH_TIMES: i64 = 30;

impl Performance {
    /// Performs what `player` has not played yet, as if `now` were on stage too. At a speed above 1, silences of a
    /// city are cut to the rate's longest.
    pub fn new(player: Player, rate: Rate, speed: f64, now: Timestamp) -> Self {
        let longest_silence = if speed > 1.0 { rate.longest_silence_seconds() * 1_000_000 } else { i64::MAX };
        let is_rushing = |stream: &CityPlayer| rate == Rate::Metropole && speed > 1.0 && stream.slug() == RUSHES;
        let paced =
            |stream: CityPlayer| Paced { rushing: is_rushing(&stream).then_some(0), stream, last: now, elapsed: 0 };
        let streams = player.streams.into_iter().map(paced).collect();
        Self { streams, speed, longest_silence }
    }

    /// The next event, and how many real seconds after the beginning of the performance it is due.
    pub fn next_due(&mut self) -> Option<(f64, Event)> {
        let longest = self.longest_silence;
        let next = self.streams.iter_mut().min_by_key(|paced| paced.due(longest))?;
        next.elapsed = next.due(longest);
        let event = next.stream.next()?;
        next.last = event.at;
        next.rushing = next.rushing.map(|performed| performed.wrapping_add(1));
        #[expect(clippy::cast_precision_loss, reason = "microseconds of a performance stay below 2^52")]
        let due = next.elapsed as f64 / 1e6 / self.speed;
        Some((due, event))
    }
}

impl Paced {
    fn due(&self, longest_silence: i64) -> i64 {
        let silence = self.stream.peek().as_micros().saturating_sub(self.last.as_micros()).clamp(0, longest_silence);
        let is_rush = self.rushing.is_some_and(|performed| RUSH.contains(&(performed % RUSH_EVERY)));
        let silence = if is_rush { silence / RUSH_TIMES } else { silence };
        self.elapsed.saturating_add(silence)
    }
}

#[cfg(test)]
mod tests;
