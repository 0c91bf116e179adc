//! Loads what a batch touches.
//!
//! Owns the question "which rows can this batch change, and which do those point at". Does not own the changes.
//! Invariant: a constant number of statements for a batch, whatever its size (a few more when authors change).

use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde_json::Value as Json;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::sharing::{self, Steps};
use super::{mentions, moderation, rows, statements};
use crate::domain::utterance::{origin_author, origin_keys, own_keys};
use crate::domain::{
    AuthorId, AuthorProfile, AuthorVerdict, Batch, Change, CityId, IdKey, Network, PostId, StoreError, SubjectHash,
    Target,
};
use crate::store::ledger::{Ledger, RENAMED_POSTS_MAX, StoredMention};

/// What the changes name.
#[derive(Default)]
struct Named {
    /// Posts that may change.
    posts: BTreeSet<PostId>,
    /// Posts that are only pointed at.
    targets: BTreeSet<PostId>,
    authors: BTreeSet<(Network, AuthorId)>,
    subjects: BTreeSet<i64>,
    cities: BTreeSet<CityId>,
    /// Keys under which others may be one utterance with these posts, or name them.
    hashes: BTreeSet<u64>,
    /// Of `hashes`, those of origins: they may be posts, held or buried.
    origins: BTreeSet<u64>,
}

impl Named {
    fn by(batch: &Batch, key: &IdKey) -> Self {
        let mut named = Self::default();
        for change in &batch.changes {
            match change {
                Change::Upsert { post, author, placements, mentions, .. } => {
                    named.posts.insert(post.id);
                    named.authors.insert((author.network, author.id.clone()));
                    named.subjects.insert(SubjectHash::derive(key, post.network, &post.author).0.cast_signed());
                    let origins = origin_keys(key, post.copy_of.as_deref());
                    let whose = origin_author(key, post.copy_of.as_deref());
                    named.subjects.extend(whose.map(|whose| whose.0.cast_signed()));
                    let own = own_keys(key, post, &origins, placements.iter());
                    named.origins.extend(origins.iter().map(|key| key.hash));
                    named.hashes.extend(origins.iter().chain(&own).map(|key| key.hash));
                    named.cities.extend(mentions.iter().map(|mention| mention.city.clone()));
                    for placement in placements {
                        named.cities.insert(placement.city.clone());
                        named.targets.extend(placement.thread.into_iter().chain(placement.reply_to));
                    }
                }
                Change::Delete { network, native_id, .. } => {
                    named.posts.insert(PostId::derive(key, *network, native_id));
                }
                Change::Author { profile, verdict, .. } => {
                    named.authors.insert((profile.network, profile.id.clone()));
                    if matches!(verdict, AuthorVerdict::Purge | AuthorVerdict::Point) {
                        named.hashes.insert(SubjectHash::derive(key, profile.network, &profile.id).0);
                    }
                }
                Change::Leave { network, author, .. } => {
                    named.authors.insert((*network, author.clone()));
                    named.hashes.insert(SubjectHash::derive(key, *network, author).0);
                }
                Change::Hide { post, .. }
                | Change::Erase { post, .. }
                | Change::Unplace { post, .. }
                | Change::Unmention { post, .. }
                | Change::Point { post }
                | Change::Answered { post, .. }
                | Change::Desk { post, .. }
                | Change::Replace { post, .. }
                | Change::Checked { post, .. } => {
                    named.posts.insert(*post);
                }
                Change::OriginRefused { name, .. } => {
                    named.hashes.insert(*name);
                }
                Change::Decide { city, new, .. } => {
                    named.cities.insert(city.clone());
                    if let Target::Post(post) = &new.target {
                        named.posts.insert(*post);
                    }
                }
                Change::Lift { city, .. } => {
                    named.cities.insert(city.clone());
                }
                Change::Gap { .. } => {}
            }
        }
        named.hashes.extend(named.posts.iter().map(|post| post.as_u64()));
        named
    }
}

