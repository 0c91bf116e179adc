//! What a field of a record says, in whatever form its portal holds it.
//!
//! Owns the forms of texts, times, points and of a yes. Does not own which field is asked. Invariant: a value of another
//! form is as if it were absent.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use serde_json::Value;

use crate::domain::{Timestamp, fold_tag};
use crate::ingest::listing::LonLat;

/// Elements of a list that are looked at.
const LIST_MAX: usize = 1_000;
/// Nesting of lists of coordinates; an outline of several parts has four.
const OUTLINE_DEPTH_MAX: usize = 6;
/// Words by which a record says of itself that it is off, folded.
const CANCELLED: [&str; 10] =
    ["annule", "annulee", "cancelled", "canceled", "true", "oui", "yes", "supprime", "supprimee", "abgesagt"];

/// A value that some portals hold as text of itself.
pub fn unfolded(value: Value) -> Value {
    match &value {
        Value::String(text) if text.trim_start().starts_with(['{', '[']) => {
            serde_json::from_str(text).ok().filter(|inner: &Value| !inner.is_string()).unwrap_or(value)
        }
        _ => value,
    }
}

/// As words: of several languages the first that there is, French before others.
pub fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        Value::Object(by_language) => by_language
            .get("fr")
            .into_iter()
            .chain(by_language.values())
            .find_map(|value| value.as_str().map(str::to_owned)),
        Value::Array(items) => {
            let texts: Vec<&str> = items.iter().take(LIST_MAX).filter_map(Value::as_str).collect();
            (!texts.is_empty()).then(|| texts.join(", "))
        }
        Value::Null | Value::Bool(_) => None,
    }
}

pub fn tags(value: &Value, most: usize) -> Vec<String> {
    let words = |text: &str| text.split([',', ';']).map(|tag| tag.trim().to_owned()).collect::<Vec<_>>();
    let tags: Vec<String> = match value {
        Value::String(text) => words(text),
        Value::Array(items) => items.iter().take(LIST_MAX).filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    };
    tags.into_iter().filter(|tag| !tag.is_empty()).take(most).collect()
}

/// Which end of a day is meant where only a day is given.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Edge {
    Begin,
    End,
}

/// A time with an offset, or one in `zone`.
pub fn time(value: &Value, edge: Edge, zone: &TimeZone) -> Option<Timestamp> {
    let text = value.as_str()?.trim();
    if let Some(at) = Timestamp::parse_rfc3339(text) {
        return Some(at);
    }
    let local = match text.parse::<DateTime>() {
        Ok(local) if text.len() > 10 => local,
        _ => {
            let day = text.replace('/', "-").parse::<Date>().ok()?;
            let day = if edge == Edge::End { day.tomorrow().ok()? } else { day };
            day.to_datetime(jiff::civil::Time::midnight())
        }
    };
    let zoned = local.to_zoned(zone.clone()).ok()?;
    Some(Timestamp::from_micros(zoned.timestamp().as_microsecond()))
}

/// Beginnings and ends, in order.
pub fn timings(value: &Value, zone: &TimeZone) -> Vec<(Timestamp, Option<Timestamp>)> {
    let Value::Array(items) = value else { return Vec::new() };
    let read = |item: &Value| {
        let begin = item.get("begin").or_else(|| item.get("start"))?;
        let end = item.get("end").and_then(|end| time(end, Edge::End, zone));
        Some((time(begin, Edge::Begin, zone)?, end))
    };
    let mut timings: Vec<_> = items.iter().take(LIST_MAX).filter_map(read).collect();
    timings.sort_unstable();
    timings
}

/// `{lon, lat}`, `[lat, lon]`, `"lat, lon"`, or GeoJSON, of which an outline has a middle.
pub fn point(value: &Value) -> Option<LonLat> {
    match value {
        Value::Object(object) => {
            let number = |names: [&str; 2]| names.iter().find_map(|name| object.get(*name).and_then(number));
            if let (Some(lon), Some(lat)) = (number(["lon", "longitude"]), number(["lat", "latitude"])) {
                return Some((lon, lat));
            }
            match object.get("geometry") {
                Some(geometry @ Value::Object(_)) => outline(geometry.get("coordinates")?),
                _ => outline(object.get("coordinates")?),
            }
        }
        Value::Array(pair) => match pair.as_slice() {
            [lat, lon] => Some((number(lon)?, number(lat)?)),
            _ => None,
        },
        Value::String(text) => {
            let (lat, lon) = text.split_once(',')?;
            Some((lon.trim().parse().ok()?, lat.trim().parse().ok()?))
        }
        _ => None,
    }
}

/// The middle of coordinates as GeoJSON nests them, longitude first.
fn outline(coordinates: &Value) -> Option<LonLat> {
    let mut extent: Option<(f64, f64, f64, f64)> = None;
    widen(coordinates, &mut extent, 0);
    let (west, south, east, north) = extent?;
    Some((f64::midpoint(west, east), f64::midpoint(south, north)))
}

