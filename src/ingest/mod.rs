//! How posts come in: one source per configured network or server, each kept running by the supervisor.
//!
//! Owns the connections to the networks, their wire formats, and the health of both. Does not own what becomes of an
//! observation: the pipeline does, behind one bounded queue.
//! Invariant: whatever a network sends is an [`Observation`](crate::domain::Observation) or a count; it is never a
//! panic, and never the end of a source.

mod backoff;
mod decode;
mod health;
pub mod hosts;
mod lenient;
pub mod html;
pub mod listing;
pub mod outbound;
mod queue;
mod source;
pub mod sources;
mod strict;
mod supervisor;
pub mod telemetry;
mod visit;
pub mod websocket;

pub use backoff::Backoff;
pub use decode::{DECODE_LIMIT, DEPTH_LIMIT, Decode, checked_json};
pub use health::{HealthBoard, HealthHandle};
pub use outbound::{Outbound, OutboundError};
pub use queue::{ObservationReceiver, ObservationSender, QUEUED_MAX, observations};
pub use source::{Closed, Outlet, Source, SourceContext, SourceError};
pub use supervisor::{Supervisor, SupervisorOptions, start};
