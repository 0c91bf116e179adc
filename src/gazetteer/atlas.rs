//! Time zones and languages by country: what a new city's file begins with.
//!
//! From the public-domain time zone database (zone1970.tab) and the countries' official languages. The operator may
//! change both in the file; a country that is not here gets UTC and is told so.

use geo::Point;

/// A time zone, and whether no other could be meant.
pub struct Zone {
    pub name: &'static str,
    pub is_sure: bool,
}

/// Country, zone, longitude and latitude of the zone's own town, official languages.
type Row = (&'static str, &'static str, f64, f64, &'static [&'static str]);

#[rustfmt::skip]
const ROWS: &[Row] = &[
    ("AD", "Europe/Andorra", 1.5, 42.5, &["ca", "fr"]),
    ("AR", "America/Argentina/Buenos_Aires", -58.5, -34.6, &["es"]),
    ("AR", "America/Argentina/Cordoba", -64.2, -31.4, &["es"]),
    ("AT", "Europe/Vienna", 16.3, 48.2, &["de"]),
    ("AU", "Australia/Sydney", 151.2, -33.9, &["en"]),
    ("AU", "Australia/Melbourne", 145.0, -37.8, &["en"]),
    ("AU", "Australia/Brisbane", 153.0, -27.5, &["en"]),
    ("AU", "Australia/Adelaide", 138.6, -34.9, &["en"]),
    ("AU", "Australia/Darwin", 130.8, -12.5, &["en"]),
    ("AU", "Australia/Perth", 115.9, -32.0, &["en"]),
    ("AU", "Australia/Hobart", 147.3, -42.9, &["en"]),
    ("BE", "Europe/Brussels", 4.3, 50.8, &["fr", "nl"]),
    ("BF", "Africa/Abidjan", -1.5, 12.4, &["fr"]),
    ("BG", "Europe/Sofia", 23.3, 42.7, &["bg"]),
    ("BJ", "Africa/Lagos", 2.4, 6.4, &["fr"]),
    ("BR", "America/Sao_Paulo", -46.6, -23.5, &["pt"]),
    ("BR", "America/Bahia", -38.5, -13.0, &["pt"]),
    ("BR", "America/Fortaleza", -38.5, -3.7, &["pt"]),
    ("BR", "America/Recife", -34.9, -8.1, &["pt"]),
    ("BR", "America/Manaus", -60.0, -3.1, &["pt"]),
    ("BR", "America/Rio_Branco", -67.8, -10.0, &["pt"]),
    ("CA", "America/Toronto", -79.4, 43.7, &["en"]),
    ("CA", "America/Toronto", -73.6, 45.5, &["en"]),
    ("CA", "America/Halifax", -63.6, 44.7, &["en"]),
    ("CA", "America/Moncton", -64.8, 46.1, &["en"]),
    ("CA", "America/St_Johns", -52.7, 47.6, &["en"]),
    ("CA", "America/Winnipeg", -97.2, 49.9, &["en"]),
    ("CA", "America/Regina", -104.7, 50.4, &["en"]),
    ("CA", "America/Edmonton", -113.5, 53.6, &["en"]),
    ("CA", "America/Vancouver", -123.1, 49.3, &["en"]),
    ("CA", "America/Whitehorse", -135.1, 60.7, &["en"]),
    ("CD", "Africa/Kinshasa", 15.3, -4.3, &["fr"]),
    ("CD", "Africa/Lubumbashi", 27.5, -11.7, &["fr"]),
    ("CH", "Europe/Zurich", 8.5, 47.4, &["de", "fr", "it"]),
    ("CI", "Africa/Abidjan", -4.0, 5.3, &["fr"]),
    ("CL", "America/Santiago", -70.7, -33.5, &["es"]),
    ("CM", "Africa/Lagos", 9.7, 4.1, &["fr", "en"]),
    ("CO", "America/Bogota", -74.1, 4.6, &["es"]),
    ("CY", "Asia/Nicosia", 33.4, 35.2, &["el"]),
    ("CZ", "Europe/Prague", 14.4, 50.1, &["cs"]),
    ("DE", "Europe/Berlin", 13.4, 52.5, &["de"]),
    ("DK", "Europe/Copenhagen", 12.6, 55.7, &["da"]),
    ("DZ", "Africa/Algiers", 3.1, 36.8, &["ar", "fr"]),
    ("EE", "Europe/Tallinn", 24.8, 59.4, &["et"]),
    ("ES", "Europe/Madrid", -3.7, 40.4, &["es"]),
    ("ES", "Africa/Ceuta", -5.3, 35.9, &["es"]),
    ("ES", "Atlantic/Canary", -15.4, 28.1, &["es"]),
    ("FI", "Europe/Helsinki", 25.0, 60.2, &["fi", "sv"]),
    ("FR", "Europe/Paris", 2.3, 48.9, &["fr"]),
    ("GA", "Africa/Lagos", 9.5, 0.4, &["fr"]),
    ("GB", "Europe/London", -0.1, 51.5, &["en"]),
    ("GR", "Europe/Athens", 23.7, 38.0, &["el"]),
    ("HR", "Europe/Zagreb", 16.0, 45.8, &["hr"]),
    ("HT", "America/Port-au-Prince", -72.3, 18.5, &["fr", "ht"]),
    ("HU", "Europe/Budapest", 19.1, 47.5, &["hu"]),
    ("IE", "Europe/Dublin", -6.3, 53.3, &["en", "ga"]),
    ("IN", "Asia/Kolkata", 88.4, 22.5, &["hi", "en"]),
    ("IS", "Atlantic/Reykjavik", -21.9, 64.1, &["is"]),
    ("IT", "Europe/Rome", 12.5, 41.9, &["it"]),
    ("JP", "Asia/Tokyo", 139.7, 35.7, &["ja"]),
    ("LI", "Europe/Vaduz", 9.5, 47.1, &["de"]),
    ("LT", "Europe/Vilnius", 25.3, 54.7, &["lt"]),
    ("LU", "Europe/Luxembourg", 6.2, 49.6, &["lb", "fr", "de"]),
    ("LV", "Europe/Riga", 24.1, 57.0, &["lv"]),
    ("MA", "Africa/Casablanca", -7.6, 33.6, &["ar", "fr"]),
    ("MC", "Europe/Monaco", 7.4, 43.7, &["fr"]),
    ("MG", "Indian/Antananarivo", 47.5, -18.9, &["mg", "fr"]),
    ("ML", "Africa/Bamako", -8.0, 12.6, &["fr"]),
    ("MT", "Europe/Malta", 14.5, 35.9, &["mt", "en"]),
    ("MU", "Indian/Mauritius", 57.5, -20.2, &["en", "fr"]),
    ("MX", "America/Mexico_City", -99.2, 19.4, &["es"]),
    ("MX", "America/Cancun", -86.8, 21.1, &["es"]),
    ("MX", "America/Chihuahua", -106.1, 28.6, &["es"]),
    ("MX", "America/Hermosillo", -111.0, 29.1, &["es"]),
    ("MX", "America/Tijuana", -117.0, 32.5, &["es"]),
    ("NL", "Europe/Amsterdam", 4.9, 52.4, &["nl"]),
    ("NO", "Europe/Oslo", 10.8, 59.9, &["no"]),
    ("NZ", "Pacific/Auckland", 174.8, -36.9, &["en", "mi"]),
    ("PE", "America/Lima", -77.1, -12.1, &["es"]),
    ("PL", "Europe/Warsaw", 21.0, 52.3, &["pl"]),
    ("PT", "Europe/Lisbon", -9.1, 38.7, &["pt"]),
    ("PT", "Atlantic/Madeira", -16.9, 32.6, &["pt"]),
    ("PT", "Atlantic/Azores", -25.7, 37.7, &["pt"]),
    ("RO", "Europe/Bucharest", 26.1, 44.4, &["ro"]),
    ("RS", "Europe/Belgrade", 20.5, 44.8, &["sr"]),
    ("SE", "Europe/Stockholm", 18.1, 59.3, &["sv"]),
    ("SI", "Europe/Ljubljana", 14.5, 46.1, &["sl"]),
    ("SK", "Europe/Bratislava", 17.1, 48.2, &["sk"]),
    ("SM", "Europe/San_Marino", 12.5, 43.9, &["it"]),
    ("SN", "Africa/Dakar", -17.4, 14.7, &["fr"]),
    ("TG", "Africa/Lome", 1.2, 6.1, &["fr"]),
    ("TN", "Africa/Tunis", 10.2, 36.8, &["ar", "fr"]),
    ("TR", "Europe/Istanbul", 29.0, 41.0, &["tr"]),
    ("UA", "Europe/Kyiv", 30.5, 50.4, &["uk"]),
    ("US", "America/New_York", -74.0, 40.7, &["en"]),
    ("US", "America/New_York", -80.2, 25.8, &["en"]),
    ("US", "America/Detroit", -83.0, 42.3, &["en"]),
    ("US", "America/Indiana/Indianapolis", -86.2, 39.8, &["en"]),
    ("US", "America/Chicago", -87.7, 41.9, &["en"]),
    ("US", "America/Chicago", -95.4, 29.8, &["en"]),
    ("US", "America/Denver", -105.0, 39.7, &["en"]),
    ("US", "America/Boise", -116.2, 43.6, &["en"]),
    ("US", "America/Phoenix", -112.1, 33.4, &["en"]),
    ("US", "America/Los_Angeles", -118.2, 34.1, &["en"]),
    ("US", "America/Los_Angeles", -122.3, 47.6, &["en"]),
    ("US", "America/Anchorage", -149.9, 61.2, &["en"]),
    ("US", "Pacific/Honolulu", -157.9, 21.3, &["en"]),
    ("VN", "Asia/Ho_Chi_Minh", 106.7, 10.8, &["vi"]),
    ("ZA", "Africa/Johannesburg", 28.0, -26.3, &["en"]),
];

