use geo::Coord;

use super::area::Area;
use super::{Bounds, Content, ContentsBuilder, Entry};

/// Cells along one side of a tile's grid: 512 cells of a degree are about 200 m.
const SIDE_MAX: usize = 512;
/// Cells per vertex in a tile: enough that most cells are crossed by no border.
const CELLS_PER_VERTEX: usize = 4;
/// Degrees (a tenth of a millimetre) by which an edge is held to be thicker than it is when cells are marked. Far
/// above the error of the arithmetic, so a cell left unmarked is crossed by nothing.
const SLACK: f64 = 1e-9;

/// The fine grid over what lies in one tile.
pub(super) struct Grid {
    bounds: Bounds,
    side: usize,
    columns_per_degree: f64,
    rows_per_degree: f64,
    /// Row by row from the south-west.
    cells: Box<[Content]>,
}

impl Grid {
    /// `None` when none of the areas reaches into the tile.
    pub fn build(tile: Bounds, numbers: &[u32], areas: &[Area], contents: &mut ContentsBuilder) -> Option<Self> {
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
        let side = (vertices.saturating_mul(CELLS_PER_VERTEX)).isqrt().clamp(1, SIDE_MAX);
        let per_degree = |length: f64| {
            let per_degree = side as f64 / length;
            if per_degree.is_finite() { per_degree } else { 0.0 }
        };
        let mut grid = Self {
            bounds,
            side,
            columns_per_degree: per_degree(bounds.max.x - bounds.min.x),
            rows_per_degree: per_degree(bounds.max.y - bounds.min.y),
            cells: vec![Content::NOTHING; side * side].into(),
        };

        let mut entries: Vec<(usize, Entry)> = Vec::new();
        for (number, area, area_bounds) in present {
            grid.place(number, area, area_bounds, &mut entries);
        }
        entries.sort_unstable();
        let mut content = Vec::new();
        for same_cell in entries.chunk_by(|(a, _), (b, _)| a == b) {
            content.clear();
            content.extend(same_cell.iter().map(|(_, entry)| *entry));
            let cell = same_cell.first().and_then(|(cell, _)| grid.cells.get_mut(*cell));
            if let Some(cell) = cell {
                *cell = contents.content(&content);
            }
        }
        Some(grid)
    }

    pub fn content_at(&self, point: Coord<f64>) -> Option<Content> {
        let cell = self.bounds.holds(point).then(|| self.row(point.y) * self.side + self.column(point.x))?;
        self.cells.get(cell).copied().filter(|content| *content != Content::NOTHING)
    }

    /// Adds what each cell says of one area: crossed by its border, or whole inside.
    fn place(&self, number: u32, area: &Area, bounds: Bounds, entries: &mut Vec<(usize, Entry)>) {
        let mut crossed: Vec<usize> = Vec::new();
        for (from, to) in area.edges() {
            self.mark(from, to, &mut crossed);
        }
        crossed.sort_unstable();
        crossed.dedup();
        entries.extend(crossed.iter().map(|cell| (*cell, Entry::crossed(number))));

        let mut crossed = crossed.into_iter().peekable();
        for row in self.row(bounds.min.y)..=self.row(bounds.max.y) {
            // Cells between two crossed ones are separated by no border: what one of them is, all are.
            let mut run_is_inside = None;
            for column in self.column(bounds.min.x)..=self.column(bounds.max.x) {
                let cell = row * self.side + column;
                while crossed.next_if(|crossed| *crossed < cell).is_some() {}
                if crossed.peek() == Some(&cell) {
                    run_is_inside = None;
                } else if *run_is_inside.get_or_insert_with(|| area.holds(self.centre(column, row))) {
                    entries.push((cell, Entry::whole(number)));
                }
            }
        }
    }

    /// Collects the cells that an edge may touch.
    fn mark(&self, from: Coord<f64>, to: Coord<f64>, crossed: &mut Vec<usize>) {
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
            let (lower, upper) = self.band(row);
            let at = |y: f64| south.x + (y.clamp(south.y, north.y) - south.y) * run_per_degree;
            let (first, last) = if run_per_degree.is_finite() {
                let (a, b) = (at(lower - SLACK), at(upper + SLACK));
                ((a.min(b) - SLACK).max(west), (a.max(b) + SLACK).min(east))
            } else {
                (west, east)
            };
            if first <= self.bounds.max.x && self.bounds.min.x <= last {
                crossed.extend((self.column(first)..=self.column(last)).map(|column| row * self.side + column));
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

    /// The southern and northern edge of a row.
    fn band(&self, row: usize) -> (f64, f64) {
        let height = (self.bounds.max.y - self.bounds.min.y) / self.side as f64;
        (self.bounds.min.y + row as f64 * height, self.bounds.min.y + (row as f64 + 1.0) * height)
    }

    fn centre(&self, column: usize, row: usize) -> Coord<f64> {
        let width = (self.bounds.max.x - self.bounds.min.x) / self.side as f64;
        let (lower, upper) = self.band(row);
        Coord { x: self.bounds.min.x + (column as f64 + 0.5) * width, y: f64::midpoint(lower, upper) }
    }
}
