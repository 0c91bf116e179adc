use geo::Coord;

use super::area::Area;
use super::crossing::Present;
use super::{Bounds, Contents};

/// Cells along one side of a tile's grid: 512 cells of a degree are about 200 m.
const SIDE_MAX: usize = 512;
/// Cells per vertex in a tile. More make the lists of the cells shorter and the grid larger than the caches.
const CELLS_PER_VERTEX: usize = 2;
/// Degrees (a tenth of a millimetre) by which an edge is held to be thicker than it is when cells are marked. Far
/// above the error of the arithmetic, so a cell left unmarked is crossed by nothing.
const SLACK: f64 = 1e-9;

/// The fine grid over what lies in one tile.
pub(super) struct Grid {
    bounds: Bounds,
    side: usize,
    columns_per_degree: f64,
    rows_per_degree: f64,
    /// Width and height of a cell in degrees.
    cell_size: Coord<f64>,
    /// Where its cells begin among those of all grids; row by row from the south-west.
    first_cell: usize,
}

/// That an outline has to do with a cell. Marks sort by cell, then by outline.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Mark {
    cell: usize,
    number: u32,
    /// An edge that may cross the cell; `None`: the outline holds it whole.
    edge: Option<u32>,
}

impl Grid {
    /// `None` when none of the areas reaches into the tile.
    pub fn build(tile: Bounds, numbers: &[u32], areas: &[Area], contents: &mut Contents) -> Option<Self> {
        let present: Vec<(u32, &Area, Bounds)> = numbers
            .iter()
            .filter_map(|&number| {
                let area = areas.get(number as usize)?;
                Some((number, area, area.bounds()?.common(tile)?))
            })
            .collect();
        let bounds = present.iter().map(|(.., bounds)| *bounds).reduce(|all, one| all.and(one.min, one.max))?;
        let vertices: usize =
            present.iter().map(|(_, area, _)| area.points().iter().filter(|point| bounds.holds(**point)).count()).sum();
        let side = vertices.saturating_mul(CELLS_PER_VERTEX).isqrt().clamp(1, SIDE_MAX);
        let per_degree = |length: f64| {
            let per_degree = side as f64 / length;
            if per_degree.is_finite() { per_degree } else { 0.0 }
        };
        let grid = Self {
            bounds,
            side,
            columns_per_degree: per_degree(bounds.max.x - bounds.min.x),
            rows_per_degree: per_degree(bounds.max.y - bounds.min.y),
            cell_size: (bounds.max - bounds.min) / side as f64,
            first_cell: contents.reserve(side * side),
        };

        let mut marks: Vec<Mark> = Vec::new();
        for (number, area, area_bounds) in present {
            grid.place(number, area, area_bounds, &mut marks);
        }
        marks.sort_unstable();
        for of_cell in marks.chunk_by(|a, b| a.cell == b.cell) {
            let Some(cell) = of_cell.first().map(|mark| mark.cell) else { continue };
            let outlines = of_cell.chunk_by(|a, b| a.number == b.number).filter_map(|marks| {
                let number = marks.first()?.number;
                let edges = marks.iter().filter_map(|mark| mark.edge).collect();
                Some(Present { number, area: areas.get(number as usize)?, edges })
            });
            let corner = grid.corner(cell % side, cell / side);
            contents.fill(grid.first_cell + cell, corner, grid.cell_size, &outlines.collect::<Vec<_>>());
        }
        Some(grid)
    }

    /// The number of the cell that holds a point, among the cells of all grids, and its south-western corner.
    pub fn cell_at(&self, point: Coord<f64>) -> Option<(usize, Coord<f64>)> {
        let (column, row) = self.bounds.holds(point).then(|| (self.column(point.x), self.row(point.y)))?;
        Some((self.first_cell + row * self.side + column, self.corner(column, row)))
    }

    /// Marks the cells of one area: those that its border crosses, and those that are whole inside.
    fn place(&self, number: u32, area: &Area, bounds: Bounds, marks: &mut Vec<Mark>) {
        let mut crossed: Vec<(usize, u32)> = Vec::new();
        for edge in area.edges() {
            if let Some((from, to)) = area.edge(edge) {
                self.cross(from, to, |cell| crossed.push((cell, edge)));
            }
        }
        crossed.sort_unstable();
        marks.extend(crossed.iter().map(|(cell, edge)| Mark { cell: *cell, number, edge: Some(*edge) }));

        let mut crossed = crossed.into_iter().map(|(cell, _)| cell).peekable();
        for row in self.row(bounds.min.y)..=self.row(bounds.max.y) {
            // Cells between two crossed ones are separated by no border: what one of them is, all are.
            let mut run_is_inside = None;
            for column in self.column(bounds.min.x)..=self.column(bounds.max.x) {
                let cell = row * self.side + column;
                while crossed.next_if(|crossed| *crossed < cell).is_some() {}
                if crossed.peek() == Some(&cell) {
                    run_is_inside = None;
                } else if *run_is_inside
                    .get_or_insert_with(|| area.holds(self.corner(column, row) + self.cell_size / 2.0))
                {
                    marks.push(Mark { cell, number, edge: None });
                }
            }
        }
    }

    /// Names the cells that an edge may touch.
    fn cross(&self, from: Coord<f64>, to: Coord<f64>, mut crosses: impl FnMut(usize)) {
        let (south, north) = if from.y <= to.y { (from, to) } else { (to, from) };
        let (west, east) = (from.x.min(to.x) - SLACK, from.x.max(to.x) + SLACK);
        let away = self.bounds.max.x < west
            || east < self.bounds.min.x
            || self.bounds.max.y < south.y - SLACK
            || north.y + SLACK < self.bounds.min.y;
        if away {
            return;
        }
        let rise = north.y - south.y;
        let run_per_degree = (north.x - south.x) / rise;
        for row in self.row(south.y - SLACK)..=self.row(north.y + SLACK) {
            let lower = self.corner(0, row).y;
            let upper = lower + self.cell_size.y;
            let at = |y: f64| south.x + (y.clamp(south.y, north.y) - south.y) * run_per_degree;
            let (first, last) = if run_per_degree.is_finite() {
                let (a, b) = (at(lower - SLACK), at(upper + SLACK));
                ((a.min(b) - SLACK).max(west), (a.max(b) + SLACK).min(east))
            } else {
                (west, east)
            };
            if first <= self.bounds.max.x && self.bounds.min.x <= last {
                (self.column(first)..=self.column(last)).for_each(|column| crosses(row * self.side + column));
            }
        }
    }

    fn column(&self, x: f64) -> usize {
        // A cast from a float saturates, so what lies west of the grid is in its first column.
        (((x - self.bounds.min.x) * self.columns_per_degree) as usize).min(self.side.saturating_sub(1))
    }

    fn row(&self, y: f64) -> usize {
        (((y - self.bounds.min.y) * self.rows_per_degree) as usize).min(self.side.saturating_sub(1))
    }

    /// The south-western corner of a cell.
    fn corner(&self, column: usize, row: usize) -> Coord<f64> {
        self.bounds.min + Coord { x: column as f64 * self.cell_size.x, y: row as f64 * self.cell_size.y }
    }
}
