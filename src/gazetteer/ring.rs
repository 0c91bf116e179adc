use geo::{Distance, Haversine, MultiPolygon, Point};
use serde::Deserialize;

use super::france::{LICENCE, SERVICE, SOURCE};
use super::{Body, Gazetteer, GazetteerError, Place, address, has_name, outline, unreadable};

/// Neighbours whose names are looked at, nearest first. Each costs a question, so that no other commune has its name.
const NEIGHBOURS_MAX: usize = 8;
/// A neighbour of more than so many times a town's people would drown it: Nantes beside Le Pellerin.
const LARGER_MAX: u64 = 10;

/// What lies around a commune: the body that it forms with its neighbours.
#[derive(Clone, Debug, PartialEq)]
pub struct Ring {
    pub name: String,
    pub outline: MultiPolygon<f64>,
    /// Names that no other commune has, nearest first.
    pub neighbours: Vec<String>,
    pub source: String,
    pub licence: &'static str,
}

#[derive(Debug, Deserialize)]
struct Neighbour {
    nom: String,
    code: String,
    population: Option<u64>,
}

impl Gazetteer<'_> {
    /// The ring of a French commune that belongs to a body; `None` for any other place.
    pub async fn ring(&self, place: &Place, told: impl Fn(&str)) -> Result<Option<Ring>, GazetteerError> {
        let Some(body) = &place.around else { return Ok(None) };
        told("Asking geo.api.gouv.fr for its neighbours …");
        let Some(outline) = self.outline_of(body).await? else { return Ok(None) };
        let mut neighbours = Vec::new();
        for name in self.neighbours(place, body).await? {
            told(&format!("Asking geo.api.gouv.fr whether there is one {name} only …"));
            if self.is_the_only(&name).await? {
                neighbours.push(name);
            }
        }
        Ok(Some(Ring { name: body.name.clone(), outline, neighbours, source: SOURCE.into(), licence: LICENCE }))
    }

    async fn outline_of(&self, body: &Body) -> Result<Option<MultiPolygon<f64>>, GazetteerError> {
        let parameters = [("fields", "nom,code"), ("format", "geojson"), ("geometry", "contour")];
        let url = address(&self.settings.geo_api, "geo_api", &["epcis", &body.code], &parameters)?;
        let Some(text) = self.ask(SERVICE, url).await? else { return Ok(None) };
        let feature: geojson::Feature = serde_json::from_slice(&text).map_err(|error| unreadable(SERVICE, &error))?;
        outline::polygons(feature.geometry, SERVICE, &body.name).map(Some)
    }

    /// The nearest communes of the body that would not drown this one.
    async fn neighbours(&self, place: &Place, body: &Body) -> Result<Vec<String>, GazetteerError> {
        let parameters = [("fields", "nom,code,population"), ("format", "geojson"), ("geometry", "centre")];
        let url = address(&self.settings.geo_api, "geo_api", &["epcis", &body.code, "communes"], &parameters)?;
        let text =
            self.ask(SERVICE, url).await?.unwrap_or_else(|| br#"{"type":"FeatureCollection","features":[]}"#.to_vec());
        let list: geojson::FeatureCollection =
            serde_json::from_slice(&text).map_err(|error| unreadable(SERVICE, &error))?;
        let here = outline::middle(&place.outline);
        let largest = place.population.map(|people| people.saturating_mul(LARGER_MAX));
        let mut near: Vec<(f64, String)> = Vec::new();
        for feature in list.features {
            let properties = feature.properties.map(serde_json::Value::Object).unwrap_or_default();
            let Ok(neighbour) = serde_json::from_value::<Neighbour>(properties) else { continue };
            let is_itself = place.insee.as_deref() == Some(neighbour.code.as_str());
            let drowns = largest.is_some_and(|largest| neighbour.population.is_some_and(|people| people > largest));
            let Some(at) = feature.geometry.as_ref().and_then(point) else { continue };
            if !is_itself && !drowns {
                near.push((Haversine.distance(here, at), neighbour.nom));
            }
        }
        near.sort_by(|a, b| a.0.total_cmp(&b.0));
        Ok(near.into_iter().map(|(_, name)| name).take(NEIGHBOURS_MAX).collect())
    }

    async fn is_the_only(&self, name: &str) -> Result<bool, GazetteerError> {
        let named = self.communes(name).await?;
        Ok(named.iter().filter(|other| has_name(name, &other.nom)).count() == 1)
    }
}

fn point(geometry: &geojson::Geometry) -> Option<Point<f64>> {
    match &geometry.value {
        geojson::GeometryValue::Point { coordinates } => match coordinates.as_slice() {
            [lon, lat, ..] => Some(Point::new(*lon, *lat)),
            _ => None,
        },
        _ => None,
    }
}
