//! The erasure journal: a second file beside the database, so that no backup brings back what was taken away after it.
//!
//! Owns that file: every erasure under its number, as keyed hashes, and the requests to leave that wait.
//! Does not own what an erasure means for a restored database (`restored`), nor when it is written (`writer`).
//! Invariant: it is never ahead of a database in use, and holds without a hole what it says it holds.
//!
//! An erasure is written into the database in the transaction that erases, and carried here right after the commit. So
//! whatever is here has happened; what a crash kept from being carried is carried at the next start; and a database
//! whose last erasure is an earlier one than the journal's is an old one put back, whoever put it there and however.
//! One journal for all backups is what makes a backup of any age safe, and it outlives the database it stands beside.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteRow, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection};

use super::lock::beside;
use super::open::Identity;
use super::statement::{Statement, statements};
use super::{copy, rows, statements};
use crate::domain::{CityId, IdKey, StoreError, Timestamp};
use crate::store::error::unreadable;

static MIGRATOR: Migrator = sqlx::migrate!("migrations/erasures");

pub const OUTDATED: &str = "outdated";
pub const HIDDEN: &str = "hidden";
pub const UNHIDDEN: &str = "unhidden";
pub const LEFT: &str = "left";
/// These, and those of posts, also in one city: [`in_city`].
pub const BLOCKED: &str = "blocked";
pub const UNBLOCKED: &str = "unblocked";

/// Nothing is kept longer than thirty days, so an erasure of a post's rows, or their hiding, means nothing to a backup
/// after that: the post is over its time in it. Tombstones and those who left stay.
const KEPT_S: i64 = 31 * 86_400;

statements! {
    STANDING: 0 = "SELECT instance, base, last FROM standing";
    BEGIN: 3 = "INSERT INTO standing (only_row, instance, base, last) VALUES (1, $1, $2, $3)";
    BEGIN_ANEW: 1 = "UPDATE standing SET base = $1, last = $1";
    RAISE_LAST: 1 = "UPDATE standing SET last = $1";
    TAKE: 1 = "INSERT INTO erasures (number, kind, subject, expires_at, at)
        SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 FROM json_each($1) WHERE true
        ON CONFLICT (kind, subject) DO UPDATE SET number = excluded.number, at = excluded.at,
            expires_at = CASE WHEN expires_at IS NULL OR excluded.expires_at IS NULL THEN NULL
                ELSE max(expires_at, excluded.expires_at) END";
    SINCE: 2 = "SELECT number, kind, subject, expires_at FROM erasures WHERE number > $1 ORDER BY number LIMIT $2";
    SWEEP_OLD: 1 = "DELETE FROM erasures WHERE (kind IN ('outdated', 'hidden', 'unhidden') OR kind LIKE 'hidden@%' OR kind LIKE 'unhidden@%') AND at < $1";
    SWEEP_ENDED: 1 = "DELETE FROM erasures WHERE expires_at < $1";
}

/// A kind of erasure in one city alone, by its moderators.
pub fn in_city(kind: &str, city: &CityId) -> String {
    format!("{kind}@{}", city.as_str())
}

/// The file beside a database.
pub fn path_of(database: &Path) -> PathBuf {
    beside(database, ".erasures")
}

/// Copies the journal beside a database into an empty file, whether or not a process writes it.
pub async fn copy_into(database: &Path, to: &Path) -> Result<(), StoreError> {
    let path = path_of(database);
    let mut connection = settings(&path).connect().await.map_err(|error| at(&path, &error))?;
    copy::copy_into(&mut connection, to).await?;
    Ok(connection.close().await?)
}

/// Whether everything that was erased after `copy` was made is in the journal beside `database`, or still in the copy
/// itself, so that the copy may be put into the database's place. An error when the journal is another database's.
pub async fn reaches_back_to(
    database: &Path,
    copy: &mut SqliteConnection,
    identity: &Identity,
) -> Result<bool, StoreError> {
    let path = path_of(database);
    if !path.exists() {
        return Ok(false);
    }
    let (connection, standing) = join(&path, &identity.id_key).await?;
    connection.close().await?;
    let Some((base, last)) = standing else { return Ok(false) };
    let carries_on = match statements::ERASURES.first(copy, [last.into()]).await? {
        Some(row) => rows::get::<Option<i64>>(&row, "first")? == Some(last + 1),
        None => false,
    };
    Ok(base <= identity.erased && (identity.erased <= last || carries_on))
}

/// One erasure, as the journal holds it.
pub struct Entry {
    pub kind: String,
    pub subject: i64,
    pub expires_at: Option<i64>,
}

/// The open journal.
pub struct Erasures {
    connection: SqliteConnection,
    base: i64,
    last: i64,
    /// The requests as they were last written here.
    requests: String,
}

fn settings(path: &Path) -> SqliteConnectOptions {
    // No write-ahead log: each commit is in the file, and what it replaces is out of it, when it returns.
    SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Truncate)
        .synchronous(SqliteSynchronous::Full)
        .pragma("secure_delete", "ON")
        .pragma("temp_store", "MEMORY")
        .disable_statement_logging()
}

fn at(path: &Path, error: &dyn std::fmt::Display) -> StoreError {
    StoreError::Fatal(format!("{}: {error}", path.display()))
}

