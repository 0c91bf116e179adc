//! Named places at which a test has the process die, as a power cut or `kill -9` would have it die there.
//!
//! Owns the names and the death. Does not own what is found afterwards (the tests' oracle says what must be).
//! Invariant: without the feature `crash-points` nothing is compiled in: no variable is read and no code runs.

/// A place between two steps, where a crash must lose, double and reorder nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Point {
    /// The pipeline has taken an observation and done nothing with it.
    ObservationTaken,
    /// A signed delivery was decided; nothing of it is handed to the store.
    DeliveryTaken,
    /// A network has answered for an author; what waited is not decided.
    ProfileAnswered,
    /// A batch was taken out of the pipeline and is not handed to the store.
    BatchTaken,
    /// Inside the transaction: posts and entries are written, checkpoints are not.
    PostsWritten,
    /// Inside the transaction: all is written.
    BeforeCommit,
    /// Durable; nobody was told.
    AfterCommit,
    /// The live tails know; the pipeline was not answered.
    AfterListener,
    /// The write-ahead log is about to be emptied.
    LogTruncate,
    /// Readers were told to go; what is decided is not committed yet.
    Drain,
    /// Between two transactions of a retention run.
    RetentionStep,
    /// A city's stored posts were matched again; what goes was not told to the pipeline.
    RematchStep,
    /// Between two transactions of a pass that clears what erased texts leave in the pages.
    ScrubStep,
    /// Inside the transaction: an alert, or what became of a dispatch, is written.
    AlertWritten,
    /// An alert was sent; that it was is not noted.
    AlertSent,
}

#[cfg(not(feature = "crash-points"))]
#[inline(always)]
pub const fn point(_: Point) {}

#[cfg(feature = "crash-points")]
pub use armed::{ARM_BY, point};

#[cfg(feature = "crash-points")]
mod armed {
    use std::sync::LazyLock;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::Point;

    /// `NAME:NTH` in this variable arms a point: the process dies when it comes there for the NTH time.
    pub const ARM_BY: &str = "PARVIS_CRASH_AT";

    struct Armed {
        name: String,
        left: AtomicU32,
    }

    static ARMED: LazyLock<Option<Armed>> = LazyLock::new(|| {
        let order = std::env::var(ARM_BY).ok()?;
        let (name, nth) = order.split_once(':')?;
        Some(Armed { name: name.to_owned(), left: AtomicU32::new(nth.parse().ok()?) })
    });

    /// Dies here when this point is armed and its time has come; no destructor runs and nothing is flushed.
    pub fn point(point: Point) {
        let Some(armed) = ARMED.as_ref().filter(|armed| armed.name == point.name()) else { return };
        if armed.left.fetch_sub(1, Ordering::SeqCst) == 1 {
            std::process::abort();
        }
    }

    impl Point {
        pub const ALL: [Self; 15] = [
            Self::ObservationTaken,
            Self::DeliveryTaken,
            Self::ProfileAnswered,
            Self::BatchTaken,
            Self::PostsWritten,
            Self::BeforeCommit,
            Self::AfterCommit,
            Self::AfterListener,
            Self::LogTruncate,
            Self::Drain,
            Self::RetentionStep,
            Self::RematchStep,
            Self::ScrubStep,
            Self::AlertWritten,
            Self::AlertSent,
        ];

        pub const fn name(self) -> &'static str {
            match self {
                Self::ObservationTaken => "observation-taken",
                Self::DeliveryTaken => "delivery-taken",
                Self::ProfileAnswered => "profile-answered",
                Self::BatchTaken => "batch-taken",
                Self::PostsWritten => "posts-written",
                Self::BeforeCommit => "before-commit",
                Self::AfterCommit => "after-commit",
                Self::AfterListener => "after-listener",
                Self::LogTruncate => "log-truncate",
                Self::Drain => "drain",
                Self::RetentionStep => "retention-step",
                Self::RematchStep => "rematch-step",
                Self::ScrubStep => "scrub-step",
                Self::AlertWritten => "alert-written",
                Self::AlertSent => "alert-sent",
            }
        }
    }
}
