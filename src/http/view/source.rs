use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::{Gap, SourceHealth, SourceState, Timestamp, Usual, Volume};

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
    /// When the last post that is shown came over its network, or from its site.
    #[schema(required)]
    last_post_at: Option<String>,
    /// The part of the city's posts of the last four weeks that its network, or its site, brought: 0 to 1, null while there
    /// are fewer than ten.
    #[schema(required)]
    usual_share: Option<f64>,
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
pub fn sources_json(health: &[SourceHealth], volumes: &[Volume]) -> String {
    to_json(&views(health, volumes))
}

fn views<'a>(health: &'a [SourceHealth], volumes: &[Volume]) -> Vec<SourceView<'a>> {
    health.iter().map(|health| SourceView::new(health, Usual::of(health, volumes))).collect()
}

impl<'a> SourcesView<'a> {
    pub fn new(health: &'a [SourceHealth], volumes: &[Volume]) -> Self {
        Self { sources: views(health, volumes) }
    }
}

impl<'a> SourceView<'a> {
    fn new(health: &'a SourceHealth, usual: Usual) -> Self {
        Self {
            source: health.source.as_str(),
            network: health.network.as_str(),
            state: health.state.as_str(),
            state_text: plain(health.state),
            since: health.since.to_rfc3339(),
            last_event_at: health.last_event_at.map(Timestamp::to_rfc3339),
            last_post_at: usual.last_at.map(Timestamp::to_rfc3339),
            // Two digits: more would be more than four weeks can tell.
            usual_share: usual.share.map(|share| (share * 100.0).round() / 100.0),
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
    use crate::domain::{Network, SourceId};

    #[test]
    fn health_in_the_words_of_the_contract() {
        let at = |text| Timestamp::parse_rfc3339(text).unwrap();
        let health = SourceHealth {
            source: SourceId::new("bluesky"),
            network: Network::Bluesky,
            cities: None,
            polled: false,
            state: SourceState::CatchingUp,
            since: at("2026-11-21T10:00:00Z"),
            last_event_at: None,
            gaps: vec![Gap { from: at("2026-11-20T10:00:00Z"), until: at("2026-11-20T11:00:00Z") }],
            detail: "connection reset".into(),
        };
        let volumes =
            [Volume { network: Network::Bluesky, site: None, posts: 17, last_at: at("2026-11-21T09:58:00Z") }];
        let json: serde_json::Value = serde_json::from_str(&sources_json(&[health], &volumes)).unwrap();
        insta::assert_json_snapshot!(json);
    }
}
