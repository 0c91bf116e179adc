//! How far the stored answer to one question has been read.
//!
//! Owns when there is another page to ask for. Does not own the asking. Invariant: pure; it ends after [`PAGES_MAX`] pages
//! at most, and what is not read by then is said.

use std::collections::HashSet;

/// Pages of one answer. With 500 events each, 10,000: a city's day on Nostr is a few dozen.
const PAGES_MAX: u32 = 20;

/// A relay sends the newest events first and stops where it likes, without a word. So it is asked for what is older until
/// nothing new comes.
#[derive(Debug)]
pub struct Stored {
    /// Seconds since 1970, as all times here.
    since: u64,
    /// Of the page under way; `None`: up to now.
    until: Option<u64>,
    /// Events that were asked for at once.
    limit: usize,
    pages: u32,
    page: Page,
    /// Of the page before.
    before: HashSet<u64>,
}

#[derive(Debug, Default)]
struct Page {
    count: usize,
    oldest: Option<u64>,
    ids: HashSet<u64>,
}

/// What follows a page, and from when to when there was more than could be had.
#[derive(Debug, PartialEq, Eq)]
pub struct Turned {
    /// To ask up to this; `None`: all is read.
    pub next: Option<u64>,
    pub lost: Option<(u64, u64)>,
}

impl Stored {
    pub fn new(since: u64, limit: usize) -> Self {
        Self { since, until: None, limit, pages: 0, page: Page::default(), before: HashSet::new() }
    }

    /// An event of the page came; `None`: one that can't be read.
    pub fn saw(&mut self, event: Option<(u64, u64)>) {
        self.page.count += 1;
        let Some((half, created_at)) = event else { return };
        self.page.oldest = Some(self.page.oldest.map_or(created_at, |oldest| oldest.min(created_at)));
        // Beyond what was asked for, a relay's excess is not worth remembering.
        if self.page.ids.len() < 4 * self.limit {
            self.page.ids.insert(half);
        }
    }

    /// The page has ended. `now` stands for its end where it had none.
    pub fn turn(&mut self, now: u64) -> Turned {
        let page = std::mem::take(&mut self.page);
        let is_news = page.ids.iter().any(|id| !self.before.contains(id));
        let is_full = page.count >= self.limit;
        self.before = page.ids;
        self.pages += 1;
        let asked = self.until.unwrap_or(now);
        let lost_before = |end: u64| Turned { next: None, lost: (end > self.since).then_some((self.since, end)) };
        let Some(oldest) = page.oldest else {
            // Nothing but what can't be read hides what is behind it.
            return if is_full { lost_before(asked) } else { Turned { next: None, lost: None } };
        };
        if !is_news {
            return match self.until {
                // More events in one second than come at once: what of them did not come is passed over.
                Some(until) if is_full && oldest == until && oldest > self.since && self.pages < PAGES_MAX => {
                    self.until = Some(oldest.saturating_sub(1));
                    Turned { next: self.until, lost: Some((oldest, oldest.saturating_add(1))) }
                }
                // It does not know `until`.
                Some(until) if is_full && oldest > until => lost_before(oldest),
                _ => Turned { next: None, lost: None },
            };
        }
        if self.pages >= PAGES_MAX {
            return lost_before(oldest);
        }
        self.until = Some(oldest);
        Turned { next: self.until, lost: None }
    }

    pub const fn since(&self) -> u64 {
        self.since
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 100_000;

    /// Reads from a relay that holds events of these times and gives at most `most` at once. Gives how many were had, in how
    /// many pages, and what was told as lost.
    fn read(held: &[u64], limit: usize, most: usize, knows_until: bool) -> (usize, u32, Vec<(u64, u64)>) {
        let mut stored = Stored::new(1_000, limit);
        let (mut had, mut lost, mut until) = (HashSet::new(), Vec::new(), u64::MAX);
        let mut newest: Vec<(u64, u64)> = held.iter().enumerate().map(|(id, at)| (id as u64, *at)).collect();
        newest.sort_by_key(|(id, at)| (std::cmp::Reverse(*at), *id));
        loop {
            let answer = newest.iter().filter(|(_, at)| *at >= 1_000 && (!knows_until || *at <= until));
            for (id, at) in answer.take(limit.min(most)) {
                stored.saw(Some((*id, *at)));
                had.insert(*id);
            }
            let turned = stored.turn(NOW);
            lost.extend(turned.lost);
            match turned.next {
                Some(next) => until = next,
                None => return (had.len(), stored.pages, lost),
            }
        }
    }

    #[test]
    fn d1_everything_is_read_however_little_comes_at_once() {
        let spread: Vec<u64> = (0..90).map(|number| 2_000 + number * 7).collect();
        for (limit, most) in [(500, 500), (500, 10), (10, 10), (10, 1_000), (500, 91), (500, 90)] {
            let (had, _, lost) = read(&spread, limit, most, true);
            assert_eq!((had, lost), (90, vec![]), "{limit} {most}");
        }
        assert_eq!(read(&[], 500, 500, true), (0, 1, vec![]));
        assert_eq!(read(&spread, 500, 500, true).1, 2, "one more question shows that it was all");
    }

    #[test]
    fn d2_what_can_not_be_had_is_told() {
        // Ten a second, five at once: the second can't be read whole, and what is older can.
        let crowded: Vec<u64> = (0..10).map(|_| 5_000).chain([4_000]).collect();
        assert_eq!(read(&crowded, 5, 5, true), (6, 4, vec![(5_000, 5_001)]));
        // Without `until` the first page is all there is.
        let spread: Vec<u64> = (0..90).map(|number| 2_000 + number).collect();
        let (had, pages, lost) = read(&spread, 10, 10, false);
        assert_eq!((had, lost.last()), (10, Some(&(1_000, 2_080))));
        assert!(pages < PAGES_MAX);
        let endless: Vec<u64> = (0..1_000).map(|number| 2_000 + number).collect();
        let (had, pages, lost) = read(&endless, 10, 10, true);
        assert_eq!((pages, lost), (PAGES_MAX, vec![(1_000, 3_000 - had as u64)]));
    }

    #[test]
    fn h1_a_page_of_nothing_that_can_be_read_ends_the_reading() {
        let mut stored = Stored::new(1_000, 3);
        (0..3).for_each(|_| stored.saw(None));
        assert_eq!(stored.turn(NOW), Turned { next: None, lost: Some((1_000, NOW)) });
        let mut stored = Stored::new(1_000, 3);
        stored.saw(None);
        assert_eq!(stored.turn(NOW), Turned { next: None, lost: None });
    }
}
