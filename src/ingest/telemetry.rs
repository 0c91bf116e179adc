//! The names of what ingest counts.
//!
//! Owns the metric names and their help texts. Does not own the recorder, nor where the numbers are served.
//! Invariant: labels are source names, event kinds, refusal reasons and hosts that we ask, so their number is bounded and
//! no person is in them.

/// Frames by `source` and `kind` of the event they became.
pub const FRAMES: &str = "parvis_ingest_frames_total";
/// Frames that could not be read, by `source` and `reason`.
pub const UNREADABLE: &str = "parvis_ingest_unreadable_total";
/// Bytes of frames received, by `source`.
pub const BYTES: &str = "parvis_ingest_bytes_total";
/// Connections that ended and were tried again, by `source` and `cause` (`cut`, `retry`, `silent`, `refused`).
pub const RECONNECTS: &str = "parvis_ingest_reconnects_total";
/// Stretches of time that could not be read, by `source`.
pub const GAPS: &str = "parvis_ingest_gaps_total";
/// How old the last event was when it arrived, in seconds, by `source`.
pub const LAG: &str = "parvis_ingest_lag_seconds";
/// 1 in the source's present state, 0 in all others, by `source` and `state`.
pub const STATE: &str = "parvis_ingest_state";

/// Requests that this server made, WebSockets included, by `host`; beyond 500 hosts further ones are `other`.
pub const REQUESTS: &str = "parvis_outbound_requests_total";

/// Gives the recorder the help texts. Called once, after the recorder is in place.
pub fn describe() {
    metrics::describe_counter!(FRAMES, "Frames received from a network, by the kind of event they became.");
    metrics::describe_counter!(UNREADABLE, "Frames that could not be read, by reason.");
    metrics::describe_counter!(BYTES, "Bytes of frames received from a network.");
    metrics::describe_counter!(RECONNECTS, "Connections that ended and were tried again, by cause.");
    metrics::describe_counter!(GAPS, "Stretches of a source's time that could not be read.");
    metrics::describe_counter!(REQUESTS, "Requests that this server made to others, WebSockets included, by host.");
    metrics::describe_gauge!(LAG, "Age of a source's last event when it arrived, in seconds.");
    metrics::describe_gauge!(STATE, "1 in the source's present state, 0 in all others.");
}
