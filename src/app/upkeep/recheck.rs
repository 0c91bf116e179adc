//! Asking again for what is stored (L-13): whether its author and it are still there, and may still be shown.
//!
//! Owns which answers are believed, since what is gone at its origin is erased here. Does not own what an author's
//! absence means (`intake`). Invariant: no post is erased for one answer's silence, or for an answer that can't be read.

use std::collections::BTreeSet;
use std::time::Duration;

use super::Upkeep;
use super::unanswered::Unanswered;
use crate::app::drive::Control;
use crate::consent;
use crate::domain::{AuthorId, AuthorLookup, AuthorProfile, Change, LookupError, MentionForm, StoreError, Timestamp};
use crate::store::StalePost;

/// A day before the week is over, so that a night without the network breaks no promise.
pub(super) const RECHECK_AFTER_S: i64 = 6 * 86_400;
/// When a post is looked at for the first times, in seconds after it was received: what a moderation service says of it
/// comes after it, and mostly soon (L-10).
pub(super) const FIRST_LOOKS_S: [i64; 2] = [600, 6 * 3_600];
/// How far the posts have been looked through for each of these.
pub(super) type FirstLooks = [i64; FIRST_LOOKS_S.len()];
/// Batches asked of one network each time: 40 of 25 a minute re-check 1.4 million posts a day.
const BATCHES_MAX: usize = 40;

