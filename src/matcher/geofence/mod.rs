//! Which outlines hold a point, exactly and at the speed of a table.
//!
//! Owns a snapshot of all outlines of all cities: a coarse table of one-degree tiles, each tile a fine grid over the
//! outlines in it, each cell the one outline that holds it whole or a short list of borders and owners. Does not know
//! what an outline belongs to: it answers with the number under which an outline was given.
//! Invariant: the answer equals `geo`'s `Intersects` for every outline (a point on a border is inside), overlaps
//! included; the grid only spares work, so that 35,000 outlines cost no more to ask than one.

mod area;
mod crossing;
mod grid;

#[cfg(test)]
mod tests;

use std::collections::HashMap;

use geo::{Coord, MultiPolygon};

use crate::domain::ExactPoint;
use area::Area;
use crossing::{Crossings, Present};
use grid::Grid;

/// Tiles of one degree: longitudes -180 to 180 and latitudes -90 to 90, both ends included.
const TILE_COLUMNS: usize = 361;
const TILE_ROWS: usize = 181;
/// The mark of a tile in which there is nothing.
const NO_GRID: u32 = 0;

/// A snapshot of outlines, to be asked which of them hold a point.
pub struct Geofence {
    areas: Vec<Area>,
    /// Per tile, row by row: the number of its grid plus one.
    tiles: Box<[u32]>,
    grids: Vec<Grid>,
    cells: Box<[Content]>,
    crossings: Crossings,
}

impl Geofence {
    /// Numbers the outlines in the order given. An outline with a coordinate that is no number holds no point.
    pub fn build<'a>(outlines: impl IntoIterator<Item = &'a MultiPolygon<f64>>) -> Self {
        let areas: Vec<Area> = outlines.into_iter().map(Area::new).collect();
        let mut by_tile: HashMap<usize, Vec<u32>> = HashMap::new();
        for (number, area) in (0_u32..).zip(&areas) {
            let Some(bounds) = area.bounds() else { continue };
            let (first_column, first_row) = tile_of(bounds.min);
            let (last_column, last_row) = tile_of(bounds.max);
            for row in first_row..=last_row {
                for column in first_column..=last_column {
                    by_tile.entry(row * TILE_COLUMNS + column).or_default().push(number);
                }
            }
        }

        let mut tiles = vec![NO_GRID; TILE_COLUMNS * TILE_ROWS].into_boxed_slice();
        let mut grids = Vec::new();
        let mut contents = Contents { cells: Vec::new(), crossings: Crossings::new(), wholes: HashMap::new() };
        // In order, so that one build is like another.
        let mut by_tile: Vec<_> = by_tile.into_iter().collect();
        by_tile.sort_unstable_by_key(|(tile, _)| *tile);
        for (tile, numbers) in by_tile {
            let Some(grid) = Grid::build(tile_bounds(tile), &numbers, &areas, &mut contents) else { continue };
            grids.push(grid);
            if let (Some(slot), Ok(number)) = (tiles.get_mut(tile), u32::try_from(grids.len())) {
                *slot = number;
            }
        }
        let Contents { cells, mut crossings, .. } = contents;
        crossings.shrink();
        Self { areas, tiles, grids, cells: cells.into(), crossings }
    }

    /// Appends the numbers of all outlines that hold the point, in ascending order.
    pub fn holders(&self, point: ExactPoint, out: &mut Vec<u32>) {
        let point = Coord { x: point.lon(), y: point.lat() };
        let (column, row) = tile_of(point);
        let grid = self.tiles.get(row * TILE_COLUMNS + column).and_then(|&number| {
            let index = usize::try_from(number).ok()?.checked_sub(1)?;
            self.grids.get(index)
        });
        let Some((cell, corner)) = grid.and_then(|grid| grid.cell_at(point)) else { return };
        let Some(content) = self.cells.get(cell) else { return };
        match content.only_whole() {
            // Answered without a look at any list.
            Some(only) => out.push(only),
            None if *content == Content::NOTHING => {}
            None => self.crossings.holders(*content, corner, point, &self.areas, out),
        }
    }
}

