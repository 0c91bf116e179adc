//! Backup and restore: whole files in, whole files out.
//!
//! Owns where a copy goes and how it gets its name. Does not own what is in it (`sqlite::copy`), nor what becomes of a
//! restored database (`restored`). Invariant: under the name asked for there is a whole, checked, durable file or none,
//! and no file is ever overwritten but a database that the operator has said may go, and that only by a copy that may be
//! used.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::Connection;

use super::handle::{StoreOptions, open_restored};
use super::restored::{self, CaughtUp};
pub use super::sqlite::copy::TableSum;
use super::sqlite::lock::{Held, beside};
use super::sqlite::open as file;
use super::sqlite::{copy, journal};
use crate::domain::{StoreError, Timestamp};

/// How often the caller is told how far the copying is.
const TELL_EVERY: Duration = Duration::from_millis(200);
const COPY_BYTES: usize = 1 << 20;

/// What a copy holds.
#[derive(Clone, Debug)]
pub struct Copied {
    pub at: Timestamp,
    pub bytes: u64,
    pub tables: Vec<TableSum>,
}

/// What was put back.
#[derive(Clone, Debug)]
pub struct Restored {
    /// The copy: what the database held before it was brought up to what was erased since.
    pub copied: Copied,
    pub erasures: u64,
    pub expired: u64,
    /// What was erased since is known to no journal: posts wait until they are found at their origin.
    pub journal_lost: bool,
}

fn unable(path: &Path, error: &std::io::Error) -> StoreError {
    StoreError::Unavailable(format!("{}: {error}", path.display()))
}

/// Takes a half-made file away unless it was finished.
struct Unfinished(PathBuf);

impl Unfinished {
    fn create(path: PathBuf) -> Result<Self, StoreError> {
        match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
            Ok(_) => Ok(Self(path)),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(StoreError::Unavailable(format!(
                "{} is there: another run is under way, or was broken off; then remove it",
                path.display()
            ))),
            Err(error) => Err(unable(&path, &error)),
        }
    }

    /// Makes the file durable under its name, which must be free unless `over` says otherwise.
    fn finish(self, name: &Path, over: bool) -> Result<(), StoreError> {
        File::open(&self.0).and_then(|file| file.sync_all()).map_err(|error| unable(&self.0, &error))?;
        if over || !linked(&self.0, name)? {
            std::fs::rename(&self.0, name).map_err(|error| unable(name, &error))?;
        }
        let folder = name.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(|error| unable(folder, &error))
    }
}

/// Gives a file a second name, which is how one is taken only when it is free. `false`: this file system can't.
fn linked(file: &Path, name: &Path) -> Result<bool, StoreError> {
    match std::fs::hard_link(file, name) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(taken(name)),
        Err(_) if name.exists() => Err(taken(name)),
        Err(_) => Ok(false),
    }
}

fn taken(name: &Path) -> StoreError {
    StoreError::Unavailable(format!("{} is there already, and is not overwritten", name.display()))
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        for ending in ["", "-journal", "-wal", "-shm"] {
            std::fs::remove_file(beside(&self.0, ending)).ok();
        }
    }
}

/// Copies the database at `url` to `to`, whether or not a process serves it, and checks the copy. `told` hears the
/// bytes written and the most there can be.
///
/// The copy is one snapshot. While it is made (seconds for a million posts) the write-ahead log is not emptied.
pub async fn backup(
    url: &str,
    to: &Path,
    now: Timestamp,
    mut told: impl FnMut(u64, u64),
) -> Result<Copied, StoreError> {
    let path = file::path_of(url)?;
    if !path.exists() {
        return Err(StoreError::Fatal(format!("there is no database {}", path.display())));
    }
    if to.exists() {
        return Err(taken(to));
    }
    let part = Unfinished::create(beside(to, ".part"))?;
    let mut from = file::join(&path).await?;
    let most = copy::size(&mut from).await?;
    {
        let copying = copy::copy_into(&mut from, &part.0);
        tokio::pin!(copying);
        loop {
            tokio::select! {
                done = &mut copying => break done?,
                () = tokio::time::sleep(TELL_EVERY) => told(std::fs::metadata(&part.0).map_or(0, |file| file.len()), most),
            }
        }
    }
    from.close().await?;
    let mut made = file::join(&part.0).await?;
    copy::check(&mut made).await?;
    let tables = copy::sums(&mut made).await?;
    copy::mark(&mut made, &tables, now).await?;
    made.close().await?;
    let bytes = std::fs::metadata(&part.0).map_err(|error| unable(&part.0, &error))?.len();
    part.finish(to, false)?;
    Ok(Copied { at: now, bytes, tables })
}

