use geo::{BoundingRect, CoordsIter, MapCoords, MultiPolygon, Point, RemoveRepeatedPoints, Simplify};
use serde_json::{Map, Value, json};

use super::{GazetteerError, unreadable};
use crate::config::{check_outline, outline_polygons};

/// Largest outline that is written, in bytes: some ten thousand points. It is read and checked at every start.
const BYTES_MAX: usize = 256 * 1024;
/// Digits after the point: a tenth of a metre, finer than any service draws.
const DIGITS: i32 = 6;
/// Degrees by which a line may move when an outline must be simplified: a metre, and each further time twice as much.
const SIMPLIFY_FROM: f64 = 1e-5;
const SIMPLIFY_STEPS: i32 = 10;

/// Whether a geometry encloses anything, as a point does not.
pub fn is_drawn(geometry: &geojson::Geometry) -> bool {
    matches!(geometry.value, geojson::GeometryValue::Polygon { .. } | geojson::GeometryValue::MultiPolygon { .. })
}

/// The polygons of a place's geometry, as a service answered it.
pub fn polygons(
    geometry: Option<geojson::Geometry>,
    service: &str,
    name: &str,
) -> Result<MultiPolygon<f64>, GazetteerError> {
    let no_outline = || GazetteerError::NoOutline { service: service.to_owned(), name: name.to_owned() };
    let geometry = geometry.filter(is_drawn).ok_or_else(no_outline)?;
    let polygons = outline_polygons(geometry).map_err(|reason| unreadable(service, &reason))?;
    if polygons.coords_count() > 0 { Ok(polygons) } else { Err(no_outline()) }
}

/// The middle of the box around an outline.
pub fn middle(polygons: &MultiPolygon<f64>) -> Point<f64> {
    polygons.bounding_rect().map(|bounds| bounds.center().into()).unwrap_or_default()
}

/// The text of a GeoJSON file with one feature. Coordinates have as many digits as matter; an outline that is too
/// large to be read at every start is simplified until it isn't. Returns also the vertices it had and has.
pub fn feature(polygons: &MultiPolygon<f64>, properties: Map<String, Value>) -> (String, usize, usize) {
    let before = polygons.coords_count();
    let mut best = rounded(polygons, DIGITS);
    let mut text = written(&best, &properties);
    for step in 0..SIMPLIFY_STEPS {
        if text.len() <= BYTES_MAX {
            break;
        }
        let simpler = rounded(&polygons.simplify(SIMPLIFY_FROM * f64::from(2_u32).powi(step)), DIGITS);
        if check_outline(&simpler).is_ok() {
            text = written(&simpler, &properties);
            best = simpler;
        }
    }
    (text, before, best.coords_count())
}

/// Rounded coordinates without repeated ones. Rounding can make a line touch itself where it nearly did before: then
/// one digit more is kept.
fn rounded(polygons: &MultiPolygon<f64>, digits: i32) -> MultiPolygon<f64> {
    let scale = 10_f64.powi(digits);
    let round = |value: f64| (value * scale).round() / scale;
    let rounded = polygons.map_coords(|at| geo::Coord { x: round(at.x), y: round(at.y) }).remove_repeated_points();
    let may_be_finer = digits < DIGITS + 2 && check_outline(polygons).is_ok();
    if may_be_finer && check_outline(&rounded).is_err() { self::rounded(polygons, digits + 1) } else { rounded }
}

fn written(polygons: &MultiPolygon<f64>, properties: &Map<String, Value>) -> String {
    let geometry = match polygons.0.as_slice() {
        [polygon] => geojson::Geometry::from(polygon),
        _ => geojson::Geometry::from(polygons),
    };
    let feature = json!({ "type": "Feature", "properties": properties, "geometry": geometry });
    format!("{feature}\n")
}

#[cfg(test)]
mod tests {
    use geo::{Area, LineString, Polygon};

    use super::*;

    /// A round town with a wavy edge of `count` vertices.
    fn round_town(count: u32) -> MultiPolygon<f64> {
        let at = |number: u32| {
            let angle = std::f64::consts::TAU * f64::from(number) / f64::from(count);
            let radius = 0.1 + 0.001 * (angle * 40.0).sin();
            (2.0 + radius * angle.cos(), 47.0 + radius * angle.sin())
        };
        MultiPolygon::new(vec![Polygon::new(LineString::from_iter((0..count).map(at)), vec![])])
    }

    #[test]
    fn coordinates_have_six_digits_and_nothing_is_left_out_of_a_small_outline() {
        let town = round_town(500);
        let (text, before, after) = feature(&town, Map::from_iter([("name".to_owned(), json!("Ville"))]));
        assert_eq!((before, after), (501, 501));
        let digits =
            text.split([',', '[', ']']).filter_map(|number| number.split_once('.')).map(|(_, digits)| digits.len());
        assert_eq!(digits.max(), Some(6));
        assert!(text.starts_with(r#"{"geometry":{"#) || text.contains(r#""name":"Ville""#), "{}", &text[..80]);
    }

    #[test]
    fn h2_a_huge_outline_is_simplified_and_stays_itself() {
        let town = round_town(20_000);
        let (text, before, after) = feature(&town, Map::new());
        assert!(text.len() <= BYTES_MAX && after < before, "{} bytes, {after} of {before}", text.len());
        let geojson::GeoJson::Feature(read) = text.parse().unwrap() else { panic!("no feature") };
        let read = polygons(read.geometry, "Service", "Ville").unwrap();
        assert_eq!(check_outline(&read), Ok(()));
        assert!((read.unsigned_area() / town.unsigned_area() - 1.0).abs() < 1e-3);
    }

    #[test]
    fn h1_what_is_no_outline_is_told_and_no_panic() {
        let read = |text: &str| polygons(text.parse().ok(), "Service", "Ville");
        for nothing in [
            r#"{"type":"Point","coordinates":[1,2]}"#,
            r#"{"type":"MultiPolygon","coordinates":[]}"#,
            r#"{"type":"Polygon","coordinates":[[]]}"#,
        ] {
            assert!(matches!(read(nothing), Err(GazetteerError::NoOutline { .. })), "{nothing}");
        }
        for short in [
            r#"{"type":"Polygon","coordinates":[[[1],[2],[3],[1]]]}"#,
            r#"{"type":"MultiPolygon","coordinates":[[[[1,2],[],[3,4],[1,2]]]]}"#,
        ] {
            assert!(matches!(read(short), Err(GazetteerError::Unreadable { .. })), "{short}");
        }
    }
}