pub async fn ledger(connection: &mut SqliteConnection, key: &IdKey, batch: &Batch) -> Result<Ledger, StoreError> {
    let named = Named::by(batch, key);
    let mut ledger = Ledger::default();
    load_numbers(connection, &mut ledger).await?;
    load_refusals(connection, &mut ledger, &named).await?;
    load_authors(connection, &mut ledger, &named).await?;

    let mut touched: Vec<PostId> = named.posts.iter().copied().collect();
    let mut decided = Vec::new();
    for change in &batch.changes {
        decided.extend(moderation::touched_by(connection, change).await?);
    }
    touched.extend(&decided);
    touched.extend(posts_of_changed_authors(connection, &ledger, batch).await?);
    touched.extend(named.origins.iter().map(|hash| PostId::from_u64(*hash)));
    touched.extend(sharing::with_keys(connection, named.hashes.iter().copied()).await?);
    let mut steps = Steps::default();
    // What hangs on a touched post is touched too, and so on: a thread, its replies, what answers those; a card, what it
    // stands for, and what may be one utterance with them.
    while !touched.is_empty() {
        let loaded = load_posts(connection, &mut ledger, &touched, true).await?;
        touched = Vec::new();
        if loaded.is_empty() {
            break;
        }
        touched.extend(dependents(connection, &loaded).await?);
        touched.extend(steps.next(connection, &ledger, key, batch, &loaded).await?);
        touched.retain(|id| !ledger.is_touched(*id));
    }
    let mut targets: BTreeSet<PostId> = named.targets;
    loop {
        targets.extend(ledger.posts.values().flat_map(|stored| stored.placements.values()).flat_map(|placed| {
            let placement = &placed.placement;
            placement.thread.into_iter().chain(placement.reply_to).chain(placed.folded)
        }));
        targets.retain(|id| !ledger.posts.contains_key(id));
        let missing: Vec<PostId> = std::mem::take(&mut targets).into_iter().collect();
        if missing.is_empty() || load_posts(connection, &mut ledger, &missing, false).await?.is_empty() {
            break;
        }
    }
    let cities =
        ledger.posts.values().flat_map(|stored| stored.placements.keys().chain(stored.mentions.keys()).cloned());
    let cities: BTreeSet<CityId> = cities.chain(named.cities).collect();
    load_cities(connection, &mut ledger, &cities).await?;
    let posts: BTreeSet<PostId> = ledger.posts.keys().copied().chain(named.posts).chain(decided).collect();
    if !posts.is_empty() {
        moderation::load(connection, &mut ledger, posts, &cities).await?;
    }
    ledger.remember_before();
    Ok(ledger)
}

pub fn ids(posts: impl IntoIterator<Item = PostId>) -> String {
    array(posts.into_iter().map(|id| id.as_u64().cast_signed()))
}

pub fn array<T: Into<Json>>(items: impl IntoIterator<Item = T>) -> String {
    Json::Array(items.into_iter().map(Into::into).collect()).to_string()
}

async fn load_numbers(connection: &mut SqliteConnection, ledger: &mut Ledger) -> Result<(), StoreError> {
    if let Some(row) = statements::LAST_ROWS.first(connection, []).await? {
        ledger.last_post_row = rows::get(&row, "posts")?;
        ledger.last_author_row = rows::get(&row, "authors")?;
        ledger.last_city_row = rows::get(&row, "cities")?;
        ledger.last_erasure = rows::get(&row, "erased")?;
    }
    Ok(())
}

async fn load_refusals(
    connection: &mut SqliteConnection,
    ledger: &mut Ledger,
    named: &Named,
) -> Result<(), StoreError> {
    if !named.posts.is_empty() {
        let buried = named.posts.iter().copied().chain(named.origins.iter().map(|hash| PostId::from_u64(*hash)));
        for row in statements::TOMBSTONES.all(connection, [ids(buried).into()]).await? {
            ledger.tombstones.insert(rows::post_id(&row, "post")?, rows::tombstone(&row)?);
        }
    }
    if !named.subjects.is_empty() {
        for row in statements::SUPPRESSED.all(connection, [array(named.subjects.iter().copied()).into()]).await? {
            ledger.suppressed.insert(SubjectHash(rows::get::<i64>(&row, "subject")?.cast_unsigned()));
        }
    }
    Ok(())
}

async fn load_authors(connection: &mut SqliteConnection, ledger: &mut Ledger, named: &Named) -> Result<(), StoreError> {
    if named.authors.is_empty() {
        return Ok(());
    }
    let pairs = named.authors.iter().map(|(network, id)| vec![network.as_str(), id.as_str()]);
    for row in statements::AUTHORS.all(connection, [array(pairs).into()]).await? {
        keep_author(ledger, rows::author(&row)?);
    }
    Ok(())
}

fn keep_author(ledger: &mut Ledger, author: crate::store::ledger::StoredAuthor) {
    let key = (author.profile.network, author.profile.id.clone());
    ledger.author_rows.entry(key).or_insert(author.row);
    ledger.authors.entry(author.row).or_insert(author);
}

