//! A person's profile: kind 0 (NIP-01, 24).

use serde_json::{Map, Value};

use super::{author, bounded, labels};
use crate::domain::{AuthorProfile, Network};
use crate::ingest::sources::nostr::event::Signed;
use crate::ingest::sources::nostr::nip19;

/// The label by which an account says that it is automated (L-10).
const AUTOMATED: &str = "bot";

/// `None` when the content is no object: of such a profile nothing is known, not even that it objects to nothing.
pub fn read(event: &Signed<'_>) -> Option<AuthorProfile> {
    let content: Map<String, Value> = serde_json::from_str(&event.content).ok()?;
    let text = |key: &str| content.get(key).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
    let labels = labels(event);
    let says_bot = content.get("bot").and_then(Value::as_bool).unwrap_or(false);
    Some(AuthorProfile {
        handle: nip19::npub(&event.pubkey),
        name: text("display_name").or_else(|| text("displayName")).or_else(|| text("name")).map(bounded),
        bio: text("about").map(bounded).unwrap_or_default(),
        automated: says_bot || labels.iter().any(|label| label.value == AUTOMATED),
        labels,
        ..AuthorProfile::assumed(author(event), Network::Nostr)
    })
}
