use std::sync::Arc;

use super::{Card, PostId};

/// Changes when offsets can no longer be trusted (a restored backup); cursors of another epoch are not recovered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Epoch(pub u64);

/// The number of an entry in its city's feed log: contiguous from 1, in commit order. 0 is "before everything".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Offset(pub u64);

impl Offset {
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    Post,
    Update,
    Remove,
}

impl Op {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Post => "post",
            Self::Update => "update",
            Self::Remove => "remove",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Post, Self::Update, Self::Remove].into_iter().find(|op| op.as_str() == text)
    }
}

/// One entry of a city's feed log, as it stands when it is read: an entry whose post has gone since is a `Remove`,
/// one whose post was changed carries its current card.
#[derive(Clone, Debug)]
pub struct FeedEntry {
    pub offset: Offset,
    pub op: Op,
    pub post: PostId,
    /// Present unless `op` is `Remove`.
    pub card: Option<Arc<Card>>,
}

/// The ends of a city's feed log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    pub epoch: Epoch,
    /// The last committed entry.
    pub head: Offset,
    /// Entries at or below it may be gone: a cursor below it is not recovered.
    pub floor: Offset,
}
