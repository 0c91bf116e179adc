//! What it means that a relay declines, and how that is told.
//!
//! Owns the reading of the reasons that relays give (NIP-01, 42). Does not own what is done about it (`life`).
//! Invariant: what is shown of somebody else's words is one line, and bounded.

use std::time::Duration;

use crate::ingest::SourceError;

/// How long a relay that is asked too much is left alone.
const PATIENCE: Duration = Duration::from_secs(60);
/// Letters of a relay's own words.
const REASON_CHARS: usize = 150;

pub fn is_too_many(reason: &str) -> bool {
    let lower = reason.to_lowercase();
    lower.contains("too many") && ["subscription", "req"].iter().any(|what| lower.contains(what))
}

/// Whether a relay declines us, and not this question.
pub fn is_unwelcome(reason: &str) -> bool {
    ["auth-required", "rate-limited"].iter().any(|prefix| reason.starts_with(prefix))
}

/// What it means that a relay ends a subscription (NIP-01, 42).
pub fn declined(reason: &str) -> SourceError {
    let prefix = reason.split(':').next().unwrap_or_default().trim();
    match prefix {
        "auth-required" => SourceError::Refused {
            reason: "the relay lets only those read who sign in, which Parvis does not".into(),
            after: None,
        },
        "restricted" | "blocked" | "mute" | "pow" => {
            SourceError::Refused { reason: format!("the relay declines: {}", plain(reason)), after: None }
        }
        "rate-limited" => {
            let reason = format!("the relay is asked too often: {}", plain(reason));
            SourceError::Refused { reason, after: Some(PATIENCE) }
        }
        _ => SourceError::Retry { reason: format!("the relay ended a subscription: {}", plain(reason)), after: None },
    }
}

/// Somebody else's words, as they may be shown.
pub fn plain(reason: &str) -> String {
    let words = reason.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    let shown: String = words.collect::<Vec<_>>().join(" ").chars().take(REASON_CHARS).collect();
    if shown.is_empty() { "no reason given".to_owned() } else { shown }
}
