//! G8: which communes hold a point, against the obvious way, an R-tree of boxes and `geo`'s point in polygon.

use std::hint::black_box;

use anyhow::ensure;
use geo::{BoundingRect, Contains, Coord, Intersects, MultiPolygon, Point};
use parvis::domain::ExactPoint;
use parvis::matcher::Geofence;
use parvis_bench::communes::{Commune, Country};
use parvis_bench::{Better, CoreTime, Figure, Row, is_quick};
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static HEAP: &StatsAlloc<std::alloc::System> = &INSTRUMENTED_SYSTEM;

const RUNS: usize = 3;
const SEED: u64 = 8;

type Boxes = RTree<GeomWithData<Rectangle<[f64; 2]>, u32>>;

fn main() -> anyhow::Result<()> {
    let country = Country::load()?;
    let metropolitan: Vec<&Commune> = country.metropolitan().collect();
    let all: Vec<&Commune> = country.communes.iter().collect();
    let kind = if country.is_real { "communes" } else { "invented communes" };
    measure(&format!("{} metropolitan {kind}", metropolitan.len()), &metropolitan)?;
    if all.len() > metropolitan.len() {
        measure(&format!("all {} {kind}", all.len()), &all)?;
    }
    Ok(())
}

fn measure(what: &str, communes: &[&Commune]) -> anyhow::Result<()> {
    let points_wanted = if is_quick() { 200_000 } else { 1_000_000 };
    let outlines: Vec<&MultiPolygon<f64>> = communes.iter().map(|commune| &commune.outline).collect();

    let before = held();
    let mut builds = Vec::new();
    let mut geofence = None;
    for _ in 0..RUNS {
        drop(geofence.take());
        let start = CoreTime::start();
        geofence = Some(Geofence::build(outlines.iter().copied()));
        builds.push(start.seconds());
    }
    let Some(geofence) = geofence else { return Ok(()) };
    let mebibytes = (held() - before) as f64 / f64::from(1 << 20);
    let boxes = boxes(&outlines);

    let mut rng = fastrand::Rng::with_seed(SEED);
    let in_box = in_box(&outlines, points_wanted, &mut rng);
    let inside = inside(&geofence, &outlines, points_wanted, &mut rng);
    let at_communes = (0..points_wanted).map(|_| near(outlines[rng.usize(..outlines.len())], &mut rng)).collect();
    let borders = on_borders(&outlines, points_wanted / 4, &mut rng);
    let compared = in_box.len() + borders.len();
    agree(&geofence, &boxes, &outlines, in_box.iter().chain(&borders))?;
    eprintln!("{what}: {compared} points agree with geo, {} of them on borders", borders.len());

    for (mix, points) in [
        ("points of the country's box", in_box),
        ("points of the country", inside),
        ("points of random communes' boxes", at_communes),
    ] {
        let ours = run(points.len(), || points.iter().map(|point| count(&geofence, *point)).sum());
        let theirs = run(points.len(), || points.iter().map(|point| count_by_geo(&boxes, &outlines, *point)).sum());
        Row::new("G8", &format!("geofence, {what}, {mix}"), Better::Larger, ours)
            .with_goal(4e6, None)
            .beside("rstar + geo::Contains", &theirs, Some(4.0), Some(5.0))
            .print();
    }
    let agreed = format!("{compared} points agree with geo, {} of them on borders.", borders.len());
    let snapshot = |of: &str, ours| Row::new("G8", &format!("geofence, {what}, {of}"), Better::Smaller, ours);
    snapshot("time to build it", Figure::of(&builds, "s")).with_goal(5.0, None).noting(&agreed).print();
    snapshot("memory it takes", Figure::of(&[mebibytes], "MiB")).with_goal(200.0, None).print();
    Ok(())
}

/// Bytes on the heap.
fn held() -> usize {
    let stats = HEAP.stats();
    stats.bytes_allocated.saturating_sub(stats.bytes_deallocated)
}

/// Points a second of several rounds, after one that warms the caches.
fn run(points: usize, mut round: impl FnMut() -> usize) -> Figure {
    black_box(round());
    let rates: Vec<f64> = (0..RUNS)
        .map(|_| {
            let start = CoreTime::start();
            black_box(round());
            points as f64 / start.seconds()
        })
        .collect();
    Figure::of(&rates, "points/s")
}

fn count(geofence: &Geofence, point: Coord<f64>) -> usize {
    thread_local!(static OUT: std::cell::RefCell<Vec<u32>> = const { std::cell::RefCell::new(Vec::new()) });
    OUT.with_borrow_mut(|out| {
        out.clear();
        if let Some(point) = ExactPoint::new(point.x, point.y) {
            geofence.holders(point, out);
        }
        out.len()
    })
}

