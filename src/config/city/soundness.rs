//! Whether an outline is one: closed rings that cross nothing, holes inside their polygon, polygons beside each other.
//!
//! The rules are those of OGC simple features, as `geo` checks them; `geo` compares every line with every other, which
//! takes a city of ten thousand points half a minute. Here lines meet only those that they may touch, and an outline
//! that would still take long is refused.

use std::collections::BTreeSet;

use geo::coordinate_position::{CoordPos, CoordinatePosition};
use geo::dimensions::Dimensions;
use geo::kernels::{Kernel, Orientation, RobustKernel};
use geo::line_intersection::{LineIntersection, line_intersection};
use geo::{BoundingRect, Intersects, Line, LineString, MultiPolygon, Polygon, Rect, Relate};

/// Rings of an outline: an archipelago has some hundred.
const RINGS_MAX: usize = 2_000;
/// Comparisons of two lines, or of a point and a line: about a second's work. Real outlines need some dozens a point.
const WORK_MAX: usize = 50_000_000;
/// Places in the geofence's tables: one for each line, and one for each of some five hundred rows and columns of its
/// extent (of a degree at most) that a line goes through. Real outlines need little more than their points; one drawn
/// back and forth across its whole extent would take gigabytes.
const PLACES_MAX: f64 = 1_000_000.0;
const ROWS: f64 = 512.0;
/// Points times the square degrees that the outline reaches over, each of which is looked through for its points.
const LOOKS_MAX: f64 = 50_000_000.0;
/// Pairs of rings that touch each other in single points.
const TOUCHES_MAX: usize = 100;

const CROSSES: &str = "a line of the outline crosses itself or another; repair it (in QGIS: Fix geometries)";
const OVERLAPS: &str =
    "parts of the outline lie over each other, or a hole outside; repair it (in QGIS: Fix geometries)";
const REACHES_FAR: &str = "the outline has too many points for how far it reaches; leave out what is far away";
const INTRICATE: &str = "the outline is too intricate to be checked; simplify it";

struct Ring<'a> {
    line: &'a LineString<f64>,
    /// Number of its polygon.
    polygon: usize,
    is_exterior: bool,
    bounds: Rect<f64>,
}

struct Segment {
    line: Line<f64>,
    west: f64,
    east: f64,
    south: f64,
    north: f64,
    /// Number of its ring.
    ring: usize,
    /// In its ring, without lines that have no length.
    place: usize,
    is_last: bool,
}

/// The error is one line with the mend.
pub fn check(polygons: &MultiPolygon<f64>) -> Result<(), String> {
    let mut work = 0;
    let rings = rings(polygons)?;
    takes_little_room(polygons)?;
    let touches = touches(&segments(&rings), &mut work)?;
    let polygon_of = |ring: usize| rings.get(ring).map(|ring| ring.polygon);
    let touching_polygons: BTreeSet<(usize, usize)> =
        touches.iter().filter_map(|(a, b)| Some((polygon_of(*a)?, polygon_of(*b)?))).collect();
    for (number, ring) in rings.iter().enumerate() {
        for (other_number, other) in rings.iter().enumerate().skip(number + 1) {
            let is_same_polygon = ring.polygon == other.polygon;
            let touch = touches.contains(&(number, other_number));
            let is_fine = if is_same_polygon && ring.is_exterior {
                holds(ring, other, touch, &mut work)?
            } else if !ring.bounds.intersects(&other.bounds) {
                true
            } else if is_same_polygon {
                are_apart(&filled(ring), &filled(other), touch, &mut work)?
            } else if let (true, true, Some(one), Some(two)) =
                (ring.is_exterior, other.is_exterior, polygons.0.get(ring.polygon), polygons.0.get(other.polygon))
            {
                are_apart(one, two, touching_polygons.contains(&(ring.polygon, other.polygon)), &mut work)?
            } else {
                // Whatever a hole and another polygon may do shows between the polygons.
                true
            };
            if !is_fine {
                return Err(OVERLAPS.into());
            }
        }
    }
    Ok(())
}

