//! The communes of France with their names and outlines, or a country of their shape.
//!
//! Owns the reading of the derived TopoJSON (`$PARVIS_GEO/fr`, else `../shared/geo/fr`) and the invented country that
//! stands in where the file is absent. Does not own what is measured with them.
//! Invariant: both kinds have about 35,000 outlines of about 96 vertices that share their borders.

use std::io::Read;
use std::path::PathBuf;

use anyhow::Context;
use geo::{Coord, LineString, MultiPolygon, Polygon};
use serde::Deserialize;

const FILE: &str = "fr/communes-fr-2026-derived-full.topojson.gz";

/// One commune.
pub struct Commune {
    /// The INSEE code; unique.
    pub code: String,
    pub name: String,
    pub outline: MultiPolygon<f64>,
}

/// A country of communes.
pub struct Country {
    pub communes: Vec<Commune>,
    /// Whether these are the real ones.
    pub is_real: bool,
}

impl Country {
    /// Reads the real communes, or invents a country where there are none to read.
    pub fn load() -> anyhow::Result<Self> {
        let folder = std::env::var_os("PARVIS_GEO").map_or_else(|| PathBuf::from("../shared/geo"), PathBuf::from);
        let file = folder.join(FILE);
        if !file.exists() {
            eprintln!("{} is absent: an invented country stands in", file.display());
            return Ok(Self { communes: invented(), is_real: false });
        }
        let mut text = String::new();
        let packed = std::fs::File::open(&file).with_context(|| file.display().to_string())?;
        flate2::read::GzDecoder::new(packed).read_to_string(&mut text)?;
        let topology: Topology = serde_json::from_str(&text).with_context(|| file.display().to_string())?;
        Ok(Self { communes: topology.communes()?, is_real: true })
    }

    /// Those on the European continent and Corsica: one country without holes of half a world.
    pub fn metropolitan(&self) -> impl Iterator<Item = &Commune> {
        self.communes.iter().filter(|commune| !commune.code.starts_with("97") && !commune.code.starts_with("98"))
    }
}

#[derive(Deserialize)]
struct Topology {
    transform: Transform,
    arcs: Vec<Vec<[i64; 2]>>,
    objects: Objects,
}

#[derive(Deserialize)]
struct Transform {
    scale: [f64; 2],
    translate: [f64; 2],
}

#[derive(Deserialize)]
struct Objects {
    communes: Collection,
}

#[derive(Deserialize)]
struct Collection {
    geometries: Vec<Geometry>,
}

#[derive(Deserialize)]
struct Geometry {
    #[serde(flatten)]
    shape: Shape,
    properties: Properties,
}

/// Rings as lists of arcs; a negative number `n` is arc `!n` from its end to its start.
#[derive(Deserialize)]
#[serde(tag = "type", content = "arcs")]
enum Shape {
    Polygon(Vec<Vec<i64>>),
    MultiPolygon(Vec<Vec<Vec<i64>>>),
}

#[derive(Deserialize)]
struct Properties {
    code: String,
    nom: String,
}

impl Topology {
    fn communes(self) -> anyhow::Result<Vec<Commune>> {
        let Transform { scale, translate } = self.transform;
        let arc = |steps: &Vec<[i64; 2]>| -> Vec<Coord<f64>> {
            let mut at = [0, 0];
            let absolute = steps.iter().map(|step| {
                at = [at[0] + step[0], at[1] + step[1]];
                Coord { x: at[0] as f64 * scale[0] + translate[0], y: at[1] as f64 * scale[1] + translate[1] }
            });
            absolute.collect()
        };
        let arcs: Vec<Vec<Coord<f64>>> = self.arcs.iter().map(arc).collect();
        let ring = |numbers: &Vec<i64>| -> anyhow::Result<LineString<f64>> {
            let mut points: Vec<Coord<f64>> = Vec::new();
            for &number in numbers {
                let index = usize::try_from(if number < 0 { !number } else { number })?;
                let arc = arcs.get(index).context("a ring names an arc that is not there")?;
                // An arc begins where the last one ended.
                points.pop();
                if number < 0 { points.extend(arc.iter().rev()) } else { points.extend(arc) }
            }
            Ok(LineString::new(points))
        };
        let polygon = |rings: &Vec<Vec<i64>>| -> anyhow::Result<Polygon<f64>> {
            let mut rings = rings.iter().map(ring).collect::<anyhow::Result<Vec<_>>>()?.into_iter();
            Ok(Polygon::new(rings.next().context("a polygon without a ring")?, rings.collect()))
        };
        let commune = |geometry: Geometry| {
            let polygons = match &geometry.shape {
                Shape::Polygon(rings) => vec![polygon(rings)?],
                Shape::MultiPolygon(polygons) => polygons.iter().map(polygon).collect::<anyhow::Result<_>>()?,
            };
            let Properties { code, nom } = geometry.properties;
            Ok(Commune { code, name: nom, outline: MultiPolygon::new(polygons) })
        };
        self.objects.communes.geometries.into_iter().map(commune).collect()
    }
}

