//! Geohashes: cells of the earth, each named by letters that halve the one before it.
//!
//! Owns which cells cover an outline, and where a cell lies. Does not own which are asked for (`wanted`).
//! Invariant: pure; a cover is bounded while it is made.

use geo::{BoundingRect, Coord, Intersects, MultiPolygon, Rect};

const ALPHABET: &[u8; 32] = b"0123456789bcdefghjkmnpqrstuvwxyz";
/// Letters of a name; more would tell apart what is a finger's breadth away.
const LETTERS_MAX: usize = 12;
/// The fewest letters that mean a place: a cell of six is 1.2 km wide, about as much as a card tells of a person's place.
const PLACE_LETTERS: usize = 6;

/// The middle of a cell that is small enough to mean a place, as longitude and latitude in degrees.
pub fn point(name: &str) -> Option<(f64, f64)> {
    if !(PLACE_LETTERS..=LETTERS_MAX).contains(&name.len()) {
        return None;
    }
    let centre = cell(name)?.center();
    Some((centre.x, centre.y))
}

/// The cell of a name in lower case.
fn cell(name: &str) -> Option<Rect<f64>> {
    let (mut west, mut east, mut south, mut north) = (-180.0, 180.0, -90.0, 90.0);
    let mut is_lon = true;
    for letter in name.bytes() {
        let value = ALPHABET.iter().position(|known| *known == letter)?;
        for bit in (0..5).rev() {
            let (low, high) = if is_lon { (&mut west, &mut east) } else { (&mut south, &mut north) };
            let middle = f64::midpoint(*low, *high);
            *(if value >> bit & 1 == 1 { low } else { high }) = middle;
            is_lon = !is_lon;
        }
    }
    Some(Rect::new(Coord { x: west, y: south }, Coord { x: east, y: north }))
}

/// The name of the cell of so many letters that a point lies in.
fn name(lon: f64, lat: f64, letters: usize) -> String {
    let (mut west, mut east, mut south, mut north) = (-180.0, 180.0, -90.0, 90.0);
    let mut is_lon = true;
    let mut letter = || {
        let value = (0..5).fold(0_usize, |value, _bit| {
            let (at, low, high) = if is_lon { (lon, &mut west, &mut east) } else { (lat, &mut south, &mut north) };
            is_lon = !is_lon;
            let middle = f64::midpoint(*low, *high);
            let is_upper = at >= middle;
            *(if is_upper { low } else { high }) = middle;
            value << 1 | usize::from(is_upper)
        });
        ALPHABET.get(value).copied().map_or('0', char::from)
    };
    (0..letters).map(|_| letter()).collect()
}

/// The cells of so many letters that an outline lies in, from south-west to north-east; `None` when they are more than
/// `most`.
pub fn cover(outline: &MultiPolygon<f64>, letters: usize, most: usize) -> Option<Vec<String>> {
    let Some(bounds) = outline.bounding_rect() else { return Some(Vec::new()) };
    let corner = cell(&name(bounds.min().x, bounds.min().y, letters))?;
    let (width, height, start) = (corner.width(), corner.height(), corner.center());
    let steps = |from: f64, to: f64, step: f64| ((to - from) / step).max(0.0).round() as usize + 1;
    let (columns, rows) = (steps(start.x, bounds.max().x, width), steps(start.y, bounds.max().y, height));
    // An outline fills more of its bounds than an eighth, or it is no city's.
    if columns.saturating_mul(rows) > most.saturating_mul(8) {
        return None;
    }
    let mut cells = Vec::new();
    for row in 0..rows {
        for column in 0..columns {
            let (lon, lat) = (start.x + width * column as f64, start.y + height * row as f64);
            // Beyond the ends of the earth there is no cell; what ends there was covered before.
            if lon > 180.0 || lat > 90.0 {
                continue;
            }
            let name = name(lon, lat, letters);
            if cell(&name).is_some_and(|cell| outline.intersects(&cell)) {
                cells.push(name);
            }
            if cells.len() > most {
                return None;
            }
        }
    }
    Some(cells)
}

#[cfg(test)]
mod tests {
    use geo::{Contains, Point, polygon};

    use super::*;

    #[test]
    fn a_name_leads_to_the_middle_of_its_cell() {
        // The example that everybody gives, which is no place yet.
        let centre = cell("ezs42").unwrap().center();
        assert!((centre.x - -5.603).abs() < 0.001 && (centre.y - 42.605).abs() < 0.001, "{centre:?}");
        assert_eq!(point("ezs42"), None);
        let (lon, lat) = point("u4pruydqqvj").unwrap();
        assert!((lon - 10.40744).abs() < 0.00001 && (lat - 57.64911).abs() < 0.00001, "{lon} {lat}");
        assert_eq!(name(10.40744, 57.64911, 11), "u4pruydqqvj");
        for no_place in ["", "u", "ezs4", "ezs4a", "ezs42", "EZS42U", "ezs42 u", "ezs42éu", "u4pruydqqvju4"] {
            assert_eq!(point(no_place), None, "{no_place}");
        }
    }

    #[test]
    fn q06_every_point_of_an_outline_lies_in_a_cell_of_its_cover() {
        let city = MultiPolygon::new(vec![
            polygon![(x: -1.64, y: 47.18), (x: -1.48, y: 47.18), (x: -1.50, y: 47.29), (x: -1.56, y: 47.30)],
        ]);
        let mut rng = fastrand::Rng::with_seed(5);
        for letters in [3, 4, 5, 6] {
            let cells = cover(&city, letters, 1_000).unwrap();
            assert!(cells.iter().all(|cell| cell.len() == letters));
            for _ in 0..2_000 {
                let (lon, lat) = (-1.64 + rng.f64() * 0.16, 47.18 + rng.f64() * 0.12);
                let is_covered = cells.contains(&name(lon, lat, letters));
                assert!(is_covered || !city.contains(&Point::new(lon, lat)), "{lon} {lat}");
            }
            // None is asked for in vain.
            assert!(cells.iter().all(|name| city.intersects(&cell(name).unwrap())));
        }
        let count = |letters| cover(&city, letters, 1_000).map(|cells| cells.len());
        assert_eq!([3, 4, 5, 6].map(count), [Some(1), Some(2), Some(16), Some(256)]);
    }

    #[test]
    fn h2_a_cover_is_bounded_and_the_ends_of_the_earth_are_no_harm() {
        let world = MultiPolygon::new(vec![
            polygon![(x: -180.0, y: -90.0), (x: 180.0, y: -90.0), (x: 180.0, y: 90.0), (x: -180.0, y: 90.0)],
        ]);
        assert_eq!(cover(&world, 6, 1_000), None);
        assert_eq!(cover(&world, 1, 32).map(|cells| cells.len()), Some(32));
        assert_eq!(cover(&MultiPolygon::new(vec![]), 6, 1_000), Some(vec![]));
        let far = MultiPolygon::new(vec![polygon![(x: 179.9, y: 89.9), (x: 180.0, y: 89.9), (x: 180.0, y: 90.0)]]);
        assert!(cover(&far, 5, 1_000).is_some_and(|cells| cells.contains(&"zzzzz".to_owned())));
    }
}
