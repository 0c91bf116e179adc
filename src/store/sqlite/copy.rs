//! A whole copy of the database, and what tells that a restored one equals it.
//!
//! Owns the copying (`VACUUM INTO`), the sums over each table and the mark of a copy. Does not own where the files go
//! (`backup`). Invariant: a copy is marked before it bears its name, so that none is ever taken for the original.

use std::path::Path;

use futures_util::TryStreamExt;
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{Connection, Row};

use super::statement::{Statement, statements};
use super::{rows, statements};
use crate::domain::{StoreError, Timestamp};
use crate::store::error::unreadable;

statements! {
    ALERT_DISPATCHES: 0 = "SELECT * FROM alert_dispatches ORDER BY alert, channel, receiver";
    ALERT_EVENTS: 0 = "SELECT * FROM alert_events ORDER BY city";
    ALERTS: 0 = "SELECT * FROM alerts ORDER BY row";
    AUDIT: 0 = "SELECT * FROM audit ORDER BY city, number";
    AUTHORS: 0 = "SELECT * FROM authors ORDER BY row";
    CHECKPOINTS: 0 = "SELECT * FROM checkpoints ORDER BY source";
    CITIES: 0 = "SELECT * FROM cities ORDER BY row";
    COMPLAINTS: 0 = "SELECT * FROM complaints ORDER BY row";
    DECIDED_POSTS: 0 = "SELECT * FROM decided_posts ORDER BY post, city, number";
    DECISIONS: 0 = "SELECT * FROM decisions ORDER BY city, number";
    DESK_LOOKS: 0 = "SELECT * FROM desk_looks ORDER BY city, day, page, role";
    FEED_LOG: 0 = "SELECT * FROM feed_log ORDER BY city, log_offset";
    GAPS: 0 = "SELECT * FROM gaps ORDER BY row";
    LEAVE_REQUESTS: 0 = "SELECT * FROM leave_requests ORDER BY row";
    MENTIONS: 0 = "SELECT * FROM mentions ORDER BY row";
    NOTICES: 0 = "SELECT * FROM notices ORDER BY number";
    PLACEMENTS: 0 = "SELECT * FROM placements ORDER BY post, city";
    POSTS: 0 = "SELECT * FROM posts ORDER BY row";
    RECEIPTS: 0 = "SELECT * FROM receipts ORDER BY sender, number";
    STAFF: 0 = "SELECT * FROM staff ORDER BY row";
    STAFF_ROLES: 0 = "SELECT * FROM staff_roles ORDER BY staff, city, role";
    SUPPRESSED: 0 = "SELECT * FROM suppressed ORDER BY subject";
    TALLIES: 0 = "SELECT * FROM tallies ORDER BY city, width, dimension, start, value";
    TALLY_CITIES: 0 = "SELECT * FROM tally_cities ORDER BY city";
    TALLY_HOURS: 0 = "SELECT * FROM tally_hours ORDER BY city, start";
    TALLY_KEYS: 0 = "SELECT * FROM tally_keys ORDER BY city, month";
    TALLY_NAMES: 0 = "SELECT * FROM tally_names ORDER BY city, month, dimension, cell";
    TALLY_PEOPLE: 0 = "SELECT * FROM tally_people ORDER BY city, month, dimension, cell, week, side, who";
    TALLY_PLAIN: 0 = "SELECT * FROM tally_plain ORDER BY city, width, start";
    TOMBSTONES: 0 = "SELECT * FROM tombstones ORDER BY post";
    UTTERANCE_KEYS: 0 = "SELECT * FROM utterance_keys ORDER BY post, hash, kind";
    WATCHES: 0 = "SELECT * FROM watches ORDER BY city, number";
}

/// Every table whose content is worth keeping, by name. Not the search index, which follows from `posts` and is checked
/// against it; not `meta`, `erasures`, `commands` and `staff_sessions`, which belong to one life of a database.
const TABLES: [(&str, Statement<0>); 32] = [
    ("alert_dispatches", ALERT_DISPATCHES),
    ("alert_events", ALERT_EVENTS),
    ("alerts", ALERTS),
    ("audit", AUDIT),
    ("authors", AUTHORS),
    ("checkpoints", CHECKPOINTS),
    ("cities", CITIES),
    ("complaints", COMPLAINTS),
    ("decided_posts", DECIDED_POSTS),
    ("decisions", DECISIONS),
    ("desk_looks", DESK_LOOKS),
    ("feed_log", FEED_LOG),
    ("gaps", GAPS),
    ("leave_requests", LEAVE_REQUESTS),
    ("mentions", MENTIONS),
    ("notices", NOTICES),
    ("placements", PLACEMENTS),
    ("posts", POSTS),
    ("receipts", RECEIPTS),
    ("staff", STAFF),
    ("staff_roles", STAFF_ROLES),
    ("suppressed", SUPPRESSED),
    ("tallies", TALLIES),
    ("tally_cities", TALLY_CITIES),
    ("tally_hours", TALLY_HOURS),
    ("tally_keys", TALLY_KEYS),
    ("tally_names", TALLY_NAMES),
    ("tally_people", TALLY_PEOPLE),
    ("tally_plain", TALLY_PLAIN),
    ("tombstones", TOMBSTONES),
    ("utterance_keys", UTTERANCE_KEYS),
    ("watches", WATCHES),
];