/// The country's time zone, of several the one whose own town is nearest.
pub fn timezone(country: &str, at: Point<f64>) -> Zone {
    let rows = || ROWS.iter().filter(|(code, ..)| *code == country);
    // Degrees of longitude shrink towards the poles; between towns of one country this is near enough.
    let distance = |lon: f64, lat: f64| {
        let east = (lon - at.x()) * at.y().to_radians().cos();
        east * east + (lat - at.y()) * (lat - at.y())
    };
    let nearest = rows().min_by(|a, b| distance(a.2, a.3).total_cmp(&distance(b.2, b.3)));
    match nearest {
        Some((_, name, ..)) => Zone { name, is_sure: rows().all(|(_, other, ..)| other == name) },
        None => Zone { name: "Etc/UTC", is_sure: false },
    }
}

/// The languages of a country's towns, of `part` (ISO 3166-2) where its parts differ; none is known of the others.
pub fn languages(country: &str, part: Option<&str>) -> Vec<String> {
    let of_part: Option<&[&str]> = match part.unwrap_or_default() {
        "BE-WAL" => Some(&["fr"]),
        "BE-VLG" => Some(&["nl"]),
        "CA-QC" => Some(&["fr", "en"]),
        "CA-NB" => Some(&["en", "fr"]),
        "CH-GE" | "CH-JU" | "CH-NE" | "CH-VD" => Some(&["fr"]),
        "CH-BE" | "CH-FR" | "CH-VS" => Some(&["fr", "de"]),
        "CH-TI" => Some(&["it"]),
        swiss if swiss.starts_with("CH-") => Some(&["de"]),
        "ES-CT" | "ES-IB" => Some(&["ca", "es"]),
        "ES-GA" => Some(&["gl", "es"]),
        "ES-PV" => Some(&["eu", "es"]),
        _ => None,
    };
    let of_country = || ROWS.iter().find(|(code, ..)| *code == country).map(|row| row.4);
    of_part.or_else(of_country).unwrap_or_default().iter().map(|language| (*language).to_owned()).collect()
}

