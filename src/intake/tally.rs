use std::collections::BTreeMap;

use crate::domain::{Outcome, RefuseReason};

/// How many observations ended in each outcome or event kind. The values add up to the observations taken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    counts: BTreeMap<&'static str, u64>,
    last: Option<Outcome>,
}

/// Counter of outcomes, labelled `outcome`: `admitted`, `queued`, `refused.<reason>` or `event.<kind>`.
pub const OUTCOMES_TOTAL: &str = "parvis_outcomes_total";

impl Tally {
    pub fn outcome(&mut self, outcome: Outcome) {
        self.last = Some(outcome);
        self.add(outcome.label());
    }

    /// Counts an event that is no post, by its label `event.<kind>`.
    pub fn event(&mut self, label: &'static str) {
        self.add(label);
    }

    /// A post was counted as admitted or queued, and the store then refused it. What was refused already stays so.
    pub fn refused_by_store(&mut self, counted: Outcome, reason: RefuseReason) {
        if matches!(counted, Outcome::Refused(_)) {
            return;
        }
        if let Some(count) = self.counts.get_mut(counted.label()) {
            *count = count.saturating_sub(1);
        }
        self.outcome(Outcome::Refused(reason));
    }

    /// The last outcome since this was last asked.
    pub const fn take_last(&mut self) -> Option<Outcome> {
        self.last.take()
    }

    fn add(&mut self, label: &'static str) {
        metrics::counter!(OUTCOMES_TOTAL, "outcome" => label).increment(1);
        *self.counts.entry(label).or_default() += 1;
    }

    pub fn total(&self) -> u64 {
        self.counts.values().sum()
    }

    /// The label counted since `before` was copied, if it was exactly one.
    pub fn added_since(&self, before: &Self) -> Option<String> {
        let mut added = self.counts.iter().filter(|(label, count)| before.counts.get(*label).unwrap_or(&0) < count);
        added.next().map(|(label, _)| (*label).to_owned()).filter(|_| added.next().is_none())
    }

    pub fn counts(&self) -> impl Iterator<Item = (&str, u64)> {
        self.counts.iter().filter(|(_, count)| **count > 0).map(|(label, count)| (*label, *count))
    }
}
