//! Opening the database file.
//!
//! Owns the file, its settings and its schema version. Does not own what is in it, nor who may serve it (`lock`).
//! Invariant: no process starts on a database that is damaged or newer than itself.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::ConnectOptions;
use sqlx::Connection;
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};

use super::journal::Erasures;
use super::lock::Held;
use super::statement::Value;
use super::{rows, statements};
use crate::domain::{Epoch, IdKey, StoreError};
use crate::store::error::{is_damage, unreadable};

static MIGRATOR: Migrator = sqlx::migrate!("migrations/sqlite");

/// Earlier versions can lose a write when the write-ahead log is reset.
const SQLITE_MIN: (u32, u32, u32) = (3, 51, 3);
const READERS: u32 = 4;
const BUSY: Duration = Duration::from_secs(5);
/// The writer waits less: only a command line writes beside it, and a long read must not hold it up.
const WRITER_BUSY: Duration = Duration::from_secs(1);
/// Also the ceiling of the write-ahead log between checkpoints, in promise D8.
const JOURNAL_BYTES_MAX: &str = "67108864";

/// The path in a `sqlite://path` address, relative to the working folder unless it starts with `/`.
pub fn path_of(url: &str) -> Result<PathBuf, StoreError> {
    let path = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:")).unwrap_or_default();
    if path.is_empty() || path.contains('?') || path.contains(":memory:") {
        return Err(StoreError::Fatal(format!("{url} is no database of this version: write sqlite://PATH")));
    }
    Ok(path.into())
}

fn settings(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new().filename(path).busy_timeout(BUSY).foreign_keys(true).disable_statement_logging()
}

fn writer_settings(path: &Path) -> SqliteConnectOptions {
    settings(path)
        .busy_timeout(WRITER_BUSY)
        .page_size(8_192)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .pragma("secure_delete", "ON")
        // Temporary structures stay in memory, so that no text is left in a file that nobody erases.
        .pragma("temp_store", "MEMORY")
        .pragma("journal_size_limit", JOURNAL_BYTES_MAX)
        .pragma("wal_autocheckpoint", "2000")
        .pragma("cache_size", "-65536")
        // All statements, and those of many rows in each of their sizes.
        .statement_cache_capacity(256)
}

/// An open database.
pub struct Opened {
    pub lock: Held,
    pub writer: SqliteConnection,
    pub erasures: Erasures,
    pub readers: SqlitePool,
    pub epoch: Epoch,
    pub id_key: IdKey,
    /// Set when this is a copy, or an earlier state, put into the place of the database.
    pub behind: Option<Behind>,
}

/// How a database that was put back stands to what has happened since.
#[derive(Clone, Copy, Debug)]
pub struct Behind {
    /// The last erasure it knows of.
    pub since: i64,
    /// Everything erased since is in the journal.
    pub is_journalled: bool,
}

/// Opens, creates and migrates. `entropy` makes the keys of a new database; `None` takes it from the system.
pub async fn open(url: &str, mut lock: Held, entropy: Option<[u8; 32]>) -> Result<Opened, StoreError> {
    let path = path_of(url)?;
    let mut writer = database(&path, &mut lock).await?;
    let identity = identity(&mut writer, entropy).await?;
    let (erasures, behind) = journalled(&path, &mut writer, &identity).await?;
    let readers = readers(&path, settings(&path).read_only(true)).await?;
    let Identity { epoch, id_key, .. } = identity;
    Ok(Opened { lock, writer, erasures, readers, epoch, id_key, behind })
}

/// Connections that only read, to a database beside the process that serves it, and what it is known by.
pub async fn readers_beside(path: &Path) -> Result<(SqlitePool, Epoch, IdKey), StoreError> {
    let mut connection = join(path).await?;
    let row = statements::META.first(&mut connection, []).await?.ok_or_else(|| unreadable("meta"))?;
    let (epoch, id_key) = (Epoch(rows::get::<i64>(&row, "epoch")?.cast_unsigned()), read_key(&row)?);
    connection.close().await?;
    // Where nobody serves it, its side files have to be made: only a statement that writes is refused.
    Ok((readers(path, settings(path).pragma("query_only", "ON")).await?, epoch, id_key))
}

