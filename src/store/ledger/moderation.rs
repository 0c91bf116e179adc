//! What the decisions of a city's moderators mean for its posts.
//!
//! Owns which post is admitted, hidden, folded or pinned by a decision, and that what says the same is so too. Does not own
//! which decisions may be taken (`domain::moderation`, `store::writer::moderation`). Invariant: a decision is about posts by
//! their ids, so it stands when they go, and meets them when they come again.

use std::collections::{BTreeMap, BTreeSet};

use super::utterances::Utterances;
use super::{Erasure, Ledger, StoredPost};
use crate::domain::{
    AuthorProfile, CityId, FoldedWords, IdKey, Measure, Motive, NewDecision, Phrase, Placement, PostId, Reason, Rule,
    SubjectHash, Target, Timestamp,
};

/// A decision in force on a post.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    pub measure: Measure,
    pub motive: Motive,
    pub until: Option<Timestamp>,
}

/// Those on one post in one city, by their numbers.
pub type Marks = BTreeMap<i64, Mark>;

/// Whom and what a city blocks, each by the number of the decision.
#[derive(Clone, Debug, Default)]
pub struct Blocks {
    pub authors: BTreeMap<SubjectHash, i64>,
    pub words: BTreeMap<i64, Phrase>,
}

impl Ledger {
    /// Notes what is in force. Called when everything is loaded.
    pub fn know_mark(&mut self, post: PostId, city: CityId, number: i64, mark: Mark) {
        self.marks.entry((post, city)).or_default().insert(number, mark);
    }

    pub fn blocks_mut(&mut self, city: CityId) -> &mut Blocks {
        self.blocks.entry(city).or_default()
    }

    fn marks(&self, post: PostId, city: &CityId) -> impl Iterator<Item = Mark> {
        self.marks.get(&(post, city.clone())).into_iter().flat_map(|marks| marks.values().copied())
    }

    fn has_mark(&self, post: PostId, city: &CityId, measure: Measure) -> bool {
        self.marks(post, city).any(|mark| mark.measure == measure)
    }

    /// The placements as moderators have decided on them: what one admitted is queued no more, and what one took out of the
    /// queue is not put into it again.
    pub(super) fn as_decided(&self, post: PostId, author: &AuthorProfile, placements: &[Placement]) -> Vec<Placement> {
        let decided = |placement: &Placement| {
            if placement.tier.is_some() {
                return Some(placement.clone());
            }
            if self.has_mark(post, &placement.city, Measure::Hide) {
                return None;
            }
            let is_admitted = self.has_mark(post, &placement.city, Measure::Admit);
            Some(if is_admitted { admitted(placement, author) } else { placement.clone() })
        };
        placements.iter().filter_map(decided).collect()
    }

    pub(super) fn decree(
        &mut self,
        key: &IdKey,
        city: &CityId,
        number: i64,
        new: &NewDecision,
        author: Option<SubjectHash>,
    ) {
        let NewDecision { measure, motive, until, .. } = *new;
        match (measure, &new.target) {
            (Measure::BlockAuthor, _) => {
                let Some(author) = author else { return };
                self.blocks_mut(city.clone()).authors.insert(author, number);
                self.out.erasures.push(Erasure::Blocked(author, city.clone(), until));
            }
            (_, Target::Word(phrase)) => {
                self.blocks_mut(city.clone()).words.insert(number, phrase.clone());
            }
            (_, Target::Post(post)) => {
                self.mark(*post, city, number, Mark { measure, motive, until });
                let is_queued = self.placement(*post, city).is_some_and(|placed| !placed.admitted());
                if measure == Measure::Hide && is_queued {
                    self.unplace(*post, city);
                } else if measure == Measure::Admit && is_queued {
                    self.admit(key, *post, city);
                }
            }
        }
    }

    fn mark(&mut self, post: PostId, city: &CityId, number: i64, mark: Mark) {
        self.know_mark(post, city.clone(), number, mark);
        self.out.decided_posts.insert((post, city.clone(), number));
        if mark.measure == Measure::Hide {
            self.out.erasures.push(Erasure::HiddenIn(post, city.clone(), mark.until));
        }
    }

    fn admit(&mut self, key: &IdKey, post: PostId, city: &CityId) {
        let Some(stored) = self.posts.get(&post) else { return };
        let author = self.authors.get(&stored.author_row).map(|author| author.profile.clone());
        let placed = stored.placements.get(city).map(|placed| placed.placement.clone());
        let (Some(author), Some(placement)) = (author, placed) else { return };
        self.put(post, admitted(&placement, &author));
        self.rekey(key, post, None);
    }

