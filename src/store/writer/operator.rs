//! The writer's jobs that are not batches: the operator's acts and the leave page.
//!
//! Owns their effect and the words that say it. Does not own transactions (the writer's) or the way in (`operator`).
//! Invariant: each can be done again without harm, so that a crash between the act and its answer costs nothing.

use tokio::time::Instant;

use super::{COMMANDS_EVERY, Writer};
use crate::domain::{Actor, AuthorId, Batch, Change, CityId, Network, PostId, StaffWrite, StoreError, Timestamp};
use crate::store::command::{Command, Person, Report, fold_handle};
use crate::store::sqlite::load::array;
use crate::store::sqlite::{rows, statements};

const LEAVE_REQUESTS_MAX: i64 = 10_000;
/// Longest handle of the networks, with room to spare.
const HANDLE_BYTES_MAX: usize = 512;
/// An answered command that nobody reads is erased after this.
const COMMAND_KEPT_S: i64 = 60;

/// How a command ended, as its row says it.
pub mod outcome {
    pub const DONE: &str = "done";
    pub const NOT_FOUND: &str = "not_found";
    pub const FAILED: &str = "failed";
}

impl Writer {
    pub(super) async fn ask_to_leave(
        &mut self,
        city: &CityId,
        network: Network,
        handle: &str,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let (handle, person) = (handle.trim(), fold_handle(handle));
        if person.is_empty() || handle.len() > HANDLE_BYTES_MAX {
            return Err(StoreError::Unavailable("no handle that could be one was given".into()));
        }
        let row = statements::COUNT_LEAVE_REQUESTS.first(&mut self.connection, []).await?;
        let open: i64 = row.map_or(Ok(0), |row| rows::get(&row, "requests"))?;
        if open >= LEAVE_REQUESTS_MAX {
            return Err(StoreError::Unavailable(
                "too many requests are waiting for the operator: write to them".into(),
            ));
        }
        let values =
            [city.as_str().into(), network.as_str().into(), handle.into(), person.into(), at.as_micros().into()];
        statements::WRITE_LEAVE_REQUEST.run(&mut self.connection, values).await?;
        self.requests_changed = true;
        self.journal().await;
        Ok(())
    }

    pub(super) async fn operate(&mut self, command: &Command) -> Result<Report, StoreError> {
        match command {
            Command::Hide(post) => self.moderate(*post, true).await,
            Command::Unhide(post) => self.moderate(*post, false).await,
            Command::Erase(post) => self.erase(*post).await,
            Command::PersonErase(person) => self.erase_person(person).await,
            Command::CloseLeaveRequest(request) => {
                let found = statements::DROP_LEAVE_REQUEST.run(&mut self.connection, [(*request).into()]).await? > 0;
                self.requests_changed = true;
                self.journal().await;
                self.truncate_soon();
                let summary = if found { "The request is closed." } else { "There is no such request." };
                Ok(Report { found, summary: summary.into() })
            }
            Command::Staff(write) => {
                let found = self.change_staff(&Actor::operator(), write).await?;
                // The row of the command held a hash of the password.
                self.truncate_soon();
                Ok(Report { found, summary: said_of(write, found) })
            }
        }
    }

    async fn holds(&mut self, post: PostId) -> Result<bool, StoreError> {
        let id = post.as_u64().cast_signed();
        Ok(statements::POST_EXISTS.first(&mut self.connection, [id.into()]).await?.is_some())
    }

    async fn moderate(&mut self, post: PostId, hidden: bool) -> Result<Report, StoreError> {
        if !self.holds(post).await? {
            return Ok(Report { found: false, summary: format!("There is no post {}.", post.token()) });
        }
        self.commit(&one(Change::Hide { post, hidden })).await?;
        let act = if hidden { "hidden" } else { "no longer hidden" };
        Ok(Report { found: true, summary: format!("Post {} is {act}.", post.token()) })
    }

    /// A post that is not held gets its tombstone all the same, so that it can't come back.
    async fn erase(&mut self, post: PostId) -> Result<Report, StoreError> {
        let held = self.holds(post).await?;
        self.commit(&one(Change::Erase { post, whole: true, at: self.clock.now() })).await?;
        let token = post.token();
        let summary = if held {
            format!("Post {token} is erased and will not come back.")
        } else {
            format!("There is no post {token} (any more); it will not come back.")
        };
        Ok(Report { found: held, summary })
    }

