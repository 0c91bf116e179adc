//! What the store tells of what it holds.
//!
//! Owns the values that leave the store beside cards. Does not own how they are read. Invariant: none of them is shown
//! to citizens; they serve the pipeline, the operator and the metrics.

use crate::domain::{AuthorId, AuthorProfile, CityId, NativeId, Network, Placement, Post, PostId, Timestamp};

/// A stored post with what one city made of it, for matching it again.
#[derive(Clone, Debug)]
pub struct StoredPost {
    /// Without its point, which is not stored.
    pub post: Post,
    /// Without its bio.
    pub author: AuthorProfile,
    pub placement: Placement,
    pub received_at: Timestamp,
}

/// A post that its network is to be asked for again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StalePost {
    pub id: PostId,
    pub native_id: NativeId,
    pub author: AuthorId,
}

/// A request from the leave page, waiting for the operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaveRequest {
    pub id: i64,
    pub city: CityId,
    pub network: Network,
    pub handle: String,
    pub at: Timestamp,
}

/// The room on a disk, in bytes: what is left for us, and all of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    pub free: u64,
    pub total: u64,
}

/// How much is held, for the metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub posts: u64,
    pub authors: u64,
    /// Posts waiting for a moderator, once for each city.
    pub queued: u64,
    /// Cards shown, once for each city.
    pub shown: u64,
    pub log_entries: u64,
    pub tombstones: u64,
    pub suppressed: u64,
    pub leave_requests: u64,
    /// The database file, without its write-ahead log.
    pub bytes: u64,
}
