use std::collections::{BTreeMap, VecDeque};

use crate::domain::{Checkpoint, SourceId};

/// One observation on its way through the pipeline. Must be given back to [`Watermarks::finish`].
#[derive(Debug, PartialEq, Eq)]
pub struct Ticket {
    source: SourceId,
    sequence: u64,
}

/// The low-water mark of each source: the position below which every observation is finished.
#[derive(Debug, Default)]
pub struct Watermarks {
    sources: BTreeMap<SourceId, Mark>,
}

/// Most observations of one source that may be open or behind an open one. At the bound the pipeline stops reading:
/// at Bluesky's 100 posts a second this is half an hour behind one profile that can't be had.
const SPAN_MAX: usize = 200_000;

#[derive(Debug, Default)]
struct Mark {
    /// The sequence number of the first entry of `span`.
    first: u64,
    /// Observations from the oldest open one on: position, and whether it is finished.
    span: VecDeque<(Option<Checkpoint>, bool)>,
    /// The newest position below which all is finished, and whether it was handed out already.
    low: Option<Checkpoint>,
    handed_out: bool,
}

impl Watermarks {
    pub fn start(&mut self, source: &SourceId, checkpoint: Option<Checkpoint>) -> Ticket {
        let mark = self.sources.entry(source.clone()).or_default();
        let sequence = mark.first + mark.span.len() as u64;
        mark.span.push_back((checkpoint, false));
        Ticket { source: source.clone(), sequence }
    }

    pub fn finish(&mut self, ticket: Ticket) {
        let Some(mark) = self.sources.get_mut(&ticket.source) else { return };
        let index = usize::try_from(ticket.sequence - mark.first).unwrap_or(usize::MAX);
        if let Some((_, finished)) = mark.span.get_mut(index) {
            *finished = true;
        }
        while mark.span.front().is_some_and(|(_, finished)| *finished) {
            mark.first += 1;
            if let Some((Some(checkpoint), _)) = mark.span.pop_front() {
                mark.low = Some(checkpoint);
                mark.handed_out = false;
            }
        }
    }

    /// The marks that moved since they were last taken.
    pub fn take_moved(&mut self) -> Vec<(SourceId, Checkpoint)> {
        let moved = self.sources.iter_mut().filter(|(_, mark)| !mark.handed_out);
        moved
            .filter_map(|(source, mark)| {
                mark.handed_out = true;
                Some((source.clone(), mark.low.clone()?))
            })
            .collect()
    }

    pub fn has_moved(&self) -> bool {
        self.sources.values().any(|mark| mark.low.is_some() && !mark.handed_out)
    }

    pub fn has_room(&self) -> bool {
        self.sources.values().all(|mark| mark.span.len() < SPAN_MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moved(marks: &mut Watermarks) -> Option<String> {
        marks.take_moved().pop().map(|(_, checkpoint)| checkpoint.as_str().to_owned())
    }

    #[test]
    fn d1_an_open_observation_holds_the_mark_back() {
        let source = SourceId::new("bluesky");
        let mut marks = Watermarks::default();
        let mut tickets: VecDeque<Ticket> =
            (1..=4).map(|n| marks.start(&source, Some(Checkpoint::new(n.to_string())))).collect();
        let held = tickets.remove(1).unwrap();
        for ticket in tickets {
            marks.finish(ticket);
        }
        assert_eq!(moved(&mut marks).as_deref(), Some("1"));
        assert_eq!(moved(&mut marks), None, "nothing has moved since");
        marks.finish(held);
        assert_eq!(moved(&mut marks).as_deref(), Some("4"));
    }

    #[test]
    fn an_observation_without_a_position_moves_nothing() {
        let source = SourceId::new("bluesky");
        let mut marks = Watermarks::default();
        let ticket = marks.start(&source, None);
        marks.finish(ticket);
        assert!(!marks.has_moved());
        assert_eq!(moved(&mut marks), None);
    }
}
