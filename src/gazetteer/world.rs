use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Candidate, Found, Gazetteer, GazetteerError, Place, address, atlas, has_name, outline, unreadable};

const SERVICE: &str = "Nominatim";
const LICENCE: &str = "Open Database Licence (ODbL) 1.0";
/// Degrees by which an outline may be simplified when the whole answer is larger than we read: about a hundred metres.
const COARSE: &str = "0.001";

/// What the service found. Ids are numbers or strings, by version.
#[derive(Debug, Deserialize)]
struct Row {
    osm_type: Option<String>,
    osm_id: Option<serde_json::Value>,
    category: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    addresstype: Option<String>,
    name: Option<String>,
    #[serde(default)]
    display_name: String,
    #[serde(default)]
    address: BTreeMap<String, String>,
    #[serde(default)]
    extratags: Option<BTreeMap<String, String>>,
    geojson: Option<geojson::Geometry>,
}

/// What a municipality is called in an address. A district or a state of the same name is something else.
const MUNICIPAL: [&str; 9] =
    ["city", "town", "village", "municipality", "hamlet", "borough", "suburb", "city_district", "commune"];

impl Gazetteer<'_> {
    /// The municipality of a name, when only one has it.
    pub(super) async fn in_the_world(&self, name: &str, country: Option<&str>) -> Result<Found, GazetteerError> {
        let rows = self.rows(name, country).await?;
        let asked_for = name.split(',').next().unwrap_or(name);
        let is_meant = |row: &&Row| row.is_municipality() && has_name(asked_for, row.name());
        let mut meant: Vec<&Row> = rows.iter().filter(is_meant).collect();
        // A whole address is one place, whatever else begins with its name.
        if let Some(whole) = meant.iter().position(|row| has_name(name, &row.display_name)) {
            meant = vec![meant.swap_remove(whole)];
        }
        let outlined: Vec<&&Row> = meant.iter().filter(|row| row.has_outline()).collect();
        match (outlined.as_slice(), meant.as_slice()) {
            ([row], _) => row.place(),
            ([], [row, ..]) => {
                Err(GazetteerError::NoOutline { service: SERVICE.into(), name: row.display_name.clone() })
            }
            ([], []) => {
                let near = rows.iter().filter(|row| row.is_municipality() && row.has_outline());
                let candidates: Vec<Candidate> = near.map(Row::candidate).collect();
                Ok(if candidates.is_empty() {
                    Found::Nothing
                } else {
                    Found::Candidates { candidates, have_this_name: false }
                })
            }
            (several, _) => Ok(Found::Candidates {
                candidates: several.iter().map(|row| row.candidate()).collect(),
                have_this_name: true,
            }),
        }
    }

    async fn rows(&self, name: &str, country: Option<&str>) -> Result<Vec<Row>, GazetteerError> {
        let mut parameters = vec![
            ("q", name),
            ("format", "jsonv2"),
            ("polygon_geojson", "1"),
            ("addressdetails", "1"),
            ("extratags", "1"),
            ("limit", "5"),
        ];
        parameters.extend(country.map(|country| ("countrycodes", country)));
        let whole = self.row_answer(&parameters).await;
        let body = match whole {
            Err(GazetteerError::Unreadable { .. }) => {
                parameters.push(("polygon_threshold", COARSE));
                self.row_answer(&parameters).await?
            }
            other => other?,
        };
        let rows: Vec<serde_json::Value> =
            serde_json::from_slice(&body).map_err(|error| unreadable(SERVICE, &error))?;
        // A row that is unlike the documented ones is no municipality.
        Ok(rows.into_iter().filter_map(|row| serde_json::from_value(row).ok()).collect())
    }

    async fn row_answer(&self, parameters: &[(&str, &str)]) -> Result<Vec<u8>, GazetteerError> {
        tokio::time::sleep(self.pause).await;
        let url = address(&self.settings.nominatim, "nominatim", &["search"], parameters)?;
        Ok(self.ask(SERVICE, url).await?.unwrap_or_else(|| b"[]".to_vec()))
    }
}

impl Row {
    fn name(&self) -> &str {
        let first = self.display_name.split(',').next().unwrap_or_default();
        self.name.as_deref().filter(|name| !name.is_empty()).unwrap_or(first).trim()
    }

    /// A boundary, or the point of a place whose boundary nobody has drawn.
    fn is_municipality(&self) -> bool {
        let is_boundary =
            self.category.as_deref() == Some("boundary") && self.kind.as_deref() == Some("administrative");
        let is_place = self.category.as_deref() == Some("place");
        let called = self.addresstype.as_deref().or(self.kind.as_deref().filter(|_| is_place));
        (is_boundary || is_place) && called.is_none_or(|called| MUNICIPAL.contains(&called))
    }

    fn has_outline(&self) -> bool {
        self.geojson.as_ref().is_some_and(outline::is_drawn)
    }

    fn country(&self) -> String {
        self.address.get("country_code").map(|code| code.to_uppercase()).unwrap_or_default()
    }

    fn region(&self) -> String {
        self.display_name.split(',').skip(1).map(str::trim).collect::<Vec<_>>().join(", ")
    }

    fn population(&self) -> Option<u64> {
        self.extratags.as_ref()?.get("population")?.parse().ok()
    }

    fn candidate(&self) -> Candidate {
        Candidate {
            name: self.name().to_owned(),
            region: self.region(),
            insee: None,
            population: self.population(),
            ask: self.display_name.clone(),
        }
    }

    fn place(&self) -> Result<Found, GazetteerError> {
        let outline = outline::polygons(self.geojson.clone(), SERVICE, &self.display_name)?;
        let country = self.country();
        let part = self.address.get("ISO3166-2-lvl4").or_else(|| self.address.get("ISO3166-2-lvl6"));
        let zone = atlas::timezone(&country, outline::middle(&outline));
        let id = self.osm_id.as_ref().map(|id| id.to_string().trim_matches('"').to_owned()).unwrap_or_default();
        let insee = self.extratags.as_ref().and_then(|tags| tags.get("ref:INSEE").cloned());
        Ok(Found::Place(Box::new(Place {
            name: self.name().to_owned(),
            timezone: insee.as_deref().map_or(zone.name, atlas::french_timezone),
            timezone_is_sure: zone.is_sure || insee.is_some(),
            insee,
            population: self.population(),
            region: self.address.get("state").or_else(|| self.address.get("county")).cloned(),
            around: None,
            languages: atlas::languages(&country, part.map(String::as_str)),
            country,
            outline,
            source: format!("© OpenStreetMap contributors ({} {id})", self.osm_type.as_deref().unwrap_or("object")),
            licence: LICENCE,
            homonyms: Vec::new(),
        })))
    }
}
