//! What moderators decide, and what is asked of them.
//!
//! Owns which decision may be taken now: the writer is the only one who changes anything, so what is true when it looks is true
//! when it writes. Does not own what follows for posts (`ledger::moderation`). Invariant: a decision, its line of the log, and the
//! answer to whoever complained are committed together.

use super::Writer;
use crate::domain::{
    Act, Actor, AuthorId, BLOCKS_MAX, Batch, Change, CityId, Complained, Complaint, ComplaintKind, ComplaintState,
    Decided, Decision, Ending, FollowKey, Measure, Motive, NewComplaint, NewDecision, NotDecided, PINS_MAX, PostId,
    REPORTS_TO_FOLD, Standing, StoreError, SubjectHash, Target, Timestamp,
};
use crate::store::sqlite::complaints;
use crate::store::sqlite::moderation::{self, id};
use crate::store::sqlite::rows;

/// Complaints of a city that may wait; at the bound none is taken.
const COMPLAINTS_MAX: i64 = 2_000;

impl Writer {
    pub(super) async fn decide(
        &mut self,
        city: &CityId,
        new: NewDecision,
        answer: String,
        by: Actor,
    ) -> Result<Decided, StoreError> {
        let now = self.clock.now();
        if !new.is_sound(now) {
            return Ok(Err(NotDecided::Unsound));
        }
        self.take(city, new, answer, by, now).await
    }

    async fn take(
        &mut self,
        city: &CityId,
        new: NewDecision,
        answer: String,
        by: Actor,
        at: Timestamp,
    ) -> Result<Decided, StoreError> {
        let author = match self.may_take(city, &new).await? {
            Ok(author) => author,
            Err(refused) => return Ok(Err(refused)),
        };
        let mut changes = Vec::new();
        for old in self.replaced_by(city, &new, at).await? {
            // An appeal waits for somebody else, who is not passed by another measure.
            if old.by == by && self.is_appealed(city, old.number).await? {
                return Ok(Err(NotDecided::OwnDecision));
            }
            let old = old.number;
            let (ending, by, answer) = (Ending::Replaced, by.clone(), answer.clone());
            changes.push(Change::Lift { city: city.clone(), number: old, ending, by, at, answer });
        }
        let row = moderation::LAST_NUMBER.first(&mut self.connection, [city.as_str().into()]).await?;
        let number = row.map_or(Ok(0), |row| rows::get::<i64>(&row, "number"))?.saturating_add(1);
        changes.push(Change::Decide { city: city.clone(), number, new: Box::new(new), author, by, at, answer });
        self.commit(&Batch { changes, ..Batch::default() }).await?;
        Ok(Ok(number))
    }

    /// Whether it may be taken; with the author whom it is about, where it is about one.
    async fn may_take(
        &mut self,
        city: &CityId,
        new: &NewDecision,
    ) -> Result<Result<Option<SubjectHash>, NotDecided>, StoreError> {
        let post = match &new.target {
            Target::Word(phrase) => {
                let values = [city.as_str().into(), phrase.text().into()];
                let stands = moderation::WORD_BLOCKED.first(&mut self.connection, values).await?.is_some();
                return Ok(self.has_room(city, new.measure, stands, BLOCKS_MAX).await?.map(|()| None));
            }
            Target::Post(post) => *post,
        };
        let Some(seen) = moderation::post(&mut self.connection, &self.key, city, post).await? else {
            return Ok(Err(NotDecided::NotFound));
        };
        let fits = match new.measure {
            Measure::Hide | Measure::BlockAuthor => true,
            Measure::Fold => seen.standing != Standing::Queued,
            Measure::Pin => seen.standing == Standing::Shown,
            Measure::Admit => seen.standing == Standing::Queued,
            Measure::BlockWord => false,
        };
        if !fits {
            return Ok(Err(NotDecided::Unsound));
        }
        if new.measure == Measure::BlockAuthor {
            let Some(row) = moderation::AUTHOR_OF.first(&mut self.connection, [id(post).into()]).await? else {
                return Ok(Err(NotDecided::NotFound));
            };
            let network = rows::network(&row, "network")?;
            let author = AuthorId::new(rows::get::<String>(&row, "native_id")?);
            let author = SubjectHash::derive(&self.key, network, &author);
            let values = [city.as_str().into(), author.0.cast_signed().into()];
            let stands = moderation::AUTHOR_BLOCKED.first(&mut self.connection, values).await?.is_some();
            let room = self.has_room(city, new.measure, stands, BLOCKS_MAX).await?;
            return Ok(room.map(|()| Some(author)));
        }
        let stands = self.on_post(city, post).await?.iter().any(|decision| decision.measure == new.measure);
        let room = if new.measure == Measure::Pin { PINS_MAX } else { usize::MAX };
        Ok(self.has_room(city, new.measure, stands, room).await?.map(|()| None))
    }

