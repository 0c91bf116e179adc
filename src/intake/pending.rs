use std::ops::Deref;

use crate::domain::{Change, Weight};

/// Changes that are decided and not yet handed to the store, in order.
#[derive(Debug, Default)]
pub struct Pending {
    changes: Vec<Change>,
    /// What they weigh.
    bytes: usize,
}

/// Changes that may wait for the commit in progress, and what they may weigh; that commit is as large at most. At either
/// bound the pipeline stops reading.
pub const PENDING_MAX: usize = 2_000;
const PENDING_BYTES_MAX: usize = 4 << 20;

impl Pending {
    pub const fn has_room(&self) -> bool {
        self.changes.len() < PENDING_MAX && self.bytes < PENDING_BYTES_MAX
    }

    pub fn push(&mut self, change: Change) {
        self.bytes += change.weight();
        self.changes.push(change);
    }

    pub fn take(&mut self) -> Vec<Change> {
        self.bytes = 0;
        std::mem::take(&mut self.changes)
    }
}

impl Deref for Pending {
    type Target = [Change];

    fn deref(&self) -> &[Change] {
        &self.changes
    }
}

impl Extend<Change> for Pending {
    fn extend<I: IntoIterator<Item = Change>>(&mut self, changes: I) {
        changes.into_iter().for_each(|change| self.push(change));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{NativeId, Network, Timestamp};

    #[test]
    fn h2_what_is_not_written_is_bounded_by_its_bytes() {
        let mut pending = Pending::default();
        let delete = |bytes| Change::Delete {
            network: Network::Bluesky,
            native_id: NativeId::new("x".repeat(bytes)),
            by: None,
            at: Timestamp::from_micros(0),
        };
        pending.extend((0..4).map(|_| delete(1 << 20)));
        assert!(!pending.has_room());
        assert_eq!(pending.take().len(), 4);
        assert!(pending.has_room());
        pending.extend((0..PENDING_MAX).map(|_| delete(1)));
        assert!(!pending.has_room());
    }
}
