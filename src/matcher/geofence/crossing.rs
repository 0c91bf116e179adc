use geo::Coord;

use super::Content;
use super::area::{Area, Hinge};

/// Pieces of border in one cell, at most: one bit each.
const PIECES_MAX: usize = 32;
/// Places tried for a cell's reference point, in parts of the cell from its middle.
const TRIED: [(f64, f64); 6] =
    [(0.0, 0.0), (0.237, 0.171), (-0.291, 0.113), (0.149, -0.307), (-0.183, -0.269), (0.401, -0.053)];
/// The error of a sum of three cross products of coordinates up to `m`, all rounded to 32 bits, is below 32 roundings
/// of `m` squared; this is twice that.
const ERROR: f32 = 64.0 * f32::EPSILON / 2.0;
/// Below this a product of small numbers loses digits that the bound above counts on.
const ERROR_MIN: f32 = 1e-30;

/// What must be known of a cell that borders cross, to tell who holds a point in it: one piece of memory a cell, so
/// that a point costs one look at memory that is far away.
///
/// Each cell has a reference point, for which the answer is known. On the straight way from there to the point asked
/// for, each piece of border that is crossed changes the winding number of the ring that it belongs to by one. Whether
/// a piece is crossed is told by the signs of three cross products in 32 bits; where a sign is within the rounding
/// error, nothing is told, and the outlines are asked one by one (one point in 100,000).
/// A piece that two neighbours share is looked at once.
pub(super) struct Crossings {
    /// Per cell a [`Head`], then its pieces, then its owners, each of four words.
    words: Vec<[u32; 4]>,
}

/// The sizes of a cell's lists, the bound of the rounding error, and where the reference point lies from the cell's
/// south-western corner.
struct Head {
    pieces: usize,
    owners: usize,
    error: f32,
    x: f32,
    y: f32,
}

/// An outline that holds at least a part of a cell.
struct Owner {
    number: u32,
    /// The pieces that its ring goes along with the reference point on its left, and on its right.
    left: u32,
    right: u32,
    /// How often its ring winds round the reference point.
    winding: i32,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Holds where the winding number is not 0.
    Winds,
    /// The ring is a hole: holds where the winding number is 0.
    WindsNot,
    /// Several rings cross the cell, or more pieces than there are bits: the outline itself is asked.
    Ask,
}

/// An outline in a cell, as the grid found it.
pub(super) struct Present<'a> {
    pub number: u32,
    pub area: &'a Area,
    /// The edges that may cross the cell; of none, the outline holds the whole cell.
    pub edges: Vec<u32>,
}

type Piece = (Coord<f64>, Coord<f64>);

impl Crossings {
    pub fn new() -> Self {
        // Number 0 is a cell with nothing.
        Self { words: vec![Head { pieces: 0, owners: 0, error: 0.0, x: 0.0, y: 0.0 }.pack()] }
    }

