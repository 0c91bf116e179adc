//! What a page of the database file holds outside its content.
//!
//! Owns finding and clearing it, by the file format that SQLite documents. Does not own reading or writing pages
//! (`writer::scrub`). Invariant: no byte is changed that SQLite reads; a page that is not understood stays as it is.
//!
//! SQLite's `secure_delete` overwrites a row that is deleted. But a page that is split, or evened out with its
//! neighbours, is built anew from the rows that it keeps, and what the others were lies on between the list of rows and
//! the first row, where no later deletion reaches it. Only there: a page that is freed is overwritten whole.

use std::ops::Range;

/// The first page begins with the header of the file.
const FILE_HEADER: usize = 100;
/// The first bytes of the four kinds of pages with rows. Other pages begin with the high byte of a page's number, which
/// stays below the lowest of these while a file has fewer pages than [`PAGES_MAX`], or are free and all zeros.
const INTERIOR_INDEX: u8 = 2;
const INTERIOR_TABLE: u8 = 5;
const LEAF_INDEX: u8 = 10;
const LEAF_TABLE: u8 = 13;
/// 256 GiB of our pages.
pub const PAGES_MAX: i64 = 1 << 25;
/// A free block begins with the next one's place and its own size.
const BLOCK_HEADER: usize = 4;

/// Clears what is unused in a page; whether there was anything but zeros.
pub fn clear(number: i64, page: &mut [u8]) -> bool {
    let header = if number == 1 { FILE_HEADER } else { 0 };
    let mut cleared = false;
    for range in unused(page, header).unwrap_or_default() {
        let Some(bytes) = page.get_mut(range) else { continue };
        if bytes.iter().any(|byte| *byte != 0) {
            bytes.fill(0);
            cleared = true;
        }
    }
    cleared
}

/// The gap before the first row and the insides of the free blocks. `None`: no page with rows, or not a sound one.
fn unused(page: &[u8], header: usize) -> Option<Vec<Range<usize>>> {
    let list = header
        + match *page.get(header)? {
            INTERIOR_INDEX | INTERIOR_TABLE => 12,
            LEAF_INDEX | LEAF_TABLE => 8,
            _ => return None,
        };
    let rows = number(page, header + 3)?;
    let list_end = list + 2 * rows;
    // Zero stands for 65,536: an empty page of a size that ours are not.
    let content = number(page, header + 5).filter(|at| *at >= list_end && *at <= page.len())?;
    for row in 0..rows {
        number(page, list + 2 * row).filter(|at| *at >= content && *at < page.len())?;
    }
    let mut unused = vec![Range { start: list_end, end: content }];
    let (mut block, mut after) = (number(page, header + 1)?, content);
    while block != 0 {
        // Each lies behind the one before, so this ends.
        let size = number(page, block + 2).filter(|size| *size >= BLOCK_HEADER)?;
        if block < after || block + size > page.len() {
            return None;
        }
        unused.push(block + BLOCK_HEADER..block + size);
        after = block + size;
        block = number(page, block)?;
    }
    Some(unused)
}

fn number(page: &[u8], at: usize) -> Option<usize> {
    let bytes = page.get(at..at + 2)?;
    Some(usize::from(u16::from_be_bytes(bytes.try_into().ok()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A leaf of 64 bytes with one row at 56, a free block of 8 at 48, and `x` wherever nobody wrote.
    fn leaf() -> Vec<u8> {
        let mut page = vec![b'x'; 64];
        page[..8].copy_from_slice(&[LEAF_TABLE, 0, 48, 0, 1, 0, 40, 0]);
        page[8..10].copy_from_slice(&[0, 56]);
        page[48..52].copy_from_slice(&[0, 0, 0, 8]);
        page[56..].copy_from_slice(b"the row.");
        page
    }

    #[test]
    fn d5_the_gap_and_the_free_blocks_are_cleared_and_nothing_else() {
        let mut page = leaf();
        assert!(clear(2, &mut page));
        let mut expected = leaf();
        expected[10..40].fill(0);
        expected[52..56].fill(0);
        assert_eq!(page, expected);
        assert!(!clear(2, &mut page), "there is nothing left");
        // The first page: the same behind the file's header.
        let mut first = [vec![b'h'; FILE_HEADER], leaf()].concat();
        first[102] = 148;
        first[106] = 140;
        first[109] = 156;
        assert!(clear(1, &mut first));
        assert!(first[..FILE_HEADER].iter().all(|byte| *byte == b'h') && first[110..140].iter().all(|byte| *byte == 0));
    }

    #[test]
    fn d5_a_page_that_is_not_understood_stays_as_it_is() {
        let stays = |change: &dyn Fn(&mut Vec<u8>)| {
            let mut page = leaf();
            change(&mut page);
            let before = page.clone();
            assert!(!clear(2, &mut page));
            assert_eq!(page, before);
        };
        stays(&|page| page[0] = 0); // an overflow page, or a free one
        stays(&|page| page[0] = 1);
        stays(&|page| page[3] = 200); // more rows than there is room for
        stays(&|page| page[6] = 200); // content behind the page
        stays(&|page| page[9] = 39); // a row in the gap
        stays(&|page| page[51] = 200); // a free block out of the page
        stays(&|page| page[51] = 3);
        stays(&|page| page[49] = 48); // free blocks in a circle
        stays(&|page| page.truncate(6));
        stays(&Vec::clear);
    }
}
