//! Outlines: GeoJSON to polygons, to the geofence and to the emblem; and as a gazetteer answers them, to a file.

use parvis::gazetteer;
use parvis::http::page::{Outline, icon_svg};
use parvis::matcher::CitySet;

use super::{markup, town};

/// With the zone a part may be cut out; in another part of the world nothing is taken for swapped.
const FILES: [&str; 2] = [
    "name = \"V\"\nboundary = \"ville.geojson\"\n[[zone]]\nname = \"Z\"\nboundary = \"zone.geojson\"\n",
    "name = \"V\"\ntimezone = \"Etc/UTC\"\nboundary = \"ville.geojson\"\n",
];

/// The longest emblem, in bytes.
const ICON_BYTES_MAX: usize = 1 << 20;

pub fn run(data: &[u8]) {
    answered(data);
    for file in FILES {
        let city = match town::read(file.as_bytes(), data) {
            Ok((city, _)) => city,
            Err(problems) => {
                let reason = &problems[0].reason;
                assert!(!reason.is_empty() && reason.len() <= 1_000, "{} bytes of reason", reason.len());
                continue;
            }
        };
        let outline = city.boundary.as_ref().expect("the file names it");
        for polygon in outline {
            for point in polygon.exterior().points() {
                assert!((-180.0..=180.0).contains(&point.x()) && (-90.0..=90.0).contains(&point.y()), "{point:?}");
            }
        }
        let icon = icon_svg(&city, Outline::of(&city).as_ref());
        assert!(icon.len() <= ICON_BYTES_MAX, "{} bytes", icon.len());
        let (_, wrong) = markup::fragment(&icon);
        assert!(wrong.is_empty(), "{wrong:?}");
        assert_eq!(CitySet::compile(vec![city]).cities().len(), 1);
    }
}

/// The file of a service's answer is refused later if it is unsound, as any other; here it must be written.
fn answered(data: &[u8]) {
    let geometry = serde_json::from_slice(data).ok();
    if let Ok(polygons) = gazetteer::polygons(geometry, "Service", "V") {
        let (text, before, after) = gazetteer::feature(&polygons, serde_json::Map::new());
        assert!(text.ends_with("}\n") && after <= before, "{after} points of {before}");
    }
}
