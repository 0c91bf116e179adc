//! The desk's log as this process writes it on: the key, and the end of each city's chain.
//!
//! Owns two files beside the database: the key (`.audit-key`) and the heads (`.audit-heads`), noted after each commit. Does
//! not own the lines (`sqlite::staff`) nor their form (`domain::audit`). Invariant: the noted head is never ahead of the
//! database by what this process wrote, so that a database behind it has lost lines.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use sqlx::sqlite::SqliteConnection;

use super::sqlite::lock::beside;
use super::sqlite::{open, staff};
use crate::domain::{
    AUDIT_CODE_CHARS, Act, AuditFault, AuditHead, AuditKey, AuditLine, CityId, StoreError, Timestamp, verify_audit,
};

/// The act of the line that says that lines before it were lost, because an earlier state of the database was put back.
pub const REWOUND: &str = "rewound";
/// Lines verified at once.
const LINES_AT_ONCE: usize = 1_000;

/// The ends of the chains, and what they are written on with.
pub struct Chain {
    key: AuditKey,
    heads: BTreeMap<CityId, AuditHead>,
    /// Written in the transaction that is open.
    pending: BTreeMap<CityId, AuditHead>,
    noted: PathBuf,
}

impl Chain {
    /// Reads both files, and makes a key where there is none. Cities whose database is behind what was noted have lost
    /// lines: each gets one that says so.
    pub async fn open(
        database: &Path,
        connection: &mut SqliteConnection,
        entropy: Option<[u8; 32]>,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let heads: BTreeMap<CityId, AuditHead> = staff::heads(connection).await?.into_iter().collect();
        let key = match read_key(database)? {
            Some(key) => key,
            None => {
                if !heads.is_empty() {
                    tracing::error!("The key of the desk's log is gone: what was written before can't be verified.");
                }
                make_key(database, entropy)?
            }
        };
        let noted = beside(database, ".audit-heads");
        let mut chain = Self { key, heads, pending: BTreeMap::new(), noted };
        let mut is_behind = false;
        for (city, told) in read_heads(&chain.noted)? {
            let head = chain.heads.get(&city).copied().unwrap_or(AuditHead::BEGINNING);
            if head.number < told.number {
                is_behind = true;
                let act = Act {
                    actor: "parvis".into(),
                    act: REWOUND,
                    subject: format!("{}-{}", head.number.saturating_add(1), told.number),
                    reason: String::new(),
                };
                chain.append(connection, &city, act, now).await?;
            }
        }
        if is_behind {
            chain.note()?;
        }
        Ok(chain)
    }

    /// Writes a line at a city's end, in the transaction that is open.
    pub async fn append(
        &mut self,
        connection: &mut SqliteConnection,
        city: &CityId,
        act: Act,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let head = self.pending.get(city).or_else(|| self.heads.get(city)).copied().unwrap_or(AuditHead::BEGINNING);
        let line = act.line(self.key, city, head, at);
        staff::write_line(connection, city, &line).await?;
        self.pending.insert(city.clone(), line.head());
        Ok(())
    }

    /// The transaction was not committed.
    pub fn forget(&mut self) {
        self.pending.clear();
    }

    /// The transaction was committed: notes the new ends where a copy of the database does not take them along.
    pub fn note(&mut self) -> Result<(), StoreError> {
        if self.pending.is_empty() {
            return Ok(());
        }
        for (city, AuditHead { number, mac }) in &self.pending {
            // Beside old logs it shows that lines were cut off, were the database and the files beside it both put back.
            let code = HEXLOWER.encode(mac).chars().take(AUDIT_CODE_CHARS).collect::<String>();
            tracing::info!(city = city.as_str(), number, code, "The desk's log has another line.");
        }
        self.heads.append(&mut self.pending);
        let mut text = String::new();
        for (city, AuditHead { number, mac }) in &self.heads {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{} {number} {}", city.as_str(), HEXLOWER.encode(mac));
        }
        write_whole(&self.noted, &text)
    }
}

