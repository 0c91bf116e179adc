//! What is said to a relay, and what is made of what it says, from connecting to the end.
//!
//! Owns the questions, their answers page by page, and what follows when a relay declines. Does not own the connection or
//! the clock. Invariant: pure but for what is remembered; no position is told before all stored answers were read, and no
//! event is handed on that was not proven.

use std::collections::VecDeque;

use serde_json::{Value, json};

use super::declined::{declined, is_too_many, is_unwelcome, plain};
use super::position::Since;
use super::seconds;
use super::stored::{Stored, Turned};
use crate::domain::{Event, Gap, RefuseReason};
use crate::ingest::sources::nostr::decode::{DAY_EVENT, DELETION, NOTE, PROFILE, Reading, TIME_EVENT, VANISH, time};
use crate::ingest::sources::nostr::event::Signed;
use crate::ingest::sources::nostr::limits::{BESIDE, Limits};
use crate::ingest::sources::nostr::memory::{Last, Memory, Withdrawn, half};
use crate::ingest::sources::nostr::message::Message;
use crate::ingest::{SourceError, checked_json};

/// Names of subscriptions: questions are `q0`, `q1`…
const DELETIONS: &str = "gone";
const ABOUT: &str = "about";
const BACK: &str = "back";
/// When to ask again about what was had: soon after something new was, and now and then to see that the relay answers.
const ABOUT_SOON_S: u64 = 60;
const ABOUT_EVERY_S: u64 = 600;
/// What a relay says besides that is passed on to the operator.
const NOTICES_MAX: u32 = 3;
/// Bytes of an id or a key in a question, with quotes and comma.
const KEY_BYTES: usize = 67;

/// What is to be done, in order.
#[derive(Debug)]
pub enum Step {
    Ask(String),
    Tell(Event),
    /// All up to now has been told.
    Reached,
    Note(String),
    End(SourceError),
}

pub struct Life<'m> {
    memory: &'m mut Memory,
    withdrawn: &'m Withdrawn,
    reading: &'m Reading,
    limits: Limits,
    questions: Vec<Question>,
    /// Questions whose next page is to be asked for, and up to when.
    back: VecDeque<(usize, u64)>,
    /// The question whose page is under way.
    paging: Option<usize>,
    is_live: bool,
    since: u64,
    about_at: u64,
    /// Something was had that the last question about it does not name.
    is_news: bool,
    notices: u32,
}

struct Question {
    name: String,
    filter: Value,
    stored: Stored,
    /// The first page has come.
    is_open: bool,
    is_done: bool,
}

impl<'m> Life<'m> {
    pub fn new(
        memory: &'m mut Memory,
        withdrawn: &'m Withdrawn,
        reading: &'m Reading,
        limits: Limits,
        filters: Vec<Value>,
        since: &Since,
    ) -> Self {
        let posts = filters.into_iter().enumerate().map(|(number, filter)| (format!("q{number}"), filter, since.posts));
        let deletions = (DELETIONS.to_owned(), json!({ "kinds": [DELETION, VANISH] }), since.deletions);
        let questions = posts.chain([deletions]).map(|(name, filter, since)| {
            let stored = Stored::new(seconds(since), limits.answer);
            Question { name, filter, stored, is_open: false, is_done: false }
        });
        Self {
            questions: questions.collect(),
            memory,
            withdrawn,
            reading,
            limits,
            back: VecDeque::new(),
            paging: None,
            is_live: false,
            since: seconds(since.posts),
            about_at: 0,
            is_news: true,
            notices: 0,
        }
    }

    pub fn begin(&self) -> Vec<Step> {
        let ask = |question: &Question| Step::Ask(request(&question.name, [self.page(question, None)]));
        self.questions.iter().map(ask).collect()
    }

    /// Whether the relay owes an answer.
    pub fn awaits(&self) -> bool {
        !self.is_live
    }