async fn readers(path: &Path, settings: SqliteConnectOptions) -> Result<SqlitePool, StoreError> {
    SqlitePoolOptions::new()
        .max_connections(READERS)
        .acquire_timeout(BUSY)
        // In the place of a ping: waits until the last statement has ended, and takes the limit of the last read away.
        .test_before_acquire(false)
        .before_acquire(|connection, _| {
            Box::pin(async move {
                connection.lock_handle().await?.remove_progress_handler();
                Ok(true)
            })
        })
        .connect_with(settings.pragma("temp_store", "MEMORY"))
        .await
        .map_err(|error| named(path, error))
}

/// Opens, creates and migrates the database itself. [`StoreError::Fatal`]: this program can't make use of it.
pub async fn database(path: &Path, lock: &mut Held) -> Result<SqliteConnection, StoreError> {
    let is_sound = lock.was_closed_by_us();
    // Created by us and not by SQLite, which would not keep it from other users; its side files take its mode.
    OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .read(true)
        .mode(0o600)
        .open(path)
        .map_err(|error| StoreError::Fatal(format!("can't open {}: {error}", path.display())))?;
    let mut writer = writer_settings(path).connect().await.map_err(|error| named(path, error))?;
    check_version(&mut writer).await?;
    // Every page is read, which takes seconds where there is much: only where the file may not be as we left it.
    if !is_sound {
        check_soundness(&mut writer, path).await?;
    }
    MIGRATOR.run_direct(None, &mut writer, false).await.map_err(|error| migration_error(path, error))?;
    Ok(writer)
}

/// Opens the journal beside a database, with everything in it that the database erased; and how the two stand.
pub async fn journalled(
    path: &Path,
    database: &mut SqliteConnection,
    identity: &Identity,
) -> Result<(Erasures, Option<Behind>), StoreError> {
    let Identity { id_key, erased, is_copy, .. } = *identity;
    // Of what was erased after a copy was made, a journal that begins now knows nothing.
    let mut erasures = Erasures::open(path, &id_key, if is_copy { erased + 1 } else { erased }, erased).await?;
    erasures.take(database).await?;
    let is_journalled = erasures.reaches_back_to(erased);
    let behind = (is_copy || erasures.last() > erased).then_some(Behind { since: erased, is_journalled });
    if behind.is_none() {
        if !is_journalled {
            erasures.begin_anew(erased).await?;
        }
        erasures.take_requests(database).await?;
    }
    Ok((erasures, behind))
}

/// Opens a database beside the process that serves it, or a copy that nobody serves. Its version must be ours.
pub async fn join(path: &Path) -> Result<SqliteConnection, StoreError> {
    let mut connection = settings(path).pragma("secure_delete", "ON").connect().await.map_err(|e| named(path, e))?;
    let applied: Vec<(i64,)> = sqlx::query_as("SELECT version FROM _sqlx_migrations ORDER BY version")
        .fetch_all(&mut connection)
        .await
        .map_err(|error| named(path, error))?;
    let ours: Vec<i64> = MIGRATOR.iter().map(|migration| migration.version).collect();
    if applied.into_iter().map(|(version,)| version).ne(ours) {
        let advice = "written by another version of parvis than this one: use the same program for both";
        return Err(StoreError::Fatal(format!("{}: {advice}", path.display())));
    }
    Ok(connection)
}

fn named(path: &Path, error: sqlx::Error) -> StoreError {
    if is_damage(&error) { damaged(path, &error.to_string()) } else { error.into() }
}

fn damaged(path: &Path, detail: &str) -> StoreError {
    StoreError::Fatal(format!(
        "{} is damaged or is no database ({detail}): keep a copy of it and of {}-wal, then restore the last backup, \
         or move both and the .erasures away to start empty",
        path.display(),
        path.display()
    ))
}