fn widen(value: &Value, extent: &mut Option<(f64, f64, f64, f64)>, depth: usize) {
    let Value::Array(items) = value else { return };
    if let [lon, lat, ..] = items.as_slice()
        && let (Some(lon), Some(lat)) = (lon.as_f64(), lat.as_f64())
    {
        let (west, south, east, north) = extent.unwrap_or((lon, lat, lon, lat));
        *extent = Some((west.min(lon), south.min(lat), east.max(lon), north.max(lat)));
    } else if depth < OUTLINE_DEPTH_MAX {
        items.iter().for_each(|item| widen(item, extent, depth.saturating_add(1)));
    }
}

fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.trim().parse().ok()).filter(|number: &f64| number.is_finite())
}

/// A yes, or a word that means it, also as one of the labels of a state.
pub fn is_cancelled(value: &Value) -> bool {
    match value {
        Value::Bool(yes) => *yes,
        Value::String(word) => word.len() < 100 && CANCELLED.contains(&fold_tag(word).as_str()),
        Value::Object(labels) => labels.values().take(LIST_MAX).any(|label| match label {
            Value::Object(labels) => {
                labels.values().take(LIST_MAX).any(|label| label.is_string() && is_cancelled(label))
            }
            label => label.is_string() && is_cancelled(label),
        }),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn feature_18_a_point_is_read_in_every_form() {
        let (lon, lat) = (-1.5536, 47.2184);
        for value in [
            json!({"lon": lon, "lat": lat}),
            json!({"longitude": "-1.5536", "latitude": "47.2184"}),
            json!([lat, lon]),
            json!("47.2184, -1.5536"),
            json!({"type": "Point", "coordinates": [lon, lat]}),
            json!({"type": "Feature", "geometry": {"type": "Point", "coordinates": [lon, lat, 12.0]}, "properties": {}}),
        ] {
            assert_eq!(point(&value), Some((lon, lat)), "{value}");
        }
        let street = json!({"type": "LineString", "coordinates": [[-1.5, 47.0], [-1.7, 47.2], [-1.6, 47.4]]});
        let (lon, lat) = point(&street).unwrap();
        assert!((lon + 1.6).abs() < 1e-9 && (lat - 47.2).abs() < 1e-9);
        for value in [
            json!(null),
            json!([]),
            json!([1.0]),
            json!("ici"),
            json!({"coordinates": []}),
            json!({"lon": "x", "lat": 1}),
            json!({"coordinates": [["a", "b"]]}),
        ] {
            assert_eq!(point(&value), None, "{value}");
        }
    }

    #[test]
    fn feature_24_times_are_read_in_the_citys_zone_and_a_last_day_is_whole() {
        let zone = TimeZone::get("Europe/Paris").unwrap();
        let read = |text: &str, edge| time(&json!(text), edge, &zone).map(Timestamp::to_rfc3339);
        for (text, begin, end) in [
            ("2026-12-12T14:00:00+00:00", "2026-12-12T14:00", "2026-12-12T14:00"),
            ("2026-12-12T15:00:00", "2026-12-12T14:00", "2026-12-12T14:00"),
            ("2026-12-12", "2026-12-11T23:00", "2026-12-12T23:00"),
            ("2026/12/12", "2026-12-11T23:00", "2026-12-12T23:00"),
        ] {
            let expected = [begin, end].map(|at| Some(format!("{at}:00.000Z")));
            assert_eq!([read(text, Edge::Begin), read(text, Edge::End)], expected, "{text}");
        }
        for text in ["", "demain", "2026", "12/12/2026"] {
            assert_eq!(read(text, Edge::Begin), None, "{text}");
        }
    }

    #[test]
    fn feature_24_a_record_says_that_it_is_off_in_many_ways() {
        let state = |fr: &str| json!({"id": 6, "label": {"fr": fr, "en": "x"}});
        for value in
            [json!(true), json!("Annulé"), json!("CANCELLED"), json!("oui"), state("Annulé"), json!({"fr": "annulée"})]
        {
            assert!(is_cancelled(&value), "{value}");
        }
        for value in [
            json!(false),
            json!(null),
            json!(1),
            json!("Programmé"),
            json!("non annulé"),
            state("Programmé"),
            json!({"complet": true}),
            json!([true]),
        ] {
            assert!(!is_cancelled(&value), "{value}");
        }
    }

    #[test]
    fn what_is_text_of_itself_is_what_it_says() {
        assert_eq!(unfolded(json!("[{\"a\": 1}]")), json!([{"a": 1}]));
        for value in ["{ceci n'est pas", "[", "plain"] {
            assert_eq!(unfolded(json!(value)), json!(value));
        }
        assert_eq!(text(&json!({"en": "Market", "fr": "Marché"})).as_deref(), Some("Marché"));
        assert_eq!(text(&json!(["a", 1, "b"])).as_deref(), Some("a, b"));
        assert_eq!((text(&json!(12)).as_deref(), text(&json!(" ")), text(&json!(true))), (Some("12"), None, None));
        assert_eq!(tags(&json!("jazz; plein air,,x"), 2), ["jazz", "plein air"]);
        assert_eq!(tags(&json!(["jazz", 7, ""]), 9), ["jazz"]);
    }
}
