use geo::{Area, BoundingRect, MultiPolygon};

use super::soundness;

/// An outline as a GeoJSON file gives it.
pub struct Outline {
    pub polygons: MultiPolygon<f64>,
    /// Source, licence and date, when the file's properties give them.
    pub attribution: Option<String>,
}

/// Reads a Polygon, MultiPolygon, Feature or FeatureCollection in WGS 84. The error is one line with the mend.
pub fn parse(text: &str, timezone: &str) -> Result<Outline, String> {
    let document: geojson::GeoJson =
        text.parse().map_err(|error: geojson::Error| format!("not GeoJSON: {}", short(&error)))?;
    let mut polygons = Vec::new();
    let mut attribution = None;
    match document {
        geojson::GeoJson::Geometry(geometry) => polygons.extend(self::polygons(geometry)?),
        geojson::GeoJson::Feature(feature) => take(feature, &mut polygons, &mut attribution)?,
        geojson::GeoJson::FeatureCollection(collection) => {
            for feature in collection.features {
                take(feature, &mut polygons, &mut attribution)?;
            }
        }
    }
    let polygons = MultiPolygon::new(polygons);
    check(&polygons, timezone)?;
    Ok(Outline { polygons, attribution })
}

fn take(
    feature: geojson::Feature,
    polygons: &mut Vec<geo::Polygon<f64>>,
    attribution: &mut Option<String>,
) -> Result<(), String> {
    let property = |name: &str| feature.property(name).and_then(|value| value.as_str()).map(str::to_owned);
    if attribution.is_none()
        && let (Some(source), Some(licence)) = (property("source"), property("licence"))
    {
        *attribution =
            Some([Some(source), Some(licence), property("date")].into_iter().flatten().collect::<Vec<_>>().join(" · "));
    }
    // Official files hold features without geometry; they add nothing.
    polygons.extend(feature.geometry.map(self::polygons).transpose()?.into_iter().flatten());
    Ok(())
}

/// The polygons of a geometry, unchecked but for their form.
pub fn polygons(geometry: geojson::Geometry) -> Result<MultiPolygon<f64>, String> {
    // The library takes a position of one number and panics when it looks for the second.
    let whole = |rings: &Vec<Vec<geojson::Position>>| rings.iter().flatten().all(|position| position.len() >= 2);
    let all_whole = match &geometry.value {
        geojson::GeometryValue::Polygon { coordinates } => whole(coordinates),
        geojson::GeometryValue::MultiPolygon { coordinates } => coordinates.iter().all(whole),
        _ => return Err("an outline is a Polygon or a MultiPolygon, not points or lines".into()),
    };
    if !all_whole {
        return Err("a position of fewer than two numbers: GeoJSON writes [longitude, latitude]".into());
    }
    let geometry = geo::Geometry::<f64>::try_from(geometry);
    Ok(match geometry.map_err(|error| format!("not a geometry: {}", short(&error)))? {
        geo::Geometry::Polygon(polygon) => MultiPolygon::new(vec![polygon]),
        geo::Geometry::MultiPolygon(many) => many,
        _ => MultiPolygon::new(Vec::new()),
    })
}

/// The library's words, which may quote the whole file.
fn short(error: &dyn std::fmt::Display) -> String {
    error.to_string().chars().take(200).collect()
}

fn check(polygons: &MultiPolygon<f64>, timezone: &str) -> Result<(), String> {
    let Some(bounds) = polygons.bounding_rect() else {
        return Err("the outline is empty".into());
    };
    let (min, max) = (bounds.min(), bounds.max());
    let inside = |x0: f64, x1: f64, y0: f64, y1: f64| min.x >= x0 && max.x <= x1 && min.y >= y0 && max.y <= y1;
    let swapped = "longitude and latitude look swapped: GeoJSON writes [longitude, latitude]";
    if !inside(-180.0, 180.0, -90.0, 90.0) {
        return Err(if min.x >= -90.0 && max.x <= 90.0 && min.y >= -180.0 && max.y <= 180.0 {
            swapped.into()
        } else {
            "coordinates are not degrees: export the file in WGS 84 (EPSG:4326)".into()
        });
    }
    // A swapped outline is usually in range too, but on another continent than the city's time zone.
    if let Some((x0, x1, y0, y1)) = region(timezone) {
        let straight = inside(x0, x1, y0, y1);
        let turned = min.y >= x0 && max.y <= x1 && min.x >= y0 && max.x <= y1;
        if !straight && turned {
            return Err(swapped.into());
        }
    }
    soundness::check(polygons)?;
    if polygons.unsigned_area() == 0.0 {
        return Err("the outline has no area".into());
    }
    Ok(())
}

/// The box (west, east, south, north) of the continent an IANA time zone belongs to.
fn region(timezone: &str) -> Option<(f64, f64, f64, f64)> {
    Some(match timezone.split('/').next()? {
        "Europe" => (-25.0, 70.0, 34.0, 82.0),
        "America" => (-180.0, -20.0, -57.0, 84.0),
        "Africa" => (-26.0, 58.0, -36.0, 38.0),
        "Asia" => (25.0, 180.0, -12.0, 82.0),
        "Australia" => (110.0, 160.0, -45.0, -9.0),
        _ => return None,
    })
}

/// Area in km², on a plane tangent at the outline's middle: good to a percent at the size of a town.
pub fn square_kilometres(polygons: &MultiPolygon<f64>) -> f64 {
    const KM_PER_DEGREE: f64 = 111.32;
    let Some(bounds) = polygons.bounding_rect() else { return 0.0 };
    let middle = bounds.center().y;
    polygons.unsigned_area() * KM_PER_DEGREE * KM_PER_DEGREE * middle.to_radians().cos()
}
