//! What a failure of the database means to the caller.
//!
//! Owns the one translation from SQLite's codes to [`StoreError`]. Does not own the advice that needs the file's
//! name (`sqlite::open` adds it). Invariant: no text of a post and no handle is in a message.

use crate::domain::StoreError;

/// SQLite's primary result codes that we tell apart; an extended code carries one of them in its low byte.
mod code {
    pub const BUSY: i32 = 5;
    pub const LOCKED: i32 = 6;
    pub const NOMEM: i32 = 7;
    pub const READONLY: i32 = 8;
    pub const INTERRUPT: i32 = 9;
    pub const IOERR: i32 = 10;
    pub const CORRUPT: i32 = 11;
    pub const FULL: i32 = 13;
    pub const CANTOPEN: i32 = 14;
    pub const NOTADB: i32 = 26;
}

/// The primary code of an error that SQLite itself reported.
fn primary_code(error: &sqlx::Error) -> Option<i32> {
    let code = error.as_database_error()?.code()?;
    code.parse::<i32>().ok().map(|extended| extended & 0xff)
}

/// Whether the file is not, or no longer, a sound database.
pub(super) fn is_damage(error: &sqlx::Error) -> bool {
    matches!(primary_code(error), Some(code::CORRUPT | code::NOTADB))
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match primary_code(&error) {
            Some(code::FULL) => Self::Unavailable(
                "the disk of the database is full: nothing was written, and writing goes on by itself once there is \
                 room again"
                    .into(),
            ),
            Some(code::BUSY | code::LOCKED) => Self::Unavailable("the database is busy: nothing was written".into()),
            Some(code::NOMEM | code::READONLY | code::INTERRUPT | code::IOERR | code::CANTOPEN) => {
                Self::Unavailable(format!("the database can't be reached just now: {error}"))
            }
            Some(code::CORRUPT | code::NOTADB) => Self::Fatal(format!(
                "the database is damaged ({error}): stop, keep a copy of it, and restore the last backup"
            )),
            // Anything else that the database refuses is a mistake of ours: going on would only hide it.
            Some(_) => Self::Fatal(format!("the database refused a statement: {error}")),
            None => match error {
                sqlx::Error::PoolTimedOut => Self::Unavailable("too many readers of the database at once".into()),
                sqlx::Error::Io(_) => Self::Unavailable(format!("the database can't be reached just now: {error}")),
                other => Self::Fatal(format!("the database could not be understood: {other}")),
            },
        }
    }
}

/// A value in the database that this program never writes.
pub(super) fn unreadable(what: &str) -> StoreError {
    StoreError::Fatal(format!("the database holds a value of {what} that this version can't read"))
}