fn boxes(outlines: &[&MultiPolygon<f64>]) -> Boxes {
    let boxed = (0..).zip(outlines).filter_map(|(number, outline)| {
        let bounds = outline.bounding_rect()?;
        Some(GeomWithData::new(Rectangle::from_corners(bounds.min().into(), bounds.max().into()), number))
    });
    RTree::bulk_load(boxed.collect())
}

fn count_by_geo(boxes: &Boxes, outlines: &[&MultiPolygon<f64>], point: Coord<f64>) -> usize {
    let at = AABB::from_point([point.x, point.y]);
    let found = boxes.locate_in_envelope_intersecting(&at);
    found.filter(|found| outlines[found.data as usize].contains(&Point::from(point))).count()
}

/// Fails at the first point whose owners differ from `geo`'s: an outline holds its inside and its border.
fn agree<'a>(
    geofence: &Geofence,
    boxes: &Boxes,
    outlines: &[&MultiPolygon<f64>],
    points: impl Iterator<Item = &'a Coord<f64>>,
) -> anyhow::Result<()> {
    for point in points {
        let Some(exact) = ExactPoint::new(point.x, point.y) else { continue };
        let mut ours = Vec::new();
        geofence.holders(exact, &mut ours);
        let found = boxes.locate_in_envelope_intersecting(&AABB::from_point([point.x, point.y]));
        let mut theirs: Vec<u32> =
            found.map(|found| found.data).filter(|number| outlines[*number as usize].intersects(point)).collect();
        theirs.sort_unstable();
        ensure!(ours == theirs, "{point:?}: {ours:?}, and {theirs:?} by geo");
    }
    Ok(())
}

fn in_box(outlines: &[&MultiPolygon<f64>], count: usize, rng: &mut fastrand::Rng) -> Vec<Coord<f64>> {
    let bounds: Vec<_> = outlines.iter().filter_map(|outline| outline.bounding_rect()).collect();
    // The box of metropolitan France, also where communes over the seas are in the set.
    let home: Vec<_> = bounds.iter().filter(|bounds| bounds.min().y > 41.0 && bounds.min().x > -6.0).collect();
    let least = |of: fn(Coord<f64>) -> f64| home.iter().map(|bounds| of(bounds.min())).fold(f64::INFINITY, f64::min);
    let most = |of: fn(Coord<f64>) -> f64| home.iter().map(|bounds| of(bounds.max())).fold(f64::NEG_INFINITY, f64::max);
    let (west, east) = (least(|at| at.x), most(|at| at.x));
    let (south, north) = (least(|at| at.y), most(|at| at.y));
    (0..count).map(|_| Coord { x: west + rng.f64() * (east - west), y: south + rng.f64() * (north - south) }).collect()
}

fn inside(
    geofence: &Geofence,
    outlines: &[&MultiPolygon<f64>],
    wanted: usize,
    rng: &mut fastrand::Rng,
) -> Vec<Coord<f64>> {
    let mut points = Vec::with_capacity(wanted);
    while points.len() < wanted {
        points.extend(in_box(outlines, wanted, rng).into_iter().filter(|point| count(geofence, *point) > 0));
    }
    points.truncate(wanted);
    points
}

fn near(outline: &MultiPolygon<f64>, rng: &mut fastrand::Rng) -> Coord<f64> {
    outline.bounding_rect().map_or(Coord { x: 0.0, y: 0.0 }, |bounds| Coord {
        x: bounds.min().x + rng.f64() * bounds.width(),
        y: bounds.min().y + rng.f64() * bounds.height(),
    })
}

/// Vertices, middles of edges, and points a hair beside them.
fn on_borders(outlines: &[&MultiPolygon<f64>], count: usize, rng: &mut fastrand::Rng) -> Vec<Coord<f64>> {
    let mut points = Vec::with_capacity(count);
    while points.len() < count {
        let outline = outlines[rng.usize(..outlines.len())];
        let polygon = &outline.0[rng.usize(..outline.0.len())];
        let ring = &polygon.exterior().0;
        let at = rng.usize(1..ring.len());
        let (from, to) = (ring[at - 1], ring[at]);
        let point = match rng.u8(..4) {
            0 => from,
            1 => (from + to) / 2.0,
            2 => Coord { x: from.x.next_up(), y: from.y },
            _ => Coord { x: (from.x + to.x) / 2.0, y: ((from.y + to.y) / 2.0).next_down() },
        };
        points.push(point);
    }
    points
}
