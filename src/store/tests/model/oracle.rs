//! The naive model: slow, obvious, and written apart from the store.

use std::collections::BTreeMap;

use super::{AUTHORS, Act, Look, POSTS, Spot};
use crate::domain::{AuthorVerdict, RefuseReason};

/// The model: everything is worked out anew from what was said, nothing is remembered of what was shown.
#[derive(Default)]
pub struct Model {
    posts: BTreeMap<usize, ModelPost>,
    authors: BTreeMap<usize, ModelAuthor>,
    buried: BTreeMap<usize, RefuseReason>,
    left: Vec<usize>,
    positions: [u64; 2],
}

#[derive(Clone, Debug)]
struct ModelPost {
    revision: u8,
    text: u8,
    moderated: bool,
    spots: BTreeMap<usize, (Spot, Option<u64>)>,
}

#[derive(Clone, Debug)]
struct ModelAuthor {
    look: Look,
    hidden: bool,
}

/// A card as far as the model knows one: position, post, text, name, thread, parent.
pub type Seen = (u64, usize, u8, u8, Option<usize>, Option<usize>);

impl Model {
    pub fn apply(&mut self, act: &Act) -> Option<RefuseReason> {
        match act.clone() {
            Act::Upsert { post, revision, text, look, spots } => {
                return self.upsert(post, revision, text, look, spots).err();
            }
            Act::Delete(post) => {
                if self.posts.remove(&post).is_some() {
                    self.buried.entry(post).or_insert(RefuseReason::Deleted);
                }
            }
            Act::Author { author, verdict: AuthorVerdict::Purge, .. } => self.purge(author),
            Act::Author { author, look, verdict } => {
                if let Some(known) = self.authors.get_mut(&author) {
                    known.look = Look { checked: look.checked || known.look.checked, ..look };
                    known.hidden = verdict == AuthorVerdict::Hide;
                }
            }
            Act::Hide(post, hidden) => {
                if let Some(post) = self.posts.get_mut(&post) {
                    post.moderated = hidden;
                }
            }
            Act::Erase(post) => {
                self.posts.remove(&post);
                self.buried.insert(post, RefuseReason::Erased);
            }
            Act::Unplace(post, city) => {
                if let Some(post) = self.posts.get_mut(&post) {
                    post.spots.remove(&city);
                }
                self.let_go();
            }
            Act::Leave(author) => {
                self.purge(author);
                self.left.push(author);
            }
        }
        None
    }

    fn purge(&mut self, author: usize) {
        for post in (0..POSTS).filter(|post| post % AUTHORS == author) {
            if self.posts.remove(&post).is_some() {
                self.buried.entry(post).or_insert(RefuseReason::Deleted);
            }
        }
    }

    fn upsert(
        &mut self,
        post: usize,
        revision: u8,
        text: u8,
        look: Look,
        spots: Vec<Spot>,
    ) -> Result<(), RefuseReason> {
        if self.left.contains(&(post % AUTHORS)) {
            return Err(RefuseReason::AuthorLeft);
        }
        if let Some(reason) = self.buried.get(&post) {
            return Err(*reason);
        }
        let old = self.posts.get(&post).cloned();
        if old.as_ref().is_some_and(|old| old.revision > revision) {
            return Ok(());
        }
        if spots.is_empty() {
            if let Some(stored) = self.posts.get_mut(&post) {
                stored.spots.clear();
            }
            self.let_go();
            return Ok(());
        }
        let author = self.authors.entry(post % AUTHORS).or_insert(ModelAuthor { look, hidden: false });
        if look.checked || !author.look.checked {
            author.look = look;
        }
        let mut new = old.unwrap_or(ModelPost { revision, text, moderated: false, spots: BTreeMap::new() });
        if revision > new.revision {
            (new.revision, new.text) = (revision, text);
        }
        let mut placed = BTreeMap::new();
        for spot in spots {
            let mut position = new.spots.get(&spot.city).and_then(|(_, position)| *position);
            if position.is_none() && spot.tier.is_some() {
                self.positions[spot.city] += 1;
                position = Some(self.positions[spot.city]);
            }
            placed.insert(spot.city, (spot, position));
        }
        new.spots = placed;
        self.posts.insert(post, new);
        Ok(())
    }

    fn admitted(&self, post: usize, city: usize) -> bool {
        self.posts.get(&post).and_then(|post| post.spots.get(&city)).is_some_and(|(spot, _)| spot.tier.is_some())
    }

    /// Forgets what no city asks for. What the operator has hidden does not come back by way of a recipe.
    fn let_go(&mut self) {
        let buried = &mut self.buried;
        self.posts.retain(|id, post| {
            if post.spots.is_empty() && post.moderated {
                buried.insert(*id, RefuseReason::Erased);
            }
            !post.spots.is_empty()
        });
    }

    /// Ends a batch: what hung on something that is gone.
    pub fn settle(&mut self) {
        loop {
            let before = format!("{:?}", self.posts);
            let admitted: Vec<Vec<bool>> =
                (0..POSTS).map(|post| (0..2).map(|city| self.admitted(post, city)).collect()).collect();
            for post in self.posts.values_mut() {
                post.spots.retain(|city, (spot, _)| {
                    spot.thread = spot.thread.filter(|thread| admitted[*thread][*city]);
                    spot.reply_to = spot.reply_to.filter(|parent| admitted[*parent][*city]);
                    !spot.thread_only || spot.thread.is_some()
                });
            }
            self.let_go();
            if format!("{:?}", self.posts) == before {
                break;
            }
        }
        let posts = &self.posts;
        self.authors.retain(|author, _| posts.keys().any(|post| post % AUTHORS == *author));
    }

    fn visible(&self, post: usize, city: usize) -> bool {
        let Some(stored) = self.posts.get(&post) else { return false };
        let Some((spot, _)) = stored.spots.get(&city) else { return false };
        let author = &self.authors[&(post % AUTHORS)];
        spot.tier.is_some()
            && !stored.moderated
            && !author.hidden
            && author.look.checked
            && (!spot.thread_only || spot.thread.is_some_and(|thread| self.visible(thread, city)))
    }

    pub fn page(&self, city: usize) -> Vec<Seen> {
        let shown = |target: Option<usize>| target.filter(|target| self.visible(*target, city));
        let mut page: Vec<Seen> = (0..POSTS)
            .filter(|post| self.visible(*post, city))
            .map(|post| {
                let stored = &self.posts[&post];
                let (spot, position) = &stored.spots[&city];
                let name = self.authors[&(post % AUTHORS)].look.name;
                (position.unwrap(), post, stored.text, name, shown(spot.thread), shown(spot.reply_to))
            })
            .collect();
        page.sort_unstable_by(|a, b| b.cmp(a));
        page
    }
}