    /// What follows from a frame that came at `now`, in seconds since 1970.
    pub fn hear(&mut self, frame: &[u8], now: u64) -> Vec<Step> {
        let message = checked_json(frame).and_then(Message::read);
        match message {
            Ok(Message::Event { subscription, event }) => self.event(&subscription, event),
            Ok(Message::Eose(subscription)) => self.answered(&subscription, now),
            Ok(Message::Closed { subscription, reason }) => self.closed(&subscription, &reason, now),
            Ok(Message::Notice(notice)) => self.notice(&notice),
            Ok(Message::Auth | Message::Other) => Vec::new(),
            Err(reason) => vec![Step::Tell(Event::Unreadable(reason))],
        }
    }

    /// To be called now and then: asks for profiles, deletions and replies of what was had.
    pub fn renew(&mut self, now: u64) -> Vec<Step> {
        let pause = if self.is_news { ABOUT_SOON_S } else { ABOUT_EVERY_S };
        if !self.is_live || now.saturating_sub(self.about_at) < pause {
            return Vec::new();
        }
        // For those who are asked about already, what came since is enough.
        let since = if self.is_news { self.since } else { self.about_at.saturating_sub(ABOUT_EVERY_S) };
        (self.about_at, self.is_news) = (now, false);
        let room = self.limits.message_bytes / 2 / KEY_BYTES;
        let last = |keys: &Last<String>| keys.latest().take(room.saturating_sub(4)).cloned().collect::<Vec<String>>();
        let (authors, notes) = (last(&self.memory.authors), last(&self.memory.notes));
        let mut filters = vec![json!({ "kinds": [VANISH], "since": since, "limit": self.limits.answer })];
        if !authors.is_empty() {
            let kinds = [PROFILE, DELETION, VANISH, DAY_EVENT, TIME_EVENT];
            filters.push(json!({ "kinds": kinds, "authors": authors, "since": since, "limit": self.limits.answer }));
        }
        if !notes.is_empty() {
            let kinds = [NOTE, DELETION];
            filters.push(json!({ "kinds": kinds, "#e": notes, "since": since, "limit": self.limits.answer }));
        }
        vec![Step::Ask(request(ABOUT, filters))]
    }

    fn event(&mut self, subscription: &str, json: &str) -> Vec<Step> {
        let read = Signed::read(json);
        let page = match self.paging.filter(|_| subscription == BACK) {
            Some(index) => self.questions.get_mut(index),
            None => self.questions.iter_mut().find(|question| question.name == subscription && !question.is_open),
        };
        if let Some(question) = page {
            question.stored.saw(read.as_ref().ok().map(|event| (half(&event.id), event.created_at)));
        }
        let event = match read {
            Ok(event) => event,
            Err(reason) => return vec![Step::Tell(Event::Unreadable(reason))],
        };
        if !self.memory.recent.put(half(&event.id)) {
            return Vec::new();
        }
        let told = match self.reading.event(&event) {
            Event::Post(post) if self.withdrawn.has(&post.author, &post.native_id, event.created_at) => {
                Event::Unreadable(RefuseReason::Deleted)
            }
            Event::Retract { author, native_ids } => {
                native_ids.iter().for_each(|post| self.withdrawn.put(&author, post, event.created_at));
                Event::Retract { author, native_ids }
            }
            Event::Post(post) => {
                self.is_news |= self.memory.authors.put(event.pubkey.clone().into_owned());
                if event.kind == NOTE {
                    self.is_news |= self.memory.notes.put(event.id.clone().into_owned());
                }
                Event::Post(post)
            }
            other => other,
        };
        let mut steps = vec![Step::Tell(told)];
        if self.is_live {
            steps.push(Step::Reached);
        }
        steps
    }

