//! A post that addresses a city, and what its town hall has made of it.
//!
//! Owns the states of an item of the desk's inbox and which may follow which. Does not own who is addressed (`matcher`), what
//! may be kept (`consent`), nor the rows (`store`). Invariant: every step is pure and idempotent, and a public answer is a fact
//! of the network's: no act of the desk makes one or moves its time.

mod answers;
mod desk;

pub use answers::{ANSWERS_DAYS, Answering, Answers, Asked, TOO_FEW};
pub use desk::{DeskAnswer, MentionDesk, MentionItem, MentionPage, MentionQuery, MentionWords};

use super::{CityId, StaffName, Timestamp};

/// What the desk of a city may keep of a post that addresses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MentionForm {
    /// The post as it is.
    Words,
    /// Where it is on its network, and nothing that it says: its author asked not to be shown to everyone.
    Pointer,
}

/// A post for the inbox of one city.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addressed {
    pub city: CityId,
    pub form: MentionForm,
    /// When it goes by its author's own word, before its time is over.
    pub expires_at: Option<Timestamp>,
}

/// A public reply by a body that the city lists.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Answer {
    pub at: Timestamp,
    pub url: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MentionState {
    New,
    NoAnswerNeeded,
    Assigned(StaffName),
    /// In public, where anybody can see it.
    Answered(Answer),
    /// By telephone, by letter, in another thread: the desk says so.
    AnsweredElsewhere,
}

/// A state by its name alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MentionStatus {
    New,
    NoAnswerNeeded,
    Assigned,
    Answered,
    AnsweredElsewhere,
}

impl MentionStatus {
    pub const ALL: [Self; 5] =
        [Self::New, Self::NoAnswerNeeded, Self::Assigned, Self::Answered, Self::AnsweredElsewhere];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::NoAnswerNeeded => "no_answer_needed",
            Self::Assigned => "assigned",
            Self::Answered => "answered",
            Self::AnsweredElsewhere => "answered_elsewhere",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }
}

impl MentionState {
    pub const fn status(&self) -> MentionStatus {
        match self {
            Self::New => MentionStatus::New,
            Self::NoAnswerNeeded => MentionStatus::NoAnswerNeeded,
            Self::Assigned(_) => MentionStatus::Assigned,
            Self::Answered(_) => MentionStatus::Answered,
            Self::AnsweredElsewhere => MentionStatus::AnsweredElsewhere,
        }
    }
}

/// What somebody at the desk does with an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeskAct {
    Assign(StaffName),
    NoAnswerNeeded,
    AnsweredElsewhere,
    /// Back to new, whatever it was.
    Reopen,
}

impl DeskAct {
    /// The name for logs and forms.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Assign(_) => "assign",
            Self::NoAnswerNeeded => "no_answer_needed",
            Self::AnsweredElsewhere => "answered_elsewhere",
            Self::Reopen => "reopen",
        }
    }
}

/// The act does not follow on this state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAllowed(pub MentionStatus);

/// An item of a city's inbox. When it was asked is the post's own date; that it was edited since the answer is seen on the
/// post, and reopens nothing: anybody could else move a town hall's figures with a comma. Who reads it reopens it by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mention {
    pub form: MentionForm,
    pub asked_at: Timestamp,
    pub received_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    pub state: MentionState,
    /// When the state was come to, and through whom; `None`: by itself.
    pub since: Timestamp,
    pub by: Option<StaffName>,
    /// When it was last reopened: answers from before count no more.
    pub reopened_at: Option<Timestamp>,
}

impl Mention {
    pub const fn new(
        form: MentionForm,
        asked_at: Timestamp,
        received_at: Timestamp,
        expires_at: Option<Timestamp>,
    ) -> Self {
        let state = MentionState::New;
        Self { form, asked_at, received_at, expires_at, state, since: received_at, by: None, reopened_at: None }
    }

    /// What it is after an act of the desk. To do again what is done changes nothing. What is closed has to be reopened
    /// first, so that a screen that is out of date does not undo what a colleague has just done.
    pub fn act(&self, act: &DeskAct, by: &StaffName, at: Timestamp) -> Result<Self, NotAllowed> {
        let state = match act {
            DeskAct::Assign(name) => MentionState::Assigned(name.clone()),
            DeskAct::NoAnswerNeeded => MentionState::NoAnswerNeeded,
            DeskAct::AnsweredElsewhere => MentionState::AnsweredElsewhere,
            DeskAct::Reopen => MentionState::New,
        };
        if state == self.state {
            return Ok(self.clone());
        }
        let is_open = matches!(self.state, MentionState::New | MentionState::Assigned(_));
        if !is_open && *act != DeskAct::Reopen {
            return Err(NotAllowed(self.state.status()));
        }
        let reopened_at = if is_open { self.reopened_at } else { Some(at) };
        Ok(Self { state, since: at, by: Some(by.clone()), reopened_at, ..self.clone() })
    }

