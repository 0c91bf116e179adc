//! The path of a post: one observation in, changes of the store out. Read this file first.
//!
//! Owns the order of the steps and nothing else: each step is a pure function of another module, and what must be
//! remembered between observations is in `intake`. Does not own I/O: `app` feeds observations in and commits what is
//! pending. Invariant: every observation ends in exactly one outcome or event of the tally.

use crate::consent;
use crate::domain::{AuthorProfile, Event, Observation, Outcome, Placement, Post, PostId, RefuseReason, Timestamp};
use crate::intake::{Answer, Held, Intake, Parked};
use crate::matcher::Matches;
use crate::normalize::{normalize, normalize_held};

/// Takes one observation. What it changes is in `intake.pending` afterwards, or waits in `intake.hold`.
pub fn observe(intake: &mut Intake, observation: Observation, now: Timestamp) {
    let ticket = intake.open(&observation);
    let Observation { network, event, source, sent_at, .. } = observation;
    match event {
        Event::Post(post) => take_post(intake, Parked { ticket, network, post, sent_at }, now),
        Event::Unreadable(reason) => intake.finish(ticket, Outcome::Refused(reason)),
        other => intake.take_event(ticket, network, source, other, now),
    }
    take_released(intake, now);
}

/// normalize ─> listen ─> match ─> await the author, where the network did not send one along ─> consent ─> change.
fn take_post(intake: &mut Intake, seen: Parked, now: Timestamp) {
    let Parked { ticket, network, post: mut raw, sent_at } = seen;
    let id = PostId::derive(&intake.key, network, &raw.native_id);
    let is_known = intake.known.contains(id) || intake.hold.contains(id);
    if let Some(root) = intake.held_parent(network, &raw) {
        return intake.hold.park(root, Parked { ticket, network, post: raw, sent_at });
    }
    let carried = intake.carried(network, &mut raw, now);
    let check = if is_known { normalize_held } else { normalize };
    let draft = match check(raw, network, sent_at, now).and_then(|draft| intake.listen(draft, now)) {
        Ok(draft) => draft,
        Err(reason) => {
            intake.withdraw(id, reason, now);
            return intake.finish(ticket, Outcome::Refused(reason));
        }
    };
    if !is_known && !intake.may_concern(&draft) {
        return intake.finish(ticket, Outcome::Refused(RefuseReason::Unmatched));
    }
    let post = draft.complete(id);
    let matches = intake.matches(&post);
    if matches.is_nothing() && !is_known {
        return intake.finish(ticket, Outcome::Refused(matches.refusal()));
    }
    match carried.or_else(|| intake.authors.fresh(network, &post.author, now).cloned()) {
        Some(author) if !intake.hold.contains(id) => {
            let outcome = decide(intake, post, matches, &author, now);
            intake.finish(ticket, outcome);
        }
        _ => intake.hold(post, ticket),
    }
}

/// Consent, city by city. A post that is stored and no longer placed anywhere, nor for any desk, is taken out again.
fn decide(intake: &mut Intake, post: Post, matches: Matches, author: &AuthorProfile, now: Timestamp) -> Outcome {
    let has_left = intake.authors.has_left(post.network, &post.author);
    let (judged, is_hidden) = intake.as_if_back(&post, author);
    let orphan = intake.origin_refused(&post, now);
    let (mentions, silent) = intake.mentions(&post, &judged, &matches, now);
    let mut refused = orphan.or(silent).unwrap_or_else(|| matches.refusal());
    let mut placements = Vec::with_capacity(matches.found.len());
    for found in matches.found.iter().filter(|_| orphan.is_none()) {
        match consent::decide(intake.policy, &post, &judged, found, has_left, now) {
            Ok(placement) => placements.push(Placement { reply_to: intake.parent_of(&post), ..placement }),
            Err(reason) => refused = reason,
        }
    }
    let outcome = match placements.iter().any(|placement| placement.tier.is_some()) {
        true if is_hidden => Outcome::Refused(RefuseReason::AuthorInactive),
        true => Outcome::Admitted,
        false if placements.is_empty() => Outcome::Refused(refused),
        false => Outcome::Queued,
    };
    if !is_hidden {
        intake.note_origin(&post, outcome, now);
    }
    let is_heard = !mentions.is_empty() && !is_hidden;
    intake.store(post, author, placements, mentions, now);
    if is_heard && matches!(outcome, Outcome::Refused(_)) { Outcome::Addressed } else { outcome }
}

/// A network answered for an author: everything that waited for the answer is decided, in order of arrival.
pub fn answered(intake: &mut Intake, answer: Answer, now: Timestamp) {
    if let Some((profile, held)) = intake.answer(answer, now) {
        for Held { post, tickets } in held {
            // Asked again: a thread may have been decided meanwhile.
            let (id, matches) = (post.id, intake.matches(&post));
            let outcome = decide(intake, *post, matches, &profile, now);
            tickets.into_iter().for_each(|ticket| intake.finish(ticket, outcome));
            intake.release_replies(id);
        }
    }
    take_released(intake, now);
}

/// Takes the replies again whose thread has been decided meanwhile.
fn take_released(intake: &mut Intake, now: Timestamp) {
    while let Some(parked) = intake.released.pop_front() {
        take_post(intake, parked, now);
    }
}
