use std::collections::{HashMap, HashSet};

use crate::domain::{AuthorId, AuthorProfile, IdKey, Network, SubjectHash, Timestamp};

/// How long a profile that was looked up is believed before the next post of its author asks again.
const FRESH_SECONDS: i64 = 24 * 3_600;

/// The authors of stored posts, and the hashes of those who left.
pub struct Authors {
    profiles: HashMap<(Network, AuthorId), AuthorProfile>,
    left: HashSet<SubjectHash>,
    key: IdKey,
}

impl Authors {
    pub fn new(key: IdKey, profiles: impl IntoIterator<Item = AuthorProfile>, left: HashSet<SubjectHash>) -> Self {
        let profiles = profiles.into_iter().map(|profile| ((profile.network, profile.id.clone()), profile)).collect();
        Self { profiles, left, key }
    }

    pub fn get(&self, network: Network, author: &AuthorId) -> Option<&AuthorProfile> {
        self.profiles.get(&(network, author.clone()))
    }

    /// The profile to decide on, if it was confirmed recently enough for something new to be shown.
    pub fn fresh(&self, network: Network, author: &AuthorId, now: Timestamp) -> Option<&AuthorProfile> {
        self.get(network, author)
            .filter(|profile| profile.checked_at.is_some_and(|at| now.seconds_since(at) < FRESH_SECONDS))
    }

    pub fn put(&mut self, profile: AuthorProfile) {
        self.profiles.insert((profile.network, profile.id.clone()), profile);
    }

    pub fn forget(&mut self, network: Network, author: &AuthorId) {
        self.profiles.remove(&(network, author.clone()));
    }

    pub fn has_left(&self, network: Network, author: &AuthorId) -> bool {
        !self.left.is_empty() && self.left.contains(&self.subject(network, author))
    }

    /// From now on nothing of this author is stored (L-24).
    pub fn leave(&mut self, network: Network, author: &AuthorId) {
        self.left.insert(self.subject(network, author));
        self.forget(network, author);
    }

    fn subject(&self, network: Network, author: &AuthorId) -> SubjectHash {
        SubjectHash::derive(&self.key, network, author)
    }
}