    async fn has_room(
        &mut self,
        city: &CityId,
        measure: Measure,
        stands: bool,
        room: usize,
    ) -> Result<Result<(), NotDecided>, StoreError> {
        if stands {
            return Ok(Err(NotDecided::Standing));
        }
        let values = [city.as_str().into(), measure.as_str().into()];
        let row = moderation::COUNT_IN_FORCE.first(&mut self.connection, values).await?;
        let count = row.map_or(Ok(0), |row| rows::count(&row, "decisions"))?;
        let is_full = usize::try_from(count).unwrap_or(usize::MAX) >= room;
        Ok(if is_full { Err(NotDecided::TooMany) } else { Ok(()) })
    }

    /// The decisions in force on a post, taken on it or on what says the same.
    async fn on_post(&mut self, city: &CityId, post: PostId) -> Result<Vec<Decision>, StoreError> {
        let values = [city.as_str().into(), id(post).into()];
        let found = moderation::DECISIONS_ON.all(&mut self.connection, values).await?;
        let decisions: Result<Vec<Decision>, StoreError> = found.iter().map(moderation::decision).collect();
        Ok(decisions?.into_iter().filter(|decision| decision.ended.is_none()).collect())
    }

    /// What stands on the same post, and goes when this comes.
    async fn replaced_by(
        &mut self,
        city: &CityId,
        new: &NewDecision,
        at: Timestamp,
    ) -> Result<Vec<Decision>, StoreError> {
        let replaces: &[Measure] = match new.measure {
            Measure::Hide => &[Measure::Fold, Measure::Pin],
            Measure::Fold => &[Measure::Hide],
            Measure::Pin | Measure::Admit | Measure::BlockAuthor | Measure::BlockWord => return Ok(Vec::new()),
        };
        let Target::Post(post) = new.target else { return Ok(Vec::new()) };
        let standing = self.on_post(city, post).await?.into_iter();
        Ok(standing.filter(|old| old.is_in_force(at) && replaces.contains(&old.measure)).collect())
    }

    async fn is_appealed(&mut self, city: &CityId, number: i64) -> Result<bool, StoreError> {
        let values = [city.as_str().into(), number.into()];
        Ok(complaints::APPEALED.first(&mut self.connection, values).await?.is_some())
    }

    pub(super) async fn lift(
        &mut self,
        city: &CityId,
        number: i64,
        ending: Ending,
        answer: String,
        by: Actor,
    ) -> Result<Decided, StoreError> {
        let Some(decision) = self.decision(city, number).await? else { return Ok(Err(NotDecided::NotFound)) };
        if decision.ended.is_some() {
            return Ok(Err(NotDecided::Standing));
        }
        if ending == Ending::Appeal && decision.by == by {
            return Ok(Err(NotDecided::OwnDecision));
        }
        let at = self.clock.now();
        let change = Change::Lift { city: city.clone(), number, ending, by, at, answer };
        self.commit(&Batch { changes: vec![change], ..Batch::default() }).await?;
        Ok(Ok(number))
    }

    async fn decision(&mut self, city: &CityId, number: i64) -> Result<Option<Decision>, StoreError> {
        let values = [city.as_str().into(), number.into()];
        let row = moderation::DECISION.first(&mut self.connection, values).await?;
        row.map(|row| moderation::decision(&row)).transpose()
    }

    /// Reports on a post are answered together, and what they folded by themselves is opened; a notice and an appeal each have
    /// their own answer, with reasons (L-50).
    pub(super) async fn reject(
        &mut self,
        city: &CityId,
        complaint: i64,
        answer: &str,
        by: &Actor,
    ) -> Result<Decided, StoreError> {
        let values = [city.as_str().into(), complaint.into()];
        let row = complaints::COMPLAINT.first(&mut self.connection, values).await?;
        let Some(found) = row.map(|row| complaints::complaint(&row)).transpose()? else {
            return Ok(Err(NotDecided::NotFound));
        };
        if found.state != ComplaintState::Open {
            return Ok(Err(NotDecided::Standing));
        }
        let decision = match found.decision {
            Some(number) => self.decision(city, number).await?,
            None => None,
        };
        if decision.is_some_and(|decision| decision.by == *by) {
            return Ok(Err(NotDecided::OwnDecision));
        }
        if found.kind != ComplaintKind::Report && answer.is_empty() {
            return Ok(Err(NotDecided::ReasonsMissing));
        }
        if found.kind == ComplaintKind::Report {
            let mut standing = self.on_post(city, found.post).await?.into_iter();
            if let Some(fold) = standing.find(|decision| decision.motive == Motive::Reports) {
                // Which answers them.
                let lifted = self.lift(city, fold.number, Ending::Lifted, answer.to_owned(), by.clone()).await?;
                return Ok(lifted.map(|_| complaint));
            }
        }
        self.begin().await?;
        let done = self.write_rejection(city, &found, answer, by).await;
        self.end(done).await?;
        Ok(Ok(complaint))
    }