/// What is wrong with each city's log beside what the files say; none of one that is whole.
pub async fn verify(
    database: &Path,
    connection: &mut SqliteConnection,
) -> Result<Vec<(CityId, Result<AuditHead, Vec<String>>)>, StoreError> {
    let key = read_key(database)?.ok_or_else(|| {
        StoreError::Fatal(format!("{} is missing: without it nothing can be verified", key_path(database).display()))
    })?;
    let mut noted: BTreeMap<CityId, AuditHead> = read_heads(&beside(database, ".audit-heads"))?.into_iter().collect();
    for city in staff::logged_cities(connection).await? {
        noted.entry(city).or_insert(AuditHead::BEGINNING);
    }
    let mut verified = Vec::with_capacity(noted.len());
    for (city, noted) in noted {
        let lines = all_lines(connection, &city).await?;
        let mut wrong: Vec<String> = lines.iter().filter_map(rewound).collect();
        let checked = verify_audit(key, &city, lines, noted);
        wrong.extend(checked.as_ref().err().map(AuditFault::to_string));
        verified.push((city, checked.ok().filter(|_| wrong.is_empty()).ok_or(wrong)));
    }
    Ok(verified)
}

fn rewound(line: &AuditLine) -> Option<String> {
    let says = || {
        format!(
            "line {}: the lines {} were lost by then, for an earlier state of the database was put back",
            line.number, line.subject
        )
    };
    (line.act == REWOUND).then(says)
}

async fn all_lines(connection: &mut SqliteConnection, city: &CityId) -> Result<Vec<AuditLine>, StoreError> {
    let mut all: Vec<AuditLine> = Vec::new();
    loop {
        let after = all.last().map_or(i64::MIN, |line| line.number);
        let more = staff::lines_after(connection, city, after, LINES_AT_ONCE).await?;
        let is_last = more.len() < LINES_AT_ONCE;
        all.extend(more);
        if is_last {
            return Ok(all);
        }
    }
}

fn key_path(database: &Path) -> PathBuf {
    beside(database, ".audit-key")
}

fn failed(path: &Path, error: &dyn std::fmt::Display) -> StoreError {
    StoreError::Fatal(format!("{}: {error}", path.display()))
}

fn read_key(database: &Path) -> Result<Option<AuditKey>, StoreError> {
    let path = key_path(database);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(&path, &error)),
    };
    let key = HEXLOWER.decode(text.trim().as_bytes()).ok().and_then(|key| <[u8; 32]>::try_from(key).ok());
    key.map(AuditKey).map(Some).ok_or_else(|| failed(&path, &"is not the key of a desk's log: put the right file back"))
}

fn make_key(database: &Path, entropy: Option<[u8; 32]>) -> Result<AuditKey, StoreError> {
    let entropy = entropy.map_or_else(open::system_entropy, Ok)?;
    let key = blake3::derive_key("parvis 2026 log of the desk", &entropy);
    write_whole(&key_path(database), &HEXLOWER.encode(&key))?;
    Ok(AuditKey(key))
}

fn read_heads(path: &Path) -> Result<Vec<(CityId, AuditHead)>, StoreError> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(path, &error)),
    };
    let head = |line: &str| {
        let mut parts = line.split(' ');
        let (city, number, mac) = (parts.next()?, parts.next()?.parse().ok()?, parts.next()?);
        let mac = HEXLOWER.decode(mac.as_bytes()).ok()?.try_into().ok()?;
        Some((CityId::new(city), AuditHead { number, mac }))
    };
    text.lines().map(|line| head(line).ok_or_else(|| failed(path, &"can't be read"))).collect()
}

/// Writes a file that nobody else may read, whole or not at all.
fn write_whole(path: &Path, text: &str) -> Result<(), StoreError> {
    let new = beside(path, ".new");
    let write = || {
        let mut file = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&new)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&new, path)?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder)?.sync_all()
    };
    write().map_err(|error: std::io::Error| failed(path, &error))
}
