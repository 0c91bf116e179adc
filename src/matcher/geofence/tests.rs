use geo::{Coord, Intersects, LineString, MultiPolygon, Polygon};
use proptest::prelude::*;

use super::*;

/// Coordinates on a coarse lattice, so that points fall on vertices and borders, and outlines share edges, cross
/// themselves, and reach over several tiles.
fn lattice() -> impl Strategy<Value = Coord<f64>> {
    (-8_i32..=8, -8_i32..=8).prop_map(|(x, y)| Coord { x: f64::from(x) * 0.25, y: f64::from(y) * 0.25 })
}

fn anywhere() -> impl Strategy<Value = Coord<f64>> {
    prop_oneof![
        (-2.2_f64..2.2, -2.2_f64..2.2).prop_map(|(x, y)| Coord { x, y }),
        (-0.01_f64..0.01, 0.99_f64..1.01).prop_map(|(x, y)| Coord { x, y }),
    ]
}

fn ring() -> impl Strategy<Value = LineString<f64>> {
    prop_oneof![
        proptest::collection::vec(lattice(), 1..8),
        proptest::collection::vec(anywhere(), 3..30),
        proptest::collection::vec(prop_oneof![lattice(), anywhere()], 3..60),
    ]
    .prop_map(LineString::new)
}

fn outline() -> impl Strategy<Value = MultiPolygon<f64>> {
    let polygon =
        (ring(), proptest::collection::vec(ring(), 0..3)).prop_map(|(outer, holes)| Polygon::new(outer, holes));
    proptest::collection::vec(polygon, 0..3).prop_map(MultiPolygon::new)
}

fn holders(geofence: &Geofence, point: Coord<f64>) -> Vec<u32> {
    let mut holders = Vec::new();
    if let Some(point) = ExactPoint::new(point.x, point.y) {
        geofence.holders(point, &mut holders);
    }
    holders
}

fn holders_by_geo(outlines: &[MultiPolygon<f64>], point: Coord<f64>) -> Vec<u32> {
    (0..).zip(outlines).filter(|(_, outline)| outline.intersects(&point)).map(|(number, _)| number).collect()
}

fn square(west: f64, south: f64, side: f64) -> LineString<f64> {
    let (east, north) = (west + side, south + side);
    LineString::from(vec![(west, south), (east, south), (east, north), (west, north), (west, south)])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn the_geofence_agrees_with_geo_everywhere(
        outlines in proptest::collection::vec(outline(), 1..6),
        points in proptest::collection::vec(prop_oneof![lattice(), anywhere()], 1..80),
    ) {
        let geofence = Geofence::build(&outlines);
        // Vertices, middles of edges, and a hair beside them are where mistakes live.
        let corners = outlines.iter().flatten().flat_map(|polygon| polygon.exterior().0.iter().copied());
        let middles = outlines.iter().flatten().flat_map(|polygon| polygon.exterior().lines()).map(|line| (line.start + line.end) / 2.0);
        let near = corners.chain(middles).flat_map(|at| [at, Coord { x: at.x.next_up(), ..at }, Coord { y: at.y.next_down(), ..at }]);
        for point in points.iter().copied().chain(near) {
            if point == (Coord { x: 0.0, y: 0.0 }) {
                continue; // The mark of a missing position is no point.
            }
            prop_assert_eq!(holders(&geofence, point), holders_by_geo(&outlines, point), "{:?}", point);
        }
    }
}

#[test]
fn overlaps_give_both_and_holes_give_none() {
    let town = MultiPolygon::new(vec![Polygon::new(square(-1.8, 47.1, 0.4), vec![square(-1.7, 47.2, 0.1)])]);
    let area = MultiPolygon::new(vec![Polygon::new(square(-1.6, 47.1, 3.0), Vec::new())]);
    let geofence = Geofence::build([&town, &area]);
    let at = |x, y| holders(&geofence, Coord { x, y });
    assert_eq!(at(-1.75, 47.15), [0]);
    assert_eq!(at(-1.5, 47.15), [0, 1]);
    assert_eq!(at(1.0, 49.9), [1], "three tiles further");
    assert_eq!(at(-1.65, 47.25), Vec::<u32>::new(), "the hole");
    assert_eq!(at(-1.7, 47.25), [0], "the hole's border");
    assert_eq!(at(-1.8, 47.1), [0], "a corner");
    assert_eq!(at(100.0, -40.0), Vec::<u32>::new());
}

#[test]
fn the_ends_of_the_world_are_part_of_it() {
    let east = MultiPolygon::new(vec![Polygon::new(square(179.5, 89.5, 0.5), Vec::new())]);
    let west = MultiPolygon::new(vec![Polygon::new(square(-180.0, -90.0, 0.5), Vec::new())]);
    let geofence = Geofence::build([&east, &west]);
    assert_eq!(holders(&geofence, Coord { x: 180.0, y: 90.0 }), [0]);
    assert_eq!(holders(&geofence, Coord { x: -180.0, y: -90.0 }), [1]);
}

#[test]
fn outlines_that_are_no_outlines_hold_nothing() {
    let broken = MultiPolygon::new(vec![Polygon::new(
        LineString::from(vec![(0.1, 0.1), (f64::NAN, 1.0), (1.0, f64::INFINITY), (0.1, 0.1)]),
        Vec::new(),
    )]);
    let metres = MultiPolygon::new(vec![Polygon::new(square(355_000.0, 6_689_000.0, 5_000.0), Vec::new())]);
    let good = MultiPolygon::new(vec![Polygon::new(square(0.0, 0.0, 1.0), Vec::new())]);
    let geofence = Geofence::build([&broken, &MultiPolygon::new(Vec::new()), &metres, &good]);
    assert_eq!(holders(&geofence, Coord { x: 0.5, y: 0.5 }), [3]);
    assert_eq!(holders(&geofence, Coord { x: 180.0, y: 90.0 }), Vec::<u32>::new());
}

/// Many small neighbours that share their borders: the shape of a country of communes.
#[test]
fn a_point_on_a_shared_border_is_in_both() {
    let tiles: Vec<_> = (0..20)
        .flat_map(|row| (0..20).map(move |column| (f64::from(column) * 0.125, 45.0 + f64::from(row) * 0.125)))
        .map(|(west, south)| MultiPolygon::new(vec![Polygon::new(square(west, south, 0.125), Vec::new())]))
        .collect();
    let geofence = Geofence::build(&tiles);
    assert_eq!(holders(&geofence, Coord { x: 0.25, y: 45.3 }), [41, 42]);
    assert_eq!(holders(&geofence, Coord { x: 0.25, y: 45.25 }).len(), 4);
    assert_eq!(holders(&geofence, Coord { x: 0.3, y: 45.3 }), [42]);
}