/// Whether the geofence's tables can hold it.
fn takes_little_room(polygons: &MultiPolygon<f64>) -> Result<(), String> {
    let Some(bounds) = polygons.bounding_rect() else { return Ok(()) };
    let (mut points, mut across, mut along) = (0.0, 0.0, 0.0);
    let rings = polygons.iter().flat_map(|polygon| std::iter::once(polygon.exterior()).chain(polygon.interiors()));
    for line in rings.flat_map(LineString::lines) {
        points += 1.0;
        across += (line.end.x - line.start.x).abs();
        along += (line.end.y - line.start.y).abs();
    }
    // Of a line that only goes north, nothing goes across.
    let crossings = |length: f64, extent: f64| if extent > 0.0 { length / extent.min(1.0) } else { 0.0 };
    if points + ROWS * (crossings(across, bounds.width()) + crossings(along, bounds.height())) > PLACES_MAX {
        return Err(INTRICATE.into());
    }
    let square_degrees = (bounds.width() + 1.0) * (bounds.height() + 1.0);
    if points * square_degrees > LOOKS_MAX { Err(REACHES_FAR.into()) } else { Ok(()) }
}

fn rings(polygons: &MultiPolygon<f64>) -> Result<Vec<Ring<'_>>, String> {
    let mut rings = Vec::new();
    for (polygon, part) in polygons.iter().enumerate() {
        let lines = std::iter::once(part.exterior()).chain(part.interiors());
        for (number, line) in lines.enumerate().filter(|(_, line)| !line.0.is_empty()) {
            if line.coords().any(|at| !at.x.is_finite() || !at.y.is_finite()) {
                return Err("a coordinate is not a number".into());
            }
            let Some(bounds) = line.bounding_rect().filter(|_| has_corners(line)) else {
                return Err("a ring of the outline has fewer than three corners".into());
            };
            rings.push(Ring { line, polygon, is_exterior: number == 0, bounds });
        }
    }
    if rings.len() > RINGS_MAX {
        return Err(format!("{} rings; at most {RINGS_MAX} are read: leave out what is small", rings.len()));
    }
    Ok(rings)
}

/// Whether the points of a ring do not all lie on one line.
fn has_corners(ring: &LineString<f64>) -> bool {
    let Some(first) = ring.0.first() else { return false };
    let Some(second) = ring.coords().find(|at| *at != first) else { return false };
    ring.coords().any(|at| RobustKernel::orient2d(*first, *second, *at) != Orientation::Collinear)
}

