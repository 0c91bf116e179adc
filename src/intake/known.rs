use foldhash::HashMap;

use crate::domain::{CityId, IdKey, KnownPost, NativeId, Network, Placement, PostId, Reply};

/// The posts that the store holds, so that the replies, edits and deletes of the whole network can be told from
/// those that concern us without asking the database. Its bound is the store's retention.
#[derive(Debug, Default)]
pub struct KnownPosts {
    posts: HashMap<PostId, KnownPost>,
    /// Of those that declare to be copies, the names of their origins; and how many name each.
    origins: HashMap<PostId, Vec<u64>>,
    copied: HashMap<u64, usize>,
    /// Of those that address desks, the cities.
    addressing: HashMap<PostId, Vec<CityId>>,
}

impl KnownPosts {
    pub fn new(posts: impl IntoIterator<Item = KnownPost>) -> Self {
        Self { posts: posts.into_iter().map(|post| (post.id, post)).collect(), ..Self::default() }
    }

    /// With the names of the origins that held posts declare (`utterance::origin_keys`).
    #[must_use]
    pub fn copying(mut self, origins: impl IntoIterator<Item = (PostId, u64)>) -> Self {
        for (copy, origin) in origins {
            self.origins.entry(copy).or_default().push(origin);
            *self.copied.entry(origin).or_default() += 1;
        }
        self
    }

    /// With the cities whose desks held posts address.
    #[must_use]
    pub fn addressing(mut self, desks: impl IntoIterator<Item = (PostId, CityId)>) -> Self {
        desks.into_iter().for_each(|(post, city)| self.addressing.entry(post).or_default().push(city));
        self
    }

    /// The cities whose desks have a post.
    pub fn desks_of(&self, id: PostId) -> &[CityId] {
        self.addressing.get(&id).map_or(&[], Vec::as_slice)
    }

    /// Whether any desk has a held post.
    pub fn has_desks(&self) -> bool {
        !self.addressing.is_empty()
    }

    /// Whether a post of this name is declared by a held one to be its origin.
    pub fn is_copied(&self, name: u64) -> bool {
        self.copied.contains_key(&name)
    }

    /// Whether what happens to a post concerns us: it is held, or a copy of it is.
    pub fn concerns(&self, id: PostId) -> bool {
        self.contains(id) || self.is_copied(id.as_u64())
    }

    pub fn contains(&self, id: PostId) -> bool {
        self.posts.contains_key(&id)
    }

    /// The cities that admitted it, and those where it waits; none of a post that is not held.
    pub fn cities_of(&self, id: PostId) -> impl Iterator<Item = &CityId> {
        self.posts.get(&id).into_iter().flat_map(|post| post.cities.iter().chain(&post.queued))
    }

    /// The admitted post that a reply hangs on: its parent if we hold that, else its root.
    pub fn thread_of(&self, key: &IdKey, network: Network, reply: &Reply) -> Option<&KnownPost> {
        let find = |native: &NativeId| {
            self.posts.get(&PostId::derive(key, network, native)).filter(|post| !post.cities.is_empty())
        };
        find(&reply.parent).or_else(|| find(&reply.root))
    }

    /// Remembers what is being stored, with the desks that have it and the names of its origin. With neither placements nor
    /// desks it is forgotten.
    pub fn remember(&mut self, id: PostId, placements: &[Placement], desks: Vec<CityId>, origins: Vec<u64>) {
        self.forget(id);
        if placements.is_empty() && desks.is_empty() {
            return;
        }
        if !desks.is_empty() {
            self.addressing.insert(id, desks);
        }
        for origin in &origins {
            *self.copied.entry(*origin).or_default() += 1;
        }
        if !origins.is_empty() {
            self.origins.insert(id, origins);
        }
        let (admitted, queued): (Vec<_>, Vec<_>) = placements.iter().partition(|placement| placement.tier.is_some());
        let cities_of =
            |placements: Vec<&Placement>| placements.iter().map(|placement| placement.city.clone()).collect();
        let (cities, queued) = (cities_of(admitted), cities_of(queued));
        let thread = placements.iter().find_map(|placement| placement.thread).unwrap_or(id);
        self.posts.insert(id, KnownPost { id, thread, cities, queued });
    }

    pub fn forget(&mut self, id: PostId) {
        self.posts.remove(&id);
        self.addressing.remove(&id);
        for origin in self.origins.remove(&id).unwrap_or_default() {
            if let Some(copies) = self.copied.get_mut(&origin) {
                *copies -= 1;
                if *copies == 0 {
                    self.copied.remove(&origin);
                }
            }
        }
    }

    pub fn len(&self) -> usize {
        self.posts.len()
    }

    pub fn is_empty(&self) -> bool {
        self.posts.is_empty()
    }
}