/// What a cell holds: nothing, one outline whole, or borders and a number into [`Crossings`].
#[derive(Clone, Copy, PartialEq, Eq)]
struct Content(u32);

impl Content {
    const NOTHING: Self = Self(0);
    /// Set when the other bits are the number of the only outline, which holds the cell whole.
    const ONLY_WHOLE: u32 = 1 << 31;

    fn only_whole(self) -> Option<u32> {
        (self.0 & Self::ONLY_WHOLE != 0).then_some(self.0 & !Self::ONLY_WHOLE)
    }
}

/// The cells of all grids.
struct Contents {
    cells: Vec<Content>,
    crossings: Crossings,
    /// The number of the cell that holds just these outlines whole. Neighbouring cells mostly hold the same.
    wholes: HashMap<Box<[u32]>, Content>,
}

impl Contents {
    /// Room for so many cells; gives the number of the first.
    fn reserve(&mut self, cells: usize) -> usize {
        let first = self.cells.len();
        self.cells.resize(first.saturating_add(cells), Content::NOTHING);
        first
    }

    fn fill(&mut self, cell: usize, corner: Coord<f64>, size: Coord<f64>, present: &[Present<'_>]) {
        let content = match present {
            [only] if only.edges.is_empty() => Content(only.number | Content::ONLY_WHOLE),
            _ if present.iter().all(|present| present.edges.is_empty()) => {
                let numbers = present.iter().map(|present| present.number).collect();
                let crossings = &mut self.crossings;
                *self.wholes.entry(numbers).or_insert_with(|| crossings.add(corner, size, present))
            }
            _ => self.crossings.add(corner, size, present),
        };
        if let Some(slot) = self.cells.get_mut(cell) {
            *slot = content;
        }
    }
}

/// A closed rectangle in degrees.
#[derive(Clone, Copy, Debug)]
struct Bounds {
    min: Coord<f64>,
    max: Coord<f64>,
}

impl Bounds {
    fn holds(&self, point: Coord<f64>) -> bool {
        self.min.x <= point.x && point.x <= self.max.x && self.min.y <= point.y && point.y <= self.max.y
    }

    fn of(points: &[Coord<f64>]) -> Option<Self> {
        let first = *points.first()?;
        Some(points.iter().fold(Self { min: first, max: first }, |bounds, point| bounds.and(*point, *point)))
    }

    /// The smallest rectangle that holds this one and the given one.
    fn and(self, min: Coord<f64>, max: Coord<f64>) -> Self {
        Self {
            min: Coord { x: self.min.x.min(min.x), y: self.min.y.min(min.y) },
            max: Coord { x: self.max.x.max(max.x), y: self.max.y.max(max.y) },
        }
    }

    /// The rectangle common to both, if there is one.
    fn common(self, other: Self) -> Option<Self> {
        let min = Coord { x: self.min.x.max(other.min.x), y: self.min.y.max(other.min.y) };
        let max = Coord { x: self.max.x.min(other.max.x), y: self.max.y.min(other.max.y) };
        (min.x <= max.x && min.y <= max.y).then_some(Self { min, max })
    }
}

/// Column and row of the tile of a point; what lies off the globe counts to the last tile on its side.
fn tile_of(point: Coord<f64>) -> (usize, usize) {
    // A cast from a float saturates, so the lower ends need no check.
    let column = (point.x.floor() + 180.0) as usize;
    let row = (point.y.floor() + 90.0) as usize;
    (column.min(TILE_COLUMNS - 1), row.min(TILE_ROWS - 1))
}

fn tile_bounds(tile: usize) -> Bounds {
    let (column, row) = (tile % TILE_COLUMNS, tile / TILE_COLUMNS);
    let min = Coord { x: column as f64 - 180.0, y: row as f64 - 90.0 };
    Bounds { min, max: Coord { x: min.x + 1.0, y: min.y + 1.0 } }
}
