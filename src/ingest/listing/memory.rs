//! What is remembered of a list between two visits; its stored form is the source's checkpoint.
//!
//! Owns that form. Does not own what is made of it (`news`). Invariant: at most [`LISTED_MAX`] items, and a few hundred
//! bytes beside them.

use serde::{Deserialize, Serialize};

use super::LISTED_MAX;
use crate::domain::{Checkpoint, Timestamp};

/// A memory older than this stands for nothing that is still stored: all items count as new, only what was missed is
/// still told by it.
const STALE_S: i64 = 2 * 24 * 3_600;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    /// Where the list has moved to for good; `None`: it is where it was configured.
    pub moved_to: Option<String>,
    pub etag: Option<String>,
    pub last_modified: Option<String>,
    /// When it was last read, in microseconds since 1970.
    pub read_at: i64,
    /// When it is to be read whole though it may be as it was: something takes place again, or has come near.
    pub again_at: Option<i64>,
    /// Nothing was on it then.
    pub was_empty: bool,
    /// The last revision given to an item.
    pub revision: i64,
    /// For whom it was read, and how: when that has changed, all items are told again.
    pub readers: u64,
    /// Those that are on the list first, in its order.
    pub items: Vec<Seen>,
}

/// An item that was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Row", into = "Row")]
pub struct Seen {
    /// Of its identity.
    pub key: u64,
    /// Of all that is told of it.
    pub content: u64,
    /// Its date, or when it was first seen, in microseconds since 1970.
    pub created_at: i64,
    /// It was on the list at the last visit.
    pub is_here: bool,
    /// When it was last told.
    pub told_at: i64,
    /// When it is over, where it says so.
    pub ends_at: Option<i64>,
}

/// As it is stored.
type Row = (u64, u64, i64, bool, i64, Option<i64>);

impl From<Row> for Seen {
    fn from((key, content, created_at, is_here, told_at, ends_at): Row) -> Self {
        Self { key, content, created_at, is_here, told_at, ends_at }
    }
}

impl From<Seen> for Row {
    fn from(seen: Seen) -> Self {
        (seen.key, seen.content, seen.created_at, seen.is_here, seen.told_at, seen.ends_at)
    }
}

impl Memory {
    /// What a stored position says at `now`, for `readers`. A form that can't be read is one of another version: the list
    /// is read anew, which tells what is known already, and harms nothing.
    pub fn resume(stored: Option<&Checkpoint>, readers: u64, now: Timestamp) -> Self {
        let mut memory: Self = stored.and_then(|stored| serde_json::from_str(stored.as_str()).ok()).unwrap_or_default();
        memory.items.truncate(LISTED_MAX);
        let read_at = Timestamp::from_micros(memory.read_at);
        if memory.readers != readers || now.seconds_since(read_at).abs() > STALE_S {
            memory.forget_contents();
            memory.readers = readers;
        }
        memory
    }

    pub fn checkpoint(&self) -> Checkpoint {
        // Numbers and texts alone can be written.
        Checkpoint::new(serde_json::to_string(self).unwrap_or_default())
    }

    /// Has all items told again, the list fetched whole.
    fn forget_contents(&mut self) {
        (self.etag, self.last_modified) = (None, None);
        self.items.iter_mut().for_each(|item| item.content = 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_micros(1_790_000_000_000_000);

    fn memory() -> Memory {
        Memory {
            moved_to: Some("https://ville.example/rss".into()),
            etag: Some("\"7\"".into()),
            last_modified: None,
            read_at: NOW.as_micros(),
            again_at: Some(NOW.as_micros() + 1),
            was_empty: true,
            revision: 9,
            readers: 5,
            items: vec![Seen {
                key: u64::MAX,
                content: 2,
                created_at: -3,
                is_here: true,
                told_at: 4,
                ends_at: Some(i64::MAX),
            }],
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
            assert_eq!((again.etag.as_deref(), again.readers, again.items[0].content), (None, readers, 0));
            assert_eq!(again.moved_to, memory().moved_to);
        }
    }

    #[test]
    fn h2_an_unreadable_or_endless_position_is_no_harm() {
        for stored in ["", "{", "[]", "{\"items\": 7}", "null"] {
            let begun = Memory::resume(Some(&Checkpoint::new(stored)), 5, NOW);
            assert_eq!(begun, Memory { readers: 5, ..Memory::default() }, "{stored}");
        }
        let item = memory().items[0];
        let endless = Memory { items: vec![item; 10_000], ..memory() };
        assert_eq!(Memory::resume(Some(&endless.checkpoint()), 5, NOW).items.len(), LISTED_MAX);
    }
}
