use std::time::Duration;

/// The bounds of the live side, and what happens at each.
#[derive(Clone, Debug)]
pub struct LiveLimits {
    /// Entries a city's tail holds; older ones are dropped and read from the store by whoever needs them.
    pub tail_entries: usize,
    /// Estimated bytes of cards, encoded slices and encoded batches a city's tail holds; the oldest give way.
    pub tail_bytes: usize,
    /// The same of all tails together: where they hold more, each that grows keeps its even share.
    pub tails_bytes: usize,
    /// Entries that [`super::Live::warm_city`] reads at most.
    pub warm_entries: u64,
    /// Entries one batch goes through; more go in further frames. About what fills a frame: all of them are copied for
    /// whoever encodes it.
    pub batch_entries: usize,
    /// Bytes of one frame; more go in further frames. A single larger event goes alone. A session that drains nothing
    /// holds one frame, over SSE with the server's write buffer, so it is small.
    pub batch_bytes: usize,
    /// Encoded batches that a city keeps for the other sessions of the same group; the oldest gives way, and is encoded
    /// anew (from slices that stay shared) by who still comes for it.
    pub batches_kept: usize,
    /// Entries read at once from the store by a reader behind the tail; about what fills a frame, for the rest of a page
    /// is read again.
    pub page_entries: usize,
    /// Sessions that read from the store at the same moment; the others wait.
    pub cold_reads_max: usize,
    /// A filtered reader who was sent nothing gets an empty batch after this many entries that were not for them…
    pub skip_entries: u64,
    /// … or this long after the first of them.
    pub skip_after: Duration,
    /// A session that is behind the tail for this long, or behind the head for this long while it took less than
    /// `slow_bytes_per_second`, is closed (4008). What the store took to answer it is not counted.
    pub slow_after: Duration,
    pub slow_bytes_per_second: u64,
    /// A drain gives each session this much time of its own: 5,000 of them come back over ten seconds…
    pub drain_each: Duration,
    /// … and all have left within this time.
    pub drain_jitter: Duration,
    /// Sessions in all; at the bound a new one is refused before the upgrade (503).
    pub sessions_max: usize,
    /// Sessions per IPv4 address or IPv6 /64; at the bound a new one is closed at once (4029).
    pub sessions_per_address_max: usize,
}

impl Default for LiveLimits {
    fn default() -> Self {
        Self {
            tail_entries: 10_000,
            tail_bytes: 16 * 1024 * 1024,
            tails_bytes: 256 * 1024 * 1024,
            warm_entries: 1_000,
            batch_entries: 128,
            // One write of this is one segment over loopback, which is where a burst's time goes.
            batch_bytes: 60 * 1024,
            batches_kept: 128,
            page_entries: 64,
            cold_reads_max: 8,
            skip_entries: 100,
            skip_after: Duration::from_secs(10),
            slow_after: Duration::from_secs(60),
            slow_bytes_per_second: 1_024,
            drain_each: Duration::from_millis(2),
            drain_jitter: Duration::from_secs(10),
            sessions_max: 20_000,
            sessions_per_address_max: 500,
        }
    }
}