fn segments(rings: &[Ring<'_>]) -> Vec<Segment> {
    let mut segments = Vec::new();
    for (ring, at) in rings.iter().enumerate() {
        let lines = at.line.lines().filter(|line| line.start != line.end).enumerate().map(|(place, line)| Segment {
            line,
            west: line.start.x.min(line.end.x),
            east: line.start.x.max(line.end.x),
            south: line.start.y.min(line.end.y),
            north: line.start.y.max(line.end.y),
            ring,
            place,
            is_last: false,
        });
        segments.extend(lines);
        if let Some(last) = segments.last_mut() {
            last.is_last = true;
        }
    }
    segments.sort_unstable_by(|a, b| a.west.total_cmp(&b.west));
    segments
}

/// The pairs of rings that touch in points only. From west to east: a line meets those that have not ended yet.
fn touches(segments: &[Segment], work: &mut usize) -> Result<BTreeSet<(usize, usize)>, String> {
    let mut touches = BTreeSet::new();
    let mut open: Vec<&Segment> = Vec::new();
    for segment in segments {
        spend(work, open.len() + 1)?;
        open.retain(|other| other.east >= segment.west);
        for other in &open {
            if other.north < segment.south || other.south > segment.north || are_neighbours(segment, other) {
                continue;
            }
            if segment.ring == other.ring {
                if segment.line.intersects(&other.line) {
                    return Err(CROSSES.into());
                }
                continue;
            }
            match line_intersection(segment.line, other.line) {
                None => {}
                Some(LineIntersection::SinglePoint { is_proper: true, .. }) => return Err(CROSSES.into()),
                Some(LineIntersection::Collinear { intersection }) if intersection.start != intersection.end => {
                    return Err("two parts of the outline share a line; join them (in QGIS: Dissolve)".into());
                }
                Some(_) => _ = touches.insert((segment.ring.min(other.ring), segment.ring.max(other.ring))),
            }
            if touches.len() > TOUCHES_MAX {
                return Err(INTRICATE.into());
            }
        }
        open.push(segment);
    }
    Ok(touches)
}

fn are_neighbours(a: &Segment, b: &Segment) -> bool {
    let closes = |last: &Segment, first: &Segment| last.is_last && first.place == 0;
    a.ring == b.ring && (a.place.abs_diff(b.place) == 1 || closes(a, b) || closes(b, a))
}

/// Whether a hole, whose lines do not cross its polygon's, lies in it.
fn holds(exterior: &Ring<'_>, hole: &Ring<'_>, touch: bool, work: &mut usize) -> Result<bool, String> {
    let exterior = filled(exterior);
    if touch {
        return Ok(exterior.relate(&filled(hole)).is_contains());
    }
    Ok(position(&exterior, hole.line, work)? == CoordPos::Inside)
}

/// Whether two polygons, whose lines do not cross, have no area in common.
fn are_apart(a: &Polygon<f64>, b: &Polygon<f64>, touch: bool, work: &mut usize) -> Result<bool, String> {
    if touch {
        return Ok(a.relate(b).get(CoordPos::Inside, CoordPos::Inside) != Dimensions::TwoDimensional);
    }
    let is_outside = |a: &Polygon<f64>, b: &Polygon<f64>, work: &mut usize| {
        Ok::<bool, String>(position(a, b.exterior(), work)? != CoordPos::Inside)
    };
    Ok(is_outside(a, b, work)? && is_outside(b, a, work)?)
}

/// Where a ring lies that does not meet the polygon's lines: any of its points tells.
fn position(polygon: &Polygon<f64>, ring: &LineString<f64>, work: &mut usize) -> Result<CoordPos, String> {
    spend(work, polygon.exterior().0.len() + polygon.interiors().iter().map(|hole| hole.0.len()).sum::<usize>())?;
    Ok(ring.0.first().map_or(CoordPos::Outside, |at| polygon.coordinate_position(at)))
}

fn filled(ring: &Ring<'_>) -> Polygon<f64> {
    Polygon::new(ring.line.clone(), vec![])
}

fn spend(work: &mut usize, more: usize) -> Result<(), String> {
    *work += more;
    if *work > WORK_MAX { Err(INTRICATE.into()) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use geo::Validation;
    use proptest::prelude::*;

    use super::*;

    fn polygon(rings: &[&[(f64, f64)]]) -> Polygon<f64> {
        let mut rings = rings.iter().map(|ring| LineString::from(ring.to_vec()));
        Polygon::new(rings.next().unwrap(), rings.collect())
    }

    fn square(x: f64, y: f64, side: f64) -> Vec<(f64, f64)> {
        vec![(x, y), (x + side, y), (x + side, y + side), (x, y + side)]
    }

    #[test]
    fn outlines_are_judged_as_geo_judges_them() {
        let one = |rings: &[&[(f64, f64)]]| MultiPolygon::new(vec![polygon(rings)]);
        let two = |a: &[&[(f64, f64)]], b: &[&[(f64, f64)]]| MultiPolygon::new(vec![polygon(a), polygon(b)]);
        let big = square(0.0, 0.0, 10.0);
        let cases = [
            ("plain", one(&[&big]), true),
            ("bow tie", one(&[&[(0.0, 0.0), (1.0, 1.0), (1.0, 0.0), (0.0, 1.0)]]), false),
            ("line", one(&[&[(0.0, 0.0), (1.0, 1.0)]]), false),
            ("repeated point", one(&[&[(0.0, 0.0), (1.0, 0.0), (1.0, 0.0), (1.0, 1.0)]]), true),
            (
                "a point visited twice",
                one(&[&[(0.0, 0.0), (2.0, 2.0), (4.0, 0.0), (4.0, 4.0), (2.0, 2.0), (0.0, 4.0)]]),
                false,
            ),
            ("hole", one(&[&big, &square(1.0, 1.0, 2.0)]), true),
            ("hole outside", one(&[&big, &square(11.0, 1.0, 2.0)]), false),
            ("hole across", one(&[&big, &square(9.0, 1.0, 2.0)]), false),
            ("hole touching in a point", one(&[&big, &[(0.0, 5.0), (2.0, 4.0), (2.0, 6.0)]]), true),
            ("hole along a side", one(&[&big, &square(0.0, 1.0, 2.0)]), false),
            ("hole in a hole", one(&[&big, &square(1.0, 1.0, 5.0), &square(2.0, 2.0, 1.0)]), false),
            ("two holes", one(&[&big, &square(1.0, 1.0, 2.0), &square(5.0, 5.0, 2.0)]), true),
            ("two parts", two(&[&big], &[&square(20.0, 0.0, 1.0)]), true),
            ("parts touching in a point", two(&[&big], &[&square(10.0, 10.0, 1.0)]), true),
            ("parts sharing a side", two(&[&big], &[&square(10.0, 0.0, 10.0)]), false),
            ("part within", two(&[&big], &[&square(2.0, 2.0, 1.0)]), false),
            ("island in a lake", two(&[&big, &square(1.0, 1.0, 5.0)], &[&square(2.0, 2.0, 1.0)]), true),
            (
                "parts crossing through corners",
                two(&[&big], &[&[(-5.0, 5.0), (0.0, 0.0), (10.0, 10.0), (0.0, 20.0)]]),
                false,
            ),
        ];
        for (name, outline, is_sound) in cases {
            assert_eq!(check(&outline).is_ok(), is_sound, "{name}: {:?}", check(&outline));
            assert_eq!(outline.is_valid(), is_sound, "{name}: geo");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

        #[test]
        fn outlines_at_random_are_judged_as_geo_judges_them(
            a in prop::collection::vec((0.0..10.0_f64, 0.0..10.0_f64), 3..7),
            hole in prop::collection::vec((2.0..8.0_f64, 2.0..8.0_f64), 3..5),
            b in prop::collection::vec((5.0..20.0_f64, 0.0..10.0_f64), 3..5),
        ) {
            for outline in [
                MultiPolygon::new(vec![polygon(&[&a, &hole])]),
                MultiPolygon::new(vec![polygon(&[&a]), polygon(&[&b])]),
                MultiPolygon::new(vec![polygon(&[&a])]),
            ] {
                prop_assert_eq!(check(&outline).is_ok(), outline.is_valid(), "{:?}: {:?}", outline, check(&outline));
            }
        }
    }

    #[test]
    fn h1_an_outline_made_to_take_much_room_is_refused_and_one_of_many_points_is_not() {
        let judged = |ring: &[(f64, f64)]| check(&MultiPolygon::new(vec![polygon(&[ring])]));
        let comb = |teeth: u32| -> Vec<(f64, f64)> {
            let tooth = |number: u32| (f64::from(number) * 1e-5, if number.is_multiple_of(2) { 0.1 } else { 0.2 });
            (0..teeth).map(tooth).chain([(f64::from(teeth) * 1e-5, 0.0), (0.0, 0.0)]).collect()
        };
        assert_eq!(judged(&comb(1_000)), Ok(()));
        assert_eq!(judged(&comb(4_000)), Err(INTRICATE.to_owned()));
        let circle = |points: u32, radius: f64| -> Vec<(f64, f64)> {
            let angle = |number: u32| f64::from(number) / f64::from(points) * std::f64::consts::TAU;
            (0..points).map(|number| (angle(number).cos() * radius, angle(number).sin() * radius)).collect()
        };
        assert_eq!(judged(&circle(100_000, 0.3)), Ok(()));
        assert_eq!(judged(&circle(5_000, 80.0)), Err(REACHES_FAR.to_owned()));
    }

    #[test]
    fn h2_an_outline_made_to_take_long_is_refused_in_time() {
        // Every line runs from west to east: all of them are open at once.
        let zigzag = |number: u32| (if number.is_multiple_of(2) { 0.0 } else { 1.0 }, f64::from(number) * 1e-5);
        let mut ring: Vec<(f64, f64)> = (0..50_000).map(zigzag).collect();
        ring.push((2.0, 1.0));
        ring.push((2.0, 0.0));
        assert_eq!(check(&MultiPolygon::new(vec![polygon(&[&ring])])), Err(INTRICATE.to_owned()));
        let many = (0..=RINGS_MAX).map(|number| polygon(&[&square(number as f64, 0.0, 0.5)]));
        assert!(check(&MultiPolygon::new(many.collect())).unwrap_err().contains("rings"));
    }
}
