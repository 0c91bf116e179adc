use super::watermark::Ticket;
use super::{Answer, Held, Intake};
use crate::consent;
use crate::domain::{
    AccountStatus, AuthorId, AuthorProfile, AuthorVerdict, Change, Event, Gap, Label, NativeId, Network, Outcome,
    PostId, RawPost, RefuseReason, SourceId, Timestamp,
};
use crate::normalize::clean_profile;

/// What happens to posts and authors that the store, or the hold, already has.
impl Intake {
    /// Takes an observation that is no post, and finishes it.
    pub fn take_event(&mut self, ticket: Ticket, network: Network, source: SourceId, event: Event, now: Timestamp) {
        self.tally.event(event.label());
        match event {
            Event::Delete { native_id } => self.delete(network, native_id, None, now),
            Event::Withdrawn { post, for_good } => self.withdrawn(post, for_good, now),
            Event::Retract { author, native_ids } => {
                native_ids.into_iter().for_each(|id| self.delete(network, id, Some(&author), now));
            }
            Event::Profile(record) => self.profile_record(*record, now),
            Event::Account { author, status } => self.account(network, author, status, now),
            Event::Handle { author } => self.handle(network, author),
            Event::Gap(gap) => self.gap(network, source, gap, now),
            Event::Post(_) | Event::Unreadable(_) | Event::Other => {}
        }
        self.watermarks.finish(ticket);
    }

    /// `by`: who says so, where anybody may; of somebody else's post it says nothing.
    pub fn delete(&mut self, network: Network, native_id: NativeId, by: Option<&AuthorId>, now: Timestamp) {
        let id = PostId::derive(&self.key, network, &native_id);
        let is_meant = self.hold.author_of(id).is_some_and(|author| by.is_none_or(|by| by == author));
        if let Some(held) = is_meant.then(|| self.hold.take_post(id)).flatten() {
            self.refuse_held(held, RefuseReason::Deleted);
        }
        for parked in self.hold.take_parked(network, &native_id, by) {
            self.finish(parked.ticket, Outcome::Refused(RefuseReason::Deleted));
        }
        // A sender may take back what has not come yet, or not to us: it stays away then.
        let concerns = network == Network::Push || (by.is_none() && self.known.concerns(id));
        if self.known.contains(id) || concerns {
            // Whose it is only the store knows, which tells what it forgot.
            if by.is_none() {
                self.known.forget(id);
            }
            self.pending.push(Change::Delete { network, native_id, by: by.cloned(), at: now });
        }
    }

    /// A post is gone at its origin, of which only our id is known.
    pub fn withdrawn(&mut self, id: PostId, for_good: bool, now: Timestamp) {
        if !for_good {
            return self.withdraw(id, RefuseReason::NotPublic, now);
        }
        if let Some(waiting) = self.hold.take_post(id) {
            self.refuse_held(waiting, RefuseReason::Deleted);
        }
        if self.known.concerns(id) {
            self.known.forget(id);
            self.pending.push(Change::Erase { post: id, whole: false, at: now });
        }
    }

    /// A version came that can't be shown, and with it the earlier one is its author's word no more.
    pub fn withdraw(&mut self, id: PostId, reason: RefuseReason, now: Timestamp) {
        self.note_refused(id, reason, now);
        if let Some(held) = self.hold.take_post(id) {
            self.refuse_held(held, reason);
        }
        let cities = self.known.cities_of(id).cloned();
        self.pending.extend(cities.map(|city| Change::Unplace { post: id, city }));
        let desks = self.known.desks_of(id).iter().cloned();
        self.pending.extend(desks.map(|city| Change::Unmention { post: id, city }));
    }

    /// The author's own profile record changed. Its self-labels count at once; the rest is asked for.
    pub fn profile_record(&mut self, record: AuthorProfile, now: Timestamp) {
        let record = clean_profile(record);
        let (network, author) = (record.network, record.id.clone());
        self.hold.profile_record(&record);
        // That somebody has just said no is kept for a while, though nothing of them be stored, or nothing any longer: an
        // index that is asked a moment later may not know it yet.
        let objects = consent::judge_absolute(self.policy, &record, false, now).is_err();
        self.authors.objection(record.clone(), objects, now);
        let Some(mut profile) = self.authors.get(network, &author).cloned() else { return };
        merge_record(&mut profile, record);
        self.author_changed(profile, now);
        self.questions.push((network, author));
    }

