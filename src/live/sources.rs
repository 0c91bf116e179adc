use std::sync::Arc;

use bytes::Bytes;

use crate::domain::SourceHealth;

use super::SourcesEncoder;
use super::form::Framing;

/// The latest `sources` message, encoded once for everybody.
#[derive(Default)]
pub(super) struct SourcesFrames {
    revision: u64,
    health: Arc<Vec<SourceHealth>>,
    websocket: Bytes,
    sse: Bytes,
}

impl SourcesFrames {
    pub const fn revision(&self) -> u64 {
        self.revision
    }

    /// Takes a new state; the new revision if it differs from the last in what a reader can act on.
    pub fn set(&mut self, health: Arc<Vec<SourceHealth>>, encode: SourcesEncoder) -> Option<u64> {
        if same(&self.health, &health) {
            return None;
        }
        let message = format!(r#"{{"type":"sources","sources":{}}}"#, encode(&health));
        self.websocket = Bytes::from(Framing::WebSocket.frame("sources", None, &message));
        self.sse = Bytes::from(Framing::Sse.frame("sources", None, &message));
        self.health = health;
        self.revision += 1;
        Some(self.revision)
    }

    pub fn frame(&self, framing: Framing) -> Bytes {
        match framing {
            Framing::WebSocket => self.websocket.clone(),
            Framing::Sse => self.sse.clone(),
        }
    }
}

/// Equal but for the moment of the last frame, which moves all the time.
fn same(a: &[SourceHealth], b: &[SourceHealth]) -> bool {
    let equal = |(a, b): (&SourceHealth, &SourceHealth)| {
        a.source == b.source
            && a.network == b.network
            && a.state == b.state
            && a.since == b.since
            && a.gaps == b.gaps
            && a.detail == b.detail
    };
    a.len() == b.len() && a.iter().zip(b).all(equal)
}
