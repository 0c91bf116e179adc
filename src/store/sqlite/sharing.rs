//! Which other posts may be one utterance with those that a batch touches.
//!
//! Owns the following of keys from post to post, and its bounds. Does not own whether they are (`domain::utterance`), nor
//! what is folded already: that is loaded with its card, however far keys are followed (`load`).
//! Invariant: no more statements than steps.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::sqlite::SqliteConnection;

use super::load::{array, ids_of};
use super::{rows, statements};
use crate::domain::utterance::{UtteranceKey, own_keys};
use crate::domain::{Batch, Change, IdKey, PostId, StoreError};
use crate::store::ledger::Ledger;

/// How often keys are followed from post to post, and how many posts come by them alone in one batch. What lies further
/// stands by itself: a bridge's copy of a bridge's copy has two steps to the cross-post of its origin.
const KEY_STEPS_MAX: usize = 4;
const BY_KEYS_MAX: usize = 2_000;

/// How far keys have been followed for one batch.
#[derive(Default)]
pub struct Steps {
    taken: usize,
    by_keys: usize,
}

impl Steps {
    /// What shares a key with the posts that were loaded last.
    pub async fn next(
        &mut self,
        connection: &mut SqliteConnection,
        ledger: &Ledger,
        key: &IdKey,
        batch: &Batch,
        loaded: &[i64],
    ) -> Result<Vec<PostId>, StoreError> {
        let mut found = Vec::new();
        if self.taken == 0 {
            found = with_keys(connection, replaced_keys(ledger, key, batch)).await?;
        }
        if self.taken < KEY_STEPS_MAX && self.by_keys < BY_KEYS_MAX {
            let rows = array(loaded.iter().copied());
            found.extend(ids_of(&statements::SHARING.all(connection, [rows.into()]).await?)?);
        }
        self.taken += 1;
        self.by_keys += found.iter().filter(|id| !ledger.is_touched(**id)).count();
        Ok(found)
    }
}

/// Notes the keys of posts that have just been loaded.
pub async fn load(
    connection: &mut SqliteConnection,
    ledger: &mut Ledger,
    by_row: &BTreeMap<i64, PostId>,
) -> Result<(), StoreError> {
    let mut keys: BTreeMap<PostId, Vec<UtteranceKey>> = BTreeMap::new();
    for row in statements::KEYS.all(connection, [array(by_row.keys().copied()).into()]).await? {
        if let Some(id) = by_row.get(&rows::get::<i64>(&row, "post")?) {
            keys.entry(*id).or_default().push(rows::key(&row)?);
        }
    }
    for (id, mut keys) in keys {
        keys.sort_unstable();
        ledger.learn(id, keys);
    }
    Ok(())
}

/// The keys that posts are about to have by what a changed recipe makes of them.
fn replaced_keys(ledger: &Ledger, key: &IdKey, batch: &Batch) -> BTreeSet<u64> {
    let mut hashes = BTreeSet::new();
    for change in &batch.changes {
        if let Change::Replace { post, placement } = change
            && let Some(stored) = ledger.posts.get(post)
        {
            let keys = own_keys(key, &stored.post, &stored.keys, std::iter::once(&**placement));
            hashes.extend(keys.iter().map(|key| key.hash));
        }
    }
    hashes
}

/// Posts that have one of these keys.
pub async fn with_keys(
    connection: &mut SqliteConnection,
    hashes: impl IntoIterator<Item = u64>,
) -> Result<Vec<PostId>, StoreError> {
    let hashes: Vec<i64> = hashes.into_iter().map(u64::cast_signed).collect();
    if hashes.is_empty() {
        return Ok(Vec::new());
    }
    ids_of(&statements::POSTS_OF_KEYS.all(connection, [array(hashes).into()]).await?)
}