    pub fn account(&mut self, network: Network, author: AuthorId, status: AccountStatus, now: Timestamp) {
        self.authors.account_event(network, &author, status, now);
        if status == AccountStatus::Active {
            // A fresh look decides whether what was hidden may be shown again.
            if self.authors.get(network, &author).is_some() {
                self.questions.push((network, author));
            }
            return;
        }
        for held in self.hold.take_author(network, &author).posts {
            self.refuse_held(held, RefuseReason::AuthorInactive);
        }
        if let Some(profile) = self.authors.get(network, &author) {
            self.author_changed(AuthorProfile { status, ..profile.clone() }, now);
        }
    }

    /// Who was asked for before the end of a gap may have said no in it, or gone: their next post asks again, and the store
    /// has everybody asked for.
    pub fn gap(&mut self, network: Network, source: SourceId, gap: Gap, now: Timestamp) {
        self.authors.doubt(network, gap.until.min(now));
        self.pending.push(Change::Gap { source, network, gap, at: now });
    }

    pub fn handle(&mut self, network: Network, author: AuthorId) {
        if self.authors.get(network, &author).is_some() {
            self.questions.push((network, author));
        }
    }

    /// Takes a network's answer in: the profile to decide by, and what waited for it. `None` when the author is
    /// unknown, and everything that waited is refused.
    pub fn answer(&mut self, answer: Answer, now: Timestamp) -> Option<(AuthorProfile, Vec<Held>)> {
        let (network, author, profile) = match answer {
            Answer::Found(profile) => {
                (profile.network, profile.id.clone(), Some(AuthorProfile { checked_at: Some(now), ..*profile }))
            }
            Answer::Assumed(profile) => {
                let known = self.authors.get(profile.network, &profile.id).cloned();
                let assumed = known.unwrap_or_else(|| AuthorProfile { checked_at: None, ..*profile.clone() });
                (profile.network, profile.id, Some(assumed))
            }
            Answer::Unknown(network, author) => (network, author, None),
        };
        let held = self.hold.take_author(network, &author);
        let Some(profile) = profile else {
            for held in held.posts {
                let id = held.post.id;
                self.refuse_held(held, RefuseReason::AuthorUnknown);
                // An edit that can't be decided takes the version that is shown with it.
                self.withdraw(id, RefuseReason::AuthorUnknown, now);
            }
            return None;
        };
        let mut profile = self.heard(profile, now);
        if let Some(record) = held.profile {
            merge_record(&mut profile, *record);
        }
        if self.authors.get(network, &author).is_some() {
            self.author_changed(profile.clone(), now);
        }
        Some((profile, held.posts))
    }

    /// The profile that came with a post, taken out of it: as good as an answer of this moment. It is written for an
    /// author of stored posts when it says something new, or when it was last written too long ago. One of somebody else
    /// says nothing about the post's author, who is asked for.
    pub fn carried(&mut self, network: Network, raw: &mut RawPost, now: Timestamp) -> Option<AuthorProfile> {
        let profile = raw.profile.take().filter(|profile| profile.network == network && profile.id == raw.author)?;
        let profile = self.heard(AuthorProfile { checked_at: Some(now), ..*profile }, now);
        let is_news = self.authors.get(profile.network, &profile.id).is_some_and(|known| {
            let is_fresh = self.authors.fresh(profile.network, &profile.id, now).is_some();
            let told = AuthorProfile { bio: String::new(), checked_at: known.checked_at, ..profile.clone() };
            !is_fresh || told != *known || consent::judge_absolute(self.policy, &profile, false, now).is_err()
        });
        if is_news {
            self.author_changed(profile.clone(), now);
        }
        Some(profile)
    }

    /// A network's answer, cleaned. A recent account event knows better than it whether the account is there.
    pub fn heard(&self, profile: AuthorProfile, now: Timestamp) -> AuthorProfile {
        let status = self.authors.gone(profile.network, &profile.id, now).unwrap_or(profile.status);
        let mut profile = clean_profile(AuthorProfile { status, ..profile });
        if let Some(objection) = self.authors.objected(profile.network, &profile.id, now) {
            let name = profile.name.clone();
            merge_record(&mut profile, AuthorProfile { name, ..objection.clone() });
        }
        profile
    }