/// What a table holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableSum {
    pub name: String,
    pub rows: u64,
    /// BLAKE3 over every value of every row, in the order of the key: 16 hexadecimal digits.
    pub sum: String,
}

/// Copies what is committed now into an empty or new file. Writers are not held up.
pub async fn copy_into(connection: &mut SqliteConnection, file: &Path) -> Result<(), StoreError> {
    let name = file.to_str().ok_or_else(|| StoreError::Fatal("the file's name is not UTF-8".into()))?;
    statements::COPY_INTO.run(connection, [name.into()]).await?;
    Ok(())
}

/// The size of the database in bytes, which a copy does not exceed.
pub async fn size(connection: &mut SqliteConnection) -> Result<u64, StoreError> {
    let row = statements::PAGES.first(connection, []).await?.ok_or_else(|| unreadable("page_count"))?;
    rows::count(&row, "bytes")
}

/// Reads all pages, all indices and the search index against the texts.
pub async fn check(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    let row = statements::WHOLE_CHECK.first(connection, []).await?.ok_or_else(|| unreadable("integrity_check"))?;
    let said: String = rows::get(&row, "integrity_check")?;
    if said == "ok" { Ok(()) } else { Err(StoreError::Fatal(format!("the copy is damaged ({said})"))) }
}

/// The sums of all tables, by name.
pub async fn sums(connection: &mut SqliteConnection) -> Result<Vec<TableSum>, StoreError> {
    let mut snapshot = connection.begin().await?;
    let mut sums = Vec::with_capacity(TABLES.len());
    for (name, Statement(sql)) in TABLES {
        let mut hasher = blake3::Hasher::new();
        let mut entries = 0;
        let mut found = sqlx::query(sql).fetch(&mut *snapshot);
        while let Some(row) = found.try_next().await? {
            add(&mut hasher, &row)?;
            entries += 1;
        }
        drop(found);
        let sum = hasher.finalize().to_hex().chars().take(16).collect();
        sums.push(TableSum { name: name.into(), rows: entries, sum });
    }
    snapshot.rollback().await?;
    Ok(sums)
}

fn add(hasher: &mut blake3::Hasher, row: &SqliteRow) -> Result<(), StoreError> {
    for column in 0..row.len() {
        // SQLite gives every value as text where it is asked for bytes; NULL is told from an empty text.
        match row.try_get_unchecked::<Option<&[u8]>, _>(column)? {
            Some(bytes) => hasher.update(&(bytes.len() as u64).to_le_bytes()).update(bytes),
            None => hasher.update(&u64::MAX.to_le_bytes()),
        };
    }
    Ok(())
}

/// Marks a file as a copy made at `at`, with the sums of what it holds.
pub async fn mark(connection: &mut SqliteConnection, sums: &[TableSum], at: Timestamp) -> Result<(), StoreError> {
    let mut marking = connection.begin().await?;
    statements::DROP_COPIED.run(&mut marking, []).await?;
    for TableSum { name, rows, sum } in sums {
        let rows = i64::try_from(*rows).unwrap_or(i64::MAX);
        statements::WRITE_COPIED.run(&mut marking, [name.as_str().into(), rows.into(), sum.as_str().into()]).await?;
    }
    statements::MARK_COPY.run(&mut marking, [at.as_micros().into()]).await?;
    marking.commit().await?;
    Ok(())
}

/// When a copy was made, and the sums it was marked with. `None`: it is no copy.
pub async fn marked(connection: &mut SqliteConnection) -> Result<Option<(Timestamp, Vec<TableSum>)>, StoreError> {
    let meta = statements::META.first(connection, []).await?.ok_or_else(|| unreadable("meta"))?;
    let Some(at) = rows::get::<Option<i64>>(&meta, "copied_at")? else { return Ok(None) };
    let found = statements::COPIED.all(connection, []).await?;
    let sum = |row: &SqliteRow| {
        Ok(TableSum { name: rows::get(row, "name")?, rows: rows::count(row, "entries")?, sum: rows::get(row, "sum")? })
    };
    let sums: Result<Vec<TableSum>, StoreError> = found.iter().map(sum).collect();
    Ok(Some((Timestamp::from_micros(at), sums?)))
}