impl Upkeep {
    /// Returns whether some are left.
    pub(super) async fn recheck_authors(&self, lookup: &dyn AuthorLookup) -> Result<bool, StoreError> {
        let network = lookup.network();
        for _ in 0..BATCHES_MAX {
            let now = self.clock.now();
            let older_than = now.plus_seconds(-RECHECK_AFTER_S);
            let asked: Vec<AuthorId> = self.store.stale_authors(network, older_than, now, lookup.batch_max()).await?;
            if asked.is_empty() {
                return Ok(false);
            }
            // What can't be asked now is asked again in a minute.
            let Some(found) = self.ask_authors(lookup, &asked, now).await? else { return Ok(false) };
            if !self.tell(Control::Rechecked { network, asked, found }).await {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whom of `asked` the network shows; `None` when it gives no answer that is believed.
    async fn ask_authors(
        &self,
        lookup: &dyn AuthorLookup,
        asked: &[AuthorId],
        now: Timestamp,
    ) -> Result<Option<Vec<AuthorProfile>>, StoreError> {
        let Ok(found) = lookup.profiles(asked.iter().map(|author| author.as_str().to_owned()).collect()).await else {
            return Ok(None);
        };
        if found.is_empty() {
            let since = now.plus_seconds(-RECHECK_AFTER_S);
            let witness = self.store.fresh_author(lookup.network(), since, now).await?;
            let witness = witness.filter(|witness| !asked.contains(witness));
            let again = witness.map(|author| lookup.profiles(vec![author.as_str().to_owned()]));
            if !is_believed(asked.len(), again).await {
                return Ok(None);
            }
        }
        Ok(Some(found))
    }

    /// Returns whether some are left.
    pub(super) async fn recheck_posts(
        &self,
        lookup: &dyn AuthorLookup,
        unanswered: &mut Unanswered,
    ) -> Result<bool, StoreError> {
        let network = lookup.network();
        for _ in 0..BATCHES_MAX {
            let now = self.clock.now();
            let older_than = now.plus_seconds(-RECHECK_AFTER_S);
            let waiting = unanswered.waiting(now);
            let asked = self.store.stale_posts(network, older_than, now, &waiting, lookup.batch_max()).await?;
            if asked.is_empty() {
                return Ok(false);
            }
            if !self.look_at(lookup, unanswered, asked, now).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Looks at young posts. Returns whether some are left.
    pub(super) async fn look_early(
        &self,
        lookup: &dyn AuthorLookup,
        unanswered: &mut Unanswered,
        looked: &mut FirstLooks,
    ) -> Result<bool, StoreError> {
        for (age_s, after) in FIRST_LOOKS_S.into_iter().zip(looked) {
            let mut is_done = false;
            for _ in 0..BATCHES_MAX {
                let now = self.clock.now();
                let found = self.store.young_posts(lookup.network(), *after, age_s, now, lookup.batch_max()).await?;
                let (mut asked, up_to) = found;
                // Two silences right after each other are one.
                asked.retain(|post| !unanswered.waits(post.id, now));
                is_done = up_to == *after;
                // What can't be asked now is asked again in a minute.
                if !asked.is_empty() && !self.look_at(lookup, unanswered, asked, now).await? {
                    return Ok(false);
                }
                *after = up_to;
                if is_done {
                    break;
                }
            }
            if !is_done {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Asks for posts, and tells what has become of them. Returns whether to go on.
    async fn look_at(
        &self,
        lookup: &dyn AuthorLookup,
        unanswered: &mut Unanswered,
        asked: Vec<StalePost>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let network = lookup.network();
        let ids = asked.iter().map(|post| post.native_id.clone()).collect();
        let Ok(found) = lookup.posts(ids).await else { return Ok(false) };
        if found.is_empty() {
            let witness = self.store.fresh_post(network, now.plus_seconds(-RECHECK_AFTER_S), now).await?;
            let witness = witness.filter(|witness| asked.iter().all(|post| post.native_id != *witness));
            if !is_believed(asked.len(), witness.map(|post| lookup.posts(vec![post]))).await {
                return Ok(false);
            }
        }
        let (mut changes, mut missing) = (Vec::new(), Vec::new());
        for post in asked {
            match found.iter().find(|check| check.native_id == post.native_id).map(|check| &check.labels) {
                Some(Some(labels)) => {
                    unanswered.answered(post.id);
                    let (post, native_id) = (post.id, post.native_id);
                    match consent::judge_post(labels, now) {
                        Ok(MentionForm::Words) => changes.push(Change::Checked { post, at: now }),
                        // Labelled since: it goes here, but for where it is if a desk has it.
                        Ok(MentionForm::Pointer) => {
                            changes.extend([Change::Point { post }, Change::Checked { post, at: now }]);
                        }
                        Err(_) => changes.push(Change::Delete { network, native_id, by: None, at: now }),
                    }
                }
                Some(None) => unanswered.unreadable(post.id, now),
                None if unanswered.missed_before(post.id, now) => missing.push(post),
                None => {}
            }
        }
        let told = self.tell_missing(lookup, missing, &mut changes, now).await?;
        Ok(self.tell(Control::Changes(changes)).await && told)
    }

    /// What its network has not shown twice is gone, unless it is its author whom the network no longer shows: that hides
    /// what is theirs, for the day they come back (L-11), and erases nothing. An author who can't be asked for leaves it
    /// as it is: it is asked for another time.
    async fn tell_missing(
        &self,
        lookup: &dyn AuthorLookup,
        missing: Vec<StalePost>,
        changes: &mut Vec<Change>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let network = lookup.network();
        let authors: BTreeSet<AuthorId> = missing.iter().map(|post| post.author.clone()).collect();
        if authors.is_empty() {
            return Ok(true);
        }
        let asked: Vec<AuthorId> = authors.into_iter().collect();
        let Some(found) = self.ask_authors(lookup, &asked, now).await? else { return Ok(true) };
        let is_there = |post: &StalePost| found.iter().any(|profile| profile.id == post.author);
        let gone = missing.into_iter().filter(is_there);
        changes.extend(gone.map(|post| Change::Delete { network, native_id: post.native_id, by: None, at: now }));
        Ok(self.control.send(Control::Rechecked { network, asked, found }).await.is_ok())
    }

    /// Hands something to the pipeline and lets it be committed, so that the next question finds it done.
    async fn tell(&self, control: Control) -> bool {
        let told = self.control.send(control).await.is_ok();
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(1)) => told,
            () = self.shutdown.triggered() => false,
        }
    }
}

/// Whether a network that finds nothing of what it was asked for may be believed, since what is gone there is erased here.
/// It may be broken and find nothing of anything: so it is asked for a witness, which it has shown us lately. Without one,
/// a single thing may well be gone; of several we ask again another time.
async fn is_believed<T>(asked: usize, witness: Option<impl Future<Output = Result<Vec<T>, LookupError>>>) -> bool {
    let is_believed = match witness {
        Some(again) => again.await.is_ok_and(|found| !found.is_empty()),
        None => asked == 1,
    };
    if !is_believed {
        tracing::warn!(asked, "The network finds nothing that it was asked for again; nothing is erased for that.");
    }
    is_believed
}