/// Columns and rows of the invented country: 34,969 six-cornered cells.
const COLUMNS: i32 = 187;
/// Degrees between two cells; together they cover a box about as large as France.
const WIDTH: f64 = 0.075;
const HEIGHT: f64 = 0.045;
/// Times each border is broken in two: 16 pieces a side, 96 vertices a cell.
const BREAKS: u32 = 4;

/// Cells in a brick bond whose corners are jittered and whose borders are broken by midpoint displacement. Both
/// neighbours work a border out from its two ends alone, so they share it to the last bit.
fn invented() -> Vec<Commune> {
    let mut communes = Vec::new();
    for row in 0..COLUMNS {
        for column in 0..COLUMNS {
            // Corners stand on two lines of the lattice; odd rows are shifted by half a cell.
            let left = 2 * column + row % 2;
            let corners = [
                (left, row),
                (left + 1, row),
                (left + 2, row),
                (left + 2, row + 1),
                (left + 1, row + 1),
                (left, row + 1),
            ];
            let mut ring = Vec::new();
            for (from, to) in corners.iter().zip(corners.iter().cycle().skip(1)) {
                let (from, to) = (corner(*from), corner(*to));
                let forward = (from.x, from.y) <= (to.x, to.y);
                let mut border = Vec::new();
                if forward {
                    break_line(from, to, BREAKS, &mut border)
                } else {
                    break_line(to, from, BREAKS, &mut border)
                }
                border.push(if forward { to } else { from });
                if !forward {
                    border.reverse();
                }
                border.pop();
                ring.extend(border);
            }
            communes.push(Commune {
                code: format!("{:05}", row * COLUMNS + column),
                name: invented_name(row * COLUMNS + column),
                outline: MultiPolygon::new(vec![Polygon::new(LineString::new(ring), Vec::new())]),
            });
        }
    }
    communes
}

fn corner((column, row): (i32, i32)) -> Coord<f64> {
    let x = -4.5 + f64::from(column) * WIDTH / 2.0;
    let y = 42.5 + f64::from(row) * HEIGHT;
    let [right, up] = jitter(x, y);
    Coord { x: x + right * WIDTH * 0.3, y: y + up * HEIGHT * 0.6 }
}

/// The points of a broken line from `from` up to and without `to`.
fn break_line(from: Coord<f64>, to: Coord<f64>, breaks: u32, out: &mut Vec<Coord<f64>>) {
    if breaks == 0 {
        out.push(from);
        return;
    }
    let (along, middle) = (to - from, (from + to) / 2.0);
    let [aside, _] = jitter(middle.x, middle.y);
    let middle = Coord { x: middle.x - along.y * aside * 0.4, y: middle.y + along.x * aside * 0.4 };
    break_line(from, middle, breaks - 1, out);
    break_line(middle, to, breaks - 1, out);
}

/// Two numbers from -0.5 to 0.5 that depend on the place alone.
fn jitter(x: f64, y: f64) -> [f64; 2] {
    let mut rng = fastrand::Rng::with_seed(x.to_bits().rotate_left(32) ^ y.to_bits());
    [rng.f64() - 0.5, rng.f64() - 0.5]
}

/// Names as France has them: many begin alike, some are a common word, some are shared.
fn invented_name(number: i32) -> String {
    const FRONT: [&str; 16] = [
        "",
        "",
        "",
        "",
        "Saint-",
        "Saint-",
        "Sainte-",
        "La ",
        "Le ",
        "Les ",
        "Mont",
        "Ville",
        "Bois-",
        "Val-",
        "Fontaine-",
        "Châtel",
    ];
    const FIRST: [&str; 14] =
        ["mar", "bel", "cour", "vil", "noi", "lan", "per", "éch", "aub", "rou", "tré", "gui", "mor", "sau"];
    const LAST: [&str; 14] =
        ["ville", "court", "gny", "ac", "on", "eux", "ières", "bourg", "elle", "y", "an", "ec", "âtre", "igné"];
    let mut rng = fastrand::Rng::with_seed(number.unsigned_abs().into());
    let mut pick = |list: &[&'static str]| list[rng.usize(..list.len())];
    let (front, first, second, last) = (pick(&FRONT), pick(&FIRST), pick(&FIRST), pick(&LAST));
    let stem = format!("{first}{second}{last}");
    let front_ends_word = front.is_empty() || front.ends_with(['-', ' ']);
    let mut letters = stem.chars();
    match (front_ends_word, letters.next()) {
        (true, Some(letter)) => format!("{front}{}{}", letter.to_uppercase(), letters.as_str()),
        _ => format!("{front}{stem}"),
    }
}
