use geo::{Coord, GeoNum, Kernel, MultiPolygon, Orientation};

use super::Bounds;

/// Vertices per slab, on average. Smaller slabs are quicker to ask and cost more memory.
const VERTICES_PER_SLAB: usize = 8;
const SLABS_MAX: usize = 4_096;

/// One outline, cut into horizontal slabs so that a point is compared with the few edges at its height.
/// An edge that does not reach a point's height can't change the answer, so leaving it out is exact.
pub(super) struct Area {
    bounds: Option<Bounds>,
    /// The vertices of all rings, one ring after the other, each closed. Edge `n` leads from vertex `n` to `n + 1`.
    points: Box<[Coord<f64>]>,
    rings: Box<[Ring]>,
    /// Slab `n` is `slab_edges[slab_starts[n] .. slab_starts[n + 1]]`, in ascending order.
    slab_starts: Box<[u32]>,
    slab_edges: Box<[u32]>,
    slabs_per_degree: f64,
}

#[derive(Clone, Copy)]
struct Ring {
    /// The vertex behind the ring's last one.
    end: u32,
    /// The polygon it belongs to, counted from 0.
    polygon: u32,
    exterior: bool,
}

/// Whether a point lies in an outline, but for one ring: what remains to be known of that ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hinge {
    /// In it, whatever the ring says.
    Held,
    /// Not in it, whatever the ring says.
    Missed,
    /// In it where the ring winds round the point.
    Winds,
    /// In it where the ring does not.
    WindsNot,
    /// Rings of one polygon lie across each other, so that a border may count where neither side does.
    Tangled,
}

impl Area {
    pub fn new(outline: &MultiPolygon<f64>) -> Self {
        let mut points: Vec<Coord<f64>> = Vec::new();
        let mut rings = Vec::new();
        for (polygon, shape) in (0..).zip(outline) {
            let exterior = std::iter::once((true, shape.exterior()));
            for (exterior, ring) in exterior.chain(shape.interiors().iter().map(|hole| (false, hole))) {
                points.extend(&ring.0);
                if let (1, Some(only)) = (ring.0.len(), ring.0.first()) {
                    // A ring of one vertex gets an edge of no length, which holds that one point.
                    points.push(*only);
                }
                rings.push(Ring { end: u32::try_from(points.len()).unwrap_or(u32::MAX), polygon, exterior });
            }
        }
        let finite = points.iter().all(|point| point.x.is_finite() && point.y.is_finite());
        let bounds = if finite { Bounds::of(&points) } else { None };
        let mut area = Self {
            bounds,
            points: points.into(),
            rings: rings.into(),
            slab_starts: Box::default(),
            slab_edges: Box::default(),
            slabs_per_degree: 0.0,
        };
        area.cut_into_slabs();
        area
    }

    /// `None` for an outline that holds nothing.
    pub const fn bounds(&self) -> Option<Bounds> {
        self.bounds
    }

    pub fn points(&self) -> &[Coord<f64>] {
        &self.points
    }

