//! What exists on the demonstration's network at this moment: accounts and posts.
//!
//! Owns the one state that the simulators of Jetstream and AppView share, so that they never disagree. Does not own
//! how it changes (`frames`) or how it is answered (`appview`). Invariant: a post's author is an account here.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use super::player::Persona;
use crate::domain::Timestamp;

/// At the bound the oldest is forgotten, as if it had been deleted. A day of a métropole at sixtyfold speed makes
/// some ten thousand accounts.
const ACCOUNTS_LIMIT: usize = 50_000;
const POSTS_LIMIT: usize = 50_000;

#[derive(Clone, Debug)]
pub struct Account {
    pub persona: Persona,
    pub created: Timestamp,
    /// A deactivated account exists, but nobody gets to see it.
    pub active: bool,
    pub posts: u32,
}

#[derive(Clone, Debug)]
pub struct StoredPost {
    pub uri: String,
    pub cid: String,
    pub author: String,
    pub record: Value,
    pub indexed: Timestamp,
}

#[derive(Debug, Default)]
pub struct World {
    accounts: HashMap<String, Account>,
    dids: HashMap<String, String>,
    posts: HashMap<String, StoredPost>,
    account_order: VecDeque<String>,
    post_order: VecDeque<String>,
}

/// The world as all parts of the demonstration see it; clones are one.
#[derive(Clone, Debug, Default)]
pub struct SharedWorld(Arc<Mutex<World>>);

impl SharedWorld {
    /// Held for lookups and single changes only, never across an await.
    pub fn lock(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl World {
    /// Makes the account known unless it already is.
    pub fn join(&mut self, persona: &Persona, created: Timestamp) {
        if self.accounts.contains_key(&persona.did) {
            return;
        }
        if self.account_order.len() >= ACCOUNTS_LIMIT
            && let Some(oldest) = self.account_order.pop_front()
        {
            self.delete_account(&oldest);
        }
        self.account_order.push_back(persona.did.clone());
        self.dids.insert(persona.handle.clone(), persona.did.clone());
        self.accounts
            .insert(persona.did.clone(), Account { persona: persona.clone(), created, active: true, posts: 0 });
    }

    /// The account with this DID or handle, unless it is deactivated.
    pub fn visible(&self, did_or_handle: &str) -> Option<&Account> {
        let did = self.dids.get(did_or_handle).map_or(did_or_handle, String::as_str);
        self.accounts.get(did).filter(|account| account.active)
    }

    /// The post, unless its author is deactivated.
    pub fn visible_post(&self, uri: &str) -> Option<(&StoredPost, &Account)> {
        let post = self.posts.get(uri)?;
        Some((post, self.visible(&post.author)?))
    }

    /// Adds the post or replaces the one with the same address. Ignored when the author is not known.
    pub fn put_post(&mut self, post: StoredPost) {
        let Some(author) = self.accounts.get_mut(&post.author) else { return };
        let uri = post.uri.clone();
        if self.posts.insert(uri.clone(), post).is_none() {
            author.posts = author.posts.saturating_add(1);
            self.post_order.push_back(uri);
        }
        if self.post_order.len() > POSTS_LIMIT
            && let Some(oldest) = self.post_order.pop_front()
        {
            self.delete_post(&oldest);
        }
    }

    pub fn delete_post(&mut self, uri: &str) {
        if let Some(post) = self.posts.remove(uri)
            && let Some(author) = self.accounts.get_mut(&post.author)
        {
            author.posts = author.posts.saturating_sub(1);
        }
    }

    pub fn set_active(&mut self, did: &str, active: bool) {
        if let Some(account) = self.accounts.get_mut(did) {
            account.active = active;
        }
    }

    pub fn set_handle(&mut self, did: &str, handle: &str) {
        if let Some(account) = self.accounts.get_mut(did) {
            self.dids.remove(&account.persona.handle);
            self.dids.insert(handle.to_owned(), did.to_owned());
            account.persona.handle = handle.to_owned();
        }
    }

    /// Replaces what the profile record says; the handle is not in it.
    pub fn set_profile(&mut self, profile: &Persona) {
        if let Some(account) = self.accounts.get_mut(&profile.did) {
            account.persona.name.clone_from(&profile.name);
            account.persona.bio.clone_from(&profile.bio);
            account.persona.labels.clone_from(&profile.labels);
        }
    }

    /// Takes the account and all its posts away.
    pub fn delete_account(&mut self, did: &str) {
        if let Some(account) = self.accounts.remove(did) {
            self.dids.remove(&account.persona.handle);
            self.posts.retain(|_, post| post.author != did);
        }
    }
}
