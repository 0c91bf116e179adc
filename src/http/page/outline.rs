use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use geo::{BoundingRect, Coord, InteriorPoint, LineString, MapCoords, MultiPolygon, Polygon, Simplify};

use crate::domain::{City, CityId, fold_tag};

use super::theme;

/// The longer side of every drawing, in its own units.
const SIDE: f64 = 1_000.0;
/// Paths longer than this are simplified further. A city of any shape stays recognisable at 1 kB.
const PATH_BYTES_MAX: usize = 2_000;
/// Cities whose drawing is remembered, a few kB each; those beyond are drawn each time they are shown.
const EMBLEMS_MAX: usize = 2_000;

/// A city's emblem: its contour and its zones on one integer grid.
#[derive(Clone, Debug, PartialEq)]
pub struct Outline {
    pub width: i32,
    pub height: i32,
    /// SVG path data; empty when only zones have a boundary.
    pub contour: String,
    pub zones: Vec<ZoneShape>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ZoneShape {
    pub name: String,
    /// Names the shape in the page: `z-` and the folded name.
    pub id: String,
    pub path: String,
    /// Where a figure stands inside the zone.
    pub x: i32,
    pub y: i32,
    /// The zone's own frame, for drawing it alone.
    pub frame: (i32, i32, i32, i32),
}

/// The name of a zone's shape within a page.
pub fn zone_id(name: &str) -> String {
    format!("z-{}", fold_tag(name))
}

/// The drawings that were made. To simplify an outline of ten thousand points takes longer than all else of a page, and
/// icons are answered at any load.
#[derive(Debug, Default)]
pub struct Emblems(Mutex<HashMap<CityId, Emblem>>);

#[derive(Debug)]
struct Emblem {
    /// The outlines are in it.
    recipe_hash: String,
    outline: Option<Arc<Outline>>,
}

impl Emblems {
    /// As [`Outline::of`], made once for each state of a city's outlines.
    pub fn of(&self, city: &City) -> Option<Arc<Outline>> {
        let made = || crate::live::lock(&self.0);
        if let Some(emblem) = made().get(&city.id).filter(|emblem| emblem.recipe_hash == city.recipe_hash) {
            return emblem.outline.clone();
        }
        // Drawn without the lock: nobody waits for another's city.
        let outline = Outline::of(city).map(Arc::new);
        let mut made = made();
        if made.len() < EMBLEMS_MAX || made.contains_key(&city.id) {
            let emblem = Emblem { recipe_hash: city.recipe_hash.clone(), outline: outline.clone() };
            made.insert(city.id.clone(), emblem);
        }
        outline
    }
}

impl Outline {
    /// `None` for a city that has no boundary at all.
    pub fn of(city: &City) -> Option<Self> {
        let shapes: Vec<&MultiPolygon<f64>> =
            city.boundary.iter().chain(city.zones.iter().filter_map(|zone| zone.boundary.as_ref())).collect();
        let plane = Plane::around(&shapes)?;
        let contour = city.boundary.as_ref().map(|shape| path(&plane.project(shape), 2.0)).unwrap_or_default();
        let zones = city
            .zones
            .iter()
            .filter_map(|zone| {
                let shape = plane.project(zone.boundary.as_ref()?);
                let (x, y) = shape.interior_point().map(|point| (whole(point.x()), whole(point.y())))?;
                let frame = shape.bounding_rect()?;
                Some(ZoneShape {
                    name: zone.name.clone(),
                    id: zone_id(&zone.name),
                    path: path(&shape, 3.0),
                    x,
                    y,
                    frame: (whole(frame.min().x), whole(frame.min().y), whole(frame.width()), whole(frame.height())),
                })
            })
            .collect();
        Some(Self { width: whole(plane.width), height: whole(plane.height), contour, zones })
    }

    /// The frame with a margin for the stroke, as SVG's `viewBox` states it.
    pub fn view_box(&self) -> String {
        format!("-8 -8 {} {}", self.width + 16, self.height + 16)
    }
}

impl ZoneShape {
    pub fn view_box(&self) -> String {
        let (x, y, width, height) = self.frame;
        let margin = (width.max(height) / 12).max(4);
        format!("{} {} {} {}", x - margin, y - margin, width + 2 * margin, height + 2 * margin)
    }
}

/// The outline alone, in the accent colour, as a favicon; a plain square where a city has no boundary.
pub fn icon_svg(city: &City, outline: Option<&Outline>) -> String {
    let accent = theme::colour(&city.look.accent, theme::LIGHT);
    let Some(outline) = outline else {
        return format!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><path fill="{accent}" d="M2 2h12v12H2z"/></svg>"#
        );
    };
    let path = if outline.contour.is_empty() {
        outline.zones.iter().map(|zone| zone.path.as_str()).collect::<String>()
    } else {
        outline.contour.clone()
    };
    // Square, so that browsers do not stretch it, with the shape in the middle.
    let side = outline.width.max(outline.height) + 40;
    let (x, y) = ((outline.width - side) / 2, (outline.height - side) / 2);
    format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="{x} {y} {side} {side}"><path fill="{accent}" fill-rule="evenodd" d="{path}"/></svg>"#
    )
}

/// A flat local projection: degrees of longitude shrunk by the cosine of the middle latitude, north up.
struct Plane {
    west: f64,
    north: f64,
    shrink: f64,
    scale: f64,
    width: f64,
    height: f64,
}

