//! Which outlines hold a point, exactly and at the speed of a table.
//!
//! Owns a snapshot of all outlines of all cities: a coarse table of one-degree tiles, each tile a fine grid over the
//! outlines in it, each cell the list of outlines that hold it whole and of those whose border crosses it. Does not
//! know what an outline belongs to: it answers with the number under which an outline was given.
//! Invariant: the answer equals `geo`'s `Intersects` for every outline (a point on a border is inside), overlaps
//! included; the grid only spares work, so that 35,000 outlines cost no more to ask than one.

mod area;
mod grid;

#[cfg(test)]
mod tests;

use std::collections::HashMap;

use geo::{Coord, MultiPolygon};

use crate::domain::ExactPoint;
use area::Area;
use grid::Grid;

/// Tiles of one degree: longitudes -180 to 180 and latitudes -90 to 90, both ends included.
const TILE_COLUMNS: usize = 361;
const TILE_ROWS: usize = 181;
/// The mark of a tile in which there is nothing.
const NO_GRID: u32 = 0;

pub(super) struct Geofence {
    areas: Vec<Area>,
    /// Per tile, row by row: the number of its grid plus one.
    tiles: Box<[u32]>,
    grids: Vec<Grid>,
    contents: Contents,
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
        let mut contents = ContentsBuilder::new();
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
        Self { areas, tiles, grids, contents: contents.built }
    }

    /// Appends the numbers of all outlines that hold the point, in ascending order.
    pub fn holders(&self, point: ExactPoint, out: &mut Vec<u32>) {
        let point = Coord { x: point.lon(), y: point.lat() };
        let (column, row) = tile_of(point);
        let grid = self.tiles.get(row * TILE_COLUMNS + column).and_then(|&number| {
            let index = usize::try_from(number).ok()?.checked_sub(1)?;
            self.grids.get(index)
        });
        let Some(content) = grid.and_then(|grid| grid.content_at(point)) else { return };
        if let Some(only) = content.only_whole() {
            // Most cells: answered without a look at any list.
            out.push(only);
            return;
        }
        for entry in self.contents.of(content) {
            let holds = entry.is_whole() || self.areas.get(entry.area()).is_some_and(|area| area.holds(point));
            if holds {
                out.push(entry.number());
            }
        }
    }
}

/// What a cell says of one outline: its number, and in the lowest bit whether its border crosses the cell. So entries
/// sort by number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Entry(u32);

impl Entry {
    const fn whole(number: u32) -> Self {
        Self(number << 1)
    }

    const fn crossed(number: u32) -> Self {
        Self(number << 1 | 1)
    }

    const fn is_whole(self) -> bool {
        self.0 & 1 == 0
    }

    const fn number(self) -> u32 {
        self.0 >> 1
    }

    const fn area(self) -> usize {
        self.number() as usize
    }
}

/// What a cell holds: nothing, one outline whole, or a number into [`Contents`].
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

/// The distinct contents of cells that need a list. Neighbouring cells mostly hold the same.
struct Contents {
    /// Content `n` is `entries[starts[n] .. starts[n + 1]]`; content 0 is empty.
    starts: Vec<u32>,
    entries: Vec<Entry>,
}

impl Contents {
    fn of(&self, content: Content) -> &[Entry] {
        let number = content.0 as usize;
        let bounds = self.starts.get(number).zip(self.starts.get(number.saturating_add(1)));
        bounds.and_then(|(start, end)| self.entries.get(*start as usize..*end as usize)).unwrap_or_default()
    }
}

struct ContentsBuilder {
    built: Contents,
    known: HashMap<Box<[Entry]>, Content>,
}

impl ContentsBuilder {
    fn new() -> Self {
        Self { built: Contents { starts: vec![0, 0], entries: Vec::new() }, known: HashMap::new() }
    }

    /// The content of these entries, which are in order; equal entries give one content.
    fn content(&mut self, entries: &[Entry]) -> Content {
        if let [only] = entries
            && only.is_whole()
        {
            return Content(only.number() | Content::ONLY_WHOLE);
        }
        if let Some(content) = self.known.get(entries) {
            return *content;
        }
        let content = Content(u32::try_from(self.built.starts.len().saturating_sub(1)).unwrap_or_default());
        self.built.entries.extend_from_slice(entries);
        self.built.starts.push(u32::try_from(self.built.entries.len()).unwrap_or(u32::MAX));
        self.known.insert(entries.into(), content);
        content
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
