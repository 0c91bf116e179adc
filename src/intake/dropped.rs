use std::collections::HashSet;

use super::Intake;
use crate::domain::{AuthorId, Change, Committed, Network, PostId};

/// Posts that are not, or no longer, stored, and authors of whom nothing is: to be forgotten here too.
#[derive(Debug, Default)]
pub struct Dropped {
    posts: HashSet<PostId>,
    authors: HashSet<(Network, AuthorId)>,
}

impl Dropped {
    pub fn of(committed: &Committed) -> Self {
        let mut dropped = Self::default();
        dropped.told(committed);
        dropped
    }

    /// Told of every commit, in order: what was dropped and is stored again is not forgotten.
    pub fn told(&mut self, committed: &Committed) {
        committed.stored.iter().for_each(|post| _ = self.posts.remove(post));
        committed.stored_authors.iter().for_each(|author| _ = self.authors.remove(author));
        self.posts.extend(&committed.forgotten);
        self.authors.extend(committed.forgotten_authors.iter().cloned());
    }
}

impl Intake {
    /// Forgets what the store has dropped, but for what is about to be stored again.
    pub fn forget(&mut self, dropped: Dropped) {
        let Dropped { mut posts, mut authors } = dropped;
        if posts.is_empty() && authors.is_empty() {
            return;
        }
        for change in self.pending.iter() {
            if let Change::Upsert { post, placements, mentions, .. } = change
                && !(placements.is_empty() && mentions.is_empty())
            {
                posts.remove(&post.id);
                authors.remove(&(post.network, post.author.clone()));
            }
        }
        posts.into_iter().for_each(|post| self.known.forget(post));
        authors.iter().for_each(|(network, author)| self.authors.forget(*network, author));
    }
}
