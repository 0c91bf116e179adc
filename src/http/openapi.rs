use serde_json::{Value, json};
use utoipa::OpenApi;

use super::desk;
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
    let mut document = serde_json::to_value(Api::openapi()).unwrap_or_default();
    if let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) {
        for route in desk::ROUTES {
            let method = if route.sends { "post" } else { "get" };
            let described = paths.entry(route.path).or_insert_with(|| json!({}));
            if let Some(described) = described.as_object_mut() {
                described.insert(method.to_owned(), described_route(route));
            }
        }
    }
    serde_json::to_string_pretty(&document).unwrap_or_default()
}

/// An address of the desk: an HTML page, or a form that is sent to one.
fn described_route(route: &desk::Route) -> Value {
    let right = match route.need {
        desk::Need::Nobody => "nobody",
        desk::Need::Half => "half",
        desk::Need::Signed => "signed",
        desk::Need::Right(right) => right.as_str(),
    };
    let mut described = json!({
        "tags": ["desk"],
        "summary": route.does,
        "x-needs": right,
        "responses": {
            "200": { "description": "A page." },
            "303": { "description": "Leads to the page that shows what came of it, or to signing in." },
            "403": { "description": "Not with these roles in this city, or a form of another page." },
        },
    });
    if let Some(described) = described.as_object_mut() {
        let names = route.path.split('{').skip(1).filter_map(|rest| rest.split('}').next());
        let parameter = |name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } });
        let parameters: Vec<Value> = names.map(parameter).collect();
        if !parameters.is_empty() {
            described.insert("parameters".into(), Value::Array(parameters));
        }
        if route.sends {
            let form =
                json!({ "type": "object", "required": ["token"], "properties": { "token": { "type": "string" } } });
            let body = json!({ "content": { "application/x-www-form-urlencoded": { "schema": form } } });
            described.insert("requestBody".into(), body);
        }
    }
    described
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
        let routed = ROUTES.iter().chain(&SENT_TO).map(|(path, _)| *path).filter(|path| !path.contains(".*"));
        let routed: BTreeSet<&str> = routed.chain(desk::ROUTES.iter().map(|route| route.path)).collect();
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

    /// L-41: areas are the city's zones; nobody asks for a shape that they draw.
    #[test]
    fn l41_nothing_is_asked_by_a_place_that_the_asker_chooses() {
        let document: serde_json::Value = serde_json::from_str(&openapi_json()).unwrap();
        let mut asked = BTreeSet::new();
        let mut within = vec![&document["paths"], &document["components"]["parameters"]];
        while let Some(value) = within.pop() {
            if let (Some(name), Some("query" | "path")) = (value["name"].as_str(), value["in"].as_str()) {
                asked.insert(name.to_owned());
            }
            within.extend(value.as_object().into_iter().flat_map(serde_json::Map::values));
            within.extend(value.as_array().into_iter().flatten());
        }
        let shapes = [
            "radius",
            "polygon",
            "bbox",
            "bounds",
            "lat",
            "lon",
            "lng",
            "latitude",
            "longitude",
            "near",
            "within",
            "geohash",
        ];
        assert!(asked.contains("zone"), "{asked:?}");
        assert!(shapes.iter().all(|shape| !asked.contains(*shape)), "{asked:?}");
    }

    #[test]
    fn the_document_is_as_agreed() {
        let document: serde_json::Value = serde_json::from_str(&openapi_json()).unwrap();
        insta::assert_json_snapshot!(document);
    }
}
