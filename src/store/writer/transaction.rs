//! One batch, written whole or not at all.
//!
//! Owns the transaction: load, apply, write back, commit. Does not own when it runs, nor who is told.
//! Invariant: after an error the database is as before.

use std::collections::BTreeMap;

use sqlx::sqlite::SqliteConnection;

use crate::crash::{self, Point};
use crate::domain::desk::{Calendar, Spoken};
use crate::domain::{Act, Batch, Change, CityId, Committed, DeskAct, FeedEntry, IdKey, StoreError, Target, Timestamp};
use crate::store::alerts::AlertWrite;
use crate::store::chain::Chain;
use crate::store::ledger::Ledger;
use crate::store::sqlite::flush::Journalled;
use crate::store::sqlite::{alerts, flush, load, moderation, statements, tally};

/// What a transaction did.
pub struct Written {
    pub committed: Committed,
    pub erases_text: bool,
    /// Something was erased that the journal is to have.
    pub erases: bool,
    /// Somebody left, and their requests with them.
    pub leaves: bool,
}

/// One transaction: the changes, their entries, the checkpoints. After an error nothing was written.
/// `chain`: where the desk's acts of the batch are noted; where there is none, none is in it.
pub async fn transact(
    connection: &mut SqliteConnection,
    key: &IdKey,
    batch: &Batch,
    now: Timestamp,
    journalled: Journalled,
    chain: Option<&mut Chain>,
) -> Result<Written, StoreError> {
    let done = match statements::BEGIN.run(connection, []).await {
        Ok(_) => write(connection, key, batch, now, journalled, chain).await,
        Err(error) => Err(error.into()),
    };
    undone_if_failed(connection, done).await
}

async fn undone_if_failed<T>(connection: &mut SqliteConnection, done: Result<T, StoreError>) -> Result<T, StoreError> {
    if done.is_err() {
        // A full disk has SQLite roll back by itself, and then there is nothing left to roll back.
        let _ = statements::ROLLBACK.run(connection, []).await;
    }
    done
}

/// One transaction of closing buckets. Returns whether there is more to close.
pub async fn tally(
    connection: &mut SqliteConnection,
    key: &IdKey,
    cities: &[(CityId, Calendar)],
    now: Timestamp,
) -> Result<bool, StoreError> {
    let done = async {
        statements::BEGIN.run(connection, []).await?;
        let more = tally::close(connection, key, cities, now).await?;
        crash::point(Point::BeforeCommit);
        statements::COMMIT.run(connection, []).await?;
        Ok(more)
    }
    .await;
    undone_if_failed(connection, done).await
}

/// One transaction of counting days from a list.
pub async fn past(
    connection: &mut SqliteConnection,
    city: &CityId,
    calendar: &Calendar,
    days: (Timestamp, Timestamp),
    said: &[Spoken],
) -> Result<(), StoreError> {
    let done = async {
        statements::BEGIN.run(connection, []).await?;
        tally::past::close(connection, city, calendar, days, said).await?;
        statements::COMMIT.run(connection, []).await?;
        Ok(())
    }
    .await;
    undone_if_failed(connection, done).await
}

/// One transaction of what is written of alerts.
pub async fn alert(connection: &mut SqliteConnection, write: &AlertWrite, now: Timestamp) -> Result<(), StoreError> {
    let done = async {
        statements::BEGIN.run(connection, []).await?;
        match write {
            AlertWrite::Looked(look) => alerts::write(connection, look, now).await?,
            AlertWrite::Dispatched(dispatch, sent) => alerts::dispatched(connection, dispatch, sent).await?,
        }
        crash::point(Point::AlertWritten);
        statements::COMMIT.run(connection, []).await?;
        Ok(())
    }
    .await;
    undone_if_failed(connection, done).await
}