    async fn erase_person(&mut self, person: &Person) -> Result<Report, StoreError> {
        let mut found = self.people(person).await?;
        let stored = found.len();
        if found.is_empty() {
            found.extend(person.lasting_id().map(|(network, id)| (0, network, AuthorId::new(id))));
        }
        let author_rows = array(found.iter().map(|(row, _, _)| *row));
        let row = statements::COUNT_POSTS_OF.first(&mut self.connection, [author_rows.into()]).await?;
        let posts: i64 = row.map_or(Ok(0), |row| rows::get(&row, "posts"))?;
        let at = self.clock.now();
        let left =
            found.iter().map(|(_, network, author)| Change::Leave { network: *network, author: author.clone(), at });
        self.commit(&Batch { changes: left.collect(), ..Batch::default() }).await?;
        // Requests that named the person in a form that the change does not know.
        let values = [person.network.map(|network| network.as_str()).into(), person.folded().into()];
        let requests = if found.is_empty() {
            0
        } else {
            statements::DROP_LEAVE_REQUESTS_OF.run(&mut self.connection, values).await?
        };
        self.requests_changed = true;
        self.journal().await;
        self.truncate_soon();
        let summary = match (found.is_empty(), stored) {
            (true, _) => "Nobody of that name is stored. To keep them out all the same, give their lasting id \
                          (did:…, or network:https://…)."
                .into(),
            (false, 0) => "Nothing of them was stored; nothing will be.".into(),
            (false, _) => format!(
                "{posts} posts of {stored} account(s) are erased, {requests} other request(s) closed; nothing of \
                 theirs will be stored again."
            ),
        };
        Ok(Report { found: !found.is_empty(), summary })
    }

    async fn people(&mut self, person: &Person) -> Result<Vec<(i64, Network, AuthorId)>, StoreError> {
        crate::store::sqlite::export::people(&mut self.connection, person).await
    }

    /// Carries out what the operator's command line has left in the database. Cheap when it has not been written to.
    pub(super) async fn look_for_commands(&mut self) {
        self.commands_at = Instant::now() + COMMANDS_EVERY;
        if let Err(error) = self.try_commands().await {
            tracing::warn!(%error, "Commands of the operator could not be read.");
        }
    }

    async fn try_commands(&mut self) -> Result<(), StoreError> {
        let row = statements::DATA_VERSION.first(&mut self.connection, []).await?;
        let version: i64 = row.map_or(Ok(0), |row| rows::get(&row, "data_version"))?;
        if version == self.data_version {
            return Ok(());
        }
        // A command names a person; its bytes are not to stay in the log after its row has gone.
        self.truncate_soon();
        let waiting = statements::COMMANDS.all(&mut self.connection, []).await?;
        for row in &waiting {
            let id: i64 = rows::get(row, "row")?;
            let command = Command::parse(&rows::get::<String>(row, "kind")?, &rows::get::<String>(row, "subject")?);
            let done = match &command {
                Some(command) => self.operate(command).await,
                None => Err(StoreError::Unavailable("a command of another version of parvis".into())),
            };
            let (outcome, answer) = match done {
                Ok(Report { found: true, summary }) => (outcome::DONE, summary),
                Ok(Report { found: false, summary }) => (outcome::NOT_FOUND, summary),
                Err(error) => (outcome::FAILED, error.to_string()),
            };
            let values = [id.into(), outcome.into(), answer.into()];
            statements::COMMAND_ANSWER.run(&mut self.connection, values).await?;
        }
        let old = self.clock.now().plus_seconds(-COMMAND_KEPT_S).as_micros();
        statements::DROP_COMMANDS.run(&mut self.connection, [old.into()]).await?;
        if waiting.is_empty() {
            self.data_version = version;
        }
        Ok(())
    }
}

fn said_of(write: &StaffWrite, found: bool) -> String {
    let said = match (write, found) {
        (StaffWrite::Add { .. }, true) => "The account is made.",
        (StaffWrite::Add { .. }, false) => "There is an account of this name already.",
        (_, false) => "There is no account of this name.",
        (StaffWrite::Disable { disabled: true, .. }, true) => "The account is disabled, and signed out everywhere.",
        (StaffWrite::Disable { .. }, true) => "The account is enabled.",
        (StaffWrite::Password { .. }, true) => "The password is changed, and the account signed out everywhere.",
        (_, true) => "The roles are changed, and the account signed out everywhere.",
    };
    said.to_owned()
}

fn one(change: Change) -> Batch {
    Batch { changes: vec![change], ..Batch::default() }
}
