//! The operator's command line, whether or not a process serves the database.
//!
//! Owns the way: straight to the store, or by a row that the serving process finds. Does not own the acts (`writer`).
//! Invariant: a command is carried out by the one process that holds the database's lock, and answered by it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use sqlx::Connection;
use sqlx::sqlite::SqliteConnection;
use tokio::time::Instant;

use super::chain;
use super::command::{Command, Person, Report};
use super::handle::{Store, StoreOptions, open};
use super::held::LeaveRequest;
use super::sqlite::lock::lock;
use super::sqlite::{export, open as file, rows, staff, startup, statements};
use super::writer::outcome;
use crate::clock::Clock;
use crate::domain::{AuditHead, CityId, IdKey, PostId, StaffUser, StoreError};

/// How long the serving process may take to answer.
const ANSWER_MAX: Duration = Duration::from_secs(15);
const ASK_EVERY: Duration = Duration::from_millis(50);

/// An open way to the store for one command line. Dropping it leaves nothing behind; [`Operator::close`] also waits.
pub struct Operator {
    url: String,
    path: PathBuf,
    clock: Arc<dyn Clock>,
    store: Option<Store>,
}

impl Operator {
    /// Opens the database itself when nobody serves it. The database must exist.
    pub async fn open(url: &str, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        let path = file::path_of(url)?;
        if !path.exists() {
            return Err(StoreError::Fatal(format!("there is no database {}", path.display())));
        }
        let mut operator = Self { url: url.to_owned(), path, clock, store: None };
        operator.take_over().await?;
        Ok(operator)
    }

    /// Opens the store when its lock is free.
    async fn take_over(&mut self) -> Result<(), StoreError> {
        // The lock is given back at once, and taken again for the store.
        if lock(&self.path)?.is_none() {
            return Ok(());
        }
        match open(&self.url, StoreOptions::new(Arc::clone(&self.clock)), None).await {
            Ok(store) => self.store = Some(store),
            // A serving process came between the two: it will be asked instead.
            Err(_) if lock(&self.path)?.is_none() => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    pub async fn hide(&mut self, post: PostId, hidden: bool) -> Result<Report, StoreError> {
        self.run(if hidden { Command::Hide(post) } else { Command::Unhide(post) }).await
    }

    pub async fn erase(&mut self, post: PostId) -> Result<Report, StoreError> {
        self.run(Command::Erase(post)).await
    }

    /// `person`: `handle`, `@handle`, `network:handle`, or a lasting id.
    pub async fn person_erase(&mut self, person: &str) -> Result<Report, StoreError> {
        self.run(Command::PersonErase(Person::parse(person))).await
    }

    pub async fn close_leave_request(&mut self, request: i64) -> Result<Report, StoreError> {
        self.run(Command::CloseLeaveRequest(request)).await
    }

    /// Everything held on a person, as JSON. Reads beside the serving process.
    pub async fn person_export(&self, person: &str) -> Result<String, StoreError> {
        let mut connection = self.connect().await?;
        let key = self.id_key(&mut connection).await?;
        let mut snapshot = connection.begin().await?;
        let whole = export::person(&mut snapshot, &key, &Person::parse(person)).await?;
        snapshot.rollback().await?;
        connection.close().await?;
        Ok(whole)
    }

    pub async fn leave_requests(&self) -> Result<Vec<LeaveRequest>, StoreError> {
        let mut connection = self.connect().await?;
        let found = statements::LEAVE_REQUESTS.all(&mut connection, []).await?;
        let requests = found.iter().map(startup::leave_request).collect();
        connection.close().await?;
        requests
    }

    /// Every account, by name.
    pub async fn users(&self) -> Result<Vec<StaffUser>, StoreError> {
        let mut connection = self.connect().await?;
        let users = staff::users(&mut connection).await;
        connection.close().await?;
        users
    }

    /// Of each city that has a log, its end, or what is wrong with it. Reads beside the serving process.
    pub async fn verify_audit(&self) -> Result<Vec<(CityId, Result<AuditHead, Vec<String>>)>, StoreError> {
        let mut connection = self.connect().await?;
        let verified = chain::verify(&self.path, &mut connection).await;
        connection.close().await?;
        verified
    }

    pub async fn close(self) -> Result<(), StoreError> {
        match self.store {
            Some(store) => store.close().await,
            None => Ok(()),
        }
    }

    async fn connect(&self) -> Result<SqliteConnection, StoreError> {
        file::join(&self.path).await
    }

    async fn id_key(&self, connection: &mut SqliteConnection) -> Result<IdKey, StoreError> {
        match &self.store {
            Some(store) => Ok(store.id_key()),
            None => file::id_key(connection).await,
        }
    }

    /// Has a command carried out, by this process or by the serving one, and waits for it.
    pub async fn run(&mut self, command: Command) -> Result<Report, StoreError> {
        let deadline = Instant::now() + ANSWER_MAX;
        if let Some(store) = &self.store {
            return store.operate(command).await;
        }
        let mut connection = self.connect().await?;
        let now = self.clock.now().as_micros();
        let values = [command.kind().into(), command.subject().into(), now.into()];
        let row = statements::COMMAND_INSERT.first(&mut connection, values).await?;
        let row: i64 = row.map_or(Ok(0), |row| rows::get(&row, "row"))?;
        let done = loop {
            tokio::time::sleep(ASK_EVERY).await;
            if let Some(report) = answer(&mut connection, row).await? {
                break report;
            }
            // The serving process may have stopped in the meantime; then the act is ours.
            let free = lock(&self.path)?.is_some();
            if (free || Instant::now() >= deadline)
                && statements::COMMAND_WITHDRAW.run(&mut connection, [row.into()]).await? > 0
            {
                if free {
                    self.take_over().await?;
                }
                break match &self.store {
                    Some(store) => store.operate(command).await,
                    None => Err(StoreError::Unavailable(format!(
                        "the parvis that serves {} did not answer within {} s: nothing was done",
                        self.path.display(),
                        ANSWER_MAX.as_secs()
                    ))),
                };
            }
        };
        connection.close().await?;
        done
    }
}

/// Reads an answer and erases its row.
async fn answer(connection: &mut SqliteConnection, row: i64) -> Result<Option<Result<Report, StoreError>>, StoreError> {
    let found = statements::COMMAND_READ.first(connection, [row.into()]).await?;
    let Some(found) = found else {
        return Ok(Some(Err(StoreError::Unavailable("the command was dropped unanswered".into()))));
    };
    let Some(outcome) = rows::get::<Option<String>>(&found, "outcome")? else { return Ok(None) };
    let summary: String = rows::get(&found, "answer")?;
    statements::COMMAND_DELETE.run(connection, [row.into()]).await?;
    Ok(Some(match outcome.as_str() {
        outcome::DONE => Ok(Report { found: true, summary }),
        outcome::NOT_FOUND => Ok(Report { found: false, summary }),
        _ => Err(StoreError::Unavailable(summary)),
    }))
}
