//! Who may be shown, where, and as what: one truth table.
//!
//! Owns the reading of every signal that networks and people give about being shown, and the tier that follows from
//! them. Does not own the signals' wire forms (`ingest/sources`), nor what the store does with a refusal.
//! Invariant: an absolute refusal is overridden by nothing, neither by a listing nor by the invitation tag.
//!
//! | signal | standard | strict |
//! |---|---|---|
//! | left, inactive, `noindex`, `discoverable:false`, `#nobot`…, `!no-unauthenticated`, adult or hidden | refused | refused |
//! | locked account | – | refused |
//! | listed account, or a post with the invitation tag | A | A |
//! | a positive flag missing, on networks that have one | its network's default | refused |
//! | `indexable:false`, where it is a search flag | B− | refused |
//! | nothing of these | B | B |
//! | matched by nothing but an ambiguous term | queued, if it would be one of A, B, B− | the same |
//!
//! A post that addresses a city's desk is heard there ([`hear`]) by the same table, matched or not; what is refused for a
//! reader's sake alone (unlisted, `!no-unauthenticated`) leaves a pointer.

mod bio;

#[cfg(test)]
mod tests;

use crate::domain::{
    AccountStatus, AuthorProfile, CoarseLocation, Label, Lane, Match, MentionForm, Placement, Post, RefuseReason, Rule,
    Tier, Timestamp,
};

/// How much a missing flag means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Policy {
    /// A missing flag is its network's default and refuses nothing.
    #[default]
    Standard,
    /// Asks for an explicit positive flag on networks that have one. On the others (Bluesky, Nostr…) there is nothing
    /// to ask for, and the policy is as the standard one.
    Strict,
}

/// Asks the profile to be shown to signed-in readers only; ours are not (L-09).
const SIGNED_IN_ONLY: &str = "!no-unauthenticated";
/// Labels whose bearer is never on a public page (L-10): refused, not blurred.
const NEVER_SHOWN: [&str; 6] = ["!hide", "!warn", "porn", "sexual", "nudity", "graphic-media"];

/// Whether anything of this author may be shown at all: the refusals that nothing overrides. `left`: they asked this
/// instance to leave them out. Asked of authors whose posts are stored; that somebody never opted in, which the strict
/// policy refuses, is overridden by an invitation and so is for [`decide`].
pub fn judge_absolute(policy: Policy, author: &AuthorProfile, left: bool, now: Timestamp) -> Result<(), RefuseReason> {
    if left {
        return Err(RefuseReason::AuthorLeft);
    }
    if author.status != AccountStatus::Active {
        return Err(RefuseReason::AuthorInactive);
    }
    judge_labels(&author.labels, now)?;
    if author.noindex == Some(true) {
        return Err(RefuseReason::NoIndex);
    }
    if author.discoverable == Some(false) {
        return Err(RefuseReason::NotDiscoverable);
    }
    if bio::opts_out(&author.bio) {
        return Err(RefuseReason::NoBot);
    }
    // Locking an account is a choice and no default, so an invitation does not override it either (L-05).
    if policy == Policy::Strict && author.locked {
        return Err(RefuseReason::NotOptedIn);
    }
    Ok(())
}

/// What a matched post is in the city that matched it, or why it is not stored there. Pure, so that a stored post can
/// be decided on again. `reply_to` is left empty: which cards are held only the caller knows.
pub fn decide(
    policy: Policy,
    post: &Post,
    author: &AuthorProfile,
    matched: &Match,
    left: bool,
    now: Timestamp,
) -> Result<Placement, RefuseReason> {
    judge_absolute(policy, author, left, now)?;
    judge_labels(&post.labels, now)?;
    if post.unlisted {
        return Err(RefuseReason::NotPublic);
    }
    let invited = matched.listed.is_some() || matched.reasons.iter().any(|reason| reason.rule == Rule::Invite);
    if !invited {
        judge_opt_in(policy, author)?;
    }
    let tier = if invited { Tier::Invited } else { author.uninvited_tier() };
    let expires_at = post.schedule.expires_at(post.network, &matched.lane, post.created_at);
    if expires_at.is_some_and(|end| end <= now) {
        return Err(RefuseReason::Expired);
    }
    // Everyone's point is coarsened, a public body's too: one rule less to get wrong. An assembly's is not kept at
    // all (L-42), and a point somewhere else is of no concern to this city.
    let shows_place = matched.located && !matched.assembly;
    let location = post.point.filter(|_| shows_place).map(|(point, origin)| CoarseLocation::coarsen(point, origin));
    let zone = matched.zone.as_ref().filter(|_| !matched.assembly);
    Ok(Placement {
        city: matched.city.id.clone(),
        tier: (!matched.ambiguous).then_some(tier),
        reasons: matched.reasons.clone(),
        recipe: matched.city.recipe_hash.clone(),
        zone: zone.map(|zone| zone.name.clone()),
        zone_from_text: zone.is_some_and(|zone| zone.from_text),
        location,
        lane: matched.lane.clone(),
        expires_at,
        thread: matched.thread,
        reply_to: None,
        official: matched.listed.as_ref().and_then(|listed| listed.body.clone()),
        assembly: matched.assembly,
    })
}

