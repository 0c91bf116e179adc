//! Posts that address a city's desk.
//!
//! Owns the inbox's items beside a post's pages: one post may be on a page, in an inbox, or in both, and its text is there once.
//! Does not own the states (`domain::mention`). Invariant: of a pointer the post's row says nothing but where it is, and it is
//! on no page.

use std::collections::BTreeMap;

use super::{Erasure, Ledger, StoredAuthor, StoredPost};
use crate::domain::{
    AccountStatus, Addressed, Answer, AuthorProfile, CityId, DeskAct, Mention, MentionForm, PostId, RefuseReason,
    StaffName, Timestamp,
};

#[derive(Clone, Debug)]
pub struct StoredMention {
    pub mention: Mention,
    pub dirty: bool,
    /// In the database.
    pub stored: bool,
}

pub type Mentions = BTreeMap<CityId, StoredMention>;

impl StoredPost {
    pub(super) fn is_pointer(&self) -> bool {
        self.mentions.values().any(|stored| stored.mention.form == MentionForm::Pointer)
    }

    /// A city or a desk still asks for it.
    pub(super) fn is_kept(&self) -> bool {
        !self.placements.is_empty() || !self.mentions.is_empty()
    }
}

impl Ledger {
    /// Makes `mentions` the whole truth of which desks a post is for. What a desk has made of it stays.
    pub(super) fn address(&mut self, id: PostId, mentions: &[Addressed], received_at: Timestamp) {
        for mention in mentions {
            self.city(&mention.city);
        }
        let Some(stored) = self.posts.get_mut(&id) else { return };
        let asked_at = stored.post.created_at;
        let row = stored.row;
        stored.mentions.retain(|city, mention| {
            let is_wanted = mentions.iter().any(|wanted| wanted.city == *city);
            if !is_wanted && mention.stored {
                self.out.dropped_mentions.push((row, city.clone()));
            }
            is_wanted
        });
        for Addressed { city, form, expires_at } in mentions {
            let new = || StoredMention {
                mention: Mention::new(*form, asked_at, received_at, *expires_at),
                dirty: true,
                stored: false,
            };
            let item = stored.mentions.entry(city.clone()).or_insert_with(new);
            let now = Mention { form: *form, expires_at: *expires_at, ..item.mention.clone() };
            item.turn_into(now);
        }
    }

    pub(super) fn unmention(&mut self, id: PostId, city: &CityId) {
        let Some(stored) = self.posts.get_mut(&id) else { return };
        if stored.mentions.remove(city).is_some_and(|mention| mention.stored) {
            self.out.dropped_mentions.push((stored.row, city.clone()));
        }
        if !stored.is_kept() {
            self.forget_for_now(id);
        }
    }

    pub(super) fn answered(&mut self, id: PostId, city: &CityId, answer: &Answer) {
        if let Some(item) = self.posts.get_mut(&id).and_then(|stored| stored.mentions.get_mut(city)) {
            item.turn_into(item.mention.answered(answer));
        }
    }

    pub(super) fn desk(&mut self, id: PostId, city: &CityId, act: &DeskAct, by: &StaffName, at: Timestamp) {
        if let Some(item) = self.posts.get_mut(&id).and_then(|stored| stored.mentions.get_mut(city))
            && let Ok(done) = item.mention.act(act, by, at)
        {
            item.turn_into(done);
        }
    }

    /// Leaves of a post what a desk may point at, and of one that no desk has nothing.
    pub(super) fn point(&mut self, id: PostId) {
        let Some(stored) = self.posts.get(&id) else { return };
        if stored.mentions.is_empty() {
            return self.erase(id, RefuseReason::Deleted, None);
        }
        let cities: Vec<CityId> = stored.placements.keys().cloned().collect();
        cities.iter().for_each(|city| self.drop_placement(id, city));
        let Some(stored) = self.posts.get_mut(&id) else { return };
        let pointer = stored.post.pointer();
        if stored.post != pointer {
            stored.post = pointer;
            stored.dirty = true;
            self.out.erases_text = true;
            self.out.erasures.extend(stored.stored.then_some(Erasure::Outdated(id)));
        }
        for item in stored.mentions.values_mut() {
            item.turn_into(Mention { form: MentionForm::Pointer, ..item.mention.clone() });
        }
    }

    /// The author of a pointer: one of whom nothing else is held has no name here.
    pub(super) fn point_at_author(&mut self, profile: &AuthorProfile) -> i64 {
        if let Some(known) = self.author_rows.get(&(profile.network, profile.id.clone())) {
            return *known;
        }
        self.last_author_row += 1;
        let row = self.last_author_row;
        let hidden = profile.status != AccountStatus::Active;
        let profile = nameless(profile);
        self.author_rows.insert((profile.network, profile.id.clone()), row);
        self.authors.insert(row, StoredAuthor { row, profile, hidden, dirty: true });
        row
    }

    /// What a fresh look may note of an author: no name where there was none and nothing is held but pointers.
    pub(super) fn as_may_be_noted(&self, row: i64, profile: &AuthorProfile) -> AuthorProfile {
        let stored = self.authors.get(&row).map(|author| &author.profile);
        let has_no_name = stored.is_some_and(|it| it.handle.is_none() && it.name.is_none());
        let mut own = self.posts.values().filter(|post| has_no_name && post.author_row == row).peekable();
        if own.peek().is_some() && own.all(StoredPost::is_pointer) { nameless(profile) } else { profile.clone() }
    }
}

impl StoredMention {
    fn turn_into(&mut self, mention: Mention) {
        self.dirty |= self.mention != mention;
        self.mention = mention;
    }
}

pub(super) fn nameless(profile: &AuthorProfile) -> AuthorProfile {
    AuthorProfile { handle: None, name: None, bio: String::new(), ..profile.clone() }
}
