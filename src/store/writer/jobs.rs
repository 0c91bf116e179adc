//! What the writer may be asked, and which of its functions does it.
//!
//! Owns the list of jobs. Does not own what a job does, nor their order (the writer's). Invariant: whoever asked is answered when
//! it is done, and an answer that nobody waits for any more is no error.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::{Retaining, Writer, transaction};
use crate::domain::desk::{Calendar, Spoken};
use crate::domain::{
    Actor, Batch, CityId, Committed, Complained, Decided, DeskAct, DeskAnswer, FollowKey, Looked, Network,
    NewComplaint, NoticeWrite, PostId, Role, StaffName, StaffWrite, StoreError, Timestamp, WatchAct, WatchAnswer,
};
use crate::store::alerts::AlertWrite;
use crate::store::command::{Command, Report};
use crate::store::moderation::Asked;
use crate::store::retention::Retention;

pub type Answer<T> = oneshot::Sender<Result<T, StoreError>>;

pub enum Job {
    Commit {
        batch: Arc<Batch>,
        answer: Answer<Committed>,
    },
    Operate {
        command: Command,
        answer: Answer<Report>,
    },
    AskToLeave {
        city: CityId,
        network: Network,
        handle: String,
        at: Timestamp,
        answer: Answer<()>,
    },
    Staff {
        actor: Actor,
        write: StaffWrite,
        answer: Answer<bool>,
    },
    Desk {
        city: CityId,
        post: PostId,
        act: DeskAct,
        by: StaffName,
        answer: Answer<DeskAnswer>,
    },
    Moderate {
        city: CityId,
        asked: Asked,
        answer: Answer<Decided>,
    },
    Complain {
        city: CityId,
        new: NewComplaint,
        key: FollowKey,
        from: String,
        on_duty: bool,
        answer: Answer<Complained>,
    },
    Notice {
        city: CityId,
        write: NoticeWrite,
        by: Actor,
        answer: Answer<Option<i64>>,
    },
    FoldReported {
        city: CityId,
        answer: Answer<()>,
    },
    Alert {
        write: AlertWrite,
        answer: Answer<()>,
    },
    Watch {
        city: CityId,
        by: StaffName,
        role: Role,
        act: WatchAct,
        answer: Answer<WatchAnswer>,
    },
    Looked {
        looks: Vec<Looked>,
        answer: Answer<()>,
    },
    Retain {
        now: Timestamp,
        retention: Retention,
        answer: Answer<Committed>,
    },
    /// Closes buckets of the desk's numbers, as many as one transaction may; answers whether there are more.
    Tally {
        cities: Arc<[(CityId, Calendar)]>,
        now: Timestamp,
        answer: Answer<bool>,
    },
    /// Counts days from a list.
    CountPast {
        city: CityId,
        calendar: Calendar,
        days: (Timestamp, Timestamp),
        said: Vec<Spoken>,
        answer: Answer<()>,
    },
    Scrub(Answer<u64>),
    Close(Answer<()>),
    #[cfg(test)]
    Raw {
        sql: &'static str,
        answer: Answer<()>,
    },
}

impl Writer {
    pub(super) async fn handle(&mut self, job: Job) {
        match job {
            Job::Commit { batch, answer } => {
                let _ = answer.send(self.commit(&batch).await);
            }
            Job::Operate { command, answer } => {
                let _ = answer.send(self.operate(&command).await);
            }
            Job::AskToLeave { city, network, handle, at, answer } => {
                let _ = answer.send(self.ask_to_leave(&city, network, &handle, at).await);
            }
            Job::Staff { actor, write, answer } => {
                let _ = answer.send(self.change_staff(&actor, &write).await);
            }
            Job::Desk { city, post, act, by, answer } => {
                let _ = answer.send(self.act_at_desk(&city, post, &act, &by).await);
            }
            Job::Moderate { city, asked, answer: to } => {
                let done = match asked {
                    Asked::Decide { new, answer, by } => self.decide(&city, new, answer, by).await,
                    Asked::Lift { number, ending, answer, by } => self.lift(&city, number, ending, answer, by).await,
                    Asked::Reject { complaint, answer, by } => self.reject(&city, complaint, &answer, &by).await,
                };
                let _ = to.send(done);
            }
            Job::Complain { city, new, key, from, on_duty, answer } => {
                let _ = answer.send(self.complain(&city, &new, key, &from, on_duty).await);
            }
            Job::Notice { city, write, by, answer } => {
                let _ = answer.send(self.write_notice(&city, &write, &by).await);
            }
            Job::FoldReported { city, answer } => {
                let _ = answer.send(self.fold_reported(&city).await);
            }
            Job::Alert { write, answer } => {
                let _ = answer.send(transaction::alert(&mut self.connection, &write, self.clock.now()).await);
            }
            Job::Watch { city, by, role, act, answer } => {
                let _ = answer.send(self.change_watch(&city, &by, role, &act).await);
            }
            Job::Looked { looks, answer } => {
                let _ = answer.send(self.note_looks(&looks).await);
            }
            Job::Retain { now, retention, answer } => {
                self.retaining = Some(Retaining { now, retention, answer, so_far: Committed::default() });
            }
            Job::Tally { cities, now, answer } => {
                let _ = answer.send(transaction::tally(&mut self.connection, &self.key, &cities, now).await);
            }
            Job::CountPast { city, calendar, days, said, answer } => {
                let _ = answer.send(transaction::past(&mut self.connection, &city, &calendar, days, &said).await);
            }
            Job::Scrub(answer) => self.scrub(answer).await,
            // Only `run` sees this one; the queue it comes through is read nowhere else.
            Job::Close(answer) => drop(answer),
            #[cfg(test)]
            Job::Raw { sql, answer } => {
                let done = sqlx::query(sql).execute(&mut self.connection).await;
                let _ = answer.send(done.map(|_| ()).map_err(StoreError::from));
            }
        }
    }
}
