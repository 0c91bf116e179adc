//! What is remembered of a server between two looks at it; its stored form is the source's checkpoint.
//!
//! Owns that form. Does not own what is made of it (`news`). Invariant: at most [`TOLD_MAX`] statuses, and of each no
//! address, no name and no word: the server's own id, ours, and hashes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::{Checkpoint, PostId, Timestamp};

/// Statuses remembered; the oldest go first.
pub const TOLD_MAX: usize = 2_000;
/// The same by their age: nothing is kept for longer, whoever wrote it.
const TOLD_S: i64 = 31 * DAY_S;
const DAY_S: i64 = 24 * 3_600;
/// Days after which a status that no page showed is asked for again: two before the week is over (L-13).
const UNSEEN_DAYS: i64 = 5;
/// A memory older than this stands for nothing that is still stored: what is seen counts as new.
const STALE_S: i64 = 2 * 24 * 3_600;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Memory {
    /// When the timelines were last read, in microseconds since 1970.
    pub read_at: i64,
    /// For whom, and which: when that has changed, all statuses are told again.
    pub readers: u64,
    /// By tag: the server's own id of the newest status that was seen.
    pub newest: BTreeMap<String, String>,
    /// In the order in which they were first told.
    pub told: Vec<Told>,
}

/// A status that was told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Row", into = "Row")]
pub struct Told {
    /// The server's own id.
    pub id: String,
    pub post: PostId,
    /// Hash of all that was told of it; 0: to be told again.
    pub content: u64,
    /// In microseconds since 1970.
    pub created_at: i64,
    /// The timelines in which it stands, by their keys.
    pub timelines: Vec<u32>,
    /// The day since 1970 on which the server last showed it; 0: it is to be asked for. Days, so that it does not change with
    /// every look.
    pub seen_on: i64,
}

type Row = (String, u64, u64, i64, Vec<u32>, i64);

impl From<Row> for Told {
    fn from((id, post, content, created_at, timelines, seen_on): Row) -> Self {
        Self { id, post: PostId::from_u64(post), content, created_at, timelines, seen_on }
    }
}

impl From<Told> for Row {
    fn from(told: Told) -> Self {
        (told.id, told.post.as_u64(), told.content, told.created_at, told.timelines, told.seen_on)
    }
}

impl Memory {
    /// What a stored position says at `now`, for `readers`. A form that can't be read is one of another version: all is
    /// read anew, which tells what is known already, and harms nothing.
    pub fn resume(stored: Option<&Checkpoint>, readers: u64, now: Timestamp) -> Self {
        let mut memory: Self = stored.and_then(|stored| serde_json::from_str(stored.as_str()).ok()).unwrap_or_default();
        let read_at = Timestamp::from_micros(memory.read_at);
        if memory.readers != readers || now.seconds_since(read_at).abs() > STALE_S {
            memory.told.iter_mut().for_each(|told| told.content = 0);
            memory.readers = readers;
        }
        memory.forget_old(now);
        memory
    }

    pub fn checkpoint(&self) -> Checkpoint {
        // Numbers and texts alone can be written.
        Checkpoint::new(serde_json::to_string(self).unwrap_or_default())
    }

    /// This memory with the statuses that `after` has beside it, as ones that are still to be told; `None` where it has none.
    /// Stored before they are told, so that no death leaves a status in the store of which nothing is known here: it would
    /// never be seen to be gone.
    pub fn with_intended(&self, after: &Self) -> Option<Self> {
        let is_new = |told: &&Told| self.get(&told.id).is_none();
        let new: Vec<Told> = after.told.iter().filter(is_new).map(|told| Told { content: 0, ..told.clone() }).collect();
        (!new.is_empty()).then(|| Self { told: [self.told.clone(), new].concat(), ..self.clone() })
    }

    /// Of a status that the server has not shown for days, or that no page would miss, its own id.
    pub fn unseen(&self, now: Timestamp) -> Option<&str> {
        let is_due = |told: &&Told| day(now) - told.seen_on >= UNSEEN_DAYS;
        self.told.iter().find(is_due).map(|told| &*told.id)
    }

    pub fn get(&self, id: &str) -> Option<&Told> {
        self.told.iter().find(|told| told.id == id)
    }