/// The time zone of a French commune, by its INSEE code.
pub fn french_timezone(insee: &str) -> &'static str {
    match insee.get(..3) {
        Some("971") => "America/Guadeloupe",
        Some("972") => "America/Martinique",
        Some("973") => "America/Cayenne",
        Some("974") => "Indian/Reunion",
        Some("975") => "America/Miquelon",
        Some("976") => "Indian/Mayotte",
        Some("977") => "America/St_Barthelemy",
        Some("978") => "America/Marigot",
        Some("986") => "Pacific/Wallis",
        Some("987") => match insee {
            "98719" => "Pacific/Gambier",
            "98723" | "98731" | "98732" | "98746" | "98756" | "98757" => "Pacific/Marquesas",
            _ => "Pacific/Tahiti",
        },
        Some("988") => "Pacific/Noumea",
        _ => "Europe/Paris",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_zone_exists_and_every_country_is_two_letters() {
        for (country, zone, lon, lat, languages) in ROWS {
            assert!(jiff::tz::TimeZone::get(zone).is_ok(), "{zone}");
            assert!(country.len() == 2 && lon.abs() <= 180.0 && lat.abs() <= 90.0 && !languages.is_empty());
        }
        for code in [
            "97105", "97209", "97302", "97411", "97502", "97608", "97701", "97801", "98611", "98735", "98719", "98731",
            "98818", "44109",
        ] {
            assert!(jiff::tz::TimeZone::get(french_timezone(code)).is_ok(), "{code}");
        }
    }

    #[test]
    fn towns_are_in_the_zone_of_their_country_that_is_nearest() {
        for (country, lon, lat, zone, is_sure) in [
            ("CH", 6.6, 46.5, "Europe/Zurich", true),
            ("CA", -71.2, 46.8, "America/Toronto", false),
            ("ES", -16.3, 28.5, "Atlantic/Canary", false),
            ("US", -89.6, 39.8, "America/Chicago", false),
            ("XK", 21.2, 42.7, "Etc/UTC", false),
        ] {
            let found = timezone(country, Point::new(lon, lat));
            assert_eq!((found.name, found.is_sure), (zone, is_sure), "{country}");
        }
        assert_eq!(languages("CH", Some("CH-VD")), ["fr"]);
        assert_eq!(languages("CA", Some("CA-QC")), ["fr", "en"]);
        assert!(languages("XK", None).is_empty());
    }
}