    /// What it is after a public answer, from whatever state: what everybody can read is so. Of several the first counts. One
    /// dated before the question was given at once, by a clock that is behind.
    #[must_use]
    pub fn answered(&self, answer: &Answer) -> Self {
        let answer = Answer { at: answer.at.max(self.asked_at), url: answer.url.clone() };
        let is_past = self.reopened_at.is_some_and(|reopened| answer.at <= reopened);
        let is_later = matches!(&self.state, MentionState::Answered(first) if *first <= answer);
        if is_past || is_later {
            return self.clone();
        }
        Self { since: answer.at, state: MentionState::Answered(answer), by: None, ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_micros(0).plus_seconds(60 * minutes)
    }

    fn name(name: &str) -> StaffName {
        StaffName::parse(name).unwrap()
    }

    fn answer(minutes: i64) -> Answer {
        Answer { at: at(minutes), url: Some(format!("https://example.org/{minutes}")) }
    }

    fn asked() -> Mention {
        Mention::new(MentionForm::Words, at(0), at(1), None)
    }

    fn acts() -> [DeskAct; 4] {
        [DeskAct::Assign(name("lea")), DeskAct::NoAnswerNeeded, DeskAct::AnsweredElsewhere, DeskAct::Reopen]
    }

    #[test]
    fn s51_each_act_follows_on_the_states_of_the_table_and_twice_is_once() {
        use MentionStatus::{Answered, AnsweredElsewhere, Assigned, New, NoAnswerNeeded};
        let reached = |mention: Result<Mention, NotAllowed>| mention.map(|mention| mention.state.status());
        let reach = |act: usize| asked().act(&acts()[act], &name("ana"), at(2)).unwrap();
        for (from, expected) in [
            (asked(), [Ok(Assigned), Ok(NoAnswerNeeded), Ok(AnsweredElsewhere), Ok(New)]),
            (reach(0), [Ok(Assigned), Ok(NoAnswerNeeded), Ok(AnsweredElsewhere), Ok(New)]),
            (reach(1), [Err(NotAllowed(NoAnswerNeeded)), Ok(NoAnswerNeeded), Err(NotAllowed(NoAnswerNeeded)), Ok(New)]),
            (
                reach(2),
                [
                    Err(NotAllowed(AnsweredElsewhere)),
                    Err(NotAllowed(AnsweredElsewhere)),
                    Ok(AnsweredElsewhere),
                    Ok(New),
                ],
            ),
            (
                asked().answered(&answer(5)),
                [Err(NotAllowed(Answered)), Err(NotAllowed(Answered)), Err(NotAllowed(Answered)), Ok(New)],
            ),
        ] {
            let done = acts().map(|act| from.act(&act, &name("ana"), at(9)));
            assert_eq!(done.clone().map(reached), expected, "{:?}", from.state);
            for (act, done) in acts().iter().zip(done) {
                let Ok(done) = done else { continue };
                assert_eq!(done.act(act, &name("zoe"), at(10)).as_ref(), Ok(&done), "{act:?} twice");
            }
        }
        let moved = reach(0).act(&DeskAct::Assign(name("zoe")), &name("ana"), at(3)).unwrap();
        assert_eq!(
            (moved.state, moved.since, moved.by),
            (MentionState::Assigned(name("zoe")), at(3), Some(name("ana")))
        );
    }

    #[test]
    fn s51_a_public_answer_counts_from_any_state_once_and_the_first_of_several() {
        for act in acts() {
            let done = asked().act(&act, &name("ana"), at(2)).unwrap().answered(&answer(5));
            assert_eq!((&done.state, done.since, &done.by), (&MentionState::Answered(answer(5)), at(5), &None));
            assert_eq!(done.answered(&answer(5)), done);
            assert_eq!(done.answered(&answer(7)), done);
            assert_eq!(done.answered(&answer(4)).state, MentionState::Answered(answer(4)), "whatever came first");
        }
        let early = Answer { at: at(-3), url: None };
        assert_eq!(asked().answered(&early).state, MentionState::Answered(Answer { at: at(0), url: None }));
    }

    #[test]
    fn s51_what_was_reopened_is_not_closed_by_the_answer_that_did_not_do() {
        let reopened = asked().answered(&answer(5)).act(&DeskAct::Reopen, &name("ana"), at(8)).unwrap();
        assert_eq!((&reopened.state, reopened.reopened_at), (&MentionState::New, Some(at(8))));
        assert_eq!(reopened.answered(&answer(5)), reopened, "the same answer comes again with every look");
        assert_eq!(reopened.answered(&answer(9)).state, MentionState::Answered(answer(9)));
        let open = asked().act(&DeskAct::Reopen, &name("ana"), at(8)).unwrap();
        assert_eq!(open, asked(), "what was open was not reopened");
    }
}