/// Returns the rows of the posts found.
async fn load_posts(
    connection: &mut SqliteConnection,
    ledger: &mut Ledger,
    posts: &[PostId],
    touch: bool,
) -> Result<Vec<i64>, StoreError> {
    let mut by_row = BTreeMap::new();
    for row in statements::POSTS.all(connection, [ids(posts.iter().copied()).into()]).await? {
        keep_author(ledger, rows::author(&row)?);
        let stored = rows::post(&row)?;
        let id = stored.post.id;
        by_row.insert(stored.row, id);
        ledger.posts.insert(id, stored);
        if touch {
            ledger.touch(id);
        }
    }
    let found: Vec<i64> = by_row.keys().copied().collect();
    if found.is_empty() {
        return Ok(found);
    }
    for row in statements::PLACEMENTS.all(connection, [array(found.iter().copied()).into()]).await? {
        let id = by_row.get(&rows::get::<i64>(&row, "post")?);
        if let Some(stored) = id.and_then(|id| ledger.posts.get_mut(id)) {
            let placement = rows::placement(&row)?;
            stored.placements.insert(placement.placement.city.clone(), placement);
        }
    }
    for row in statements::MENTIONS.all(connection, [array(found.iter().copied()).into()]).await? {
        let id = by_row.get(&rows::get::<i64>(&row, "post")?);
        if let Some(stored) = id.and_then(|id| ledger.posts.get_mut(id)) {
            let mention = StoredMention { mention: mentions::mention(&row)?, dirty: false, stored: true };
            stored.mentions.insert(rows::city(&row)?, mention);
        }
    }
    if touch {
        sharing::load(connection, ledger, &by_row).await?;
    }
    Ok(found)
}

pub(super) fn ids_of(found: &[SqliteRow]) -> Result<Vec<PostId>, StoreError> {
    found.iter().map(|row| rows::post_id(row, "id")).collect()
}

async fn dependents(connection: &mut SqliteConnection, post_rows: &[i64]) -> Result<Vec<PostId>, StoreError> {
    ids_of(&statements::DEPENDENTS.all(connection, [array(post_rows.iter().copied()).into()]).await?)
}

/// Posts that the batch does not name, but whose cards it changes through their authors.
async fn posts_of_changed_authors(
    connection: &mut SqliteConnection,
    ledger: &Ledger,
    batch: &Batch,
) -> Result<Vec<PostId>, StoreError> {
    let (mut all, mut latest): (HashSet<i64>, BTreeSet<i64>) = Default::default();
    for change in &batch.changes {
        let (profile, verdict): (&AuthorProfile, Option<AuthorVerdict>) = match change {
            Change::Author { profile, verdict, .. } => (profile, Some(*verdict)),
            Change::Upsert { author, .. } => (author, None),
            Change::Leave { network, author, .. } => {
                all.extend(ledger.author_rows.get(&(*network, author.clone())));
                continue;
            }
            _ => continue,
        };
        let row = ledger.author_rows.get(&(profile.network, profile.id.clone()));
        let Some(author) = row.and_then(|row| ledger.authors.get(row)) else { continue };
        let first_answer = author.profile.checked_at.is_none() && profile.checked_at.is_some();
        let verdict_changes = match verdict {
            Some(AuthorVerdict::Purge | AuthorVerdict::Point) => true,
            Some(verdict) => author.hidden != (verdict == AuthorVerdict::Hide),
            None => false,
        };
        if first_answer || verdict_changes {
            all.insert(author.row);
        } else if author.looks_other_than(profile) {
            latest.insert(author.row);
        }
    }
    let mut posts = Vec::new();
    if !all.is_empty() {
        for row in statements::POSTS_OF_AUTHORS.all(connection, [array(all.iter().copied()).into()]).await? {
            posts.push(rows::post_id(&row, "id")?);
        }
    }
    for author in latest.into_iter().filter(|author| !all.contains(author)) {
        let found = statements::LATEST_OF_AUTHOR.all(connection, [author.into(), RENAMED_POSTS_MAX.into()]).await?;
        // Oldest first, as they would come from the log.
        for row in found.iter().rev() {
            posts.push(rows::post_id(row, "id")?);
        }
    }
    Ok(posts)
}

async fn load_cities(
    connection: &mut SqliteConnection,
    ledger: &mut Ledger,
    cities: &BTreeSet<CityId>,
) -> Result<(), StoreError> {
    if cities.is_empty() {
        return Ok(());
    }
    let slugs = array(cities.iter().map(CityId::as_str));
    for row in statements::CITIES.all(connection, [slugs.into()]).await? {
        ledger.cities.insert(rows::city(&row)?, rows::stored_city(&row)?);
    }
    Ok(())
}
