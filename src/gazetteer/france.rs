use serde::Deserialize;

use super::{Body, Candidate, Found, Gazetteer, GazetteerError, Place, address, atlas, has_name, outline, unreadable};

pub(super) const SERVICE: &str = "geo.api.gouv.fr";
pub(super) const SOURCE: &str = "IGN ADMIN EXPRESS, through geo.api.gouv.fr";
pub(super) const LICENCE: &str = "Licence Ouverte 2.0 (Etalab)";
const FIELDS: &str = "nom,code,codesPostaux,departement,population,epci";
/// Answers to a name: the rarest way to write a common one still has its commune among these.
const LIMIT: &str = "30";

/// A commune as the service gives it; everything but name and code may be missing (overseas collectivities).
#[derive(Debug, Deserialize)]
pub(super) struct Commune {
    pub nom: String,
    code: String,
    population: Option<u64>,
    departement: Option<Named>,
    epci: Option<Named>,
}

#[derive(Debug, Deserialize)]
struct Named {
    nom: String,
    code: String,
}

impl Gazetteer<'_> {
    /// The commune of a name, when only one has it.
    pub(super) async fn in_france(&self, name: &str) -> Result<Found, GazetteerError> {
        let mut named = self.communes(name).await?;
        named.sort_by_key(|commune| std::cmp::Reverse(commune.population));
        let exact: Vec<&Commune> = named.iter().filter(|commune| has_name(name, &commune.nom)).collect();
        if let [commune] = exact.as_slice() {
            let place = self.commune(&commune.code).await?;
            return Ok(Found::Place(Box::new(place)));
        }
        let have_this_name = !exact.is_empty();
        let listed = if have_this_name { exact } else { named.iter().collect() };
        if listed.is_empty() {
            return Ok(Found::Nothing);
        }
        Ok(Found::Candidates { candidates: listed.into_iter().map(Commune::candidate).collect(), have_this_name })
    }

    /// The commune of a code, which must have the name given. Others of that name are told as far as they are found.
    pub(super) async fn by_code(&self, name: &str, code: &str) -> Result<Place, GazetteerError> {
        let place = self.commune(code).await?;
        if !has_name(name, &place.name) {
            return Err(GazetteerError::OtherName { code: code.to_owned(), name: place.name });
        }
        // The outline is there: that homonyms can't be looked for is no reason to stop.
        let others = self.communes(name).await.unwrap_or_default();
        let others = others.iter().filter(|other| other.code != code && has_name(name, &other.nom));
        Ok(Place { homonyms: others.map(|other| format!("{} ({})", other.nom, other.region())).collect(), ..place })
    }

    pub(super) async fn communes(&self, name: &str) -> Result<Vec<Commune>, GazetteerError> {
        // Arrondissements are in the answer only when they are asked for, and are by nobody who gives no number.
        let kind = if name.contains(|letter: char| letter.is_ascii_digit()) {
            "commune-actuelle,arrondissement-municipal"
        } else {
            "commune-actuelle"
        };
        let parameters = [
            ("nom", name),
            ("fields", FIELDS),
            ("boost", "population"),
            ("limit", LIMIT),
            ("type", kind),
            ("format", "json"),
        ];
        let url = address(&self.settings.geo_api, "geo_api", &["communes"], &parameters)?;
        let body = self.ask(SERVICE, url).await?.unwrap_or_else(|| b"[]".to_vec());
        serde_json::from_slice(&body).map_err(|error| unreadable(SERVICE, &error))
    }

    async fn commune(&self, code: &str) -> Result<Place, GazetteerError> {
        let unknown = || GazetteerError::UnknownCode(code.to_owned());
        // Five characters: Corsica's have a letter.
        if code.len() != 5 || !code.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(unknown());
        }
        let mut parameters = vec![("fields", FIELDS), ("format", "geojson"), ("geometry", "contour")];
        let url = if is_arrondissement(code) {
            parameters.extend([("code", code), ("type", "arrondissement-municipal")]);
            address(&self.settings.geo_api, "geo_api", &["communes"], &parameters)?
        } else {
            address(&self.settings.geo_api, "geo_api", &["communes", code], &parameters)?
        };
        let body = self.ask(SERVICE, url).await?.ok_or_else(unknown)?;
        let document: geojson::GeoJson = serde_json::from_slice(&body).map_err(|error| unreadable(SERVICE, &error))?;
        let feature = match document {
            geojson::GeoJson::Feature(feature) => feature,
            geojson::GeoJson::FeatureCollection(list) => list.features.into_iter().next().ok_or_else(unknown)?,
            geojson::GeoJson::Geometry(_) => return Err(unreadable(SERVICE, &"a geometry without a name")),
        };
        let properties = feature.properties.map(serde_json::Value::Object).unwrap_or_default();
        let commune: Commune = serde_json::from_value(properties).map_err(|error| unreadable(SERVICE, &error))?;
        let outline = outline::polygons(feature.geometry, SERVICE, &commune.nom)?;
        let region = commune.region();
        Ok(Place {
            country: "FR".into(),
            insee: Some(commune.code.clone()),
            population: commune.population,
            region: Some(region).filter(|region| !region.is_empty()),
            around: commune.epci.map(|epci| Body { name: epci.nom, code: epci.code }),
            timezone: atlas::french_timezone(&commune.code),
            timezone_is_sure: true,
            languages: vec!["fr".into()],
            outline,
            source: SOURCE.into(),
            licence: LICENCE,
            homonyms: Vec::new(),
            name: commune.nom,
        })
    }
}

impl Commune {
    fn region(&self) -> String {
        self.departement.as_ref().map(|at| format!("{}, {}", at.nom, at.code)).unwrap_or_default()
    }

    fn candidate(&self) -> Candidate {
        Candidate {
            name: self.nom.clone(),
            region: self.region(),
            insee: Some(self.code.clone()),
            population: self.population,
            ask: self.nom.clone(),
        }
    }
}

/// Paris 75101 to 75120, Lyon 69381 to 69389, Marseille 13201 to 13216.
fn is_arrondissement(code: &str) -> bool {
    code.parse().is_ok_and(|code: u32| matches!(code, 75_101..=75_120 | 69_381..=69_389 | 13_201..=13_216))
}
