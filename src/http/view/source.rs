use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::{Gap, SourceHealth, SourceState};

use super::to_json;

#[derive(Serialize, ToSchema)]
#[schema(as = Sources)]
pub struct SourcesView<'a> {
    sources: Vec<SourceView<'a>>,
}

/// One source's health.
#[derive(Serialize, ToSchema)]
#[schema(as = Source)]
pub struct SourceView<'a> {
    source: &'a str,
    network: &'static str,
    /// `connecting`, `live`, `catching_up`, `waiting_for_profiles`, `silent`, `down`, `refused` or `stopped`.
    state: &'static str,
    /// The state in plain words.
    state_text: &'static str,
    since: String,
    /// When the last frame of any kind came.
    #[schema(required)]
    last_event_at: Option<String>,
    /// Stretches of time that could not be read, oldest first.
    gaps: Vec<GapView>,
    /// The last error in plain words; empty when all is well.
    detail: &'a str,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Gap)]
struct GapView {
    from: String,
    until: String,
}

/// The `sources` array of the contract.
pub fn sources_json(health: &[SourceHealth]) -> String {
    to_json(&views(health))
}

fn views(health: &[SourceHealth]) -> Vec<SourceView<'_>> {
    health.iter().map(SourceView::from).collect()
}

impl<'a> SourcesView<'a> {
    pub fn new(health: &'a [SourceHealth]) -> Self {
        Self { sources: views(health) }
    }
}

impl<'a> From<&'a SourceHealth> for SourceView<'a> {
    fn from(health: &'a SourceHealth) -> Self {
        Self {
            source: health.source.as_str(),
            network: health.network.as_str(),
            state: health.state.as_str(),
            state_text: plain(health.state),
            since: health.since.to_rfc3339(),
            last_event_at: health.last_event_at.map(crate::domain::Timestamp::to_rfc3339),
            gaps: health.gaps.iter().map(GapView::from).collect(),
            detail: &health.detail,
        }
    }
}

impl From<&Gap> for GapView {
    fn from(gap: &Gap) -> Self {
        Self { from: gap.from.to_rfc3339(), until: gap.until.to_rfc3339() }
    }
}

const fn plain(state: SourceState) -> &'static str {
    match state {
        SourceState::Connecting => "connecting",
        SourceState::Live => "live",
        SourceState::CatchingUp => "reading what was missed",
        SourceState::WaitingForProfiles => "waiting for profiles",
        SourceState::Silent => "connected, but nothing comes",
        SourceState::Down => "cut off, trying again",
        SourceState::Refused => "refused by the network",
        SourceState::Stopped => "stopped",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Network, SourceId, Timestamp};

    #[test]
    fn health_in_the_words_of_the_contract() {
        let at = |text| Timestamp::parse_rfc3339(text).unwrap();
        let health = SourceHealth {
            source: SourceId::new("bluesky"),
            network: Network::Bluesky,
            cities: None,
            state: SourceState::CatchingUp,
            since: at("2026-11-21T10:00:00Z"),
            last_event_at: None,
            gaps: vec![Gap { from: at("2026-11-20T10:00:00Z"), until: at("2026-11-20T11:00:00Z") }],
            detail: "connection reset".into(),
        };
        let json: serde_json::Value = serde_json::from_str(&sources_json(&[health])).unwrap();
        insta::assert_json_snapshot!(json);
    }
}
