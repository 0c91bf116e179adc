//! Which of the touched posts are one utterance, and what that means for them.
//!
//! Owns the keys of the touched posts, the groups, and the choice of the card that stands for a group. Does not own the check
//! itself (`domain::utterance`), which posts are loaded (`sqlite::load`), nor what goes with an origin (`remove`).
//! Invariant: the groups follow from the posts that stand, not from the order in which they came.
//!
//! The card is the origin that others declare, where it is there; else the post that came first. It stays where it is when
//! copies come. When it goes and others may stay (an author's own cross-posts), the next of them is shown in its own place,
//! under its own id: whoever kept the id of what was taken back keeps nothing.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{Ledger, StoredPost};
use crate::domain::utterance::{
    Bond, KeyKind, Standing, UTTERANCE_MAX, UtteranceKey, bond, is_other_account, is_same_page, names_as_origin,
    own_keys,
};
use crate::domain::{CardCopy, CityId, IdKey, PostId, Tier};

/// Posts that are one utterance in a city, in the order of their positions.
pub(super) struct Utterance {
    pub city: CityId,
    pub members: Vec<PostId>,
    links: Vec<Link>,
}

/// The utterances of more than one post.
#[derive(Default)]
pub(super) struct Utterances {
    all: Vec<Utterance>,
    by_member: HashMap<(PostId, CityId), usize>,
}

impl Utterances {
    pub fn all(&self) -> &[Utterance] {
        &self.all
    }

    pub fn of(&self, id: PostId, city: &CityId) -> Option<&Utterance> {
        self.all.get(*self.by_member.get(&(id, city.clone()))?)
    }
}

/// Two posts that are one, in the order in which links are drawn: the surest first, then what was said closest together.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Link {
    bond: Bond,
    apart_s: i64,
    a: PostId,
    b: PostId,
}

impl Link {
    const fn joins(&self, id: PostId) -> bool {
        self.a.as_u64() == id.as_u64() || self.b.as_u64() == id.as_u64()
    }
}

/// In each city, what is not shown since another card stands for it, and where the others of a shown card are.
#[derive(Default)]
pub(super) struct Folds {
    pub heads: BTreeMap<(PostId, CityId), PostId>,
    pub copies: BTreeMap<(PostId, CityId), Vec<CardCopy>>,
}

impl Ledger {
    /// Notes the keys of a touched post that has just been loaded.
    pub fn learn(&mut self, id: PostId, keys: Vec<UtteranceKey>) {
        for key in &keys {
            self.index(key.kind).entry(key.hash).or_default().push(id);
        }
        if let Some(stored) = self.posts.get_mut(&id) {
            stored.keys = keys;
        }
    }

    const fn index(&mut self, kind: KeyKind) -> &mut HashMap<u64, Vec<PostId>> {
        match kind {
            KeyKind::Whose => &mut self.by_origin_author,
            _ => &mut self.by_key,
        }
    }

    pub(super) fn unlearn(&mut self, id: PostId) {
        let Some(stored) = self.posts.get_mut(&id) else { return };
        for key in std::mem::take(&mut stored.keys) {
            if let Some(posts) = self.index(key.kind).get_mut(&key.hash) {
                posts.retain(|other| *other != id);
            }
        }
    }

    /// Works the keys of a post out anew. `declared`: of its origin, as its network states it now; else as they are stored.
    pub(super) fn rekey(&mut self, key: &IdKey, id: PostId, declared: Option<Vec<UtteranceKey>>) {
        let Some(stored) = self.posts.get(&id) else { return };
        let stored_ones = || stored.keys.iter().filter(|key| key.kind.is_declared()).copied().collect();
        let mut keys: Vec<UtteranceKey> = declared.unwrap_or_else(stored_ones);
        let placements = stored.placements.values().filter(|placed| placed.admitted());
        let own = own_keys(key, &stored.post, &keys, placements.map(|placed| &placed.placement));
        keys.extend(own);
        keys.sort_unstable();
        keys.dedup();
        keys.retain(|key| {
            let others =
                self.by_key.get(&key.hash).map_or(0, |posts| posts.iter().filter(|other| **other != id).count());
            others < UTTERANCE_MAX
        });
        if keys != stored.keys {
            self.unlearn(id);
            self.learn(id, keys);
            if let Some(stored) = self.posts.get_mut(&id) {
                stored.keys_dirty = true;
            }
        }
    }

