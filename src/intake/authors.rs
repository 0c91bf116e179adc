use std::collections::{HashMap, HashSet};

use crate::consent;
use crate::domain::{AccountStatus, AuthorId, AuthorProfile, IdKey, Network, SubjectHash, Timestamp};

/// How long a profile that was looked up is believed before the next post of its author asks again.
const FRESH_SECONDS: i64 = 24 * 3_600;

/// How long an account event stands against what an answer says: an answer may have been under way when the event
/// came, and an index may lag behind its network. Longer than both together.
const EVENT_STANDS_S: i64 = 600;
/// Account events remembered. At the bound those whose time is over are dropped; when none is, no more are remembered.
const EVENTS_MAX: usize = 10_000;
/// Objections remembered, in the same way. In brief each is of 2 KiB at most, and mostly of a fifth of that.
const OBJECTIONS_MAX: usize = 4_000;

/// The authors of stored posts, the hashes of those who had left at the start (the store refuses who left since), and
/// whose account has just gone.
pub struct Authors {
    profiles: HashMap<(Network, AuthorId), AuthorProfile>,
    inactive: HashMap<(Network, AuthorId), (AccountStatus, Timestamp)>,
    /// Profile records that have just objected to being shown, in brief.
    objections: HashMap<(Network, AuthorId), (AuthorProfile, Timestamp)>,
    /// What was asked for before this is not believed any more.
    doubted: HashMap<Network, Timestamp>,
    left: HashSet<SubjectHash>,
    key: IdKey,
}

impl Authors {
    pub fn new(key: IdKey, profiles: impl IntoIterator<Item = AuthorProfile>, left: HashSet<SubjectHash>) -> Self {
        // Of whom nothing but pointers is held is stored without a name: whatever may be shown of them is asked for first.
        let anew = |profile: AuthorProfile| match profile.handle.is_none() && profile.name.is_none() {
            true => AuthorProfile { checked_at: None, ..profile },
            false => profile,
        };
        let profiles = profiles.into_iter().map(anew).map(|profile| ((profile.network, profile.id.clone()), profile));
        let profiles = profiles.collect();
        Self { profiles, inactive: HashMap::new(), objections: HashMap::new(), doubted: HashMap::new(), left, key }
    }

    pub fn get(&self, network: Network, author: &AuthorId) -> Option<&AuthorProfile> {
        self.profiles.get(&(network, author.clone()))
    }

    /// The profile to decide on, if it was confirmed recently enough for something new to be shown. Who was hidden and
    /// posts may have come back: they are asked for again, unless the account has only just gone.
    pub fn fresh(&self, network: Network, author: &AuthorId, now: Timestamp) -> Option<&AuthorProfile> {
        let profile = self.get(network, author)?;
        // A time far ahead was noted by a clock that was wrong, and says nothing.
        let is_recent = profile.checked_at.is_some_and(|at| {
            let doubted = self.doubted.get(&network);
            now.seconds_since(at).abs() < FRESH_SECONDS && doubted.is_none_or(|doubted| *doubted <= at)
        });
        let is_settled = profile.status == AccountStatus::Active || self.gone(network, author, now).is_some();
        Some(profile).filter(|_| is_recent && is_settled)
    }

    /// Something of the network could not be read, up to this time.
    pub fn doubt(&mut self, network: Network, until: Timestamp) {
        let doubted = self.doubted.entry(network).or_insert(until);
        *doubted = until.max(*doubted);
    }

    /// The network says that the account is not active, or is again.
    pub fn account_event(&mut self, network: Network, author: &AuthorId, status: AccountStatus, now: Timestamp) {
        let account = (network, author.clone());
        if status == AccountStatus::Active {
            self.inactive.remove(&account);
            return;
        }
        if self.inactive.len() >= EVENTS_MAX {
            self.inactive.retain(|_, (_, since)| now.seconds_since(*since) < EVENT_STANDS_S);
        }
        if self.inactive.len() < EVENTS_MAX {
            self.inactive.insert(account, (status, now));
        }
    }

    /// The status that a recent account event gave, if it took the account away.
    pub fn gone(&self, network: Network, author: &AuthorId, now: Timestamp) -> Option<AccountStatus> {
        let (status, since) = self.inactive.get(&(network, author.clone()))?;
        Some(*status).filter(|_| now.seconds_since(*since) < EVENT_STANDS_S)
    }

    /// Remembers for a while that a profile record objects to being shown, or that a later one no longer does.
    pub fn objection(&mut self, record: AuthorProfile, objects: bool, now: Timestamp) {
        let author = (record.network, record.id.clone());
        if !objects {
            self.objections.remove(&author);
            return;
        }
        if self.objections.len() >= OBJECTIONS_MAX {
            self.objections.retain(|_, (_, since)| now.seconds_since(*since) < EVENT_STANDS_S);
        }
        if self.objections.len() < OBJECTIONS_MAX {
            self.objections.insert(author, (consent::in_brief(record), now));
        }
    }

    pub fn objected(&self, network: Network, author: &AuthorId, now: Timestamp) -> Option<&AuthorProfile> {
        let (record, since) = self.objections.get(&(network, author.clone()))?;
        Some(record).filter(|_| now.seconds_since(*since) < EVENT_STANDS_S)
    }

    /// Keeps a profile that may be shown, or may be again. Its bio was read and is not kept: nothing in it objects.
    pub fn put(&mut self, profile: AuthorProfile) {
        let profile = AuthorProfile { bio: String::new(), ..profile };
        self.profiles.insert((profile.network, profile.id.clone()), profile);
    }

    pub fn forget(&mut self, network: Network, author: &AuthorId) {
        self.profiles.remove(&(network, author.clone()));
    }

    /// Those whose account is away as far as we know.
    pub fn away(&self) -> impl Iterator<Item = &(Network, AuthorId)> {
        self.profiles.iter().filter(|(_, profile)| profile.status == AccountStatus::Hidden).map(|(author, _)| author)
    }

    pub fn has_left(&self, network: Network, author: &AuthorId) -> bool {
        !self.left.is_empty() && self.is_left(self.subject(network, author))
    }

    pub fn is_left(&self, person: SubjectHash) -> bool {
        self.left.contains(&person)
    }

    fn subject(&self, network: Network, author: &AuthorId) -> SubjectHash {
        SubjectHash::derive(&self.key, network, author)
    }
}
