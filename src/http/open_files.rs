//! How many connections the system lets us hold.
//!
//! Owns the limit of open files and its division. Does not own what happens at either share's end.
//! Invariant: sessions, other connections and what the program needs for itself fit into the limit, so that a new
//! connection is answered, if only to be sent away: a server without descriptors can't even refuse (W5).

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// The database, the networks that are read, the city files, and connections between their being accepted and counted.
const OWN: u64 = 128;
/// Connections that are no sessions, however much the system allows.
pub const OTHERS_MAX: usize = 2_048;

/// What may be open at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shares {
    pub sessions: usize,
    /// Connections that are no sessions: pages, forms, handshakes.
    pub others: usize,
}

/// Allows this process as many open files as the system lets it have, and says how many.
pub fn raise_open_files() -> u64 {
    let now = getrlimit(Resource::Nofile);
    // A refusal leaves the limit as it was, which the caller hears.
    _ = setrlimit(Resource::Nofile, Rlimit { current: now.maximum, maximum: now.maximum });
    getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}

/// Divides a limit: a quarter at most is for other connections, and no more sessions than are wanted.
pub fn shares(open_files: u64, sessions_wanted: usize) -> Shares {
    let ours = open_files.saturating_sub(OWN);
    let others = (ours / 4).clamp(1, OTHERS_MAX as u64);
    let sessions = ours.saturating_sub(others).max(1);
    let fit = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
    Shares { sessions: fit(sessions).min(sessions_wanted), others: fit(others) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn w5_what_may_be_open_fits_into_the_limit() {
        for limit in [64, 256, 1_024, 4_096, 20_000, 1_048_576] {
            let Shares { sessions, others } = shares(limit, 20_000);
            let taken = OWN + sessions as u64 + others as u64;
            assert!(taken <= limit.max(OWN + 2), "{limit}: {sessions} and {others}");
            assert!(sessions > 0 && others > 0);
        }
        assert_eq!(shares(1_048_576, 20_000), Shares { sessions: 20_000, others: 2_048 });
        assert_eq!(shares(1_024, 20_000), Shares { sessions: 672, others: 224 });
    }

    #[test]
    fn the_limit_is_raised_to_what_the_system_allows() {
        assert_eq!(Some(raise_open_files()), getrlimit(Resource::Nofile).maximum.or(Some(u64::MAX)));
    }
}