    /// Adds a cell with its south-western corner and its size.
    pub fn add(&mut self, corner: Coord<f64>, size: Coord<f64>, present: &[Present<'_>]) -> Content {
        // 2^31 of four words: 32 GiB.
        let content = Content(u32::try_from(self.words.len()).unwrap_or_default());
        let mut pieces: Vec<Piece> = Vec::new();
        for (area, edge) in present.iter().flat_map(|present| present.edges.iter().map(|edge| (present.area, *edge))) {
            if let Some(piece) = area.edge(edge).map(in_order)
                && piece.0 != piece.1
                && !pieces.contains(&piece)
            {
                pieces.push(piece);
            }
            if pieces.len() > PIECES_MAX {
                break;
            }
        }
        let seen = (pieces.len() <= PIECES_MAX).then(|| Seen::from_some_place(corner, size, &pieces)).flatten();
        let owners: Vec<Owner> = present.iter().filter_map(|present| owner(present, &pieces, seen.as_ref())).collect();
        let (head, pieces) = match seen {
            Some(seen) => (Head { owners: owners.len(), ..seen.head }, seen.pieces),
            None => (Head { pieces: 0, owners: owners.len(), error: 0.0, x: 0.0, y: 0.0 }, Vec::new()),
        };
        self.words.push(head.pack());
        self.words.extend(pieces.iter().map(|piece| piece.map(f32::to_bits)));
        self.words.extend(owners.iter().map(Owner::pack));
        content
    }

    /// Gives back the room that was kept for further cells.
    pub fn shrink(&mut self) {
        self.words.shrink_to_fit();
    }

    /// Appends the numbers of the outlines that hold a point of a cell with this content and corner.
    pub fn holders(&self, content: Content, corner: Coord<f64>, point: Coord<f64>, areas: &[Area], out: &mut Vec<u32>) {
        let Some((head, rest)) = self.words.get(content.0 as usize..).and_then(<[_]>::split_first) else { return };
        let head = Head::unpack(*head);
        let Some((pieces, rest)) = rest.split_at_checked(head.pieces) else { return };
        let reference = head.reference(corner);
        let (x, y) = ((point.x - reference.x) as f32, (point.y - reference.y) as f32);
        let (mut crossed, mut maybe) = (0_u32, 0_u32);
        for (bit, piece) in (0_u32..).zip(pieces) {
            let [from_x, from_y, to_x, to_y] = piece.map(f32::from_bits);
            let behind_from = from_x * y - from_y * x;
            let before_to = x * to_y - y * to_x;
            let beyond = behind_from + before_to - (from_x * to_y - from_y * to_x);
            let least = behind_from.min(before_to).min(beyond);
            crossed |= u32::from(least > head.error) << bit;
            maybe |= u32::from(least >= -head.error) << bit;
        }
        for owner in rest.iter().take(head.owners).map(|owner| Owner::unpack(*owner)) {
            let winding = owner.winding + (owner.right & crossed).count_ones().cast_signed()
                - (owner.left & crossed).count_ones().cast_signed();
            let told = owner.kind != Kind::Ask && (crossed == maybe || owner.left | owner.right == 0);
            let holds = if told {
                (winding != 0) == (owner.kind == Kind::Winds)
            } else {
                areas.get(owner.number as usize).is_some_and(|area| area.holds(point))
            };
            if holds {
                out.push(owner.number);
            }
        }
    }
}

/// The pieces of a cell as seen from its reference point.
struct Seen {
    head: Head,
    reference: Coord<f64>,
    /// Each from the end to the start as they are met counter-clockwise.
    pieces: Vec<[f32; 4]>,
    /// Of each piece, whether that is the order of its ends in the other list.
    is_ordered: Vec<bool>,
}

impl Seen {
    /// From the first place tried that is on no piece, nor in line with one.
    fn from_some_place(corner: Coord<f64>, size: Coord<f64>, pieces: &[Piece]) -> Option<Self> {
        TRIED.iter().find_map(|(right, up)| {
            let (x, y) = (((0.5 + right) * size.x) as f32, ((0.5 + up) * size.y) as f32);
            let mut head = Head { pieces: pieces.len(), owners: 0, error: 0.0, x, y };
            let reference = head.reference(corner);
            let local = |at: Coord<f64>| [(at.x - reference.x) as f32, (at.y - reference.y) as f32];
            let ends: Vec<_> = pieces.iter().map(|(from, to)| (local(*from), local(*to))).collect();
            let reach = ends.iter().flat_map(|(from, to)| from.iter().chain(to)).map(|reach| reach.abs());
            let reach = reach.fold((size.x as f32).max(size.y as f32), f32::max);
            head.error = (ERROR * reach * reach).max(ERROR_MIN);
            let mut seen = Self { head, reference, pieces: Vec::new(), is_ordered: Vec::new() };
            for ([from_x, from_y], [to_x, to_y]) in ends {
                let turn = from_x * to_y - from_y * to_x;
                // Also false where the numbers are too large to be told apart.
                if !(turn.abs() > seen.head.error && turn.is_finite()) {
                    return None;
                }
                seen.is_ordered.push(turn > 0.0);
                seen.pieces.push(if turn > 0.0 { [from_x, from_y, to_x, to_y] } else { [to_x, to_y, from_x, from_y] });
            }
            Some(seen)
        })
    }
}

/// `None` when the outline holds no point of the cell.
fn owner(present: &Present<'_>, pieces: &[Piece], seen: Option<&Seen>) -> Option<Owner> {
    let (number, area) = (present.number, present.area);
    let whole = Owner { number, left: 0, right: 0, winding: 1, kind: Kind::Winds };
    let ask = Owner { kind: Kind::Ask, ..whole };
    let Some(first) = present.edges.first() else { return Some(whole) };
    let ring = area.ring_of(*first);
    let Some(seen) = seen.filter(|_| present.edges.iter().all(|edge| area.ring_of(*edge) == ring)) else {
        return Some(ask);
    };
    let (mut left, mut right) = (0_u32, 0_u32);
    for (from, to) in present.edges.iter().filter_map(|edge| area.edge(*edge)) {
        let ordered = in_order((from, to));
        let found = (0_u32..).zip(pieces).zip(&seen.is_ordered).find(|((_, piece), _)| **piece == ordered);
        // An edge without length, or one that the ring goes along twice.
        let Some(((bit, _), is_ordered)) = found.filter(|((bit, _), _)| (left | right) & 1 << bit == 0) else {
            return Some(ask);
        };
        let side = if (ordered == (from, to)) == *is_ordered { &mut left } else { &mut right };
        *side |= 1 << bit;
    }
    let (winding, hinge) = area.hinge(ring, seen.reference);
    let kind = match hinge {
        Hinge::Held => return Some(whole),
        Hinge::Missed => return None,
        Hinge::Tangled => return Some(ask),
        Hinge::Winds => Kind::Winds,
        Hinge::WindsNot => Kind::WindsNot,
    };
    // More turns than a spiral has that was not made to have them.
    let fits = winding.unsigned_abs() < 1 << 24;
    Some(if fits { Owner { number, left, right, winding, kind } } else { ask })
}

/// The ends of an edge in an order that does not depend on which neighbour's edge it is.
fn in_order((from, to): Piece) -> Piece {
    if (from.x, from.y) <= (to.x, to.y) { (from, to) } else { (to, from) }
}

impl Head {
    fn reference(&self, corner: Coord<f64>) -> Coord<f64> {
        Coord { x: corner.x + f64::from(self.x), y: corner.y + f64::from(self.y) }
    }

    fn pack(&self) -> [u32; 4] {
        let owners = u32::try_from(self.owners).unwrap_or(u32::MAX) << 8;
        [self.pieces as u32 | owners, self.error.to_bits(), self.x.to_bits(), self.y.to_bits()]
    }

    fn unpack([sizes, error, x, y]: [u32; 4]) -> Self {
        let [error, x, y] = [error, x, y].map(f32::from_bits);
        Self { pieces: (sizes & 0xff) as usize, owners: (sizes >> 8) as usize, error, x, y }
    }
}

impl Owner {
    fn pack(&self) -> [u32; 4] {
        let kind = match self.kind {
            Kind::Winds => 0,
            Kind::WindsNot => 1,
            Kind::Ask => 2,
        };
        [self.number, self.left, self.right, (self.winding << 2 | kind).cast_unsigned()]
    }

    fn unpack([number, left, right, last]: [u32; 4]) -> Self {
        let kind = match last & 3 {
            0 => Kind::Winds,
            1 => Kind::WindsNot,
            _ => Kind::Ask,
        };
        Self { number, left, right, winding: last.cast_signed() >> 2, kind }
    }
}