    /// The numbers of all edges of all rings, in ascending order.
    pub fn edges(&self) -> impl Iterator<Item = u32> + '_ {
        let starts = std::iter::once(0).chain(self.rings.iter().map(|ring| ring.end));
        // The last vertex of a ring and the first of the next are no edge.
        starts.zip(&self.rings).flat_map(|(start, ring)| start..ring.end.saturating_sub(1))
    }

    /// Where an edge begins and ends.
    pub fn edge(&self, number: u32) -> Option<(Coord<f64>, Coord<f64>)> {
        let ends = self.points.get(number as usize..)?;
        Some((*ends.first()?, *ends.get(1)?))
    }

    /// The ring that an edge is part of.
    pub fn ring_of(&self, edge: u32) -> usize {
        self.rings.partition_point(|ring| ring.end <= edge)
    }

    /// Whether the point lies in the outline or on its border: in any polygon's outer ring by winding number, and in
    /// none of its holes. The same comparisons, robust ones, as `geo` makes, in the same order.
    pub fn holds(&self, point: Coord<f64>) -> bool {
        let Some(bounds) = self.bounds.filter(|bounds| bounds.holds(point)) else { return false };
        let mut rings = self.rings.iter();
        let Some(mut ring) = rings.next() else { return false };
        let mut inside = false;
        let mut winding = 0_i32;
        for &edge in self.slab_edges(self.slab_of(&bounds, point.y)) {
            while ring.end <= edge {
                inside = ring.settle(inside, winding);
                winding = 0;
                let Some(next) = rings.next() else { return inside };
                if next.exterior && inside {
                    return true;
                }
                ring = next;
            }
            match self.side(edge, point) {
                Side::Nowhere => {}
                Side::Up => winding += 1,
                Side::Down => winding -= 1,
                // The border of a hole belongs to the polygon, where the polygon has that hole.
                Side::On if ring.exterior || inside => return true,
                Side::On => {}
            }
        }
        ring.settle(inside, winding)
    }

    /// How often a ring winds round a point that lies on no border, and what the answer for that point hinges on.
    pub fn hinge(&self, ring: usize, point: Coord<f64>) -> (i32, Hinge) {
        let windings = self.windings(point);
        let of = |wanted: usize| windings.iter().find(|(ring, _)| *ring == wanted).map_or(0, |(_, winding)| *winding);
        let Some(asked) = self.rings.get(ring) else { return (0, Hinge::Missed) };
        let (mut outer, mut in_hole) = (asked.exterior, false);
        for of_polygon in windings.chunk_by(|(a, _), (b, _)| self.polygon(*a) == self.polygon(*b)) {
            let others = || of_polygon.iter().filter(|(other, winding)| *other != ring && *winding != 0);
            let wound = others().any(|(other, _)| self.is_exterior(*other));
            let holed = others().any(|(other, _)| !self.is_exterior(*other));
            if of_polygon.first().is_some_and(|(other, _)| self.polygon(*other) == Some(asked.polygon)) {
                outer |= wound;
                in_hole = holed;
            } else if wound && !holed {
                return (of(ring), Hinge::Held);
            }
        }
        let hinge = match (outer, in_hole) {
            (false, _) => Hinge::Missed,
            (true, true) => Hinge::Tangled,
            (true, false) if asked.exterior => Hinge::Winds,
            (true, false) => Hinge::WindsNot,
        };
        (of(ring), hinge)
    }

    /// How often each ring winds round a point, of the rings that reach its height.
    fn windings(&self, point: Coord<f64>) -> Vec<(usize, i32)> {
        let Some(bounds) = self.bounds.filter(|bounds| bounds.holds(point)) else { return Vec::new() };
        let mut windings: Vec<(usize, i32)> = Vec::new();
        let mut ring_end = 0;
        for &edge in self.slab_edges(self.slab_of(&bounds, point.y)) {
            if ring_end <= edge {
                let ring = self.ring_of(edge);
                ring_end = self.rings.get(ring).map_or(u32::MAX, |ring| ring.end);
                windings.push((ring, 0));
            }
            if let Some((_, winding)) = windings.last_mut() {
                match self.side(edge, point) {
                    Side::Up => *winding += 1,
                    Side::Down => *winding -= 1,
                    Side::Nowhere | Side::On => {}
                }
            }
        }
        windings
    }

    fn polygon(&self, ring: usize) -> Option<u32> {
        self.rings.get(ring).map(|ring| ring.polygon)
    }

    fn is_exterior(&self, ring: usize) -> bool {
        self.rings.get(ring).is_some_and(|ring| ring.exterior)
    }

    fn side(&self, edge: u32, point: Coord<f64>) -> Side {
        self.edge(edge).map_or(Side::Nowhere, |(from, to)| side(from, to, point))
    }

    fn cut_into_slabs(&mut self) {
        let Some(bounds) = self.bounds else { return };
        let slabs = (self.points.len() / VERTICES_PER_SLAB).clamp(1, SLABS_MAX);
        let height = bounds.max.y - bounds.min.y;
        // The number of slabs is read back from the starts, which are filled last.
        self.slabs_per_degree = if 0.0 < height { slabs as f64 / height } else { 0.0 };
        if !self.slabs_per_degree.is_finite() {
            self.slabs_per_degree = 0.0;
        }
        let slab_of = |y: f64| (((y - bounds.min.y) * self.slabs_per_degree) as usize).min(slabs.saturating_sub(1));
        let mut placed: Vec<(usize, u32)> = Vec::new();
        for edge in self.edges() {
            let Some((from, to)) = self.edge(edge) else { continue };
            // `slab_of` never falls as y rises, so a point at a height of the edge is in one of these slabs.
            for slab in slab_of(from.y.min(to.y))..=slab_of(from.y.max(to.y)) {
                placed.push((slab, edge));
            }
        }
        placed.sort_unstable();
        let start_of = |slab: usize| placed.partition_point(|(other, _)| *other < slab);
        self.slab_starts = (0..=slabs).map(|slab| u32::try_from(start_of(slab)).unwrap_or(u32::MAX)).collect();
        self.slab_edges = placed.iter().map(|(_, edge)| *edge).collect();
    }

    fn slab_of(&self, bounds: &Bounds, y: f64) -> usize {
        let last = self.slab_starts.len().saturating_sub(2);
        (((y - bounds.min.y) * self.slabs_per_degree) as usize).min(last)
    }

    fn slab_edges(&self, slab: usize) -> &[u32] {
        let ends = self.slab_starts.get(slab).zip(self.slab_starts.get(slab.saturating_add(1)));
        ends.and_then(|(start, end)| self.slab_edges.get(*start as usize..*end as usize)).unwrap_or_default()
    }
}

impl Ring {
    /// Whether the point is in the polygon so far, once this ring has been gone round.
    const fn settle(&self, inside: bool, winding: i32) -> bool {
        if self.exterior { winding != 0 } else { inside && winding == 0 }
    }
}

/// What an edge is to a point: on it, or crossing the ray that leaves it eastwards, upwards or downwards.
enum Side {
    Nowhere,
    Up,
    Down,
    On,
}

/// An upward edge counts with its start and without its end, a downward one the other way round; horizontal edges
/// count not at all. So a ray through a vertex is counted once.
fn side(from: Coord<f64>, to: Coord<f64>, point: Coord<f64>) -> Side {
    let upward = from.y <= point.y && point.y <= to.y;
    let downward = to.y <= point.y && point.y < from.y;
    if !(upward || downward) || (from.x < point.x && to.x < point.x) {
        return Side::Nowhere;
    }
    match <f64 as GeoNum>::Ker::orient2d(from, to, point) {
        Orientation::CounterClockwise if upward && to.y != point.y => Side::Up,
        Orientation::Clockwise if downward => Side::Down,
        Orientation::Collinear if from.x.min(to.x) <= point.x && point.x <= from.x.max(to.x) => Side::On,
        _ => Side::Nowhere,
    }
}