/// Opens a journal's file, and says from where to where it is complete, if it has begun.
async fn join(path: &Path, key: &IdKey) -> Result<(SqliteConnection, Option<(i64, i64)>), StoreError> {
    let mut connection = settings(path).connect().await.map_err(|error| at(path, &error))?;
    MIGRATOR.run_direct(None, &mut connection, false).await.map_err(|error| at(path, &error))?;
    let Some(standing) = STANDING.first(&mut connection, []).await? else { return Ok((connection, None)) };
    if rows::get::<i64>(&standing, "instance")? != instance(key) {
        return Err(at(path, &"belongs to another database: put its own beside it, or move this one away"));
    }
    Ok((connection, Some((rows::get(&standing, "base")?, rows::get(&standing, "last")?))))
}

/// What tells one database's journal from another's.
pub fn instance(key: &IdKey) -> i64 {
    key.hash64(&["erasures"]).cast_signed()
}

impl Erasures {
    /// Opens the journal of a database. Where there is none it begins, complete from `base` on.
    pub async fn open(database: &Path, key: &IdKey, base: i64, last: i64) -> Result<Self, StoreError> {
        let path = path_of(database);
        OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(&path)
            .map_err(|error| at(&path, &error))?;
        let (mut connection, standing) = join(&path, key).await?;
        if standing.is_none() {
            BEGIN.run(&mut connection, [instance(key).into(), base.into(), last.into()]).await?;
        }
        let (base, last) = standing.unwrap_or((base, last));
        let requests = read_requests(&mut connection).await?;
        Ok(Self { connection, base, last, requests })
    }

    /// The number of the last erasure held.
    pub fn last(&self) -> i64 {
        self.last
    }

    /// Whether everything that was erased after the erasure `number` is here.
    pub fn reaches_back_to(&self, number: i64) -> bool {
        self.base <= number && number <= self.last
    }

    /// Begins anew: what was erased until now is known to the database alone.
    pub async fn begin_anew(&mut self, last: i64) -> Result<(), StoreError> {
        BEGIN_ANEW.run(&mut self.connection, [last.into()]).await?;
        (self.base, self.last) = (last, last);
        Ok(())
    }

    /// Carries over what the database has written down and is not here yet.
    pub async fn take(&mut self, database: &mut SqliteConnection) -> Result<(), StoreError> {
        loop {
            let Some(row) = statements::ERASURES.first(database, [self.last.into()]).await? else { return Ok(()) };
            let Some(last) = rows::get::<Option<i64>>(&row, "last")? else { return Ok(()) };
            if rows::get::<i64>(&row, "first")? != self.last + 1 {
                // The journal is older than what the database has already forgotten: the hole is seen by its standing.
                return Ok(());
            }
            let erasures: String = rows::get(&row, "rows")?;
            let mut writing = self.connection.begin().await?;
            TAKE.run(&mut writing, [erasures.into()]).await?;
            RAISE_LAST.run(&mut writing, [last.into()]).await?;
            writing.commit().await?;
            self.last = last;
        }
    }

    /// Makes the requests here those of the database.
    pub async fn take_requests(&mut self, database: &mut SqliteConnection) -> Result<(), StoreError> {
        let theirs = read_requests(database).await?;
        if theirs != self.requests {
            write_requests(&mut self.connection, &theirs).await?;
            self.requests = theirs;
        }
        Ok(())
    }

    /// Makes the requests of a restored database those held here.
    pub async fn give_requests(&self, database: &mut SqliteConnection) -> Result<(), StoreError> {
        statements::DROP_REQUESTS.run(database, []).await?;
        statements::WRITE_REQUESTS.run(database, [self.requests.as_str().into()]).await?;
        Ok(())
    }

    /// At most `limit` erasures after the one numbered `after`, and the number of the last of them.
    pub async fn since(&mut self, after: i64, limit: i64) -> Result<(Vec<Entry>, i64), StoreError> {
        let found = SINCE.all(&mut self.connection, [after.into(), limit.into()]).await?;
        let last = found.last().map_or(Ok(after), |row| rows::get(row, "number"))?;
        let entry = |row: &SqliteRow| {
            Ok(Entry {
                kind: rows::get(row, "kind")?,
                subject: rows::get(row, "subject")?,
                expires_at: rows::get(row, "expires_at")?,
            })
        };
        let entries: Result<Vec<Entry>, StoreError> = found.iter().map(entry).collect();
        Ok((entries?, last))
    }

    /// Drops what no backup can need any more.
    pub async fn sweep(&mut self, now: Timestamp) -> Result<(), StoreError> {
        SWEEP_OLD.run(&mut self.connection, [now.plus_seconds(-KEPT_S).as_micros().into()]).await?;
        SWEEP_ENDED.run(&mut self.connection, [now.as_micros().into()]).await?;
        Ok(())
    }

    pub async fn close(self) -> Result<(), StoreError> {
        Ok(self.connection.close().await?)
    }
}

async fn read_requests(connection: &mut SqliteConnection) -> Result<String, StoreError> {
    let row = statements::REQUESTS.first(connection, []).await?.ok_or_else(|| unreadable("leave_requests"))?;
    rows::get(&row, "rows")
}

async fn write_requests(connection: &mut SqliteConnection, requests: &str) -> Result<(), StoreError> {
    let mut writing = connection.begin().await?;
    statements::DROP_REQUESTS.run(&mut writing, []).await?;
    statements::WRITE_REQUESTS.run(&mut writing, [requests.into()]).await?;
    writing.commit().await?;
    Ok(())
}