    /// What is known of an author with stored posts has changed: the posts stay, hide or go.
    pub fn author_changed(&mut self, profile: AuthorProfile, now: Timestamp) {
        let has_left = self.authors.has_left(profile.network, &profile.id);
        let verdict = match consent::judge_absolute(self.policy, &profile, has_left, now) {
            Ok(()) => AuthorVerdict::Show,
            Err(RefuseReason::AuthorInactive) if profile.status == AccountStatus::Hidden => AuthorVerdict::Hide,
            Err(_) if self.may_be_pointed_at(&profile, has_left, now) => AuthorVerdict::Point,
            Err(_) => AuthorVerdict::Purge,
        };
        match verdict {
            AuthorVerdict::Purge => self.authors.forget(profile.network, &profile.id),
            // The store says when nothing is left to point at.
            AuthorVerdict::Show | AuthorVerdict::Hide | AuthorVerdict::Point => self.authors.put(profile.clone()),
        }
        self.pending.push(Change::Author { profile: Box::new(profile), verdict, at: now });
    }

    /// Whether a desk may keep where the posts are of an author who may not be shown, and any has some.
    fn may_be_pointed_at(&self, profile: &AuthorProfile, has_left: bool, now: Timestamp) -> bool {
        self.known.has_desks() && consent::judge_pointer(self.policy, profile, has_left, now).is_ok()
    }

    fn refuse_held(&mut self, held: Held, reason: RefuseReason) {
        for ticket in held.tickets {
            self.finish(ticket, Outcome::Refused(reason));
        }
        self.release_replies(held.post.id);
    }
}

/// Labels of one account: as many as a network's answer and one record of the author's may have together.
const LABELS_MAX: usize = 2 * Label::COUNT_MAX;

/// A profile record is the author's latest word on name, bio and self-labels. Labels are only ever added here: whether
/// one was taken back is for the network's next answer to say. At the bound what earlier records added goes: the
/// network's answer stands first, and the latest record is wholly kept.
fn merge_record(profile: &mut AuthorProfile, record: AuthorProfile) {
    profile.name = record.name;
    profile.bio = record.bio;
    let mut added = record.labels;
    added.retain(|label| !profile.labels.contains(label));
    profile.labels.truncate(LABELS_MAX.saturating_sub(added.len()));
    profile.labels.append(&mut added);
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::consent::Policy;
    use crate::domain::{City, CityId, IdKey, KnownPost};
    use crate::intake::{Authors, KnownPosts};
    use crate::matcher::CitySet;

    #[test]
    fn d5_an_edit_that_can_not_be_shown_takes_the_version_that_waits_too() {
        let (id, key) = (PostId::from_u64(1), IdKey::new([7; 32]));
        let (cities, queued) = (vec![CityId::new("tours")], vec![CityId::new("nantes")]);
        let known = KnownPosts::new([KnownPost { id, thread: id, cities, queued }]);
        let authors = Authors::new(key, [], Default::default());
        let cities = Arc::new(CitySet::compile(Vec::<City>::new()));
        let mut intake = Intake::new(key, Policy::Standard, cities, known, authors);
        intake.withdraw(id, RefuseReason::Malformed, Timestamp::from_micros(0));
        let unplaced = intake.pending.iter().map(|change| match change {
            Change::Unplace { post, city } if *post == id => city.as_str(),
            other => panic!("{other:?}"),
        });
        assert_eq!(unplaced.collect::<Vec<_>>(), ["tours", "nantes"]);
    }

    #[test]
    fn records_without_end_add_labels_up_to_a_bound_and_keep_the_answer_and_the_latest() {
        let labelled = |labels: Vec<Label>| AuthorProfile {
            labels,
            ..AuthorProfile::assumed(AuthorId::new("did:plc:a"), Network::Bluesky)
        };
        let many = |of: &str| -> Vec<Label> {
            (0..Label::COUNT_MAX).map(|number| Label::plain(format!("{of}x{number}"))).collect()
        };
        let answered = many("answer");
        let mut profile = labelled(answered.clone());
        for round in 0..50 {
            let latest = many(&round.to_string());
            merge_record(&mut profile, labelled(latest.clone()));
            assert!(profile.labels.len() <= LABELS_MAX);
            assert!(answered.iter().chain(&latest).all(|label| profile.labels.contains(label)), "round {round}");
        }
        let before = profile.labels.clone();
        merge_record(&mut profile, labelled(vec![before[3].clone()]));
        assert_eq!(profile.labels, before, "what is there is not there twice");
    }
}
