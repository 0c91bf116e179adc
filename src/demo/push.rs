//! Services that send notices to two of the cities by themselves, signed, over the demonstration's own address.
//!
//! Owns the notices, and when each is sent, changed and taken back. Does not own the route or the signature. Invariant: no
//! service and no notice of it exists outside the demonstration.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use crate::clock::Clock;
use crate::domain::{Lane, OfficialKind, PushSender, SecretPlace};
use crate::ingest::sources::push::sign;
use crate::shutdown::Shutdown;

/// City, who sends, id, hours until it ends, text; and what it says a minute later, `None` when it is taken back then.
type Notice = (&'static str, &'static str, &'static str, i64, &'static str, Option<&'static str>);

const NANTES: &str = "Astreinte voirie (démonstration)";
const LE_PELLERIN: &str = "Service de l’eau (démonstration)";

const NOTICES: [Notice; 4] = [
    (
        "nantes",
        NANTES,
        "boulevard-1",
        8,
        "Arbre tombé boulevard de Doulon : une voie fermée, les bus passent.",
        Some("Boulevard de Doulon : l’arbre est enlevé, la voie rouvre avant 18 h."),
    ),
    (
        "nantes",
        NANTES,
        "passerelle-2",
        36,
        "Passerelle Victor-Schœlcher verglacée : préférez le pont Anne-de-Bretagne ce matin.",
        None,
    ),
    (
        "le-pellerin",
        LE_PELLERIN,
        "fuite-1",
        12,
        "Fuite rue de la Jouardais : eau coupée jusqu’à ce soir, bouteilles à la mairie.",
        Some("Rue de la Jouardais : l’eau revient, laissez couler une minute."),
    ),
    (
        "le-pellerin",
        LE_PELLERIN,
        "releve-2",
        96,
        "Relevé des compteurs mardi et mercredi, quartier de la Cale. Un mot dans la boîte suffit si vous n’êtes pas là.",
        Some(
            "Relevé des compteurs mardi seulement, quartier de la Cale. Un mot dans la boîte suffit si vous n’êtes pas là.",
        ),
    ),
];

/// Where the first word is given, and how long until the second.
const AFTER: Duration = Duration::from_secs(2);
const UNTIL_CHANGED: Duration = Duration::from_secs(60);

/// The senders of a city, for its configuration.
pub fn of(city: &str, secret: &SecretPlace) -> Vec<PushSender> {
    let (key, name) = match city {
        "nantes" => ("voirie", NANTES),
        "le-pellerin" => ("eau", LE_PELLERIN),
        _ => return Vec::new(),
    };
    vec![PushSender {
        key: key.to_owned(),
        name: name.to_owned(),
        kind: OfficialKind::Service,
        lane: Lane::Info,
        secrets: vec![secret.clone()],
        per_hour: 200,
    }]
}

/// Sends every notice, and a minute later what has become of it. What is refused is told on the terminal, for it is ours.
pub async fn perform(to: SocketAddr, key: Vec<u8>, clock: Arc<dyn Clock>, shutdown: Shutdown) {
    let client = reqwest::Client::new();
    for (round, pause) in [AFTER, UNTIL_CHANGED].into_iter().enumerate() {
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = shutdown.triggered() => return,
        }
        for city in ["nantes", "le-pellerin"] {
            let posts: Vec<_> = NOTICES
                .iter()
                .filter(|notice| notice.0 == city)
                .map(|(_, _, id, hours, text, later)| {
                    let now = clock.now();
                    let text = if round == 0 { Some(*text) } else { *later };
                    let ends_at = now.plus_seconds(hours * 3_600).to_rfc3339();
                    match text {
                        Some(text) => json!({ "id": id, "text": text, "lang": "fr", "created_at": now.to_rfc3339(),
                            "updated_at": now.to_rfc3339(), "ends_at": ends_at }),
                        None => json!({ "id": id, "deleted": true }),
                    }
                })
                .collect();
            let body = json!({ "posts": posts }).to_string();
            let (message, at) = (format!("{city}-{round}"), (clock.now().as_micros() / 1_000_000).to_string());
            let request = client
                .post(format!("http://{to}/api/v1/cities/{city}/push"))
                .header("content-type", "application/json")
                .header("webhook-signature", sign(&key, &message, &at, body.as_bytes()))
                .header("webhook-id", message)
                .header("webhook-timestamp", at)
                .body(body);
            match request.send().await {
                Ok(answer) if answer.status().is_success() => {}
                Ok(answer) => tracing::warn!(status = answer.status().as_u16(), city, "Notices were not taken."),
                Err(error) => tracing::warn!(%error, city, "Notices could not be sent."),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_notice_has_its_sender() {
        for (city, name, id, hours, text, later) in NOTICES {
            let senders = of(city, &SecretPlace::Env("NONE".into()));
            assert!(senders.iter().any(|sender| sender.name == name), "{city}");
            assert!(hours > 0 && !text.is_empty() && later != Some(text) && !id.contains(' '));
        }
    }
}