    fn standing<'a>(&'a self, id: PostId, city: &CityId) -> Option<Standing<'a>> {
        let stored = self.posts.get(&id)?;
        let placed = stored.placements.get(city).filter(|placed| placed.admitted())?;
        Some(Standing { post: &stored.post, keys: &stored.keys, placement: &placed.placement })
    }

    /// The groups of this moment.
    pub(super) fn utterances(&self) -> Utterances {
        let mut links: BTreeMap<CityId, BTreeSet<Link>> = BTreeMap::new();
        for (hash, posts) in &self.by_key {
            let origin = PostId::from_u64(*hash);
            let origin = self.is_touched(origin).then_some(origin).filter(|origin| self.posts.contains_key(origin));
            if posts.len() + usize::from(origin.is_some()) < 2 {
                continue;
            }
            let all: Vec<PostId> = posts.iter().copied().chain(origin).collect();
            for (number, a) in all.iter().enumerate() {
                for b in all.iter().skip(number + 1) {
                    self.link(*a.min(b), *a.max(b), &mut links);
                }
            }
        }
        let mut utterances = Utterances::default();
        for (city, links) in links {
            for group in self.groups(&city, links) {
                let number = utterances.all.len();
                utterances.by_member.extend(group.members.iter().map(|id| ((*id, city.clone()), number)));
                utterances.all.push(group);
            }
        }
        utterances
    }

    fn link(&self, a: PostId, b: PostId, links: &mut BTreeMap<CityId, BTreeSet<Link>>) {
        let Some(stored) = self.posts.get(&a) else { return };
        for city in stored.placements.keys() {
            let (Some(one), Some(other)) = (self.standing(a, city), self.standing(b, city)) else { continue };
            if let Some(bond) = bond(&one, &other) {
                let apart_s = one.post.created_at.seconds_since(other.post.created_at).abs();
                links.entry(city.clone()).or_default().insert(Link { bond, apart_s, a, b });
            }
        }
    }

    /// Draws the links one by one. One that would make a group too large joins nothing; nor does one of words that would
    /// put two posts of one account together, for what a body says twice it means twice.
    fn groups(&self, city: &CityId, links: BTreeSet<Link>) -> Vec<Utterance> {
        let mut groups: Vec<Utterance> = Vec::new();
        for link in links {
            let of = |id: PostId| groups.iter().position(|group| group.members.contains(&id));
            let (a, b) = (of(link.a), of(link.b));
            let members = |at: Option<usize>, id: PostId| {
                at.and_then(|at| groups.get(at)).map_or_else(|| vec![id], |group| group.members.clone())
            };
            let (mine, theirs) = (members(a, link.a), members(b, link.b));
            if a.is_none() || a != b {
                let is_too_large = mine.len() + theirs.len() > UTTERANCE_MAX;
                if is_too_large || (link.bond.is_of_two_accounts() && !self.are_apart(&mine, &theirs)) {
                    continue;
                }
                let mut joined = Utterance { city: city.clone(), members: [mine, theirs].concat(), links: Vec::new() };
                let mut old: Vec<usize> = [a, b].into_iter().flatten().collect();
                old.sort_unstable();
                for at in old.into_iter().rev() {
                    joined.links.append(&mut groups.swap_remove(at).links);
                }
                joined.links.push(link);
                groups.push(joined);
            } else if let Some(group) = a.and_then(|at| groups.get_mut(at)) {
                group.links.push(link);
            }
        }
        for group in &mut groups {
            group.members.sort_by_key(|id| (self.placement(*id, city).and_then(|placed| placed.position), *id));
        }
        groups
    }

    /// Whether no two of them are of one account.
    fn are_apart(&self, mine: &[PostId], theirs: &[PostId]) -> bool {
        let posts = |ids: &[PostId]| -> Vec<&StoredPost> { ids.iter().filter_map(|id| self.posts.get(id)).collect() };
        let (mine, theirs) = (posts(mine), posts(theirs));
        mine.iter().all(|one| theirs.iter().all(|other| is_other_account(&one.post, &other.post)))
    }

    /// The other posts that are one utterance with this one in any city.
    pub(super) fn mates(&self, id: PostId) -> Vec<PostId> {
        let groups = self.utterances().all;
        let mates = groups.into_iter().filter(|group| group.members.contains(&id)).flat_map(|group| group.members);
        let mates: BTreeSet<PostId> = mates.filter(|mate| *mate != id).collect();
        mates.into_iter().collect()
    }

    /// What the operator hid is hidden however it is said, also when the post that was hidden has gone.
    pub(super) fn hide_whole(&mut self, utterances: &Utterances) {
        for group in &utterances.all {
            let is_hidden = |id: &PostId| self.posts.get(id).is_some_and(|stored| stored.moderated);
            if group.members.iter().any(is_hidden) {
                group.members.iter().for_each(|id| self.moderate(*id, true));
            }
        }
    }

    /// A copy is shown nowhere where its origin is held and may not be: it follows the origin's signals.
    pub(super) fn leave_out_orphans(&self, utterances: &Utterances, fit: &mut BTreeSet<(PostId, CityId)>) {
        for group in &utterances.all {
            let at = |id: PostId| (id, group.city.clone());
            let mut unfit: Vec<PostId> = group.members.iter().copied().filter(|id| !fit.contains(&at(*id))).collect();
            while let Some(origin) = unfit.pop() {
                for copy in group.members.iter().filter(|copy| self.dies_with(**copy, origin)) {
                    if fit.remove(&at(*copy)) {
                        unfit.push(*copy);
                    }
                }
            }
        }
    }

    /// Whose card stands for whom.
    pub(super) fn fold(&self, utterances: &Utterances, fit: &BTreeSet<(PostId, CityId)>) -> Folds {
        let mut folds = Folds::default();
        for group in &utterances.all {
            let at = |id: PostId| (id, group.city.clone());
            let fit: Vec<PostId> = group.members.iter().copied().filter(|id| fit.contains(&at(*id))).collect();
            let Some(head) = self.head(&fit) else { continue };
            for folded in fit.iter().filter(|id| **id != head) {
                folds.heads.insert(at(*folded), head);
            }
            folds.copies.insert(at(head), self.copies(group, head, &fit));
        }
        folds
    }

    /// The declared origin, else the first.
    fn head(&self, fit: &[PostId]) -> Option<PostId> {
        let names = |copy: PostId, origin: PostId| {
            let (copy, origin) = (self.posts.get(&copy), self.posts.get(&origin));
            let named = copy.zip(origin);
            named.is_some_and(|(copy, origin)| {
                copy.post.id != origin.post.id && names_as_origin(&copy.keys, origin.post.id, &origin.keys)
            })
        };
        let is_origin =
            |id: &&PostId| fit.iter().any(|other| names(*other, **id)) && !fit.iter().any(|other| names(**id, *other));
        fit.iter().find(is_origin).or(fit.first()).copied()
    }

    fn copies(&self, group: &Utterance, head: PostId, fit: &[PostId]) -> Vec<CardCopy> {
        let url_of = |id: PostId| self.posts.get(&id).and_then(|stored| stored.post.url.clone());
        let own = url_of(head).unwrap_or_default();
        let copy = |id: &PostId| {
            let tier = self.placement(*id, &group.city)?.placement.tier?;
            let url = url_of(*id).filter(|url| *id != head && tier != Tier::Quiet && !is_same_page(url, &own))?;
            let mut links: Vec<&Link> = group.links.iter().filter(|link| link.joins(*id)).collect();
            links.sort_by_key(|link| (!link.joins(head), link.bond));
            Some(CardCopy { network: self.posts.get(id)?.post.network, url, bond: links.first()?.bond })
        };
        let mut copies: Vec<CardCopy> = fit.iter().filter_map(copy).collect();
        copies.sort_unstable();
        copies.dedup_by(|a, b| (a.network, &a.url) == (b.network, &b.url));
        copies.truncate(CardCopy::MAX);
        copies
    }
}