/// Copies the erasure journal of the database at `url` to `to`, in the place of an earlier copy. It is small, and of use
/// to every backup, older ones too.
pub async fn backup_erasures(url: &str, to: &Path) -> Result<(), StoreError> {
    let path = file::path_of(url)?;
    let part = Unfinished::create(beside(to, ".part"))?;
    journal::copy_into(&path, &part.0).await?;
    part.finish(to, true)
}

/// Puts a copy into the place of the database at `url`, which nobody may serve, and brings it up to what was erased
/// since. `replace`: the database that is there goes.
pub async fn restore(
    url: &str,
    from: &Path,
    replace: bool,
    options: StoreOptions,
    told: impl FnMut(u64, u64),
) -> Result<Restored, StoreError> {
    let path = file::path_of(url)?;
    // Kept to the end: who served in between would lose all that it took in.
    let Some(held) = Held::take_if_free(&path)? else {
        return Err(StoreError::Unavailable(format!("{} is served: stop that parvis first", path.display())));
    };
    if path.exists() && !replace {
        return Err(taken(&path));
    }
    let part = Unfinished::create(beside(&path, ".restoring"))?;
    copy_bytes(from, &part.0, told).map_err(|error| unable(from, &error))?;
    let mut put = file::join(&part.0).await?;
    let Some((at, tables)) = copy::marked(&mut put).await? else {
        return Err(StoreError::Fatal(format!("{} is no backup, or was in use since", from.display())));
    };
    let found = copy::sums(&mut put).await?;
    if let Some((table, _)) = tables.iter().zip(&found).find(|(was, is)| was != is) {
        return Err(StoreError::Fatal(format!(
            "{} is damaged: its table {} is not what it was when the backup was made",
            from.display(),
            table.name
        )));
    }
    let identity = file::identity(&mut put, None).await?;
    if path.exists() {
        journal_the_last(&path, held.again()?, &identity).await?;
    }
    // Found out before anything is gone.
    let is_journalled = journal::reaches_back_to(&path, &mut put, &identity).await?;
    put.close().await?;
    restored::may_be_used(is_journalled, options.lost_journal)?;
    clear_side_files(&path)?;
    let bytes = std::fs::metadata(&part.0).map_err(|error| unable(&part.0, &error))?.len();
    part.finish(&path, replace)?;
    let (store, caught_up) = open_restored(url, held, options, None).await?;
    store.close().await?;
    let done = caught_up.unwrap_or_default();
    let copied = Copied { at, bytes, tables };
    let CaughtUp { erasures, expired, journal_lost } = done;
    Ok(Restored { copied, erasures, expired, journal_lost })
}

/// Has the journal hold everything that the database that is to go has erased. One that is damaged, or of another version,
/// is left to be overwritten: what it has not journalled is lost with it. One that can't be read just now is not: it may
/// be another time.
async fn journal_the_last(path: &Path, held: Held, copy: &file::Identity) -> Result<(), StoreError> {
    match try_to_journal(path, held, copy).await {
        Err(StoreError::Fatal(said)) => {
            tracing::warn!(said, "The database that is replaced can't be opened.");
            Ok(())
        }
        Err(StoreError::Unavailable(said)) => Err(StoreError::Unavailable(format!(
            "{} can't be read ({said}), and what it erased last is not to come back: try again, or move it away",
            path.display()
        ))),
        done => done,
    }
}

async fn try_to_journal(path: &Path, mut held: Held, copy: &file::Identity) -> Result<(), StoreError> {
    let mut old = file::database(path, &mut held).await?;
    let identity = file::identity(&mut old, None).await?;
    // What another instance erased is nothing to the copy, and the journal that is there, if any, is not its own.
    if journal::instance(&identity.id_key) == journal::instance(&copy.id_key) {
        let (erasures, _) = file::journalled(path, &mut old, &identity).await?;
        erasures.close().await?;
    }
    Ok(old.close().await?)
}

/// SQLite would play any log beside a database into it, though it be another database's whose file is gone.
fn clear_side_files(path: &Path) -> Result<(), StoreError> {
    for ending in ["-wal", "-shm", "-journal"] {
        let file = beside(path, ending);
        match std::fs::remove_file(&file) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(unable(&file, &error)),
            _ => {}
        }
    }
    Ok(())
}

fn copy_bytes(from: &Path, to: &Path, mut told: impl FnMut(u64, u64)) -> std::io::Result<()> {
    let mut source = File::open(from)?;
    let most = source.metadata()?.len();
    let mut target = OpenOptions::new().write(true).open(to)?;
    let (mut buffer, mut done) = (vec![0; COPY_BYTES], 0);
    loop {
        let read = source.read(&mut buffer)?;
        let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else { return target.sync_all() };
        target.write_all(bytes)?;
        done += read as u64;
        told(done, most);
    }
}