impl Plane {
    fn around(shapes: &[&MultiPolygon<f64>]) -> Option<Self> {
        let frame = shapes.iter().filter_map(|shape| shape.bounding_rect()).reduce(|a, b| {
            geo::Rect::new(
                Coord { x: a.min().x.min(b.min().x), y: a.min().y.min(b.min().y) },
                Coord { x: a.max().x.max(b.max().x), y: a.max().y.max(b.max().y) },
            )
        })?;
        let shrink = ((frame.min().y + frame.max().y) / 2.0).to_radians().cos().max(0.01);
        let (wide, high) = (frame.width() * shrink, frame.height());
        let longest = wide.max(high);
        if longest <= 0.0 || !longest.is_finite() {
            return None;
        }
        let scale = SIDE / longest;
        Some(Self {
            west: frame.min().x,
            north: frame.max().y,
            shrink,
            scale,
            width: wide * scale,
            height: high * scale,
        })
    }

    fn project(&self, shape: &MultiPolygon<f64>) -> MultiPolygon<f64> {
        shape.map_coords(|point| Coord {
            x: (point.x - self.west) * self.shrink * self.scale,
            y: (self.north - point.y) * self.scale,
        })
    }
}

/// Path data in whole units, relative after each start. Simplified by `tolerance` units, then by twice as much until
/// it fits; eight doublings leave nothing but triangles, so the loop ends.
fn path(shape: &MultiPolygon<f64>, tolerance: f64) -> String {
    let mut tolerance = tolerance;
    let mut drawn = String::new();
    for _ in 0..8 {
        drawn = draw(&shape.simplify(tolerance));
        if drawn.len() <= PATH_BYTES_MAX {
            break;
        }
        tolerance *= 2.0;
    }
    drawn
}

fn draw(shape: &MultiPolygon<f64>) -> String {
    let mut path = String::new();
    for polygon in shape {
        for ring in rings(polygon) {
            draw_ring(ring, &mut path);
        }
    }
    path
}

fn rings(polygon: &Polygon<f64>) -> impl Iterator<Item = &LineString<f64>> {
    std::iter::once(polygon.exterior()).chain(polygon.interiors())
}

fn draw_ring(ring: &LineString<f64>, path: &mut String) {
    let mut points = ring.coords().map(|point| (whole(point.x), whole(point.y)));
    let Some(start) = points.next() else { return };
    let mut steps = Vec::new();
    let mut last = start;
    for point in points {
        if point != last {
            steps.push((point.0 - last.0, point.1 - last.1));
            last = point;
        }
    }
    // The closing step is drawn by `z`; fewer than two others enclose nothing.
    steps.pop();
    if steps.len() < 2 {
        return;
    }
    // Writing to a string cannot fail.
    let _ = write!(path, "M{} {}l", start.0, start.1);
    for (index, (x, y)) in steps.iter().enumerate() {
        let _ = write!(path, "{}{x} {y}", if index == 0 { "" } else { " " });
    }
    path.push('z');
}

fn whole(value: f64) -> i32 {
    // Drawings are a thousand units wide, far inside the range; a value that is not finite becomes 0.
    value.round() as i32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::page::tests::samples::{city, square};

    #[test]
    fn any_shape_fits_its_bytes_and_stays_a_shape() {
        // A coast of 20,000 points that no tolerance of a few units would make small.
        let ring: LineString<f64> = (0..20_000)
            .map(|n| {
                let angle = f64::from(n) / 20_000.0 * std::f64::consts::TAU;
                let radius = 0.1 + 0.03 * (angle * 900.0).sin();
                (radius * angle.cos() - 1.5, radius * angle.sin() + 47.2)
            })
            .collect();
        let rough = City { boundary: Some(MultiPolygon(vec![Polygon::new(ring, Vec::new())])), ..city() };
        let outline = Outline::of(&rough).expect("an outline");
        assert!((10..=PATH_BYTES_MAX).contains(&outline.contour.len()), "{}", outline.contour.len());
        assert!(outline.width.max(outline.height) == 1_000, "{} × {}", outline.width, outline.height);
    }

    #[test]
    fn degrees_of_longitude_are_as_long_as_the_latitude_makes_them() {
        let at_60 = City { boundary: Some(square(10.0, 60.0, 0.1)), zones: vec![], ..city() };
        let outline = Outline::of(&at_60).expect("an outline");
        // 0.12 degrees of longitude at 60 degrees are six tenths of 0.1 degrees of latitude.
        assert!((590..=610).contains(&outline.width), "{}", outline.width);
        assert_eq!(outline.height, 1_000);
    }

    #[test]
    fn a_city_without_a_sound_boundary_has_no_outline_and_still_an_icon() {
        let point = MultiPolygon(vec![Polygon::new(LineString::from(vec![(1.0, 47.0); 4]), Vec::new())]);
        for boundary in [None, Some(MultiPolygon(Vec::new())), Some(point)] {
            let bare = City { boundary, zones: vec![], ..city() };
            assert_eq!(Outline::of(&bare), None);
            assert!(icon_svg(&bare, None).contains("M2 2h12v12H2z"));
        }
    }

    #[test]
    fn w5_a_city_is_drawn_once_until_its_outlines_change() {
        let emblems = Emblems::default();
        let first = emblems.of(&city()).expect("an outline");
        assert!(Arc::ptr_eq(&first, &emblems.of(&city()).expect("an outline")));
        let moved = City { boundary: Some(square(10.0, 60.0, 0.1)), recipe_hash: "another".into(), ..city() };
        let second = emblems.of(&moved).expect("an outline");
        assert_eq!(Some(&*second), Outline::of(&moved).as_ref());
        assert_ne!(first, second);
        assert!(Arc::ptr_eq(&second, &emblems.of(&moved).expect("an outline")));
    }
}