/// What the desk of a city that a post addresses may keep of it, and until when its author says, or why nothing. To address a
/// town hall invites nobody: under the strict policy a missing flag refuses here too.
pub fn hear(
    policy: Policy,
    post: &Post,
    author: &AuthorProfile,
    left: bool,
    now: Timestamp,
) -> Result<(MentionForm, Option<Timestamp>), RefuseReason> {
    let signed_in = judge_pointer(policy, author, left, now)?;
    let labelled = judge_post(&post.labels, now)?;
    let form = if signed_in || post.unlisted { MentionForm::Pointer } else { labelled };
    judge_opt_in(policy, author)?;
    // A desk has no lanes; an end is kept where it is the author's own word.
    let expires_at = post.schedule.expires_at(post.network, &Lane::People, post.created_at);
    if expires_at.is_some_and(|end| end <= now) {
        return Err(RefuseReason::Expired);
    }
    Ok((form, expires_at))
}

/// What may be kept of a post by its own labels: all of it where everybody may see it.
pub fn judge_post(labels: &[Label], now: Timestamp) -> Result<MentionForm, RefuseReason> {
    match judge_labels(labels, now) {
        Err(RefuseReason::NoUnauthenticated) => judge_labels(&for_everyone(labels), now).map(|()| MentionForm::Pointer),
        judged => judged.map(|()| MentionForm::Words),
    }
}

/// Whether an author's posts may be pointed at, and whether no more than that: they may be shown to signed-in readers alone.
pub fn judge_pointer(policy: Policy, author: &AuthorProfile, left: bool, now: Timestamp) -> Result<bool, RefuseReason> {
    match judge_absolute(policy, author, left, now) {
        Err(RefuseReason::NoUnauthenticated) => {
            let author = AuthorProfile { labels: for_everyone(&author.labels), ..author.clone() };
            judge_absolute(policy, &author, left, now).map(|()| true)
        }
        judged => judged.map(|()| false),
    }
}

/// Labels without the one that asks for signed-in readers.
fn for_everyone(labels: &[Label]) -> Vec<Label> {
    labels.iter().filter(|label| label.value != SIGNED_IN_ONLY).cloned().collect()
}

/// The labels that keep a post, or an author, off every public page.
pub fn judge_labels(labels: &[Label], now: Timestamp) -> Result<(), RefuseReason> {
    // Asked first: it is what an author chose, and the more telling reason of the two.
    if Label::in_force(labels, now).any(|value| value == SIGNED_IN_ONLY) {
        return Err(RefuseReason::NoUnauthenticated);
    }
    if Label::in_force(labels, now).any(|value| NEVER_SHOWN.contains(&value)) {
        return Err(RefuseReason::Labelled);
    }
    Ok(())
}

/// What of a profile speaks against showing it, in few bytes: enough to judge it again by.
pub fn in_brief(profile: AuthorProfile) -> AuthorProfile {
    let AuthorProfile { bio, mut labels, .. } = profile;
    labels.retain(|label| label.value == SIGNED_IN_ONLY || NEVER_SHOWN.contains(&label.value.as_str()));
    labels.shrink_to_fit();
    let bio = if bio::opts_out(&bio) { bio::OWN_MARK.to_owned() } else { String::new() };
    AuthorProfile { handle: None, name: None, bio, labels, ..profile }
}

fn judge_opt_in(policy: Policy, author: &AuthorProfile) -> Result<(), RefuseReason> {
    let opted_in = author.discoverable == Some(true) && author.indexable == Some(true);
    if policy == Policy::Strict && author.network.has_search_flag() && !opted_in {
        return Err(RefuseReason::NotOptedIn);
    }
    Ok(())
}