    async fn write_rejection(
        &mut self,
        city: &CityId,
        complaint: &Complaint,
        answer: &str,
        by: &Actor,
    ) -> Result<(), StoreError> {
        let now = self.clock.now();
        match complaint.decision {
            Some(decision) => {
                complaints::close_appeals(&mut self.connection, city, decision, now, by, false, answer).await?;
            }
            None => {
                let (statement, which) = match complaint.kind {
                    ComplaintKind::Report => (&complaints::REJECT_REPORTS, id(complaint.post)),
                    ComplaintKind::Notice | ComplaintKind::Appeal => (&complaints::REJECT_ONE, complaint.number),
                };
                complaints::reject(&mut self.connection, statement, city, which, now, by, answer).await?;
            }
        }
        let subject = match complaint.decision {
            Some(decision) => format!("decision {decision}"),
            None => complaint.post.token(),
        };
        let reason = complaint.kind.as_str().to_owned();
        let act = Act { actor: by.0.clone(), act: "complaint_rejected", subject, reason };
        self.chain.append(&mut self.connection, city, act, now).await
    }

    pub(super) async fn complain(
        &mut self,
        city: &CityId,
        new: &NewComplaint,
        key: FollowKey,
        from: &str,
        on_duty: bool,
    ) -> Result<Complained, StoreError> {
        let is_there = match new.decision {
            Some(number) => {
                let decision = self.decision(city, number).await?;
                decision.is_some_and(|decision| decision.ended.is_none() && decision.measure.restricts())
            }
            None => {
                let seen = moderation::post(&mut self.connection, &self.key, city, new.post).await?;
                seen.is_some_and(|post| post.standing == Standing::Shown)
            }
        };
        if !is_there {
            return Ok(Complained::NotFound);
        }
        // Of where it came from nothing is kept that could be told from another post's.
        let sender = self.key.hash64(&["complaint", city.as_str(), &new.post.token(), from]);
        let values = [
            city.as_str().into(),
            id(new.post).into(),
            sender.cast_signed().into(),
            new.kind.as_str().into(),
            new.decision.into(),
        ];
        if complaints::SENT_ALREADY.first(&mut self.connection, values).await?.is_some() {
            return Ok(Complained::Again);
        }
        let row = complaints::COUNT_OPEN.first(&mut self.connection, [city.as_str().into()]).await?;
        if row.map_or(Ok(0), |row| rows::get::<i64>(&row, "complaints"))? >= COMPLAINTS_MAX {
            return Ok(Complained::TooMany);
        }
        let at = self.clock.now();
        complaints::write_complaint(&mut self.connection, city, new, sender, &key.hash(), at).await?;
        if new.kind == ComplaintKind::Report && !on_duty {
            self.fold_if_reported(city, new.post).await?;
        }
        Ok(Complained::Taken)
    }

    /// Folds the posts of a city on which enough reports wait, for nobody is on duty to look.
    pub(super) async fn fold_reported(&mut self, city: &CityId) -> Result<(), StoreError> {
        let found = complaints::REPORTED_POSTS.all(&mut self.connection, [city.as_str().into()]).await?;
        for row in &found {
            self.fold_if_reported(city, rows::post_id(row, "id")?).await?;
        }
        Ok(())
    }

    /// Not once a moderator has looked and let it stand: three people can't fold what was found to be right.
    async fn fold_if_reported(&mut self, city: &CityId, post: PostId) -> Result<(), StoreError> {
        let least = i64::try_from(REPORTS_TO_FOLD).unwrap_or(i64::MAX);
        let values = [city.as_str().into(), id(post).into(), least.into()];
        let row = complaints::REPORTED.first(&mut self.connection, values).await?;
        if row.map_or(Ok(false), |row| rows::get(&row, "is_due"))? {
            let new = NewDecision {
                measure: Measure::Fold,
                target: Target::Post(post),
                motive: Motive::Reports,
                until: None,
            };
            let seen = moderation::post(&mut self.connection, &self.key, city, post).await?;
            if seen.is_some_and(|post| post.standing == Standing::Shown) {
                // What is folded already stays so.
                let _folded = self.take(city, new, String::new(), Actor::automatic(), self.clock.now()).await?;
            }
        }
        Ok(())
    }
}