    /// A stored answer has come to its end.
    fn answered(&mut self, subscription: &str, now: u64) -> Vec<Step> {
        if subscription == ABOUT {
            return if self.is_live { vec![Step::Reached] } else { Vec::new() };
        }
        let mut steps = Vec::new();
        let index = match subscription {
            BACK => {
                steps.push(Step::Ask(json!(["CLOSE", BACK]).to_string()));
                self.paging.take()
            }
            name => self.questions.iter().position(|question| question.name == name && !question.is_open),
        };
        let Some((index, question)) = index.and_then(|index| Some((index, self.questions.get_mut(index)?))) else {
            return steps;
        };
        question.is_open = true;
        let Turned { next, lost } = question.stored.turn(now);
        steps.extend(lost.map(|(from, until)| Step::Tell(Event::Gap(Gap { from: time(from), until: time(until) }))));
        match next {
            Some(until) => self.back.push_back((index, until)),
            None => question.is_done = true,
        }
        steps.extend(self.go_on(now));
        steps
    }

    /// Asks for the next page that is wanted; when none is, everything stored has been read.
    fn go_on(&mut self, now: u64) -> Vec<Step> {
        if self.paging.is_some() || self.is_live {
            return Vec::new();
        }
        if let Some((index, until)) = self.back.pop_front()
            && let Some(question) = self.questions.get(index)
        {
            self.paging = Some(index);
            return vec![Step::Ask(request(BACK, [self.page(question, Some(until))]))];
        }
        if !self.questions.iter().all(|question| question.is_done) {
            return Vec::new();
        }
        self.is_live = true;
        let mut steps = vec![Step::Reached];
        steps.extend(self.renew(now));
        steps
    }

    fn page(&self, question: &Question, until: Option<u64>) -> Value {
        let mut filter = question.filter.clone();
        if let Some(fields) = filter.as_object_mut() {
            fields.insert("since".into(), question.stored.since().into());
            fields.insert("limit".into(), self.limits.answer.into());
            fields.extend(until.map(|until| ("until".to_owned(), until.into())));
        }
        filter
    }

    fn closed(&mut self, subscription: &str, reason: &str, now: u64) -> Vec<Step> {
        if is_too_many(reason) {
            return self.fewer();
        }
        match subscription {
            ABOUT => vec![Step::Note(format!("the relay does not tell what follows a post: {}", plain(reason)))],
            // What it does not tell of everybody it is asked for those whose posts were had.
            DELETIONS if !is_unwelcome(reason) => {
                let note = format!("the relay tells deletions only author by author: {}", plain(reason));
                let mut steps = vec![Step::Note(note)];
                for question in self.questions.iter_mut().filter(|question| question.name == DELETIONS) {
                    (question.is_open, question.is_done) = (true, true);
                }
                steps.extend(self.go_on(now));
                steps
            }
            _ => vec![Step::End(declined(reason))],
        }
    }

    fn notice(&mut self, notice: &str) -> Vec<Step> {
        // Some relays say so in this way alone.
        if is_too_many(notice) {
            return self.fewer();
        }
        self.notices += 1;
        match self.notices <= NOTICES_MAX {
            true => vec![Step::Note(format!("the relay says: {}", plain(notice)))],
            false => Vec::new(),
        }
    }

    /// The next life asks for half as much at once.
    fn fewer(&mut self) -> Vec<Step> {
        let now = self.questions.len() - 1 + BESIDE;
        let fewer = (now / 2).max(BESIDE + 1);
        let error = match fewer < now {
            true => {
                self.memory.subscriptions = Some(fewer);
                SourceError::Retry {
                    reason: "the relay takes fewer questions at once than it says; it is asked fewer".into(),
                    after: None,
                }
            }
            false => SourceError::Refused { reason: "the relay takes too few questions at once".into(), after: None },
        };
        vec![Step::End(error)]
    }
}

fn request(name: &str, filters: impl IntoIterator<Item = Value>) -> String {
    let parts = [Value::from("REQ"), name.into()].into_iter().chain(filters);
    Value::from_iter(parts).to_string()
}

#[cfg(test)]
mod tests;