    /// Ends a decision, whatever it is about.
    pub(super) fn lift(&mut self, key: &IdKey, city: &CityId, number: i64) {
        let mut lifted = Vec::new();
        for ((post, _), marks) in self.marks.iter_mut().filter(|((_, of), _)| of == city) {
            lifted.extend(marks.remove(&number).map(|mark| (*post, mark.measure)));
        }
        for (post, measure) in lifted {
            match measure {
                Measure::Hide if !self.has_mark(post, city, Measure::Hide) => {
                    self.out.erasures.push(Erasure::ShownIn(post, city.clone()));
                }
                Measure::Admit => self.queue_again(key, post, city),
                _ => {}
            }
        }
        let blocks = self.blocks_mut(city.clone());
        blocks.words.remove(&number);
        let freed: Vec<SubjectHash> =
            blocks.authors.iter().filter(|(_, of)| **of == number).map(|(author, _)| *author).collect();
        for author in freed {
            self.blocks_mut(city.clone()).authors.remove(&author);
            self.out.erasures.push(Erasure::Unblocked(author, city.clone()));
        }
    }

    /// What a moderator's word alone had admitted waits again.
    fn queue_again(&mut self, key: &IdKey, post: PostId, city: &CityId) {
        let placed = self.posts.get_mut(&post).and_then(|stored| stored.placements.get_mut(city));
        let Some(placed) = placed.filter(|placed| placed.placement.reasons.iter().any(is_a_moderators)) else { return };
        placed.placement.tier = None;
        placed.placement.reasons.retain(|reason| !is_a_moderators(reason));
        placed.dirty = true;
        self.rekey(key, post, None);
    }

    /// What is said again by another post is decided on with it, also when the post that was decided on has gone.
    pub(super) fn spread(&mut self, utterances: &Utterances) {
        let mut spread = Vec::new();
        for group in utterances.all() {
            let marks: Marks = group
                .members
                .iter()
                .filter_map(|id| self.marks.get(&(*id, group.city.clone())))
                .flatten()
                .filter(|(_, mark)| mark.measure != Measure::Admit)
                .map(|(number, mark)| (*number, *mark))
                .collect();
            for id in &group.members {
                let own = self.marks.get(&(*id, group.city.clone()));
                let missing = marks.iter().filter(|(number, _)| own.is_none_or(|own| !own.contains_key(number)));
                spread.extend(missing.map(|(number, mark)| (*id, group.city.clone(), *number, *mark)));
            }
        }
        for (id, city, number, mark) in spread {
            self.mark(id, &city, number, mark);
        }
    }

    /// Where moderators let a post not be seen.
    pub(super) fn held_back(&self, key: &IdKey, stored: &StoredPost) -> BTreeSet<CityId> {
        let post = &stored.post;
        let mut words: Option<FoldedWords> = None;
        let mut held = BTreeSet::new();
        for city in stored.placements.keys() {
            let blocks = self.blocks.get(city);
            let is_blocked = blocks.is_some_and(|blocks| {
                let author = || SubjectHash::derive(key, post.network, &post.author);
                (!blocks.authors.is_empty() && blocks.authors.contains_key(&author()))
                    || (!blocks.words.is_empty() && {
                        let words = words.get_or_insert_with(|| FoldedWords::new(&post.text));
                        blocks.words.values().any(|phrase| phrase.is_in(words))
                    })
            });
            if is_blocked || self.has_mark(post.id, city, Measure::Hide) {
                held.insert(city.clone());
            }
        }
        held
    }

    /// The motive of the fold that a card stands behind, and whether it is pinned.
    pub(super) fn look_of(&self, post: PostId, city: &CityId) -> (Option<Motive>, bool) {
        let covered = self.marks(post, city).find(|mark| mark.measure == Measure::Fold);
        (covered.map(|mark| mark.motive), self.has_mark(post, city, Measure::Pin))
    }
}

fn admitted(placement: &Placement, author: &AuthorProfile) -> Placement {
    let mut placement = placement.clone();
    placement.tier = Some(author.uninvited_tier());
    placement.reasons.push(Reason { rule: Rule::Moderator, value: String::new() });
    placement
}

fn is_a_moderators(reason: &Reason) -> bool {
    reason.rule == Rule::Moderator
}
