//! One look at a timeline: its newest page, and what lies between that and what was known.
//!
//! Owns which pages are asked for. Does not own what of them is news (`news`), nor what is told (`source`). Invariant: a hole
//! is filled upwards, or told as a gap.

use super::{Life, Mastodon};
use crate::domain::{Event, Gap, Timestamp};
use crate::ingest::sources::mastodon::api::Failure;
use crate::ingest::sources::mastodon::decode::{Page, Seen};
use crate::ingest::sources::mastodon::memory::Memory;
use crate::ingest::sources::mastodon::news::Timeline;

/// Pages that are walked to fill the hole between what was known and a timeline's newest page; what is more is a gap.
pub(super) const WALK_MAX: usize = 10;

/// The tag that a timeline is asked for, with the others beside it. One that the server has never met empties the whole
/// answer, so it must be one that brings something.
#[derive(Clone, Copy, Default)]
pub(super) struct First {
    number: usize,
    /// All were tried and brought nothing: from now on one a round.
    all_empty: bool,
}

impl Mastodon {
    /// What a timeline says that was not known, and the memory as it was before.
    pub(super) async fn look(&mut self, life: &Life<'_>, timeline: &Timeline) -> Result<(Vec<Event>, Memory), Failure> {
        let (first, mut page, is_last) = self.newest(life, timeline).await?;
        let (mut walked, mut gap) = (Vec::new(), None);
        if let Some(from) = self.news.missing_from(timeline, &page, is_last) {
            (walked, gap) = self.walk(life, timeline, first, from, &mut page).await?;
        }
        let before = self.news.memory.clone();
        self.news.doubt(timeline, &page, is_last);
        let gap = gap.map(Event::Gap);
        let events: Vec<Event> =
            gap.into_iter().chain(self.news.of_page(timeline, page, walked, life.context.clock.now())).collect();
        Ok((events, before))
    }

    /// The newest page, whether nothing lies below it, and by which tag it was had.
    async fn newest(&mut self, life: &Life<'_>, timeline: &Timeline) -> Result<(usize, Page, bool), Failure> {
        let count = timeline.tags.len().max(1);
        let First { number, all_empty } = self.firsts.get(&timeline.key).copied().unwrap_or_default();
        let after = |steps: usize| number.wrapping_add(steps).checked_rem(count).unwrap_or_default();
        let tries = if all_empty { 1..=1 } else { 0..=count.saturating_sub(1) };
        let mut first = number;
        for number in tries.map(after) {
            let now = life.context.clock.now();
            let (page, is_last) = self.api.page(timeline, number, life.scope, None, now).await?;
            first = number;
            if !page.statuses.is_empty() || !page.unreadable.is_empty() {
                self.firsts.insert(timeline.key, First { number, all_empty: false });
                return Ok((first, page, is_last));
            }
        }
        self.firsts.insert(timeline.key, First { number: first, all_empty: true });
        Ok((first, Page::default(), true))
    }

    /// Fills the hole between a status and a page, upwards, so that nothing in it is missed.
    async fn walk(
        &mut self,
        life: &Life<'_>,
        timeline: &Timeline,
        first: usize,
        mut from: String,
        page: &mut Page,
    ) -> Result<(Vec<Seen>, Option<Gap>), Failure> {
        let mut walked: Vec<Seen> = Vec::new();
        for _ in 0..WALK_MAX {
            let now = life.context.clock.now();
            let (between, _) = self.api.page(timeline, first, life.scope, Some(&from), now).await?;
            page.unreadable.extend(between.unreadable);
            let next = between.statuses.first().map(|first| first.id.clone());
            let meets = between.statuses.iter().any(|seen| page.statuses.iter().any(|other| other.id == seen.id));
            walked.extend(
                between.statuses.into_iter().filter(|seen| page.statuses.iter().all(|other| other.id != seen.id)),
            );
            match next.filter(|next| !meets && *next != from) {
                Some(next) => from = next,
                None => return Ok((walked, None)),
            }
        }
        let dates = |statuses: &[Seen]| statuses.iter().filter_map(|seen| seen.post.created_at).collect::<Vec<_>>();
        let until = dates(&page.statuses).into_iter().min().unwrap_or(life.context.clock.now());
        let read_at = Timestamp::from_micros(self.news.memory.read_at);
        let from = dates(&walked).into_iter().max().unwrap_or(read_at).min(until);
        tracing::warn!(source = self.id.as_str(), "More was written than can be caught up with.");
        Ok((walked, Some(Gap { from, until })))
    }
}