fn migration_error(path: &Path, error: MigrateError) -> StoreError {
    let shown = path.display();
    match error {
        MigrateError::VersionMissing(version) | MigrateError::VersionTooNew(version, _) => StoreError::Fatal(format!(
            "{shown} was written by a newer parvis (schema {version}, unknown here): start that version, or restore a \
             backup made by this one"
        )),
        MigrateError::VersionMismatch(version) | MigrateError::Dirty(version) => StoreError::Fatal(format!(
            "{shown} has a schema {version} that is not the one of this program: restore a backup, or start the \
             version that wrote it"
        )),
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => named(path, error),
        other => StoreError::Fatal(format!("{shown} can't be brought up to date: {other}")),
    }
}

async fn check_version(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    let row = statements::VERSION.first(connection, []).await?.ok_or_else(|| unreadable("version"))?;
    let version: String = rows::get(&row, "version")?;
    let mut parts = version.split('.').map(|part| part.parse().unwrap_or(0));
    let mut part = || parts.next().unwrap_or(0);
    if (part(), part(), part()) < SQLITE_MIN {
        return Err(StoreError::Fatal(format!(
            "this program was built with SQLite {version}, which can lose writes: build it with the bundled one"
        )));
    }
    if statements::HAS_PAGE_TABLE.first(connection, []).await?.is_none() {
        return Err(StoreError::Fatal(
            "this program was built with a SQLite that can't clear what erased texts leave in the file (D5): build it \
             in its own folder, where cargo reads .cargo/config.toml, or set LIBSQLITE3_FLAGS as that file does"
                .into(),
        ));
    }
    Ok(())
}

async fn check_soundness(connection: &mut SqliteConnection, path: &Path) -> Result<(), StoreError> {
    let found = statements::QUICK_CHECK.first(connection, []).await.map_err(|error| named(path, error))?;
    let said = found.map_or_else(|| Ok(String::new()), |row| rows::get(&row, "quick_check"))?;
    if said == "ok" { Ok(()) } else { Err(damaged(path, &said)) }
}

/// What a database says of itself.
pub struct Identity {
    pub epoch: Epoch,
    pub id_key: IdKey,
    /// The number of its last erasure.
    pub erased: i64,
    pub is_copy: bool,
}

pub async fn identity(connection: &mut SqliteConnection, entropy: Option<[u8; 32]>) -> Result<Identity, StoreError> {
    if let Some(row) = statements::META.first(connection, []).await? {
        return Ok(Identity {
            epoch: Epoch(rows::get::<i64>(&row, "epoch")?.cast_unsigned()),
            id_key: read_key(&row)?,
            erased: rows::get(&row, "erased")?,
            is_copy: rows::get::<Option<i64>>(&row, "copied_at")?.is_some(),
        });
    }
    let entropy = entropy.map_or_else(system_entropy, Ok)?;
    let key = blake3::derive_key("parvis 2026 identifiers of posts and persons", &entropy);
    let epoch = new_epoch(Some(entropy), &[])?;
    statements::META_INSERT.run(connection, [epoch.0.cast_signed().into(), Value::Blob(key.to_vec())]).await?;
    Ok(Identity { epoch, id_key: IdKey::new(key), erased: 0, is_copy: false })
}

/// An epoch that no log had before. `parts` tell two epochs of one database apart where entropy is given.
pub fn new_epoch(entropy: Option<[u8; 32]>, parts: &[&str]) -> Result<Epoch, StoreError> {
    let entropy = entropy.map_or_else(system_entropy, Ok)?;
    Ok(Epoch(IdKey::new(blake3::derive_key("parvis 2026 epoch of the feed log", &entropy)).hash64(parts)))
}

fn read_key(meta: &sqlx::sqlite::SqliteRow) -> Result<IdKey, StoreError> {
    let key: Vec<u8> = rows::get(meta, "id_key")?;
    key.try_into().map(IdKey::new).or(Err(unreadable("id_key")))
}

/// The key of a database that another process serves.
pub async fn id_key(connection: &mut SqliteConnection) -> Result<IdKey, StoreError> {
    let meta = statements::META.first(connection, []).await?.ok_or_else(|| unreadable("meta"))?;
    read_key(&meta)
}

pub fn system_entropy() -> Result<[u8; 32], StoreError> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)
        .map_err(|error| StoreError::Fatal(format!("no randomness from the system: {error}")))?;
    Ok(bytes)
}