    pub fn get_mut(&mut self, id: &str) -> Option<&mut Told> {
        self.told.iter_mut().find(|told| told.id == id)
    }

    pub fn take(&mut self, id: &str) -> Option<Told> {
        let at = self.told.iter().position(|told| told.id == id)?;
        Some(self.told.remove(at))
    }

    pub fn forget_old(&mut self, now: Timestamp) {
        self.told.retain(|told| now.seconds_since(Timestamp::from_micros(told.created_at)) < TOLD_S);
        self.told.drain(..self.told.len().saturating_sub(TOLD_MAX));
    }
}

/// Days since 1970.
pub fn day(now: Timestamp) -> i64 {
    now.as_micros().div_euclid(1_000_000 * DAY_S)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_micros(1_790_000_000_000_000);

    fn told(id: &str) -> Told {
        Told {
            id: id.into(),
            post: PostId::from_u64(u64::MAX),
            content: 2,
            created_at: NOW.plus_seconds(-60).as_micros(),
            timelines: vec![7],
            seen_on: day(NOW),
        }
    }

    fn memory() -> Memory {
        Memory {
            read_at: NOW.as_micros(),
            readers: 5,
            newest: BTreeMap::from([("ville".into(), "12".into())]),
            told: vec![told("11"), told("12")],
        }
    }

    #[test]
    fn d1_a_memory_is_what_it_was_after_a_restart() {
        let stored = memory().checkpoint();
        assert_eq!(Memory::resume(Some(&stored), 5, NOW.plus_seconds(3_600)), memory());
    }

    #[test]
    fn what_is_stale_or_was_read_for_others_is_told_again() {
        let stored = memory().checkpoint();
        for (readers, now) in [(6, NOW), (5, NOW.plus_seconds(3 * 86_400)), (5, NOW.plus_seconds(-3 * 86_400))] {
            let again = Memory::resume(Some(&stored), readers, now);
            assert_eq!((again.readers, again.told[0].content, again.told.len()), (readers, 0, 2));
            assert_eq!(again.newest, memory().newest, "what was missed is still told by it");
        }
    }

    #[test]
    fn d5_what_is_about_to_be_told_is_known_and_still_to_be_told() {
        let mut after = memory();
        assert_eq!(memory().with_intended(&after), None, "nothing is new");
        after.told[0].content = 9;
        after.take("12");
        after.told.push(told("13"));
        after.newest.insert("ville".into(), "13".into());
        let intended = memory().with_intended(&after).unwrap();
        let of: Vec<_> = intended.told.iter().map(|told| (&*told.id, told.content)).collect();
        assert_eq!(of, [("11", 2), ("12", 2), ("13", 0)]);
        assert_eq!(intended.newest, memory().newest, "what was not told is read again");
    }

    #[test]
    fn l13_what_no_page_showed_for_five_days_is_due() {
        let mut memory = memory();
        assert_eq!(memory.unseen(NOW.plus_seconds(4 * DAY_S)), None);
        assert_eq!(memory.unseen(NOW.plus_seconds(5 * DAY_S)), Some("11"));
        memory.told[0].seen_on = day(NOW.plus_seconds(5 * DAY_S));
        assert_eq!(memory.unseen(NOW.plus_seconds(5 * DAY_S)), Some("12"));
    }

    #[test]
    fn h2_an_unreadable_or_endless_position_is_no_harm() {
        for stored in ["", "{", "[]", "{\"told\": 7}", "null"] {
            let begun = Memory::resume(Some(&Checkpoint::new(stored)), 5, NOW);
            assert_eq!(begun, Memory { readers: 5, ..Memory::default() }, "{stored}");
        }
        let endless = Memory { told: (0..10_000).map(|id| told(&id.to_string())).collect(), ..memory() };
        let kept = Memory::resume(Some(&endless.checkpoint()), 5, NOW);
        assert_eq!((kept.told.len(), kept.told[0].id.as_str()), (TOLD_MAX, "8000"));
        assert!(kept.checkpoint().as_str().len() < 300_000, "{}", kept.checkpoint().as_str().len());
        assert!(Memory::resume(Some(&endless.checkpoint()), 5, NOW.plus_seconds(32 * 86_400)).told.is_empty());
    }
}
