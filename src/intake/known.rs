use foldhash::HashMap;

use crate::domain::{CityId, IdKey, KnownPost, NativeId, Network, Placement, PostId, Reply};

/// The posts that the store holds, so that the replies, edits and deletes of the whole network can be told from
/// those that concern us without asking the database. Its bound is the store's retention.
#[derive(Debug, Default)]
pub struct KnownPosts {
    posts: HashMap<PostId, KnownPost>,
}

impl KnownPosts {
    pub fn new(posts: impl IntoIterator<Item = KnownPost>) -> Self {
        Self { posts: posts.into_iter().map(|post| (post.id, post)).collect() }
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

    /// Remembers what is being stored. Without placements it is forgotten.
    pub fn remember(&mut self, id: PostId, placements: &[Placement]) {
        if placements.is_empty() {
            self.posts.remove(&id);
            return;
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
    }

    pub fn len(&self) -> usize {
        self.posts.len()
    }

    pub fn is_empty(&self) -> bool {
        self.posts.is_empty()
    }
}
