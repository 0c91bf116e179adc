//! Who may serve a database, and how it was left.
//!
//! Owns the file `.lock` beside it. Does not own the database.
//! Invariant: one process serves a database at a time; the note that one was closed is true or absent.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use crate::domain::StoreError;

/// The file whose name is the database's and an ending.
pub fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Takes the right to serve a database. `None`: another process has it. It is given back when the file is dropped.
pub fn lock(path: &Path) -> Result<Option<File>, StoreError> {
    let lock_path = beside(path, ".lock");
    let unable = |error: std::io::Error| StoreError::Fatal(format!("can't open {}: {error}", lock_path.display()));
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(unable)?;
    }
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .mode(0o600)
        .open(&lock_path)
        .map_err(unable)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(unable(error)),
    }
}

/// A command line that looks whether the lock is free holds it for a moment; that is no second server.
async fn lock_patiently(path: &Path) -> Result<Option<File>, StoreError> {
    for _ in 0..10 {
        if let Some(file) = lock(path)? {
            return Ok(Some(file));
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    lock(path)
}

fn served_elsewhere(path: &Path) -> StoreError {
    StoreError::Fatal(format!(
        "{} is served by another parvis: stop that one first, or give this one another `url` in [store]",
        path.display()
    ))
}

/// The right to serve a database, until it is dropped. The lock's file says how the database was left.
pub struct Held {
    file: File,
    path: PathBuf,
}

impl Held {
    /// Takes the right, or says who has it.
    pub async fn take(path: &Path) -> Result<Self, StoreError> {
        let file = lock_patiently(path).await?.ok_or_else(|| served_elsewhere(path))?;
        Ok(Self { file, path: path.to_owned() })
    }

    /// Takes the right if nobody has it.
    pub fn take_if_free(path: &Path) -> Result<Option<Self>, StoreError> {
        Ok(lock(path)?.map(|file| Self { file, path: path.to_owned() }))
    }

    /// The same right once more: it is given back when both are dropped.
    pub fn again(&self) -> Result<Self, StoreError> {
        let file = self.file.try_clone();
        let file = file.map_err(|error| StoreError::Unavailable(format!("the lock can't be kept: {error}")))?;
        Ok(Self { file, path: self.path.clone() })
    }

    /// The write-ahead log's file.
    pub fn log(&self) -> PathBuf {
        beside(&self.path, "-wal")
    }

    /// How the database's file looks from outside. `None` while it has a write-ahead log, which is a part of it.
    fn look(&self) -> Option<String> {
        if std::fs::metadata(self.log()).is_ok_and(|log| log.len() > 0) {
            return None;
        }
        let file = std::fs::metadata(&self.path).ok()?;
        let changed = file.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
        Some(format!("closed {} {}", file.len(), changed.as_nanos()))
    }

    /// Whether the file is, to the byte count and the nanosecond, the one that we closed; and takes the note away.
    pub fn was_closed_by_us(&mut self) -> bool {
        let mut note = String::new();
        let read = self.file.read_to_string(&mut note).is_ok();
        let as_left = read && self.look().is_some_and(|look| look == note);
        // A note that can't be taken away would vouch for whatever happens from now on.
        let gone = self.file.set_len(0).and_then(|()| self.file.rewind()).and_then(|()| self.file.sync_all());
        as_left && gone.is_ok()
    }

    /// Notes that everything is written and closed. Without the note the next start takes longer, and that is all.
    pub fn note_closed(mut self) {
        if let Some(look) = self.look() {
            self.file.write_all(look.as_bytes()).and_then(|()| self.file.sync_all()).ok();
        }
    }
}
