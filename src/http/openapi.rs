use utoipa::OpenApi;

use super::handlers::{answers, cities, documents, events, health, live, posts, push, sources};

/// The API as handlers describe themselves. The frames of a live session are described in words: OpenAPI has no
/// place for WebSocket messages.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Parvis",
        description = "Live feeds of the public posts that concern a city. Reading needs no account and sets no \
                       cookie; sending needs a secret that the city's operator has given. Errors are problem documents (RFC 9457), times are RFC 3339 in UTC.",
        license(name = "AGPL-3.0-or-later", identifier = "AGPL-3.0-or-later"),
    ),
    paths(
        cities::list,
        posts::list,
        live::open,
        events::open,
        sources::list,
        answers::show,
        push::take,
        health::alive,
        health::ready,
        health::metrics,
        documents::openapi,
        documents::security,
    )
)]
struct Api;

/// The OpenAPI document of the server's API.
pub fn openapi_json() -> String {
    Api::openapi().to_pretty_json().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::http::routes::{ROUTES, SENT_TO};

    #[test]
    fn every_route_is_documented_and_every_documented_route_exists() {
        let document: serde_json::Value = serde_json::from_str(&openapi_json()).unwrap();
        let documented: BTreeSet<&str> = document["paths"].as_object().unwrap().keys().map(String::as_str).collect();
        let routed: BTreeSet<&str> =
            ROUTES.iter().chain(&SENT_TO).map(|(path, _)| *path).filter(|path| !path.contains(".*")).collect();
        assert_eq!(documented, routed);
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let text = openapi_json();
        let document: serde_json::Value = serde_json::from_str(&text).unwrap();
        let references = text.split("\"#/").skip(1).filter_map(|rest| rest.split('"').next());
        for reference in references {
            assert!(document.pointer(&format!("/{reference}")).is_some(), "{reference}");
        }
    }

    #[test]
    fn the_document_is_as_agreed() {
        let document: serde_json::Value = serde_json::from_str(&openapi_json()).unwrap();
        insta::assert_json_snapshot!(document);
    }
}
