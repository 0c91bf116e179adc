//! What is known of authors, and what a change of it does to their posts.
//!
//! Owns the stored profiles and the erasing of a person. Does not own the posts' rules (`apply`).
//! Invariant: no bio is ever stored.

use super::apply::later_check;
use super::mentions::nameless;
use super::{Ledger, StoredAuthor};
use crate::domain::{
    AccountStatus, AuthorId, AuthorProfile, AuthorVerdict, IdKey, Network, PostId, RefuseReason, SubjectHash, Timestamp,
};

impl Ledger {
    /// Stores what is newly known of an author who posts. A post never lifts the hiding of its author's account.
    pub(super) fn meet_author(&mut self, profile: &AuthorProfile) -> i64 {
        let known = self.author_rows.get(&(profile.network, profile.id.clone())).copied();
        if let Some(row) = known
            && let Some(stored) = self.authors.get_mut(&row)
        {
            // `None` sorts first: an assumed profile never replaces one that was asked for.
            let later = last_check(stored.profile.checked_at, profile.checked_at);
            if later == profile.checked_at {
                stored.replace_profile(profile);
            }
            return row;
        }
        self.last_author_row += 1;
        let row = self.last_author_row;
        let hidden = profile.status != AccountStatus::Active;
        let profile = AuthorProfile { bio: String::new(), ..profile.clone() };
        self.author_rows.insert((profile.network, profile.id.clone()), row);
        self.authors.insert(row, StoredAuthor { row, profile, hidden, dirty: true });
        row
    }

    pub(super) fn author_changed(&mut self, key: &IdKey, profile: &AuthorProfile, verdict: AuthorVerdict) {
        if matches!(verdict, AuthorVerdict::Purge | AuthorVerdict::Point) {
            let person = SubjectHash::derive(key, profile.network, &profile.id);
            self.purge_copies(person);
            self.out.departed.push(person);
        }
        let Some(row) = self.author_rows.get(&(profile.network, profile.id.clone())).copied() else { return };
        let profile = match verdict {
            AuthorVerdict::Purge => return self.purge(row),
            AuthorVerdict::Point => {
                self.posts_of(row).into_iter().for_each(|id| self.point(id));
                nameless(profile)
            }
            AuthorVerdict::Show | AuthorVerdict::Hide => self.as_may_be_noted(row, profile),
        };
        let Some(author) = self.authors.get_mut(&row) else { return };
        author.replace_profile(&profile);
        let hidden = verdict == AuthorVerdict::Hide;
        author.dirty |= author.hidden != hidden;
        author.hidden = hidden;
    }

    pub(super) fn leave(&mut self, key: &IdKey, network: Network, author: &AuthorId) {
        let subject = SubjectHash::derive(key, network, author);
        let row = self.author_rows.get(&(network, author.clone())).copied();
        let handle = row.and_then(|row| self.authors.get(&row)?.profile.handle.clone()).unwrap_or_default();
        if let Some(row) = row {
            self.purge(row);
        }
        self.purge_copies(subject);
        self.out.departed.push(subject);
        if self.suppressed.insert(subject) {
            self.out.suppressed.push(subject);
        }
        self.out.left.push((network, handle, author.as_str().to_owned()));
    }

    /// Erases what copies a post of this person, be that held or not.
    fn purge_copies(&mut self, person: SubjectHash) {
        for copy in self.by_origin_author.get(&person.0).cloned().unwrap_or_default() {
            self.erase(copy, RefuseReason::Deleted, None);
        }
    }

    /// Erases all posts of an author; each leaves a tombstone, so that no replay brings one back.
    fn purge(&mut self, author_row: i64) {
        for id in self.posts_of(author_row) {
            self.erase(id, RefuseReason::Deleted, None);
        }
    }

    fn posts_of(&self, author_row: i64) -> Vec<PostId> {
        self.posts.iter().filter(|(_, stored)| stored.author_row == author_row).map(|(id, _)| *id).collect()
    }
}

impl StoredAuthor {
    fn replace_profile(&mut self, profile: &AuthorProfile) {
        let checked_at = last_check(self.profile.checked_at, profile.checked_at);
        // Mostly nothing is new, and then nothing is copied.
        let same = self.profile.checked_at == checked_at && says_the_same(&self.profile, profile);
        if !same {
            self.profile = AuthorProfile { bio: String::new(), checked_at, ..profile.clone() };
            self.dirty = true;
        }
    }
}

fn last_check(noted: Option<Timestamp>, at: Option<Timestamp>) -> Option<Timestamp> {
    noted.zip(at).map(|(noted, at)| later_check(noted, at)).or(noted).or(at)
}

/// Whether two profiles differ in nothing that is stored, but perhaps in when they were asked for.
fn says_the_same(stored: &AuthorProfile, other: &AuthorProfile) -> bool {
    let AuthorProfile {
        id,
        network,
        handle,
        name,
        bio: _,
        labels,
        discoverable,
        indexable,
        noindex,
        locked,
        automated,
        status,
        checked_at: _,
    } = stored;
    (id, network, handle, name, labels) == (&other.id, &other.network, &other.handle, &other.name, &other.labels)
        && (discoverable, indexable, noindex) == (&other.discoverable, &other.indexable, &other.noindex)
        && (locked, automated, status) == (&other.locked, &other.automated, &other.status)
}
