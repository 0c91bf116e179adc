/// One thing that happens on the network, or to the way between it and us.
#[derive(Clone, Debug)]
pub enum Act {
    Join {
        author: String,
        signed_in_only: bool,
    },
    /// `ahead`: seconds by which the author's own date is ahead of the clock.
    Post {
        author: String,
        key: String,
        text: String,
        ahead: i64,
    },
    Reply {
        author: String,
        key: String,
        text: String,
        to: (String, String),
    },
    Edit {
        author: String,
        key: String,
        text: String,
    },
    Delete {
        author: String,
        key: String,
    },
    /// The author asks for signed-in readers only.
    Label(String),
    Deactivate(String),
    Reactivate(String),
    Leave(String),
    /// A city asks for another tag from now on; the server is not running.
    Retag {
        city: &'static str,
        tag: String,
    },
    Pause(u64),
    /// Time for a commit: until a reader is told something, or a while on a machine that is not too slow.
    Commit,
    Fault(Fault),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The connection ends in the middle of a frame.
    CutFrame,
    /// The connection ends, and the next instance is seen to take over.
    SwitchInstance,
    /// Silence for so many milliseconds, with frames waiting.
    Stall,
    Resume,
    /// The last frames again, as they were.
    Duplicate,
    /// The frames until `Mixed`, other authors' between each author's.
    KeepBack,
    Mixed,
    /// The last events again, as if they were new.
    Rewind,
    /// The network's clock jumps, by more than what is read again after a cut. Back, it gives stamps again that it has
    /// given: what is read up to then has to be followed back too.
    ClockForward,
    ClockBack,
    SlowProfiles,
    NoProfiles,
    RateLimited,
    /// Waits until a profile was asked for meanwhile.
    Asked,
    ProfilesRecover,
    /// What we resume from is no longer kept.
    CursorTooOld,
}

/// How a life of the server ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// SIGKILL, so many milliseconds after the last act.
    Kill(u64),
    /// Death at the named crash point when it is reached for the nth time.
    Crash { point: &'static str, nth: u32 },
    /// Everything is waited for, then SIGKILL.
    Settle,
}

#[derive(Clone, Debug)]
pub struct Life {
    /// What happens before the server is started.
    pub before: Vec<Act>,
    pub acts: Vec<Act>,
    pub end: End,
}

#[derive(Clone, Debug)]
pub struct Plan {
    pub seed: u64,
    pub lives: Vec<Life>,
}

impl Plan {
    /// The acts of a whole history, in order.
    pub fn acts(&self) -> impl Iterator<Item = &Act> {
        self.lives.iter().flat_map(|life| life.before.iter().chain(&life.acts))
    }
}