async fn write(
    connection: &mut SqliteConnection,
    key: &IdKey,
    batch: &Batch,
    now: Timestamp,
    journalled: Journalled,
    chain: Option<&mut Chain>,
) -> Result<Written, StoreError> {
    let mut ledger = load::ledger(connection, key, batch).await?;
    ledger.apply(key, batch);
    let gone = flush::flush(connection, &ledger, batch, now, journalled).await?;
    tally::take_back(connection, key, &ledger.out.taken_back).await?;
    tally::take_out(connection, &ledger.out.departed).await?;
    moderation::write(connection, &ledger, batch).await?;
    if let Some(chain) = chain {
        note_acts(connection, chain, batch, now).await?;
    }
    crash::point(Point::BeforeCommit);
    // While the database commits, the answer is made and the ledger taken down.
    let (done, written) = tokio::join!(statements::COMMIT.run(connection, []), async { finish(ledger, batch, &gone) });
    done?;
    Ok(written)
}

/// A line of the log for each act of the desk (A7).
async fn note_acts(
    connection: &mut SqliteConnection,
    chain: &mut Chain,
    batch: &Batch,
    now: Timestamp,
) -> Result<(), StoreError> {
    for change in &batch.changes {
        if let Some((city, act)) = act_of(change) {
            chain.append(connection, city, act, now).await?;
        }
    }
    Ok(())
}

fn act_of(change: &Change) -> Option<(&CityId, Act)> {
    match change {
        Change::Desk { post, city, act, by, .. } => {
            let to = if let DeskAct::Assign(name) = act { name.as_str() } else { "" };
            let (actor, subject) = (by.as_str().to_owned(), post.token());
            Some((city, Act { actor, act: act.as_str(), subject, reason: to.to_owned() }))
        }
        Change::Decide { city, number, new, by, .. } => {
            // A word is in the decision: it may be somebody's name.
            let subject = match &new.target {
                Target::Post(post) => format!("decision {number}, post {}", post.token()),
                Target::Word(_) => format!("decision {number}"),
            };
            let reason = new.motive.as_str().to_owned();
            Some((city, Act { actor: by.0.clone(), act: new.measure.as_str(), subject, reason }))
        }
        Change::Lift { city, number, ending, by, .. } => {
            let (subject, reason) = (format!("decision {number}"), ending.as_str().to_owned());
            Some((city, Act { actor: by.0.clone(), act: "lift", subject, reason }))
        }
        _ => None,
    }
}

fn finish(ledger: Ledger, batch: &Batch, gone: &[i64]) -> Written {
    let receipts = ledger.answers(batch);
    let Ledger { posts, authors, author_rows, vacated, kept_out, refused, out, .. } = ledger;
    let leaves = !out.left.is_empty();
    let erases_text = out.erases_text || leaves;
    let erases = leaves || !(out.erasures.is_empty() && out.tombstones.is_empty() && out.suppressed.is_empty());
    let forgotten = vacated.into_keys().chain(kept_out).filter(|id| !posts.contains_key(id)).collect();
    let gone = gone.iter().filter_map(|row| authors.get(row));
    let mut forgotten_authors: Vec<_> = gone.map(|gone| (gone.profile.network, gone.profile.id.clone())).collect();
    let (mut stored, mut stored_authors) = (Vec::new(), Vec::new());
    for change in &batch.changes {
        let Change::Upsert { post, .. } = change else { continue };
        let author = (post.network, post.author.clone());
        if posts.contains_key(&post.id) {
            stored.push(post.id);
            stored_authors.push(author);
        } else if !author_rows.contains_key(&author) {
            forgotten_authors.push(author);
        }
    }
    let entries = out.entries.into_iter().collect();
    let committed = Committed { entries, refused, stored, forgotten, stored_authors, forgotten_authors, receipts };
    Written { committed, erases_text, erases, leaves }
}

/// Adds what a later transaction did.
pub fn join(all: &mut Committed, later: Committed) {
    let mut by_city: BTreeMap<CityId, Vec<FeedEntry>> = std::mem::take(&mut all.entries).into_iter().collect();
    for (city, entries) in later.entries {
        by_city.entry(city).or_default().extend(entries);
    }
    all.entries = by_city.into_iter().collect();
    all.refused.extend(later.refused);
}
