use std::time::Duration;

use super::TrustedProxies;
use super::open_files::OTHERS_MAX;

/// How a live session keeps itself known to be alive (W4), and how long other connections are waited for (H2).
#[derive(Clone, Copy, Debug)]
pub struct SessionTiming {
    pub ping_every: Duration,
    /// A peer that has said nothing this long after a ping is gone.
    pub pong_within: Duration,
    /// Comments keep an SSE stream open through proxies.
    pub comment_every: Duration,
    /// After our close frame we go on reading this long: closing a socket with unread data resets it, and the peer
    /// would lose the frame that says why.
    pub linger: Duration,
    /// A peer that takes nothing of what was sent to it for this long is cut off by the kernel. Needed because an
    /// event stream whose write buffer is full is not polled, so that none of its own clocks runs (W3).
    pub unsent_for: Duration,
    /// A connection that is no session and has asked nothing for this long is ended.
    pub unasked_for: Duration,
}

impl SessionTiming {
    /// A session whose peer has not taken a frame whole by then is cut off: to the kernel, one that takes a little now
    /// and then is alive for ever (W3). A frame has 60 KiB, so that 1 KiB a second is enough.
    pub fn frame_within(&self) -> Duration {
        self.unsent_for * 3 / 2
    }
}

impl Default for SessionTiming {
    fn default() -> Self {
        Self {
            ping_every: Duration::from_secs(25),
            pong_within: Duration::from_secs(10),
            comment_every: Duration::from_secs(15),
            linger: Duration::from_secs(1),
            unsent_for: Duration::from_secs(40),
            unasked_for: Duration::from_secs(60),
        }
    }
}

/// What the server needs to know of its configuration.
#[derive(Clone, Debug)]
pub struct HttpSettings {
    /// The address under which the outside reaches it, without a slash at the end.
    pub public_url: String,
    /// Whose `X-Forwarded-For` is believed; nobody's when empty (H6).
    pub trusted_proxies: TrustedProxies,
    /// For `security.txt`: a `mailto:`, `https:` or `tel:` address, or a bare e-mail address.
    pub contact: Option<String>,
    /// Worker threads; `None`: one per core.
    pub workers: Option<usize>,
    /// Whether `/metrics` is served beside the pages; switched off when it has a listener of its own.
    pub metrics_here: bool,
    pub timing: SessionTiming,
    /// Connections that are no sessions; at the bound the one that has asked nothing for longest gives way.
    pub other_connections_max: usize,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            public_url: "http://localhost:8080".into(),
            trusted_proxies: TrustedProxies::default(),
            contact: None,
            workers: None,
            metrics_here: true,
            timing: SessionTiming::default(),
            other_connections_max: OTHERS_MAX,
        }
    }
}
